//===- HostTensor.h - A tensor of a command's inputs or outputs -*- C++ -*-===//
#ifndef VITC_TOOLS_FILES_HOSTTENSOR_H
#define VITC_TOOLS_FILES_HOSTTENSOR_H

#include "runtime/Tensor.h"

#include <cstddef>

namespace vitc {

/// Dense row-major bytes with a name.
struct HostTensor {
  std::string name;
  vitrt::format::DType dtype = vitrt::format::DType::F32;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;

  vitrt::TensorView view() {
    return {name, dtype, shape, bytes.data(), vitrt::Memory::Host};
  }
  int64_t numElements() const {
    int64_t count = 1;
    for (int64_t size : shape)
      count *= size;
    return count;
  }
};

/// The elements as doubles (f16, bf16, f8 and integers converted exactly).
std::vector<double> toDoubles(const HostTensor &tensor);

} // namespace vitc

#endif // VITC_TOOLS_FILES_HOSTTENSOR_H
