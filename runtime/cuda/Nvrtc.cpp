//===- Nvrtc.cpp - CUDA text to cubin or PTX ------------------------------===//

#include "runtime/cuda/Nvrtc.h"

#include "runtime/SharedLibrary.h"

#include <algorithm>
#include <cstdlib>
#include <glob.h>

namespace vitrt {

namespace {

constexpr int kInvalidOption = 5; // NVRTC_ERROR_INVALID_OPTION

/// Paths that match, sorted so that higher versions come first.
std::vector<std::string> matches(const std::string &pattern) {
  std::vector<std::string> paths;
  glob_t found;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  std::reverse(paths.begin(), paths.end());
  return paths;
}

/// libnvrtc finds its builtins by the loader's path only, which a wheel's
/// folder is not on: load them first, by path. They stay loaded.
void loadBuiltins(const std::string &path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return;
  for (const std::string &builtins :
       matches(path.substr(0, slash) + "/libnvrtc-builtins.so*"))
    if (auto library = SharedLibrary::open(builtins, Diag::E0703)) {
      library->leak();
      return;
    }
}

/// The architectures of an NVRTC that cannot be asked (before CUDA 11.2).
std::vector<int> archsOf(int major, int minor) {
  std::vector<int> archs = {35, 37, 50, 52, 53, 60, 61, 62, 70, 72, 75};
  if (major >= 11)
    archs.push_back(80);
  if (major > 11 || (major == 11 && minor >= 1))
    archs.push_back(86);
  return archs;
}

int archNumber(const std::string &arch) {
  size_t digits = arch.find('_');
  return digits == std::string::npos ? 0 : std::atoi(&arch[digits + 1]);
}

/// Files and names to try, best first.
std::vector<std::string> candidates(const NvrtcSearch &search) {
  std::vector<std::string> list;
  auto addFolder = [&](const std::string &folder) {
    for (const std::string &path : matches(folder + "/libnvrtc.so*"))
      list.push_back(path);
  };
  if (const char *chosen = std::getenv("VITC_NVRTC"); chosen && *chosen) {
    addFolder(chosen);
    if (list.empty())
      list.push_back(chosen);
    return list;
  }
  for (const std::string &folder : search.folders)
    addFolder(folder);
  if (search.system) {
    for (const char *name :
         {"libnvrtc.so.12", "libnvrtc.so.13", "libnvrtc.so.11.2",
          "libnvrtc.so.11.1", "libnvrtc.so.11.0", "libnvrtc.so.10.2"})
      list.push_back(name);
    for (const char *folder :
         {"/usr/local/cuda/lib64", "/usr/local/cuda*/lib64",
          "/usr/local/cuda*/targets/*/lib"})
      addFolder(folder);
    list.push_back("libnvrtc.so");
  }
  return list;
}

} // namespace

std::vector<std::string> nvrtcFoldersOfVenv(const std::string &venv) {
  std::vector<std::string> folders;
  for (const char *package : {"cuda_nvrtc", "cu13", "cu12"})
    for (const std::string &folder : matches(
             venv + "/lib/python3*/site-packages/nvidia/" + package + "/lib"))
      folders.push_back(folder);
  return folders;
}

struct Nvrtc::Impl {
  SharedLibrary library;
  std::string path;
  int major = 0, minor = 0;
  std::vector<int> archs;
#define VITRT_NVRTC(result, name, parameters)                                  \
  result(*name) parameters = nullptr;
#include "runtime/cuda/NvrtcFunctions.def"

