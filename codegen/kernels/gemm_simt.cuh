//===- gemm_simt.cuh - matrix product on the CUDA cores, any GPU ----------===//
//
// C[g,m,n] = epilogue(sum_k prologue(A[g,m,k]) * W[g,n,k]) in fp32.
//
// A block computes kBM x kBN of C. It stages kBK columns of A and W in shared
// memory, transposed, so that a thread reads the rows of its kWM x kWN tile as
// vectors; the next stage is on its way in registers meanwhile. Sums run over
// k in order, one fmaf each.
//
// Launch: (BM/WM)*(BN/WN) threads; grid ceil(N/BN), ceil(rows/BM), groups;
// kStages*(BM+BN)*BK*4 bytes of shared memory.
//
//===----------------------------------------------------------------------===//
#ifndef GEMM_SIMT_CUH
#define GEMM_SIMT_CUH

#include "vit_tile.cuh"

namespace vit {

template <class P> struct gemm_simt_shape {
  static constexpr int kThreadsM = P::kBM / P::kWM, kThreadsN = P::kBN / P::kWN;
  static constexpr int kThreads = kThreadsM * kThreadsN;
  static constexpr int kStageFloats = (P::kBM + P::kBN) * P::kBK;
  static constexpr int kSharedBytes = P::kStages * kStageFloats * 4;

  static_assert(is_power_of_two(P::kWM) && P::kWM <= 8 &&
                    is_power_of_two(P::kWN) && P::kWN <= 8,
                "a thread tile is read as vectors and kept in registers");
  static_assert(P::kBM <= 128 && P::kBN <= 128,
                "a larger tile leaves too few blocks");
  static_assert(P::kBK == 8 || P::kBK == 16 || P::kBK == 32,
                "a warp stages 2, 4 or 8 chunks of a row at a time");
  static_assert(P::kStages == 1 || P::kStages == 2,
                "one stage in registers is ahead of shared memory already");
  static_assert(kThreads % 32 == 0 && kThreads <= 1024,
                "whole warps copy the tiles");
};

namespace detail {

VIT_SOURCE(GemmA, A, a, P::kK, P::kHasPrologue, i0)
VIT_SOURCE(GemmW, W, w, P::kK, false, i0)

/// Rows (or columns) of a thread's tile: pieces of up to 4, Threads apart.
template <int Count, int Threads> struct ThreadTile {
  static constexpr int kPiece = min_of(Count, 4);
  VIT_FN static int index(int thread, int i) {
    return (i / kPiece * Threads + thread) * kPiece + i % kPiece;
  }
  /// Reads them from a column of a transposed tile.
  VIT_FN static void load(const float *column, int swizzle, int thread,
                          float (&v)[Count]) {
    VIT_UNROLL
    for (int i = 0; i < Count; i += kPiece) {
      float piece[kPiece];
      load_vec<kPiece>(column + (index(thread, i) ^ swizzle), piece);
      VIT_UNROLL
      for (int j = 0; j < kPiece; ++j)
        v[i + j] = piece[j];
    }
  }
};

template <class P> struct GemmSimt {
  typedef gemm_simt_shape<P> Shape;
  typedef GemmA<P> A;
  typedef GemmW<P> W;
  static constexpr int kWarps = Shape::kThreads / 32;
  typedef TransposedTile<P::kBM, P::kBK> TileOfA;
  typedef TransposedTile<P::kBN, P::kBK> TileOfW;
  typedef ThreadTile<P::kWM, Shape::kThreadsM> RowsOfThread;
  typedef ThreadTile<P::kWN, Shape::kThreadsN> ColumnsOfThread;

  const P &p;
  float *shared;
  int tid, tx, ty, rows, group, m0, n0;
  float acc[P::kWM][P::kWN];
  TransposedCopy<A, P::kBM, P::kBK, kWarps> copyA;
  TransposedCopy<W, P::kBN, P::kBK, kWarps> copyW;

  VIT_FN GemmSimt(const P &p, unsigned char *smem)
      : p(p), shared((float *)smem), tid((int)threadIdx.x), rows(p.rows()),
        group((int)blockIdx.z) {
    int tileM, tileN;
    block_tile<8>(tileM, tileN);
    m0 = tileM * P::kBM;
    n0 = tileN * P::kBN;
    place();
    VIT_UNROLL
    for (int i = 0; i < P::kWM; ++i) {
      VIT_UNROLL
      for (int j = 0; j < P::kWN; ++j)
        acc[i][j] = 0.0f;
    }
  }

  /// Warps of 4 x 8 threads where the block allows it: they read the fewest
  /// distinct words of shared memory.
  VIT_FN void place() {
    constexpr int N = Shape::kThreadsN;
    if (N % 8 == 0 && Shape::kThreadsM % 4 == 0) {
      const int warp = tid / 32, lane = tid % 32;
      tx = warp % max_of(N / 8, 1) * 8 + lane % 8;
      ty = warp / max_of(N / 8, 1) * 4 + lane / 8;
    } else {
      tx = tid % N;
      ty = tid / N;
    }
  }

  VIT_FN float *stage_a(int stage) {
    return shared + stage * Shape::kStageFloats;
  }
  VIT_FN float *stage_w(int stage) { return stage_a(stage) + P::kBM * P::kBK; }

  VIT_FN void begin(int kt) {
    const A a = {p, group, 0};
    const W w = {p, group, 0};
    copyA.begin(a, m0, kt * P::kBK, rows, tid);
    copyW.begin(w, n0, kt * P::kBK, P::kN, tid);
  }
  VIT_FN void finish(int kt, int stage) {
    const A a = {p, group, 0};
    const W w = {p, group, 0};
    copyA.finish(stage_a(stage), a, m0, kt * P::kBK, rows, tid);
    copyW.finish(stage_w(stage), w, n0, kt * P::kBK, P::kN, tid);
  }

  VIT_FN void multiply(int stage) {
    const float *sa = stage_a(stage), *sw = stage_w(stage);
    VIT_UNROLL
    for (int k = 0; k < P::kBK; ++k) {
      float a[P::kWM], w[P::kWN];
      RowsOfThread::load(sa + TileOfA::column(k), TileOfA::swizzle(k / 4), ty,
                         a);
      ColumnsOfThread::load(sw + TileOfW::column(k), TileOfW::swizzle(k / 4),
                            tx, w);
      outer_product(acc, a, w);
    }
  }

  VIT_FN void run() {
    constexpr int kSteps = ceil_div(P::kK, P::kBK);
    begin(0);
    finish(0, 0);
    __syncthreads();
    int stage = 0;
    for (int kt = 0; kt < kSteps; ++kt) {
      const bool more = kt + 1 < kSteps;
      if (more)
        begin(kt + 1);
      multiply(stage);
      if (!more)
        break;
      if (P::kStages == 1)
        __syncthreads(); // everyone has read the only stage
      else
        stage ^= 1;
      finish(kt + 1, stage);
      __syncthreads();
    }
  }

  /// Beyond the edges a thread repeats its own first row or column, so that
  /// the epilogue's reads stay in range without a branch. In a pair of rows
  /// every epilogue comes before every store: an operand may be the output's
  /// memory, which keeps the compiler from moving reads up past stores. All
  /// rows at once would need more registers than there are.
  VIT_FN void finish_tile() {
    constexpr int kSlab = min_of(P::kWM, 2);
    const int mFirst = m0 + RowsOfThread::index(ty, 0);
    const int nFirst = n0 + ColumnsOfThread::index(tx, 0);
    if (mFirst >= rows || nFirst >= P::kN)
      return;
    VIT_UNROLL
    for (int first = 0; first < P::kWM; first += kSlab) {
      VIT_UNROLL
      for (int i = first; i < first + kSlab; ++i) {
        const int m = m0 + RowsOfThread::index(ty, i);
        VIT_UNROLL
        for (int j = 0; j < P::kWN; ++j)
          acc[i][j] = p.epilogue(acc[i][j], group, m < rows ? m : mFirst,
                                 epilogue_column(j, nFirst));
      }
      VIT_UNROLL
      for (int i = first; i < first + kSlab; ++i) {
        const int m = m0 + RowsOfThread::index(ty, i);
        if (m < rows)
          store_row(m, acc[i]);
      }
    }
  }

  /// Column j, or one of the first ones beyond the edge. Pieces stay adjacent
  /// where they divide N: the compiler then reads the epilogue's operands as
  /// vectors.
  VIT_FN int epilogue_column(int j, int nFirst) const {
    constexpr int kPiece = ColumnsOfThread::kPiece;
    constexpr bool kWhole = P::kN % kPiece == 0;
    const int n = n0 + ColumnsOfThread::index(tx, j), within = j % kPiece;
    if (P::kN % P::kBN == 0)
      return n;
    if (kWhole)
      return (n - within < P::kN ? n - within : nFirst) + within;
    return n < P::kN ? n : nFirst;
  }

  VIT_FN void store_row(int m, const float (&row)[P::kWN]) {
    constexpr int V = min_of(P::kOutVector, ColumnsOfThread::kPiece);
    VIT_UNROLL
    for (int j = 0; j < P::kWN; j += V) {
      float v[V];
      VIT_UNROLL
      for (int e = 0; e < V; ++e)
        v[e] = row[j + e];
      const int n = n0 + ColumnsOfThread::index(tx, j);
      if (n < P::kN && OutValid<P::kOutGuarded>::get(p, group, m, n))
        store_vec<V>(p.out(group, m, n), v);
    }
  }
};

} // namespace detail

template <class P> VIT_DEV void gemm_simt(const P &p, unsigned char *smem) {
  static_assert(is_same<typename P::Compute, float>::value,
                "the simt product computes in fp32");
  detail::GemmSimt<P> gemm(p, smem);
  gemm.run();
  gemm.finish_tile();
}

} // namespace vit

#endif // GEMM_SIMT_CUH
