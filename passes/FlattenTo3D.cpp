//===- FlattenTo3D.cpp - No tensor of rank 4 between tokens and attention -===//
#include "passes/LaunchCount.h"
#include "passes/Matchers.h"
#include "passes/Passes.h"
#include "passes/Report.h"
#include "passes/Views.h"
#include "passes/patterns/Patterns.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace vitc::vit {
#define GEN_PASS_DEF_FLATTENTO3D
#include "passes/Passes.h.inc"

namespace {

/// The ops between an operand of an attention and the products that it comes
/// from.
void collectBefore(Value value, llvm::SetVector<Operation *> &between) {
  Operation *op = value.getDefiningOp();
  if (!op || isWeight(value) ||
      !isa<ReshapeOp, TransposeOp, SliceOp, ConcatOp, BroadcastOp, PointwiseOp,
           LayerNormOp, GatherOp, PadOp>(op) ||
      !between.insert(op))
    return;
  for (Value operand : op->getOperands())
    collectBefore(operand, between);
}

class FlattenTo3DPass : public impl::FlattenTo3DBase<FlattenTo3DPass> {
public:
  using FlattenTo3DBase::FlattenTo3DBase;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    populateViewPatterns(set);
    populateRowPatterns(set);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    int64_t transposes = 0;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      Block &body = function.getBody().front();
      SmallVector<LaunchCount> before = countLayers(body);
      if (failed(applyPatternsGreedily(function, patterns)))
        return signalPassFailure();
      reportLayers(body, before);
      reportRanks(body);
      for (auto transpose : body.getOps<TransposeOp>())
        transposes += wouldLaunch(transpose);
    }
    setReport(getOperation(), "transposes_left", transposes,
              std::max<int64_t>(transposes, 1));
  }

private:
  /// A remark a layer: its launches and bytes before and after.
  void reportLayers(Block &body, ArrayRef<LaunchCount> before) {
    SmallVector<LaunchCount> after = countLayers(body);
    LaunchCount sumBefore, sumAfter;
    for (const LaunchCount &layer : before)
      sumBefore += layer;
    for (const LaunchCount &layer : after)
      sumAfter += layer;
    size_t layer = 0;
    for (Operation &op : body) {
      bool ends = isa<AttentionOp, SoftmaxOp, WindowAttentionOp>(op);
      if (!ends || !wouldLaunch(&op) || before.size() != after.size())
        continue;
      if (details)
        remark(&op, "layer " + Twine(layer) + ": " +
                        Twine(before[layer].launches) + " launches, " +
                        Twine(before[layer].bytes) + " bytes an image -> " +
                        Twine(after[layer].launches) + " launches, " +
                        Twine(after[layer].bytes) + " bytes");
      ++layer;
    }
    setReport(getOperation(), "launches", sumAfter.launches, sumBefore.launches,
              "flatten: after, before");
    setReport(getOperation(), "bytes_an_image", sumAfter.bytes, sumBefore.bytes,
              "flatten: after, before");
  }

  /// A remark for what stays of rank 4 or more between tokens and attention.
  void reportRanks(Block &body) {
    int64_t attentions = 0, clean = 0;
    for (auto attention : body.getOps<AttentionOp>()) {
      llvm::SetVector<Operation *> between;
      for (unsigned i = 0; i < 3; ++i)
        collectBefore(attention->getOperand(i), between);
      Operation *high = nullptr;
      for (Operation *op : between)
        if (rankOf(op->getResult(0)) > 3 &&
            (!high || op->isBeforeInBlock(high)))
          high = op;
      if (high)
        remark(high, "rank " + Twine(rankOf(high->getResult(0))) +
                         " stays between tokens and attention");
      ++attentions;
      clean += !high;
    }
    setReport(getOperation(), "flat", clean, attentions);
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
} // namespace vitc::vit