  /// The name of a function that is missing but required, or null.
  const char *bind();
  std::string text(void *program, int (*size)(void *, size_t *),
                   int (*get)(void *, char *)) const;
};

const char *Nvrtc::Impl::bind() {
#define VITRT_NVRTC_OPTIONAL(result, name, parameters)                         \
  name = reinterpret_cast<result(*) parameters>(library.symbol(#name));
#define VITRT_NVRTC(result, name, parameters)                                  \
  name = reinterpret_cast<result(*) parameters>(library.symbol(#name));        \
  if (!name)                                                                   \
    return #name;
#include "runtime/cuda/NvrtcFunctions.def"
  return nullptr;
}

std::string Nvrtc::Impl::text(void *program, int (*size)(void *, size_t *),
                              int (*get)(void *, char *)) const {
  size_t bytes = 0;
  if (!size || !get || size(program, &bytes) != 0)
    return {};
  std::string out(bytes, '\0');
  if (get(program, out.data()) != 0)
    return {};
  return out;
}

Nvrtc::Nvrtc() : impl(std::make_unique<Impl>()) {}
Nvrtc::~Nvrtc() = default;

int Nvrtc::major() const { return impl->major; }
int Nvrtc::minor() const { return impl->minor; }
const std::string &Nvrtc::path() const { return impl->path; }
bool Nvrtc::hasCubin() const { return impl->nvrtcGetCUBIN != nullptr; }
const std::vector<int> &Nvrtc::supportedArchs() const { return impl->archs; }

std::string Nvrtc::version() const {
  return std::to_string(impl->major) + "." + std::to_string(impl->minor);
}

bool Nvrtc::supports(int arch) const {
  return std::find(impl->archs.begin(), impl->archs.end(), arch) !=
         impl->archs.end();
}

Result<std::shared_ptr<Nvrtc>> Nvrtc::openFile(const std::string &path) {
  loadBuiltins(path);
  Result<SharedLibrary> library = SharedLibrary::open(path, Diag::E0703);
  VITRT_TRY(library.status());
  std::shared_ptr<Nvrtc> nvrtc(new Nvrtc);
  Impl &impl = *nvrtc->impl;
  impl.library = std::move(*library);
  impl.path = path;
  if (const char *missing = impl.bind())
    return Status(Diag::E0703,
                  "'" + escaped(path, 512) + "' has no function " + missing);
  if (impl.nvrtcVersion(&impl.major, &impl.minor) != 0)
    return Status(Diag::E0703,
                  "'" + escaped(path, 512) + "' does not tell its version");
  int count = 0;
  if (impl.nvrtcGetNumSupportedArchs && impl.nvrtcGetSupportedArchs &&
      impl.nvrtcGetNumSupportedArchs(&count) == 0 && count > 0) {
    impl.archs.resize(size_t(count));
    if (impl.nvrtcGetSupportedArchs(impl.archs.data()) != 0)
      impl.archs.clear();
  }
  if (impl.archs.empty())
    impl.archs = archsOf(impl.major, impl.minor);
  return nvrtc;
}

Result<std::shared_ptr<Nvrtc>> Nvrtc::open(const NvrtcSearch &search,
                                           std::span<const int> archs) {
  std::shared_ptr<Nvrtc> first;
  std::string tried;
  for (const std::string &path : candidates(search)) {
    Result<std::shared_ptr<Nvrtc>> nvrtc = openFile(path);
    if (!nvrtc) {
      tried += "\n  " + nvrtc.status().message();
      continue;
    }
    if (std::all_of(archs.begin(), archs.end(),
                    [&](int arch) { return (*nvrtc)->supports(arch); }))
      return nvrtc;
    if (!first)
      first = *nvrtc;
  }
  if (first)
    return first;
  return Status(Diag::E0703,
                "found no NVRTC; install the PyPI package "
                "nvidia-cuda-nvrtc-cu12 or a CUDA toolkit, or set VITC_NVRTC "
                "to libnvrtc.so; tried:" +
                    tried);
}

Result<Nvrtc::Compiled> Nvrtc::compile(const std::string &source,
                                       const std::string &name,
                                       std::span<const Header> headers,
                                       std::span<const std::string> options,
                                       const std::string &arch,
                                       Output output) const {
  if (output == Output::Cubin && !hasCubin())
    return Status(Diag::E0705,
                  "NVRTC " + version() + " makes PTX only, no cubins");
  std::vector<const char *> texts, names, args;
  for (const Header &header : headers) {
    texts.push_back(header.text);
    names.push_back(header.name);
  }
  std::string archOption = "--gpu-architecture=" + arch;
  args.push_back(archOption.c_str());
  for (const std::string &option : options)
    args.push_back(option.c_str());

  void *program = nullptr;
  int code =
      impl->nvrtcCreateProgram(&program, source.c_str(), name.c_str(),
                               int(texts.size()), texts.data(), names.data());
  if (code != 0)
    return Status(Diag::E0704,
                  std::string("NVRTC: ") + impl->nvrtcGetErrorString(code));
  code = impl->nvrtcCompileProgram(program, int(args.size()), args.data());
  Compiled result;
  result.log = impl->text(program, impl->nvrtcGetProgramLogSize,
                          impl->nvrtcGetProgramLog);
  while (!result.log.empty() && result.log.back() == '\0')
    result.log.pop_back();
  if (code == 0) {
    if (output == Output::Cubin)
      result.image =
          impl->text(program, impl->nvrtcGetCUBINSize, impl->nvrtcGetCUBIN);
    else
      result.image =
          impl->text(program, impl->nvrtcGetPTXSize, impl->nvrtcGetPTX);
    if (output == Output::Ptx && !result.image.empty())
      result.image.pop_back(); // the final NUL
  }
  impl->nvrtcDestroyProgram(&program);
  if (code == kInvalidOption && !supports(archNumber(arch)))
    return Status(Diag::E0705,
                  "NVRTC " + version() + " does not compile for " + arch);
  if (code != 0 || result.image.empty())
    return Status(Diag::E0704, "NVRTC " + version() + " for " + arch + ": " +
                                   impl->nvrtcGetErrorString(code) + "\n" +
                                   result.log);
  return result;
}

} // namespace vitrt
