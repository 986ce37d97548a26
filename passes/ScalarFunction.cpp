//===- ScalarFunction.cpp - Payloads as functions of numbers --------------===//
#include "passes/ScalarFunction.h"

#include "passes/Matchers.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;

namespace vitc::vit {

namespace {

using Numbers = llvm::DenseMap<Value, double>;

double compare(arith::CmpFPredicate predicate, double a, double b) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::OEQ:
    return a == b;
  case P::OGT:
    return a > b;
  case P::OGE:
    return a >= b;
  case P::OLT:
    return a < b;
  case P::OLE:
    return a <= b;
  case P::ONE:
    return !unordered && a != b;
  case P::ORD:
    return !unordered;
  case P::UEQ:
    return unordered || a == b;
  case P::UGT:
    return unordered || a > b;
  case P::UGE:
    return unordered || a >= b;
  case P::ULT:
    return unordered || a < b;
  case P::ULE:
    return unordered || a <= b;
  case P::UNE:
    return unordered || a != b;
  case P::UNO:
    return unordered;
  case P::AlwaysTrue:
    return true;
  }
  llvm_unreachable("closed set");
}

std::optional<double> evaluateUnary(Operation *op, double x) {
  return llvm::TypeSwitch<Operation *, std::optional<double>>(op)
      .Case<arith::ExtFOp, arith::TruncFOp, arith::SIToFPOp, arith::UIToFPOp,
            arith::ExtSIOp, arith::ExtUIOp>([&](auto) { return x; })
      .Case([&](arith::FPToSIOp) { return std::trunc(x); })
      .Case([&](arith::NegFOp) { return -x; })
      .Case([&](math::AbsFOp) { return std::fabs(x); })
      .Case([&](math::ExpOp) { return std::exp(x); })
      .Case([&](math::Exp2Op) { return std::exp2(x); })
      .Case([&](math::ExpM1Op) { return std::expm1(x); })
      .Case([&](math::LogOp) { return std::log(x); })
      .Case([&](math::Log1pOp) { return std::log1p(x); })
      .Case([&](math::SqrtOp) { return std::sqrt(x); })
      .Case([&](math::RsqrtOp) { return 1 / std::sqrt(x); })
      .Case([&](math::ErfOp) { return std::erf(x); })
      .Case([&](math::TanhOp) { return std::tanh(x); })
      .Case([&](math::SinOp) { return std::sin(x); })
      .Case([&](math::CosOp) { return std::cos(x); })
      .Case([&](math::FloorOp) { return std::floor(x); })
      .Case([&](math::CeilOp) { return std::ceil(x); })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<double> evaluateBinary(Operation *op, double a, double b) {
  return llvm::TypeSwitch<Operation *, std::optional<double>>(op)
      .Case<arith::AddFOp, arith::AddIOp>([&](auto) { return a + b; })
      .Case<arith::SubFOp, arith::SubIOp>([&](auto) { return a - b; })
      .Case<arith::MulFOp, arith::MulIOp>([&](auto) { return a * b; })
      .Case([&](arith::DivFOp) { return a / b; })
      .Case([&](arith::RemFOp) { return std::fmod(a, b); })
      .Case([&](math::PowFOp) { return std::pow(a, b); })
      .Case<arith::MaximumFOp, arith::MaxNumFOp>(
          [&](auto) { return std::fmax(a, b); })
      .Case<arith::MinimumFOp, arith::MinNumFOp>(
          [&](auto) { return std::fmin(a, b); })
      .Case(
          [&](arith::CmpFOp cmp) { return compare(cmp.getPredicate(), a, b); })
      .Case([&](arith::AndIOp) { return double(a != 0 && b != 0); })
      .Case([&](arith::OrIOp) { return double(a != 0 || b != 0); })
      .Case([&](arith::XOrIOp op) -> std::optional<double> {
        if (!op.getType().isInteger(1))
          return std::nullopt;
        return double((a != 0) != (b != 0));
      })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<double> evaluateOp(Operation *op, const Numbers &numbers) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (auto number = dyn_cast<FloatAttr>(constant.getValue()))
      return number.getValueAsDouble();
    if (auto number = dyn_cast<IntegerAttr>(constant.getValue()))
      return number.getType().isInteger(1)
                 ? double(number.getValue().getBoolValue())
                 : double(number.getInt());
    return std::nullopt;
  }
  SmallVector<double, 3> inputs;
  for (Value operand : op->getOperands())
    inputs.push_back(numbers.lookup(operand));
  if (isa<arith::SelectOp>(op))
    return inputs[0] != 0 ? inputs[1] : inputs[2];
  if (isa<math::FmaOp>(op))
    return inputs[0] * inputs[1] + inputs[2];
  if (inputs.size() == 1)
    return evaluateUnary(op, inputs[0]);
  if (inputs.size() == 2)
    return evaluateBinary(op, inputs[0], inputs[1]);
  return std::nullopt;
}

} // namespace

