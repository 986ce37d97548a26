//===- Shadow.h - who touched which byte when -------------------*- C++ -*-===//
//
// The memory of check mode. Each byte of shared memory and of writable global
// buffers has two stamps: its last writer and its last readers, with the time.
// Time is a counter of the block that advances at each barrier, so "ordered
// before now" is: the same thread, or earlier than the last __syncthreads, or
// by a thread of the same warp and earlier than the warp's last __syncwarp.
// Shuffles and matrix operations do not advance it: CUDA promises no order.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_SHADOW_H
#define VITRT_EMULATOR_SHADOW_H

#include "runtime/emulator/Engine.h"

#include <vector>

namespace vitrt::emu {

/// Thread and time of an access in 31 bits; 0 is "never". Bit 31 marks the
/// destination of an asynchronous copy that has not landed.
using Stamp = uint32_t;
constexpr unsigned kTimeBits = 20;
constexpr uint32_t kMaxTime = (1u << kTimeBits) - 1;
constexpr Stamp kPendingBit = 1u << 31;
/// Readers beyond one: several threads of warp w, or of several warps.
constexpr uint32_t kSeveralInWarp = 1024, kSeveralWarps = 2047;
constexpr Stamp makeStamp(uint32_t who, uint32_t time) {
  return who << kTimeBits | time;
}
constexpr uint32_t stampTime(Stamp s) { return s & kMaxTime; }
constexpr uint32_t stampThread(Stamp s) { return s >> kTimeBits & 2047; }

/// The clock as one thread sees it.
struct AccessClock {
  uint32_t thread, warp;
  uint32_t now, blockSync, warpSync;

  Stamp stamp() const { return makeStamp(thread, now); }
  bool isAfter(Stamp other) const {
    uint32_t time = stampTime(other), who = stampThread(other);
    if (time < blockSync || who == thread)
      return true;
    bool sameWarp =
        who < kSeveralInWarp ? who >> 5 == warp : who == kSeveralInWarp + warp;
    return sameWarp && time < warpSync;
  }
  /// The readers' stamp after this thread read too.
  Stamp mergeReader(Stamp old) const {
    if (!old || isAfter(old))
      return stamp();
    uint32_t who = stampThread(old);
    bool sameWarp =
        who < kSeveralInWarp ? who >> 5 == warp : who == kSeveralInWarp + warp;
    return makeStamp(sameWarp ? kSeveralInWarp + warp : kSeveralWarps, now);
  }
};

/// The clock of a running block.
struct BlockClock {
  uint32_t now = 1, blockSync = 0;
  uint32_t warpSync[32] = {};
  void reset() { *this = BlockClock(); }
  void syncBlock() { blockSync = ++now; }
  void syncWarp(uint32_t warp) { warpSync[warp] = ++now; }
  /// Whether stamps have to be rebased before time overflows.
  bool nearEnd() const { return now >= kMaxTime - 1; }
};

/// What is wrong with an access; `other` is the other access' stamp.
struct ShadowConflict {
  enum Kind : uint8_t {
    None,
    Unwritten,
    InFlight,
    ReadAfterWrite,
    WriteAfterWrite,
    WriteAfterRead,
    OtherBlock,
  };
  Kind kind = None;
  size_t offset = 0; ///< Of the first byte.
  Stamp other = 0;
  uint64_t otherBlock = 0; ///< OtherBlock only; linear.
  bool otherWrote = false; ///< OtherBlock only.
};

/// Stamps of a block's shared memory: a pair for each word of four bytes, or,
/// once a part of the word was accessed alone, a pair for each of its bytes.
class SharedShadow {
public:
  /// Everything unwritten.
  void reset(size_t bytes);
  [[gnu::always_inline]] ShadowConflict read(size_t offset, size_t bytes,
                                             const AccessClock &clock) {
    // Nearly all reads are of whole words from before the last barrier.
    if ((offset | bytes) % kWordBytes) [[unlikely]]
      return readSlow(offset, bytes, clock);
    const Stamp mine = clock.stamp();
    const Stamp ofWarp = makeStamp(kSeveralInWarp + clock.warp, clock.now);
    const Stamp ofWarps = makeStamp(kSeveralWarps, clock.now);
    Cell *cell = words.data() + offset / kWordBytes;
    for (size_t i = 0; i < bytes / kWordBytes; ++i, ++cell) {
      bool plain = cell->writer - 1 < kPendingBit - 1 &&
                   stampTime(cell->writer) < clock.blockSync;
      if (!plain) [[unlikely]]
        return readSlow(offset + i * kWordBytes, bytes - i * kWordBytes, clock);
      Stamp reader = cell->reader;
      if (stampTime(reader) < clock.blockSync)
        cell->reader = mine;
      else if (reader != ofWarp && reader != ofWarps && reader != mine)
        cell->reader = clock.mergeReader(reader);
    }
    return {};
  }
  [[gnu::always_inline]] ShadowConflict write(size_t offset, size_t bytes,
                                              const AccessClock &clock) {
    if ((offset | bytes) % kWordBytes) [[unlikely]]
      return writeSlow(offset, bytes, clock);
    const Stamp mine = clock.stamp();
    Cell *cell = words.data() + offset / kWordBytes;
    for (size_t i = 0; i < bytes / kWordBytes; ++i, ++cell) {
      // Both 0 or from before the last barrier; a split word is neither.
      bool plain =
          cell->writer < kPendingBit &&
          (!cell->writer || stampTime(cell->writer) < clock.blockSync) &&
          (!cell->reader || stampTime(cell->reader) < clock.blockSync);
      if (!plain) [[unlikely]]
        return writeSlow(offset + i * kWordBytes, bytes - i * kWordBytes,
                         clock);
      *cell = {mine, 0};
    }
    return {};
  }
  /// An asynchronous copy to these bytes begins; it lands. Whole words.
  void beginCopy(size_t offset, size_t bytes);
  void landCopy(size_t offset, size_t bytes, const AccessClock &clock);
  /// Forgets who accessed what, keeps what is written and pending.
  void rebase();

private:
  struct Cell {
    Stamp writer = 0, reader = 0;
  };
  /// A word's writer when its state is in `bytes`.
  static constexpr Stamp kSplit = ~Stamp(0);
  static constexpr size_t kWordBytes = 4;
  Cell *split(size_t word);
  ShadowConflict readSlow(size_t offset, size_t bytes,
                          const AccessClock &clock);
  ShadowConflict writeSlow(size_t offset, size_t bytes,
                           const AccessClock &clock);
  ShadowConflict readPart(size_t offset, size_t bytes,
                          const AccessClock &clock);
  ShadowConflict writePart(size_t offset, size_t bytes,
                           const AccessClock &clock);

