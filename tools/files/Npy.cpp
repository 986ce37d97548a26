//===- Npy.cpp - NumPy's .npy files ---------------------------------------===//
#include "tools/files/Npy.h"

#include "runtime/format/AtomicFile.h"

#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

using namespace vitrt;
using format::DType;

namespace vitc {

Result<std::string> readFile(const std::string &path, size_t limit) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return Status(Diag::E0210, "cannot read '" + escaped(path) +
                                   "': " + std::strerror(errno));
  struct stat info;
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    close(fd);
    return Status(Diag::E0210,
                  "cannot read '" + escaped(path) + "': it is a folder");
  }
  std::string bytes;
  char buffer[1 << 16];
  for (;;) {
    ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      Status status(Diag::E0210, "cannot read '" + escaped(path) +
                                     "': " + std::strerror(errno));
      close(fd);
      return status;
    }
    if (got == 0)
      break;
    bytes.append(buffer, got);
    if (bytes.size() > limit) {
      close(fd);
      return Status(Diag::E0211, "'" + escaped(path) + "' is larger than " +
                                     std::to_string(limit) + " bytes");
    }
  }
  close(fd);
  return bytes;
}

std::string fileName(std::string_view name) {
  std::string safe;
  for (unsigned char c : name)
    safe += std::isalnum(c) && c < 0x80        ? char(c)
            : c == '.' || c == '_' || c == '-' ? char(c)
                                               : '_';
  // No hidden file, no folder, no name longer than file systems take.
  if (safe.empty() || safe.front() == '.')
    safe.insert(0, "_");
  return safe.substr(0, 200);
}

namespace {

/// The literal of a header: `{'descr': '<f4', 'fortran_order': False, ...}`.
struct Header {
  std::string descr;
  bool fortran = false;
  std::vector<int64_t> shape;
};

} // namespace

static std::optional<std::string_view> valueOf(std::string_view header,
                                               std::string_view key) {
  size_t at = header.find("'" + std::string(key) + "'");
  if (at == header.npos)
    return std::nullopt;
  at = header.find(':', at);
  if (at == header.npos)
    return std::nullopt;
  at = header.find_first_not_of(' ', at + 1);
  return at == header.npos ? std::nullopt : std::optional(header.substr(at));
}

static std::optional<Header> parseHeader(std::string_view text) {
  Header header;
  auto descr = valueOf(text, "descr"), fortran = valueOf(text, "fortran_order"),
       shape = valueOf(text, "shape");
  if (!descr || !fortran || !shape || descr->size() < 2 ||
      descr->front() != '\'' || shape->front() != '(')
    return std::nullopt;
  size_t end = descr->find('\'', 1);
  if (end == descr->npos)
    return std::nullopt;
  header.descr = descr->substr(1, end - 1);
  header.fortran = fortran->starts_with("True");
  std::string_view list = shape->substr(1);
  for (;;) {
    size_t digit = list.find_first_not_of(" ,");
    if (digit == list.npos)
      return std::nullopt;
    list.remove_prefix(digit);
    if (list.front() == ')')
      return header;
    int64_t size = 0;
    auto [rest, error] =
        std::from_chars(list.data(), list.data() + list.size(), size);
    if (error != std::errc() || size < 0 || header.shape.size() == 16)
      return std::nullopt;
    header.shape.push_back(size);
    list.remove_prefix(rest - list.data());
  }
}

namespace {
struct Stored {
  DType dtype;
  size_t bytes;
  bool isDouble = false;
};
} // namespace

static std::optional<Stored> storedType(const std::string &descr) {
  std::string_view type = descr;
  if (!type.empty() &&
      (type.front() == '<' || type.front() == '|' || type.front() == '='))
    type.remove_prefix(1);
  if (type == "f4")
    return Stored{DType::F32, 4};
  if (type == "f8")
    return Stored{DType::F32, 8, true};
  if (type == "f2")
    return Stored{DType::F16, 2};
  if (type == "i1")
    return Stored{DType::I8, 1};
  if (type == "u1")
    return Stored{DType::UI8, 1};
  if (type == "b1")
    return Stored{DType::I1, 1};
  if (type == "i4")
    return Stored{DType::I32, 4};
  if (type == "i8")
    return Stored{DType::I64, 8};
  return std::nullopt;
}

