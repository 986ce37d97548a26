//===- attention_simt.cuh - fused attention on the CUDA cores, any GPU ----===//
//
// out[b,h,m,:] = epilogue(softmax_n(score(Q[b,h,m,:] . K[b,hk,n,:]))
// V[b,hk,n,:]) in fp32.
//
// A block computes kBM query rows of one head and walks over blocks of kBN
// keys. 16 threads share a row: each computes kBN/16 of its scores and dv'/16
// of its results. Probabilities go through shared memory, transposed, to the
// second product; K and V take turns in one buffer. Online softmax.
//
// A row whose scores are all -inf gives NaN, as softmax of it does.
//
// Launch: 32*kWarps threads; grid ceil(queries/BM), heads, batches;
// 4*(BM*dk' + BN*max(dk',dv') + BM*BN) bytes of shared memory, dk' and dv'
// rounded up to 16.
//
//===----------------------------------------------------------------------===//
#ifndef ATTENTION_SIMT_CUH
#define ATTENTION_SIMT_CUH

#include "vit_tile.cuh"

namespace vit {

template <class P> struct attention_simt_shape {
  static constexpr int kDk = (P::kDk + 15) / 16 * 16;
  static constexpr int kDv = (P::kDv + 15) / 16 * 16;
  static constexpr int kThreads = 32 * P::kWarps;
  static constexpr int kThreadRows = P::kBM / (2 * P::kWarps);
  static constexpr int kSharedBytes =
      4 * (P::kBM * kDk + P::kBN * (kDk > kDv ? kDk : kDv) + P::kBM * P::kBN);

  static_assert(is_power_of_two(P::kBM) && P::kBM >= 16 && P::kBM <= 128 &&
                    is_power_of_two(P::kBN) && P::kBN >= 16 && P::kBN <= 128,
                "rows are permuted in shared memory by XOR");
  static_assert(kThreadRows * 2 * P::kWarps == P::kBM && kThreadRows <= 8,
                "16 threads share a row, and each has 1, 2, 4 or 8 rows");
  static_assert(P::kDk >= 1 && P::kDk <= 256 && P::kDv >= 1 && P::kDv <= 256,
                "head dims up to 256");
  static_assert(P::kHeads % P::kKvHeads == 0,
                "query heads share key/value heads evenly");
  static_assert(kThreads <= 1024, "a block has at most 1024 threads");
};

namespace detail {

VIT_SOURCE(AttentionQ, Q, q, P::kDk, false, i0 VIT_COMMA i1)
VIT_SOURCE(AttentionK, K, k, P::kDk, false, i0 VIT_COMMA i1)
VIT_SOURCE(AttentionV, V, v, P::kDv, false, i0 VIT_COMMA i1)

template <class P> struct AttentionSimt {
  typedef attention_simt_shape<P> Shape;
  typedef TransposedTile<P::kBM, Shape::kDk> TileQ;
  typedef TransposedTile<P::kBN, Shape::kDk> TileK;
  typedef AttentionQ<P> Q;
  typedef AttentionK<P> K;
  typedef AttentionV<P> V;
  static constexpr int kRM = Shape::kThreadRows, kPieceM = min_of(kRM, 4);
  static constexpr int kCN = P::kBN / 16, kPieceN = min_of(kCN, 4);
  static constexpr int kEV = Shape::kDv / 16;
  static constexpr int kPieceV = kEV % 4 == 0 ? 4 : kEV % 2 == 0 ? 2 : 1;

  const P &p;
  float *sq, *skv, *sp;
  int tid, tx, ty, batch, head, kvHead, m0;
  float result[kRM][kEV];
  float scores[kRM][kCN];
  float rowMax[kRM], rowSum[kRM];

  VIT_FN AttentionSimt(const P &p, unsigned char *smem)
      : p(p), sq((float *)smem), skv(sq + P::kBM * Shape::kDk),
        sp(skv + P::kBN * max_of(Shape::kDk, Shape::kDv)),
        tid((int)threadIdx.x), tx(tid % 16), ty(tid / 16),
        batch((int)blockIdx.z), head((int)blockIdx.y),
        kvHead(head / (P::kHeads / P::kKvHeads)), m0((int)blockIdx.x * P::kBM) {
    VIT_UNROLL
    for (int i = 0; i < kRM; ++i) {
      rowMax[i] = -infinity();
      rowSum[i] = 0.0f;
      VIT_UNROLL
      for (int j = 0; j < kEV; ++j)
        result[i][j] = 0.0f;
    }
  }

  VIT_FN int row(int i) const { return ty * kRM + i; }
  /// Key of score j; column of result j: pieces, 16 threads apart.
  VIT_FN int key(int j) const {
    return (j / kPieceN * 16 + tx) * kPieceN + j % kPieceN;
  }
  VIT_FN int value(int j) const {
    return (j / kPieceV * 16 + tx) * kPieceV + j % kPieceV;
  }

  template <class Tile, int Rows, class S>
  VIT_FN void copy(float *tile, const S &s, int r0, int rows) {
    for (int unit = tid / 32; unit < Tile::kUnits; unit += P::kWarps) {
      const int r = Tile::row(unit, tid % 32), c = Tile::chunk(unit, tid % 32);
      float v[4];
      read_chunk<4>(s, r0 + r, c * 4, rows, v);
      Tile::store(tile, r, c, v);
    }
  }
  /// V as it is: [key][dv'].
  VIT_FN void copy_v(int n0) {
    constexpr int kChunks = Shape::kDv / 4;
    const V s = {p, batch, kvHead};
    for (int i = tid; i < P::kBN * kChunks; i += Shape::kThreads) {
      float v[4];
      read_chunk<4>(s, n0 + i / kChunks, i % kChunks * 4, P::kKeys, v);
      store_vec<4>(skv + i * 4, v);
    }
  }

  VIT_FN void run() {
    // With a causal mask no row of this block sees keys beyond its last row.
    const int keys =
        P::kCausal && m0 + P::kBM < P::kKeys ? m0 + P::kBM : (int)P::kKeys;
    copy<TileQ, P::kBM>(sq, Q{p, batch, head}, m0, P::kQueries);
    for (int n0 = 0; n0 < keys; n0 += P::kBN) {
      if (n0 > 0)
        __syncthreads(); // V and the probabilities have been read
      copy<TileK, P::kBN>(skv, K{p, batch, kvHead}, n0, P::kKeys);
      __syncthreads();
      multiply_qk();
      score(n0);
      soften();
      store_weights();
      __syncthreads(); // K has been read
      copy_v(n0);
      __syncthreads();
      multiply_pv();
    }
  }

  VIT_FN void multiply_qk() {
    VIT_UNROLL
    for (int i = 0; i < kRM; ++i) {
      VIT_UNROLL
      for (int j = 0; j < kCN; ++j)
        scores[i][j] = 0.0f;
    }
    for (int chunk = 0; chunk < Shape::kDk / 4; ++chunk) {
      const int swizzleQ = TileQ::swizzle(chunk);
      const int swizzleK = TileK::swizzle(chunk);
      VIT_UNROLL
      for (int d = 0; d < 4; ++d) {
        float a[kRM], b[kCN];
        pieces<kPieceM>(sq + TileQ::column(chunk * 4 + d), swizzleQ, row(0), 1,
                        a);
        pieces<kPieceN>(skv + TileK::column(chunk * 4 + d), swizzleK,
                        tx * kPieceN, 16, b);
        outer_product(scores, a, b);
      }
    }
  }

  /// v from pieces of Piece floats, Step pieces apart, from `first` on.
  template <int Piece, int N>
  VIT_FN static void pieces(const float *column, int swizzle, int first,
                            int step, float (&v)[N]) {
    VIT_UNROLL
    for (int i = 0; i < N; i += Piece) {
      float piece[Piece];
      load_vec<Piece>(column + ((first + i * step) ^ swizzle), piece);
      VIT_UNROLL
      for (int j = 0; j < Piece; ++j)
        v[i + j] = piece[j];
    }
  }

  /// -inf where there is no key or it is masked. Beyond the edges the score
  /// function sees the last row and key.
  VIT_FN void score(int n0) {
    VIT_UNROLL
    for (int i = 0; i < kRM; ++i) {
      const int m = m0 + row(i);
      VIT_UNROLL
      for (int j = 0; j < kCN; ++j) {
        const int n = n0 + key(j);
        const float s = p.score(scores[i][j], batch, head,
                                m < P::kQueries ? m : P::kQueries - 1,
                                n < P::kKeys ? n : P::kKeys - 1);
        const bool seen = n < P::kKeys && (!P::kCausal || n <= m);
        scores[i][j] = seen ? s : -infinity();
      }
    }
  }

  /// Scores become probabilities relative to the running maximum; what was
  /// summed so far is scaled to it.
  VIT_FN void soften() {
    VIT_UNROLL
    for (int i = 0; i < kRM; ++i) {
      float max = rowMax[i];
      VIT_UNROLL
      for (int j = 0; j < kCN; ++j)
        max = fmax(max, scores[i][j]);
      VIT_UNROLL
      for (int o = 8; o > 0; o >>= 1)
        max = fmax(max, __shfl_xor_sync(0xffffffffu, max, o));
      const float base = max == -infinity() ? 0.0f : max;
      const float scale = exp(rowMax[i] - base);
      rowMax[i] = max;
      float sum = 0.0f;
      VIT_UNROLL
      for (int j = 0; j < kCN; ++j) {
        scores[i][j] = exp(scores[i][j] - base);
        sum += scores[i][j];
      }
      rowSum[i] = fma(rowSum[i], scale, sum);
      VIT_UNROLL
      for (int j = 0; j < kEV; ++j)
        result[i][j] *= scale;
    }
    VIT_COUNT(SPECIAL, kRM * kCN);
  }

  /// Probabilities are [key][row]; rows permuted so that the 16 threads of a
  /// row, which store to different keys, hit different banks.
  VIT_FN static int weight_swizzle(int key) {
    return key / kPieceN % 8 * 4 & (P::kBM - 1);
  }
  VIT_FN void store_weights() {
    VIT_UNROLL
    for (int j = 0; j < kCN; ++j) {
      float *column = sp + key(j) * P::kBM;
      VIT_UNROLL
      for (int i = 0; i < kRM; i += kPieceM) {
        float piece[kPieceM];
        VIT_UNROLL
        for (int e = 0; e < kPieceM; ++e)
          piece[e] = scores[i + e][j];
        store_vec<kPieceM>(column + (row(i) ^ weight_swizzle(key(j))), piece);
      }
    }
  }

  VIT_FN void multiply_pv() {
    for (int n = 0; n < P::kBN; ++n) {
      float a[kRM], b[kEV];
      pieces<kPieceM>(sp + n * P::kBM, weight_swizzle(n), row(0), 1, a);
      pieces<kPieceV>(skv + n * Shape::kDv, 0, tx * kPieceV, 16, b);
      outer_product(result, a, b);
    }
  }

  /// Divides by the sums; every epilogue comes before every store, since an
  /// operand of it may be the output's memory.
  VIT_FN void finish() {
    VIT_UNROLL
    for (int i = 0; i < kRM; ++i) {
      float sum = rowSum[i];
      VIT_UNROLL
      for (int o = 8; o > 0; o >>= 1)
        sum += __shfl_xor_sync(0xffffffffu, sum, o);
      const float factor = 1.0f / sum;
      const int m = m0 + row(i);
      VIT_UNROLL
      for (int j = 0; j < kEV; ++j)
        if (m < P::kQueries && value(j) < P::kDv)
          result[i][j] =
              p.epilogue(result[i][j] * factor, batch, head, m, value(j));
    }
    VIT_UNROLL
    for (int i = 0; i < kRM; ++i)
      store_row(m0 + row(i), result[i]);
  }
  VIT_FN void store_row(int m, const float (&v)[kEV]) {
    constexpr int W = min_of(P::kOutVector, kPieceV);
    VIT_UNROLL
    for (int j = 0; j < kEV; j += W) {
      float part[W];
      VIT_UNROLL
      for (int e = 0; e < W; ++e)
        part[e] = v[j + e];
      const int d = value(j);
      if (m < P::kQueries && d < P::kDv &&
          OutValid<P::kOutGuarded>::get(p, batch, head, m, d))
        store_vec<W>(p.out(batch, head, m, d), part);
    }
  }
};

} // namespace detail

template <class P>
VIT_DEV void attention_simt(const P &p, unsigned char *smem) {
  static_assert(is_same<typename P::Compute, float>::value,
                "the simt attention computes in fp32");
  detail::AttentionSimt<P> attention(p, smem);
  attention.run();
  attention.finish();
}

} // namespace vit

#endif // ATTENTION_SIMT_CUH