  std::vector<Cell> words;
  std::vector<Cell> bytes; ///< Four a word; valid for split words.
};

/// A piece of one or of several overlapping ranges of a launch.
struct GlobalBuffer {
  uintptr_t begin = 0;
  size_t bytes = 0;
  bool writable = false, initialised = false, expectFullWrite = false;
  uint32_t component = 0; ///< Pieces of overlapping ranges share it.
  std::string name = {};
  size_t nameOffset = 0; ///< Of `begin` in the range called `name`.
  /// Per byte (block + 1) << 32 | stamp; writable pieces only.
  uint64_t *writers = nullptr, *readers = nullptr;
};

/// The global buffers of a launch, shared by its workers.
class GlobalShadow {
public:
  GlobalShadow() = default;
  ~GlobalShadow();
  GlobalShadow(const GlobalShadow &) = delete;
  GlobalShadow &operator=(const GlobalShadow &) = delete;

  /// `cells`: for check mode; without them only find() and the like work.
  void init(std::span<const Range> ranges, bool cells);
  /// The piece that holds `address`, or null.
  const GlobalBuffer *find(uintptr_t address) const;
  /// The piece that follows without a gap, of the same component, or null.
  const GlobalBuffer *next(const GlobalBuffer *buffer) const;
  /// The piece nearest to `address`, for reports; null if there is none.
  const GlobalBuffer *nearest(uintptr_t address) const;

  ShadowConflict read(const GlobalBuffer &buffer, size_t offset, size_t bytes,
                      uint64_t block, const AccessClock &clock);
  ShadowConflict write(const GlobalBuffer &buffer, size_t offset, size_t bytes,
                       uint64_t block, const AccessClock &clock);

  /// Bytes of an expectFullWrite piece that nobody wrote.
  struct Hole {
    std::string name;
    uint64_t missing = 0, total = 0, first = 0;
  };
  std::vector<Hole> holes() const;

private:
  std::vector<GlobalBuffer> buffers; ///< Disjoint, by address.
  void *cellMemory = nullptr;
  size_t cellBytes = 0;
};

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_SHADOW_H
