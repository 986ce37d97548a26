//===- RunCommand.cpp - vitc run ------------------------------------------===//
#include "tools/files/Npy.h"
#include "tools/vitc/Commands.h"
#include "tools/vitc/Execution.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

using namespace vitrt;

namespace vitc {

namespace {

struct RunFlags {
  std::string model, labels, saveOutputs, precision = "fp32";
  std::vector<std::string> shapes;
  DeviceFlags device;
  InputFlags inputs;
  int top = 5;
};

struct Class {
  size_t index;
  double probability;
  std::string label;
};

} // namespace

/// The likeliest classes of one row of logits (or probabilities, if the row is
/// one already).
static std::vector<Class> bestClasses(const HostTensor &output, int top,
                                      const std::vector<std::string> &labels) {
  std::vector<double> p = toDoubles(output);
  p.resize(output.shape.back());
  double sum = std::accumulate(p.begin(), p.end(), 0.0);
  bool probabilities =
      std::fabs(sum - 1) < 1e-3 && *std::min_element(p.begin(), p.end()) >= 0;
  if (!probabilities) {
    double largest = *std::max_element(p.begin(), p.end());
    sum = 0;
    for (double &x : p)
      sum += x = std::exp(x - largest);
    for (double &x : p)
      x /= sum;
  }
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return p[a] > p[b]; });
  std::vector<Class> best;
  for (size_t i = 0; i < order.size() && int(i) < top; ++i)
    best.push_back({order[i], p[order[i]],
                    order[i] < labels.size()
                        ? labels[order[i]]
                        : "class " + std::to_string(order[i])});
  return best;
}

static Result<std::vector<std::string>> readLabels(const std::string &path) {
  std::vector<std::string> labels;
  if (path.empty())
    return labels;
  auto text = readFile(path, size_t(16) << 20);
  if (!text.ok())
    return text.status();
  for (size_t at = 0; at < text->size();) {
    size_t end = std::min(text->find('\n', at), text->size());
    std::string label = text->substr(at, end - at);
    while (!label.empty() && (label.back() == '\r' || label.back() == ' '))
      label.pop_back();
    labels.push_back(label);
    at = end + 1;
  }
  return labels;
}

/// The output that holds class scores: [1, N] or [N].
static const HostTensor *scores(const std::vector<HostTensor> &outputs) {
  for (const HostTensor &output : outputs)
    if (!output.shape.empty() && output.shape.back() > 1 &&
        output.numElements() % output.shape.back() == 0 &&
        output.shape.size() <= 2)
      return &output;
  return nullptr;
}

static void printOutput(const HostTensor &output) {
  std::vector<double> values = toDoubles(output);
  double low = INFINITY, high = -INFINITY, sum = 0;
  for (double value : values) {
    low = std::min(low, value);
    high = std::max(high, value);
    sum += value;
  }
  llvm::outs() << escaped(output.name) << " "
               << describe(output.dtype, output.shape);
  if (!values.empty())
    llvm::outs() << llvm::format(": min %.6g, max %.6g, mean %.6g;", low, high,
                                 sum / values.size());
  for (size_t i = 0; i < values.size() && i < 4; ++i)
    llvm::outs() << llvm::format(" %.6g", values[i]);
  llvm::outs() << (values.size() > 4 ? " ...\n" : "\n");
}

static Status save(const std::vector<HostTensor> &outputs,
                   const std::string &folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return Status(Diag::E0801, "cannot create '" + escaped(folder) +
                                   "': " + error.message());
  for (const HostTensor &output : outputs)
    VITRT_TRY(writeNpy(folder + "/" + fileName(output.name) + ".npy", output));
  return Status();
}

static llvm::json::Array countersJson(const std::vector<Counter> &counters) {
  llvm::json::Array list;
  for (const Counter &counter : counters)
    list.push_back(llvm::json::Object{{"name", counter.name},
                                      {"value", int64_t(counter.value)}});
  return list;
}

