//===- NvrtcTest.cpp - the device library on real architectures -----------===//
//
// Compiles each template with NVRTC as C++14 for the oldest and newest targets
// that it is for: no spills, and registers that leave the intended number of
// blocks a multiprocessor. Skipped where there is no NVRTC.
//
//===----------------------------------------------------------------------===//
#include "test/unit/kernels/AttentionProblem.h"
#include "test/unit/kernels/GemmProblem.h"
#include "test/unit/kernels/RowProblem.h"

#include "runtime/cuda/Nvrtc.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <regex>
#include <sstream>

using namespace vitc::test;

namespace {

class OnGpu : public testing::Test {
protected:
  void SetUp() override {
    vitrt::NvrtcSearch search;
    search.folders =
        vitrt::nvrtcFoldersOfVenv(std::string(VITC_SOURCE_DIR) + "/.venv");
    const int archs[] = {53, 75, 80, 90};
    auto opened = vitrt::Nvrtc::open(search, archs);
    if (!opened)
      GTEST_SKIP() << opened.status().str();
    nvrtc = *opened;
  }

  /// Registers of the kernel, which must not spill.
  void expectFits(const std::string &text, int arch, int registers) {
    if (!nvrtc->supports(arch))
      return;
    std::vector<vitrt::Nvrtc::Header> headers;
    for (const auto &[name, content] : deviceLibrary())
      headers.push_back({name.c_str(), content.c_str()});
    std::vector<std::string> options = {"--std=c++14", "--fmad=false",
                                        "-DNDEBUG", "--ptxas-options=-v"};
    auto compiled = nvrtc->compile(text, "kernel.cu", headers, options,
                                   "sm_" + std::to_string(arch),
                                   vitrt::Nvrtc::Output::Cubin);
    ASSERT_TRUE(compiled) << compiled.status().str() << "\n" << text;
    std::smatch match;
    const std::string &log = compiled->log;
    ASSERT_TRUE(
        std::regex_search(log, match, std::regex("(\\d+) bytes spill stores")))
        << log;
    EXPECT_EQ(match[1], "0") << "sm_" << arch;
    ASSERT_TRUE(std::regex_search(log, match, std::regex("Used (\\d+) reg")));
    EXPECT_LE(std::stoi(match[1]), registers) << "sm_" << arch;
  }

  std::shared_ptr<vitrt::Nvrtc> nvrtc;
};

GemmProblem gemm(bool mma, int bm, int bn, int bk, int wm, int wn, int stages) {
  GemmProblem p;
  p.mma = mma;
  p.rows = 197;
  p.n = 3072;
  p.k = 768;
  if (mma)
    p.compute = p.a = p.w = p.out = DType::F16;
  p.vectorA = p.vectorW = p.vectorOut = mma ? 8 : 4;
  p.epilogue = true;
  p.bm = bm;
  p.bn = bn;
  p.bk = bk;
  p.wm = wm;
  p.wn = wn;
  p.stages = stages;
  return p;
}

AttentionProblem attention(bool mma, int dim, int bm, int bn, int warps) {
  AttentionProblem p;
  p.mma = mma;
  p.heads = p.kvHeads = 12;
  p.queries = p.keys = 197;
  p.dk = p.dv = dim;
  if (mma)
    p.compute = p.type = p.out = DType::F16;
  p.vectorK = p.vectorV = p.vectorOut = mma ? 8 : 4;
  p.bm = bm;
  p.bn = bn;
  p.warps = warps;
  return p;
}

} // namespace

TEST_F(OnGpu, GemmSimt) {
  for (int arch : {53, 80}) {
    expectFits(gemm(false, 128, 128, 8, 8, 8, 2).text(), arch, 128);
    expectFits(gemm(false, 64, 64, 16, 4, 4, 2).text(), arch, 96);
    expectFits(gemm(false, 32, 32, 32, 2, 4, 2).text(), arch, 96);
    expectFits(gemm(false, 16, 64, 32, 1, 4, 2).text(), arch, 96);
  }
}

TEST_F(OnGpu, GemmMma) {
  for (int arch : {75, 80, 90}) {
    expectFits(gemm(true, 128, 128, 32, 64, 64, 3).text(), arch, 255);
    expectFits(gemm(true, 128, 128, 32, 64, 32, 3).text(), arch, 144);
    expectFits(gemm(true, 64, 64, 32, 32, 32, 3).text(), arch, 128);
    expectFits(gemm(true, 32, 32, 64, 16, 16, 4).text(), arch, 128);
  }
}

TEST_F(OnGpu, GemmMmaStaged) {
  GemmProblem p = gemm(true, 128, 128, 32, 64, 32, 3);
  p.prologue = true;
  expectFits(p.text(), 80, 168);
  p.prologue = false;
  p.a = p.w = p.out = p.compute = DType::BF16;
  p.vectorA = 1;
  expectFits(p.text(), 80, 168);
}

TEST_F(OnGpu, Attention) {
  for (int arch : {75, 80, 90}) {
    expectFits(attention(true, 64, 64, 64, 4).text(), arch, 168);
    expectFits(attention(true, 64, 128, 64, 8).text(), arch, 168);
    expectFits(attention(true, 256, 64, 16, 4).text(), arch, 255);
  }
  for (int arch : {53, 80}) {
    expectFits(attention(false, 64, 64, 32, 8).text(), arch, 96);
    expectFits(attention(false, 64, 32, 32, 4).text(), arch, 96);
    expectFits(attention(false, 256, 32, 16, 4).text(), arch, 168);
  }
}

/// What the printer emits compiles as it stands, in both worlds.
TEST_F(OnGpu, GoldenFiles) {
  auto folder = std::filesystem::path(VITC_SOURCE_DIR) / "test/codegen/golden";
  for (const auto &file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".cu")
      continue;
    std::ifstream stream(file.path());
    std::ostringstream text;
    text << stream.rdbuf();
    expectFits(text.str(), 80, 168);
    expectCompiles(file.path().filename(), text.str());
  }
}

TEST_F(OnGpu, Rows) {
  RowProblem p;
  p.rows = 197;
  p.cols = 768;
  p.in = p.out = DType::F16;
  p.vectorIn = p.vectorOut = 8;
  p.epilogue = true;
  for (int arch : {53, 90}) {
    for (auto kind :
         {RowProblem::LayerNorm, RowProblem::Rms, RowProblem::Softmax,
          RowProblem::LogSoftmax, RowProblem::Reduce}) {
      p.kind = kind;
      p.threadsPerRow = 32;
      p.rowsPerBlock = 4;
      expectFits(p.text(), arch, 96);
      p.threadsPerRow = 128;
      p.rowsPerBlock = 1;
      expectFits(p.text(), arch, 64);
    }
  }
}
