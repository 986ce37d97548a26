//===- vit_math_trig.cuh - sin, cos, pow, remainder and rounding ----------===//
//
// The longer half of vit_math.cuh, which includes it: argument reduction by
// pi/2 for every float, and powers through a logarithm in two floats.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_MATH_TRIG_CUH
#define VIT_MATH_TRIG_CUH

namespace vit {
namespace detail {

/// Bits 32 * i and on of the binary expansion of 2 / pi.
VIT_DEV u32 two_over_pi(int i) {
  switch (i) {
  case 0:
    return 0xa2f9836eu;
  case 1:
    return 0x4e441529u;
  case 2:
    return 0xfc2757d1u;
  case 3:
    return 0xf534ddc0u;
  case 4:
    return 0xdb629599u;
  case 5:
    return 0x3c439041u;
  case 6:
    return 0xfe5163abu;
  default:
    return 0u;
  }
}

/// Payne and Hanek: |x| = q * pi/2 + r modulo 2 pi for large finite x, from the
/// 96 bits of 2/pi that matter for x.
VIT_DEV float reduce_large(float a, int &quadrant) {
  const u32 b = bits(a);
  const int e = (int)(b >> 23) - 127; // a = m * 2^(e - 23), e >= 16
  const u32 m = (b & 0x7fffffu) | 0x800000u;
  // Words of 2/pi whose product with a stays below 2^3 or is fraction.
  const int first = e - 26, word = first < 0 ? 0 : first >> 5;
  const int shift = first < 0 ? 0 : first & 31;
  u32 w[3];
  for (int i = 0; i < 3; ++i) {
    const u64 pair =
        ((u64)two_over_pi(word + i) << 32) | two_over_pi(word + i + 1);
    w[i] = (u32)((pair << shift) >> 32);
  }
  const int start = first < 0 ? 0 : first; // bit of 2/pi that w begins with
  const u64 p2 = (u64)m * w[2], p1 = (u64)m * w[1] + (p2 >> 32);
  const u64 p0 = (u64)m * w[0] + (p1 >> 32);
  // The product is (p0, p1's low word, ...) * 2^(e - 23 - start - 32).
  const u64 low = (p1 << 32) | (p2 & 0xffffffffu);
  // Move the point so that two integer bits stand on top of 64.
  const int up = 32 + start + 23 - e; // fraction bits of p0
  const u64 top = (p0 << (62 - up)) | (low >> (2 + up));
  quadrant = (int)(top >> 62);
  u64 fraction = top << 2;
  bool negative = false;
  if (fraction >> 63) { // beyond half a quadrant: from the next one
    ++quadrant;
    fraction = 0 - fraction;
    negative = true;
  }
  const float f = (float)fraction * 5.42101086e-20f;
  const float r = fma(f, 1.57079637f, f * -4.37113883e-08f);
  return negative ? -r : r;
}

/// x = q * pi/2 + r, |r| <= pi/4 (a little more), q modulo 4.
VIT_DEV float reduce(float x, int &quadrant) {
  const float a = abs(x);
  float r;
  if (a < 65536.0f) {
    const float t = fma(a, 0.636619772f, kRound), n = t - kRound;
    quadrant = (int)(bits(t) - bits(kRound));
    r = fma(n, -1.57079625f, a);
    r = fma(n, -7.54978942e-08f, r);
    r = fma(n, -5.39030253e-15f, r);
  } else {
    r = reduce_large(a, quadrant);
  }
  if (bits(x) >> 31) {
    quadrant = -quadrant;
    r = -r;
  }
  return r;
}

VIT_DEV float sin_cos(float r, int quadrant) {
  const float s = r * r;
  float y;
  if (quadrant & 1) {
    float p = fma(2.44325674e-05f, s, -0.00138873106f);
    p = fma(p, s, 0.0416666456f);
    y = fma(fma(p, s, -0.5f), s, 1.0f);
  } else {
    float p = fma(-0.000195182918f, s, 0.00833218917f);
    p = fma(p, s, -0.166666552f);
    y = fma(p * s, r, r);
  }
  return quadrant & 2 ? -y : y;
}

/// log(x) = high + low for a finite x > 0; relative error of the sum 2^-30.
VIT_DEV float log_two_floats(float x, float &low) {
  int e;
  const float m = split(x, e), f = m - 1.0f, n = (float)e;
  const float g = m + 1.0f, lost = m - (g - 1.0f);
  const float s = f / g;
  const float rest = fma(-s, lost, fma(-s, g, f)) / g;
  const float z = s * s;
  float p = fma(0.298709422f, z, 0.399775803f);
  p = fma(p, z, 0.666667759f);
  const float tail = fma(2.0f, rest, p * z * s);
  const float a = 2.0f * s + tail, aLow = tail - (a - 2.0f * s);
  const float big = n * 0.693145752f; // exact: 15 bits times 8
  const float high = big + a;
  // |big| >= |a| unless e is 0, and then big is 0.
  low = (a - (high - big)) + fma(n, 1.42860677e-06f, aLow);
  return high;
}

/// a^b of a finite a > 0 and a finite b.
VIT_DEV float pow_positive(float a, float b) {
  float low;
  const float high = log_two_floats(a, low);
  float y = b * high;
  const bool far = !(abs(y) < 200.0f);
  const float yLow = far ? 0.0f : fma(b, low, fma(b, high, -y));
  return exp_scaled(y, yLow, 0);
}

} // namespace detail

VIT_DEV float sin(float x) {
  if (!(abs(x) < infinity()))
    return quiet_nan();
  int quadrant;
  const float r = detail::reduce(x, quadrant);
  return r == 0.0f ? x : detail::sin_cos(r, quadrant);
}

VIT_DEV float cos(float x) {
  if (!(abs(x) < infinity()))
    return quiet_nan();
  int quadrant;
  const float r = detail::reduce(x, quadrant);
  return detail::sin_cos(r, quadrant + 1);
}

VIT_DEV float pow(float a, float b) {
  if (a == 1.0f || b == 0.0f)
    return 1.0f;
  if (is_nan(a) || is_nan(b))
    return quiet_nan();
  const bool integer = floor(b) == b;
  const bool odd = integer && floor(0.5f * b) != 0.5f * b;
  const float x = abs(a);
  if (abs(b) == infinity())
    return x == 1.0f ? 1.0f : (x > 1.0f) == (b > 0.0f) ? infinity() : 0.0f;
  if (a < 0.0f && !integer && x < infinity())
    return quiet_nan();
  const float y = x == 0.0f || x == infinity()
                      ? ((x == 0.0f) == (b > 0.0f) ? 0.0f : infinity())
                      : detail::pow_positive(x, b);
  return odd ? copysign(y, a) : y;
}

/// C's fmod: exact, sign of a.
VIT_DEV float rem(float a, float b) {
  float x = abs(a), y = abs(b);
  if (!(x < infinity()) || y == 0.0f || is_nan(b))
    return quiet_nan();
  if (x < y)
    return a;
  // Both as integers times 2^-149's multiples: long division by shifts.
  int ex = (int)(bits(x) >> 23), ey = (int)(bits(y) >> 23);
  u32 mx = bits(x) & 0x7fffffu, my = bits(y) & 0x7fffffu;
  mx |= ex ? 0x800000u : 0u, my |= ey ? 0x800000u : 0u;
  ex = ex ? ex : 1, ey = ey ? ey : 1;
  mx = mx % my;
  for (; ex > ey; --ex)
    mx = (mx << 1) % my;
  return copysign((float)mx * from_bits(1u) *
                      detail::power_of_two(ey - 1 > 126 ? 126 : ey - 1) *
                      (ey - 1 > 126 ? detail::power_of_two(ey - 127) : 1.0f),
                  a);
}

} // namespace vit

#endif // VIT_MATH_TRIG_CUH
