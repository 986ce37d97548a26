// Emulated device memory: guard pages, NaN, reuse.
#include "runtime/emulator/Arena.h"
#include "Harness.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sys/mman.h>

using namespace vitrt::emu;
using namespace vitrt::emu::test;

namespace {

struct ArenaTest : testing::Test {
  static constexpr size_t kBytes = 64 << 12;
  void *memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ~ArenaTest() override { munmap(memory, kBytes); }
};

TEST_F(ArenaTest, FillsWithNaNAndAligns) {
  Arena arena(memory, kBytes);
  auto *p = static_cast<float *>(arena.allocate(100 * 4));
  ASSERT_TRUE(p);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % Arena::kAlignment, 0u);
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(std::isnan(p[i]));
  EXPECT_EQ(arena.used(), 400u);
  EXPECT_EQ(arena.at(arena.offsetOf(p)), p);
  EXPECT_TRUE(arena.contains(p));
  EXPECT_FALSE(arena.contains(&arena));
  EXPECT_TRUE(arena.free(p));
  EXPECT_FALSE(arena.free(p));
  EXPECT_EQ(arena.used(), 0u);
}

TEST_F(ArenaTest, ReusesAndRunsOut) {
  Arena arena(memory, kBytes);
  std::vector<void *> all;
  while (void *p = arena.allocate(4096))
    all.push_back(p);
  EXPECT_EQ(all.size(), 31u); // A page and its guard each, one guard in front.
  EXPECT_EQ(arena.allocate(1), nullptr);
  EXPECT_EQ(arena.allocate(~size_t(0)), nullptr);
  EXPECT_TRUE(arena.free(all[7]));
  EXPECT_EQ(arena.allocate(5000), nullptr);
  EXPECT_EQ(arena.allocate(4000), static_cast<char *>(all[7]) + 96);
  EXPECT_TRUE(arena.free(all[3]));
  EXPECT_TRUE(arena.free(all[4]));
  EXPECT_TRUE(arena.allocate(3 * 4096));
}

TEST_F(ArenaTest, OverrunFaultsInFastMode) {
  Arena arena(memory, kBytes);
  auto *in = static_cast<float *>(arena.allocate(64 * 4));
  auto *out = static_cast<float *>(arena.allocate(64 * 4));
  void *argv[] = {&in, &out};
  TestKernel kernel(R"(VIT_KERNEL(32) kernel(const float *in, float *out) {
  out[threadIdx.x + 33] = 1.f;
}
VIT_EXPORT(kernel)
)",
                    false);
  Range inRange{in, 256, false, true, "in"},
      outRange{out, 256, true, false, "out"};
  LaunchResult result =
      kernel.run({{in, 256, inRange}, {out, 256, outRange}}, 32, {}, 0, fast());
  (void)argv;
  ASSERT_TRUE(has(result, FindingKind::Fault)) << describe(result);
  EXPECT_EQ(result.findings[0].thread, (Dim3{31, 0, 0}));
  EXPECT_NE(describe(result).find("byte 256 of 'out'"), std::string::npos)
      << describe(result);
}

} // namespace
