//===- Blas.h - Matrix products of the reference executor -------*- C++ -*-===//
#ifndef VITC_REFERENCE_BLAS_H
#define VITC_REFERENCE_BLAS_H

#include <cstdint>

namespace vitc::reference {

/// How products are computed.
enum class MatrixProduct : uint8_t {
  Blas, ///< OpenBLAS: fast; rounding depends on the CPU.
  Loops ///< Accumulates in f64, the same on every machine: for weights.
};

/// A row-major matrix; `stride` is the distance of rows in elements.
template <typename T> struct Matrix {
  T *data;
  int64_t stride;
  bool transposed = false;
};

/// c [m, n] = alpha * op(a) [m, k] * op(b) [k, n] + beta * c.
template <typename T>
void multiply(MatrixProduct how, int64_t m, int64_t n, int64_t k, T alpha,
              Matrix<const T> a, Matrix<const T> b, T beta, Matrix<T> c);

/// Threads that one product may take; 1 until this is called.
void setBlasThreads(unsigned threads);

} // namespace vitc::reference

#endif // VITC_REFERENCE_BLAS_H
