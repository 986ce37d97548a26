//===- WeightEvaluator.h - Values of initializers ---------------*- C++ -*-===//
//
// The one place where `vit.initializer` becomes bytes: for the interpreter,
// vitc-opt and the module writer. Recipes are evaluated with plain loops in
// f64, so that a module's bytes do not depend on the machine that made it.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_REFERENCE_WEIGHTEVALUATOR_H
#define VITC_REFERENCE_WEIGHTEVALUATOR_H

#include "dialect/Vit.h"
#include "mlir/IR/BuiltinOps.h"
#include "reference/Tensor.h"
#include "runtime/format/Status.h"
#include "llvm/ADT/StringMap.h"

namespace vitc {
class WeightFiles;
}

namespace vitc::reference {

class WeightEvaluator {
public:
  /// Evaluates the initializers that `module` has now; one that is changed
  /// afterwards needs a new evaluator. `files` (may be null: `#vit.file` is
  /// then an error) outlives this and its tensors.
  explicit WeightEvaluator(mlir::ModuleOp module, WeightFiles *files);

  /// The value of an initializer, kept until it is forgotten. File sources are
  /// views of the mapped file. E0201, E0202 and E0203 of its files.
  vitrt::Result<Tensor> evaluate(llvm::StringRef initializer);
  vitrt::Result<Tensor> evaluate(vit::WeightOp weight) {
    return evaluate(weight.getInitializer());
  }

  /// Frees a value, so that a writer needs memory for one weight at a time. A
  /// later evaluate() computes it again.
  void forget(llvm::StringRef initializer) { values.erase(initializer); }
  void forgetAll() { values.clear(); }

private:
  vitrt::Result<Tensor> source(vit::InitializerOp op);
  vitrt::Result<Tensor> recipe(vit::InitializerOp op);

  WeightFiles *files;
  llvm::StringMap<vit::InitializerOp> initializers;
  llvm::StringMap<Tensor> values;
};

/// The value of a dense or dense_resource attribute, or nothing.
std::optional<Tensor> tensorOf(mlir::ElementsAttr attribute);

/// `tensor` as a dense attribute of `type`.
mlir::DenseElementsAttr denseOf(const Tensor &tensor,
                                mlir::RankedTensorType type);

/// Reproducible values: floats are close to normal (mean 0, deviation 1),
/// integers lie in [-8, 8), ui8 in [0, 16), i1 is 0 or 1. The same on every
/// machine.
Tensor randomTensor(DType dtype, llvm::ArrayRef<int64_t> shape, uint64_t seed);

} // namespace vitc::reference

#endif // VITC_REFERENCE_WEIGHTEVALUATOR_H
