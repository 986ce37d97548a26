//===- WeightFiles.h - The files that hold weights --------------*- C++ -*-===//
//
// Weights lie in the model's file or in files beside it (`#vit.file`, ONNX
// external data). Their names come from the model and are not trusted: a path
// is relative, has no `..`, passes no symbolic link, stays within the model's
// folder and ends at a regular file with one name.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_WEIGHTFILES_H
#define VITC_DIALECT_WEIGHTFILES_H

#include "runtime/format/Status.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace llvm {
class MemoryBuffer;
}

namespace vitc {

/// Files of one folder, opened once each and mapped. Not for several threads.
class WeightFiles {
public:
  /// `folder` is where the model lies; "" means the current one.
  explicit WeightFiles(std::string folder);
  ~WeightFiles();
  WeightFiles(const WeightFiles &) = delete;
  WeightFiles &operator=(const WeightFiles &) = delete;

  /// Opens the model itself, a path that the user gave: links are followed.
  /// Its bytes are found under its file name afterwards. E0102.
  vitrt::Result<std::string_view> openModel(const std::string &path);

  /// The whole file `path`. E0201 for a path that is not allowed, E0202 for a
  /// file that cannot be read.
  vitrt::Result<std::string_view> open(const std::string &path);

  /// `size` bytes of `path` from `offset` on; E0203 if they are not there. The
  /// bytes live as long as this object.
  vitrt::Result<std::string_view> bytes(const std::string &path,
                                        uint64_t offset, uint64_t size);

private:
  std::string folder;
  std::map<std::string, std::unique_ptr<llvm::MemoryBuffer>> files;
};

/// "dir" of "dir/model.onnx", "." of "model.onnx".
std::string folderOf(const std::string &path);
/// "model.onnx" of "dir/model.onnx".
std::string fileNameOf(const std::string &path);

} // namespace vitc

#endif // VITC_DIALECT_WEIGHTFILES_H
