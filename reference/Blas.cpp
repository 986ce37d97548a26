//===- Blas.cpp - Matrix products of the reference executor ---------------===//
//
// OpenBLAS, linked statically: 130 GFLOP/s a core on 197 x 768 x 2304 where
// Debian's BLIS reached 34.
//
//===----------------------------------------------------------------------===//
#include "reference/Blas.h"

#include <cblas.h>
#include <limits>

namespace vitc::reference {

static int &threadsSet() {
  static int threads = [] {
    openblas_set_num_threads(1);
    return 1;
  }();
  return threads;
}

void setBlasThreads(unsigned threads) {
  threadsSet() = static_cast<int>(threads);
  openblas_set_num_threads(static_cast<int>(threads));
}

static CBLAS_TRANSPOSE flag(bool transposed) {
  return transposed ? CblasTrans : CblasNoTrans;
}

static void gemm(int m, int n, int k, float alpha, Matrix<const float> a,
                 Matrix<const float> b, float beta, Matrix<float> c) {
  cblas_sgemm(CblasRowMajor, flag(a.transposed), flag(b.transposed), m, n, k,
              alpha, a.data, int(a.stride), b.data, int(b.stride), beta, c.data,
              int(c.stride));
}

static void gemm(int m, int n, int k, double alpha, Matrix<const double> a,
                 Matrix<const double> b, double beta, Matrix<double> c) {
  cblas_dgemm(CblasRowMajor, flag(a.transposed), flag(b.transposed), m, n, k,
              alpha, a.data, int(a.stride), b.data, int(b.stride), beta, c.data,
              int(c.stride));
}

template <typename T>
static T element(Matrix<const T> m, int64_t i, int64_t j) {
  return m.transposed ? m.data[j * m.stride + i] : m.data[i * m.stride + j];
}

template <typename T>
void multiply(MatrixProduct how, int64_t m, int64_t n, int64_t k, T alpha,
              Matrix<const T> a, Matrix<const T> b, T beta, Matrix<T> c) {
  constexpr int64_t kIntMax = std::numeric_limits<int>::max();
  bool fits = m <= kIntMax && n <= kIntMax && k <= kIntMax &&
              a.stride <= kIntMax && b.stride <= kIntMax && c.stride <= kIntMax;
  if (how == MatrixProduct::Blas && fits && m > 0 && n > 0 && k > 0) {
    threadsSet();
    gemm(int(m), int(n), int(k), alpha, a, b, beta, c);
    return;
  }
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < k; ++l)
        sum += double(element(a, i, l)) * double(element(b, l, j));
      T &out = c.data[i * c.stride + j];
      out = T(alpha * sum + (beta == T(0) ? 0.0 : double(beta) * out));
    }
}

template void multiply(MatrixProduct, int64_t, int64_t, int64_t, float,
                       Matrix<const float>, Matrix<const float>, float,
                       Matrix<float>);
template void multiply(MatrixProduct, int64_t, int64_t, int64_t, double,
                       Matrix<const double>, Matrix<const double>, double,
                       Matrix<double>);

} // namespace vitc::reference
