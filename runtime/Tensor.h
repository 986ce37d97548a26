//===- Tensor.h - a caller's tensor -----------------------------*- C++ -*-===//
#ifndef VITRT_TENSOR_H
#define VITRT_TENSOR_H

#include "runtime/format/Types.h"

namespace vitrt {

/// An address on a device. Host code never follows it.
using DevicePtr = uint64_t;

enum class Memory : uint8_t { Host = 1, Device = 2 };

/// Dense, row-major bytes that the caller owns. For an input they are read,
/// for an output written.
struct TensorView {
  std::string name;
  format::DType dtype = format::DType::F32;
  std::vector<int64_t> shape;
  void *data = nullptr; ///< Host address, or DevicePtr as a pointer.
  Memory memory = Memory::Host;
};

/// Bytes of a dense tensor; UINT64_MAX where a dim is negative or they exceed
/// 64 bits.
uint64_t byteSize(format::DType dtype, const std::vector<int64_t> &shape);

/// "f32[1x3x224x224]".
std::string describe(format::DType dtype, const std::vector<int64_t> &shape);

} // namespace vitrt

#endif // VITRT_TENSOR_H
