//===- OpsTest.cpp - Norms, reductions, movement, quantisation ------------===//
#include "Harness.h"

#include <cmath>

namespace vitc::reference {
namespace {

TEST(Ops, LayerNormAndRms) {
  Tensor x = Tensor::floats({1, 4}, {1.0f, 2.0f, 3.0f, 6.0f});
  Tensor g = iota({4}, 1, 1);
  Tensor out = runOp(
      "%r = vit.layer_norm %a gamma %b beta %b {epsilon = 0.5 : f32} : "
      "(tensor<1x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4xf32>",
      {"tensor<1x4xf32>", "tensor<4xf32>"}, "tensor<1x4xf32>", {x, g});
  double scale = 1 / std::sqrt(3.5 + 0.5);
  expectValues(out, {-2 * scale + 1, -2 * scale + 2, 3, 3 * 4 * scale + 4});
  out = runOp("%r = vit.layer_norm %a {epsilon = 0.5 : f32, rms} : "
              "(tensor<1x4xf32>) -> tensor<1x4xf32>",
              {"tensor<1x4xf32>"}, "tensor<1x4xf32>", {x});
  scale = 1 / std::sqrt(12.5 + 0.5);
  expectValues(out, {scale, 2 * scale, 3 * scale, 6 * scale});
}

TEST(Ops, SoftmaxOverAnInnerAxis) {
  Tensor x = Tensor::floats({2, 2}, {0.0f, 1000.0f, 1.0f, 1000.0f});
  Tensor out =
      runOp("%r = vit.softmax %a {axis = 0 : i64} : tensor<2x2xf32> -> "
            "tensor<2x2xf32>",
            {"tensor<2x2xf32>"}, "tensor<2x2xf32>", {x});
  double e = std::exp(1.0);
  expectValues(out, {1 / (1 + e), 0.5, e / (1 + e), 0.5});
  out = runOp("%r = vit.softmax %a {axis = 1 : i64, log} : tensor<2x2xf32> -> "
              "tensor<2x2xf32>",
              {"tensor<2x2xf32>"}, "tensor<2x2xf32>", {x});
  expectValues(out, {-1000, 0, -999, 0});
}

Tensor reduce(const std::string &kind, const std::string &result,
              const std::string &attributes) {
  Tensor x = Tensor::floats({2, 3}, {1.0f, -4.0f, 2.0f, 3.0f, 5.0f, 5.0f});
  return runOp("%r = vit.reduce \"" + kind + "\" %a {" + attributes +
                   "} : tensor<2x3xf32> -> " + result,
               {"tensor<2x3xf32>"}, result, {x});
}

TEST(Ops, ReduceKinds) {
  const char *rows = "axes = array<i64: 1>";
  expectValues(reduce("sum", "tensor<2xf32>", rows), {-1, 13});
  expectValues(reduce("mean", "tensor<2xf32>", rows), {-1.0 / 3, 13.0 / 3});
  expectValues(reduce("max", "tensor<2xf32>", rows), {2, 5});
  expectValues(reduce("min", "tensor<2xf32>", rows), {-4, 3});
  expectValues(reduce("prod", "tensor<2xf32>", rows), {-8, 75});
  expectValues(reduce("l1", "tensor<2xf32>", rows), {7, 13});
  expectValues(reduce("sum_square", "tensor<2xf32>", rows), {21, 59});
  expectValues(reduce("l2", "tensor<2xf32>", rows),
               {std::sqrt(21.0), std::sqrt(59.0)});
  expectValues(reduce("argmax", "tensor<2xi64>", rows), {2, 1});
  expectValues(
      reduce("sum", "tensor<1x3xf32>", "axes = array<i64: 0>, keep_dims"),
      {4, 1, 7});
  expectValues(reduce("sum", "tensor<f32>", "axes = array<i64: 0, 1>"), {12});
}

TEST(Ops, Pooling) {
  Tensor x = iota({1, 1, 3, 3});
  const char *common = "kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, "
                       "dilations = array<i64: 1, 1>, ";
  auto pool = [&](const std::string &kind, const std::string &more) {
    return runOp("%r = vit.pool2d \"" + kind + "\" %a {" + common + more +
                     "} : tensor<1x1x3x3xf32> -> tensor<1x1x2x2xf32>",
                 {"tensor<1x1x3x3xf32>"}, "tensor<1x1x2x2xf32>", {x});
  };
  expectValues(pool("max", "pads = array<i64: 0, 0, 0, 0>, ceil_mode"),
               {4, 5, 7, 8});
  expectValues(pool("average", "pads = array<i64: 1, 1, 0, 0>"),
               {0, 1.5, 4.5, 6});
  expectValues(
      pool("average", "pads = array<i64: 1, 1, 0, 0>, count_include_pad"),
      {0, 0.75, 2.25, 6});
  // What ceil_mode reads beyond the padding does not count.
  expectValues(pool("average", "pads = array<i64: 0, 0, 0, 0>, ceil_mode, "
                               "count_include_pad"),
               {2, 3.5, 6.5, 8});
}

TEST(Ops, Movement) {
  Tensor x = iota({2, 3});
  auto run = [&](const std::string &op, const std::string &result) {
    return runOp("%r = vit." + op + " -> " + result, {"tensor<2x3xf32>"},
                 result, {x});
  };
  expectValues(run("transpose %a [1, 0] : tensor<2x3xf32>", "tensor<3x2xf32>"),
               {0, 3, 1, 4, 2, 5});
  expectValues(
      run("slice %a [1, 2] [1, -2] : tensor<2x3xf32>", "tensor<1x2xf32>"),
      {5, 3});
  expectValues(run("broadcast %a : tensor<2x3xf32>", "tensor<2x2x3xf32>"),
               {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5});
  expectValues(run("pad %a [1, -1] [0, 1] {value = 9.0 : f32} : "
                   "tensor<2x3xf32>",
                   "tensor<3x3xf32>"),
               {9, 9, 9, 1, 2, 9, 4, 5, 9});
  expectValues(run("concat %a, %a {axis = 1 : i64} : (tensor<2x3xf32>, "
                   "tensor<2x3xf32>)",
                   "tensor<2x6xf32>"),
               {0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5});
}

TEST(Ops, GatherWithNegativeAndWrongIndices) {
  Tensor out =
      runOp("%r = vit.gather %a, %b {axis = 1 : i64} : (tensor<2x3xf32>, "
            "tensor<2x2xi64>) -> tensor<2x2x2xf32>",
            {"tensor<2x3xf32>", "tensor<2x2xi64>"}, "tensor<2x2x2xf32>",
            {iota({2, 3}, 1, 1), Tensor::integers({2, 2}, {0, -1, 3, 1})});
  expectValues(out, {1, 3, 0, 2, 4, 6, 0, 5});
}

TEST(Ops, QuantizeRoundsHalfToEvenAndSaturates) {
  Tensor x =
      Tensor::floats({1, 6}, {0.5f, 1.5f, -2.5f, 300.0f, -300.0f, 64.0f});
  Tensor scale = Tensor::floats({}, {1.0f});
  Tensor out =
      runOp("%r = vit.quantize %a, %b, %c {axis = 0 : i64} : (tensor<1x6xf32>, "
            "tensor<f32>, tensor<i8>) -> tensor<1x6xi8>",
            {"tensor<1x6xf32>", "tensor<f32>", "tensor<i8>"}, "tensor<1x6xi8>",
            {x, scale, fromDoubles(DType::I8, {}, {-1})});
  expectValues(out, {-1, 1, -3, 127, -128, 63});
  out =
      runOp("%r = vit.quantize %a, %b {axis = 0 : i64} : (tensor<1x6xf32>, "
            "tensor<f32>) -> tensor<1x6xui8>",
            {"tensor<1x6xf32>", "tensor<f32>"}, "tensor<1x6xui8>", {x, scale});
  expectValues(out, {0, 2, 0, 255, 0, 64});
  out = runOp("%r = vit.quantize %a, %b {axis = 0 : i64} : (tensor<1x6xf32>, "
              "tensor<f32>) -> tensor<1x6xf8E5M2>",
              {"tensor<1x6xf32>", "tensor<f32>"}, "tensor<1x6xf8E5M2>",
              {x, scale});
  expectValues(out, {0.5, 1.5, -2.5, 320, -320, 64});
}

TEST(Ops, DequantizePerChannel) {
  Tensor out = runOp(
      "%r = vit.dequantize %a, %b, %c {axis = 0 : i64} : (tensor<2x2xui8>, "
      "tensor<2xf32>, tensor<2xui8>) -> tensor<2x2xf32>",
      {"tensor<2x2xui8>", "tensor<2xf32>", "tensor<2xui8>"}, "tensor<2x2xf32>",
      {fromDoubles(DType::UI8, {2, 2}, {0, 255, 10, 20}),
       Tensor::floats({2}, {0.5f, 2.0f}),
       fromDoubles(DType::UI8, {2}, {128, 10})});
  expectValues(out, {-64, 63.5, 0, 20});
}

TEST(Ops, FusedAndRegionRunTheirBodies) {
  int executed = 0;
  InterpreterOptions options;
  options.onOp = [&](const ExecutedOp &) { ++executed; };
  Tensor out = runOp(
      "%f = vit.fused (%a) : (tensor<2x2xf32>) -> tensor<2x2xf32> {\n"
      "^bb0(%x: tensor<2x2xf32>):\n"
      "  %t = vit.transpose %x [1, 0] : tensor<2x2xf32> -> tensor<2x2xf32>\n"
      "  vit.yield %t : tensor<2x2xf32>\n}\n"
      "%r = vit.region 1 (%f) : (tensor<2x2xf32>) -> tensor<2x2xf32> {\n"
      "^bb0(%x: tensor<2x2xf32>):\n"
      "  vit.yield %x : tensor<2x2xf32>\n}",
      {"tensor<2x2xf32>"}, "tensor<2x2xf32>", {iota({2, 2})}, options);
  expectValues(out, {0, 2, 1, 3});
  EXPECT_EQ(executed, 3);
}

TEST(Ops, InputsAreChecked) {
  ParsedModule parsed("func.func @main(%x: tensor<?x2xf32, #vit.batch<3>>) -> "
                      "tensor<?x2xf32, #vit.batch<3>> {\n"
                      "return %x : tensor<?x2xf32, #vit.batch<3>>\n}");
  WeightEvaluator weights(*parsed.module, nullptr);
  Interpreter interpreter(weights);
  auto main = parsed.module->lookupSymbol<mlir::func::FuncOp>("main");
  EXPECT_TRUE(interpreter.run(main, {iota({6, 2})}));
  EXPECT_EQ(interpreter.run(main, {}).status().diag(), vitrt::Diag::E0251);
  EXPECT_EQ(interpreter.run(main, {Tensor(DType::F16, {6, 2})}).status().diag(),
            vitrt::Diag::E0252);
  EXPECT_EQ(interpreter.run(main, {iota({7, 2})}).status().diag(),
            vitrt::Diag::E0253);
}

} // namespace
} // namespace vitc::reference
