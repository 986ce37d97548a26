//===- MathTest.cpp - accuracy and special values of vit_math.cuh ---------===//
#include "codegen/kernels/vit_fn.cuh"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>

static const float kInf = std::numeric_limits<float>::infinity();
static const float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Error in units of the last place of the float nearest to `want`.
static double ulps(float got, double want) {
  float rounded = static_cast<float>(want);
  if (std::isnan(want) || std::isnan(got))
    return std::isnan(want) && std::isnan(got) ? 0 : 1e9;
  if (std::isinf(rounded) || std::isinf(got))
    return rounded == got ? 0 : 1e9;
  int exponent;
  std::frexp(want, &exponent);
  return std::abs(got - want) / std::ldexp(1.0, std::max(exponent, -125) - 24);
}

/// The worst error over all binades, both signs, NaN and infinities.
template <class F, class G> static double worst(F f, G reference) {
  double error = 0;
  auto look = [&](float x) {
    error = std::max(error, ulps(f(x), reference(static_cast<double>(x))));
  };
  for (uint64_t i = 0; i < (1ull << 32); i += 12289) {
    uint32_t bits = static_cast<uint32_t>(i);
    float x;
    std::memcpy(&x, &bits, 4);
    look(x);
  }
  for (float x = -20; x < 20; x += 0.000313f)
    look(x);
  for (float x : {0.0f, -0.0f, kInf, -kInf, kNaN, 1.0f, -1.0f, 1e-45f})
    look(x);
  return error;
}

#define EXPECT_ULPS(NAME, BOUND)                                               \
  EXPECT_LE(worst([](float x) { return vit::NAME(x); },                        \
                  [](double x) { return std::NAME(x); }),                      \
            BOUND)

TEST(Math, ExponentialsAndLogarithms) {
  EXPECT_ULPS(exp, 1.5);
  EXPECT_ULPS(exp2, 1.5);
  EXPECT_ULPS(expm1, 1.5);
  EXPECT_ULPS(log, 1.5);
  EXPECT_ULPS(log2, 1.5);
  EXPECT_ULPS(log1p, 1.5);
}

TEST(Math, Activations) {
  EXPECT_ULPS(erf, 2.5);
  EXPECT_ULPS(tanh, 3.5);
  EXPECT_ULPS(sinh, 2);
  EXPECT_ULPS(cosh, 2);
}

TEST(Math, Trigonometry) {
  EXPECT_ULPS(sin, 2.5);
  EXPECT_ULPS(cos, 2.5);
  EXPECT_ULPS(atan, 2.5);
}

TEST(Math, Power) {
  std::mt19937 random(1);
  double error = 0;
  for (int i = 0; i < 300000; ++i) {
    float a = std::ldexp(1 + random() * 0x1p-32f, int(random() % 40) - 20);
    float b = std::ldexp(int(random()) * 0x1p-31f, int(random() % 12) - 4);
    error = std::max(error, ulps(vit::pow(a, b), std::pow(double(a), b)));
  }
  EXPECT_LE(error, 2.5);
  const float special[] = {0,  -0.0f, 1,  -1,  kInf, -kInf,  kNaN,    2,
                           -2, 3,     -3, .5f, -.5f, 1e-40f, -1e-40f, 1e38f};
  for (float a : special)
    for (float b : special) {
      float got = vit::pow(a, b), want = std::pow(a, b);
      EXPECT_LE(ulps(got, want), 4) << a << " ^ " << b;
      if (!std::isnan(want)) {
        EXPECT_EQ(std::signbit(got), std::signbit(want)) << a << " ^ " << b;
      }
    }
}

TEST(Math, RemainderIsExact) {
  std::mt19937 random(2);
  for (int i = 0; i < 200000; ++i) {
    uint32_t u = random(), v = random();
    if (i & 1) // of similar size
      v = (u & 0x7f800000) + (v & 0x80ffffff);
    float a, b;
    std::memcpy(&a, &u, 4);
    std::memcpy(&b, &v, 4);
    float got = vit::rem(a, b), want = std::fmod(a, b);
    ASSERT_TRUE(got == want || (std::isnan(got) && std::isnan(want)))
        << a << " % " << b;
  }
}

TEST(Math, AttentionWeights) {
  for (float x = 0; x > -126; x -= 0.00317f) {
    double want = std::exp2(static_cast<double>(x));
    ASSERT_LE(std::abs(vit::exp2_weight(x) - want), 3e-6 * want);
  }
  EXPECT_EQ(vit::exp2_weight(0), 1.0f);
  EXPECT_EQ(vit::exp2_weight(-kInf), 0.0f);
  EXPECT_EQ(vit::exp2_weight(-500), 0.0f);
  EXPECT_TRUE(std::isnan(vit::exp2_weight(kNaN)));
}

