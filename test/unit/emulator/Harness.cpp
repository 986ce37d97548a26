//===- Harness.cpp - small kernels for the emulator's tests ---------------===//
#include "Harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace vitrt::emu::test {

std::string readFile(const std::string &path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::vector<std::pair<std::string, std::string>> &deviceHeaders() {
  static const auto headers = [] {
    std::vector<std::pair<std::string, std::string>> result;
    for (const auto &entry : std::filesystem::directory_iterator(
             VITC_SOURCE_DIR "/codegen/kernels"))
      if (entry.path().extension() == ".h")
        result.emplace_back(entry.path().filename(), readFile(entry.path()));
    std::sort(result.begin(), result.end());
    return result;
  }();
  return headers;
}

const HostCompiler &hostCompiler() {
  static const HostCompiler compiler(
      {.cacheDirectory = VITC_BINARY_DIR "/test-cache/emulator"});
  return compiler;
}

TestKernel::TestKernel(const std::string &text, bool check, bool count) {
  // On one line, so that line numbers are those of `text`.
  KernelText kernel{"kernel.cu", "#include \"vit_device.h\"\n#line 1\n" + text,
                    deviceHeaders(), check, count};
  Result<std::string> path = hostCompiler().compile(kernel);
  if (!path) {
    ADD_FAILURE() << path.status().str();
    return;
  }
  std::string error;
  object = KernelObject::load(*path, error);
  EXPECT_TRUE(object) << error;
}

LaunchOptions checked(Async async, uint64_t seed) {
  LaunchOptions options;
  options.check = true;
  options.async = async;
  options.seed = seed;
  return options;
}

LaunchOptions fast(Async async, uint64_t seed) {
  LaunchOptions options = checked(async, seed);
  options.check = false;
  return options;
}

LaunchResult TestKernel::run(std::vector<Buffer> buffers, uint32_t threads,
                             Dim3 grid, size_t sharedBytes,
                             LaunchOptions options) {
  if (!object)
    return {};
  std::vector<void *> argv;
  std::vector<Range> ranges;
  for (Buffer &b : buffers) {
    argv.push_back(&b.data);
    ranges.push_back(b.range);
  }
  return launch(object->entry("kernel"), grid, {threads, 1, 1}, sharedBytes,
                argv.data(), options, ranges);
}

void runClean(const std::string &text, std::vector<Buffer> buffers,
              uint32_t threads, Dim3 grid, size_t sharedBytes) {
  TestKernel plain(text, false), watched(text, true);
  LaunchResult result = plain.run(buffers, threads, grid, sharedBytes, fast());
  EXPECT_TRUE(result.ok()) << describe(result);
  result = watched.run(buffers, threads, grid, sharedBytes);
  EXPECT_TRUE(result.ok()) << describe(result);
}

std::string describe(const LaunchResult &result) {
  std::string text;
  for (const Finding &f : result.findings)
    text += f.str() + "\n";
  return text.empty() ? "no findings" : text;
}

bool has(const LaunchResult &result, FindingKind kind, int line) {
  for (const Finding &f : result.findings)
    if (f.kind == kind && f.kernel == "kernel" &&
        (!line || (f.file == "kernel.cu" && f.line == line)))
      return true;
  return false;
}

} // namespace vitrt::emu::test
