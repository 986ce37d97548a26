//===- Compare.h - How far two tensors are apart ----------------*- C++ -*-===//
#ifndef VITC_TOOLS_VITC_COMPARE_H
#define VITC_TOOLS_VITC_COMPARE_H

#include "tools/files/HostTensor.h"

namespace vitc {

/// The largest error of one tensor. NaN where the other has none counts as
/// infinite.
struct Difference {
  double absolute = 0;
  double largest = 0; ///< Magnitude of the expected tensor.
  int64_t index = -1; ///< Row-major, of the worst element.
  double got = 0, expected = 0;
  /// As a part of the largest magnitude: what tolerances are about.
  double relative() const {
    return largest > 0 ? absolute / largest : absolute;
  }
};

/// Elements in row-major order; the shapes need as many elements.
Difference compare(const HostTensor &got, const HostTensor &expected);

} // namespace vitc

#endif // VITC_TOOLS_VITC_COMPARE_H
