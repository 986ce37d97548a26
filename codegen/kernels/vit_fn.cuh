//===- vit_fn.cuh - one function for every Opcode of a pointwise function -===//
//
// vit::fn::NAME is what the printer calls for an instruction of
// runtime/format/Function.h (the table is in README.md). Each counts its work,
// so that the emulator's report covers fused functions. In printed bodies F32
// is float, I32 int, I64 long long, I1 bool. Integers wrap, as in arith.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_FN_CUH
#define VIT_FN_CUH

#include "vit_math.cuh"

namespace vit {

/// A value of a pointwise body as a stored element type. From float as
/// vit::convert; from integers and bool to integers by truncation, to floating
/// types rounded to nearest even.
template <class T> struct StoreAs {
  template <class S> VIT_FN static T get(S v) { return (T)v; }
  VIT_FN static T get(float v) { return convert<T>(v); }
};
#define VIT_STORE_AS_FLOAT(T)                                                  \
  template <> struct StoreAs<T> {                                              \
    template <class S> VIT_FN static T get(S v) {                              \
      return convert<T>((float)v);                                             \
    }                                                                          \
  };
VIT_STORE_AS_FLOAT(float)
VIT_STORE_AS_FLOAT(f16)
VIT_STORE_AS_FLOAT(bf16)
VIT_STORE_AS_FLOAT(f8e4m3)
VIT_STORE_AS_FLOAT(f8e5m2)
#undef VIT_STORE_AS_FLOAT
template <class T, class S> VIT_DEV T store_as(S v) {
  return StoreAs<T>::get(v);
}
/// What a guarded read gives where there is no element.
template <class T> VIT_DEV T zero() { return convert<T>(0.0f); }

namespace fn {

//===----------------------------------------------------------------------===//
// Floating point
//===----------------------------------------------------------------------===//

#define VIT_FN_UNARY(NAME, KIND, EXPR)                                         \
  VIT_DEV float NAME(float x) {                                                \
    VIT_COUNT(KIND, 1);                                                        \
    return EXPR;                                                               \
  }
#define VIT_FN_BINARY(NAME, KIND, EXPR)                                        \
  VIT_DEV float NAME(float a, float b) {                                       \
    VIT_COUNT(KIND, 1);                                                        \
    return EXPR;                                                               \
  }

VIT_FN_BINARY(add, FLOP, a + b)
VIT_FN_BINARY(sub, FLOP, a - b)
VIT_FN_BINARY(mul, FLOP, a *b)
VIT_FN_BINARY(div, SPECIAL, vit::div(a, b))
VIT_FN_UNARY(neg, FLOP, -x)
VIT_FN_UNARY(abs, FLOP, vit::abs(x))
VIT_DEV float fma(float a, float b, float c) {
  VIT_COUNT(FLOP, 2);
  return vit::fma(a, b, c);
}

// NaN if an operand is NaN (arith.maximumf, minimumf); -0 is below +0.
VIT_DEV float max(float a, float b) {
  VIT_COUNT(FLOP, 1);
  if (a == b)
    return bits(a) >> 31 ? b : a;
  return is_nan(a) ? a : is_nan(b) || b > a ? b : a;
}
VIT_DEV float min(float a, float b) {
  VIT_COUNT(FLOP, 1);
  if (a == b)
    return bits(a) >> 31 ? a : b;
  return is_nan(a) ? a : is_nan(b) || b < a ? b : a;
}
// The other operand if one is NaN (arith.maxnumf, minnumf).
VIT_FN_BINARY(maxnum, FLOP, (is_nan(a) || b > a ? b : a))
VIT_FN_BINARY(minnum, FLOP, (is_nan(a) || b < a ? b : a))

VIT_FN_UNARY(exp, SPECIAL, vit::exp(x))
VIT_FN_UNARY(exp2, SPECIAL, vit::exp2(x))
VIT_FN_UNARY(log, SPECIAL, vit::log(x))
VIT_FN_UNARY(log2, SPECIAL, vit::log2(x))
VIT_FN_UNARY(log1p, SPECIAL, vit::log1p(x))
VIT_FN_UNARY(expm1, SPECIAL, vit::expm1(x))
VIT_FN_UNARY(sqrt, SPECIAL, vit::sqrt(x))
VIT_FN_UNARY(rsqrt, SPECIAL, vit::rsqrt(x))
VIT_FN_BINARY(pow, SPECIAL, vit::pow(a, b))
VIT_FN_UNARY(erf, SPECIAL, vit::erf(x))
VIT_FN_UNARY(tanh, SPECIAL, vit::tanh(x))
VIT_FN_UNARY(sin, SPECIAL, vit::sin(x))
VIT_FN_UNARY(cos, SPECIAL, vit::cos(x))
VIT_FN_UNARY(floor, FLOP, vit::floor(x))
VIT_FN_UNARY(ceil, FLOP, vit::ceil(x))
VIT_FN_UNARY(roundeven, FLOP, vit::rint(x))
VIT_FN_BINARY(rem, SPECIAL, vit::rem(a, b))
VIT_FN_BINARY(copysign, FLOP, vit::copysign(a, b))
VIT_FN_UNARY(atan, SPECIAL, vit::atan(x))
VIT_FN_UNARY(sinh, SPECIAL, vit::sinh(x))
VIT_FN_UNARY(cosh, SPECIAL, vit::cosh(x))

VIT_FN_UNARY(round_f16, FLOP, to_f32(convert<f16>(x)))
VIT_FN_UNARY(round_bf16, FLOP, to_f32(convert<bf16>(x)))
VIT_FN_UNARY(round_f8e4m3fn, FLOP, to_f32(convert<f8e4m3>(x)))
VIT_FN_UNARY(round_f8e5m2, FLOP, to_f32(convert<f8e5m2>(x)))

#undef VIT_FN_UNARY
#undef VIT_FN_BINARY

//===----------------------------------------------------------------------===//
// Comparisons: ordered ones are false where an operand is NaN, unordered true
//===----------------------------------------------------------------------===//

#define VIT_FN_COMPARE(NAME, EXPR)                                             \
  VIT_DEV bool NAME(float a, float b) {                                        \
    VIT_COUNT(FLOP, 1);                                                        \
    return EXPR;                                                               \
  }
VIT_DEV bool cmp_false(float, float) { return false; }
VIT_FN_COMPARE(cmp_oeq, a == b)
VIT_FN_COMPARE(cmp_ogt, a > b)
VIT_FN_COMPARE(cmp_oge, a >= b)
VIT_FN_COMPARE(cmp_olt, a < b)
VIT_FN_COMPARE(cmp_ole, a <= b)
VIT_FN_COMPARE(cmp_one, a<b || a> b)
VIT_FN_COMPARE(cmp_ord, !is_nan(a) && !is_nan(b))
VIT_FN_COMPARE(cmp_ueq, !(a < b || a > b))
VIT_FN_COMPARE(cmp_ugt, !(a <= b))
VIT_FN_COMPARE(cmp_uge, !(a < b))
VIT_FN_COMPARE(cmp_ult, !(a >= b))
VIT_FN_COMPARE(cmp_ule, !(a > b))
VIT_FN_COMPARE(cmp_une, a != b)
VIT_FN_COMPARE(cmp_uno, is_nan(a) || is_nan(b))
VIT_DEV bool cmp_true(float, float) { return true; }
#undef VIT_FN_COMPARE

/// Unsigned counterparts of the integer types, for wrapping and comparing.
template <class T> struct Unsigned;
template <> struct Unsigned<int> { typedef unsigned int type; };
template <> struct Unsigned<long long> { typedef unsigned long long type; };
template <> struct Unsigned<bool> { typedef unsigned int type; };

#define VIT_FN_COMPARE(NAME, EXPR)                                             \
  template <class T> VIT_DEV bool NAME(T a, T b) {                             \
    typedef typename Unsigned<T>::type U;                                      \
    VIT_COUNT(INT, 1);                                                         \
    (void)sizeof(U);                                                           \
    return EXPR;                                                               \
  }
VIT_FN_COMPARE(cmp_eq, a == b)
VIT_FN_COMPARE(cmp_ne, a != b)
VIT_FN_COMPARE(cmp_slt, a < b)
VIT_FN_COMPARE(cmp_sle, a <= b)
VIT_FN_COMPARE(cmp_sgt, a > b)
VIT_FN_COMPARE(cmp_sge, a >= b)
VIT_FN_COMPARE(cmp_ult_i, (U)a < (U)b)
VIT_FN_COMPARE(cmp_ule_i, (U)a <= (U)b)
VIT_FN_COMPARE(cmp_ugt_i, (U)a > (U)b)
VIT_FN_COMPARE(cmp_uge_i, (U)a >= (U)b)
#undef VIT_FN_COMPARE
// The signed order of I1 is that of 0 and -1.
VIT_DEV bool cmp_slt(bool a, bool b) { return a && !b; }
VIT_DEV bool cmp_sle(bool a, bool b) { return a || !b; }
VIT_DEV bool cmp_sgt(bool a, bool b) { return !a && b; }
VIT_DEV bool cmp_sge(bool a, bool b) { return !a || b; }

template <class T> VIT_DEV T select(bool c, T a, T b) {
  VIT_COUNT(INT, 1);
  return c ? a : b;
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

#define VIT_FN_INT(NAME, EXPR)                                                 \
  template <class T> VIT_DEV T NAME(T a, T b) {                                \
    typedef typename Unsigned<T>::type U;                                      \
    VIT_COUNT(INT, 1);                                                         \
    (void)sizeof(U);                                                           \
    return (T)(EXPR);                                                          \
  }
VIT_FN_INT(and_i, a &b)
VIT_FN_INT(or_i, a | b)
VIT_FN_INT(xor_i, a ^ b)
VIT_FN_INT(add_i, (U)a + (U)b)
VIT_FN_INT(sub_i, (U)a - (U)b)
VIT_FN_INT(mul_i, (U)a *(U)b)
// By 0 and by -1 no hardware traps: x / 0 is -1, x % 0 is x.
VIT_FN_INT(div_si, b == 0 ? (U)-1 : b == (T)-1 ? (U)0 - (U)a : (U)(a / b))
VIT_FN_INT(rem_si, b == 0 ? (U)a : b == (T)-1 ? (U)0 : (U)(a % b))
VIT_FN_INT(max_si, a < b ? b : a)
VIT_FN_INT(min_si, b < a ? b : a)
#undef VIT_FN_INT

template <class T> VIT_DEV T neg_i(T a) { return sub_i((T)0, a); }
template <class T> VIT_DEV T abs_i(T a) { return a < 0 ? neg_i(a) : a; }

template <class T> VIT_DEV float si_to_fp(T a) {
  VIT_COUNT(INT, 1);
  return (float)a;
}
/// The one bit of I1 is its sign: true is -1.
VIT_DEV float si_to_fp(bool a) { return a ? -1.0f : 0.0f; }
template <class T> VIT_DEV float ui_to_fp(T a) {
  VIT_COUNT(INT, 1);
  return (float)(typename Unsigned<T>::type)a;
}

namespace detail {
template <class T> struct FromFloat {
  /// Towards zero; out of range saturates, NaN gives 0.
  VIT_FN static T get(float x, float limit, T low, T high) {
    return is_nan(x) ? (T)0 : x < -limit ? low : x >= limit ? high : (T)x;
  }
};
} // namespace detail
template <class T> VIT_DEV T fp_to_si(float x);
template <> VIT_FN int fp_to_si<int>(float x) {
  VIT_COUNT(INT, 1);
  return detail::FromFloat<int>::get(x, 2147483648.0f, -2147483647 - 1,
                                     2147483647);
}
template <> VIT_FN long long fp_to_si<long long>(float x) {
  VIT_COUNT(INT, 1);
  return detail::FromFloat<long long>::get(x, 9223372036854775808.0f,
                                           -9223372036854775807LL - 1,
                                           9223372036854775807LL);
}
template <> VIT_FN bool fp_to_si<bool>(float x) { return x <= -1.0f; }

/// From I1: 0 or 1. From I32 to I64: the sign is kept.
template <class T, class S> VIT_DEV T ext_i(S a) {
  VIT_COUNT(INT, 1);
  return (T)a;
}
namespace detail {
template <class T> struct Truncate {
  template <class S> VIT_FN static T get(S a) { return (T)a; }
};
template <> struct Truncate<bool> {
  template <class S> VIT_FN static bool get(S a) { return (a & 1) != 0; }
};
} // namespace detail
template <class T, class S> VIT_DEV T trunc_i(S a) {
  VIT_COUNT(INT, 1);
  return detail::Truncate<T>::get(a);
}

} // namespace fn
} // namespace vit

#endif // VIT_FN_CUH
