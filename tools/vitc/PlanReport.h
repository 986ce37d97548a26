//===- PlanReport.h - A plan in numbers -------------------------*- C++ -*-===//
#ifndef VITC_TOOLS_VITC_PLANREPORT_H
#define VITC_TOOLS_VITC_PLANREPORT_H

#include "runtime/format/Module.h"

#include "llvm/Support/JSON.h"

namespace vitc {

/// Facts of one plan that summaries, `inspect` and tests look at.
struct PlanReport {
  const vitrt::format::ModulePlan &entry;
  int64_t launches = 0;
  double launchesPerLayer = 0; ///< Between the first and the last attention.
  int64_t transposes = 0;      ///< Launches that only move data.
  int64_t simt = 0, mma = 0;   ///< Kernels of each family.
  int64_t spills = 0;          ///< Cubins of this target that spill.
  double flops = 0;            ///< Of one image.

  explicit PlanReport(const vitrt::format::Module &module,
                      const vitrt::format::ModulePlan &entry);

  /// "done of total" of a report key, or nothing.
  struct Count {
    int64_t done = 0, total = 0;
  };
  std::optional<Count> count(const std::string &key) const;
};

/// A launch that only copies, transposes or gathers.
bool onlyMovesData(const vitrt::format::Kernel &kernel);

/// "QKV 12/12, attention 12/12, LayerNorm 25/25, GELU 12/12".
std::string fusionText(const PlanReport &report);

llvm::json::Object toJson(const PlanReport &report);

/// "1.2 MB".
std::string megabytes(uint64_t bytes);

/// One line about each kernel, launch and report entry of a plan.
std::string kernelLines(const vitrt::format::Module &module,
                        const vitrt::format::ModulePlan &entry);
std::string launchLines(const vitrt::format::ModulePlan &entry);

} // namespace vitc

#endif // VITC_TOOLS_VITC_PLANREPORT_H
