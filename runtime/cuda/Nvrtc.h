//===- Nvrtc.h - CUDA text to cubin or PTX ----------------------*- C++ -*-===//
//
// NVRTC opened at run time, from a Python wheel, a toolkit or the loader's
// path. The compiler and the runtime share this. No GPU or driver is needed.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_CUDA_NVRTC_H
#define VITRT_CUDA_NVRTC_H

#include "runtime/format/Status.h"

#include <memory>
#include <span>
#include <vector>

namespace vitrt {

/// Where to look, in this order. The environment variable VITC_NVRTC (a file
/// or a folder) comes first and, if set, is the only place.
struct NvrtcSearch {
  /// Folders that may hold libnvrtc.so.*; see nvrtcFoldersOfVenv.
  std::vector<std::string> folders;
  bool system = true; ///< Also /usr/local/cuda* and the loader's path.
};

/// The library folders of NVIDIA's NVRTC wheels in a virtual environment.
std::vector<std::string> nvrtcFoldersOfVenv(const std::string &venv);

/// A library, and functions in it. Thread-safe: programs compile in parallel.
class Nvrtc {
public:
  struct Header {
    const char *name, *text; ///< NUL-terminated.
  };
  enum class Output { Cubin, Ptx };
  struct Compiled {
    std::string image; ///< Cubin, or PTX without the final NUL.
    std::string log;   ///< ptxas' lines with --ptxas-options=-v, warnings.
  };

  /// Opens the first library found that compiles for every architecture of
  /// `archs` (53, 90, ...); if none does, the first found. Errors: E0703 with
  /// the places that were searched.
  static Result<std::shared_ptr<Nvrtc>> open(const NvrtcSearch &search,
                                             std::span<const int> archs = {});
  /// Opens one file. Errors: E0703.
  static Result<std::shared_ptr<Nvrtc>> openFile(const std::string &path);

  ~Nvrtc();
  int major() const;
  int minor() const;
  std::string version() const;     ///< "12.9".
  const std::string &path() const; ///< As opened.
  /// Does it compile for compute capability `arch` (90, 121)?
  bool supports(int arch) const;
  const std::vector<int> &supportedArchs() const;
  bool hasCubin() const; ///< nvrtcGetCUBIN came with CUDA 11.1.

  /// Compiles one text. `name` stands in its messages. `arch` is "sm_90a" for
  /// a cubin, "compute_80" for PTX. Errors: E0704, whose message is NVRTC's
  /// log; E0705 for an architecture that it does not know.
  Result<Compiled> compile(const std::string &source, const std::string &name,
                           std::span<const Header> headers,
                           std::span<const std::string> options,
                           const std::string &arch, Output output) const;

private:
  Nvrtc();
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace vitrt

#endif // VITRT_CUDA_NVRTC_H
