//===- RowProblem.h - norms, softmax, reductions for the tests --*- C++ -*-===//
#ifndef VITC_TEST_ROWPROBLEM_H
#define VITC_TEST_ROWPROBLEM_H

#include "test/unit/kernels/KernelHarness.h"

namespace vitc::test {

/// A row template, as the printer would emit it.
struct RowProblem {
  enum Kind { LayerNorm, Rms, Softmax, LogSoftmax, Reduce } kind = LayerNorm;
  vitrt::format::ReduceKind reduce = vitrt::format::ReduceKind::Sum;
  int rows = 1, cols = 1;
  int threadsPerRow = 32, rowsPerBlock = 4;
  DType in = DType::F32, out = DType::F32;
  int gap = 0; ///< Elements between rows of in and out.
  int vectorIn = 1, vectorOut = 1;
  double scale = 1, shift = 0; ///< Of the random input.
  bool prologue = false;       ///< x * 2 - bias[c].
  bool guarded = false;        ///< in[r,c] is not there where (r + c) % 5 == 2.
  /// * gamma[c] (or [r]), + what out holds (in place).
  bool epilogue = false;

  vitrt::format::Kernel kernel() const; ///< Config only.
  std::string text() const;
  void check() const;
};

} // namespace vitc::test

#endif // VITC_TEST_ROWPROBLEM_H
