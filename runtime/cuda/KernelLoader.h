//===- KernelLoader.h - the form of a kernel that a driver takes -*- C++ -*-==//
#ifndef VITRT_CUDA_KERNELLOADER_H
#define VITRT_CUDA_KERNELLOADER_H

#include "runtime/Device.h"
#include "runtime/cuda/Driver.h"
#include "runtime/cuda/Nvrtc.h"

#include <mutex>

namespace vitrt::cuda {

/// Tries, in this order: the cubin of exactly this architecture, cubins that
/// run on it (same major number, lower minor), PTX that the driver compiles,
/// newest first, and the source, compiled by an NVRTC that is found here. An
/// image that the driver refuses falls through to the next. Thread-safe.
class KernelLoader {
public:
  KernelLoader(const Driver &driver, int arch, NvrtcSearch search)
      : driver(driver), arch(arch), search(std::move(search)) {}

  struct Loaded {
    void *module = nullptr;   ///< CUmodule.
    void *function = nullptr; ///< CUfunction.
  };
  /// The context must be current. Errors: E0706 with what was tried, E0703 to
  /// E0705 of NVRTC in it, E0707.
  Result<Loaded> load(const KernelSource &source);

private:
  Result<Loaded> loadImage(const std::string &image, const std::string &symbol);
  Result<std::string> compile(const format::Module &module,
                              const format::KernelCode &code, bool cubin);
  Result<std::shared_ptr<Nvrtc>> openNvrtc();

  const Driver &driver;
  const int arch;
  const NvrtcSearch search;
  std::mutex mutex;
  std::shared_ptr<Nvrtc> nvrtc; ///< Opened with the first need.
};

/// Does a cubin for `image` ("sm_80", "sm_90a") run on `arch`?
bool cubinRunsOn(const std::string &image, int arch);
/// Can a driver compile PTX for `image` ("compute_80") for `arch`?
bool ptxRunsOn(const std::string &image, int arch);

} // namespace vitrt::cuda

#endif // VITRT_CUDA_KERNELLOADER_H
