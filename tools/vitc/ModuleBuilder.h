//===- ModuleBuilder.h - Plans, kernels and weights of one module -*- C++
//-*-===//
#ifndef VITC_TOOLS_VITC_MODULEBUILDER_H
#define VITC_TOOLS_VITC_MODULEBUILDER_H

#include "codegen/KernelCompiler.h"
#include "dialect/Diagnostics.h"
#include "dialect/Targets.h"
#include "dialect/WeightFiles.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace vitc {

struct CompileOptions;

/// Gathers what goes into a `.vitm`: plans as they come from PlanBuilder, each
/// kernel text and each weight once. Weights are evaluated when the module is
/// written, one at a time.
class ModuleBuilder {
public:
  /// `context` is that of the modules which addPlan gets.
  ModuleBuilder(Diagnostics &diagnostics,
                std::shared_ptr<mlir::MLIRContext> context)
      : diagnostics(diagnostics), context(std::move(context)) {
    contents.headers = moduleHeaders();
  }

  /// Adds the plan of a module of prepared vitk ops, which it keeps.
  bool addPlan(mlir::OwningOpRef<mlir::ModuleOp> module,
               std::shared_ptr<WeightFiles> files, const Target &target,
               const std::string &precision);
  /// Forgets plans, kernels and weights, not what was denied.
  void clearPlans();

  /// What NVRTC has to compile: for each text and target a cubin and PTX. A
  /// target that `nvrtc` does not know gets a warning and source alone.
  std::set<KernelJob> jobs(const vitrt::Nvrtc &nvrtc);
  /// Denies the configs of kernels that spill; whether any is new.
  bool denySpills(const KernelCompileStats &stats);
  /// Tells vit-select-kernels what is denied for `target`.
  void setDenied(mlir::ModuleOp module, const Target &target) const;

  void setProvenance(const CompileOptions &options);
  /// Writes texts and headers into `folder`, if one is given.
  bool saveSources(const std::string &folder);

  vitrt::format::Module &module() { return contents; }
  const vitrt::format::Module &module() const { return contents; }
  /// What the weights' fill functions need; keep it until they were called.
  std::shared_ptr<void> owners() const { return sources; }

private:
  struct Source;
  uint32_t addWeight(const std::shared_ptr<Source> &source,
                     const std::string &symbol);
  uint32_t addCode(const vitrt::format::Plan &plan, uint32_t kernel);

  Diagnostics &diagnostics;
  std::shared_ptr<mlir::MLIRContext> context;
  vitrt::format::Module contents;
  std::shared_ptr<std::vector<std::shared_ptr<Source>>> sources =
      std::make_shared<std::vector<std::shared_ptr<Source>>>();
  std::map<std::string, uint32_t> codes;   ///< By text without comments.
  std::map<std::string, uint32_t> weights; ///< By how they are computed.
  std::vector<int> archs;                  ///< Of each plan: 90.
  std::map<std::string, std::set<std::string>> denied; ///< By target.
  std::set<int> unknownArchs;
};

} // namespace vitc

#endif // VITC_TOOLS_VITC_MODULEBUILDER_H
