//===- Projection.h - Which columns of linears are Q, K and V ---*- C++ -*-===//
#ifndef VITC_PASSES_QKV_PROJECTION_H
#define VITC_PASSES_QKV_PROJECTION_H

#include "passes/Views.h"

#include "llvm/ADT/SetVector.h"

namespace vitc::vit {

/// A view of a linear's result that another op than a view reads.
struct Terminal {
  mlir::Value value;
  View view; ///< Of the linear's result, split at its width.
};

/// What one operand of an attention reads of a linear.
struct Projection {
  LinearOp linear;
  llvm::SmallVector<Terminal, 2> terminals;
  /// The columns of the linear, in the order in which they shall stand, as
  /// atoms (of column numbers) and an offset.
  Atoms columns;
  int64_t firstColumn = 0;

  int64_t width() const;
  /// The numbers of the columns, in order.
  llvm::SmallVector<int64_t> columnNumbers() const;
  /// The rows of the linear's weight, or elements of its bias, of these
  /// columns.
  mlir::Value select(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value rows) const;
  /// The view that a terminal is of a result [rows..., width()] that has only
  /// these columns.
  View viewOf(const Terminal &terminal, mlir::Value result) const;
};

/// The three operands of an attention; those without a linear of their own
/// have none.
struct Projections {
  std::optional<Projection> parts[3]; ///< Q, K, V.
  /// Why they cannot be fused; empty if they can.
  std::string refusal;
};
Projections findProjections(AttentionOp attention);

} // namespace vitc::vit

#endif // VITC_PASSES_QKV_PROJECTION_H
