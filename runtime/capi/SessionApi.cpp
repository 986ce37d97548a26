//===- SessionApi.cpp - sessions of vitrt.h -------------------------------===//

#include "runtime/capi/Handles.h"

#include "runtime/format/Enums.h"

using namespace vitrt;
using namespace vitrt::capi;

namespace {

/// The callers' tensors. Elements lie structSize bytes apart: the caller's
/// header may be older.
Status takeTensors(const VitrtTensor *tensors, size_t count,
                   std::vector<TensorView> &views) {
  if (count != 0 && !tensors)
    return invalid("tensors are null");
  auto *at = reinterpret_cast<const char *>(tensors);
  for (size_t i = 0; i != count; ++i) {
    VitrtTensor tensor;
    auto *element = reinterpret_cast<const VitrtTensor *>(at);
    VITRT_TRY(take(element, tensor));
    at += element->structSize;
    if (tensor.rank < 0 || tensor.rank > VITRT_MAX_RANK ||
        (tensor.rank != 0 && !tensor.shape))
      return invalid("a tensor's rank or shape");
    if (!format::valid(format::DType(tensor.dtype)) || tensor.dtype > 255)
      return invalid("a tensor's dtype");
    if (tensor.memory != VITRT_HOST && tensor.memory != VITRT_DEVICE)
      return invalid("a tensor's memory");
    TensorView view;
    view.name = tensor.name ? tensor.name : "";
    view.dtype = format::DType(tensor.dtype);
    view.shape.assign(tensor.shape, tensor.shape + tensor.rank);
    view.data = tensor.data;
    view.memory = Memory(tensor.memory);
    views.push_back(std::move(view));
  }
  return Status();
}

} // namespace

VitrtStatus vitrtSessionCreate(VitrtModule *module, VitrtDevice *device,
                               const VitrtSessionOptions *options,
                               VitrtSession **session) {
  return guarded([&]() -> Status {
    VitrtSessionOptions given;
    VITRT_TRY(take(options, given));
    if (!module || !device || !session)
      return invalid("module, device or session is null");
    if (!given.allocate != !given.free)
      return invalid("allocate and free come together");
    SessionOptions all;
    if (given.planTarget)
      all.planTarget = given.planTarget;
    all.stream = given.stream;
    all.ownStream = !given.useStream;
    all.graphs = !given.noGraphs;
    bool cuda = device->device->info().kind == DeviceKind::Cuda;
    if (!cuda && (given.allocate || given.useStream))
      return invalid("only CUDA devices take a stream or an allocator");
    if (given.allocate) {
      all.allocate = [f = given.allocate, user = given.user](uint64_t bytes) {
        return DevicePtr(f(bytes, user));
      };
      all.free = [f = given.free, user = given.user](DevicePtr address) {
        f(address, user);
      };
    }
    Result<std::unique_ptr<Session>> made =
        Session::create(module->module, device->device, std::move(all));
    VITRT_TRY(made.status());
    *session = new VitrtSession{std::move(*made)};
    return Status();
  });
}

void vitrtSessionRelease(VitrtSession *session) { delete session; }

VitrtStatus vitrtSessionChoosePlan(VitrtSession *session,
                                   const VitrtTensor *inputs, size_t inputCount,
                                   uint32_t *plan, int64_t *batch) {
  return guarded([&]() -> Status {
    if (!session || !plan || !batch)
      return invalid("session, plan or batch is null");
    if (inputCount == 0) {
      *plan = session->session->plans().front();
      *batch = session->session->module().plans[*plan].plan.maxBatch;
      return Status();
    }
    std::vector<TensorView> views;
    VITRT_TRY(takeTensors(inputs, inputCount, views));
    Result<Session::Choice> choice = session->session->choose(views);
    VITRT_TRY(choice.status());
    *plan = choice->plan;
    *batch = choice->batch;
    return Status();
  });
}

static VitrtStatus runOrEnqueue(VitrtSession *session,
                                const VitrtTensor *inputs, size_t inputCount,
                                const VitrtTensor *outputs, size_t outputCount,
                                bool wait) {
  return guarded([&]() -> Status {
    if (!session)
      return invalid("session is null");
    std::vector<TensorView> in, out;
    VITRT_TRY(takeTensors(inputs, inputCount, in));
    VITRT_TRY(takeTensors(outputs, outputCount, out));
    return wait ? session->session->run(in, out)
                : session->session->enqueue(in, out);
  });
}

VitrtStatus vitrtSessionRun(VitrtSession *session, const VitrtTensor *inputs,
                            size_t inputCount, const VitrtTensor *outputs,
                            size_t outputCount) {
  return runOrEnqueue(session, inputs, inputCount, outputs, outputCount, true);
}

VitrtStatus vitrtSessionEnqueue(VitrtSession *session,
                                const VitrtTensor *inputs, size_t inputCount,
                                const VitrtTensor *outputs,
                                size_t outputCount) {
  return runOrEnqueue(session, inputs, inputCount, outputs, outputCount, false);
}

VitrtStatus vitrtSessionSynchronize(VitrtSession *session) {
  return guarded([&]() -> Status {
    return session ? session->session->synchronize()
                   : invalid("session is null");
  });
}

VitrtStatus vitrtSessionSetProfiler(VitrtSession *session,
                                    void (*profiler)(const VitrtLaunchInfo *,
                                                     void *),
                                    void *user) {
  return guarded([&]() -> Status {
    if (!session)
      return invalid("session is null");
    if (!profiler) {
      session->session->setObserver(nullptr);
      return Status();
    }
    session->session->setObserver([profiler, user](const LaunchEvent &event) {
      std::vector<const char *> nodes;
      for (const std::string &node : event.launch.nodes)
        nodes.push_back(node.c_str());
      VitrtLaunchInfo info = {};
      info.structSize = sizeof(info);
      info.index = event.index;
      info.nodeCount = uint32_t(nodes.size());
      info.kernel = event.kernel.symbol.c_str();
      info.vitOp = event.launch.vitOp.c_str();
      info.nodes = nodes.data();
      info.seconds = event.report.seconds;
      info.flops = event.launch.flops * double(event.batch);
      info.bytes = event.launch.bytes * double(event.batch);
      profiler(&info, user);
      return Status();
    });
    return Status();
  });
}
