//===- PlanBuilder.h - Prepared vitk -> plan --------------------*- C++ -*-===//
//
// Serialises what vit-prepare-emission left into the plain structs that printer
// and runtime read. It decides nothing.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_CODEGEN_PLANBUILDER_H
#define VITC_CODEGEN_PLANBUILDER_H

#include "runtime/format/Plan.h"
#include "runtime/format/Status.h"

#include "mlir/IR/BuiltinOps.h"

namespace vitc {

struct BuiltPlan {
  vitrt::format::Plan plan;
  /// Symbols of the initializers that the plan's weights are: BufferRef::index
  /// of Space::Weights counts these.
  std::vector<std::string> weights;
};

/// The plan of `module`'s function. An error where the module is not prepared
/// (E0503).
vitrt::Result<BuiltPlan> buildPlan(mlir::ModuleOp module);

} // namespace vitc

#endif // VITC_CODEGEN_PLANBUILDER_H
