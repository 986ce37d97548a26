//===- Hash.cpp - XXH3 of bytes -------------------------------------------===//

#include "runtime/format/Hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace vitrt::format {

std::string Hash128::hex() const {
  static const char kDigits[] = "0123456789abcdef";
  std::string out;
  for (uint64_t half : {high, low})
    for (int shift = 60; shift >= 0; shift -= 4)
      out += kDigits[half >> shift & 15];
  return out;
}

uint64_t hash64(const void *data, size_t size) {
  return XXH3_64bits(data, size);
}

Hash128 hash128(const void *data, size_t size) {
  XXH128_hash_t hash = XXH3_128bits(data, size);
  return {hash.low64, hash.high64};
}

struct Hasher64::Impl {
  XXH3_state_t state;
};

// XXH3_state_t asks for 64-byte alignment, which operator new gives in C++17.
Hasher64::Hasher64() : impl(new Impl) { XXH3_64bits_reset(&impl->state); }
Hasher64::~Hasher64() = default;
void Hasher64::update(const void *data, size_t size) {
  XXH3_64bits_update(&impl->state, data, size);
}
uint64_t Hasher64::digest() const { return XXH3_64bits_digest(&impl->state); }

} // namespace vitrt::format
