//===- Npz.cpp - NumPy's .npz archives ------------------------------------===//
#include "tools/files/Npy.h"

#include <cstring>
#include <zlib.h>

using namespace vitrt;

namespace vitc {

namespace {

constexpr uint64_t kMostUnpacked = uint64_t(4) << 30;

/// Little-endian fields of a zip archive, bounds-checked.
class ZipReader {
public:
  ZipReader(std::string_view bytes, std::string what)
      : bytes(bytes), what(std::move(what)) {}
  Result<std::vector<HostTensor>> arrays();

private:
  struct Entry {
    std::string name;
    uint64_t packed = 0, unpacked = 0, header = 0;
    uint32_t crc = 0;
    unsigned method = 0;
  };

  Status bad(const std::string &why) const {
    return Status(Diag::E0211, what + " is no .npz archive: " + why);
  }
  bool has(uint64_t at, uint64_t size) const {
    return at <= bytes.size() && size <= bytes.size() - at;
  }
  uint64_t number(uint64_t at, unsigned size) const {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i)
      value |= uint64_t(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
    return value;
  }
  Status findDirectory(uint64_t &offset, uint64_t &count) const;
  Status readEntry(uint64_t &at, Entry &entry) const;
  void readZip64(std::string_view extra, Entry &entry) const;
  Result<std::string> unpack(const Entry &entry) const;

  std::string_view bytes;
  std::string what;
};

} // namespace

Status ZipReader::findDirectory(uint64_t &offset, uint64_t &count) const {
  constexpr uint64_t kEnd = 22, kMostComment = 65535;
  if (bytes.size() < kEnd)
    return bad("it is cut short");
  uint64_t lowest = bytes.size() > kEnd + kMostComment
                        ? bytes.size() - kEnd - kMostComment
                        : 0;
  for (uint64_t at = bytes.size() - kEnd + 1; at-- > lowest;) {
    if (number(at, 4) != 0x06054b50)
      continue;
    count = number(at + 10, 2);
    offset = number(at + 16, 4);
    bool zip64 = count == 0xffff || offset == 0xffffffff;
    if (zip64 && at >= 20 && number(at - 20, 4) == 0x07064b50) {
      uint64_t record = number(at - 12, 8);
      if (!has(record, 56) || number(record, 4) != 0x06064b50)
        return bad("its zip64 directory is missing");
      count = number(record + 32, 8);
      offset = number(record + 48, 8);
    }
    return Status();
  }
  return bad("its directory is missing");
}

/// Sizes and offset that do not fit 32 bits.
void ZipReader::readZip64(std::string_view extra, Entry &entry) const {
  auto field = [&](size_t at, unsigned size) {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i)
      value |= uint64_t(static_cast<unsigned char>(extra[at + i])) << (8 * i);
    return value;
  };
  for (size_t at = 0; at + 4 <= extra.size();) {
    size_t id = field(at, 2), size = field(at + 2, 2), data = at + 4;
    if (size > extra.size() - data)
      return;
    at = data + size;
    if (id != 1)
      continue;
    for (uint64_t *value : {&entry.unpacked, &entry.packed, &entry.header})
      if (*value == 0xffffffff && data + 8 <= at) {
        *value = field(data, 8);
        data += 8;
      }
  }
}

Status ZipReader::readEntry(uint64_t &at, Entry &entry) const {
  if (!has(at, 46) || number(at, 4) != 0x02014b50)
    return bad("its directory is cut short");
  entry.method = number(at + 10, 2);
  entry.crc = number(at + 16, 4);
  entry.packed = number(at + 20, 4);
  entry.unpacked = number(at + 24, 4);
  entry.header = number(at + 42, 4);
  uint64_t name = number(at + 28, 2), extra = number(at + 30, 2),
           comment = number(at + 32, 2);
  if (!has(at + 46, name + extra + comment))
    return bad("its directory is cut short");
  entry.name = bytes.substr(at + 46, name);
  readZip64(bytes.substr(at + 46 + name, extra), entry);
  at += 46 + name + extra + comment;
  return Status();
}

Result<std::string> ZipReader::unpack(const Entry &entry) const {
  if (!has(entry.header, 30) || number(entry.header, 4) != 0x04034b50)
    return bad("a member's header is missing");
  uint64_t data = entry.header + 30 + number(entry.header + 26, 2) +
                  number(entry.header + 28, 2);
  if (!has(data, entry.packed))
    return bad("a member is cut short");
  std::string_view packed = bytes.substr(data, entry.packed);
  std::string out;
  if (entry.method == 0) {
    if (entry.packed != entry.unpacked)
      return bad("a stored member has two sizes");
    out = packed;
  } else if (entry.method == 8) {
    // deflate packs at most 1032 to 1: a larger claim is a lie.
    if (entry.unpacked / 1032 > entry.packed + 1)
      return bad("a member claims an impossible size");
    out.resize(entry.unpacked);
    z_stream stream = {};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
      return bad("zlib failed");
    uint64_t in = 0, produced = 0;
    int state = Z_OK;
    while (state == Z_OK) {
      constexpr uint64_t kChunk = 1u << 30;
      stream.next_in =
          reinterpret_cast<Bytef *>(const_cast<char *>(packed.data() + in));
      stream.avail_in = std::min(kChunk, packed.size() - in);
      stream.next_out = reinterpret_cast<Bytef *>(out.data() + produced);
      stream.avail_out = std::min(kChunk, out.size() - produced);
      uInt givenIn = stream.avail_in, givenOut = stream.avail_out;
      state = inflate(&stream, Z_NO_FLUSH);
      in += givenIn - stream.avail_in;
      produced += givenOut - stream.avail_out;
      if (state == Z_OK && givenIn == stream.avail_in &&
          givenOut == stream.avail_out)
        break;
    }
    inflateEnd(&stream);
    if (state != Z_STREAM_END || produced != out.size())
      return bad("a member does not unpack to its size");
  } else {
    return bad("compression method " + std::to_string(entry.method));
  }
  if (crc32_z(0, reinterpret_cast<const Bytef *>(out.data()), out.size()) !=
      entry.crc)
    return bad("a member's checksum does not match");
  return out;
}

Result<std::vector<HostTensor>> ZipReader::arrays() {
  uint64_t at = 0, count = 0, total = 0;
  VITRT_TRY(findDirectory(at, count));
  if (count > 65536)
    return bad("more than 65536 members");
  std::vector<HostTensor> tensors;
  for (uint64_t i = 0; i < count; ++i) {
    Entry entry;
    VITRT_TRY(readEntry(at, entry));
    total += entry.unpacked;
    if (entry.unpacked > kMostUnpacked || total > kMostUnpacked)
      return bad("more than 4 GiB unpacked");
    auto data = unpack(entry);
    if (!data.ok())
      return data.status();
    std::string key = entry.name;
    if (key.ends_with(".npy"))
      key.resize(key.size() - 4);
    auto tensor = parseNpy(*data, "'" + escaped(key) + "' of " + what);
    if (!tensor.ok())
      return tensor.status();
    tensor->name = key;
    tensors.push_back(std::move(*tensor));
  }
  return tensors;
}

Result<std::vector<HostTensor>> readNpz(const std::string &path) {
  auto bytes = readFile(path);
  if (!bytes.ok())
    return bytes.status();
  return ZipReader(*bytes, "'" + escaped(path) + "'").arrays();
}

} // namespace vitc
