//===- Session.cpp - runs a module's plans on one stream ------------------===//

#include "runtime/Session.h"

#include "runtime/Binding.h"
#include "runtime/CallerMemory.h"
#include "runtime/DeviceModule.h"
#include "runtime/PlanChoice.h"
#include "runtime/format/Enums.h"

#include <algorithm>
#include <cstring>
#include <list>

namespace vitrt {

namespace {

constexpr size_t kMaxGraphs = 16;

/// What a recorded graph depends on.
struct GraphKey {
  uint32_t plan = 0;
  int64_t batch = 0;
  std::vector<DevicePtr> addresses;
  bool operator==(const GraphKey &) const = default;
};

/// A combination that ran; recorded when it comes the second time.
struct GraphEntry {
  GraphKey key;
  std::unique_ptr<DeviceGraph> graph;
};

/// Caller's addresses, or staging buffers, of one plan's inputs and outputs.
struct Staging {
  std::vector<DeviceMemory> inputs, outputs;
};

} // namespace

struct Session::Impl {
  std::shared_ptr<Module> module;
  std::shared_ptr<Device> device;
  std::shared_ptr<Device> memorySource; ///< Of arena and staging buffers.
  SessionOptions options;
  std::shared_ptr<DeviceModule> onDevice;
  std::vector<uint32_t> plans;
  Device::Stream stream = nullptr;
  Device::Stream captureStream = nullptr; ///< Made with the first graph.
  DeviceMemory arena;
  std::map<uint32_t, Staging> staging; ///< By plan.
  std::list<GraphEntry> graphs;        ///< Most recently used first.
  LaunchObserver observer;

  // The run in progress, or the last one.
  Session *self = nullptr;
  bool ran = false;
  uint32_t planIndex = 0;
  int64_t batch = 0;
  std::vector<DevicePtr> inputs, outputs;

  const format::Plan &planAt(uint32_t index) const {
    return module->contents().plans[index].plan;
  }
  const format::Plan &plan() const { return planAt(planIndex); }

