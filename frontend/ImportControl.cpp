//===- ImportControl.cpp - If and Loop whose course is known --------------===//
//
// A branch is taken, or a loop unrolled, at import; what depends on the data is
// refused. Bodies see the names around them.
//
//===----------------------------------------------------------------------===//
#include "frontend/OpTables.h"

using namespace mlir;
using vitc::onnx::TensorProto;

namespace vitc::frontend {

/// More iterations than any model's layers.
constexpr int64_t kMaxTrips = 256;

/// Subgraphs and calls within each other.
constexpr int kMaxDepth = 16;

/// A scope for a body of `n`: names in it are the node's and `suffix`.
static Scope bodyScope(Node &n, const std::string &suffix) {
  Scope scope;
  scope.parent = &n.scope;
  scope.prefix = n.name.name + suffix;
  scope.callIndex = n.name.index;
  scope.depth = n.scope.depth + 1;
  return scope;
}

/// Imports `graph` into `scope`, whose inputs are bound; gives its outputs.
static LogicalResult importBody(Node &n, const onnx::GraphProto &graph,
                                Scope &scope, SmallVector<ValuePtr> &results) {
  if (scope.depth > kMaxDepth)
    return n.unsupported("subgraphs nest deeper than 16");
  std::vector<std::string> outputs;
  for (const onnx::ValueInfoProto &info : graph.output())
    outputs.push_back(info.name());
  if (failed(n.importer.bindInitializers(graph, scope)) ||
      failed(n.importer.importNodes(graph.node(), scope, outputs)))
    return failure();
  for (const std::string &output : outputs) {
    ValuePtr value = scope.find(output);
    if (!value || value->isPoison())
      return failure();
    results.push_back(value);
  }
  return success();
}

static LogicalResult outValue(Node &n, unsigned i, const ValuePtr &value) {
  return value->kind == Value::Kind::Tensor ? n.out(i, value->tensor)
                                            : n.out(i, value);
}

static LogicalResult importIf(Node &n) {
  std::optional<double> condition = n.scalar(0);
  if (!condition)
    return n.unsupported("expected a condition that is constant; the branch "
                         "depends on the model's data");
  const onnx::AttributeProto *branch =
      n.attr(*condition != 0 ? "then_branch" : "else_branch");
  if (!branch || !branch->has_g())
    return n.mismatch("expected both branches");
  Scope scope = bodyScope(n, "");
  SmallVector<ValuePtr> results;
  if (failed(importBody(n, branch->g(), scope, results)))
    return failure();
  if (results.size() < n.numOutputs())
    return n.mismatch("expected as many results of the branch as of the If");
  for (unsigned i = 0; i < n.numOutputs(); ++i)
    if (failed(outValue(n, i, results[i])))
      return failure();
  return success();
}

/// Stacks the values that a loop's body gave at each iteration.
static LogicalResult stackScans(Node &n, unsigned output,
                                ArrayRef<ValuePtr> values) {
  if (!n.wants(output))
    return success();
  SmallVector<mlir::Value> rows;
  for (const ValuePtr &value : values) {
    mlir::Value tensor = n.importer.materialize(*value, n.loc);
    if (!tensor)
      return n.needsFixedBatch("a loop collects values that depend on it");
    vit::Extents extents = n.extentsOf(tensor);
    extents.insert(extents.begin(), Extent{1, false});
    rows.push_back(n.reshape(tensor, extents));
  }
  return n.out(output, n.concat(rows, 0));
}

/// Inputs: trip count, condition, carried values. Body: (iteration, condition,
/// carried...) -> (condition, carried..., collected...).
static LogicalResult importLoop(Node &n) {
  const onnx::AttributeProto *attribute = n.attr("body");
  if (!attribute || !attribute->has_g())
    return n.mismatch("expected a body");
  const onnx::GraphProto &body = attribute->g();
  std::optional<double> trips = n.scalar(0);
  std::optional<double> goesOn = n.has(1) ? n.scalar(1) : std::optional(1.0);
  if (!trips || !goesOn || *trips < 0 || *trips > double(kMaxTrips))
    return n.unsupported("expected a trip count that is a constant of at most "
                         "256; unroll the loop at export");
  unsigned carried = n.numInputs() > 2 ? n.numInputs() - 2 : 0;
  if (body.input_size() != int(carried) + 2 ||
      body.output_size() < int(carried) + 1 ||
      int(n.numOutputs()) > body.output_size() - 1)
    return n.mismatch("expected a body that takes and gives what is carried");
  SmallVector<ValuePtr> state;
  for (unsigned i = 0; i < carried; ++i)
    state.push_back(n.valuePtr(i + 2));
  std::vector<SmallVector<ValuePtr>> scans(size_t(body.output_size()) -
                                           carried - 1);
  ValuePtr condition = n.importer.hostValue(
      HostTensor{TensorProto::BOOL, {}, {Scalar::ofInt(1)}}, "condition");
  for (int64_t trip = 0; trip < int64_t(*trips) && *goesOn != 0; ++trip) {
    Scope scope = bodyScope(n, "[" + std::to_string(trip) + "]");
    scope.values[body.input(0).name()] = n.importer.hostValue(
        HostTensor{TensorProto::INT64, {}, {Scalar::ofInt(trip)}}, "iteration");
    scope.values[body.input(1).name()] = condition;
    for (unsigned i = 0; i < carried; ++i)
      scope.values[body.input(int(i) + 2).name()] = state[i];
    SmallVector<ValuePtr> results;
    if (failed(importBody(n, body, scope, results)))
      return failure();
    const HostTensor *test = n.importer.elements(*results[0], 1);
    if (!test || test->size() != 1)
      return n.unsupported("expected a loop whose end is known; its condition "
                           "depends on the model's data");
    goesOn = double(test->data.front().c);
    for (unsigned i = 0; i < carried; ++i)
      state[i] = results[i + 1];
    for (size_t i = 0; i < scans.size(); ++i)
      scans[i].push_back(results[carried + 1 + i]);
  }
  for (unsigned i = 0; i < n.numOutputs(); ++i)
    if (failed(i < carried ? outValue(n, i, state[i])
                           : stackScans(n, i, scans[i - carried])))
      return failure();
  return success();
}

OpTable controlOps() {
  static const OpEntry table[] = {
      {"If", importIf, nullptr, "", "constant conditions"},
      {"Loop", importLoop, nullptr, "", "constant trip counts: unrolled"},
  };
  return table;
}

} // namespace vitc::frontend
