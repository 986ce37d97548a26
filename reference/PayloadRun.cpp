//===- PayloadRun.cpp - Evaluation of payload bytecode --------------------===//
#include "reference/PayloadProgram.h"

#include <cmath>
#include <limits>

namespace vitc::reference {

template <typename T>
PayloadRegisters<T>::PayloadRegisters(const PayloadProgram &program)
    : program(program), floatData(program.floats * kBlock),
      intData(program.integers * kBlock) {
  for (auto [number, value] : program.floatConstants)
    std::fill_n(floats(number), kBlock, static_cast<T>(value));
  for (auto [number, value] : program.intConstants)
    std::fill_n(integers(number), kBlock, value);
}

namespace {

/// `value` wrapped to the width of `type`.
int64_t wrap(int64_t value, DType type) {
  switch (type) {
  case DType::I1:
    return value & 1;
  case DType::I8:
    return static_cast<int8_t>(value);
  case DType::I32:
    return static_cast<int32_t>(value);
  case DType::UI8:
  case DType::I64:
  case DType::F32:
  case DType::TF32:
  case DType::F16:
  case DType::BF16:
  case DType::F8E4M3FN:
  case DType::F8E5M2:
    return value;
  }
  return value;
}

/// Wrapping arithmetic: signed overflow is no error of a payload.
int64_t wrapping(Opcode op, int64_t a, int64_t b) {
  auto x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);
  if (op == Opcode::AddI)
    return static_cast<int64_t>(x + y);
  if (op == Opcode::SubI)
    return static_cast<int64_t>(x - y);
  return static_cast<int64_t>(x * y);
}

/// Division by zero and of the least number by -1 have no value; 0 and the
/// wrapped quotient stand for them.
int64_t quotient(int64_t a, int64_t b) {
  return b == 0 ? 0 : b == -1 ? wrapping(Opcode::SubI, 0, a) : a / b;
}
int64_t remainder(int64_t a, int64_t b) {
  return b == 0 || b == -1 ? 0 : a % b;
}

/// Truncates; saturates at the limits of `type`, NaN is 0.
template <typename T> int64_t toInteger(T x, DType type) {
  double lowest = -9223372036854775808.0, highest = 9223372036854775807.0;
  if (type == DType::I32)
    lowest = -2147483648.0, highest = 2147483647.0;
  if (type == DType::I8)
    lowest = -128, highest = 127;
  if (std::isnan(x))
    return 0;
  if (double(x) <= lowest)
    return static_cast<int64_t>(lowest);
  if (double(x) >= highest)
    return type == DType::I64 ? std::numeric_limits<int64_t>::max()
                              : static_cast<int64_t>(highest);
  return static_cast<int64_t>(x);
}

bool compareInts(uint8_t predicate, int64_t a, int64_t b) {
  using mlir::arith::CmpIPredicate;
  auto x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);
  switch (CmpIPredicate(predicate)) {
  case CmpIPredicate::eq:
    return a == b;
  case CmpIPredicate::ne:
    return a != b;
  case CmpIPredicate::slt:
    return a < b;
  case CmpIPredicate::sle:
    return a <= b;
  case CmpIPredicate::sgt:
    return a > b;
  case CmpIPredicate::sge:
    return a >= b;
  case CmpIPredicate::ult:
    return x < y;
  case CmpIPredicate::ule:
    return x <= y;
  case CmpIPredicate::ugt:
    return x > y;
  case CmpIPredicate::uge:
    return x >= y;
  }
  llvm_unreachable("a closed enumeration");
}

/// The relations (1 equal, 2 greater, 4 less, 8 unordered) that each of arith's
/// predicates accepts, from AlwaysFalse to AlwaysTrue.
constexpr uint8_t kAccepted[] = {0, 1,  2,  3,  4,  5,  6, 7,
                                 9, 10, 11, 12, 13, 14, 8, 15};

template <typename T> bool compareFloats(uint8_t predicate, T a, T b) {
  int relation = a == b ? 1 : a > b ? 2 : a < b ? 4 : 8;
  return kAccepted[predicate] & relation;
}

