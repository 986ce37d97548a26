//===- GlobalShadow.cpp - stamps of global buffers ------------------------===//
#include "runtime/emulator/Shadow.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <sys/mman.h>

namespace vitrt::emu {

GlobalShadow::~GlobalShadow() {
  if (cellMemory)
    munmap(cellMemory, cellBytes);
}

/// Splits overlapping ranges (operands that alias) into disjoint pieces.
static std::vector<GlobalBuffer> splitRanges(std::span<const Range> ranges) {
  auto begin = [](const Range &r) {
    return reinterpret_cast<uintptr_t>(r.data);
  };
  std::vector<uintptr_t> cuts;
  for (const Range &r : ranges)
    if (r.bytes) {
      cuts.push_back(begin(r));
      cuts.push_back(begin(r) + r.bytes);
    }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  std::vector<GlobalBuffer> pieces;
  uint32_t component = 0;
  for (size_t i = 0; i + 1 < cuts.size(); ++i) {
    GlobalBuffer piece{.begin = cuts[i], .bytes = cuts[i + 1] - cuts[i]};
    bool covered = false, continues = false;
    for (const Range &r : ranges) {
      if (begin(r) > piece.begin ||
          begin(r) + r.bytes < piece.begin + piece.bytes)
        continue;
      if (!covered || (r.writable && !piece.writable)) {
        piece.name = r.name;
        piece.nameOffset = piece.begin - begin(r);
      }
      covered = true;
      continues |= begin(r) < piece.begin;
      piece.writable |= r.writable;
      piece.initialised |= r.initialised;
      piece.expectFullWrite |= r.expectFullWrite;
    }
    if (!covered)
      continue;
    component += continues ? 0 : 1;
    piece.component = component;
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

void GlobalShadow::init(std::span<const Range> ranges, bool cells) {
  buffers = splitRanges(ranges);
  size_t numCells = 0;
  for (const GlobalBuffer &b : buffers)
    numCells += b.writable ? 2 * b.bytes : 0;
  if (!numCells || !cells)
    return;
  // Zero pages on demand: a launch often touches little of a large buffer.
  cellBytes = numCells * sizeof(uint64_t);
  cellMemory = mmap(nullptr, cellBytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (cellMemory == MAP_FAILED) {
    cellMemory = nullptr;
    throw std::bad_alloc();
  }
  auto *next = static_cast<uint64_t *>(cellMemory);
  for (GlobalBuffer &b : buffers)
    if (b.writable) {
      b.writers = next;
      b.readers = next + b.bytes;
      next += 2 * b.bytes;
    }
}

const GlobalBuffer *GlobalShadow::find(uintptr_t address) const {
  auto it = std::upper_bound(
      buffers.begin(), buffers.end(), address,
      [](uintptr_t a, const GlobalBuffer &b) { return a < b.begin; });
  if (it == buffers.begin())
    return nullptr;
  --it;
  return address - it->begin < it->bytes ? &*it : nullptr;
}

const GlobalBuffer *GlobalShadow::next(const GlobalBuffer *buffer) const {
  const GlobalBuffer *n = buffer + 1;
  if (n == buffers.data() + buffers.size() ||
      n->begin != buffer->begin + buffer->bytes ||
      n->component != buffer->component)
    return nullptr;
  return n;
}

const GlobalBuffer *GlobalShadow::nearest(uintptr_t address) const {
  const GlobalBuffer *best = nullptr;
  uintptr_t bestDistance = ~uintptr_t(0);
  for (const GlobalBuffer &b : buffers) {
    uintptr_t distance = address < b.begin ? b.begin - address
                         : address >= b.begin + b.bytes
                             ? address - b.begin - b.bytes
                             : 0;
    if (distance < bestDistance) {
      bestDistance = distance;
      best = &b;
    }
  }
  return best;
}

// A cell is block + 1 in the upper half and the stamp of that block's clock in
// the lower; kSeveralBlocks for readers of more than one block.
static constexpr uint64_t kSeveralBlocks = 0xffffffffull << 32;
static uint64_t blockOf(uint64_t cell) { return (cell >> 32) - 1; }

static ShadowConflict otherBlock(size_t offset, uint64_t cell, bool wrote) {
  return {ShadowConflict::OtherBlock, offset, 0, blockOf(cell), wrote};
}

// Reads and writes of one byte by two blocks may run at the same time on two
// workers. Each first publishes its own access and then looks at the other
// kind's cell, sequentially consistent: one of the two sees the other.
ShadowConflict GlobalShadow::read(const GlobalBuffer &buffer, size_t offset,
                                  size_t bytes, uint64_t block,
                                  const AccessClock &clock) {
  if (!buffer.writable)
    return buffer.initialised
               ? ShadowConflict()
               : ShadowConflict{ShadowConflict::Unwritten, offset};
  const uint64_t mine = (block + 1) << 32;
  for (size_t i = offset; i < offset + bytes; ++i) {
    std::atomic_ref<uint64_t> reader(buffer.readers[i]);
    uint64_t old = reader.load(), merged;
    do {
      if (old && old >> 32 != block + 1)
        merged = kSeveralBlocks;
      else
        merged = mine | clock.mergeReader(static_cast<Stamp>(old));
    } while (old != merged && !reader.compare_exchange_weak(old, merged));
    uint64_t writer = std::atomic_ref<uint64_t>(buffer.writers[i]).load();
    if (!writer) {
      if (!buffer.initialised)
        return {ShadowConflict::Unwritten, i};
    } else if (writer >> 32 != block + 1) {
      return otherBlock(i, writer, true);
    } else if (!clock.isAfter(static_cast<Stamp>(writer))) {
      return {ShadowConflict::ReadAfterWrite, i, static_cast<Stamp>(writer)};
    }
  }
  return {};
}

ShadowConflict GlobalShadow::write(const GlobalBuffer &buffer, size_t offset,
                                   size_t bytes, uint64_t block,
                                   const AccessClock &clock) {
  const uint64_t mine = (block + 1) << 32 | clock.stamp();
  ShadowConflict result;
  for (size_t i = offset; i < offset + bytes; ++i) {
    std::atomic_ref<uint64_t> cell(buffer.writers[i]);
    uint64_t writer = cell.exchange(mine);
    uint64_t reader = std::atomic_ref<uint64_t>(buffer.readers[i]).load();
    if (result.kind != ShadowConflict::None)
      continue;
    if (writer && writer >> 32 != block + 1)
      result = otherBlock(i, writer, true);
    else if (reader && reader >> 32 != block + 1)
      result = otherBlock(i, reader, false);
    else if (writer && !clock.isAfter(static_cast<Stamp>(writer)))
      result = {ShadowConflict::WriteAfterWrite, i, static_cast<Stamp>(writer)};
    else if (reader && !clock.isAfter(static_cast<Stamp>(reader)))
      result = {ShadowConflict::WriteAfterRead, i, static_cast<Stamp>(reader)};
  }
  return result;
}

std::vector<GlobalShadow::Hole> GlobalShadow::holes() const {
  std::vector<Hole> result;
  for (const GlobalBuffer &b : buffers) {
    if (!b.expectFullWrite || !b.writable)
      continue;
    Hole hole{b.name, 0, b.bytes, 0};
    for (size_t i = 0; i < b.bytes; ++i)
      if (!b.writers[i] && !hole.missing++)
        hole.first = b.nameOffset + i;
    if (hole.missing)
      result.push_back(std::move(hole));
  }
  return result;
}

} // namespace vitrt::emu
