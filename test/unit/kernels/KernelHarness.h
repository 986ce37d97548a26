//===- KernelHarness.h - running a kernel text in the emulator --*- C++ -*-===//
//
// Tensors of any element type, and a launch that is repeated in fast mode and
// in check mode over {late, early} x 3 seeds: no findings, equal bytes.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_TEST_KERNELHARNESS_H
#define VITC_TEST_KERNELHARNESS_H

#include "runtime/format/Plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vitc::test {

using vitrt::format::DType;

/// Elements as a kernel sees them; values go in and out as double.
struct Tensor {
  DType type = DType::F32;
  std::vector<uint8_t> bytes;

  Tensor() = default;
  Tensor(DType type, size_t size);
  size_t size() const;
  double get(size_t i) const;
  void set(size_t i, double value); ///< Rounds to nearest even.
};

size_t bytesOf(DType type);
const char *typeName(DType type); ///< As printed in kernels: "vit::f16".
/// Uniform in (-scale, scale), rounded to the type; the same for a seed.
Tensor randomTensor(DType type, size_t size, uint64_t seed, double scale = 1);
/// Filled with NaN where the type has one: nobody may read it.
Tensor poisonedTensor(DType type, size_t size);

struct KernelArgument {
  std::string name;
  Tensor *tensor = nullptr;
  bool writable = false;
  /// Every byte of a writable tensor is written.
  bool fullyWritten = true;
  /// Holds values before the launch (in-place operands).
  bool initialised = true;
};

struct KernelCase {
  std::string text, symbol;
  uint32_t grid[3] = {1, 1, 1};
  uint32_t threads = 32, sharedBytes = 0;
  std::vector<KernelArgument> arguments; ///< Then `int batch`.
  int batch = 1;
};

/// Name and text of each file of codegen/kernels, sorted.
const std::vector<std::pair<std::string, std::string>> &deviceLibrary();

/// EXPECTs the host compiler to take a text, plain and for check mode.
void expectCompiles(const std::string &name, const std::string &text);

/// Runs it in all modes (EXPECT failures otherwise); the writable tensors hold
/// the results afterwards.
void runEverywhere(const KernelCase &test);

/// EXPECTs |got - want| <= bound for each element; reports the worst.
void expectNear(const std::string &what, const Tensor &got,
                const std::vector<double> &want,
                const std::vector<double> &bound);

} // namespace vitc::test

#endif // VITC_TEST_KERNELHARNESS_H
