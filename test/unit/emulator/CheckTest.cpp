// Each kind of bug, injected, is reported with its kind and its line; the
// kernel without it is clean.
#include "Harness.h"

#include <gtest/gtest.h>

using namespace vitrt::emu;
using namespace vitrt::emu::test;

namespace {

/// The text with `line` (1-based) replaced.
std::string withLine(std::string text, int line, const std::string &by) {
  size_t begin = 0;
  for (int i = 1; i < line; ++i)
    begin = text.find('\n', begin) + 1;
  return text.replace(begin, text.find('\n', begin) - begin, by);
}

// A block of 128 sums 256 numbers per block.
const char *const kReduce =
    R"(VIT_KERNEL(128) kernel(const float *in, float *out) {
  VIT_DYN_SMEM(smem);
  float *sums = (float *)smem;
  const int t = threadIdx.x;
  const float *x = in + blockIdx.x * 256;
  sums[t] = x[t] + x[t + 128];
  __syncthreads();
  for (int o = 64; o > 0; o >>= 1) {
    if (t < o) {
      sums[t] += sums[t + o];
    }
    __syncthreads();
  }
  if (t == 0)
    out[blockIdx.x] = sums[0];
}
VIT_EXPORT(kernel)
)";

struct Reduce : testing::Test {
  std::vector<float> in = std::vector<float>(4 * 256, 1.f);
  std::vector<float> out = std::vector<float>(4);

  LaunchResult run(const std::string &text, LaunchOptions options = checked()) {
    return TestKernel(text).run({Buffer::in(in, "in"), Buffer::out(out, "out")},
                                128, {4, 1, 1}, 512, options);
  }
};

TEST_F(Reduce, Clean) {
  LaunchResult result = run(kReduce);
  EXPECT_TRUE(result.ok()) << describe(result);
  EXPECT_EQ(out, std::vector<float>(4, 256.f));
  EXPECT_GT(result.counters.accesses, 0u);
}

TEST_F(Reduce, FirstBarrierRemoved) {
  LaunchResult result = run(withLine(kReduce, 7, ""));
  EXPECT_TRUE(has(result, FindingKind::Uninitialised, 10)) << describe(result);
}

TEST_F(Reduce, BarrierInLoopRemoved) {
  LaunchResult result = run(withLine(kReduce, 12, ""));
  EXPECT_TRUE(has(result, FindingKind::Race, 10)) << describe(result);
  EXPECT_NE(describe(result).find("without a barrier between"),
            std::string::npos);
}

TEST_F(Reduce, BarrierRemovedIsSeenInEveryScheduleAndMode) {
  for (Async async : {Async::Late, Async::Early})
    for (uint64_t seed : {0, 1, 2, 3}) {
      LaunchResult result =
          run(withLine(kReduce, 12, ""), checked(async, seed));
      EXPECT_TRUE(has(result, FindingKind::Race, 10)) << describe(result);
    }
}

TEST_F(Reduce, SyncwarpDoesNotOrderWarps) {
  LaunchResult result = run(withLine(kReduce, 12, "    __syncwarp();"));
  EXPECT_TRUE(has(result, FindingKind::Race, 10)) << describe(result);
}

TEST_F(Reduce, DivergentBarrier) {
  LaunchResult result =
      run(withLine(withLine(kReduce, 12, ""), 10,
                   "      sums[t] += sums[t + o]; __syncthreads();"));
  EXPECT_TRUE(has(result, FindingKind::DivergentBarrier, 10))
      << describe(result);
}

TEST_F(Reduce, BarrierAfterExit) {
  LaunchResult result = run(withLine(
      kReduce, 8, "  if (t >= 64) return; for (int o = 64; o > 0; o >>= 1) {"));
  EXPECT_TRUE(has(result, FindingKind::DivergentBarrier, 12))
      << describe(result);
}

