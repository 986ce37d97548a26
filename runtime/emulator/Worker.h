//===- Worker.h - one host thread that runs blocks --------------*- C++ -*-===//
//
// The state of a running block: fibers, warps, the barrier, pending copies. A
// worker runs one block at a time from start to end; the functions that kernels
// call (Abi.h) find it through a thread-local pointer.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_WORKER_H
#define VITRT_EMULATOR_WORKER_H

#include "runtime/emulator/Abi.h"
#include "runtime/emulator/Engine.h"
#include "runtime/emulator/FiberStacks.h"
#include "runtime/emulator/MmaTile.h"
#include "runtime/emulator/Shadow.h"
#include "runtime/emulator/Traffic.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <utility>

namespace vitrt::emu {

constexpr unsigned kWarpSize = 32;
constexpr uint32_t kFullMask = 0xffffffffu;
constexpr size_t kMaxSharedBytes = 256 << 10;

/// What a fiber is doing; what it waits for if it is not ready.
enum class Activity : uint8_t {
  Running,
  BlockBarrier,
  WarpBarrier,
  Shuffle,
  Ballot,
  Ldmatrix,
  Mma,
  Exited,
};
const char *activityName(Activity activity);

/// Where in the kernel text: a call site (a file name and a line), or an
/// instruction of the object (line -1). Two words, so that it travels in
/// registers.
struct Site {
  const void *where = nullptr;
  int line = 0;
  static Site call(const char *file, int line) { return {file, line}; }
  static Site instruction(const void *pc) { return {pc, -1}; }
  bool operator==(const Site &) const = default;
};

/// An asynchronous copy that has not landed; zeros where `source` is null.
struct PendingCopy {
  uint8_t *destination;
  const uint8_t *source;
  uint32_t bytes;
  uint32_t group; ///< Number of commits before it.
};

struct Warp;

/// One CUDA thread.
struct Fiber {
  abi::Thread context{}; ///< First: what Api::thread returns.
  void *stackPointer = nullptr;
  Warp *warp = nullptr;
  uint32_t index = 0; ///< Linear in the block.
  uint32_t lane = 0;
  Activity activity = Activity::Running;
  Site site;                       ///< Of the operation it waits at.
  uint32_t copyGroups = 0;         ///< Commits so far.
  std::vector<PendingCopy> copies; ///< In order of issue.
};

struct Warp {
  uint32_t ready = 0;   ///< Lanes that can run.
  uint32_t live = 0;    ///< Lanes that have not exited.
  uint32_t arrived = 0; ///< Lanes at the current operation.
  uint32_t index = 0;
  Activity operation = Activity::Running;
  Site site;
  Fiber *fibers = nullptr;
  void *arguments[kWarpSize] = {};
};

/// A finding before symbolisation and merging.
struct RawFinding {
  FindingKind kind;
  Site site;
  std::string message;
  uint64_t block;  ///< Linear.
  uint32_t thread; ///< Linear; kNoThread for the launch itself.
  uint64_t count;
};
constexpr uint32_t kNoThread = ~0u;

/// What the workers of a launch share.
struct LaunchState {
  const Entry &entry;
  Dim3 grid, block;
  size_t sharedBytes;
  void **argv;
  LaunchOptions options;
  GlobalShadow global{};
  std::atomic<uint64_t> nextBlock{0};
  std::atomic<uint64_t> abortedBlock{~uint64_t(0)}; ///< The first, if any.
  uint64_t numBlocks() const { return uint64_t(grid.x) * grid.y * grid.z; }
};

class Worker {
public:
  Worker();
  ~Worker();
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

  /// Takes blocks of the launch until none is left or one aborted.
  void run(LaunchState &launch);
  /// What it found and counted since the last call.
  std::vector<RawFinding> takeFindings() { return std::exchange(findings, {}); }
  Counters takeCounters() { return std::exchange(counts, {}); }

  /// The worker of this host thread, while it runs blocks.
  static thread_local Worker *current;

  // --- Called on fibers -----------------------------------------------------
  Fiber &self() { return *running; }
  void syncBlock(Site site);
  unsigned ballot(int predicate, Site site);
  unsigned shuffle(unsigned value, int kind, int arg, int width, Site site);
  void syncWarp(Site site);
  void ldmatrix(unsigned *regs, const void *row, int count, bool transpose,
                Site site);
  void mma(const abi::Mma &operation, Site site);
  void copyAsync(void *dst, const void *src, uint32_t bytes, bool predicate,
                 Site site);
  void copyCommit();
  void copyWait(uint32_t pending);
  /// `flags` are of abi::AccessFlag.
  void access(uintptr_t address, size_t bytes, int flags, const void *pc);
  void requireFullMask(unsigned mask, const char *what, Site site);

