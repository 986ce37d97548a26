// The device library's gemm_simt on the fixed shape of this benchmark, as the
// printer would write it: out[197, 2304] = gelu(a[197, 768] * w[2304, 768]^T).
#include "gemm_simt.cuh"

namespace {

struct bench_library_simt_problem {
  const float *a_;
  const float *w_;
  float *out_;
  int batch;

  using Compute = float;
  static constexpr int kN = 2304, kK = 768;
  static constexpr int kBM = 64, kBN = 64, kBK = 16;
  static constexpr int kWM = 8, kWN = 8, kStages = 2;
  VIT_INLINE int groups() const { return 1; }
  VIT_INLINE int rows() const { return 197 * batch; }
  using A = float;
  static constexpr int kAVector = 4;
  static constexpr bool kAGuarded = false;
  VIT_INLINE const A *a(int g, int m, int k) const {
    return a_ + (m * 768 + k);
  }
  using W = float;
  static constexpr int kWVector = 4;
  static constexpr bool kWGuarded = false;
  VIT_INLINE const W *w(int g, int n, int k) const {
    return w_ + (n * 768 + k);
  }
  using Out = float;
  static constexpr int kOutVector = 4;
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

VIT_KERNEL(64)
bench_library_simt(const float *__restrict__ a, const float *__restrict__ w,
                   float *out, int batch) {
  VIT_DYN_SMEM(smem);
  bench_library_simt_problem problem;
  problem.a_ = a;
  problem.w_ = w;
  problem.out_ = out;
  problem.batch = batch;
  vit::gemm_simt(problem, smem);
}
VIT_EXPORT(bench_library_simt)
