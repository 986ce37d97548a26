//===- RowPatterns.cpp - Ops on rows get rank 2 ---------------------------===//
#include "passes/Matchers.h"
#include "passes/Views.h"
#include "passes/patterns/Patterns.h"

using namespace mlir;

namespace vitc::vit {
namespace {

/// [rows, last].
Extents asRows(Value value) {
  Extents extents = extentsOf(value);
  Extent last = extents.pop_back_val();
  return {product(extents), last};
}

/// f(x [..., C]) -> reshape(f(reshape(x))) with rows of rank 2, for ops whose
/// first operand and results are rows.
template <typename Op> struct RowsOfRankTwo : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Value input = op->getOperand(0);
    if (rankOf(input) == 2 || isWeight(input))
      return failure();
    Location loc = op.getLoc();
    Value rows = reshapeTo(rewriter, loc, input, asRows(input));
    Operation *flat = rewriter.clone(*op);
    flat->setOperand(0, rows);
    SmallVector<Value> results;
    for (auto [result, old] : llvm::zip(flat->getResults(), op->getResults())) {
      result.setType(
          makeTensorType(asRows(old), tensorType(old).getElementType()));
      results.push_back(reshapeTo(rewriter, loc, result, extentsOf(old)));
    }
    rewriter.replaceOp(op, results);
    return success();
  }
};

/// Which dimensions of a pointwise op can be one: runs of neighbours that every
/// input reads row-major, or not at all.
class Collapse {
public:
  explicit Collapse(PointwiseOp op) : op(op) {
    int64_t rank = op.getType().getRank();
    groups.push_back({0});
    for (int64_t dim = 1; dim < rank; ++dim) {
      // The channels stay a dimension of their own.
      bool joins = dim < rank - 1 && readsTogether(dim - 1, dim);
      if (joins)
        groups.back().push_back(dim);
      else
        groups.push_back({dim});
    }
  }

  bool changes() {
    return static_cast<int64_t>(groups.size()) <
           op.getOutput().getType().getRank();
  }

  Extents outputExtents() {
    Extents extents = getExtents(op.getType()), merged;
    for (ArrayRef<int64_t> group : groups) {
      Extent size;
      for (int64_t dim : group)
        size = multiply(size, extents[dim]);
      merged.push_back(size);
    }
    return merged;
  }

  /// Input `i` with merged dimensions, and its map.
  std::pair<Value, AffineMap> input(OpBuilder &builder, unsigned i) {
    Value value = op.getInputs()[i];
    Extents own = extentsOf(value), merged;
    SmallVector<AffineExpr> results;
    AffineMap map = mapOf(op, i);
    for (unsigned k = 0; k < own.size(); ++k) {
      auto dim = dyn_cast<AffineDimExpr>(map.getResult(k));
      if (!dim || own[k] == Extent{})
        continue;
      int64_t group = groupOf(dim.getPosition());
      auto expr = builder.getAffineDimExpr(group);
      if (!results.empty() && results.back() == expr) {
        merged.back() = multiply(merged.back(), own[k]);
      } else {
        results.push_back(expr);
        merged.push_back(own[k]);
      }
    }
    value = reshapeTo(builder, op.getLoc(), value, merged);
    return {value,
            AffineMap::get(groups.size(), 0, results, builder.getContext())};
  }

private:
  int64_t groupOf(int64_t dim) {
    for (auto [g, group] : llvm::enumerate(groups))
      if (llvm::is_contained(group, dim))
        return g;
    llvm_unreachable("every dimension is in a group");
  }

  /// Whether each input reads dims a and b = a + 1 as neighbours, in order, or
  /// neither.
  bool readsTogether(int64_t a, int64_t b) {
    Extents out = getExtents(op.getType());
    for (unsigned i = 0; i < op.getInputs().size(); ++i) {
      Extents own = extentsOf(op.getInputs()[i]);
      int64_t placeA = -1, placeB = -1;
      for (auto [k, result] : llvm::enumerate(mapOf(op, i).getResults())) {
        auto dim = dyn_cast<AffineDimExpr>(result);
        if (!dim || own[k] == Extent{})
          continue;
        placeA = static_cast<int64_t>(dim.getPosition()) == a ? k : placeA;
        placeB = static_cast<int64_t>(dim.getPosition()) == b ? k : placeB;
      }
      bool neither = placeA < 0 && placeB < 0;
      bool both = placeA >= 0 && placeB == placeA + 1;
      // A dimension of 1 goes with whatever stands beside it.
      bool one = out[a] == Extent{} || out[b] == Extent{};
      if (!neither && !both && !one)
        return false;
    }
    return true;
  }

