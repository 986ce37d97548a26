//===- InspectCommand.cpp - vitc inspect ----------------------------------===//
#include "runtime/Module.h"
#include "tools/vitc/Commands.h"
#include "tools/vitc/PlanReport.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace vitrt;

namespace vitc {

namespace {
struct InspectFlags {
  std::string module;
  std::string source; ///< Symbol of a kernel whose text is wanted.
  bool launches = false;
};
} // namespace

static llvm::json::Object provenanceJson(const format::Provenance &provenance) {
  llvm::json::Object extra;
  for (const format::KeyValue &fact : provenance.extra)
    extra[llvm::json::fixUTF8(fact.key)] = llvm::json::fixUTF8(fact.value);
  llvm::json::Array options;
  for (const std::string &option : provenance.options)
    options.push_back(llvm::json::fixUTF8(option));
  return llvm::json::Object{
      {"compiler", llvm::json::fixUTF8(provenance.compiler)},
      {"nvrtc", llvm::json::fixUTF8(provenance.nvrtc)},
      {"model", llvm::json::fixUTF8(provenance.modelName)},
      {"model_hash", provenance.modelHash.hex()},
      {"options", std::move(options)},
      {"extra", std::move(extra)}};
}

static uint64_t weightBytes(const format::Module &module) {
  uint64_t sum = 0;
  for (const format::Weight &weight : module.weights)
    sum += weight.byteSize();
  return sum;
}

static void printPlan(const format::Module &module,
                      const format::ModulePlan &entry,
                      const InspectFlags &flags) {
  llvm::raw_ostream &out = llvm::outs();
  PlanReport report(module, entry);
  const format::Plan &plan = entry.plan;
  out << "\nplan " << escaped(plan.target)
      << (plan.device.empty() ? "" : " (" + escaped(plan.device) + ")") << ", "
      << escaped(plan.precision) << ", batch " << plan.minBatch << ".."
      << plan.optBatch << ".." << plan.maxBatch << "\n";
  out << "  fused " << fusionText(report) << "\n";
  out << "  " << report.launches << " launches";
  if (report.launchesPerLayer > 0)
    out << llvm::format(" (%.1f a layer)", report.launchesPerLayer);
  out << ", " << report.transposes << " of them copies; " << plan.kernels.size()
      << " kernels (" << report.mma << " mma, " << report.simt << " simt); "
      << llvm::format("%.3f GFLOP an image", report.flops / 1e9) << "\n";
  out << "  arena " << megabytes(plan.arenaBytes) << " at batch "
      << plan.maxBatch << ", lower bound " << megabytes(plan.arenaLowerBound)
      << "\n";
  bool compiled = false;
  for (uint32_t code : entry.codes)
    for (const format::KernelImage &image : module.codes[code].images)
      compiled |=
          image.arch.ends_with(plan.target.substr(plan.target.find('_') + 1));
  if (!compiled)
    out << "  no cubin or PTX: needs NVRTC on target\n";
  out << "  report:\n";
  for (const format::ReportEntry &fact : plan.report)
    out << "    " << escaped(fact.key) << " " << fact.done << "/" << fact.total
        << (fact.detail.empty() ? "" : ": " + escaped(fact.detail, 300))
        << "\n";
  out << "kernels:\n" << kernelLines(module, entry);
  if (flags.launches)
    out << "launches:\n" << launchLines(entry);
}

static int printSource(const format::Module &module, const std::string &symbol,
                       Diagnostics &diagnostics, const GlobalOptions &global) {
  for (const format::KernelCode &code : module.codes)
    if (code.symbol == symbol) {
      llvm::outs() << code.source;
      return 0;
    }
  diagnostics.error(Diag::E0250, "no kernel '" + symbol + "' in the module");
  return finish(diagnostics, global);
}

static int inspect(const InspectFlags &flags, const GlobalOptions &global) {
  Diagnostics diagnostics;
  auto start = std::chrono::steady_clock::now();
  auto loaded = Module::load(flags.module);
  double ms = std::chrono::duration<double, std::milli>(
                  std::chrono::steady_clock::now() - start)
                  .count();
  if (!loaded.ok()) {
    diagnostics.add(loaded.status());
    return finish(diagnostics, global);
  }
  const format::Module &module = (*loaded)->contents();
  if (!flags.source.empty())
    return printSource(module, flags.source, diagnostics, global);
  if (global.json) {
    llvm::json::Array plans;
    for (const format::ModulePlan &entry : module.plans)
      plans.push_back(toJson(PlanReport(module, entry)));
    llvm::outs() << llvm::json::Value(llvm::json::Object{
                        {"load_ms", ms},
                        {"weights", int64_t(module.weights.size())},
                        {"weight_bytes", int64_t(weightBytes(module))},
                        {"kernel_texts", int64_t(module.codes.size())},
                        {"provenance", provenanceJson(module.provenance)},
                        {"plans", std::move(plans)}})
                 << "\n";
    return 0;
  }
  const format::Provenance &made = module.provenance;
  llvm::outs() << escaped(flags.module) << ": made by "
               << escaped(made.compiler) << " from " << escaped(made.modelName)
               << (made.nvrtc.empty() ? ""
                                      : " with NVRTC " + escaped(made.nvrtc))
               << "\n";
  llvm::outs() << "weights " << megabytes(weightBytes(module)) << " in "
               << module.weights.size() << ", " << module.codes.size()
               << " kernel texts, loaded in " << llvm::format("%.1f ms\n", ms);
  for (const std::string &option : made.options)
    llvm::outs() << "  " << escaped(option) << "\n";
  for (const format::ModulePlan &entry : module.plans)
    printPlan(module, entry, flags);
  return 0;
}

Command addInspect(CLI::App &parent, const GlobalOptions &global) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App *app = parent.add_subcommand(
      "inspect", "Show plans, kernels, memory and origin of a module");
  app->add_option("module", flags->module, "MODEL.vitm")->required();
  app->add_flag("--launches", flags->launches,
                "Every launch with its ONNX nodes");
  app->add_option("--source", flags->source,
                  "Print the CUDA text of this kernel");
  return {app, [flags, &global] { return inspect(*flags, global); }};
}

} // namespace vitc
