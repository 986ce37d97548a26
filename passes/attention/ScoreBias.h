//===- ScoreBias.h - What is added to attention scores ----------*- C++ -*-===//
#ifndef VITC_PASSES_ATTENTION_SCOREBIAS_H
#define VITC_PASSES_ATTENTION_SCOREBIAS_H

#include "passes/attention/Heads.h"
#include "passes/attention/ScoreChain.h"

namespace vitc::vit {

/// The sum of the terms of `chain` as the bias of vit.attention, broadcastable
/// to [B, heads, Nq, Nkv]; null where nothing (or zero) is added. `why` says
/// what keeps a term from being one.
mlir::Value buildScoreBias(mlir::OpBuilder &builder, mlir::Location loc,
                           const ScoreChain &chain, const HeadLayout &layout,
                           std::string &why);

/// Whether no element of a constant is infinite or NaN.
bool isFinite(mlir::Value constant);

} // namespace vitc::vit

#endif // VITC_PASSES_ATTENTION_SCOREBIAS_H
