// Results, findings and counters depend neither on the schedule nor on the
// number of host threads.
#include "Harness.h"

#include <gtest/gtest.h>

using namespace vitrt::emu;
using namespace vitrt::emu::test;

namespace {

/// Each block sums its row over two warps; `Bug` can leave a barrier out or let
/// two blocks write one element.
std::string rowSum(const std::string &barrier, const std::string &index) {
  return R"(VIT_KERNEL(64) kernel(const float *in, float *out) {
  VIT_DYN_SMEM(smem);
  float *part = (float *)smem;
  const int t = threadIdx.x;
  float x = in[blockIdx.x * 64 + t];
  for (int o = 16; o > 0; o >>= 1)
    x += __shfl_xor_sync(0xffffffffu, x, o);
  if (t % 32 == 0)
    part[t / 32] = x;
  )" + barrier +
         R"(
  if (t == 63)
    out[)" +
         index + R"(] = part[0] + part[1];
}
VIT_EXPORT(kernel)
)";
}

struct Schedule : testing::Test {
  std::vector<float> in = std::vector<float>(200 * 64);
  std::vector<float> out = std::vector<float>(200);
  Schedule() {
    for (size_t i = 0; i < in.size(); ++i)
      in[i] = 1.f / static_cast<float>(i + 1);
  }
  LaunchResult run(TestKernel &kernel, LaunchOptions options) {
    out.assign(out.size(), -1.f);
    return kernel.run({Buffer::in(in, "in"), Buffer::out(out, "out")}, 64,
                      {200, 1, 1}, 8, options);
  }
};

TEST_F(Schedule, ResultsAreEqual) {
  for (bool check : {false, true}) {
    TestKernel kernel(rowSum("__syncthreads();", "blockIdx.x"), check);
    std::vector<float> first;
    for (unsigned threads : {1, 2, 5})
      for (Async async : {Async::Late, Async::Early})
        for (uint64_t seed : {0, 1, 2, 3}) {
          LaunchOptions options =
              check ? checked(async, seed) : fast(async, seed);
          options.threads = threads;
          LaunchResult result = run(kernel, options);
          EXPECT_TRUE(result.ok()) << describe(result);
          if (first.empty())
            first = out;
          EXPECT_EQ(out, first);
        }
  }
}

TEST_F(Schedule, CountersDoNotDependOnThreads) {
  TestKernel kernel(rowSum("__syncthreads();", "blockIdx.x"), true);
  LaunchOptions options = checked();
  options.counters = true;
  Counters one = run(kernel, options).counters;
  options.threads = 4;
  Counters four = run(kernel, options).counters;
  EXPECT_EQ(one.accesses, four.accesses);
  EXPECT_EQ(one.switches, four.switches);
  EXPECT_EQ(one.globalReadSectors, four.globalReadSectors);
  EXPECT_EQ(one.sharedWavefronts, four.sharedWavefronts);
  EXPECT_EQ(one.blockBarriers, 200u);
}

TEST_F(Schedule, FindingsDoNotDependOnThreads) {
  for (const std::string &text :
       {rowSum("", "blockIdx.x"), rowSum("__syncthreads();", "blockIdx.x / 2"),
        rowSum("if (blockIdx.x > 50 && t < 9) __syncthreads();", "blockIdx.x"),
        rowSum("__syncthreads();", "blockIdx.x * 2")}) {
    TestKernel kernel(text, true);
    for (uint64_t seed : {0, 5}) {
      LaunchResult serial = run(kernel, checked(Async::Late, seed));
      EXPECT_FALSE(serial.ok());
      for (int repeat = 0; repeat < 5; ++repeat) {
        LaunchOptions options = checked(Async::Late, seed);
        options.threads = 4;
        LaunchResult parallel = run(kernel, options);
        EXPECT_EQ(describe(parallel), describe(serial));
        EXPECT_EQ(parallel.numFindings, serial.numFindings);
      }
    }
  }
}

TEST_F(Schedule, SeedsChangeTheOrder) {
  TestKernel kernel(R"(VIT_KERNEL(64) kernel(const float *in, float *out) {
  VIT_DYN_SMEM(smem);
  ((volatile float *)smem)[0] = threadIdx.x;
  if (threadIdx.x == 0) out[blockIdx.x] = 0.f;
  __syncthreads();
  if (threadIdx.x == 0) out[blockIdx.x] = ((float *)smem)[0];
}
VIT_EXPORT(kernel)
)",
                    false);
  EXPECT_TRUE(run(kernel, fast(Async::Early, 0)).ok());
  EXPECT_EQ(out, std::vector<float>(200, 63.f));
  EXPECT_TRUE(run(kernel, fast(Async::Early, 1)).ok());
  EXPECT_NE(out, std::vector<float>(200, 63.f));
}

} // namespace
