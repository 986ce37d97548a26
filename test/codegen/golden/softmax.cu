// softmax_c768.cu - emitted by vitc. Do not edit.
//
// softmax over rows of 768, 197*B rows.
// Launch: grid (ceil((197*B) / 4), 1, 1), 128 threads, 0 bytes of shared
//   memory.
// Used by 1 launch, for the ONNX nodes
//   /Softmax
#include "softmax.cuh"

namespace {

struct softmax_c768_problem {
  const float *in_;
  vit::f16 *out_;
  int batch;

  static constexpr int kCols = 768;
  static constexpr int kThreadsPerRow = 32, kRowsPerBlock = 4;
  VIT_INLINE int rows() const { return 197 * batch; }
  static constexpr bool kLog = false;
  using In = float;
  static constexpr int kInVector = 4;
  static constexpr bool kInGuarded = false;
  VIT_INLINE const In *in(int r, int c) const { return in_ + (r * 768 + c); }
  using Out = vit::f16;
  static constexpr int kOutVector = 8;
  static constexpr bool kOutGuarded = false;
  VIT_INLINE Out *out(int r, int c) const { return out_ + (r * 768 + c); }
  static constexpr bool kHasPrologue = false;

  VIT_INLINE float epilogue(float x, int r, int c) const { return x; }
};

} // namespace

VIT_KERNEL(128)
softmax_c768(const float *__restrict__ in, vit::f16 *__restrict__ out,
             int batch) {
  VIT_DYN_SMEM(smem);
  softmax_c768_problem problem;
  problem.in_ = in;
  problem.out_ = out;
  problem.batch = batch;
  vit::softmax(problem, smem);
}
VIT_EXPORT(softmax_c768)
