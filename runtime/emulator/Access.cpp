//===- Access.cpp - check mode's look at every access ---------------------===//
#include "runtime/emulator/Worker.h"

namespace vitrt::emu {

std::string Worker::threadName(uint32_t index) const {
  const Dim3 &dim = launch->block;
  return "(" + std::to_string(index % dim.x) + "," +
         std::to_string(index / dim.x % dim.y) + "," +
         std::to_string(index / dim.x / dim.y) + ")";
}

/// The thread or threads of a stamp.
std::string Worker::stampName(Stamp stamp) const {
  uint32_t who = stampThread(stamp);
  if (who == kSeveralWarps)
    return "threads of several warps";
  if (who >= kSeveralInWarp)
    return "several threads of warp " + std::to_string(who - kSeveralInWarp);
  return "thread " + threadName(who);
}

static const char *verb(bool write) { return write ? "write" : "read"; }

void Worker::countAccess(Fiber &f, uintptr_t address, size_t bytes, bool write,
                         Site site) {
  bool isShared = inShared(address);
  if (!isShared && !launch->global.find(address))
    return; // A constant of the object.
  uint64_t at =
      isShared ? address - reinterpret_cast<uintptr_t>(shared) : address;
  auto *place = static_cast<const char *>(site.where) + site.line + 1;
  traffic.record(f.warp->index, f.lane, f.warp->live,
                 {place, at, static_cast<uint32_t>(bytes), isShared, write},
                 counts);
}

void Worker::reportSharedConflict(Fiber &f, const ShadowConflict &c, bool write,
                                  Site site) {
  reportConflict(f, c, write, "shared byte " + std::to_string(c.offset), site);
}

inline __attribute__((always_inline)) void
Worker::checkShared(Fiber &f, size_t offset, size_t bytes, bool write,
                    Site site) {
  AccessClock now = clockOf(f);
  ShadowConflict c = write ? sharedShadow.write(offset, bytes, now)
                           : sharedShadow.read(offset, bytes, now);
  if (c.kind != ShadowConflict::None) [[unlikely]]
    reportSharedConflict(f, c, write, site);
}

inline __attribute__((always_inline)) void
Worker::checkAccessInline(Fiber &f, uintptr_t address, size_t bytes, bool write,
                          Site site) {
  ++counts.accesses;
  if (launch->options.counters) [[unlikely]]
    countAccess(f, address, bytes, write, site);
  size_t sharedOffset = address - reinterpret_cast<uintptr_t>(shared);
  if (sharedOffset < kMaxSharedBytes) {
    if (sharedOffset + bytes > launch->sharedBytes) [[unlikely]]
      outOfBounds(f, address, bytes, write, site);
    checkShared(f, sharedOffset, bytes, write, site);
    return;
  }
  const GlobalBuffer *buffer = launch->global.find(address);
  if (!buffer) {
    const KernelObject &object = *launch->entry.object;
    if (!write && address >= object.imageBegin() &&
        address + bytes <= object.imageEnd())
      return;
    outOfBounds(f, address, bytes, write, site);
  }
  // An access may span pieces of operands that overlap.
  while (bytes) {
    size_t offset = address - buffer->begin;
    size_t here = std::min(bytes, buffer->bytes - offset);
    checkGlobal(f, *buffer, offset, here, write, site);
    address += here;
    bytes -= here;
    if (bytes && !(buffer = launch->global.next(buffer)))
      outOfBounds(f, address, bytes, write, site);
  }
}

void Worker::misaligned(Fiber &f, size_t bytes, bool write, Site site) {
  report(FindingKind::Misaligned, f, site,
         std::string(verb(write)) + " of " + std::to_string(bytes) +
             " bytes at an address that is not a multiple of it");
  abortBlock();
}

void Worker::outOfBounds(Fiber &f, uintptr_t address, size_t bytes, bool write,
                         Site site) {
  std::string what =
      std::string(verb(write)) + " of " + std::to_string(bytes) + " bytes ";
  const GlobalBuffer *near = launch->global.nearest(address);
  if (inShared(address)) {
    what += "at shared byte " +
            std::to_string(address - reinterpret_cast<uintptr_t>(shared)) +
            " of " + std::to_string(launch->sharedBytes);
  } else if (near) {
    auto distance = static_cast<int64_t>(address - near->begin);
    what += "at byte " +
            std::to_string(distance + static_cast<int64_t>(near->nameOffset)) +
            " of '" + near->name + "', which ends at byte " +
            std::to_string(near->nameOffset + near->bytes);
  } else {
    what += "outside every buffer of the launch";
  }
  report(FindingKind::OutOfBounds, f, site, std::move(what));
  abortBlock();
}

/// `where` is "shared byte 12" or "byte 12 of 'out'".
void Worker::reportConflict(Fiber &f, const ShadowConflict &c, bool write,
                            const std::string &where, Site site) {
  switch (c.kind) {
  case ShadowConflict::None:
    return;
  case ShadowConflict::Unwritten:
    report(FindingKind::Uninitialised, f, site,
           "read of " + where + ", which nobody has written");
    return;
  case ShadowConflict::InFlight:
    report(FindingKind::InFlight, f, site,
           std::string(verb(write)) + " of " + where +
               " while an asynchronous copy to it is in flight");
    return;
  case ShadowConflict::OtherBlock: {
    const Dim3 &grid = launch->grid;
    bool several = c.otherBlock >= launch->numBlocks();
    std::string other =
        several ? "other blocks"
                : "block (" + std::to_string(c.otherBlock % grid.x) + "," +
                      std::to_string(c.otherBlock / grid.x % grid.y) + "," +
                      std::to_string(c.otherBlock / grid.x / grid.y) + ")";
    report(FindingKind::BlockConflict, f, site,
           std::string(verb(write)) + " of " + where + ", which " + other +
               (c.otherWrote ? " wrote" : " read"));
    return;
  }
  case ShadowConflict::ReadAfterWrite:
  case ShadowConflict::WriteAfterWrite:
  case ShadowConflict::WriteAfterRead:
    report(FindingKind::Race, f, site,
           std::string(verb(write)) + " of " + where + ", which " +
               stampName(c.other) +
               (c.kind == ShadowConflict::WriteAfterRead ? " read" : " wrote") +
               ", without a barrier between");
    return;
  }
}

void Worker::checkGlobal(Fiber &f, const GlobalBuffer &buffer, size_t offset,
                         size_t bytes, bool write, Site site) {
  if (!write && !buffer.writable && buffer.initialised)
    return;
  auto name = [&](size_t at) {
    return "byte " + std::to_string(buffer.nameOffset + at) + " of '" +
           buffer.name + "'";
  };
  if (write && !buffer.writable) {
    report(FindingKind::WriteToReadOnly, f, site,
           "write of " + name(offset) + ", which this launch only reads");
    abortBlock();
  }
  GlobalShadow &global = launch->global;
  AccessClock now = clockOf(f);
  ShadowConflict c = write
                         ? global.write(buffer, offset, bytes, blockLinear, now)
                         : global.read(buffer, offset, bytes, blockLinear, now);
  if (c.kind != ShadowConflict::None) [[unlikely]]
    reportConflict(f, c, write, name(c.offset), site);
}

void Worker::checkAccess(Fiber &f, uintptr_t address, size_t bytes, bool write,
                         Site site) {
  checkAccessInline(f, address, bytes, write, site);
}

inline void Worker::access(uintptr_t address, size_t bytes, int flags,
                           const void *pc) {
  if (stacks.contains(address))
    return;
  const LaunchOptions &options = launch->options;
  bool write = flags & abi::kAccessWrite;
  Site site = Site::instruction(pc);
  if (!options.check) {
    if (options.counters)
      countAccess(*running, address, bytes, write, site);
    return;
  }
  bool aligned = flags & abi::kAccessUnaligned || !(address & (bytes - 1));
  if (!aligned) [[unlikely]]
    misaligned(*running, bytes, write, site);
  checkAccessInline(*running, address, bytes, write, site);
}

void checkedAccess(const void *p, unsigned long bytes, int flags,
                   const void *pc) {
  Worker::current->access(reinterpret_cast<uintptr_t>(p), bytes, flags, pc);
}

} // namespace vitrt::emu
