//===- FuseQKV.cpp - One GEMM for Q, K and V ------------------------------===//
#include "passes/Matchers.h"
#include "passes/Passes.h"
#include "passes/Report.h"
#include "passes/patterns/Patterns.h"
#include "passes/qkv/MergeLinears.h"
#include "passes/qkv/Projection.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace vitc::vit {
#define GEN_PASS_DEF_FUSEQKV
#include "passes/Passes.h.inc"

namespace {

/// Moves the computation of `weight` before `place`, where it stands later.
void moveWeightBefore(Value weight, Operation *place) {
  Operation *op = weight.getDefiningOp();
  if (op->getBlock() != place->getBlock() || op->isBeforeInBlock(place))
    return;
  for (Value operand : op->getOperands())
    moveWeightBefore(operand, place);
  op->moveBefore(place);
}

/// Whether the parts read different columns of each linear.
bool areDisjoint(ArrayRef<Projection *> parts) {
  for (Projection *a : parts)
    for (Projection *b : parts) {
      if (a == b || a->linear != b->linear)
        continue;
      SmallVector<int64_t> columns = a->columnNumbers();
      for (int64_t number : b->columnNumbers())
        if (llvm::is_contained(columns, number))
          return false;
    }
  return true;
}

/// Whether the parts are all columns of one linear in their order.
bool isWholeLinear(ArrayRef<Projection *> parts) {
  int64_t next = 0;
  for (Projection *part : parts) {
    if (part->linear != parts.front()->linear)
      return false;
    for (int64_t number : part->columnNumbers())
      if (number != next++)
        return false;
  }
  return next == lastDim(parts.front()->linear.getOutput());
}

/// Weight and bias of the parts' columns.
std::pair<Value, Value> packWeights(OpBuilder &builder, Location loc,
                                    ArrayRef<Projection *> parts) {
  LinearOp first = parts.front()->linear;
  if (isWholeLinear(parts))
    return {first.getWeight(), first.getBias()};
  SmallVector<Value> weights, biases;
  SmallVector<int64_t> widths;
  for (Projection *part : parts) {
    weights.push_back(part->select(builder, loc, part->linear.getWeight()));
    Value bias = part->linear.getBias();
    biases.push_back(bias ? part->select(builder, loc, bias) : Value());
    widths.push_back(part->width());
  }
  Value weight = ConcatOp::create(builder, loc, weights, 0);
  return {weight, concatBiases(builder, loc, biases, widths)};
}

/// Builds the projection of the parts that are there (null: width 0) and
/// gives each terminal its view of it.
void build(ArrayRef<Projection *> slots) {
  SmallVector<Projection *> parts;
  llvm::copy_if(slots, std::back_inserter(parts),
                [](Projection *part) { return part; });
  Operation *place = parts.front()->linear;
  SmallVector<Location> locs;
  for (Projection *part : parts) {
    if (part->linear->isBeforeInBlock(place))
      place = part->linear;
    locs.push_back(part->linear.getLoc());
  }
  for (Projection *part : parts) {
    moveWeightBefore(part->linear.getWeight(), place);
    if (Value bias = part->linear.getBias())
      moveWeightBefore(bias, place);
  }
  OpBuilder builder(place);
  Location loc = mergeLocs(locs);
  auto [weight, bias] = packWeights(builder, loc, parts);
  SmallVector<int64_t> widths;
  for (Projection *part : slots)
    widths.push_back(part ? part->width() : 0);
  LinearOp first = parts.front()->linear;
  auto fused = QKVProjectionOp::create(builder, loc, first.getInput(), weight,
                                       bias, widths);
  Type element = first.getType().getElementType();
  for (Value result : fused->getResults())
    result.setType(withElement(tensorType(result), element));

  for (auto [i, part] : llvm::enumerate(slots)) {
    if (!part)
      continue;
    for (const Terminal &terminal : part->terminals) {
      View view = part->viewOf(terminal, fused->getResult(i));
      auto plan = planView(view);
      Value old = terminal.value;
      OpBuilder at(old.getContext());
      at.setInsertionPointAfterValue(old);
      Value value = materialize(at, old.getLoc(), view, *plan);
      old.replaceAllUsesWith(value);
    }
  }
}

enum class Outcome { Fused, Partly, Refused };

class FuseQKVPass : public impl::FuseQKVBase<FuseQKVPass> {
public:
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet before(context), after(context);
    populateViewPatterns(before);
    populateMergeLinearsPatterns(before);
    populateViewPatterns(after);
    mergePatterns = std::move(before);
    viewPatterns = std::move(after);
    return success();
  }

