//===- OpUtils.h - What the op implementations share ------------*- C++ -*-===//
//
// Private to dialect/: verifiers compare a declared result with the inferred
// one, builders take the inferred one.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_OPUTILS_H
#define VITC_DIALECT_OPUTILS_H

#include "dialect/ShapeInference.h"

#include "mlir/IR/TypeUtilities.h"

namespace vitc::vit {

/// The tensor type of `value`, or null for an absent optional operand.
inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return value ? mlir::cast<mlir::RankedTensorType>(value.getType())
               : mlir::RankedTensorType();
}

/// Checks that `declared` is the inferred type; errors were emitted already
/// where inference failed.
mlir::LogicalResult verifyResult(mlir::Operation *op, InferredType inferred,
                                 mlir::Type declared);

/// The inferred type inside a builder, which has no way to fail: callers pass
/// operands that they checked, so a failure is a defect of the compiler.
mlir::RankedTensorType inferredOrDie(const InferredType &inferred);

/// An emitError for `location` in builders.
inline auto errorAt(mlir::Location location) {
  return [location] { return mlir::emitError(location); };
}

/// An emitError of a verifier: names the op.
inline auto opError(mlir::Operation *op) {
  return [op] { return op->emitOpError(); };
}

/// Whether a one-block region takes `inputs` as block arguments and yields
/// `outputs`; emits the error.
mlir::LogicalResult verifyRegionSignature(mlir::Operation *op,
                                          mlir::Region &region,
                                          mlir::TypeRange inputs,
                                          mlir::TypeRange outputs);

} // namespace vitc::vit

#endif // VITC_DIALECT_OPUTILS_H
