//===- BiasPatterns.cpp - Biases that attention does not see or passes on -===//
#include "passes/Matchers.h"
#include "passes/Views.h"
#include "passes/patterns/Patterns.h"
#include "passes/qkv/MergeLinears.h"

using namespace mlir;

namespace vitc::vit {
namespace {

/// The projection that alone makes an operand of an attention, nothing but
/// reshapes (and slices of columns) between.
struct Producer {
  Operation *op = nullptr; ///< linear or qkv_projection.
  Value bias;
  int64_t first = 0, count = 0; ///< The elements of the bias that count.
};

std::optional<Producer> producerOf(Value operand) {
  View view = traceView(operand, {.slices = false, .broadcasts = false});
  if (!view.isReshape())
    return std::nullopt;
  Value value = operand;
  while (value.hasOneUse() && value != view.root)
    value = value.getDefiningOp()->getOperand(0);
  if (value != view.root || !value.hasOneUse())
    return std::nullopt;
  Producer producer;
  producer.op = view.root.getDefiningOp();
  producer.count = lastDim(view.root);
  if (auto linear = dyn_cast_or_null<LinearOp>(producer.op)) {
    producer.bias = linear.getBias();
  } else if (auto qkv = dyn_cast_or_null<QKVProjectionOp>(producer.op)) {
    producer.bias = qkv.getBias();
    for (Value result : qkv->getResults()) {
      if (result == view.root)
        break;
      producer.first += lastDim(result);
    }
  }
  if (!producer.bias || !isWeight(producer.bias))
    return std::nullopt;
  return producer;
}

/// Elements `first`, `count` of a vector of weights; zeros where it is null.
struct Segment {
  Value vector;
  int64_t first, count;
};
using Segments = SmallVector<Segment, 4>;

/// Appends elements `first`, `count` of `vector`, seen through concat and
/// slice.
void appendSegments(Value vector, int64_t first, int64_t count,
                    Segments &segments) {
  if (count == 0)
    return;
  auto concat = vector.getDefiningOp<ConcatOp>();
  auto slice = vector.getDefiningOp<SliceOp>();
  if (constantScalar(vector) == 0.0) {
    segments.push_back({{}, 0, count});
  } else if (slice && rankOf(slice.getInput()) == 1 &&
             slice.getStrides()[0] == 1) {
    appendSegments(slice.getInput(), slice.getOffsets()[0] + first, count,
                   segments);
  } else if (concat && rankOf(vector) == 1) {
    int64_t begin = 0;
    for (Value input : concat.getInputs()) {
      int64_t size = tensorType(input).getNumElements();
      int64_t from = std::max(first, begin);
      int64_t to = std::min(first + count, begin + size);
      if (from < to)
        appendSegments(input, from - begin, to - from, segments);
      begin += size;
    }
  } else {
    segments.push_back({vector, first, count});
  }
}

bool isZero(const Producer &producer) {
  Segments segments;
  appendSegments(producer.bias, producer.first, producer.count, segments);
  return llvm::all_of(segments,
                      [](const Segment &segment) { return !segment.vector; });
}

/// The concat of segments; null where all are zeros.
Value buildSegments(OpBuilder &builder, Location loc, const Segments &segments,
                    Type element) {
  SmallVector<Value> parts;
  int64_t zeros = 0;
  bool any = false;
  auto flush = [&] {
    if (zeros != 0)
      parts.push_back(zeroVector(builder, loc, zeros, element));
    zeros = 0;
  };
  for (const Segment &segment : segments) {
    if (!segment.vector) {
      zeros += segment.count;
      continue;
    }
    flush();
    any = true;
    bool whole = segment.count == tensorType(segment.vector).getNumElements();
    parts.push_back(whole ? segment.vector
                          : SliceOp::create(builder, loc, segment.vector, 0,
                                            segment.first, segment.count)
                                .getOutput());
  }
  flush();
  if (!any)
    return {};
  return parts.size() == 1
             ? parts.front()
             : ConcatOp::create(builder, loc, parts, 0).getOutput();
}

/// Gives `producer` zeros for its part of the bias; no bias where nothing else
/// is left of it.
void dropBias(PatternRewriter &rewriter, const Producer &producer) {
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(producer.op);
  int64_t size = tensorType(producer.bias).getNumElements();
  int64_t end = producer.first + producer.count;
  Segments segments;
  appendSegments(producer.bias, 0, producer.first, segments);
  segments.push_back({{}, 0, producer.count});
  appendSegments(producer.bias, end, size - end, segments);
  Value bias = buildSegments(rewriter, producer.op->getLoc(), segments,
                             tensorType(producer.bias).getElementType());
  rewriter.modifyOpInPlace(producer.op, [&] {
    producer.op->eraseOperand(2);
    if (bias)
      producer.op->insertOperands(2, bias);
    producer.op->removeDiscardableAttr(kTensorName);
  });
}

/// softmax(q (k + b)^T) = softmax(q k^T): b adds one number to each row.
struct DropKeyBias : OpRewritePattern<AttentionOp> {
  DropKeyBias(MLIRContext *context, int64_t *count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    auto keys = producerOf(op.getK());
    if (!keys || isZero(*keys))
      return failure();
    dropBias(rewriter, *keys);
    ++*count;
    return success();
  }