TEST(Functions, MaximaAndNaN) {
  EXPECT_TRUE(std::isnan(vit::fn::max(1, kNaN)));
  EXPECT_TRUE(std::isnan(vit::fn::max(kNaN, 1)));
  EXPECT_TRUE(std::isnan(vit::fn::min(1, kNaN)));
  EXPECT_TRUE(std::isnan(vit::fn::min(kNaN, 1)));
  EXPECT_EQ(vit::fn::maxnum(kNaN, 1), 1);
  EXPECT_EQ(vit::fn::maxnum(1, kNaN), 1);
  EXPECT_EQ(vit::fn::minnum(kNaN, 1), 1);
  EXPECT_EQ(vit::fn::minnum(1, kNaN), 1);
  EXPECT_FALSE(std::signbit(vit::fn::max(-0.0f, 0.0f)));
  EXPECT_TRUE(std::signbit(vit::fn::min(0.0f, -0.0f)));
}

TEST(Functions, Comparisons) {
  EXPECT_FALSE(vit::fn::cmp_oeq(kNaN, kNaN));
  EXPECT_TRUE(vit::fn::cmp_ueq(kNaN, 1));
  EXPECT_TRUE(vit::fn::cmp_ueq(1, 1));
  EXPECT_FALSE(vit::fn::cmp_one(kNaN, 1));
  EXPECT_TRUE(vit::fn::cmp_une(kNaN, 1));
  EXPECT_TRUE(vit::fn::cmp_ugt(kNaN, 1));
  EXPECT_FALSE(vit::fn::cmp_ult(2, 1));
  EXPECT_TRUE(vit::fn::cmp_uno(kNaN, 1));
  EXPECT_TRUE(vit::fn::cmp_ord(2, 1));
  EXPECT_TRUE(vit::fn::cmp_slt(-1, 1));
  EXPECT_FALSE(vit::fn::cmp_ult_i(-1, 1));
  EXPECT_TRUE(vit::fn::cmp_slt(true, false)); // -1 < 0
}

TEST(Functions, IntegersWrapAndNeverTrap) {
  const int least = -2147483647 - 1;
  EXPECT_EQ(vit::fn::add_i(2147483647, 1), least);
  EXPECT_EQ(vit::fn::div_si(least, -1), least);
  EXPECT_EQ(vit::fn::div_si(7, 0), -1);
  EXPECT_EQ(vit::fn::rem_si(7, 0), 7);
  EXPECT_EQ(vit::fn::rem_si(least, -1), 0);
  EXPECT_EQ(vit::fn::rem_si(-7LL, 3LL), -1LL);
  EXPECT_EQ(vit::fn::abs_i(least), least);
  EXPECT_EQ(vit::fn::ext_i<long long>(-3), -3LL);
  EXPECT_EQ(vit::fn::ext_i<int>(true), 1);
  EXPECT_EQ(vit::fn::trunc_i<int>(0x100000002LL), 2);
  EXPECT_FALSE(vit::fn::trunc_i<bool>(2));
}

TEST(Functions, Conversions) {
  EXPECT_EQ(vit::fn::fp_to_si<int>(-3.9f), -3);
  EXPECT_EQ(vit::fn::fp_to_si<int>(1e20f), 2147483647);
  EXPECT_EQ(vit::fn::fp_to_si<int>(-kInf), -2147483647 - 1);
  EXPECT_EQ(vit::fn::fp_to_si<long long>(kNaN), 0);
  EXPECT_EQ(vit::fn::si_to_fp(true), -1.0f);
  EXPECT_EQ(vit::fn::ui_to_fp(true), 1.0f);
  EXPECT_EQ(vit::fn::ui_to_fp(-1), 4294967296.0f);
  EXPECT_EQ(vit::fn::round_f16(1.0f + 0x1p-11f), 1.0f);
  EXPECT_EQ(vit::fn::round_bf16(1.0f + 0x1.8p-8f), 1.0f + 0x1p-7f);
  EXPECT_EQ(vit::fn::round_f8e4m3fn(1000), 448.0f);
  EXPECT_EQ(vit::fn::round_f8e5m2(3.3f), 3.5f);
  EXPECT_EQ(vit::fn::roundeven(2.5f), 2.0f);
  EXPECT_EQ(vit::store_as<unsigned char>(true), 1);
  EXPECT_EQ(vit::store_as<unsigned char>(300.0f), 255);
  EXPECT_EQ(vit::to_f32(vit::store_as<vit::f16>(3)), 3.0f);
}
