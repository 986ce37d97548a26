//===- EmulatorGemm.cpp - rates of the emulator's GEMMs -------------------===//
//
// emulator-gemm KERNEL-DIRECTORY [M N K]: compiles the kernels beside this file
// with the device headers of KERNEL-DIRECTORY and prints, per kernel and mode,
// useful GFLOP/s of CPU time on one core, best of three.
//
//===----------------------------------------------------------------------===//
#include "runtime/emulator/Engine.h"
#include "runtime/emulator/HostCompiler.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace vitrt;
using namespace vitrt::emu;
namespace fs = std::filesystem;

static std::string readFile(const fs::path &path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

static double cpuSeconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

struct Case {
  const char *file, *symbol;
  bool half;
  uint32_t threads;
  size_t sharedBytes;
  bool library; ///< Of codegen/kernels: its shape is fixed.
};

static void storeElement(std::vector<uint8_t> &bytes, size_t i, float value,
                         bool half) {
  if (half) {
    auto h = static_cast<_Float16>(value);
    std::memcpy(bytes.data() + i * 2, &h, 2);
  } else {
    std::memcpy(bytes.data() + i * 4, &value, 4);
  }
}

static int run(const HostCompiler &compiler, const Case &c,
               std::span<const std::pair<std::string, std::string>> headers,
               int m, int n, int k, bool check) {
  KernelText text{c.file, readFile(fs::path(BENCH_SOURCE_DIR) / c.file),
                  headers, check, false};
  Result<std::string> path = compiler.compile(text);
  std::string error = path ? "" : path.status().str();
  auto object = path ? KernelObject::load(*path, error) : nullptr;
  if (!object) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  size_t width = c.half ? 2 : 4;
  std::vector<uint8_t> a(size_t(m) * k * width), w(size_t(n) * k * width),
      d(size_t(m) * n * width);
  for (size_t i = 0; i < a.size() / width; ++i)
    storeElement(a, i, static_cast<float>(int(i * 37 % 101) - 50) / 32, c.half);
  for (size_t i = 0; i < w.size() / width; ++i)
    storeElement(w, i, static_cast<float>(int(i * 53 % 97) - 48) / 64, c.half);
  void *pa = a.data(), *pw = w.data(), *pd = d.data();
  int batch = 1;
  void *argv[] = {&pa, &pw, &pd, c.library ? &batch : &m, &n, &k};
  LaunchOptions options;
  options.check = check;
  options.async = check ? Async::Late : Async::Early;
  Range ranges[] = {{pa, a.size(), false, true, "a"},
                    {pw, w.size(), false, true, "w"},
                    {pd, d.size(), true, false, "d", true}};
  Dim3 grid{uint32_t(n + 63) / 64, uint32_t(m + 63) / 64, 1};
  double best = 1e30;
  LaunchResult result;
  for (int i = 0; i < 3; ++i) {
    double start = cpuSeconds();
    result = launch(object->entry(c.symbol), grid, {c.threads, 1, 1},
                    c.sharedBytes, argv, options, ranges);
    best = std::min(best, cpuSeconds() - start);
  }
  std::printf("%-16s %-5s %8.3f s %8.2f GFLOP/s  %.2f M switches\n", c.symbol,
              check ? "check" : "fast", best, 2e-9 * m * n * k / best,
              static_cast<double>(result.counters.switches) * 1e-6);
  for (const Finding &f : result.findings)
    std::printf("  %s\n", f.str().c_str());
  return result.ok() ? 0 : 1;
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 5) {
    std::fprintf(stderr, "usage: emulator-gemm KERNEL-DIRECTORY [M N K]\n");
    return 2;
  }
  int m = argc == 5 ? std::atoi(argv[2]) : 197;
  int n = argc == 5 ? std::atoi(argv[3]) : 2304;
  int k = argc == 5 ? std::atoi(argv[4]) : 768;
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto &entry : fs::directory_iterator(argv[1]))
    if (entry.path().extension() == ".h" || entry.path().extension() == ".cuh")
      headers.emplace_back(entry.path().filename().string(),
                           readFile(entry.path()));
  std::sort(headers.begin(), headers.end());
  HostCompiler compiler;
  const Case cases[] = {
      {"gemm_mma.cu", "bench_gemm_mma", true, 128, 16384, false},
      {"library_mma.cu", "bench_library_mma", true, 128, 24576, true},
      {"gemm_simt.cu", "bench_gemm_simt", false, 64, 8192, false},
      {"library_simt.cu", "bench_library_simt", false, 64, 16384, true},
  };
  int status = 0;
  for (const Case &c : cases)
    for (bool check : {false, true})
      if (argc == 2 || !c.library)
        status |= run(compiler, c, headers, m, n, k, check);
  return status;
}
