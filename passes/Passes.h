//===- Passes.h - Declarations of all passes --------------------*- C++ -*-===//
#ifndef VITC_PASSES_PASSES_H
#define VITC_PASSES_PASSES_H

#include "dialect/Vit.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace vitc::vit {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"
} // namespace vitc::vit

#endif // VITC_PASSES_PASSES_H
