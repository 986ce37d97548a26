//===- PayloadTest.cpp - Recognition of pointwise functions ---------------===//
#include "dialect/Payload.h"
#include "dialect/Batch.h"
#include "dialect/ShapeInference.h"
#include "dialect/Weights.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace vitc::vit {
namespace {

class Payload : public testing::Test {
protected:
  void SetUp() override {
    context.loadDialect<VitDialect, func::FuncDialect>();
  }

  /// The last op before the return of a function of this body.
  PointwiseOp parse(const std::string &body) {
    module = parseSourceString<ModuleOp>(
        "vit.initializer @c : tensor<f32> = dense<0.125> : tensor<f32>\n"
        "func.func @f(%x: tensor<4xf32>) {\n" +
            body + "\nreturn\n}",
        ParserConfig(&context));
    if (!module)
      return {};
    auto function = module->lookupSymbol<func::FuncOp>("f");
    return dyn_cast<PointwiseOp>(
        function.front().getTerminator()->getPrevNode());
  }

  PointwiseOp unary(const std::string &payload) {
    return parse("%0 = vit.pointwise \"\" (%x) [affine_map<(d0) -> (d0)>] : "
                 "(tensor<4xf32>) -> tensor<4xf32> {\n^bb0(%a: f32):\n" +
                 payload + "\nvit.yield %r : f32\n}");
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(Payload, KindsAreRecognisedInAnyOrderOfOperands) {
  auto op = unary("%c = arith.constant 0.70710677 : f32\n"
                  "%half = arith.constant 0.5 : f32\n"
                  "%one = arith.constant 1.0 : f32\n"
                  "%0 = arith.mulf %c, %a : f32\n"
                  "%1 = math.erf %0 : f32\n"
                  "%2 = arith.addf %one, %1 : f32\n"
                  "%3 = arith.mulf %half, %a : f32\n"
                  "%r = arith.mulf %2, %3 : f32");
  ASSERT_TRUE(op);
  EXPECT_TRUE(isKind(op, "gelu_erf"));
  EXPECT_FALSE(isKind(op, "gelu_tanh"));
  EXPECT_FALSE(isKind(op, "no_such_function"));
}

TEST_F(Payload, ConstantsMustAgree) {
  auto op = unary("%c = arith.constant 3.0 : f32\n"
                  "%r = arith.mulf %a, %c : f32");
  ASSERT_TRUE(op);
  EXPECT_TRUE(isKind(op, "scale", {3.0}));
  EXPECT_FALSE(isKind(op, "scale", {3.01}));
  EXPECT_FALSE(isKind(op, "shift", {3.0}));
  auto scaled = matchScaled(op.getOutput());
  ASSERT_TRUE(scaled);
  EXPECT_EQ(scaled->factor, 3.0);
}

TEST_F(Payload, ScalesByWeightsAreSeen) {
  auto op = parse(
      "%w = vit.weight @c : tensor<f32>\n"
      "%b = vit.reshape %w : tensor<f32> -> tensor<1xf32>\n"
      "%0 = vit.pointwise \"div\" (%x, %b) [affine_map<(d0) -> (d0)>, "
      "affine_map<(d0) -> (0)>] : (tensor<4xf32>, tensor<1xf32>) -> "
      "tensor<4xf32> {\n^bb0(%a: f32, %d: f32):\n%r = arith.divf %a, %d : f32\n"
      "vit.yield %r : f32\n}");
  ASSERT_TRUE(op);
  auto scaled = matchScaled(op.getOutput());
  ASSERT_TRUE(scaled);
  EXPECT_EQ(scaled->factor, 8.0);
  EXPECT_EQ(scaled->input, op.getInputs()[0]);
  EXPECT_TRUE(isWeightComputation(op.getInputs()[1]));
  EXPECT_FALSE(isWeightComputation(op.getOutput()));
}

TEST_F(Payload, WeightsAreMadeWithUniqueNames) {
  auto op = unary("%r = math.exp %a : f32");
  OpBuilder builder(op);
  Value a = createScalarWeight(builder, op.getLoc(), 2.5, builder.getF32Type());
  Value b = createScalarWeight(builder, op.getLoc(), 3.5, builder.getF32Type());
  EXPECT_EQ(getConstantScalar(a), 2.5);
  EXPECT_EQ(getConstantScalar(b), 3.5);
  EXPECT_TRUE(succeeded(module->verify()));
}

TEST_F(Payload, UnfittingOperandsGiveAnError) {
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  auto op = unary("%r = math.exp %a : f32");
  OpBuilder builder(op);
  Value i = createScalarWeight(builder, op.getLoc(), 1, builder.getI64Type());
  EXPECT_FALSE(buildKind(builder, op.getLoc(), "exp", i));
  EXPECT_EQ(message, "expects operands that 'exp' is defined for");
  EXPECT_FALSE(buildKind(builder, op.getLoc(), "add", {i, op.getOutput()}));
}

TEST_F(Payload, BatchExtentsBroadcastWithOneOnly) {
  OpBuilder builder(&context);
  Type f32 = builder.getF32Type();
  auto type = [&](ArrayRef<Extent> extents) {
    return makeTensorType(extents, f32);
  };
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  auto error = [&] { return emitError(builder.getUnknownLoc()); };
  RankedTensorType batch = type({{4, true}, {1, false}});
  RankedTensorType one = type({{1, false}, {8, false}});
  InferredType both = inferPointwise(error, {batch, one}, f32);
  ASSERT_TRUE(succeeded(both));
  EXPECT_EQ(*both, type({{4, true}, {8, false}}));
  EXPECT_TRUE(failed(
      inferPointwise(error, {batch, type({{4, false}, {8, false}})}, f32)));
  EXPECT_EQ(message,
            "expects shapes that broadcast, but got [4*B, 1] and [4, 8]");
  EXPECT_TRUE(failed(
      inferPointwise(error, {batch, type({{1, false}, {2, true}})}, f32)));
  EXPECT_EQ(message, "expects one dimension that depends on the batch, but got "
                     "[4*B, 2*B]");
  EXPECT_TRUE(failed(inferBroadcast(
      error, one, {{int64_t(1) << 40, false}, {int64_t(1) << 40, false}})));
}

} // namespace
} // namespace vitc::vit
