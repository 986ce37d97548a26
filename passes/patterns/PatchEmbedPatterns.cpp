//===- PatchEmbedPatterns.cpp - Convolutions and unfolds that make tokens -===//
#include "passes/Matchers.h"
#include "passes/Views.h"
#include "passes/patterns/Patterns.h"

using namespace mlir;

namespace vitc::vit {
namespace {

bool allEqual(ArrayRef<int64_t> values, int64_t expected) {
  return llvm::all_of(values, [&](int64_t v) { return v == expected; });
}

/// The values that ops other than reshape and transpose read of `value`.
void collectTerminals(Value value, SmallVectorImpl<Value> &terminals) {
  bool terminal = false;
  for (Operation *user : value.getUsers()) {
    if (isa<ReshapeOp, TransposeOp>(user))
      collectTerminals(user->getResult(0), terminals);
    else
      terminal = true;
  }
  if (terminal)
    terminals.push_back(value);
}

/// conv2d [B, D, h, w] that is read as [B, h*w, D] only.
struct ConvOfPatches : OpRewritePattern<Conv2DOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(Conv2DOp op,
                                PatternRewriter &rewriter) const override {
    ArrayRef<int64_t> kernel =
        tensorType(op.getWeight()).getShape().take_back(2);
    if (op.getStrides() != kernel || !allEqual(op.getPads(), 0) ||
        !allEqual(op.getDilations(), 1) || op.getGroups() != 1)
      return failure();
    Extents out = extentsOf(op.getOutput());
    Atoms channels = mergeAtoms({Atom{out[1], multiply(out[2], out[3])}});
    SmallVector<Value> terminals;
    collectTerminals(op.getOutput(), terminals);
    for (Value terminal : terminals) {
      View view = traceView(terminal, {.slices = false, .broadcasts = false});
      if (view.root != op.getOutput() || view.dims.empty() ||
          mergeAtoms(view.dims.back()) != channels)
        return failure();
    }
    if (terminals.empty())
      return failure();

    Location loc = op.getLoc();
    Value tokens = PatchEmbedOp::create(rewriter, loc, op.getInput(),
                                        op.getWeight(), op.getBias());
    Value image =
        TransposeOp::create(rewriter, loc, tokens, ArrayRef<int64_t>{0, 2, 1});
    Value result = reshapeTo(rewriter, loc, image, out);
    copyTensorName(op, tokens.getDefiningOp());
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// Where the pixels of one row of unfolded patches come from.
struct Unfold {
  int64_t height, width;         ///< Of a patch.
  SmallVector<int64_t, 3> order; ///< Of (channel, y, x) within a row.
};

/// Strides of an image's dims, and what an unfold of it must look like.
struct ImageStrides {
  Extents extents; ///< Batch, channels, height, width.
  Extent batch, channel, y, x;
};

/// Reads `view` (rows of patches) as an unfold of an image with `strides`.
std::optional<Unfold> matchUnfold(const View &view,
                                  const ImageStrides &strides) {
  int64_t channels = strides.extents[1].value;
  Atoms columns = view.dims.back();
  Unfold unfold{1, 1, {}};
  // Neighbours may have merged (x with channels in NHWC): split them again.
  Atoms split;
  for (const Atom &atom : columns) {
    bool both = channels > 1 && atom.stride == strides.channel &&
                atom.size.value > channels &&
                strides.x.value == channels * strides.channel.value;
    if (both) {
      split.push_back({{atom.size.value / channels, false}, strides.x});
      split.push_back({{channels, false}, strides.channel});
    } else if (atom.size != Extent{}) {
      split.push_back(atom);
    }
  }
  for (const Atom &atom : split) {
    if (channels > 1 && atom.stride == strides.channel &&
        atom.size.value == channels) {
      unfold.order.push_back(0);
    } else if (atom.stride == strides.y) {
      unfold.order.push_back(1);
      unfold.height = atom.size.value;
    } else if (atom.stride == strides.x) {
      unfold.order.push_back(2);
      unfold.width = atom.size.value;
    } else {
      return std::nullopt;
    }
  }
  for (int64_t i = 0; i < 3; ++i)
    if (llvm::count(unfold.order, i) > 1)
      return std::nullopt;
    else if (!llvm::is_contained(unfold.order, i))
      unfold.order.push_back(i); // Of size 1: anywhere.

  // Rows: the batch, then patches row-major.
  int64_t h = strides.extents[2].value, w = strides.extents[3].value;
  // Rows of pixels are no patches: heads of an attention look like them.
  if (unfold.height == 1 || unfold.width == 1 || h % unfold.height != 0 ||
      w % unfold.width != 0)
    return std::nullopt;
  Atoms expected = {
      {strides.extents[0], strides.batch},
      {{h / unfold.height, false}, multiply({unfold.height, false}, strides.y)},
      {{w / unfold.width, false}, multiply({unfold.width, false}, strides.x)}};
  Atoms rows;
  for (const Atoms &dim : llvm::drop_end(view.dims))
    rows.append(dim.begin(), dim.end());
  if (mergeAtoms(rows) != mergeAtoms(expected))
    return std::nullopt;
  return unfold;
}

ImageStrides stridesOf(Value root, bool channelsLast) {
  Extents e = extentsOf(root);
  if (channelsLast)
    return {{e[0], e[3], e[1], e[2]},
            multiply(multiply(e[1], e[2]), e[3]),
            {},
            multiply(e[2], e[3]),
            e[3]};
  return {
      e, multiply(multiply(e[1], e[2]), e[3]), multiply(e[2], e[3]), e[3], {}};
}

/// linear(unfold(image)) -> patch_embed(image).
struct LinearOfPatches : OpRewritePattern<LinearOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LinearOp op,
                                PatternRewriter &rewriter) const override {
    View view =
        traceView(op.getInput(), {.slices = false, .broadcasts = false});
    if (view.root == op.getInput() || rankOf(view.root) != 4 ||
        isWeight(view.root) || !view.isPermutation() ||
        !isWeight(op.getWeight()))
      return failure();
    bool channelsLast = false;
    auto unfold = matchUnfold(view, stridesOf(view.root, false));
    if (!unfold) {
      channelsLast = true;
      unfold = matchUnfold(view, stridesOf(view.root, true));
    }
    if (!unfold)
      return failure();

    Location loc = op.getLoc();
    Value image = view.root;
    if (channelsLast)
      image = transposeTo(rewriter, loc, image, {0, 3, 1, 2});
    Extents sizes = {
        extentsOf(image)[1], {unfold->height, false}, {unfold->width, false}};
    Extents rows = {{tensorType(op.getWeight()).getDimSize(0), false}};
    SmallVector<int64_t> permutation = {0, 0, 0, 0};
    for (auto [position, part] : llvm::enumerate(unfold->order)) {
      rows.push_back(sizes[part]);
      permutation[part + 1] = position + 1;
    }
    Value weight = reshapeTo(rewriter, loc, op.getWeight(), rows);
    weight = transposeTo(rewriter, loc, weight, permutation);
    Value tokens =
        PatchEmbedOp::create(rewriter, loc, image, weight, op.getBias());
    copyTensorName(op, tokens.getDefiningOp());
    rewriter.replaceOp(
        op, reshapeTo(rewriter, loc, tokens, extentsOf(op.getOutput())));
    return success();
  }
};

} // namespace

void populatePatchEmbedPatterns(RewritePatternSet &patterns) {
  patterns.add<ConvOfPatches, LinearOfPatches>(patterns.getContext());
}

} // namespace vitc::vit
