//===- vit_tile.cuh - moving tiles between memory and registers -----------===//
//
// What the matrix templates share: rows of a tile staged to shared memory,
// layouts of shared memory without bank conflicts, and the order in which
// blocks walk over the output.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_TILE_CUH
#define VIT_TILE_CUH

#include "vit_vector.cuh"

namespace vit {

//===----------------------------------------------------------------------===//
// Sources: an operand of a problem as a matrix of rows and columns
//===----------------------------------------------------------------------===//

namespace detail {

// Methods that the struct need not have are named only where the flag is set.
template <bool Has> struct Optional {
  template <class S> VIT_FN static bool valid(const S &, int, int) {
    return true;
  }
  template <class S>
  VIT_FN static float prologue(const S &, float x, int, int) {
    return x;
  }
};
template <> struct Optional<true> {
  template <class S> VIT_FN static bool valid(const S &s, int r, int c) {
    return s.valid_(r, c);
  }
  template <class S>
  VIT_FN static float prologue(const S &s, float x, int r, int c) {
    return s.prologue_(x, r, c);
  }
};

} // namespace detail

/// Whether a chunk of `Width` elements of S can be copied without a look.
template <class S, class Compute, int Width> struct Copyable {
  static constexpr bool value = is_same<typename S::T, Compute>::value &&
                                S::kVector >= Width && !S::kHasPrologue;
};

/// Elements (r, c) .. (r, c + N - 1) of a source of `rows` x S::kCols, as
/// floats before the prologue; 0 outside and where the guard says so.
template <int N, class S>
VIT_DEV void read_chunk(const S &s, int r, int c, int rows, float (&v)[N]) {
  constexpr int V = min_of(S::kVector, N);
  VIT_UNROLL
  for (int i = 0; i < N; i += V) {
    float piece[V];
    const bool in = r < rows && c + i < S::kCols;
    if (in && detail::Optional<S::kGuarded>::valid(s, r, c + i)) {
      load_vec_ro<V>(s.at(r, c + i), piece);
    } else {
      VIT_UNROLL
      for (int j = 0; j < V; ++j)
        piece[j] = 0.0f;
    }
    VIT_UNROLL
    for (int j = 0; j < V; ++j)
      v[i + j] = piece[j];
  }
}

/// Applies the prologue to what read_chunk gave, where there is an element.
template <int N, class S>
VIT_DEV void apply_prologue(const S &s, int r, int c, int rows, float (&v)[N]) {
  VIT_UNROLL
  for (int i = 0; i < (S::kHasPrologue ? N : 0); ++i)
    if (r < rows && c + i < S::kCols &&
        detail::Optional<S::kGuarded>::valid(s, r, c + i))
      v[i] = detail::Optional<S::kHasPrologue>::prologue(s, v[i], r, c + i);
}

/// A source over operand X of P with leading coordinates LEAD (in terms of the
/// source's members), COLS columns and, if HAS, P's prologue.
#define VIT_SOURCE(NAME, X, x, COLS, HAS, LEAD)                                \
  template <class P> struct NAME {                                             \
    typedef typename P::X T;                                                   \
    static constexpr int kVector = P::k##X##Vector, kCols = COLS;              \
    static constexpr bool kGuarded = P::k##X##Guarded, kHasPrologue = HAS;     \
    const P &p;                                                                \
    int i0, i1;                                                                \
    VIT_FN const T *at(int r, int c) const { return p.x(LEAD, r, c); }         \
    VIT_FN bool valid_(int r, int c) const { return p.x##_valid(LEAD, r, c); } \
    VIT_FN float prologue_(float v, int r, int c) const {                      \
      return p.prologue(v, LEAD, r, c);                                        \
    }                                                                          \
  };
#define VIT_COMMA ,

//===----------------------------------------------------------------------===//
// Tiles of 16-bit elements in shared memory, in chunks of 16 bytes
//===----------------------------------------------------------------------===//

/// Rows of `Cols` elements, chunks permuted by XOR with the row so that the 8
/// rows of an ldmatrix (and the 8 lanes of a 16-byte store) hit all banks.
/// Cols: 16, 32, 64 or 128.
template <int Cols> struct SwizzledRows {
  static constexpr int kChunks = Cols / 8, kPitch = Cols * 2;
  static constexpr int kSpan = kChunks < 8 ? kChunks : 8;
  VIT_FN static int offset(int row, int chunk) {
    return row * kPitch + ((chunk ^ ((row / (8 / kSpan)) % kSpan)) << 4);
  }
};

/// The same for any multiple of 16 columns: an odd pitch of chunks.
template <int Cols> struct PaddedRows {
  static constexpr int kChunks = Cols / 8, kPitch = (kChunks | 1) * 16;
  VIT_FN static int offset(int row, int chunk) {
    return row * kPitch + (chunk << 4);
  }
};

namespace detail {

/// One chunk of 8 elements on its way from a source to shared memory.
template <class S, class Compute, bool Raw> struct Staged {
  float v[8];
  VIT_FN void load(const S &s, int r, int c, int rows) {
    read_chunk<8>(s, r, c, rows, v);
  }
  VIT_FN void store(u8 *dst, const S &s, int r, int c, int rows) {
    apply_prologue<8>(s, r, c, rows, v);
    const vit_u4 u = {pack2<Compute>(v[0], v[1]), pack2<Compute>(v[2], v[3]),
                      pack2<Compute>(v[4], v[5]), pack2<Compute>(v[6], v[7])};
    store16(dst, u);
  }
};
template <class S, class Compute> struct Staged<S, Compute, true> {
  vit_u4 v;
  VIT_FN void load(const S &s, int r, int c, int rows) {
    v = vit_u4{0, 0, 0, 0};
    if (r < rows && c < S::kCols && Optional<S::kGuarded>::valid(s, r, c))
      v = load16_ro(s.at(r, c));
  }
  VIT_FN void store(u8 *dst, const S &, int, int, int) { store16(dst, v); }
};

} // namespace detail

/// Copies a tile of Rows x Cols elements of a source to shared memory as
/// `Compute`, with a block of `Threads`. Asynchronously where kAsync: then
/// begin() starts the copy and it ends with cp_async_wait; else begin() loads
/// to registers and finish() stores.
template <class S, class Compute, class Layout, int Rows, int Threads>
struct TileCopy {
  static constexpr bool kRaw = Copyable<S, Compute, 8>::value;
  static constexpr bool kAsync = kRaw && VIT_ARCH >= 800;
  static constexpr int kTotal = Rows * Layout::kChunks;
  static constexpr int kCount = ceil_div(kTotal, Threads);
  detail::Staged<S, Compute, kRaw> staged[kAsync ? 1 : kCount];

  /// Row r0 and column c0 of the source go to the tile's first element.
  VIT_FN void begin(u8 *tile, const S &s, int r0, int c0, int rows, int tid) {
    VIT_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const int index = tid + i * Threads;
      const int r = index / Layout::kChunks, c = index % Layout::kChunks;
      if (kTotal % Threads != 0 && index >= kTotal)
        break;
      if (kAsync)
        copy(tile + Layout::offset(r, c), s, r0 + r, c0 + c * 8, rows);
      else
        staged[kAsync ? 0 : i].load(s, r0 + r, c0 + c * 8, rows);
    }
  }

  VIT_FN void finish(u8 *tile, const S &s, int r0, int c0, int rows, int tid) {
    VIT_UNROLL
    for (int i = 0; i < (kAsync ? 0 : kCount); ++i) {
      const int index = tid + i * Threads;
      const int r = index / Layout::kChunks, c = index % Layout::kChunks;
      if (kTotal % Threads != 0 && index >= kTotal)
        break;
      staged[kAsync ? 0 : i].store(tile + Layout::offset(r, c), s, r0 + r,
                                   c0 + c * 8, rows);
    }
  }

private:
  VIT_FN static void copy(u8 *dst, const S &s, int r, int c, int rows) {
    const bool in = r < rows && c < S::kCols &&
                    detail::Optional<S::kGuarded>::valid(s, r, c);
    cp_async16(dst, s.at(in ? r : 0, in ? c : 0), in);
  }
};

//===----------------------------------------------------------------------===//
// Tiles of floats in shared memory, transposed: [column][row]
//===----------------------------------------------------------------------===//

/// A tile of Rows x Cols of a source (Rows a power of two from 16, Cols a
/// multiple of 8), so that a thread reads adjacent rows of one column as a
/// vector. Rows are permuted by XOR with a multiple of 4 that depends on the
/// column's chunk of 4: a warp stores 32 / kWide rows of kWide chunks without
/// bank conflicts.
template <int Rows, int Cols> struct TransposedTile {
  static constexpr int kChunks = Cols / 4;
  static constexpr int kWide = kChunks % 8 == 0 ? 8 : kChunks % 4 == 0 ? 4 : 2;
  static constexpr int kTall = 32 / kWide;
  static constexpr int kUnits = (kChunks / kWide) * (Rows / kTall);
  static_assert(is_power_of_two(Rows) && Rows >= 16,
                "rows are permuted by XOR within 16 or 32");
  static_assert(Cols % 8 == 0, "a warp stores at least two chunks of a row");

  VIT_FN static int swizzle(int chunk) {
    return (kTall * (chunk % kWide)) & (min_of(Rows, 32) - 1);
  }
  /// Of column c; rows are at `row ^ swizzle(c / 4)` from there.
  VIT_FN static int column(int c) { return c * Rows; }
  /// Row and chunk that lane `lane` handles in unit `unit`.
  VIT_FN static int row(int unit, int lane) {
    return unit / (kChunks / kWide) * kTall + lane / kWide;
  }
  VIT_FN static int chunk(int unit, int lane) {
    return unit % (kChunks / kWide) * kWide + lane % kWide;
  }
  VIT_FN static void store(float *tile, int r, int chunk, const float (&v)[4]) {
    VIT_UNROLL
    for (int i = 0; i < 4; ++i)
      tile[column(chunk * 4 + i) + (r ^ swizzle(chunk))] = v[i];
  }
};

/// Copies such a tile with `Warps` warps, through registers.
template <class S, int Rows, int Cols, int Warps> struct TransposedCopy {
  typedef TransposedTile<Rows, Cols> Tile;
  static constexpr int kCount = ceil_div(Tile::kUnits, Warps);
  float v[kCount][4];

  VIT_FN void begin(const S &s, int r0, int c0, int rows, int tid) {
    VIT_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const int unit = tid / 32 + i * Warps, lane = tid % 32;
      if (Tile::kUnits % Warps != 0 && unit >= Tile::kUnits)
        break;
      read_chunk<4>(s, r0 + Tile::row(unit, lane),
                    c0 + Tile::chunk(unit, lane) * 4, rows, v[i]);
    }
  }
  VIT_FN void finish(float *tile, const S &s, int r0, int c0, int rows,
                     int tid) {
    VIT_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const int unit = tid / 32 + i * Warps, lane = tid % 32;
      if (Tile::kUnits % Warps != 0 && unit >= Tile::kUnits)
        break;
      const int r = Tile::row(unit, lane), chunk = Tile::chunk(unit, lane);
      apply_prologue<4>(s, r0 + r, c0 + chunk * 4, rows, v[i]);
      Tile::store(tile, r, chunk, v[i]);
    }
  }
};

