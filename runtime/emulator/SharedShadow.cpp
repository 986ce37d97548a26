//===- SharedShadow.cpp - stamps of shared memory -------------------------===//
#include "runtime/emulator/Shadow.h"

#include <algorithm>

namespace vitrt::emu {

void SharedShadow::reset(size_t size) {
  size_t numWords = (size + kWordBytes - 1) / kWordBytes;
  words.assign(numWords, Cell());
  bytes.resize(numWords * kWordBytes);
}

SharedShadow::Cell *SharedShadow::split(size_t word) {
  Cell *parts = bytes.data() + word * kWordBytes;
  if (words[word].writer != kSplit) {
    std::fill_n(parts, kWordBytes, words[word]);
    words[word].writer = kSplit;
  }
  return parts;
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

/// A conflict at `offset` with the access that stamped the cell.
static ShadowConflict conflict(ShadowConflict::Kind kind, size_t offset,
                               Stamp writer, Stamp reader) {
  Stamp other = kind == ShadowConflict::WriteAfterRead ? reader : writer;
  return {.kind = kind, .offset = offset, .other = other & ~kPendingBit};
}

ShadowConflict SharedShadow::readSlow(size_t offset, size_t size,
                                      const AccessClock &clock) {
  if ((offset | size) % kWordBytes)
    return readPart(offset, size, clock);
  ShadowConflict result;
  for (size_t at = offset; at < offset + size; at += kWordBytes) {
    Cell &cell = words[at / kWordBytes];
    ShadowConflict found;
    if (cell.writer == kSplit)
      found = readPart(at, kWordBytes, clock);
    else if (auto kind = readVerdict(cell.writer, clock);
             kind != ShadowConflict::None)
      found = conflict(kind, at, cell.writer, cell.reader);
    else
      cell.reader = clock.mergeReader(cell.reader);
    if (result.kind == ShadowConflict::None)
      result = found;
  }
  return result;
}

ShadowConflict SharedShadow::readPart(size_t offset, size_t size,
                                      const AccessClock &clock) {
  ShadowConflict result;
  for (size_t at = offset; at < offset + size; ++at) {
    Cell &cell = split(at / kWordBytes)[at % kWordBytes];
    auto kind = readVerdict(cell.writer, clock);
    if (kind == ShadowConflict::None)
      cell.reader = clock.mergeReader(cell.reader);
    else if (result.kind == ShadowConflict::None)
      result = conflict(kind, at, cell.writer, cell.reader);
  }
  return result;
}

ShadowConflict SharedShadow::writeSlow(size_t offset, size_t size,
                                       const AccessClock &clock) {
  if ((offset | size) % kWordBytes)
    return writePart(offset, size, clock);
  ShadowConflict result;
  for (size_t at = offset; at < offset + size; at += kWordBytes) {
    Cell &cell = words[at / kWordBytes];
    ShadowConflict found;
    if (cell.writer == kSplit)
      found = writePart(at, kWordBytes, clock);
    else if (auto kind = writeVerdict(cell.writer, cell.reader, clock);
             kind != ShadowConflict::None)
      found = conflict(kind, at, cell.writer, cell.reader);
    if (found.kind != ShadowConflict::None &&
        result.kind == ShadowConflict::None)
      result = found;
    if (found.kind != ShadowConflict::InFlight)
      cell = {clock.stamp(), 0};
  }
  return result;
}

ShadowConflict SharedShadow::writePart(size_t offset, size_t size,
                                       const AccessClock &clock) {
  ShadowConflict result;
  for (size_t at = offset; at < offset + size; ++at) {
    Cell &cell = split(at / kWordBytes)[at % kWordBytes];
    auto kind = writeVerdict(cell.writer, cell.reader, clock);
    if (kind != ShadowConflict::None && result.kind == ShadowConflict::None)
      result = conflict(kind, at, cell.writer, cell.reader);
    if (kind != ShadowConflict::InFlight)
      cell = {clock.stamp(), 0};
  }
  return result;
}

void SharedShadow::beginCopy(size_t offset, size_t size) {
  for (size_t at = offset; at < offset + size; at += kWordBytes)
    words[at / kWordBytes].writer |= kPendingBit;
}

void SharedShadow::landCopy(size_t offset, size_t size,
                            const AccessClock &clock) {
  for (size_t at = offset; at < offset + size; at += kWordBytes)
    words[at / kWordBytes] = {clock.stamp(), 0};
}

void SharedShadow::rebase() {
  auto forget = [](Cell &cell) {
    Stamp first = makeStamp(stampThread(cell.writer), 1);
    cell = {cell.writer ? (cell.writer & kPendingBit) | first : 0, 0};
  };
  for (size_t w = 0; w < words.size(); ++w) {
    if (words[w].writer == kSplit)
      std::for_each_n(bytes.data() + w * kWordBytes, kWordBytes, forget);
    else
      forget(words[w]);
  }
}

} // namespace vitrt::emu
