// D[M,N] = A[M,K] * W[N,K]^T in f32: 64 x 64 x 16 tiles, 64 threads of 8 x 8.
// A fixed kernel, so that rates of the engine compare over time.
#include "vit_device.h"

namespace {
constexpr int kTile = 64, kDepth = 16, kThreads = 64;

/// A tile of 64 rows of x to shared memory as [k][row].
VIT_DEV void stage_tile(float *stage, const float *x, int row0, int k0,
                        int rows, int k) {
  for (int i = threadIdx.x; i < kTile * kDepth / 4; i += kThreads) {
    const int row = i / (kDepth / 4), col = i % (kDepth / 4) * 4;
    vit_u4 v = {0, 0, 0, 0};
    if (row0 + row < rows)
      v = vit::load16_ro(x + (row0 + row) * k + k0 + col);
    stage[(col + 0) * kTile + row] = vit::from_bits(v.x);
    stage[(col + 1) * kTile + row] = vit::from_bits(v.y);
    stage[(col + 2) * kTile + row] = vit::from_bits(v.z);
    stage[(col + 3) * kTile + row] = vit::from_bits(v.w);
  }
}

VIT_DEV void load8(float (&to)[8], const float *from) {
  const vit_u4 lo = vit::load16(from), hi = vit::load16(from + 4);
  to[0] = vit::from_bits(lo.x);
  to[1] = vit::from_bits(lo.y);
  to[2] = vit::from_bits(lo.z);
  to[3] = vit::from_bits(lo.w);
  to[4] = vit::from_bits(hi.x);
  to[5] = vit::from_bits(hi.y);
  to[6] = vit::from_bits(hi.z);
  to[7] = vit::from_bits(hi.w);
}
} // namespace

VIT_KERNEL(64)
bench_gemm_simt(const float *__restrict__ a, const float *__restrict__ w,
                float *__restrict__ d, int m, int n, int k) {
  VIT_DYN_SMEM(smem);
  float *stage_a = (float *)smem, *stage_w = stage_a + kTile * kDepth;
  const int row = threadIdx.x / 8 * 8, col = threadIdx.x % 8 * 8;
  const int m0 = blockIdx.y * kTile, n0 = blockIdx.x * kTile;
  float acc[8][8] = {};
  for (int k0 = 0; k0 < k; k0 += kDepth) {
    stage_tile(stage_a, a, m0, k0, m, k);
    stage_tile(stage_w, w, n0, k0, n, k);
    __syncthreads();
    for (int kk = 0; kk < kDepth; ++kk) {
      float x[8], y[8];
      load8(x, stage_a + kk * kTile + row);
      load8(y, stage_w + kk * kTile + col);
      vit::outer_product(acc, x, y);
    }
    __syncthreads();
  }
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 8; ++j)
      if (m0 + row + i < m && n0 + col + j < n)
        d[(m0 + row + i) * n + n0 + col + j] = acc[i][j];
}
VIT_EXPORT(bench_gemm_simt)
