// What is read from ptxas' log, and the cache of compiled kernels.
#include "codegen/KernelCompiler.h"
#include "codegen/KernelCache.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

using namespace vitc;
using namespace vitrt::format;

namespace {

const char kLog[] =
    "ptxas info    : 0 bytes gmem\n"
    "ptxas info    : Compiling entry function 'k' for 'sm_80'\n"
    "ptxas info    : Function properties for k\n"
    "    16 bytes stack frame, 12 bytes spill stores, 8 bytes spill loads\n"
    "ptxas info    : Used 58 registers, 384 bytes cmem[0], 64 bytes smem\n";

TEST(PtxasLog, RegistersSpillsAndSharedMemory) {
  PtxasUsage usage = parsePtxasLog(kLog);
  EXPECT_EQ(usage.registers, 58u);
  EXPECT_EQ(usage.spillBytes, 20u);
  EXPECT_EQ(usage.sharedBytes, 64u);
}

TEST(PtxasLog, SerialisedWgmmaIsE0709) {
  EXPECT_TRUE(checkPtxasLog("k", kLog).ok());
  for (const char *id : {"C7508", "C7510"}) {
    vitrt::Status status =
        checkPtxasLog("k", std::string("warning (") + id + "): wgmma");
    EXPECT_EQ(status.diag(), vitrt::Diag::E0709);
    EXPECT_NE(status.message().find(id), std::string::npos);
  }
}

class Cache : public testing::Test {
protected:
  void SetUp() override {
    folder = testing::TempDir() + "vitc-kernel-cache-" +
             testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder);
    image.data = Bytes::copyOf("some bytes");
    image.registers = 7;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string folder;
  KernelImage image;
};

TEST_F(Cache, GivesBackWhatWasStored) {
  KernelCache cache(folder);
  EXPECT_FALSE(cache.find("key"));
  cache.store("key", image);
  auto found = cache.find("key");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->data, image.data);
  EXPECT_EQ(found->registers, 7u);
}

TEST_F(Cache, EveryTornOrFlippedEntryIsAMiss) {
  KernelCache(folder).store("key", image);
  std::ifstream in(folder + "/key", std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)),
                    std::istreambuf_iterator<char>());
  auto write = [&](const std::string &text) {
    std::ofstream(folder + "/key", std::ios::binary) << text;
  };
  for (size_t size = 0; size < bytes.size(); ++size) {
    write(bytes.substr(0, size));
    EXPECT_FALSE(KernelCache(folder).find("key")) << size;
  }
  std::string flipped = bytes;
  flipped.back() ^= 1;
  write(flipped);
  EXPECT_FALSE(KernelCache(folder).find("key"));
}

TEST(CacheKey, IgnoresCommentsAndSeesEverythingElse) {
  auto key = [](const char *text, uint64_t headers, const char *option,
                const char *arch) {
    return KernelCache::key(text, headers, {option}, arch, "12.9");
  };
  std::string base = key("int x; // a", 1, "-O", "sm_80");
  EXPECT_EQ(base, key("int x; // another name", 1, "-O", "sm_80"));
  EXPECT_NE(base, key("int y; // a", 1, "-O", "sm_80"));
  EXPECT_NE(base, key("int x; // a", 2, "-O", "sm_80"));
  EXPECT_NE(base, key("int x; // a", 1, "-G", "sm_80"));
  EXPECT_NE(base, key("int x; // a", 1, "-O", "sm_90"));
}

} // namespace