std::optional<double> evaluate(PointwiseOp op, ArrayRef<double> arguments) {
  Block &body = op.getBody().front();
  Numbers numbers;
  for (auto [argument, number] : llvm::zip(body.getArguments(), arguments))
    numbers[argument] = number;
  for (Operation &inner : body.without_terminator()) {
    auto result = evaluateOp(&inner, numbers);
    if (!result)
      return std::nullopt;
    numbers[inner.getResult(0)] = *result;
  }
  return numbers.lookup(body.getTerminator()->getOperand(0));
}

namespace {

/// A scalar as slope * x + intercept; null parts are 0.
struct Affine {
  Value slope, intercept;
};

/// Computes slopes and intercepts of a payload in one of its arguments, with
/// the rest of the payload cloned into the body that `builder` fills.
class AffineBuilder {
public:
  AffineBuilder(OpBuilder &builder, IRMapping &mapping, Value argument)
      : builder(builder), mapping(mapping), argument(argument) {}

  /// Nothing where `value` is not affine.
  std::optional<Affine> get(Value value) {
    if (value == argument)
      return Affine{one(value.getLoc()), {}};
    Operation *op = value.getDefiningOp();
    if (!op)
      return Affine{{}, mapping.lookup(value)};
    if (op->getNumOperands() == 0 || !dependsOn(op))
      return Affine{{}, clone(op)};
    if (isa<arith::ExtFOp, arith::TruncFOp>(op))
      return get(op->getOperand(0));
    return combine(op);
  }

  bool dependsOn(Operation *op) {
    return llvm::any_of(op->getOperands(), [&](Value operand) {
      Operation *def = operand.getDefiningOp();
      return operand == argument || (def && dependsOn(def));
    });
  }

private:
  Value one(Location loc) {
    return arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(1));
  }

  Value clone(Operation *op) {
    if (Value known = mapping.lookupOrNull(op->getResult(0)))
      return known;
    for (Value operand : op->getOperands())
      if (Operation *def = operand.getDefiningOp())
        clone(def);
    return builder.clone(*op, mapping)->getResult(0);
  }

  template <typename Op> Value apply(Location loc, Value a, Value b) {
    return Op::create(builder, loc, a, b);
  }

  std::optional<Affine> combine(Operation *op) {
    Location loc = op->getLoc();
    if (isa<arith::NegFOp>(op)) {
      auto x = get(op->getOperand(0));
      return x ? std::optional(negate(loc, *x)) : std::nullopt;
    }
    if (!isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp>(op))
      return std::nullopt;
    auto a = get(op->getOperand(0)), b = get(op->getOperand(1));
    if (!a || !b)
      return std::nullopt;
    if (isa<arith::SubFOp>(op)) {
      return Affine{difference(loc, a->slope, b->slope),
                    difference(loc, a->intercept, b->intercept)};
    }
    if (isa<arith::AddFOp>(op))
      return Affine{sum(loc, a->slope, b->slope),
                    sum(loc, a->intercept, b->intercept)};
    if (isa<arith::MulFOp>(op) && !b->slope)
      return scale<arith::MulFOp>(loc, *a, b->intercept);
    if (isa<arith::MulFOp>(op) && !a->slope)
      return scale<arith::MulFOp>(loc, *b, a->intercept);
    if (isa<arith::DivFOp>(op) && !b->slope)
      return scale<arith::DivFOp>(loc, *a, b->intercept);
    return std::nullopt;
  }

