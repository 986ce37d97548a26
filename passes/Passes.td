//===- Passes.td - All passes of vitc ----------------------*- tablegen -*-===//
//
// In the order of the pipeline. One pass, one .cpp file, one lit test, one
// name: FuseQKV, FuseQKV.cpp, fuse-qkv.mlir, --vit-fuse-qkv.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_PASSES_PASSES_TD
#define VITC_PASSES_PASSES_TD

include "mlir/Pass/PassBase.td"

class VitPass<string name> : Pass<name, "::mlir::ModuleOp"> {
  let dependentDialects = ["::vitc::vit::VitDialect"];
}

include "passes/GraphPasses.td"
include "passes/PlanPasses.td"

#endif // VITC_PASSES_PASSES_TD
