// The sample module with kernel texts that the emulator runs.
#ifndef VITC_TEST_KERNELTEXTS_H
#define VITC_TEST_KERNELTEXTS_H

#include "test/unit/runtime/SampleModule.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace vitrt::test {

inline const char kAdd[] = R"(#include "vit_device.h"
VIT_KERNEL(128)
add_n6_f32(const float *in, const float *extra, float *out, int batch) {
  int i = blockIdx.x * 128 + threadIdx.x;
  if (i < 6 * batch)
    out[i] = in[i] + extra[i % 6];
}
VIT_EXPORT(add_n6_f32)
)";
inline const char kTwice[] = R"(#include "vit_device.h"
VIT_KERNEL(64)
gemm_n6_k6_f32(const float *a, const float *w, float *out, const int *table,
               int batch) {
  if (blockIdx.y == 0)
    for (int i = threadIdx.x; i < 6 * batch; i += 64)
      out[i] = 2 * a[i] + table[0];
}
VIT_EXPORT(gemm_n6_k6_f32)
)";

/// The device library's files, sorted by name.
inline std::vector<std::pair<std::string, std::string>> libraryHeaders() {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto &entry : std::filesystem::directory_iterator(
           VITC_SOURCE_DIR "/codegen/kernels")) {
    if (entry.path().extension() == ".md")
      continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    headers.emplace_back(entry.path().filename(), text.str());
  }
  std::sort(headers.begin(), headers.end());
  return headers;
}

/// y = 2 * (x + w), with the device library in the module.
inline format::Module runnableModule() {
  format::Module module = sampleModule();
  module.codes[0].source = kAdd;
  module.codes[1].source = kTwice;
  module.headers.clear();
  for (auto &[name, text] : libraryHeaders())
    module.headers.push_back({name, text});
  for (format::ModulePlan &entry : module.plans)
    entry.plan.launches[1].device = 0;
  return module;
}

/// For x of ones.
inline std::vector<float> expectedResult(int batch) {
  float w; // bytes 01 01 01 01
  std::memset(&w, 1, 4);
  return std::vector<float>(size_t(6 * batch), 2 * (1 + w));
}

} // namespace vitrt::test

#endif // VITC_TEST_KERNELTEXTS_H
