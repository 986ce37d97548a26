//===- MmaKernels.cpp - inner loops of MmaTile ----------------------------===//
#include "runtime/emulator/MmaKernels.h"

#include <bit>
#include <cmath>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vitrt::emu {

namespace portable {

static void widenF16(const uint16_t *from, float *to, int count) {
  for (int i = 0; i < count; ++i)
    to[i] = static_cast<float>(std::bit_cast<_Float16>(from[i]));
}

static void widenBF16(const uint16_t *from, float *to, int count) {
  for (int i = 0; i < count; ++i)
    to[i] = std::bit_cast<float>(uint32_t(from[i]) << 16);
}

static void transpose(const float *from, float *to, int rows, int k) {
  for (int r = 0; r < rows; ++r)
    for (int i = 0; i < k; ++i)
      to[i * rows + r] = from[r * k + i];
}

static void multiply(float *d, const float *a, const float *b, int n, int k) {
  for (int m = 0; m < 16; ++m)
    for (int i = 0; i < k; ++i)
      for (int j = 0; j < n; ++j)
        d[m * n + j] = std::fmaf(a[m * k + i], b[i * n + j], d[m * n + j]);
}

} // namespace portable

const MmaKernels &portableMmaKernels() {
  static const MmaKernels kernels = {portable::widenF16, portable::widenBF16,
                                     portable::transpose, portable::multiply};
  return kernels;
}

#if defined(__x86_64__)
#define VITRT_AVX2 __attribute__((target("avx2,fma,f16c")))
namespace avx2 {

VITRT_AVX2 static void widenF16(const uint16_t *from, float *to, int count) {
  for (int i = 0; i < count; i += 8) {
    __m128i h = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from + i));
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(h));
  }
}

VITRT_AVX2 static void widenBF16(const uint16_t *from, float *to, int count) {
  for (int i = 0; i < count; i += 8) {
    __m128i h = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from + i));
    __m256i w = _mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16);
    _mm256_storeu_ps(to + i, _mm256_castsi256_ps(w));
  }
}

/// 8 x 8: from rows with stride `fromStride` to rows with stride `toStride`.
VITRT_AVX2 static void transpose8(const float *from, int fromStride, float *to,
                                  int toStride) {
  __m256 r[8], t[8];
  for (int i = 0; i < 8; ++i)
    r[i] = _mm256_loadu_ps(from + i * fromStride);
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4)
    for (int j = 0; j < 2; ++j) {
      r[i + 2 * j] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0x44);
      r[i + 2 * j + 1] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0xee);
    }
  for (int i = 0; i < 4; ++i) {
    _mm256_storeu_ps(to + i * toStride,
                     _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * toStride,
                     _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
  }
}

VITRT_AVX2 static void transpose(const float *from, float *to, int rows,
                                 int k) {
  for (int r = 0; r < rows; r += 8)
    for (int i = 0; i < k; i += 8)
      transpose8(from + r * k + i, k, to + i * rows + r, rows);
}

/// 4 rows and 8 * Vectors columns of d.
template <int Vectors>
VITRT_AVX2 static inline void multiplyBlock(float *d, const float *a,
                                            const float *b, int n, int k) {
  __m256 sum[4][Vectors];
  for (int m = 0; m < 4; ++m)
    for (int v = 0; v < Vectors; ++v)
      sum[m][v] = _mm256_loadu_ps(d + m * n + v * 8);
  for (int i = 0; i < k; ++i)
    for (int m = 0; m < 4; ++m) {
      __m256 x = _mm256_broadcast_ss(a + m * k + i);
      for (int v = 0; v < Vectors; ++v)
        sum[m][v] =
            _mm256_fmadd_ps(x, _mm256_loadu_ps(b + i * n + v * 8), sum[m][v]);
    }
  for (int m = 0; m < 4; ++m)
    for (int v = 0; v < Vectors; ++v)
      _mm256_storeu_ps(d + m * n + v * 8, sum[m][v]);
}

VITRT_AVX2 static void multiply(float *d, const float *a, const float *b, int n,
                                int k) {
  for (int m = 0; m < 16; m += 4) {
    int j = 0;
    for (; j + 16 <= n; j += 16)
      multiplyBlock<2>(d + m * n + j, a + m * k, b + j, n, k);
    if (j < n)
      multiplyBlock<1>(d + m * n + j, a + m * k, b + j, n, k);
  }
}

} // namespace avx2
#endif

const MmaKernels &mmaKernels() {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("avx2") &&
                           __builtin_cpu_supports("fma") &&
                           __builtin_cpu_supports("f16c");
  static const MmaKernels kernels = {avx2::widenF16, avx2::widenBF16,
                                     avx2::transpose, avx2::multiply};
  if (fast)
    return kernels;
#endif
  return portableMmaKernels();
}

} // namespace vitrt::emu
