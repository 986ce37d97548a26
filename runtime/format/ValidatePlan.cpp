//===- ValidatePlan.cpp - may this plan be run? ---------------------------===//

#include "runtime/format/Enums.h"
#include "runtime/format/Validate.h"

namespace vitrt::format::detail {

namespace {

using Wide = unsigned __int128;

class PlanValidator {
public:
  PlanValidator(const ModulePlan &entry, const Module &module,
                const std::string &place)
      : plan(entry.plan), codes(entry.codes), module(module), place(place) {}

  Status run() {
    VITRT_TRY(head());
    VITRT_TRY(tensorInfos(plan.inputs, "input"));
    VITRT_TRY(tensorInfos(plan.outputs, "output"));
    VITRT_TRY(kernels());
    for (size_t i = 0; i != plan.launches.size(); ++i)
      VITRT_TRY(launch(plan.launches[i], at("launch", i)));
    for (size_t i = 0; i != plan.tensors.size(); ++i)
      VITRT_TRY(mapEntry(plan.tensors[i], at("tensor", i)));
    return Status();
  }

private:
  std::string at(const char *what, size_t index) const {
    return place + ", " + what + " " + std::to_string(index);
  }

  Status head() {
    if (!isArch(plan.target, "sm_"))
      return fault(place, "'" + escaped(plan.target) + "' is no target");
    if (plan.minBatch < 1 || plan.optBatch < plan.minBatch ||
        plan.maxBatch < plan.optBatch || plan.maxBatch > kMaxBatch)
      return fault(place, "the batch range is wrong");
    if (plan.arenaBytes > uint64_t(kMaxExtent))
      return fault(place, "the arena is too large");
    return Status();
  }

  /// Bytes of a dense tensor at one batch; false where a size is out of range.
  bool tensorBytes(DType dtype, const std::vector<Extent> &shape, int64_t batch,
                   uint64_t &bytes) const {
    Wide total = byteSize(dtype);
    for (const Extent &extent : shape) {
      if (extent.value < 0 || extent.value > kMaxExtent)
        return false;
      total *= Wide(extent.at(batch));
      if (total > Wide(kMaxExtent))
        return false;
    }
    bytes = uint64_t(total);
    return valid(dtype);
  }

  Status tensorInfos(const std::vector<TensorInfo> &infos, const char *what) {
    for (size_t i = 0; i != infos.size(); ++i) {
      uint64_t bytes;
      if (infos[i].shape.size() > 16 ||
          !tensorBytes(infos[i].dtype, infos[i].shape, plan.maxBatch, bytes))
        return fault(at(what, i), "its shape or type is out of range");
      for (size_t k = 0; k != i; ++k)
        if (infos[k].name == infos[i].name)
          return fault(at(what, i), "its name is there twice");
    }
    return Status();
  }

  Status kernels() {
    if (codes.size() != plan.kernels.size())
      return fault(place, std::to_string(codes.size()) + " texts for " +
                              std::to_string(plan.kernels.size()) + " kernels");
    for (size_t i = 0; i != plan.kernels.size(); ++i) {
      VITRT_TRY(
          validateKernel(plan.kernels[i], plan.maxBatch, at("kernel", i)));
      if (codes[i] >= module.codes.size() ||
          module.codes[codes[i]].symbol != plan.kernels[i].symbol)
        return fault(at("kernel", i), "its text is not there");
    }
    return Status();
  }

  /// Bytes of the space that a BufferRef points into at one batch.
  bool spaceBytes(const BufferRef &ref, int64_t batch, uint64_t &bytes) const {
    switch (ref.space) {
    case Space::Arena:
      bytes = plan.arenaBytes;
      return ref.index == 0;
    case Space::Weights:
      if (ref.index >= module.weights.size())
        return false;
      bytes = module.weights[ref.index].byteSize();
      return true;
    case Space::Input:
    case Space::Output: {
      const auto &infos =
          ref.space == Space::Input ? plan.inputs : plan.outputs;
      return ref.index < infos.size() &&
             tensorBytes(infos[ref.index].dtype, infos[ref.index].shape, batch,
                         bytes);
    }
    }
    return false;
  }

