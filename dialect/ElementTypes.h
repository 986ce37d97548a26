//===- ElementTypes.h - Element types of MLIR and of the plan ---*- C++ -*-===//
#ifndef VITC_DIALECT_ELEMENTTYPES_H
#define VITC_DIALECT_ELEMENTTYPES_H

#include "mlir/IR/BuiltinTypes.h"
#include "runtime/format/Types.h"

#include <optional>

namespace vitc {

/// The plan's number of an element type; nothing for a type that DESIGN's list
/// does not have.
std::optional<vitrt::format::DType> dtypeOf(mlir::Type type);

/// The type of that number; TF32 is f32.
mlir::Type typeOf(vitrt::format::DType dtype, mlir::MLIRContext *context);

/// "f16", "f8E4M3FN", as in the IR.
llvm::StringRef dtypeName(vitrt::format::DType dtype);
std::optional<vitrt::format::DType> dtypeByName(llvm::StringRef name);

/// Bytes of one stored element (I1 is a byte).
int64_t dtypeBytes(vitrt::format::DType dtype);

} // namespace vitc

#endif // VITC_DIALECT_ELEMENTTYPES_H
