//===- ScalarFunction.h - Payloads as functions of numbers ------*- C++ -*-===//
//
// Activations and norms are recognised by what they compute, not by how the
// exporter spelt them: a chain of ops is evaluated at sample points and
// compared with the functions that the project knows.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_PASSES_SCALARFUNCTION_H
#define VITC_PASSES_SCALARFUNCTION_H

#include "dialect/Vit.h"

namespace vitc::vit {

/// The payload of `op` at `arguments`, in double: conversions between float
/// types do not round; integers and booleans are numbers. Nothing where the
/// payload has an operation that this does not know.
std::optional<double> evaluate(PointwiseOp op,
                               llvm::ArrayRef<double> arguments);

/// Of a payload `slope * x + intercept` in one block argument x, on which
/// neither depends: whether the slope is not the constant 1, and the intercept
/// not the constant 0. Nothing for other payloads.
struct AffineParts {
  bool scales, shifts;
};
std::optional<AffineParts> affineParts(PointwiseOp op, unsigned argument);

/// A pointwise op over the inputs of `op` other than `argument`, of its slope
/// or intercept there (affineParts holds; the other inputs are weights that
/// vary along one dimension at most). The result is a scalar or a vector. Null
/// where the slope is exactly 1 or the intercept is exactly 0.
enum class AffinePart { Slope, Intercept };
mlir::Value buildAffinePart(mlir::OpBuilder &builder, mlir::Location loc,
                            PointwiseOp op, unsigned argument, AffinePart part);

} // namespace vitc::vit

#endif // VITC_PASSES_SCALARFUNCTION_H
