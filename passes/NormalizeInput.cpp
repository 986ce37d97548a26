//===- NormalizeInput.cpp - Mean and deviation in front of the image ------===//
#include "dialect/Batch.h"
#include "dialect/Payload.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace vitc::vit {
#define GEN_PASS_DEF_NORMALIZEINPUT
#include "passes/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

namespace {
struct NormalizeInputPass
    : vitc::vit::impl::NormalizeInputBase<NormalizeInputPass> {
  using NormalizeInputBase::NormalizeInputBase;
  void runOnOperation() override;

private:
  Value channelWeight(OpBuilder &b, StringRef name, ArrayRef<double> values);
};
} // namespace

/// The image: the only float argument of rank 4 whose channels are `channels`.
static BlockArgument findImage(func::FuncOp main, int64_t channels) {
  BlockArgument image;
  for (BlockArgument argument : main.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || type.getRank() != 4 || !type.getElementType().isF32() ||
        type.getDimSize(1) != channels)
      continue;
    if (image)
      return {};
    image = argument;
  }
  return image;
}

/// A weight [1, C, 1, 1] of these values.
Value NormalizeInputPass::channelWeight(OpBuilder &b, StringRef name,
                                        ArrayRef<double> values) {
  auto type = RankedTensorType::get(
      {1, static_cast<int64_t>(values.size()), 1, 1}, b.getF32Type());
  SmallVector<float> numbers(values.begin(), values.end());
  OpBuilder top(&getContext());
  top.setInsertionPointToStart(getOperation().getBody());
  SymbolTable symbols(getOperation());
  auto initializer =
      InitializerOp::create(top, b.getUnknownLoc(), name, type,
                            DenseElementsAttr::get(type, ArrayRef(numbers)));
  symbols.insert(initializer);
  return WeightOp::create(b, b.getUnknownLoc(), type, initializer.getSymName());
}

void NormalizeInputPass::runOnOperation() {
  if (mean.empty() && deviation.empty())
    return;
  size_t channels = std::max(mean.size(), deviation.size());
  SmallVector<double> means(mean.begin(), mean.end()), scales;
  means.resize(channels, 0.0);
  for (size_t i = 0; i < channels; ++i)
    scales.push_back(1.0 / (deviation.empty() ? 1.0 : deviation[i]));

  auto main = getOperation().lookupSymbol<func::FuncOp>("main");
  BlockArgument image = main ? findImage(main, channels) : BlockArgument();
  if (!image) {
    getOperation().emitError()
        << "expects exactly one f32 input [B, " << channels
        << ", H, W] to normalise with mean and deviation";
    return signalPassFailure();
  }
  OpBuilder b(&getContext());
  b.setInsertionPointToStart(&main.getBody().front());
  Location loc = main.getLoc();
  Type f32 = b.getF32Type();
  Value shift = channelWeight(b, "input_mean", means);
  Value scale = channelWeight(b, "input_scale", scales);
  auto centred = buildKind(b, loc, "sub", {image, shift}, {}, f32);
  auto normalised =
      buildKind(b, loc, "mul", {centred.getOutput(), scale}, {}, f32);
  image.replaceAllUsesExcept(normalised.getOutput(), centred);
}
