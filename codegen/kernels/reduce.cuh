//===- reduce.cuh - a row to one value ------------------------------------===//
//
// out[r] = epilogue(reduction over c of prologue(in[r,c])), fp32; kKind is
// ReduceKind's number. Max and Min are NaN if an element is; ArgMax is the
// first index of the largest element, as a value.
//
// Launch: threadsPerRow * rowsPerBlock threads, ceil(rows / rowsPerBlock)
// blocks; 8 bytes of shared memory a warp where a row has several.
//
//===----------------------------------------------------------------------===//
#ifndef REDUCE_CUH
#define REDUCE_CUH

#include "vit_row.cuh"

namespace vit {

template <class P> struct reduce_shape : row_shape<P> {};

namespace detail {

enum ReduceKind {
  kReduceSum = 1,
  kReduceMean = 2,
  kReduceMax = 3,
  kReduceMin = 4,
  kReduceSumSquare = 5,
  kReduceL2 = 6,
  kReduceL1 = 7,
  kReduceProd = 8,
  kReduceArgMax = 9
};

/// A larger element, or the same one earlier.
VIT_DEV void take_larger(float &best, int &index, float x, int i) {
  if (x > best || (x == best && i < index)) {
    best = x;
    index = i;
  }
}

template <class P> VIT_DEV float arg_max(const RowOfThread<P> &row) {
  typedef row_shape<P> Shape;
  float best = -infinity();
  int index = P::kCols; // of no element yet: loses every tie
  row.each([&](float x, int c) { take_larger(best, index, x, c); });
  VIT_UNROLL
  for (int o = min_of(Shape::kT, 32) / 2; o > 0; o >>= 1) {
    const float x = __shfl_xor_sync(0xffffffffu, best, o);
    const int i = __shfl_xor_sync(0xffffffffu, index, o);
    take_larger(best, index, x, i);
  }
  if (Shape::kT > 32) {
    const float *values = row.across(best, 0);
    const float *indices = row.across(from_bits((u32)index), 1);
    VIT_UNROLL
    for (int w = 0; w < Shape::kWarpsPerRow; ++w)
      take_larger(best, index, values[w], (int)bits(indices[w]));
  }
  // No element compares above -inf in a row of NaN: the first one then.
  return index == P::kCols ? 0.0f : (float)index;
}

template <class P> VIT_DEV float reduce_row(const RowOfThread<P> &row) {
  constexpr int kind = P::kKind;
  float x = 0.0f;
  if (kind == kReduceMax || kind == kReduceMin) {
    const bool max = kind == kReduceMax;
    x = max ? -infinity() : infinity();
    row.each(
        [&](float e, int) { x = max ? Maximum::of(x, e) : Minimum::of(x, e); });
    return max ? row.template reduce<Maximum>(x, 0)
               : row.template reduce<Minimum>(x, 0);
  }
  if (kind == kReduceProd) {
    x = 1.0f;
    row.each([&](float e, int) { x *= e; });
    return row.template reduce<Product>(x, 0);
  }
  if (kind == kReduceSumSquare || kind == kReduceL2)
    row.each([&](float e, int) { x = fma(e, e, x); });
  else if (kind == kReduceL1)
    row.each([&](float e, int) { x += abs(e); });
  else
    row.each([&](float e, int) { x += e; });
  x = row.template reduce<Sum>(x, 0);
  return kind == kReduceMean ? x * (1.0f / (float)P::kCols)
         : kind == kReduceL2 ? sqrt(x)
                             : x;
}

} // namespace detail

template <class P> VIT_DEV void reduce(const P &p, unsigned char *smem) {
  typedef reduce_shape<P> Shape;
  static_assert(Shape::kThreads > 0, "the shape must be legal");
  static_assert(P::kKind >= 1 && P::kKind <= 9, "a ReduceKind");
  detail::RowOfThread<P> row(p, smem);
  const float x = P::kKind == detail::kReduceArgMax ? detail::arg_max(row)
                                                    : detail::reduce_row(row);
  VIT_COUNT(FLOP, detail::RowOfThread<P>::kSteps * P::kInVector);
  if (row.live && row.t == 0 && detail::OutValid<P::kOutGuarded>::get(p, row.r))
    vit::store(p.out(row.r), p.epilogue(x, row.r));
}

} // namespace vit

#endif // REDUCE_CUH
