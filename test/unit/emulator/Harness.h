//===- Harness.h - small kernels for the emulator's tests -------*- C++ -*-===//
#ifndef VITC_TEST_EMULATOR_HARNESS_H
#define VITC_TEST_EMULATOR_HARNESS_H

#include "runtime/emulator/Engine.h"
#include "runtime/emulator/HostCompiler.h"

#include <memory>
#include <string>
#include <vector>

namespace vitrt::emu::test {

/// vit_device.h and what it includes.
const std::vector<std::pair<std::string, std::string>> &deviceHeaders();
const HostCompiler &hostCompiler();
std::string readFile(const std::string &path);

/// One pointer argument. `in`: read only; `out`: to be written completely.
struct Buffer {
  void *data;
  size_t bytes;
  Range range;
  template <class T> static Buffer in(std::vector<T> &v, const char *name) {
    size_t bytes = v.size() * sizeof(T);
    return {v.data(), bytes, {v.data(), bytes, false, true, name, false}};
  }
  template <class T> static Buffer out(std::vector<T> &v, const char *name) {
    size_t bytes = v.size() * sizeof(T);
    return {v.data(), bytes, {v.data(), bytes, true, false, name, true}};
  }
  template <class T> static Buffer inout(std::vector<T> &v, const char *name) {
    size_t bytes = v.size() * sizeof(T);
    return {v.data(), bytes, {v.data(), bytes, true, true, name, false}};
  }
};

LaunchOptions checked(Async async = Async::Late, uint64_t seed = 0);
LaunchOptions fast(Async async = Async::Early, uint64_t seed = 0);

/// A kernel called `kernel`; its text is given without the include.
class TestKernel {
public:
  explicit TestKernel(const std::string &text, bool check = true,
                      bool count = false);
  LaunchResult run(std::vector<Buffer> buffers, uint32_t threads = 32,
                   Dim3 grid = {}, size_t sharedBytes = 0,
                   LaunchOptions options = checked());

private:
  std::unique_ptr<KernelObject> object;
};

/// Runs in check mode and in fast mode; expects no findings.
void runClean(const std::string &text, std::vector<Buffer> buffers,
              uint32_t threads = 32, Dim3 grid = {}, size_t sharedBytes = 0);

/// All findings, a line each.
std::string describe(const LaunchResult &result);
/// Whether one of them is of this kind at kernel.cu:`line` (0: anywhere).
bool has(const LaunchResult &result, FindingKind kind, int line = 0);

} // namespace vitrt::emu::test

#endif // VITC_TEST_EMULATOR_HARNESS_H
