//===- VitkOps.cpp - Verifiers of the vitk ops ----------------------------===//
#include "dialect/ElementTypes.h"
#include "dialect/Vitk.h"

#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace vitc::vitk;
using vitrt::format::TemplateKind;

#include "dialect/VitkInterfaces.cpp.inc"
#define GET_OP_CLASSES
#include "dialect/VitkOps.cpp.inc"

unsigned vitc::vitk::numAxes(TemplateKind kind) {
  switch (kind) {
  case TemplateKind::Gemm:
    return 3;
  case TemplateKind::Attention:
    return 4;
  case TemplateKind::RowNorm:
  case TemplateKind::Softmax:
  case TemplateKind::Reduce:
    return 2;
  case TemplateKind::Pointwise:
    return 1;
  }
  llvm_unreachable("a closed enumeration");
}

unsigned vitc::vitk::numMainInputs(TemplateKind kind) {
  switch (kind) {
  case TemplateKind::Gemm:
    return 2;
  case TemplateKind::Attention:
    return 3;
  case TemplateKind::RowNorm:
  case TemplateKind::Softmax:
  case TemplateKind::Reduce:
    return 1;
  case TemplateKind::Pointwise:
    return 0;
  }
  llvm_unreachable("a closed enumeration");
}

/// kernel_c3
static LogicalResult verifyFunction(KernelOpInterface op, Region &region,
                                    ArrayRef<int32_t> args, StringRef what) {
  if (region.empty())
    return success();
  if (region.getNumArguments() != args.size())
    return op.emitOpError()
           << "expects " << region.getNumArguments() << " operands of the "
           << what << ", but got " << args.size();
  for (int32_t arg : args)
    if (arg < -1 || arg >= int64_t(op.getInputs().size()))
      return op.emitOpError() << "expects arguments of the " << what
                              << " to be inputs or -1, but got " << arg;
  auto yield = dyn_cast<vitc::vit::YieldOp>(region.front().getTerminator());
  if (!yield || yield->getNumOperands() != 1)
    return op.emitOpError()
           << "expects the " << what << " to end in a vit.yield of one value";
  return success();
}

LogicalResult vitc::vitk::verifyKernel(Operation *operation) {
  auto op = cast<KernelOpInterface>(operation);
  ArrayAttr views = op.getViews();
  unsigned axes = numAxes(op.getTemplate());
  // kernel_c1
  if (views.size() != op.getInputs().size() + 1)
    return op.emitOpError() << "expects " << op.getInputs().size() + 1
                            << " views, but got " << views.size();
  if (op.getInputs().size() < numMainInputs(op.getTemplate()))
    return op.emitOpError()
           << "expects at least " << numMainInputs(op.getTemplate())
           << " inputs, but got " << op.getInputs().size();
  if (op.getGrid().size() != 9)
    return op.emitOpError()
           << "expects 9 numbers of the grid, but got " << op.getGrid().size();
  for (auto [index, view] : llvm::enumerate(views.getAsRange<ViewAttr>())) {
    vitrt::format::View value = view.value();
    bool table = value.axes.empty();
    bool reduced =
        op.getTemplate() == TemplateKind::Reduce && value.axes.size() == 1;
    if (value.axes.size() != axes && !table && !reduced)
      return op.emitOpError() << "expects view " << index << " to have " << axes
                              << " axes, but got " << value.axes.size();
    for (const auto &axis : value.axes)
      for (const auto &dim : axis) {
        if (dim.table < 0)
          continue;
        // kernel_c4
        if (dim.table >= int64_t(op.getInputs().size()) ||
            !cast<RankedTensorType>(op.getInputs()[dim.table].getType())
                 .getElementType()
                 .isInteger(32))
          return op.emitOpError()
                 << "expects table " << dim.table << " to be an i32 input";
      }
  }
  if (failed(verifyFunction(op, op.getPrologue(),
                            op.getPrologueArgs().value_or(ArrayRef<int32_t>()),
                            "prologue")))
    return failure();
  return verifyFunction(op, op.getEpilogue(),
                        op.getEpilogueArgs().value_or(ArrayRef<int32_t>()),
                        "epilogue");
}

LogicalResult BufferOp::verify() {
  // buffer_c1
  if (getOutput() && getOffset())
    return emitOpError("expects an output or an offset, but got both");
  return success();
}
