//===- Compare.cpp - How far two tensors are apart ------------------------===//
#include "tools/vitc/Compare.h"

#include <cmath>
#include <limits>

namespace vitc {

Difference compare(const HostTensor &got, const HostTensor &expected) {
  std::vector<double> a = toDoubles(got), b = toDoubles(expected);
  Difference worst;
  for (double value : b)
    if (std::isfinite(value))
      worst.largest = std::max(worst.largest, std::fabs(value));
  for (size_t i = 0; i < a.size(); ++i) {
    bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
    double error = same ? 0 : std::fabs(a[i] - b[i]);
    if (std::isnan(error))
      error = std::numeric_limits<double>::infinity();
    if (worst.index >= 0 && error <= worst.absolute)
      continue;
    worst.absolute = error;
    worst.index = int64_t(i);
    worst.got = a[i];
    worst.expected = b[i];
  }
  return worst;
}

} // namespace vitc
