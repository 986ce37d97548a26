//===- Matchers.h - What the graph passes ask about ops ---------*- C++ -*-===//
#ifndef VITC_PASSES_MATCHERS_H
#define VITC_PASSES_MATCHERS_H

#include "dialect/Batch.h"
#include "dialect/Locations.h"
#include "dialect/Payload.h"
#include "dialect/Weights.h"
#include "mlir/IR/PatternMatch.h"

namespace vitc::vit {

/// Whether `value` depends on weights alone.
inline bool isWeight(mlir::Value value) { return isWeightComputation(value); }

inline mlir::RankedTensorType tensorType(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}
inline int64_t rankOf(mlir::Value value) { return tensorType(value).getRank(); }
/// The last extent of `value`; the rank is at least 1 and it is static.
inline int64_t lastDim(mlir::Value value) {
  return tensorType(value).getShape().back();
}
inline mlir::AffineMap mapOf(PointwiseOp op, unsigned input) {
  return mlir::cast<mlir::AffineMapAttr>(op.getMaps()[input]).getValue();
}

/// The number that every element of `value` is: constants, and pointwise
/// functions of constants.
std::optional<double> constantScalar(mlir::Value value);

/// The only operand of `op` that is not a weight, or -1 where there are none
/// or several.
int computedOperand(mlir::Operation *op);

/// Whether input `i` of `op` is read at the output's own coordinates.
bool readsInPlace(PointwiseOp op, unsigned i);

/// The output's dimension along which input `i` varies, where that is one; -1
/// where every element is read everywhere (a scalar); nothing where several.
std::optional<int> variesAlong(PointwiseOp op, unsigned i);

/// A pointwise op that multiplies (or divides) one computed operand by a
/// constant: the operand and the factor. Also a conversion between float types
/// (factor 1).
struct ConstantScale {
  mlir::Value input;
  double factor;
};
std::optional<ConstantScale> matchScale(mlir::Value value);

/// Whether `op` only converts between float types.
bool isFloatCast(PointwiseOp op);

/// The elements of `weight`: [size], or a scalar where there is one.
mlir::Value weightVector(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value weight);

/// A weight of zeros, [size].
mlir::Value zeroVector(mlir::OpBuilder &builder, mlir::Location loc,
                       int64_t size, mlir::Type element);

/// Visits the pointwise ops of `block` from the end, so that the longest chain
/// comes first; `replace` says whether it gave the results of an op to another.
/// What nobody reads any more is erased on the way.
void replaceFromEnd(mlir::Block &block,
                    llvm::function_ref<bool(PointwiseOp)> replace);

/// A remark at `op`, which passes print with the reason of a near miss.
void remark(mlir::Operation *op, const llvm::Twine &message);

} // namespace vitc::vit

#endif // VITC_PASSES_MATCHERS_H
