//===- HostTensor.cpp - A tensor of a command's inputs or outputs ---------===//
#include "tools/files/HostTensor.h"

#include "reference/Rounding.h"

#include <cstring>

using vitrt::format::DType;

namespace vitc {

template <typename T, typename Convert>
static std::vector<double> convertAll(const HostTensor &tensor,
                                      Convert convert) {
  std::vector<double> values(tensor.numElements());
  for (size_t i = 0; i < values.size(); ++i) {
    T element;
    std::memcpy(&element, tensor.bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = convert(element);
  }
  return values;
}

std::vector<double> toDoubles(const HostTensor &tensor) {
  auto plain = [](auto x) { return static_cast<double>(x); };
  auto decode = [&](auto bits) -> double {
    return reference::decodeFloat(bits, tensor.dtype);
  };
  switch (tensor.dtype) {
  case DType::F32:
  case DType::TF32:
    return convertAll<float>(tensor, plain);
  case DType::F16:
  case DType::BF16:
    return convertAll<uint16_t>(tensor, decode);
  case DType::F8E4M3FN:
  case DType::F8E5M2:
    return convertAll<uint8_t>(tensor, decode);
  case DType::I8:
    return convertAll<int8_t>(tensor, plain);
  case DType::UI8:
  case DType::I1:
    return convertAll<uint8_t>(tensor, plain);
  case DType::I32:
    return convertAll<int32_t>(tensor, plain);
  case DType::I64:
    return convertAll<int64_t>(tensor, plain);
  }
  return {};
}

} // namespace vitc
