//===- Pipeline.cpp - The order of the passes -----------------------------===//
//
// The only place that orders passes. Read it as the contents page of passes/.
//
//===----------------------------------------------------------------------===//
#include "passes/Pipeline.h"

#include "passes/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace vitc::vit {

void buildGraphPipeline(OpPassManager &pm, const GraphOptions &options) {
  if (!options.mean.empty() || !options.deviation.empty()) {
    NormalizeInputOptions normalize;
    normalize.mean.assign(options.mean.begin(), options.mean.end());
    normalize.deviation.assign(options.deviation.begin(),
                               options.deviation.end());
    pm.addPass(
        createNormalizeInput(normalize)); // before fold-exact: it folds this
  }
  pm.addPass(createCanonicalizeOnnx());
  pm.addPass(
      createRaiseAttention()); // before fuse-qkv: it starts from attention
  pm.addPass(createFuseQKV());
  pm.addPass(createFlattenTo3D()); // after raising: heads are inside the ops
  pm.addPass(createFoldExact());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createHoistWeights());
}

void buildPlanPipeline(OpPassManager &pm, const PlanOptions &options) {
  AssignPrecisionOptions precision;
  precision.policy = options.precision;
  pm.addPass(createAssignPrecision(precision));
  pm.addPass(createFoldNorm()); // after precision: gamma may carry scales
  MaterializePrecisionOptions materialize;
  materialize.residual = options.precision == "bf16";
  pm.addPass(createMaterializePrecision(materialize));
  pm.addPass(
      createHoistWeights()); // before fusing: weights' casts are no launches
  pm.addPass(createFuseElementwise());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createHoistWeights()); // slices of weights that concat left
  pm.addPass(createAssignLayouts());
  pm.addPass(createSelectKernels());
  pm.addPass(createHoistWeights()); // weights that a kernel wants transposed
  pm.addPass(createPlanMemory());
  pm.addPass(createPrepareEmission());
}

} // namespace vitc::vit