TEST_F(Reduce, UninitialisedShared) {
  LaunchResult result =
      run(withLine(kReduce, 6, "  if (t != 5) sums[t] = 1.f;"));
  EXPECT_TRUE(has(result, FindingKind::Uninitialised, 10)) << describe(result);
  EXPECT_NE(describe(result).find("shared byte 20"), std::string::npos)
      << describe(result);
}

TEST_F(Reduce, SharedOutOfBounds) {
  LaunchResult result = run(withLine(kReduce, 6, "  sums[t + 1] = 1.f;"));
  EXPECT_TRUE(has(result, FindingKind::OutOfBounds, 6)) << describe(result);
  EXPECT_TRUE(result.aborted);
  EXPECT_EQ(result.findings[0].thread, (Dim3{127, 0, 0}));
}

TEST_F(Reduce, GlobalReadOutOfBounds) {
  LaunchResult result =
      run(withLine(kReduce, 6, "  sums[t] = x[t] + x[t + 129];"));
  EXPECT_TRUE(has(result, FindingKind::OutOfBounds, 6)) << describe(result);
  EXPECT_EQ(result.findings[0].block, (Dim3{3, 0, 0}));
  EXPECT_NE(describe(result).find("byte 4096 of 'in'"), std::string::npos)
      << describe(result);
}

TEST_F(Reduce, GlobalWriteOutOfBoundsIsStoppedBeforeIt) {
  out.push_back(42.f);
  std::vector<float> all = out;
  LaunchResult result =
      TestKernel(withLine(kReduce, 15, "    out[4] = sums[0];"))
          .run({Buffer::in(in, "in"),
                {out.data(), 16, {out.data(), 16, true, false, "out", false}}},
               128, {4, 1, 1}, 512);
  EXPECT_TRUE(has(result, FindingKind::OutOfBounds, 15)) << describe(result);
  EXPECT_EQ(out[4], 42.f);
}

TEST_F(Reduce, WriteToReadOnly) {
  LaunchResult result = run(withLine(
      kReduce, 15, "    ((float *)in)[0] = out[blockIdx.x] = sums[0];"));
  EXPECT_TRUE(has(result, FindingKind::WriteToReadOnly, 15))
      << describe(result);
  EXPECT_EQ(in[0], 1.f);
}

TEST_F(Reduce, Unwritten) {
  LaunchResult result =
      run(withLine(kReduce, 14, "  if (t == 0 && blockIdx.x != 2)"));
  EXPECT_TRUE(has(result, FindingKind::Unwritten)) << describe(result);
  EXPECT_NE(describe(result).find("4 of 16 bytes of 'out'"), std::string::npos)
      << describe(result);
}

TEST_F(Reduce, TwoBlocksWriteOneByte) {
  LaunchResult result =
      run(withLine(kReduce, 15, "    out[blockIdx.x / 2] = sums[0];"));
  EXPECT_TRUE(has(result, FindingKind::BlockConflict, 15)) << describe(result);
  EXPECT_EQ(result.findings[0].block, (Dim3{1, 0, 0}));
  EXPECT_NE(describe(result).find("which block (0,0,0) wrote"),
            std::string::npos)
      << describe(result);
}

TEST_F(Reduce, BlockReadsWhatAnotherWrites) {
  LaunchResult result = run(withLine(
      kReduce, 15,
      "    out[blockIdx.x] = blockIdx.x ? out[blockIdx.x - 1] : sums[0];"));
  EXPECT_TRUE(has(result, FindingKind::BlockConflict, 15)) << describe(result);
}

TEST_F(Reduce, ReadOfUnwrittenOutput) {
  LaunchResult result =
      run(withLine(kReduce, 15, "    out[blockIdx.x] += sums[0];"));
  EXPECT_TRUE(has(result, FindingKind::Uninitialised, 15)) << describe(result);
}

TEST_F(Reduce, TwoThreadsWriteOneElement) {
  LaunchResult result = run(withLine(kReduce, 14, "  if (t < 2)"));
  EXPECT_TRUE(has(result, FindingKind::Race, 15)) << describe(result);
}

