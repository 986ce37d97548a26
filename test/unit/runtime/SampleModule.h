// A small module made by hand: every kind of field is there and not its
// default, so that a round trip sees each.
#ifndef VITC_TEST_SAMPLEMODULE_H
#define VITC_TEST_SAMPLEMODULE_H

#include "runtime/format/Module.h"

namespace vitrt::test {

/// y = x + w, elementwise over `cols` columns and a dynamic batch 1..4; a
/// second launch doubles y through the arena.
inline format::Plan samplePlan(int64_t cols = 6) {
  using namespace format;
  Plan plan;
  plan.target = "sm_80";
  plan.device = "a100";
  plan.precision = "fp32";
  plan.minBatch = 1;
  plan.optBatch = 2;
  plan.maxBatch = 4;
  plan.inputs = {{"x", DType::F32, {{1, true}, {cols, false}}}};
  plan.outputs = {{"y", DType::F32, {{1, true}, {cols, false}}}};

  View dense{DType::F32, {{{cols, 1, -1}}}, {}, 0};
  Kernel kernel;
  kernel.symbol = "add_n6_f32";
  kernel.kind = TemplateKind::Pointwise;
  kernel.config = PointwiseConfig{{cols, true}, 128, 2};
  kernel.operands = {{Role::In, "in", dense, 2},
                     {Role::Extra, "extra", dense},
                     {Role::Out, "out", dense}};
  kernel.operands[1].view.axes = {{{4, 0, -1}, {cols, 1, -1}}};
  kernel.operands[0].view.guards = {{{{0, 0, 2}}, -1, -1, 100}};
  kernel.operands[0].view.offset = -1;
  kernel.prologue.args = {{0, DType::F32}, {1, DType::F32}};
  kernel.prologue.body = {
      {Opcode::Const, DType::F32, 0, kNoValue, kNoValue, kNoValue, 0x3f800000,
       0},
      {Opcode::FmaF, DType::F32, 0, 0, 2, 1, 0, 0},
      {Opcode::CmpF, DType::I1, 14, 3, 3, kNoValue, 0, kNoValue},
      {Opcode::Select, DType::F32, 0, 4, 3, 3, 0, 0}};
  kernel.prologue.result = 5;
  kernel.prologue.kind = "add";
  kernel.grid[0] = {cols, 0, 256};
  kernel.threads = 128;
  kernel.sharedBytes = 16;
  kernel.why = "pointwise: 6 elements an image";
  Kernel gemm;
  gemm.symbol = "gemm_n6_k6_f32";
  gemm.kind = TemplateKind::Gemm;
  gemm.family = Family::Mma;
  gemm.config = GemmConfig{{1, false}, {1, true}, cols, cols, DType::F16, 32,
                           32,         16,        16,   16,   2};
  View rows{DType::F32, {{}, {{4, cols, -1}}, {{cols, 1, 3}}}, {}, 0};
  gemm.operands = {
      {Role::A, "a", rows},
      {Role::W, "w", {DType::F32, {{}, {}, {{cols, 1, -1}}}, {}, 0}, 1},
      {Role::Out, "out", rows},
      {Role::Table, "table", {DType::I32, {}, {}}}};
  gemm.operands[2].view.axes[2][0].table = -1;
  gemm.epilogue.args = {{-1, DType::F32}};
  gemm.epilogue.kind = "identity";
  gemm.grid[1] = {1, 3, 2};
  gemm.threads = 64;
  plan.kernels = {kernel, gemm};

  BufferRef x{Space::Input, 0, 0, {cols * 4, true}};
  BufferRef w{Space::Weights, 0, 0, {cols * 4, false}};
  BufferRef t{Space::Arena, 0, 256, {cols * 4, true}};
  BufferRef y{Space::Output, 0, 0, {cols * 4, true}};
  BufferRef table{Space::Weights, 2, 0, {cols * 4, false}};
  plan.launches = {
      {0, {x, w, t}, {"/add"}, {"Add"}, "vit.pointwise", "blocks.0", 0, 6, 72},
      {1,
       {t, w, y, table},
       {"/dense", "/b\n*/"},
       {"MatMul", "Add"},
       "vit.linear",
       "",
       1,
       72,
       96}};
  plan.tensors = {
      {"t", "/add", DType::F32, {{1, true}, {cols, false}}, {cols, 1}, t, 0}};
  plan.report = {{"qkv_fused", 3, 12, "because"}};
  plan.arenaBytes = 4096;
  plan.arenaLowerBound = 2048;
  return plan;
}

inline format::Module sampleModule() {
  using namespace format;
  format::Module module;
  KernelCode add;
  add.symbol = "add_n6_f32";
  add.source = "#include \"pointwise.cuh\"\n// add\n";
  add.options = {"-std=c++14", "--fmad=false"};
  add.images = {
      {ImageKind::Cubin, "sm_80", Bytes::copyOf("cubin bytes"), 12, 4, 8},
      {ImageKind::Ptx, "compute_80", Bytes::copyOf(".version 8.0"), 0, 0, 0}};
  KernelCode gemm = add;
  gemm.symbol = "gemm_n6_k6_f32";
  gemm.source = "// gemm\n";
  gemm.images[0].data = Bytes::copyOf("other bytes");
  module.codes = {add, gemm};
  module.headers = {{"pointwise.cuh", "// device library\n"},
                    {"vit_device.h", std::string("\0 x", 3)}};
  std::string floats(24, '\1'), ints(24, '\0');
  Weight weight;
  weight.name = "w";
  weight.shape = {6};
  weight.data = Bytes::copyOf(floats);
  Weight same = weight;
  same.name = "w again";
  Weight table;
  table.name = "table";
  table.dtype = DType::I32;
  table.shape = {2, 3};
  table.data = Bytes::copyOf(ints);
  module.weights = {weight, same, table};
  module.plans = {{samplePlan(), {0, 1}}, {samplePlan(), {0, 1}}};
  module.plans[1].plan.target = "sm_90a";
  module.loadables = {{"blocks", "agx-orin", Bytes::copyOf("loadable")}};
  module.provenance = {"vitc 0.1.0",
                       "12.9",
                       77,
                       {1, 2},
                       "graph",
                       {"--precision=fp32"},
                       {{"mean", "0.5,0.5,0.5"}}};
  return module;
}

} // namespace vitrt::test

#endif // VITC_TEST_SAMPLEMODULE_H
