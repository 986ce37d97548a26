//===- vit_math.cuh - elementary functions, the same bits everywhere ------===//
//
// Polynomials with explicit fmaf, IEEE division and square root: compiled
// without contraction, GPU and CPU give identical bits. Worst errors against
// libm in double, over all binades (test/unit/kernels/MathTest.cpp holds them):
//
//   exp exp2 expm1 log log2 log1p   1.5 ulp      erf sin cos atan pow   2.5 ulp
//   sinh cosh                       2 ulp        tanh                   3.5 ulp
//
// Coefficients are minimax fits in extended precision, rounded one after the
// other from the lowest power up. Special values are C99's.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_MATH_CUH
#define VIT_MATH_CUH

#include "vit_device.h"

namespace vit {

VIT_DEV float infinity() { return from_bits(0x7f800000u); }
VIT_DEV float quiet_nan() { return from_bits(0x7fc00000u); }
VIT_DEV bool is_nan(float x) { return x != x; }

namespace detail {

// Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the sum.
constexpr float kRound = 12582912.0f;
constexpr float kLog2e = 1.44269504f;
constexpr float kLn2 = 0.693147182f, kLn2Low = -1.90465421e-09f;

/// 2^k for -126 <= k <= 127.
VIT_DEV float power_of_two(int k) { return from_bits((u32)(k + 127) << 23); }

/// x * 2^k for |k| <= 252, rounded once, for x near 1.
VIT_DEV float scale(float x, int k) {
  const int half = k >> 1;
  return x * power_of_two(half) * power_of_two(k - half);
}

/// (e^r - 1 - r) / r^2 and e^r for |r| <= ln(2) / 2.
VIT_DEV float exp_poly(float r) {
  float p = fma(0.00138213055f, r, 0.00836866815f);
  p = fma(p, r, 0.0416682586f);
  p = fma(p, r, 0.166665211f);
  p = fma(p, r, 0.49999994f);
  return fma(p * r, r, r) + 1.0f;
}

/// e^(x + low) * 2^shift; |shift| <= 1, low far below x.
VIT_DEV float exp_scaled(float x, float low, int shift) {
  x = x < -105.0f ? -105.0f : x > 105.0f ? 105.0f : x; // NaN stays
  const float t = fma(x, kLog2e, kRound), n = t - kRound;
  float r = fma(n, -kLn2, x);
  r = fma(n, -kLn2Low, r) + low;
  return scale(exp_poly(r), (int)(bits(t) - bits(kRound)) + shift);
}

/// Splits x > 0 into m * 2^e, sqrt(1/2) <= m < sqrt(2).
VIT_DEV float split(float x, int &e) {
  int bias = 0;
  if (x < 1.17549435e-38f) {
    x *= 8388608.0f;
    bias = -23;
  }
  const int b = (int)bits(x);
  e = (b - 0x3f3504f3) >> 23;
  const float m = from_bits((u32)b - ((u32)e << 23));
  e += bias;
  return m;
}

/// (log(1 + f) - f) / f^2 for sqrt(1/2) - 1 <= f <= sqrt(2) - 1.
VIT_DEV float log1p_poly(float f) {
  float p = fma(-0.0763575062f, f, 0.127618611f);
  p = fma(p, f, -0.131596833f);
  p = fma(p, f, 0.142016277f);
  p = fma(p, f, -0.166234076f);
  p = fma(p, f, 0.200012401f);
  p = fma(p, f, -0.250008196f);
  p = fma(p, f, 0.333333313f);
  return fma(p, f, -0.5f);
}

/// log(x) of a finite x > 0.
VIT_DEV float log_finite(float x) {
  int e;
  const float f = split(x, e) - 1.0f, n = (float)e;
  const float low = fma(f * f, log1p_poly(f), n * kLn2Low);
  return e == 0 ? low + f : fma(n, kLn2, f + low);
}

/// Whether log is a special case of x; then its value.
VIT_DEV bool log_special(float x, float &y) {
  if (x > 0.0f && x < infinity())
    return false;
  y = x == 0.0f ? -infinity() : x < 0.0f ? quiet_nan() : x;
  return true;
}

} // namespace detail

VIT_DEV float exp(float x) { return detail::exp_scaled(x, 0.0f, 0); }

VIT_DEV float exp2(float x) {
  x = x < -152.0f ? -152.0f : x > 152.0f ? 152.0f : x;
  const float t = x + detail::kRound, f = x - (t - detail::kRound);
  float p = fma(0.00015329264f, f, 0.00133909693f);
  p = fma(p, f, 0.00961849932f);
  p = fma(p, f, 0.0555035956f);
  p = fma(p, f, 0.240226477f);
  p = fma(p, f, 0.693147182f);
  return detail::scale(fma(p, f, 1.0f), (int)(bits(t) - bits(detail::kRound)));
}

/// 2^x for x <= 0 in few instructions, for attention weights: relative error
/// 3e-6; below 2^-126 it gives 0. NaN stays NaN.
VIT_DEV float exp2_weight(float x) {
  const float round = detail::kRound + 127.0f;
  x = x < -127.0f ? -127.0f : x;
  const float t = x + round, f = x - (t - round);
  float p = fma(0.00958313607f, f, 0.0559064932f);
  p = fma(p, f, 0.240240917f);
  p = fma(p, f, 0.693124175f);
  return fma(p, f, 1.0f) * from_bits(bits(t) << 23);
}

VIT_DEV float expm1(float x) {
  x = x < -20.0f ? -20.0f : x > 105.0f ? 105.0f : x;
  const float t = fma(x, detail::kLog2e, detail::kRound);
  const float n = t - detail::kRound;
  float r = fma(n, -detail::kLn2, x);
  r = fma(n, -detail::kLn2Low, r);
  float p = fma(0.00138695876f, r, 0.00836625136f);
  p = fma(p, r, 0.0416674465f);
  p = fma(p, r, 0.166665465f);
  p = fma(p, r, 0.49999997f);
  p = fma(p * r, r, r);
  const int k = (int)(bits(t) - bits(detail::kRound));
  if (k == 0)
    return p;
  // 2^128 is no float, but e^x may still be one: then half of everything.
  const bool top = k > 127;
  const float s = detail::power_of_two(top ? 127 : k);
  const float y = fma(s, p, s - (top ? 0.5f : 1.0f));
  return x > 89.0f ? infinity() : top ? y * 2.0f : y;
}

VIT_DEV float log(float x) {
  float y;
  return detail::log_special(x, y) ? y : detail::log_finite(x);
}

VIT_DEV float log2(float x) {
  float y;
  if (detail::log_special(x, y))
    return y;
  int e;
  const float f = detail::split(x, e) - 1.0f;
  const float q = f * f * detail::log1p_poly(f);
  // log2(e) in two parts; f carries most of the value.
  const float low = fma(q, detail::kLog2e, f * 1.92596286e-08f);
  return fma(f, detail::kLog2e, low) + (float)e;
}

VIT_DEV float log1p(float x) {
  const float u = 1.0f + x;
  float y;
  if (detail::log_special(u, y))
    return y;
  // What the sum lost, to first order.
  const float lost = x > 1.0f ? 1.0f - (u - x) : x - (u - 1.0f);
  return abs(x) < 5.96046448e-08f ? x : detail::log_finite(u) + lost / u;
}

namespace detail {

/// 1 - 2^q for -126 <= q <= 0, with a small relative error also near 0: a
/// whole power s and what a fraction adds, 1 - s - s * (2^f - 1).
VIT_DEV float one_minus_exp2(float q) {
  const float round = kRound + 127.0f;
  const float t = q + round, f = q - (t - round);
  float p = fma(0.000153820059f, f, 0.00133873872f);
  p = fma(p, f, 0.00961831119f);
  p = fma(p, f, 0.0555036739f);
  p = fma(p, f, 0.240226492f);
  p = fma(p, f, 0.693147182f);
  const float s = from_bits(bits(t) << 23);
  return fma(-s, p * f, 1.0f - s);
}

} // namespace detail

/// (1 - 2^q) / (1 + 2^q) with 2^q = e^-2|x|.
VIT_DEV float tanh(float x) {
  const float a = abs(x);
  const float q = (a > 10.0f ? 10.0f : a) * -2.88539004f;
  const float e = detail::one_minus_exp2(q);
  return copysign(div(e, 2.0f - e), x);
}

/// 1 - erfc(|x|), where log2(erfc(t)) is t times a polynomial; no branch, so
/// that the elements of an epilogue overlap. Beyond 4 it is 1.
VIT_DEV float erf(float x) {
  const float a = abs(x), t = a > 4.0f ? 4.0f : a;
  float p = fma(1.2684498e-05f, t, -0.00016428165f);
  p = fma(p, t, 0.000895584875f);
  p = fma(p, t, -0.00237692939f);
  p = fma(p, t, 0.000207141304f);
  p = fma(p, t, 0.0276430156f);
  p = fma(p, t, -0.148279428f);
  p = fma(p, t, -0.918447435f);
  p = fma(p, t, -1.62790704f);
  return copysign(detail::one_minus_exp2(p * t), x);
}

VIT_DEV float sinh(float x) {
  const float a = abs(x);
  if (a < 1.0f) {
    const float s = x * x;
    float p = fma(0.000203728297f, s, 0.00833027437f);
    p = fma(p, s, 0.166667163f);
    return fma(p * s, x, x);
  }
  const float e =
      detail::exp_scaled(a, 0.0f, -1); // half of e^a never overflows early
  return copysign(e - 0.25f / e, x);
}

VIT_DEV float cosh(float x) {
  const float e = detail::exp_scaled(abs(x), 0.0f, -1);
  return e + 0.25f / e;
}

VIT_DEV float atan(float x) {
  const float a = abs(x);
  // tan(pi/8) and tan(3 pi/8) bound three ranges around 0, 1 and infinity.
  float base = 0.0f, low = 0.0f, t = a;
  if (a > 2.41421356f) {
    base = 1.57079637f, low = -4.37113883e-08f;
    t = -1.0f / a;
  } else if (a > 0.41421356f) {
    base = 0.785398185f, low = -2.18556941e-08f;
    t = (a - 1.0f) / (a + 1.0f);
  }
  const float s = t * t;
  float p = fma(0.0805427507f, s, -0.138778761f);
  p = fma(p, s, 0.19977732f);
  p = fma(p, s, -0.333329499f);
  return copysign(base + (fma(p * s, t, low) + t), x);
}

} // namespace vit

#include "vit_math_trig.cuh"

#endif // VIT_MATH_CUH
