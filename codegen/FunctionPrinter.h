//===- FunctionPrinter.h - Pointwise functions as CUDA ----------*- C++ -*-===//
#ifndef VITC_CODEGEN_FUNCTIONPRINTER_H
#define VITC_CODEGEN_FUNCTIONPRINTER_H

#include "runtime/format/Plan.h"

#include <string>
#include <vector>

namespace vitc {

/// The CUDA spelling of a value's type in a printed body: float, int, bool ...
const char *computeType(vitrt::format::DType type);

/// How an argument is read, and what its value is called where it needs a line
/// of its own.
struct ArgumentText {
  std::string expression, name;
};

/// Statements of `function` that end in `return ...;`, each line indented by
/// `indent`. `arguments` has one entry per argument. Instructions of one
/// ONNX node become one statement where their values are used once, with
/// `// type name` above it; names come from `launch`.
std::string printFunctionBody(const vitrt::format::Function &function,
                              const std::vector<ArgumentText> &arguments,
                              const vitrt::format::Launch &launch,
                              const std::string &indent);

} // namespace vitc

#endif // VITC_CODEGEN_FUNCTIONPRINTER_H
