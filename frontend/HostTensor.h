//===- HostTensor.h - Values known at import --------------------*- C++ -*-===//
//
// Shape arithmetic and small constants are computed while a model is imported.
// Elements are exact: an integer is `c + k * B` with B the batch, a float is a
// double rounded to its type after each operation.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_FRONTEND_HOSTTENSOR_H
#define VITC_FRONTEND_HOSTTENSOR_H

#include "frontend/onnx.pb.h"
#include "runtime/format/Status.h"
#include "runtime/format/Types.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <vector>

namespace vitc::frontend {

using DataType = onnx::TensorProto::DataType;
using vitrt::format::Extent;
using Dims = llvm::SmallVector<int64_t, 4>;

/// `f` for floats, `c + k * B` for integers and booleans (k = 0).
struct Scalar {
  int64_t c = 0;
  int64_t k = 0;
  double f = 0;
  static Scalar ofInt(int64_t value) { return {value, 0, 0}; }
  static Scalar ofFloat(double value) { return {0, 0, value}; }
  static Scalar of(Extent extent) {
    return extent.perBatch ? Scalar{0, extent.value, 0} : ofInt(extent.value);
  }
  bool operator==(const Scalar &) const = default;
};

/// A size; none where the scalar is `k * B + c` with both, or negative.
std::optional<Extent> toExtent(const Scalar &scalar);

struct HostTensor {
  DataType type = onnx::TensorProto::FLOAT;
  Dims dims;
  std::vector<Scalar> data; ///< Row-major.

  int64_t size() const { return int64_t(data.size()); }
  bool isStatic() const {
    for (const Scalar &scalar : data)
      if (scalar.k != 0)
        return false;
    return true;
  }
};

bool isFloatType(int32_t type);
bool isIntegerType(int32_t type);
/// "float32", or the number of an unknown type.
std::string typeName(int32_t type);
/// Bits of an element; 0 for types that no tensor of ours may have.
int64_t bitWidth(int32_t type);

/// The product of `dims`, or none if one is negative or it passes 2^40.
std::optional<int64_t> elementCount(llvm::ArrayRef<int64_t> dims);

/// `value` as it is stored in `type`: rounded to a float type, wrapped to an
/// integer type.
Scalar roundTo(int32_t type, Scalar value);

/// The element type a tensor of `type` has in the IR: float64 is computed as
/// float32, integers of other widths as int32 or int64, 4-bit ones as 8-bit.
/// None for strings, complex numbers and unsupported float8 forms.
std::optional<DataType> storedType(int32_t type);

/// Elements of `type` from little-endian bytes (4-bit: two a byte, low first).
std::vector<Scalar> decode(int32_t type, llvm::StringRef bytes, int64_t count);
/// Little-endian bytes of static elements, as `type` stores them.
std::vector<char> encode(int32_t type, llvm::ArrayRef<Scalar> values);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_HOSTTENSOR_H
