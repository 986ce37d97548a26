//===- WeightsTest.cpp - Sources and recipes of initializers --------------===//
#include "Harness.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace vitc::reference {
namespace {

Tensor evaluate(const std::string &text, const std::string &name,
                WeightFiles *files = nullptr) {
  ParsedModule parsed(text);
  WeightEvaluator weights(*parsed.module, files);
  auto value = weights.evaluate(name);
  EXPECT_TRUE(value) << value.status().str();
  if (!value)
    return {};
  // A view of a resource dies with the context: copy.
  return fromDoubles(value->dtype(), value->shape(), value->toDoubles());
}

TEST(Weights, DenseOfEveryType) {
  expectValues(evaluate("vit.initializer @w : tensor<3xf16> = dense<[1.0, 0.5, "
                        "-2.0]> : tensor<3xf16>",
                        "w"),
               {1, 0.5, -2});
  expectValues(evaluate("vit.initializer @w : tensor<2x2xf32> = dense<3.0> : "
                        "tensor<2x2xf32>",
                        "w"),
               {3, 3, 3, 3});
  expectValues(evaluate("vit.initializer @w : tensor<10xi1> = dense<[true, "
                        "false, true, true, false, false, false, true, false, "
                        "true]> : tensor<10xi1>",
                        "w"),
               {1, 0, 1, 1, 0, 0, 0, 1, 0, 1});
  expectValues(evaluate("vit.initializer @w : tensor<2xui8> = dense<[200, 3]> "
                        ": tensor<2xui8>",
                        "w"),
               {200, 3});
  expectValues(evaluate("vit.initializer @w : tensor<2xi64> = dense<[-5, 3]> : "
                        "tensor<2xi64>",
                        "w"),
               {-5, 3});
  expectValues(evaluate("vit.initializer @w : tensor<2xf8E4M3FN> = dense<[1.0, "
                        "-0.5]> : tensor<2xf8E4M3FN>",
                        "w"),
               {1, -0.5});
}

TEST(Weights, Resource) {
  expectValues(
      evaluate("vit.initializer @w : tensor<2xf32> = dense_resource<blob> : "
               "tensor<2xf32>\n"
               "{-# dialect_resources: { builtin: { blob: "
               "\"0x040000000000803F00000040\" } } #-}",
               "w"),
      {1, 2});
}

TEST(Weights, RandomIsReproducibleAndNearlyNormal) {
  Tensor a = randomTensor(DType::F32, {10000}, 7);
  Tensor b = randomTensor(DType::F32, {10000}, 7);
  Tensor c = randomTensor(DType::F32, {10000}, 8);
  double sum = 0, square = 0;
  int different = 0;
  for (int i = 0; i < 10000; ++i) {
    EXPECT_EQ(a.at(i), b.at(i));
    different += a.at(i) != c.at(i);
    sum += a.at(i);
    square += a.at(i) * a.at(i);
  }
  EXPECT_GT(different, 9990);
  EXPECT_NEAR(sum / 10000, 0, 0.05);
  EXPECT_NEAR(square / 10000, 1, 0.05);
}

TEST(Weights, RecipesChainDeeply) {
  std::string text = "vit.initializer @w0 : tensor<2x3xf32> = dense<[[0.0, "
                     "1.0, 2.0], [3.0, 4.0, 5.0]]> : tensor<2x3xf32>\n";
  const char *types[] = {"tensor<2x3xf32>", "tensor<3x2xf32>"};
  for (int i = 1; i <= 3001; ++i) {
    std::string n = std::to_string(i), before = std::to_string(i - 1);
    std::string from = types[(i - 1) % 2], to = types[i % 2];
    text += "vit.initializer @w" + n + " : " + to + " {\n%0 = vit.weight @w" +
            before + " : " + from + "\n%1 = vit.transpose %0 [1, 0] : " + from +
            " -> " + to + "\nvit.yield %1 : " + to + "\n}\n";
  }
  expectValues(evaluate(text, "w3001"), {0, 3, 1, 4, 2, 5});
}

class WeightFile : public testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/vitc-weights-XXXXXX";
    folder = mkdtemp(name);
    std::ofstream file(folder + "/w.bin", std::ios::binary);
    float values[] = {1, 2, 3, 4};
    file.put(0); // what follows is not aligned
    file.write(reinterpret_cast<char *>(values), sizeof(values));
  }
  void TearDown() override {
    unlink((folder + "/link.bin").c_str());
    unlink((folder + "/w.bin").c_str());
    rmdir(folder.c_str());
  }

  vitrt::Status statusOf(const std::string &attribute) {
    ParsedModule parsed("vit.initializer @w : tensor<4xf32> = #vit.file<" +
                        attribute + ">");
    WeightFiles files(folder);
    return WeightEvaluator(*parsed.module, &files).evaluate("w").status();
  }

  std::string folder;
};

TEST_F(WeightFile, ReadsBytesAtAnyOffset) {
  WeightFiles files(folder);
  expectValues(
      evaluate("vit.initializer @w : tensor<4xf32> = #vit.file<\"w.bin\", 1, "
               "16, \"\">",
               "w", &files),
      {1, 2, 3, 4});
}

TEST_F(WeightFile, RefusesWhatIsNotThere) {
  EXPECT_EQ(statusOf("\"w.bin\", 2, 16, \"\"").diag(), vitrt::Diag::E0203);
  EXPECT_EQ(statusOf("\"none.bin\", 0, 16, \"\"").diag(), vitrt::Diag::E0202);
  EXPECT_EQ(statusOf("\"../w.bin\", 0, 16, \"\"").diag(), vitrt::Diag::E0201);
  EXPECT_EQ(statusOf("\"/etc/passwd\", 0, 16, \"\"").diag(),
            vitrt::Diag::E0201);
  ASSERT_EQ(symlink("w.bin", (folder + "/link.bin").c_str()), 0);
  EXPECT_EQ(statusOf("\"link.bin\", 1, 16, \"\"").diag(), vitrt::Diag::E0201);
}

TEST_F(WeightFile, NeedsAFolder) {
  ParsedModule parsed("vit.initializer @w : tensor<4xf32> = "
                      "#vit.file<\"w.bin\", 1, 16, \"\">");
  WeightEvaluator weights(*parsed.module, nullptr);
  EXPECT_EQ(weights.evaluate("w").status().diag(), vitrt::Diag::E0202);
  EXPECT_EQ(weights.evaluate("none").status().diag(), vitrt::Diag::E0105);
}

TEST(Weights, DenseAttributesComeBack) {
  ParsedModule parsed("module {}");
  for (DType dtype : {DType::F32, DType::F16, DType::I1, DType::I64, DType::UI8,
                      DType::F8E5M2}) {
    Tensor tensor = randomTensor(dtype, {3, 5}, 3);
    auto type = mlir::RankedTensorType::get(
        {3, 5}, vitc::typeOf(dtype, &parsed.context));
    auto back = tensorOf(denseOf(tensor, type));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->toDoubles(), tensor.toDoubles());
  }
}

} // namespace
} // namespace vitc::reference
