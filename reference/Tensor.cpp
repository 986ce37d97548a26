//===- Tensor.cpp - Values of the reference executor ----------------------===//
#include "reference/Tensor.h"

#include "dialect/ElementTypes.h"
#include "llvm/Support/ErrorHandling.h"

#include <cstdlib>
#include <cstring>

namespace vitc::reference {

int64_t numElements(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

Shape rowMajorStrides(llvm::ArrayRef<int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (int64_t i = int64_t(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

Tensor::Tensor(DType dtype, llvm::ArrayRef<int64_t> shape, bool wide)
    : type(dtype), isWide(wide && dtype == DType::F32),
      sizes(shape.begin(), shape.end()) {
  constexpr size_t kAlignment = 64;
  size_t size = (size_t(numBytes()) + kAlignment) / kAlignment * kAlignment;
  void *memory = std::aligned_alloc(kAlignment, size);
  if (!memory)
    llvm::report_bad_alloc_error("no memory for a tensor");
  data = std::shared_ptr<const std::byte[]>(
      static_cast<const std::byte *>(memory),
      [](const std::byte *p) { std::free(const_cast<std::byte *>(p)); });
}

Tensor Tensor::view(DType dtype, llvm::ArrayRef<int64_t> shape,
                    const void *data, std::shared_ptr<const void> owner) {
  Tensor tensor;
  tensor.type = dtype;
  tensor.sizes.assign(shape.begin(), shape.end());
  auto *bytes = static_cast<const std::byte *>(data);
  if (reinterpret_cast<uintptr_t>(data) % dtypeBytes(dtype) == 0) {
    tensor.data = std::shared_ptr<const std::byte[]>(owner, bytes);
    return tensor;
  }
  Tensor copy(dtype, shape);
  std::memcpy(copy.mutableBytes(), bytes, copy.numBytes());
  return copy;
}

Tensor Tensor::floats(llvm::ArrayRef<int64_t> shape,
                      llvm::ArrayRef<float> values) {
  Tensor tensor(DType::F32, shape);
  std::memcpy(tensor.mutableBytes(), values.data(), tensor.numBytes());
  return tensor;
}

Tensor Tensor::integers(llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<int64_t> values) {
  Tensor tensor(DType::I64, shape);
  std::memcpy(tensor.mutableBytes(), values.data(), tensor.numBytes());
  return tensor;
}

int64_t Tensor::elementBytes() const { return isWide ? 8 : dtypeBytes(type); }

Tensor Tensor::reshaped(llvm::ArrayRef<int64_t> shape) const {
  Tensor tensor = *this;
  tensor.sizes.assign(shape.begin(), shape.end());
  return tensor;
}

double Tensor::at(int64_t index) const {
  switch (type) {
  case DType::F32:
  case DType::TF32:
    return isWide ? as<double>()[index] : as<float>()[index];
  case DType::F16:
  case DType::BF16:
    return decodeFloat(as<uint16_t>()[index], type);
  case DType::F8E4M3FN:
  case DType::F8E5M2:
    return decodeFloat(as<uint8_t>()[index], type);
  case DType::I8:
  case DType::UI8:
  case DType::I32:
  case DType::I1:
  case DType::I64:
    return static_cast<double>(intAt(index));
  }
  llvm_unreachable("a closed enumeration");
}

int64_t Tensor::intAt(int64_t index) const {
  switch (type) {
  case DType::I8:
    return as<int8_t>()[index];
  case DType::UI8:
  case DType::I1:
    return as<uint8_t>()[index];
  case DType::I32:
    return as<int32_t>()[index];
  case DType::I64:
    return as<int64_t>()[index];
  case DType::F32:
  case DType::TF32:
  case DType::F16:
  case DType::BF16:
  case DType::F8E4M3FN:
  case DType::F8E5M2:
    return static_cast<int64_t>(at(index));
  }
  llvm_unreachable("a closed enumeration");
}

std::vector<double> Tensor::toDoubles() const {
  std::vector<double> values(numElements());
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = at(i);
  return values;
}

//===----------------------------------------------------------------------===//
// Floats as float or double
//===----------------------------------------------------------------------===//

/// Whether an f32 tensor's elements are stored as T.
template <typename T> static bool storedAs(const Tensor &tensor) {
  return tensor.dtype() == DType::F32 &&
         tensor.wide() == std::is_same_v<T, double>;
}

template <typename T>
FloatData<T>::FloatData(const Tensor &tensor) : source(tensor) {
  if (storedAs<T>(tensor)) {
    pointer = tensor.as<T>();
    return;
  }
  int64_t count = tensor.numElements();
  converted = std::make_unique_for_overwrite<T[]>(count);
  pointer = converted.get();
  DType dtype = tensor.dtype();
  if (dtype == DType::F16 || dtype == DType::BF16)
    for (int64_t i = 0; i < count; ++i)
      converted[i] = decodeFloat(tensor.as<uint16_t>()[i], dtype);
  else
    for (int64_t i = 0; i < count; ++i)
      converted[i] = static_cast<T>(tensor.at(i));
}

template <typename T>
FloatResult<T>::FloatResult(DType dtype, llvm::ArrayRef<int64_t> shape)
    : result(dtype, shape, std::is_same_v<T, double>) {
  if (storedAs<T>(result)) {
    pointer = result.mutableAs<T>();
    return;
  }
  unrounded = std::make_unique_for_overwrite<T[]>(result.numElements());
  pointer = unrounded.get();
}

template <typename T> Tensor FloatResult<T>::finish() {
  if (!unrounded)
    return std::move(result);
  DType dtype = result.dtype();
  int64_t count = result.numElements();
  if (result.elementBytes() == 2)
    for (int64_t i = 0; i < count; ++i)
      result.mutableAs<uint16_t>()[i] = encodeFloat(unrounded[i], dtype);
  else
    for (int64_t i = 0; i < count; ++i)
      result.mutableAs<uint8_t>()[i] = static_cast<uint8_t>(
          encodeFloat(unrounded[i], dtype, /*saturate=*/true));
  unrounded.reset();
  return std::move(result);
}

template class FloatData<float>;
template class FloatData<double>;
template class FloatResult<float>;
template class FloatResult<double>;

static void storeInt(Tensor &tensor, int64_t index, int64_t value) {
  switch (tensor.elementBytes()) {
  case 1:
    tensor.mutableAs<uint8_t>()[index] =
        static_cast<uint8_t>(tensor.dtype() == DType::I1 ? value != 0 : value);
    break;
  case 4:
    tensor.mutableAs<int32_t>()[index] = static_cast<int32_t>(value);
    break;
  default:
    tensor.mutableAs<int64_t>()[index] = value;
  }
}

Tensor fromDoubles(DType dtype, llvm::ArrayRef<int64_t> shape,
                   llvm::ArrayRef<double> values) {
  if (!isFloat(dtype)) {
    Tensor tensor(dtype, shape);
    for (size_t i = 0; i < values.size(); ++i)
      storeInt(tensor, i, static_cast<int64_t>(values[i]));
    return tensor;
  }
  if (dtype == DType::F32) {
    Tensor tensor(dtype, shape);
    for (size_t i = 0; i < values.size(); ++i)
      tensor.mutableAs<float>()[i] = static_cast<float>(values[i]);
    return tensor;
  }
  FloatResult<double> result(dtype, shape);
  std::copy(values.begin(), values.end(), result.data());
  return result.finish();
}

Tensor widened(const Tensor &tensor) {
  if (tensor.dtype() != DType::F32 || tensor.wide())
    return tensor;
  Tensor result(DType::F32, tensor.shape(), /*wide=*/true);
  for (int64_t i = 0, end = tensor.numElements(); i < end; ++i)
    result.mutableAs<double>()[i] = tensor.as<float>()[i];
  return result;
}

} // namespace vitc::reference
