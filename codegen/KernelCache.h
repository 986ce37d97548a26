//===- KernelCache.h - Compiled kernels by content --------------*- C++ -*-===//
#ifndef VITC_CODEGEN_KERNELCACHE_H
#define VITC_CODEGEN_KERNELCACHE_H

#include "runtime/format/Module.h"

#include <optional>
#include <string_view>

namespace vitc {

/// A folder of compiled kernels. A file's name is the hash of all that decides
/// its bytes; its content carries a checksum, so a torn or foreign file is a
/// miss. Several processes may share the folder.
class KernelCache {
public:
  explicit KernelCache(std::string folder) : folder(std::move(folder)) {}

  /// The key of a compilation: comment-free text, headers, options,
  /// architecture and NVRTC version.
  static std::string key(std::string_view text, uint64_t headersHash,
                         const std::vector<std::string> &options,
                         std::string_view arch, std::string_view nvrtcVersion);

  std::optional<vitrt::format::KernelImage> find(const std::string &key) const;
  /// A failure to store is not an error: the next compile is slower.
  void store(const std::string &key,
             const vitrt::format::KernelImage &image) const;

private:
  std::string folder;
};

} // namespace vitc

#endif // VITC_CODEGEN_KERNELCACHE_H
