//===- MovePointwise.cpp - Pointwise ops towards their producers ----------===//
//
// An epilogue can only hang on an anchor whose result it reads directly. These
// patterns take out of the way what stands between: views change places with
// the pointwise op, concat takes it apart.
//
//===----------------------------------------------------------------------===//
#include "dialect/Batch.h"
#include "dialect/Locations.h"
#include "passes/Precision.h"
#include "passes/fuse/PointwiseGroups.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace vitc::vit {

bool readsElementwise(PointwiseOp op, unsigned i) {
  auto map = cast<AffineMapAttr>(op.getMaps()[i]).getValue();
  auto input = cast<RankedTensorType>(op.getOperand(i).getType());
  RankedTensorType output = op.getOutput().getType();
  return map.isIdentity() && input.getShape() == output.getShape() &&
         input.getEncoding() == output.getEncoding();
}

bool isWideningCast(Operation *op) {
  auto pointwise = dyn_cast<PointwiseOp>(op);
  if (!pointwise || pointwise.getNumOperands() != 1)
    return false;
  Block &body = pointwise.getBody().front();
  return body.getOperations().size() == 2 && isa<arith::ExtFOp>(body.front());
}

/// The anchor (or pointwise op) that gives `value` and is read only here.
static Operation *movableProducer(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !value.hasOneUse() || op->getNumResults() != 1)
    return nullptr;
  return isAnchor(op) || isa<PointwiseOp>(op) ? op : nullptr;
}

/// `op` with other inputs and maps, giving `type`; the payload moves along.
static PointwiseOp recreate(PatternRewriter &rewriter, PointwiseOp op,
                            RankedTensorType type, ValueRange inputs,
                            ArrayRef<AffineMap> maps) {
  auto moved =
      PointwiseOp::create(rewriter, op.getLoc(), type, inputs,
                          rewriter.getAffineMapArrayAttr(maps), op.getKind());
  for (NamedAttribute attr : op->getDiscardableAttrs())
    if (attr.getName() != kTensorName)
      moved->setDiscardableAttr(attr.getName(), attr.getValue());
  IRMapping mapping;
  op.getBody().cloneInto(&moved.getBody(), mapping);
  return moved;
}

namespace {

/// How the dims of two shapes with the same elements correspond: runs of dims
/// [from, fromEnd) of one with [to, toEnd) of the other.
struct DimGroup {
  unsigned from, fromEnd, to, toEnd;
};

} // namespace

/// The coarsest common grouping of `from` and `to`; empty if there is none.
static SmallVector<DimGroup> groupDims(const Extents &from, const Extents &to) {
  SmallVector<DimGroup> groups;
  unsigned i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    DimGroup group{i, i + 1, j, j + 1};
    Extent a = from[i++], b = to[j++];
    while (!(a == b)) {
      bool growFrom = a.value < b.value || (a.value == b.value && b.perBatch);
      if (growFrom) {
        if (i == from.size())
          return {};
        a = product({a, from[i++]});
      } else {
        if (j == to.size())
          return {};
        b = product({b, to[j++]});
      }
    }
    group.fromEnd = i;
    group.toEnd = j;
    groups.push_back(group);
  }
  auto one = [](const Extent &extent) { return extent == Extent{}; };
  if (!llvm::all_of(ArrayRef<Extent>(from).drop_front(i), one) ||
      !llvm::all_of(ArrayRef<Extent>(to).drop_front(j), one) || groups.empty())
    return {};
  groups.back().fromEnd = from.size();
  groups.back().toEnd = to.size();
  return groups;
}

namespace {

/// pointwise(reshape(x), others) -> reshape(pointwise(x, others')). An input
/// that sees only some dims of a regrouped run stops it.
struct MoveAcrossReshape : OpRewritePattern<PointwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PointwiseOp op,
                                PatternRewriter &rewriter) const override {
    for (unsigned i = 0; i < op.getNumOperands(); ++i) {
      auto reshape = op.getOperand(i).getDefiningOp<ReshapeOp>();
      if (reshape && reshape->hasOneUse() && readsElementwise(op, i) &&
          movableProducer(reshape.getInput()) &&
          succeeded(move(op, reshape, rewriter)))
        return success();
    }
    return failure();
  }

