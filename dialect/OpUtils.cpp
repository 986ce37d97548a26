//===- OpUtils.cpp - What the op implementations share --------------------===//
#include "dialect/OpUtils.h"

#include "llvm/Support/ErrorHandling.h"

using namespace mlir;

namespace vitc::vit {

LogicalResult verifyResult(Operation *op, InferredType inferred,
                           Type declared) {
  if (failed(inferred))
    return failure();
  if (*inferred != declared)
    return op->emitOpError("expects a result of type ")
           << *inferred << ", but got " << declared;
  return success();
}

RankedTensorType inferredOrDie(const InferredType &inferred) {
  if (failed(inferred))
    llvm::report_fatal_error("an op was built from operands that do not fit");
  return *inferred;
}

LogicalResult verifyRegionSignature(Operation *op, Region &region,
                                    TypeRange inputs, TypeRange outputs) {
  Block &block = region.front();
  if (TypeRange(block.getArgumentTypes()) != inputs)
    return op->emitOpError("expects block arguments of types (")
           << inputs << "), but got (" << block.getArgumentTypes() << ")";
  auto yield = dyn_cast<YieldOp>(block.back());
  if (!yield)
    return op->emitOpError("expects a region that ends in vit.yield, but got ")
           << block.back().getName();
  if (TypeRange(yield.getValues().getTypes()) != outputs)
    return op->emitOpError("expects to yield types (")
           << outputs << "), but got (" << yield.getValues().getTypes() << ")";
  return success();
}

} // namespace vitc::vit
