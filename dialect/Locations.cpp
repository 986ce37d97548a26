//===- Locations.cpp - ONNX nodes behind ops ------------------------------===//
#include "dialect/Locations.h"

#include "mlir/IR/Location.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace vitc::vit {

Location nodeLoc(NodeAttr node, StringRef file) {
  MLIRContext *context = node.getContext();
  Location place = FileLineColLoc::get(context, file, node.getIndex(), 0);
  Location named =
      NameLoc::get(StringAttr::get(context, node.getName()), place);
  return FusedLoc::get(context, {named}, node);
}

static void collect(Location loc, llvm::SetVector<Attribute> &nodes) {
  if (auto fused = dyn_cast<FusedLoc>(loc)) {
    if (auto node = dyn_cast_or_null<NodeAttr>(fused.getMetadata())) {
      nodes.insert(node);
      return;
    }
    for (Location inner : fused.getLocations())
      collect(inner, nodes);
  } else if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    collect(call.getCallee(), nodes);
  }
}

SmallVector<NodeAttr> onnxNodes(Location loc) {
  llvm::SetVector<Attribute> nodes;
  collect(loc, nodes);
  SmallVector<NodeAttr> result;
  for (Attribute node : nodes)
    result.push_back(cast<NodeAttr>(node));
  llvm::stable_sort(result, [](NodeAttr a, NodeAttr b) {
    return a.getIndex() < b.getIndex();
  });
  return result;
}

Location mergeLocs(ArrayRef<Location> locs) {
  return FusedLoc::get(locs.front().getContext(), locs);
}

Location mergeLocs(ArrayRef<Operation *> ops) {
  SmallVector<Location> locs;
  for (Operation *op : ops)
    locs.push_back(op->getLoc());
  return mergeLocs(locs);
}

void copyTensorName(Operation *from, Operation *to) {
  if (Attribute name = from->getDiscardableAttr(kTensorName))
    to->setDiscardableAttr(kTensorName, name);
}

} // namespace vitc::vit
