//===- gemm_mma.cuh - matrix product on the tensor cores (sm_75) ----------===//
//
// C[g,m,n] = epilogue(sum_k prologue(A[g,m,k]) * W[g,n,k]), f16 or bf16
// operands (converted where memory holds another type), fp32 sums.
//
// A block computes kBM x kBN of C, a warp kWM x kWN of it. Stages of kBK
// columns lie in shared memory in XOR-swizzled rows. From sm_80 on, cp.async
// keeps kStages - 1 stages in flight; an operand that has to be converted, is
// not aligned or has a prologue goes through registers, one stage ahead.
//
// Launch: 32*(BM/WM)*(BN/WN) threads; grid ceil(N/BN), ceil(rows/BM), groups;
// kStages*(BM+BN)*BK*2 bytes of shared memory.
//
//===----------------------------------------------------------------------===//
#ifndef GEMM_MMA_CUH
#define GEMM_MMA_CUH

#include "vit_tile.cuh"

namespace vit {

template <class P> struct gemm_mma_shape {
  static constexpr int kWarpsM = P::kBM / P::kWM, kWarpsN = P::kBN / P::kWN;
  static constexpr int kThreads = 32 * kWarpsM * kWarpsN;
  static constexpr int kStageBytes = (P::kBM + P::kBN) * P::kBK * 2;
  static constexpr int kSharedBytes = P::kStages * kStageBytes;

  static_assert(P::kWM % 16 == 0 && P::kWN % 16 == 0,
                "a warp multiplies tiles of 16 rows by pairs of 8 columns");
  static_assert(P::kBM % P::kWM == 0 && P::kBN % P::kWN == 0,
                "warps tile the block evenly");
  static_assert(P::kBK == 16 || P::kBK == 32 || P::kBK == 64 || P::kBK == 128,
                "rows are swizzled in powers of two of 16-byte chunks");
  static_assert(P::kStages >= 2 && P::kStages <= 8,
                "the next stage is written while one is read");
  static_assert(kThreads <= 1024, "a block has at most 1024 threads");
};

namespace detail {

VIT_SOURCE(GemmA, A, a, P::kK, P::kHasPrologue, i0)
VIT_SOURCE(GemmW, W, w, P::kK, false, i0)

template <class P> struct GemmMma {
  typedef gemm_mma_shape<P> Shape;
  typedef typename P::Compute T;
  typedef GemmA<P> A;
  typedef GemmW<P> W;
  typedef SwizzledRows<P::kBK> Layout;
  typedef TileCopy<A, T, Layout, P::kBM, Shape::kThreads> CopyA;
  typedef TileCopy<W, T, Layout, P::kBN, Shape::kThreads> CopyW;
  static constexpr int kMI = P::kWM / 16, kNI = P::kWN / 8;
  static constexpr int kSteps = ceil_div(P::kK, P::kBK), kInner = P::kBK / 16;
  static constexpr bool kAnyAsync = CopyA::kAsync || CopyW::kAsync;

  const P &p;
  u8 *shared;
  int tid, lane, rows, group, m0, n0, warpM, warpN;
  float acc[kMI][kNI][4];
  CopyA copyA;
  CopyW copyW;

  VIT_FN GemmMma(const P &p, unsigned char *smem)
      : p(p), shared(smem), tid((int)threadIdx.x), lane(tid % 32),
        rows(p.rows()), group((int)blockIdx.z) {
    int tileM, tileN;
    block_tile<8>(tileM, tileN);
    m0 = tileM * P::kBM;
    n0 = tileN * P::kBN;
    const int warp = tid / 32;
    warpM = warp / Shape::kWarpsN * P::kWM;
    warpN = warp % Shape::kWarpsN * P::kWN;
    VIT_UNROLL
    for (int i = 0; i < kMI; ++i) {
      VIT_UNROLL
      for (int j = 0; j < kNI; ++j) {
        VIT_UNROLL
        for (int e = 0; e < 4; ++e)
          acc[i][j][e] = 0.0f;
      }
    }
  }

  VIT_FN u8 *stage_a(int stage) { return shared + stage * Shape::kStageBytes; }
  VIT_FN u8 *stage_w(int stage) { return stage_a(stage) + P::kBM * P::kBK * 2; }
  VIT_FN static int next(int stage) {
    return stage + 1 == P::kStages ? 0 : stage + 1;
  }

  /// Starts the asynchronous copies of k-step kt to its stage.
  VIT_FN void begin_async(int kt, int stage) {
    if (!kAnyAsync)
      return;
    if (kt < kSteps) {
      if (CopyA::kAsync)
        copyA.begin(stage_a(stage), A{p, group, 0}, m0, kt * P::kBK, rows, tid);
      if (CopyW::kAsync)
        copyW.begin(stage_w(stage), W{p, group, 0}, n0, kt * P::kBK, P::kN,
                    tid);
    }
    cp_async_commit();
  }
  /// Loads what does not go asynchronously to registers.
  VIT_FN void begin_staged(int kt) {
    if (!CopyA::kAsync)
      copyA.begin(shared, A{p, group, 0}, m0, kt * P::kBK, rows, tid);
    if (!CopyW::kAsync)
      copyW.begin(shared, W{p, group, 0}, n0, kt * P::kBK, P::kN, tid);
  }
  VIT_FN void finish_staged(int kt, int stage) {
    copyA.finish(stage_a(stage), A{p, group, 0}, m0, kt * P::kBK, rows, tid);
    copyW.finish(stage_w(stage), W{p, group, 0}, n0, kt * P::kBK, P::kN, tid);
  }

  VIT_FN void load_tiles(int stage, int kk, TileA<T, kMI> &a,
                         TileB<T, kNI> &b) {
    const u8 *rowsA[kMI], *rowsB[kNI / 2];
    VIT_UNROLL
    for (int i = 0; i < kMI; ++i)
      rowsA[i] = stage_a(stage) +
                 Layout::offset(warpM + i * 16 + TileA<T, kMI>::row(lane),
                                kk * 2 + TileA<T, kMI>::chunk(lane));
    VIT_UNROLL
    for (int j = 0; j < kNI / 2; ++j)
      rowsB[j] = stage_w(stage) +
                 Layout::offset(warpN + j * 16 + TileB<T, kNI>::row(lane),
                                kk * 2 + TileB<T, kNI>::chunk(lane));
    load_tile(a, rowsA);
    load_tile(b, rowsB);
  }

  /// Fragments of the next 16 columns are loaded before these are multiplied.
  VIT_FN void multiply(int stage) {
    TileA<T, kMI> a[2];
    TileB<T, kNI> b[2];
    load_tiles(stage, 0, a[0], b[0]);
    VIT_UNROLL
    for (int kk = 0; kk < kInner; ++kk) {
      if (kk + 1 < kInner)
        load_tiles(stage, kk + 1, a[(kk + 1) & 1], b[(kk + 1) & 1]);
      warp_mma(acc, a[kk & 1], b[kk & 1]);
    }
  }

  VIT_FN void run() {
    VIT_UNROLL
    for (int s = 0; s + 1 < P::kStages; ++s)
      begin_async(s, s);
    begin_staged(0);
    finish_staged(0, 0);
    int stage = 0, ahead = P::kStages - 1;
    for (int kt = 0; kt < kSteps; ++kt) {
      if (kAnyAsync)
        cp_async_wait<P::kStages - 2>();
      // Stage kt is there for everyone, and everyone has read stage kt - 1.
      __syncthreads();
      begin_async(kt + P::kStages - 1, ahead);
      if (kt + 1 < kSteps)
        begin_staged(kt + 1);
      multiply(stage);
      ahead = stage;
      stage = next(stage);
      if (kt + 1 < kSteps)
        finish_staged(kt + 1, stage);
    }
  }

  /// Tiles of 16 rows, one after the other: all rows at once would need more
  /// registers than there are. In each, every epilogue comes before every
  /// store, since an operand may be the output's memory; that also keeps the
  /// compiler from moving the next tile's reads up.
  VIT_FN void finish_tile() {
    const int nFirst = n0 + warpN + lane % 4 * 2;
    VIT_UNROLL
    for (int i = 0; i < kMI; ++i) {
      const int mFirst = m0 + warpM + i * 16 + lane / 4;
      VIT_UNROLL
      for (int half = 0; half < 2; ++half)
        if (mFirst + half * 8 < rows && nFirst < P::kN)
          apply_epilogue(acc[i], half, mFirst + half * 8, nFirst);
      if (Swaps<P>::value)
        __syncwarp(); // lanes store what their neighbours read
      VIT_UNROLL
      for (int half = 0; half < 2; ++half) {
        VIT_UNROLL
        for (int j = 0; j < kNI; j += 2)
          store_tiles(mFirst + half * 8, n0 + warpN + j * 8, acc[i][j],
                      acc[i][j + 1], half);
      }
    }
  }
  /// Beyond the last column it repeats the first one, so that its reads stay in
  /// range without a branch. Pairs stay adjacent where N is even: the compiler
  /// then reads the epilogue's operands two at a time.
  VIT_FN void apply_epilogue(float (&tile)[kNI][4], int half, int m,
                             int nFirst) {
    constexpr bool kFullN = P::kN % P::kBN == 0, kPairs = P::kN % 2 == 0;
    VIT_UNROLL
    for (int j = 0; j < kNI; ++j) {
      VIT_UNROLL
      for (int e = 0; e < 2; ++e) {
        const int n = nFirst + j * 8;
        const bool in = kFullN || (kPairs ? n : n + e) < P::kN;
        const int column = (in ? n : nFirst) + (in || kPairs ? e : 0);
        float &x = tile[j][half * 2 + e];
        x = p.epilogue(x, group, m, column);
      }
    }
  }

  /// A row of two tiles of 8 columns from n on.
  VIT_FN void store_tiles(int m, int n, const float (&left)[4],
                          const float (&right)[4], int half) {
    const float l[2] = {left[half * 2], left[half * 2 + 1]};
    const float r[2] = {right[half * 2], right[half * 2 + 1]};
    if (Swaps<P>::value) {
      int column;
      const vit_u2 v = swap_neighbours<P>(l, r, lane, column);
      if (m < rows && n + column < P::kN)
        store8(p.out(group, m, n + column), v);
    } else if (m < rows) {
      store_pair(m, n + lane % 4 * 2, l);
      store_pair(m, n + 8 + lane % 4 * 2, r);
    }
  }

  VIT_FN void store_pair(int m, int n, const float (&v)[2]) {
    constexpr int V = min_of(P::kOutVector, 2);
    VIT_UNROLL
    for (int e = 0; e < 2; e += V) {
      float part[V];
      VIT_UNROLL
      for (int i = 0; i < V; ++i)
        part[i] = v[e + i];
      if (n + e < P::kN && OutValid<P::kOutGuarded>::get(p, group, m, n + e))
        store_vec<V>(p.out(group, m, n + e), part);
    }
  }
};

} // namespace detail

template <class P> VIT_DEV void gemm_mma(const P &p, unsigned char *smem) {
  detail::GemmMma<P> gemm(p, smem);
  gemm.run();
  gemm.finish_tile();
}

} // namespace vit

#endif // GEMM_MMA_CUH