  Status open();
  void close();
  Status ensureMemory();
  Status place(const Binding &binding);
  DevicePtr address(const format::BufferRef &ref) const;
  Status launchOne(uint32_t index, Device::Stream on, LaunchReport *report);
  Status launchAll(Device::Stream on);
  Status launchObserved();
  Status launchRecorded();
  Status copyOutputs(const Binding &binding);
};

Status Session::Impl::open() {
  Result<std::vector<uint32_t>> chosen =
      choosePlans(module->contents(), *device, options.planTarget);
  VITRT_TRY(chosen.status());
  memorySource = device;
  if (options.allocate && options.free)
    memorySource =
        std::make_shared<CallerMemory>(device, options.allocate, options.free);
  plans = std::move(*chosen);
  if (!options.ownStream) {
    stream = options.stream;
  } else {
    Result<Device::Stream> made = device->createStream();
    VITRT_TRY(made.status());
    stream = *made;
  }
  onDevice = module->on(device);
  return Status();
}

void Session::Impl::close() {
  if (!device)
    return;
  // Work in flight uses the arena.
  if (ran)
    (void)device->synchronize(stream);
  graphs.clear();
  if (captureStream)
    device->destroyStream(captureStream);
  if (options.ownStream && stream)
    device->destroyStream(stream);
}

/// Arena and staging for every plan of the target at its largest batch, so
/// that addresses never change and later runs allocate nothing.
Status Session::Impl::ensureMemory() {
  if (!arena.address()) {
    uint64_t bytes = 0;
    for (uint32_t index : plans)
      bytes = std::max(bytes, planAt(index).arenaBytes);
    Result<DeviceMemory> memory = DeviceMemory::allocate(memorySource, bytes);
    VITRT_TRY(memory.status());
    arena = std::move(*memory);
  }
  Staging &buffers = staging[planIndex];
  buffers.inputs.resize(plan().inputs.size());
  buffers.outputs.resize(plan().outputs.size());
  return Status();
}

/// Addresses of inputs and outputs; copies host inputs.
Status Session::Impl::place(const Binding &binding) {
  auto resolve = [&](const TensorView *view, const format::TensorInfo &info,
                     DeviceMemory &buffer) -> Result<DevicePtr> {
    if (view && view->memory == Memory::Device)
      return DevicePtr(reinterpret_cast<uintptr_t>(view->data));
    if (!buffer.address()) {
      uint64_t bytes =
          byteSize(info.dtype, shapeAt(info.shape, plan().maxBatch));
      Result<DeviceMemory> memory = DeviceMemory::allocate(memorySource, bytes);
      VITRT_TRY(memory.status());
      buffer = std::move(*memory);
    }
    return buffer.address();
  };
  Staging &buffers = staging[planIndex];
  inputs.clear();
  outputs.clear();
  for (size_t i = 0; i != plan().inputs.size(); ++i) {
    const TensorView &view = *binding.inputs[i];
    Result<DevicePtr> to = resolve(&view, plan().inputs[i], buffers.inputs[i]);
    VITRT_TRY(to.status());
    inputs.push_back(*to);
    uint64_t bytes = byteSize(view.dtype, view.shape);
    if (view.memory == Memory::Host && bytes != 0)
      VITRT_TRY(device->copyToDevice(*to, view.data, bytes, stream));
  }
  for (size_t i = 0; i != plan().outputs.size(); ++i) {
    Result<DevicePtr> to =
        resolve(binding.outputs[i], plan().outputs[i], buffers.outputs[i]);
    VITRT_TRY(to.status());
    outputs.push_back(*to);
  }
  return Status();
}

DevicePtr Session::Impl::address(const format::BufferRef &ref) const {
  switch (ref.space) {
  case format::Space::Arena:
    return arena.address() + ref.offset;
  case format::Space::Weights:
    return onDevice->weight(ref.index) + ref.offset;
  case format::Space::Input:
    return inputs[ref.index] + ref.offset;
  case format::Space::Output:
    return outputs[ref.index] + ref.offset;
  }
  return 0;
}

Status Session::Impl::launchOne(uint32_t index, Device::Stream on,
                                LaunchReport *report) {
  const format::Launch &launch = plan().launches[index];
  const format::Kernel &kernel = plan().kernels[launch.kernel];
  LaunchRequest request;
  for (int i = 0; i != 3; ++i) {
    request.grid[i] = uint32_t(kernel.grid[i].at(batch));
    if (request.grid[i] == 0)
      return Status();
  }
  std::vector<LaunchBuffer> buffers;
  for (size_t i = 0; i != launch.buffers.size(); ++i)
    buffers.push_back({address(launch.buffers[i]),
                       uint64_t(launch.buffers[i].bytes.at(batch)),
                       kernel.operands[i].role == format::Role::Out,
                       launch.buffers[i].before});
  request.kernel = onDevice->kernel(planIndex, launch.kernel);
  request.threads = kernel.threads;
  request.sharedBytes = kernel.sharedBytes;
  request.buffers = buffers;
  request.batch = int32_t(batch);
  request.description = &kernel;
  Status status = device->launch(request, on, report);
  if (status.ok())
    return status;
  std::string node =
      launch.nodes.empty() ? "" : ", " + escaped(launch.nodes[0]);
  return Status(status.diag(), "launch " + std::to_string(index) + " (" +
                                   kernel.symbol + node +
                                   "): " + status.message());
}

Status Session::Impl::launchAll(Device::Stream on) {
  for (uint32_t i = 0; i != plan().launches.size(); ++i)
    VITRT_TRY(launchOne(i, on, nullptr));
  return Status();
}

Status Session::Impl::launchObserved() {
  for (uint32_t i = 0; i != plan().launches.size(); ++i) {
    LaunchReport report;
    VITRT_TRY(launchOne(i, stream, &report));
    const format::Launch &launch = plan().launches[i];
    VITRT_TRY(observer({*self, i, batch, plan(), launch,
                        plan().kernels[launch.kernel], report}));
  }
  return Status();
}

/// The first run of a combination is direct, the second is recorded on a stream
/// of our own (the caller's may be recording itself), later ones replay.
Status Session::Impl::launchRecorded() {
  GraphKey key{planIndex, batch, inputs};
  key.addresses.insert(key.addresses.end(), outputs.begin(), outputs.end());
  auto it = std::find_if(graphs.begin(), graphs.end(),
                         [&](const GraphEntry &e) { return e.key == key; });
  if (it == graphs.end()) {
    graphs.push_front({std::move(key), nullptr});
    if (graphs.size() > kMaxGraphs) {
      VITRT_TRY(device->synchronize(stream)); // the old graph may still run
      graphs.pop_back();
    }
    return launchAll(stream);
  }
  graphs.splice(graphs.begin(), graphs, it);
  if (!it->graph) {
    if (!captureStream) {
      Result<Device::Stream> made = device->createStream();
      VITRT_TRY(made.status());
      captureStream = *made;
    }
    VITRT_TRY(device->beginCapture(captureStream));
    Status recorded = launchAll(captureStream);
    Result<std::unique_ptr<DeviceGraph>> graph =
        device->endCapture(captureStream);
    VITRT_TRY(recorded);
    VITRT_TRY(graph.status());
    it->graph = std::move(*graph);
  }
  return device->launchGraph(*it->graph, stream);
}

Status Session::Impl::copyOutputs(const Binding &binding) {
  for (size_t i = 0; i != plan().outputs.size(); ++i) {
    const TensorView *view = binding.outputs[i];
    if (!view || view->memory != Memory::Host)
      continue;
    if (uint64_t bytes = byteSize(view->dtype, view->shape))
      VITRT_TRY(device->copyToHost(view->data, outputs[i], bytes, stream));
  }
  return Status();
}

Session::Session() : impl(std::make_unique<Impl>()) { impl->self = this; }
Session::~Session() { impl->close(); }

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<Module> module,
                                                 std::shared_ptr<Device> device,
                                                 SessionOptions options) {
  std::unique_ptr<Session> session(new Session);
  session->impl->module = std::move(module);
  session->impl->device = std::move(device);
  session->impl->options = std::move(options);
  VITRT_TRY(session->impl->open());
  return session;
}

