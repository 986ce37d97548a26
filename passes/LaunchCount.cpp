//===- LaunchCount.cpp - Launches and bytes of a graph --------------------===//
#include "passes/LaunchCount.h"

#include "passes/Matchers.h"

using namespace mlir;

namespace vitc::vit {

LaunchCount &LaunchCount::operator+=(const LaunchCount &other) {
  launches += other.launches;
  bytes += other.bytes;
  return *this;
}

bool wouldLaunch(Operation *op) {
  if (!isa_and_nonnull<VitDialect>(op->getDialect()) ||
      isa<ReshapeOp, WeightOp, YieldOp>(op) || op->getNumResults() == 0)
    return false;
  return !isWeight(op->getResult(0));
}

static int64_t bytesOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return 0;
  Type element = type.getElementType();
  int64_t bits = element.isInteger(1) ? 8 : element.getIntOrFloatBitWidth();
  return numElements(type).value * bits / 8;
}

static LaunchCount countOp(Operation *op) {
  if (!wouldLaunch(op))
    return {};
  LaunchCount count{1, 0};
  for (Value operand : op->getOperands())
    count.bytes += bytesOf(operand);
  for (Value result : op->getResults())
    count.bytes += bytesOf(result);
  return count;
}

SmallVector<LaunchCount> countLayers(Block &block) {
  SmallVector<LaunchCount> layers(1);
  for (Operation &op : block) {
    layers.back() += countOp(&op);
    if (isa<AttentionOp, SoftmaxOp, WindowAttentionOp>(op) && wouldLaunch(&op))
      layers.emplace_back();
  }
  return layers;
}

LaunchCount countLaunches(Block &block) {
  LaunchCount total;
  for (const LaunchCount &layer : countLayers(block))
    total += layer;
  return total;
}

} // namespace vitc::vit
