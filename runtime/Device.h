//===- Device.h - what a session needs of a device --------------*- C++ -*-===//
//
// One interface for a GPU (cuda/CudaDevice.h) and the emulator
// (emulator/EmulatorDevice.h). Work is enqueued on a stream; the emulator does
// it at once. Every function may be called from any thread.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_DEVICE_H
#define VITRT_DEVICE_H

#include "runtime/Tensor.h"
#include "runtime/format/Module.h"

#include <memory>
#include <span>

namespace vitrt {

enum class DeviceKind : uint8_t { Cuda = 1, Emulator = 2 };

struct DeviceInfo {
  DeviceKind kind = DeviceKind::Cuda;
  int ordinal = 0;
  std::string name;            ///< "NVIDIA H200", "emulator".
  int arch = 0;                ///< 90 for compute capability 9.0; 0: emulator.
  uint32_t sharedPerBlock = 0; ///< Most dynamic shared memory of a block.
  uint64_t memoryBytes = 0;
  int driverVersion = 0; ///< 12090 for 12.9.
};

/// A kernel as a module holds it, to be made runnable.
struct KernelSource {
  const format::Module &module;
  const format::Plan &plan;
  uint32_t kernel; ///< Index into plan.kernels.
  uint32_t code;   ///< Index into module.codes.
};

/// A runnable kernel; released with its last reference.
class DeviceKernel {
public:
  virtual ~DeviceKernel() = default;
};

/// A recorded sequence of launches.
class DeviceGraph {
public:
  virtual ~DeviceGraph() = default;
};

/// One operand of a launch.
struct LaunchBuffer {
  DevicePtr address = 0;
  uint64_t bytes = 0;
  bool written = false;
  uint64_t before = 0; ///< The buffer is [address - before, + bytes).
};

struct LaunchRequest {
  const DeviceKernel *kernel = nullptr;
  uint32_t grid[3] = {1, 1, 1}; ///< None is 0.
  uint32_t threads = 1;
  uint32_t sharedBytes = 0;
  /// The kernel's parameters: these addresses, then `int batch`.
  std::span<const LaunchBuffer> buffers;
  int32_t batch = 1;
  const format::Kernel *description = nullptr; ///< Parallel operands.
};

/// A counted event: "tensor_flops", "global_read_bytes" ...
struct Counter {
  std::string name;
  uint64_t value = 0;
};

/// What a launch that was waited for reports.
struct LaunchReport {
  double seconds = 0;
  std::vector<Counter> counters; ///< Emulator with counters only.
};

class Device {
public:
  /// A CUstream of the device's primary context; null is the default stream.
  using Stream = void *;

  virtual ~Device() = default;
  virtual const DeviceInfo &info() const = 0;

  /// Memory aligned to 256 bytes. Errors: E0707.
  virtual Result<DevicePtr> allocate(uint64_t bytes) = 0;
  virtual void free(DevicePtr address) = 0;

  virtual Result<Stream> createStream() = 0;
  virtual void destroyStream(Stream stream) = 0;
  /// Waits for the stream; also reports what went wrong on it before.
  virtual Status synchronize(Stream stream) = 0;

  virtual Status copyToDevice(DevicePtr to, const void *from, uint64_t bytes,
                              Stream stream) = 0;
  virtual Status copyToHost(void *to, DevicePtr from, uint64_t bytes,
                            Stream stream) = 0;

  /// Says which kernels loadKernel will be asked for, so that a device may
  /// compile them side by side.
  virtual Status prefetchKernels(std::span<const KernelSource>) {
    return Status();
  }
  virtual Result<std::shared_ptr<DeviceKernel>>
  loadKernel(const KernelSource &source) = 0;

  /// Enqueues a launch. With a report it waits for the launch and times it.
  virtual Status launch(const LaunchRequest &request, Stream stream,
                        LaunchReport *report = nullptr) = 0;

  /// Between begin and end, launches on the stream are recorded, not run.
  virtual bool hasGraphs() const { return false; }
  virtual Status beginCapture(Stream) { return Status(); }
  virtual Result<std::unique_ptr<DeviceGraph>> endCapture(Stream) {
    return std::unique_ptr<DeviceGraph>();
  }
  virtual Status launchGraph(DeviceGraph &, Stream) { return Status(); }

  /// Can it run kernels of this family at all?
  virtual bool implements(format::Family) const { return true; }
};

/// Memory of a device, freed with this.
class DeviceMemory {
public:
  DeviceMemory() = default;
  static Result<DeviceMemory> allocate(std::shared_ptr<Device> device,
                                       uint64_t bytes);
  DeviceMemory(DeviceMemory &&other) noexcept;
  DeviceMemory &operator=(DeviceMemory &&other) noexcept;
  ~DeviceMemory();
  DevicePtr address() const { return start; }
  uint64_t size() const { return bytes; }

private:
  std::shared_ptr<Device> device;
  DevicePtr start = 0;
  uint64_t bytes = 0;
};

} // namespace vitrt

#endif // VITRT_DEVICE_H
