//===- Inputs.cpp - A command's input tensors -----------------------------===//
#include "tools/vitc/Inputs.h"

#include "codegen/IndexPrinter.h"
#include "reference/Rounding.h"
#include "tools/files/Npy.h"
#include "tools/files/Picture.h"

#include <cstring>
#include <random>

using namespace vitrt;
using format::DType;
using format::TensorInfo;

namespace vitc {

void InputFlags::add(CLI::App &app) {
  app.add_option("--input", tensors, "NAME=FILE.npy; once an input");
  app.add_option("--inputs", archive,
                 "FILE.npz with keys in:NAME, NAME, or x for a single input");
  app.add_option(
      "--image", image,
      "A picture (jpg, png, ppm): short side resized, centre cropped, / 255");
  app.add_option("--mean", mean,
                 "Mean of each channel, subtracted from --image")
      ->delimiter(',');
  app.add_option("--std", deviation,
                 "Deviation of each channel, divides --image")
      ->delimiter(',');
}

static const TensorInfo *find(const std::vector<TensorInfo> &inputs,
                              const std::string &name) {
  for (const TensorInfo &input : inputs)
    if (input.name == name)
      return &input;
  return nullptr;
}

static Status unknown(const std::string &name,
                      const std::vector<TensorInfo> &inputs) {
  std::string names;
  for (const TensorInfo &input : inputs)
    names += (names.empty() ? "'" : ", '") + escaped(input.name) + "'";
  return Status(Diag::E0250,
                "no input '" + escaped(name) + "'; the model has " + names);
}

/// f32 values as elements of `dtype` (f32, f16 or bf16).
static std::vector<std::byte> encode(const std::vector<float> &values,
                                     DType dtype) {
  std::vector<std::byte> bytes(values.size() * elementBytes(dtype));
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t half = 0;
    const void *element = &values[i];
    if (elementBytes(dtype) == 2) {
      half = reference::encodeFloat(values[i], dtype);
      element = &half;
    }
    std::memcpy(bytes.data() + i * elementBytes(dtype), element,
                elementBytes(dtype));
  }
  return bytes;
}

static bool isFloatInput(const TensorInfo &info) {
  return info.dtype == DType::F32 || info.dtype == DType::F16 ||
         info.dtype == DType::BF16;
}

static Result<HostTensor> readImage(const InputFlags &flags,
                                    const std::vector<TensorInfo> &inputs,
                                    bool folded) {
  const TensorInfo *image = nullptr;
  for (const TensorInfo &input : inputs)
    if (input.shape.size() == 4 && isFloatInput(input) &&
        !input.shape[1].perBatch &&
        (input.shape[1].value == 1 || input.shape[1].value == 3))
      image = image ? image : &input;
  if (!image)
    return Status(
        Diag::E0213,
        "the model has no input [B, 1 or 3, H, W] of floats for a picture");
  int64_t batch = image->shape[0].at(1), channels = image->shape[1].value;
  auto picture = readPicture(flags.image, static_cast<int>(channels));
  if (!picture.ok())
    return picture.status();
  for (const std::vector<double> *list : {&flags.mean, &flags.deviation})
    if (!list->empty() && int64_t(list->size()) != channels)
      return Status(Diag::E0213, "the picture has " + std::to_string(channels) +
                                     " channels, but --mean or --std gives " +
                                     std::to_string(list->size()) + " numbers");
  if (folded && (!flags.mean.empty() || !flags.deviation.empty()))
    return Status(Diag::E0213, "the module has its mean and deviation folded "
                               "in: leave out --mean and --std");
  Picture fitted =
      fitPicture(*picture, image->shape[2].value, image->shape[3].value);
  std::vector<float> planes = toPlanes(fitted, flags.mean, flags.deviation);
  HostTensor tensor{image->name,
                    image->dtype,
                    {batch, channels, fitted.height, fitted.width},
                    {}};
  std::vector<std::byte> one = encode(planes, image->dtype);
  for (int64_t i = 0; i < batch; ++i)
    tensor.bytes.insert(tensor.bytes.end(), one.begin(), one.end());
  return tensor;
}

static Status readArchive(const InputFlags &flags,
                          const std::vector<TensorInfo> &inputs,
                          InputSet &set) {
  auto arrays = readNpz(flags.archive);
  if (!arrays.ok())
    return arrays.status();
  for (HostTensor &array : *arrays) {
    if (array.name.starts_with("out:")) {
      array.name.erase(0, 4);
      set.expected.push_back(std::move(array));
      continue;
    }
    std::string name =
        array.name.starts_with("in:") ? array.name.substr(3) : array.name;
    bool only = inputs.size() == 1 && name == "x" && !find(inputs, name);
    const TensorInfo *input = only ? &inputs.front() : find(inputs, name);
    // Other keys (labels, say) are not inputs; a key that claims to be one is.
    if (!input && array.name.starts_with("in:"))
      return unknown(name, inputs);
    if (!input)
      continue;
    array.name = input->name;
    set.inputs.push_back(std::move(array));
  }
  return Status();
}

Result<InputSet> readInputs(const InputFlags &flags,
                            const std::vector<TensorInfo> &inputs,
                            bool folded) {
  InputSet set;
  if (!flags.archive.empty())
    VITRT_TRY(readArchive(flags, inputs, set));
  for (const std::string &argument : flags.tensors) {
    size_t equals = argument.rfind('=');
    if (equals == argument.npos)
      return Status(Diag::E0213, "expected --input NAME=FILE.npy, but got '" +
                                     escaped(argument) + "'");
    std::string name = argument.substr(0, equals);
    if (!find(inputs, name))
      return unknown(name, inputs);
    auto tensor = readNpy(argument.substr(equals + 1));
    if (!tensor.ok())
      return tensor.status();
    tensor->name = name;
    set.inputs.push_back(std::move(*tensor));
  }
  if (!flags.image.empty()) {
    auto image = readImage(flags, inputs, folded);
    if (!image.ok())
      return image.status();
    set.inputs.push_back(std::move(*image));
  }
  return set;
}

InputSet randomInputs(const std::vector<TensorInfo> &inputs, int64_t batch,
                      uint64_t seed) {
  InputSet set;
  std::mt19937_64 bits(seed);
  // Sum of twelve uniforms: the same on every machine, unlike std::normal.
  auto normal = [&] {
    double sum = -6;
    for (int i = 0; i < 12; ++i)
      sum += double(bits() >> 11) * 0x1p-53;
    return float(sum);
  };
  for (const TensorInfo &info : inputs) {
    HostTensor tensor{info.name, info.dtype, {}, {}};
    for (const format::Extent &extent : info.shape)
      tensor.shape.push_back(extent.at(batch));
    if (isFloatInput(info)) {
      std::vector<float> values(tensor.numElements());
      for (float &value : values)
        value = normal();
      tensor.bytes = encode(values, info.dtype);
    } else {
      tensor.bytes.resize(tensor.numElements() * elementBytes(info.dtype));
    }
    set.inputs.push_back(std::move(tensor));
  }
  return set;
}

} // namespace vitc
