//===- RowFunction.h - Ops over the last axis as functions of rows -*- C++
//-*-===//
#ifndef VITC_PASSES_ROWFUNCTION_H
#define VITC_PASSES_ROWFUNCTION_H

#include "dialect/Vit.h"
#include "llvm/ADT/SetVector.h"

namespace vitc::vit {

/// The ops between one tensor [..., C] and a pointwise op of the same shape,
/// where all act on rows: pointwise, reductions over the last axis, and
/// reshapes and broadcasts of what was reduced. It starts with the pointwise op
/// alone and grows towards the operands.
class RowFunction {
public:
  explicit RowFunction(PointwiseOp output);

  /// C.
  int64_t width() const { return columns; }
  /// The only computed value that the ops depend on, where it has the output's
  /// shape; else null.
  mlir::Value input() const;
  /// Whether there is a reduction among the ops.
  bool reduces() const { return hasReduction; }
  /// Takes in the op that produces the latest operand; false where that cannot
  /// be.
  bool grow();

  /// Weights of one value a column, in order of appearance.
  llvm::ArrayRef<mlir::Value> parameters() const {
    return vectors.getArrayRef();
  }
  /// Positive constants up to 0.01: what may be an epsilon.
  llvm::SmallVector<double, 4> smallConstants() const;
  /// The ops, in order.
  llvm::SmallVector<mlir::Operation *> members() const;

  /// The output row for an input row and rows of parameters.
  std::optional<std::vector<double>>
  evaluate(const std::vector<double> &row,
           llvm::ArrayRef<std::vector<double>> parameterRows) const;

private:
  bool expand(mlir::Operation *op);
  bool addOperand(mlir::Value operand, bool alongColumns);
  bool isRow(mlir::Value value) const;
  bool isReduced(mlir::Value value) const;

  mlir::Value output;
  int64_t columns;
  bool valid = false, hasReduction = false;
  llvm::SetVector<mlir::Value> frontier, vectors;
  llvm::SetVector<mlir::Operation *> ops;
  llvm::DenseMap<mlir::Value, double> constants;
};

} // namespace vitc::vit

#endif // VITC_PASSES_ROWFUNCTION_H