  PointwiseOp op;
  SmallVector<SmallVector<int64_t, 4>, 4> groups;
};

struct PointwiseOfRows : OpRewritePattern<PointwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PointwiseOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getType().getRank() < 3 || isWeight(op.getOutput()))
      return failure();
    Collapse collapse(op);
    if (!collapse.changes())
      return failure();
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (unsigned i = 0; i < op.getInputs().size(); ++i) {
      auto [value, map] = collapse.input(rewriter, i);
      inputs.push_back(value);
      maps.push_back(map);
    }
    auto flat = cast<PointwiseOp>(rewriter.clone(*op));
    flat->setOperands(inputs);
    flat.setMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    flat.getOutput().setType(makeTensorType(collapse.outputExtents(),
                                            op.getType().getElementType()));
    rewriter.replaceOp(op, reshapeTo(rewriter, op.getLoc(), flat.getOutput(),
                                     getExtents(op.getType())));
    return success();
  }
};

/// A weight that a pointwise op of rank 4 or more repeats over the heads keeps
/// them apart from the channels: it is repeated at compile time.
struct RepeatWeightOverHeads : OpRewritePattern<PointwiseOp> {
  using OpRewritePattern::OpRewritePattern;
  static constexpr int64_t kMaxElements = 1 << 20;

  LogicalResult matchAndRewrite(PointwiseOp op,
                                PatternRewriter &rewriter) const override {
    Extents out = getExtents(op.getType());
    int64_t rank = out.size();
    if (rank < 4 || isWeight(op.getOutput()) || out[rank - 2].perBatch)
      return failure();
    bool changed = false;
    SmallVector<Value> inputs(op.getInputs());
    SmallVector<AffineMap> maps;
    for (unsigned i = 0; i < inputs.size(); ++i) {
      maps.push_back(mapOf(op, i));
      if (!isWeight(inputs[i]) || variesAlong(op, i) || rankOf(inputs[i]) < 2)
        continue;
      ArrayRef<AffineExpr> results = maps[i].getResults();
      auto last = dyn_cast<AffineDimExpr>(results.back());
      bool readsHeads = llvm::any_of(results, [&](AffineExpr expr) {
        auto dim = dyn_cast<AffineDimExpr>(expr);
        return dim && dim.getPosition() == rank - 2;
      });
      int64_t size = tensorType(inputs[i]).getNumElements();
      if (!last || last.getPosition() != rank - 1 || readsHeads ||
          size * out[rank - 2].value > kMaxElements)
        continue;
      Extents extents = extentsOf(inputs[i]);
      extents.insert(extents.end() - 1, Extent{});
      Value value = reshapeTo(rewriter, op.getLoc(), inputs[i], extents);
      extents[extents.size() - 2] = out[rank - 2];
      inputs[i] = BroadcastOp::create(rewriter, op.getLoc(), value, extents);
      SmallVector<AffineExpr> moved(results);
      moved.insert(moved.end() - 1, rewriter.getAffineDimExpr(rank - 2));
      maps[i] = AffineMap::get(rank, 0, moved, op.getContext());
      changed = true;
    }
    if (!changed)
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op->setOperands(inputs);
      op.setMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    return success();
  }
};

} // namespace

void populateRowPatterns(RewritePatternSet &patterns) {
  patterns.add<RowsOfRankTwo<LinearOp>, RowsOfRankTwo<LayerNormOp>,
               RowsOfRankTwo<QKVProjectionOp>, PointwiseOfRows,
               RepeatWeightOverHeads>(patterns.getContext());
}

} // namespace vitc::vit
