//===- FoldExact.cpp - Fold what the weights can take over exactly --------===//
#include "passes/Passes.h"
#include "passes/patterns/Patterns.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace vitc::vit {
#define GEN_PASS_DEF_FOLDEXACT
#include "passes/Passes.h.inc"

namespace {

class FoldExactPass : public impl::FoldExactBase<FoldExactPass> {
public:
  void runOnOperation() override {
    int64_t keyBiases = 0, valueBiases = 0;
    RewritePatternSet patterns(&getContext());
    populateViewPatterns(patterns);
    populateAffinePatterns(patterns, AffineFolds::All);
    populateBiasPatterns(patterns, &keyBiases, &valueBiases);
    FrozenRewritePatternSet frozen(std::move(patterns));
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() &&
          failed(applyPatternsGreedily(function, frozen)))
        return signalPassFailure();
    numKBiases += keyBiases;
    numVBiases += valueBiases;
  }
};

} // namespace
} // namespace vitc::vit
