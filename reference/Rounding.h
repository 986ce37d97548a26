//===- Rounding.h - Storage formats of small floats -------------*- C++ -*-===//
//
// f16, bf16 and the two f8 formats to and from f32 and f64: exact, rounded to
// nearest even. A rounding from f64 rounds once.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_REFERENCE_ROUNDING_H
#define VITC_REFERENCE_ROUNDING_H

#include "runtime/format/Types.h"

namespace vitc::reference {

using vitrt::format::DType;

/// The bits of `x` in the format of `dtype` (F16, BF16, F8E4M3FN or F8E5M2).
/// What is too large becomes infinity in f16, bf16 and f8E5M2, and NaN in
/// f8E4M3FN; with `saturate`, the largest finite number.
uint16_t encodeFloat(double x, DType dtype, bool saturate = false);
uint16_t encodeFloat(float x, DType dtype, bool saturate = false);

/// The number that `bits` stand for in the format of `dtype`.
float decodeFloat(uint16_t bits, DType dtype);

/// `x` rounded to the format of `dtype`; F32 rounds a double to float.
template <typename T> T roundTo(T x, DType dtype) {
  if (dtype == DType::F32)
    return static_cast<T>(static_cast<float>(x));
  return static_cast<T>(decodeFloat(encodeFloat(x, dtype), dtype));
}

/// Whether `dtype` is one of the floating-point types.
bool isFloat(DType dtype);

} // namespace vitc::reference

#endif // VITC_REFERENCE_ROUNDING_H
