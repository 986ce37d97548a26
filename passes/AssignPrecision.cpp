//===- AssignPrecision.cpp - A precision and a reason for every op --------===//
#include "passes/Passes.h"
#include "passes/Precision.h"
#include "passes/Report.h"

namespace vitc::vit {
#define GEN_PASS_DEF_ASSIGNPRECISION
#include "passes/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

namespace {
struct AssignPrecisionPass
    : vitc::vit::impl::AssignPrecisionBase<AssignPrecisionPass> {
  using AssignPrecisionBase::AssignPrecisionBase;
  void runOnOperation() override;
};

struct Choice {
  StringRef precision, reason;
};
} // namespace

/// An op whose operand comes from vit.dequantize has the precision that the
/// user's Q/DQ pairs say.
static bool isQuantizedByUser(Operation *op) {
  return llvm::any_of(op->getOperands(), [](Value operand) {
    return operand.getDefiningOp<DequantizeOp>() != nullptr;
  });
}

static Choice choose(Operation *op, StringRef type, StringRef policy) {
  if (isContraction(op)) {
    if (type != "f32" && isQuantizedByUser(op))
      return {"f32", "the model quantizes its operands"};
    if (type == "f32")
      return {"f32", "policy fp32"};
    return {type, policy == "fp16" ? "policy fp16, accumulated in f32"
                                   : "policy bf16, accumulated in f32"};
  }
  if (isa<LayerNormOp, SoftmaxOp, ReduceOp>(op))
    return {"f32", "statistics are always f32"};
  return {"f32", "elementwise arithmetic is always f32"};
}

void AssignPrecisionPass::runOnOperation() {
  StringRef type = llvm::StringSwitch<StringRef>(policy)
                       .Case("fp32", "f32")
                       .Case("fp16", "f16")
                       .Case("bf16", "bf16")
                       .Default("");
  if (type.empty()) {
    getOperation().emitError() << "unknown precision policy '" << policy
                               << "': expected fp32, fp16 or bf16";
    return signalPassFailure();
  }

  int64_t lowered = 0, contractions = 0;
  Builder builder(&getContext());
  getOperation().walk([&](Operation *op) {
    bool computes = isAnchor(op) || isa<PointwiseOp, Pool2DOp>(op);
    if (!computes || op->getParentOfType<InitializerOp>())
      return;
    Choice choice = choose(op, type, policy);
    op->setAttr(kPrecision, builder.getStringAttr(choice.precision));
    op->setAttr(kPrecisionReason, builder.getStringAttr(choice.reason));
    if (isContraction(op)) {
      ++contractions;
      lowered += choice.precision == type;
    }
  });
  report(getOperation(), "precision", lowered, contractions,
         "contractions in " + type.str());
}
