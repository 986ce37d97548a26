//===- DeviceApi.cpp - devices of vitrt.h ---------------------------------===//

#include "runtime/capi/Handles.h"
#include "runtime/cuda/CudaDevice.h"
#include "runtime/emulator/EmulatorDevice.h"

using namespace vitrt;
using namespace vitrt::capi;

VitrtStatus vitrtCudaDeviceCount(int32_t *count) {
  return guarded([&]() -> Status {
    if (!count)
      return invalid("count is null");
    Result<int> found = countCudaDevices();
    VITRT_TRY(found.status());
    *count = *found;
    return Status();
  });
}

VitrtStatus vitrtDeviceOpenCuda(const VitrtCudaOptions *options,
                                VitrtDevice **device) {
  return guarded([&]() -> Status {
    VitrtCudaOptions given;
    VITRT_TRY(take(options, given));
    if (!device)
      return invalid("device is null");
    CudaOptions cuda;
    cuda.ordinal = given.ordinal;
    if (given.nvrtcFolder)
      cuda.nvrtc.folders = {given.nvrtcFolder};
    Result<std::shared_ptr<Device>> opened = openCudaDevice(cuda);
    VITRT_TRY(opened.status());
    *device = new VitrtDevice{std::move(*opened)};
    return Status();
  });
}

VitrtStatus vitrtDeviceOpenEmulator(const VitrtEmulatorOptions *options,
                                    VitrtDevice **device) {
  return guarded([&]() -> Status {
    VitrtEmulatorOptions given;
    VITRT_TRY(take(options, given));
    if (!device)
      return invalid("device is null");
    if (given.trustSource != 1)
      return Status(Diag::E0723,
                    "the emulator compiles and runs the module's kernel text "
                    "on this machine: set trustSource if you trust it");
    EmulatorOptions emulator;
    emulator.trustSource = true;
    emulator.check = given.check != 0;
    emulator.async = given.earlyCopies ? emu::Async::Early : emu::Async::Late;
    emulator.threads = given.threads;
    emulator.seed = given.seed;
    if (given.timeout > 0)
      emulator.timeout = given.timeout;
    if (given.helper)
      emulator.helper = {given.helper};
    if (given.compiler)
      emulator.compiler.compiler = given.compiler;
    Result<std::shared_ptr<EmulatorDevice>> opened =
        EmulatorDevice::open(std::move(emulator));
    VITRT_TRY(opened.status());
    *device = new VitrtDevice{std::move(*opened)};
    return Status();
  });
}

void vitrtDeviceRelease(VitrtDevice *device) { delete device; }

VitrtStatus vitrtDeviceGetInfo(const VitrtDevice *device,
                               VitrtDeviceInfo *info) {
  return guarded([&]() -> Status {
    if (!device)
      return invalid("device is null");
    const DeviceInfo &known = device->device->info();
    VitrtDeviceInfo all = {};
    all.kind = int32_t(known.kind);
    all.ordinal = known.ordinal;
    all.name = known.name.c_str();
    all.arch = known.arch;
    all.driverVersion = known.driverVersion;
    all.memoryBytes = known.memoryBytes;
    return give(all, info);
  });
}

VitrtStatus vitrtDeviceAllocate(VitrtDevice *device, uint64_t bytes,
                                uint64_t *address) {
  return guarded([&]() -> Status {
    if (!device || !address)
      return invalid("device or address is null");
    Result<DevicePtr> memory =
        device->device->allocate(std::max<uint64_t>(bytes, 1));
    VITRT_TRY(memory.status());
    *address = *memory;
    return Status();
  });
}

void vitrtDeviceFree(VitrtDevice *device, uint64_t address) {
  if (device && address)
    (void)guarded([&]() -> Status {
      device->device->free(address);
      return Status();
    });
}

VitrtStatus vitrtDeviceUpload(VitrtDevice *device, uint64_t to,
                              const void *from, uint64_t bytes) {
  return guarded([&]() -> Status {
    if (!device || (!from && bytes))
      return invalid("device or bytes are null");
    VITRT_TRY(device->device->copyToDevice(to, from, bytes, nullptr));
    return device->device->synchronize(nullptr);
  });
}

VitrtStatus vitrtDeviceDownload(VitrtDevice *device, void *to, uint64_t from,
                                uint64_t bytes) {
  return guarded([&]() -> Status {
    if (!device || (!to && bytes))
      return invalid("device or bytes are null");
    VITRT_TRY(device->device->copyToHost(to, from, bytes, nullptr));
    return device->device->synchronize(nullptr);
  });
}
