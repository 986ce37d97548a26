//===- EmulatorDevice.h - kernels on the CPU, in a helper -------*- C++ -*-===//
//
// A Device that compiles kernel text for the host and runs it in a helper
// process, which shares the device's memory. Work is done when enqueue returns.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_EMULATORDEVICE_H
#define VITRT_EMULATOR_EMULATORDEVICE_H

#include "runtime/Device.h"
#include "runtime/emulator/Engine.h"
#include "runtime/emulator/HostCompiler.h"

#include <functional>

namespace vitrt {

struct EmulatorOptions {
  /// Who says that a kernel's text may run on this host? Either the caller
  /// trusts the module as a whole, or `approve` decides for each kernel (vitc:
  /// the text printed again from the plan is the same). E0723 if neither does.
  bool trustSource = false;
  std::function<Status(const KernelSource &)> approve;
  /// Name and text of the device library's headers. Empty: the module's own,
  /// with trustSource only.
  std::vector<std::pair<std::string, std::string>> headers;

  bool check = false;    ///< Shadow memory: races, bounds, unwritten outputs.
  bool counters = false; ///< LaunchReport::counters.
  emu::Async async = emu::Async::Late;
  uint64_t seed = 0;
  unsigned threads = 0;   ///< Host threads; 0: one a processor.
  size_t maxReports = 16; ///< Findings kept a launch.
  double timeout = 600;   ///< Seconds a launch may take.
  uint64_t memoryBytes = uint64_t(64) << 30; ///< Addresses, not memory.
  /// The helper's command; empty: vitrt-emulator (findHelper).
  std::vector<std::string> helper;
  emu::HostCompilerOptions compiler;
};

class EmulatorDevice : public Device {
public:
  /// Errors: E0710 no host compiler, E0720 no helper, E0724 no memory.
  static Result<std::shared_ptr<EmulatorDevice>> open(EmulatorOptions options);

  /// What check mode found since the last takeFindings, in order. synchronize
  /// and so Session::run report E0901 for findings that are not taken yet.
  virtual std::vector<emu::Finding> takeFindings() = 0;
  /// Sums over all launches.
  virtual emu::Counters counters() const = 0;
};

/// Name and value of each counter, in the order of emu::Counters.
std::vector<Counter> namedCounters(const emu::Counters &counters);

} // namespace vitrt

#endif // VITRT_EMULATOR_EMULATORDEVICE_H
