//===- Locations.h - ONNX nodes behind ops ----------------------*- C++ -*-===//
//
// The location of a vit op is `fused<#vit.node<name, type, scope, index>>[loc]`
// for each ONNX node that it computes; ops made from several carry a FusedLoc
// of these. Passes merge locations with mergeLocs and never build them
// themselves.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_LOCATIONS_H
#define VITC_DIALECT_LOCATIONS_H

#include "dialect/Vit.h"

namespace vitc::vit {

/// The location of one ONNX node of `file`.
mlir::Location nodeLoc(NodeAttr node, llvm::StringRef file);

/// The ONNX nodes behind `loc`, in graph order, each once.
llvm::SmallVector<NodeAttr> onnxNodes(mlir::Location loc);

/// One location for an op that computes what all of `locs` did.
mlir::Location mergeLocs(llvm::ArrayRef<mlir::Location> locs);
mlir::Location mergeLocs(llvm::ArrayRef<mlir::Operation *> ops);

/// Discardable attribute of an op whose first result is, up to its shape, the
/// ONNX value of this name; `verify --per-op` compares these. A rewrite that
/// keeps the value keeps the attribute (copyTensorName), one that changes it
/// drops it.
inline constexpr llvm::StringLiteral kTensorName = "vit.tensor";
void copyTensorName(mlir::Operation *from, mlir::Operation *to);

} // namespace vitc::vit

#endif // VITC_DIALECT_LOCATIONS_H
