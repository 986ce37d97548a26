//===- Arena.h - emulated device memory -------------------------*- C++ -*-===//
//
// Allocations inside one mapping that the caller made, for example of a memfd
// that another process maps too. An allocation ends at a page without access
// (in this process) and is filled with NaN.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_ARENA_H
#define VITRT_EMULATOR_ARENA_H

#include <cstddef>
#include <cstdint>
#include <map>

namespace vitrt::emu {

class Arena {
public:
  /// Alignment of allocations: the widest access of a kernel.
  static constexpr size_t kAlignment = 16;

  /// Manages [base, base + bytes), a page-aligned mapping that outlives this.
  /// Takes all access away from what is not allocated.
  Arena(void *base, size_t bytes);
  ~Arena(); ///< Gives access back to the whole mapping.
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  /// `bytes` of 0xff, or null where no gap is large enough. The end, rounded up
  /// to kAlignment, touches the guard page.
  void *allocate(size_t bytes);
  /// Frees what allocate returned; false if it did not.
  bool free(void *pointer);

  bool contains(const void *pointer) const;
  /// Bytes from the start of the mapping: the same in every process.
  size_t offsetOf(const void *pointer) const {
    return static_cast<size_t>(static_cast<const uint8_t *>(pointer) - base);
  }
  void *at(size_t offset) const { return base + offset; }
  /// Bytes asked for and not freed.
  size_t used() const { return usedBytes; }

private:
  struct Block {
    size_t end;     ///< Offset after its guard page.
    size_t pointer; ///< Offset that allocate returned.
    size_t bytes;   ///< As asked for.
  };
  uint8_t *base;
  size_t size, pageBytes, usedBytes = 0;
  std::map<size_t, Block> blocks;        ///< By the offset of the first page.
  std::map<size_t, size_t> startOfBlock; ///< Pointer's offset to that.
};

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_ARENA_H
