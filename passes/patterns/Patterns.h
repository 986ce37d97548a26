//===- Patterns.h - The rewrites of the graph passes, by family -*- C++ -*-===//
#ifndef VITC_PASSES_PATTERNS_PATTERNS_H
#define VITC_PASSES_PATTERNS_PATTERNS_H

#include "dialect/Vit.h"
#include "mlir/IR/PatternMatch.h"

namespace vitc::vit {

/// ViewPatterns.cpp: chains of reshape, transpose and slice become as short as
/// they can be; gathers of a constant range become slices; permutations of rows
/// move below linear, layer_norm and pointwise ops, until they meet what
/// cancels them.
void populateViewPatterns(mlir::RewritePatternSet &patterns);

/// PatchEmbedPatterns.cpp: a convolution whose kernel is its stride, and whose
/// result is read as tokens, or a linear over unfolded patches, becomes
/// vit.patch_embed.
void populatePatchEmbedPatterns(mlir::RewritePatternSet &patterns);

/// AffinePatterns.cpp: constant scales and shifts a channel move into the
/// weight and bias of a neighbouring linear, conv2d or patch_embed, through
/// reshapes and transposes. `Bias`: shifts behind, and scales that come with a
/// shift (batch norms), before or behind. `All`: any (layer scale too).
enum class AffineFolds { Bias, All };
void populateAffinePatterns(mlir::RewritePatternSet &patterns,
                            AffineFolds folds);

/// BiasPatterns.cpp: the bias of K is dropped, that of V moves behind the
/// attention. The numbers count how often.
void populateBiasPatterns(mlir::RewritePatternSet &patterns, int64_t *keyBiases,
                          int64_t *valueBiases);

/// RowPatterns.cpp: linears, projections and layer norms work on [rows, C], and
/// pointwise ops on as few dimensions as their broadcasts allow, the channels
/// the last.
void populateRowPatterns(mlir::RewritePatternSet &patterns);

/// AffinePatterns.cpp: only shifts behind a contraction, its bias.
void populateBiasFoldPatterns(mlir::RewritePatternSet &patterns);

/// SoftmaxPatterns.cpp: softmax over another axis than the last one gets
/// transposes around it.
void populateSoftmaxPatterns(mlir::RewritePatternSet &patterns);

/// NormPatterns.cpp: rows of decomposed layer norm, RMS norm and softmax become
/// one op. Returns how many.
int64_t recogniseRowFunctions(mlir::Block &block);

/// ActivationPatterns.cpp: chains of pointwise ops that compute GELU (either
/// form), SiLU, quick-GELU, hard-swish ... become the one op of that kind.
/// Returns how many.
int64_t recogniseActivations(mlir::Block &block);

} // namespace vitc::vit

#endif // VITC_PASSES_PATTERNS_PATTERNS_H
