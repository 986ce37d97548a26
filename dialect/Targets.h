//===- Targets.h - GPUs that vitc compiles for ------------------*- C++ -*-===//
//
// Facts of devices, and of compute capabilities without a device. A test holds
// the table equal to data/gpus.json.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_TARGETS_H
#define VITC_DIALECT_TARGETS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace vitc {

/// Rates are dense, at boost clock, in TFLOP/s; 0 where there is no such unit.
struct Target {
  const char *device = ""; ///< "h200"; empty for a compute capability alone.
  int sm = 0;              ///< 90 for sm_90.
  int sms = 1;
  double clockGhz = 1;
  double f16 = 0, bf16 = 0, f8 = 0, s8 = 0, tf32 = 0; ///< Tensor cores.
  double f32 = 1;                                     ///< CUDA cores.
  double dramGBs = 100, l2MB = 1;
  int smemSmKB = 64, smemBlockKB = 48; ///< An SM's, and at most a block's.
  int regsSm = 65536;
  double launchUs = 3; ///< Between dependent kernels of a CUDA graph.
  int dla = 0;         ///< DLA cores.

  /// "sm_90".
  std::string arch() const { return "sm_" + std::to_string(sm); }
  /// Blocks and threads that an SM holds at most.
  int maxThreadsSm() const;
  int maxBlocksSm() const;
};

/// All devices that have a name, in the order of data/gpus.json.
llvm::ArrayRef<Target> namedTargets();

/// The target that `name` means: a device ("h200") or "sm_NN" (an "a" or "f"
/// suffix is allowed), which has the facts of a usual device of that compute
/// capability. Nothing for a name that is neither.
std::optional<Target> findTarget(llvm::StringRef name);

/// Compute capabilities that findTarget takes, ascending: 53 .. 121.
llvm::ArrayRef<int> computeCapabilities();

} // namespace vitc

#endif // VITC_DIALECT_TARGETS_H