/// Column-major to row-major.
static std::vector<std::byte> toRowMajor(const std::byte *data, size_t element,
                                         const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  std::vector<std::byte> out(count * element);
  std::vector<int64_t> index(shape.size(), 0);
  for (int64_t i = 0; i < count; ++i) {
    int64_t source = 0, stride = 1;
    for (size_t d = 0; d < shape.size(); ++d) {
      source += index[d] * stride;
      stride *= shape[d];
    }
    std::memcpy(out.data() + i * element, data + source * element, element);
    for (size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];)
      index[d] = 0;
  }
  return out;
}

Result<HostTensor> parseNpy(std::string_view bytes, const std::string &what) {
  auto bad = [&](const std::string &why) {
    return Status(Diag::E0211, what + " is no .npy array: " + why);
  };
  if (bytes.size() < 10 ||
      bytes.substr(0, 6) != std::string_view("\x93NUMPY", 6))
    return bad("its first bytes are not NumPy's");
  unsigned major = static_cast<unsigned char>(bytes[6]);
  if (major < 1 || major > 3)
    return bad("version " + std::to_string(major));
  size_t lengthBytes = major == 1 ? 2 : 4, length = 0;
  if (bytes.size() < 8 + lengthBytes)
    return bad("it is cut short");
  for (size_t i = 0; i < lengthBytes; ++i)
    length |= size_t(static_cast<unsigned char>(bytes[8 + i])) << (8 * i);
  if (length > 65536 || bytes.size() - 8 - lengthBytes < length)
    return bad("its header is cut short or longer than 64 KiB");
  std::optional<Header> header =
      parseHeader(bytes.substr(8 + lengthBytes, length));
  if (!header)
    return bad("its header is malformed");
  std::optional<Stored> stored = storedType(header->descr);
  if (!stored)
    return bad("elements of type '" + escaped(header->descr) +
               "' are not supported");
  std::string_view data = bytes.substr(8 + lengthBytes + length);
  uint64_t count = 1;
  for (int64_t size : header->shape)
    if (__builtin_mul_overflow(count, uint64_t(size), &count))
      return bad("its shape is too large");
  uint64_t expected;
  if (__builtin_mul_overflow(count, stored->bytes, &expected) ||
      expected != data.size())
    return bad("its shape takes " + std::to_string(count * stored->bytes) +
               " bytes, but it has " + std::to_string(data.size()));

  HostTensor tensor;
  tensor.dtype = stored->dtype;
  tensor.shape = header->shape;
  auto *begin = reinterpret_cast<const std::byte *>(data.data());
  tensor.bytes.assign(begin, begin + data.size());
  if (header->fortran && header->shape.size() > 1)
    tensor.bytes = toRowMajor(begin, stored->bytes, header->shape);
  if (stored->isDouble) {
    std::vector<std::byte> floats(count * 4);
    for (uint64_t i = 0; i < count; ++i) {
      double wide;
      std::memcpy(&wide, tensor.bytes.data() + i * 8, 8);
      float narrow = static_cast<float>(wide);
      std::memcpy(floats.data() + i * 4, &narrow, 4);
    }
    tensor.bytes = std::move(floats);
  }
  return tensor;
}

Result<HostTensor> readNpy(const std::string &path) {
  auto bytes = readFile(path);
  if (!bytes.ok())
    return bytes.status();
  return parseNpy(*bytes, "'" + escaped(path) + "'");
}

static const char *descriptor(DType type) {
  switch (type) {
  case DType::F32:
  case DType::TF32:
    return "<f4";
  case DType::F16:
    return "<f2";
  case DType::BF16:
    return "<u2"; // NumPy has no bf16: its bits.
  case DType::F8E4M3FN:
  case DType::F8E5M2:
  case DType::UI8:
    return "|u1";
  case DType::I8:
    return "|i1";
  case DType::I1:
    return "|b1";
  case DType::I32:
    return "<i4";
  case DType::I64:
    return "<i8";
  }
  return "|u1";
}

Status writeNpy(const std::string &path, const HostTensor &tensor) {
  std::string header = std::string("{'descr': '") + descriptor(tensor.dtype) +
                       "', 'fortran_order': False, 'shape': (";
  for (int64_t size : tensor.shape)
    header += std::to_string(size) + ", ";
  header += "), }";
  // The data begins at a multiple of 64 bytes.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += char(header.size() & 255);
  bytes += char(header.size() >> 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char *>(tensor.bytes.data()),
               tensor.bytes.size());
  return format::writeFileAtomically(path, bytes);
}

} // namespace vitc
