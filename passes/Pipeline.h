//===- Pipeline.h - The order of the passes ---------------------*- C++ -*-===//
#ifndef VITC_PASSES_PIPELINE_H
#define VITC_PASSES_PIPELINE_H

#include "mlir/Pass/PassManager.h"

#include <string>
#include <vector>

namespace vitc::vit {

struct GraphOptions {
  std::vector<double> mean, deviation; ///< Of the image's channels; or empty.
};

/// Passes that run once a profile: still vit, no target.
void buildGraphPipeline(mlir::OpPassManager &pm,
                        const GraphOptions &options = {});

struct PlanOptions {
  std::string precision = "fp32"; ///< fp32, fp16 or bf16.
};

/// Passes that run once a profile and target (the module's `vit.target`): to
/// vitk ops that codegen's PlanBuilder reads.
void buildPlanPipeline(mlir::OpPassManager &pm,
                       const PlanOptions &options = {});

} // namespace vitc::vit

#endif // VITC_PASSES_PIPELINE_H
