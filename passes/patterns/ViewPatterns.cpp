//===- ViewPatterns.cpp - Shorter chains of reshape, transpose and slice --===//
#include "passes/Matchers.h"
#include "passes/Views.h"
#include "passes/patterns/Patterns.h"

using namespace mlir;

namespace vitc::vit {
namespace {

bool isViewOp(Operation *op) {
  return isa_and_nonnull<ReshapeOp, TransposeOp, SliceOp, BroadcastOp>(op);
}

/// Adds up the chain from `op` to `root`. `shared` says whether another op
/// reads a value in its middle.
int64_t chainCost(Operation *op, Value root, bool &shared) {
  int64_t cost = 0;
  shared = false;
  for (Value value = op->getResult(0); value != root;
       value = value.getDefiningOp()->getOperand(0)) {
    Operation *step = value.getDefiningOp();
    cost += isa<TransposeOp>(step)            ? kTransposeCost
            : isa<SliceOp, BroadcastOp>(step) ? kSliceCost
                                              : 1;
    shared |= step != op && !value.hasOneUse();
  }
  return cost;
}

/// view(view(x)) -> one view of x, where that has fewer transposes or slices
/// (or, where nobody else reads the middle, fewer ops).
struct ComposeViews : RewritePattern {
  ComposeViews(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isViewOp(op))
      return failure();
    View view = traceView(op->getResult(0));
    bool single =
        view.root == op->getOperand(0) || view.root == op->getResult(0);
    if (view.root == op->getResult(0) || (single && !isa<TransposeOp>(op)))
      return failure();
    auto plan = planView(view);
    if (!plan)
      return failure();
    bool shared = false;
    int64_t before = chainCost(op, view.root, shared);
    int64_t after = plan->cost(tensorType(view.root));
    bool better = shared ? after / kTransposeCost < before / kTransposeCost
                         : after < before;
    if (!better)
      return failure();
    SmallVector<Location> locs;
    for (Value value = op->getResult(0); value != view.root;
         value = value.getDefiningOp()->getOperand(0))
      locs.push_back(value.getDefiningOp()->getLoc());
    Value result = materialize(rewriter, mergeLocs(locs), view, *plan);
    if (Operation *last = result.getDefiningOp())
      if (result != view.root)
        copyTensorName(op, last);
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// gather(x, constant range) -> slice (and a reshape that drops the axis where
/// the index is a scalar).
struct GatherOfRange : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GatherOp op,
                                PatternRewriter &rewriter) const override {
    auto indices = getConstantInts(op.getIndices());
    int64_t axis = op.getAxis();
    Extents extents = extentsOf(op.getInput());
    if (!indices || indices->empty() || extents[axis].perBatch)
      return failure();
    for (int64_t &index : *indices) {
      index += index < 0 ? extents[axis].value : 0;
      if (index < 0 || index >= extents[axis].value)
        return failure();
    }
    int64_t step = indices->size() > 1 ? (*indices)[1] - (*indices)[0] : 1;
    for (size_t i = 1; i < indices->size(); ++i)
      if ((*indices)[i] - (*indices)[i - 1] != step)
        return failure();
    if (step == 0)
      return failure();
    SmallVector<int64_t, 6> offsets(extents.size(), 0);
    SmallVector<int64_t, 6> strides(extents.size(), 1);
    offsets[axis] = indices->front();
    strides[axis] = step;
    extents[axis] = {static_cast<int64_t>(indices->size()), false};
    Value slice = SliceOp::create(rewriter, op.getLoc(), op.getInput(), offsets,
                                  extents, strides);
    Value result =
        reshapeTo(rewriter, op.getLoc(), slice, getExtents(op.getType()));
    copyTensorName(op, result.getDefiningOp());
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// A view of `value` that moves elements and keeps all of them, of a computed
/// root; nothing where there is nothing to move.
std::optional<View> permutedView(Value value) {
  View view = traceView(value, {.slices = false, .broadcasts = false});
  if (view.root == value || isWeight(view.root) || view.isReshape() ||
      !view.isPermutation() || !planView(view))
    return std::nullopt;
  return view;
}

/// The atoms of `view` in the order of the root.
Atoms rootOrder(const View &view) {
  Atoms atoms;
  for (const Atoms &dim : view.dims)
    for (const Atom &atom : dim)
      if (atom.size != Extent{})
        atoms.push_back(atom);
  llvm::stable_sort(atoms, [](const Atom &lhs, const Atom &rhs) {
    if (lhs.stride.perBatch != rhs.stride.perBatch)
      return lhs.stride.perBatch;
    return lhs.stride.value > rhs.stride.value;
  });
  return atoms;
}

Extents sizesOf(ArrayRef<Atom> atoms) {
  Extents sizes;
  for (const Atom &atom : atoms)
    sizes.push_back(atom.size);
  return sizes;
}

/// Permutations (permutedView) can always be built.
LogicalResult replaceByView(PatternRewriter &rewriter, Operation *op,
                            const View &view) {
  Value result = materialize(rewriter, op->getLoc(), view, *planView(view));
  copyTensorName(op, result.getDefiningOp());
  rewriter.replaceOp(op, result);
  return success();
}

/// f(permuted rows of x) -> permuted rows of f(x), where f acts on rows.
template <typename Op> struct SinkBelowRowOp : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    auto view = permutedView(op.getInput());
    int64_t width = lastDim(op.getInput());
    if (!view || width == 1 || !splitAtWidth(*view, width))
      return failure();
    Atoms columns = mergeAtoms(view->dims.back());
    if (columns.size() != 1 || columns[0] != Atom{{width, false}, {}})
      return failure();
    view->dims.back() = columns;

    Value root =
        reshapeTo(rewriter, op.getLoc(), view->root, sizesOf(rootOrder(*view)));
    Operation *moved = rewriter.clone(*op);
    moved->setOperand(0, root);
    int64_t outWidth = lastDim(op.getOutput());
    Extents extents = extentsOf(root);
    extents.back() = {outWidth, false};
    moved->getResult(0).setType(
        makeTensorType(extents, op.getType().getElementType()));

    for (Atoms &dim : view->dims)
      for (Atom &atom : dim)
        atom.stride.value = atom.stride.value / width * outWidth;
    view->dims.back() = {Atom{{outWidth, false}, {}}};
    view->root = moved->getResult(0);
    moved->removeDiscardableAttr(kTensorName);
    return replaceByView(rewriter, op, *view);
  }
};

/// A pointwise op over equally permuted operands (and weights) works on the
/// operands before the permutation.
struct SinkBelowPointwise : OpRewritePattern<PointwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PointwiseOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<View> view;
    SmallVector<Value> roots(op.getInputs().size());
    for (auto [i, input] : llvm::enumerate(op.getInputs())) {
      if (isWeight(input))
        continue;
      auto permuted = readsInPlace(op, i) ? permutedView(input) : std::nullopt;
      if (!permuted || (view && permuted->dims != view->dims))
        return failure();
      view = permuted;
      roots[i] = permuted->root;
    }
    if (!view)
      return failure();

