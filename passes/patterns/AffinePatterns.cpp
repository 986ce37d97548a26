//===- AffinePatterns.cpp - Scales and shifts move into weights -----------===//
#include "passes/Matchers.h"
#include "passes/ScalarFunction.h"
#include "passes/Views.h"
#include "passes/patterns/Patterns.h"

using namespace mlir;

namespace vitc::vit {
namespace {

/// A pointwise op `slope * x + intercept` with weights that are scalars or vary
/// along one dimension (the channels).
struct ChannelAffine {
  unsigned argument;
  int channel = -1; ///< Dimension of the output; -1 for scalars.
  bool scales, shifts;
};

std::optional<ChannelAffine> matchChannelAffine(PointwiseOp op) {
  int computed = computedOperand(op);
  if (computed < 0 || !readsInPlace(op, computed) ||
      tensorType(op.getInputs()[computed]).getElementType() !=
          op.getType().getElementType())
    return std::nullopt;
  ChannelAffine affine;
  affine.argument = computed;
  for (unsigned i = 0; i < op.getInputs().size(); ++i) {
    if (i == affine.argument)
      continue;
    auto dim = variesAlong(op, i);
    if (!dim || (*dim >= 0 && affine.channel >= 0 && *dim != affine.channel))
      return std::nullopt;
    affine.channel = std::max(affine.channel, *dim);
  }
  auto parts = affineParts(op, computed);
  if (!parts)
    return std::nullopt;
  affine.scales = parts->scales;
  affine.shifts = parts->shifts;
  return affine;
}

/// Whether a dequantize stands in the computation of `weight`: such values stay
/// as the model's quantiser made them.
bool isDequantized(Value weight) {
  SmallVector<Value> work{weight};
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op)
      continue;
    if (isa<DequantizeOp>(op))
      return true;
    work.append(op->operand_begin(), op->operand_end());
  }
  return false;
}

/// Both parts of an affine op as weights; null where trivial.
struct Parts {
  Value slope, intercept;
};
Parts buildParts(OpBuilder &builder, PointwiseOp op, unsigned argument) {
  Location loc = op.getLoc();
  return {buildAffinePart(builder, loc, op, argument, AffinePart::Slope),
          buildAffinePart(builder, loc, op, argument, AffinePart::Intercept)};
}

Value binary(OpBuilder &builder, Location loc, StringRef kind, Value lhs,
             Value rhs) {
  Type element = tensorType(lhs).getElementType();
  return buildKind(builder, loc, kind, {lhs, rhs}, {}, element);
}

/// A vector as [size, 1, 1 ...], which broadcasts over the rows of a weight of
/// `rank`; scalars stay.
Value alongRows(OpBuilder &builder, Location loc, Value vector, int64_t rank) {
  if (rankOf(vector) == 0)
    return vector;
  Extents extents(rank, Extent{});
  extents[0] = extentsOf(vector)[0];
  return reshapeTo(builder, loc, vector, extents);
}

/// [size] of a scalar or vector.
Value asVector(OpBuilder &builder, Location loc, Value value, int64_t size) {
  if (rankOf(value) == 1)
    return value;
  return BroadcastOp::create(builder, loc, value, Extents{{size, false}});
}

/// The operands of the ops that have a weight [channels, ...] and a bias.
struct Contraction {
  Operation *op = nullptr;
  Value weight, bias;
  Extent channelStride; ///< Of the output, in elements.
};
std::optional<Contraction> matchContraction(Operation *op) {
  Contraction result{op, {}, {}, {}};
  if (auto linear = dyn_cast_or_null<LinearOp>(op)) {
    result.weight = linear.getWeight();
    result.bias = linear.getBias();
  } else if (auto patches = dyn_cast_or_null<PatchEmbedOp>(op)) {
    result.weight = patches.getWeight();
    result.bias = patches.getBias();
  } else if (auto conv = dyn_cast_or_null<Conv2DOp>(op)) {
    result.weight = conv.getWeight();
    result.bias = conv.getBias();
    Extents out = extentsOf(conv.getOutput());
    result.channelStride = multiply(out[2], out[3]);
  } else {
    return std::nullopt;
  }
  if (!isWeight(result.weight) || (result.bias && !isWeight(result.bias)))
    return std::nullopt;
  return result;
}

/// `op` with another weight and bias (null: none), at the builder.
Operation *rebuild(OpBuilder &builder, Location loc, Operation *op,
                   Value weight, Value bias) {
  SmallVector<Value, 3> operands{op->getOperand(0), weight};
  if (bias)
    operands.push_back(bias);
  OperationState state(loc, op->getName(), operands, op->getResultTypes(),
                       op->getAttrs());
  return builder.create(state);
}

/// Whether only `last` reads the chain of views from it up to `root`.
bool isOnlyReader(Value value, Value root) {
  while (value.hasOneUse() && value != root)
    value = value.getDefiningOp()->getOperand(0);
  return value == root && value.hasOneUse();
}

/// slope * contraction(x) + intercept: rows of the weight and the bias.
struct FoldBehind : OpRewritePattern<PointwiseOp> {
  FoldBehind(MLIRContext *context, AffineFolds folds)
      : OpRewritePattern(context, 2), folds(folds) {}

