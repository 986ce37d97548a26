//===- FusionGroup.h - An op as one kernel: anchor and functions -*- C++
//-*-===//
//
// What vit-assign-layouts and vit-select-kernels see of a vit.fused or a bare
// op: the anchor that picks the template, and the pointwise ops around it as
// scalar functions of the template's value and of elements of other tensors.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_PASSES_SELECT_FUSIONGROUP_H
#define VITC_PASSES_SELECT_FUSIONGROUP_H

#include "dialect/Vit.h"

#include <memory>

namespace vitc::vit {

/// An argument of a scalar function: the template's value (null leaf), or the
/// element of `leaf` (a value of the function's level) at `map(iteration)`.
struct FnArg {
  mlir::Value leaf;
  mlir::AffineMap map;
};

/// A scalar function; without a body the identity of the template's value.
/// The body's block has one argument an entry of `args` and ends in vit.yield.
struct ScalarFn {
  std::unique_ptr<mlir::Region> body;
  llvm::SmallVector<FnArg> args;
  std::string kind; ///< "bias_gelu": for names.
};

/// One launch (one a result for pointwise groups and split projections).
struct FusionGroup {
  mlir::Operation *op = nullptr;     ///< vit.fused, or a bare op.
  mlir::Operation *anchor = nullptr; ///< Null: pointwise only.
  mlir::Value main;                  ///< A or In of the template, outside.
  ScalarFn prologue;                 ///< Over the dims of the anchor's input.
  /// One a result of `op`, over the dims of that result.
  llvm::SmallVector<ScalarFn> epilogues;
  /// The anchor's result that each result of `op` comes from.
  llvm::SmallVector<unsigned> anchorResult;

  /// The value outside of the region that `value` (an operand of the anchor)
  /// is, or null where an op inside computes it.
  mlir::Value outside(mlir::Value value) const;
};

/// Whether `op` becomes launches (vit.fused, vit.pointwise, an anchor).
bool isLaunch(mlir::Operation *op);

/// Whether `op` only says where elements are: reshape, transpose, slice,
/// broadcast, concat.
bool isMovement(mlir::Operation *op);

/// The group of `op`. Failure with `why` set where the templates cannot run the
/// region as one launch; a bare op always has one.
llvm::FailureOr<FusionGroup> analyseGroup(mlir::Operation *op,
                                          std::string &why);

/// Replaces `fused` by the ops of its region.
void unfuse(FusedOp fused);

} // namespace vitc::vit

#endif // VITC_PASSES_SELECT_FUSIONGROUP_H
