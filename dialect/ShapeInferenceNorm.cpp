//===- ShapeInferenceNorm.cpp - Norms, reductions, pooling ----------------===//
#include "dialect/ShapeInference.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace vitc::vit {

static Type elementOr(Type element, RankedTensorType type) {
  return element ? element : type.getElementType();
}

InferredType inferLayerNorm(EmitError emitError, RankedTensorType input,
                            RankedTensorType gamma, RankedTensorType beta,
                            bool rms, Type element) {
  if (input.getRank() < 1)
    return emitError() << "expects an input of rank 1 or more";
  Extents channels{getExtents(input).back()};
  for (RankedTensorType affine : {gamma, beta})
    if (affine && getExtents(affine) != channels)
      return emitError() << "expects gamma and beta of " << toString(channels)
                         << " to match the last input dimension, but got "
                         << toString(getExtents(affine));
  if (rms && beta)
    return emitError() << "expects no beta with rms";
  return withElement(input, elementOr(element, input));
}

InferredType inferSoftmax(EmitError emitError, RankedTensorType input,
                          int64_t axis, Type element) {
  if (axis < 0 || axis >= input.getRank())
    return emitError() << "expects an axis in [0, " << input.getRank()
                       << "), but got " << axis;
  return withElement(input, elementOr(element, input));
}

InferredType inferReduce(EmitError emitError, RankedTensorType input,
                         StringRef kind, ArrayRef<int64_t> axes, bool keepDims,
                         Type element) {
  for (auto [i, axis] : llvm::enumerate(axes))
    if (axis < 0 || axis >= input.getRank() || (i && axes[i - 1] >= axis))
      return emitError() << "expects ascending axes in [0, " << input.getRank()
                         << "), but got " << axis << " at position " << i;
  if (!llvm::is_contained({"sum", "mean", "max", "min", "sum_square", "l2",
                           "l1", "prod", "argmax"},
                          kind))
    return emitError() << "expects a known kind of reduction, but got '" << kind
                       << "'";
  if (kind == "argmax" && axes.size() != 1)
    return emitError() << "expects one axis for argmax, but got "
                       << axes.size();
  Extents extents;
  for (auto [dim, extent] : llvm::enumerate(getExtents(input))) {
    if (!llvm::is_contained(axes, static_cast<int64_t>(dim)))
      extents.push_back(extent);
    else if (keepDims)
      extents.push_back(Extent{1, false});
  }
  Type result = kind == "argmax" ? IntegerType::get(input.getContext(), 64)
                                 : elementOr(element, input);
  return makeTensorType(extents, result);
}

/// The number of positions of a window along one dimension; fails where it is
/// below one.
static FailureOr<int64_t> slide(EmitError emitError, int64_t size,
                                int64_t kernel, int64_t stride, int64_t before,
                                int64_t after, int64_t dilation,
                                bool ceilMode) {
  constexpr int64_t kLimit = int64_t(1) << 40;
  for (int64_t value : {size, kernel, stride, before, after, dilation})
    if (value < 0 || value > kLimit)
      return emitError() << "expects window sizes in [0, 2^40], but got "
                         << value;
  if (kernel < 1 || stride < 1 || dilation < 1 || kernel > kLimit / dilation)
    return emitError() << "expects kernel, stride and dilation of at least 1";
  int64_t span = size + before + after - dilation * (kernel - 1) - 1;
  if (span < 0)
    return emitError() << "expects a window of at most the padded size "
                       << size + before + after << ", but got "
                       << dilation * (kernel - 1) + 1;
  int64_t count = span / stride + 1;
  // As the frameworks do, a window must not start in the padding at the end.
  if (ceilMode && span % stride != 0 && count * stride < size + before)
    ++count;
  return count;
}

InferredType inferPool2D(EmitError emitError, RankedTensorType input,
                         StringRef kind, ArrayRef<int64_t> kernel,
                         ArrayRef<int64_t> strides, ArrayRef<int64_t> pads,
                         ArrayRef<int64_t> dilations, bool ceilMode,
                         Type element) {
  Extents extents = getExtents(input);
  if (extents.size() != 4 || extents[2].perBatch || extents[3].perBatch)
    return emitError() << "expects an input of rank 4 with static height and "
                          "width, but got "
                       << toString(extents);
  if (kind != "average" && kind != "max")
    return emitError() << "expects kind average or max, but got '" << kind
                       << "'";
  if (kernel.size() != 2 || strides.size() != 2 || pads.size() != 4 ||
      dilations.size() != 2)
    return emitError() << "expects 2 kernel sizes, 2 strides, 4 pads and 2 "
                          "dilations, but got "
                       << kernel.size() << ", " << strides.size() << ", "
                       << pads.size() << " and " << dilations.size();
  for (int i = 0; i < 2; ++i) {
    FailureOr<int64_t> count =
        slide(emitError, extents[2 + i].value, kernel[i], strides[i], pads[i],
              pads[2 + i], dilations[i], ceilMode);
    if (failed(count))
      return failure();
    extents[2 + i].value = *count;
  }
  return checkedTensorType(emitError, extents, elementOr(element, input));
}

} // namespace vitc::vit
