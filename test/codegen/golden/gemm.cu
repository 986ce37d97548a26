// gemm_n3072_k768_f16_bias_gelu_add.cu - emitted by vitc. Do not edit.
//
// out[m, n] = epilogue(sum_k a[m, k] * w[n, k]), m < 197*B, n < 3072, k < 768.
// Launch: grid (24, ceil((197*B) / 128), 1), 256 threads, 49152 bytes of shared
//   memory.
// Why: mma: f16 operands; 128x128 tiles give 48 blocks an image
// Used by 1 launch, for the ONNX nodes
//   /fc1/MatMul, /fc1/Add, /act/Gelu, /Add_1
#include "gemm_mma.cuh"

namespace {

struct gemm_n3072_k768_f16_bias_gelu_add_problem {
  const vit::f16 *a_;
  const vit::f16 *w_;
  const float *bias_;
  const float *residual_;
  vit::f16 *out_;
  int batch;

  using Compute = vit::f16;
  static constexpr int kN = 3072, kK = 768;
  static constexpr int kBM = 128, kBN = 128, kBK = 32;
  static constexpr int kWM = 64, kWN = 32, kStages = 3;
  VIT_INLINE int groups() const { return 1; }
  VIT_INLINE int rows() const { return 197 * batch; }
  using A = vit::f16;
  static constexpr int kAVector = 8;
  static constexpr bool kAGuarded = false;
  VIT_INLINE const A *a(int g, int m, int k) const {
    return a_ + (m * 768 + k);
  }
  using W = vit::f16;
  static constexpr int kWVector = 8;
  static constexpr bool kWGuarded = false;
  VIT_INLINE const W *w(int g, int n, int k) const {
    return w_ + (n * 768 + k);
  }
  using Out = vit::f16;
  static constexpr int kOutVector = 8;
  static constexpr bool kOutGuarded = false;
  VIT_INLINE Out *out(int g, int m, int n) const {
    return out_ + (m * 3072 + n);
  }
  static constexpr bool kHasPrologue = false;

  VIT_INLINE float epilogue(float x, int g, int m, int n) const {
    const float residual_value =
        residual_[(m / 197) * 605184 + (m % 197) * 3072 + n];
    // Add /fc1/Add
    const float v3 = vit::fn::add(x, bias_[n]);
    // Gelu /act/Gelu
    const float v8 =
        vit::fn::add(vit::fn::erf(vit::fn::mul(v3, 0.707106769f)), 1.0f);
    const float v11 = vit::fn::mul(vit::fn::mul(v3, 0.5f), v8);
    // Add /Add_1
    return vit::fn::add(v11, residual_value);
  }
};

} // namespace

VIT_KERNEL(256)
gemm_n3072_k768_f16_bias_gelu_add(const vit::f16 *__restrict__ a,
                                  const vit::f16 *__restrict__ w,
                                  const float *bias, const float *residual,
                                  vit::f16 *out, int batch) {
  VIT_DYN_SMEM(smem);
  gemm_n3072_k768_f16_bias_gelu_add_problem problem;
  problem.a_ = a;
  problem.w_ = w;
  problem.bias_ = bias;
  problem.residual_ = vit::aligned<16>(residual);
  problem.out_ = out;
  problem.batch = batch;
  vit::gemm_mma(problem, smem);
}
VIT_EXPORT(gemm_n3072_k768_f16_bias_gelu_add)
