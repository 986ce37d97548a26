//===- row_norm.cuh - layer norm and RMS norm -----------------------------===//
//
// out[r,c] = epilogue((x - mean) * rsqrt(var + eps)), or with kRms
// epilogue(x * rsqrt(mean(x^2) + eps)), x = prologue(in[r,c]); gamma and beta
// are part of the epilogue. Mean and variance come from two passes: a
// one-pass variance cancels where the mean is large. fp32.
//
// Launch: threadsPerRow * rowsPerBlock threads, ceil(rows / rowsPerBlock)
// blocks; 8 bytes of shared memory a warp where a row has several.
//
//===----------------------------------------------------------------------===//
#ifndef ROW_NORM_CUH
#define ROW_NORM_CUH

#include "vit_row.cuh"

namespace vit {

template <class P> struct row_norm_shape : row_shape<P> {};

template <class P> VIT_DEV void row_norm(const P &p, unsigned char *smem) {
  typedef row_norm_shape<P> Shape;
  static_assert(Shape::kThreads > 0, "the shape must be legal");
  detail::RowOfThread<P> row(p, smem);
  const float scale = 1.0f / (float)P::kCols;

  float mean = 0.0f;
  if (!P::kRms) {
    row.each([&](float x, int) { mean += x; });
    mean = row.template reduce<detail::Sum>(mean, 0) * scale;
  }
  float square = 0.0f;
  row.each([&](float x, int) { square = fma(x - mean, x - mean, square); });
  square = row.template reduce<detail::Sum>(square, 1) * scale;
  VIT_COUNT(FLOP, 5 * detail::RowOfThread<P>::kSteps * P::kInVector);

  const float factor = rsqrt(square + P::kEpsilon);
  row.write([&](float x) { return (x - mean) * factor; });
}

} // namespace vit

#endif // ROW_NORM_CUH
