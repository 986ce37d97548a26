//===- CostModel.cpp - Predicted time of a kernel on a target -------------===//
#include "passes/select/CostModel.h"

#include "dialect/ElementTypes.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>

using namespace vitrt::format;

namespace vitc {

double flopsPerCycle(const Target &target, DType compute) {
  double tflops = compute == DType::F16    ? target.f16
                  : compute == DType::BF16 ? target.bf16
                                           : target.f32;
  return tflops * 1e3 / (target.clockGhz * target.sms);
}

/// Bytes a second that the L2 gives to all SMs (prediction.md's coefficients).
static double l2BytesPerSecond(const Target &target) {
  return target.sm == 90 ? 5.5e12 : 2.5e9 * target.dramGBs;
}

static int occupancy(const Target &target, const BlockWork &work) {
  // The driver takes 1 KB of shared memory a block from sm_80 on.
  int64_t shared = work.sharedBytes + (target.sm >= 80 ? 1024 : 0);
  int64_t blocks = target.maxBlocksSm();
  if (shared > 0)
    blocks = std::min<int64_t>(blocks, target.smemSmKB * 1024 / shared);
  blocks = std::min<int64_t>(blocks, target.maxThreadsSm() / work.threads);
  int registers = (work.registers + 7) / 8 * 8 * work.threads;
  return std::min<int64_t>(blocks, target.regsSm / registers);
}

Prediction predict(const Target &target, const BlockWork &work) {
  Prediction result;
  if (work.sharedBytes > int64_t(target.smemBlockKB) * 1024 ||
      work.registers > 255 || work.threads > 1024)
    return result;
  result.occupancy = occupancy(target, work);
  if (result.occupancy < 1)
    return result;
  result.fits = true;
  result.waves = work.blocks / (double(target.sms) * result.occupancy);

  double hertz = target.clockGhz * 1e9;
  // What an SM takes from the L2 a cycle; all of them share its bandwidth.
  constexpr double kPortBytes = 48;
  double l2Cycles = work.l2Bytes / kPortBytes;
  double l2Us = work.l2Bytes * work.blocks / l2BytesPerSecond(target) * 1e6;
  struct Term {
    double cycles;
    const char *name;
  };
  // What a block takes of the SM's units, whatever runs beside it.
  Term unit =
      std::max({Term{work.mathCycles, "arithmetic"},
                Term{work.sharedCycles, "shared memory"}, Term{l2Cycles, "L2"}},
               [](Term a, Term b) { return a.cycles < b.cycles; });
  // The busiest SM: full sets of co-resident blocks, then the rest. Units and
  // the chain of dependences overlap well, but not wholly: a norm between their
  // sum and their maximum.
  double perSm = std::ceil(work.blocks / target.sms);
  auto wave = [&](double count) {
    double sum = 0;
    for (double cycles : {count * work.mathCycles, count * work.sharedCycles,
                          count * l2Cycles, work.latencyCycles})
      sum += std::pow(cycles, 4);
    return std::pow(sum, 0.25);
  };
  double sets = std::floor(perSm / result.occupancy);
  double rest = perSm - sets * result.occupancy;
  double cycles = sets * wave(result.occupancy) + (rest > 0 ? wave(rest) : 0);
  double busy = std::min<double>(result.occupancy, perSm);
  bool latency = work.latencyCycles > busy * unit.cycles;
  double smUs = cycles / hertz * 1e6;
  double dramUs = work.dramBytes / target.dramGBs * 1e-3;
  result.us = std::pow(
      std::pow(smUs, 4) + std::pow(l2Us, 4) + std::pow(dramUs, 4), 0.25);
  result.bound = dramUs > std::max(smUs, l2Us) ? "DRAM"
                 : l2Us > smUs                 ? "L2"
                 : latency                     ? "latency"
                                               : unit.name;
  return result;
}

std::string describe(const Target &target, const BlockWork &work,
                     const Prediction &prediction) {
  return llvm::formatv("{0} blocks, {1} an SM, {2:F2} waves of {3} SMs, bound "
                       "by {4}",
                       int64_t(work.blocks), prediction.occupancy,
                       prediction.waves, target.sms, prediction.bound);
}

namespace {
struct KeyPrinter {
  std::string operator()(const GemmConfig &c) const {
    return llvm::formatv("gemm {0}x{1}x{2} {3}x{4} s{5} n{6} k{7} {8}", c.bm,
                         c.bn, c.bk, c.wm, c.wn, c.stages, c.n, c.k,
                         dtypeName(c.compute));
  }
  std::string operator()(const AttentionConfig &c) const {
    return llvm::formatv("attention {0}x{1} w{2} m{3} n{4} dk{5} dv{6} {7}",
                         c.bm, c.bn, c.warps, c.queries, c.keys, c.dk, c.dv,
                         dtypeName(c.compute));
  }
  std::string operator()(const RowNormConfig &c) const {
    return rows("row_norm", c.cols, c.threadsPerRow, c.rowsPerBlock);
  }
  std::string operator()(const SoftmaxConfig &c) const {
    return rows("softmax", c.cols, c.threadsPerRow, c.rowsPerBlock);
  }
  std::string operator()(const ReduceConfig &c) const {
    return rows("reduce", c.cols, c.threadsPerRow, c.rowsPerBlock);
  }
  std::string operator()(const PointwiseConfig &c) const {
    return llvm::formatv("pointwise t{0} e{1}", c.threads, c.perThread);
  }
  static std::string rows(const char *name, int64_t cols, int threads,
                          int rows) {
    return llvm::formatv("{0} t{1} r{2} c{3}", name, threads, rows, cols);
  }
};
} // namespace

std::string configKey(Family family, const Config &config) {
  return (family == Family::Simt ? "simt " : "mma ") +
         std::visit(KeyPrinter{}, config);
}

} // namespace vitc
