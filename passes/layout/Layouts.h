//===- Layouts.h - Where the values of a function live ----------*- C++ -*-===//
//
// After vit-assign-layouts every launch has `vitk.layouts`, one layout a
// result. This answers the same question for every other value: arguments and
// weights are dense, and movement ops are views of what they move.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_PASSES_LAYOUT_LAYOUTS_H
#define VITC_PASSES_LAYOUT_LAYOUTS_H

#include "dialect/Batch.h"
#include "dialect/Vitk.h"

namespace vitc::vit {

/// Attribute of launches: an array of #vitk.layout, one a result.
inline constexpr llvm::StringLiteral kLayouts = "vitk.layouts";

/// Attribute of functions: the types of the arena's buffers, by number.
inline constexpr llvm::StringLiteral kBuffers = "vitk.buffers";

/// A value as elements of a root: a model input or weight (`value`), or a
/// buffer of the arena or a model output (`layout`'s root).
struct Place {
  mlir::Value value; ///< Null for buffers and outputs.
  vitk::Layout layout;

  bool sameRoot(const Place &other) const {
    return value == other.value &&
           (value || (layout.output == other.layout.output &&
                      layout.root == other.layout.root));
  }
};

/// Where `value` lives. Nothing where a movement op on the way is no view, or a
/// launch has no layout yet.
std::optional<Place> placeOf(mlir::Value value);

/// What `op` (a movement op other than concat) makes of `input`'s view.
std::optional<StridedView> moved(mlir::Operation *op, const StridedView &input);

/// The view that `op`'s input has if its result has `result`: for reshape and
/// transpose.
std::optional<StridedView> movedBack(mlir::Operation *op,
                                     const StridedView &result);

void setLayouts(mlir::Operation *op, llvm::ArrayRef<vitk::Layout> layouts);

/// Whether two views name the same elements in the same order of dims.
bool sameElements(const StridedView &a, const StridedView &b);

/// Whether `type`, dense and row-major, has static strides: its batch dimension
/// is the outermost that is not 1.
bool isBatchOutermost(mlir::RankedTensorType type);

/// Views of an operand of an anchor as the template's axes see it, or nothing
/// where it must be copied first. `index` is the operand's number.
///
/// patch_embed's image: dims (b, oy, ox, c, py, px).
std::optional<StridedView> patchView(PatchEmbedOp op, const StridedView &image);

/// An attention operand [B, N, heads * d] as dims (B, N, heads, d).
std::optional<StridedView> headsView(const StridedView &view, int64_t heads);

/// Whether the template of `anchor` can read operand `index` as it lies.
bool canRead(mlir::Operation *anchor, unsigned index, const StridedView &view);

} // namespace vitc::vit

#endif // VITC_PASSES_LAYOUT_LAYOUTS_H