template <typename T> T maximum(T a, T b) {
  return std::isnan(a) || std::isnan(b) ? std::numeric_limits<T>::quiet_NaN()
         : a == b                       ? (std::signbit(a) ? b : a)
                                        : std::max(a, b);
}
template <typename T> T minimum(T a, T b) {
  return std::isnan(a) || std::isnan(b) ? std::numeric_limits<T>::quiet_NaN()
         : a == b                       ? (std::signbit(a) ? a : b)
                                        : std::min(a, b);
}

/// Instructions whose result and operands are floats.
template <typename T>
void runFloat(const PayloadInstr &instr, int64_t n, T *d, const T *a,
              const T *b, const T *c) {
  auto each = [&](auto fn) {
    for (int64_t i = 0; i < n; ++i)
      d[i] = fn(i);
  };
  switch (instr.op) {
  case Opcode::AddF:
    return each([&](int64_t i) { return a[i] + b[i]; });
  case Opcode::SubF:
    return each([&](int64_t i) { return a[i] - b[i]; });
  case Opcode::MulF:
    return each([&](int64_t i) { return a[i] * b[i]; });
  case Opcode::DivF:
    return each([&](int64_t i) { return a[i] / b[i]; });
  case Opcode::NegF:
    return each([&](int64_t i) { return -a[i]; });
  case Opcode::MaxF:
    return each([&](int64_t i) { return maximum(a[i], b[i]); });
  case Opcode::MinF:
    return each([&](int64_t i) { return minimum(a[i], b[i]); });
  case Opcode::MaxNumF:
    return each([&](int64_t i) { return std::fmax(a[i], b[i]); });
  case Opcode::MinNumF:
    return each([&](int64_t i) { return std::fmin(a[i], b[i]); });
  case Opcode::FmaF:
    return each([&](int64_t i) { return std::fma(a[i], b[i], c[i]); });
  case Opcode::AbsF:
    return each([&](int64_t i) { return std::fabs(a[i]); });
  case Opcode::ExpF:
    return each([&](int64_t i) { return std::exp(a[i]); });
  case Opcode::Exp2F:
    return each([&](int64_t i) { return std::exp2(a[i]); });
  case Opcode::LogF:
    return each([&](int64_t i) { return std::log(a[i]); });
  case Opcode::Log2F:
    return each([&](int64_t i) { return std::log2(a[i]); });
  case Opcode::Log1pF:
    return each([&](int64_t i) { return std::log1p(a[i]); });
  case Opcode::Expm1F:
    return each([&](int64_t i) { return std::expm1(a[i]); });
  case Opcode::SqrtF:
    return each([&](int64_t i) { return std::sqrt(a[i]); });
  case Opcode::RsqrtF:
    return each([&](int64_t i) { return T(1) / std::sqrt(a[i]); });
  case Opcode::PowF:
    return each([&](int64_t i) { return std::pow(a[i], b[i]); });
  case Opcode::ErfF:
    return each([&](int64_t i) { return std::erf(a[i]); });
  case Opcode::TanhF:
    return each([&](int64_t i) { return std::tanh(a[i]); });
  case Opcode::SinF:
    return each([&](int64_t i) { return std::sin(a[i]); });
  case Opcode::CosF:
    return each([&](int64_t i) { return std::cos(a[i]); });
  case Opcode::FloorF:
    return each([&](int64_t i) { return std::floor(a[i]); });
  case Opcode::CeilF:
    return each([&](int64_t i) { return std::ceil(a[i]); });
  case Opcode::RoundEvenF:
    return each([&](int64_t i) { return std::nearbyint(a[i]); });
  case Opcode::RemF:
    return each([&](int64_t i) { return std::fmod(a[i], b[i]); });
  case Opcode::CopySignF:
    return each([&](int64_t i) { return std::copysign(a[i], b[i]); });
  case Opcode::AtanF:
    return each([&](int64_t i) { return std::atan(a[i]); });
  case Opcode::SinhF:
    return each([&](int64_t i) { return std::sinh(a[i]); });
  case Opcode::CoshF:
    return each([&](int64_t i) { return std::cosh(a[i]); });
  case Opcode::RoundTo:
    return each([&](int64_t i) { return roundTo(a[i], instr.type); });
  default:
    llvm_unreachable("not an instruction on floats");
  }
}

