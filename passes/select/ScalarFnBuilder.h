//===- ScalarFnBuilder.h - Pointwise ops as one scalar function -*- C++ -*-===//
#ifndef VITC_PASSES_SELECT_SCALARFNBUILDER_H
#define VITC_PASSES_SELECT_SCALARFNBUILDER_H

#include "passes/select/FusionGroup.h"

namespace vitc::vit {

/// Inlines the payloads of pointwise ops, from the value that is stored back
/// to the anchor's result and to tensors outside.
class ScalarFnBuilder {
public:
  /// `op` is the vit.fused or bare op. `iteration` is the rank of the space
  /// that the function runs over.
  ScalarFnBuilder(mlir::Operation *op, mlir::Operation *anchor,
                  unsigned iterationRank);

  /// Called once, before inlining: makes the scalar of the anchor's result from
  /// the template's value (adds the bias, scales by gamma ...).
  using AnchorFn = std::function<mlir::Value(ScalarFnBuilder &, mlir::Value)>;
  void setAnchorValue(AnchorFn fn) { anchorFn = std::move(fn); }

  /// The scalar of `value` where `map` goes from the iteration to its dims.
  /// Null where it cannot be had at one coordinate.
  mlir::Value inlineValue(mlir::Value value, mlir::AffineMap map);
  mlir::Value inlineValue(mlir::Value value);

  /// The element of a vector over the iteration's last dim, as f32.
  mlir::Value lastDim(mlir::Value vector);

  /// The element of `tensor`, aligned at the right and broadcast, as f32.
  mlir::Value broadcastLeaf(mlir::Value tensor);

  /// The element of a tensor of any type, as f32; integers through i32.
  mlir::Value leafAsF32(mlir::Value value, mlir::AffineMap map);

  /// The template's value, as f32.
  mlir::Value templateValue();

  mlir::OpBuilder &builder() { return ops; }
  mlir::Location loc() const { return op->getLoc(); }
  void addKind(llvm::StringRef kind);

  /// The function that yields `result`; no body if that is the template's
  /// value itself.
  ScalarFn finish(mlir::Value result);

  mlir::Operation *anchorOp() const { return anchor; }
  bool sawAnchor() const { return anchorUsed >= 0; }
  unsigned anchorResult() const { return anchorUsed; }
  const std::string &why() const { return failure; }

private:
  mlir::Value leaf(mlir::Value value, mlir::AffineMap map);
  mlir::Value inlinePointwise(PointwiseOp pointwise, mlir::AffineMap map);
  mlir::Value toF32(mlir::Value value);
  mlir::Value fail(const char *reason);

  mlir::Operation *op, *anchor;
  unsigned rank;
  AnchorFn anchorFn;
  int anchorUsed = -1;
  std::unique_ptr<mlir::Region> region;
  mlir::Block *block;
  mlir::OpBuilder ops;
  llvm::SmallVector<FnArg> args;
  llvm::DenseMap<std::pair<mlir::Value, mlir::AffineMap>, mlir::Value> known;
  mlir::Value anchorScalar, accumulator;
  std::string kind, failure;
};

/// The functions of vit.quantize and vit.dequantize, over the result's dims.
ScalarFn quantizeFunction(QuantizeOp op);
ScalarFn dequantizeFunction(DequantizeOp op);

} // namespace vitc::vit

#endif // VITC_PASSES_SELECT_SCALARFNBUILDER_H