TEST_F(Reduce, Misaligned) {
  LaunchResult result = run(
      withLine(kReduce, 6, "  sums[t] = vit::from_bits(vit::load8(x + t).x);"));
  EXPECT_TRUE(has(result, FindingKind::Misaligned, 6)) << describe(result);
}

TEST_F(Reduce, NullPointerIsAFaultInFastMode) {
  TestKernel kernel(
      withLine(kReduce, 15, "    *(volatile float *)8 = sums[0];"), false);
  LaunchResult result =
      kernel.run({Buffer::in(in, "in"), Buffer::out(out, "out")}, 128,
                 {4, 1, 1}, 512, fast());
  EXPECT_TRUE(has(result, FindingKind::Fault)) << describe(result);
  // The engine goes on working.
  EXPECT_TRUE(run(kReduce).ok());
}

TEST(Check, StackOverflowIsAFault) {
  std::vector<int> out(1);
  LaunchResult result = TestKernel(R"(
VIT_DEV __attribute__((noinline)) int deep_(volatile int *p, int n);
static __attribute__((noinline)) int deep(int n) {
  volatile char space[4096];
  space[n % 4096] = (char)n;
  return n <= 0 ? 0 : deep(n - 1) + space[n % 4096];
}
VIT_KERNEL(32) kernel(int *out) { out[0] = deep(1000); }
VIT_EXPORT(kernel)
)",
                                   false)
                            .run({Buffer::out(out, "out")}, 1, {}, 0, fast());
  EXPECT_TRUE(has(result, FindingKind::Fault)) << describe(result);
  EXPECT_NE(describe(result).find("stack overflow"), std::string::npos);
}

TEST(Check, ShufflesDoNotOrderMemory) {
  const char *text = R"(VIT_KERNEL(32) kernel(float *out) {
  VIT_DYN_SMEM(smem);
  float *s = (float *)smem;
  s[threadIdx.x] = 1.f;
  float x = __shfl_xor_sync(0xffffffffu, 1.f, 1);
  out[threadIdx.x] = s[threadIdx.x ^ 1] + x;
}
VIT_EXPORT(kernel)
)";
  std::vector<float> out(32);
  LaunchResult result =
      TestKernel(text).run({Buffer::out(out, "out")}, 32, {}, 128);
  EXPECT_TRUE(has(result, FindingKind::Race, 6)) << describe(result);
  result = TestKernel(withLine(text, 5, "  float x = 1.f; __syncwarp();"))
               .run({Buffer::out(out, "out")}, 32, {}, 128);
  EXPECT_TRUE(result.ok()) << describe(result);
}

TEST(Check, WriteAfterReadInAWarp) {
  const char *text = R"(VIT_KERNEL(32) kernel(float *out) {
  VIT_DYN_SMEM(smem);
  float *s = (float *)smem;
  s[threadIdx.x] = 1.f;
  __syncwarp();
  out[threadIdx.x] = s[threadIdx.x ^ 1];
  s[threadIdx.x] = 2.f;
}
VIT_EXPORT(kernel)
)";
  std::vector<float> out(32);
  LaunchResult result =
      TestKernel(text).run({Buffer::out(out, "out")}, 32, {}, 128);
  EXPECT_TRUE(has(result, FindingKind::Race, 7)) << describe(result);
}

TEST(Check, HalvesOfAWordAreApart) {
  std::vector<uint16_t> out(32);
  runClean(R"(VIT_KERNEL(32) kernel(unsigned short *out) {
  VIT_DYN_SMEM(smem);
  unsigned short *s = (unsigned short *)smem;
  s[threadIdx.x] = threadIdx.x;
  s[threadIdx.x] += 1;
  __syncthreads();
  unsigned x = ((unsigned *)smem)[threadIdx.x / 2];
  __syncthreads();
  if (threadIdx.x < 16) ((unsigned *)smem)[threadIdx.x] = 7u;
  out[threadIdx.x] = x;
}
VIT_EXPORT(kernel)
)",
           {Buffer::out(out, "out")}, 32, {}, 64);
  LaunchResult result =
      TestKernel(R"(VIT_KERNEL(32) kernel(unsigned short *out) {
  VIT_DYN_SMEM(smem);
  unsigned short *s = (unsigned short *)smem;
  s[threadIdx.x] = threadIdx.x;
  out[threadIdx.x] = ((unsigned *)smem)[threadIdx.x / 2];
}
VIT_EXPORT(kernel)
)")
          .run({Buffer::out(out, "out")}, 32, {}, 64);
  EXPECT_TRUE(has(result, FindingKind::Uninitialised, 5)) << describe(result);
}

