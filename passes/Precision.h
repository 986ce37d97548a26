//===- Precision.h - Precision attributes and what they govern --*- C++ -*-===//
#ifndef VITC_PASSES_PRECISION_H
#define VITC_PASSES_PRECISION_H

#include "dialect/Vit.h"

namespace vitc::vit {

/// Set by vit-assign-precision: "f32", "f16" or "bf16", and one sentence.
inline constexpr llvm::StringLiteral kPrecision = "vit.precision";
inline constexpr llvm::StringLiteral kPrecisionReason = "vit.precision_reason";

/// Ops whose products a tensor core may compute.
inline bool isContraction(mlir::Operation *op) {
  return llvm::isa<LinearOp, MatmulOp, QKVProjectionOp, AttentionOp,
                   WindowAttentionOp, PatchEmbedOp, Conv2DOp>(op);
}

/// Ops that a fused region may have as its anchor: they end in an epilogue.
inline bool isAnchor(mlir::Operation *op) {
  return isContraction(op) || llvm::isa<LayerNormOp, SoftmaxOp, ReduceOp>(op);
}

} // namespace vitc::vit

#endif // VITC_PASSES_PRECISION_H
