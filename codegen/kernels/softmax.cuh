//===- softmax.cuh - softmax and its logarithm over rows ------------------===//
//
// out[r,c] = epilogue(exp(x - max) / sum), or with kLog
// epilogue(x - max - log(sum)), x = prologue(in[r,c]); fp32.
//
// Launch: threadsPerRow * rowsPerBlock threads, ceil(rows / rowsPerBlock)
// blocks; 8 bytes of shared memory a warp where a row has several.
//
//===----------------------------------------------------------------------===//
#ifndef SOFTMAX_CUH
#define SOFTMAX_CUH

#include "vit_row.cuh"

namespace vit {

template <class P> struct softmax_shape : row_shape<P> {};

template <class P> VIT_DEV void softmax(const P &p, unsigned char *smem) {
  typedef softmax_shape<P> Shape;
  static_assert(Shape::kThreads > 0, "the shape must be legal");
  typedef detail::RowOfThread<P> Row;
  Row row(p, smem);

  float max = -infinity();
  row.each([&](float x, int) { max = detail::Maximum::of(max, x); });
  max = row.template reduce<detail::Maximum>(max, 0);
  VIT_COUNT(SPECIAL, 2 * Row::kSteps * P::kInVector);

  // The exponentials of a kept row are computed once.
  constexpr bool kMapped = Row::kKept && !P::kLog;
  if (kMapped)
    row.map([&](float x) { return exp(x - max); });
  float sum = 0.0f;
  row.each([&](float x, int) { sum += kMapped ? x : exp(x - max); });
  sum = row.template reduce<detail::Sum>(sum, 1);

  if (P::kLog) {
    const float shift = log(sum);
    row.write([&](float x) { return x - max - shift; });
  } else {
    const float factor = 1.0f / sum;
    row.write([&](float x) { return (kMapped ? x : exp(x - max)) * factor; });
  }
}

} // namespace vit

#endif // SOFTMAX_CUH