static void report(const RunFlags &flags, const GlobalOptions &global,
                   const Execution &execution,
                   const std::vector<HostTensor> &outputs,
                   const std::vector<Class> &best,
                   const std::vector<Counter> &counters, double seconds) {
  if (global.json) {
    llvm::json::Array list, top;
    for (const HostTensor &output : outputs)
      list.push_back(
          llvm::json::Object{{"name", llvm::json::fixUTF8(output.name)},
                             {"shape", llvm::json::Array(output.shape)}});
    for (const Class &entry : best)
      top.push_back(
          llvm::json::Object{{"index", int64_t(entry.index)},
                             {"label", llvm::json::fixUTF8(entry.label)},
                             {"probability", entry.probability}});
    llvm::json::Object object{{"device", execution.where()},
                              {"seconds", seconds},
                              {"outputs", std::move(list)},
                              {"top", std::move(top)}};
    if (!counters.empty())
      object["counters"] = countersJson(counters);
    llvm::outs() << llvm::json::Value(std::move(object)) << "\n";
    return;
  }
  llvm::outs() << "on " << execution.where()
               << llvm::format(": %.2f s\n", seconds);
  for (const Class &entry : best)
    llvm::outs() << llvm::format("  %6.2f %%  ", entry.probability * 100)
                 << escaped(entry.label) << "\n";
  if (best.empty())
    for (const HostTensor &output : outputs)
      printOutput(output);
  for (const Counter &counter : counters)
    llvm::outs() << "  " << counter.name << " " << counter.value << "\n";
  if (!flags.saveOutputs.empty())
    llvm::outs() << "outputs in " << escaped(flags.saveOutputs) << "\n";
}

/// Findings of check mode become errors; a run with some ends with 3.
static void addFindings(const OpenedDevice &device, Diagnostics &diagnostics) {
  if (!device.emulator)
    return;
  for (const emu::Finding &finding : device.emulator->takeFindings())
    diagnostics.error(Diag::E0901, finding.str());
}

static int runModel(RunFlags &flags, const GlobalOptions &global) {
  Diagnostics diagnostics;
  Progress progress(global.quiet);
  auto fail = [&](const Status &status) {
    diagnostics.add(status);
    return finish(diagnostics, global);
  };
  auto labels = readLabels(flags.labels);
  if (!labels.ok())
    return fail(labels.status());

  std::unique_ptr<Execution> execution;
  ModuleExecution *onDevice = nullptr;
  if (flags.device.isReference()) {
    auto reference = openReference(flags.model, flags.shapes, diagnostics);
    if (!reference.ok())
      return diagnostics.hasErrors() ? finish(diagnostics, global)
                                     : fail(reference.status());
    execution = std::move(*reference);
  } else {
    auto module =
        loadOrCompile(flags.model, flags.device.planTarget, flags.precision,
                      flags.shapes, diagnostics, progress);
    if (!module.ok() || !*module)
      return diagnostics.hasErrors() ? finish(diagnostics, global)
                                     : fail(module.status());
    std::string note;
    auto opened = ModuleExecution::open(*module, flags.device, note);
    if (!opened.ok())
      return fail(opened.status());
    if (!note.empty() && !global.quiet)
      llvm::errs() << "vitc: " << note << "\n";
    onDevice = opened->get();
    execution = std::move(*opened);
  }

  auto set = readInputs(flags.inputs, execution->inputs(),
                        execution->foldsNormalisation());
  if (!set.ok())
    return fail(set.status());
  if (!flags.inputs.any())
    *set = randomInputs(execution->inputs(), 1, 0);
  progress.stage("running");
  auto start = std::chrono::steady_clock::now();
  auto outputs = execution->run(set->inputs);
  double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  if (onDevice)
    addFindings(onDevice->device(), diagnostics);
  if (!outputs.ok())
    return diagnostics.hasErrors() ? finish(diagnostics, global)
                                   : fail(outputs.status());
  if (!flags.saveOutputs.empty())
    if (Status status = save(*outputs, flags.saveOutputs); !status.ok())
      return fail(status);

  std::vector<Counter> counters;
  if (onDevice && flags.device.counters && onDevice->device().emulator)
    counters = namedCounters(onDevice->device().emulator->counters());
  const HostTensor *logits =
      flags.inputs.image.empty() ? nullptr : scores(*outputs);
  std::vector<Class> best;
  if (logits)
    best = bestClasses(*logits, flags.top, *labels);
  report(flags, global, *execution, *outputs, best, counters, seconds);
  return finish(diagnostics, global);
}

Command addRun(CLI::App &parent, const GlobalOptions &global) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App *app = parent.add_subcommand("run", "Run a module or a model");
  app->add_option("model", flags->model,
                  "MODEL.vitm, or MODEL.onnx, compiled in memory")
      ->required();
  app->add_option("--labels", flags->labels,
                  "Names of the classes, one a line");
  app->add_option("--top", flags->top, "How many classes to print")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app->add_option("--save-outputs", flags->saveOutputs,
                  "Folder for NAME.npy of each output");
  app->add_option("--precision", flags->precision,
                  "Of an ONNX model that is compiled in memory")
      ->check(CLI::IsMember({"fp32", "fp16", "bf16"}));
  app->add_option("--shape", flags->shapes, "Of an ONNX model, as for compile")
      ->allow_extra_args(false);
  flags->device.add(*app);
  flags->inputs.add(*app);
  return {app, [flags, &global] { return runModel(*flags, global); }};
}

} // namespace vitc