  int64_t *count;
};

/// P (V + 1 b^T) = P V + 1 b^T, as the rows of P sum to 1: b passes through the
/// attention, and the linear that reads it takes it in.
struct MoveValueBias : OpRewritePattern<AttentionOp> {
  MoveValueBias(MLIRContext *context, int64_t *count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    auto values = producerOf(op.getV());
    if (!values || isZero(*values))
      return failure();
    LinearOp reader = readerOf(op);
    if (!reader || !isWeight(reader.getWeight()) ||
        (reader.getBias() && !isWeight(reader.getBias())) ||
        lastDim(op.getV()) % values->count != 0)
      return failure();
    int64_t width = lastDim(op.getOutput());

    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(reader);
    Location loc = mergeLocs({values->op, reader.getOperation()});
    Segments segments;
    appendSegments(values->bias, values->first, values->count, segments);
    Value bias = buildSegments(rewriter, loc, segments,
                               tensorType(values->bias).getElementType());
    bias = spread(rewriter, loc, bias, op);
    bias = reshapeTo(rewriter, loc, bias, {Extent{}, {width, false}});
    Value moved = LinearOp::create(rewriter, loc, bias, reader.getWeight(),
                                   reader.getBias());
    int64_t outputs = tensorType(reader.getWeight()).getDimSize(0);
    moved = reshapeTo(rewriter, loc, moved, {{outputs, false}});
    rewriter.modifyOpInPlace(reader, [&] {
      if (reader.getBias())
        reader->setOperand(2, moved);
      else
        reader->insertOperands(2, moved);
    });
    dropBias(rewriter, *values);
    rewriter.modifyOpInPlace(op,
                             [&] { op->removeDiscardableAttr(kTensorName); });
    ++*count;
    return success();
  }

private:
  /// The linear that alone reads the attention's result, as rows.
  static LinearOp readerOf(AttentionOp op) {
    Value value = op.getOutput();
    while (value.hasOneUse()) {
      Operation *user = *value.getUsers().begin();
      if (auto reshape = dyn_cast<ReshapeOp>(user)) {
        value = reshape.getOutput();
        continue;
      }
      auto linear = dyn_cast<LinearOp>(user);
      bool rows = linear && linear.getInput() == value &&
                  lastDim(value) == lastDim(op.getOutput());
      return rows ? linear : LinearOp();
    }
    return {};
  }

  /// The bias of V as what it adds to the attention's columns: repeated for
  /// shared heads, and for the heads that share a projection.
  static Value spread(PatternRewriter &rewriter, Location loc, Value bias,
                      AttentionOp op) {
    int64_t own = tensorType(bias).getNumElements();
    int64_t columns = lastDim(op.getV());
    if (own != columns) {
      bias = reshapeTo(rewriter, loc, bias, {Extent{}, {own, false}});
      bias = BroadcastOp::create(rewriter, loc, bias,
                                 Extents{{columns / own, false}, {own, false}});
      bias = reshapeTo(rewriter, loc, bias, {{columns, false}});
    }
    int64_t kvHeads = op.getKvHeads(), groups = op.getHeads() / kvHeads;
    if (groups == 1)
      return bias;
    Extent heads{kvHeads, false}, channels{columns / kvHeads, false};
    bias = reshapeTo(rewriter, loc, bias, {heads, {}, channels});
    bias = BroadcastOp::create(rewriter, loc, bias,
                               Extents{heads, {groups, false}, channels});
    return reshapeTo(rewriter, loc, bias, {{columns * groups, false}});
  }

  int64_t *count;
};

} // namespace

void populateBiasPatterns(RewritePatternSet &patterns, int64_t *keyBiases,
                          int64_t *valueBiases) {
  patterns.add<DropKeyBias>(patterns.getContext(), keyBiases);
  patterns.add<MoveValueBias>(patterns.getContext(), valueBiases);
}

} // namespace vitc::vit
