//===- Tensor.cpp - a caller's tensor -------------------------------------===//

#include "runtime/Tensor.h"

#include "runtime/format/Enums.h"

namespace vitrt {

uint64_t byteSize(format::DType dtype, const std::vector<int64_t> &shape) {
  uint64_t bytes = format::byteSize(dtype);
  for (int64_t dim : shape)
    if (dim < 0 || __builtin_mul_overflow(bytes, uint64_t(dim), &bytes))
      return UINT64_MAX;
  return bytes;
}

std::string describe(format::DType dtype, const std::vector<int64_t> &shape) {
  std::string text = std::string(format::name(dtype)) + "[";
  for (size_t i = 0; i != shape.size(); ++i)
    text += (i ? "x" : "") + std::to_string(shape[i]);
  return text + "]";
}

} // namespace vitrt
