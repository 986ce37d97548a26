//===- Payload.cpp - Building and recognising vit.pointwise ---------------===//
#include "dialect/Payload.h"

#include "dialect/ShapeInference.h"
#include "dialect/Weights.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringSet.h"
#include <cmath>

using namespace mlir;

namespace vitc::vit {

bool isPayloadType(Type type) {
  return type.isF32() || type.isF16() || type.isBF16() ||
         type.isSignlessInteger(1) || type.isSignlessInteger(8) ||
         type.isSignlessInteger(32) || type.isSignlessInteger(64);
}

LogicalResult verifyPayloadOp(Operation *op) {
  // One for each opcode of the plan's functions (runtime/format/Function.h).
  static const llvm::StringSet<> known = {
      "arith.constant", "arith.addf",     "arith.subf",     "arith.mulf",
      "arith.divf",     "arith.negf",     "arith.maximumf", "arith.minimumf",
      "arith.maxnumf",  "arith.minnumf",  "arith.remf",     "arith.cmpf",
      "arith.cmpi",     "arith.select",   "arith.andi",     "arith.ori",
      "arith.xori",     "arith.addi",     "arith.subi",     "arith.muli",
      "arith.divsi",    "arith.remsi",    "arith.maxsi",    "arith.minsi",
      "arith.sitofp",   "arith.uitofp",   "arith.fptosi",   "arith.extsi",
      "arith.extui",    "arith.trunci",   "arith.extf",     "arith.truncf",
      "math.fma",       "math.absf",      "math.exp",       "math.exp2",
      "math.log",       "math.log2",      "math.log1p",     "math.expm1",
      "math.sqrt",      "math.rsqrt",     "math.powf",      "math.erf",
      "math.tanh",      "math.sin",       "math.cos",       "math.floor",
      "math.ceil",      "math.roundeven", "math.copysign",  "math.atan",
      "math.sinh",      "math.cosh",      "math.absi"};
  if (!known.contains(op->getName().getStringRef()))
    return op->emitOpError("is no operation of a pointwise payload");
  bool converts =
      isa<arith::ExtFOp, arith::TruncFOp, arith::ExtSIOp, arith::ExtUIOp,
          arith::TruncIOp, arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp>(
          op);
  auto check = [&](Type type) {
    return isPayloadType(type) &&
           (converts || !(type.isF16() || type.isBF16() || type.isInteger(8)));
  };
  for (Type type :
       llvm::concat<const Type>(SmallVector<Type>(op->getOperandTypes()),
                                SmallVector<Type>(op->getResultTypes())))
    if (!check(type))
      return op->emitOpError("expects f32, i32, i64 or i1 in a pointwise "
                             "payload (f16, bf16 and i8 in conversions), but "
                             "got ")
             << type;
  return success();
}

/// Fills a block that has its arguments: 16-bit floats are extended first, the
/// result is truncated last. Fails where the payload gives no fitting value.
static LogicalResult fillBody(Block &block, Location loc, Type element,
                              PayloadFn payload) {
  // The block has no parent yet that could lend a context.
  OpBuilder builder(loc.getContext());
  builder.setInsertionPointToEnd(&block);
  Type f32 = builder.getF32Type();
  SmallVector<Value> values;
  for (BlockArgument argument : block.getArguments()) {
    bool half = argument.getType().isF16() || argument.getType().isBF16();
    values.push_back(
        half ? Value(arith::ExtFOp::create(builder, loc, f32, argument))
             : Value(argument));
  }
  Value result = payload(builder, loc, values);
  if (!result)
    return failure();
  if ((element.isF16() || element.isBF16()) && result.getType().isF32())
    result = arith::TruncFOp::create(builder, loc, element, result);
  if (result.getType() != element)
    return failure();
  YieldOp::create(builder, loc, result);
  return success();
}

/// The map of one input that broadcasts into `out`.
static AffineMap broadcastMap(RankedTensorType input, RankedTensorType out) {
  MLIRContext *context = out.getContext();
  int64_t lead = out.getRank() - input.getRank();
  Extents in = getExtents(input), sizes = getExtents(out);
  SmallVector<AffineExpr> results;
  for (int64_t dim = 0; dim < input.getRank(); ++dim)
    results.push_back(in[dim] == sizes[lead + dim]
                          ? getAffineDimExpr(lead + dim, context)
                          : getAffineConstantExpr(0, context));
  return AffineMap::get(out.getRank(), 0, results, context);
}

PointwiseOp buildPointwise(OpBuilder &builder, Location loc, ValueRange inputs,
                           Type element, StringRef kind, PayloadFn payload) {
  SmallVector<RankedTensorType> types;
  for (Value input : inputs)
    types.push_back(cast<RankedTensorType>(input.getType()));
  InferredType type =
      inferPointwise([&] { return emitError(loc); }, types, element);
  if (failed(type))
    return {};
  SmallVector<AffineMap> maps;
  auto body = std::make_unique<Region>();
  Block &block = body->emplaceBlock();
  for (RankedTensorType input : types) {
    if (!isPayloadType(input.getElementType())) {
      emitError(loc) << "expects inputs that a pointwise payload can hold, but "
                        "got "
                     << input.getElementType();
      return {};
    }
    maps.push_back(broadcastMap(input, *type));
    block.addArgument(input.getElementType(), loc);
  }
  if (failed(fillBody(block, loc, element, payload))) {
    emitError(loc) << "expects operands that '" << kind << "' is defined for";
    return {};
  }
  OperationState state(loc, PointwiseOp::getOperationName());
  state.addOperands(inputs);
  state.addTypes(*type);
  state.getOrAddProperties<PointwiseOp::Properties>().maps =
      builder.getAffineMapArrayAttr(maps);
  state.getOrAddProperties<PointwiseOp::Properties>().kind =
      builder.getStringAttr(kind);
  state.addRegion(std::move(body));
  return cast<PointwiseOp>(builder.create(state));
}

PointwiseOp buildKind(OpBuilder &builder, Location loc, StringRef kind,
                      ValueRange inputs, ArrayRef<double> params,
                      Type element) {
  bool predicate = llvm::is_contained({"equal", "less", "less_equal", "greater",
                                       "greater_equal", "isnan", "isinf"},
                                      kind);
  if (!element && predicate)
    element = builder.getI1Type();
  if (!element && !inputs.empty())
    element = getElementTypeOrSelf(inputs.back());
  return buildPointwise(builder, loc, inputs, element, kind,
                        [&](OpBuilder &b, Location l, ValueRange arguments) {
                          return emitPayload(b, l, kind, arguments, params);
                        });
}

/// One scalar as `to`; floats arrive as f32 and leave as f32.
static Value emitCast(OpBuilder &b, Location loc, Value x, Type to) {
  Type from = x.getType();
  Type f32 = b.getF32Type();
  bool toFloat = isa<FloatType>(to);
  auto zero = [&] {
    return arith::ConstantOp::create(b, loc, b.getZeroAttr(from));
  };
  if (from.isF32()) {
    if (toFloat)
      return x;
    if (to.isInteger(1))
      return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, x,
                                   zero());
    return arith::FPToSIOp::create(b, loc, to, x);
  }
  if (from == to)
    return x;
  if (from.isInteger(1)) {
    if (toFloat)
      return arith::UIToFPOp::create(b, loc, f32, x);
    return arith::ExtUIOp::create(b, loc, to, x);
  }
  if (toFloat)
    return arith::SIToFPOp::create(b, loc, f32, x);
  if (from.isInteger(8) && to.isInteger(1))
    return arith::CmpIOp::create(
        b, loc, arith::CmpIPredicate::ne,
        arith::ExtSIOp::create(b, loc, b.getI32Type(), x),
        arith::ConstantIntOp::create(b, loc, 0, 32));
  if (to.isInteger(1))
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, x, zero());
  if (from.getIntOrFloatBitWidth() < to.getIntOrFloatBitWidth())
    return arith::ExtSIOp::create(b, loc, to, x);
  return arith::TruncIOp::create(b, loc, to, x);
}