TEST(Check, DivergentShuffle) {
  std::vector<float> out(32);
  LaunchResult result = TestKernel(R"(VIT_KERNEL(32) kernel(float *out) {
  float x = threadIdx.x;
  if (threadIdx.x < 16)
    x = __shfl_xor_sync(0xffffffffu, x, 1);
  else
    x = __shfl_xor_sync(0xffffffffu, x, 2);
  out[threadIdx.x] = x;
}
VIT_EXPORT(kernel)
)")
                            .run({Buffer::out(out, "out")});
  EXPECT_TRUE(has(result, FindingKind::DivergentWarp, 6)) << describe(result);
}

TEST(Check, LaneExitsBeforeAShuffle) {
  std::vector<float> out(32);
  LaunchResult result = TestKernel(R"(VIT_KERNEL(32) kernel(float *out) {
  out[threadIdx.x] = 0.f;
  if (threadIdx.x == 31)
    return;
  out[threadIdx.x] = __shfl_down_sync(0xffffffffu, 1.f, 1);
}
VIT_EXPORT(kernel)
)")
                            .run({Buffer::out(out, "out")});
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.findings[0].kind, FindingKind::DivergentWarp)
      << describe(result);
}

TEST(Check, WarpWaitsForABarrierOfOthers) {
  std::vector<float> out(64);
  LaunchResult result = TestKernel(R"(VIT_KERNEL(64) kernel(float *out) {
  if (threadIdx.x == 3)
    __syncthreads();
  else
    __syncwarp();
  out[threadIdx.x] = 0.f;
}
VIT_EXPORT(kernel)
)")
                            .run({Buffer::out(out, "out")}, 64);
  EXPECT_TRUE(has(result, FindingKind::DivergentBarrier)) << describe(result);
  EXPECT_TRUE(result.aborted);
}

TEST(Check, PartialMask) {
  std::vector<float> out(32);
  LaunchResult result = TestKernel(R"(VIT_KERNEL(32) kernel(float *out) {
  out[threadIdx.x] = __shfl_xor_sync(0x0000ffffu, 1.f, 1);
}
VIT_EXPORT(kernel)
)")
                            .run({Buffer::out(out, "out")});
  EXPECT_TRUE(has(result, FindingKind::BadOperand, 2)) << describe(result);
}

TEST(Check, TileOfUnwrittenRows) {
  // The finding is in the kernel, not in the header that reads the row.
  std::vector<float> out(32);
  LaunchResult result = TestKernel(R"(VIT_KERNEL(32) kernel(float *out) {
  VIT_DYN_SMEM(smem);
  vit::TileA<vit::f16, 1> a;
  const unsigned char *rows[1] = {smem + threadIdx.x * 16};
  vit::load_tile(a, rows);
  vit::u32 r[4];
  vit::ldmatrix_x4(r, smem + threadIdx.x * 16);
  out[threadIdx.x] = (float)r[0];
}
VIT_EXPORT(kernel)
)")
                            .run({Buffer::out(out, "out")}, 32, {}, 512);
  EXPECT_TRUE(has(result, FindingKind::Uninitialised, 5)) << describe(result);
  EXPECT_TRUE(has(result, FindingKind::Uninitialised, 7)) << describe(result);
}

