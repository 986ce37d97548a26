//===- Heads.h - Which leading dimensions of Q, K and V are heads -*- C++
//-*-===//
#ifndef VITC_PASSES_ATTENTION_HEADS_H
#define VITC_PASSES_ATTENTION_HEADS_H

#include "passes/Views.h"

namespace vitc::vit {

/// The leading dimensions of [..., N, d], split into factors (outermost first),
/// each of which counts batch entries or heads.
struct HeadLayout {
  struct Factor {
    Extent size;
    bool head;
  };
  llvm::SmallVector<Factor, 4> factors;
  /// Whether queries are channels and channels are tokens: cross-covariance.
  bool channelsAsTokens = false;

  Extent batch() const;
  int64_t heads() const;
  Extents sizes() const;
};

/// Reads the layout off where the elements of `q` [..., N, d] come from: what
/// stands within one row of the projection is a head, what counts rows is the
/// batch. Where that does not say, dimension 1 of 4 are the heads.
HeadLayout inferHeads(mlir::Value q);

/// The width of one token's row of `root`: its last dimension, or the heads
/// together where a linear is shared over the heads of a 4-D tensor.
int64_t tokenWidth(mlir::Value root);

/// [..., N, d] -> [B, N, heads * d].
mlir::Value toTokens(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value value, const HeadLayout &layout);
/// [B, N, heads * d] -> [..., N, d], as `extents` say.
mlir::Value fromTokens(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value value, const HeadLayout &layout,
                       llvm::ArrayRef<Extent> extents);

/// The number that heads share each of K's or V's heads, where `value`
/// [..., N, d] repeats them; 1 if it does not. `unrepeated` is the value
/// without the repetition, whose layout is `layout` with fewer heads.
int64_t stripRepeatedHeads(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value value, HeadLayout &layout,
                           mlir::Value &unrepeated);

} // namespace vitc::vit

#endif // VITC_PASSES_ATTENTION_HEADS_H
