//===- Device.cpp - what a session needs of a device ----------------------===//

#include "runtime/Device.h"

namespace vitrt {

Result<DeviceMemory> DeviceMemory::allocate(std::shared_ptr<Device> device,
                                            uint64_t bytes) {
  DeviceMemory memory;
  if (bytes == 0)
    return memory;
  Result<DevicePtr> address = device->allocate(bytes);
  VITRT_TRY(address.status());
  memory.device = std::move(device);
  memory.start = *address;
  memory.bytes = bytes;
  return memory;
}

DeviceMemory::DeviceMemory(DeviceMemory &&other) noexcept
    : device(std::move(other.device)), start(std::exchange(other.start, 0)),
      bytes(std::exchange(other.bytes, 0)) {}

DeviceMemory &DeviceMemory::operator=(DeviceMemory &&other) noexcept {
  std::swap(device, other.device);
  std::swap(start, other.start);
  std::swap(bytes, other.bytes);
  return *this;
}

DeviceMemory::~DeviceMemory() {
  if (device && start)
    device->free(start);
}

} // namespace vitrt
