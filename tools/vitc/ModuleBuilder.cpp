//===- ModuleBuilder.cpp - Plans, kernels and weights of one module -------===//
#include "tools/vitc/ModuleBuilder.h"

#include "codegen/CommentText.h"
#include "codegen/CudaPrinter.h"
#include "codegen/PlanBuilder.h"
#include "dialect/ElementTypes.h"
#include "dialect/ModuleAttrs.h"
#include "dialect/Vit.h"
#include "passes/select/CostModel.h"
#include "reference/WeightEvaluator.h"
#include "runtime/format/AtomicFile.h"
#include "tools/files/Npy.h"
#include "tools/vitc/Driver.h"
#include "tools/vitc/Version.h"

#include <cstring>
#include <filesystem>

using namespace vitrt;
using namespace mlir;

namespace vitc {

/// The IR that a plan's weights are evaluated from.
struct ModuleBuilder::Source {
  std::shared_ptr<MLIRContext> context; // Outlives the module.
  OwningOpRef<ModuleOp> module;
  std::shared_ptr<WeightFiles> files;
  std::unique_ptr<reference::WeightEvaluator> evaluator;
  std::map<std::string, std::string> keys; ///< Memoised weightKey.
};

static std::string nameOf(const Target &target) {
  return *target.device ? target.device : target.arch();
}

/// How an initializer is computed, as text: its source, or its recipe with the
/// keys of the weights that it reads.
static std::string weightKey(ModuleOp module, const std::string &symbol,
                             std::map<std::string, std::string> &memo) {
  auto known = memo.find(symbol);
  if (known != memo.end())
    return known->second;
  std::string key;
  llvm::raw_string_ostream stream(key);
  auto initializer = module.lookupSymbol<vit::InitializerOp>(symbol);
  stream << initializer.getType();
  if (Attribute source = initializer.getSourceAttr()) {
    stream << "=" << source;
  } else {
    std::map<std::string, std::string> inner;
    initializer.getRecipe().walk([&](vit::WeightOp weight) {
      std::string name = weight.getInitializer().str();
      inner[name] = weightKey(module, name, memo);
    });
    // Symbols are names of one module only: their keys stand for them.
    initializer.getRecipe().walk([&](Operation *op) {
      if (auto weight = dyn_cast<vit::WeightOp>(op))
        stream << "{" << inner[weight.getInitializer().str()] << "}";
      else
        op->print(stream, OpPrintingFlags().useLocalScope().skipRegions(false));
    });
  }
  std::string hash = format::hash128(key).hex();
  memo[symbol] = hash;
  return hash;
}

uint32_t ModuleBuilder::addWeight(const std::shared_ptr<Source> &source,
                                  const std::string &symbol) {
  std::string key = weightKey(*source->module, symbol, source->keys);
  auto [it, isNew] = weights.try_emplace(key, contents.weights.size());
  if (!isNew)
    return it->second;
  auto initializer = source->module->lookupSymbol<vit::InitializerOp>(symbol);
  auto type = cast<RankedTensorType>(initializer.getType());
  format::Weight weight;
  weight.name = symbol;
  weight.dtype = *dtypeOf(type.getElementType());
  weight.shape.assign(type.getShape().begin(), type.getShape().end());
  weight.fill = [source = std::weak_ptr<Source>(source),
                 symbol](std::span<uint8_t> bytes) -> Status {
    std::shared_ptr<Source> from = source.lock();
    if (!from)
      return Status(Diag::E0606, "weight '" + escaped(symbol) + "' is gone");
    auto tensor = from->evaluator->evaluate(symbol);
    if (!tensor.ok())
      return tensor.status();
    if (uint64_t(tensor->numBytes()) != bytes.size())
      return Status(Diag::E0606, "weight '" + escaped(symbol) +
                                     "' has another size than its type");
    std::memcpy(bytes.data(), tensor->bytes(), bytes.size());
    from->evaluator->forgetAll();
    return Status();
  };
  contents.weights.push_back(std::move(weight));
  return it->second;
}

uint32_t ModuleBuilder::addCode(const format::Plan &plan, uint32_t kernel) {
  format::KernelCode code;
  code.symbol = plan.kernels[kernel].symbol;
  code.source = printKernel(plan, kernel);
  code.options = kernelOptions();
  auto [it, isNew] =
      codes.try_emplace(withoutComments(code.source), contents.codes.size());
  if (isNew)
    contents.codes.push_back(std::move(code));
  return it->second;
}

bool ModuleBuilder::addPlan(OwningOpRef<ModuleOp> module,
                            std::shared_ptr<WeightFiles> files,
                            const Target &target,
                            const std::string &precision) {
  auto source = std::make_shared<Source>();
  source->context = context;
  source->module = std::move(module);
  source->files = std::move(files);
  auto built = buildPlan(*source->module);
  if (!built.ok()) {
    diagnostics.add(built.status());
    return false;
  }
  source->evaluator = std::make_unique<reference::WeightEvaluator>(
      *source->module, source->files.get());
  sources->push_back(source);

  format::ModulePlan entry;
  entry.plan = std::move(built->plan);
  entry.plan.precision = precision;
  std::vector<uint32_t> indices;
  for (const std::string &symbol : built->weights)
    indices.push_back(addWeight(source, symbol));
  auto renumber = [&](format::BufferRef &buffer) {
    if (buffer.space == format::Space::Weights)
      buffer.index = indices.at(buffer.index);
  };
  for (format::Launch &launch : entry.plan.launches)
    for (format::BufferRef &buffer : launch.buffers)
      renumber(buffer);
  for (format::TensorMapEntry &tensor : entry.plan.tensors)
    renumber(tensor.buffer);
  for (uint32_t kernel = 0; kernel < entry.plan.kernels.size(); ++kernel)
    entry.codes.push_back(addCode(entry.plan, kernel));
  contents.plans.push_back(std::move(entry));
  archs.push_back(target.sm);
  return true;
}

void ModuleBuilder::clearPlans() {
  contents.plans.clear();
  contents.codes.clear();
  contents.weights.clear();
  sources->clear();
  codes.clear();
  weights.clear();
  archs.clear();
}

std::set<KernelJob> ModuleBuilder::jobs(const Nvrtc &nvrtc) {
  std::set<KernelJob> all;
  for (size_t i = 0; i < contents.plans.size(); ++i) {
    if (!nvrtc.supports(archs[i])) {
      if (unknownArchs.insert(archs[i]).second)
        diagnostics.warning(
            Diag::E0705,
            "NVRTC " + nvrtc.version() + " does not know sm_" +
                std::to_string(archs[i]) +
                ": its plans hold source alone and need NVRTC on the target");
      continue;
    }
    for (uint32_t code : contents.plans[i].codes) {
      all.insert({code, "sm_" + std::to_string(archs[i])});
      all.insert({code, "compute_" + std::to_string(archs[i])});
    }
  }
  return all;
}

bool ModuleBuilder::denySpills(const KernelCompileStats &stats) {
  bool isNew = false;
  for (size_t i = 0; i < contents.plans.size(); ++i) {
    const format::ModulePlan &entry = contents.plans[i];
    auto spills = stats.spills.find("sm_" + std::to_string(archs[i]));
    if (spills == stats.spills.end())
      continue;
    for (size_t kernel = 0; kernel < entry.codes.size(); ++kernel) {
      if (!spills->second.count(entry.codes[kernel]))
        continue;
      const format::Kernel &spilled = entry.plan.kernels[kernel];
      std::string target =
          entry.plan.device.empty() ? entry.plan.target : entry.plan.device;
      isNew |= denied[target]
                   .insert(configKey(spilled.family, spilled.config))
                   .second;
    }
  }
  return isNew;
}

void ModuleBuilder::setDenied(ModuleOp module, const Target &target) const {
  auto keys = denied.find(nameOf(target));
  if (keys == denied.end())
    return;
  SmallVector<Attribute> list;
  for (const std::string &key : keys->second)
    list.push_back(StringAttr::get(module.getContext(), key));
  module->setAttr(vit::kDeniedAttr, ArrayAttr::get(module.getContext(), list));
}

static std::string numbers(const std::vector<double> &values) {
  std::string text;
  for (double value : values) {
    char number[40];
    std::snprintf(number, sizeof number, "%.9g", value);
    text += (text.empty() ? "" : ",") + std::string(number);
  }
  return text;
}

void ModuleBuilder::setProvenance(const CompileOptions &options) {
  format::Provenance &provenance = contents.provenance;
  provenance.compiler = compilerName();
  provenance.codegenHash = codegenHash();
  // The name, never the path: the same model gives the same bytes anywhere.
  provenance.modelName =
      std::filesystem::path(options.model).filename().string();
  if (auto bytes = readFile(options.model); bytes.ok())
    provenance.modelHash = format::hash128(*bytes);
  std::string targets;
  for (const std::string &target : options.targets)
    targets += (targets.empty() ? "" : ",") + target;
  provenance.options = {"--precision=" + options.precision,
                        "--target=" + targets};
  for (const std::string &shape : options.shapes)
    provenance.options.push_back("--shape=" + shape);
  std::sort(provenance.options.begin(), provenance.options.end());
  provenance.extra.clear();
  if (!options.mean.empty())
    provenance.extra.push_back({"mean", numbers(options.mean)});
  if (!options.deviation.empty())
    provenance.extra.push_back({"std", numbers(options.deviation)});
}

bool ModuleBuilder::saveSources(const std::string &folder) {
  if (folder.empty())
    return true;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  auto save = [&](const std::string &name, const std::string &text) {
    Status status = format::writeFileAtomically(folder + "/" + name, text);
    if (!status.ok())
      diagnostics.add(status);
    return status.ok();
  };
  for (const format::Header &header : contents.headers)
    if (!save(header.name, header.text))
      return false;
  for (size_t i = 0; i < contents.codes.size(); ++i)
    if (!save(contents.codes[i].symbol + "." + std::to_string(i) + ".cu",
              contents.codes[i].source))
      return false;
  return true;
}

} // namespace vitc
