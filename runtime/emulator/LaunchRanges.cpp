//===- LaunchRanges.cpp - what a launch may touch -------------------------===//

#include "runtime/emulator/LaunchRanges.h"

#include "runtime/format/Enums.h"

#include <algorithm>

namespace vitrt::emu {

uint64_t resultElements(const format::Kernel &kernel, int64_t batch) {
  struct Counts {
    int64_t batch;
    int64_t operator()(const format::GemmConfig &c) const {
      return c.groups.at(batch) * c.rows.at(batch) * c.n;
    }
    int64_t operator()(const format::AttentionConfig &c) const {
      return c.batch.at(batch) * c.heads * c.queries * c.dv;
    }
    int64_t operator()(const format::RowNormConfig &c) const {
      return c.rows.at(batch) * c.cols;
    }
    int64_t operator()(const format::SoftmaxConfig &c) const {
      return c.rows.at(batch) * c.cols;
    }
    int64_t operator()(const format::ReduceConfig &c) const {
      return c.rows.at(batch);
    }
    int64_t operator()(const format::PointwiseConfig &c) const {
      return c.elements.at(batch);
    }
  };
  return uint64_t(std::visit(Counts{batch}, kernel.config));
}

std::vector<RangeMessage> launchRanges(const LaunchRequest &request) {
  std::vector<RangeMessage> ranges;
  for (size_t i = 0; i != request.buffers.size(); ++i) {
    const LaunchBuffer &buffer = request.buffers[i];
    if (buffer.bytes == 0)
      continue;
    RangeMessage range;
    range.address = buffer.address - buffer.before;
    range.bytes = buffer.bytes;
    range.writable = buffer.written;
    range.initialised = !buffer.written;
    if (request.description) {
      const format::KernelOperand &operand = request.description->operands[i];
      range.name = operand.name;
      range.expectFullWrite =
          buffer.written && operand.view.guards.empty() &&
          resultElements(*request.description, request.batch) *
                  format::byteSize(operand.view.dtype) ==
              buffer.bytes;
      // What a result leaves unwritten keeps older values (a part of a
      // concatenation), which the launch itself does not read.
    }
    ranges.push_back(std::move(range));
  }
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](auto &a, auto &b) { return a.address < b.address; });
  std::vector<RangeMessage> merged;
  for (RangeMessage &range : ranges) {
    if (merged.empty() ||
        merged.back().address + merged.back().bytes <= range.address) {
      merged.push_back(std::move(range));
      continue;
    }
    RangeMessage &last = merged.back();
    uint64_t end =
        std::max(last.address + last.bytes, range.address + range.bytes);
    bool same = last.address == range.address && last.bytes == range.bytes;
    last.expectFullWrite =
        same && (last.expectFullWrite || range.expectFullWrite);
    last.bytes = end - last.address;
    last.writable |= range.writable;
    last.initialised |= range.initialised;
    if (last.name != range.name)
      last.name += "/" + range.name;
  }
  return merged;
}

} // namespace vitrt::emu
