// layer_norm_c768_f32_f16.cu - emitted by vitc. Do not edit.
//
// layer norm over rows of 768, 197*B rows.
// Launch: grid (ceil((197*B) / 4), 1, 1), 128 threads, 0 bytes of shared
//   memory.
// Used by 1 launch, for the ONNX nodes
//   /norm1/LayerNormalization
#include "row_norm.cuh"

namespace {

struct layer_norm_c768_f32_f16_problem {
  const float *in_;
  const float *gamma_;
  vit::f16 *out_;
  int batch;

  static constexpr int kCols = 768;
  static constexpr int kThreadsPerRow = 32, kRowsPerBlock = 4;
  VIT_INLINE int rows() const { return 197 * batch; }
  static constexpr bool kRms = false;
  static constexpr float kEpsilon = 9.99999975e-06f;
  using In = float;
  static constexpr int kInVector = 4;
  static constexpr bool kInGuarded = false;
  VIT_INLINE const In *in(int r, int c) const { return in_ + (r * 768 + c); }
  using Out = vit::f16;
  static constexpr int kOutVector = 8;
  static constexpr bool kOutGuarded = false;
  VIT_INLINE Out *out(int r, int c) const { return out_ + (r * 768 + c); }
  static constexpr bool kHasPrologue = false;

  VIT_INLINE float epilogue(float x, int r, int c) const {
    // LayerNormalization /norm1/LayerNormalization
    return vit::fn::mul(x, gamma_[c]);
  }
};

} // namespace

VIT_KERNEL(128)
layer_norm_c768_f32_f16(const float *__restrict__ in, const float *gamma,
                        vit::f16 *out, int batch) {
  VIT_DYN_SMEM(smem);
  layer_norm_c768_f32_f16_problem problem;
  problem.in_ = in;
  problem.gamma_ = vit::aligned<16>(gamma);
  problem.out_ = out;
  problem.batch = batch;
  vit::row_norm(problem, smem);
}
VIT_EXPORT(layer_norm_c768_f32_f16)
