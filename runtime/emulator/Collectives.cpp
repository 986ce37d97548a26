//===- Collectives.cpp - operations of a whole warp -----------------------===//
//
// Lanes leave their arguments and wait; the last one to arrive executes the
// operation for all and goes on.
//
//===----------------------------------------------------------------------===//
#include "runtime/emulator/Worker.h"

#include <cstring>

namespace vitrt::emu {

template <class Execute>
inline __attribute__((always_inline)) void
Worker::collective(Activity operation, void *argument, Site site,
                   Execute &&execute) {
  Fiber &f = *running;
  Warp &w = *f.warp;
  const uint32_t bit = 1u << f.lane;
  f.activity = operation;
  f.site = site;
  w.arguments[f.lane] = argument;
  if (!w.arrived) {
    w.operation = operation;
    w.site = site;
  } else if (w.operation != operation || w.site != site) {
    report(FindingKind::DivergentWarp, f, site,
           std::string("lane ") + std::to_string(f.lane) + " is at " +
               activityName(operation) + " while others of its warp are at " +
               activityName(w.operation) + " in line " +
               std::to_string(w.site.line));
    abortBlock();
  }
  w.arrived |= bit;
  w.ready &= ~bit;
  if (w.arrived != w.live) {
    blockUntilResumed();
    return;
  }
  ++counts.warpOps;
  execute(w);
  w.ready = w.live;
  w.arrived = 0;
  if (launch->options.seed)
    blockUntilResumed();
}

bool Worker::requireWholeWarp(Warp &warp, const char *what) {
  if (warp.live == kFullMask)
    return true;
  report(FindingKind::DivergentWarp, *running, warp.site,
         std::string(what) + " with only " +
             std::to_string(std::popcount(warp.live)) + " lanes of the warp");
  return false;
}

void Worker::requireFullMask(unsigned mask, const char *what, Site site) {
  // Lanes that do not exist or have exited may be named or not.
  if ((mask & running->warp->live) == running->warp->live)
    return;
  report(FindingKind::BadOperand, *running, site,
         std::string(what) + " with a mask that leaves out running lanes");
  abortBlock();
}

void Worker::syncWarp(Site site) {
  collective(Activity::WarpBarrier, nullptr, site, [this](Warp &w) {
    clock.syncWarp(w.index);
    rebaseIfNeeded();
  });
}

//===----------------------------------------------------------------------===//
// Shuffles and votes
//===----------------------------------------------------------------------===//

namespace {
struct ShuffleArgument {
  unsigned value, result;
  int kind, arg, width;
};
struct BallotArgument {
  int predicate;
  unsigned result;
};
struct LdmatrixArgument {
  unsigned *regs;
  const uint8_t *row;
};
} // namespace

/// The lane whose value `lane` gets, or itself where the source is outside its
/// segment of `width` lanes.
static int shuffleSource(int lane, const ShuffleArgument &a) {
  int segment = lane & ~(a.width - 1), source = lane;
  switch (a.kind) {
  case abi::kShuffleIndex:
    return segment + (a.arg & (a.width - 1));
  case abi::kShuffleXor:
    source = lane ^ a.arg;
    return source < segment + a.width ? source : lane;
  case abi::kShuffleDown:
    source = lane + a.arg;
    return source < segment + a.width ? source : lane;
  case abi::kShuffleUp:
    source = lane - a.arg;
    return source >= segment ? source : lane;
  }
  return source;
}

void Worker::executeShuffle(Warp &w) {
  for (int l = 0; l < int(kWarpSize); ++l) {
    if (!(w.live >> l & 1))
      continue;
    auto &a = *static_cast<ShuffleArgument *>(w.arguments[l]);
    int source = shuffleSource(l, a);
    if (source < 0 || source >= int(kWarpSize) || !(w.live >> source & 1)) {
      report(FindingKind::DivergentWarp, w.fibers[l], w.site,
             "shuffle from lane " + std::to_string(source) +
                 ", which has exited or does not exist");
      a.result = kFullMask; // NaN.
      continue;
    }
    a.result = static_cast<ShuffleArgument *>(w.arguments[source])->value;
  }
}

unsigned Worker::shuffle(unsigned value, int kind, int arg, int width,
                         Site site) {
  if (width < 1 || width > int(kWarpSize) ||
      !std::has_single_bit(unsigned(width))) {
    report(FindingKind::BadOperand, *running, site,
           "shuffle of width " + std::to_string(width) +
               "; it must be a power of two up to 32");
    abortBlock();
  }
  ShuffleArgument a{value, 0, kind, arg, width};
  collective(Activity::Shuffle, &a, site,
             [this](Warp &w) { executeShuffle(w); });
  return a.result;
}

void Worker::executeBallot(Warp &w) {
  unsigned result = 0;
  for (unsigned l = 0; l < kWarpSize; ++l)
    if (w.live >> l & 1 &&
        static_cast<BallotArgument *>(w.arguments[l])->predicate)
      result |= 1u << l;
  for (unsigned l = 0; l < kWarpSize; ++l)
    if (w.live >> l & 1)
      static_cast<BallotArgument *>(w.arguments[l])->result = result;
}

unsigned Worker::ballot(int predicate, Site site) {
  BallotArgument a{predicate, 0};
  collective(Activity::Ballot, &a, site, [this](Warp &w) { executeBallot(w); });
  return a.result;
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

/// Whether lane `fiber` may give `row` to ldmatrix; else a finding.
bool Worker::checkRow(Fiber &fiber, const void *row) {
  auto address = reinterpret_cast<uintptr_t>(row);
  if (!inShared(address)) {
    report(FindingKind::OutOfBounds, fiber, fiber.site,
           "ldmatrix from an address that is not in shared memory");
    return false;
  }
  size_t offset = address - reinterpret_cast<uintptr_t>(shared);
  if (offset % 16) {
    report(FindingKind::Misaligned, fiber, fiber.site,
           "ldmatrix row at shared byte " + std::to_string(offset) +
               ", which is not 16-byte aligned");
    return false;
  }
  if (offset + 16 > launch->sharedBytes) {
    report(FindingKind::OutOfBounds, fiber, fiber.site,
           "ldmatrix row at shared byte " + std::to_string(offset) + " of " +
               std::to_string(launch->sharedBytes));
    return false;
  }
  if (launch->options.check)
    checkAccess(fiber, address, 16, false, fiber.site);
  else if (launch->options.counters)
    countAccess(fiber, address, 16, false, fiber.site);
  return true;
}

void Worker::executeLdmatrix(Warp &w, int count, bool transpose) {
  if (!requireWholeWarp(w, "ldmatrix"))
    abortBlock();
  // Lane 8 j + i addresses row i of matrix j; a register of lane l holds
  // elements (l / 4, 2 (l % 4) + {0, 1}).
  for (int j = 0; j < count; ++j) {
    uint16_t rows[8][8];
    for (int i = 0; i < 8; ++i) {
      Fiber &f = w.fibers[j * 8 + i];
      auto *a = static_cast<LdmatrixArgument *>(w.arguments[j * 8 + i]);
      if (!checkRow(f, a->row))
        abortBlock();
      std::memcpy(rows[i], a->row, 16);
    }
    for (int l = 0; l < int(kWarpSize); ++l) {
      int r = l / 4, c = l % 4 * 2;
      uint32_t low = transpose ? rows[c][r] : rows[r][c];
      uint32_t high = transpose ? rows[c + 1][r] : rows[r][c + 1];
      static_cast<LdmatrixArgument *>(w.arguments[l])->regs[j] =
          low | high << 16;
    }
  }
}

void Worker::ldmatrix(unsigned *regs, const void *row, int count,
                      bool transpose, Site site) {
  LdmatrixArgument a{regs, static_cast<const uint8_t *>(row)};
  collective(Activity::Ldmatrix, &a, site,
             [=, this](Warp &w) { executeLdmatrix(w, count, transpose); });
}

void Worker::executeMma(Warp &w) {
  auto &ops = reinterpret_cast<const abi::Mma *(&)[kWarpSize]>(w.arguments);
  if (!requireWholeWarp(w, "mma"))
    abortBlock();
  const abi::Mma &op = *ops[0];
  bool valid = MmaTile::valid(op);
  for (unsigned l = 1; l < kWarpSize; ++l)
    valid &= MmaTile::sameShape(op, *ops[l]);
  if (!valid) {
    report(FindingKind::BadOperand, *running, w.site,
           "mma of a shape that does not exist, or that differs between lanes");
    abortBlock();
  }
  counts.tensorFlops += uint64_t(op.mi) * op.ni * 2 * 16 * 8 * op.k;
  mmaTile.execute(ops);
}

void Worker::mma(const abi::Mma &operation, Site site) {
  collective(Activity::Mma, const_cast<abi::Mma *>(&operation), site,
             [this](Warp &w) { executeMma(w); });
}

} // namespace vitrt::emu
