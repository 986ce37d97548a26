//===- AffinePatterns.cpp - Scales and shifts move into weights -----------===//
#include "passes/Matchers.h"
#include "passes/ScalarFunction.h"
#include "passes/Views.h"
#include "passes/patterns/Patterns.h"

#include "mlir/IR/IRMapping.h"

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

/// Whether an affine op on `value` may move into the weight of `user`, which
/// reads it: a linear or projection that has the channels last, or a
/// convolution without padding.
bool takesIn(Operation *user, Value value, const View &view,
             const Atoms &channels, bool anyChannel) {
  if (user->getNumOperands() < 2 || user->getOperand(0) != value)
    return false;
  Value weight = user->getOperand(1);
  bool constant = isWeight(weight) && !isDequantized(weight) &&
                  (user->getNumOperands() < 3 || isWeight(user->getOperand(2)));
  if (!constant || llvm::is_contained(user->getOperands().drop_front(), value))
    return false;
  if (isa<LinearOp, QKVProjectionOp>(user))
    return anyChannel || mergeAtoms(view.dims.back()) == channels;
  auto conv = dyn_cast<Conv2DOp>(user);
  bool unpadded =
      isa<PatchEmbedOp>(user) ||
      (conv && conv.getGroups() == 1 &&
       llvm::all_of(conv.getPads(), [](int64_t pad) { return pad == 0; }));
  return unpadded && (anyChannel || mergeAtoms(view.dims[1]) == channels);
}

/// contraction(slope * x + intercept): columns of the weight, and weight *
/// intercept joins the bias. All readers must take it in, so that the op goes
/// away.
struct FoldBefore : OpRewritePattern<PointwiseOp> {
  FoldBefore(MLIRContext *context, AffineFolds folds)
      : OpRewritePattern(context, 1), folds(folds) {}

  LogicalResult matchAndRewrite(PointwiseOp op,
                                PatternRewriter &rewriter) const override {
    auto affine = matchChannelAffine(op);
    if (!affine || op->use_empty() || isWeight(op.getOutput()) ||
        (!(affine->scales && affine->shifts) && folds != AffineFolds::All))
      return failure();
    bool anyChannel = affine->channel < 0;
    Atoms channels;
    if (!anyChannel)
      channels = mergeAtoms(identityView(op.getOutput()).dims[affine->channel]);
    SmallVector<Operation *> readers;
    if (!collectReaders(op, op.getOutput(), channels, anyChannel, readers))
      return failure();
    Parts parts = buildParts(rewriter, op, affine->argument);
    for (Operation *reader : readers)
      fold(rewriter, op, affine->argument, parts, reader);
    return success();
  }

private:
  static bool collectReaders(PointwiseOp op, Value value, const Atoms &channels,
                             bool anyChannel,
                             SmallVectorImpl<Operation *> &readers) {
    for (Operation *user : value.getUsers()) {
      if (isa<ReshapeOp, TransposeOp>(user)) {
        if (!collectReaders(op, user->getResult(0), channels, anyChannel,
                            readers))
          return false;
        continue;
      }
      View view = traceView(value, {.slices = false, .broadcasts = false});
      if (view.root != op.getOutput() ||
          !takesIn(user, value, view, channels, anyChannel))
        return false;
      readers.push_back(user);
    }
    return true;
  }

  /// bias + weight * intercept, for each output channel.
  static Value shiftedBias(PatternRewriter &rewriter, Location loc,
                           Value intercept, Value weight, Value bias) {
    Extents sizes = extentsOf(weight);
    Extent outputs = sizes.front();
    sizes.erase(sizes.begin());
    Extents row = {Extent{}, product(sizes)};
    Value shift = intercept;
    if (rankOf(shift) == 1)
      shift = alongRows(rewriter, loc, shift, sizes.size());
    if (ArrayRef<Extent>(extentsOf(shift)) != ArrayRef<Extent>(sizes))
      shift = BroadcastOp::create(rewriter, loc, shift, sizes);
    shift = reshapeTo(rewriter, loc, shift, row);
    weight = reshapeTo(rewriter, loc, weight, {outputs, row[1]});
    Value moved = LinearOp::create(rewriter, loc, shift, weight, bias);
    return reshapeTo(rewriter, loc, moved, {outputs});
  }

