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

def NormalizeInput : VitPass<"vit-normalize-input"> {
  let summary = "Put (x - mean) / deviation in front of the image";
  let description = [{
    The image is the only f32 input [B, C, H, W] with as many channels as there
    are numbers. vit-fold-exact moves the arithmetic into the patch weights.
  }];
  let options = [
    ListOption<"mean", "mean", "double", "Mean of each channel">,
    ListOption<"deviation", "deviation", "double",
               "Standard deviation of each channel">,
  ];
}

include "passes/GraphPasses.td"
include "passes/PlanPasses.td"

#endif // VITC_PASSES_PASSES_TD
