//===- ImportQuant.cpp - QuantizeLinear and integer operators -------------===//
//
// Operators on integers (QLinearMatMul, MatMulInteger ...) become the float
// operator between vit.dequantize and vit.quantize, which is what they compute
// up to rounding.
//
//===----------------------------------------------------------------------===//
#include "frontend/Quantization.h"

#include "frontend/Contractions.h"
#include "frontend/OpTables.h"

using namespace mlir;
using vitc::onnx::TensorProto;

namespace vitc::frontend {

/// A scale or zero point as rank 0 where it is one number.
static mlir::Value scaleOf(Node &n, unsigned i) {
  mlir::Value v = n.in(i);
  if (v && vit::product(n.extentsOf(v)) == Extent{1, false})
    v = n.reshape(v, {});
  return v;
}

/// Spreads a zero point of one number over scales along an axis.
static mlir::Value zeroPointOf(Node &n, unsigned i, mlir::Value scale) {
  if (!n.has(i) || !scale)
    return {};
  mlir::Value zero = scaleOf(n, i);
  return zero ? n.broadcast(zero, n.extentsOf(scale)) : zero;
}

mlir::Value dequantized(Node &n, unsigned x, unsigned scale, unsigned zeroPoint,
                        int64_t axis) {
  mlir::Value s = scaleOf(n, scale), zero = zeroPointOf(n, zeroPoint, s);
  if (n.has(zeroPoint) && !zero)
    return {};
  return n.dequantize(n.in(x), s, zero, axis);
}

mlir::Value centred(Node &n, unsigned x, unsigned zeroPoint) {
  mlir::Value one = n.constant(1, n.b().getF32Type());
  mlir::Value zero;
  if (n.has(zeroPoint)) {
    zero = scaleOf(n, zeroPoint);
    if (!zero)
      return {};
    one = n.broadcast(one, n.extentsOf(zero));
  }
  return n.dequantize(n.in(x), one, zero, 0);
}

mlir::Value quantized(Node &n, mlir::Value v, unsigned scale,
                      unsigned zeroPoint, int64_t axis) {
  mlir::Value s = scaleOf(n, scale), zero = zeroPointOf(n, zeroPoint, s);
  if (!v || (n.has(zeroPoint) && !zero))
    return {};
  Type element = zero ? n.typeOf(zero).getElementType()
                      : n.importer.elementType(TensorProto::UINT8);
  return n.quantize(v, s, zero, axis, element);
}

//===----------------------------------------------------------------------===//
// QuantizeLinear and DequantizeLinear
//===----------------------------------------------------------------------===//

/// The axis of a scale along one, 0 for one scale. None after an error.
static std::optional<int64_t> scaleAxis(Node &n) {
  if (!n.has(0) || !n.has(1)) {
    (void)n.mismatch("expected an input and a scale");
    return std::nullopt;
  }
  if (n.rank(1) == 0 || vit::product(n.extents(1)) == Extent{1, false})
    return 0;
  return n.axis(n.attrInt("axis", 1), n.rank(0));
}

static LogicalResult importQuantize(Node &n) {
  auto axis = scaleAxis(n);
  if (!axis)
    return failure();
  if (n.attrInt("block_size", 0) != 0)
    return n.unsupported("QuantizeLinear has blocks along an axis");
  mlir::Value x = n.in(0);
  if (n.has(2))
    return n.out(quantized(n, x, 1, 2, *axis));
  int32_t to = int32_t(n.attrInt("output_dtype", TensorProto::UINT8));
  Type element =
      n.importer.elementType(to == 0 ? int32_t(TensorProto::UINT8) : to);
  return element ? n.out(n.quantize(x, scaleOf(n, 1), {}, *axis, element))
                 : n.unsupported("expected an output type of 8 bits");
}

/// One scale for each block of an axis: (x - zero) * scale, on blocks.
static mlir::Value dequantizeBlocks(Node &n, mlir::Value x, mlir::Value scale,
                                    mlir::Value zero, int64_t axis,
                                    int64_t block) {
  mlir::Value one = n.constant(1, n.b().getF32Type());
  x = n.dequantize(x, one, {}, 0);
  if (zero)
    zero = n.dequantize(zero, one, {}, 0);
  if (!x || !scale)
    return {};
  vit::Extents whole = n.extentsOf(x), blocks = whole, single;
  if (block < 1 || whole[axis].perBatch || whole[axis].value % block != 0) {
    (void)n.mismatch("expected the block size to divide the axis");
    return {};
  }
  blocks[axis].value /= block;
  single = blocks;
  blocks.insert(blocks.begin() + axis + 1, Extent{block, false});
  single.insert(single.begin() + axis + 1, Extent{1, false});
  x = n.reshape(x, blocks);
  if (zero)
    x = n.kind("sub", {x, n.reshape(zero, single)});
  Type element = n.typeOf(scale).getElementType();
  x = n.kind("mul", {n.cast(x, element), n.reshape(scale, single)});
  return n.reshape(x, whole);
}

static LogicalResult importDequantize(Node &n) {
  auto axis = scaleAxis(n);
  if (!axis)
    return failure();
  int64_t block = n.attrInt("block_size", 0);
  if (block == 0)
    return n.out(dequantized(n, 0, 1, 2, *axis));
  mlir::Value zero = n.in(2);
  if (n.has(2) && !zero)
    return failure();
  return n.out(dequantizeBlocks(n, n.in(0), n.in(1), zero, *axis, block));
}

/// y_scale = (max - min) / 255 over x and 0; y = quantize(x).
static LogicalResult importDynamicQuantize(Node &n) {
  mlir::Value x = n.in(0);
  if (!x)
    return failure();
  if (vit::batchDim(n.typeOf(x)) >= 0)
    return n.needsFixedBatch("one scale is computed over the whole batch");
  Dims axes;
  for (int64_t d = 0; d < n.rankOf(x); ++d)
    axes.push_back(d);
  mlir::Value high = n.kind("relu", {n.reduce("max", x, axes, false)});
  mlir::Value low = n.kind("min", {n.reduce("min", x, axes, false),
                                   n.constant(0, n.b().getF32Type())});
  mlir::Value scale =
      n.kind("scale", {n.kind("sub", {high, low})}, {1.0 / 255});
  // round(-low / scale) within 0..255 is -low quantised without a zero point.
  Type ui8 = n.importer.elementType(TensorProto::UINT8);
  mlir::Value zero = n.quantize(n.kind("neg", {low}), scale, {}, 0, ui8);
  mlir::Value y = n.quantize(x, scale, zero, 0, ui8);
  if (!y || failed(n.out(0, y)) || failed(n.out(1, scale)))
    return failure();
  return n.out(2, zero);
}

//===----------------------------------------------------------------------===//
// Products of integers
//===----------------------------------------------------------------------===//

/// a, b, a_zero_point, b_zero_point; exact while sums stay below 2^24.
static LogicalResult importMatMulInteger(Node &n) {
  mlir::Value y = product(n, centred(n, 0, 2), centred(n, 1, 3));
  return n.out(n.cast(y, n.b().getI32Type()));
}

static std::optional<WindowForm> weightWindow(Node &n, unsigned weight) {
  if (!n.has(0) || !n.has(weight) || n.rank(weight) != n.rank(0)) {
    (void)n.mismatch("expected an input and a weight of the same rank");
    return std::nullopt;
  }
  Dims kernel;
  for (Extent extent : ArrayRef(n.extents(weight)).drop_front(2))
    kernel.push_back(extent.value);
  return windowForm(n, kernel);
}

static LogicalResult importConvInteger(Node &n) {
  auto form = weightWindow(n, 1);
  if (!form)
    return failure();
  mlir::Value y = conv(n, centred(n, 0, 2), centred(n, 1, 3), {}, *form,
                       n.attrInt("group", 1));
  return n.out(n.cast(y, n.b().getI32Type()));
}

/// x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias (i32 with the
/// scale x_scale * w_scale).
static LogicalResult importQLinearConv(Node &n) {
  auto form = weightWindow(n, 3);
  if (!form)
    return failure();
  mlir::Value x = dequantized(n, 0, 1, 2), w = dequantized(n, 3, 4, 5, 0);
  mlir::Value bias;
  if (n.has(8)) {
    mlir::Value scale = n.kind("mul", {scaleOf(n, 1), scaleOf(n, 4)});
    bias = n.dequantize(n.in(8), scale, {}, 0);
    if (!bias)
      return failure();
  }
  mlir::Value y = conv(n, x, w, bias, *form, n.attrInt("group", 1));
  return n.out(quantized(n, y, 6, 7));
}

/// a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero.
static LogicalResult importQLinearMatMul(Node &n) {
  if (!n.has(0) || !n.has(3))
    return n.mismatch("expected two operands");
  mlir::Value a = dequantized(n, 0, 1, 2);
  mlir::Value b = dequantized(n, 3, 4, 5, n.rank(3) - 1);
  return n.out(quantized(n, product(n, a, b), 6, 7));
}

OpTable quantOps() {
  static const OpEntry table[] = {
      {"QuantizeLinear", importQuantize, nullptr, "",
       "per tensor and per channel, to 8 bits"},
      {"DequantizeLinear", importDequantize, nullptr, "",
       "per tensor, per channel and blocks; 4, 8 and 32 bits"},
      {"DynamicQuantizeLinear", importDynamicQuantize, nullptr, "",
       "fixed batch"},
      {"MatMulInteger", importMatMulInteger},
      {"ConvInteger", importConvInteger},
      {"QLinearConv", importQLinearConv},
      {"QLinearMatMul", importQLinearMatMul},
  };
  return table;
}

} // namespace vitc::frontend
