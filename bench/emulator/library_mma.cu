// The device library's gemm_mma on the fixed shape of this benchmark, as the
// printer would write it: out[197, 2304] = gelu(a[197, 768] * w[2304, 768]^T).
#include "gemm_mma.cuh"

namespace {

struct bench_library_mma_problem {
  const vit::f16 *a_;
  const vit::f16 *w_;
  vit::f16 *out_;
  int batch;

  using Compute = vit::f16;
  static constexpr int kN = 2304, kK = 768;
  static constexpr int kBM = 64, kBN = 64, kBK = 32;
  static constexpr int kWM = 32, kWN = 32, kStages = 3;
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
    return out_ + (m * 2304 + n);
  }
  static constexpr bool kHasPrologue = false;
  VIT_INLINE float epilogue(float x, int g, int m, int n) const {
    const float v =
        vit::fn::add(vit::fn::erf(vit::fn::mul(x, 0.707106769f)), 1.0f);
    return vit::fn::mul(vit::fn::mul(x, 0.5f), v);
  }
};

} // namespace

VIT_KERNEL(128)
bench_library_mma(const vit::f16 *__restrict__ a,
                  const vit::f16 *__restrict__ w, vit::f16 *out, int batch) {
  VIT_DYN_SMEM(smem);
  bench_library_mma_problem problem;
  problem.a_ = a;
  problem.w_ = w;
  problem.out_ = out;
  problem.batch = batch;
  vit::gemm_mma(problem, smem);
}
VIT_EXPORT(bench_library_mma)
