//===- RaiseAttention.cpp - Products around a softmax become attention ----===//
#include "passes/Matchers.h"
#include "passes/Passes.h"
#include "passes/Report.h"
#include "passes/ScalarFunction.h"
#include "passes/attention/Heads.h"
#include "passes/attention/MergeHeads.h"
#include "passes/attention/ScoreBias.h"
#include "passes/attention/ScoreChain.h"
#include "passes/patterns/Patterns.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace vitc::vit {
#define GEN_PASS_DEF_RAISEATTENTION
#include "passes/Passes.h.inc"

namespace {

/// Swaps the last two dimensions.
Value swapLast(OpBuilder &builder, Location loc, Value value) {
  SmallVector<int64_t> permutation(
      llvm::to_vector(llvm::seq<int64_t>(0, rankOf(value))));
  std::swap(permutation.end()[-1], permutation.end()[-2]);
  return TransposeOp::create(builder, loc, value, permutation);
}

/// The extents before the last two.
Extents leadingOf(Value value) {
  Extents extents = extentsOf(value);
  extents.truncate(extents.size() - 2);
  return extents;
}

/// `value` with the leading dimensions of Q, repeated where they are 1.
Value withLeading(OpBuilder &builder, Location loc, Value value,
                  ArrayRef<Extent> leading) {
  if (ArrayRef<Extent>(leadingOf(value)) == leading)
    return value;
  Extents extents(leading.begin(), leading.end());
  Extents own = extentsOf(value);
  extents.append({own.end()[-2], own.end()[-1]});
  return BroadcastOp::create(builder, loc, value, extents);
}

/// Gives K or V as tokens, with as few heads as it has.
struct KeyValue {
  Value tokens;
  int64_t groups;
};
KeyValue keyValue(OpBuilder &builder, Location loc, Value value,
                  HeadLayout layout) {
  Value unrepeated;
  int64_t groups = stripRepeatedHeads(builder, loc, value, layout, unrepeated);
  return {toTokens(builder, loc, unrepeated, layout), groups};
}

/// Q and K [..., N, dk] and V [..., N, dv] of a chain.
struct Operands {
  Value q, k, v;
};
Operands operandsOf(OpBuilder &builder, Location loc, ScoreChain &chain,
                    Value lhs, Value rhs) {
  bool across = !chain.scores.getTransposeRhs();
  if (across)
    rhs = swapLast(builder, loc, rhs);
  Value v =
      chain.transposedOutput ? chain.output.getLhs() : chain.output.getRhs();
  if (chain.transposedOutput || chain.output.getTransposeRhs())
    v = swapLast(builder, loc, v);
  return chain.transposedScores ? Operands{rhs, lhs, v} : Operands{lhs, rhs, v};
}

Type elementOf(Value value) { return tensorType(value).getElementType(); }

/// What the chain comes to; a reason where it cannot be built.
std::string raise(ScoreChain &chain) {
  OpBuilder builder(chain.output);
  Location loc = mergeLocs(chain.members);
  Value lhs = chain.scores.getLhs(), rhs = chain.scores.getRhs();
  double scale = chain.scale;
  Value left = stripScale(builder, lhs, scale);
  Value right = stripScale(builder, rhs, scale);
  if (elementOf(left) != elementOf(right)) {
    left = lhs;
    right = rhs;
    scale = chain.scale;
  }
  auto [q, k, v] = operandsOf(builder, loc, chain, left, right);
  if (elementOf(q) != elementOf(v))
    return "V has another element type than Q and K";
  Extents leading = leadingOf(q);
  if (leadingOf(chain.scores.getOutput()) != leading)
    return "K has more batches or heads than Q";

  HeadLayout layout = inferHeads(q);
  if (layout.channelsAsTokens)
    return "channels attend to channels (cross-covariance)";
  // The output's product may split heads and batch otherwise.
  Extents outLeading = leadingOf(chain.output.getOutput());
  if (product(outLeading) != product(leading))
    return "V has more batches or heads than Q";
  k = withLeading(builder, loc, k, leading);
  v = withLeading(builder, loc, v, outLeading);

  std::string why;
  Value bias = buildScoreBias(builder, loc, chain, layout, why);
  if (!why.empty())
    return why;
  if (chain.guarded && bias && !isFinite(bias))
    return "rows that a mask hides entirely give zeros, and the mask is not "
           "known to hide none";

  Value queries = toTokens(builder, loc, q, layout);
  KeyValue keys = keyValue(builder, loc, k, layout);
  KeyValue values = keyValue(builder, loc, v, layout);
  if (keys.groups != values.groups) {
    keys = {toTokens(builder, loc, k, layout), 1};
    values = {toTokens(builder, loc, v, layout), 1};
  }
  int64_t heads = layout.heads();
  auto attention =
      AttentionOp::create(builder, loc, queries, keys.tokens, values.tokens,
                          bias, heads, heads / keys.groups, scale);
  Value output = chain.output.getOutput();
  attention.getOutput().setType(
      withElement(attention.getType(), elementOf(output)));
  Extents extents = extentsOf(output);
  if (chain.transposedOutput)
    std::swap(extents.end()[-1], extents.end()[-2]);
  Value result = fromTokens(builder, loc, attention, layout, extents);
  if (chain.transposedOutput)
    result = swapLast(builder, loc, result);
  copyTensorName(chain.output, attention);
  output.replaceAllUsesWith(result);
  return "";
}

class RaiseAttentionPass : public impl::RaiseAttentionBase<RaiseAttentionPass> {
public:
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    populateViewPatterns(set);
    populateSoftmaxPatterns(set);
    populateMergeHeadsPatterns(set);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    int64_t missed = 0;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      missed += raiseAll(function.getBody().front());
      if (failed(applyPatternsGreedily(function, patterns)))
        return signalPassFailure();
    }
    int64_t found = 0;
    getOperation().walk([&](AttentionOp) { ++found; });
    setReport(getOperation(), "attention", found, found + missed);
  }

private:
  /// Returns how many near misses there were.
  int64_t raiseAll(Block &body) {
    int64_t missed = 0;
    SmallVector<SoftmaxOp> softmaxes(body.getOps<SoftmaxOp>());
    for (SoftmaxOp softmax : softmaxes) {
      ScoreChain chain = matchScoreChain(softmax);
      if (!chain.candidate)
        continue;
      std::string why = chain.refusal;
      if (why.empty())
        why = raise(chain);
      if (why.empty()) {
        ++numRaised;
        continue;
      }
      ++missed;
      remark(softmax, "not raised to vit.attention: " + why);
    }
    return missed;
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
} // namespace vitc::vit
