//===- LaunchRanges.h - what a launch may touch -----------------*- C++ -*-===//
#ifndef VITRT_EMULATOR_LAUNCHRANGES_H
#define VITRT_EMULATOR_LAUNCHRANGES_H

#include "runtime/Device.h"
#include "runtime/emulator/Message.h"

namespace vitrt::emu {

/// Elements of a kernel's result at one batch.
uint64_t resultElements(const format::Kernel &kernel, int64_t batch);

/// The memory of a launch's operands for check mode; operands that overlap
/// (in-place results, parts of one tensor) become one range. A result that
/// fills its buffer must be written whole.
std::vector<RangeMessage> launchRanges(const LaunchRequest &request);

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_LAUNCHRANGES_H
