//===- CudaDevice.cpp - a GPU ---------------------------------------------===//

#include "runtime/cuda/CudaDevice.h"

#include "runtime/cuda/KernelLoader.h"

#include <algorithm>

namespace vitrt {

namespace {

using cuda::Driver;

/// The device's context, current in this scope only.
class ContextScope {
public:
  ContextScope(const Driver &driver, void *context)
      : driver(driver), code(driver.ctxPushCurrent(context)) {}
  ~ContextScope() {
    void *popped;
    if (code == cuda::kSuccess)
      driver.ctxPopCurrent(&popped);
  }
  Status status() const { return driver.check(code, "cuCtxPushCurrent"); }

private:
  const Driver &driver;
  int code;
};

/// A retained primary context; kernels and graphs keep it alive.
struct Context {
  const Driver &driver;
  int device;
  void *handle;
  ~Context() { driver.primaryCtxRelease(device); }
};

struct CudaKernel : DeviceKernel {
  std::shared_ptr<Context> context;
  cuda::KernelLoader::Loaded loaded;
  ~CudaKernel() override {
    ContextScope scope(context->driver, context->handle);
    context->driver.moduleUnload(loaded.module);
  }
};

struct CudaGraph : DeviceGraph {
  std::shared_ptr<Context> context;
  void *executable = nullptr;
  ~CudaGraph() override {
    ContextScope scope(context->driver, context->handle);
    context->driver.graphExecDestroy(executable);
  }
};

#define ENTER_CONTEXT                                                          \
  ContextScope scope(driver, context->handle);                                 \
  VITRT_TRY(scope.status())
#define CHECK_CALL(function, ...)                                              \
  VITRT_TRY(driver.check(driver.function(__VA_ARGS__), #function))

class CudaDevice : public Device {
public:
  CudaDevice(const Driver &driver, std::shared_ptr<Context> context,
             DeviceInfo info, const CudaOptions &options)
      : driver(driver), context(std::move(context)),
        description(std::move(info)),
        loader(driver, description.arch, options.nvrtc) {}

  const DeviceInfo &info() const override { return description; }

  Result<DevicePtr> allocate(uint64_t bytes) override {
    ENTER_CONTEXT;
    uint64_t address = 0;
    Status status = driver.check(driver.memAlloc(&address, bytes), "memAlloc");
    if (!status)
      return Status(status.diag(), status.message() + " for " +
                                       std::to_string(bytes) + " bytes");
    return DevicePtr(address);
  }
  void free(DevicePtr address) override {
    ContextScope scope(driver, context->handle);
    driver.memFree(address);
  }

  Result<Stream> createStream() override {
    ENTER_CONTEXT;
    void *stream = nullptr;
    constexpr unsigned kNonBlocking = 1;
    CHECK_CALL(streamCreate, &stream, kNonBlocking);
    return stream;
  }
  void destroyStream(Stream stream) override {
    ContextScope scope(driver, context->handle);
    driver.streamDestroy(stream);
  }
  Status synchronize(Stream stream) override {
    ENTER_CONTEXT;
    CHECK_CALL(streamSynchronize, stream);
    return Status();
  }

  Status copyToDevice(DevicePtr to, const void *from, uint64_t bytes,
                      Stream stream) override {
    ENTER_CONTEXT;
    CHECK_CALL(memcpyHtoDAsync, to, from, bytes, stream);
    return Status();
  }
  Status copyToHost(void *to, DevicePtr from, uint64_t bytes,
                    Stream stream) override {
    ENTER_CONTEXT;
    CHECK_CALL(memcpyDtoHAsync, to, from, bytes, stream);
    return Status();
  }

  Result<std::shared_ptr<DeviceKernel>>
  loadKernel(const KernelSource &source) override {
    ENTER_CONTEXT;
    Result<cuda::KernelLoader::Loaded> loaded = loader.load(source);
    VITRT_TRY(loaded.status());
    auto kernel = std::make_shared<CudaKernel>();
    kernel->context = context;
    kernel->loaded = *loaded;
    // A kernel has 48 KiB of dynamic shared memory unless it asks for more.
    uint32_t shared = source.plan.kernels[source.kernel].sharedBytes;
    if (shared > 48 << 10)
      CHECK_CALL(funcSetAttribute, loaded->function,
                 cuda::kFunctionMaxDynamicShared, int(shared));
    return std::shared_ptr<DeviceKernel>(std::move(kernel));
  }

  Status launch(const LaunchRequest &request, Stream stream,
                LaunchReport *report) override {
    ENTER_CONTEXT;
    if (!report)
      return enqueue(request, stream);
    void *events[2] = {};
    Status status = timed(request, stream, *report, events);
    for (void *event : events)
      if (event)
        driver.eventDestroy(event);
    return status;
  }

  bool hasGraphs() const override {
    return driver.graphInstantiateWithFlags || driver.graphInstantiate;
  }
  Status beginCapture(Stream stream) override {
    ENTER_CONTEXT;
    constexpr int kThreadLocal = 1; // other threads may allocate meanwhile
    CHECK_CALL(streamBeginCapture, stream, kThreadLocal);
    return Status();
  }
  Result<std::unique_ptr<DeviceGraph>> endCapture(Stream stream) override {
    ENTER_CONTEXT;
    void *graph = nullptr;
    CHECK_CALL(streamEndCapture, stream, &graph);
    auto result = std::make_unique<CudaGraph>();
    result->context = context;
    int code =
        driver.graphInstantiateWithFlags
            ? driver.graphInstantiateWithFlags(&result->executable, graph, 0)
            : driver.graphInstantiate(&result->executable, graph, nullptr,
                                      nullptr, 0);
    driver.graphDestroy(graph);
    if (Status status = driver.check(code, "cuGraphInstantiate"); !status) {
      result->executable = nullptr;
      return status;
    }
    return std::unique_ptr<DeviceGraph>(std::move(result));
  }
  Status launchGraph(DeviceGraph &graph, Stream stream) override {
    ENTER_CONTEXT;
    CHECK_CALL(graphLaunch, static_cast<CudaGraph &>(graph).executable, stream);
    return Status();
  }

private:
  Status enqueue(const LaunchRequest &request, Stream stream) {
    std::vector<uint64_t> addresses;
    for (const LaunchBuffer &buffer : request.buffers)
      addresses.push_back(buffer.address);
    int32_t batch = request.batch;
    std::vector<void *> parameters;
    for (uint64_t &address : addresses)
      parameters.push_back(&address);
    parameters.push_back(&batch);
    const auto &kernel = static_cast<const CudaKernel &>(*request.kernel);
    CHECK_CALL(launchKernel, kernel.loaded.function, request.grid[0],
               request.grid[1], request.grid[2], request.threads, 1, 1,
               request.sharedBytes, stream, parameters.data(), nullptr);
    return Status();
  }

  Status timed(const LaunchRequest &request, Stream stream,
               LaunchReport &report, void *(&events)[2]) {
    for (void *&event : events)
      CHECK_CALL(eventCreate, &event, 0);
    CHECK_CALL(eventRecord, events[0], stream);
    VITRT_TRY(enqueue(request, stream));
    CHECK_CALL(eventRecord, events[1], stream);
    CHECK_CALL(eventSynchronize, events[1]);
    float milliseconds = 0;
    CHECK_CALL(eventElapsedTime, &milliseconds, events[0], events[1]);
    report.seconds = milliseconds * 1e-3;
    return Status();
  }

  const Driver &driver;
  std::shared_ptr<Context> context;
  DeviceInfo description;
  cuda::KernelLoader loader;
};

Result<DeviceInfo> describeDevice(const Driver &driver, int device,
                                  int ordinal) {
  DeviceInfo info;
  info.kind = DeviceKind::Cuda;
  info.ordinal = ordinal;
  info.driverVersion = driver.version;
  char name[256] = "";
  CHECK_CALL(deviceGetName, name, sizeof(name), device);
  info.name = name;
  int major = 0, minor = 0, shared = 0;
  CHECK_CALL(deviceGetAttribute, &major, cuda::kAttributeComputeMajor, device);
  CHECK_CALL(deviceGetAttribute, &minor, cuda::kAttributeComputeMinor, device);
  info.arch = major * 10 + minor;
  // 0 where more than the plain limit cannot be asked for.
  int code = driver.deviceGetAttribute(
      &shared, cuda::kAttributeSharedPerBlockOptin, device);
  if (code != cuda::kSuccess || shared <= 0)
    CHECK_CALL(deviceGetAttribute, &shared, cuda::kAttributeSharedPerBlock,
               device);
  info.sharedPerBlock = uint32_t(shared);
  size_t bytes = 0;
  CHECK_CALL(deviceTotalMem, &bytes, device);
  info.memoryBytes = bytes;
  return info;
}

} // namespace

Result<int> countCudaDevices() {
  Result<const Driver *> opened = Driver::get();
  VITRT_TRY(opened.status());
  const Driver &driver = **opened;
  int count = 0;
  CHECK_CALL(deviceGetCount, &count);
  return count;
}

Result<std::shared_ptr<Device>> openCudaDevice(const CudaOptions &options) {
  const Driver *found = options.driver;
  if (!found) {
    Result<const Driver *> opened = Driver::get();
    VITRT_TRY(opened.status());
    found = *opened;
  }
  const Driver &driver = *found;
  int count = 0;
  CHECK_CALL(deviceGetCount, &count);
  if (options.ordinal < 0 || options.ordinal >= count)
    return Status(Diag::E0701, "there is no CUDA device " +
                                   std::to_string(options.ordinal) + " of " +
                                   std::to_string(count));
  int device = 0;
  CHECK_CALL(deviceGet, &device, options.ordinal);
  Result<DeviceInfo> info = describeDevice(driver, device, options.ordinal);
  VITRT_TRY(info.status());
  void *handle = nullptr;
  CHECK_CALL(primaryCtxRetain, &handle, device);
  std::shared_ptr<Context> context(new Context{driver, device, handle});
  return std::shared_ptr<Device>(std::make_shared<CudaDevice>(
      driver, std::move(context), std::move(*info), options));
}

} // namespace vitrt
