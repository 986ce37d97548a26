//===- FunctionBuilder.h - Scalar regions -> plan functions -----*- C++ -*-===//
#ifndef VITC_CODEGEN_FUNCTIONBUILDER_H
#define VITC_CODEGEN_FUNCTIONBUILDER_H

#include "runtime/format/Function.h"

#include "mlir/IR/Region.h"
#include "llvm/ADT/StringMap.h"

namespace vitc {

/// The function of `body` (arith and math on scalars, ends in vit.yield); empty
/// without a block. `operands` has the operand of each argument, or -1. `nodes`
/// numbers the launch's ONNX nodes. Rounding to `stored` as the last step is
/// left to the store. Nothing, with `why` set, for an operation that plans do
/// not have.
std::optional<vitrt::format::Function>
buildFunction(mlir::Region &body, llvm::ArrayRef<int32_t> operands,
              const llvm::StringMap<uint32_t> &nodes,
              vitrt::format::DType stored, std::string &why);

} // namespace vitc

#endif // VITC_CODEGEN_FUNCTIONBUILDER_H