private:
  static LogicalResult move(PointwiseOp op, ReshapeOp reshape,
                            PatternRewriter &rewriter) {
    Extents outer = getExtents(op.getOutput().getType());
    Extents inner = getExtents(reshape.getInput().getType());
    SmallVector<DimGroup> groups = groupDims(outer, inner);
    if (groups.empty())
      return failure();

    SmallVector<std::pair<Extents, AffineMap>> plans;
    for (unsigned i = 0; i < op.getNumOperands(); ++i) {
      auto map = cast<AffineMapAttr>(op.getMaps()[i]).getValue();
      auto plan = regroup(
          map, getExtents(cast<RankedTensorType>(op.getOperand(i).getType())),
          groups, inner, op.getContext());
      if (failed(plan))
        return failure();
      plans.push_back(*plan);
    }

    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (auto [operand, plan] : llvm::zip_equal(op.getOperands(), plans)) {
      auto type = cast<RankedTensorType>(operand.getType());
      RankedTensorType wanted =
          makeTensorType(plan.first, type.getElementType());
      if (operand == reshape.getOutput())
        inputs.push_back(reshape.getInput());
      else if (type == wanted)
        inputs.push_back(operand);
      else
        inputs.push_back(
            ReshapeOp::create(rewriter, op.getLoc(), wanted, operand));
      maps.push_back(plan.second);
    }
    RankedTensorType type =
        makeTensorType(inner, op.getOutput().getType().getElementType());
    PointwiseOp moved = recreate(rewriter, op, type, inputs, maps);
    copyTensorName(op, moved);
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getOutput().getType(),
                                           moved.getOutput());
    return success();
  }

  /// The shape and map of an input in the index space of `inner`: every group
  /// is seen whole, or not at all.
  static FailureOr<std::pair<Extents, AffineMap>>
  regroup(AffineMap map, Extents shape, ArrayRef<DimGroup> groups,
          const Extents &inner, MLIRContext *context) {
    SmallVector<int64_t>
        dimOf; // The output dim of each input dim, or -1 for 0.
    for (AffineExpr expr : map.getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      dimOf.push_back(dim ? dim.getPosition() : -1);
    }
    Extents newShape;
    SmallVector<AffineExpr> exprs;
    int64_t lastSeen = -1;
    for (const DimGroup &group : groups) {
      unsigned seen = 0, sizeOne = 0;
      for (unsigned dim = group.from; dim < group.fromEnd; ++dim) {
        auto it = llvm::find(dimOf, static_cast<int64_t>(dim));
        if (it == dimOf.end())
          continue;
        int64_t position = it - dimOf.begin();
        if (position < lastSeen)
          return failure(); // A transposed input.
        lastSeen = position;
        ++seen;
        sizeOne += shape[position] == Extent{};
      }
      unsigned size = group.fromEnd - group.from;
      if (seen == 0)
        continue;
      if (seen != size && seen != sizeOne)
        return failure();
      for (unsigned dim = group.to; dim < group.toEnd; ++dim) {
        newShape.push_back(inner[dim]);
        exprs.push_back(getAffineDimExpr(dim, context));
      }
    }
    return std::make_pair(newShape,
                          AffineMap::get(inner.size(), 0, exprs, context));
  }
};

/// pointwise(transpose(x), others) -> transpose(pointwise(x, others)).
struct MoveAcrossTranspose : OpRewritePattern<PointwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PointwiseOp op,
                                PatternRewriter &rewriter) const override {
    for (unsigned i = 0; i < op.getNumOperands(); ++i) {
      auto transpose = op.getOperand(i).getDefiningOp<TransposeOp>();
      if (!transpose || !transpose->hasOneUse() || !readsElementwise(op, i) ||
          !movableProducer(transpose.getInput()))
        continue;
      // Output dim d is dim permutation[d] of the space before the transpose.
      ArrayRef<int64_t> permutation = transpose.getPermutation();
      SmallVector<AffineExpr> renamed;
      for (int64_t dim : permutation)
        renamed.push_back(rewriter.getAffineDimExpr(dim));
      SmallVector<Value> inputs(op.getOperands());
      inputs[i] = transpose.getInput();
      SmallVector<AffineMap> maps;
      for (auto [j, attr] :
           llvm::enumerate(op.getMaps().getAsValueRange<AffineMapAttr>()))
        maps.push_back(j == i
                           ? rewriter.getMultiDimIdentityMap(permutation.size())
                           : attr.replaceDimsAndSymbols(renamed, {},
                                                        permutation.size(), 0));
      auto inner = cast<RankedTensorType>(transpose.getInput().getType());
      PointwiseOp moved = recreate(
          rewriter, op,
          withElement(inner, op.getOutput().getType().getElementType()), inputs,
          maps);
      rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getOutput().getType(),
                                               moved.getOutput(), permutation);
      return success();
    }
    return failure();
  }
};

