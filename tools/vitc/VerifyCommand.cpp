//===- VerifyCommand.cpp - vitc verify ------------------------------------===//
#include "tools/files/Npy.h"
#include "tools/vitc/Commands.h"
#include "tools/vitc/Compare.h"
#include "tools/vitc/Execution.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <map>

using namespace vitrt;

namespace vitc {

namespace {

struct VerifyFlags {
  std::string subject, model, precision = "fp32";
  std::vector<std::string> shapes;
  DeviceFlags device;
  InputFlags inputs;
  double tolerance = 0; ///< 0: by the plan's precision.
  bool perOp = false;
  uint64_t seed = 0;
};

/// A tensor that was compared.
struct Row {
  std::string name, node;
  Difference difference;
};

/// Compares a module with what was recorded, or with the reference executor.
class Verification {
public:
  Verification(const VerifyFlags &flags, const GlobalOptions &global)
      : flags(flags), global(global), progress(global.quiet) {}
  int run();

private:
  Status open();
  Status prepareInputs();
  Status runReference();
  Status runModule();
  void observe(const LaunchEvent &event);
  Status compareOutputs();
  std::vector<HostTensor> normalised() const;
  double tolerance() const;
  void print() const;

  const VerifyFlags &flags;
  const GlobalOptions &global;
  Diagnostics diagnostics;
  Progress progress;
  std::string model; ///< The ONNX file, or empty.
  std::unique_ptr<ModuleExecution> subject;
  InputSet set;
  std::vector<HostTensor> expected, values, got;
  std::map<std::string, const HostTensor *> valuesByName;
  std::vector<Row> rows, ops;
  const Row *firstBad = nullptr;
  std::string against;
};

} // namespace

Status Verification::open() {
  bool isModel = !flags.subject.ends_with(".vitm");
  model = flags.model.empty() && isModel ? flags.subject : flags.model;
  auto module =
      loadOrCompile(flags.subject, flags.device.planTarget, flags.precision,
                    flags.shapes, diagnostics, progress);
  if (!module.ok() || !*module)
    return module.status();
  std::string note;
  auto opened = ModuleExecution::open(*module, flags.device, note);
  if (!opened.ok())
    return opened.status();
  if (!note.empty() && !global.quiet)
    llvm::errs() << "vitc: " << note << "\n";
  subject = std::move(*opened);
  return Status();
}

Status Verification::prepareInputs() {
  auto read = readInputs(flags.inputs, subject->inputs(),
                         subject->foldsNormalisation());
  if (!read.ok())
    return read.status();
  set = std::move(*read);
  if (!flags.inputs.any())
    set = randomInputs(subject->inputs(), 1, flags.seed);
  return Status();
}

/// What the model without folded mean and deviation gets: (x - mean) / std.
std::vector<HostTensor> Verification::normalised() const {
  std::vector<HostTensor> inputs = set.inputs;
  std::vector<double> mean, deviation;
  auto parse = [](const std::string &text) {
    std::vector<double> values;
    for (size_t at = 0; at < text.size();
         at = std::min(text.find(',', at), text.size() - 1) + 1)
      values.push_back(std::strtod(text.c_str() + at, nullptr));
    return values;
  };
  for (const format::KeyValue &fact :
       subject->session().module().provenance.extra) {
    if (fact.key == "mean")
      mean = parse(fact.value);
    if (fact.key == "std")
      deviation = parse(fact.value);
  }
  size_t channels = std::max(mean.size(), deviation.size());
  mean.resize(channels, 0.0);
  deviation.resize(channels, 1.0);
  for (HostTensor &input : inputs) {
    if (channels == 0 || input.shape.size() != 4 ||
        input.dtype != format::DType::F32 ||
        input.shape[1] != int64_t(channels))
      continue;
    auto *pixels = reinterpret_cast<float *>(input.bytes.data());
    int64_t area = input.shape[2] * input.shape[3];
    for (int64_t i = 0; i < input.numElements(); ++i) {
      size_t channel = i / area % channels;
      pixels[i] =
          float((pixels[i] - float(mean[channel])) / deviation[channel]);
    }
  }
  return inputs;
}

Status Verification::runReference() {
  if (!set.expected.empty() && !flags.perOp) {
    expected = set.expected;
    against = "outputs of " + flags.inputs.archive;
    return Status();
  }
  if (model.empty())
    return Status(Diag::E0213, "nothing to compare with: give --model "
                               "MODEL.onnx, or --inputs with keys out:NAME");
  progress.stage("reference executor");
  auto reference = openReference(model, flags.shapes, diagnostics);
  if (!reference.ok())
    return reference.status();
  if (flags.perOp)
    (*reference)->keepValues(&values);
  std::vector<HostTensor> inputs = normalised();
  auto outputs = (*reference)->run(inputs);
  if (!outputs.ok())
    return outputs.status();
  expected = set.expected.empty() ? *outputs : set.expected;
  against = set.expected.empty() ? "the reference executor"
                                 : "outputs of " + flags.inputs.archive;
  for (const HostTensor &value : values)
    valuesByName[value.name] = &value;
  return Status();
}

/// Compares the ONNX values that are whole after a launch.
void Verification::observe(const LaunchEvent &event) {
  for (const format::TensorMapEntry &entry : event.plan.tensors) {
    auto value = valuesByName.find(entry.name);
    if (entry.afterLaunch != event.index || value == valuesByName.end())
      continue;
    auto bytes = event.session.readTensor(entry);
    if (!bytes.ok())
      continue;
    HostTensor tensor{entry.name, entry.dtype, value->second->shape, {}};
    auto *begin = reinterpret_cast<const std::byte *>(bytes->data());
    tensor.bytes.assign(begin, begin + bytes->size());
    if (byteSize(tensor.dtype, tensor.shape) != bytes->size())
      continue;
    ops.push_back({entry.name, entry.node, compare(tensor, *value->second)});
  }
}

Status Verification::runModule() {
  progress.stage("running");
  if (flags.perOp)
    subject->session().setObserver([this](const LaunchEvent &event) {
      observe(event);
      return Status();
    });
  auto outputs = subject->run(set.inputs);
  if (subject->device().emulator)
    for (const emu::Finding &finding :
         subject->device().emulator->takeFindings())
      diagnostics.error(Diag::E0901, finding.str());
  if (!outputs.ok())
    return diagnostics.hasErrors() ? Status() : outputs.status();
  got = std::move(*outputs);
  return Status();
}

double Verification::tolerance() const {
  if (flags.tolerance > 0)
    return flags.tolerance;
  return subject->plan().precision == "fp32" ? 1e-4 : 1e-2;
}

Status Verification::compareOutputs() {
  for (const HostTensor &want : expected) {
    const HostTensor *have = nullptr;
    for (const HostTensor &output : got)
      if (output.name == want.name)
        have = &output;
    if (!have)
      return Status(Diag::E0250,
                    "the module has no output '" + escaped(want.name) + "'");
    if (have->shape != want.shape)
      return Status(Diag::E0253, "output '" + escaped(want.name) + "' is " +
                                     describe(have->dtype, have->shape) +
                                     ", expected " +
                                     describe(want.dtype, want.shape));
    rows.push_back({want.name, "", compare(*have, want)});
  }
  for (const Row &row : ops)
    if (!firstBad && row.difference.relative() > tolerance())
      firstBad = &row;
  for (const Row &row : rows)
    if (!(row.difference.relative() <= tolerance())) {
      char text[200];
      std::snprintf(text, sizeof text,
                    "output differs by %.3g of its largest magnitude, more "
                    "than %.1g: element %lld is %.9g, expected %.9g",
                    row.difference.relative(), tolerance(),
                    static_cast<long long>(row.difference.index),
                    row.difference.got, row.difference.expected);
      vitc::Diagnostic &error =
          diagnostics.error(Diag::E0902, "'" + row.name + "': " + text);
      if (firstBad)
        error.note("the first node that diverges is '" + firstBad->node +
                   "' (value '" + firstBad->name + "')");
      else if (!flags.perOp)
        error.help("--per-op names the first node that diverges");
    }
  return Status();
}

void Verification::print() const {
  const Row *worst = nullptr;
  for (const Row &row : rows)
    if (!worst || row.difference.relative() > worst->difference.relative())
      worst = &row;
  if (global.json) {
    llvm::json::Array list;
    for (const Row &row : rows)
      list.push_back(llvm::json::Object{{"name", llvm::json::fixUTF8(row.name)},
                                        {"error", row.difference.relative()},
                                        {"absolute", row.difference.absolute}});
    llvm::json::Object object{{"against", llvm::json::fixUTF8(against)},
                              {"device", subject->where()},
                              {"tolerance", tolerance()},
                              {"outputs", std::move(list)},
                              {"values_compared", int64_t(ops.size())}};
    if (firstBad)
      object["first_divergence"] =
          llvm::json::Object{{"node", llvm::json::fixUTF8(firstBad->node)},
                             {"value", llvm::json::fixUTF8(firstBad->name)},
                             {"error", firstBad->difference.relative()}};
    llvm::outs() << llvm::json::Value(std::move(object)) << "\n";
    return;
  }
  llvm::outs() << "on " << subject->where() << ", against " << escaped(against)
               << "\n";
  if (worst)
    llvm::outs() << "worst output '" << escaped(worst->name) << "': "
                 << llvm::format(
                        "%.3g of its largest magnitude %.3g, tolerance %.1g\n",
                        worst->difference.relative(), worst->difference.largest,
                        tolerance());
  if (flags.perOp) {
    llvm::outs() << ops.size() << " values compared";
    if (firstBad)
      llvm::outs() << "; the first that diverges: '" << escaped(firstBad->name)
                   << "' of node '" << escaped(firstBad->node)
                   << llvm::format("', %.3g\n",
                                   firstBad->difference.relative());
    else
      llvm::outs() << ", none diverges\n";
  }
}

int Verification::run() {
  for (auto step : {&Verification::open, &Verification::prepareInputs,
                    &Verification::runReference, &Verification::runModule,
                    &Verification::compareOutputs}) {
    Status status = (this->*step)();
    if (!status.ok() && !diagnostics.hasErrors())
      diagnostics.add(status);
    if (diagnostics.hasErrors() && step != &Verification::compareOutputs)
      return finish(diagnostics, global);
    if (step == &Verification::open && !subject)
      return finish(diagnostics, global);
  }
  print();
  return finish(diagnostics, global);
}

Command addVerify(CLI::App &parent, const GlobalOptions &global) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App *app = parent.add_subcommand(
      "verify",
      "Compare a module with recorded outputs or the reference executor");
  app->add_option("subject", flags->subject,
                  "MODEL.vitm, or MODEL.onnx, compiled in memory")
      ->required();
  app->add_option("--model", flags->model,
                  "The ONNX model that the reference executor runs");
  app->add_option(
      "--tolerance", flags->tolerance,
      "Part of the largest magnitude; else 1e-4 (fp32), 1e-2 (fp16, bf16)");
  app->add_flag("--per-op", flags->perOp,
                "Name the first ONNX node whose value diverges");
  app->add_option("--random-seed", flags->seed,
                  "Of the inputs that nobody gave");
  app->add_option("--precision", flags->precision,
                  "Of an ONNX model that is compiled in memory")
      ->check(CLI::IsMember({"fp32", "fp16", "bf16"}));
  app->add_option("--shape", flags->shapes, "Of the ONNX model, as for compile")
      ->allow_extra_args(false);
  flags->device.add(*app);
  flags->inputs.add(*app);
  return {app, [flags, &global] { return Verification(*flags, global).run(); }};
}

} // namespace vitc
