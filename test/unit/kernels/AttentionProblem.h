//===- AttentionProblem.h - attention for the kernel tests ------*- C++ -*-===//
#ifndef VITC_TEST_ATTENTIONPROBLEM_H
#define VITC_TEST_ATTENTIONPROBLEM_H

#include "test/unit/kernels/KernelHarness.h"

namespace vitc::test {

/// An attention template, as the printer would emit it. Q, K and V are
/// batch x tokens x (heads * dim).
struct AttentionProblem {
  bool mma = false;
  int batches = 1, heads = 1, kvHeads = 1, queries = 1, keys = 1;
  int dk = 16, dv = 16;
  DType compute = DType::F32, type = DType::F32, out = DType::F32;
  int bm = 32, bn = 32, warps = 4;
  bool causal = false;
  int vectorK = 1, vectorV = 1, vectorOut = 1;
  /// Added to scores: bias[h,m,n].
  bool bias = false;
  /// Bias of keys that are hidden: where (m + 2n) % 3 == 0, and everywhere in
  /// the rows m % 5 == 1. 0 hides none.
  float hidden = 0;
  float scale = 0.25f;

  vitrt::format::Kernel kernel() const; ///< Config only.
  std::string text() const;
  void check() const;
};

} // namespace vitc::test

#endif // VITC_TEST_ATTENTIONPROBLEM_H
