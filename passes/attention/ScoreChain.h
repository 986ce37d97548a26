//===- ScoreChain.h - The ops around a softmax of attention -----*- C++ -*-===//
#ifndef VITC_PASSES_ATTENTION_SCORECHAIN_H
#define VITC_PASSES_ATTENTION_SCORECHAIN_H

#include "dialect/Vit.h"
#include "mlir/IR/PatternMatch.h"

namespace vitc::vit {

/// Something added to the scores: `factor` times the intercept of a pointwise
/// op, which is everything that it adds to argument `argument`.
struct BiasTerm {
  PointwiseOp op;
  unsigned argument;
  double factor;
  bool transposed; ///< Keys before queries.
};

/// softmax(scale * lhs rhs + sum of terms) and the product with V that reads
/// it.
struct ScoreChain {
  SoftmaxOp softmax;
  MatmulOp scores, output;
  double scale = 1;
  bool transposedScores = false; ///< The product is K Q^T.
  bool transposedOutput = false; ///< The product with V is V^T P^T.
  llvm::SmallVector<BiasTerm, 2> terms;
  /// Whether rows whose scores are all -inf give zeros, not NaN.
  bool guarded = false;
  /// Every op from the product of Q and K to the one with V, in order.
  llvm::SmallVector<mlir::Operation *> members;
  /// Why this is no attention; empty if it is one.
  std::string refusal;
  /// Whether products stand on both sides at all: else nobody would call it
  /// an attention, and the refusal is not worth a remark.
  bool candidate = false;
};
ScoreChain matchScoreChain(SoftmaxOp softmax);

/// Whether `op` swaps the last two dimensions and keeps the others.
bool swapsLast(TransposeOp op);

/// `value` without constant factors and float casts on the way, which are
/// multiplied to `scale`; views are repeated on what stood before the factor.
mlir::Value stripScale(mlir::OpBuilder &builder, mlir::Value value,
                       double &scale);

} // namespace vitc::vit

#endif // VITC_PASSES_ATTENTION_SCORECHAIN_H
