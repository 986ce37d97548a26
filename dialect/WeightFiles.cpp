//===- WeightFiles.cpp - The files that hold weights ----------------------===//
#include "dialect/WeightFiles.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

using vitrt::Diag;
using vitrt::escaped;
using vitrt::Result;
using vitrt::Status;

namespace vitc {
namespace {

/// Closes a file descriptor at the end of a scope.
struct Descriptor {
  explicit Descriptor(int fd) : fd(fd) {}
  ~Descriptor() {
    if (fd >= 0)
      close(fd);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  const int fd;
};

/// A FIFO or a device must not block the open; fstat refuses it afterwards.
constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

Status notAllowed(const std::string &path, const char *why) {
  return Status(Diag::E0201, "path '" + escaped(path) + "' " + why);
}

/// The components of a path that may be opened below the model's folder.
Result<std::vector<std::string>> components(const std::string &path) {
  if (path.empty())
    return notAllowed(path, "is empty");
  if (path.find('\0') != std::string::npos)
    return notAllowed(path, "holds a zero byte");
  if (path.front() == '/')
    return notAllowed(path, "is absolute; weights lie in the model's folder");
  std::vector<std::string> parts;
  for (size_t at = 0; at <= path.size();) {
    size_t end = std::min(path.find('/', at), path.size());
    std::string part = path.substr(at, end - at);
    if (part == "..")
      return notAllowed(path, "has '..'; weights lie in the model's folder");
    if (!part.empty() && part != ".")
      parts.push_back(std::move(part));
    at = end + 1;
  }
  if (parts.empty())
    return notAllowed(path, "names no file");
  return parts;
}

/// Opens component by component, refusing links: for kernels before 5.6 and
/// sandboxes that do not know openat2.
int openByComponents(int folder, const std::vector<std::string> &parts) {
  int at = folder;
  for (size_t i = 0; i < parts.size(); ++i) {
    int flags = kFlags | O_NOFOLLOW;
    if (i + 1 < parts.size())
      flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int next = openat(at, parts[i].c_str(), flags);
    int error = errno;
    if (at != folder)
      close(at);
    if (next < 0) {
      // A link in the middle is "not a directory" to O_DIRECTORY.
      errno = error;
      return -1;
    }
    at = next;
  }
  return at;
}

int openBeneath(int folder, const std::vector<std::string> &parts) {
  std::string path;
  for (const std::string &part : parts)
    path += (path.empty() ? "" : "/") + part;
  open_how how = {};
  how.flags = kFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long fd = syscall(SYS_openat2, folder, path.c_str(), &how, sizeof(how));
  if (fd >= 0)
    return int(fd);
  if (errno == ENOSYS || errno == EPERM)
    return openByComponents(folder, parts);
  return -1;
}

} // namespace

std::string folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string fileNameOf(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

WeightFiles::WeightFiles(std::string folder)
    : folder(folder.empty() ? "." : std::move(folder)) {}

WeightFiles::~WeightFiles() = default;

Result<std::string_view> WeightFiles::openModel(const std::string &path) {
  if (llvm::sys::fs::is_directory(path))
    return Result<std::string_view>(Diag::E0102,
                                    "'" + escaped(path) + "' is a folder");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return Result<std::string_view>(
        Diag::E0102, "'" + escaped(path) +
                         "' cannot be read: " + buffer.getError().message());
  std::string_view bytes = (*buffer)->getBuffer();
  files[fileNameOf(path)] = std::move(*buffer);
  return bytes;
}

Result<std::string_view> WeightFiles::open(const std::string &path) {
  if (auto it = files.find(path); it != files.end())
    return std::string_view(it->second->getBuffer());
  auto parts = components(path);
  if (!parts)
    return parts.status();
  Descriptor base(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto unreadable = [&](const std::string &why) {
    return Status(Diag::E0202, "file '" + escaped(path) + "' in folder '" +
                                   escaped(folder) + "' " + why);
  };
  if (base.fd < 0)
    return unreadable(std::string("cannot be read: ") + std::strerror(errno));
  Descriptor file(openBeneath(base.fd, *parts));
  if (file.fd < 0) {
    if (errno == ELOOP || errno == EXDEV || errno == ENOTDIR)
      return notAllowed(path, "passes a symbolic link or leaves the folder");
    return unreadable(std::string("cannot be read: ") + std::strerror(errno));
  }
  struct stat info = {};
  if (fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode))
    return notAllowed(path, "is not a regular file");
  if (info.st_nlink > 1)
    return notAllowed(path, "has several names (a hard link); copy the file");
  auto buffer = llvm::MemoryBuffer::getOpenFile(
      file.fd, path, uint64_t(info.st_size), /*RequiresNullTerminator=*/false);
  if (!buffer)
    return unreadable("cannot be read: " + buffer.getError().message());
  std::string_view bytes = (*buffer)->getBuffer();
  files[path] = std::move(*buffer);
  return bytes;
}

Result<std::string_view> WeightFiles::bytes(const std::string &path,
                                            uint64_t offset, uint64_t size) {
  Result<std::string_view> whole = open(path);
  if (!whole)
    return whole;
  if (offset > whole->size() || size > whole->size() - offset)
    return Result<std::string_view>(
        Diag::E0203, "expected " + std::to_string(size) + " bytes at offset " +
                         std::to_string(offset) + " of '" + escaped(path) +
                         "', which has " + std::to_string(whole->size()));
  return whole->substr(offset, size);
}

} // namespace vitc
