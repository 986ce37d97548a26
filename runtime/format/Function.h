//===- Function.h - pointwise functions as SSA ------------------*- C++ -*-===//
//
// A prologue, epilogue or pointwise body: straight-line SSA over a closed set
// of operations. The printer writes it as one device function, one line per
// instruction; the same text runs on the GPU and in the emulator.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_FUNCTION_H
#define VITRT_FORMAT_FUNCTION_H

#include "runtime/format/Types.h"

namespace vitrt::format {

/// Instruction kinds, one for each arith/math operation that a payload may
/// hold. Arithmetic is fp32 (F), int32 (I) or bool (B, stored as int 0/1). The
/// numbers are part of the module format.
enum class Opcode : uint8_t {
  Const = 1, ///< `bits` as `type`.
  AddF = 2,
  SubF = 3,
  MulF = 4,
  DivF = 5,
  NegF = 6,
  MaxF = 7,
  MinF = 8, ///< NaN if an operand is NaN (arith.maximumf/minimumf).
  MaxNumF = 9,
  MinNumF = 10,
  FmaF = 11,
  AbsF = 12,
  ExpF = 13,
  Exp2F = 14,
  LogF = 15,
  Log2F = 16,
  Log1pF = 17,
  Expm1F = 18,
  SqrtF = 19,
  RsqrtF = 20,
  PowF = 21,
  ErfF = 22,
  TanhF = 23,
  SinF = 24,
  CosF = 25,
  FloorF = 26,
  CeilF = 27,
  RoundEvenF = 28,
  RemF = 29,
  CopySignF = 30,
  AtanF = 31,
  SinhF = 32,
  CoshF = 33,
  RoundTo = 34, ///< Rounds an fp32 value to `type` (F16, BF16, F8...) and back.
  CmpF = 40,    ///< `predicate` as arith's CmpFPredicate; result I1.
  CmpI = 41,    ///< `predicate` as arith's CmpIPredicate; result I1.
  Select = 42,  ///< a ? b : c.
  AndI = 43,
  OrI = 44,
  XorI = 45,
  AddI = 46,
  SubI = 47,
  MulI = 48,
  DivSI = 49,
  RemSI = 50,
  MaxSI = 51,
  MinSI = 52,
  SIToFP = 53,
  UIToFP = 54,
  FPToSI = 55,
  ExtI = 56,
  TruncI = 57, ///< Between I1, I32 and I64 (I64 computes as int64).
  AbsI = 58,
  NegI = 59,
};

constexpr uint32_t kNoValue = ~0u;

/// One instruction. Operands are numbers of earlier values: 0 .. numArgs-1 are
/// the function's arguments, then one value per instruction, in order.
struct Instr {
  Opcode op = Opcode::Const;
  DType type = DType::F32; ///< Of the result (of RoundTo: the rounding type).
  uint8_t predicate = 0;
  uint32_t a = kNoValue, b = kNoValue, c = kNoValue;
  uint64_t bits = 0; ///< Const only.
  uint32_t node =
      0; ///< ONNX node it came from: index into Launch::nodes, or kNoValue.
  bool operator==(const Instr &) const = default;
};

/// An argument: the value that the template passes (an accumulator, a loaded
/// element), or the element of a launch operand at the current coordinates.
struct Argument {
  int32_t operand =
      -1; ///< Index into Kernel::operands, or -1: the template's value.
  DType type =
      DType::F32; ///< Type that the body computes with (F32, I32, I64, I1).
  bool operator==(const Argument &) const = default;
};

/// `result` is a value number. An empty body with result 0 is the identity.
struct Function {
  std::vector<Argument> args;
  std::vector<Instr> body;
  uint32_t result = 0;
  std::string kind; ///< For names and reports: "gelu", "bias_gelu", "add".
  /// Gives what the template passes, or has no arguments at all.
  bool isIdentity() const {
    return args.empty() ||
           (body.empty() && result < args.size() && args[result].operand < 0);
  }
  bool operator==(const Function &) const = default;
};

} // namespace vitrt::format

#endif // VITRT_FORMAT_FUNCTION_H
