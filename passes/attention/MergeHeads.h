//===- MergeHeads.h - Lists of heads become one attention -------*- C++ -*-===//
#ifndef VITC_PASSES_ATTENTION_MERGEHEADS_H
#define VITC_PASSES_ATTENTION_MERGEHEADS_H

#include "mlir/IR/PatternMatch.h"

namespace vitc::vit {

/// A concat of attentions over the channels, which differ in nothing but what
/// they read, becomes one attention over the concats of Q, K and V;
/// neighbouring slices in a concat become one slice.
void populateMergeHeadsPatterns(mlir::RewritePatternSet &patterns);

} // namespace vitc::vit

#endif // VITC_PASSES_ATTENTION_MERGEHEADS_H
