// cp.async: sizes, predicates, groups, and the mistakes that only late mode or
// check mode shows.
#include "Harness.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace vitrt::emu;
using namespace vitrt::emu::test;

namespace {

/// Two stages of 32 x 16 bytes, double-buffered; out[s] is the sum of stage s.
std::string pipeline(const std::string &wait, const std::string &barrier) {
  return R"(VIT_KERNEL(32) kernel(const float *in, float *out) {
  VIT_DYN_SMEM(smem);
  const int t = threadIdx.x;
  vit::cp_async16(smem + t * 16, in + t * 4, true);
  vit::cp_async_commit();
  for (int s = 0; s < 4; ++s) {
    if (s + 1 < 4)
      vit::cp_async16(smem + ((s + 1) & 1) * 512 + t * 16, in + (s + 1) * 128 + t * 4, true);
    vit::cp_async_commit();
    )" + wait +
         "\n    " + barrier + R"(
    const float *stage = (const float *)(smem + (s & 1) * 512);
    float x = 0.f;
    for (int i = 0; i < 4; ++i)
      x += stage[(31 - t) * 4 + i];
    out[s * 32 + t] = x;
    __syncthreads();
  }
  vit::cp_async_wait<0>();
}
VIT_EXPORT(kernel)
)";
}

struct AsyncCopy : testing::Test {
  std::vector<float> in = std::vector<float>(512);
  std::vector<float> out = std::vector<float>(128);
  AsyncCopy() {
    for (size_t i = 0; i < in.size(); ++i)
      in[i] = static_cast<float>(i);
  }
  LaunchResult run(const std::string &text, LaunchOptions options) {
    return TestKernel(text, options.check)
        .run({Buffer::in(in, "in"), Buffer::out(out, "out")}, 32, {}, 1024,
             options);
  }
};

TEST_F(AsyncCopy, Pipeline) {
  std::string text = pipeline("vit::cp_async_wait<1>();", "__syncthreads();");
  for (Async async : {Async::Late, Async::Early})
    for (LaunchOptions options :
         {checked(async), fast(async), checked(async, 7)}) {
      out.assign(out.size(), 0.f);
      LaunchResult result = run(text, options);
      EXPECT_TRUE(result.ok()) << describe(result);
      for (size_t s = 0; s < 4; ++s)
        for (size_t t = 0; t < 32; ++t)
          EXPECT_EQ(out[s * 32 + t],
                    4.f * static_cast<float>(s * 128 + (31 - t) * 4) + 6.f);
      EXPECT_EQ(result.counters.asyncCopyBytes, 2048u);
    }
}

TEST_F(AsyncCopy, MissingWait) {
  std::string text = pipeline("vit::cp_async_wait<2>();", "__syncthreads();");
  for (Async async : {Async::Late, Async::Early}) {
    LaunchResult result = run(text, checked(async));
    EXPECT_TRUE(has(result, FindingKind::InFlight, 15)) << describe(result);
  }
  // Fast mode cannot name it, but late mode makes the result wrong.
  EXPECT_TRUE(run(text, fast(Async::Late)).ok());
  EXPECT_TRUE(std::isnan(out[0]));
}

TEST_F(AsyncCopy, MissingBarrierAfterWait) {
  LaunchResult result =
      run(pipeline("vit::cp_async_wait<1>();", ""), checked());
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(has(result, FindingKind::Race, 15) ||
              has(result, FindingKind::InFlight, 15))
      << describe(result);
}

TEST_F(AsyncCopy, UnfinishedCopy) {
  LaunchResult result =
      run(R"(VIT_KERNEL(32) kernel(const float *in, float *out) {
  VIT_DYN_SMEM(smem);
  vit::cp_async16(smem + threadIdx.x * 16, in, true);
  vit::cp_async_commit();
  for (int i = 0; i < 4; ++i) out[threadIdx.x * 4 + i] = 0.f;
}
VIT_EXPORT(kernel)
)",
          checked());
  EXPECT_TRUE(has(result, FindingKind::UnfinishedCopy)) << describe(result);
}

TEST_F(AsyncCopy, SizesAndPredicates) {
  std::string text = R"(VIT_KERNEL(32) kernel(const float *in, float *out) {
  VIT_DYN_SMEM(smem);
  const int t = threadIdx.x;
  // Where the predicate is false the source may be anywhere.
  vit::cp_async4(smem + t * 16, t % 2 ? in + t : (const float *)0, t % 2);
  vit::cp_async4(smem + t * 16 + 4, in + t, true);
  vit::cp_async8(smem + t * 16 + 8, in + t * 2, t < 16);
  vit::cp_async_commit();
  vit::cp_async_wait<0>();
  for (int i = 0; i < 4; ++i)
    out[t * 4 + i] = ((float *)smem)[t * 4 + i];
}
VIT_EXPORT(kernel)
)";
  for (LaunchOptions options : {checked(), fast(), checked(Async::Early)}) {
    LaunchResult result = run(text, options);
    EXPECT_TRUE(result.ok()) << describe(result);
    for (size_t t = 0; t < 32; ++t) {
      auto f = static_cast<float>(t);
      EXPECT_EQ(out[t * 4], t % 2 ? f : 0.f);
      EXPECT_EQ(out[t * 4 + 1], f);
      EXPECT_EQ(out[t * 4 + 2], t < 16 ? 2 * f : 0.f);
      EXPECT_EQ(out[t * 4 + 3], t < 16 ? 2 * f + 1 : 0.f);
    }
  }
}

TEST_F(AsyncCopy, BadAddresses) {
  auto copy = [&](const std::string &call) {
    return run("VIT_KERNEL(32) kernel(const float *in, float *out) {\n"
               "  VIT_DYN_SMEM(smem);\n  " +
                   call + "\n}\nVIT_EXPORT(kernel)\n",
               checked());
  };
  EXPECT_TRUE(has(copy("vit::cp_async16(smem + 8, in, true);"),
                  FindingKind::Misaligned, 3));
  EXPECT_TRUE(has(copy("vit::cp_async16(smem, in + 1, true);"),
                  FindingKind::Misaligned, 3));
  EXPECT_TRUE(has(copy("vit::cp_async16(smem + 1024, in, true);"),
                  FindingKind::OutOfBounds, 3));
  EXPECT_TRUE(has(copy("vit::cp_async16(smem, in + 512, true);"),
                  FindingKind::OutOfBounds, 3));
  EXPECT_TRUE(has(copy("vit::cp_async16(out, in, true);"),
                  FindingKind::OutOfBounds, 3));
}

} // namespace
