//===- Driver.cpp - ONNX -> module, the whole way -------------------------===//
#include "tools/vitc/Driver.h"

#include "codegen/CudaPrinter.h"
#include "dialect/Targets.h"
#include "passes/Pipeline.h"
#include "tools/vitc/ModuleBuilder.h"
#include "tools/vitc/OpenDevice.h"
#include "tools/vitc/PassDiagnostics.h"
#include "tools/vitc/Version.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

#include <filesystem>
#include <thread>

using namespace vitrt;
using namespace mlir;

namespace vitc {

namespace {

/// One compile: a profile after the other, a target after the other.
class Compilation {
public:
  Compilation(const CompileOptions &options, Diagnostics &diagnostics,
              Progress &progress)
      : options(options), diagnostics(diagnostics), progress(progress),
        context(makeContext()), builder(diagnostics, context) {}

  bool run(CompileSummary &summary);

private:
  bool checkTargets();
  bool load();
  bool runGraph();
  bool runPlans();
  bool addPlan(size_t profile, const Target &target);
  bool runPipeline(ModuleOp module,
                   llvm::function_ref<void(OpPassManager &)> build);
  bool finish(CompileSummary &summary);
  bool compileKernels(CompileSummary &summary);
  void denySpills(const KernelCompileStats &stats);
  void provenance();
  bool isText() const {
    return options.emit == Emit::Vit || options.emit == Emit::Vitk;
  }
  std::string printed(ModuleOp module) const;
  std::string cudaText() const;
  unsigned threads() const {
    return options.threads ? options.threads
                           : std::max(1u, std::thread::hardware_concurrency());
  }

