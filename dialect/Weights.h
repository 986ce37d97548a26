//===- Weights.h - Finding and making initializers --------------*- C++ -*-===//
#ifndef VITC_DIALECT_WEIGHTS_H
#define VITC_DIALECT_WEIGHTS_H

#include "dialect/Vit.h"
#include "mlir/IR/BuiltinOps.h"

namespace vitc::vit {

/// The initializer behind a vit.weight, or null.
InitializerOp lookupInitializer(WeightOp weight);

/// The number that every element of `value` is, where a dense initializer says
/// so, seen through reshape, broadcast, transpose, slice and casts.
std::optional<double> getConstantScalar(mlir::Value value);

/// The dense elements of a small constant, where `value` is a vit.weight with a
/// dense or dense_resource source (seen through reshape); null otherwise.
mlir::DenseElementsAttr getDenseConstant(mlir::Value value);

/// Integers of such a constant (indices, axes, shapes), row-major.
std::optional<llvm::SmallVector<int64_t>> getConstantInts(mlir::Value value);

/// Whether `value` depends on weights alone.
bool isWeightComputation(mlir::Value value);

/// A new initializer, named after `hint` (made unique), before the first
/// function of the module around the builder, and its vit.weight.
WeightOp createWeight(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::DenseElementsAttr value, llvm::StringRef hint);

/// A rank-0 weight of `value` as `element`.
WeightOp createScalarWeight(mlir::OpBuilder &builder, mlir::Location loc,
                            double value, mlir::Type element);

/// A symbol name that no op of the module has: `hint`, else `hint_1` ...
std::string uniqueSymbol(mlir::ModuleOp module, llvm::StringRef hint);

} // namespace vitc::vit

#endif // VITC_DIALECT_WEIGHTS_H
