//===- FiberStacks.h - memory of a worker's fibers --------------*- C++ -*-===//
//
// One mapping for everything that is private to the threads of a block: their
// stacks, each above a guard page, and in front of them the control blocks. One
// range, so that check mode tells private accesses by one comparison.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_FIBERSTACKS_H
#define VITRT_EMULATOR_FIBERSTACKS_H

#include <cstddef>
#include <cstdint>

namespace vitrt::emu {

/// Swaps stacks: stores the running one's pointer at `save`, continues at `to`.
extern "C" void vitrt_emu_switch(void **save, void *to);

class FiberStacks {
public:
  static constexpr size_t kStackBytes = 64 << 10; ///< With its guard page.
  static constexpr unsigned kMaxFibers = 1024;

  /// `controlBytes` of memory for the control blocks; throws std::bad_alloc.
  explicit FiberStacks(size_t controlBytes);
  ~FiberStacks();
  FiberStacks(const FiberStacks &) = delete;
  FiberStacks &operator=(const FiberStacks &) = delete;

  void *control() const { return base; }
  /// Puts guard pages below the first `count` stacks.
  void reserve(unsigned count);
  /// A stack pointer for vitrt_emu_switch that enters `entry` at the top of
  /// stack `index`.
  void *prepare(unsigned index, void (*entry)());
  bool contains(uintptr_t address) const {
    return address - reinterpret_cast<uintptr_t>(base) < bytes;
  }
  /// Whether the address lies in a guard page: a stack overflow.
  bool isGuard(uintptr_t address) const;

private:
  uint8_t *stack(unsigned index) const {
    return base + controlSize + size_t(index) * kStackBytes;
  }
  uint8_t *base = nullptr;
  size_t bytes = 0, controlSize = 0, pageBytes = 0;
  unsigned guarded = 0;
};

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_FIBERSTACKS_H