  /// Sizes are linear or constant in the batch, so a reference that fits at
  /// both ends of the range fits in between; a product of several batch
  /// extents only grows faster than the reference.
  Status bufferRef(const BufferRef &ref, const std::string &here) {
    if (ref.bytes.value < 0 || ref.bytes.value > kMaxExtent)
      return fault(here, "its size is out of range");
    for (int64_t batch : {plan.minBatch, plan.maxBatch}) {
      uint64_t bytes;
      if (!spaceBytes(ref, batch, bytes))
        return fault(here, "it names nothing");
      if (ref.offset > bytes || ref.before > ref.offset ||
          Wide(ref.offset - ref.before) +
                  Wide(ref.bytes.value) * Wide(ref.bytes.perBatch ? batch : 1) >
              Wide(bytes))
        return fault(here, "bytes " + std::to_string(ref.offset - ref.before) +
                               " + " + std::to_string(ref.bytes.value) +
                               (ref.bytes.perBatch ? " x batch" : "") +
                               " lie outside the " + std::to_string(bytes) +
                               " of " + name(ref.space) + " " +
                               std::to_string(ref.index));
    }
    return Status();
  }

  Status launch(const Launch &launch, const std::string &here) {
    if (launch.kernel >= plan.kernels.size())
      return fault(here, "there is no kernel " + std::to_string(launch.kernel));
    const Kernel &kernel = plan.kernels[launch.kernel];
    if (launch.buffers.size() != kernel.operands.size())
      return fault(here,
                   std::to_string(launch.buffers.size()) + " buffers for " +
                       std::to_string(kernel.operands.size()) + " operands");
    if (launch.opTypes.size() != launch.nodes.size())
      return fault(here, "op types are not parallel to nodes");
    if (launch.device > 16)
      return fault(here, "there is no such device");
    for (size_t i = 0; i != launch.buffers.size(); ++i) {
      const BufferRef &ref = launch.buffers[i];
      std::string buffer = here + ", buffer " + std::to_string(i);
      VITRT_TRY(bufferRef(ref, buffer));
      Role role = kernel.operands[i].role;
      if (role == Role::Out &&
          (ref.space == Space::Weights || ref.space == Space::Input))
        return fault(buffer, "a launch writes to an input or weight");
    }
    for (const Function *function : {&kernel.prologue, &kernel.epilogue})
      for (const Instr &instr : function->body)
        if (instr.node != kNoValue && instr.node >= launch.nodes.size())
          return fault(here, "an instruction names node " +
                                 std::to_string(instr.node) + " of " +
                                 std::to_string(launch.nodes.size()));
    return Status();
  }

  /// The host gathers these elements, so each must lie in the buffer.
  Status mapEntry(const TensorMapEntry &entry, const std::string &here) {
    VITRT_TRY(bufferRef(entry.buffer, here));
    if (entry.afterLaunch >= plan.launches.size() ||
        entry.shape.size() != entry.strides.size() || entry.shape.size() > 16)
      return fault(here, "its launch or strides are wrong");
    for (int64_t batch : {plan.minBatch, plan.maxBatch}) {
      uint64_t bytes;
      if (!tensorBytes(entry.dtype, entry.shape, batch, bytes))
        return fault(here, "its shape or type is out of range");
      Wide last = 0, before = entry.buffer.before;
      for (size_t i = 0; i != entry.shape.size(); ++i) {
        if (entry.strides[i] < 0 || entry.strides[i] > kMaxExtent)
          return fault(here, "a stride is out of range");
        if (bytes != 0)
          last += Wide(entry.shape[i].at(batch) - 1) * Wide(entry.strides[i]);
      }
      if (bytes != 0 && before + (last + 1) * byteSize(entry.dtype) >
                            Wide(entry.buffer.bytes.at(batch)))
        return fault(here, "its elements lie outside its buffer");
    }
    return Status();
  }

  const Plan &plan;
  const std::vector<uint32_t> &codes;
  const Module &module;
  std::string place;
};

} // namespace

Status validatePlan(const ModulePlan &plan, const Module &module,
                    const std::string &place) {
  return PlanValidator(plan, module, place).run();
}

} // namespace vitrt::format::detail