TEST(Check, LdmatrixRows) {
  const char *text = R"(VIT_KERNEL(32) kernel(float *out) {
  VIT_DYN_SMEM(smem);
  for (int i = threadIdx.x; i < 128; i += 32) ((int *)smem)[i] = 0;
  __syncthreads();
  vit::u32 r[4];
  vit::ldmatrix_x4(r, smem + threadIdx.x * 16);
  out[threadIdx.x] = (float)r[0];
}
VIT_EXPORT(kernel)
)";
  std::vector<float> out(32);
  auto run = [&](const char *line) {
    return TestKernel(withLine(text, 6, line))
        .run({Buffer::out(out, "out")}, 32, {}, 512);
  };
  EXPECT_TRUE(has(run("vit::ldmatrix_x4(r, smem + threadIdx.x * 16 + 8);"),
                  FindingKind::Misaligned, 6));
  EXPECT_TRUE(has(run("vit::ldmatrix_x4(r, smem + threadIdx.x * 16 + 16);"),
                  FindingKind::OutOfBounds, 6));
  EXPECT_TRUE(
      has(run("vit::ldmatrix_x4(r, out);"), FindingKind::OutOfBounds, 6));
}

TEST(Check, AliasedOperands) {
  // In place: the same memory as a read-only and as a written operand.
  std::vector<float> data(64, 1.f);
  std::vector<Buffer> buffers = {Buffer::in(data, "in"),
                                 Buffer::out(data, "out")};
  const char *text = R"(VIT_KERNEL(32) kernel(const float *in, float *out) {
  const int i = blockIdx.x * 32 + threadIdx.x;
  out[i] = in[i] + 1.f;
}
VIT_EXPORT(kernel)
)";
  LaunchResult result = TestKernel(text).run(buffers, 32, {2, 1, 1});
  EXPECT_TRUE(result.ok()) << describe(result);
  EXPECT_EQ(data, std::vector<float>(64, 2.f));
  result = TestKernel(withLine(text, 3, "  out[i] = in[i ^ 32] + 1.f;"))
               .run(buffers, 32, {2, 1, 1});
  EXPECT_TRUE(has(result, FindingKind::BlockConflict, 3)) << describe(result);
}

TEST(Check, ManyFindingsAreCountedAndCapped) {
  std::vector<float> out(32);
  std::string text = "VIT_KERNEL(32) kernel(float *out) {\n  "
                     "VIT_DYN_SMEM(smem);\n  float x = 0.f;\n";
  for (int i = 0; i < 30; ++i)
    text += "  x += ((volatile float *)smem)[" + std::to_string(i) + "];\n";
  text += "  out[threadIdx.x] = x;\n}\nVIT_EXPORT(kernel)\n";
  LaunchOptions options = checked();
  options.maxReports = 5;
  LaunchResult result =
      TestKernel(text).run({Buffer::out(out, "out")}, 32, {}, 256, options);
  EXPECT_EQ(result.findings.size(), 5u);
  EXPECT_EQ(result.numFindings, 30u * 32u);
  EXPECT_EQ(result.findings[0].count, 32u);
}

TEST(Check, RefusedLaunches) {
  std::vector<float> out(32);
  TestKernel kernel("VIT_KERNEL(32) kernel(float *out) { out[threadIdx.x] = "
                    "0.f; }\nVIT_EXPORT(kernel)\n",
                    false);
  EXPECT_TRUE(
      has(kernel.run({Buffer::out(out, "out")}), FindingKind::BadOperand));
  EXPECT_TRUE(has(kernel.run({Buffer::out(out, "out")}, 1025, {}, 0, fast()),
                  FindingKind::BadOperand));
  EXPECT_TRUE(
      has(kernel.run({Buffer::out(out, "out")}, 32, {0, 1, 1}, 0, fast()),
          FindingKind::BadOperand));
  EXPECT_TRUE(
      has(kernel.run({Buffer::out(out, "out")}, 32, {}, 1 << 20, fast()),
          FindingKind::BadOperand));
}

} // namespace
