//===- ReferenceExecution.cpp - A model in the reference executor ---------===//
#include "dialect/Batch.h"
#include "dialect/ElementTypes.h"
#include "dialect/Locations.h"
#include "dialect/WeightFiles.h"
#include "frontend/Importer.h"
#include "reference/Interpreter.h"
#include "tools/vitc/Driver.h"
#include "tools/vitc/Execution.h"

#include <cstring>

using namespace vitrt;
using namespace mlir;

namespace vitc {

namespace {

class ReferenceExecution : public Execution {
public:
  bool load(const std::string &path, const std::vector<std::string> &shapes,
            Diagnostics &diagnostics);

  const std::vector<format::TensorInfo> &inputs() const override {
    return inputInfos;
  }
  const std::vector<format::TensorInfo> &outputs() const override {
    return outputInfos;
  }
  std::string where() const override { return "reference executor, fp32"; }
  Result<std::vector<HostTensor>> run(std::vector<HostTensor> &inputs) override;
  void keepValues(std::vector<HostTensor> *values) override { kept = values; }

private:
  std::vector<HostTensor> *kept = nullptr;
  std::unique_ptr<MLIRContext> context;
  frontend::ImportedModel model;
  std::unique_ptr<reference::WeightEvaluator> weights;
  func::FuncOp main;
  std::vector<format::TensorInfo> inputInfos, outputInfos;
};

} // namespace

static format::TensorInfo infoOf(Type type, Attribute name) {
  format::TensorInfo info;
  auto tensor = cast<RankedTensorType>(type);
  if (auto text = dyn_cast_or_null<StringAttr>(name))
    info.name = text.str();
  info.dtype = *dtypeOf(tensor.getElementType());
  for (vit::Extent extent : vit::getExtents(tensor))
    info.shape.push_back(extent);
  return info;
}

bool ReferenceExecution::load(const std::string &path,
                              const std::vector<std::string> &shapes,
                              Diagnostics &diagnostics) {
  context = makeContext();
  frontend::ImportOptions options;
  for (const std::string &shape : shapes) {
    auto parsed = frontend::parseShapes(shape);
    if (!parsed.ok()) {
      diagnostics.add(parsed.status());
      return false;
    }
    options.shapes.insert(options.shapes.end(), parsed->begin(), parsed->end());
  }
  diagnostics.setFile(path);
  model = frontend::importFile(path, options, diagnostics, context.get());
  if (!model.module)
    return false;
  weights = std::make_unique<reference::WeightEvaluator>(*model.module,
                                                         model.files.get());
  main = model.module->lookupSymbol<func::FuncOp>("main");
  for (unsigned i = 0; i < main.getNumArguments(); ++i)
    inputInfos.push_back(
        infoOf(main.getArgumentTypes()[i], main.getArgAttr(i, "vit.name")));
  for (unsigned i = 0; i < main.getNumResults(); ++i)
    outputInfos.push_back(
        infoOf(main.getResultTypes()[i], main.getResultAttr(i, "vit.name")));
  return true;
}

static HostTensor toHost(const std::string &name,
                         const reference::Tensor &tensor) {
  HostTensor host{name, tensor.dtype(), {}, {}};
  host.shape.assign(tensor.shape().begin(), tensor.shape().end());
  host.bytes.assign(tensor.bytes(), tensor.bytes() + tensor.numBytes());
  return host;
}

Result<std::vector<HostTensor>>
ReferenceExecution::run(std::vector<HostTensor> &given) {
  std::vector<reference::Tensor> values;
  for (const format::TensorInfo &info : inputInfos) {
    HostTensor *input = nullptr;
    for (HostTensor &tensor : given)
      if (tensor.name == info.name)
        input = &tensor;
    if (!input)
      return Status(Diag::E0251,
                    "input '" + escaped(info.name) + "' is missing");
    values.push_back(reference::Tensor::view(input->dtype, input->shape,
                                             input->bytes.data()));
  }
  reference::InterpreterOptions options;
  if (kept)
    options.onOp = [this](const reference::ExecutedOp &done) {
      auto name = done.op->getAttrOfType<StringAttr>(vit::kTensorName);
      if (name && !done.results.empty())
        kept->push_back(toHost(name.str(), done.results.front()));
    };
  auto results = reference::Interpreter(*weights, options).run(main, values);
  if (!results.ok())
    return results.status();
  std::vector<HostTensor> outputs;
  for (size_t i = 0; i < results->size(); ++i)
    outputs.push_back(toHost(outputInfos[i].name, (*results)[i]));
  return outputs;
}

Result<std::unique_ptr<Execution>>
openReference(const std::string &path, const std::vector<std::string> &shapes,
              Diagnostics &diagnostics) {
  if (path.ends_with(".vitm"))
    return Status(Diag::E0214,
                  "the reference executor runs models (.onnx), not modules: '" +
                      escaped(path) + "' has no graph any more");
  auto execution = std::make_unique<ReferenceExecution>();
  if (!execution->load(path, shapes, diagnostics))
    return Status(Diag::E0214, "the model was not imported");
  return std::unique_ptr<Execution>(std::move(execution));
}

} // namespace vitc
