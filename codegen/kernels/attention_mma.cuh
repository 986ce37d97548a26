//===- attention_mma.cuh - fused attention on the tensor cores (sm_75) ----===//
//
// out[b,h,m,:] = epilogue(softmax_n(score(Q[b,h,m,:] . K[b,hk,n,:]))
// V[b,hk,n,:])
//
// A block computes kBM query rows of one head, a warp 16 or 32 of them. It
// walks over blocks of kBN keys: scores in fp32 accumulators, online softmax
// (running maximum and sum of each row), probabilities packed from those
// registers into the operand of the second product. Neither scores nor
// probabilities reach memory. While one of K and V is multiplied, the other is
// on its way to shared memory. Head dims are padded with zeros to 16.
//
// A row whose scores are all -inf gives NaN, as softmax of it does.
//
// Launch: 32*kWarps threads; grid ceil(queries/BM), heads, batches;
// 2*((BM+BN)*(dk'+8) + BN*(dv'+8)) bytes of shared memory, dk' and dv' rounded
// up to 16.
//
//===----------------------------------------------------------------------===//
#ifndef ATTENTION_MMA_CUH
#define ATTENTION_MMA_CUH

#include "vit_tile.cuh"

namespace vit {

template <class P> struct attention_mma_shape {
  static constexpr int kDk = (P::kDk + 15) / 16 * 16;
  static constexpr int kDv = (P::kDv + 15) / 16 * 16;
  static constexpr int kWarpRows = P::kBM / P::kWarps;
  static constexpr int kThreads = 32 * P::kWarps;
  static constexpr int kSharedBytes =
      2 * ((P::kBM + P::kBN) * (kDk + 8) + P::kBN * (kDv + 8));

  static_assert(kWarpRows * P::kWarps == P::kBM &&
                    (kWarpRows == 16 || kWarpRows == 32),
                "a warp owns one or two tiles of 16 rows");
  static_assert(P::kBN % 16 == 0 && P::kBN >= 16 && P::kBN <= 256,
                "keys are multiplied 16 at a time");
  static_assert(P::kDk >= 1 && P::kDk <= 256 && P::kDv >= 1 && P::kDv <= 256,
                "head dims up to 256");
  static_assert(kWarpRows / 16 * (P::kBN + kDv) <= 320,
                "scores and results of a row are kept in registers");
  static_assert(P::kHeads % P::kKvHeads == 0,
                "query heads share key/value heads evenly");
  static_assert(kThreads <= 1024, "a block has at most 1024 threads");
};

namespace detail {

VIT_SOURCE(AttentionQ, Q, q, P::kDk, false, i0 VIT_COMMA i1)
VIT_SOURCE(AttentionK, K, k, P::kDk, false, i0 VIT_COMMA i1)
VIT_SOURCE(AttentionV, V, v, P::kDv, false, i0 VIT_COMMA i1)

template <class P> struct AttentionMma {
  typedef attention_mma_shape<P> Shape;
  typedef typename P::Compute T;
  typedef PaddedRows<Shape::kDk> LayoutK;
  typedef PaddedRows<Shape::kDv> LayoutV;
  typedef AttentionQ<P> Q;
  typedef AttentionK<P> K;
  typedef AttentionV<P> V;
  static constexpr int kMI = Shape::kWarpRows / 16;
  static constexpr int kNS = P::kBN / 8, kNV = Shape::kDv / 8;

  const P &p;
  u8 *sq, *sk, *sv;
  int tid, lane, batch, head, kvHead, m0, warpM;
  float result[kMI][kNV][4];
  float scores[kMI][kNS][4];
  float rowMax[kMI][2], rowSum[kMI][2];

  VIT_FN AttentionMma(const P &p, unsigned char *smem)
      : p(p), sq(smem), sk(sq + P::kBM * LayoutK::kPitch),
        sv(sk + P::kBN * LayoutK::kPitch), tid((int)threadIdx.x),
        lane(tid % 32), batch((int)blockIdx.z), head((int)blockIdx.y),
        kvHead(head / (P::kHeads / P::kKvHeads)), m0((int)blockIdx.x * P::kBM),
        warpM(tid / 32 * Shape::kWarpRows) {
    VIT_UNROLL
    for (int i = 0; i < kMI; ++i) {
      VIT_UNROLL
      for (int half = 0; half < 2; ++half) {
        rowMax[i][half] = -infinity();
        rowSum[i][half] = 0.0f;
      }
      clear(result[i]);
    }
  }

  template <int N> VIT_FN static void clear(float (&tile)[N][4]) {
    VIT_UNROLL
    for (int j = 0; j < N; ++j) {
      VIT_UNROLL
      for (int e = 0; e < 4; ++e)
        tile[j][e] = 0.0f;
    }
  }

  /// Query row of element e of row tile i.
  VIT_FN int row(int i, int e) const {
    return m0 + warpM + i * 16 + lane / 4 + e / 2 * 8;
  }

  template <int Rows, class Layout, class S>
  VIT_FN void copy(u8 *tile, const S &s, int r0, int rows) {
    TileCopy<S, T, Layout, Rows, Shape::kThreads> copy;
    copy.begin(tile, s, r0, 0, rows, tid);
    copy.finish(tile, s, r0, 0, rows, tid);
    cp_async_commit();
  }
  VIT_FN void copy_k(int n0) {
    copy<P::kBN, LayoutK>(sk, K{p, batch, kvHead}, n0, P::kKeys);
  }
  VIT_FN void copy_v(int n0) {
    copy<P::kBN, LayoutV>(sv, V{p, batch, kvHead}, n0, P::kKeys);
  }

  VIT_FN void run() {
    // With a causal mask no row of this block sees keys beyond its last row.
    const int keys =
        P::kCausal && m0 + P::kBM < P::kKeys ? m0 + P::kBM : (int)P::kKeys;
    copy<P::kBM, LayoutK>(sq, Q{p, batch, head}, m0, P::kQueries);
    copy_k(0);
    for (int n0 = 0; n0 < keys; n0 += P::kBN) {
      cp_async_wait<0>();
      __syncthreads(); // K is there, and the last V has been read
      copy_v(n0);
      multiply_qk();
      score(n0);
      soften();
      cp_async_wait<0>();
      __syncthreads(); // V is there, and this K has been read
      if (n0 + P::kBN < keys)
        copy_k(n0 + P::kBN);
      multiply_pv();
    }
  }

  VIT_FN void multiply_qk() {
    VIT_UNROLL
    for (int i = 0; i < kMI; ++i)
      clear(scores[i]);
    VIT_UNROLL
    for (int kk = 0; kk < Shape::kDk / 16; ++kk) {
      const u8 *rowsQ[kMI], *rowsK[kNS / 2];
      VIT_UNROLL
      for (int i = 0; i < kMI; ++i)
        rowsQ[i] =
            sq + LayoutK::offset(warpM + i * 16 + TileA<T, kMI>::row(lane),
                                 kk * 2 + TileA<T, kMI>::chunk(lane));
      VIT_UNROLL
      for (int j = 0; j < kNS / 2; ++j)
        rowsK[j] = sk + LayoutK::offset(j * 16 + TileB<T, kNS>::row(lane),
                                        kk * 2 + TileB<T, kNS>::chunk(lane));
      warp_ldm_mma<T>(scores, rowsQ, rowsK);
    }
  }

  /// Scores of this key block; -inf where there is no key or it is masked.
  /// Beyond the edges the score function sees the last row and key.
  VIT_FN void score(int n0) {
    VIT_UNROLL
    for (int i = 0; i < kMI; ++i) {
      VIT_UNROLL
      for (int j = 0; j < kNS; ++j) {
        VIT_UNROLL
        for (int e = 0; e < 4; ++e) {
          const int m = row(i, e), n = n0 + j * 8 + lane % 4 * 2 + e % 2;
          const float s = p.score(scores[i][j][e], batch, head,
                                  m < P::kQueries ? m : P::kQueries - 1,
                                  n < P::kKeys ? n : P::kKeys - 1);
          const bool seen = n < P::kKeys && (!P::kCausal || n <= m);
          scores[i][j][e] = seen ? s : -infinity();
        }
      }
    }
  }

  /// Scores become probabilities relative to the running maximum; what was
  /// summed so far is scaled to it. The maximum is subtracted before the
  /// scaling to base 2, which could overflow for a large finite mask.
  VIT_FN void soften() {
    VIT_UNROLL
    for (int i = 0; i < kMI; ++i) {
      VIT_UNROLL
      for (int half = 0; half < 2; ++half) {
        float max = rowMax[i][half];
        VIT_UNROLL
        for (int j = 0; j < kNS; ++j) {
          max = fmax(max, scores[i][j][half * 2]);
          max = fmax(max, scores[i][j][half * 2 + 1]);
        }
        // The four lanes of a row.
        max = fmax(max, __shfl_xor_sync(0xffffffffu, max, 1));
        max = fmax(max, __shfl_xor_sync(0xffffffffu, max, 2));
        const float base = max == -infinity() ? 0.0f : max;
        const float scale =
            exp2_weight((rowMax[i][half] - base) * detail::kLog2e);
        rowMax[i][half] = max;
        float sum = 0.0f;
        VIT_UNROLL
        for (int j = 0; j < kNS; ++j) {
          VIT_UNROLL
          for (int e = half * 2; e < half * 2 + 2; ++e) {
            scores[i][j][e] =
                exp2_weight((scores[i][j][e] - base) * detail::kLog2e);
            sum += scores[i][j][e];
          }
        }
        rowSum[i][half] = fma(rowSum[i][half], scale, sum);
        VIT_UNROLL
        for (int j = 0; j < kNV; ++j) {
          result[i][j][half * 2] *= scale;
          result[i][j][half * 2 + 1] *= scale;
        }
      }
    }
    VIT_COUNT(SPECIAL, kMI * kNS * 4);
  }

  /// The accumulators of two neighbouring score tiles are the fragments of a
  /// 16 x 16 operand.
  VIT_FN void multiply_pv() {
    VIT_UNROLL
    for (int kk = 0; kk < P::kBN / 16; ++kk) {
      u32 weights[kMI][4];
      VIT_UNROLL
      for (int i = 0; i < kMI; ++i) {
        VIT_UNROLL
        for (int e = 0; e < 4; ++e) {
          const float(&s)[4] = scores[i][kk * 2 + e / 2];
          weights[i][e] = pack2<T>(s[e % 2 * 2], s[e % 2 * 2 + 1]);
        }
      }
      const u8 *rows[kNV / 2];
      VIT_UNROLL
      for (int j = 0; j < kNV / 2; ++j)
        rows[j] = sv + LayoutV::offset(kk * 16 + TileBTrans<T, kNV>::row(lane),
                                       j * 2 + TileBTrans<T, kNV>::chunk(lane));
      TileBTrans<T, kNV> values;
      load_tile(values, rows);
      warp_mma(result, weights, values);
    }
  }

  /// Divides by the sums; every epilogue comes before every store, since an
  /// operand of it may be the output's memory.
  VIT_FN void finish() {
    VIT_UNROLL
    for (int i = 0; i < kMI; ++i) {
      VIT_UNROLL
      for (int half = 0; half < 2; ++half) {
        float sum = rowSum[i][half];
        sum += __shfl_xor_sync(0xffffffffu, sum, 1);
        sum += __shfl_xor_sync(0xffffffffu, sum, 2);
        const float factor = 1.0f / sum;
        VIT_UNROLL
        for (int j = 0; j < kNV; ++j)
          finish_pair(i, j, half, factor);
      }
    }
    if (Swaps<P>::value)
      __syncwarp(); // lanes store what their neighbours read
    VIT_UNROLL
    for (int i = 0; i < kMI; ++i) {
      VIT_UNROLL
      for (int half = 0; half < 2; ++half) {
        VIT_UNROLL
        for (int j = 0; j < kNV; j += 2)
          store_tiles(row(i, half * 2), j * 8, result[i][j], result[i][j + 1],
                      half);
      }
    }
  }
  VIT_FN void finish_pair(int i, int j, int half, float factor) {
    const int m = row(i, half * 2), d = j * 8 + lane % 4 * 2;
    VIT_UNROLL
    for (int e = 0; e < 2; ++e) {
      float &x = result[i][j][half * 2 + e];
      if (m < P::kQueries && d + e < P::kDv)
        x = p.epilogue(x * factor, batch, head, m, d + e);
    }
  }
  /// A row of two tiles of 8 columns from d on.
  VIT_FN void store_tiles(int m, int d, const float (&left)[4],
                          const float (&right)[4], int half) {
    const float l[2] = {left[half * 2], left[half * 2 + 1]};
    const float r[2] = {right[half * 2], right[half * 2 + 1]};
    if (Swaps<P>::value) {
      int column;
      const vit_u2 v = swap_neighbours<P>(l, r, lane, column);
      if (m < P::kQueries && d + column < P::kDv)
        store8(p.out(batch, head, m, d + column), v);
    } else if (m < P::kQueries) {
      store_pair(m, d + lane % 4 * 2, l);
      store_pair(m, d + 8 + lane % 4 * 2, r);
    }
  }
  VIT_FN void store_pair(int m, int d, const float (&v)[2]) {
    constexpr int V = min_of(P::kOutVector, 2);
    VIT_UNROLL
    for (int e = 0; e < 2; e += V) {
      float part[V];
      VIT_UNROLL
      for (int i = 0; i < V; ++i)
        part[i] = v[e + i];
      if (d + e < P::kDv &&
          OutValid<P::kOutGuarded>::get(p, batch, head, m, d + e))
        store_vec<V>(p.out(batch, head, m, d + e), part);
    }
  }
};

} // namespace detail

template <class P> VIT_DEV void attention_mma(const P &p, unsigned char *smem) {
  detail::AttentionMma<P> attention(p, smem);
  attention.run();
  attention.finish();
}

} // namespace vit

#endif // ATTENTION_MMA_CUH
