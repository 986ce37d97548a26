//===- PassDiagnostics.h - MLIR's messages as vitc's ------------*- C++ -*-===//
#ifndef VITC_TOOLS_VITC_PASSDIAGNOSTICS_H
#define VITC_TOOLS_VITC_PASSDIAGNOSTICS_H

#include "dialect/Diagnostics.h"

#include "mlir/IR/Diagnostics.h"

namespace vitc {

/// While it lives, errors (E0500), warnings and remarks (E0502) of passes and
/// parsers go to `diagnostics`, with the ONNX node of their location.
class PassDiagnostics {
public:
  PassDiagnostics(mlir::MLIRContext &context, Diagnostics &diagnostics);

private:
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace vitc

#endif // VITC_TOOLS_VITC_PASSDIAGNOSTICS_H
