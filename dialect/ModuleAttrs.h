//===- ModuleAttrs.h - Attributes that passes share on modules --*- C++ -*-===//
#ifndef VITC_DIALECT_MODULEATTRS_H
#define VITC_DIALECT_MODULEATTRS_H

#include "llvm/ADT/StringRef.h"

namespace vitc::vit {

/// #vit.profile<min, opt, max>: the batch range; without it <1, 1, 1>.
inline constexpr llvm::StringLiteral kProfileAttr = "vit.profile";
/// String: a name that findTarget (Targets.h) knows; without it "sm_80".
inline constexpr llvm::StringLiteral kTargetAttr = "vit.target";
/// String, of arguments and results of the function: the ONNX value's name.
inline constexpr llvm::StringLiteral kNameAttr = "vit.name";
/// String: the precision policy, for the plan.
inline constexpr llvm::StringLiteral kPolicyAttr = "vit.policy";
/// Array of strings: configKeys (passes/select/CostModel.h) that selection does
/// not take, because a kernel with that config spilled.
inline constexpr llvm::StringLiteral kDeniedAttr = "vit.denied";

} // namespace vitc::vit

namespace vitc::vitk {

/// Set by vit-plan-memory: bytes of the arena and of what is live at once.
inline constexpr llvm::StringLiteral kArenaBytes = "vitk.arena_bytes";
inline constexpr llvm::StringLiteral kArenaLowerBound =
    "vitk.arena_lower_bound";

/// Attributes of launches, set by vit-select-kernels: an array of [ONNX value,
/// ONNX node, #vitk.layout, type], the tensors that are whole after it.
inline constexpr llvm::StringLiteral kTensors = "vitk.tensors";
/// ... by vit-prepare-emission: the kernel's number, its symbol, and names of
/// its parameters (inputs, then the destination).
inline constexpr llvm::StringLiteral kKernel = "vitk.kernel";
inline constexpr llvm::StringLiteral kSymbol = "vitk.symbol";
inline constexpr llvm::StringLiteral kOperandNames = "vitk.operands";

/// Names of the functions of a launch ("bias_gelu"), for symbols.
inline constexpr llvm::StringLiteral kPrologueKind = "vitk.prologue_kind";
inline constexpr llvm::StringLiteral kEpilogueKind = "vitk.epilogue_kind";

} // namespace vitc::vitk

#endif // VITC_DIALECT_MODULEATTRS_H
