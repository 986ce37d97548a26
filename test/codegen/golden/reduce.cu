// reduce_mean_c768.cu - emitted by vitc. Do not edit.
//
// reduction over rows of 768, 197*B rows.
// Launch: grid (ceil((197*B) / 4), 1, 1), 128 threads, 0 bytes of shared
//   memory.
// Used by 1 launch, for the ONNX nodes
//   /ReduceMean
#include "reduce.cuh"

namespace {

struct reduce_mean_c768_problem {
  const float *in_;
  vit::f16 *out_;
  int batch;

  static constexpr int kCols = 768;
  static constexpr int kThreadsPerRow = 32, kRowsPerBlock = 4;
  VIT_INLINE int rows() const { return 197 * batch; }
  static constexpr int kKind = 2;
  using In = float;
  static constexpr int kInVector = 4;
  static constexpr bool kInGuarded = false;
  VIT_INLINE const In *in(int r, int c) const { return in_ + (r * 768 + c); }
  using Out = vit::f16;
  static constexpr int kOutVector = 1;
  static constexpr bool kOutGuarded = false;
  VIT_INLINE Out *out(int r) const { return out_ + r; }
  static constexpr bool kHasPrologue = false;

  VIT_INLINE float epilogue(float x, int r) const { return x; }
};

} // namespace

VIT_KERNEL(128)
reduce_mean_c768(const float *__restrict__ in, vit::f16 *__restrict__ out,
                 int batch) {
  VIT_DYN_SMEM(smem);
  reduce_mean_c768_problem problem;
  problem.in_ = in;
  problem.out_ = out;
  problem.batch = batch;
  vit::reduce(problem, smem);
}
VIT_EXPORT(reduce_mean_c768)
