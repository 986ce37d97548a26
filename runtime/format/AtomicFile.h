//===- AtomicFile.h - an output file is old or complete ---------*- C++ -*-===//
//
// Same-directory temporary without a name where the file system has them,
// checked writes, fsync, rename, fsync of the folder. A path that exists and is
// no regular file (/dev/full, a FIFO) is written directly, at commit.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_ATOMICFILE_H
#define VITRT_FORMAT_ATOMICFILE_H

#include "runtime/format/Status.h"

#include <cstddef>
#include <memory>

namespace vitrt::format {

/// Where a writer's bytes go.
class Sink {
public:
  virtual ~Sink() = default;
  virtual Status append(const void *data, size_t size) = 0;
  /// Overwrites bytes that were appended before.
  virtual Status patch(uint64_t offset, const void *data, size_t size) = 0;
};

/// A file that appears under its name at commit(). Errors: E0801 cannot be
/// written, E0802 no space. Without commit() nothing is left behind.
class AtomicFile : public Sink {
public:
  static Result<std::unique_ptr<AtomicFile>> create(const std::string &path);
  ~AtomicFile() override;
  Status append(const void *data, size_t size) override;
  Status patch(uint64_t offset, const void *data, size_t size) override;
  Status commit();

private:
  AtomicFile() = default;
  Status open();
  Status failure(const char *what) const;
  Status copyToTarget();
  Status linkTemporary();

  std::string path;     ///< As the user wrote it, for messages.
  std::string target;   ///< With symbolic links resolved.
  std::string folder;   ///< Of the target.
  std::string tempPath; ///< Empty while the temporary has no name.
  bool direct = false;  ///< The target is no regular file.
  int fd = -1;
};

/// Writes all of a small file.
Status writeFileAtomically(const std::string &path, std::string_view bytes);

} // namespace vitrt::format

#endif // VITRT_FORMAT_ATOMICFILE_H
