//===- PointwiseGroups.h - Steps of vit-fuse-elementwise --------*- C++ -*-===//
#ifndef VITC_PASSES_FUSE_POINTWISEGROUPS_H
#define VITC_PASSES_FUSE_POINTWISEGROUPS_H

#include "dialect/Vit.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"

namespace vitc::vit {

/// Patterns that move pointwise ops across reshape, transpose, broadcast and
/// concat to the op that produces their operand.
void populateMovePointwisePatterns(mlir::RewritePatternSet &patterns);

/// Whether operand `i` of `op` is read element for element: it has the output's
/// shape and its map is the identity.
bool readsElementwise(PointwiseOp op, unsigned i);

/// A conversion to a wider float type: free at a reader.
bool isWideningCast(mlir::Operation *op);

struct FusionCounts {
  int64_t epilogues = 0, prologues = 0;
};

/// Groups the pointwise ops of `func` with anchors into `vit.fused`.
FusionCounts groupPointwise(mlir::func::FuncOp func);

} // namespace vitc::vit

#endif // VITC_PASSES_FUSE_POINTWISEGROUPS_H
