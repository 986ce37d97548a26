// A libnvrtc that "compiles" to a text that names what was asked for. A source
// with the word REFUSE does not compile.
#include "test/unit/runtime/fake/FakeCuda.h"

#include <cstring>

namespace {

vitrt::test::FakeCudaState state;

struct Program {
  std::string source, image, log;
};

} // namespace

extern "C" {

vitrt::test::FakeCudaState *fakeCudaState() { return &state; }

int nvrtcVersion(int *major, int *minor) {
  *major = 12;
  *minor = 9;
  return 0;
}
const char *nvrtcGetErrorString(int) { return "FAKE_NVRTC_ERROR"; }
int nvrtcCreateProgram(void **program, const char *source, const char *, int,
                       const char *const *, const char *const *) {
  *program = new Program{source, "", ""};
  ++state.live;
  return 0;
}
int nvrtcDestroyProgram(void **program) {
  delete static_cast<Program *>(*program);
  --state.live;
  return 0;
}
int nvrtcCompileProgram(void *handle, int count, const char *const *options) {
  auto *program = static_cast<Program *>(handle);
  for (int i = 0; i != count; ++i)
    if (std::strncmp(options[i], "--gpu-architecture=", 19) == 0)
      program->image = std::string("compiled for ") + (options[i] + 19);
  state.nvrtcCompiles.push_back(program->image.substr(13));
  if (program->source.find("REFUSE") == std::string::npos)
    return 0;
  program->log = "error: REFUSE";
  return 6;
}
int nvrtcGetPTXSize(void *program, size_t *size) {
  *size = static_cast<Program *>(program)->image.size() + 1;
  return 0;
}
int nvrtcGetPTX(void *program, char *ptx) {
  std::strcpy(ptx, static_cast<Program *>(program)->image.c_str());
  return 0;
}
int nvrtcGetCUBINSize(void *program, size_t *size) {
  *size = static_cast<Program *>(program)->image.size();
  return 0;
}
int nvrtcGetCUBIN(void *handle, char *cubin) {
  auto *program = static_cast<Program *>(handle);
  std::memcpy(cubin, program->image.data(), program->image.size());
  return 0;
}
int nvrtcGetProgramLogSize(void *program, size_t *size) {
  *size = static_cast<Program *>(program)->log.size() + 1;
  return 0;
}
int nvrtcGetProgramLog(void *program, char *log) {
  std::strcpy(log, static_cast<Program *>(program)->log.c_str());
  return 0;
}
int nvrtcGetNumSupportedArchs(int *count) {
  *count = int(state.nvrtcArchs.size());
  return 0;
}
int nvrtcGetSupportedArchs(int *archs) {
  std::memcpy(archs, state.nvrtcArchs.data(),
              state.nvrtcArchs.size() * sizeof(int));
  return 0;
}

} // extern "C"
