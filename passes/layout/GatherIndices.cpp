//===- GatherIndices.cpp - Indices as the gather kernel wants them --------===//
#include "passes/layout/GatherIndices.h"

#include "dialect/Batch.h"
#include "dialect/Locations.h"
#include "dialect/Payload.h"
#include "dialect/Weights.h"

using namespace mlir;

namespace vitc::vit {

/// first, first + step, ...: nothing for other sequences.
static std::optional<int64_t> stepOf(ArrayRef<int64_t> indices) {
  if (indices.size() == 1)
    return 1;
  int64_t step = indices[1] - indices[0];
  for (size_t i = 2; i < indices.size(); ++i)
    if (indices[i] - indices[i - 1] != step)
      return std::nullopt;
  return step != 0 ? std::optional(step) : std::nullopt;
}

static void replaceBySlice(GatherOp op, ArrayRef<int64_t> indices,
                           int64_t step) {
  OpBuilder builder(op);
  auto type = cast<RankedTensorType>(op.getInput().getType());
  auto out = cast<RankedTensorType>(op.getOutput().getType());
  Extents extents = getExtents(type);
  SmallVector<int64_t> offsets(extents.size(), 0), strides(extents.size(), 1);
  offsets[op.getAxis()] = indices[0];
  strides[op.getAxis()] = step;
  extents[op.getAxis()] = {int64_t(indices.size())};
  Type sliced = makeTensorType(extents, type.getElementType());
  Value value = SliceOp::create(builder, op.getLoc(), sliced, op.getInput(),
                                offsets, strides);
  if (sliced != out)
    value = ReshapeOp::create(builder, op.getLoc(), out, value);
  copyTensorName(op, value.getDefiningOp());
  op.getOutput().replaceAllUsesWith(value);
  op.erase();
}

/// The indices of `op` as a table weight.
static void setTable(GatherOp op, ArrayRef<int64_t> indices) {
  OpBuilder builder(op);
  SmallVector<int32_t> values(indices.begin(), indices.end());
  auto shape = cast<RankedTensorType>(op.getIndices().getType()).getShape();
  auto type = RankedTensorType::get(shape, builder.getI32Type());
  op.getIndicesMutable().assign(createWeight(
      builder, op.getLoc(),
      DenseElementsAttr::get(type, ArrayRef<int32_t>(values)), "indices"));
}

/// Computed indices: i < 0 ? i + extent : i, clamped, as i32.
static void setComputed(GatherOp op, int64_t extent) {
  OpBuilder builder(op);
  auto payload = [&](OpBuilder &b, Location loc, ValueRange arguments) {
    Value index = arguments[0];
    Type type = index.getType();
    auto number = [&](int64_t value) -> Value {
      return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, value));
    };
    Value negative = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                           index, number(0));
    Value wrapped = arith::AddIOp::create(b, loc, index, number(extent));
    index = arith::SelectOp::create(b, loc, negative, wrapped, index);
    index = arith::MaxSIOp::create(b, loc, index, number(0));
    index = arith::MinSIOp::create(b, loc, index, number(extent - 1));
    if (type.isInteger(64))
      index = arith::TruncIOp::create(b, loc, b.getI32Type(), index);
    return index;
  };
  PointwiseOp indices = buildPointwise(builder, op.getLoc(), op.getIndices(),
                                       builder.getI32Type(), "index", payload);
  op.getIndicesMutable().assign(indices.getOutput());
}

void normalizeGathers(func::FuncOp func) {
  // More would not fit an attribute; the recipe of a weight is no help here,
  // because nothing hoists after layouts.
  constexpr size_t kMostTableEntries = 1024;
  SmallVector<GatherOp> gathers(func.getOps<GatherOp>());
  for (GatherOp op : gathers) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    int64_t extent = getExtents(type)[op.getAxis()].value;
    std::optional<SmallVector<int64_t>> constant =
        getConstantInts(op.getIndices());
    bool inRange = constant && !constant->empty();
    if (constant)
      for (int64_t &index : *constant) {
        index += index < 0 ? extent : 0;
        inRange &= index >= 0 && index < extent;
      }
    bool batch = batchDim(type) == int64_t(op.getAxis());
    std::optional<int64_t> step =
        inRange && !batch ? stepOf(*constant) : std::nullopt;
    if (step)
      replaceBySlice(op, *constant, *step);
    else if (inRange && constant->size() <= kMostTableEntries)
      setTable(op, *constant);
    else
      setComputed(op, extent);
  }
}

} // namespace vitc::vit
