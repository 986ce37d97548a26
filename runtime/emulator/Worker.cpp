//===- Worker.cpp - fibers, barriers and scheduling of a block ------------===//
#include "runtime/emulator/Worker.h"

#include <cstring>
#include <new>
#include <sys/mman.h>

namespace vitrt::emu {

thread_local Worker *Worker::current = nullptr;

static constexpr size_t kSharedGuard = 4096;

const char *activityName(Activity activity) {
  switch (activity) {
  case Activity::Running:
    return "running";
  case Activity::BlockBarrier:
    return "__syncthreads";
  case Activity::WarpBarrier:
    return "__syncwarp";
  case Activity::Shuffle:
    return "a shuffle";
  case Activity::Ballot:
    return "a vote";
  case Activity::Ldmatrix:
    return "ldmatrix";
  case Activity::Mma:
    return "mma";
  case Activity::Exited:
    return "exited";
  }
  return "";
}

Worker::Worker() : stacks(sizeof(Control)) {
  auto *control = new (stacks.control()) Control();
  fibers = control->fibers;
  kernelCounts = control->kernelCounts;
  warps.resize(FiberStacks::kMaxFibers / kWarpSize);
  void *memory =
      mmap(nullptr, kMaxSharedBytes + kSharedGuard, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    throw std::bad_alloc();
  shared = static_cast<uint8_t *>(memory);
  mprotect(shared + kMaxSharedBytes, kSharedGuard, PROT_NONE);
}

Worker::~Worker() {
  static_cast<Control *>(stacks.control())->~Control();
  munmap(shared, kMaxSharedBytes + kSharedGuard);
}

void Worker::run(LaunchState &state) {
  launch = &state;
  numFibers = state.block.x * state.block.y * state.block.z;
  stacks.reserve(numFibers);
  Worker *previous = std::exchange(current, this);
  const uint64_t numBlocks = state.numBlocks();
  for (;;) {
    uint64_t linear = state.nextBlock.fetch_add(1);
    // Blocks before one that aborted still run, so that what is reported does
    // not depend on the number of workers.
    if (linear >= numBlocks || linear > state.abortedBlock.load())
      break;
    runBlock(linear);
    if (!aborted)
      continue;
    uint64_t first = state.abortedBlock.load();
    while (linear < first &&
           !state.abortedBlock.compare_exchange_weak(first, linear))
      ;
  }
  current = previous;
}

void Worker::runBlock(uint64_t linear) {
  const Dim3 &grid = launch->grid;
  blockLinear = linear;
  blockFindings = findings.size();
  numLive = numFibers;
  atBarrier = 0;
  aborted = false;
  // Every block has its own order, whichever worker runs it.
  rng = (launch->options.seed + linear * 0x9e3779b97f4a7c15ull) | 1;
  clock.reset();
  std::memset(shared, 0xff, launch->sharedBytes); // NaN in every float type.
  if (launch->options.check)
    sharedShadow.reset(launch->sharedBytes);
  unsigned numWarps = (numFibers + kWarpSize - 1) / kWarpSize;
  if (launch->options.counters)
    traffic.reset(numWarps);
  startFibers({static_cast<uint32_t>(linear % grid.x),
               static_cast<uint32_t>(linear / grid.x % grid.y),
               static_cast<uint32_t>(linear / grid.x / grid.y)});
  running = fibers;
  if (launch->options.seed)
    running = pickRandom();
  vitrt_emu_switch(&mainStackPointer, running->stackPointer);
  if (launch->options.counters)
    traffic.flush(counts);
  addKernelCounts();
}

void Worker::addKernelCounts() {
  counts.simtFlops += kernelCounts[abi::kCountFlop];
  counts.specialOps += kernelCounts[abi::kCountSpecial];
  counts.intOps += kernelCounts[abi::kCountInt];
  std::fill_n(kernelCounts, abi::kNumCounts, 0);
}

void Worker::startFibers(Dim3 block) {
  const Dim3 &dim = launch->block, &grid = launch->grid;
  for (uint32_t i = 0; i < numFibers; ++i) {
    Fiber &f = fibers[i];
    f.context.threadIndex = {i % dim.x, i / dim.x % dim.y, i / dim.x / dim.y};
    f.context.blockIndex = {block.x, block.y, block.z};
    f.context.blockDim = {dim.x, dim.y, dim.z};
    f.context.gridDim = {grid.x, grid.y, grid.z};
    f.context.shared = shared;
    f.context.counts = kernelCounts;
    f.stackPointer = stacks.prepare(i, fiberMain);
    f.index = i;
    f.lane = i % kWarpSize;
    f.warp = &warps[i / kWarpSize];
    f.activity = Activity::Running;
    f.copyGroups = 0;
    f.copies.clear();
  }
  for (uint32_t first = 0; first < numFibers; first += kWarpSize) {
    uint32_t lanes = std::min(kWarpSize, numFibers - first);
    uint32_t mask = lanes == kWarpSize ? kFullMask : (1u << lanes) - 1;
    Warp &w = warps[first / kWarpSize];
    w.ready = w.live = mask;
    w.arrived = 0;
    w.index = first / kWarpSize;
    w.fibers = fibers + first;
  }
}

void Worker::fiberMain() {
  current->launch->entry.function(current->launch->argv);
  current->exitFiber();
}

void Worker::exitFiber() {
  Fiber &f = *running;
  Warp &w = *f.warp;
  if (!f.copies.empty())
    report(FindingKind::UnfinishedCopy, f, {},
           "ends with " + std::to_string(f.copies.size()) +
               " asynchronous copies that it did not wait for");
  f.activity = Activity::Exited;
  uint32_t bit = 1u << f.lane;
  w.live &= ~bit;
  w.ready &= ~bit;
  --numLive;
  if (w.arrived && w.arrived == w.live) {
    report(FindingKind::DivergentWarp, f, w.site,
           "exited while the other lanes of its warp wait at " +
               std::string(activityName(w.operation)));
    abortBlock();
  }
  // As on the hardware, an exited thread does not hold a barrier up.
  if (atBarrier && atBarrier == numLive)
    releaseBarrier();
  if (!numLive) {
    void *unused;
    vitrt_emu_switch(&unused, mainStackPointer);
  }
  Fiber *next = pickNext();
  if (!next)
    deadlock();
  switchTo(next);
  __builtin_unreachable();
}

//===----------------------------------------------------------------------===//
// Scheduling
//===----------------------------------------------------------------------===//

Fiber *Worker::pickInOrder() {
  // The next lane of this warp, then the next warp: warps run ahead, and what
  // only a barrier would order comes out wrong without it.
  Warp &w = *running->warp;
  if (w.ready) {
    uint32_t after = w.ready & ~((2u << running->lane) - 1);
    return w.fibers + std::countr_zero(after ? after : w.ready);
  }
  unsigned numWarps = (numFibers + kWarpSize - 1) / kWarpSize;
  for (unsigned i = 1, n = w.index; i < numWarps; ++i) {
    n = n + 1 == numWarps ? 0 : n + 1;
    if (warps[n].ready)
      return warps[n].fibers + std::countr_zero(warps[n].ready);
  }
  return nullptr;
}

uint64_t Worker::random() {
  rng ^= rng << 13;
  rng ^= rng >> 7;
  rng ^= rng << 17;
  return rng;
}

Fiber *Worker::pickRandom() {
  unsigned numWarps = (numFibers + kWarpSize - 1) / kWarpSize;
  unsigned first = random() % numWarps;
  for (unsigned i = 0; i < numWarps; ++i) {
    Warp &w = warps[(first + i) % numWarps];
    if (!w.ready)
      continue;
    unsigned turn = random() % kWarpSize;
    unsigned lane =
        (std::countr_zero(std::rotr(w.ready, turn)) + turn) % kWarpSize;
    return w.fibers + lane;
  }
  return nullptr;
}

Fiber *Worker::pickNext() {
  return launch->options.seed ? pickRandom() : pickInOrder();
}

void Worker::switchTo(Fiber *next) {
  Fiber *from = running;
  running = next;
  ++counts.switches;
  vitrt_emu_switch(&from->stackPointer, next->stackPointer);
}

void Worker::blockUntilResumed() {
  Fiber *next = pickNext();
  if (!next)
    deadlock();
  if (next != running)
    switchTo(next);
}

//===----------------------------------------------------------------------===//
// The block's barrier
//===----------------------------------------------------------------------===//

void Worker::syncBlock(Site site) {
  Fiber &f = *running;
  f.activity = Activity::BlockBarrier;
  f.site = site;
  f.warp->ready &= ~(1u << f.lane);
  if (!atBarrier)
    barrierSite = site;
  else if (barrierSite != site)
    report(FindingKind::DivergentBarrier, f, site,
           "__syncthreads while other threads of the block are at the one in "
           "line " +
               std::to_string(barrierSite.line));
  if (++atBarrier < numLive) {
    blockUntilResumed();
    return;
  }
  releaseBarrier();
  if (launch->options.seed)
    blockUntilResumed();
}

void Worker::releaseBarrier() {
  if (numLive != numFibers)
    report(FindingKind::DivergentBarrier, *running, barrierSite,
           "__syncthreads after " + std::to_string(numFibers - numLive) +
               " of the block's " + std::to_string(numFibers) +
               " threads have exited");
  atBarrier = 0;
  ++counts.blockBarriers;
  clock.syncBlock();
  rebaseIfNeeded();
  for (uint32_t first = 0; first < numFibers; first += kWarpSize)
    warps[first / kWarpSize].ready = warps[first / kWarpSize].live;
}

void Worker::rebaseIfNeeded() {
  if (!clock.nearEnd())
    return;
  sharedShadow.rebase();
  clock.reset();
  clock.syncBlock();
}

void Worker::deadlock() {
  uint32_t waiting[static_cast<int>(Activity::Exited) + 1] = {};
  const Fiber *stuck = nullptr;
  for (uint32_t i = 0; i < numFibers; ++i) {
    ++waiting[static_cast<int>(fibers[i].activity)];
    if (!stuck && fibers[i].activity != Activity::Exited)
      stuck = &fibers[i];
  }
  std::string message;
  for (int a = 0; a <= static_cast<int>(Activity::Exited); ++a) {
    if (!waiting[a])
      continue;
    auto activity = static_cast<Activity>(a);
    message += message.empty() ? "" : ", ";
    message += std::to_string(waiting[a]) + " of " + std::to_string(numFibers) +
               (activity == Activity::Exited ? " threads have exited"
                                             : " threads wait at ");
    if (activity != Activity::Exited)
      message += activityName(activity);
  }
  bool barrier = waiting[static_cast<int>(Activity::BlockBarrier)] != 0;
  report(barrier ? FindingKind::DivergentBarrier : FindingKind::Deadlock,
         *stuck, stuck->site, "no thread can run: " + message);
  abortBlock();
}

void Worker::abortBlock() {
  aborted = true;
  void *unused;
  vitrt_emu_switch(&unused, mainStackPointer);
  __builtin_unreachable();
}

//===----------------------------------------------------------------------===//
// Findings
//===----------------------------------------------------------------------===//

void Worker::report(FindingKind kind, const Fiber &fiber, Site site,
                    std::string message) {
  // The same place of the same block again: only count it.
  for (size_t i = blockFindings; i < findings.size(); ++i)
    if (findings[i].kind == kind && findings[i].site == site) {
      ++findings[i].count;
      return;
    }
  findings.push_back(
      {kind, site, std::move(message), blockLinear, fiber.index, 1});
}

} // namespace vitrt::emu
