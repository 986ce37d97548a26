//===- Vit.h - The vit dialect: ops, attributes, helpers --------*- C++ -*-===//
#ifndef VITC_DIALECT_VIT_H
#define VITC_DIALECT_VIT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/TensorEncoding.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "runtime/format/Types.h"

#include "dialect/VitDialect.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/VitAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialect/VitOps.h.inc"

#endif // VITC_DIALECT_VIT_H
