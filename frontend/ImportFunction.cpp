//===- ImportFunction.cpp - Inlines model-local functions -----------------===//
//
// A call imports the function's nodes in a scope of their own: inputs are bound
// to the caller's values, attribute references to the caller's attributes.
//
//===----------------------------------------------------------------------===//
#include "frontend/GraphOrder.h"
#include "frontend/Node.h"

using namespace mlir;
using vitrt::Diag;

namespace vitc::frontend {

static void bindAttributes(const Node &node,
                           const onnx::FunctionProto &function, Scope &scope) {
  for (const onnx::AttributeProto &fallback : function.attribute_proto())
    scope.attributes[fallback.name()] = &fallback;
  for (const onnx::AttributeProto &attribute : node.proto.attribute())
    if (const onnx::AttributeProto *resolved = node.attr(attribute.name()))
      scope.attributes[attribute.name()] = resolved;
}

LogicalResult Importer::callFunction(Node &node,
                                     const onnx::FunctionProto &function) {
  if (llvm::is_contained(calls, &function))
    return node.fail(Diag::E0107, "function '" +
                                      vitrt::escaped(function.name()) +
                                      "' calls itself");
  if (!node.proto.overload().empty() || !function.overload().empty())
    return node.fail(Diag::E0107, "overloaded functions are not supported");
  if (node.proto.input_size() > function.input_size() ||
      node.proto.output_size() > function.output_size())
    return node.fail(
        Diag::E0107,
        "expected at most " + std::to_string(function.input_size()) +
            " inputs and " + std::to_string(function.output_size()) +
            " outputs, but got " + std::to_string(node.proto.input_size()) +
            " and " + std::to_string(node.proto.output_size()));
  Scope scope;
  scope.isFunction = true;
  scope.prefix = node.name.name;
  scope.callIndex = node.name.index;
  scope.depth = node.scope.depth + 1;
  for (const onnx::OperatorSetIdProto &import : function.opset_import())
    scope.opsets[normalDomain(import.domain())] = import.version();
  bindAttributes(node, function, scope);
  for (int i = 0; i < function.input_size(); ++i)
    if (node.has(unsigned(i)))
      scope.values[function.input(i)] = node.scope.find(node.proto.input(i));
    else // An omitted input: absent inside too.
      scope.values[function.input(i)] = nullptr;
  calls.push_back(&function);
  std::vector<std::string> outputs(function.output().begin(),
                                   function.output().end());
  LogicalResult result = importNodes(function.node(), scope, outputs);
  calls.pop_back();
  if (failed(result))
    return failure();
  for (int i = 0; i < node.proto.output_size(); ++i) {
    ValuePtr value = scope.find(function.output(i));
    if (!value)
      return node.fail(Diag::E0107, "output '" +
                                        vitrt::escaped(function.output(i)) +
                                        "' of the function is not computed");
    if (failed(value->kind == Value::Kind::Tensor
                   ? node.out(unsigned(i), value->tensor)
                   : node.out(unsigned(i), value)))
      return failure();
  }
  return success();
}

} // namespace vitc::frontend
