//===- CompileCommand.cpp - vitc compile ----------------------------------===//
#include "tools/vitc/Commands.h"
#include "tools/vitc/Driver.h"
#include "tools/vitc/PlanReport.h"

#include "dialect/Targets.h"
#include "runtime/format/AtomicFile.h"

#include "llvm/Support/raw_ostream.h"

#include <filesystem>
#include <sys/resource.h>

using namespace vitrt;

namespace vitc {

namespace {

struct CompileFlags {
  CompileOptions options;
  std::string emit = "module";
  bool noCache = false, noNvrtc = false;
};

} // namespace

static std::string deviceList() {
  std::string text = "sm_53 to sm_121, or a device:";
  for (const Target &target : namedTargets())
    text += std::string(" ") + target.device;
  return text;
}

static Emit emitOf(const std::string &name) {
  if (name == "vit")
    return Emit::Vit;
  if (name == "vitk")
    return Emit::Vitk;
  if (name == "cuda")
    return Emit::Cuda;
  return name == "ptx" ? Emit::Ptx : Emit::Module;
}

static std::string typesLine(const PlanReport &report) {
  std::string text = report.entry.plan.precision;
  if (auto count = report.count("precision"))
    text += ": " + std::to_string(count->done) + " of " +
            std::to_string(count->total) + " contractions";
  return text + ", accumulated in f32; statistics and elementwise f32";
}

static void printSummary(const CompileOptions &options,
                         const CompileSummary &summary) {
  llvm::raw_ostream &out = llvm::outs();
  const format::Module &module = summary.module;
  size_t cubins = 0, ptx = 0, spills = 0;
  for (const format::KernelCode &code : module.codes)
    for (const format::KernelImage &image : code.images) {
      (image.kind == format::ImageKind::Cubin ? cubins : ptx) += 1;
      spills += image.spillBytes > 0;
    }
  PlanReport first(module, module.plans.front());
  const format::Plan &plan = first.entry.plan;

  out << "module   " << escaped(options.output) << ", "
      << megabytes(summary.written.fileBytes) << "\n";
  out << "fused    " << fusionText(first) << "; " << first.launches
      << " launches";
  if (first.launchesPerLayer > 0)
    out << ", " << llvm::format("%.1f", first.launchesPerLayer) << " a layer";
  out << ", " << first.transposes << " copies\n";
  out << "types    " << typesLine(first) << "\n";
  out << "targets ";
  for (const format::ModulePlan &entry : module.plans) {
    PlanReport report(module, entry);
    out << " "
        << (entry.plan.device.empty() ? entry.plan.target : entry.plan.device)
        << " (" << report.mma << " mma, " << report.simt << " simt kernels)";
  }
  out << "; batch " << plan.minBatch << ".." << plan.optBatch << ".."
      << plan.maxBatch << "\n";
  out << "kernels  " << module.codes.size() << " texts, " << cubins
      << " cubins, " << ptx << " PTX, " << spills << " spill";
  if (!module.provenance.nvrtc.empty())
    out << "; NVRTC " << module.provenance.nvrtc << " compiled "
        << summary.kernels.compiled << ", " << summary.kernels.cached
        << " from the cache";
  out << "\nmemory   weights " << megabytes(summary.written.weightBytes)
      << ", arena " << megabytes(plan.arenaBytes) << " at batch "
      << plan.maxBatch;
  if (plan.arenaLowerBound)
    out << llvm::format(" (%.2f x its lower bound)",
                        double(plan.arenaBytes) / plan.arenaLowerBound);
  out << "\ntime     " << llvm::format("%.1f s", summary.seconds) << "\n";
  out << "next     vitc run " << escaped(options.output)
      << " --image PICTURE, or vitc inspect " << escaped(options.output)
      << "\n";
}

static llvm::json::Object summaryJson(const CompileOptions &options,
                                      const CompileSummary &summary) {
  llvm::json::Array plans;
  for (const format::ModulePlan &entry : summary.module.plans)
    plans.push_back(toJson(PlanReport(summary.module, entry)));
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return llvm::json::Object{
      {"output", llvm::json::fixUTF8(options.output)},
      {"file_bytes", int64_t(summary.written.fileBytes)},
      {"weight_bytes", int64_t(summary.written.weightBytes)},
      {"kernel_texts", int64_t(summary.module.codes.size())},
      {"compiled", int64_t(summary.kernels.compiled)},
      {"cached", int64_t(summary.kernels.cached)},
      {"nvrtc", summary.module.provenance.nvrtc},
      {"seconds", summary.seconds},
      {"peak_kib", int64_t(usage.ru_maxrss)},
      {"plans", std::move(plans)}};
}

/// Exit code 1 where --require-fused finds something unfused.
static bool requireFused(const CompileSummary &summary,
                         Diagnostics &diagnostics) {
  for (const format::ModulePlan &entry : summary.module.plans)
    for (const char *key : {"attention", "qkv"})
      if (auto count = PlanReport(summary.module, entry).count(key);
          count && count->done < count->total)
        diagnostics.error(
            Diag::E0504, std::string("--require-fused: ") + key + " fused in " +
                             std::to_string(count->done) + " of " +
                             std::to_string(count->total) + " places");
  return !diagnostics.hasErrors();
}

static int runCompile(CompileFlags &flags, const GlobalOptions &global) {
  CompileOptions &options = flags.options;
  options.emit = emitOf(flags.emit);
  options.useCache = !flags.noCache;
  options.compileKernels = !flags.noNvrtc;
  Diagnostics diagnostics;
  if (options.output.empty() && options.emit == Emit::Module)
    options.output =
        std::filesystem::path(options.model).stem().string() + ".vitm";
  Progress progress(global.quiet);
  std::string output = options.output;
  // With --require-fused nothing is written before the check.
  if (options.requireFused)
    options.output.clear();
  std::optional<CompileSummary> summary =
      compileModel(options, diagnostics, progress);
  if (!summary)
    return finish(diagnostics, global);
  if (options.requireFused) {
    if (!requireFused(*summary, diagnostics))
      return finish(diagnostics, global);
    options.output = output;
    if (options.emit == Emit::Module) {
      auto written = format::writeModuleFile(summary->module, output);
      diagnostics.add(written.status());
      if (!written.ok())
        return finish(diagnostics, global);
      summary->written = *written;
    }
  }
  if (options.emit != Emit::Module) {
    if (output.empty() || output == "-")
      llvm::outs() << summary->text;
    else
      diagnostics.add(format::writeFileAtomically(output, summary->text));
  } else if (global.json) {
    llvm::outs() << llvm::json::Value(summaryJson(options, *summary)) << "\n";
  } else {
    printSummary(options, *summary);
  }
  return finish(diagnostics, global);
}

Command addCompile(CLI::App &parent, const GlobalOptions &global) {
  auto flags = std::make_shared<CompileFlags>();
  CompileOptions &options = flags->options;
  CLI::App *app =
      parent.add_subcommand("compile", "Compile a model to a module");
  app->add_option("model", options.model, "MODEL.onnx or FILE.mlir")
      ->required();
  app->add_option("-o,--output", options.output,
                  "MODEL.vitm, or a file for --emit (- is stdout)");
  app->add_option("--target", options.targets, deviceList())
      ->delimiter(',')
      ->capture_default_str();
  app->add_option("--shape", options.shapes,
                  "NAME:1..8..32x3x224x224: min..opt..max batch and sizes; "
                  "repeated: more profiles")
      ->allow_extra_args(false);
  app->add_option("--precision", options.precision, "fp32, fp16 or bf16")
      ->check(CLI::IsMember({"fp32", "fp16", "bf16"}))
      ->capture_default_str();
  app->add_option("--mean", options.mean,
                  "Mean of each channel, folded into the model")
      ->delimiter(',');
  app->add_option("--std", options.deviation,
                  "Deviation of each channel, folded into the model")
      ->delimiter(',');
  app->add_option("--emit", flags->emit, "vit, vitk, cuda, ptx or module")
      ->check(CLI::IsMember({"vit", "vitk", "cuda", "ptx", "module"}))
      ->capture_default_str();
  app->add_option("--save-temps", options.saveTemps,
                  "Folder for the kernels' sources and headers");
  app->add_flag("--print-ir-after-all", options.printIrAfterAll,
                "The IR after each pass, to stderr");
  app->add_flag("--require-fused", options.requireFused,
                "Exit with 1 if attention or QKV stays unfused");
  app->add_flag("--no-cache", flags->noCache, "Compile every kernel anew");
  app->add_flag("--no-nvrtc", flags->noNvrtc, "A module of sources alone");
  app->add_option("--threads", options.threads,
                  "Host threads; 0 is one a processor");
  return {app, [flags, &global] { return runCompile(*flags, global); }};
}

} // namespace vitc
