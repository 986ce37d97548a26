//===- ImportModel.cpp - Inputs, batch, results and the whole attempt -----===//
#include "frontend/Importer.h"

#include "dialect/Locations.h"
#include "frontend/GraphOrder.h"
#include "frontend/Node.h"

#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using vitrt::Diag;
using vitrt::escaped;

namespace vitc::frontend {

//===----------------------------------------------------------------------===//
// Inputs and the batch
//===----------------------------------------------------------------------===//

static bool isSymbolic(const onnx::TensorShapeProto::Dimension &dim) {
  return !dim.has_dim_value() || dim.dim_value() < 0 ||
         (dim.dim_value() == 0 && dim.has_dim_param());
}

/// "'height'" of a named dimension, "" of an unnamed one.
static std::string nameOf(const onnx::TensorShapeProto::Dimension &dim) {
  return dim.dim_param().empty() ? "" : " '" + escaped(dim.dim_param()) + "'";
}

/// Whether an open dimension is the batch: the leading one of an input, or one
/// of that name.
bool Importer::isBatchDim(const onnx::TensorShapeProto::Dimension &dim,
                          int index) {
  if (index == 0)
    return true;
  return !dim.dim_param().empty() && dim.dim_param() == batchName;
}

bool Importer::setBatch(const DimRange &range, StringRef input) {
  if (!hasBatch || range == batch) {
    batch = range;
    hasBatch = true;
    return true;
  }
  diagnostics.error(Diag::E0204, "input '" + escaped(input.str()) +
                                     "' has another batch range than the "
                                     "inputs before it");
  return false;
}

/// Adds dimension `index` to `input`.
bool Importer::applyDim(const onnx::TensorShapeProto::Dimension &dim, int index,
                        const onnx::ValueInfoProto &info,
                        const InputShape *shape, InputInfo &input) {
  std::string where = "dimension " + std::to_string(index) + nameOf(dim) +
                      " of input '" + escaped(info.name()) + "'";
  const DimRange *range = shape ? &shape->dims[index] : nullptr;
  if (!isSymbolic(dim)) {
    if (range && (!range->isFixed() || range->min != dim.dim_value())) {
      diagnostics.error(Diag::E0204, where + " is " +
                                         std::to_string(dim.dim_value()) +
                                         " in the model");
      return false;
    }
    input.extents.push_back({dim.dim_value(), false});
    return true;
  }
  bool isBatch = isBatchDim(dim, index);
  if (range && range->isFixed() && !(isBatch && hasBatch)) {
    input.extents.push_back({range->min, false});
    return true;
  }
  if (!range && !isBatch) {
    diagnostics.error(Diag::E0402, where + " is dynamic; only the batch may be")
        .help("give its size: --shape NAME:DIMS as in "
              "image:1..8..32x3x224x224; one module may hold several such "
              "profiles");
    return false;
  }
  if (!setBatch(range ? *range : batch, info.name()))
    return false;
  if (batch.isFixed() || fixedBatch > 0)
    input.extents.push_back({fixedBatch > 0 ? fixedBatch : batch.min, false});
  else
    input.extents.push_back({1, true});
  return true;
}

std::optional<Importer::InputInfo>
Importer::readInput(const onnx::ValueInfoProto &info, const InputShape *shape) {
  InputInfo input;
  input.name = info.name();
  if (!info.type().has_tensor_type() ||
      !info.type().tensor_type().has_shape()) {
    diagnostics.error(Diag::E0402, "input '" + escaped(info.name()) +
                                       "' is no tensor of known rank");
    return std::nullopt;
  }
  const onnx::TypeProto::Tensor &type = info.type().tensor_type();
  // Inputs keep their type: a float64 one would need a conversion that the
  // caller does not see.
  if (storedType(type.elem_type()).value_or(onnx::TensorProto::UNDEFINED) ==
      type.elem_type())
    input.element = elementType(type.elem_type());
  if (!input.element) {
    diagnostics.error(Diag::E0403, "input '" + escaped(info.name()) +
                                       "' is of type " +
                                       typeName(type.elem_type()));
    return std::nullopt;
  }
  int rank = type.shape().dim_size();
  if (shape && int(shape->dims.size()) != rank) {
    diagnostics.error(Diag::E0204,
                      "input '" + escaped(info.name()) + "' has rank " +
                          std::to_string(rank) + ", but --shape gives " +
                          std::to_string(shape->dims.size()) + " sizes");
    return std::nullopt;
  }
  bool ok = true;
  for (int i = 0; i < rank; ++i)
    ok &= applyDim(type.shape().dim(i), i, info, shape, input);
  if (!ok)
    return std::nullopt;
  return input;
}

/// The shape that the options give an input.
static const InputShape *findShape(const ImportOptions &options,
                                   const std::string &name, bool isOnly) {
  for (const InputShape &shape : options.shapes)
    if (shape.name == name || (isOnly && shape.name.empty()))
      return &shape;
  return nullptr;
}

std::optional<std::vector<Importer::InputInfo>> Importer::readInputs() {
  const onnx::GraphProto &graph = model.proto.graph();
  llvm::StringSet<> initializers;
  for (const onnx::TensorProto &tensor : graph.initializer())
    initializers.insert(tensor.name());
  std::vector<const onnx::ValueInfoProto *> infos;
  llvm::StringSet<> names;
  bool ok = true;
  for (const onnx::ValueInfoProto &info : graph.input()) {
    // IR 3 lists initializers among the inputs.
    if (initializers.contains(info.name()))
      continue;
    infos.push_back(&info);
    if (info.name().empty() || !names.insert(info.name()).second) {
      diagnostics.error(Diag::E0105, info.name().empty()
                                         ? "an input has no name"
                                         : "input '" + escaped(info.name()) +
                                               "' is defined twice");
      ok = false;
    }
  }
  for (const InputShape &shape : options.shapes) {
    if (names.contains(shape.name) || (shape.name.empty() && infos.size() == 1))
      continue;
    diagnostics.error(Diag::E0204, shape.name.empty()
                                       ? "the model has " +
                                             std::to_string(infos.size()) +
                                             " inputs; say which one"
                                       : "the model has no input '" +
                                             escaped(shape.name) + "'");
    ok = false;
  }
  // The name of the batch, so that it is known wherever it stands.
  for (const onnx::ValueInfoProto *info : infos) {
    const onnx::TensorShapeProto &shape = info->type().tensor_type().shape();
    if (batchName.empty() && shape.dim_size() > 0 && isSymbolic(shape.dim(0)))
      batchName = shape.dim(0).dim_param();
  }
  std::vector<InputInfo> inputs;
  for (const onnx::ValueInfoProto *info : infos) {
    auto input =
        readInput(*info, findShape(options, info->name(), infos.size() == 1));
    ok &= input.has_value();
    if (input)
      inputs.push_back(std::move(*input));
  }
  if (!ok)
    return std::nullopt;
  return inputs;
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

LogicalResult Importer::finishFunction(func::FuncOp function, Scope &scope) {
  SmallVector<mlir::Value> results;
  SmallVector<Attribute> names;
  for (const onnx::ValueInfoProto &info : model.proto.graph().output()) {
    ValuePtr value = scope.find(info.name());
    mlir::Value tensor =
        value ? materialize(*value, function.getLoc()) : mlir::Value();
    if (!tensor) {
      if (value && !value->isPoison() && fixReason.empty())
        fixReason = "output '" + info.name() + "' is computed from the batch";
      return failure();
    }
    results.push_back(tensor);
    names.push_back(DictionaryAttr::get(
        context,
        builder.getNamedAttr("vit.name", builder.getStringAttr(info.name()))));
  }
  func::ReturnOp::create(builder, function.getLoc(), results);
  function.setType(builder.getFunctionType(
      function.getArgumentTypes(), mlir::ValueRange(results).getTypes()));
  function.setAllResultAttrs(names);
  return success();
}

OwningOpRef<ModuleOp> Importer::run() {
  const onnx::GraphProto &graph = model.proto.graph();
  auto inputs = readInputs();
  if (!inputs)
    return nullptr;
  Location loc = FileLineColLoc::get(context, model.name, 0, 0);
  OwningOpRef<ModuleOp> owner = ModuleOp::create(loc);
  module = *owner;
  SmallVector<Type> types;
  for (const InputInfo &input : *inputs)
    types.push_back(vit::makeTensorType(input.extents, input.element));
  builder.setInsertionPointToEnd(module.getBody());
  auto function = func::FuncOp::create(builder, loc, "main",
                                       builder.getFunctionType(types, {}));
  symbols["main"] = 1;
  weights.setInsertionPoint(function);
  builder.setInsertionPointToStart(function.addEntryBlock());
  Scope scope;
  bool ok = true;
  for (auto [i, input] : llvm::enumerate(*inputs)) {
    scope.values[input.name] = tensorValue(function.getArgument(i), input.name);
    function.setArgAttr(i, "vit.name", builder.getStringAttr(input.name));
  }
  for (const onnx::OperatorSetIdProto &import : model.proto.opset_import()) {
    int64_t &version = scope.opsets[normalDomain(import.domain())];
    version = std::max(version, import.version());
  }
  ok &= succeeded(bindInitializers(graph, scope));
  std::vector<std::string> outputs;
  for (const onnx::ValueInfoProto &info : graph.output())
    outputs.push_back(info.name());
  if (outputs.empty()) {
    diagnostics.error(Diag::E0105, "the graph has no outputs");
    return nullptr;
  }
  ok &= succeeded(importNodes(graph.node(), scope, outputs));
  reportUnsupported();
  countFailedFiles();
  if (!ok || failed(finishFunction(function, scope)))
    return nullptr;
  int64_t fixed = fixedBatch > 0 ? fixedBatch : 1;
  bool open = isBatchOpen();
  module->setAttr("vit.profile",
                  vit::ProfileAttr::get(context, open ? batch.min : fixed,
                                        open ? batch.opt : fixed,
                                        open ? batch.max : fixed));
  module->setAttr("vit.source", builder.getStringAttr(model.name));
  return owner;
}

//===----------------------------------------------------------------------===//
// Unsupported operators
//===----------------------------------------------------------------------===//

void Importer::addUnsupported(const onnx::NodeProto &proto, OnnxNode node) {
  StringRef domain = normalDomain(proto.domain());
  for (Unsupported &entry : unsupported)
    if (entry.opType == proto.op_type() && domain == entry.domain) {
      entry.nodes.push_back(std::move(node));
      return;
    }
  unsupported.push_back({domain.str(), proto.op_type(), {std::move(node)}});
}

void Importer::reportUnsupported() {
  for (const Unsupported &entry : unsupported) {
    std::string name =
        entry.domain.empty() ? entry.opType : entry.domain + "." + entry.opType;
    auto &message =
        diagnostics.error(Diag::E0301,
                          "operator " + escaped(name) + " is not supported (" +
                              std::to_string(entry.nodes.size()) +
                              (entry.nodes.size() == 1 ? " node)" : " nodes)"),
                          entry.nodes.front());
    std::string others;
    constexpr size_t kShown = 8;
    for (size_t i = 1; i < entry.nodes.size() && i < kShown; ++i)
      others +=
          (i > 1 ? ", " : "") + ("'" + escaped(entry.nodes[i].name) + "'");
    if (entry.nodes.size() > kShown)
      others += " and " + std::to_string(entry.nodes.size() - kShown) + " more";
    if (!others.empty())
      message.note("also " + others);
    std::string form = nearestForm(entry.domain, entry.opType);
    if (!form.empty())
      message.help(form);
  }
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

namespace {

/// One attempt to import a model and what it says about the batch.
struct Attempt {
  OwningOpRef<ModuleOp> module;
  Diagnostics diagnostics;
  DimRange open; ///< The batch's range; 1..1..1 where it was not open.
  std::string fixReason;
  OnnxNode fixNode;
  int64_t suggestedBatch = 0;
};

} // namespace

/// `fixedBatch` 0 keeps the batch open.
static Attempt attempt(Model &model, const ImportOptions &options,
                       int64_t fixedBatch, const Diagnostics &before,
                       MLIRContext *context) {
  Attempt result;
  result.diagnostics = before;
  Diagnostics &diagnostics = result.diagnostics;
  Importer importer(model, options, fixedBatch, diagnostics, context);
  result.module = importer.run();
  if (importer.isBatchOpen())
    result.open = importer.batch;
  result.fixReason = importer.fixReason;
  result.fixNode = importer.fixNode;
  result.suggestedBatch = importer.suggestedBatch;
  if (!result.module && !diagnostics.hasErrors() && !importer.isBatchOpen())
    diagnostics.error(Diag::E0302, importer.fixReason, importer.fixNode);
  ScopedDiagnosticHandler handler(context, [&](mlir::Diagnostic &message) {
    OnnxNode node;
    if (auto nodes = vit::onnxNodes(message.getLocation()); !nodes.empty())
      node = {nodes.front().getIndex(), nodes.front().getOpType().str(),
              nodes.front().getName().str()};
    diagnostics.error(Diag::E0401, message.str(), std::move(node));
    return success();
  });
  if (result.module &&
      (diagnostics.hasErrors() || failed(verify(*result.module))))
    result.module = nullptr;
  return result;
}

ImportedModel importModel(Model &model, const ImportOptions &options,
                          Diagnostics &diagnostics, MLIRContext *context) {
  context->loadDialect<vit::VitDialect, func::FuncDialect, arith::ArithDialect,
                       math::MathDialect>();
  Attempt first = attempt(model, options, 0, diagnostics, context);
  if (first.module || first.open.isFixed()) {
    diagnostics = std::move(first.diagnostics);
    return {std::move(first.module), model.files};
  }
  // Not every graph scales with the batch: one that does not is imported for
  // the batch that its shapes are for, or the profile's usual one. Where that
  // fails too, its messages count.
  if (first.fixReason.empty() && first.diagnostics.hasErrors()) {
    const vitc::Diagnostic &cause = first.diagnostics.all().back();
    first.fixReason = cause.message;
    first.fixNode = cause.node;
  }
  int64_t batch = first.open.opt;
  if (first.suggestedBatch >= first.open.min &&
      first.suggestedBatch <= first.open.max)
    batch = first.suggestedBatch;
  Attempt second = attempt(model, options, batch, diagnostics, context);
  diagnostics = std::move(second.diagnostics);
  if (second.module)
    diagnostics.remark(Diag::R0303,
                       "batch fixed to " + std::to_string(batch) + ": " +
                           first.fixReason,
                       first.fixNode);
  return {std::move(second.module), model.files};
}

ImportedModel importFile(const std::string &path, const ImportOptions &options,
                         Diagnostics &diagnostics, MLIRContext *context) {
  std::unique_ptr<Model> model = readModel(path, diagnostics);
  if (!model)
    return {};
  return importModel(*model, options, diagnostics, context);
}

} // namespace vitc::frontend
