//===- KernelDraft.h - A launch while it is put together --------*- C++ -*-===//
//
// Views of operands from the places of values, functions with their operands,
// then the vitk op. One lowering a template fills it (GemmLowering.cpp, ...)
// and one selection a template picks its config.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_PASSES_SELECT_KERNELDRAFT_H
#define VITC_PASSES_SELECT_KERNELDRAFT_H

#include "passes/layout/Layouts.h"
#include "passes/select/CostModel.h"
#include "passes/select/FusionGroup.h"

#include <set>

namespace vitc::vit {

/// What selection knows of the module.
struct SelectContext {
  Target target;
  int64_t optBatch = 1;
  std::set<std::string> denied; ///< configKeys.

  bool isDenied(vitrt::format::Family family,
                const vitrt::format::Config &config) const {
    return denied.count(configKey(family, config)) != 0;
  }
};

/// How the logical dims of a tensor become the axes of a template.
struct AxisMap {
  using Split = std::function<std::optional<StridedView>(const StridedView &)>;
  Split split; ///< First, if set: cuts dims (heads, patches).
  /// For each axis the dims that it collapses, outermost first.
  llvm::SmallVector<llvm::SmallVector<unsigned, 4>, 4> axes;
  /// Elements to shift by that belong to the kernel's text (View::offset).
  std::function<int64_t(const StridedView &)> base;
  /// Each dim stays a dim of its own, so that guards can name it.
  bool keepDims = false;

  /// The view of `strided`, without dtype; `offset` is its start. Nothing where
  /// the axes cannot express it.
  std::optional<vitrt::format::View> view(const StridedView &strided,
                                          int64_t &offset) const;
};

/// The dims [0, count) of a tensor of `extents` as rows: the batch first.
llvm::SmallVector<unsigned, 4>
rowDims(llvm::ArrayRef<vitrt::format::Extent> extents, unsigned count);

struct KernelOperandDraft {
  Place place;
  int64_t offset = 0;
  vitrt::format::View view;
};

struct KernelDraft {
  explicit KernelDraft(const FusionGroup &group) : group(group) {}

  const FusionGroup &group;
  vitrt::format::Config config;
  vitrt::format::Family family = vitrt::format::Family::Simt;
  llvm::SmallVector<KernelOperandDraft, 6> inputs;
  KernelOperandDraft dest;
  ScalarFn *prologue = nullptr, *epilogue = nullptr;
  llvm::SmallVector<int32_t> prologueArgs, epilogueArgs;
  vitrt::format::GridFormula grid[3];
  std::string why;
  double flops = 0; ///< Of one image.
  /// The launch computes a product's columns from this one on: where a leaf of
  /// the epilogue is longer than the iteration, it is read from there.
  int64_t firstColumn = 0;

  /// Each adds an operand or a function; failure where the views do not express
  /// it, with an error at the op.
  llvm::LogicalResult addInput(const Place &place, mlir::Type type,
                               const AxisMap &map);
  llvm::LogicalResult addInput(mlir::Value value, const AxisMap &map);
  llvm::LogicalResult setDest(const Place &place, mlir::Type type,
                              const AxisMap &map);
  llvm::LogicalResult addPrologue(ScalarFn &fn, const Extents &iteration,
                                  const AxisMap &map);
  llvm::LogicalResult addEpilogue(ScalarFn &fn, const Extents &iteration,
                                  const AxisMap &map);

  /// Bytes of one image: every operand once.
  double bytes() const;

private:
  llvm::FailureOr<int32_t> addLeaf(const FnArg &arg, const Extents &iteration,
                                   const AxisMap &map);
};

/// The view over `iteration` of `leaf`, whose dims `map` picks.
std::optional<StridedView> leafView(const StridedView &leaf,
                                    mlir::AffineMap map,
                                    const Extents &iteration);

/// Fills `drafts` with the launches of `group` (see the lowering of each
/// template). The place of a result is its layout.
using Drafts = llvm::SmallVector<std::unique_ptr<KernelDraft>, 3>;
llvm::LogicalResult lowerGemm(FusionGroup &group, const SelectContext &context,
                              Drafts &drafts);
llvm::LogicalResult lowerAttention(FusionGroup &group,
                                   const SelectContext &context,
                                   Drafts &drafts);
llvm::LogicalResult lowerRows(FusionGroup &group, const SelectContext &context,
                              Drafts &drafts);
llvm::LogicalResult lowerPointwise(FusionGroup &group,
                                   const SelectContext &context,
                                   Drafts &drafts);

/// The best legal config for the problem (groups, rows, n, k; compute is the
/// type of the operands). Sets config, family, grid and why.
void selectGemm(KernelDraft &draft, vitrt::format::GemmConfig problem,
                const SelectContext &context);
void selectAttention(KernelDraft &draft, vitrt::format::AttentionConfig problem,
                     const SelectContext &context);

} // namespace vitc::vit

#endif // VITC_PASSES_SELECT_KERNELDRAFT_H
