//===- Arena.cpp - emulated device memory ---------------------------------===//
#include "runtime/emulator/Arena.h"

#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace vitrt::emu {

Arena::Arena(void *memory, size_t bytes)
    : base(static_cast<uint8_t *>(memory)), size(bytes),
      pageBytes(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
  size = size / pageBytes * pageBytes;
  mprotect(base, size, PROT_NONE);
}

Arena::~Arena() { mprotect(base, size, PROT_READ | PROT_WRITE); }

void *Arena::allocate(size_t bytes) {
  if (bytes > size)
    return nullptr;
  size_t aligned = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  size_t pages = (aligned + pageBytes - 1) / pageBytes * pageBytes;
  pages = pages ? pages : pageBytes;
  // First fit; the page before the first block is a guard too.
  size_t start = pageBytes;
  auto next = blocks.begin();
  for (; next != blocks.end(); ++next) {
    if (next->first - start >= pages + pageBytes)
      break;
    start = next->second.end;
  }
  if (next == blocks.end() &&
      (start > size || size - start < pages + pageBytes))
    return nullptr;
  if (mprotect(base + start, pages, PROT_READ | PROT_WRITE))
    return nullptr;
  std::memset(base + start, 0xff, pages);
  size_t pointer = start + pages - aligned;
  blocks[start] = {start + pages + pageBytes, pointer, bytes};
  startOfBlock[pointer] = start;
  usedBytes += bytes;
  return base + pointer;
}

bool Arena::free(void *pointer) {
  if (!contains(pointer))
    return false;
  auto found = startOfBlock.find(offsetOf(pointer));
  if (found == startOfBlock.end())
    return false;
  auto block = blocks.find(found->second);
  mprotect(base + block->first, block->second.end - block->first, PROT_NONE);
  usedBytes -= block->second.bytes;
  blocks.erase(block);
  startOfBlock.erase(found);
  return true;
}

bool Arena::contains(const void *pointer) const {
  auto p = reinterpret_cast<uintptr_t>(pointer);
  return p - reinterpret_cast<uintptr_t>(base) < size;
}

} // namespace vitrt::emu
