//===- DeviceModule.h - a module's weights and kernels on a device -*- C++ -*-//
#ifndef VITRT_DEVICEMODULE_H
#define VITRT_DEVICEMODULE_H

#include "runtime/Device.h"
#include "runtime/Module.h"

namespace vitrt {

/// Shared by the sessions of one module on one device. Thread-safe.
class DeviceModule {
public:
  DeviceModule(std::shared_ptr<Module> module, std::shared_ptr<Device> device);

  /// Uploads the weights and loads the kernels of a plan, what is not there
  /// yet. Returns when the bytes have arrived.
  Status prepare(uint32_t plan);

  /// Of a prepared plan.
  DevicePtr weight(uint32_t index) const;
  const DeviceKernel *kernel(uint32_t plan, uint32_t kernel) const;

private:
  Status uploadWeights(const format::Plan &plan);
  Status loadKernels(uint32_t plan);

  std::shared_ptr<Module> module;
  std::shared_ptr<Device> device;
  std::mutex mutex;
  std::vector<DeviceMemory> blocks;
  std::vector<DevicePtr> weights; ///< 0: not uploaded.
  /// By kernel of the prepared plans; equal texts share one.
  std::vector<std::vector<std::shared_ptr<DeviceKernel>>> kernels;
};

} // namespace vitrt

#endif // VITRT_DEVICEMODULE_H
