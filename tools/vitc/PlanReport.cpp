//===- PlanReport.cpp - A plan in numbers ---------------------------------===//
#include "tools/vitc/PlanReport.h"

#include "codegen/CommentText.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace vitrt::format;

namespace vitc {

bool onlyMovesData(const Kernel &kernel) {
  return kernel.kind == TemplateKind::Pointwise && kernel.prologue.body.empty();
}

/// Launches from one attention to the next, on average.
static double perLayer(const Plan &plan) {
  std::vector<size_t> attention;
  for (size_t i = 0; i < plan.launches.size(); ++i)
    if (plan.kernels[plan.launches[i].kernel].kind == TemplateKind::Attention)
      attention.push_back(i);
  if (attention.size() < 2)
    return 0;
  return double(attention.back() - attention.front()) /
         double(attention.size() - 1);
}

PlanReport::PlanReport(const Module &module, const ModulePlan &entry)
    : entry(entry) {
  const Plan &plan = entry.plan;
  launches = plan.launches.size();
  launchesPerLayer = perLayer(plan);
  for (const Launch &launch : plan.launches) {
    transposes += onlyMovesData(plan.kernels[launch.kernel]);
    flops += launch.flops;
  }
  for (size_t i = 0; i < plan.kernels.size(); ++i) {
    (plan.kernels[i].family == Family::Simt ? simt : mma) += 1;
    for (const KernelImage &image : module.codes[entry.codes[i]].images)
      spills += image.kind == ImageKind::Cubin &&
                image.arch.starts_with(plan.target) && image.spillBytes > 0;
  }
}

std::optional<PlanReport::Count>
PlanReport::count(const std::string &key) const {
  std::optional<Count> sum;
  for (const ReportEntry &fact : entry.plan.report)
    if (fact.key == key)
      sum = Count{(sum ? sum->done : 0) + fact.done,
                  (sum ? sum->total : 0) + fact.total};
  return sum;
}

std::string fusionText(const PlanReport &report) {
  static const std::pair<const char *, const char *> names[] = {
      {"qkv", "QKV"},
      {"attention", "attention"},
      {"layer_norm", "LayerNorm"},
      {"gelu", "GELU"}};
  std::string text;
  for (auto [key, name] : names)
    if (auto count = report.count(key); count && count->total > 0)
      text += (text.empty() ? "" : ", ") + std::string(name) + " " +
              std::to_string(count->done) + "/" + std::to_string(count->total);
  return text.empty() ? "nothing to fuse" : text;
}

std::string megabytes(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, bytes < 10'000'000 ? "%.2f MB" : "%.0f MB",
                bytes / 1e6);
  return text;
}

static llvm::json::Array shapeJson(const std::vector<Extent> &shape) {
  llvm::json::Array sizes;
  for (const Extent &extent : shape) {
    if (!extent.perBatch)
      sizes.push_back(extent.value);
    else
      sizes.push_back(
          (extent.value == 1 ? "" : std::to_string(extent.value) + "*") + "B");
  }
  return sizes;
}

static llvm::json::Array tensorsJson(const std::vector<TensorInfo> &tensors) {
  llvm::json::Array list;
  for (const TensorInfo &tensor : tensors)
    list.push_back(
        llvm::json::Object{{"name", llvm::json::fixUTF8(tensor.name)},
                           {"shape", shapeJson(tensor.shape)}});
  return list;
}

llvm::json::Object toJson(const PlanReport &report) {
  const Plan &plan = report.entry.plan;
  llvm::json::Object fusions;
  for (const ReportEntry &fact : plan.report)
    if (auto count = report.count(fact.key))
      fusions[fact.key] = llvm::json::Array{count->done, count->total};
  return llvm::json::Object{
      {"target", plan.target},
      {"device", plan.device},
      {"precision", plan.precision},
      {"batch", llvm::json::Array{plan.minBatch, plan.optBatch, plan.maxBatch}},
      {"inputs", tensorsJson(plan.inputs)},
      {"outputs", tensorsJson(plan.outputs)},
      {"fusions", std::move(fusions)},
      {"kernels", int64_t(plan.kernels.size())},
      {"kernels_simt", report.simt},
      {"kernels_mma", report.mma},
      {"launches", report.launches},
      {"launches_per_layer", report.launchesPerLayer},
      {"transposes", report.transposes},
      {"flops", report.flops},
      {"spills", report.spills},
      {"arena_bytes", int64_t(plan.arenaBytes)},
      {"arena_lower_bound", int64_t(plan.arenaLowerBound)},
  };
}

std::string kernelLines(const Module &module, const ModulePlan &entry) {
  std::string text;
  llvm::raw_string_ostream out(text);
  for (size_t i = 0; i < entry.plan.kernels.size(); ++i) {
    const Kernel &kernel = entry.plan.kernels[i];
    int64_t uses = 0;
    for (const Launch &launch : entry.plan.launches)
      uses += launch.kernel == i;
    out << "  " << kernel.symbol << ": " << uses
        << (uses == 1 ? " launch" : " launches") << ", " << kernel.threads
        << " threads, " << kernel.sharedBytes << " B shared";
    for (const KernelImage &image : module.codes[entry.codes[i]].images)
      if (image.kind == ImageKind::Cubin &&
          image.arch.starts_with(entry.plan.target)) {
        out << ", " << image.registers << " registers";
        if (image.spillBytes)
          out << ", SPILLS " << image.spillBytes << " B";
      }
    out << "\n    " << commentText(kernel.why, 200) << "\n";
  }
  return text;
}

std::string launchLines(const ModulePlan &entry) {
  std::string text;
  llvm::raw_string_ostream out(text);
  int number = 0;
  for (const Launch &launch : entry.plan.launches) {
    out << llvm::format("  %3d ", number++)
        << entry.plan.kernels[launch.kernel].symbol;
    if (launch.flops > 0)
      out << llvm::format("  %.1f MFLOP", launch.flops / 1e6);
    out << "  <-";
    size_t shown = 0;
    for (const std::string &node : launch.nodes) {
      if (++shown > 4) {
        out << " and " << launch.nodes.size() - 4 << " more";
        break;
      }
      out << " " << commentText(node, 60);
    }
    out << "\n";
  }
  return text;
}

} // namespace vitc
