//===- Rounding.cpp - Storage formats of small floats ---------------------===//
#include "reference/Rounding.h"

#include <array>
#include <bit>
#include <cmath>
#include <memory>

namespace vitc::reference {
namespace {

/// Bits of a format: 1 sign, `exponent`, `mantissa`. `maxFinite`, `infinity`
/// and `nan` are without the sign.
struct Format {
  int exponent, mantissa;
  uint16_t maxFinite, infinity, nan;
  int minExponent() const { return 2 - (1 << (exponent - 1)); }
  int signShift() const { return exponent + mantissa; }
};

constexpr Format kF16{5, 10, 0x7bff, 0x7c00, 0x7e00};
constexpr Format kBF16{8, 7, 0x7f7f, 0x7f80, 0x7fc0};
// f8E4M3FN has no infinity: what overflows is NaN.
constexpr Format kE4M3{4, 3, 0x7e, 0x7f, 0x7f};
constexpr Format kE5M2{5, 2, 0x7b, 0x7c, 0x7e};

const Format &formatOf(DType dtype) {
  switch (dtype) {
  case DType::BF16:
    return kBF16;
  case DType::F8E4M3FN:
    return kE4M3;
  case DType::F8E5M2:
    return kE5M2;
  case DType::F32:
  case DType::TF32:
  case DType::F16:
  case DType::I8:
  case DType::UI8:
  case DType::I32:
  case DType::I1:
  case DType::I64:
    break;
  }
  return kF16;
}

uint16_t encode(double x, const Format &format, bool saturate) {
  uint16_t sign = std::signbit(x) ? 1u << format.signShift() : 0;
  if (std::isnan(x))
    return sign | format.nan;
  uint16_t over = saturate ? format.maxFinite : format.infinity;
  double size = std::fabs(x);
  if (size == 0)
    return sign;
  if (std::isinf(size))
    return sign | over;
  // `size` counts in units of 2^unit; the count is rounded to nearest even and
  // its implicit bit carries into the exponent field.
  int lowest = format.minExponent() - format.mantissa;
  int unit = std::max(std::ilogb(size) - format.mantissa, lowest);
  if (unit - lowest >= 1 << format.exponent)
    return sign | over;
  auto count = static_cast<uint32_t>(std::nearbyint(std::ldexp(size, -unit)));
  uint32_t bits = (uint32_t(unit - lowest) << format.mantissa) + count;
  return sign | (bits > format.maxFinite ? over : uint16_t(bits));
}

float decode(uint16_t bits, const Format &format) {
  uint16_t body = bits & ((1u << format.signShift()) - 1);
  float sign = bits >> format.signShift() ? -1.0f : 1.0f;
  if (body > format.maxFinite)
    return body == format.infinity && format.infinity != format.nan
               ? sign * INFINITY
               : std::copysign(NAN, sign);
  int exponent = body >> format.mantissa;
  int mantissa = body & ((1 << format.mantissa) - 1);
  int unit = format.minExponent() - format.mantissa;
  if (exponent == 0)
    return sign * std::ldexp(float(mantissa), unit);
  return sign * std::ldexp(float(mantissa | 1 << format.mantissa),
                           unit + exponent - 1);
}

/// f32 to f16 without a branch on the common path; the same as encode().
uint16_t encodeHalf(float x) {
  uint32_t bits = std::bit_cast<uint32_t>(x);
  uint16_t sign = bits >> 16 & 0x8000;
  bits &= 0x7fffffff;
  if (bits >= 0x47800000) // 65536 and more
    return sign | (bits > 0x7f800000 ? kF16.nan : kF16.infinity);
  if (bits < 0x38800000) // below 2^-14: adding 0.5 rounds at 2^-24
    return sign |
           uint16_t(std::bit_cast<uint32_t>(std::bit_cast<float>(bits) + 0.5f) -
                    0x3f000000);
  uint32_t odd = bits >> 13 & 1;
  return sign | uint16_t((bits + 0xc8000fff + odd) >> 13);
}

uint16_t encodeBFloat(float x) {
  uint32_t bits = std::bit_cast<uint32_t>(x);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return uint16_t(bits >> 16 & 0x8000) | kBF16.nan;
  return uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

} // namespace

uint16_t encodeFloat(double x, DType dtype, bool saturate) {
  return encode(x, formatOf(dtype), saturate);
}

uint16_t encodeFloat(float x, DType dtype, bool saturate) {
  if (dtype == DType::F16 && !saturate)
    return encodeHalf(x);
  if (dtype == DType::BF16 && !saturate)
    return encodeBFloat(x);
  return encode(x, formatOf(dtype), saturate);
}

float decodeFloat(uint16_t bits, DType dtype) {
  if (dtype == DType::BF16)
    return std::bit_cast<float>(uint32_t(bits) << 16);
  if (dtype == DType::F16) {
    static const auto table = [] {
      auto values = std::make_unique<std::array<float, 65536>>();
      for (uint32_t i = 0; i < 65536; ++i)
        (*values)[i] = decode(uint16_t(i), kF16);
      return values;
    }();
    return (*table)[bits];
  }
  return decode(bits, formatOf(dtype));
}

bool isFloat(DType dtype) {
  switch (dtype) {
  case DType::F32:
  case DType::TF32:
  case DType::F16:
  case DType::BF16:
  case DType::F8E4M3FN:
  case DType::F8E5M2:
    return true;
  case DType::I8:
  case DType::UI8:
  case DType::I32:
  case DType::I1:
  case DType::I64:
    return false;
  }
  return false;
}

} // namespace vitc::reference
