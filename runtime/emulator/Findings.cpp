//===- Findings.cpp - findings and counters as values ---------------------===//
#include "runtime/emulator/Engine.h"

namespace vitrt::emu {

const char *kindName(FindingKind kind) {
  switch (kind) {
  case FindingKind::Race:
    return "race";
  case FindingKind::InFlight:
    return "access to data in flight";
  case FindingKind::Uninitialised:
    return "uninitialised read";
  case FindingKind::OutOfBounds:
    return "out of bounds";
  case FindingKind::WriteToReadOnly:
    return "write to read-only memory";
  case FindingKind::Misaligned:
    return "misaligned access";
  case FindingKind::BlockConflict:
    return "conflict between blocks";
  case FindingKind::Unwritten:
    return "unwritten output";
  case FindingKind::DivergentBarrier:
    return "divergent barrier";
  case FindingKind::DivergentWarp:
    return "divergent warp";
  case FindingKind::Deadlock:
    return "deadlock";
  case FindingKind::BadOperand:
    return "bad operand";
  case FindingKind::UnfinishedCopy:
    return "unfinished copy";
  case FindingKind::Fault:
    return "access fault";
  }
  return "";
}

static std::string tuple(const Dim3 &d) {
  return "(" + std::to_string(d.x) + "," + std::to_string(d.y) + "," +
         std::to_string(d.z) + ")";
}

std::string Finding::str() const {
  std::string text = kernel + ": " + kindName(kind) + ": " + message;
  if (kind != FindingKind::Unwritten)
    text += ", block " + tuple(block) + " thread " + tuple(thread);
  if (!file.empty())
    text += ", " + file + ":" + std::to_string(line);
  if (count > 1)
    text += " (" + std::to_string(count) + " times)";
  return text;
}

Counters &Counters::operator+=(const Counters &o) {
  tensorFlops += o.tensorFlops;
  simtFlops += o.simtFlops;
  specialOps += o.specialOps;
  intOps += o.intOps;
  globalReadBytes += o.globalReadBytes;
  globalWriteBytes += o.globalWriteBytes;
  globalReadSectors += o.globalReadSectors;
  globalWriteSectors += o.globalWriteSectors;
  sharedReadBytes += o.sharedReadBytes;
  sharedWriteBytes += o.sharedWriteBytes;
  sharedRequests += o.sharedRequests;
  sharedWavefronts += o.sharedWavefronts;
  sharedIdealWavefronts += o.sharedIdealWavefronts;
  asyncCopyBytes += o.asyncCopyBytes;
  blockBarriers += o.blockBarriers;
  warpOps += o.warpOps;
  switches += o.switches;
  accesses += o.accesses;
  return *this;
}

} // namespace vitrt::emu
