//===- AtomicFile.cpp - an output file is old or complete -----------------===//

#include "runtime/format/AtomicFile.h"

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vitrt::format {

namespace {

/// Retries a call that a signal interrupted.
template <class Call> auto retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR)
    result = call();
  return result;
}

/// False with errno set if not all bytes could be written at `offset`, or, if
/// that is negative, at the end.
bool writeAll(int fd, const void *data, size_t size, int64_t offset = -1) {
  auto *bytes = static_cast<const char *>(data);
  while (size != 0) {
    ssize_t n = retry([&] {
      return offset < 0 ? ::write(fd, bytes, size)
                        : ::pwrite(fd, bytes, size, offset);
    });
    if (n < 0)
      return false;
    bytes += n;
    size -= size_t(n);
    if (offset >= 0)
      offset += n;
  }
  return true;
}

std::string resolved(const std::string &path) {
  char buffer[PATH_MAX];
  return ::realpath(path.c_str(), buffer) ? std::string(buffer) : path;
}

std::string folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// A name beside `target` that no other thread or process makes.
std::string temporaryName(const std::string &target) {
  static std::atomic<unsigned> counter{0};
  return target + ".tmp." + std::to_string(::getpid()) + "." +
         std::to_string(counter++);
}

} // namespace

Status AtomicFile::failure(const char *what) const {
  int code = errno;
  bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return Status(full ? Diag::E0802 : Diag::E0801,
                std::string("cannot ") + what + " '" + escaped(path, 4096) +
                    "': " + std::strerror(code));
}

Result<std::unique_ptr<AtomicFile>>
AtomicFile::create(const std::string &path) {
  std::unique_ptr<AtomicFile> file(new AtomicFile);
  file->path = path;
  file->target = resolved(path);
  file->folder = folderOf(file->target);
  VITRT_TRY(file->open());
  return file;
}

Status AtomicFile::open() {
  struct stat info;
  bool exists = ::stat(target.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    errno = EISDIR;
    return failure("write");
  }
  // A file that may not be written is not replaced either.
  if (exists && ::access(target.c_str(), W_OK) != 0)
    return failure("write");
  direct = exists && !S_ISREG(info.st_mode);
  const char *scratch = std::getenv("TMPDIR");
  std::string where = !direct ? folder : scratch && *scratch ? scratch : "/tmp";
  fd = retry([&] {
    return ::open(where.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
  });
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
    tempPath = temporaryName(direct ? where + "/vitm" : target);
    fd = retry([&] {
      return ::open(tempPath.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC,
                    0666);
    });
    if (fd < 0)
      tempPath.clear();
  }
  if (fd < 0)
    return failure("create");
  if (exists && !direct)
    (void)!::fchmod(fd, info.st_mode & 07777);
  return Status();
}

AtomicFile::~AtomicFile() {
  if (!tempPath.empty())
    ::unlink(tempPath.c_str());
  if (fd >= 0)
    ::close(fd);
}

Status AtomicFile::append(const void *data, size_t size) {
  return writeAll(fd, data, size) ? Status() : failure("write");
}

Status AtomicFile::patch(uint64_t offset, const void *data, size_t size) {
  return writeAll(fd, data, size, int64_t(offset)) ? Status()
                                                   : failure("write");
}

Status AtomicFile::copyToTarget() {
  int out = retry([&] { return ::open(target.c_str(), O_WRONLY | O_CLOEXEC); });
  if (out < 0)
    return failure("open");
  std::string buffer(1 << 20, '\0');
  Status status;
  for (int64_t offset = 0; status.ok();) {
    ssize_t n = retry(
        [&] { return ::pread(fd, buffer.data(), buffer.size(), offset); });
    if (n == 0)
      break;
    if (n < 0 || !writeAll(out, buffer.data(), size_t(n)))
      status = failure("write");
    offset += n;
  }
  if (::close(out) != 0 && status.ok())
    status = failure("write");
  return status;
}

Status AtomicFile::linkTemporary() {
  if (!tempPath.empty())
    return Status();
  std::string name = temporaryName(target);
  std::string self = "/proc/self/fd/" + std::to_string(fd);
  if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(),
               AT_SYMLINK_FOLLOW) != 0)
    return failure("name the temporary of");
  tempPath = name;
  return Status();
}

Status AtomicFile::commit() {
  if (direct)
    return copyToTarget();
  if (retry([&] { return ::fsync(fd); }) != 0)
    return failure("flush");
  VITRT_TRY(linkTemporary());
  if (::rename(tempPath.c_str(), target.c_str()) != 0)
    return failure("rename the temporary to");
  tempPath.clear();
  // The name itself survives a power cut only after this; the file is complete
  // either way, so a file system that refuses it is no failure.
  int dir = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir >= 0) {
    ::fsync(dir);
    ::close(dir);
  }
  return Status();
}

Status writeFileAtomically(const std::string &path, std::string_view bytes) {
  Result<std::unique_ptr<AtomicFile>> file = AtomicFile::create(path);
  VITRT_TRY(file.status());
  VITRT_TRY((*file)->append(bytes.data(), bytes.size()));
  return (*file)->commit();
}

} // namespace vitrt::format
