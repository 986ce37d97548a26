//===- PointwiseTest.cpp - Payloads and broadcasting ----------------------===//
#include "Harness.h"

#include "dialect/Payload.h"
#include <cmath>

namespace vitc::reference {
namespace {

/// Builds a named function over f32 tensors of `shapes` and runs it.
Tensor runKind(llvm::StringRef kind, llvm::ArrayRef<Tensor> inputs,
               llvm::ArrayRef<double> params = {}, bool fp64 = false) {
  ParsedModule parsed("module {}");
  mlir::OpBuilder builder(&parsed.context);
  auto loc = builder.getUnknownLoc();
  llvm::SmallVector<mlir::Type> types;
  for (const Tensor &input : inputs)
    types.push_back(mlir::RankedTensorType::get(
        input.shape(), typeOf(input.dtype(), &parsed.context)));
  builder.setInsertionPointToEnd(parsed.module->getBody());
  auto function = mlir::func::FuncOp::create(
      builder, loc, "main", builder.getFunctionType(types, {}));
  builder.setInsertionPointToEnd(function.addEntryBlock());
  auto op = vit::buildKind(builder, loc, kind, function.getArguments(), params);
  EXPECT_TRUE(op) << kind.str();
  if (!op)
    return {};
  EXPECT_TRUE(vit::isKind(op, kind, params)) << kind.str();
  mlir::func::ReturnOp::create(builder, loc, op.getOutput());
  function.setType(builder.getFunctionType(types, op.getType()));
  EXPECT_TRUE(mlir::succeeded(mlir::verify(*parsed.module))) << kind.str();
  WeightEvaluator weights(*parsed.module, nullptr);
  InterpreterOptions options;
  options.fp64 = fp64;
  auto results = Interpreter(weights, options).run(function, inputs);
  EXPECT_TRUE(results);
  return results ? results->front() : Tensor();
}

struct Named {
  const char *kind;
  std::vector<double> params;
  std::function<double(double)> expected;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double clamp01(double x) { return std::min(std::max(x, 0.0), 1.0); }

const std::vector<Named> kUnary = {
    {"abs", {}, [](double x) { return std::fabs(x); }},
    {"neg", {}, [](double x) { return -x; }},
    {"sign", {}, [](double x) { return double(x > 0) - double(x < 0); }},
    {"square", {}, [](double x) { return x * x; }},
    {"exp", {}, [](double x) { return std::exp(x); }},
    {"erf", {}, [](double x) { return std::erf(x); }},
    {"sin", {}, [](double x) { return std::sin(x); }},
    {"cos", {}, [](double x) { return std::cos(x); }},
    {"tan", {}, [](double x) { return std::tan(x); }},
    {"atan", {}, [](double x) { return std::atan(x); }},
    {"sinh", {}, [](double x) { return std::sinh(x); }},
    {"cosh", {}, [](double x) { return std::cosh(x); }},
    {"tanh", {}, [](double x) { return std::tanh(x); }},
    {"floor", {}, [](double x) { return std::floor(x); }},
    {"ceil", {}, [](double x) { return std::ceil(x); }},
    {"round", {}, [](double x) { return std::nearbyint(x); }},
    {"reciprocal", {}, [](double x) { return 1 / x; }},
    {"relu", {}, [](double x) { return std::max(x, 0.0); }},
    {"relu6", {}, [](double x) { return std::min(std::max(x, 0.0), 6.0); }},
    {"sigmoid", {}, sigmoid},
    {"silu", {}, [](double x) { return x * sigmoid(x); }},
    {"quick_gelu", {}, [](double x) { return x * sigmoid(1.702 * x); }},
    {"gelu_erf",
     {},
     [](double x) { return x * 0.5 * (1 + std::erf(x / std::sqrt(2.0))); }},
    {"gelu_tanh",
     {},
     [](double x) {
       return 0.5 * x *
              (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
     }},
    {"softplus", {}, [](double x) { return std::log1p(std::exp(x)); }},
    {"softsign", {}, [](double x) { return x / (1 + std::fabs(x)); }},
    {"mish",
     {},
     [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
    {"hard_sigmoid",
     {0.2, 0.5},
     [](double x) { return clamp01(0.2 * x + 0.5); }},
    {"hard_swish", {}, [](double x) { return x * clamp01(x / 6 + 0.5); }},
    {"leaky_relu", {0.1}, [](double x) { return x > 0 ? x : 0.1 * x; }},
    {"elu", {0.7}, [](double x) { return x > 0 ? x : 0.7 * std::expm1(x); }},
    {"selu",
     {1.6, 1.05},
     [](double x) { return 1.05 * (x > 0 ? x : 1.6 * std::expm1(x)); }},
    {"celu",
     {2},
     [](double x) {
       return std::max(x, 0.0) + std::min(2 * std::expm1(x / 2), 0.0);
     }},
    {"thresholded_relu", {1}, [](double x) { return x > 1 ? x : 0; }},
    {"clip",
     {-1, 2},
     [](double x) { return std::min(std::max(x, -1.0), 2.0); }},
    {"clip", {-INFINITY, 2}, [](double x) { return std::min(x, 2.0); }},
    {"scale", {3}, [](double x) { return 3 * x; }},
    {"shift", {3}, [](double x) { return x + 3; }},
    {"pow_scalar", {2}, [](double x) { return x * x; }},
    {"pow_scalar", {3}, [](double x) { return x * x * x; }},
    {"pow_scalar", {4}, [](double x) { return x * x * x * x; }},
};

TEST(Pointwise, UnaryFunctions) {
  std::vector<float> values;
  for (int i = -40; i < 40; ++i)
    values.push_back(float(i) * 0.23f + 0.01f);
  Tensor x = Tensor::floats({80}, values);
  for (const Named &named : kUnary)
    for (bool fp64 : {false, true}) {
      Tensor out = runKind(named.kind, x, named.params, fp64);
      ASSERT_EQ(out.numElements(), 80) << named.kind;
      for (int i = 0; i < 80; ++i) {
        double expected = named.expected(values[i]);
        // Constants of a payload are f32, also in fp64.
        double tolerance = (fp64 ? 3e-7 : 4e-6) * (1 + std::fabs(expected));
        EXPECT_NEAR(out.at(i), expected, tolerance)
            << named.kind << " of " << values[i];
      }
    }
}

TEST(Pointwise, PositiveDomains) {
  Tensor x = Tensor::floats({3}, {0.25f, 1.0f, 9.0f});
  expectValues(runKind("log", x), {std::log(0.25), 0, std::log(9.0)});
  expectValues(runKind("sqrt", x), {0.5, 1, 3});
  expectValues(runKind("rsqrt", x), {2, 1, 1.0 / 3});
  expectValues(runKind("pow_scalar", x, {0.5}), {0.5, 1, 3});
  expectValues(runKind("pow_scalar", x, {-0.5}), {2, 1, 1.0 / 3});
  expectValues(runKind("pow_scalar", x, {-1}), {4, 1, 1.0 / 9});
}

TEST(Pointwise, BinaryFunctionsBroadcast) {
  Tensor a = Tensor::floats({2, 1}, {7.0f, -7.0f}),
         b = Tensor::floats({2}, {2.0f, 4.0f});
  expectValues(runKind("add", {a, b}), {9, 11, -5, -3});
  expectValues(runKind("sub", {a, b}), {5, 3, -9, -11});
  expectValues(runKind("mul", {a, b}), {14, 28, -14, -28});
  expectValues(runKind("div", {a, b}), {3.5, 1.75, -3.5, -1.75});
  expectValues(runKind("max", {a, b}), {7, 7, 2, 4});
  expectValues(runKind("min", {a, b}), {2, 4, -7, -7});
  expectValues(runKind("mod", {a, b}), {1, 3, 1, 1});
  expectValues(runKind("fmod", {a, b}), {1, 3, -1, -3});
  expectValues(runKind("pow", {b, b}), {4, 256});
  expectValues(runKind("prelu", {a, b}), {7, 7, -14, -28});
  expectValues(runKind("less", {a, b}), {0, 0, 1, 1});
  expectValues(runKind("less_equal", {b, b}), {1, 1});
  expectValues(runKind("greater", {a, b}), {1, 1, 0, 0});
  expectValues(runKind("greater_equal", {b, b}), {1, 1});
  expectValues(runKind("equal", {b, b}), {1, 1});
}

TEST(Pointwise, IntegersAndBooleans) {
  Tensor a = Tensor::integers({2}, {-7, 7}), b = Tensor::integers({2}, {2, -2});
  expectValues(runKind("div", {a, b}), {-3, -3});
  expectValues(runKind("mod", {a, b}), {1, -1});
  expectValues(runKind("fmod", {a, b}), {-1, 1});
  expectValues(runKind("abs", a), {7, 7});
  expectValues(runKind("sign", a), {-1, 1});
  expectValues(runKind("div", {a, Tensor::integers({2}, {0, 0})}), {0, 0});
  Tensor p = fromDoubles(DType::I1, {2}, {1, 0});
  Tensor q = fromDoubles(DType::I1, {2}, {1, 1});
  expectValues(runKind("and", {p, q}), {1, 0});
  expectValues(runKind("or", {p, q}), {1, 1});
  expectValues(runKind("xor", {p, q}), {0, 1});
  expectValues(runKind("not", p), {0, 1});
  expectValues(runKind("where", {p, a, b}), {-7, -2});
}

TEST(Pointwise, NansAndInfinities) {
  Tensor x = Tensor::floats({3}, {NAN, INFINITY, -1.0f});
  expectValues(runKind("isnan", x), {1, 0, 0});
  expectValues(runKind("isinf", x), {0, 1, 0});
  Tensor relu = runKind("relu", x);
  EXPECT_TRUE(std::isnan(relu.at(0)));
  EXPECT_EQ(relu.at(1), INFINITY);
  // exp(-x) of silu overflows, the result does not.
  expectValues(runKind("silu", Tensor::floats({1}, {-100.0f})), {0});
  expectValues(runKind("softplus", Tensor::floats({1}, {100.0f})), {100});
}

TEST(Pointwise, HalfInputsAndResults) {
  Tensor x = fromDoubles(DType::F16, {2}, {2048, 0.1});
  Tensor out = runKind("shift", x, {1});
  EXPECT_EQ(out.dtype(), DType::F16);
  EXPECT_EQ(out.at(0), 2048); // 2049 rounds to even
  Tensor bf = fromDoubles(DType::BF16, {2}, {256, 1});
  expectValues(runKind("add", {bf, bf}), {512, 2});
}

Tensor runCast(DType from, DType to, std::vector<double> values) {
  ParsedModule parsed("module {}");
  mlir::OpBuilder builder(&parsed.context);
  auto loc = builder.getUnknownLoc();
  auto type = mlir::RankedTensorType::get({int64_t(values.size())},
                                          typeOf(from, &parsed.context));
  builder.setInsertionPointToEnd(parsed.module->getBody());
  auto function = mlir::func::FuncOp::create(
      builder, loc, "main", builder.getFunctionType({type}, {}));
  builder.setInsertionPointToEnd(function.addEntryBlock());
  auto op = vit::buildCast(builder, loc, function.getArgument(0),
                           typeOf(to, &parsed.context));
  mlir::func::ReturnOp::create(builder, loc, op.getOutput());
  function.setType(builder.getFunctionType({type}, op.getType()));
  EXPECT_TRUE(mlir::succeeded(mlir::verify(*parsed.module)));
  WeightEvaluator weights(*parsed.module, nullptr);
  Tensor input = fromDoubles(from, type.getShape(), values);
  return Interpreter(weights).run(function, input)->front();
}

TEST(Pointwise, Casts) {
  expectValues(runCast(DType::F32, DType::I32, {1.9, -1.9, 3e10}),
               {1, -1, 2147483647});
  expectValues(runCast(DType::F32, DType::I1, {0, -0.5, 2}), {0, 1, 1});
  expectValues(runCast(DType::I1, DType::F32, {0, 1}), {0, 1});
  expectValues(runCast(DType::I1, DType::I64, {0, 1}), {0, 1});
  expectValues(runCast(DType::I8, DType::F16, {-128, 127}), {-128, 127});
  expectValues(runCast(DType::I8, DType::I1, {-128, 0}), {1, 0});
  expectValues(runCast(DType::I64, DType::I32, {5, -5}), {5, -5});
  expectValues(runCast(DType::I64, DType::I1, {5, 0}), {1, 0});
  expectValues(runCast(DType::F32, DType::BF16, {1.00390625, 3}), {1, 3});
  expectValues(runCast(DType::F16, DType::BF16, {0.5}), {0.5});
}

TEST(Pointwise, FloatPredicates) {
  // Of equal, greater, less and unordered operands.
  const std::pair<const char *, std::vector<double>> predicates[] = {
      {"false", {0, 0, 0, 0}}, {"oeq", {1, 0, 0, 0}}, {"ogt", {0, 1, 0, 0}},
      {"oge", {1, 1, 0, 0}},   {"olt", {0, 0, 1, 0}}, {"ole", {1, 0, 1, 0}},
      {"one", {0, 1, 1, 0}},   {"ord", {1, 1, 1, 0}}, {"ueq", {1, 0, 0, 1}},
      {"ugt", {0, 1, 0, 1}},   {"uge", {1, 1, 0, 1}}, {"ult", {0, 0, 1, 1}},
      {"ule", {1, 0, 1, 1}},   {"une", {0, 1, 1, 1}}, {"uno", {0, 0, 0, 1}},
      {"true", {1, 1, 1, 1}}};
  Tensor a = Tensor::floats({4}, {1.0f, 2.0f, 1.0f, NAN});
  Tensor b = Tensor::floats({4}, {1.0f, 1.0f, 2.0f, 1.0f});
  for (const auto &[name, expected] : predicates)
    expectValues(
        runOp("%r = vit.pointwise \"compare\" (%a, %b) [affine_map<(d0) -> "
              "(d0)>, affine_map<(d0) -> (d0)>] : (tensor<4xf32>, "
              "tensor<4xf32>) -> tensor<4xi1> {\n^bb0(%x: f32, %y: f32):\n"
              "%c = arith.cmpf " +
                  std::string(name) + ", %x, %y : f32\nvit.yield %c : i1\n}",
              {"tensor<4xf32>", "tensor<4xf32>"}, "tensor<4xi1>", {a, b}),
        expected);
}

TEST(Pointwise, MapsMayPermute) {
  Tensor out = runOp(
      "%r = vit.pointwise \"sub\" (%a, %b) [affine_map<(d0, d1) -> (d1, d0)>, "
      "affine_map<(d0, d1) -> (0, d1)>] : (tensor<300x2xf32>, "
      "tensor<1x300xf32>) -> tensor<2x300xf32> {\n"
      "^bb0(%x: f32, %y: f32):\n"
      "  %0 = arith.subf %x, %y : f32\n"
      "  vit.yield %0 : f32\n}",
      {"tensor<300x2xf32>", "tensor<1x300xf32>"}, "tensor<2x300xf32>",
      {iota({300, 2}), iota({1, 300})});
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t j = 0; j < 300; ++j)
      EXPECT_EQ(out.at(i * 300 + j), double(2 * j + i - j));
}

} // namespace
} // namespace vitc::reference
