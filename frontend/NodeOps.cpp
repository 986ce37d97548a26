//===- NodeOps.cpp - Builders of vit ops for import functions -------------===//
#include "frontend/Node.h"

#include "dialect/Payload.h"
#include "dialect/ShapeInference.h"

using namespace mlir;

namespace vitc::frontend {

static bool allThere(ArrayRef<mlir::Value> values) {
  return llvm::all_of(values, [](mlir::Value v) { return bool(v); });
}

/// The type of an optional operand.
static RankedTensorType typeOrNull(mlir::Value value) {
  return value ? Node::typeOf(value) : RankedTensorType();
}

mlir::Value Node::reshape(mlir::Value v, ArrayRef<Extent> extents) const {
  if (!v)
    return {};
  auto type = vit::inferReshape(errors(), typeOf(v), extents);
  if (failed(type))
    return {};
  return *type == v.getType() ? v : vit::ReshapeOp::create(b(), loc, *type, v);
}

mlir::Value Node::transpose(mlir::Value v, ArrayRef<int64_t> perm) const {
  if (!v)
    return {};
  auto type = vit::inferTranspose(errors(), typeOf(v), perm);
  if (failed(type))
    return {};
  bool identity = true;
  for (size_t i = 0; i < perm.size(); ++i)
    identity &= perm[i] == int64_t(i);
  if (identity)
    return v;
  return vit::TransposeOp::create(b(), loc, *type, v, perm);
}

mlir::Value Node::broadcast(mlir::Value v, ArrayRef<Extent> extents) const {
  if (!v)
    return {};
  auto type = vit::inferBroadcast(errors(), typeOf(v), extents);
  if (failed(type))
    return {};
  return *type == v.getType() ? v
                              : vit::BroadcastOp::create(b(), loc, *type, v);
}

mlir::Value Node::slice(mlir::Value v, ArrayRef<int64_t> offsets,
                        ArrayRef<Extent> sizes,
                        ArrayRef<int64_t> strides) const {
  if (!v)
    return {};
  auto type = vit::inferSlice(errors(), typeOf(v), offsets, sizes, strides);
  if (failed(type))
    return {};
  if (*type == v.getType() &&
      llvm::all_of(strides, [](int64_t stride) { return stride == 1; }))
    return v;
  return vit::SliceOp::create(b(), loc, *type, v, offsets, strides);
}

mlir::Value Node::slice(mlir::Value v, int64_t axis, int64_t offset,
                        int64_t size) const {
  if (!v)
    return {};
  vit::Extents sizes = extentsOf(v);
  Dims offsets(sizes.size(), 0), strides(sizes.size(), 1);
  offsets[axis] = offset;
  sizes[axis] = {size, false};
  return slice(v, offsets, sizes, strides);
}

mlir::Value Node::concat(ArrayRef<mlir::Value> values, int64_t axis) const {
  if (values.empty() || !allThere(values))
    return {};
  if (values.size() == 1)
    return values.front();
  SmallVector<RankedTensorType> types;
  for (mlir::Value v : values)
    types.push_back(typeOf(v));
  auto type = vit::inferConcat(errors(), types, axis);
  if (failed(type))
    return {};
  return vit::ConcatOp::create(b(), loc, *type, values, axis);
}

mlir::Value Node::gather(mlir::Value v, mlir::Value indices,
                         int64_t axis) const {
  if (!v || !indices)
    return {};
  auto type = vit::inferGather(errors(), typeOf(v), typeOf(indices), axis);
  if (failed(type))
    return {};
  return vit::GatherOp::create(b(), loc, *type, v, indices, axis);
}

mlir::Value Node::pad(mlir::Value v, ArrayRef<int64_t> low,
                      ArrayRef<int64_t> high, float value) const {
  if (!v)
    return {};
  auto type = vit::inferPad(errors(), typeOf(v), low, high);
  if (failed(type))
    return {};
  if (*type == v.getType())
    return v;
  return vit::PadOp::create(b(), loc, *type, v, b().getDenseI64ArrayAttr(low),
                            b().getDenseI64ArrayAttr(high),
                            b().getF32FloatAttr(value));
}

mlir::Value Node::linear(mlir::Value x, mlir::Value weight,
                         mlir::Value bias) const {
  if (!x || !weight)
    return {};
  auto type =
      vit::inferLinear(errors(), typeOf(x), typeOf(weight), typeOrNull(bias));
  if (failed(type))
    return {};
  return vit::LinearOp::create(b(), loc, *type, x, weight, bias);
}

mlir::Value Node::matmul(mlir::Value lhs, mlir::Value rhs,
                         bool transposeRhs) const {
  if (!lhs || !rhs)
    return {};
  auto type =
      vit::inferMatmul(errors(), typeOf(lhs), typeOf(rhs), transposeRhs);
  if (failed(type))
    return {};
  return vit::MatmulOp::create(b(), loc, *type, lhs, rhs, transposeRhs);
}

mlir::Value Node::attention(mlir::Value q, mlir::Value k, mlir::Value v,
                            mlir::Value bias, int64_t heads, int64_t kvHeads,
                            double scale, bool causal) const {
  if (!q || !k || !v)
    return {};
  auto type = vit::inferAttention(errors(), typeOf(q), typeOf(k), typeOf(v),
                                  typeOrNull(bias), heads, kvHeads);
  if (failed(type))
    return {};
  return vit::AttentionOp::create(
      b(), loc, *type, q, k, v, bias, b().getI64IntegerAttr(heads),
      b().getI64IntegerAttr(kvHeads), b().getF32FloatAttr(float(scale)),
      causal ? b().getUnitAttr() : UnitAttr());
}

mlir::Value Node::layerNorm(mlir::Value x, mlir::Value gamma, mlir::Value beta,
                            double epsilon, bool rms) const {
  if (!x)
    return {};
  auto type = vit::inferLayerNorm(errors(), typeOf(x), typeOrNull(gamma),
                                  typeOrNull(beta), rms);
  if (failed(type))
    return {};
  return vit::LayerNormOp::create(b(), loc, *type, x, gamma, beta,
                                  b().getF32FloatAttr(float(epsilon)),
                                  rms ? b().getUnitAttr() : UnitAttr());
}

mlir::Value Node::softmax(mlir::Value v, int64_t axis, bool log) const {
  if (!v)
    return {};
  auto type = vit::inferSoftmax(errors(), typeOf(v), axis);
  if (failed(type))
    return {};
  return vit::SoftmaxOp::create(b(), loc, *type, v, b().getI64IntegerAttr(axis),
                                log ? b().getUnitAttr() : UnitAttr());
}

mlir::Value Node::reduce(StringRef kind, mlir::Value v, ArrayRef<int64_t> axes,
                         bool keepDims) const {
  if (!v)
    return {};
  Dims sorted(axes);
  llvm::sort(sorted);
  auto type = vit::inferReduce(errors(), typeOf(v), kind, sorted, keepDims);
  if (failed(type))
    return {};
  return vit::ReduceOp::create(b(), loc, *type, v, b().getStringAttr(kind),
                               b().getDenseI64ArrayAttr(sorted),
                               keepDims ? b().getUnitAttr() : UnitAttr());
}

mlir::Value Node::kind(StringRef kind, ArrayRef<mlir::Value> inputs,
                       ArrayRef<double> params, Type element) const {
  if (!allThere(inputs))
    return {};
  vit::PointwiseOp op = vit::buildKind(b(), loc, kind, inputs, params, element);
  return op ? op.getOutput() : mlir::Value();
}

mlir::Value Node::cast(mlir::Value v, Type element) const {
  if (!v || typeOf(v).getElementType() == element)
    return v;
  vit::PointwiseOp op = vit::buildCast(b(), loc, v, element);
  return op ? op.getOutput() : mlir::Value();
}

mlir::Value Node::quantize(mlir::Value x, mlir::Value scale,
                           mlir::Value zeroPoint, int64_t axis,
                           Type element) const {
  if (!x || !scale)
    return {};
  auto type = vit::inferQuantize(errors(), typeOf(x), typeOf(scale),
                                 typeOrNull(zeroPoint), axis, element);
  if (failed(type))
    return {};
  return vit::QuantizeOp::create(b(), loc, *type, x, scale, zeroPoint,
                                 b().getI64IntegerAttr(axis));
}

mlir::Value Node::dequantize(mlir::Value x, mlir::Value scale,
                             mlir::Value zeroPoint, int64_t axis) const {
  if (!x || !scale)
    return {};
  auto type = vit::inferQuantize(errors(), typeOf(x), typeOf(scale),
                                 typeOrNull(zeroPoint), axis,
                                 typeOf(scale).getElementType());
  if (failed(type))
    return {};
  return vit::DequantizeOp::create(b(), loc, *type, x, scale, zeroPoint,
                                   b().getI64IntegerAttr(axis));
}

mlir::Value Node::constant(HostTensor tensor) const {
  ValuePtr value = importer.hostValue(std::move(tensor), name.name + "/const");
  return importer.materialize(*value, loc);
}

mlir::Value Node::constant(double value, Type element,
                           ArrayRef<int64_t> dims) const {
  HostTensor tensor;
  tensor.type = DataType(Importer::dataTypeOf(element));
  tensor.dims.assign(dims.begin(), dims.end());
  Scalar scalar = isa<FloatType>(element)
                      ? roundTo(tensor.type, Scalar::ofFloat(value))
                      : Scalar::ofInt(int64_t(value));
  tensor.data.assign(size_t(*elementCount(dims)), scalar);
  return constant(std::move(tensor));
}

} // namespace vitc::frontend
