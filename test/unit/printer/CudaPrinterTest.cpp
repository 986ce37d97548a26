// The printer's text for one kernel of each kind, held against golden files,
// and what names from a model may do to it: nothing.
#include "codegen/CudaPrinter.h"
#include "codegen/CommentText.h"
#include "codegen/IndexPrinter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

using namespace vitc;
using namespace vitrt::format;

namespace {

/// Builds a function one instruction at a time.
struct FunctionBuilder {
  Function function;
  uint32_t constant(float value) {
    Instr instr;
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    instr.bits = bits;
    instr.node = kNoValue;
    return add(instr);
  }
  uint32_t op(Opcode opcode, uint32_t node, uint32_t a, uint32_t b = kNoValue,
              uint32_t c = kNoValue) {
    Instr instr;
    instr.op = opcode;
    instr.node = node;
    instr.a = a;
    instr.b = b;
    instr.c = c;
    return add(instr);
  }
  uint32_t add(const Instr &instr) {
    function.body.push_back(instr);
    function.result = function.args.size() + function.body.size() - 1;
    return function.result;
  }
};

KernelOperand operand(Role role, const char *name, DType type,
                      std::vector<std::vector<AxisDim>> axes,
                      uint8_t vector = 1) {
  KernelOperand result;
  result.role = role;
  result.name = name;
  result.view.dtype = type;
  result.view.axes = std::move(axes);
  result.vector = vector;
  return result;
}

Plan planOf(Kernel kernel, std::vector<std::string> nodes,
            std::vector<std::string> types) {
  Plan plan;
  plan.maxBatch = 32;
  plan.kernels = {std::move(kernel)};
  Launch launch;
  launch.nodes = std::move(nodes);
  launch.opTypes = std::move(types);
  plan.launches = {launch};
  return plan;
}

Plan gemmPlan() {
  Kernel kernel;
  kernel.symbol = "gemm_n3072_k768_f16_bias_gelu_add";
  kernel.kind = TemplateKind::Gemm;
  kernel.family = Family::Mma;
  GemmConfig config;
  config.rows = {197, true};
  config.n = 3072;
  config.k = 768;
  config.compute = DType::F16;
  config.bm = config.bn = 128;
  config.bk = 32;
  config.wm = 64;
  config.stages = 3;
  kernel.config = config;
  kernel.operands = {
      operand(Role::A, "a", DType::F16, {{}, {{197, 768}}, {{768, 1}}}, 8),
      operand(Role::W, "w", DType::F16, {{}, {{3072, 768}}, {{768, 1}}}, 8),
      operand(Role::Extra, "bias", DType::F32, {{}, {}, {{3072, 1}}}),
      operand(Role::Extra, "residual", DType::F32,
              {{}, {{1, 605184}, {197, 3072}}, {{3072, 1}}}, 4),
      operand(Role::Out, "out", DType::F16, {{}, {{197, 3072}}, {{3072, 1}}},
              8)};
  FunctionBuilder f;
  f.function.args = {{-1, DType::F32}, {2, DType::F32}, {3, DType::F32}};
  uint32_t x = f.op(Opcode::AddF, 1, 0, 1);
  uint32_t scaled = f.op(Opcode::MulF, 2, x, f.constant(0.70710678f));
  uint32_t erf = f.op(Opcode::ErfF, 2, scaled);
  uint32_t plus = f.op(Opcode::AddF, 2, erf, f.constant(1.0f));
  uint32_t half = f.op(Opcode::MulF, 2, x, f.constant(0.5f));
  f.op(Opcode::AddF, 3, f.op(Opcode::MulF, 2, half, plus), 2);
  kernel.epilogue = f.function;
  kernel.grid[0] = {0, 3072, 128};
  kernel.grid[1] = {197, 0, 128};
  kernel.threads = 256;
  kernel.sharedBytes = 49152;
  kernel.why = "mma: f16 operands; 128x128 tiles give 48 blocks an image";
  return planOf(kernel, {"/fc1/MatMul", "/fc1/Add", "/act/Gelu", "/Add_1"},
                {"MatMul", "Add", "Gelu", "Add"});
}

Plan attentionPlan() {
  Kernel kernel;
  kernel.symbol = "attention_h12_q197_k197_d64_f16";
  kernel.kind = TemplateKind::Attention;
  kernel.family = Family::Mma;
  AttentionConfig config;
  config.batch = {1, true};
  config.heads = config.kvHeads = 12;
  config.queries = config.keys = 197;
  config.dk = config.dv = 64;
  config.compute = DType::F16;
  kernel.config = config;
  auto packed = [&](Role role, const char *name) {
    return operand(role, name, DType::F16,
                   {{{1, 453888}}, {{12, 64}}, {{197, 2304}}, {{64, 1}}}, 8);
  };
  kernel.operands = {
      packed(Role::Q, "q"), packed(Role::K, "k"), packed(Role::V, "v"),
      operand(Role::Extra, "bias", DType::F32,
              {{}, {{12, 38809}}, {{197, 197}}, {{197, 1}}}),
      operand(Role::Out, "out", DType::F16,
              {{{1, 151296}}, {{12, 64}}, {{197, 768}}, {{64, 1}}}, 8)};
  FunctionBuilder f;
  f.function.args = {{-1, DType::F32}, {3, DType::F32}};
  f.op(Opcode::AddF, 1, f.op(Opcode::MulF, 0, 0, f.constant(0.125f)), 1);
  kernel.prologue = f.function;
  kernel.grid[0] = {0, 197, 64};
  kernel.grid[1] = {0, 12, 1};
  kernel.grid[2] = {1, 0, 1};
  kernel.sharedBytes = 36864;
  return planOf(kernel, {"/attn/Mul", "/attn/Add", "/attn/Softmax"},
                {"Mul", "Add", "Softmax"});
}

template <class RowConfig>
Kernel rowKernel(TemplateKind kind, const char *symbol, RowConfig config) {
  Kernel kernel;
  kernel.symbol = symbol;
  kernel.kind = kind;
  config.rows = {197, true};
  config.cols = 768;
  kernel.config = config;
  kernel.operands = {
      operand(Role::In, "in", DType::F32, {{{197, 768}}, {{768, 1}}}, 4),
      operand(Role::Out, "out", DType::F16, {{{197, 768}}, {{768, 1}}}, 8)};
  kernel.grid[0] = {197, 0, 4};
  return kernel;
}

Plan normPlan() {
  Kernel kernel = rowKernel(TemplateKind::RowNorm, "layer_norm_c768_f32_f16",
                            RowNormConfig());
  kernel.operands.insert(
      kernel.operands.begin() + 1,
      operand(Role::Extra, "gamma", DType::F32, {{}, {{768, 1}}}, 4));
  FunctionBuilder f;
  f.function.args = {{-1, DType::F32}, {1, DType::F32}};
  f.op(Opcode::MulF, 0, 0, 1);
  kernel.epilogue = f.function;
  return planOf(kernel, {"/norm1/LayerNormalization"}, {"LayerNormalization"});
}

Plan softmaxPlan() {
  return planOf(
      rowKernel(TemplateKind::Softmax, "softmax_c768", SoftmaxConfig()),
      {"/Softmax"}, {"Softmax"});
}

Plan reducePlan() {
  ReduceConfig config;
  config.kind = ReduceKind::Mean;
  Kernel kernel = rowKernel(TemplateKind::Reduce, "reduce_mean_c768", config);
  kernel.operands.back().view.axes = {{{197, 1}}};
  kernel.operands.back().vector = 1;
  return planOf(kernel, {"/ReduceMean"}, {"ReduceMean"});
}

Plan pointwisePlan() {
  Kernel kernel;
  kernel.symbol = "pointwise_where_gather";
  PointwiseConfig config;
  config.elements = {3 * 196 * 64, true};
  kernel.config = config;
  KernelOperand padded =
      operand(Role::In, "in", DType::F16,
              {{{1, 37632}, {3, 12544}, {14, 896}, {14, 64}, {64, 1}}});
  padded.view.guards = {{{{0, 2, 1}}, -1, 0, 12}};
  padded.view.offset = -896;
  KernelOperand gathered = operand(Role::In, "table_values", DType::F32,
                                   {{{1, 0}, {588, 64, 2}, {64, 1}}});
  kernel.operands = {
      padded, gathered, operand(Role::Table, "index", DType::I32, {{}}),
      operand(Role::In, "mask", DType::I1, {{{1, 0}, {37632, 1}}}),
      operand(Role::Out, "out", DType::F16, {{{37632, 1}}})};
  FunctionBuilder f;
  f.function.args = {{0, DType::F32}, {1, DType::F32}, {3, DType::I1}};
  f.op(Opcode::Select, 0, 2, 0, f.op(Opcode::NegF, 0, 1));
  kernel.prologue = f.function;
  kernel.grid[0] = {37632, 0, 256};
  kernel.threads = 256;
  return planOf(kernel, {"/Where"}, {"Where"});
}

struct Case {
  const char *name;
  Plan (*make)();
};
const Case cases[] = {{"gemm", gemmPlan},     {"attention", attentionPlan},
                      {"row_norm", normPlan}, {"softmax", softmaxPlan},
                      {"reduce", reducePlan}, {"pointwise", pointwisePlan}};

class Golden : public testing::TestWithParam<Case> {};

TEST_P(Golden, TextIsAsRecorded) {
  std::string path = std::string(VITC_SOURCE_DIR) + "/test/codegen/golden/" +
                     GetParam().name + ".cu";
  std::string text = printKernel(GetParam().make(), 0);
  if (std::getenv("VITC_UPDATE_GOLDENS"))
    std::ofstream(path) << text;
  std::ifstream file(path);
  std::string golden((std::istreambuf_iterator<char>(file)),
                     std::istreambuf_iterator<char>());
  EXPECT_EQ(text, golden) << "VITC_UPDATE_GOLDENS=1 records it anew";
}

TEST_P(Golden, LinesFitEightyColumns) {
  std::string text = printKernel(GetParam().make(), 0);
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 80u) << text.substr(at, end - at);
    at = end + 1;
  }
}

