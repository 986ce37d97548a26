//===- Vitk.h - The vitk dialect: launches of kernel templates --*- C++ -*-===//
#ifndef VITC_DIALECT_VITK_H
#define VITC_DIALECT_VITK_H

#include "dialect/StridedView.h"
#include "dialect/Vit.h"
#include "runtime/format/Plan.h"
#include "llvm/ADT/Hashing.h"

namespace vitrt::format {
// Found by the storage of MLIR attributes.
llvm::hash_code hash_value(const GemmConfig &config);
llvm::hash_code hash_value(const AttentionConfig &config);
llvm::hash_code hash_value(const RowNormConfig &config);
llvm::hash_code hash_value(const SoftmaxConfig &config);
llvm::hash_code hash_value(const ReduceConfig &config);
llvm::hash_code hash_value(const PointwiseConfig &config);
} // namespace vitrt::format

namespace vitc::vitk {
/// Where a value lives: its view of buffer `root` of the arena, or of model
/// output `root`.
struct Layout {
  bool output = false;
  int64_t root = 0;
  StridedView view;
  bool operator==(const Layout &) const = default;
};

/// "sum", "sum_square" ... as `vit.reduce` spells them.
llvm::StringRef reduceKindName(vitrt::format::ReduceKind kind);
std::optional<vitrt::format::ReduceKind> reduceKindByName(llvm::StringRef name);

/// Constraints that all launches share (VitkOps.td, Vitk_KernelOp).
llvm::LogicalResult verifyKernel(mlir::Operation *op);

/// Axes of the index space of a template.
unsigned numAxes(vitrt::format::TemplateKind kind);

/// How many operands of a template come before its extras: 2 for a GEMM (A, W).
unsigned numMainInputs(vitrt::format::TemplateKind kind);
} // namespace vitc::vitk

#include "dialect/VitkDialect.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/VitkAttrs.h.inc"
#include "dialect/VitkInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialect/VitkOps.h.inc"

#endif // VITC_DIALECT_VITK_H
