//===- Kernels.h - One function a vit op ------------------------*- C++ -*-===//
//
// Private to reference/. Each evaluates one op, whose IR was verified, on
// values of the shapes that its types say for the batch of the run.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_REFERENCE_KERNELS_H
#define VITC_REFERENCE_KERNELS_H

#include "dialect/ElementTypes.h"
#include "dialect/Vit.h"
#include "reference/Blas.h"
#include "reference/Tensor.h"

namespace vitc::reference {

/// How ops are evaluated.
struct EvalConfig {
  bool fp64 = false;
  MatrixProduct product = MatrixProduct::Blas;
  int64_t batch = 1;
};

/// The values of an op's operands, found by the operand.
class Operands {
public:
  Operands(mlir::Operation *op, llvm::ArrayRef<Tensor> values)
      : op(op), values(values) {}
  const Tensor &operator[](size_t i) const { return values[i]; }
  size_t size() const { return values.size(); }
  /// Null for an absent optional operand.
  const Tensor *find(mlir::Value operand) const;
  const Tensor &get(mlir::Value operand) const { return *find(operand); }

private:
  mlir::Operation *op;
  llvm::ArrayRef<Tensor> values;
};

/// Sizes of a tensor type at this batch.
Shape shapeAt(mlir::Type type, int64_t batch);
/// The plan's number of a tensor type's elements.
DType elementOf(mlir::Type type);

using Tensors = llvm::SmallVector<Tensor, 3>;

Tensors evaluate(vit::LinearOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::MatmulOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::QKVProjectionOp op, const Operands &in,
                 const EvalConfig &);
Tensors evaluate(vit::AttentionOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::WindowAttentionOp op, const Operands &in,
                 const EvalConfig &);
Tensors evaluate(vit::PatchEmbedOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::Conv2DOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::LayerNormOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::SoftmaxOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::ReduceOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::Pool2DOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::ReshapeOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::TransposeOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::SliceOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::ConcatOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::GatherOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::PadOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::BroadcastOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::PointwiseOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::QuantizeOp op, const Operands &in, const EvalConfig &);
Tensors evaluate(vit::DequantizeOp op, const Operands &in, const EvalConfig &);

/// Calls `function` with a float, or a double in fp64: its argument's type is
/// what the op computes in.
template <typename Fn> auto withComputeType(const EvalConfig &config, Fn fn) {
  return config.fp64 ? fn(double()) : fn(float());
}

/// Copies a strided source to a dense destination of `shape`; strides in
/// elements of `elementBytes`, which may be 0 or negative.
void copyStrided(int64_t elementBytes, llvm::ArrayRef<int64_t> shape,
                 const std::byte *source, llvm::ArrayRef<int64_t> strides,
                 std::byte *destination,
                 llvm::ArrayRef<int64_t> destinationStrides);

/// softmax over `count` elements, in place.
template <typename T> void softmaxRow(T *row, int64_t count);

} // namespace vitc::reference

#endif // VITC_REFERENCE_KERNELS_H