/// Instructions whose result and operands are integers or booleans.
void runInteger(const PayloadInstr &instr, int64_t n, int64_t *d,
                const int64_t *a, const int64_t *b) {
  DType type = instr.type;
  auto each = [&](auto fn) {
    for (int64_t i = 0; i < n; ++i)
      d[i] = wrap(fn(i), type);
  };
  switch (instr.op) {
  case Opcode::CmpI:
    return each(
        [&](int64_t i) { return compareInts(instr.predicate, a[i], b[i]); });
  case Opcode::AndI:
    return each([&](int64_t i) { return a[i] & b[i]; });
  case Opcode::OrI:
    return each([&](int64_t i) { return a[i] | b[i]; });
  case Opcode::XorI:
    return each([&](int64_t i) { return a[i] ^ b[i]; });
  case Opcode::AddI:
  case Opcode::SubI:
  case Opcode::MulI:
    return each([&](int64_t i) { return wrapping(instr.op, a[i], b[i]); });
  case Opcode::DivSI:
    return each([&](int64_t i) { return quotient(a[i], b[i]); });
  case Opcode::RemSI:
    return each([&](int64_t i) { return remainder(a[i], b[i]); });
  case Opcode::MaxSI:
    return each([&](int64_t i) { return std::max(a[i], b[i]); });
  case Opcode::MinSI:
    return each([&](int64_t i) { return std::min(a[i], b[i]); });
  case Opcode::ExtI:
    return each([&](int64_t i) { return instr.predicate ? -a[i] : a[i]; });
  case Opcode::TruncI:
    return each([&](int64_t i) { return a[i]; });
  case Opcode::AbsI:
    return each([&](int64_t i) {
      return a[i] < 0 ? wrapping(Opcode::SubI, 0, a[i]) : a[i];
    });
  default:
    llvm_unreachable("not an instruction on integers");
  }
}

} // namespace

template <typename T> void PayloadRegisters<T>::run(int64_t n) {
  for (const PayloadInstr &instr : program.body) {
    switch (instr.op) {
    case Opcode::CmpF:
      for (int64_t i = 0; i < n; ++i)
        integers(instr.result)[i] = compareFloats(
            instr.predicate, floats(instr.a)[i], floats(instr.b)[i]);
      break;
    case Opcode::Select:
      for (int64_t i = 0; i < n; ++i) {
        bool first = integers(instr.a)[i];
        if (instr.floats)
          floats(instr.result)[i] =
              first ? floats(instr.b)[i] : floats(instr.c)[i];
        else
          integers(instr.result)[i] =
              first ? integers(instr.b)[i] : integers(instr.c)[i];
      }
      break;
    case Opcode::SIToFP:
    case Opcode::UIToFP:
      for (int64_t i = 0; i < n; ++i) {
        int64_t value = integers(instr.a)[i];
        T number = static_cast<T>(instr.predicate ? -value : value);
        floats(instr.result)[i] =
            instr.type == DType::F32 ? number : roundTo(number, instr.type);
      }
      break;
    case Opcode::FPToSI:
      for (int64_t i = 0; i < n; ++i)
        integers(instr.result)[i] = toInteger(floats(instr.a)[i], instr.type);
      break;
    default:
      if (instr.floats)
        runFloat(instr, n, floats(instr.result), floats(instr.a),
                 floats(instr.b), floats(instr.c));
      else
        runInteger(instr, n, integers(instr.result), integers(instr.a),
                   integers(instr.b));
    }
  }
}

template class PayloadRegisters<float>;
template class PayloadRegisters<double>;

} // namespace vitc::reference
