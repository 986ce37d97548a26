//===- Batch.h - Sizes that may be multiples of the batch -------*- C++ -*-===//
//
// `?` of a vit tensor is `k * B` with k in the encoding. These helpers turn a
// type into extents and back, so that no pass handles `?` itself.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_BATCH_H
#define VITC_DIALECT_BATCH_H

#include "dialect/Vit.h"
#include "runtime/format/Types.h"

namespace vitc::vit {

using vitrt::format::Extent;
using Extents = llvm::SmallVector<Extent, 6>;

/// The sizes of `type`, one per dimension.
Extents getExtents(mlir::RankedTensorType type);

/// A tensor type of these sizes. At most one extent is per batch.
mlir::RankedTensorType makeTensorType(llvm::ArrayRef<Extent> extents,
                                      mlir::Type element);

/// `type` with another element type.
mlir::RankedTensorType withElement(mlir::RankedTensorType type,
                                   mlir::Type element);

/// The product of `extents` (1 for none); at most one may be per batch.
Extent product(llvm::ArrayRef<Extent> extents);

/// The dimension that is a multiple of the batch, or -1.
int64_t batchDim(mlir::RankedTensorType type);

/// The number of elements of `type`.
inline Extent numElements(mlir::RankedTensorType type) {
  return product(getExtents(type));
}

/// "197*B" or "768".
std::string toString(Extent extent);

} // namespace vitc::vit

#endif // VITC_DIALECT_BATCH_H
