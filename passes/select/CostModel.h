//===- CostModel.h - Predicted time of a kernel on a target -----*- C++ -*-===//
//
// The terms of the roofline and of wave quantisation, from shapes: what
// vit-select-kernels ranks configs by. It decides between candidates; it does
// not promise times.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_PASSES_SELECT_COSTMODEL_H
#define VITC_PASSES_SELECT_COSTMODEL_H

#include "dialect/Targets.h"
#include "runtime/format/Plan.h"

#include <string>

namespace vitc {

/// What a block of a kernel asks of an SM.
struct BlockWork {
  double blocks = 1; ///< In the grid, at the profile's batch.
  int threads = 128;
  int registers = 64; ///< A thread; estimated.
  int64_t sharedBytes = 0;
  double mathCycles = 0;    ///< Tensor or CUDA cores, a block alone on an SM.
  double sharedCycles = 0;  ///< Shared-memory wavefronts.
  double l2Bytes = 0;       ///< Read and written by one block.
  double latencyCycles = 0; ///< Of its dependent chain: a bound from below.
  double dramBytes = 0;     ///< Of the whole kernel, each byte once.
};

struct Prediction {
  bool fits = false; ///< False: too much shared memory or registers.
  int occupancy = 0; ///< Blocks an SM.
  double waves = 0;
  double us = 0;
  const char *bound =
      ""; ///< "tensor", "shared memory", "L2", "latency", "DRAM".
};

Prediction predict(const Target &target, const BlockWork &work);

/// "264 blocks, 2 an SM, 1.00 waves of 132 SMs, bound by tensor cores".
std::string describe(const Target &target, const BlockWork &work,
                     const Prediction &prediction);

/// FLOP a cycle of one SM: of the tensor cores for F16 and BF16 (0 where there
/// are none), of the CUDA cores for F32.
double flopsPerCycle(const Target &target, vitrt::format::DType compute);

/// Names a kernel's choice in `vit.denied`: template, family, tile and problem.
std::string configKey(vitrt::format::Family family,
                      const vitrt::format::Config &config);

} // namespace vitc

#endif // VITC_PASSES_SELECT_COSTMODEL_H