const format::Module &Session::module() const {
  return impl->module->contents();
}
Device &Session::device() const { return *impl->device; }
Device::Stream Session::stream() const { return impl->stream; }
const std::vector<uint32_t> &Session::plans() const { return impl->plans; }
const format::Plan *Session::currentPlan() const {
  return impl->ran ? &impl->plan() : nullptr;
}
uint64_t Session::arenaBytes() const { return impl->arena.size(); }
void Session::setObserver(LaunchObserver observer) {
  impl->observer = std::move(observer);
}

Result<Session::Choice>
Session::choose(std::span<const TensorView> inputs) const {
  Status first;
  std::string others;
  for (uint32_t index : impl->plans) {
    const format::Plan &plan = impl->planAt(index);
    Result<Binding> binding = bindInputs(plan, inputs);
    if (binding)
      return Choice{index, binding->batch};
    if (first.ok()) {
      first = binding.status();
      continue;
    }
    others += "; or";
    for (const format::TensorInfo &info : plan.inputs)
      others += " " + escaped(info.name) + ": " + describe(info);
    others += " with batch " + std::to_string(plan.minBatch) + " to " +
              std::to_string(plan.maxBatch);
  }
  return Status(first.diag(), first.message() + others);
}

Status Session::enqueue(std::span<const TensorView> inputs,
                        std::span<const TensorView> outputs) {
  Result<Choice> choice = choose(inputs);
  VITRT_TRY(choice.status());
  const format::Plan &plan = impl->planAt(choice->plan);
  Result<Binding> binding = bindInputs(plan, inputs);
  VITRT_TRY(binding.status());
  VITRT_TRY(bindOutputs(plan, outputs, *binding));
  for (std::span<const TensorView> views : {inputs, outputs})
    for (const TensorView &view : views)
      if (!view.data && byteSize(view.dtype, view.shape) != 0)
        return Status(Diag::E0251,
                      "tensor '" + escaped(view.name) + "' has no data");
  impl->planIndex = choice->plan;
  impl->batch = choice->batch;
  VITRT_TRY(impl->onDevice->prepare(choice->plan));
  VITRT_TRY(impl->ensureMemory());
  impl->ran = true;
  VITRT_TRY(impl->place(*binding));
  if (impl->observer)
    VITRT_TRY(impl->launchObserved());
  else if (impl->options.graphs && impl->device->hasGraphs())
    VITRT_TRY(impl->launchRecorded());
  else
    VITRT_TRY(impl->launchAll(impl->stream));
  return impl->copyOutputs(*binding);
}

Status Session::synchronize() {
  return impl->device->synchronize(impl->stream);
}

Status Session::run(std::span<const TensorView> inputs,
                    std::span<const TensorView> outputs) {
  Status status = enqueue(inputs, outputs);
  // Copies may be in flight even where a later step failed.
  Status done = synchronize();
  return status.ok() ? done : status;
}

Result<std::vector<uint8_t>>
Session::readTensor(const format::TensorMapEntry &entry) {
  const uint64_t element = format::byteSize(entry.dtype);
  std::vector<int64_t> shape = shapeAt(entry.shape, impl->batch);
  uint64_t count = byteSize(entry.dtype, shape) / element;
  std::vector<uint8_t> dense(count * element);
  if (count == 0)
    return dense;
  uint64_t last = 0;
  for (size_t i = 0; i != shape.size(); ++i)
    last += uint64_t(shape[i] - 1) * uint64_t(entry.strides[i]);
  std::vector<uint8_t> buffer((last + 1) * element);
  VITRT_TRY(impl->device->copyToHost(buffer.data(), impl->address(entry.buffer),
                                     buffer.size(), impl->stream));
  VITRT_TRY(synchronize());
  std::vector<int64_t> at(shape.size());
  uint64_t from = 0;
  for (uint64_t i = 0; i != count; ++i) {
    std::memcpy(&dense[i * element], &buffer[from * element], element);
    for (size_t d = shape.size(); d-- != 0;) {
      from += uint64_t(entry.strides[d]);
      if (++at[d] != shape[d])
        break;
      from -= uint64_t(shape[d]) * uint64_t(entry.strides[d]);
      at[d] = 0;
    }
  }
  return dense;
}

} // namespace vitrt
