//===- RoundingTest.cpp - Storage formats of small floats -----------------===//
#include "reference/Rounding.h"
#include "gtest/gtest.h"

#include <bit>
#include <cmath>

namespace vitc::reference {
namespace {

constexpr DType kFormats[] = {DType::F16, DType::BF16, DType::F8E4M3FN,
                              DType::F8E5M2};

uint32_t patterns(DType dtype) {
  return dtype == DType::F16 || dtype == DType::BF16 ? 65536 : 256;
}

TEST(Rounding, EveryPatternDecodesAndEncodesAsItself) {
  for (DType dtype : kFormats)
    for (uint32_t bits = 0; bits < patterns(dtype); ++bits) {
      float value = decodeFloat(uint16_t(bits), dtype);
      if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(decodeFloat(encodeFloat(value, dtype), dtype)));
        continue;
      }
      EXPECT_EQ(encodeFloat(value, dtype), bits) << int(dtype);
      EXPECT_EQ(encodeFloat(double(value), dtype), bits) << int(dtype);
    }
}

TEST(Rounding, MidpointsGoToTheEvenNeighbour) {
  for (DType dtype : kFormats)
    for (uint32_t bits = 0; bits + 1 < patterns(dtype) / 2; ++bits) {
      double low = decodeFloat(uint16_t(bits), dtype);
      double high = decodeFloat(uint16_t(bits + 1), dtype);
      if (!std::isfinite(low) || !std::isfinite(high))
        continue;
      double middle = (low + high) / 2;
      uint32_t even = bits + (bits & 1);
      EXPECT_EQ(encodeFloat(middle, dtype), even);
      EXPECT_EQ(encodeFloat(float(middle), dtype), even);
      EXPECT_EQ(encodeFloat(std::nextafter(middle, low), dtype), bits);
      EXPECT_EQ(encodeFloat(std::nextafter(middle, high), dtype), bits + 1);
      EXPECT_EQ(encodeFloat(-middle, dtype) & (patterns(dtype) / 2 - 1), even);
    }
}

TEST(Rounding, FastHalfAgreesWithTheGeneralOne) {
  // All exponents, with mantissas around every rounding decision.
  for (uint32_t high = 0; high < 65536; high += 7)
    for (uint32_t low : {0u, 1u, 0xfffu, 0x1000u, 0x1001u, 0x8000u, 0xffffu}) {
      float value = std::bit_cast<float>(high << 16 | low);
      EXPECT_EQ(encodeFloat(value, DType::F16),
                encodeFloat(double(value), DType::F16))
          << value;
      EXPECT_EQ(encodeFloat(value, DType::BF16),
                encodeFloat(double(value), DType::BF16))
          << value;
    }
}

TEST(Rounding, OverflowAndSaturation) {
  EXPECT_EQ(encodeFloat(65519.0f, DType::F16), 0x7bff);
  EXPECT_EQ(encodeFloat(65520.0f, DType::F16), 0x7c00);
  EXPECT_EQ(encodeFloat(-1e30, DType::F16), 0xfc00);
  EXPECT_EQ(encodeFloat(1e30, DType::F16, /*saturate=*/true), 0x7bff);
  EXPECT_EQ(encodeFloat(448.0, DType::F8E4M3FN), 0x7e);
  EXPECT_EQ(encodeFloat(464.0, DType::F8E4M3FN), 0x7e); // even: 448
  EXPECT_EQ(encodeFloat(465.0, DType::F8E4M3FN), 0x7f);
  EXPECT_EQ(encodeFloat(465.0, DType::F8E4M3FN, /*saturate=*/true), 0x7e);
  EXPECT_EQ(encodeFloat(61440.0, DType::F8E5M2), 0x7c);
}

TEST(Rounding, DoublesRoundOnce) {
  // Rounded to f32 first, this would be the midpoint and then go to even.
  double value = 1.0 + std::ldexp(1.0, -11) + std::ldexp(1.0, -40);
  EXPECT_EQ(encodeFloat(value, DType::F16), 0x3c01);
  EXPECT_EQ(encodeFloat(float(value), DType::F16), 0x3c00);
}

} // namespace
} // namespace vitc::reference