  void report(FindingKind kind, const Fiber &fiber, Site site,
              std::string message);
  /// Gives the block up: back to run(), for good.
  [[noreturn]] void abortBlock();
  /// The host refused an access at `address`; runs on the worker's own stack.
  [[noreturn]] void fault(uintptr_t address, const void *pc);

private:
  void runBlock(uint64_t linear);
  void startFibers(Dim3 blockIndex);
  void exitFiber();
  static void fiberMain();
  void addKernelCounts();

  Fiber *pickNext();
  Fiber *pickInOrder();
  Fiber *pickRandom();
  uint64_t random();
  void switchTo(Fiber *next);
  void blockUntilResumed();
  void releaseBarrier();
  void rebaseIfNeeded();
  [[noreturn]] void deadlock();

  /// All live lanes of the warp meet; the last to arrive runs `execute`.
  template <class Execute>
  void collective(Activity operation, void *argument, Site site,
                  Execute &&execute);
  bool requireWholeWarp(Warp &warp, const char *what);
  void executeShuffle(Warp &warp);
  void executeBallot(Warp &warp);
  void executeLdmatrix(Warp &warp, int count, bool transpose);
  void executeMma(Warp &warp);
  bool checkRow(Fiber &fiber, const void *row);
  void checkCopy(Fiber &fiber, uintptr_t to, uintptr_t from, uint32_t bytes,
                 Site site);

  bool inShared(uintptr_t address) const {
    return address - reinterpret_cast<uintptr_t>(shared) < kMaxSharedBytes;
  }
  void countAccess(Fiber &fiber, uintptr_t address, size_t bytes, bool write,
                   Site site);
  void checkAccess(Fiber &fiber, uintptr_t address, size_t bytes, bool write,
                   Site site);
  void checkAccessInline(Fiber &fiber, uintptr_t address, size_t bytes,
                         bool write, Site site);
  void checkShared(Fiber &fiber, size_t offset, size_t bytes, bool write,
                   Site site);
  void checkGlobal(Fiber &fiber, const GlobalBuffer &buffer, size_t offset,
                   size_t bytes, bool write, Site site);
  void reportConflict(Fiber &fiber, const ShadowConflict &conflict, bool write,
                      const std::string &where, Site site);
  [[gnu::cold, gnu::noinline]] void
  reportSharedConflict(Fiber &fiber, const ShadowConflict &conflict, bool write,
                       Site site);
  [[noreturn, gnu::cold, gnu::noinline]] void
  misaligned(Fiber &fiber, size_t bytes, bool write, Site site);
  [[noreturn, gnu::cold, gnu::noinline]] void
  outOfBounds(Fiber &fiber, uintptr_t address, size_t bytes, bool write,
              Site site);
  AccessClock clockOf(const Fiber &f) const {
    return {f.index, f.warp->index, clock.now, clock.blockSync,
            clock.warpSync[f.warp->index]};
  }
  std::string threadName(uint32_t index) const;
  std::string stampName(Stamp stamp) const;

  /// What kernels may touch besides their stacks: they read their context and
  /// count.
  struct Control {
    Fiber fibers[FiberStacks::kMaxFibers];
    unsigned long long kernelCounts[abi::kNumCounts] = {};
  };

  FiberStacks stacks;
  Fiber *fibers;
  unsigned long long *kernelCounts;
  std::vector<Warp> warps;
  uint8_t *shared = nullptr; ///< kMaxSharedBytes, then a guard page.

  LaunchState *launch = nullptr;
  Fiber *running = nullptr;
  void *mainStackPointer = nullptr;
  uint32_t numFibers = 0, numLive = 0, atBarrier = 0;
  Site barrierSite;
  uint64_t blockLinear = 0, rng = 0;
  bool aborted = false;

  MmaTile mmaTile;
  BlockClock clock;
  SharedShadow sharedShadow;
  Traffic traffic;
  Counters counts;
  std::vector<RawFinding> findings;
  size_t blockFindings = 0; ///< Index of the running block's first finding.
};

/// Api::access; beside the checks, to be inlined with them.
void checkedAccess(const void *p, unsigned long bytes, int flags,
                   const void *pc);

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_WORKER_H
