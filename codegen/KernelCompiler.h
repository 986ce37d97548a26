//===- KernelCompiler.h - Kernel texts to cubins and PTX --------*- C++ -*-===//
//
// Runs NVRTC over the texts of a module, in parallel, for the architectures of
// the plans that use them, and reads registers and spills from its log.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_CODEGEN_KERNELCOMPILER_H
#define VITC_CODEGEN_KERNELCOMPILER_H

#include "runtime/cuda/Nvrtc.h"
#include "runtime/format/Module.h"

#include <functional>
#include <map>
#include <set>

namespace vitc {

/// NVRTC's options for every kernel text, without the architecture.
std::vector<std::string> kernelOptions();

/// The device library as a module carries it.
std::vector<vitrt::format::Header> moduleHeaders();

/// XXH3-64 of the printer's version and the device library: which texts this
/// vitc prints and trusts.
uint64_t codegenHash();

struct KernelJob {
  uint32_t code = 0; ///< Index into Module::codes.
  std::string arch;  ///< "sm_90" or "compute_90".
  bool operator<(const KernelJob &other) const {
    return std::tie(code, arch) < std::tie(other.code, other.arch);
  }
};

struct KernelCompileOptions {
  unsigned threads = 1;
  std::string cacheDir; ///< Empty: no cache.
  /// Called after each kernel, from one thread at a time.
  std::function<void(size_t done, size_t total)> progress;
};

struct KernelCompileStats {
  size_t compiled = 0, cached = 0;
  /// Codes whose cubin spills registers, by architecture: "sm_90" -> indices.
  std::map<std::string, std::set<uint32_t>> spills;
};

/// Adds the images of all jobs to `module`: a cubin per `sm_` architecture, PTX
/// per `compute_` one. Images are in a fixed order, whatever finished first.
/// Errors: E0704 with the kernel's name and NVRTC's log; E0709 where ptxas
/// serialised wgmma (C7508, C7510).
vitrt::Result<KernelCompileStats>
compileKernels(vitrt::format::Module &module, std::set<KernelJob> jobs,
               const vitrt::Nvrtc &nvrtc, const KernelCompileOptions &options);

/// Registers and spilled bytes of the one kernel in ptxas' verbose log.
struct PtxasUsage {
  uint32_t registers = 0, spillBytes = 0, sharedBytes = 0;
};
PtxasUsage parsePtxasLog(const std::string &log);

/// E0709 where ptxas says that it serialised wgmma instructions.
vitrt::Status checkPtxasLog(const std::string &symbol, const std::string &log);

/// The folder of caches: $VITC_CACHE_DIR, else $XDG_CACHE_HOME/vitc, else
/// ~/.cache/vitc; empty if none of them is set.
std::string defaultCacheDir();

} // namespace vitc

#endif // VITC_CODEGEN_KERNELCOMPILER_H