    Atoms order = rootOrder(*view);
    Extents sizes = sizesOf(order);
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (auto [i, input] : llvm::enumerate(op.getInputs())) {
      if (roots[i]) {
        inputs.push_back(reshapeTo(rewriter, op.getLoc(), roots[i], sizes));
        maps.push_back(rewriter.getMultiDimIdentityMap(sizes.size()));
        continue;
      }
      auto [moved, map] = moveWeight(rewriter, op, i, *view, order);
      inputs.push_back(moved);
      maps.push_back(map);
    }
    auto moved = cast<PointwiseOp>(rewriter.clone(*op));
    moved->setOperands(inputs);
    moved.setMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    moved.getOutput().setType(
        makeTensorType(sizes, op.getType().getElementType()));
    moved->removeDiscardableAttr(kTensorName);
    view->root = moved.getOutput();
    return replaceByView(rewriter, op, *view);
  }

  /// Splits the dims of a weight operand as the atoms of the output's dims are
  /// split, and says where each stands in `order`.
  static std::pair<Value, AffineMap> moveWeight(PatternRewriter &rewriter,
                                                PointwiseOp op, unsigned i,
                                                const View &view,
                                                ArrayRef<Atom> order) {
    MLIRContext *context = op.getContext();
    Value weight = op.getInputs()[i];
    Extents extents;
    SmallVector<AffineExpr> results;
    for (auto [result, size] :
         llvm::zip(mapOf(op, i).getResults(), tensorType(weight).getShape())) {
      auto dim = dyn_cast<AffineDimExpr>(result);
      if (!dim || size == 1)
        continue;
      for (const Atom &atom : view.dims[dim.getPosition()]) {
        if (atom.size == Extent{})
          continue;
        extents.push_back(atom.size);
        results.push_back(
            getAffineDimExpr(llvm::find(order, atom) - order.begin(), context));
      }
    }
    Value moved = reshapeTo(rewriter, op.getLoc(), weight, extents);
    return {moved, AffineMap::get(order.size(), 0, results, context)};
  }
};

} // namespace

void populateViewPatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ComposeViews, GatherOfRange, SinkBelowRowOp<LinearOp>,
               SinkBelowRowOp<LayerNormOp>, SinkBelowPointwise>(context);
}

} // namespace vitc::vit
