//===- SoftmaxPatterns.cpp - Softmax works on the last axis ---------------===//
#include "passes/Matchers.h"
#include "passes/Views.h"
#include "passes/patterns/Patterns.h"

using namespace mlir;

namespace vitc::vit {
namespace {

/// softmax(x, axis) -> transpose(softmax(transpose(x), last)).
struct SoftmaxOverLastAxis : OpRewritePattern<SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SoftmaxOp op,
                                PatternRewriter &rewriter) const override {
    int64_t last = op.getType().getRank() - 1;
    int64_t axis = op.getAxis();
    if (axis == last)
      return failure();
    // Swapping two axes is its own inverse.
    SmallVector<int64_t> permutation(
        llvm::to_vector(llvm::seq<int64_t>(0, last + 1)));
    std::swap(permutation[axis], permutation[last]);
    Value moved =
        TransposeOp::create(rewriter, op.getLoc(), op.getInput(), permutation);
    auto type = makeTensorType(extentsOf(moved), op.getType().getElementType());
    Value softmax = SoftmaxOp::create(rewriter, op.getLoc(), type, moved, last,
                                      op.getLog());
    auto result = rewriter.replaceOpWithNewOp<TransposeOp>(
        op, softmax, ArrayRef<int64_t>(permutation));
    copyTensorName(op, result);
    return success();
  }
};

} // namespace

void populateSoftmaxPatterns(RewritePatternSet &patterns) {
  patterns.add<SoftmaxOverLastAxis>(patterns.getContext());
}

} // namespace vitc::vit
