//===- GraphOrder.h - Which nodes to import, in which order -----*- C++ -*-===//
#ifndef VITC_FRONTEND_GRAPHORDER_H
#define VITC_FRONTEND_GRAPHORDER_H

#include "dialect/Diagnostics.h"
#include "frontend/onnx.pb.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <vector>

namespace vitc::frontend {

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

/// Indices of the nodes that `outputs` need, each after its producers: the
/// file's order where that is one. `known` tells which names exist before the
/// first node. None, with errors (E0105), where a name is produced twice or by
/// nothing, or the nodes form a cycle.
std::optional<std::vector<int>>
orderNodes(const Nodes &nodes, llvm::ArrayRef<std::string> outputs,
           llvm::function_ref<bool(llvm::StringRef)> known,
           llvm::function_ref<OnnxNode(int)> describe,
           Diagnostics &diagnostics);

/// Names that `node` reads: its inputs, and what its subgraphs take from
/// outside. Omitted inputs are left out.
std::vector<std::string> namesRead(const onnx::NodeProto &node);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_GRAPHORDER_H