/// Whether an element of the output is to be written.
namespace detail {
template <bool Guarded> struct OutValid {
  template <class P, class... I> VIT_FN static bool get(const P &, I...) {
    return true;
  }
};
template <> struct OutValid<true> {
  template <class P, class... I> VIT_FN static bool get(const P &p, I... i) {
    return p.out_valid(i...);
  }
};
} // namespace detail

/// Whether results of P go out as whole sectors, see swap_neighbours.
template <class P> struct Swaps {
  static constexpr bool kHalf = is_same<typename P::Out, f16>::value ||
                                is_same<typename P::Out, bf16>::value;
  static constexpr bool value = kHalf && P::kOutVector >= 4 && !P::kOutGuarded;
};

namespace detail {

/// Two results in a register; nothing for types that are wider.
template <class T, bool Fits> struct PackOut {
  VIT_FN static u32 get(const float (&)[2]) { return 0; }
};
template <class T> struct PackOut<T, true> {
  VIT_FN static u32 get(const float (&v)[2]) { return pack2<T>(v[0], v[1]); }
};

} // namespace detail

/// `left` and `right` are this lane's pairs of a row in two adjacent tiles of 8
/// columns. Neighbouring lanes swap one of them, and each gets 4 adjacent
/// results of the row, `column` columns after its first: the four lanes of a
/// row write 32 bytes at once.
template <class P>
VIT_DEV vit_u2 swap_neighbours(const float (&left)[2], const float (&right)[2],
                               int lane, int &column) {
  typedef detail::PackOut<typename P::Out, Swaps<P>::kHalf> Pack;
  const u32 l = Pack::get(left), r = Pack::get(right);
  const bool odd = (lane & 1) != 0;
  const u32 got = __shfl_xor_sync(0xffffffffu, odd ? l : r, 1);
  const vit_u2 v = {odd ? got : l, odd ? r : got};
  column = (odd ? 8 : 0) + lane % 4 / 2 * 4;
  return v;
}

//===----------------------------------------------------------------------===//
// Blocks over the output
//===----------------------------------------------------------------------===//

/// Blocks that run together walk down `Band` rows of tiles before they take
/// the next column, so that operands are shared through L2.
template <int Band> VIT_DEV void block_tile(int &tileM, int &tileN) {
  const int columns = (int)gridDim.x, rows = (int)gridDim.y;
  const int index = (int)(blockIdx.y * gridDim.x + blockIdx.x);
  const int band = index / (Band * columns), first = band * Band;
  const int height = rows - first < Band ? rows - first : Band;
  const int within = index - first * columns;
  tileM = first + within % height;
  tileN = within / height;
}

} // namespace vit

#endif // VIT_TILE_CUH
