//===- KernelShape.h - threads and shared memory of a kernel ----*- C++ -*-===//
//
// The formulas that each template's .cuh states as NAME_shape<P>::kThreads and
// kSharedBytes, from the plan's config; a test holds them equal. Plain C++.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_CODEGEN_KERNELSHAPE_H
#define VITC_CODEGEN_KERNELSHAPE_H

#include "runtime/format/Plan.h"

#include <algorithm>

namespace vitc {

namespace detail {

/// Head dims are padded with zeros to a multiple of 16.
constexpr uint32_t paddedHeadDim(int64_t dim) {
  return static_cast<uint32_t>((dim + 15) / 16 * 16);
}

inline uint32_t attentionSharedBytes(const vitrt::format::AttentionConfig &c,
                                     bool simt) {
  uint32_t dk = paddedHeadDim(c.dk), dv = paddedHeadDim(c.dv);
  uint32_t bm = c.bm, bn = c.bn;
  // Two bytes an element, rows padded by one chunk of 8 (mma); floats, K and V
  // in one buffer, the probabilities beside it (simt).
  return simt ? 4 * (bm * dk + bn * std::max(dk, dv) + bm * bn)
              : 2 * ((bm + bn) * (dk + 8) + bn * (dv + 8));
}

/// Rows over groups of threads: two floats for each warp of a longer group.
inline uint32_t rowSharedBytes(int32_t threadsPerRow, int32_t rowsPerBlock) {
  return threadsPerRow > 32 ? 8 * rowsPerBlock * (threadsPerRow / 32) : 0;
}

} // namespace detail

/// Threads a block, all in x.
inline uint32_t threadsOf(const vitrt::format::Kernel &kernel) {
  using namespace vitrt::format;
  if (auto *c = std::get_if<GemmConfig>(&kernel.config))
    return (c->bm / c->wm) * (c->bn / c->wn) *
           (kernel.family == Family::Simt ? 1 : 32);
  if (auto *c = std::get_if<AttentionConfig>(&kernel.config))
    return 32 * c->warps;
  if (auto *c = std::get_if<PointwiseConfig>(&kernel.config))
    return c->threads;
  if (auto *c = std::get_if<RowNormConfig>(&kernel.config))
    return c->threadsPerRow * c->rowsPerBlock;
  if (auto *c = std::get_if<SoftmaxConfig>(&kernel.config))
    return c->threadsPerRow * c->rowsPerBlock;
  auto &c = std::get<ReduceConfig>(kernel.config);
  return c.threadsPerRow * c.rowsPerBlock;
}

/// Dynamic shared memory a block, in bytes.
inline uint32_t sharedBytes(const vitrt::format::Kernel &kernel) {
  using namespace vitrt::format;
  bool simt = kernel.family == Family::Simt;
  if (auto *c = std::get_if<GemmConfig>(&kernel.config))
    return c->stages * (c->bm + c->bn) * c->bk * (simt ? 4 : 2);
  if (auto *c = std::get_if<AttentionConfig>(&kernel.config))
    return detail::attentionSharedBytes(*c, simt);
  if (std::get_if<PointwiseConfig>(&kernel.config))
    return 0;
  if (auto *c = std::get_if<RowNormConfig>(&kernel.config))
    return detail::rowSharedBytes(c->threadsPerRow, c->rowsPerBlock);
  if (auto *c = std::get_if<SoftmaxConfig>(&kernel.config))
    return detail::rowSharedBytes(c->threadsPerRow, c->rowsPerBlock);
  auto &c = std::get<ReduceConfig>(kernel.config);
  return detail::rowSharedBytes(c.threadsPerRow, c.rowsPerBlock);
}

} // namespace vitc

#endif // VITC_CODEGEN_KERNELSHAPE_H
