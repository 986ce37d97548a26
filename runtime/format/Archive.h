//===- Archive.h - fixed-width little-endian encoding -----------*- C++ -*-===//
//
// Encoder and Decoder walk the same description of a struct (Describe.h), so a
// field is named once. Integers are little-endian at their own width, bools
// and enumerations one byte, floats their bits; a string is a u32 index of the
// string table; bytes are u64 offset and u64 size in the images section; a
// vector is a u32 count and its elements.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_ARCHIVE_H
#define VITRT_FORMAT_ARCHIVE_H

#include "runtime/format/Enums.h"
#include "runtime/format/Module.h"

#include <bit>
#include <cstring>
#include <type_traits>
#include <unordered_map>

namespace vitrt::format {

static_assert(std::endian::native == std::endian::little,
              "the module format is little-endian and read in place");

constexpr bool valid(ImageKind k) {
  return k == ImageKind::Cubin || k == ImageKind::Ptx;
}

constexpr uint64_t kAlignment = 256;
constexpr uint64_t alignUp(uint64_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

/// Strings of a module, each once, in order of first use.
class StringTable {
public:
  uint32_t intern(const std::string &text);
  /// u32 count, count + 1 u32 end offsets (the first is 0), the bytes.
  std::string encode() const;

private:
  std::unordered_map<std::string, uint32_t> indices;
  std::vector<std::string> strings;
};

/// Places bytes in a section: aligned, without holes, equal bytes once.
class BlobTable {
public:
  struct Place {
    uint64_t offset, size;
  };
  Place add(const Bytes &bytes);
  const std::vector<std::pair<uint64_t, Bytes>> &blobs() const { return list; }
  uint64_t size() const { return end; }

private:
  std::unordered_multimap<uint64_t, size_t> byHash;
  std::vector<std::pair<uint64_t, Bytes>> list;
  uint64_t end = 0;
};

class Encoder {
public:
  Encoder(StringTable &strings, BlobTable &blobs)
      : strings(strings), blobs(blobs) {}

  template <class... T> void operator()(const T &...fields) {
    (put(fields), ...);
  }
  std::string take() { return std::move(out); }

private:
  template <class T> void raw(T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out.append(bytes, sizeof(T));
  }
  template <class T> void put(const T &x) {
    if constexpr (std::is_same_v<T, bool>)
      raw(uint8_t(x));
    else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
      raw(x);
    else
      describe(*this, const_cast<T &>(x)); // reads only
  }
  void put(const std::string &x) { raw(strings.intern(x)); }
  void put(const Bytes &x) {
    BlobTable::Place place = blobs.add(x);
    raw(place.offset);
    raw(place.size);
  }
  template <class T> void put(const std::vector<T> &x) {
    raw(uint32_t(x.size()));
    for (const T &element : x)
      put(element);
  }
  template <class T, size_t N> void put(const T (&x)[N]) {
    for (const T &element : x)
      put(element);
  }
  void put(const Config &x) {
    raw(uint8_t(x.index() + 1)); // TemplateKind's numbers
    std::visit([this](const auto &config) { put(config); }, x);
  }

  StringTable &strings;
  BlobTable &blobs;
  std::string out;
};

/// Strings and images of the module that a Decoder's section refers to.
struct DecoderTables {
  std::vector<std::string_view> strings;
  Bytes images;
};

/// Decodes hostile bytes: after the first error every read gives zeros, and
/// no count allocates more than the elements that really follow.
class Decoder {
public:
  Decoder(std::string_view sectionName, Bytes section,
          const DecoderTables &tables)
      : sectionName(sectionName), section(std::move(section)), tables(tables) {}

  template <class... T> void operator()(T &...fields) { (get(fields), ...); }

  bool failed() const { return !error.ok(); }
  /// The first error; also one if bytes are left over.
  Status finish();
  /// Reports a fault at the current position, unless one came before.
  void fault(const std::string &what);

private:
  template <class T> T raw() {
    T value{};
    if (failed() || section.size() - position < sizeof(T)) {
      fault("ends too early");
      return value;
    }
    std::memcpy(&value, section.view.data() + position, sizeof(T));
    position += sizeof(T);
    return value;
  }
  template <class T> void get(T &x) {
    if constexpr (std::is_same_v<T, bool>) {
      uint8_t byte = raw<uint8_t>();
      if (byte > 1)
        fault("a bool is " + std::to_string(byte));
      x = byte == 1;
    } else if constexpr (std::is_enum_v<T>) {
      auto number = raw<std::underlying_type_t<T>>();
      if (!failed() && !valid(T(number)))
        fault("no enumerator has the number " + std::to_string(number));
      if (!failed())
        x = T(number);
    } else if constexpr (std::is_arithmetic_v<T>) {
      x = raw<T>();
    } else {
      describe(*this, x);
    }
  }
  void get(std::string &x);
  void get(Bytes &x);
  void get(Config &x);
  template <class T> void get(std::vector<T> &x) {
    uint32_t count = raw<uint32_t>();
    // Every element takes at least one byte.
    if (count > section.size() - position)
      fault("a list has " + std::to_string(count) + " elements");
    for (uint32_t i = 0; i != count && !failed(); ++i)
      get(x.emplace_back());
  }
  template <class T, size_t N> void get(T (&x)[N]) {
    for (T &element : x)
      get(element);
  }

  std::string_view sectionName;
  Bytes section;
  const DecoderTables &tables;
  size_t position = 0;
  Status error;
};

} // namespace vitrt::format

#include "runtime/format/Describe.h"

#endif // VITRT_FORMAT_ARCHIVE_H
