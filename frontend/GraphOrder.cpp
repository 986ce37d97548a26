//===- GraphOrder.cpp - Which nodes to import, in which order -------------===//
#include "frontend/GraphOrder.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <queue>

using vitrt::Diag;

namespace vitc::frontend {

/// Appends what the nodes of `graph` read and nothing in it defines. Depth is
/// bounded by the reader.
static void freeNames(const onnx::GraphProto &graph,
                      std::vector<std::string> &names) {
  llvm::StringSet<> defined;
  for (const onnx::ValueInfoProto &input : graph.input())
    defined.insert(input.name());
  for (const onnx::TensorProto &tensor : graph.initializer())
    defined.insert(tensor.name());
  for (const onnx::NodeProto &node : graph.node())
    for (const std::string &output : node.output())
      defined.insert(output);
  for (const onnx::NodeProto &node : graph.node())
    for (std::string &name : namesRead(node))
      if (!defined.contains(name))
        names.push_back(std::move(name));
  for (const onnx::ValueInfoProto &output : graph.output())
    if (!defined.contains(output.name()))
      names.push_back(output.name());
}

std::vector<std::string> namesRead(const onnx::NodeProto &node) {
  std::vector<std::string> names;
  for (const std::string &input : node.input())
    if (!input.empty())
      names.push_back(input);
  for (const onnx::AttributeProto &attribute : node.attribute())
    if (attribute.has_g())
      freeNames(attribute.g(), names);
  return names;
}

namespace {

class Order {
public:
  Order(const Nodes &nodes, llvm::function_ref<bool(llvm::StringRef)> known,
        llvm::function_ref<OnnxNode(int)> describe, Diagnostics &diagnostics)
      : nodes(nodes), known(known), describe(describe),
        diagnostics(diagnostics) {}

  bool findProducers() {
    bool ok = true;
    for (int i = 0; i < nodes.size(); ++i) {
      for (const std::string &output : nodes[i].output()) {
        if (output.empty())
          continue;
        if (producer.try_emplace(output, i).second && !known(output))
          continue;
        diagnostics.error(Diag::E0105,
                          "value '" + vitrt::escaped(output) +
                              "' is defined twice",
                          describe(i));
        ok = false;
      }
    }
    return ok;
  }

  bool findReads() {
    bool ok = true;
    reads.resize(nodes.size());
    for (int i = 0; i < nodes.size(); ++i) {
      for (const std::string &name : namesRead(nodes[i])) {
        auto it = producer.find(name);
        if (it != producer.end()) {
          reads[i].push_back(it->second);
        } else if (!known(name)) {
          diagnostics.error(Diag::E0105,
                            "input '" + vitrt::escaped(name) +
                                "' is no graph input, initializer or output "
                                "of a node",
                            describe(i));
          ok = false;
        }
      }
    }
    return ok;
  }

  bool markLive(llvm::ArrayRef<std::string> outputs) {
    live.assign(nodes.size(), false);
    std::vector<int> work;
    bool ok = true;
    auto mark = [&](int node) {
      if (!live[node]) {
        live[node] = true;
        work.push_back(node);
      }
    };
    for (const std::string &output : outputs) {
      auto it = producer.find(output);
      if (it != producer.end()) {
        mark(it->second);
      } else if (!known(output)) {
        diagnostics.error(Diag::E0105, "output '" + vitrt::escaped(output) +
                                           "' is defined by nothing");
        ok = false;
      }
    }
    while (!work.empty()) {
      int node = work.back();
      work.pop_back();
      for (int read : reads[node])
        mark(read);
    }
    return ok;
  }

  /// Kahn's algorithm, the lowest index first: a sorted file keeps its order.
  std::optional<std::vector<int>> sort() {
    std::vector<int> missing(nodes.size(), 0);
    std::vector<std::vector<int>> users(nodes.size());
    std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
    size_t wanted = 0;
    for (int i = 0; i < nodes.size(); ++i) {
      if (!live[i])
        continue;
      ++wanted;
      for (int read : reads[i]) {
        users[read].push_back(i);
        ++missing[i];
      }
      if (missing[i] == 0)
        ready.push(i);
    }
    std::vector<int> order;
    while (!ready.empty()) {
      int node = ready.top();
      ready.pop();
      order.push_back(node);
      for (int user : users[node])
        if (--missing[user] == 0)
          ready.push(user);
    }
    if (order.size() == wanted)
      return order;
    for (int i = 0; i < nodes.size(); ++i) {
      if (!live[i] || missing[i] == 0)
        continue;
      diagnostics.error(Diag::E0105, "its inputs depend on its own result",
                        describe(i));
      break;
    }
    return std::nullopt;
  }

private:
  const Nodes &nodes;
  llvm::function_ref<bool(llvm::StringRef)> known;
  llvm::function_ref<OnnxNode(int)> describe;
  Diagnostics &diagnostics;
  llvm::StringMap<int> producer;
  std::vector<std::vector<int>> reads; ///< Producers of a node's inputs.
  std::vector<bool> live;
};

} // namespace

std::optional<std::vector<int>>
orderNodes(const Nodes &nodes, llvm::ArrayRef<std::string> outputs,
           llvm::function_ref<bool(llvm::StringRef)> known,
           llvm::function_ref<OnnxNode(int)> describe,
           Diagnostics &diagnostics) {
  Order order(nodes, known, describe, diagnostics);
  bool ok = order.findProducers();
  ok &= order.findReads();
  if (!ok || !order.markLive(outputs))
    return std::nullopt;
  return order.sort();
}

} // namespace vitc::frontend
