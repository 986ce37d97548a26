//===- FiberStacks.cpp - memory of a worker's fibers ----------------------===//
#include "runtime/emulator/FiberStacks.h"

#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace vitrt::emu {

FiberStacks::FiberStacks(size_t controlBytes) {
  pageBytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  controlSize = (controlBytes + pageBytes - 1) / pageBytes * pageBytes;
  bytes = controlSize + size_t(kMaxFibers) * kStackBytes;
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    throw std::bad_alloc();
  base = static_cast<uint8_t *>(memory);
}

FiberStacks::~FiberStacks() { munmap(base, bytes); }

void FiberStacks::reserve(unsigned count) {
  for (; guarded < count; ++guarded)
    mprotect(stack(guarded), pageBytes, PROT_NONE);
}

bool FiberStacks::isGuard(uintptr_t address) const {
  uintptr_t first = reinterpret_cast<uintptr_t>(stack(0));
  if (address < first || !contains(address))
    return false;
  return (address - first) % kStackBytes < pageBytes;
}

void *FiberStacks::prepare(unsigned index, void (*entry)()) {
  // Stacks at the same offset of every 64 KiB would all fall into one set of
  // the cache: shift each by a few lines.
  uint8_t *top = stack(index + 1) - (index * 7 % 64) * 64;
#if defined(__x86_64__)
  // As vitrt_emu_switch left it: six registers and the address to go on at.
  // Above that a zero return address, where a debugger's walk ends.
  constexpr int kSaved = 6;
  auto **sp = reinterpret_cast<void **>(top);
  *--sp = nullptr;
  *--sp = reinterpret_cast<void *>(entry);
  for (int i = 0; i < kSaved; ++i)
    *--sp = nullptr;
  return sp;
#elif defined(__aarch64__)
  auto **sp = reinterpret_cast<void **>(top - 160);
  for (int i = 0; i < 20; ++i)
    sp[i] = nullptr;
  sp[11] = reinterpret_cast<void *>(entry); // x30
  return sp;
#else
#error "the emulator has no fiber switch for this machine"
#endif
}

} // namespace vitrt::emu
