// Shuffles, votes, built-in variables and conversions give what CUDA gives.
#include "Facts.h"
#include "Harness.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

using namespace vitrt::emu;
using namespace vitrt::emu::test;

namespace {

std::vector<int> shuffle(const std::string &expression, uint32_t threads = 32) {
  std::vector<int> out(threads);
  runClean("VIT_KERNEL(32) kernel(int *out) {\n"
           "  const int lane = threadIdx.x;\n"
           "  out[lane] = " +
               expression + ";\n}\nVIT_EXPORT(kernel)\n",
           {Buffer::out(out, "out")}, threads);
  return out;
}

TEST(Warp, Shuffles) {
  auto xor4 = shuffle("__shfl_xor_sync(0xffffffffu, lane * 10, 4)");
  auto index = shuffle("__shfl_sync(0xffffffffu, lane * 10, 37)");
  auto segment = shuffle("__shfl_sync(0xffffffffu, lane * 10, 3, 8)");
  auto down = shuffle("__shfl_down_sync(0xffffffffu, lane * 10, 3)");
  auto down8 = shuffle("__shfl_down_sync(0xffffffffu, lane * 10, 3, 8)");
  auto up = shuffle("__shfl_up_sync(0xffffffffu, lane * 10, 3)");
  auto xorOut = shuffle("__shfl_xor_sync(0xffffffffu, lane * 10, 8, 8)");
  auto real = shuffle(
      "(int)(2.f * __shfl_xor_sync(0xffffffffu, (float)lane + 0.5f, 1))");
  for (int l = 0; l < 32; ++l) {
    EXPECT_EQ(xor4[l], (l ^ 4) * 10);
    EXPECT_EQ(index[l], 50); // The source is modulo the width.
    EXPECT_EQ(segment[l], (l / 8 * 8 + 3) * 10);
    EXPECT_EQ(down[l], (l + 3 < 32 ? l + 3 : l) * 10);
    EXPECT_EQ(down8[l], (l % 8 + 3 < 8 ? l + 3 : l) * 10);
    EXPECT_EQ(up[l], (l >= 3 ? l - 3 : l) * 10);
    // A lane of a later segment is out of reach, of an earlier one is not.
    EXPECT_EQ(xorOut[l], (l & 8 ? l ^ 8 : l) * 10);
    EXPECT_EQ(real[l], (l ^ 1) * 2 + 1);
  }
}

TEST(Warp, Votes) {
  EXPECT_EQ(shuffle("(int)__ballot_sync(0xffffffffu, lane % 3 == 0)"),
            std::vector<int>(32, 0x49249249));
  EXPECT_EQ(shuffle("__any_sync(0xffffffffu, lane == 9) + 2 * "
                    "__any_sync(0xffffffffu, lane == 99)"),
            std::vector<int>(32, 1));
  EXPECT_EQ(shuffle("__all_sync(0xffffffffu, lane < 32) + 2 * "
                    "__all_sync(0xffffffffu, lane != 9)"),
            std::vector<int>(32, 1));
}

TEST(Warp, PartialWarp) {
  auto sum = shuffle("lane + __shfl_xor_sync(0xffffffffu, lane, 1)", 4);
  EXPECT_EQ(sum, (std::vector<int>{1, 1, 5, 5}));
  auto ballot = shuffle("(int)__ballot_sync(0xffffffffu, 1)", 4);
  EXPECT_EQ(ballot, std::vector<int>(4, 15));
}

TEST(Warp, BuiltInVariables) {
  std::vector<int> out(2 * 3 * 2 * 8);
  TestKernel kernel(R"(VIT_KERNEL(8) kernel(int *out) {
  const int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  out[block * blockDim.x + threadIdx.x] = blockIdx.x + 10 * blockIdx.y + 100 * blockIdx.z + 1000 * threadIdx.x;
}
VIT_EXPORT(kernel)
)");
  LaunchResult result = kernel.run({Buffer::out(out, "out")}, 8, {2, 3, 2});
  EXPECT_TRUE(result.ok()) << describe(result);
  for (size_t i = 0; i < out.size(); ++i) {
    size_t block = i / 8;
    EXPECT_EQ(out[i], block % 2 + 10 * (block / 2 % 3) + 100 * (block / 6) +
                          1000 * (i % 8));
  }
}

/// Applies `expression` of `float x` (or of its bits, `u`) to each input.
std::vector<uint32_t> map(const std::string &expression,
                          std::vector<uint32_t> inputs) {
  std::vector<uint32_t> out(inputs.size());
  auto blocks = static_cast<uint32_t>((inputs.size() + 31) / 32);
  runClean("VIT_KERNEL(32) kernel(const vit::u32 *in, vit::u32 *out) {\n"
           "  const int i = blockIdx.x * 32 + threadIdx.x;\n"
           "  if (i >= " +
               std::to_string(inputs.size()) +
               ") return;\n"
               "  const vit::u32 u = in[i];\n"
               "  const float x = vit::from_bits(u);\n  (void)x;\n"
               "  out[i] = " +
               expression + ";\n}\nVIT_EXPORT(kernel)\n",
           {Buffer::in(inputs, "in"), Buffer::out(out, "out")}, 32,
           {blocks, 1, 1});
  return out;
}

