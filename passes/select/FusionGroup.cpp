//===- FusionGroup.cpp - An op as one kernel: anchor and functions --------===//
#include "passes/select/FusionGroup.h"

#include "mlir/IR/IRMapping.h"
#include "passes/select/ScalarFnBuilder.h"

using namespace mlir;

namespace vitc::vit {

static bool isTemplateAnchor(Operation *op) {
  return isa<LinearOp, QKVProjectionOp, MatmulOp, AttentionOp, LayerNormOp,
             PatchEmbedOp, Conv2DOp, SoftmaxOp, ReduceOp>(op);
}

bool isLaunch(Operation *op) {
  return isTemplateAnchor(op) ||
         isa<FusedOp, PointwiseOp, GatherOp, PadOp, QuantizeOp, DequantizeOp>(
             op);
}

bool isMovement(Operation *op) {
  return isa<ReshapeOp, TransposeOp, SliceOp, BroadcastOp, ConcatOp>(op);
}

Value FusionGroup::outside(Value value) const {
  if (auto argument = dyn_cast<BlockArgument>(value))
    if (argument.getOwner()->getParentOp() == op)
      return cast<FusedOp>(op).getInputs()[argument.getArgNumber()];
  Operation *producer = value.getDefiningOp();
  return producer && producer->getParentOp() == op ? Value() : value;
}

/// The scalar of the anchor's result: what of the anchor the template leaves to
/// the epilogue (bias, gamma, beta), rounded to the result's type.
static Value anchorValue(ScalarFnBuilder &fn, Value result) {
  OpBuilder &b = fn.builder();
  Location loc = fn.anchorOp()->getLoc();
  Value x = fn.templateValue();
  auto addVector = [&](Value vector, const char *kind) {
    Value element = vector ? fn.lastDim(vector) : Value();
    if (!element)
      return;
    x = arith::AddFOp::create(b, loc, x, element);
    fn.addKind(kind);
  };
  if (auto op = dyn_cast<LinearOp>(fn.anchorOp())) {
    addVector(op.getBias(), "bias");
  } else if (auto op = dyn_cast<QKVProjectionOp>(fn.anchorOp())) {
    addVector(op.getBias(), "bias");
  } else if (auto op = dyn_cast<PatchEmbedOp>(fn.anchorOp())) {
    addVector(op.getBias(), "bias");
  } else if (auto op = dyn_cast<LayerNormOp>(fn.anchorOp())) {
    if (Value gamma = op.getGamma() ? fn.lastDim(op.getGamma()) : Value()) {
      x = arith::MulFOp::create(b, loc, x, gamma);
      fn.addKind("gamma");
    }
    addVector(op.getBeta(), "beta");
  } else if (auto op = dyn_cast<Conv2DOp>(fn.anchorOp())) {
    if (Value bias = op.getBias()) {
      // [B, O, H, W]: the channel is dimension 1.
      AffineMap map =
          AffineMap::get(4, 0, {b.getAffineDimExpr(1)}, b.getContext());
      if (Value element = fn.inlineValue(bias, map)) {
        if (!element.getType().isF32())
          element = arith::ExtFOp::create(b, loc, b.getF32Type(), element);
        x = arith::AddFOp::create(b, loc, x, element);
        fn.addKind("bias");
      }
    }
  }
  Type element = cast<RankedTensorType>(result.getType()).getElementType();
  if (isa<FloatType>(element) && !element.isF32())
    x = arith::TruncFOp::create(b, loc, element, x);
  return x;
}

/// The prologue of the anchor's first operand: which tensor the template reads
/// as its own, and the function of it.
static LogicalResult analysePrologue(FusionGroup &group, std::string &why) {
  Value input = group.anchor->getOperand(0);
  if (Value value = group.outside(input)) {
    group.main = value;
    return success();
  }
  if (isa<AttentionOp>(group.anchor)) {
    why = "attention has no prologue";
    return failure();
  }
  unsigned rank = cast<RankedTensorType>(input.getType()).getRank();
  ScalarFnBuilder fn(group.op, group.anchor, rank);
  Value result = fn.inlineValue(input);
  if (!result || !isa<FloatType>(result.getType())) {
    why = result ? "the prologue gives no float" : fn.why();
    return failure();
  }
  group.prologue = fn.finish(result);
  for (FnArg &arg : group.prologue.args) {
    auto type = cast<RankedTensorType>(arg.leaf.getType());
    if (!arg.map.isIdentity() || !isa<FloatType>(type.getElementType()))
      continue;
    group.main = arg.leaf;
    arg = {};
    return success();
  }
  why = "the prologue has no operand of the full shape";
  return failure();
}

static LogicalResult analyseEpilogues(FusionGroup &group, ValueRange results,
                                      std::string &why) {
  for (Value result : results) {
    auto type = cast<RankedTensorType>(result.getType());
    ScalarFnBuilder fn(group.op, group.anchor, type.getRank());
    if (group.anchor)
      fn.setAnchorValue(anchorValue);
    Value scalar = fn.inlineValue(result);
    if (!scalar || !fn.why().empty()) {
      why = fn.why();
      return failure();
    }
    if (group.anchor && !fn.sawAnchor()) {
      why = "a result does not come from the anchor";
      return failure();
    }
    group.anchorResult.push_back(group.anchor ? fn.anchorResult() : 0);
    bool fromInteger = group.anchor && isa<ReduceOp>(group.anchor) &&
                       isa<IntegerType>(type.getElementType());
    if (group.anchor && !fromInteger && !isa<FloatType>(scalar.getType())) {
      why = "the epilogue gives no float";
      return failure();
    }
    group.epilogues.push_back(fn.finish(scalar));
    if (fromInteger && group.epilogues.back().body) {
      why = "the epilogue computes with integers";
      return failure();
    }
  }
  return success();
}

static LogicalResult checkOperands(FusionGroup &group, std::string &why) {
  // Operands that the templates read themselves, beside the first.
  unsigned own =
      isa<AttentionOp>(group.anchor) ? 3
      : isa<LinearOp, QKVProjectionOp, MatmulOp, PatchEmbedOp, Conv2DOp>(
            group.anchor)
          ? 2
          : 1;
  for (unsigned i = 1; i < own; ++i)
    if (!group.outside(group.anchor->getOperand(i))) {
      why = "an operand that is not the first has a prologue";
      return failure();
    }
  if (auto attention = dyn_cast<AttentionOp>(group.anchor))
    if (attention.getBias() && !group.outside(attention.getBias())) {
      why = "the attention bias is computed inside";
      return failure();
    }
  return success();
}

FailureOr<FusionGroup> analyseGroup(Operation *op, std::string &why) {
  FusionGroup group;
  group.op = op;
  auto fused = dyn_cast<FusedOp>(op);
  ValueRange results = op->getResults();
  if (fused) {
    for (Operation &inner : fused.getBody().front().without_terminator())
      if (isTemplateAnchor(&inner))
        group.anchor = &inner;
    results = fused.getBody().front().getTerminator()->getOperands();
  } else if (isTemplateAnchor(op)) {
    group.anchor = op;
  }
  if (group.anchor && (failed(checkOperands(group, why)) ||
                       failed(analysePrologue(group, why))))
    return failure();
  if (auto quantize = dyn_cast<QuantizeOp>(op)) {
    group.epilogues.push_back(quantizeFunction(quantize));
    return group;
  }
  if (auto dequantize = dyn_cast<DequantizeOp>(op)) {
    group.epilogues.push_back(dequantizeFunction(dequantize));
    return group;
  }
  if (isa<GatherOp, PadOp>(op)) {
    group.epilogues.emplace_back();
    group.anchorResult.push_back(0);
    return group;
  }
  if (failed(analyseEpilogues(group, results, why)))
    return failure();
  if (group.anchor && results.size() > 1) {
    bool projection = isa<QKVProjectionOp>(group.anchor);
    llvm::SmallDenseSet<unsigned> seen;
    for (unsigned result : group.anchorResult)
      projection &= seen.insert(result).second;
    if (!projection) {
      why = "several results come from one result of the anchor";
      return failure();
    }
  }
  return group;
}

void unfuse(FusedOp fused) {
  OpBuilder builder(fused);
  IRMapping mapping;
  Block &body = fused.getBody().front();
  mapping.map(body.getArguments(), fused.getInputs());
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
  for (auto [result, yielded] :
       llvm::zip(fused.getResults(), body.getTerminator()->getOperands()))
    result.replaceAllUsesWith(mapping.lookupOrDefault(yielded));
  fused.erase();
}

} // namespace vitc::vit
