// What the tests set and see of the libcuda and libnvrtc that they bring.
#ifndef VITC_TEST_FAKECUDA_H
#define VITC_TEST_FAKECUDA_H

#include <cstdint>
#include <string>
#include <vector>

namespace vitrt::test {

struct FakeCudaState {
  // What the library pretends.
  int initResult = 0;
  int devices = 1;
  int arch = 80;
  int driverVersion = 12090;
  int sharedPerBlock = 163 << 10;
  /// Images that begin with one of these are refused with the code.
  std::vector<std::pair<std::string, int>> refused;
  /// Runs a launch; parameters as for cuLaunchKernel.
  void (*onLaunch)(const std::string &symbol, const unsigned grid[3],
                   void **parameters) = nullptr;
  int failAfter = -1; ///< Calls until one fails with failCode; -1: never.
  int failCode = 719;

  // What the library did.
  int calls = 0;
  int live = 0; ///< Handles and allocations that were not given back.
  int contextDepth = 0;
  int launches = 0, graphLaunches = 0;
  std::vector<std::string> loaded;        ///< Images, in order.
  std::vector<std::string> maxShared;     ///< "symbol=bytes".
  std::vector<std::string> nvrtcCompiles; ///< Architectures, in order.
  std::vector<int> nvrtcArchs = {75, 80, 86, 90};
};

} // namespace vitrt::test

/// Exported by both libraries.
extern "C" vitrt::test::FakeCudaState *fakeCudaState();

#endif // VITC_TEST_FAKECUDA_H
