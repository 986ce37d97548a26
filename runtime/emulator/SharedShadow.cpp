//===- SharedShadow.cpp - stamps of shared memory -------------------------===//
#include "runtime/emulator/Shadow.h"

#include <algorithm>
#include <cstring>

namespace vitrt::emu {

void SharedShadow::reset(size_t bytes) {
  writers.assign(bytes, 0);
  readers.assign(bytes, 0);
}

/// Whether the `count` stamps are all the same; count is 1 or even.
static bool uniform(const Stamp *s, size_t count) {
  return count == 1 || !std::memcmp(s, s + 1, (count - 1) * sizeof(Stamp));
}

static ShadowConflict::Kind readVerdict(Stamp writer,
                                        const AccessClock &clock) {
  if (writer & kPendingBit)
    return ShadowConflict::InFlight;
  if (!writer)
    return ShadowConflict::Unwritten;
  return clock.isAfter(writer) ? ShadowConflict::None
                               : ShadowConflict::ReadAfterWrite;
}

ShadowConflict SharedShadow::read(size_t offset, size_t bytes,
                                  const AccessClock &clock) {
  ShadowConflict result;
  const Stamp *w = writers.data() + offset;
  Stamp *r = readers.data() + offset;
  size_t distinct = uniform(w, bytes) ? 1 : bytes;
  for (size_t i = 0; i < distinct; ++i)
    if (auto kind = readVerdict(w[i], clock); kind != ShadowConflict::None)
      return {kind, offset + i, w[i] & ~kPendingBit};
  if (uniform(r, bytes)) {
    std::fill(r, r + bytes, clock.mergeReader(*r));
    return result;
  }
  for (size_t i = 0; i < bytes; ++i)
    r[i] = clock.mergeReader(r[i]);
  return result;
}

static ShadowConflict::Kind writeVerdict(Stamp writer, Stamp reader,
                                         const AccessClock &clock) {
  if (writer & kPendingBit)
    return ShadowConflict::InFlight;
  if (writer && !clock.isAfter(writer))
    return ShadowConflict::WriteAfterWrite;
  if (reader && !clock.isAfter(reader))
    return ShadowConflict::WriteAfterRead;
  return ShadowConflict::None;
}

ShadowConflict SharedShadow::write(size_t offset, size_t bytes,
                                   const AccessClock &clock) {
  ShadowConflict result;
  Stamp *w = writers.data() + offset, *r = readers.data() + offset;
  size_t distinct = uniform(w, bytes) && uniform(r, bytes) ? 1 : bytes;
  for (size_t i = 0; i < distinct; ++i) {
    auto kind = writeVerdict(w[i], r[i], clock);
    if (kind == ShadowConflict::None)
      continue;
    Stamp other = kind == ShadowConflict::WriteAfterRead ? r[i] : w[i];
    result = {kind, offset + i, other & ~kPendingBit};
    break;
  }
  if (result.kind == ShadowConflict::InFlight)
    return result;
  std::fill(w, w + bytes, clock.stamp());
  std::fill(r, r + bytes, 0);
  return result;
}

void SharedShadow::beginCopy(size_t offset, size_t bytes) {
  for (size_t i = offset; i < offset + bytes; ++i)
    writers[i] |= kPendingBit;
}

void SharedShadow::landCopy(size_t offset, size_t bytes,
                            const AccessClock &clock) {
  std::fill_n(writers.data() + offset, bytes, clock.stamp());
  std::fill_n(readers.data() + offset, bytes, 0);
}

void SharedShadow::rebase() {
  for (Stamp &s : writers)
    s = s ? (s & kPendingBit) | makeStamp(stampThread(s), 1) : 0;
  std::fill(readers.begin(), readers.end(), 0);
}

} // namespace vitrt::emu
