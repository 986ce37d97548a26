// Counters: FLOP of primitives, requests, sectors, bank conflicts.
#include "Harness.h"
#include "runtime/emulator/Traffic.h"

#include <gtest/gtest.h>

using namespace vitrt::emu;
using namespace vitrt::emu::test;

namespace {

TEST(Traffic, Wavefronts) {
  uint64_t a[32];
  auto fill = [&](auto address) {
    for (int l = 0; l < 32; ++l)
      a[l] = static_cast<uint64_t>(address(l));
  };
  auto ways = [&](unsigned bytes) { return sharedWavefronts(a, ~0u, bytes); };
  fill([](int l) { return 4 * l; });
  EXPECT_EQ(ways(4), 1u);
  fill([](int) { return 64; }); // Broadcast.
  EXPECT_EQ(ways(4), 1u);
  fill([](int l) { return 8 * l; }); // Two words of a bank.
  EXPECT_EQ(ways(4), 2u);
  EXPECT_EQ(idealWavefronts(a, ~0u, 4), 1u);
  fill([](int l) { return 128 * l; }); // All in one bank.
  EXPECT_EQ(ways(4), 32u);
  fill([](int l) { return 2 * l; }); // Halves: 16 words.
  EXPECT_EQ(ways(2), 1u);
  fill([](int l) { return 8 * l; });
  EXPECT_EQ(ways(8), 2u);
  fill([](int l) { return 16 * l; });
  EXPECT_EQ(ways(16), 4u);
  fill([](int l) { return 128 * l; }); // ldmatrix of rows with pitch 128.
  EXPECT_EQ(ways(16), 32u);
  fill([](int l) { return 144 * l; });
  EXPECT_EQ(ways(16), 4u);
  EXPECT_EQ(sharedWavefronts(a, 0xff, 16), 1u);
}

TEST(Traffic, Sectors) {
  uint64_t a[32];
  for (int l = 0; l < 32; ++l)
    a[l] = 4096 + 4 * static_cast<uint64_t>(l);
  EXPECT_EQ(globalSectors(a, ~0u, 4), 4u);
  EXPECT_EQ(globalSectors(a, 1, 4), 1u);
  for (int l = 0; l < 32; ++l)
    a[l] = 4096 + 1000 * static_cast<uint64_t>(l);
  EXPECT_EQ(globalSectors(a, ~0u, 4), 32u);
  for (int l = 0; l < 32; ++l)
    a[l] = 4096 + 2 * static_cast<uint64_t>(l) + 30;
  EXPECT_EQ(globalSectors(a, ~0u, 2), 3u);
}

TEST(Counters, OfAKernel) {
  // Reads 32 floats, four warps; writes with a stride of 8 floats; one shared
  // store and load a thread, the load with conflicts of degree two.
  const char *text = R"(VIT_KERNEL(128) kernel(const float *in, float *out) {
  VIT_DYN_SMEM(smem);
  float *s = (float *)smem;
  const int t = threadIdx.x;
  const float x = in[t];
  s[t] = x;
  __syncthreads();
  const float y = s[t * 2 % 128];
  VIT_COUNT(FLOP, 2);
  VIT_COUNT(SPECIAL, 1);
  out[t * 8] = x + y;
}
VIT_EXPORT(kernel)
)";
  std::vector<float> in(128), out(1024);
  Buffer outBuffer = Buffer::out(out, "out");
  outBuffer.range.expectFullWrite = false;
  LaunchOptions options = checked();
  options.counters = true;
  LaunchResult result =
      TestKernel(text, true, true)
          .run({Buffer::in(in, "in"), outBuffer}, 128, {}, 512, options);
  ASSERT_TRUE(result.ok()) << describe(result);
  const Counters &c = result.counters;
  EXPECT_EQ(c.simtFlops, 256u);
  EXPECT_EQ(c.specialOps, 128u);
  EXPECT_EQ(c.globalReadBytes, 512u);
  EXPECT_EQ(c.globalWriteBytes, 512u);
  // The vectors are only 4-byte aligned: a sector more for each warp's reads.
  EXPECT_GE(c.globalReadSectors, 16u);
  EXPECT_LE(c.globalReadSectors, 20u);
  EXPECT_EQ(c.globalWriteSectors, 128u);
  EXPECT_EQ(c.sharedReadBytes, 512u);
  EXPECT_EQ(c.sharedRequests, 8u);
  EXPECT_EQ(c.sharedWavefronts, 4u + 8u);
  EXPECT_EQ(c.sharedIdealWavefronts, 8u);
  EXPECT_EQ(c.blockBarriers, 1u);
  // The same without the checks.
  options.check = false;
  LaunchResult plain =
      TestKernel(text, true, true)
          .run({Buffer::in(in, "in"), outBuffer}, 128, {}, 512, options);
  EXPECT_EQ(plain.counters.sharedWavefronts, c.sharedWavefronts);
  EXPECT_EQ(plain.counters.globalWriteSectors, c.globalWriteSectors);
}

TEST(Counters, PrimitivesCountInFastMode) {
  std::vector<float> out(32);
  LaunchResult result =
      TestKernel(R"(VIT_KERNEL(32) kernel(float *out) {
  VIT_DYN_SMEM(smem);
  for (int i = threadIdx.x; i < 512; i += 32) ((int *)smem)[i] = 0;
  __syncthreads();
  float d[2][4][4] = {};
  const unsigned char *a[2] = {smem + threadIdx.x * 16, smem + 512 + threadIdx.x * 16};
  vit::warp_ldm_mma<vit::f16>(d, a, a);
  out[threadIdx.x] = d[1][3][2];
}
VIT_EXPORT(kernel)
)",
                 false)
          .run({Buffer::out(out, "out")}, 32, {}, 2048, fast());
  EXPECT_TRUE(result.ok()) << describe(result);
  EXPECT_EQ(result.counters.tensorFlops, 2u * 4 * 2 * 16 * 8 * 16);
  EXPECT_EQ(result.counters.warpOps, 1u);
  EXPECT_EQ(result.counters.blockBarriers, 1u);
  EXPECT_GT(result.counters.switches, 0u);
}

} // namespace
