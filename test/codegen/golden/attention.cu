// attention_h12_q197_k197_d64_f16.cu - emitted by vitc. Do not edit.
//
// out = softmax(score(q k^T)) v: 12 heads, 197 queries of 64, 197 keys, values
// of 64.
// Launch: grid (4, 12, 1*B), 128 threads, 36864 bytes of shared memory.
// Used by 1 launch, for the ONNX nodes
//   /attn/Mul, /attn/Add, /attn/Softmax
#include "attention_mma.cuh"

namespace {

struct attention_h12_q197_k197_d64_f16_problem {
  const vit::f16 *q_;
  const vit::f16 *k_;
  const vit::f16 *v_;
  const float *bias_;
  vit::f16 *out_;
  int batch;

  using Compute = vit::f16;
  static constexpr int kHeads = 12, kKvHeads = 12;
  static constexpr int kQueries = 197, kKeys = 197;
  static constexpr int kDk = 64, kDv = 64;
  static constexpr int kBM = 64, kBN = 64, kWarps = 4;
  static constexpr bool kCausal = false;
  VIT_INLINE int batches() const { return batch; }
  using Q = vit::f16;
  static constexpr int kQVector = 8;
  static constexpr bool kQGuarded = false;
  VIT_INLINE const Q *q(int b, int h, int m, int d) const {
    return q_ + (b * 453888 + h * 64 + m * 2304 + d);
  }
  using K = vit::f16;
  static constexpr int kKVector = 8;
  static constexpr bool kKGuarded = false;
  VIT_INLINE const K *k(int b, int h, int n, int d) const {
    return k_ + (b * 453888 + h * 64 + n * 2304 + d);
  }
  using V = vit::f16;
  static constexpr int kVVector = 8;
  static constexpr bool kVGuarded = false;
  VIT_INLINE const V *v(int b, int h, int n, int e) const {
    return v_ + (b * 453888 + h * 64 + n * 2304 + e);
  }
  using Out = vit::f16;
  static constexpr int kOutVector = 8;
  static constexpr bool kOutGuarded = false;
  VIT_INLINE Out *out(int b, int h, int m, int e) const {
    return out_ + (b * 151296 + h * 64 + m * 768 + e);
  }

  VIT_INLINE float score(float x, int b, int h, int m, int n) const {
    const float bias_value = bias_[h * 38809 + m * 197 + n];
    // Mul /attn/Mul
    const float v3 = vit::fn::mul(x, 0.125f);
    // Add /attn/Add
    return vit::fn::add(v3, bias_value);
  }

  VIT_INLINE float epilogue(float x, int b, int h, int m, int e) const {
    return x;
  }
};

} // namespace

VIT_KERNEL(128)
attention_h12_q197_k197_d64_f16(const vit::f16 *__restrict__ q,
                                const vit::f16 *__restrict__ k,
                                const vit::f16 *__restrict__ v,
                                const float *bias, vit::f16 *out, int batch) {
  VIT_DYN_SMEM(smem);
  attention_h12_q197_k197_d64_f16_problem problem;
  problem.q_ = q;
  problem.k_ = k;
  problem.v_ = v;
  problem.bias_ = bias;
  problem.out_ = out;
  problem.batch = batch;
  vit::attention_mma(problem, smem);
}
VIT_EXPORT(attention_h12_q197_k197_d64_f16)
