//===- pointwise.cuh - one function at every element ----------------------===//
//
// P::element(i) loads, computes and stores kVector elements from i on; copies,
// transposes, gathers and padding are this too.
//
// Launch: kThreads threads, ceil(elements / (kThreads * kPerThread)) blocks, no
// shared memory. Neighbouring threads take neighbouring elements.
//
//===----------------------------------------------------------------------===//
#ifndef POINTWISE_CUH
#define POINTWISE_CUH

#include "vit_fn.cuh"

namespace vit {

template <class P> struct pointwise_shape {
  static constexpr int kThreads = P::kThreads;
  static constexpr int kSharedBytes = 0;
  static_assert(P::kPerThread % P::kVector == 0,
                "a thread computes whole vectors");
  static_assert(kThreads % 32 == 0 && kThreads <= 1024, "whole warps");
};

template <class P> VIT_DEV void pointwise(const P &p, unsigned char *) {
  typedef typename P::Index Index;
  static_assert(pointwise_shape<P>::kThreads > 0, "the shape must be legal");
  const Index first = (Index)blockIdx.x * (P::kThreads * P::kPerThread) +
                      (Index)threadIdx.x * P::kVector;
  const Index elements = p.elements();
  VIT_UNROLL
  for (int j = 0; j < P::kPerThread / P::kVector; ++j) {
    const Index i = first + (Index)(j * P::kThreads * P::kVector);
    if (i < elements)
      p.element(i);
  }
}

} // namespace vit

#endif // POINTWISE_CUH
