//===- NvrtcTest.cpp - CUDA text to cubin or PTX --------------------------===//
//
// Skipped where no NVRTC is found.
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/Nvrtc.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <thread>

using namespace vitrt;

namespace {

NvrtcSearch everywhere() {
  NvrtcSearch search;
  search.folders = nvrtcFoldersOfVenv(VITC_SOURCE_DIR "/.venv");
  return search;
}

class NvrtcTest : public testing::Test {
protected:
  void SetUp() override {
    Result<std::shared_ptr<Nvrtc>> found = Nvrtc::open(everywhere());
    if (!found)
      GTEST_SKIP() << found.status().message();
    nvrtc = *found;
  }
  Result<Nvrtc::Compiled> compile(const std::string &source,
                                  const std::string &arch,
                                  Nvrtc::Output output) {
    Nvrtc::Header header = {"answer.h", "#define ANSWER 42\n"};
    std::string options[] = {"-std=c++14", "-DNDEBUG"};
    return nvrtc->compile(source, "test.cu", {&header, 1}, options, arch,
                          output);
  }
  std::shared_ptr<Nvrtc> nvrtc;
};

const char kText[] = "#include \"answer.h\"\n"
                     "extern \"C\" __global__ void k(int *x) { *x = ANSWER; }";

TEST_F(NvrtcTest, CompilesCubinAndPtx) {
  Result<Nvrtc::Compiled> ptx =
      compile(kText, "compute_75", Nvrtc::Output::Ptx);
  ASSERT_TRUE(ptx.ok()) << ptx.status().str();
  EXPECT_NE(ptx->image.find(".entry k"), std::string::npos);
  EXPECT_EQ(ptx->image.find('\0'), std::string::npos);
  if (!nvrtc->hasCubin())
    return;
  Result<Nvrtc::Compiled> cubin = compile(kText, "sm_75", Nvrtc::Output::Cubin);
  ASSERT_TRUE(cubin.ok()) << cubin.status().str();
  EXPECT_EQ(cubin->image.substr(1, 3), "ELF");
}

TEST_F(NvrtcTest, ErrorsCarryTheLog) {
  Status status =
      compile("int x = y;", "compute_75", Nvrtc::Output::Ptx).status();
  EXPECT_EQ(status.diag(), Diag::E0704);
  EXPECT_NE(status.message().find("test.cu"), std::string::npos);
}

TEST_F(NvrtcTest, UnknownArchitectureIsNamed) {
  Status status = compile(kText, "sm_12", Nvrtc::Output::Cubin).status();
  EXPECT_EQ(status.diag(), Diag::E0705);
  EXPECT_NE(status.message().find("sm_12"), std::string::npos);
}

TEST_F(NvrtcTest, CompilesInParallel) {
  std::vector<std::thread> threads;
  for (int i = 0; i != 4; ++i)
    threads.emplace_back([&] {
      EXPECT_TRUE(compile(kText, "compute_75", Nvrtc::Output::Ptx).ok());
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(NvrtcSearchTest, MissingLibraryIsExplained) {
  ::setenv("VITC_NVRTC", "/does/not/exist/libnvrtc.so", 1);
  Status status = Nvrtc::open(everywhere()).status();
  ::unsetenv("VITC_NVRTC");
  EXPECT_EQ(status.diag(), Diag::E0703);
  EXPECT_NE(status.message().find("VITC_NVRTC"), std::string::npos);
}

} // namespace
