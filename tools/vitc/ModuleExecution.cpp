//===- ModuleExecution.cpp - A module on a device -------------------------===//
#include "codegen/IndexPrinter.h"
#include "tools/vitc/Driver.h"
#include "tools/vitc/Execution.h"

using namespace vitrt;

namespace vitc {

Result<std::unique_ptr<ModuleExecution>>
ModuleExecution::open(std::shared_ptr<Module> module, const DeviceFlags &flags,
                      std::string &note) {
  auto device = openDevice(flags);
  if (!device.ok())
    return device.status();
  note = device->note;
  SessionOptions options;
  options.planTarget = flags.planTarget;
  auto session = Session::create(module, device->device, options);
  if (!session.ok())
    return session.status();
  auto execution = std::make_unique<ModuleExecution>();
  execution->opened = std::move(*device);
  execution->module = std::move(module);
  execution->running = std::move(*session);
  return execution;
}

const format::Plan &ModuleExecution::plan() const {
  if (const format::Plan *current = running->currentPlan())
    return *current;
  return running->module().plans[running->plans().front()].plan;
}

const std::vector<format::TensorInfo> &ModuleExecution::inputs() const {
  return plan().inputs;
}
const std::vector<format::TensorInfo> &ModuleExecution::outputs() const {
  return plan().outputs;
}

bool ModuleExecution::foldsNormalisation() const {
  for (const format::KeyValue &fact : running->module().provenance.extra)
    if (fact.key == "mean" || fact.key == "std")
      return true;
  return false;
}

std::string ModuleExecution::where() const {
  std::string target = plan().device.empty() ? plan().target : plan().device;
  return opened.device->info().name + ", plan of " + target + ", " +
         plan().precision;
}

Result<std::vector<HostTensor>>
ModuleExecution::run(std::vector<HostTensor> &inputs) {
  std::vector<TensorView> in, out;
  for (HostTensor &input : inputs)
    in.push_back(input.view());
  auto choice = running->choose(in);
  if (!choice.ok())
    return choice.status();
  std::vector<HostTensor> outputs;
  for (const format::TensorInfo &info :
       running->module().plans[choice->plan].plan.outputs) {
    HostTensor output{info.name, info.dtype, {}, {}};
    for (const format::Extent &extent : info.shape)
      output.shape.push_back(extent.at(choice->batch));
    output.bytes.resize(byteSize(info.dtype, output.shape));
    outputs.push_back(std::move(output));
  }
  for (HostTensor &output : outputs)
    out.push_back(output.view());
  VITRT_TRY(running->run(in, out));
  return outputs;
}

Result<std::shared_ptr<Module>>
loadOrCompile(const std::string &path, const std::string &target,
              const std::string &precision,
              const std::vector<std::string> &shapes, Diagnostics &diagnostics,
              Progress &progress) {
  bool isModel = path.ends_with(".onnx") || path.ends_with(".mlir");
  if (!isModel)
    return Module::load(path);
  CompileOptions options;
  options.model = path;
  options.targets = {target.empty() ? "sm_80" : target};
  options.precision = precision;
  options.shapes = shapes;
  std::optional<CompileSummary> summary =
      compileModel(options, diagnostics, progress);
  if (!summary)
    return Status(); // The diagnostics say why.
  auto bytes = format::writeModuleMemory(summary->module);
  if (!bytes.ok())
    return bytes.status();
  return Module::fromBytes(*bytes);
}

} // namespace vitc
