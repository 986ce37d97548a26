//===- Scope.h - Names and values while a model is imported -----*- C++ -*-===//
#ifndef VITC_FRONTEND_SCOPE_H
#define VITC_FRONTEND_SCOPE_H

#include "frontend/HostTensor.h"
#include "frontend/Weight.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/StringMap.h"

#include <memory>

namespace vitc::frontend {

/// What an ONNX value is at import.
struct Value {
  enum class Kind {
    Poison, ///< Its node failed; messages about its users would be noise.
    Host,   ///< Known now: shape arithmetic or a small constant.
    Stored, ///< A weight of the model.
    Tensor, ///< Computed when the model runs.
  };
  Kind kind = Kind::Poison;
  std::string name;
  std::shared_ptr<const HostTensor> host; ///< Host; a small Stored's elements.
  std::shared_ptr<const Weight> weight;   ///< Stored.
  mlir::Value tensor; ///< Tensor; for Host and Stored once an op needed it.

  static std::shared_ptr<Value> poison() { return std::make_shared<Value>(); }
  bool isPoison() const { return kind == Kind::Poison; }
  /// Whether its value does not depend on the model's inputs.
  bool isConstant() const { return kind == Kind::Host || kind == Kind::Stored; }
};
using ValuePtr = std::shared_ptr<Value>;

/// The names of a graph, a subgraph (which sees its parent's) or a function
/// body (which sees none), and the attributes that a function was called with.
struct Scope {
  const Scope *parent = nullptr;
  llvm::StringMap<ValuePtr> values;
  llvm::StringMap<int64_t> opsets; ///< By domain; the standard one is "".
  llvm::StringMap<const onnx::AttributeProto *> attributes;
  bool isFunction = false;
  std::string prefix;     ///< Before the names of nodes: the calling node's.
  int64_t callIndex = -1; ///< The calling node's index, or -1 in the graph.
  int depth = 0;

  ValuePtr find(llvm::StringRef name) const {
    for (const Scope *scope = this; scope; scope = scope->parent)
      if (auto it = scope->values.find(name); it != scope->values.end())
        return it->second;
    return nullptr;
  }
  /// Whether the name exists: an input that a call left out does, without a
  /// value.
  bool knows(llvm::StringRef name) const {
    for (const Scope *scope = this; scope; scope = scope->parent)
      if (scope->values.contains(name))
        return true;
    return false;
  }
};

} // namespace vitc::frontend

#endif // VITC_FRONTEND_SCOPE_H
