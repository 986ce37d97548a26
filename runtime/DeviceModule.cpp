//===- DeviceModule.cpp - a module's weights and kernels on a device ------===//

#include "runtime/DeviceModule.h"

namespace vitrt {

DeviceModule::DeviceModule(std::shared_ptr<Module> module,
                           std::shared_ptr<Device> device)
    : module(std::move(module)), device(std::move(device)) {
  weights.resize(this->module->contents().weights.size());
  kernels.resize(this->module->contents().plans.size());
}

Status DeviceModule::prepare(uint32_t plan) {
  std::lock_guard lock(mutex);
  if (!kernels[plan].empty() ||
      module->contents().plans[plan].plan.kernels.empty())
    return Status();
  VITRT_TRY(uploadWeights(module->contents().plans[plan].plan));
  return loadKernels(plan);
}

/// One block of memory for all weights that the plan needs and nobody brought
/// yet; weights with the same bytes share a place.
Status DeviceModule::uploadWeights(const format::Plan &plan) {
  const std::vector<format::Weight> &all = module->contents().weights;
  std::vector<bool> wanted(all.size());
  for (const format::Launch &launch : plan.launches)
    for (const format::BufferRef &ref : launch.buffers)
      if (ref.space == format::Space::Weights)
        wanted[ref.index] = weights[ref.index] == 0;

  std::map<const uint8_t *, uint64_t> places; // of bytes, in the block
  uint64_t total = 0;
  for (size_t i = 0; i != all.size(); ++i) {
    const format::Bytes &data = all[i].data;
    if (!wanted[i] || data.size() == 0)
      continue;
    if (places.try_emplace(data.view.data(), total).second)
      total += (data.size() + 255) / 256 * 256;
  }
  if (total == 0)
    return Status();
  Result<DeviceMemory> block = DeviceMemory::allocate(device, total);
  VITRT_TRY(block.status());
  std::map<const uint8_t *, bool> done;
  for (size_t i = 0; i != all.size(); ++i) {
    const format::Bytes &data = all[i].data;
    if (!wanted[i] || data.size() == 0)
      continue;
    DevicePtr address = block->address() + places[data.view.data()];
    if (!std::exchange(done[data.view.data()], true))
      VITRT_TRY(device->copyToDevice(address, data.view.data(), data.size(),
                                     nullptr));
  }
  VITRT_TRY(device->synchronize(nullptr));
  for (size_t i = 0; i != all.size(); ++i)
    if (wanted[i] && all[i].data.size() != 0)
      weights[i] = block->address() + places[all[i].data.view.data()];
  blocks.push_back(std::move(*block));
  return Status();
}

Status DeviceModule::loadKernels(uint32_t plan) {
  const format::ModulePlan &entry = module->contents().plans[plan];
  std::vector<KernelSource> sources;
  for (uint32_t i = 0; i != entry.plan.kernels.size(); ++i)
    sources.push_back({module->contents(), entry.plan, i, entry.codes[i]});
  VITRT_TRY(device->prefetchKernels(sources));
  std::vector<std::shared_ptr<DeviceKernel>> loaded;
  for (uint32_t i = 0; i != entry.plan.kernels.size(); ++i) {
    std::shared_ptr<DeviceKernel> kernel;
    for (uint32_t k = 0; k != i && !kernel; ++k)
      if (entry.codes[k] == entry.codes[i] &&
          entry.plan.kernels[k].sharedBytes ==
              entry.plan.kernels[i].sharedBytes)
        kernel = loaded[k];
    if (!kernel) {
      auto result = device->loadKernel(sources[i]);
      VITRT_TRY(result.status());
      kernel = std::move(*result);
    }
    loaded.push_back(std::move(kernel));
  }
  kernels[plan] = std::move(loaded);
  return Status();
}

DevicePtr DeviceModule::weight(uint32_t index) const { return weights[index]; }

const DeviceKernel *DeviceModule::kernel(uint32_t plan, uint32_t kernel) const {
  return kernels[plan][kernel].get();
}

} // namespace vitrt
