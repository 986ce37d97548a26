//===- PlanChoice.cpp - which plan runs here ------------------------------===//

#include "runtime/PlanChoice.h"

#include "runtime/format/Enums.h"

#include <algorithm>
#include <cstdlib>

namespace vitrt {

namespace {

/// A target's number (90 of "sm_90a") and what else it asks for.
struct Target {
  int arch;
  char suffix; ///< 'a': that architecture only; 'f': its family; 0: any later.
};

Target parse(const std::string &target) {
  char last = target.empty() ? 0 : target.back();
  return {std::atoi(target.c_str() + 3),
          last == 'a' || last == 'f' ? last : '\0'};
}

/// Why a device cannot run a plan; empty if it can.
std::string obstacle(const format::Plan &plan, const Device &device) {
  const DeviceInfo &info = device.info();
  Target target = parse(plan.target);
  for (const format::Kernel &kernel : plan.kernels)
    if (kernel.family == format::Family::Wgmma)
      target.suffix = 'a';
  if (info.arch != 0) {
    bool fits = target.suffix == 'a'   ? info.arch == target.arch
                : target.suffix == 'f' ? info.arch / 10 == target.arch / 10 &&
                                             info.arch >= target.arch
                                       : info.arch >= target.arch;
    if (!fits)
      return "is for another architecture";
  }
  for (const format::Kernel &kernel : plan.kernels) {
    if (kernel.sharedBytes > info.sharedPerBlock)
      return "needs " + std::to_string(kernel.sharedBytes) +
             " bytes of shared memory a block";
    if (!device.implements(kernel.family))
      return std::string("has kernels of the family ") +
             format::name(kernel.family);
  }
  for (const format::Launch &launch : plan.launches)
    if (launch.device != 0)
      return "uses a DLA";
  return {};
}

bool isNamed(const format::Plan &plan, const std::string &target) {
  return plan.target == target ||
         (!plan.device.empty() && plan.device == target);
}

} // namespace

Result<std::vector<uint32_t>> choosePlans(const format::Module &module,
                                          const Device &device,
                                          const std::string &target) {
  std::string reasons;
  const format::Plan *best = nullptr;
  for (const format::ModulePlan &entry : module.plans) {
    const format::Plan &plan = entry.plan;
    if (!target.empty() && !isNamed(plan, target))
      continue;
    if (std::string why = obstacle(plan, device); !why.empty()) {
      reasons += "\n  the plan for " + escaped(plan.target) + " " + why;
      continue;
    }
    // Later architectures first; of one, the plan with the suffix.
    auto rank = [](const format::Plan &p) {
      return std::pair(parse(p.target).arch, parse(p.target).suffix != 0);
    };
    if (!best || rank(plan) > rank(*best))
      best = &plan;
  }
  const DeviceInfo &info = device.info();
  std::string who =
      escaped(info.name) +
      (info.arch ? " (sm_" + std::to_string(info.arch) + ")" : std::string());
  if (!best) {
    std::string have;
    for (const format::ModulePlan &entry : module.plans)
      have += (have.empty() ? "" : ", ") + escaped(entry.plan.target);
    std::string wanted = target.empty() ? "" : " for " + escaped(target);
    return Status(Diag::E0708, "no plan" + wanted + " runs on " + who +
                                   "; the module has plans for " +
                                   (have.empty() ? "nothing" : have) + reasons);
  }
  std::vector<uint32_t> chosen;
  for (uint32_t i = 0; i != module.plans.size(); ++i) {
    const format::Plan &plan = module.plans[i].plan;
    if (plan.target == best->target && plan.device == best->device &&
        obstacle(plan, device).empty())
      chosen.push_back(i);
  }
  return chosen;
}

ShapeMatch matchShape(const std::vector<format::Extent> &expected,
                      const std::vector<int64_t> &shape) {
  ShapeMatch match;
  if (expected.size() != shape.size())
    return match;
  for (size_t i = 0; i != shape.size(); ++i) {
    const format::Extent &extent = expected[i];
    if (!extent.perBatch || extent.value == 0) {
      if (shape[i] != extent.value)
        return match;
      continue;
    }
    int64_t batch = shape[i] / extent.value;
    if (batch < 1 || batch * extent.value != shape[i] ||
        (match.batch != 0 && match.batch != batch))
      return match;
    match.batch = batch;
  }
  match.matches = true;
  return match;
}

std::string describe(const format::TensorInfo &info) {
  std::string text = std::string(format::name(info.dtype)) + "[";
  for (size_t i = 0; i != info.shape.size(); ++i) {
    const format::Extent &extent = info.shape[i];
    text += i ? "x" : "";
    if (!extent.perBatch || extent.value != 1)
      text += std::to_string(extent.value);
    text += extent.perBatch ? "B" : "";
  }
  return text + "]";
}

std::vector<int64_t> shapeAt(const std::vector<format::Extent> &shape,
                             int64_t batch) {
  std::vector<int64_t> dims;
  for (const format::Extent &extent : shape)
    dims.push_back(extent.at(batch));
  return dims;
}

} // namespace vitrt
