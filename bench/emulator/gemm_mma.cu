// D[M,N] = A[M,K] * W[N,K]^T in f16: 64 x 64 x 32 tiles, four warps, two stages
// of cp.async. A fixed kernel, so that rates of the engine compare over time.
#include "vit_device.h"

namespace {
constexpr int kTile = 64, kDepth = 32, kStageBytes = 2 * kTile * kDepth * 2;

VIT_DEV int swizzle(int row, int chunk) {
  return row * (kDepth * 2) + ((chunk ^ ((row >> 1) & 3)) << 4);
}

VIT_DEV void load_stage(unsigned char *stage, const vit::f16 *a,
                        const vit::f16 *w, int m0, int n0, int k0, int m, int n,
                        int k) {
  unsigned char *stage_w = stage + kTile * kDepth * 2;
  VIT_UNROLL
  for (int c = 0; c < 2; ++c) {
    int index = threadIdx.x + c * 128, row = index >> 2, chunk = index & 3;
    bool in_a = m0 + row < m, in_w = n0 + row < n;
    vit::cp_async16(stage + swizzle(row, chunk),
                    a + (in_a ? (m0 + row) * k + k0 + chunk * 8 : 0), in_a);
    vit::cp_async16(stage_w + swizzle(row, chunk),
                    w + (in_w ? (n0 + row) * k + k0 + chunk * 8 : 0), in_w);
  }
  vit::cp_async_commit();
}
} // namespace

VIT_KERNEL(128)
bench_gemm_mma(const vit::f16 *__restrict__ a, const vit::f16 *__restrict__ w,
               vit::f16 *__restrict__ d, int m, int n, int k) {
  VIT_DYN_SMEM(smem);
  typedef vit::TileA<vit::f16, 2> TileA;
  typedef vit::TileB<vit::f16, 4> TileB;
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const int wm = (warp >> 1) * 32, wn = (warp & 1) * 32;
  const int m0 = blockIdx.y * kTile, n0 = blockIdx.x * kTile;
  float acc[2][4][4] = {};
  const int steps = k / kDepth;
  load_stage(smem, a, w, m0, n0, 0, m, n, k);
  for (int s = 0; s < steps; ++s) {
    if (s + 1 < steps) {
      load_stage(smem + ((s + 1) & 1) * kStageBytes, a, w, m0, n0,
                 (s + 1) * kDepth, m, n, k);
      vit::cp_async_wait<1>();
    } else {
      vit::cp_async_wait<0>();
    }
    __syncthreads();
    const unsigned char *stage_a = smem + (s & 1) * kStageBytes;
    const unsigned char *stage_w = stage_a + kTile * kDepth * 2;
    VIT_UNROLL
    for (int kk = 0; kk < kDepth / 16; ++kk) {
      const unsigned char *rows_a[2], *rows_w[2];
      VIT_UNROLL
      for (int i = 0; i < 2; ++i) {
        rows_a[i] = stage_a + swizzle(wm + i * 16 + TileA::row(lane),
                                      kk * 2 + TileA::chunk(lane));
        rows_w[i] = stage_w + swizzle(wn + i * 16 + TileB::row(lane),
                                      kk * 2 + TileB::chunk(lane));
      }
      vit::warp_ldm_mma<vit::f16>(acc, rows_a, rows_w);
    }
    __syncthreads();
  }
  VIT_UNROLL
  for (int i = 0; i < 2; ++i) {
    VIT_UNROLL
    for (int h = 0; h < 2; ++h) {
      const int row = m0 + wm + i * 16 + (lane >> 2) + h * 8;
      if (row >= m)
        continue;
      VIT_UNROLL
      for (int j = 0; j < 4; ++j) {
        const int col = n0 + wn + j * 8 + (lane & 3) * 2;
        if (col < n)
          vit::store4(
              d + row * n + col,
              vit::pack2<vit::f16>(acc[i][j][h * 2], acc[i][j][h * 2 + 1]));
      }
    }
  }
}
VIT_EXPORT(bench_gemm_mma)
