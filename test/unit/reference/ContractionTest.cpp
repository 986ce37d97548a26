//===- ContractionTest.cpp - Products against plain loops -----------------===//
#include "Harness.h"

#include <cmath>

namespace vitc::reference {
namespace {

TEST(Contraction, Linear) {
  Tensor out = runOp(
      "%r = vit.linear %a, %b, %c : (tensor<2x3xf32>, tensor<2x3xf32>, "
      "tensor<2xf32>) -> tensor<2x2xf32>",
      {"tensor<2x3xf32>", "tensor<2x3xf32>", "tensor<2xf32>"},
      "tensor<2x2xf32>", {iota({2, 3}), iota({2, 3}, 1, 1), iota({2}, 10)});
  expectValues(out, {8, 27, 26, 72});
}

TEST(Contraction, LinearRoundsToHalf) {
  Tensor x = fromDoubles(DType::F16, {1, 2}, {2048, 1});
  Tensor w = fromDoubles(DType::F16, {1, 2}, {1, 1});
  Tensor out =
      runOp("%r = vit.linear %a, %b : (tensor<1x2xf16>, tensor<1x2xf16>) -> "
            "tensor<1x1xf16>",
            {"tensor<1x2xf16>", "tensor<1x2xf16>"}, "tensor<1x1xf16>", {x, w});
  EXPECT_EQ(out.dtype(), DType::F16);
  expectValues(out, {2048}); // 2049 is no f16
  Tensor wide =
      runOp("%r = vit.linear %a, %b : (tensor<1x2xf16>, tensor<1x2xf16>) -> "
            "tensor<1x1xf32>",
            {"tensor<1x2xf16>", "tensor<1x2xf16>"}, "tensor<1x1xf32>", {x, w});
  expectValues(wide, {2049});
}

TEST(Contraction, QkvProjectionSplitsColumns) {
  std::vector<Tensor> out =
      runMain("func.func @main(%x: tensor<2x2xf32>, %w: tensor<4x2xf32>) -> "
              "(tensor<2x1xf32>, tensor<2x2xf32>) {\n"
              "%q, %k, %v = vit.qkv_projection %x, %w : (tensor<2x2xf32>, "
              "tensor<4x2xf32>) -> (tensor<2x1xf32>, tensor<2x1xf32>, "
              "tensor<2x2xf32>)\n"
              "return %q, %v : tensor<2x1xf32>, tensor<2x2xf32>\n}",
              {iota({2, 2}), iota({4, 2})});
  ASSERT_EQ(out.size(), 2u);
  expectValues(out[0], {1, 3});
  expectValues(out[1], {5, 7, 23, 33});
}

TEST(Contraction, MatmulBroadcastsLeadingDimensions) {
  Tensor a = iota({2, 1, 2, 2}), b = iota({3, 2, 2});
  Tensor out = runOp("%r = vit.matmul %a, %b {transpose_rhs} : "
                     "(tensor<2x1x2x2xf32>, tensor<3x2x2xf32>) -> "
                     "tensor<2x3x2x2xf32>",
                     {"tensor<2x1x2x2xf32>", "tensor<3x2x2xf32>"},
                     "tensor<2x3x2x2xf32>", {a, b});
  std::vector<double> expected;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int m = 0; m < 2; ++m)
        for (int n = 0; n < 2; ++n)
          expected.push_back(a.at(i * 4 + m * 2) * b.at(j * 4 + n * 2) +
                             a.at(i * 4 + m * 2 + 1) * b.at(j * 4 + n * 2 + 1));
  expectValues(out, expected);
}

/// softmax(scale * q k^T + addend) v in doubles, for one head.
std::vector<double> attend(const std::vector<std::vector<double>> &q,
                           const std::vector<std::vector<double>> &k,
                           const std::vector<std::vector<double>> &v,
                           double scale,
                           const std::function<double(int, int)> &addend) {
  std::vector<double> out;
  for (size_t i = 0; i < q.size(); ++i) {
    std::vector<double> weight;
    double sum = 0;
    for (size_t j = 0; j < k.size(); ++j) {
      double dot = 0;
      for (size_t d = 0; d < q[i].size(); ++d)
        dot += q[i][d] * k[j][d];
      weight.push_back(std::exp(scale * dot + addend(i, j)));
      sum += weight.back();
    }
    for (size_t d = 0; d < v[0].size(); ++d) {
      double value = 0;
      for (size_t j = 0; j < k.size(); ++j)
        value += weight[j] / sum * v[j][d];
      out.push_back(value);
    }
  }
  return out;
}

std::vector<std::vector<double>> rows(const Tensor &t, int64_t batch,
                                      int64_t first, int64_t width,
                                      std::vector<int64_t> tokens = {}) {
  if (tokens.empty())
    for (int64_t i = 0; i < t.dim(1); ++i)
      tokens.push_back(i);
  std::vector<std::vector<double>> result;
  for (int64_t i : tokens) {
    result.emplace_back();
    for (int64_t d = 0; d < width; ++d)
      result.back().push_back(
          t.at((batch * t.dim(1) + i) * t.dim(2) + first + d));
  }
  return result;
}

TEST(Contraction, AttentionWithSharedKeysBiasAndUnequalSizes) {
  Tensor q = randomTensor(DType::F32, {2, 3, 8}, 1); // 4 heads of 2
  Tensor k = randomTensor(DType::F32, {2, 5, 4}, 2); // 2 heads of 2
  Tensor v = randomTensor(DType::F32, {2, 5, 6}, 3); // 2 heads of 3
  Tensor b = randomTensor(DType::F32, {1, 4, 1, 5}, 4);
  Tensor out = runOp(
      "%r = vit.attention %a, %b, %c bias %d {heads = 4 : i64, kv_heads = 2 : "
      "i64, scale = 0.5 : f32} : (tensor<?x3x8xf32, #vit.batch<1>>, "
      "tensor<?x5x4xf32, #vit.batch<1>>, tensor<?x5x6xf32, #vit.batch<1>>, "
      "tensor<1x4x1x5xf32>) -> tensor<?x3x12xf32, #vit.batch<1>>",
      {"tensor<?x3x8xf32, #vit.batch<1>>", "tensor<?x5x4xf32, #vit.batch<1>>",
       "tensor<?x5x6xf32, #vit.batch<1>>", "tensor<1x4x1x5xf32>"},
      "tensor<?x3x12xf32, #vit.batch<1>>", {q, k, v, b});
  ASSERT_EQ(out.numElements(), 72);
  for (int64_t batch = 0; batch < 2; ++batch)
    for (int64_t h = 0; h < 4; ++h) {
      auto expected =
          attend(rows(q, batch, h * 2, 2), rows(k, batch, h / 2 * 2, 2),
                 rows(v, batch, h / 2 * 3, 3), 0.5,
                 [&](int, int j) { return b.at(h * 5 + j); });
      for (int64_t i = 0; i < 3; ++i)
        for (int64_t d = 0; d < 3; ++d)
          EXPECT_NEAR(out.at((batch * 3 + i) * 12 + h * 3 + d),
                      expected[i * 3 + d], 1e-5);
    }
}

TEST(Contraction, CausalAttentionAlignsTheEnds) {
  Tensor q = randomTensor(DType::F32, {1, 2, 2}, 1);
  Tensor k = randomTensor(DType::F32, {1, 3, 2}, 2);
  Tensor out = runOp(
      "%r = vit.attention %a, %b, %b {heads = 1 : i64, kv_heads = 1 : i64, "
      "scale = 1.0 : f32, causal} : (tensor<1x2x2xf32>, tensor<1x3x2xf32>, "
      "tensor<1x3x2xf32>) -> tensor<1x2x2xf32>",
      {"tensor<1x2x2xf32>", "tensor<1x3x2xf32>"}, "tensor<1x2x2xf32>", {q, k});
  auto expected =
      attend(rows(q, 0, 0, 2), rows(k, 0, 0, 2), rows(k, 0, 0, 2), 1,
             [](int i, int j) { return j <= i + 1 ? 0.0 : -INFINITY; });
  expectValues(out, expected, 1e-5);
}

TEST(Contraction, WindowAttentionRollsAndMasks) {
  // A 4 x 4 grid, windows of 2 x 2, rolled by one row only.
  Tensor x = randomTensor(DType::F32, {1, 16, 2}, 5);
  Tensor bias = randomTensor(DType::F32, {1, 4, 4}, 6);
  Tensor out = runOp(
      "%r = vit.window_attention %a, %a, %a bias %b {heads = 1 : i64, scale = "
      "1.0 : f32, grid = array<i64: 4, 4>, window = array<i64: 2, 2>, shift = "
      "array<i64: 1, 0>} : (tensor<1x16x2xf32>, tensor<1x16x2xf32>, "
      "tensor<1x16x2xf32>, tensor<1x4x4xf32>) -> tensor<1x16x2xf32>",
      {"tensor<1x16x2xf32>", "tensor<1x4x4xf32>"}, "tensor<1x16x2xf32>",
      {x, bias});
  // Rolled rows are 1, 2, 3, 0: the second windows hold rows 3 and 0, which
  // lie on different sides.
  for (int64_t wx = 0; wx < 4; wx += 2) {
    for (int64_t top : {1, 3}) {
      int64_t below = (top + 1) % 4;
      std::vector<int64_t> tokens = {top * 4 + wx, top * 4 + wx + 1,
                                     below * 4 + wx, below * 4 + wx + 1};
      auto part = rows(x, 0, 0, 2, tokens);
      auto expected = attend(part, part, part, 1, [&](int i, int j) {
        return top == 3 && i / 2 != j / 2 ? -INFINITY : bias.at(i * 4 + j);
      });
      for (int64_t i = 0; i < 4; ++i)
        for (int64_t d = 0; d < 2; ++d)
          EXPECT_NEAR(out.at(tokens[i] * 2 + d), expected[i * 2 + d], 1e-5);
    }
  }
}

TEST(Contraction, PatchEmbedIsAConvolutionInTokens) {
  std::vector<std::string> types = {"tensor<2x3x9x8xf32>",
                                    "tensor<5x3x4x2xf32>", "tensor<5xf32>"};
  std::vector<Tensor> inputs = {randomTensor(DType::F32, {2, 3, 9, 8}, 1),
                                randomTensor(DType::F32, {5, 3, 4, 2}, 2),
                                randomTensor(DType::F32, {5}, 3)};
  Tensor patches =
      runOp("%r = vit.patch_embed %a, %b, %c : (tensor<2x3x9x8xf32>, "
            "tensor<5x3x4x2xf32>, tensor<5xf32>) -> tensor<2x8x5xf32>",
            types, "tensor<2x8x5xf32>", inputs);
  Tensor conv = runOp(
      "%0 = vit.conv2d %a, %b, %c {strides = array<i64: 4, 2>, pads = "
      "array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} "
      ": (tensor<2x3x9x8xf32>, tensor<5x3x4x2xf32>, tensor<5xf32>) -> "
      "tensor<2x5x2x4xf32>\n"
      "%1 = vit.reshape %0 : tensor<2x5x2x4xf32> -> tensor<2x5x8xf32>\n"
      "%r = vit.transpose %1 [0, 2, 1] : tensor<2x5x8xf32> -> "
      "tensor<2x8x5xf32>",
      types, "tensor<2x8x5xf32>", inputs);
  expectValues(patches, conv.toDoubles(), 1e-5);
}

TEST(Contraction, GroupedDilatedPaddedConvolution) {
  Tensor x = randomTensor(DType::F32, {1, 4, 6, 5}, 1);
  Tensor w = randomTensor(DType::F32, {2, 2, 3, 2}, 2);
  Tensor out = runOp(
      "%r = vit.conv2d %a, %b {strides = array<i64: 2, 1>, pads = array<i64: "
      "1, 0, 2, 1>, dilations = array<i64: 1, 2>, groups = 2 : i64} : "
      "(tensor<1x4x6x5xf32>, tensor<2x2x3x2xf32>) -> tensor<1x2x4x4xf32>",
      {"tensor<1x4x6x5xf32>", "tensor<2x2x3x2xf32>"}, "tensor<1x2x4x4xf32>",
      {x, w});
  std::vector<double> expected;
  for (int o = 0; o < 2; ++o)
    for (int y = 0; y < 4; ++y)
      for (int z = 0; z < 4; ++z) {
        double sum = 0;
        for (int c = 0; c < 2; ++c)
          for (int i = 0; i < 3; ++i)
            for (int j = 0; j < 2; ++j) {
              int row = y * 2 - 1 + i, column = z + j * 2;
              if (row >= 0 && row < 6 && column < 5)
                sum += x.at(((o * 2 + c) * 6 + row) * 5 + column) *
                       w.at(((o * 2 + c) * 3 + i) * 2 + j);
            }
        expected.push_back(sum);
      }
  expectValues(out, expected, 1e-5);
}

TEST(Contraction, Fp64KeepsWhatFp32Loses) {
  Tensor x = Tensor::floats({1, 2}, {16777216.0f, 1.0f});
  Tensor w = Tensor::floats({1, 2}, {1.0f, 1.0f});
  InterpreterOptions options;
  options.fp64 = true;
  Tensor out =
      runOp("%r = vit.linear %a, %b : (tensor<1x2xf32>, tensor<1x2xf32>) -> "
            "tensor<1x1xf32>",
            {"tensor<1x2xf32>", "tensor<1x2xf32>"}, "tensor<1x1xf32>", {x, w},
            options);
  EXPECT_TRUE(out.wide());
  EXPECT_EQ(out.at(0), 16777217.0);
}

} // namespace
} // namespace vitc::reference
