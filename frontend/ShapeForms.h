//===- ShapeForms.h - What movement operators ask for -----------*- C++ -*-===//
//
// The attributes and shape inputs of Reshape, Slice, Split and their like,
// read once for both the evaluators and the import functions. Each function
// gives none after it reported an error, or asked for a fixed batch.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_FRONTEND_SHAPEFORMS_H
#define VITC_FRONTEND_SHAPEFORMS_H

#include "frontend/Node.h"

namespace vitc::frontend {

/// `scalar` as a size of a tensor.
std::optional<Extent> sizeOf(Node &node, const Scalar &scalar);

/// The integer input `i` as sizes.
std::optional<vit::Extents> sizes(Node &node, unsigned i, const char *what);

/// The result's sizes of Reshape, Flatten, Squeeze or Unsqueeze.
std::optional<vit::Extents> reshapeSizes(Node &node);

/// Transpose's `perm`, by default reversed.
std::optional<Dims> permutation(Node &node);

struct SliceForm {
  Dims offsets, strides;
  vit::Extents sizes;
};
std::optional<SliceForm> sliceForm(Node &node);

struct SplitForm {
  int64_t axis = 0;
  Dims sizes; ///< Of the parts; they add up to the axis.
};
std::optional<SplitForm> splitForm(Node &node);

/// Expand's result: input 0 broadcast with the sizes of input 1.
std::optional<vit::Extents> expandSizes(Node &node);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_SHAPEFORMS_H
