//===- ShapeInferenceMovement.cpp - Reshape, slice, concat, gather --------===//
#include "dialect/ShapeInference.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace vitc::vit {

InferredType inferReshape(EmitError emitError, RankedTensorType input,
                          ArrayRef<Extent> extents) {
  InferredType type =
      checkedTensorType(emitError, extents, input.getElementType());
  if (failed(type))
    return failure();
  if (numElements(*type) != numElements(input))
    return emitError() << "expects " << toString(numElements(input))
                       << " elements, but got " << toString(numElements(*type))
                       << " in " << toString(extents);
  return type;
}

InferredType inferTranspose(EmitError emitError, RankedTensorType input,
                            ArrayRef<int64_t> permutation) {
  int64_t rank = input.getRank();
  SmallVector<bool> seen(rank, false);
  bool valid = static_cast<int64_t>(permutation.size()) == rank;
  for (int64_t dim : permutation) {
    valid = valid && dim >= 0 && dim < rank && !seen[dim];
    if (!valid)
      break;
    seen[dim] = true;
  }
  if (!valid)
    return emitError() << "expects a permutation of " << rank
                       << " dimensions, but got [" << permutation << "]";
  Extents in = getExtents(input), out;
  for (int64_t dim : permutation)
    out.push_back(in[dim]);
  return makeTensorType(out, input.getElementType());
}

InferredType inferSlice(EmitError emitError, RankedTensorType input,
                        ArrayRef<int64_t> offsets, ArrayRef<Extent> sizes,
                        ArrayRef<int64_t> strides) {
  Extents in = getExtents(input);
  if (offsets.size() != in.size() || strides.size() != in.size() ||
      sizes.size() != in.size())
    return emitError() << "expects " << in.size()
                       << " offsets, strides and sizes, but got "
                       << offsets.size() << ", " << strides.size() << " and "
                       << sizes.size();
  for (size_t dim = 0; dim < in.size(); ++dim) {
    int64_t offset = offsets[dim], stride = strides[dim];
    if (stride == 0)
      return emitError() << "expects strides that are not 0";
    if (in[dim].perBatch || sizes[dim].perBatch) {
      if (in[dim] != sizes[dim] || offset != 0 || stride != 1)
        return emitError() << "expects batch dimension " << dim
                           << " to be taken whole";
      continue;
    }
    int64_t size = sizes[dim].value, step, last;
    bool inside = size >= 0 && offset >= 0 && offset <= in[dim].value;
    if (inside && size > 0)
      inside = !llvm::MulOverflow(size - 1, stride, step) &&
               !llvm::AddOverflow(offset, step, last) &&
               offset < in[dim].value && last >= 0 && last < in[dim].value;
    if (!inside)
      return emitError() << "expects elements within [0, " << in[dim].value
                         << ") of dimension " << dim << ", but got " << size
                         << " from " << offset << " by " << stride;
  }
  return checkedTensorType(emitError, sizes, input.getElementType());
}

InferredType inferConcat(EmitError emitError, ArrayRef<RankedTensorType> inputs,
                         int64_t axis) {
  if (inputs.empty())
    return emitError() << "expects at least one input";
  Extents result = getExtents(inputs.front());
  if (axis < 0 || axis >= static_cast<int64_t>(result.size()))
    return emitError() << "expects an axis in [0, " << result.size()
                       << "), but got " << axis;
  for (RankedTensorType input : inputs.drop_front()) {
    if (input.getElementType() != inputs.front().getElementType())
      return emitError() << "expects inputs of one element type, but got "
                         << inputs.front().getElementType() << " and "
                         << input.getElementType();
    Extents extents = getExtents(input), expected = result;
    bool agree = extents.size() == result.size() &&
                 extents[axis].perBatch == result[axis].perBatch;
    if (agree) {
      expected[axis] = extents[axis];
      agree = expected == extents;
    }
    if (!agree)
      return emitError() << "expects inputs that agree but for axis " << axis
                         << ", but got " << toString(result) << " and "
                         << toString(extents);
    result[axis].value += extents[axis].value;
  }
  return checkedTensorType(emitError, result, inputs.front().getElementType());
}

InferredType inferGather(EmitError emitError, RankedTensorType input,
                         RankedTensorType indices, int64_t axis) {
  if (axis < 0 || axis >= input.getRank())
    return emitError() << "expects an axis in [0, " << input.getRank()
                       << "), but got " << axis;
  Extents in = getExtents(input), index = getExtents(indices);
  Extents out(in.begin(), in.begin() + axis);
  out.append(index.begin(), index.end());
  out.append(in.begin() + axis + 1, in.end());
  return checkedTensorType(emitError, out, input.getElementType());
}

InferredType inferPad(EmitError emitError, RankedTensorType input,
                      ArrayRef<int64_t> low, ArrayRef<int64_t> high) {
  Extents extents = getExtents(input);
  if (low.size() != extents.size() || high.size() != extents.size())
    return emitError() << "expects " << extents.size()
                       << " widths on each side, but got " << low.size()
                       << " and " << high.size();
  for (auto [dim, extent] : llvm::enumerate(extents)) {
    if (extent.perBatch && (low[dim] || high[dim]))
      return emitError() << "expects no padding of batch dimension " << dim;
    if (llvm::AddOverflow(extent.value, low[dim], extent.value) ||
        llvm::AddOverflow(extent.value, high[dim], extent.value))
      return emitError() << "expects widths below 2^62";
  }
  return checkedTensorType(emitError, extents, input.getElementType());
}

InferredType inferBroadcast(EmitError emitError, RankedTensorType input,
                            ArrayRef<Extent> extents) {
  FailureOr<Extents> both =
      broadcastExtents(emitError, getExtents(input), extents);
  if (failed(both))
    return failure();
  if (ArrayRef(*both) != extents)
    return emitError() << "expects a shape that " << toString(getExtents(input))
                       << " broadcasts to, but got " << toString(extents);
  return checkedTensorType(emitError, extents, input.getElementType());
}

} // namespace vitc::vit
