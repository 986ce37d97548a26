//===- MaterializePrecision.cpp - Casts where types change ----------------===//
#include "dialect/Batch.h"
#include "dialect/Locations.h"
#include "dialect/Payload.h"
#include "passes/Passes.h"
#include "passes/Precision.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace vitc::vit {
#define GEN_PASS_DEF_MATERIALIZEPRECISION
#include "passes/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

namespace {
struct MaterializePrecisionPass
    : vitc::vit::impl::MaterializePrecisionBase<MaterializePrecisionPass> {
  using MaterializePrecisionBase::MaterializePrecisionBase;
  void runOnOperation() override;
};

/// Casts of values, each made once, right after the value.
class Casts {
public:
  /// Views are looked through: the cast then stands at the op that computes
  /// the elements, and can become its result type.
  Value get(Value value, Type element) {
    Value &cast = made[{value, element}];
    if (cast)
      return cast;
    Operation *view = value.getDefiningOp();
    OpBuilder b(value.getContext());
    b.setInsertionPointAfterValue(value);
    if (isa_and_nonnull<ReshapeOp, TransposeOp, SliceOp>(view)) {
      Value inner = get(view->getOperand(0), element);
      Operation *copy = b.clone(*view);
      copy->setOperand(0, inner);
      copy->getResult(0).setType(
          withElement(mlir::cast<RankedTensorType>(value.getType()), element));
      copy->removeDiscardableAttr(kTensorName);
      return made[{value, element}] = copy->getResult(0);
    }
    return made[{value, element}] =
               buildCast(b, value.getLoc(), value, element);
  }

private:
  llvm::MapVector<std::pair<Value, Type>, Value> made;
};
} // namespace

static Type elementOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getElementType();
}

/// The operands of a contraction that its products read: not bias or scores.
static unsigned numProductOperands(Operation *op) {
  return isa<AttentionOp, WindowAttentionOp>(op) ? 3 : 2;
}

static Type precisionOf(Operation *op) {
  auto precision = op->getAttrOfType<StringAttr>(kPrecision);
  if (!precision)
    return nullptr;
  MLIRContext *context = op->getContext();
  if (precision == "f16")
    return Float16Type::get(context);
  if (precision == "bf16")
    return BFloat16Type::get(context);
  return nullptr;
}

static bool isCastTo(Operation *op, Type element) {
  auto pointwise = dyn_cast<PointwiseOp>(op);
  return pointwise && pointwise.getKind() == "cast" &&
         pointwise.getNumOperands() == 1 &&
         elementOf(pointwise.getOutput()) == element;
}

/// Gives `value` the type that all its readers cast it to, if there is one.
static void retarget(OpResult value) {
  if (value.use_empty() || !elementOf(value).isF32())
    return;
  Type element = nullptr;
  for (Operation *user : value.getUsers()) {
    auto pointwise = dyn_cast<PointwiseOp>(user);
    if (!pointwise || (element && elementOf(pointwise.getOutput()) != element))
      return;
    element = elementOf(pointwise.getOutput());
    if (!isCastTo(user, element) || !isa<Float16Type, BFloat16Type>(element))
      return;
  }
  SmallVector<Operation *> casts(value.getUsers());
  value.setType(withElement(cast<RankedTensorType>(value.getType()), element));
  for (Operation *cast : casts) {
    cast->getResult(0).replaceAllUsesWith(value);
    cast->erase();
  }
}

/// A sum of two computed tensors of one shape: the residual stream.
static bool isResidualSum(PointwiseOp op) {
  auto computed = [&](Value value) {
    return value.getType() == op.getOutput().getType() &&
           !value.getDefiningOp<WeightOp>();
  };
  return op.getKind() == "add" && op.getNumOperands() == 2 &&
         elementOf(op.getOutput()).isF32() && computed(op.getOperand(0)) &&
         computed(op.getOperand(1));
}

/// Rounds `sum` to `element` and lets its readers see the rounded value.
static void roundResidual(PointwiseOp sum, Type element) {
  SmallVector<Operation *> casts;
  for (Operation *user : sum->getUsers())
    if (isCastTo(user, element))
      casts.push_back(user);
  OpBuilder b(sum->getContext());
  b.setInsertionPointAfter(sum);
  Value rounded = buildCast(b, sum.getLoc(), sum.getOutput(), element);
  Value widened = buildCast(b, sum.getLoc(), rounded, b.getF32Type());
  for (Operation *cast : casts) {
    cast->getResult(0).replaceAllUsesWith(rounded);
    cast->erase();
  }
  sum.getOutput().replaceAllUsesExcept(widened, rounded.getDefiningOp());
}

/// Views that only the contractions read have no reader left.
static void eraseDeadViews(ModuleOp module) {
  SmallVector<Operation *> views;
  module.walk([&](Operation *op) {
    if (isa<ReshapeOp, TransposeOp, SliceOp>(op))
      views.push_back(op);
  });
  for (Operation *view : llvm::reverse(views))
    if (view->use_empty())
      view->erase();
}

void MaterializePrecisionPass::runOnOperation() {
  SmallVector<Operation *> contractions;
  SmallVector<PointwiseOp> sums;
  getOperation().walk([&](Operation *op) {
    if (op->getParentOfType<InitializerOp>())
      return;
    if (isContraction(op) && precisionOf(op))
      contractions.push_back(op);
    if (auto pointwise = dyn_cast<PointwiseOp>(op);
        pointwise && isResidualSum(pointwise))
      sums.push_back(pointwise);
  });

  Casts casts;
  for (Operation *op : contractions)
    for (unsigned i = 0; i < numProductOperands(op); ++i)
      if (elementOf(op->getOperand(i)).isF32())
        op->setOperand(i, casts.get(op->getOperand(i), precisionOf(op)));

  eraseDeadViews(getOperation());

  if (residual && !contractions.empty())
    for (PointwiseOp sum : sums)
      roundResidual(sum, precisionOf(contractions.front()));

  SmallVector<Operation *> anchors;
  getOperation().walk([&](Operation *op) {
    if (isAnchor(op) && !op->getParentOfType<InitializerOp>())
      anchors.push_back(op);
  });
  for (Operation *op : anchors)
    for (OpResult result : op->getResults())
      retarget(result);
}
