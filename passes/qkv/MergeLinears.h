//===- MergeLinears.h - Lists of linears become one -------------*- C++ -*-===//
#ifndef VITC_PASSES_QKV_MERGELINEARS_H
#define VITC_PASSES_QKV_MERGELINEARS_H

#include "mlir/IR/PatternMatch.h"

namespace vitc::vit {

/// concat(linear(x), linear(x) ..., last axis) -> linear(x) with the weights
/// on top of each other; where the linears read slices of x, each weight is
/// padded with zeros to the width of x (a block diagonal).
void populateMergeLinearsPatterns(mlir::RewritePatternSet &patterns);

/// The biases of linears of `widths` as one vector, zeros where there is none;
/// null where there is none at all.
mlir::Value concatBiases(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::ArrayRef<mlir::Value> biases,
                         llvm::ArrayRef<int64_t> widths);

} // namespace vitc::vit

#endif // VITC_PASSES_QKV_MERGELINEARS_H
