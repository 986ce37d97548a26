//===- ImportOptions.h - The shapes that a model is imported for -*- C++
//-*-===//
#ifndef VITC_FRONTEND_IMPORTOPTIONS_H
#define VITC_FRONTEND_IMPORTOPTIONS_H

#include "runtime/format/Status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vitc::frontend {

/// A size of a profile: one number, or min..opt..max for the batch.
struct DimRange {
  int64_t min = 1, opt = 1, max = 1;
  bool isFixed() const { return min == max; }
  bool operator==(const DimRange &) const = default;
};

/// The sizes of one input; an empty name means the model's only input.
struct InputShape {
  std::string name;
  std::vector<DimRange> dims;
};

/// What one profile imports.
struct ImportOptions {
  std::vector<InputShape> shapes;
  /// The batch of models that leave it open, where no shape says more.
  DimRange defaultBatch{1, 1, 32};
};

/// One `--shape` argument: `image:1..8..32x3x224x224,mask:8x197`. A name splits
/// at its last colon; without one, the model's only input is meant. E0204.
vitrt::Result<std::vector<InputShape>> parseShapes(const std::string &text);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_IMPORTOPTIONS_H
