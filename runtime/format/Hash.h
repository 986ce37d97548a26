//===- Hash.h - XXH3 of bytes -----------------------------------*- C++ -*-===//
//
// The checksums of the module format: XXH3-64 of sections, XXH3-128 of the
// weights' contents. They detect accidents, not attacks.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_HASH_H
#define VITRT_FORMAT_HASH_H

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace vitrt::format {

/// Identity of a weight's bytes, and of a source model.
struct Hash128 {
  uint64_t low = 0, high = 0;
  auto operator<=>(const Hash128 &) const = default;
  std::string hex() const; ///< 32 digits, high half first.
};

uint64_t hash64(const void *data, size_t size);
Hash128 hash128(const void *data, size_t size);
inline uint64_t hash64(std::string_view s) {
  return hash64(s.data(), s.size());
}
inline Hash128 hash128(std::string_view s) {
  return hash128(s.data(), s.size());
}

/// XXH3-64 of bytes that come in pieces.
class Hasher64 {
public:
  Hasher64();
  ~Hasher64();
  void update(const void *data, size_t size);
  uint64_t digest() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace vitrt::format

#endif // VITRT_FORMAT_HASH_H
