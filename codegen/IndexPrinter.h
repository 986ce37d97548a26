//===- IndexPrinter.h - Views as index expressions --------------*- C++ -*-===//
#ifndef VITC_CODEGEN_INDEXPRINTER_H
#define VITC_CODEGEN_INDEXPRINTER_H

#include "runtime/format/Plan.h"

#include <span>
#include <string>
#include <vector>

namespace vitc {

/// What an index expression may refer to besides the coordinates.
struct IndexNames {
  std::vector<std::string> coordinates; ///< One per axis: "g", "m", "k".
  std::vector<std::string> tables;      ///< Member name per operand: "index_".
  bool wide = false;                    ///< 64-bit arithmetic.
};

/// The element offset of `view` at the coordinates, "0" if it is constant.
std::string indexExpression(const vitrt::format::View &view,
                            const IndexNames &names);

/// The condition that all guards of `view` hold; "true" without guards.
std::string guardExpression(const vitrt::format::View &view,
                            const IndexNames &names);

/// The largest element offset of `view` when outer extents are `outermost`,
/// one per axis: decides whether 32-bit arithmetic is enough.
int64_t largestOffset(const vitrt::format::View &view,
                      std::span<const int64_t> outermost);

/// The widest vector (elements; 1, 2, 4, 8 or 16) that may be read at once
/// along the last axis, when every buffer of the view starts at a multiple of
/// `alignment` bytes and the last axis has `extent` elements: contiguous,
/// aligned, at most 16 bytes, and not cut by a guard.
int vectorWidth(const vitrt::format::View &view, int64_t extent,
                uint64_t alignment);

/// Bytes of one stored element.
uint32_t elementBytes(vitrt::format::DType type);

} // namespace vitc

#endif // VITC_CODEGEN_INDEXPRINTER_H
