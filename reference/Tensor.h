//===- Tensor.h - Values of the reference executor --------------*- C++ -*-===//
//
// A dense row-major array of one of the project's element types, stored as
// such. Buffers are shared and not written once a tensor is made, so copies
// and reshapes are free. When the executor runs in fp64, f32 values are `wide`:
// stored as doubles.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_REFERENCE_TENSOR_H
#define VITC_REFERENCE_TENSOR_H

#include "reference/Rounding.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <memory>
#include <type_traits>

namespace vitc::reference {

using Shape = llvm::SmallVector<int64_t, 6>;

/// The product of the sizes.
int64_t numElements(llvm::ArrayRef<int64_t> shape);

/// Row-major strides, in elements.
Shape rowMajorStrides(llvm::ArrayRef<int64_t> shape);

class Tensor {
public:
  Tensor() = default;
  /// A new tensor; its elements are not initialised.
  Tensor(DType dtype, llvm::ArrayRef<int64_t> shape, bool wide = false);
  /// A tensor over bytes that live as long as `owner` (or forever). They are
  /// copied if they are not aligned to the element.
  static Tensor view(DType dtype, llvm::ArrayRef<int64_t> shape,
                     const void *data, std::shared_ptr<const void> owner = {});
  /// Tensors of these values, for tests and small constants.
  static Tensor floats(llvm::ArrayRef<int64_t> shape,
                       llvm::ArrayRef<float> values);
  static Tensor integers(llvm::ArrayRef<int64_t> shape,
                         llvm::ArrayRef<int64_t> values);

  DType dtype() const { return type; }
  bool wide() const { return isWide; }
  llvm::ArrayRef<int64_t> shape() const { return sizes; }
  int64_t rank() const { return sizes.size(); }
  int64_t dim(int64_t i) const { return sizes[i < 0 ? i + rank() : i]; }
  int64_t numElements() const { return reference::numElements(sizes); }
  /// Bytes of one element as stored: 8 in a wide tensor.
  int64_t elementBytes() const;
  int64_t numBytes() const { return numElements() * elementBytes(); }

  const std::byte *bytes() const { return data.get(); }
  /// For the one who has just made the tensor.
  std::byte *mutableBytes() { return const_cast<std::byte *>(data.get()); }
  template <typename T> const T *as() const {
    return reinterpret_cast<const T *>(data.get());
  }
  template <typename T> T *mutableAs() {
    return reinterpret_cast<T *>(mutableBytes());
  }

  /// The same elements under another shape of as many elements.
  Tensor reshaped(llvm::ArrayRef<int64_t> shape) const;
  /// One element as a number, by its row-major index.
  double at(int64_t index) const;
  int64_t intAt(int64_t index) const;
  /// All elements as doubles.
  std::vector<double> toDoubles() const;

private:
  DType type = DType::F32;
  bool isWide = false;
  Shape sizes;
  std::shared_ptr<const std::byte[]> data;
};

/// The elements of a float tensor as T (float or double): in place where they
/// are stored so, else converted.
template <typename T> class FloatData {
public:
  explicit FloatData(const Tensor &tensor);
  const T *data() const { return pointer; }
  const T &operator[](int64_t i) const { return pointer[i]; }

private:
  Tensor source; ///< Keeps the elements alive.
  std::unique_ptr<T[]> converted;
  const T *pointer;
};

/// A float tensor under construction: written as T, rounded to `dtype` at the
/// end. In fp64 (T = double), f32 results are wide.
template <typename T> class FloatResult {
public:
  FloatResult(DType dtype, llvm::ArrayRef<int64_t> shape);
  T *data() { return pointer; }
  T &operator[](int64_t i) { return pointer[i]; }
  Tensor finish();

private:
  Tensor result;
  std::unique_ptr<T[]> unrounded;
  T *pointer;
};

/// Any numbers as elements of `dtype`: floats are rounded (f8 saturates),
/// integers wrap.
Tensor fromDoubles(DType dtype, llvm::ArrayRef<int64_t> shape,
                   llvm::ArrayRef<double> values);

/// `tensor` stored as doubles, if it is f32.
Tensor widened(const Tensor &tensor);

extern template class FloatData<float>;
extern template class FloatData<double>;
extern template class FloatResult<float>;
extern template class FloatResult<double>;

} // namespace vitc::reference

#endif // VITC_REFERENCE_TENSOR_H
