//===- MergeLinears.cpp - Lists of linears become one ---------------------===//
#include "passes/qkv/MergeLinears.h"

#include "passes/Matchers.h"
#include "passes/Views.h"

using namespace mlir;

namespace vitc::vit {

Value concatBiases(OpBuilder &builder, Location loc, ArrayRef<Value> biases,
                   ArrayRef<int64_t> widths) {
  auto some = llvm::find_if(biases, [](Value bias) { return bias; });
  if (some == biases.end())
    return {};
  Type element = tensorType(*some).getElementType();
  SmallVector<Value> parts;
  for (auto [bias, width] : llvm::zip(biases, widths))
    if (width != 0)
      parts.push_back(bias ? bias : zeroVector(builder, loc, width, element));
  if (parts.size() == 1)
    return parts.front();
  return ConcatOp::create(builder, loc, parts, 0);
}

namespace {

/// What a linear of a list reads: columns of `source`.
struct Columns {
  Value source;
  int64_t first, count;
};
Columns columnsOf(Value input) {
  int64_t width = lastDim(input);
  auto slice = input.getDefiningOp<SliceOp>();
  if (!slice)
    return {input, 0, width};
  Extents from = extentsOf(slice.getInput()), to = extentsOf(input);
  for (size_t i = 0; i + 1 < from.size(); ++i)
    if (from[i] != to[i])
      return {input, 0, width};
  if (!llvm::all_of(slice.getStrides(), [](int64_t s) { return s == 1; }))
    return {input, 0, width};
  return {slice.getInput(), slice.getOffsets().back(), width};
}

struct ConcatOfLinears : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    if (static_cast<int64_t>(op.getAxis()) != op.getType().getRank() - 1)
      return failure();
    SmallVector<LinearOp> linears;
    SmallVector<Columns> columns;
    for (Value input : op.getInputs()) {
      auto linear = input.getDefiningOp<LinearOp>();
      if (!linear || !input.hasOneUse() || !isWeight(linear.getWeight()) ||
          (linear.getBias() && !isWeight(linear.getBias())))
        return failure();
      linears.push_back(linear);
      columns.push_back(columnsOf(linear.getInput()));
      if (columns.back().source != columns.front().source)
        return failure();
    }
    SmallVector<Location> locs{op.getLoc()};
    SmallVector<Value> biases;
    SmallVector<int64_t> widths;
    for (LinearOp linear : linears) {
      locs.push_back(linear.getLoc());
      biases.push_back(linear.getBias());
      widths.push_back(lastDim(linear.getOutput()));
    }
    Location loc = mergeLocs(locs);
    int64_t width = lastDim(columns.front().source);
    SmallVector<Value> weights;
    for (auto [linear, part] : llvm::zip(linears, columns)) {
      Value weight = linear.getWeight();
      int64_t after = width - part.first - part.count;
      if (part.first != 0 || after != 0)
        weight = PadOp::create(rewriter, loc, weight,
                               ArrayRef<int64_t>{0, part.first},
                               ArrayRef<int64_t>{0, after}, 0.0f);
      weights.push_back(weight);
    }
    Value weight = ConcatOp::create(rewriter, loc, weights, 0);
    auto merged =
        LinearOp::create(rewriter, loc, columns.front().source, weight,
                         concatBiases(rewriter, loc, biases, widths));
    merged.getOutput().setType(op.getType());
    copyTensorName(op, merged);
    rewriter.replaceOp(op, merged);
    return success();
  }
};

} // namespace

void populateMergeLinearsPatterns(RewritePatternSet &patterns) {
  patterns.add<ConcatOfLinears>(patterns.getContext());
}

} // namespace vitc::vit
