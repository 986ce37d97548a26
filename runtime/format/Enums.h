//===- Enums.h - names, sizes and validity of the enumerations --*- C++ -*-===//
//
// One place that knows which numbers of each enumeration exist. The reader
// accepts no other.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_ENUMS_H
#define VITRT_FORMAT_ENUMS_H

#include "runtime/format/Plan.h"

namespace vitrt::format {

/// Bytes of one stored element; 0 for a number that is no DType.
constexpr uint32_t byteSize(DType type) {
  switch (type) {
  case DType::F32:
  case DType::TF32:
  case DType::I32:
    return 4;
  case DType::F16:
  case DType::BF16:
    return 2;
  case DType::F8E4M3FN:
  case DType::F8E5M2:
  case DType::I8:
  case DType::UI8:
  case DType::I1:
    return 1;
  case DType::I64:
    return 8;
  }
  return 0;
}

/// "f32", "bf16", "f8E4M3FN", "ui8" ...; "?" for a number that is no DType.
constexpr const char *name(DType type) {
  switch (type) {
  case DType::F32:
    return "f32";
  case DType::TF32:
    return "tf32";
  case DType::F16:
    return "f16";
  case DType::BF16:
    return "bf16";
  case DType::F8E4M3FN:
    return "f8E4M3FN";
  case DType::F8E5M2:
    return "f8E5M2";
  case DType::I8:
    return "i8";
  case DType::UI8:
    return "ui8";
  case DType::I32:
    return "i32";
  case DType::I1:
    return "i1";
  case DType::I64:
    return "i64";
  }
  return "?";
}

constexpr const char *name(TemplateKind kind) {
  switch (kind) {
  case TemplateKind::Gemm:
    return "gemm";
  case TemplateKind::Attention:
    return "attention";
  case TemplateKind::RowNorm:
    return "row_norm";
  case TemplateKind::Softmax:
    return "softmax";
  case TemplateKind::Reduce:
    return "reduce";
  case TemplateKind::Pointwise:
    return "pointwise";
  }
  return "?";
}

constexpr const char *name(Family family) {
  switch (family) {
  case Family::Simt:
    return "simt";
  case Family::Mma:
    return "mma";
  case Family::Wgmma:
    return "wgmma";
  }
  return "?";
}

constexpr const char *name(Space space) {
  switch (space) {
  case Space::Arena:
    return "arena";
  case Space::Weights:
    return "weights";
  case Space::Input:
    return "input";
  case Space::Output:
    return "output";
  }
  return "?";
}

constexpr const char *name(Role role) {
  switch (role) {
  case Role::A:
    return "a";
  case Role::W:
    return "w";
  case Role::Q:
    return "q";
  case Role::K:
    return "k";
  case Role::V:
    return "v";
  case Role::In:
    return "in";
  case Role::Out:
    return "out";
  case Role::Extra:
    return "extra";
  case Role::Table:
    return "table";
  }
  return "?";
}

constexpr bool valid(DType type) { return byteSize(type) != 0; }
constexpr bool valid(TemplateKind k) {
  return k >= TemplateKind::Gemm && k <= TemplateKind::Pointwise;
}
constexpr bool valid(Family f) {
  return f >= Family::Simt && f <= Family::Wgmma;
}
constexpr bool valid(Space s) {
  return s >= Space::Arena && s <= Space::Output;
}
constexpr bool valid(Role r) { return r >= Role::A && r <= Role::Table; }
constexpr bool valid(ReduceKind k) {
  return k >= ReduceKind::Sum && k <= ReduceKind::ArgMax;
}
constexpr bool valid(Opcode op) {
  auto n = uint8_t(op);
  return (n >= uint8_t(Opcode::Const) && n <= uint8_t(Opcode::RoundTo)) ||
         (n >= uint8_t(Opcode::CmpF) && n <= uint8_t(Opcode::NegI));
}

/// Values that an instruction takes: 0 (Const) to 3 (Select, FmaF).
constexpr int arity(Opcode op) {
  switch (op) {
  case Opcode::Const:
    return 0;
  case Opcode::NegF:
  case Opcode::AbsF:
  case Opcode::ExpF:
  case Opcode::Exp2F:
  case Opcode::LogF:
  case Opcode::Log2F:
  case Opcode::Log1pF:
  case Opcode::Expm1F:
  case Opcode::SqrtF:
  case Opcode::RsqrtF:
  case Opcode::ErfF:
  case Opcode::TanhF:
  case Opcode::SinF:
  case Opcode::CosF:
  case Opcode::FloorF:
  case Opcode::CeilF:
  case Opcode::RoundEvenF:
  case Opcode::AtanF:
  case Opcode::SinhF:
  case Opcode::CoshF:
  case Opcode::RoundTo:
  case Opcode::SIToFP:
  case Opcode::UIToFP:
  case Opcode::FPToSI:
  case Opcode::ExtI:
  case Opcode::TruncI:
  case Opcode::AbsI:
  case Opcode::NegI:
    return 1;
  case Opcode::AddF:
  case Opcode::SubF:
  case Opcode::MulF:
  case Opcode::DivF:
  case Opcode::MaxF:
  case Opcode::MinF:
  case Opcode::MaxNumF:
  case Opcode::MinNumF:
  case Opcode::PowF:
  case Opcode::RemF:
  case Opcode::CopySignF:
  case Opcode::CmpF:
  case Opcode::CmpI:
  case Opcode::AndI:
  case Opcode::OrI:
  case Opcode::XorI:
  case Opcode::AddI:
  case Opcode::SubI:
  case Opcode::MulI:
  case Opcode::DivSI:
  case Opcode::RemSI:
  case Opcode::MaxSI:
  case Opcode::MinSI:
    return 2;
  case Opcode::FmaF:
  case Opcode::Select:
    return 3;
  }
  return 0;
}

} // namespace vitrt::format

#endif // VITRT_FORMAT_ENUMS_H
