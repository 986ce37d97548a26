//===- PlanChoice.h - which plan runs here ----------------------*- C++ -*-===//
#ifndef VITRT_PLANCHOICE_H
#define VITRT_PLANCHOICE_H

#include "runtime/Device.h"

namespace vitrt {

/// Numbers of the module's plans that `device` can run, all of one target: the
/// device's own architecture if there is one, else the highest lower target
/// whose shared memory fits. A plan of an 'a' target runs on that architecture
/// only. `target` ("sm_80" or a device's name) overrides the choice. The
/// emulator takes the newest target of whose plans it implements every kernel.
/// Errors: E0708 with what there is.
Result<std::vector<uint32_t>> choosePlans(const format::Module &module,
                                          const Device &device,
                                          const std::string &target);

/// The batch at which `shape` is this tensor's, or 0: 0 too if the batch does
/// not matter to it (then `matches` tells).
struct ShapeMatch {
  bool matches = false;
  int64_t batch = 0;
};
ShapeMatch matchShape(const std::vector<format::Extent> &expected,
                      const std::vector<int64_t> &shape);

/// "f32[Bx3x224x224]".
std::string describe(const format::TensorInfo &info);
/// The shape at one batch.
std::vector<int64_t> shapeAt(const std::vector<format::Extent> &shape,
                             int64_t batch);

} // namespace vitrt

#endif // VITRT_PLANCHOICE_H
