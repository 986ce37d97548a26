//===- Types.h - element types, sizes and views of the plan -----*- C++ -*-===//
//
// Plain structs: no MLIR, no CUDA. Every layer may include them.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_TYPES_H
#define VITRT_FORMAT_TYPES_H

#include <cstdint>
#include <string>
#include <vector>

namespace vitrt::format {

/// Element types. The numbers are part of the module format.
enum class DType : uint8_t {
  F32 = 1,
  TF32 = 2, ///< A compute mode: stored as F32.
  F16 = 3,
  BF16 = 4,
  F8E4M3FN = 5,
  F8E5M2 = 6,
  I8 = 7,
  UI8 = 8,
  I32 = 9,
  I1 = 10, ///< Stored as one byte, 0 or 1.
  I64 = 11,
};

/// A size: `value`, or `value * B` where B is the batch of one run. The batch
/// is the only dynamic size of a plan.
struct Extent {
  int64_t value = 1;
  bool perBatch = false;
  int64_t at(int64_t batch) const { return perBatch ? value * batch : value; }
  bool operator==(const Extent &) const = default;
};

/// One factor of an axis: the axis' index is decomposed row-major into its
/// dims (outermost first), and each contributes `index * stride` elements, or
/// `table[index] * stride` where `table` names a launch operand of I32 values.
struct AxisDim {
  int64_t extent = 1; ///< The outermost of an axis is not divided by its own.
  int64_t stride = 0; ///< In elements; 0 broadcasts.
  int32_t table = -1; ///< Operand index of an index table, or -1.
  bool operator==(const AxisDim &) const = default;
};

/// One coordinate of an axis' decomposition, times a factor: a term of a guard.
struct GuardTerm {
  uint32_t axis = 0, dim = 0;
  int64_t factor = 1;
  bool operator==(const GuardTerm &) const = default;
};

/// The element exists only where `lo <= sum(terms) + base < hi`; elsewhere a
/// read gives zero and a write does nothing. Convolution padding and Pad.
struct Guard {
  std::vector<GuardTerm> terms;
  int64_t base = 0, lo = 0, hi = 0;
  bool operator==(const Guard &) const = default;
};

/// How one operand of a launch is addressed: for each axis of the template's
/// index space (see Plan.h, TemplateKind) a list of dims. An axis that the
/// operand does not see has an empty list.
struct View {
  DType dtype = DType::F32;
  std::vector<std::vector<AxisDim>> axes;
  std::vector<Guard> guards;
  /// Added to every address, in elements. Not 0 only with guards (the padding
  /// of a convolution), which keep the addresses that are used within bounds;
  /// what else shifts an operand is in BufferRef::offset.
  int64_t offset = 0;
  bool operator==(const View &) const = default;
};

enum class Space : uint8_t { Arena = 1, Weights = 2, Input = 3, Output = 4 };

/// A place in the arena, in one weight or in a caller's tensor, and the buffer
/// around it: bytes [offset - before, offset - before + bytes).
struct BufferRef {
  Space space = Space::Arena;
  uint32_t index = 0;  ///< Which weight, input or output; 0 for the arena.
  uint64_t offset = 0; ///< In bytes; the same for every batch of the profile.
  Extent bytes;        ///< Size of the whole buffer.
  uint64_t before = 0; ///< Bytes of the buffer that lie before `offset`.
  bool operator==(const BufferRef &) const = default;
};

} // namespace vitrt::format

#endif // VITRT_FORMAT_TYPES_H
