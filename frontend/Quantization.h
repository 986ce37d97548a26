//===- Quantization.h - Scales and integer tensors --------------*- C++ -*-===//
#ifndef VITC_FRONTEND_QUANTIZATION_H
#define VITC_FRONTEND_QUANTIZATION_H

#include "frontend/Node.h"

namespace vitc::frontend {

/// The float values of input `x`, whose scale and zero point are inputs
/// `scale` and `zeroPoint`: per tensor, or along `axis`. Null after an error.
mlir::Value dequantized(Node &n, unsigned x, unsigned scale, unsigned zeroPoint,
                        int64_t axis = 0);

/// The integer input `x` minus its zero point, as f32.
mlir::Value centred(Node &n, unsigned x, unsigned zeroPoint);

/// `v` as `element` (from input `zeroPoint`, by default ui8).
mlir::Value quantized(Node &n, mlir::Value v, unsigned scale,
                      unsigned zeroPoint, int64_t axis = 0);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_QUANTIZATION_H
