//===- vitrt.hpp - running modules that vitc compiled -----------*- C++ -*-===//
//
// C++17 over vitrt.h, header only: nothing of the standard library crosses the
// library's border. Errors are thrown as vitrt::Error.
//
//   vitrt::Module module("vit.vitm");
//   vitrt::Device device = vitrt::Device::cuda();
//   vitrt::Session session(module, device);
//   std::vector<float> logits =
//       session.run<float>(vitrt::Tensor("image", {1, 3, 224, 224}, pixels));
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_HPP
#define VITRT_HPP

#include "vitrt.h"

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace vitrt {
// The library itself has other types of these names.
inline namespace api {

/// Thrown by everything below; what() ends with the diagnostic's ID.
class Error : public std::runtime_error {
public:
  explicit Error(VitrtStatus status)
      : std::runtime_error(std::string(vitrtErrorMessage()) + " [" +
                           vitrtStatusName(status) + "]"),
        code(status) {}
  VitrtStatus status() const { return code; }

private:
  VitrtStatus code;
};

inline void check(VitrtStatus status) {
  if (status != VITRT_OK)
    throw Error(status);
}

/// The element type's number for a C++ type; 16-bit floats are raw uint16_t and
/// need their number said.
template <class T> struct DtypeOf;
template <> struct DtypeOf<float> {
  static constexpr VitrtDtype value = VITRT_F32;
};
template <> struct DtypeOf<int8_t> {
  static constexpr VitrtDtype value = VITRT_I8;
};
template <> struct DtypeOf<uint8_t> {
  static constexpr VitrtDtype value = VITRT_UI8;
};
template <> struct DtypeOf<int32_t> {
  static constexpr VitrtDtype value = VITRT_I32;
};
template <> struct DtypeOf<int64_t> {
  static constexpr VitrtDtype value = VITRT_I64;
};

/// Name, type and shape of a plan's input or output; dims that grow with the
/// batch are factors of it.
struct TensorInfo {
  std::string name;
  VitrtDtype dtype = VITRT_F32;
  std::vector<int64_t> shape;
  std::vector<bool> perBatch;

  std::vector<int64_t> shapeAt(int64_t batch) const {
    std::vector<int64_t> dims = shape;
    for (size_t i = 0; i != dims.size(); ++i)
      if (perBatch[i])
        dims[i] *= batch;
    return dims;
  }
};

class Module {
public:
  explicit Module(const std::string &path) {
    VitrtModule *raw = nullptr;
    check(vitrtModuleLoad(path.c_str(), &raw));
    handle.reset(raw, vitrtModuleRelease);
  }
  /// Copies the bytes.
  Module(const void *bytes, size_t size) {
    VitrtModule *raw = nullptr;
    check(vitrtModuleLoadMemory(bytes, size, &raw));
    handle.reset(raw, vitrtModuleRelease);
  }
  VitrtModuleInfo info() const {
    VitrtModuleInfo info = {};
    info.structSize = sizeof(info);
    check(vitrtModuleGetInfo(get(), &info));
    return info;
  }
  VitrtPlanInfo plan(uint32_t index) const {
    VitrtPlanInfo info = {};
    info.structSize = sizeof(info);
    check(vitrtModuleGetPlanInfo(get(), index, &info));
    return info;
  }
  TensorInfo input(uint32_t plan, uint32_t index) const {
    return tensor(vitrtModuleGetInputInfo, plan, index);
  }
  TensorInfo output(uint32_t plan, uint32_t index) const {
    return tensor(vitrtModuleGetOutputInfo, plan, index);
  }
  /// "" if the compiler recorded nothing under the key.
  std::string metadata(const char *key) const {
    const char *value = vitrtModuleGetMetadata(get(), key);
    return value ? value : "";
  }
  VitrtModule *get() const { return handle.get(); }

private:
  template <class Query>
  TensorInfo tensor(Query query, uint32_t plan, uint32_t index) const {
    VitrtTensorInfo raw = {};
    raw.structSize = sizeof(raw);
    check(query(get(), plan, index, &raw));
    TensorInfo info;
    info.name = raw.name;
    info.dtype = VitrtDtype(raw.dtype);
    info.shape.assign(raw.shape, raw.shape + raw.rank);
    info.perBatch.assign(raw.perBatch, raw.perBatch + raw.rank);
    return info;
  }
  std::shared_ptr<VitrtModule> handle;
};

class Device {
public:
  static Device cuda(int ordinal = 0) {
    VitrtCudaOptions options = {};
    options.structSize = sizeof(options);
    options.ordinal = ordinal;
    return cuda(options);
  }
  static Device cuda(const VitrtCudaOptions &options) {
    VitrtDevice *raw = nullptr;
    check(vitrtDeviceOpenCuda(&options, &raw));
    return Device(raw);
  }
  /// You say with `options.trustSource` that the module's text may be compiled
  /// and run on this machine.
  static Device emulator(const VitrtEmulatorOptions &options) {
    VitrtDevice *raw = nullptr;
    check(vitrtDeviceOpenEmulator(&options, &raw));
    return Device(raw);
  }
  static Device trustingEmulator() {
    VitrtEmulatorOptions options = {};
    options.structSize = sizeof(options);
    options.trustSource = 1;
    return emulator(options);
  }
  static int cudaCount() {
    int32_t count = 0;
    return vitrtCudaDeviceCount(&count) == VITRT_OK ? count : 0;
  }
  VitrtDeviceInfo info() const {
    VitrtDeviceInfo info = {};
    info.structSize = sizeof(info);
    check(vitrtDeviceGetInfo(get(), &info));
    return info;
  }
  VitrtDevice *get() const { return handle.get(); }

private:
  explicit Device(VitrtDevice *raw) : handle(raw, vitrtDeviceRelease) {}
  std::shared_ptr<VitrtDevice> handle;
};

/// A view of the caller's dense bytes; an empty name means the only one.
struct Tensor {
  std::string name;
  VitrtDtype dtype = VITRT_F32;
  std::vector<int64_t> shape;
  void *data = nullptr;
  VitrtMemory memory = VITRT_HOST;

  Tensor(std::string name, VitrtDtype dtype, std::vector<int64_t> shape,
         void *data, VitrtMemory memory = VITRT_HOST)
      : name(std::move(name)), dtype(dtype), shape(std::move(shape)),
        data(data), memory(memory) {}
  template <class T>
  Tensor(std::string name, std::vector<int64_t> shape,
         const std::vector<T> &values)
      : name(std::move(name)), dtype(DtypeOf<T>::value),
        shape(std::move(shape)), data(const_cast<T *>(values.data())) {}
};

class Session {
public:
  Session(const Module &module, const Device &device)
      : Session(module, device,
                VitrtSessionOptions{sizeof(VitrtSessionOptions), nullptr,
                                    nullptr, 0, 0, nullptr, nullptr, nullptr}) {
  }
  Session(const Module &module, const Device &device,
          const VitrtSessionOptions &options)
      : owner(module) {
    VitrtSession *raw = nullptr;
    check(vitrtSessionCreate(module.get(), device.get(), &options, &raw));
    handle.reset(raw, vitrtSessionRelease);
  }

  /// Plan and batch for these inputs.
  std::pair<uint32_t, int64_t> choose(const std::vector<Tensor> &inputs) const {
    std::vector<VitrtTensor> raw = convert(inputs);
    std::pair<uint32_t, int64_t> choice;
    check(vitrtSessionChoosePlan(get(), raw.data(), raw.size(), &choice.first,
                                 &choice.second));
    return choice;
  }
  void run(const std::vector<Tensor> &inputs,
           const std::vector<Tensor> &outputs) {
    std::vector<VitrtTensor> in = convert(inputs), out = convert(outputs);
    check(vitrtSessionRun(get(), in.data(), in.size(), out.data(), out.size()));
  }
  void enqueue(const std::vector<Tensor> &inputs,
               const std::vector<Tensor> &outputs) {
    std::vector<VitrtTensor> in = convert(inputs), out = convert(outputs);
    check(vitrtSessionEnqueue(get(), in.data(), in.size(), out.data(),
                              out.size()));
  }
  void synchronize() { check(vitrtSessionSynchronize(get())); }

  /// Runs and returns the first output.
  template <class T> std::vector<T> run(const Tensor &input) {
    return run<T>(std::vector<Tensor>{input});
  }
  template <class T> std::vector<T> run(const std::vector<Tensor> &inputs) {
    auto [plan, batch] = choose(inputs);
    TensorInfo info = owner.output(plan, 0);
    if (info.dtype != DtypeOf<T>::value)
      throw std::invalid_argument("the output has another element type");
    std::vector<int64_t> shape = info.shapeAt(batch);
    size_t count = 1;
    for (int64_t dim : shape)
      count *= size_t(dim);
    std::vector<T> values(count);
    run(inputs, {Tensor(info.name, shape, values)});
    return values;
  }
  VitrtSession *get() const { return handle.get(); }

private:
  static std::vector<VitrtTensor> convert(const std::vector<Tensor> &tensors) {
    std::vector<VitrtTensor> raw;
    for (const Tensor &tensor : tensors)
      raw.push_back({sizeof(VitrtTensor),
                     tensor.name.empty() ? nullptr : tensor.name.c_str(),
                     tensor.dtype, tensor.memory, tensor.shape.data(),
                     int32_t(tensor.shape.size()), 0, tensor.data});
    return raw;
  }
  Module owner;
  std::shared_ptr<VitrtSession> handle;
};

} // namespace api
} // namespace vitrt

#endif // VITRT_HPP
