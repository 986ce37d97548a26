//===- Session.h - runs a module's plans on one stream ----------*- C++ -*-===//
//
// A session owns a stream and an arena; one thread at a time uses it. Several
// sessions share a Module and a Device.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_SESSION_H
#define VITRT_SESSION_H

#include "runtime/Device.h"
#include "runtime/Module.h"

#include <functional>

namespace vitrt {

class Session;
class DeviceModule;

/// What was launched, while its results are still in the arena.
struct LaunchEvent {
  Session &session;
  uint32_t index; ///< Into plan.launches.
  int64_t batch;
  const format::Plan &plan;
  const format::Launch &launch;
  const format::Kernel &kernel;
  const LaunchReport &report;
};
/// Called after each launch, which was waited for. A failure ends the run.
using LaunchObserver = std::function<Status(const LaunchEvent &)>;

struct SessionOptions {
  /// Take the plans of this target ("sm_80" or a device's name).
  std::string planTarget;
  /// Caller's stream (a CUstream of the primary context); null: its own.
  Device::Stream stream = nullptr;
  bool ownStream = true; ///< False: use `stream`, even if it is null.
  /// Caller's allocator of device memory, for arena and staging buffers; both
  /// or none. CUDA only.
  std::function<DevicePtr(uint64_t bytes)> allocate;
  std::function<void(DevicePtr)> free;
  /// Record a graph at the second run with the same batch and addresses.
  bool graphs = true;
};

/// Inputs and outputs by the names of the plan. Errors of run and enqueue:
/// E0250 to E0254 for tensors that do not fit, E0708 if no plan has the shape,
/// else the device's.
class Session {
public:
  static Result<std::unique_ptr<Session>> create(std::shared_ptr<Module> module,
                                                 std::shared_ptr<Device> device,
                                                 SessionOptions options = {});
  ~Session();

  const format::Module &module() const;
  Device &device() const;
  Device::Stream stream() const;
  /// Plans it chooses from: indices into module().plans. All have the same
  /// inputs and outputs but for shapes and types.
  const std::vector<uint32_t> &plans() const;
  /// The plan of the last run.
  const format::Plan *currentPlan() const;

  /// Which of plans() fits these inputs, and the batch. Only names, types and
  /// shapes are looked at.
  struct Choice {
    uint32_t plan;
    int64_t batch;
  };
  Result<Choice> choose(std::span<const TensorView> inputs) const;

  /// Enqueues copies of host inputs, the launches and copies to host outputs.
  /// `outputs` may name a part of the plan's outputs. Host memory must stay
  /// until synchronize() returns.
  Status enqueue(std::span<const TensorView> inputs,
                 std::span<const TensorView> outputs);
  Status synchronize();
  /// enqueue and synchronize.
  Status run(std::span<const TensorView> inputs,
             std::span<const TensorView> outputs);

  /// With an observer, launches run one by one and graphs are off.
  void setObserver(LaunchObserver observer);
  /// Inside an observer: gathers a mapped tensor of the current plan into
  /// dense bytes. Valid after its launch, until its buffer is reused.
  Result<std::vector<uint8_t>> readTensor(const format::TensorMapEntry &entry);

  uint64_t arenaBytes() const;

private:
  Session();
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace vitrt

#endif // VITRT_SESSION_H