  LogicalResult matchAndRewrite(PointwiseOp op,
                                PatternRewriter &rewriter) const override {
    auto affine = matchChannelAffine(op);
    if (!affine ||
        (affine->scales && !affine->shifts && folds != AffineFolds::All))
      return failure();
    Value input = op.getInputs()[affine->argument];
    View view = traceView(input, {.slices = false, .broadcasts = false});
    auto producer = matchContraction(view.root.getDefiningOp());
    if (!producer || !isOnlyReader(input, view.root) ||
        (affine->scales && isDequantized(producer->weight)))
      return failure();
    int64_t channels = tensorType(producer->weight).getDimSize(0);
    Atoms expected =
        mergeAtoms(Atom{{channels, false}, producer->channelStride});
    if (affine->channel >= 0 &&
        mergeAtoms(view.dims[affine->channel]) != expected)
      return failure();

    Location loc = mergeLocs({producer->op, op});
    Parts parts = buildParts(rewriter, op, affine->argument);
    Value weight = producer->weight, bias = producer->bias;
    if (parts.slope) {
      Value slope = alongRows(rewriter, loc, parts.slope, rankOf(weight));
      weight = binary(rewriter, loc, "mul", weight, slope);
      if (bias)
        bias = binary(rewriter, loc, "mul", bias, parts.slope);
    }
    if (parts.intercept && bias)
      bias = binary(rewriter, loc, "add", bias, parts.intercept);
    else if (parts.intercept)
      bias = asVector(rewriter, loc, parts.intercept, channels);
    Operation *fused = rebuild(rewriter, loc, producer->op, weight, bias);
    fused->removeDiscardableAttr(kTensorName);
    view.root = fused->getResult(0);
    Value result = materialize(rewriter, op.getLoc(), view, *planView(view));
    copyTensorName(op, result.getDefiningOp());
    rewriter.replaceOp(op, result);
    return success();
  }

  AffineFolds folds;
};

/// linear(slope * x + intercept): columns of the weight, and weight * intercept
/// joins the bias. All readers must be linears, so that the op goes away.
struct FoldBefore : OpRewritePattern<PointwiseOp> {
  FoldBefore(MLIRContext *context, AffineFolds folds)
      : OpRewritePattern(context, 1), folds(folds) {}

  LogicalResult matchAndRewrite(PointwiseOp op,
                                PatternRewriter &rewriter) const override {
    auto affine = matchChannelAffine(op);
    if (!affine || affine->channel < 0 || op->use_empty() ||
        (!(affine->scales && affine->shifts) && folds != AffineFolds::All))
      return failure();
    SmallVector<LinearOp> readers;
    if (!collectReaders(op, op.getOutput(), affine->channel, readers))
      return failure();
    Parts parts = buildParts(rewriter, op, affine->argument);
    for (LinearOp reader : readers)
      fold(rewriter, op, affine->argument, parts, reader);
    return success();
  }

private:
  /// The linears that read `value` through views which keep the channels of
  /// `op` their last dimension.
  static bool collectReaders(PointwiseOp op, Value value, int channel,
                             SmallVectorImpl<LinearOp> &readers) {
    for (Operation *user : value.getUsers()) {
      if (isa<ReshapeOp, TransposeOp>(user)) {
        if (!collectReaders(op, user->getResult(0), channel, readers))
          return false;
        continue;
      }
      auto linear = dyn_cast<LinearOp>(user);
      if (!linear || linear.getInput() != value ||
          isDequantized(linear.getWeight()) || !isWeight(linear.getWeight()) ||
          (linear.getBias() && !isWeight(linear.getBias())))
        return false;
      View view = traceView(value, {.slices = false, .broadcasts = false});
      View own = identityView(op.getOutput());
      if (view.root != op.getOutput() ||
          mergeAtoms(view.dims.back()) != mergeAtoms(own.dims[channel]))
        return false;
      readers.push_back(linear);
    }
    return true;
  }

  static void fold(PatternRewriter &rewriter, PointwiseOp op, unsigned argument,
                   Parts parts, LinearOp reader) {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(reader);
    Location loc = mergeLocs({op, reader.getOperation()});
    Value weight = reader.getWeight(), bias = reader.getBias();
    if (parts.intercept) {
      Extents row = {Extent{}, {lastDim(weight), false}};
      Value shift = asVector(rewriter, loc, parts.intercept, lastDim(weight));
      shift = reshapeTo(rewriter, loc, shift, row);
      Value moved = LinearOp::create(rewriter, loc, shift, weight, bias);
      bias = weightVector(rewriter, loc, moved);
      bias = asVector(rewriter, loc, bias, tensorType(weight).getDimSize(0));
    }
    if (parts.slope)
      weight = binary(rewriter, loc, "mul", weight, parts.slope);

    View view =
        traceView(reader.getInput(), {.slices = false, .broadcasts = false});
    view.root = op.getInputs()[argument];
    Value input = materialize(rewriter, loc, view, *planView(view));
    SmallVector<Value, 3> operands{input, weight};
    if (bias)
      operands.push_back(bias);
    OperationState state(loc, reader->getName(), operands,
                         reader->getResultTypes(), reader->getAttrs());
    Operation *folded = rewriter.create(state);
    rewriter.replaceOp(reader, folded);
  }

  AffineFolds folds;
};

} // namespace

void populateAffinePatterns(RewritePatternSet &patterns, AffineFolds folds) {
  patterns.add<FoldBehind, FoldBefore>(patterns.getContext(), folds);
}

} // namespace vitc::vit
