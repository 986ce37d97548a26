// The cache of kernel objects, and what a missing or unhappy compiler gives.
#include "Harness.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace vitrt;
using namespace vitrt::emu;
using namespace vitrt::emu::test;
namespace fs = std::filesystem;

namespace {

struct HostCompilerTest : testing::Test {
  std::string cache =
      testing::TempDir() + "vitc-host-compiler-test-" +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  HostCompilerTest() { fs::remove_all(cache); }
  ~HostCompilerTest() override { fs::remove_all(cache); }

  HostCompiler compiler(uint64_t bytes = 1 << 30) {
    return HostCompiler({.cacheDirectory = cache, .cacheBytes = bytes});
  }
  static KernelText kernel(int value, bool check = false) {
    return {"kernel.cu",
            "#include \"vit_device.h\"\nVIT_KERNEL(1) kernel(int *out) { "
            "out[0] = " +
                std::to_string(value) + "; }\nVIT_EXPORT(kernel)\n",
            deviceHeaders(), check, false};
  }
  size_t objects() const {
    size_t count = 0;
    for (const auto &entry : fs::directory_iterator(cache))
      count += entry.path().extension() == ".so";
    return count;
  }
};

TEST_F(HostCompilerTest, CompilesOnce) {
  HostCompiler c = compiler();
  Result<std::string> first = c.compile(kernel(1));
  ASSERT_TRUE(first) << first.status().str();
  auto written = fs::last_write_time(*first);
  auto size = fs::file_size(*first);
  Result<std::string> again = compiler().compile(kernel(1));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *first);
  EXPECT_GE(fs::last_write_time(*first), written);
  EXPECT_EQ(fs::file_size(*first), size);
  EXPECT_EQ(objects(), 1u);
  EXPECT_NE(*c.compile(kernel(2)), *first);
  EXPECT_NE(*c.compile(kernel(1, true)), *first);
  EXPECT_EQ(objects(), 3u);
  // Nothing else is left behind.
  EXPECT_EQ(std::distance(fs::directory_iterator(cache), {}), 3);
}

TEST_F(HostCompilerTest, HeadersAreContent) {
  auto headers = deviceHeaders();
  KernelText text = kernel(1);
  std::string before = compiler().objectPath(text);
  headers[0].second += "\n";
  text.headers = headers;
  EXPECT_NE(compiler().objectPath(text), before);
}

TEST_F(HostCompilerTest, ManyAtOnce) {
  std::vector<KernelText> texts;
  for (int i = 0; i < 6; ++i)
    texts.push_back(kernel(i % 3));
  auto results = compiler().compileAll(texts, 3);
  ASSERT_EQ(results.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    ASSERT_TRUE(results[i]) << results[i].status().str();
    std::string error;
    auto object = KernelObject::load(*results[i], error);
    ASSERT_TRUE(object) << error;
    int value = -1, *out = &value;
    void *argv[] = {&out};
    EXPECT_TRUE(launch(object->entry("kernel"), {}, {}, 0, argv).ok());
    EXPECT_EQ(value, static_cast<int>(i % 3));
    EXPECT_FALSE(object->entry("other"));
  }
  EXPECT_EQ(objects(), 3u);
}

TEST_F(HostCompilerTest, CompilersRaceForOneObject) {
  std::vector<std::thread> threads;
  std::vector<std::string> paths(3);
  for (auto &path : paths)
    threads.emplace_back([&] {
      Result<std::string> r = compiler().compile(kernel(5));
      path = r ? *r : r.status().str();
    });
  for (auto &thread : threads)
    thread.join();
  EXPECT_EQ(paths[0], paths[1]);
  EXPECT_EQ(paths[0], paths[2]);
  EXPECT_EQ(objects(), 1u);
}

TEST_F(HostCompilerTest, CacheIsBounded) {
  HostCompiler c = compiler(20000);
  for (int i = 0; i < 4; ++i) {
    KernelText text = kernel(i);
    auto results = c.compileAll({&text, 1}, 1);
    ASSERT_TRUE(results[0]);
  }
  EXPECT_LT(objects(), 4u);
}

TEST_F(HostCompilerTest, NoCompilerIsE0710) {
  HostCompiler c({.compiler = "no-such-compiler", .cacheDirectory = cache});
  EXPECT_EQ(c.available().diag(), Diag::E0710);
  Result<std::string> result = c.compile(kernel(1));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.status().diag(), Diag::E0710);
  EXPECT_EQ(diagExitCode(result.status().diag()), 6);
  EXPECT_NE(result.status().message().find("no-such-compiler"),
            std::string::npos);
}

TEST_F(HostCompilerTest, BadTextIsE0711) {
  KernelText text = kernel(1);
  text.text += "int x = undefined_thing;\n";
  Result<std::string> result = compiler().compile(text);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.status().diag(), Diag::E0711);
  EXPECT_NE(result.status().message().find("undefined_thing"),
            std::string::npos);
  EXPECT_EQ(objects(), 0u);
}

TEST_F(HostCompilerTest, NamesStayInTheDirectory) {
  KernelText text = kernel(1);
  text.name = "../kernel.cu";
  EXPECT_FALSE(compiler().compile(text));
  text.name = "-o";
  EXPECT_FALSE(compiler().compile(text));
}

TEST_F(HostCompilerTest, UnwritableCache) {
  fs::create_directories(fs::path(cache).parent_path());
  std::ofstream(cache) << "a file";
  Result<std::string> result = compiler().compile(kernel(1));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.status().diag(), Diag::E0801);
}

TEST_F(HostCompilerTest, ForeignObjects) {
  std::string error;
  EXPECT_FALSE(KernelObject::load(cache + "/none.so", error));
  EXPECT_NE(error.find("none.so"), std::string::npos);
}

} // namespace