  static void fold(PatternRewriter &rewriter, PointwiseOp op, unsigned argument,
                   Parts parts, Operation *reader) {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(reader);
    Location loc = mergeLocs({op.getOperation(), reader});
    Value weight = reader->getOperand(1);
    Value bias = reader->getNumOperands() > 2 ? reader->getOperand(2) : Value();
    if (parts.intercept)
      bias = shiftedBias(rewriter, loc, parts.intercept, weight, bias);
    if (parts.slope) {
      Value slope = parts.slope;
      if (rankOf(slope) == 1)
        slope = alongRows(rewriter, loc, slope, rankOf(weight) - 1);
      weight = binary(rewriter, loc, "mul", weight, slope);
    }
    View view = traceView(reader->getOperand(0),
                          {.slices = false, .broadcasts = false});
    view.root = op.getInputs()[argument];
    Value input = materialize(rewriter, loc, view, *planView(view));
    SmallVector<Value, 3> operands{input, weight};
    if (bias)
      operands.push_back(bias);
    OperationState state(loc, reader->getName(), operands,
                         reader->getResultTypes(), reader->getAttrs());
    rewriter.replaceOp(reader, rewriter.create(state));
  }

  AffineFolds folds;
};

/// A scale, then a shift of the same channels: one op. So exporters write batch
/// norms.
struct MergeScaleAndShift : OpRewritePattern<PointwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PointwiseOp op,
                                PatternRewriter &rewriter) const override {
    auto shift = matchChannelAffine(op);
    if (!shift || shift->scales || !shift->shifts || isWeight(op.getOutput()))
      return failure();
    Value middle = op.getInputs()[shift->argument];
    auto inner = middle.getDefiningOp<PointwiseOp>();
    if (!inner || !middle.hasOneUse())
      return failure();
    auto scale = matchChannelAffine(inner);
    if (!scale || !scale->scales || scale->shifts ||
        scale->channel != shift->channel || scale->channel < 0)
      return failure();
    Value x = inner.getInputs()[scale->argument];
    SmallVector<Value> inputs{x};
    SmallVector<AffineMap> maps{mapOf(inner, scale->argument)};
    addWeights(inner, scale->argument, inputs, maps);
    addWeights(op, shift->argument, inputs, maps);
    auto merged = PointwiseOp::create(
        rewriter, mergeLocs({inner.getOperation(), op.getOperation()}),
        op.getType(), inputs, rewriter.getAffineMapArrayAttr(maps),
        rewriter.getStringAttr("scale_shift"));
    fillBody(rewriter, merged, inner, scale->argument, op, shift->argument);
    copyTensorName(op, merged);
    rewriter.replaceOp(op, merged);
    return success();
  }

private:
  static void addWeights(PointwiseOp op, unsigned argument,
                         SmallVectorImpl<Value> &inputs,
                         SmallVectorImpl<AffineMap> &maps) {
    for (unsigned i = 0; i < op.getInputs().size(); ++i) {
      if (i == argument)
        continue;
      inputs.push_back(op.getInputs()[i]);
      maps.push_back(mapOf(op, i));
    }
  }

  /// Clones the payload of `from` with `x` for its computed argument and the
  /// block's arguments from `next` on for the others.
  static Value clonePayload(PatternRewriter &rewriter, PointwiseOp from,
                            unsigned argument, Value x, Block &block,
                            unsigned &next) {
    IRMapping mapping;
    Block &body = from.getBody().front();
    for (unsigned i = 0; i < body.getNumArguments(); ++i)
      mapping.map(body.getArgument(i),
                  i == argument ? x : block.getArgument(next++));
    for (Operation &step : body.without_terminator())
      rewriter.clone(step, mapping);
    return mapping.lookup(body.getTerminator()->getOperand(0));
  }

  static void fillBody(PatternRewriter &rewriter, PointwiseOp merged,
                       PointwiseOp scale, unsigned scaled, PointwiseOp shift,
                       unsigned shifted) {
    OpBuilder::InsertionGuard guard(rewriter);
    Block *block = rewriter.createBlock(&merged.getBody());
    for (Value input : merged.getInputs())
      block->addArgument(tensorType(input).getElementType(), merged.getLoc());
    unsigned next = 1;
    Value x = clonePayload(rewriter, scale, scaled, block->getArgument(0),
                           *block, next);
    x = clonePayload(rewriter, shift, shifted, x, *block, next);
    YieldOp::create(rewriter, merged.getLoc(), x);
  }
};

} // namespace

void populateBiasFoldPatterns(RewritePatternSet &patterns) {
  patterns.add<FoldBehind>(patterns.getContext(), AffineFolds::Bias);
}

void populateAffinePatterns(RewritePatternSet &patterns, AffineFolds folds) {
  patterns.add<FoldBehind, FoldBefore>(patterns.getContext(), folds);
  patterns.add<MergeScaleAndShift>(patterns.getContext());
}

} // namespace vitc::vit
