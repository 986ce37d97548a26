//===- VitkDialect.cpp - Registration of the vitk dialect -----------------===//
#include "dialect/Vitk.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace vitc::vitk;

#include "dialect/VitkDialect.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/VitkAttrs.cpp.inc"

void VitkDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/VitkAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/VitkOps.cpp.inc"
      >();
}
