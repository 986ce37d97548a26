//===- GemmProblem.h - matrix products for the kernel tests -----*- C++ -*-===//
#ifndef VITC_TEST_GEMMPROBLEM_H
#define VITC_TEST_GEMMPROBLEM_H

#include "test/unit/kernels/KernelHarness.h"

namespace vitc::test {

/// C[g,m,n] of a GEMM template, as the printer would emit it.
struct GemmProblem {
  bool mma = false;
  int groups = 1, rows = 1, n = 1, k = 1;
  DType compute = DType::F32, a = DType::F32, w = DType::F32, out = DType::F32;
  int bm = 64, bn = 64, bk = 16, wm = 4, wn = 4, stages = 2;
  /// Elements between the end of a row and the next one.
  int gapA = 0, gapW = 0, gapOut = 0;
  int vectorA = 1, vectorW = 1, vectorOut = 1;
  /// a * 0.5 + 0.25 + shift[k]: not zero at zero.
  bool prologue = false;
  /// A[g,m,k] is not there where (m + k) % 5 == 2.
  bool guarded = false;
  /// Out[g,m,n] is not there where (m + n) % 7 == 3.
  bool guardedOut = false;
  /// + bias[n], GELU, + what out holds (in place).
  bool epilogue = false;

  vitrt::format::Kernel kernel() const; ///< Config only.
  std::string text() const;
  /// Runs it everywhere and compares with sums in double.
  void check() const;
};

} // namespace vitc::test

#endif // VITC_TEST_GEMMPROBLEM_H
