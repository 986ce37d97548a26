//===- FuseElementwise.cpp - Hang every pointwise chain on a neighbour ----===//
#include "passes/Passes.h"
#include "passes/Precision.h"
#include "passes/Report.h"
#include "passes/fuse/PointwiseGroups.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace vitc::vit {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "passes/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

namespace {
struct FuseElementwisePass
    : vitc::vit::impl::FuseElementwiseBase<FuseElementwisePass> {
  using FuseElementwiseBase::FuseElementwiseBase;
  void runOnOperation() override;
};
} // namespace

/// Counts of pointwise ops: all, and those that share a launch with an anchor.
static void reportFusion(ModuleOp module) {
  int64_t fused = 0, total = 0, gelus = 0, fusedGelus = 0;
  for (auto func : module.getOps<func::FuncOp>())
    func.walk([&](PointwiseOp op) {
      auto parent = op->getParentOfType<FusedOp>();
      bool hangs = parent &&
                   llvm::any_of(parent.getBody().front(), [](Operation &inner) {
                     return isAnchor(&inner);
                   });
      bool gelu = op.getKind().starts_with("gelu");
      ++total;
      fused += hangs;
      gelus += gelu;
      fusedGelus += gelu && hangs;
    });
  report(module, "elementwise_fused", fused, total);
  report(module, "gelu_fused", fusedGelus, gelus);
}

void FuseElementwisePass::runOnOperation() {
  RewritePatternSet patterns(&getContext());
  populateMovePointwisePatterns(patterns);
  if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
    return signalPassFailure();
  for (auto func : getOperation().getOps<func::FuncOp>()) {
    FusionCounts counts = groupPointwise(func);
    numEpilogues += counts.epilogues;
    numPrologues += counts.prologues;
  }
  reportFusion(getOperation());
}
