//===- MovementOps.cpp - Reshape, transpose, slice, concat, gather, pad ---===//
//
// Folds keep chains short: two ops of a kind in a row become one, one that
// changes nothing disappears.
//
//===----------------------------------------------------------------------===//
#include "dialect/OpUtils.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace vitc::vit;

//===----------------------------------------------------------------------===//
// vit.reshape
//===----------------------------------------------------------------------===//

// reshape_c1
LogicalResult ReshapeOp::verify() {
  return verifyResult(*this,
                      inferReshape(opError(*this), typeOf(getInput()),
                                   getExtents(typeOf(getOutput()))),
                      getOutput().getType());
}

void ReshapeOp::build(OpBuilder &builder, OperationState &state, Value input,
                      ArrayRef<Extent> extents) {
  auto type = inferredOrDie(
      inferReshape(errorAt(state.location), typeOf(input), extents));
  build(builder, state, type, input);
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto producer = getInput().getDefiningOp<ReshapeOp>();
  if (!producer || producer == *this)
    return {};
  if (producer.getInput().getType() == getType())
    return producer.getInput();
  getInputMutable().assign(producer.getInput());
  return getResult();
}

//===----------------------------------------------------------------------===//
// vit.transpose
//===----------------------------------------------------------------------===//

// transpose_c1, transpose_c2
LogicalResult TransposeOp::verify() {
  return verifyResult(
      *this,
      inferTranspose(opError(*this), typeOf(getInput()), getPermutation()),
      getOutput().getType());
}

void TransposeOp::build(OpBuilder &builder, OperationState &state, Value input,
                        ArrayRef<int64_t> permutation) {
  auto type = inferredOrDie(
      inferTranspose(errorAt(state.location), typeOf(input), permutation));
  build(builder, state, type, input, permutation);
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  ArrayRef<int64_t> outer = getPermutation();
  if (llvm::equal(outer, llvm::seq<int64_t>(0, outer.size())))
    return getInput();
  auto producer = getInput().getDefiningOp<TransposeOp>();
  if (!producer || producer == *this)
    return {};
  SmallVector<int64_t> composed;
  for (int64_t dim : outer)
    composed.push_back(producer.getPermutation()[dim]);
  if (llvm::equal(composed, llvm::seq<int64_t>(0, composed.size())))
    return producer.getInput();
  setPermutation(composed);
  getInputMutable().assign(producer.getInput());
  return getResult();
}

//===----------------------------------------------------------------------===//
// vit.slice
//===----------------------------------------------------------------------===//

// slice_c1, slice_c2, slice_c3
LogicalResult SliceOp::verify() {
  return verifyResult(*this,
                      inferSlice(opError(*this), typeOf(getInput()),
                                 getOffsets(), getExtents(typeOf(getOutput())),
                                 getStrides()),
                      getOutput().getType());
}

void SliceOp::build(OpBuilder &builder, OperationState &state, Value input,
                    ArrayRef<int64_t> offsets, ArrayRef<Extent> sizes,
                    ArrayRef<int64_t> strides) {
  auto type = inferredOrDie(inferSlice(errorAt(state.location), typeOf(input),
                                       offsets, sizes, strides));
  build(builder, state, type, input, offsets, strides);
}

void SliceOp::build(OpBuilder &builder, OperationState &state, Value input,
                    int64_t axis, int64_t offset, int64_t size) {
  Extents sizes = getExtents(typeOf(input));
  SmallVector<int64_t> offsets(sizes.size(), 0), strides(sizes.size(), 1);
  offsets[axis] = offset;
  sizes[axis] = Extent{size, false};
  build(builder, state, input, offsets, sizes, strides);
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  auto isStep = [](int64_t stride) { return stride == 1; };
  // Of one shape, only a reversed dimension of size 2 or more differs.
  if (getInput().getType() == getType() && llvm::all_of(getStrides(), isStep))
    return getInput();
  auto producer = getInput().getDefiningOp<SliceOp>();
  if (!producer || producer == *this)
    return {};
  Extents sizes = getExtents(getType());
  SmallVector<int64_t> offsets, strides;
  for (auto [dim, offset] : llvm::enumerate(getOffsets())) {
    int64_t step = producer.getStrides()[dim], stride = 1;
    if (sizes[dim].value == 0)
      return {}; // its offset may lie one past the end
    if (sizes[dim].value > 1 &&
        llvm::MulOverflow(getStrides()[dim], step, stride))
      return {};
    offsets.push_back(producer.getOffsets()[dim] + offset * step);
    strides.push_back(sizes[dim].perBatch ? 1 : stride);
  }
  setOffsets(offsets);
  setStrides(strides);
  getInputMutable().assign(producer.getInput());
  return getResult();
}

//===----------------------------------------------------------------------===//
// vit.concat, vit.gather
//===----------------------------------------------------------------------===//

// concat_c1
LogicalResult ConcatOp::verify() {
  auto types = llvm::map_to_vector(getInputs(), typeOf);
  return verifyResult(
      *this, inferConcat(opError(*this), types, getAxisAttr().getInt()),
      getOutput().getType());
}

void ConcatOp::build(OpBuilder &builder, OperationState &state,
                     ValueRange inputs, int64_t axis) {
  auto types = llvm::map_to_vector(inputs, typeOf);
  build(builder, state,
        inferredOrDie(inferConcat(errorAt(state.location), types, axis)),
        inputs, axis);
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getInputs().size() == 1)
    return getInputs().front();
  return {};
}

// gather_c1, gather_c2
LogicalResult GatherOp::verify() {
  return verifyResult(*this,
                      inferGather(opError(*this), typeOf(getInput()),
                                  typeOf(getIndices()), getAxisAttr().getInt()),
                      getOutput().getType());
}

void GatherOp::build(OpBuilder &builder, OperationState &state, Value input,
                     Value indices, int64_t axis) {
  auto type = inferredOrDie(inferGather(errorAt(state.location), typeOf(input),
                                        typeOf(indices), axis));
  build(builder, state, type, input, indices, axis);
}

//===----------------------------------------------------------------------===//
// vit.pad, vit.broadcast
//===----------------------------------------------------------------------===//

// pad_c1, pad_c2
LogicalResult PadOp::verify() {
  return verifyResult(
      *this, inferPad(opError(*this), typeOf(getInput()), getLow(), getHigh()),
      getOutput().getType());
}

void PadOp::build(OpBuilder &builder, OperationState &state, Value input,
                  ArrayRef<int64_t> low, ArrayRef<int64_t> high, float value) {
  auto type = inferredOrDie(
      inferPad(errorAt(state.location), typeOf(input), low, high));
  build(builder, state, type, input, low, high, llvm::APFloat(value));
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  auto isZero = [](int64_t width) { return width == 0; };
  if (llvm::all_of(getLow(), isZero) && llvm::all_of(getHigh(), isZero))
    return getInput();
  return {};
}

// broadcast_c1
LogicalResult BroadcastOp::verify() {
  return verifyResult(*this,
                      inferBroadcast(opError(*this), typeOf(getInput()),
                                     getExtents(typeOf(getOutput()))),
                      getOutput().getType());
}

void BroadcastOp::build(OpBuilder &builder, OperationState &state, Value input,
                        ArrayRef<Extent> extents) {
  auto type = inferredOrDie(
      inferBroadcast(errorAt(state.location), typeOf(input), extents));
  build(builder, state, type, input);
}

OpFoldResult BroadcastOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto producer = getInput().getDefiningOp<BroadcastOp>();
  if (!producer || producer == *this)
    return {};
  getInputMutable().assign(producer.getInput());
  return getResult();
}
