//===- QuantizeFunctions.cpp - Q and DQ as scalar functions ---------------===//
//
// vit.quantize and vit.dequantize run as pointwise launches. 8-bit integers
// enter the function as i32 (arith has no ui8) and leave it so: the store
// narrows them.
//
//===----------------------------------------------------------------------===//
#include "passes/select/ScalarFnBuilder.h"

using namespace mlir;

namespace vitc::vit {

/// The map of a scale or zero point: a scalar, or a vector over `axis`.
static AffineMap parameterMap(Value parameter, unsigned rank, int64_t axis) {
  MLIRContext *context = parameter.getContext();
  auto type = cast<RankedTensorType>(parameter.getType());
  if (type.getRank() == 0)
    return AffineMap::get(rank, 0, context);
  AffineExpr dim = type.getDimSize(0) == 1 ? getAffineConstantExpr(0, context)
                                           : getAffineDimExpr(axis, context);
  return AffineMap::get(rank, 0, {dim}, context);
}

/// Least and largest value of a quantised type.
static std::pair<float, float> rangeOf(Type type) {
  if (isa<Float8E4M3FNType>(type))
    return {-448, 448};
  if (isa<Float8E5M2Type>(type))
    return {-57344, 57344};
  unsigned bits = type.getIntOrFloatBitWidth();
  if (type.isUnsignedInteger())
    return {0, std::ldexp(1.0f, bits) - 1};
  return {-std::ldexp(1.0f, bits - 1), std::ldexp(1.0f, bits - 1) - 1};
}

ScalarFn quantizeFunction(QuantizeOp op) {
  auto type = cast<RankedTensorType>(op.getOutput().getType());
  unsigned rank = type.getRank();
  ScalarFnBuilder fn(op, nullptr, rank);
  OpBuilder &b = fn.builder();
  Location loc = op.getLoc();
  AffineMap parameter = parameterMap(op.getScale(), rank, op.getAxis());
  Value x = fn.leafAsF32(op.getInput(), b.getMultiDimIdentityMap(rank));
  x = arith::DivFOp::create(b, loc, x, fn.leafAsF32(op.getScale(), parameter));
  Type element = type.getElementType();
  bool integer = isa<IntegerType>(element);
  if (integer)
    x = math::RoundEvenOp::create(b, loc, x);
  if (op.getZeroPoint() && integer)
    x = arith::AddFOp::create(b, loc, x,
                              fn.leafAsF32(op.getZeroPoint(), parameter));
  auto [least, largest] = rangeOf(element);
  auto number = [&](float value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  };
  x = arith::MaximumFOp::create(b, loc, x, number(least));
  x = arith::MinimumFOp::create(b, loc, x, number(largest));
  if (integer)
    x = arith::FPToSIOp::create(b, loc, b.getI32Type(), x);
  fn.addKind("quantize");
  return fn.finish(x);
}

ScalarFn dequantizeFunction(DequantizeOp op) {
  auto type = cast<RankedTensorType>(op.getOutput().getType());
  unsigned rank = type.getRank();
  ScalarFnBuilder fn(op, nullptr, rank);
  OpBuilder &b = fn.builder();
  Location loc = op.getLoc();
  AffineMap parameter = parameterMap(op.getScale(), rank, op.getAxis());
  Value x = fn.leafAsF32(op.getInput(), b.getMultiDimIdentityMap(rank));
  if (op.getZeroPoint())
    x = arith::SubFOp::create(b, loc, x,
                              fn.leafAsF32(op.getZeroPoint(), parameter));
  x = arith::MulFOp::create(b, loc, x, fn.leafAsF32(op.getScale(), parameter));
  fn.addKind("dequantize");
  return fn.finish(x);
}

} // namespace vitc::vit
