//===- PlanBuilderTest.cpp - vit IR -> plan -------------------------------===//
#include "codegen/PlanBuilder.h"

#include "dialect/Vitk.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Passes.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace vitrt::format;

namespace {
/// The plan of vit IR, through all passes from assign-layouts on.
vitrt::Result<vitc::BuiltPlan> planOf(const char *text, bool prepared = true) {
  static MLIRContext context;
  context.loadDialect<vitc::vit::VitDialect, vitc::vitk::VitkDialect,
                      func::FuncDialect>();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  EXPECT_TRUE(module);
  PassManager pm(&context);
  pm.addPass(vitc::vit::createAssignLayouts());
  pm.addPass(vitc::vit::createSelectKernels());
  pm.addPass(vitc::vit::createPlanMemory());
  if (prepared)
    pm.addPass(vitc::vit::createPrepareEmission());
  EXPECT_TRUE(succeeded(pm.run(*module)));
  return vitc::buildPlan(*module);
}

// A linear with GELU-like epilogue and a residual, in f16.
const char *const kLinear = R"(
module attributes {vit.profile = #vit.profile<1, 2, 4>, vit.target = "sm_80"} {
  vit.initializer @w : tensor<64x32xf16> = #vit.random<1>
  vit.initializer @b : tensor<64xf32> = #vit.random<2>
  func.func @main(%x: tensor<?x32xf16, #vit.batch<5>> {vit.name = "x"},
                  %r: tensor<?x64xf16, #vit.batch<5>> {vit.name = "r"})
      -> (tensor<?x64xf16, #vit.batch<5>> {vit.name = "y"}) {
    %w = vit.weight @w : tensor<64x32xf16>
    %b = vit.weight @b : tensor<64xf32>
    %y = vit.fused(%x, %w, %b, %r) : (tensor<?x32xf16, #vit.batch<5>>, tensor<64x32xf16>, tensor<64xf32>, tensor<?x64xf16, #vit.batch<5>>) -> tensor<?x64xf16, #vit.batch<5>> {
    ^bb0(%a: tensor<?x32xf16, #vit.batch<5>>, %v: tensor<64x32xf16>, %c: tensor<64xf32>, %d: tensor<?x64xf16, #vit.batch<5>>):
      %l = vit.linear %a, %v, %c : (tensor<?x32xf16, #vit.batch<5>>, tensor<64x32xf16>, tensor<64xf32>) -> tensor<?x64xf32, #vit.batch<5>>
      %s = vit.pointwise "add" (%l, %d) [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>] : (tensor<?x64xf32, #vit.batch<5>>, tensor<?x64xf16, #vit.batch<5>>) -> tensor<?x64xf16, #vit.batch<5>> {
      ^bb0(%p: f32, %q: f16):
        %e = arith.extf %q : f16 to f32
        %t = math.tanh %p : f32
        %u = arith.addf %t, %e : f32
        %z = arith.truncf %u : f32 to f16
        vit.yield %z : f16
      }
      vit.yield %s : tensor<?x64xf16, #vit.batch<5>>
    }
    return %y : tensor<?x64xf16, #vit.batch<5>>
  }
})";
} // namespace

TEST(PlanBuilder, SerialisesAFusedLinear) {
  auto built = planOf(kLinear);
  ASSERT_TRUE(built.ok()) << built.status().str();
  const Plan &plan = built->plan;
  EXPECT_EQ(plan.target, "sm_80");
  EXPECT_EQ(plan.maxBatch, 4);
  EXPECT_EQ(plan.inputs.size(), 2u);
  EXPECT_EQ(plan.inputs[1].name, "r");
  EXPECT_EQ(plan.outputs[0].name, "y");
  EXPECT_EQ(plan.arenaBytes, 0u); // everything is a caller's tensor
  EXPECT_EQ(built->weights, (std::vector<std::string>{"w", "b"}));
  ASSERT_EQ(plan.kernels.size(), 1u);
  const Kernel &kernel = plan.kernels[0];
  EXPECT_EQ(kernel.symbol, "gemm_n64_k32_f16_bias_add");
  EXPECT_EQ(kernel.family, Family::Mma);
  auto &config = std::get<GemmConfig>(kernel.config);
  EXPECT_EQ(config.rows, (Extent{5, true}));
  std::vector<std::string> names;
  for (const KernelOperand &operand : kernel.operands)
    names.push_back(operand.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"a", "w", "bias", "residual", "out"}));
  EXPECT_EQ(kernel.operands[0].vector, 8);
  EXPECT_EQ(kernel.operands[1].role, Role::W);
  EXPECT_EQ(kernel.operands[2].role, Role::Extra);

  // acc + bias, tanh, + residual; the last rounding is the store's.
  const Function &f = kernel.epilogue;
  ASSERT_EQ(f.args.size(), 3u);
  EXPECT_EQ(f.args[0].operand, -1);
  EXPECT_EQ(f.args[1].operand, 2);
  EXPECT_EQ(f.args[2].operand, 3);
  ASSERT_EQ(f.body.size(), 3u);
  EXPECT_EQ(f.body[0].op, Opcode::AddF);
  EXPECT_EQ(f.body[1].op, Opcode::TanhF);
  EXPECT_EQ(f.body[2].op, Opcode::AddF);
  EXPECT_EQ(f.result, 5u);

  ASSERT_EQ(plan.launches.size(), 1u);
  const Launch &launch = plan.launches[0];
  EXPECT_EQ(launch.vitOp, "vit.linear");
  EXPECT_EQ(launch.flops, 2.0 * 5 * 64 * 32);
  EXPECT_EQ(launch.buffers[0].space, Space::Input);
  EXPECT_EQ(launch.buffers[1].space, Space::Weights);
  EXPECT_EQ(launch.buffers[4].space, Space::Output);
  EXPECT_EQ(launch.buffers[4].bytes, (Extent{5 * 64 * 2, true}));
}

TEST(PlanBuilder, RefusesAModuleThatIsNotPrepared) {
  auto built = planOf(kLinear, /*prepared=*/false);
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.status().diag(), vitrt::Diag::E0503);
}
