//===- PointwiseOps.cpp - Pointwise functions, quantisation, regions ------===//
#include "dialect/OpUtils.h"
#include "dialect/Payload.h"

using namespace mlir;
using namespace vitc::vit;

//===----------------------------------------------------------------------===//
// vit.pointwise
//===----------------------------------------------------------------------===//

/// (C2) for one input: results are agreeing dimensions, or 0 at a size of 1.
static LogicalResult verifyMap(PointwiseOp op, AffineMap map,
                               RankedTensorType input) {
  Extents in = getExtents(input), out = getExtents(op.getType());
  if (map.getNumDims() != out.size() || map.getNumSymbols() != 0 ||
      map.getNumResults() != in.size())
    return op.emitOpError("expects a map from ")
           << out.size() << " to " << in.size() << " dimensions, but got "
           << AffineMapAttr::get(map);
  for (auto [result, extent] : llvm::zip(map.getResults(), in)) {
    if (auto constant = dyn_cast<AffineConstantExpr>(result)) {
      if (constant.getValue() == 0 && extent == Extent{1, false})
        continue;
    } else if (auto dim = dyn_cast<AffineDimExpr>(result)) {
      if (out[dim.getPosition()] == extent)
        continue;
    }
    return op.emitOpError("expects map results that are dimensions of the "
                          "input's sizes, or 0 at a size of 1, but got ")
           << AffineMapAttr::get(map) << " for " << input;
  }
  return success();
}

LogicalResult PointwiseOp::verify() {
  if (getMaps().size() != getInputs().size()) // pointwise_c1
    return emitOpError("expects ")
           << getInputs().size() << " maps, but got " << getMaps().size();
  for (auto [map, input] : llvm::zip(getMaps(), getInputs())) // pointwise_c2
    if (failed(verifyMap(*this, cast<AffineMapAttr>(map).getValue(),
                         typeOf(input))))
      return failure();
  SmallVector<Type> scalars;
  for (Value input : getInputs())
    scalars.push_back(getElementTypeOrSelf(input));
  // pointwise_c1, pointwise_c3
  if (failed(verifyRegionSignature(*this, getBody(), scalars,
                                   {getElementTypeOrSelf(getType())})))
    return failure();
  for (Operation &op : getBody().front().without_terminator())
    if (failed(verifyPayloadOp(&op))) // pointwise_c4
      return failure();
  for (Type scalar : scalars)
    if (!isPayloadType(scalar))
      return emitOpError("expects inputs that a payload can hold, but got ")
             << scalar;
  return success();
}

OpFoldResult PointwiseOp::fold(FoldAdaptor) {
  Block &block = getBody().front();
  auto yield = cast<YieldOp>(block.getTerminator());
  auto argument = dyn_cast<BlockArgument>(yield.getValues().front());
  if (!argument || argument.getOwner() != &block)
    return {};
  Value input = getInputs()[argument.getArgNumber()];
  auto map = cast<AffineMapAttr>(getMaps()[argument.getArgNumber()]).getValue();
  if (input.getType() == getType() && map.isIdentity())
    return input;
  return {};
}

//===----------------------------------------------------------------------===//
// vit.quantize, vit.dequantize
//===----------------------------------------------------------------------===//

static bool isQuantized(Type type) {
  return type.isInteger(8) || isa<Float8E4M3FNType, Float8E5M2Type>(type);
}

// quantize_c1
LogicalResult QuantizeOp::verify() {
  Type element = getElementTypeOrSelf(getOutput());
  if (!isQuantized(element))
    return emitOpError("expects an output of 8 bits, but got ") << element;
  if (getZeroPoint() && getElementTypeOrSelf(getZeroPoint()) != element)
    return emitOpError("expects a zero point of ")
           << element << ", but got " << getElementTypeOrSelf(getZeroPoint());
  return verifyResult(*this,
                      inferQuantize(opError(*this), typeOf(getInput()),
                                    typeOf(getScale()), typeOf(getZeroPoint()),
                                    getAxisAttr().getInt(), element),
                      getOutput().getType());
}

void QuantizeOp::build(OpBuilder &builder, OperationState &state, Value input,
                       Value scale, Value zeroPoint, int64_t axis,
                       Type element) {
  auto type = inferredOrDie(inferQuantize(errorAt(state.location),
                                          typeOf(input), typeOf(scale),
                                          typeOf(zeroPoint), axis, element));
  build(builder, state, type, input, scale, zeroPoint, axis);
}

// dequantize_c1
LogicalResult DequantizeOp::verify() {
  Type stored = getElementTypeOrSelf(getInput());
  if (!isQuantized(stored) && !stored.isInteger(32))
    return emitOpError("expects an input of 8 bits or i32, but got ") << stored;
  if (getZeroPoint() && getElementTypeOrSelf(getZeroPoint()) != stored)
    return emitOpError("expects a zero point of ")
           << stored << ", but got " << getElementTypeOrSelf(getZeroPoint());
  return verifyResult(*this,
                      inferQuantize(opError(*this), typeOf(getInput()),
                                    typeOf(getScale()), typeOf(getZeroPoint()),
                                    getAxisAttr().getInt(),
                                    getElementTypeOrSelf(getOutput())),
                      getOutput().getType());
}

void DequantizeOp::build(OpBuilder &builder, OperationState &state, Value input,
                         Value scale, Value zeroPoint, int64_t axis) {
  auto type = inferredOrDie(
      inferQuantize(errorAt(state.location), typeOf(input), typeOf(scale),
                    typeOf(zeroPoint), axis, getElementTypeOrSelf(scale)));
  build(builder, state, type, input, scale, zeroPoint, axis);
}

//===----------------------------------------------------------------------===//
// vit.fused, vit.region
//===----------------------------------------------------------------------===//

LogicalResult FusedOp::verify() {
  // fused_c1
  if (failed(verifyRegionSignature(*this, getBody(), getInputs().getTypes(),
                                   getOutputs().getTypes())))
    return failure();
  int64_t anchors = 0;
  for (Operation &op : getBody().front().without_terminator())
    anchors += !isa<PointwiseOp>(op);
  if (anchors > 1) // fused_c2
    return emitOpError("expects at most one op that is not vit.pointwise, but "
                       "got ")
           << anchors;
  return success();
}

LogicalResult RegionOp::verify() {
  if (getDeviceAttr().getInt() < 0) // region_c2
    return emitOpError("expects a device of 0 or more, but got ")
           << getDeviceAttr().getInt();
  // region_c1
  return verifyRegionSignature(*this, getBody(), getInputs().getTypes(),
                               getOutputs().getTypes());
}
