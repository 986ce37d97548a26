//===- SharedArena.h - an emulated device's memory --------------*- C++ -*-===//
#ifndef VITRT_EMULATOR_SHAREDARENA_H
#define VITRT_EMULATOR_SHAREDARENA_H

#include "runtime/format/Status.h"

#include <map>

namespace vitrt::emu {

/// A sparse memfd, mapped here and in the helper. Allocations end at a page
/// that the helper cannot access and begin after one, and hold NaNs (bytes
/// 0xff) at first. Offsets count from the start of the memfd. Not thread-safe.
class SharedArena {
public:
  static constexpr uint64_t kPage = 4096;
  static constexpr uint64_t kAlignment = 256;

  SharedArena() = default;
  SharedArena(const SharedArena &) = delete;
  ~SharedArena();

  /// Reserves addresses, not memory. Errors: E0724.
  Status open(uint64_t bytes);

  struct Block {
    uint64_t offset;           ///< Of the allocation, a multiple of kAlignment.
    uint64_t pages, pageBytes; ///< The pages that it lies in.
  };
  /// Errors: E0707. The helper must then map the block's pages.
  Result<Block> allocate(uint64_t bytes);
  void fillWithNaN(const Block &block);
  /// Gives the memory back; the helper must have unmapped the pages.
  Block release(uint64_t offset);
  bool owns(uint64_t offset) const { return blocks.count(offset) != 0; }
  /// Do these bytes lie in one allocation?
  bool contains(uint64_t offset, uint64_t bytes) const;

  uint8_t *at(uint64_t offset) const { return base + offset; }
  int descriptor() const { return fd; }
  uint64_t size() const { return total; }

private:
  int fd = -1;
  uint8_t *base = nullptr;
  uint64_t total = 0;
  std::map<uint64_t, Block> blocks;        ///< By offset.
  std::map<uint64_t, uint64_t> freeRanges; ///< Begin -> bytes, coalesced.
};

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_SHAREDARENA_H
