//===- ImportShape.cpp - Reshape and its like, Shape, constants -----------===//
#include "frontend/Eval.h"
#include "frontend/OpTables.h"
#include "frontend/ShapeForms.h"

#include "dialect/ShapeInference.h"

using namespace mlir;
using vitc::onnx::TensorProto;

namespace vitc::frontend {

static LogicalResult importReshape(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  auto extents = reshapeSizes(n);
  return extents ? n.out(n.reshape(n.in(0), *extents)) : failure();
}

static LogicalResult importTranspose(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  auto perm = permutation(n);
  return perm ? n.out(n.transpose(n.in(0), *perm)) : failure();
}

static LogicalResult importExpand(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  auto extents = expandSizes(n);
  return extents ? n.out(n.broadcast(n.in(0), *extents)) : failure();
}

static LogicalResult importTile(Node &n) {
  auto repeats = sizes(n, 1, "repeats");
  if (!repeats || !n.has(0))
    return failure();
  vit::Extents input = n.extents(0), spread, whole;
  if (repeats->size() != input.size())
    return n.mismatch("expected a repeat for each of " +
                      std::to_string(input.size()) + " dimensions");
  // [d] -> [1, d] -> [r, d] -> [r * d], for all dimensions at once; a
  // dimension of 1 is broadcast as it is.
  vit::Extents apart;
  for (auto [extent, repeat] : llvm::zip(input, *repeats)) {
    bool isOne = extent == Extent{1, false},
         isOnce = repeat == Extent{1, false};
    if (extent.perBatch && repeat.perBatch)
      return n.needsFixedBatch("the batch is repeated");
    if (!isOne && !isOnce) {
      apart.push_back({1, false});
      spread.push_back(repeat);
    }
    apart.push_back(extent);
    spread.push_back(isOne ? repeat : extent);
    whole.push_back(vit::product({extent, repeat}));
  }
  mlir::Value v = n.broadcast(n.reshape(n.in(0), apart), spread);
  return n.out(n.reshape(v, whole));
}

/// Sizes are host values, whatever computes the tensor.
static LogicalResult importShape(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  vit::Extents extents = n.extents(0);
  int64_t rank = int64_t(extents.size());
  auto clamp = [&](int64_t at) {
    return std::min(std::max<int64_t>(at < 0 ? at + rank : at, 0), rank);
  };
  int64_t start = clamp(n.attrInt("start", 0));
  int64_t end = clamp(n.attrInt("end", rank));
  HostTensor result{TensorProto::INT64, {}, {}};
  for (int64_t i = start; i < end; ++i)
    result.data.push_back(Scalar::of(extents[i]));
  result.dims = {result.size()};
  return n.out(0, std::move(result));
}

static LogicalResult importSize(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  Scalar count = Scalar::of(vit::product(n.extents(0)));
  return n.out(0, HostTensor{TensorProto::INT64, {}, {count}});
}

static LogicalResult importConstantOfShape(Node &n) {
  auto extents = sizes(n, 0, "the shape");
  if (!extents)
    return failure();
  HostTensor value{TensorProto::FLOAT, {}, {Scalar{}}};
  if (const onnx::AttributeProto *attribute = n.attr("value")) {
    ValuePtr stored = n.importer.storedValue(attribute->t(), "value", n.name);
    const HostTensor *host = stored ? n.importer.elements(*stored, 1) : nullptr;
    if (!host || host->size() != 1)
      return failure();
    value = *host;
    value.dims.clear();
  }
  return n.out(n.broadcast(n.constant(std::move(value)), *extents));
}

/// A constant of one of the typed attributes.
static LogicalResult importNumbers(Node &n) {
  HostTensor result{TensorProto::FLOAT, {}, {}};
  if (n.attr("value_float")) {
    result.data = {Scalar::ofFloat(n.attrFloat("value_float", 0))};
  } else if (n.attr("value_int")) {
    result.type = TensorProto::INT64;
    result.data = {Scalar::ofInt(n.attrInt("value_int", 0))};
  } else if (const onnx::AttributeProto *floats = n.attr("value_floats")) {
    for (float value : floats->floats())
      result.data.push_back(Scalar::ofFloat(value));
    result.dims = {result.size()};
  } else if (auto ints = n.attrInts("value_ints")) {
    result.type = TensorProto::INT64;
    for (int64_t value : *ints)
      result.data.push_back(Scalar::ofInt(value));
    result.dims = {result.size()};
  } else {
    return n.unsupported("expected a constant tensor or number");
  }
  return n.out(0, std::move(result));
}

static LogicalResult importConstant(Node &n) {
  const onnx::AttributeProto *value = n.attr("value");
  if (!value)
    return importNumbers(n);
  if (n.proto.output_size() < 1)
    return n.mismatch("expected an output");
  return n.out(0,
               n.importer.storedValue(value->t(), n.proto.output(0), n.name));
}

OpTable shapeOps() {
  static const OpEntry table[] = {
      {"Constant", importConstant, nullptr, "", "numbers and dense tensors"},
      {"ConstantOfShape", importConstantOfShape, evalConstantOfShape},
      {"Expand", importExpand, evalExpand},
      {"Flatten", importReshape, evalReshape},
      {"Reshape", importReshape, evalReshape, "",
       "shapes of constants and multiples of the batch"},
      {"Shape", importShape},
      {"Size", importSize},
      {"Squeeze", importReshape, evalReshape},
      {"Tile", importTile, evalTile},
      {"Transpose", importTranspose, evalTranspose},
      {"Unsqueeze", importReshape, evalReshape},
  };
  return table;
}

} // namespace vitc::frontend
