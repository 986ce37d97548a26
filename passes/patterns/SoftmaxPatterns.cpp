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

/// Swaps the last two dimensions.
Value swapLast(PatternRewriter &rewriter, Location loc, Value value) {
  SmallVector<int64_t> permutation(
      llvm::to_vector(llvm::seq<int64_t>(0, rankOf(value))));
  std::swap(permutation[permutation.size() - 1],
            permutation[permutation.size() - 2]);
  return TransposeOp::create(rewriter, loc, value, permutation);
}

/// transpose_last(a b) -> transpose_last(b) transpose_last(a), where the
/// product is read so only: K Q^T becomes Q K^T, and V^T A^T becomes A V.
struct TransposedProduct : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto matmul = op.getInput().getDefiningOp<MatmulOp>();
    ArrayRef<int64_t> permutation = op.getPermutation();
    int64_t rank = permutation.size();
    if (!matmul || !matmul->hasOneUse() || permutation[rank - 1] != rank - 2 ||
        permutation[rank - 2] != rank - 1)
      return failure();
    for (int64_t i = 0; i < rank - 2; ++i)
      if (permutation[i] != i)
        return failure();
    Location loc = matmul.getLoc();
    Value left = matmul.getTransposeRhs()
                     ? matmul.getRhs()
                     : swapLast(rewriter, loc, matmul.getRhs());
    Value right = swapLast(rewriter, loc, matmul.getLhs());
    auto product = MatmulOp::create(rewriter, loc, left, right);
    product.getOutput().setType(op.getType());
    copyTensorName(op, product);
    rewriter.replaceOp(op, product);
    return success();
  }
};

} // namespace

void populateSoftmaxPatterns(RewritePatternSet &patterns) {
  patterns.add<SoftmaxOverLastAxis, TransposedProduct>(patterns.getContext());
}

} // namespace vitc::vit
