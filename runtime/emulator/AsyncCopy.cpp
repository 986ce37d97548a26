//===- AsyncCopy.cpp - cp.async -------------------------------------------===//
//
// A copy is executed when it is issued (early) or when its thread waits for it
// (late, with NaNs at the destination until then). In check mode it is tracked
// in both.
//
//===----------------------------------------------------------------------===//
#include "runtime/emulator/Worker.h"

#include <cstring>

namespace vitrt::emu {

static void perform(uint8_t *to, const uint8_t *from, uint32_t bytes) {
  if (from)
    std::memcpy(to, from, bytes);
  else
    std::memset(to, 0, bytes);
}

void Worker::checkCopy(Fiber &f, uintptr_t to, uintptr_t from, uint32_t bytes,
                       Site site) {
  size_t offset = to - reinterpret_cast<uintptr_t>(shared);
  if (!inShared(to) || offset + bytes > launch->sharedBytes)
    outOfBounds(f, to, bytes, true, site);
  if (to % bytes || from % bytes) {
    report(FindingKind::Misaligned, f, site,
           "cp.async of " + std::to_string(bytes) + " bytes " +
               (to % bytes ? "to shared byte " + std::to_string(offset)
                           : "from a global address") +
               " that is not a multiple of its size");
    abortBlock();
  }
}

void Worker::copyAsync(void *dst, const void *src, uint32_t bytes,
                       bool predicate, Site site) {
  Fiber &f = *running;
  const LaunchOptions &options = launch->options;
  auto *to = static_cast<uint8_t *>(dst);
  auto *from = predicate ? static_cast<const uint8_t *>(src) : nullptr;
  auto toAddress = reinterpret_cast<uintptr_t>(to);
  auto fromAddress = reinterpret_cast<uintptr_t>(from);
  checkCopy(f, toAddress, fromAddress, bytes, site);
  counts.asyncCopyBytes += predicate ? bytes : 0;
  if (options.check) {
    if (from)
      checkAccess(f, fromAddress, bytes, false, site);
    checkAccess(f, toAddress, bytes, true, site);
    sharedShadow.beginCopy(to - shared, bytes);
  } else if (options.counters) {
    if (from)
      countAccess(f, fromAddress, bytes, false, site);
    countAccess(f, toAddress, bytes, true, site);
  }
  bool late = options.async == Async::Late;
  if (late)
    std::memset(to, 0xff, bytes);
  else
    perform(to, from, bytes);
  if (late || options.check)
    f.copies.push_back({to, from, bytes, f.copyGroups});
}

void Worker::copyCommit() { ++running->copyGroups; }

void Worker::copyWait(uint32_t pending) {
  Fiber &f = *running;
  size_t landed = 0;
  for (; landed < f.copies.size(); ++landed) {
    const PendingCopy &copy = f.copies[landed];
    // An open group is never waited for.
    if (copy.group + pending >= f.copyGroups)
      break;
    if (launch->options.async == Async::Late)
      perform(copy.destination, copy.source, copy.bytes);
    if (launch->options.check)
      sharedShadow.landCopy(copy.destination - shared, copy.bytes, clockOf(f));
  }
  f.copies.erase(f.copies.begin(), f.copies.begin() + landed);
}

} // namespace vitrt::emu
