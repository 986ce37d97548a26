//===- KernelHarness.cpp - running a kernel text in the emulator ----------===//
#include "test/unit/kernels/KernelHarness.h"

#include "runtime/emulator/Engine.h"
#include "runtime/emulator/HostCompiler.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

using namespace vitrt::emu;

namespace vitc::test {

const std::vector<std::pair<std::string, std::string>> &deviceLibrary() {
  static const auto headers = [] {
    std::map<std::string, std::string> sorted;
    std::filesystem::path folder =
        std::filesystem::path(VITC_SOURCE_DIR) / "codegen" / "kernels";
    for (const auto &file : std::filesystem::directory_iterator(folder)) {
      if (file.path().extension() == ".md")
        continue;
      std::ifstream stream(file.path(), std::ios::binary);
      std::ostringstream text;
      text << stream.rdbuf();
      sorted[file.path().filename()] = text.str();
    }
    return std::vector<std::pair<std::string, std::string>>(sorted.begin(),
                                                            sorted.end());
  }();
  return headers;
}

/// Path of the object of a text, or empty after an EXPECT failure.
static std::string compile(const std::string &name, const std::string &source,
                           bool check) {
  HostCompilerOptions options;
  options.cacheDirectory = std::string(VITC_BINARY_DIR) + "/kernel-objects";
  static const HostCompiler compiler(options);
  KernelText text;
  text.name = name;
  text.text = source;
  text.headers = deviceLibrary();
  text.check = check;
  auto path = compiler.compile(text);
  EXPECT_TRUE(path) << path.status().str() << "\n" << source;
  return path ? *path : "";
}

void expectCompiles(const std::string &name, const std::string &text) {
  compile(name, text, false);
  compile(name, text, true);
}

/// The loaded object, or null after an EXPECT failure.
static std::unique_ptr<KernelObject> load(const KernelCase &test, bool check) {
  std::string path = compile(test.symbol + ".cu", test.text, check);
  if (path.empty())
    return nullptr;
  std::string error;
  auto object = KernelObject::load(path, error);
  EXPECT_TRUE(object) << error;
  return object;
}

namespace {

/// Launches of one case from the same initial contents.
class Runner {
public:
  explicit Runner(const KernelCase &test) : test(test) {
    for (const KernelArgument &argument : test.arguments)
      initial.push_back(argument.tensor->bytes);
  }

  /// The bytes of all arguments afterwards.
  std::vector<std::vector<uint8_t>> run(const KernelObject &object,
                                        const LaunchOptions &options) {
    std::vector<std::vector<uint8_t>> memory = initial;
    std::vector<void *> pointers;
    std::vector<Range> ranges;
    for (size_t i = 0; i < memory.size(); ++i) {
      const KernelArgument &argument = test.arguments[i];
      pointers.push_back(memory[i].data());
      Range range;
      range.data = memory[i].data();
      range.bytes = memory[i].size();
      range.writable = argument.writable;
      range.initialised = argument.initialised;
      range.name = argument.name;
      range.expectFullWrite = argument.writable && argument.fullyWritten;
      ranges.push_back(range);
    }
    std::vector<void *> argv;
    for (void *&pointer : pointers)
      argv.push_back(&pointer);
    int batch = test.batch;
    argv.push_back(&batch);
    LaunchResult result = launch(
        object.entry(test.symbol), {test.grid[0], test.grid[1], test.grid[2]},
        {test.threads, 1, 1}, test.sharedBytes, argv.data(), options, ranges);
    EXPECT_TRUE(result.ok());
    for (const Finding &finding : result.findings)
      ADD_FAILURE() << finding.str();
    return memory;
  }

private:
  const KernelCase &test;
  std::vector<std::vector<uint8_t>> initial;
};

} // namespace

void runEverywhere(const KernelCase &test) {
  auto fast = load(test, false), checked = load(test, true);
  if (!fast || !checked)
    return;
  Runner runner(test);
  auto memory = runner.run(*fast, {});
  for (Async async : {Async::Late, Async::Early})
    for (uint64_t seed : {0, 1, 2}) {
      LaunchOptions options;
      options.check = true;
      options.async = async;
      options.seed = seed;
      EXPECT_EQ(runner.run(*checked, options), memory)
          << (async == Async::Late ? "late" : "early") << ", seed " << seed;
      if (testing::Test::HasFailure())
        break;
    }
  for (size_t i = 0; i < memory.size(); ++i)
    test.arguments[i].tensor->bytes = memory[i];
}

} // namespace vitc::test
