//===- LaunchCount.h - Launches and bytes of a graph ------------*- C++ -*-===//
#ifndef VITC_PASSES_LAUNCHCOUNT_H
#define VITC_PASSES_LAUNCHCOUNT_H

#include "dialect/Vit.h"
#include "mlir/IR/BuiltinOps.h"

namespace vitc::vit {

/// What a part of a graph costs if every op is one kernel that reads its
/// operands and writes its results: an estimate from before fusion, for the
/// comparison of two forms of one graph.
struct LaunchCount {
  int64_t launches = 0;
  int64_t bytes = 0; ///< For one image.
  LaunchCount &operator+=(const LaunchCount &other);
};

/// Whether `op` would be a launch: not a reshape, not computed from weights
/// alone.
bool wouldLaunch(mlir::Operation *op);

/// The costs of the parts of `block` that end in an attention or (where it is
/// not raised yet) a softmax, in order; the last is what follows them all.
llvm::SmallVector<LaunchCount> countLayers(mlir::Block &block);

/// Of all of `block`.
LaunchCount countLaunches(mlir::Block &block);

} // namespace vitc::vit

#endif // VITC_PASSES_LAUNCHCOUNT_H