  const CompileOptions &options;
  Diagnostics &diagnostics;
  Progress &progress;
  std::shared_ptr<MLIRContext> context; // Outlives all IR.
  std::vector<Target> targets;
  std::vector<frontend::ImportedModel> profiles;
  ModuleBuilder builder;
  std::string text;
};

} // namespace

bool Compilation::checkTargets() {
  for (const std::string &name : options.targets) {
    std::optional<Target> target = findTarget(name);
    if (!target) {
      diagnostics.error(Diag::E0501, "unknown target '" + name + "'")
          .help("`vitc compile --help` lists devices; compute capabilities are "
                "sm_53 to sm_121");
      continue;
    }
    bool known =
        std::any_of(targets.begin(), targets.end(), [&](const Target &other) {
          return other.sm == target->sm &&
                 std::string_view(other.device) == target->device;
        });
    if (!known)
      targets.push_back(*target);
  }
  return !diagnostics.hasErrors();
}

/// Reads the model, once a profile.
bool Compilation::load() {
  progress.stage("reading " +
                 std::filesystem::path(options.model).filename().string());
  std::vector<frontend::ImportOptions> imports;
  for (const std::string &shape : options.shapes) {
    auto parsed = frontend::parseShapes(shape);
    if (!parsed.ok()) {
      diagnostics.add(parsed.status());
      return false;
    }
    imports.emplace_back().shapes = *parsed;
  }
  if (imports.empty())
    imports.emplace_back();
  if (options.model.ends_with(".mlir")) {
    frontend::ImportedModel model;
    ParserConfig config(context.get());
    PassDiagnostics handler(*context, diagnostics);
    model.module = parseSourceFile<ModuleOp>(options.model, config);
    model.files = std::make_shared<WeightFiles>(
        std::filesystem::path(options.model).parent_path().string());
    if (!model.module) {
      if (!diagnostics.hasErrors())
        diagnostics.error(Diag::E0210,
                          "cannot read '" + escaped(options.model) + "'");
      return false;
    }
    profiles.push_back(std::move(model));
    return true;
  }
  for (const frontend::ImportOptions &import : imports) {
    profiles.push_back(frontend::importFile(options.model, import, diagnostics,
                                            context.get()));
    if (!profiles.back().module)
      return false;
  }
  return true;
}

bool Compilation::runPipeline(ModuleOp module,
                              llvm::function_ref<void(OpPassManager &)> build) {
  PassManager pm(context.get());
  build(pm);
  if (options.printIrAfterAll)
    pm.enableIRPrinting([](Pass *, Operation *) { return false; },
                        [](Pass *, Operation *) { return true; }, true, false,
                        false, llvm::errs());
  PassDiagnostics handler(*context, diagnostics);
  if (succeeded(pm.run(module)))
    return !diagnostics.hasErrors();
  if (!diagnostics.hasErrors())
    diagnostics.error(Diag::E0500, "a pass failed without saying why");
  return false;
}

bool Compilation::runGraph() {
  progress.stage("fusing");
  for (frontend::ImportedModel &profile : profiles) {
    bool ok = runPipeline(*profile.module, [&](OpPassManager &pm) {
      vit::buildGraphPipeline(pm, {options.mean, options.deviation});
    });
    if (!ok)
      return false;
    if (options.emit == Emit::Vit)
      text += printed(*profile.module);
  }
  return true;
}

bool Compilation::addPlan(size_t profile, const Target &target) {
  OwningOpRef<ModuleOp> module = profiles[profile].module->clone();
  std::string name = *target.device ? target.device : target.arch();
  (*module)->setAttr("vit.target", StringAttr::get(context.get(), name));
  builder.setDenied(*module, target);
  bool ok = runPipeline(*module, [&](OpPassManager &pm) {
    vit::buildPlanPipeline(pm, {options.precision});
  });
  if (!ok)
    return false;
  if (options.emit == Emit::Vitk)
    text += printed(*module);
  return builder.addPlan(std::move(module), profiles[profile].files, target,
                         options.precision);
}

bool Compilation::runPlans() {
  progress.stage("selecting kernels");
  for (size_t profile = 0; profile < profiles.size(); ++profile)
    for (const Target &target : targets)
      if (!addPlan(profile, target))
        return false;
  return true;
}

std::string Compilation::printed(ModuleOp module) const {
  std::string out;
  llvm::raw_string_ostream stream(out);
  OpPrintingFlags flags;
  flags.elideLargeElementsAttrs(16);
  flags.elideLargeResourceString(16);
  module.print(stream, flags);
  return out;
}

/// Every kernel text once, one after the other: together they build as well.
std::string Compilation::cudaText() const {
  std::string all;
  for (const format::KernelCode &code : builder.module().codes)
    (all += all.empty() ? "" : "\n") += code.source;
  return all;
}

bool Compilation::compileKernels(CompileSummary &summary) {
  std::vector<int> archs;
  for (const Target &target : targets)
    archs.push_back(target.sm);
  auto nvrtc = Nvrtc::open(nvrtcSearch(), archs);
  if (!nvrtc.ok()) {
    summary.nvrtcNote =
        nvrtc.status().message() +
        ": the module holds source alone and needs NVRTC on the target";
    diagnostics.warning(nvrtc.status().diag(), summary.nvrtcNote);
    return true;
  }
  KernelCompileOptions compile;
  compile.threads = threads();
  compile.cacheDir = options.useCache ? defaultCacheDir() : "";
  compile.progress = [&](size_t done, size_t total) {
    progress.update(done, total);
  };

  // A spill makes selection take the next config; a few rounds are enough for
  // every config of a family.
  constexpr int kMostRounds = 4;
  for (int round = 0;; ++round) {
    progress.stage("compiling kernels");
    auto stats = vitc::compileKernels(builder.module(), builder.jobs(**nvrtc),
                                      **nvrtc, compile);
    if (!stats.ok()) {
      diagnostics.add(stats.status());
      return false;
    }
    summary.kernels = *stats;
    if (stats->spills.empty() || round == kMostRounds ||
        !builder.denySpills(*stats))
      break;
    builder.clearPlans();
    if (!runPlans())
      return false;
  }
  builder.module().provenance.nvrtc = (*nvrtc)->version();
  return true;
}

bool Compilation::finish(CompileSummary &summary) {
  if (isText()) {
    summary.text = text;
    return true;
  }
  if (options.emit == Emit::Cuda) {
    summary.text = cudaText();
    return builder.saveSources(options.saveTemps);
  }
  builder.setProvenance(options);
  if (options.compileKernels && !compileKernels(summary))
    return false;
  if (!builder.saveSources(options.saveTemps))
    return false;
  if (options.emit == Emit::Ptx) {
    for (const format::KernelCode &code : builder.module().codes)
      for (const format::KernelImage &image : code.images)
        if (image.kind == format::ImageKind::Ptx)
          (summary.text += image.data.text()) += "\n";
    return true;
  }
  if (options.output.empty())
    return true;
  progress.stage("writing weights");
  auto written = format::writeModuleFile(builder.module(), options.output);
  if (!written.ok()) {
    diagnostics.add(written.status());
    return false;
  }
  summary.written = *written;
  return true;
}

bool Compilation::run(CompileSummary &summary) {
  diagnostics.setFile(options.model);
  bool ok = checkTargets() && load() && runGraph() &&
            (options.emit == Emit::Vit || runPlans()) && finish(summary);
  if (!ok)
    return false;
  summary.module = std::move(builder.module());
  summary.keepAlive = builder.owners();
  summary.seconds = progress.seconds();
  return true;
}

std::optional<CompileSummary> compileModel(const CompileOptions &options,
                                           Diagnostics &diagnostics,
                                           Progress &progress) {
  CompileSummary summary;
  auto compilation =
      std::make_shared<Compilation>(options, diagnostics, progress);
  if (!compilation->run(summary))
    return std::nullopt;
  return summary;
}

} // namespace vitc
