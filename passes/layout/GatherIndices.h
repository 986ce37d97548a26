//===- GatherIndices.h - Indices as the gather kernel wants them -*- C++
//-*-===//
#ifndef VITC_PASSES_LAYOUT_GATHERINDICES_H
#define VITC_PASSES_LAYOUT_GATHERINDICES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace vitc::vit {

/// Afterwards every vit.gather has i32 indices in [0, extent): constant ones as
/// a table, computed ones through a pointwise op that counts negative ones from
/// the end and clamps the rest. Regular constant indices become a slice.
void normalizeGathers(mlir::func::FuncOp func);

} // namespace vitc::vit

#endif // VITC_PASSES_LAYOUT_GATHERINDICES_H
