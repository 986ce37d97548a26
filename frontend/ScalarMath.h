//===- ScalarMath.h - Exact arithmetic on k * B + c -------------*- C++ -*-===//
#ifndef VITC_FRONTEND_SCALARMATH_H
#define VITC_FRONTEND_SCALARMATH_H

#include "frontend/HostTensor.h"
#include "frontend/ImportOptions.h"

namespace vitc::frontend {

/// Whether `op` is Equal, Less, LessOrEqual, Greater or GreaterOrEqual.
bool isComparison(llvm::StringRef op);

/// `a op b` of integers or flags, exactly for every batch of the range. None
/// where the result is not of the form k * B + c, overflows or differs over the
/// range. `fmod`: Mod takes the sign of the dividend.
std::optional<Scalar> binaryInt(llvm::StringRef op, const Scalar &a,
                                const Scalar &b, bool fmod,
                                const DimRange &batch);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_SCALARMATH_H
