//===- VitDialect.cpp - Registration of the vit dialect -------------------===//
#include "dialect/Vit.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace vitc::vit;

#include "dialect/VitDialect.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/VitAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialect/VitOps.cpp.inc"

void VitDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/VitAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/VitOps.cpp.inc"
      >();
}

LogicalResult
BatchAttr::verifyEncoding(ArrayRef<int64_t> shape, Type elementType,
                          function_ref<InFlightDiagnostic()> emitError) const {
  int64_t dynamic = llvm::count(shape, ShapedType::kDynamic);
  if (dynamic != 1)
    return emitError() << "#vit.batch expects one '?' dimension, but got "
                       << dynamic;
  if (getFactor() < 1)
    return emitError() << "#vit.batch expects a factor of at least 1, but got "
                       << getFactor();
  return success();
}