TEST_P(Golden, NamesOfTheModelStayInComments) {
  std::string neutral = withoutComments(printKernel(GetParam().make(), 0));
  const std::string hostile[] = {"*/ int x; /*",
                                 "a\nint x;",
                                 "ends in \\",
                                 "?\?/",
                                 "\x1b[2J\xff",
                                 "\r",
                                 std::string(65536, 'x'),
                                 std::string("nul\0nul", 7),
                                 "<script>",
                                 "// \\\n int y;"};
  for (const std::string &name : hostile) {
    Plan plan = GetParam().make();
    for (std::string &node : plan.launches[0].nodes)
      node = name;
    for (std::string &type : plan.launches[0].opTypes)
      type = name;
    EXPECT_EQ(withoutComments(printKernel(plan, 0)), neutral);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Golden, testing::ValuesIn(cases),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

TEST(IndexPrinter, DecomposesAnAxisRowMajor) {
  View view;
  view.axes = {{{1, 1000}, {14, 50}, {7, 1}}};
  EXPECT_EQ(indexExpression(view, {{"m"}, {}, false}),
            "(m / 98) * 1000 + (m / 7 % 14) * 50 + m % 7");
}

TEST(IndexPrinter, SkipsBroadcastDims) {
  View view;
  view.axes = {{{8, 0}}, {{3, 0}, {4, 1}}};
  EXPECT_EQ(indexExpression(view, {{"m", "n"}, {}, false}), "n % 4");
  EXPECT_EQ(indexExpression(View(), {{}, {}, false}), "0");
}

TEST(IndexPrinter, VectorsNeedAlignedContiguousRuns) {
  View view;
  view.dtype = DType::F16;
  view.axes = {{{197, 768}}, {{768, 1}}};
  EXPECT_EQ(vectorWidth(view, 768, 256), 8);
  EXPECT_EQ(vectorWidth(view, 768, 4), 2);
  view.axes = {{{197, 770}}, {{770, 1}}};
  EXPECT_EQ(vectorWidth(view, 770, 256), 2);
  view.axes = {{{197, 768}}, {{768, 2}}};
  EXPECT_EQ(vectorWidth(view, 768, 256), 1);
  view.axes = {{{197, 768}}, {{12, 64}, {64, 1}}};
  view.guards = {{{{1, 1, 1}}, 0, 0, 60}};
  EXPECT_EQ(vectorWidth(view, 768, 256), 1);
}

TEST(IndexPrinter, WideArithmeticWhereOffsetsNeedIt) {
  Plan plan = gemmPlan();
  plan.maxBatch = 1 << 20;
  EXPECT_NE(printKernel(plan, 0).find("(long long)m * 3072LL"),
            std::string::npos);
}

} // namespace
