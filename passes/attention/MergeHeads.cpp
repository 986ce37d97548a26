//===- MergeHeads.cpp - Lists of heads become one attention ---------------===//
#include "passes/attention/MergeHeads.h"

#include "passes/Matchers.h"
#include "passes/Views.h"

using namespace mlir;

namespace vitc::vit {
namespace {

bool isLastAxis(ConcatOp op) {
  return static_cast<int64_t>(op.getAxis()) == op.getType().getRank() - 1;
}

/// Whether two attentions of a concat compute the same but for what they read.
bool agree(AttentionOp a, AttentionOp b) {
  return a.getHeads() == b.getHeads() && a.getKvHeads() == b.getKvHeads() &&
         a.getScale() == b.getScale() && a.getCausal() == b.getCausal() &&
         a.getQ().getType() == b.getQ().getType() &&
         a.getK().getType() == b.getK().getType() &&
         a.getV().getType() == b.getV().getType() &&
         a.getBias() == b.getBias() && a.getType() == b.getType();
}

/// concat(attention ..., last axis) -> attention(concat, concat, concat).
struct ConcatOfHeads : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    if (!isLastAxis(op) || op.getInputs().size() < 2 ||
        op.getType().getRank() != 3)
      return failure();
    SmallVector<AttentionOp> heads;
    for (Value input : op.getInputs()) {
      auto attention = input.getDefiningOp<AttentionOp>();
      if (!attention || !input.hasOneUse() ||
          (!heads.empty() && !agree(heads.front(), attention)))
        return failure();
      // A bias of several heads would have to be repeated.
      if (attention.getBias() && extentsOf(attention.getBias())[1] != Extent{})
        return failure();
      heads.push_back(attention);
    }
    SmallVector<Location> locs{op.getLoc()};
    SmallVector<Value> q, k, v;
    for (AttentionOp head : heads) {
      locs.push_back(head.getLoc());
      q.push_back(head.getQ());
      k.push_back(head.getK());
      v.push_back(head.getV());
    }
    Location loc = mergeLocs(locs);
    AttentionOp first = heads.front();
    int64_t count = heads.size();
    auto merged = AttentionOp::create(
        rewriter, loc, ConcatOp::create(rewriter, loc, q, 2),
        ConcatOp::create(rewriter, loc, k, 2),
        ConcatOp::create(rewriter, loc, v, 2), first.getBias(),
        first.getHeads() * count, first.getKvHeads() * count,
        first.getScale().convertToFloat(), first.getCausal());
    merged.getOutput().setType(op.getType());
    copyTensorName(op, merged);
    rewriter.replaceOp(op, merged);
    return success();
  }
};

/// concat(slice of x at a, slice of x at a + size ...) -> slice of x.
struct ConcatOfSlices : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    int64_t axis = op.getAxis(), next = 0;
    SliceOp first;
    for (Value input : op.getInputs()) {
      auto slice = input.getDefiningOp<SliceOp>();
      if (!slice || slice.getStrides()[axis] != 1)
        return failure();
      if (!first) {
        first = slice;
        next = slice.getOffsets()[axis];
      }
      if (slice.getInput() != first.getInput() ||
          slice.getStrides() != first.getStrides() ||
          slice.getOffsets()[axis] != next)
        return failure();
      for (int64_t i = 0; i < op.getType().getRank(); ++i)
        if (i != axis && slice.getOffsets()[i] != first.getOffsets()[i])
          return failure();
      next += slice.getType().getDimSize(axis);
    }
    if (!first)
      return failure();
    Value slice = SliceOp::create(rewriter, op.getLoc(), first.getInput(),
                                  first.getOffsets(), getExtents(op.getType()),
                                  first.getStrides());
    copyTensorName(op, slice.getDefiningOp());
    rewriter.replaceOp(op, slice);
    return success();
  }
};

} // namespace

void populateMergeHeadsPatterns(RewritePatternSet &patterns) {
  patterns.add<ConcatOfHeads, ConcatOfSlices>(patterns.getContext());
}

} // namespace vitc::vit
