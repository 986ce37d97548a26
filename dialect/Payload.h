//===- Payload.h - Bodies of vit.pointwise ----------------------*- C++ -*-===//
//
// Builds vit.pointwise ops and recognises them. Each named function (`kind`)
// has one canonical payload, so that passes can ask isKind and equal functions
// are equal regions. Payloads compute in f32: float inputs of 16 bits are
// extended at entry and results truncated at the end.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_PAYLOAD_H
#define VITC_DIALECT_PAYLOAD_H

#include "dialect/Vit.h"

namespace vitc::vit {

/// Element types that a payload may hold: f32, f16, bf16, i8, i32, i64, i1.
bool isPayloadType(mlir::Type type);

/// Constraint C4 of vit.pointwise for one op of a payload.
mlir::LogicalResult verifyPayloadOp(mlir::Operation *op);

/// Writes a payload: scalars in (floats as f32), one scalar out.
using PayloadFn = llvm::function_ref<mlir::Value(
    mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

/// A pointwise op over `inputs`, which broadcast as in numpy. Null, with an
/// error at `loc`, where they do not. The payload yields f32 for a float
/// `element`, else `element`.
PointwiseOp buildPointwise(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::ValueRange inputs, mlir::Type element,
                           llvm::StringRef kind, PayloadFn payload);

/// The payload of a named function. Unary (x): abs, neg, exp, log, sqrt, rsqrt,
/// reciprocal, square, erf, sin, cos, tan, atan, sinh, cosh, floor, ceil,
/// round, sign, isnan, isinf, relu, relu6, sigmoid, tanh, softplus, softsign,
/// mish, silu, quick_gelu, gelu_erf, gelu_tanh, hard_swish; not (i1); with
/// params: hard_sigmoid(alpha, beta), leaky_relu(alpha), elu(alpha),
/// selu(alpha, gamma), celu(alpha), thresholded_relu(alpha), clip(lo, hi),
/// scale(factor), shift(addend), pow_scalar(exponent). Binary (x, y), floats or
/// integers: add, sub, mul, div, max, min, mod (integers: sign of the divisor),
/// fmod; floats: pow, prelu; i1: and, or, xor; to i1: equal, less, less_equal,
/// greater, greater_equal. Ternary: where (i1, x, y). Null for an unknown name
/// or wrong argument types.
mlir::Value emitPayload(mlir::OpBuilder &builder, mlir::Location loc,
                        llvm::StringRef kind, mlir::ValueRange arguments,
                        llvm::ArrayRef<double> params = {});

/// Pointwise op of a named function. The result's element type is, where not
/// given, i1 for comparisons and the last input's type otherwise. Null, with an
/// error at `loc`, where inputs do not broadcast or the name does not fit them.
PointwiseOp buildKind(mlir::OpBuilder &builder, mlir::Location loc,
                      llvm::StringRef kind, mlir::ValueRange inputs,
                      llvm::ArrayRef<double> params = {},
                      mlir::Type element = {});

/// Conversion to `element`, as ONNX Cast: floats to integers truncate, to i1
/// compare with 0. Types outside of isPayloadType give null and an error.
PointwiseOp buildCast(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value input, mlir::Type element);

/// Whether `op` computes the named function with these parameters: its region
/// equals the canonical one (constants to within 1e-6 of their size), whatever
/// its `kind` says.
bool isKind(PointwiseOp op, llvm::StringRef kind,
            llvm::ArrayRef<double> params = {});

/// `value` as `input * factor`, where it is made by a pointwise multiplication
/// or division by a constant scalar (a weight or a constant of the payload).
struct Scaled {
  mlir::Value input;
  double factor;
};
std::optional<Scaled> matchScaled(mlir::Value value);

} // namespace vitc::vit

#endif // VITC_DIALECT_PAYLOAD_H
