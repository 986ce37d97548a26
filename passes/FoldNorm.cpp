//===- FoldNorm.cpp - Layer norm's gamma and beta into the next weights ---===//
#include "dialect/Locations.h"
#include "dialect/Payload.h"
#include "passes/Passes.h"
#include "passes/Report.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace vitc::vit {
#define GEN_PASS_DEF_FOLDNORM
#include "passes/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

namespace {
struct FoldNormPass : vitc::vit::impl::FoldNormBase<FoldNormPass> {
  using FoldNormBase::FoldNormBase;
  void runOnOperation() override;
};
} // namespace

/// Whether `value` is computed from weights alone: never at run time.
static bool isWeightOnly(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (isa<WeightOp>(op))
    return true;
  // A dequantized weight is the model's own choice of precision.
  if (isa<QuantizeOp, DequantizeOp>(op) || op->getNumOperands() == 0)
    return false;
  return llvm::all_of(op->getOperands(), isWeightOnly);
}

/// The linear readers of `norm`, through reshapes that keep the last axis;
/// empty if there is another reader.
static SmallVector<Operation *> linearReaders(LayerNormOp norm) {
  SmallVector<Operation *> readers;
  SmallVector<Value> values = {norm.getOutput()};
  while (!values.empty()) {
    Value value = values.pop_back_val();
    int64_t width = cast<RankedTensorType>(value.getType()).getShape().back();
    for (OpOperand &use : value.getUses()) {
      Operation *reader = use.getOwner();
      if (auto reshape = dyn_cast<ReshapeOp>(reader);
          reshape && reshape.getOutput().getType().getShape().back() == width) {
        values.push_back(reshape.getOutput());
        continue;
      }
      bool linear = isa<LinearOp, QKVProjectionOp>(reader) &&
                    use.getOperandNumber() == 0 &&
                    isWeightOnly(reader->getOperand(1));
      if (!linear)
        return {};
      readers.push_back(reader);
    }
  }
  return readers;
}

/// `weight * diag(gamma)`.
static Value scaleColumns(OpBuilder &b, Location loc, Value weight,
                          Value gamma) {
  Type element = cast<RankedTensorType>(weight.getType()).getElementType();
  return buildKind(b, loc, "mul", {weight, gamma}, {}, element);
}

/// `weight * beta + bias`, [N].
static Value shiftBias(OpBuilder &b, Location loc, Value weight, Value beta,
                       Value bias) {
  auto type = cast<RankedTensorType>(beta.getType());
  auto row =
      RankedTensorType::get({1, type.getDimSize(0)}, type.getElementType());
  int64_t rows = cast<RankedTensorType>(weight.getType()).getDimSize(0);
  Type element = type.getElementType();
  Value asRow = ReshapeOp::create(b, loc, row, beta);
  Value product =
      LinearOp::create(b, loc, RankedTensorType::get({1, rows}, element), asRow,
                       weight, Value());
  Value shift = ReshapeOp::create(
      b, loc, RankedTensorType::get({rows}, element), product);
  return bias ? Value(buildKind(b, loc, "add", {shift, bias}, {}, element))
              : shift;
}

/// Rewrites one reader. The bias operand is appended where there was none.
static void foldInto(Operation *reader, Value gamma, Value beta) {
  OpBuilder b(reader);
  Location loc = reader->getLoc();
  Value weight = reader->getOperand(1);
  Value bias = reader->getNumOperands() > 2 ? reader->getOperand(2) : Value();
  SmallVector<Value> operands = {reader->getOperand(0), weight};
  if (gamma)
    operands[1] = scaleColumns(b, loc, weight, gamma);
  if (beta)
    bias = shiftBias(b, loc, weight, beta, bias);
  if (bias)
    operands.push_back(bias);
  reader->setOperands(operands);
}

void FoldNormPass::runOnOperation() {
  int64_t folded = 0, total = 0;
  getOperation().walk([&](LayerNormOp norm) {
    ++total;
    if (!norm.getGamma() && !norm.getBeta()) {
      ++folded;
      return;
    }
    bool constant = (!norm.getGamma() || isWeightOnly(norm.getGamma())) &&
                    (!norm.getBeta() || isWeightOnly(norm.getBeta()));
    SmallVector<Operation *> readers = linearReaders(norm);
    if (readers.empty() || !constant)
      return;
    for (Operation *reader : readers)
      foldInto(reader, norm.getGamma(), norm.getBeta());
    norm.getGammaMutable().clear();
    norm.getBetaMutable().clear();
    // What the norm gives now is not the ONNX value of that name.
    norm->removeDiscardableAttr(kTensorName);
    ++folded;
  });
  report(getOperation(), "norm_folded", folded, total,
         "gamma and beta folded into the next weights");
}
