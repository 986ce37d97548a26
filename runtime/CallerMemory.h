//===- CallerMemory.h - a device whose memory the caller gives --*- C++ -*-===//
#ifndef VITRT_CALLERMEMORY_H
#define VITRT_CALLERMEMORY_H

#include "runtime/Device.h"

#include <functional>

namespace vitrt {

/// A device whose memory comes from the caller.
class CallerMemory : public Device {
public:
  using Allocate = std::function<DevicePtr(uint64_t bytes)>;
  using Free = std::function<void(DevicePtr)>;

  CallerMemory(std::shared_ptr<Device> device, Allocate allocator,
               Free releaser)
      : device(std::move(device)), allocator(std::move(allocator)),
        releaser(std::move(releaser)) {}
  const DeviceInfo &info() const override { return device->info(); }
  Result<DevicePtr> allocate(uint64_t bytes) override {
    if (DevicePtr address = allocator(bytes))
      return address;
    return Status(Diag::E0707, "the caller's allocator gave no memory for " +
                                   std::to_string(bytes) + " bytes");
  }
  void free(DevicePtr address) override { releaser(address); }
  Result<Stream> createStream() override { return device->createStream(); }
  void destroyStream(Stream s) override { device->destroyStream(s); }
  Status synchronize(Stream s) override { return device->synchronize(s); }
  Status copyToDevice(DevicePtr to, const void *from, uint64_t bytes,
                      Stream s) override {
    return device->copyToDevice(to, from, bytes, s);
  }
  Status copyToHost(void *to, DevicePtr from, uint64_t bytes,
                    Stream s) override {
    return device->copyToHost(to, from, bytes, s);
  }
  Result<std::shared_ptr<DeviceKernel>>
  loadKernel(const KernelSource &source) override {
    return device->loadKernel(source);
  }
  Status launch(const LaunchRequest &request, Stream s,
                LaunchReport *report) override {
    return device->launch(request, s, report);
  }

private:
  std::shared_ptr<Device> device;
  Allocate allocator;
  Free releaser;
};

} // namespace vitrt

#endif // VITRT_CALLERMEMORY_H
