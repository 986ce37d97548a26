// A libcuda.so.1 without a GPU: device memory is the host's, launches call the
// test, and any call can be made to fail.
#include "test/unit/runtime/fake/FakeCuda.h"

#include <cstdlib>
#include <cstring>
#include <memory>

using vitrt::test::FakeCudaState;

namespace {

FakeCudaState state;

struct Function {
  std::string symbol;
};
struct Module {
  std::vector<std::unique_ptr<Function>> functions;
};
struct Recorded {
  std::string symbol;
  unsigned grid[3];
  std::vector<std::vector<char>> parameters;
};
struct Graph {
  std::vector<Recorded> launches;
};
struct Stream {
  std::unique_ptr<Graph> capture;
};

int call() {
  ++state.calls;
  if (state.failAfter >= 0 && state.failAfter-- == 0)
    return state.failCode;
  return 0;
}
#define CALL                                                                   \
  if (int code = call())                                                       \
  return code

/// Kernels of the tests: three pointers or four, then a batch.
void replay(Recorded &launch) {
  ++state.launches;
  std::vector<void *> parameters;
  for (std::vector<char> &bytes : launch.parameters)
    parameters.push_back(bytes.data());
  if (state.onLaunch)
    state.onLaunch(launch.symbol, launch.grid, parameters.data());
}

} // namespace

extern "C" {

FakeCudaState *fakeCudaState() { return &state; }

int cuInit(unsigned) { return state.initResult; }
int cuDriverGetVersion(int *version) {
  *version = state.driverVersion;
  return 0;
}
int cuGetErrorName(int, const char **name) {
  *name = "FAKE_ERROR";
  return 0;
}
int cuGetErrorString(int, const char **text) {
  *text = "a failure of the test";
  return 0;
}
int cuDeviceGetCount(int *count) {
  *count = state.devices;
  return 0;
}
int cuDeviceGet(int *device, int ordinal) {
  CALL;
  *device = ordinal + 100;
  return 0;
}
int cuDeviceGetName(char *name, int size, int) {
  CALL;
  std::strncpy(name, "Fake GPU", size_t(size));
  return 0;
}
int cuDeviceGetAttribute(int *value, int attribute, int) {
  CALL;
  *value = attribute == 75   ? state.arch / 10
           : attribute == 76 ? state.arch % 10
           : attribute == 97 ? state.sharedPerBlock
                             : 48 << 10;
  return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int) {
  CALL;
  *bytes = size_t(1) << 34;
  return 0;
}
int cuDevicePrimaryCtxRetain(void **context, int) {
  CALL;
  ++state.live;
  *context = &state;
  return 0;
}
int cuDevicePrimaryCtxRelease(int) {
  --state.live;
  return 0;
}
int cuCtxPushCurrent_v2(void *context) {
  if (context != &state)
    return 201;
  CALL;
  ++state.contextDepth;
  return 0;
}
int cuCtxPopCurrent_v2(void **) {
  --state.contextDepth;
  return 0;
}
int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  CALL;
  if (bytes > (size_t(1) << 33))
    return 2;
  *address = uint64_t(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
  ++state.live;
  return 0;
}
int cuMemFree_v2(uint64_t address) {
  std::free(reinterpret_cast<void *>(address));
  --state.live;
  return 0;
}
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *) {
  CALL;
  std::memcpy(reinterpret_cast<void *>(to), from, bytes);
  return 0;
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *) {
  CALL;
  std::memcpy(to, reinterpret_cast<void *>(from), bytes);
  return 0;
}
int cuStreamCreate(void **stream, unsigned) {
  CALL;
  *stream = new Stream;
  ++state.live;
  return 0;
}
int cuStreamDestroy_v2(void *stream) {
  delete static_cast<Stream *>(stream);
  --state.live;
  return 0;
}
int cuStreamSynchronize(void *) {
  CALL;
  return 0;
}
int cuEventCreate(void **event, unsigned) {
  CALL;
  *event = new int;
  ++state.live;
  return 0;
}
int cuEventRecord(void *, void *) {
  CALL;
  return 0;
}
int cuEventSynchronize(void *) {
  CALL;
  return 0;
}
int cuEventElapsedTime(float *milliseconds, void *, void *) {
  CALL;
  *milliseconds = 2;
  return 0;
}
int cuEventDestroy_v2(void *event) {
  delete static_cast<int *>(event);
  --state.live;
  return 0;
}
int cuModuleLoadDataEx(void **module, const void *image, unsigned count,
                       int *options, void **values) {
  CALL;
  std::string text = static_cast<const char *>(image);
  state.loaded.push_back(text);
  for (auto &[prefix, code] : state.refused)
    if (text.rfind(prefix, 0) == 0) {
      if (count == 2 && options[0] == 5)
        std::strcpy(static_cast<char *>(values[0]), "the fake refuses it");
      return code;
    }
  *module = new Module;
  ++state.live;
  return 0;
}
int cuModuleUnload(void *module) {
  delete static_cast<Module *>(module);
  --state.live;
  return 0;
}
int cuModuleGetFunction(void **function, void *module, const char *name) {
  CALL;
  auto &functions = static_cast<Module *>(module)->functions;
  functions.push_back(std::make_unique<Function>(Function{name}));
  *function = functions.back().get();
  return 0;
}
int cuFuncSetAttribute(void *function, int attribute, int value) {
  CALL;
  if (attribute == 8)
    state.maxShared.push_back(static_cast<Function *>(function)->symbol + "=" +
                              std::to_string(value));
  return 0;
}
int cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z, unsigned,
                   unsigned, unsigned, unsigned, void *stream,
                   void **parameters, void **) {
  CALL;
  Recorded launch{static_cast<Function *>(function)->symbol, {x, y, z}, {}};
  size_t pointers = launch.symbol == "gemm_n6_k6_f32" ? 4 : 3;
  for (size_t i = 0; i <= pointers; ++i) {
    auto *bytes = static_cast<char *>(parameters[i]);
    launch.parameters.emplace_back(bytes, bytes + (i < pointers ? 8 : 4));
  }
  auto *on = static_cast<Stream *>(stream);
  if (on && on->capture)
    on->capture->launches.push_back(std::move(launch));
  else
    replay(launch);
  return 0;
}
int cuStreamBeginCapture_v2(void *stream, int) {
  CALL;
  static_cast<Stream *>(stream)->capture = std::make_unique<Graph>();
  return 0;
}
int cuStreamEndCapture(void *stream, void **graph) {
  auto capture = std::move(static_cast<Stream *>(stream)->capture);
  CALL;
  *graph = capture.release();
  ++state.live;
  return 0;
}
int cuGraphInstantiateWithFlags(void **executable, void *graph,
                                unsigned long long) {
  CALL;
  *executable = new Graph(*static_cast<Graph *>(graph));
  ++state.live;
  return 0;
}
int cuGraphDestroy(void *graph) {
  delete static_cast<Graph *>(graph);
  --state.live;
  return 0;
}
int cuGraphExecDestroy(void *executable) {
  if (!executable)
    return 1;
  delete static_cast<Graph *>(executable);
  --state.live;
  return 0;
}
int cuGraphLaunch(void *executable, void *) {
  CALL;
  ++state.graphLaunches;
  for (Recorded &launch : static_cast<Graph *>(executable)->launches)
    replay(launch);
  return 0;
}

} // extern "C"
