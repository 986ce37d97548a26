//===- ScalarFnBuilder.cpp - Pointwise ops as one scalar function ---------===//
#include "passes/select/ScalarFnBuilder.h"

#include "dialect/Locations.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace vitc::vit {

ScalarFnBuilder::ScalarFnBuilder(Operation *op, Operation *anchor,
                                 unsigned iterationRank)
    : op(op), anchor(anchor), rank(iterationRank),
      region(std::make_unique<Region>()), block(new Block),
      ops(op->getContext()) {
  region->push_back(block);
  ops.setInsertionPointToEnd(block);
}

Value ScalarFnBuilder::fail(const char *reason) {
  if (failure.empty())
    failure = reason;
  return {};
}

Value ScalarFnBuilder::leaf(Value value, AffineMap map) {
  Value &scalar = known[{value, map}];
  if (!scalar) {
    Type element = cast<RankedTensorType>(value.getType()).getElementType();
    scalar = block->addArgument(element, loc());
    args.push_back({value, map});
  }
  return scalar;
}

Value ScalarFnBuilder::toF32(Value value) {
  Type f32 = ops.getF32Type();
  if (value.getType() == f32)
    return value;
  return arith::ExtFOp::create(ops, loc(), f32, value);
}

Value ScalarFnBuilder::leafAsF32(Value value, AffineMap map) {
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  if (isa<FloatType>(element))
    return toF32(leaf(value, map));
  Type wide = element.isInteger(64) ? element : Type(ops.getI32Type());
  Value &scalar = known[{value, map}];
  if (!scalar) {
    scalar = block->addArgument(wide, loc());
    args.push_back({value, map});
  }
  return arith::SIToFPOp::create(ops, loc(), ops.getF32Type(), scalar);
}

Value ScalarFnBuilder::lastDim(Value vector) {
  AffineMap map = AffineMap::get(rank, 0, {ops.getAffineDimExpr(rank - 1)},
                                 op->getContext());
  Value scalar = inlineValue(vector, map);
  return scalar ? toF32(scalar) : scalar;
}

Value ScalarFnBuilder::broadcastLeaf(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<AffineExpr> dims;
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    dims.push_back(size == 1
                       ? ops.getAffineConstantExpr(0)
                       : ops.getAffineDimExpr(rank - type.getRank() + dim));
  Value scalar =
      inlineValue(tensor, AffineMap::get(rank, 0, dims, op->getContext()));
  return scalar ? toF32(scalar) : scalar;
}

Value ScalarFnBuilder::templateValue() {
  if (!accumulator) {
    accumulator = block->insertArgument(0u, ops.getF32Type(), loc());
    args.insert(args.begin(), FnArg{});
  }
  return accumulator;
}

void ScalarFnBuilder::addKind(StringRef name) {
  std::string clean;
  for (char c : name)
    clean += llvm::isAlnum(c) ? llvm::toLower(c) : '_';
  if (clean.empty() || clean == "cast" || clean == "copy")
    return;
  kind += (kind.empty() ? "" : "_") + clean;
}

Value ScalarFnBuilder::inlineValue(Value value) {
  return inlineValue(value,
                     AffineMap::getMultiDimIdentityMap(rank, op->getContext()));
}

Value ScalarFnBuilder::inlineValue(Value value, AffineMap map) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    if (argument.getOwner()->getParentOp() == op)
      return leaf(cast<FusedOp>(op).getInputs()[argument.getArgNumber()], map);
  Operation *producer = value.getDefiningOp();
  if (producer && producer == anchor && anchorFn) {
    unsigned result = cast<OpResult>(value).getResultNumber();
    if (!map.isIdentity() ||
        (anchorUsed >= 0 && unsigned(anchorUsed) != result))
      return fail("the epilogue reads the result at other coordinates");
    if (!anchorScalar) {
      anchorUsed = result;
      anchorScalar = anchorFn(*this, value);
    }
    return anchorScalar;
  }
  bool inside = producer && (producer == op || producer->getParentOp() == op);
  if (!inside)
    return leaf(value, map);
  if (auto pointwise = dyn_cast<PointwiseOp>(producer))
    return inlinePointwise(pointwise, map);
  return fail("an operand is computed inside by an op that is not pointwise");
}

Value ScalarFnBuilder::inlinePointwise(PointwiseOp pointwise, AffineMap map) {
  if (Value scalar = known.lookup({pointwise.getOutput(), map}))
    return scalar;
  Block &body = pointwise.getBody().front();
  IRMapping mapping;
  auto maps = pointwise.getMaps().getAsValueRange<AffineMapAttr>();
  for (auto [input, argument, inputMap] :
       llvm::zip(pointwise.getInputs(), body.getArguments(), maps)) {
    if (argument.use_empty())
      continue;
    Value scalar = inlineValue(input, simplifyAffineMap(inputMap.compose(map)));
    if (!scalar)
      return {};
    mapping.map(argument, scalar);
  }
  for (Operation &payload : body.without_terminator()) {
    Operation *clone = ops.clone(payload, mapping);
    if (onnxNodes(payload.getLoc()).empty())
      clone->setLoc(pointwise.getLoc());
  }
  addKind(pointwise.getKind());
  Value result = mapping.lookup(body.getTerminator()->getOperand(0));
  known[{pointwise.getOutput(), map}] = result;
  return result;
}

ScalarFn ScalarFnBuilder::finish(Value result) {
  YieldOp::create(ops, loc(), result);
  ScalarFn fn;
  fn.kind = kind;
  if (result == accumulator)
    return fn;
  fn.body = std::move(region);
  fn.args = std::move(args);
  return fn;
}

} // namespace vitc::vit