void expectTable(const std::string &table, const std::string &expression) {
  std::vector<uint32_t> inputs, want;
  for (const auto &row : fact(table)) {
    inputs.push_back(static_cast<uint32_t>(row[0]));
    want.push_back(static_cast<uint32_t>(row[1]));
  }
  std::vector<uint32_t> got = map(expression, inputs);
  for (size_t i = 0; i < want.size(); ++i) {
    bool bothNaN = std::isnan(std::bit_cast<float>(got[i])) &&
                   std::isnan(std::bit_cast<float>(want[i]));
    EXPECT_TRUE(got[i] == want[i] || bothNaN)
        << table << " of " << inputs[i] << ": " << got[i] << ", not "
        << want[i];
  }
}

TEST(Conversion, Float8) {
  expectTable("e4m3.encode_satfinite", "vit::convert<vit::f8e4m3>(x).x");
  expectTable("e5m2.encode_satfinite", "vit::convert<vit::f8e5m2>(x).x");
  expectTable("e4m3.decode",
              "vit::bits(vit::to_f32(vit::f8e4m3{(unsigned char)u}))");
  expectTable("e5m2.decode",
              "vit::bits(vit::to_f32(vit::f8e5m2{(unsigned char)u}))");
}

TEST(Conversion, TF32) { expectTable("tf32.rna", "vit::to_tf32(x)"); }

TEST(Conversion, HalvesBothWays) {
  std::vector<uint32_t> all;
  for (uint32_t i = 0; i < 65536; ++i)
    all.push_back(i);
  auto f16 =
      map("vit::convert<vit::f16>(vit::to_f32(vit::f16{(vit::u16)u})).x", all);
  auto bf16 = map(
      "vit::convert<vit::bf16>(vit::to_f32(vit::bf16{(vit::u16)u})).x", all);
  for (uint32_t i = 0; i < 65536; ++i) {
    bool nan16 = (i & 0x7fff) > 0x7c00, nanB = (i & 0x7fff) > 0x7f80;
    EXPECT_EQ(f16[i], nan16 ? 0x7fffu : i);
    EXPECT_EQ(bf16[i], nanB ? 0x7fffu : i);
  }
  // Ties go to even, in both directions; large values to infinity.
  auto bits = [](float f) { return std::bit_cast<uint32_t>(f); };
  EXPECT_EQ(map("vit::convert<vit::f16>(x).x",
                {bits(1 + 0x1p-11f), bits(1 + 0x3p-11f), bits(65520.f),
                 bits(0x1p-25f), bits(0x1.8p-25f)}),
            (std::vector<uint32_t>{0x3c00, 0x3c02, 0x7c00, 0, 1}));
  EXPECT_EQ(
      map("vit::convert<vit::bf16>(x).x",
          {bits(1 + 0x1p-8f), bits(1 + 0x3p-8f), 0x7f7fffffu, 0xff7fffffu}),
      (std::vector<uint32_t>{0x3f80, 0x3f82, 0x7f80, 0xff80}));
  EXPECT_EQ(map("vit::pack2<vit::f16>(x, 2.f)", {bits(1.f)}),
            std::vector<uint32_t>{0x40003c00});
  EXPECT_EQ(map("vit::pack2<vit::bf16>(x, 2.f)", {bits(1.f)}),
            std::vector<uint32_t>{0x40003f80});
}

TEST(Conversion, Integers) {
  auto bits = [](float f) { return std::bit_cast<uint32_t>(f); };
  float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<uint32_t> in = {bits(2.5f),   bits(-3.5f), bits(300.f),
                              bits(-300.f), bits(nan),   bits(3e9f)};
  EXPECT_EQ(
      map("(vit::u32)(int)vit::convert<vit::i8>(x)", in),
      (std::vector<uint32_t>{2, uint32_t(-4), 127, uint32_t(-128), 0, 127}));
  EXPECT_EQ(map("vit::convert<vit::ui8>(x)", in),
            (std::vector<uint32_t>{2, 0, 255, 0, 0, 255}));
  EXPECT_EQ(map("(vit::u32)vit::convert<int>(x)", in),
            (std::vector<uint32_t>{2, uint32_t(-3), 300, uint32_t(-300), 0,
                                   0x7fffffff}));
  EXPECT_EQ(map("(vit::u32)vit::convert<long long>(x)", in),
            (std::vector<uint32_t>{2, uint32_t(-3), 300, uint32_t(-300), 0,
                                   3000000000u}));
}

TEST(Conversion, Arithmetic) {
  std::vector<uint32_t> in;
  for (float f : {2.f, 3.f, 0.1f, 1e-40f, 1e30f, -1.5f, 2.5f})
    in.push_back(std::bit_cast<uint32_t>(f));
  auto check = [&](const char *expression, auto function) {
    auto got = map(std::string("vit::bits(") + expression + ")", in);
    for (size_t i = 0; i < in.size(); ++i) {
      float want = function(std::bit_cast<float>(in[i]));
      if (std::isnan(want))
        continue;
      EXPECT_EQ(got[i], std::bit_cast<uint32_t>(want)) << expression << i;
    }
  };
  check("vit::sqrt(x)", [](float x) { return std::sqrt(x); });
  check("vit::rsqrt(x)", [](float x) { return 1.f / std::sqrt(x); });
  check("vit::div(x, 3.f)", [](float x) { return x / 3.f; });
  check("vit::fma(x, x, -1.f)", [](float x) { return std::fmaf(x, x, -1.f); });
  check("vit::floor(x)", [](float x) { return std::floor(x); });
  check("vit::rint(x)", [](float x) { return std::rint(x); });
  // No contraction: the product is rounded.
  check("x * x - 1.f", [](float x) {
    volatile float square = x * x;
    return square - 1.f;
  });
}

} // namespace
