//===- ModuleApi.cpp - errors and modules of vitrt.h ----------------------===//

#include "runtime/capi/Handles.h"

#include "runtime/format/Enums.h"

using namespace vitrt;
using namespace vitrt::capi;

namespace vitrt::capi {

namespace {
thread_local std::string lastMessage;
}

VitrtStatus report(const Status &status) noexcept {
  if (status.ok())
    return VITRT_OK;
  try {
    lastMessage = status.message();
  } catch (...) {
    lastMessage.clear();
  }
  return VitrtStatus(status.diag());
}

Status invalid(const char *what) {
  return Status(Diag::E0798, std::string("wrong argument: ") + what);
}

} // namespace vitrt::capi

uint32_t vitrtVersion(void) {
  return VITRT_VERSION_MAJOR * 10000 + VITRT_VERSION_MINOR * 100 +
         VITRT_VERSION_PATCH;
}

const char *vitrtErrorMessage(void) { return lastMessage.c_str(); }

const char *vitrtStatusName(VitrtStatus status) {
  return diagName(Diag(uint16_t(status)));
}

size_t vitrtDtypeSize(VitrtDtype dtype) {
  return format::byteSize(format::DType(dtype));
}

VitrtStatus vitrtModuleLoad(const char *path, VitrtModule **module) {
  return guarded([&]() -> Status {
    if (!path || !module)
      return invalid("path or module is null");
    Result<std::shared_ptr<Module>> loaded = Module::load(path);
    VITRT_TRY(loaded.status());
    *module = new VitrtModule{std::move(*loaded)};
    return Status();
  });
}

VitrtStatus vitrtModuleLoadMemory(const void *bytes, size_t size,
                                  VitrtModule **module) {
  return guarded([&]() -> Status {
    if ((!bytes && size) || !module)
      return invalid("bytes or module is null");
    auto loaded = Module::fromBytes(
        format::Bytes::copyOf({static_cast<const char *>(bytes), size}));
    VITRT_TRY(loaded.status());
    *module = new VitrtModule{std::move(*loaded)};
    return Status();
  });
}

void vitrtModuleRelease(VitrtModule *module) { delete module; }

VitrtStatus vitrtModuleGetInfo(const VitrtModule *module,
                               VitrtModuleInfo *info) {
  return guarded([&]() -> Status {
    if (!module)
      return invalid("module is null");
    const format::Module &contents = module->module->contents();
    VitrtModuleInfo all = {};
    all.planCount = uint32_t(contents.plans.size());
    all.compiler = contents.provenance.compiler.c_str();
    all.nvrtc = contents.provenance.nvrtc.c_str();
    all.modelName = contents.provenance.modelName.c_str();
    return give(all, info);
  });
}

namespace {

Result<const format::Plan *> planOf(const VitrtModule *module, uint32_t plan) {
  if (!module || plan >= module->module->contents().plans.size())
    return invalid("there is no such plan");
  return &module->module->contents().plans[plan].plan;
}

VitrtStatus tensorInfo(const VitrtModule *module, uint32_t plan, bool input,
                       uint32_t index, VitrtTensorInfo *info) {
  return guarded([&]() -> Status {
    Result<const format::Plan *> found = planOf(module, plan);
    VITRT_TRY(found.status());
    const auto &list = input ? (*found)->inputs : (*found)->outputs;
    if (index >= list.size())
      return invalid("there is no such tensor");
    const format::TensorInfo &tensor = list[index];
    VitrtTensorInfo all = {};
    all.name = tensor.name.c_str();
    all.dtype = int32_t(tensor.dtype);
    all.rank = int32_t(tensor.shape.size()); // at most 16: Validate.h
    for (size_t i = 0; i != tensor.shape.size(); ++i) {
      all.shape[i] = tensor.shape[i].value;
      all.perBatch[i] = tensor.shape[i].perBatch;
    }
    return give(all, info);
  });
}

} // namespace

VitrtStatus vitrtModuleGetPlanInfo(const VitrtModule *module, uint32_t plan,
                                   VitrtPlanInfo *info) {
  return guarded([&]() -> Status {
    Result<const format::Plan *> found = planOf(module, plan);
    VITRT_TRY(found.status());
    const format::Plan &p = **found;
    VitrtPlanInfo all = {};
    all.target = p.target.c_str();
    all.device = p.device.c_str();
    all.precision = p.precision.c_str();
    all.minBatch = p.minBatch;
    all.optBatch = p.optBatch;
    all.maxBatch = p.maxBatch;
    all.inputCount = uint32_t(p.inputs.size());
    all.outputCount = uint32_t(p.outputs.size());
    all.launchCount = uint32_t(p.launches.size());
    all.kernelCount = uint32_t(p.kernels.size());
    all.arenaBytes = p.arenaBytes;
    return give(all, info);
  });
}

VitrtStatus vitrtModuleGetInputInfo(const VitrtModule *module, uint32_t plan,
                                    uint32_t index, VitrtTensorInfo *info) {
  return tensorInfo(module, plan, true, index, info);
}

VitrtStatus vitrtModuleGetOutputInfo(const VitrtModule *module, uint32_t plan,
                                     uint32_t index, VitrtTensorInfo *info) {
  return tensorInfo(module, plan, false, index, info);
}

const char *vitrtModuleGetMetadata(const VitrtModule *module, const char *key) {
  if (!module || !key)
    return nullptr;
  for (const format::KeyValue &entry :
       module->module->contents().provenance.extra)
    if (entry.key == key)
      return entry.value.c_str();
  return nullptr;
}
