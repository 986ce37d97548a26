//===- Layout.h - header and sections of a .vitm file -----------*- C++ -*-===//
//
// docs/module-format.md describes this for readers in other languages.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_LAYOUT_H
#define VITRT_FORMAT_LAYOUT_H

#include <cstddef>
#include <cstdint>

namespace vitrt::format {

/// As PNG's: catches text-mode and 7-bit transfers.
constexpr unsigned char kMagic[8] = {0x89, 'V',  'I',  'T',
                                     'M',  '\r', '\n', 0x1a};

/// Version of the format that this code writes, and the oldest that it reads.
/// A file also says the oldest reader that may read it.
constexpr uint32_t kVersion = 1;
constexpr uint32_t kOldestVersion = 1;

/// In the order of the file.
enum class SectionKind : uint32_t {
  WeightData = 1,
  Images = 2,
  Strings = 3,
  Plans = 4,
  Kernels = 5, ///< Headers and kernel texts.
  Weights = 6, ///< The weight table.
  Provenance = 7,
  Loadables = 8,
};
constexpr uint32_t kSectionCount = 8;

/// A reader that does not know the kind of a section may skip it unless this
/// flag is set.
constexpr uint32_t kSectionRequired = 1;

/// The first 48 bytes; zeros follow up to byte 256, where the section table
/// begins.
struct FileHeader {
  unsigned char magic[8];
  uint32_t version;
  uint32_t minReader;
  uint64_t fileSize;
  uint32_t sectionCount;
  uint32_t reserved;   ///< 0.
  uint64_t tableHash;  ///< XXH3-64 of the section table.
  uint64_t headerHash; ///< XXH3-64 of the bytes before this field.
};
static_assert(sizeof(FileHeader) == 48);
constexpr size_t kTableOffset = 256;

struct SectionEntry {
  uint32_t kind;
  uint32_t flags;
  uint64_t offset; ///< Multiple of 256, right after the one before.
  uint64_t size;
  uint64_t hash; ///< XXH3-64 of the size bytes.
};
static_assert(sizeof(SectionEntry) == 32);

} // namespace vitrt::format

#endif // VITRT_FORMAT_LAYOUT_H
