//===- StridedView.h - The algebra of strided views -------------*- C++ -*-===//
//
// A value of vit IR seen as elements of a buffer. A dimension is a list of
// factors, outermost first: its index is decomposed row-major over their
// extents, and each contributes index * stride. So a dimension that collapsed
// others without copying is still a view: tokens of a [B, 197, 768] slice of a
// [B, 198, 768] buffer as rows are [B:198*768, 197:768].
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_STRIDEDVIEW_H
#define VITC_DIALECT_STRIDEDVIEW_H

#include "runtime/format/Types.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace vitc {

struct Factor {
  vitrt::format::Extent extent;
  int64_t stride = 0; ///< In elements; 0 broadcasts.
  /// Number of an index table, or -1: then `table[index] * stride`. Whoever
  /// makes such views keeps the tables.
  int32_t table = -1;
  bool operator==(const Factor &) const = default;
};

using Factors = llvm::SmallVector<Factor, 2>;

struct StridedView {
  int64_t offset = 0; ///< In elements, from the buffer's start.
  llvm::SmallVector<Factors, 4> dims;
  bool operator==(const StridedView &) const = default;

  /// Row-major over `extents`, with the batch dimension (if any) outermost in
  /// memory and the others in order.
  static StridedView dense(llvm::ArrayRef<vitrt::format::Extent> extents);

  /// Dense with the dimensions in the order `order`, outermost first.
  static StridedView ordered(llvm::ArrayRef<vitrt::format::Extent> extents,
                             llvm::ArrayRef<int64_t> order);

  /// Extent of dimension `dim`: the product of its factors.
  vitrt::format::Extent extent(unsigned dim) const;

  /// Dimension i of the result is dimension permutation[i] of this.
  StridedView transposed(llvm::ArrayRef<int64_t> permutation) const;

  /// The same elements, row-major, as dimensions of `extents`. Nothing if a
  /// factor would have to be split where it does not divide.
  std::optional<StridedView>
  reshaped(llvm::ArrayRef<vitrt::format::Extent> extents) const;

  /// Every strides[i]-th index of a dimension from offsets[i], `sizes` of them.
  /// Nothing if a dimension of several factors is cut across them.
  std::optional<StridedView>
  sliced(llvm::ArrayRef<int64_t> offsets, llvm::ArrayRef<int64_t> strides,
         llvm::ArrayRef<vitrt::format::Extent> sizes) const;

  /// Numpy broadcasting to `extents`, aligned at the right.
  StridedView broadcast(llvm::ArrayRef<vitrt::format::Extent> extents) const;

  /// The dimensions [first, first + count) as one, in this order. The result
  /// has a factor list of its own; `merged` simplifies it.
  Factors collapsed(unsigned first, unsigned count) const;
};

/// Factors without extents of 1 and with neighbours joined that are contiguous
/// (or both broadcast). Nothing else changes.
Factors merged(llvm::ArrayRef<Factor> factors);

/// The product of the extents.
vitrt::format::Extent product(llvm::ArrayRef<Factor> factors);

/// `factors` as dims of a kernel's view: merged, without the stride-0 dims that
/// nothing inner needs. Nothing if a batch extent is not the outermost.
std::optional<std::vector<vitrt::format::AxisDim>>
axisDims(llvm::ArrayRef<Factor> factors);

} // namespace vitc

#endif // VITC_DIALECT_STRIDEDVIEW_H
