//===- Node.cpp - One ONNX node while it is imported: inputs, results -----===//
#include "frontend/Node.h"

#include "dialect/Locations.h"

using namespace mlir;
using vitrt::Diag;

namespace vitc::frontend {

/// The module path that the dynamo exporter wrote: "blocks.0.attn".
static std::string scopeOf(const onnx::NodeProto &proto) {
  for (const onnx::StringStringEntryProto &entry : proto.metadata_props()) {
    if (entry.key() != "pkg.torch.onnx.name_scopes")
      continue;
    // A Python list: ['', 'blocks.0', 'blocks.0.attn', 'matmul']; the last is
    // the operation, the one before it the module.
    SmallVector<StringRef> parts;
    StringRef(entry.value()).trim("[] ").split(parts, ',');
    if (parts.size() < 2)
      return {};
    return parts[parts.size() - 2].trim(" '\"").str();
  }
  return {};
}

/// A node without a name is called by its first result.
static OnnxNode nameOf(const onnx::NodeProto &proto, int index,
                       const Scope &scope) {
  OnnxNode node;
  node.opType = proto.op_type();
  node.index = scope.callIndex >= 0 ? scope.callIndex : index;
  node.name = proto.name();
  if (node.name.empty() && proto.output_size() > 0)
    node.name = proto.output(0);
  if (!scope.prefix.empty())
    node.name = scope.prefix + "/" + node.name;
  return node;
}

static Location locOf(Importer &importer, const onnx::NodeProto &proto,
                      const OnnxNode &node) {
  auto attr = vit::NodeAttr::get(importer.context, node.name, node.opType,
                                 scopeOf(proto), node.index);
  return vit::nodeLoc(attr, importer.model.name);
}

static int64_t opsetOf(const onnx::NodeProto &proto, const Scope &scope) {
  for (const Scope *at = &scope; at; at = at->parent)
    if (auto it = at->opsets.find(normalDomain(proto.domain()));
        it != at->opsets.end())
      return it->second;
  return 1;
}

Node::Node(Importer &importer, const onnx::NodeProto &proto, int index,
           Scope &scope, const OpEntry *entry)
    : importer(importer), proto(proto), scope(scope),
      name(nameOf(proto, index, scope)), loc(locOf(importer, proto, name)),
      opset(opsetOf(proto, scope)), entry(entry) {
  for (const std::string &input : proto.input())
    inputs.push_back(input.empty() ? nullptr : scope.find(input));
  while (!inputs.empty() && !inputs.back())
    inputs.pop_back();
}

vit::Extents Node::extents(unsigned i) const {
  return importer.extents(value(i));
}

mlir::Value Node::in(unsigned i) const {
  if (!has(i))
    return {};
  if (mlir::Value tensor = importer.materialize(value(i), loc))
    return tensor;
  (void)needsFixedBatch("'" + value(i).name + "' depends on the batch");
  return {};
}

const HostTensor *Node::host(unsigned i, int64_t limit) const {
  return has(i) ? importer.elements(value(i), limit) : nullptr;
}

std::optional<double> Node::scalar(unsigned i) const {
  const HostTensor *tensor = host(i, 1);
  if (!tensor || tensor->size() != 1 || !tensor->isStatic())
    return std::nullopt;
  const Scalar &element = tensor->data.front();
  return isFloatType(tensor->type) ? element.f : double(element.c);
}

std::optional<SmallVector<Scalar>> Node::scalars(unsigned i,
                                                 const char *what) const {
  if (!has(i)) {
    (void)mismatch(std::string("expected an input for ") + what);
    return std::nullopt;
  }
  const HostTensor *tensor = host(i);
  if (!tensor) {
    (void)unsupported(std::string(what) + " '" + value(i).name +
                      "' is computed from the model's data");
    return std::nullopt;
  }
  if (isFloatType(tensor->type)) {
    (void)mismatch(std::string("expected integers for ") + what + ", but got " +
                   typeName(tensor->type));
    return std::nullopt;
  }
  return SmallVector<Scalar>(tensor->data.begin(), tensor->data.end());
}

std::optional<Dims> Node::ints(unsigned i, const char *what) const {
  auto elements = scalars(i, what);
  if (!elements)
    return std::nullopt;
  Dims result;
  for (const Scalar &element : *elements) {
    if (element.k != 0) {
      (void)needsFixedBatch(std::string(what) + " depends on the batch");
      return std::nullopt;
    }
    result.push_back(element.c);
  }
  return result;
}

std::optional<Dims> Node::intsOrAttr(unsigned i, const char *attribute,
                                     Dims fallback) const {
  if (has(i))
    return ints(i, attribute);
  return attrInts(attribute).value_or(std::move(fallback));
}

const onnx::AttributeProto *Node::attr(llvm::StringRef key) const {
  for (const onnx::AttributeProto &attribute : proto.attribute()) {
    if (key != attribute.name())
      continue;
    if (attribute.ref_attr_name().empty())
      return &attribute;
    // A subgraph within a function sees the function's attributes.
    for (const Scope *at = &scope; at; at = at->parent)
      if (auto it = at->attributes.find(attribute.ref_attr_name());
          it != at->attributes.end())
        return it->second;
    return nullptr;
  }
  return nullptr;
}

int64_t Node::attrInt(llvm::StringRef key, int64_t fallback) const {
  const onnx::AttributeProto *attribute = attr(key);
  return attribute ? attribute->i() : fallback;
}

double Node::attrFloat(llvm::StringRef key, double fallback) const {
  const onnx::AttributeProto *attribute = attr(key);
  return attribute ? double(attribute->f()) : fallback;
}

std::string Node::attrString(llvm::StringRef key,
                             llvm::StringRef fallback) const {
  const onnx::AttributeProto *attribute = attr(key);
  return attribute ? attribute->s() : fallback.str();
}

std::optional<Dims> Node::attrInts(llvm::StringRef key) const {
  const onnx::AttributeProto *attribute = attr(key);
  if (!attribute)
    return std::nullopt;
  return Dims(attribute->ints().begin(), attribute->ints().end());
}

bool Node::wants(unsigned i) const {
  return i < numOutputs() && !proto.output(int(i)).empty();
}

LogicalResult Node::out(unsigned i, ValuePtr result) {
  if (!result)
    return failure();
  if (wants(i))
    scope.values[proto.output(int(i))] = std::move(result);
  return success();
}

LogicalResult Node::out(unsigned i, mlir::Value tensor) {
  if (!tensor)
    return failure();
  if (!wants(i))
    return success();
  const std::string &output = proto.output(int(i));
  Operation *op = tensor.getDefiningOp();
  // Values of the graph keep their names; those of function bodies and taken
  // branches get their caller's where they leave it.
  if (op && op->getNumResults() == 1 && !isa<vit::WeightOp>(op) &&
      scope.callIndex < 0 && !op->hasAttr(vit::kTensorName))
    op->setAttr(vit::kTensorName, StringAttr::get(importer.context, output));
  return out(i, importer.tensorValue(tensor, output));
}

LogicalResult Node::out(unsigned i, HostTensor tensor) {
  if (!wants(i))
    return success();
  return out(i, importer.hostValue(std::move(tensor), proto.output(int(i))));
}

LogicalResult Node::fail(Diag id, std::string message) const {
  importer.diagnostics.error(id, std::move(message), name);
  return failure();
}

LogicalResult Node::mismatch(std::string message) const {
  return fail(Diag::E0401, std::move(message));
}

LogicalResult Node::unsupported(std::string message) const {
  return fail(Diag::E0302, std::move(message));
}

LogicalResult Node::needsFixedBatch(std::string why) const {
  if (!importer.isBatchOpen())
    return unsupported(std::move(why));
  if (importer.fixReason.empty()) {
    importer.fixReason = std::move(why);
    importer.fixNode = name;
  }
  return failure();
}

std::optional<int64_t> Node::axis(int64_t axis, int64_t rank) const {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  (void)mismatch("expected an axis within rank " + std::to_string(rank) +
                 ", but got " + std::to_string(axis));
  return std::nullopt;
}

std::optional<Dims> Node::axes(llvm::ArrayRef<int64_t> list,
                               int64_t rank) const {
  Dims result;
  for (int64_t entry : list) {
    std::optional<int64_t> normal = axis(entry, rank);
    if (!normal)
      return std::nullopt;
    if (llvm::is_contained(result, *normal)) {
      (void)mismatch("axis " + std::to_string(entry) + " is named twice");
      return std::nullopt;
    }
    result.push_back(*normal);
  }
  return result;
}

} // namespace vitc::frontend