PointwiseOp buildCast(OpBuilder &builder, Location loc, Value input,
                      Type element) {
  if (!isPayloadType(element)) {
    emitError(loc) << "expects a type that a pointwise payload can hold, but "
                      "got "
                   << element;
    return {};
  }
  return buildPointwise(builder, loc, input, element, "cast",
                        [&](OpBuilder &b, Location l, ValueRange arguments) {
                          return emitCast(b, l, arguments.front(), element);
                        });
}

//===----------------------------------------------------------------------===//
// Recognition
//===----------------------------------------------------------------------===//

/// Whether two scalars are the same expression of their block arguments.
static bool sameExpression(Value a, Value b) {
  auto left = dyn_cast<BlockArgument>(a), right = dyn_cast<BlockArgument>(b);
  if (left || right)
    return left && right && left.getArgNumber() == right.getArgNumber();
  Operation *x = a.getDefiningOp(), *y = b.getDefiningOp();
  if (x->getName() != y->getName() || a.getType() != b.getType())
    return false;
  if (auto constant = dyn_cast<arith::ConstantOp>(x)) {
    Attribute p = constant.getValue(),
              q = cast<arith::ConstantOp>(y).getValue();
    auto f = dyn_cast<FloatAttr>(p), g = dyn_cast<FloatAttr>(q);
    if (!f || !g)
      return p == q;
    double u = f.getValueAsDouble(), v = g.getValueAsDouble();
    return u == v || std::abs(u - v) <= 1e-6 * std::abs(v);
  }
  // Fast-math flags and overflow flags do not make another function.
  if (auto cmp = dyn_cast<arith::CmpFOp>(x))
    if (cmp.getPredicate() != cast<arith::CmpFOp>(y).getPredicate())
      return false;
  if (auto cmp = dyn_cast<arith::CmpIOp>(x))
    if (cmp.getPredicate() != cast<arith::CmpIOp>(y).getPredicate())
      return false;
  auto equal = [](OperandRange p, ValueRange q) {
    return llvm::all_of_zip(p, q, sameExpression);
  };
  if (equal(x->getOperands(), y->getOperands()))
    return true;
  return x->getNumOperands() == 2 && x->hasTrait<OpTrait::IsCommutative>() &&
         equal(x->getOperands(), {y->getOperand(1), y->getOperand(0)});
}

