//===- Interpreter.h - Runs functions of vit IR -----------------*- C++ -*-===//
#ifndef VITC_REFERENCE_INTERPRETER_H
#define VITC_REFERENCE_INTERPRETER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "reference/WeightEvaluator.h"

#include <functional>
#include <vector>

namespace vitc::reference {

/// An op that has just been executed.
struct ExecutedOp {
  mlir::Operation *op;
  llvm::ArrayRef<Tensor> operands, results;
};

struct InterpreterOptions {
  /// Computes in f64 and keeps f32 values as doubles (Tensor::wide).
  bool fp64 = false;
  /// Multiplies with plain loops, the same on every machine.
  bool exactProducts = false;
  /// Called after each op, also those within vit.fused and vit.region (before
  /// the op that holds them), but not for vit.weight. Its tensors may be kept.
  std::function<void(const ExecutedOp &)> onOp;
};

class Interpreter {
public:
  /// `weights` outlives this.
  explicit Interpreter(WeightEvaluator &weights,
                       InterpreterOptions options = {})
      : weights(weights), options(std::move(options)) {}

  /// Runs a verified function of vit ops. The batch follows from the inputs.
  /// Values are freed after their last use. E0251 for a wrong number of inputs,
  /// E0252 and E0253 for their types and shapes, and those of weights.
  vitrt::Result<std::vector<Tensor>> run(mlir::func::FuncOp function,
                                         llvm::ArrayRef<Tensor> inputs);

private:
  WeightEvaluator &weights;
  InterpreterOptions options;
};

/// Runs the ops of a verified block, whose arguments are `inputs`; the values
/// that its terminator returns. Shared with the weights' recipes.
struct BlockContext {
  WeightEvaluator &weights;
  const InterpreterOptions &options;
  int64_t batch = 1;
};
vitrt::Result<std::vector<Tensor>> runBlock(mlir::Block &block,
                                            llvm::ArrayRef<Tensor> inputs,
                                            const BlockContext &context);

/// Sizes of a tensor type at this batch.
Shape shapeAt(mlir::Type type, int64_t batch);

} // namespace vitc::reference

#endif // VITC_REFERENCE_INTERPRETER_H
