//===- vit_row.cuh - a row of a matrix over a group of threads ------------===//
//
// What row_norm, softmax and reduce share: kThreadsPerRow threads hold a row,
// in registers where it is at most 64 elements a thread, else read again in
// each pass; and reductions over the group.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_ROW_CUH
#define VIT_ROW_CUH

#include "vit_tile.cuh"

namespace vit {

/// Launch: kThreads threads, ceil(rows / kRowsPerBlock) blocks.
template <class P> struct row_shape {
  static constexpr int kT = P::kThreadsPerRow, kR = P::kRowsPerBlock;
  static constexpr int kThreads = kT * kR;
  static constexpr int kWarpsPerRow = kT > 32 ? kT / 32 : 1;
  /// Two slots of a float for each warp, where a row has several.
  static constexpr int kSharedBytes = kT > 32 ? 8 * kR *kWarpsPerRow : 0;

  static_assert(is_power_of_two(kT), "groups are reduced by halving");
  static_assert(kThreads % 32 == 0 && kThreads <= 1024,
                "shuffles need whole warps");
};

namespace detail {

// Reductions of two values; all are done in a fixed order.
struct Sum {
  VIT_FN static float of(float a, float b) { return a + b; }
};
struct Product {
  VIT_FN static float of(float a, float b) { return a * b; }
};
struct Maximum { // NaN if one is NaN
  VIT_FN static float of(float a, float b) {
    return is_nan(a) ? a : is_nan(b) || b > a ? b : a;
  }
};
struct Minimum {
  VIT_FN static float of(float a, float b) {
    return is_nan(a) ? a : is_nan(b) || b < a ? b : a;
  }
};

/// The row of this thread, and its part of it: vectors of kV elements, the
/// group's threads taking turns.
template <class P> struct RowOfThread {
  typedef row_shape<P> Shape;
  static constexpr int kT = Shape::kT, kV = P::kInVector;
  static constexpr int kSteps = ceil_div(P::kCols, kT *kV);
  static constexpr bool kKept = kSteps * kV <= 64;

  const P &p;
  float *slots;
  int r, t;
  bool live; // threads beyond the last row reduce with the others
  float kept[kKept ? kSteps : 1][kV];

  VIT_FN RowOfThread(const P &p, unsigned char *smem)
      : p(p), slots((float *)smem), t((int)threadIdx.x % kT) {
    r = (int)blockIdx.x * Shape::kR + (int)threadIdx.x / kT;
    live = r < p.rows();
    VIT_UNROLL
    for (int s = 0; s < (kKept ? kSteps : 0); ++s)
      read(s, kept[s]);
  }

  VIT_FN int column(int step) const { return (step * kT + t) * kV; }

  // What Optional calls.
  VIT_FN bool valid_(int r, int c) const { return p.in_valid(r, c); }
  VIT_FN float prologue_(float x, int r, int c) const {
    return p.prologue(x, r, c);
  }

  /// The vector of one step, after the prologue; 0 where there is none.
  VIT_FN void read(int step, float (&v)[kV]) const {
    const int c = column(step);
    VIT_UNROLL
    for (int i = 0; i < kV; ++i)
      v[i] = 0.0f;
    if (!live || c >= P::kCols || !Optional<P::kInGuarded>::valid(*this, r, c))
      return;
    load_vec<kV>(p.in(r, c), v);
    VIT_UNROLL
    for (int i = 0; i < kV; ++i)
      v[i] = Optional<P::kHasPrologue>::prologue(*this, v[i], r, c + i);
  }

  /// f(x, c) for each element of this thread, in order of c.
  template <class F> VIT_FN void each(F f) const {
    if (kKept) {
      VIT_UNROLL
      for (int s = 0; s < (kKept ? kSteps : 0); ++s)
        visit(s, kept[kKept ? s : 0], f);
    } else {
      for (int s = 0; s < kSteps; ++s) {
        float v[kV];
        read(s, v);
        visit(s, v, f);
      }
    }
  }
  template <class F>
  VIT_FN void visit(int step, const float (&v)[kV], F f) const {
    const int c = column(step);
    if (live && c < P::kCols) {
      VIT_UNROLL
      for (int i = 0; i < kV; ++i)
        f(v[i], c + i);
    }
  }

  /// x = f(x) for each element of a kept row.
  template <class F> VIT_FN void map(F f) {
    VIT_UNROLL
    for (int s = 0; s < (kKept ? kSteps : 0); ++s) {
      VIT_UNROLL
      for (int i = 0; i < kV; ++i)
        kept[kKept ? s : 0][i] = f(kept[kKept ? s : 0][i]);
    }
  }

  /// out(r, c) = epilogue(f(x)) for each element. Kept rows run every epilogue
  /// before the first store: an operand of it may be the output's memory.
  template <class F> VIT_FN void write(F f) {
    if (kKept) {
      VIT_UNROLL
      for (int s = 0; s < (kKept ? kSteps : 0); ++s)
        finish(s, kept[kKept ? s : 0], f);
      VIT_UNROLL
      for (int s = 0; s < (kKept ? kSteps : 0); ++s)
        store(s, kept[kKept ? s : 0]);
    } else {
      for (int s = 0; s < kSteps; ++s) {
        float v[kV];
        read(s, v);
        finish(s, v, f);
        store(s, v);
      }
    }
  }
  template <class F> VIT_FN void finish(int step, float (&v)[kV], F f) const {
    const int c = column(step);
    if (live && c < P::kCols) {
      VIT_UNROLL
      for (int i = 0; i < kV; ++i)
        v[i] = p.epilogue(f(v[i]), r, c + i);
    }
  }
  VIT_FN void store(int step, const float (&v)[kV]) const {
    constexpr int V = min_of(P::kOutVector, kV);
    const int c = column(step);
    if (!live || c >= P::kCols)
      return;
    VIT_UNROLL
    for (int i = 0; i < kV; i += V) {
      float part[V];
      VIT_UNROLL
      for (int j = 0; j < V; ++j)
        part[j] = v[i + j];
      if (OutValid<P::kOutGuarded>::get(p, r, c + i))
        store_vec<V>(p.out(r, c + i), part);
    }
  }

  /// Op over the group's x, for all of its threads. Slots 0 and 1 take turns:
  /// a slot is written again only after the barrier of the other one.
  template <class Op> VIT_FN float reduce(float x, int slot) const {
    VIT_UNROLL
    for (int o = min_of(kT, 32) / 2; o > 0; o >>= 1)
      x = Op::of(x, __shfl_xor_sync(0xffffffffu, x, o));
    if (kT <= 32)
      return x;
    float *row = across(x, slot);
    x = row[0];
    VIT_UNROLL
    for (int w = 1; w < Shape::kWarpsPerRow; ++w)
      x = Op::of(x, row[w]);
    return x;
  }
  /// Gives the values of the row's warps to all of its threads.
  VIT_FN float *across(float x, int slot) const {
    float *row = slots + (slot * Shape::kR + (int)threadIdx.x / kT) *
                             Shape::kWarpsPerRow;
    if (t % 32 == 0)
      row[t / 32] = x;
    __syncthreads();
    return row;
  }
};

} // namespace detail

} // namespace vit

#endif // VIT_ROW_CUH
