//===- Importer.cpp - From an ONNX graph to vit ops: values and nodes -----===//
#include "frontend/Importer.h"

#include "frontend/GraphOrder.h"
#include "frontend/Node.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using vitc::onnx::TensorProto;
using vitrt::Diag;

namespace vitc::frontend {

Importer::Importer(Model &model, const ImportOptions &options,
                   int64_t fixedBatch, Diagnostics &diagnostics,
                   MLIRContext *context)
    : model(model), diagnostics(diagnostics), context(context),
      builder(context), options(options), fixedBatch(fixedBatch),
      weights(context) {
  batch = options.defaultBatch;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

Type Importer::elementType(int32_t dataType) {
  switch (storedType(dataType).value_or(TensorProto::UNDEFINED)) {
  case TensorProto::FLOAT:
    return builder.getF32Type();
  case TensorProto::FLOAT16:
    return builder.getF16Type();
  case TensorProto::BFLOAT16:
    return builder.getBF16Type();
  case TensorProto::FLOAT8E4M3FN:
    return Float8E4M3FNType::get(context);
  case TensorProto::FLOAT8E5M2:
    return Float8E5M2Type::get(context);
  case TensorProto::INT8:
    return builder.getI8Type();
  case TensorProto::UINT8:
    return builder.getIntegerType(8, /*isSigned=*/false);
  case TensorProto::INT32:
    return builder.getI32Type();
  case TensorProto::INT64:
    return builder.getI64Type();
  case TensorProto::BOOL:
    return builder.getI1Type();
  default:
    return {};
  }
}

int32_t Importer::dataTypeOf(Type type) {
  if (type.isF32())
    return TensorProto::FLOAT;
  if (type.isF16())
    return TensorProto::FLOAT16;
  if (type.isBF16())
    return TensorProto::BFLOAT16;
  if (isa<Float8E4M3FNType>(type))
    return TensorProto::FLOAT8E4M3FN;
  if (isa<Float8E5M2Type>(type))
    return TensorProto::FLOAT8E5M2;
  if (type.isInteger(1))
    return TensorProto::BOOL;
  if (type.isInteger(8))
    return type.isUnsignedInteger() ? TensorProto::UINT8 : TensorProto::INT8;
  return type.isInteger(32) ? TensorProto::INT32 : TensorProto::INT64;
}

vit::Extents Importer::extents(const Value &value) {
  if (value.tensor)
    return vit::getExtents(cast<RankedTensorType>(value.tensor.getType()));
  vit::Extents extents;
  if (!value.isConstant())
    return extents;
  const Dims &dims = value.weight ? value.weight->dims : value.host->dims;
  for (int64_t dim : dims)
    extents.push_back({dim, false});
  return extents;
}

int32_t Importer::dataType(const Value &value) {
  if (value.kind == Value::Kind::Host)
    return value.host->type;
  if (value.kind == Value::Kind::Stored)
    return value.weight->type;
  if (!value.tensor)
    return TensorProto::UNDEFINED;
  return dataTypeOf(
      cast<RankedTensorType>(value.tensor.getType()).getElementType());
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

ValuePtr Importer::hostValue(HostTensor tensor, StringRef name) {
  auto value = std::make_shared<Value>();
  value->kind = Value::Kind::Host;
  value->name = name.str();
  value->host = std::make_shared<HostTensor>(std::move(tensor));
  return value;
}

ValuePtr Importer::tensorValue(mlir::Value tensor, StringRef name) {
  auto value = std::make_shared<Value>();
  value->kind = Value::Kind::Tensor;
  value->name = name.str();
  value->tensor = tensor;
  return value;
}

ValuePtr Importer::storedValue(const TensorProto &tensor, StringRef name,
                               OnnxNode node) {
  auto weight = readWeight(tensor, model);
  if (!weight) {
    Diag id = weight.status().diag();
    FailedFile *failed = nullptr;
    if (id == Diag::E0201 || id == Diag::E0202)
      failed = &failedFiles[externalLocation(tensor)];
    if (failed && failed->message) {
      ++failed->others;
      return nullptr;
    }
    vitc::Diagnostic &message =
        diagnostics.error(id, weight.status().message(), std::move(node));
    if (failed)
      failed->message = &message;
    return nullptr;
  }
  weight->name = name.str();
  auto value = std::make_shared<Value>();
  value->kind = Value::Kind::Stored;
  value->name = name.str();
  value->weight = std::make_shared<Weight>(std::move(*weight));
  return value;
}

void Importer::countFailedFiles() {
  for (auto &entry : failedFiles)
    if (int64_t others = entry.second.others)
      entry.second.message->note(std::to_string(others) +
                                 " more tensors lie in this file");
}

const HostTensor *Importer::elements(Value &value, int64_t limit) {
  if (value.host)
    return value.host->size() <= limit ? value.host.get() : nullptr;
  if (value.kind != Value::Kind::Stored || value.weight->count > limit)
    return nullptr;
  auto host = std::make_shared<HostTensor>();
  host->type = value.weight->type;
  host->dims = value.weight->dims;
  host->data = decode(host->type, weightBytes(*value.weight, model),
                      value.weight->count);
  value.host = host;
  return host.get();
}

/// A dense attribute of at most 4 KiB, else a resource, of these bytes.
static Attribute makeSource(RankedTensorType type, ArrayRef<char> bytes,
                            StringRef name) {
  constexpr size_t kMaxDense = 4096;
  if (bytes.size() > kMaxDense)
    return DenseResourceElementsAttr::get(
        type, name,
        HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, /*align=*/64));
  if (type.getElementType().isInteger(1)) {
    SmallVector<bool> flags;
    for (char byte : bytes)
      flags.push_back(byte != 0);
    return DenseElementsAttr::get(type, ArrayRef<bool>(flags));
  }
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

Attribute Importer::weightSource(const Weight &weight, RankedTensorType type) {
  constexpr uint64_t kMaxDense = 4096;
  DataType stored = *storedType(weight.type);
  StringRef bytes = weightBytes(weight, model);
  if (stored != weight.type) {
    std::vector<char> converted =
        encode(stored, decode(weight.type, bytes, weight.count));
    return makeSource(type, converted, weight.name);
  }
  if (!weight.path.empty() && weight.size > kMaxDense)
    return vit::FileAttr::get(context, weight.path, int64_t(weight.offset),
                              int64_t(weight.size), "");
  return makeSource(type, ArrayRef<char>(bytes.data(), bytes.size()),
                    weight.name);
}

mlir::Value Importer::addInitializer(StringRef name, RankedTensorType type,
                                     Attribute source, Location loc) {
  std::string symbol = name.empty() ? "weight" : name.str();
  // Weights of function bodies and of computed constants may share a name.
  while (symbols[symbol]++ > 0)
    symbol = name.str() + "_" + std::to_string(symbols[symbol]);
  vit::InitializerOp::create(weights, loc, symbol, type, source);
  return vit::WeightOp::create(builder, loc, type, symbol);
}

mlir::Value Importer::materialize(Value &value, Location loc) {
  if (value.tensor || !value.isConstant())
    return value.tensor;
  if (value.kind == Value::Kind::Host && !value.host->isStatic())
    return {};
  Type element = elementType(dataType(value));
  if (!element)
    return {};
  auto type = vit::makeTensorType(extents(value), element);
  Attribute source;
  if (value.kind == Value::Kind::Stored) {
    source = weightSource(*value.weight, type);
  } else {
    DataType stored = *storedType(value.host->type);
    source = makeSource(type, encode(stored, value.host->data), value.name);
  }
  value.tensor = addInitializer(value.name, type, source, loc);
  return value.tensor;
}

LogicalResult Importer::bindInitializers(const onnx::GraphProto &graph,
                                         Scope &scope) {
  bool ok = true;
  for (const TensorProto &tensor : graph.initializer()) {
    ValuePtr value = storedValue(tensor, tensor.name());
    ok &= value != nullptr;
    if (!value)
      value = Value::poison();
    if (!scope.values.try_emplace(tensor.name(), value).second) {
      diagnostics.error(Diag::E0105, "initializer '" +
                                         vitrt::escaped(tensor.name()) +
                                         "' is defined twice");
      ok = false;
    }
  }
  for (const onnx::SparseTensorProto &tensor : graph.sparse_initializer()) {
    diagnostics.error(Diag::E0302, "initializer '" +
                                       vitrt::escaped(tensor.values().name()) +
                                       "' is sparse; store it dense");
    ok = false;
  }
  return success(ok);
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

const onnx::FunctionProto *Importer::findFunction(StringRef domain,
                                                  StringRef name) {
  for (const onnx::FunctionProto &function : model.proto.functions())
    if (name == function.name() &&
        StringRef(normalDomain(function.domain())) == domain)
      return &function;
  return nullptr;
}

LogicalResult Importer::importNodes(const Nodes &nodes, Scope &scope,
                                    ArrayRef<std::string> outputs) {
  auto order = orderNodes(
      nodes, outputs, [&](StringRef name) { return scope.knows(name); },
      [&](int i) { return Node(*this, nodes[i], i, scope).name; }, diagnostics);
  if (!order)
    return failure();
  bool ok = true;
  for (int i : *order)
    ok &= succeeded(importNode(nodes[i], i, scope));
  return success(ok);
}

/// Gives the outputs that a node left out a value that silences its users.
static void poisonOutputs(const onnx::NodeProto &proto, Scope &scope) {
  for (const std::string &output : proto.output())
    if (!output.empty() && !scope.values.contains(output))
      scope.values[output] = Value::poison();
}

LogicalResult Importer::importNode(const onnx::NodeProto &proto, int index,
                                   Scope &scope) {
  StringRef domain = normalDomain(proto.domain());
  const onnx::FunctionProto *function = findFunction(domain, proto.op_type());
  const OpEntry *entry = function ? nullptr : findOp(domain, proto.op_type());
  Node node(*this, proto, index, scope, entry);
  bool isPoisoned = false;
  for (unsigned i = 0; i < node.numInputs(); ++i)
    isPoisoned |= node.has(i) && node.value(i).isPoison();
  LogicalResult result = failure();
  // MLIR's messages while a node is imported are about that node.
  ScopedDiagnosticHandler handler(context, [&](mlir::Diagnostic &message) {
    diagnostics.error(Diag::E0401, message.str(), node.name);
    return success();
  });
  if (!function && !entry) {
    addUnsupported(proto, node.name);
  } else if (isPoisoned) {
    result = failure();
  } else if (function) {
    result = callFunction(node, *function);
  } else {
    Eval eval = entry->eval ? entry->eval(node) : Eval::Skip;
    if (eval != Eval::Skip)
      result = success(eval == Eval::Done);
    else if (entry->import)
      result = entry->import(node);
    else
      result = node.unsupported("expected inputs that are constants");
  }
  poisonOutputs(proto, scope);
  return result;
}

} // namespace vitc::frontend
