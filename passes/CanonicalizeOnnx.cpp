//===- CanonicalizeOnnx.cpp - Recognise what exporters decomposed ---------===//
#include "passes/Matchers.h"
#include "passes/Passes.h"
#include "passes/Report.h"
#include "passes/patterns/Patterns.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace vitc::vit {
#define GEN_PASS_DEF_CANONICALIZEONNX
#include "passes/Passes.h.inc"

namespace {

/// Whether `op` computes GELU in one of its forms.
bool isGelu(PointwiseOp op) {
  return isKind(op, "gelu_erf") || isKind(op, "gelu_tanh") ||
         isKind(op, "quick_gelu");
}

bool hasErf(PointwiseOp op) {
  return !op.getBody().getOps<math::ErfOp>().empty();
}

/// x - mean(x) over the last axis, which no layer norm took in.
bool isCentring(ReduceOp op) {
  int64_t last = tensorType(op.getInput()).getRank() - 1;
  if (op.getKind() != "mean" || op.getAxes() != ArrayRef<int64_t>{last})
    return false;
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    return isa<PointwiseOp>(user) &&
           llvm::is_contained(user->getOperands(), op.getInput());
  });
}

class CanonicalizeOnnxPass
    : public impl::CanonicalizeOnnxBase<CanonicalizeOnnxPass> {
public:
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet first(context), second(context);
    for (RewritePatternSet *set : {&first, &second}) {
      populateViewPatterns(*set);
      populatePatchEmbedPatterns(*set);
      populateSoftmaxPatterns(*set);
    }
    populateBiasFoldPatterns(first);
    populateAffinePatterns(second, AffineFolds::Bias);
    before = std::move(first);
    after = std::move(second);
    return success();
  }

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      if (failed(canonicalize(function)))
        return signalPassFailure();
    }
    reportCounts();
  }

private:
  LogicalResult canonicalize(func::FuncOp function) {
    // Biases go first, so that an activation starts at its linear; then norms
    // and activations are found, while gamma and beta are still theirs; then
    // batch norms may go where they like.
    if (failed(applyPatternsGreedily(function, before)))
      return failure();
    Block &body = function.getBody().front();
    numNorms += recogniseRowFunctions(body);
    numActivations += recogniseActivations(body);
    return applyPatternsGreedily(function, after);
  }

  void reportCounts() {
    int64_t norms = 0, missedNorms = 0, gelus = 0, missedGelus = 0, patches = 0;
    getOperation().walk([&](Operation *op) {
      norms += isa<LayerNormOp>(op);
      patches += isa<PatchEmbedOp>(op);
      if (auto reduce = dyn_cast<ReduceOp>(op); reduce && isCentring(reduce)) {
        ++missedNorms;
        remark(op, "the mean of rows is subtracted, but what follows is no "
                   "layer norm");
      }
      if (auto pointwise = dyn_cast<PointwiseOp>(op)) {
        if (isGelu(pointwise)) {
          ++gelus;
        } else if (hasErf(pointwise)) {
          ++missedGelus;
          remark(op, "erf outside of a GELU");
        }
      }
    });
    setReport(getOperation(), "layer_norm", norms, norms + missedNorms);
    setReport(getOperation(), "gelu", gelus, gelus + missedGelus);
    setReport(getOperation(), "patch_embed", patches, patches);
  }

  FrozenRewritePatternSet before, after;
};

} // namespace
} // namespace vitc::vit
