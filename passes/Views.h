//===- Views.h - Chains of reshape, transpose and slice ---------*- C++ -*-===//
//
// A chain of reshape, transpose, slice and broadcast ops picks elements of one
// root tensor. A View says which: every dimension of the result is a list of
// atoms, and index i of an atom adds i * stride to the flat (row-major) index
// into the root. Passes compare views instead of spellings, so that
// "reshape to 5-D, transpose, split, squeeze" and "slice, reshape" of one
// projection are the same thing.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_PASSES_VIEWS_H
#define VITC_PASSES_VIEWS_H

#include "dialect/Batch.h"

namespace vitc::vit {

/// `numerator / denominator` where the division leaves no rest for any batch.
std::optional<Extent> divide(Extent numerator, Extent denominator);
/// The product; at most one factor may be per batch.
Extent multiply(Extent lhs, Extent rhs);

/// `size` steps of `stride` elements. A stride of 0 repeats.
struct Atom {
  Extent size;
  Extent stride;
  bool operator==(const Atom &) const = default;
};
using Atoms = llvm::SmallVector<Atom, 4>;

/// `fixed + perBatch * B` elements.
struct FlatOffset {
  int64_t fixed = 0;
  int64_t perBatch = 0;
  bool operator==(const FlatOffset &) const = default;
};

struct View {
  mlir::Value root;
  /// The atoms of each dimension, outermost first.
  llvm::SmallVector<Atoms, 6> dims;
  FlatOffset offset;

  /// The sizes of the viewed value.
  Extents extents() const;
  /// All atoms, outermost first, without those of size 1, neighbours that
  /// continue each other merged.
  Atoms flat() const;
  /// Whether the value has the root's elements in the root's order.
  bool isReshape() const;
  /// Whether each element of the root occurs exactly once.
  bool isPermutation() const;
  bool hasBroadcast() const;
};

/// Merges neighbours that continue each other; drops atoms of size 1.
Atoms mergeAtoms(llvm::ArrayRef<Atom> atoms);

/// Deals `atoms` (one row-major index space) out to dimensions of `extents`;
/// nothing where that needs a division with a rest.
std::optional<llvm::SmallVector<Atoms, 6>>
splitAtoms(llvm::ArrayRef<Atom> atoms, llvm::ArrayRef<Extent> extents);

/// Splits the atoms that cross a multiple of `width`, so that each atom lies
/// within a row of `width` elements or counts whole rows. Fails on others.
bool splitAtWidth(View &view, int64_t width);

/// The whole of `root`.
View identityView(mlir::Value root);

/// Which ops a trace follows.
struct TraceOptions {
  bool slices = true;
  bool broadcasts = true;
  /// Also ops that keep the shape and act on single elements or rows:
  /// pointwise ops (through their first computed operand of full shape) and
  /// layer norms. The view then says where elements come from, not what
  /// they are.
  bool elementwise = false;
};

/// The view that `value` is of the farthest root that can be reached.
View traceView(mlir::Value value, TraceOptions options = {});

/// What an op of a chain costs, compared with a reshape's 1.
constexpr int64_t kTransposeCost = 10000, kSliceCost = 100;

/// How a view is built from ops; see materialize.
struct ViewPlan {
  Extents factors; ///< The root reshaped: its own sizes, or one dim a stride.
  llvm::SmallVector<int64_t, 6> offsets;
  Extents sizes; ///< After the slice.
  bool slices = false;
  Extents atoms;                             ///< What the permutation permutes.
  llvm::SmallVector<int64_t, 6> permutation; ///< Empty: none.
  Extents beforeBroadcast, afterBroadcast;   ///< Empty: none.
  Extents result;

  /// Transposes count most, then slices and broadcasts, then reshapes.
  int64_t cost(mlir::RankedTensorType root) const;
};
std::optional<ViewPlan> planView(const View &view);

/// Ops that build `view` from its root: at most one slice, one transpose and
/// one broadcast, and the reshapes between.
mlir::Value materialize(mlir::OpBuilder &builder, mlir::Location loc,
                        const View &view, const ViewPlan &plan);

/// Reshapes `value`, unless it has these sizes.
mlir::Value reshapeTo(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value value, llvm::ArrayRef<Extent> extents);
/// Transposes `value`, unless `permutation` is the identity.
mlir::Value transposeTo(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value value, llvm::ArrayRef<int64_t> permutation);

/// The sizes of `value`.
inline Extents extentsOf(mlir::Value value) {
  return getExtents(mlir::cast<mlir::RankedTensorType>(value.getType()));
}

} // namespace vitc::vit

#endif // VITC_PASSES_VIEWS_H