  template <typename Op> Affine scale(Location loc, Affine x, Value by) {
    return {x.slope ? apply<Op>(loc, x.slope, by) : Value(),
            x.intercept ? apply<Op>(loc, x.intercept, by) : Value()};
  }
  Affine negate(Location loc, Affine x) {
    return {difference(loc, {}, x.slope), difference(loc, {}, x.intercept)};
  }
  Value sum(Location loc, Value a, Value b) {
    if (!a || !b)
      return a ? a : b;
    return apply<arith::AddFOp>(loc, a, b);
  }
  Value difference(Location loc, Value a, Value b) {
    if (!b)
      return a;
    if (!a)
      return arith::NegFOp::create(builder, loc, b);
    return apply<arith::SubFOp>(loc, a, b);
  }

  OpBuilder &builder;
  IRMapping &mapping;
  Value argument;
};

/// Whether `value` is the constant `number`.
bool isNumber(Value value, double number) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  auto attr = constant ? dyn_cast<FloatAttr>(constant.getValue()) : nullptr;
  return attr && attr.getValueAsDouble() == number;
}

} // namespace

std::optional<AffineParts> affineParts(PointwiseOp op, unsigned argument) {
  // Built into a body that is thrown away.
  Block &body = op.getBody().front();
  Block scratch;
  OpBuilder builder(op.getContext());
  builder.setInsertionPointToEnd(&scratch);
  IRMapping mapping;
  for (BlockArgument other : body.getArguments())
    mapping.map(other, scratch.addArgument(other.getType(), other.getLoc()));
  AffineBuilder parts(builder, mapping, body.getArgument(argument));
  auto affine = parts.get(body.getTerminator()->getOperand(0));
  std::optional<AffineParts> result;
  if (affine && affine->slope)
    result = {!isNumber(affine->slope, 1),
              affine->intercept && !isNumber(affine->intercept, 0)};
  if (result && op.getInputs().size() == 1) {
    double intercept = evaluate(op, {0.0}).value_or(1);
    result = {evaluate(op, {1.0}).value_or(0) - intercept != 1, intercept != 0};
  }
  while (!scratch.empty())
    scratch.back().erase();
  return result;
}

Value buildAffinePart(OpBuilder &builder, Location loc, PointwiseOp op,
                      unsigned argument, AffinePart part) {
  auto parts = affineParts(op, argument);
  bool slope = part == AffinePart::Slope;
  if (!parts || !(slope ? parts->scales : parts->shifts))
    return {};
  Block &body = op.getBody().front();
  SmallVector<Value> inputs;
  for (auto [i, input] : llvm::enumerate(op.getInputs()))
    if (i != argument)
      inputs.push_back(weightVector(builder, loc, input));
  if (inputs.empty()) {
    // In double, so that the difference is exact to rounding.
    double number = evaluate(op, {0.0}).value_or(0);
    if (slope)
      number = evaluate(op, {1.0}).value_or(1) - number;
    return createScalarWeight(builder, loc, number,
                              op.getType().getElementType());
  }

  auto payload = [&](OpBuilder &inner, Location where, ValueRange scalars) {
    IRMapping mapping;
    unsigned next = 0;
    for (auto [i, other] : llvm::enumerate(body.getArguments()))
      if (i != argument)
        mapping.map(other, scalars[next++]);
    // The payload of `op` extends its own 16-bit inputs; here they are f32.
    for (Operation &cast : body)
      if (isa<arith::ExtFOp>(cast))
        if (Value known = mapping.lookupOrNull(cast.getOperand(0)))
          mapping.map(cast.getResult(0), known);
    AffineBuilder parts(inner, mapping, body.getArgument(argument));
    Affine affine = *parts.get(body.getTerminator()->getOperand(0));
    return slope ? affine.slope : affine.intercept;
  };
  return buildPointwise(builder, loc, inputs, op.getType().getElementType(),
                        slope ? "slope" : "intercept", payload);
}

} // namespace vitc::vit