/// An operand that is a broadcast reads its source with a map of zeros.
struct FoldBroadcastOperand : OpRewritePattern<PointwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PointwiseOp op,
                                PatternRewriter &rewriter) const override {
    // The identity on a broadcast is the broadcast itself.
    if (op.getNumOperands() == 1 &&
        op.getBody().front().getOperations().size() == 1)
      return failure();
    for (unsigned i = 0; i < op.getNumOperands(); ++i) {
      auto broadcast = op.getOperand(i).getDefiningOp<BroadcastOp>();
      if (!broadcast)
        continue;
      auto source = cast<RankedTensorType>(broadcast.getInput().getType());
      auto map = cast<AffineMapAttr>(op.getMaps()[i]).getValue();
      unsigned drop = map.getNumResults() - source.getRank();
      SmallVector<AffineExpr> exprs;
      for (auto [dim, expr] :
           llvm::enumerate(map.getResults().drop_front(drop)))
        exprs.push_back(source.getDimSize(dim) == 1
                            ? rewriter.getAffineConstantExpr(0)
                            : expr);
      SmallVector<AffineMap> maps(
          op.getMaps().getAsValueRange<AffineMapAttr>());
      maps[i] =
          AffineMap::get(map.getNumDims(), 0, exprs, rewriter.getContext());
      rewriter.modifyOpInPlace(op, [&] {
        op->setOperand(i, broadcast.getInput());
        op.setMapsAttr(rewriter.getAffineMapArrayAttr(maps));
      });
      return success();
    }
    return failure();
  }
};

/// pointwise(concat(a, b), others) -> concat(pointwise(a, ..), pointwise(b,
/// ..)), where one of the pieces has a producer that takes an epilogue.
struct MoveAcrossConcat : OpRewritePattern<PointwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PointwiseOp op,
                                PatternRewriter &rewriter) const override {
    for (unsigned i = 0; i < op.getNumOperands(); ++i) {
      auto concat = op.getOperand(i).getDefiningOp<ConcatOp>();
      if (!concat || !concat->hasOneUse() || !readsElementwise(op, i) ||
          llvm::none_of(concat.getInputs(), movableProducer))
        continue;
      split(op, i, concat, rewriter);
      return success();
    }
    return failure();
  }

private:
  static void split(PointwiseOp op, unsigned index, ConcatOp concat,
                    PatternRewriter &rewriter) {
    Type element = op.getOutput().getType().getElementType();
    int64_t axis = concat.getAxis(), offset = 0;
    SmallVector<AffineMap> maps(op.getMaps().getAsValueRange<AffineMapAttr>());
    SmallVector<Value> pieces;
    for (Value piece : concat.getInputs()) {
      auto type = cast<RankedTensorType>(piece.getType());
      int64_t size = type.getDimSize(axis);
      SmallVector<Value> inputs;
      for (unsigned j = 0; j < op.getNumOperands(); ++j)
        inputs.push_back(j == index ? piece
                                    : slice(rewriter, op.getOperand(j), maps[j],
                                            axis, offset, size));
      pieces.push_back(
          recreate(rewriter, op, withElement(type, element), inputs, maps));
      offset += size;
    }
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getOutput().getType(), pieces,
                                          axis);
  }

  /// The part of an input that [offset, offset + size) of output dim `axis`
  /// sees.
  static Value slice(PatternRewriter &rewriter, Value input, AffineMap map,
                     int64_t axis, int64_t offset, int64_t size) {
    auto type = cast<RankedTensorType>(input.getType());
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      auto position = dyn_cast<AffineDimExpr>(expr);
      if (!position || position.getPosition() != axis ||
          type.getDimSize(dim) == 1)
        continue;
      SmallVector<int64_t> offsets(type.getRank(), 0),
          strides(type.getRank(), 1);
      offsets[dim] = offset;
      SmallVector<int64_t> shape(type.getShape());
      shape[dim] = size;
      auto part = RankedTensorType::get(shape, type.getElementType(),
                                        type.getEncoding());
      return SliceOp::create(rewriter, input.getLoc(), part, input, offsets,
                             strides);
    }
    return input;
  }
};

} // namespace

void populateMovePointwisePatterns(RewritePatternSet &patterns) {
  patterns.add<MoveAcrossReshape, MoveAcrossTranspose, FoldBroadcastOperand,
               MoveAcrossConcat>(patterns.getContext());
}

} // namespace vitc::vit