  void runOnOperation() override {
    int64_t fused = 0, partly = 0, total = 0;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      if (failed(applyPatternsGreedily(function, mergePatterns)))
        return signalPassFailure();
      SmallVector<AttentionOp> attentions(
          function.getBody().front().getOps<AttentionOp>());
      for (AttentionOp attention : attentions) {
        Outcome outcome = fuse(attention);
        fused += outcome == Outcome::Fused;
        partly += outcome == Outcome::Partly;
        ++total;
      }
      if (failed(applyPatternsGreedily(function, viewPatterns)))
        return signalPassFailure();
    }
    setReport(getOperation(), "qkv", fused, total);
    setReport(getOperation(), "kv", partly, partly);
  }

private:
  Outcome fuse(AttentionOp attention) {
    if (auto known = fusedAlready(attention))
      return *known;
    Projections found = findProjections(attention);
    Projection *q = found.parts[0] ? &*found.parts[0] : nullptr;
    Projection *k = found.parts[1] ? &*found.parts[1] : nullptr;
    Projection *v = found.parts[2] ? &*found.parts[2] : nullptr;
    if (!k || !v) {
      refuse(attention,
             found.refusal.empty() ? "K or V is a constant" : found.refusal);
      return Outcome::Refused;
    }
    if (k->linear.getInput() != v->linear.getInput()) {
      refuse(attention, "K and V are projections of different tensors");
      return Outcome::Refused;
    }
    bool apart = !q || q->linear.getInput() != k->linear.getInput();
    SmallVector<Projection *> parts{k, v};
    if (!apart)
      parts.insert(parts.begin(), q);
    if (!areDisjoint(parts)) {
      refuse(attention, "two of Q, K and V are the same columns");
      return Outcome::Refused;
    }
    if (!sameTypes(parts)) {
      refuse(attention, "the projections have different element types");
      return Outcome::Refused;
    }
    if (apart) {
      remark(attention, "K and V are fused alone: Q is " +
                            (q ? Twine("a projection of another tensor")
                               : Twine("no projection")));
      build({nullptr, k, v});
      ++numPartly;
      return Outcome::Partly;
    }
    build({q, k, v});
    ++numFused;
    return Outcome::Fused;
  }

  static bool sameTypes(ArrayRef<Projection *> parts) {
    return llvm::all_of(parts, [&](Projection *part) {
      LinearOp first = parts.front()->linear;
      return part->linear.getType().getElementType() ==
                 first.getType().getElementType() &&
             tensorType(part->linear.getWeight()).getElementType() ==
                 tensorType(first.getWeight()).getElementType();
    });
  }

  /// What an earlier run made of `attention`.
  static std::optional<Outcome> fusedAlready(AttentionOp attention) {
    QKVProjectionOp projections[3];
    for (unsigned i = 0; i < 3; ++i) {
      View origin = traceView(attention->getOperand(i),
                              {.broadcasts = false, .elementwise = true});
      projections[i] = origin.root.getDefiningOp<QKVProjectionOp>();
    }
    if (!projections[1] || projections[1] != projections[2])
      return std::nullopt;
    return projections[0] == projections[1] ? Outcome::Fused : Outcome::Partly;
  }

  static void refuse(AttentionOp attention, const Twine &why) {
    remark(attention, "Q, K and V are not fused: " + why);
  }

  FrozenRewritePatternSet mergePatterns, viewPatterns;
};

} // namespace
} // namespace vitc::vit