bool isKind(PointwiseOp op, StringRef kind, ArrayRef<double> params) {
  Block &body = op.getBody().front();
  Block canonical;
  Location loc = op.getLoc();
  for (BlockArgument argument : body.getArguments())
    canonical.addArgument(argument.getType(), loc);
  Type element = getElementTypeOrSelf(op.getType());
  auto payload = [&](OpBuilder &b, Location l, ValueRange arguments) {
    return emitPayload(b, l, kind, arguments, params);
  };
  if (failed(fillBody(canonical, loc, element, payload)))
    return false;
  return sameExpression(body.getTerminator()->getOperand(0),
                        canonical.getTerminator()->getOperand(0));
}

std::optional<Scaled> matchScaled(Value value) {
  auto op = value.getDefiningOp<PointwiseOp>();
  if (!op)
    return std::nullopt;
  OperandRange inputs = op.getInputs();
  bool product = inputs.size() == 2 && isKind(op, "mul");
  bool quotient = inputs.size() == 2 && isKind(op, "div");
  if (product || quotient) {
    // The scalar must not widen the other input: types stay as they are.
    if (auto factor = getConstantScalar(inputs[1]);
        factor && inputs[0].getType() == op.getType())
      return Scaled{inputs[0], product ? *factor : 1.0 / *factor};
    if (auto factor = getConstantScalar(inputs[0]);
        product && factor && inputs[1].getType() == op.getType())
      return Scaled{inputs[1], *factor};
    return std::nullopt;
  }
  Block &body = op.getBody().front();
  auto *last = body.getTerminator()->getOperand(0).getDefiningOp();
  if (inputs.size() != 1 || inputs[0].getType() != op.getType() || !last ||
      !isa<arith::MulFOp, arith::DivFOp>(last))
    return std::nullopt;
  auto constant = last->getOperand(1).getDefiningOp<arith::ConstantOp>();
  auto number = constant ? dyn_cast<FloatAttr>(constant.getValue()) : nullptr;
  if (!number || last->getOperand(0) != body.getArgument(0))
    return std::nullopt;
  double factor = number.getValueAsDouble();
  return Scaled{inputs[0], isa<arith::MulFOp>(last) ? factor : 1.0 / factor};
}

} // namespace vitc::vit
