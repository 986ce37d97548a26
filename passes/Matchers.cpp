//===- Matchers.cpp - What the graph passes ask about ops -----------------===//
#include "passes/Matchers.h"

#include "passes/ScalarFunction.h"

using namespace mlir;

namespace vitc::vit {

std::optional<double> constantScalar(Value value) {
  if (auto number = getConstantScalar(value))
    return number;
  auto op = value.getDefiningOp<PointwiseOp>();
  if (!op)
    return std::nullopt;
  SmallVector<double, 3> numbers;
  for (Value input : op.getInputs()) {
    auto number = constantScalar(input);
    if (!number)
      return std::nullopt;
    numbers.push_back(*number);
  }
  return evaluate(op, numbers);
}

int computedOperand(Operation *op) {
  int found = -1;
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    if (isWeight(operand))
      continue;
    if (found >= 0)
      return -1;
    found = i;
  }
  return found;
}

bool readsInPlace(PointwiseOp op, unsigned i) {
  return mapOf(op, i).isIdentity() &&
         tensorType(op.getInputs()[i]).getShape() == op.getType().getShape();
}

std::optional<int> variesAlong(PointwiseOp op, unsigned i) {
  AffineMap map = mapOf(op, i);
  int found = -1;
  for (auto [result, size] :
       llvm::zip(map.getResults(), tensorType(op.getInputs()[i]).getShape())) {
    auto dim = dyn_cast<AffineDimExpr>(result);
    if (!dim || size == 1)
      continue;
    if (found >= 0)
      return std::nullopt;
    found = dim.getPosition();
  }
  return found;
}

bool isFloatCast(PointwiseOp op) {
  if (op.getInputs().size() != 1 ||
      !isa<FloatType>(tensorType(op.getInputs()[0]).getElementType()) ||
      !isa<FloatType>(op.getType().getElementType()))
    return false;
  Value yielded = op.getBody().front().getTerminator()->getOperand(0);
  while (Operation *inner = yielded.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::TruncFOp>(inner))
      return false;
    yielded = inner->getOperand(0);
  }
  return true;
}

std::optional<ConstantScale> matchScale(Value value) {
  auto op = value.getDefiningOp<PointwiseOp>();
  if (!op)
    return std::nullopt;
  int computed = computedOperand(op);
  if (computed < 0 || !readsInPlace(op, computed) || !affineParts(op, computed))
    return std::nullopt;
  SmallVector<double, 3> numbers;
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    if (static_cast<int>(i) == computed) {
      numbers.push_back(0);
      continue;
    }
    auto number = constantScalar(input);
    if (!number)
      return std::nullopt;
    numbers.push_back(*number);
  }
  auto atZero = evaluate(op, numbers);
  numbers[computed] = 1;
  auto atOne = evaluate(op, numbers);
  if (!atZero || !atOne || *atZero != 0)
    return std::nullopt;
  return ConstantScale{op.getInputs()[computed], *atOne};
}

Value weightVector(OpBuilder &builder, Location loc, Value weight) {
  int64_t size = tensorType(weight).getNumElements();
  Extents extents;
  if (size != 1)
    extents.push_back({size, false});
  if (rankOf(weight) == static_cast<int64_t>(extents.size()))
    return weight;
  return ReshapeOp::create(builder, loc, weight, extents);
}

Value zeroVector(OpBuilder &builder, Location loc, int64_t size, Type element) {
  auto type = RankedTensorType::get({size}, element);
  auto zeros = DenseElementsAttr::get(
      type, cast<Attribute>(FloatAttr::get(element, 0.0)));
  return createWeight(builder, loc, zeros, "zeros");
}

void replaceFromEnd(Block &block, function_ref<bool(PointwiseOp)> replace) {
  Operation *op = block.empty() ? nullptr : &block.back();
  while (op) {
    bool dead = isOpTriviallyDead(op);
    if (auto pointwise = dyn_cast<PointwiseOp>(op); pointwise && !dead)
      dead = replace(pointwise);
    // New ops stand before the old one: they are visited too.
    Operation *previous = op->getPrevNode();
    if (dead)
      op->erase();
    op = previous;
  }
}

void remark(Operation *op, const Twine &message) { op->emitRemark(message); }

} // namespace vitc::vit
