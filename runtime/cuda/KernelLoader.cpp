//===- KernelLoader.cpp - the form of a kernel that a driver takes --------===//

#include "runtime/cuda/KernelLoader.h"

#include <algorithm>
#include <cstdlib>

namespace vitrt::cuda {

namespace {

struct ImageArch {
  int number;
  char suffix;
};
ImageArch parse(const std::string &arch) {
  size_t digits = arch.find('_') + 1;
  char last = arch.back();
  return {std::atoi(&arch[digits]), last == 'a' || last == 'f' ? last : '\0'};
}

/// The stored images that may run here, best first.
std::vector<const format::KernelImage *>
usableImages(const format::KernelCode &code, int arch) {
  std::vector<const format::KernelImage *> usable;
  for (const format::KernelImage &image : code.images)
    if (image.kind == format::ImageKind::Cubin ? cubinRunsOn(image.arch, arch)
                                               : ptxRunsOn(image.arch, arch))
      usable.push_back(&image);
  auto rank = [](const format::KernelImage *image) {
    ImageArch a = parse(image->arch);
    return std::tuple(image->kind == format::ImageKind::Cubin, a.number,
                      a.suffix != 0);
  };
  std::stable_sort(usable.begin(), usable.end(),
                   [&](auto *a, auto *b) { return rank(a) > rank(b); });
  return usable;
}

} // namespace

bool cubinRunsOn(const std::string &image, int arch) {
  ImageArch a = parse(image);
  if (a.suffix == 'a')
    return a.number == arch;
  return a.number / 10 == arch / 10 && a.number <= arch;
}

bool ptxRunsOn(const std::string &image, int arch) {
  ImageArch a = parse(image);
  if (a.suffix == 'a')
    return a.number == arch;
  if (a.suffix == 'f')
    return a.number / 10 == arch / 10 && a.number <= arch;
  return a.number <= arch;
}

Result<KernelLoader::Loaded>
KernelLoader::loadImage(const std::string &image, const std::string &symbol) {
  char log[2048] = "";
  int options[] = {kJitErrorLog, kJitErrorLogBytes};
  void *values[] = {log, reinterpret_cast<void *>(uintptr_t(sizeof(log)))};
  Loaded loaded;
  Status status =
      driver.check(driver.moduleLoadDataEx(&loaded.module, image.c_str(), 2,
                                           options, values),
                   "cuModuleLoadDataEx");
  if (!status)
    return Status(status.diag(),
                  status.message() +
                      (log[0] ? " " + escaped(log, 1024) : std::string()));
  status = driver.check(
      driver.moduleGetFunction(&loaded.function, loaded.module, symbol.c_str()),
      "cuModuleGetFunction");
  if (!status) {
    driver.moduleUnload(loaded.module);
    return status;
  }
  return loaded;
}

Result<std::shared_ptr<Nvrtc>> KernelLoader::openNvrtc() {
  std::lock_guard lock(mutex);
  if (!nvrtc) {
    Result<std::shared_ptr<Nvrtc>> opened = Nvrtc::open(search, {&arch, 1});
    VITRT_TRY(opened.status());
    nvrtc = std::move(*opened);
  }
  return nvrtc;
}

Result<std::string> KernelLoader::compile(const format::Module &module,
                                          const format::KernelCode &code,
                                          bool cubin) {
  Result<std::shared_ptr<Nvrtc>> library = openNvrtc();
  VITRT_TRY(library.status());
  std::vector<Nvrtc::Header> headers;
  for (const format::Header &header : module.headers)
    headers.push_back({header.name.c_str(), header.text.c_str()});
  // PTX for the newest architecture that this NVRTC knows and the device has.
  int known = 0;
  for (int candidate : (*library)->supportedArchs())
    if (candidate <= arch)
      known = std::max(known, candidate);
  std::string target =
      cubin ? "sm_" + std::to_string(arch) : "compute_" + std::to_string(known);
  // Kernels of an 'a' or 'f' architecture were stored with its suffix.
  for (const format::KernelImage &image : code.images)
    if (ImageArch stored = parse(image.arch);
        stored.suffix && stored.number == arch && (cubin || known == arch)) {
      target += stored.suffix;
      break;
    }
  Result<Nvrtc::Compiled> compiled = (*library)->compile(
      code.source, code.symbol + ".cu", headers, code.options, target,
      cubin ? Nvrtc::Output::Cubin : Nvrtc::Output::Ptx);
  VITRT_TRY(compiled.status());
  return std::move(compiled->image);
}

Result<KernelLoader::Loaded> KernelLoader::load(const KernelSource &source) {
  const format::KernelCode &code = source.module.codes[source.code];
  std::string tried;
  auto failed = [&](const std::string &form, const Status &status) {
    tried += "\n  " + form + ": " + status.message();
    // Another form would not help.
    return status.diag() == Diag::E0707;
  };
  for (const format::KernelImage *image : usableImages(code, arch)) {
    // PTX ends with a NUL for the driver.
    Result<Loaded> loaded =
        loadImage(std::string(image->data.text()), code.symbol);
    if (loaded)
      return loaded;
    if (failed(image->arch, loaded.status()))
      return loaded.status();
  }
  for (bool cubin : {true, false}) {
    Result<std::string> image = compile(source.module, code, cubin);
    std::string form = cubin ? "source as cubin" : "source as PTX";
    if (!image) {
      failed(form, image.status());
      continue;
    }
    Result<Loaded> loaded = loadImage(*image, code.symbol);
    if (loaded)
      return loaded;
    if (failed(form, loaded.status()))
      return loaded.status();
  }
  return Status(Diag::E0706, "no form of " + code.symbol + " loads on sm_" +
                                 std::to_string(arch) + "; tried" + tried);
}

} // namespace vitrt::cuda
