//===- MmaKernels.h - inner loops of MmaTile --------------------*- C++ -*-===//
//
// The loops that take the time, once for any machine and once for AVX2; both
// give the same bits.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_MMAKERNELS_H
#define VITRT_EMULATOR_MMAKERNELS_H

#include <cstdint>

namespace vitrt::emu {

struct MmaKernels {
  /// `count` (a multiple of 8) f16 or bf16 values to float.
  void (*widenF16)(const uint16_t *from, float *to, int count);
  void (*widenBF16)(const uint16_t *from, float *to, int count);
  /// rows x k (k 8 or 16) to k x rows; rows is a multiple of 8.
  void (*transpose)(const float *from, float *to, int rows, int k);
  /// d[16][n] += a[16][k] * b[k][n], n a multiple of 8, dense rows.
  void (*multiply)(float *d, const float *a, const float *b, int n, int k);
};

/// The fastest that this machine has.
const MmaKernels &mmaKernels();
/// Plain C++, for comparison in tests.
const MmaKernels &portableMmaKernels();

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_MMAKERNELS_H
