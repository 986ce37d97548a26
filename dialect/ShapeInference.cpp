//===- ShapeInference.cpp - Broadcasting, pointwise, quantisation ---------===//
#include "dialect/ShapeInference.h"

using namespace mlir;

namespace vitc::vit {

std::string toString(ArrayRef<Extent> extents) {
  std::string text = "[";
  for (auto [i, extent] : llvm::enumerate(extents))
    text += (i ? ", " : "") + toString(extent);
  return text + "]";
}

FailureOr<Extents> broadcastExtents(EmitError emitError, ArrayRef<Extent> lhs,
                                    ArrayRef<Extent> rhs) {
  if (lhs.size() < rhs.size())
    std::swap(lhs, rhs);
  Extents result(lhs);
  size_t lead = lhs.size() - rhs.size();
  for (auto [i, extent] : llvm::enumerate(rhs)) {
    Extent &other = result[lead + i];
    if (other == extent || extent == Extent{1, false})
      continue;
    if (other != Extent{1, false})
      return emitError() << "expects shapes that broadcast, but got "
                         << toString(lhs) << " and " << toString(rhs);
    other = extent;
  }
  return result;
}

InferredType checkedTensorType(EmitError emitError, ArrayRef<Extent> extents,
                               Type element) {
  constexpr int64_t kMaxElements = int64_t(1) << 62;
  int64_t batches = 0, count = 1;
  for (Extent extent : extents) {
    batches += extent.perBatch;
    if (extent.value < 0 || (extent.perBatch && extent.value == 0))
      return emitError() << "expects sizes that are not negative, but got "
                         << toString(extents);
    if (extent.value && count > kMaxElements / extent.value)
      return emitError() << "expects at most 2^62 elements, but got "
                         << toString(extents);
    count *= std::max<int64_t>(extent.value, 1);
  }
  if (batches > 1)
    return emitError() << "expects one dimension that depends on the batch, "
                          "but got "
                       << toString(extents);
  return makeTensorType(extents, element);
}

InferredType inferPointwise(EmitError emitError,
                            ArrayRef<RankedTensorType> inputs, Type element) {
  if (inputs.empty())
    return emitError() << "expects at least one input";
  Extents extents = getExtents(inputs.front());
  for (RankedTensorType input : inputs.drop_front()) {
    FailureOr<Extents> both =
        broadcastExtents(emitError, extents, getExtents(input));
    if (failed(both))
      return failure();
    extents = *both;
  }
  return checkedTensorType(emitError, extents, element);
}

/// Whether `type` is a scalar or has one value an index of the axis.
static LogicalResult checkPerAxis(EmitError emitError, StringRef what,
                                  RankedTensorType type, Extent axisSize) {
  if (type.getRank() == 0 || getExtents(type) == Extents{axisSize})
    return success();
  return emitError() << "expects a " << what << " that is a scalar or "
                     << toString(ArrayRef(axisSize)) << ", but got "
                     << toString(getExtents(type));
}

InferredType inferQuantize(EmitError emitError, RankedTensorType input,
                           RankedTensorType scale, RankedTensorType zeroPoint,
                           int64_t axis, Type element) {
  Extents extents = getExtents(input);
  bool scalar = scale.getRank() == 0;
  if (!scalar && (axis < 0 || axis >= input.getRank()))
    return emitError() << "expects an axis in [0, " << input.getRank()
                       << "), but got " << axis;
  Extent axisSize = scalar ? Extent{} : extents[axis];
  if (failed(checkPerAxis(emitError, "scale", scale, axisSize)))
    return failure();
  if (zeroPoint && getExtents(zeroPoint) != getExtents(scale))
    return emitError() << "expects scale and zero point of one shape, but got "
                       << toString(getExtents(scale)) << " and "
                       << toString(getExtents(zeroPoint));
  return makeTensorType(extents, element);
}

} // namespace vitc::vit
