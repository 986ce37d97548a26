//===- GemmProblem.cpp - matrix products for the kernel tests -------------===//
#include "test/unit/kernels/GemmProblem.h"

#include "codegen/KernelShape.h"

#include <cmath>
#include <gtest/gtest.h>
#include <sstream>

using namespace vitrt::format;

namespace vitc::test {

Kernel GemmProblem::kernel() const {
  GemmConfig config;
  config.n = n;
  config.k = k;
  config.compute = compute;
  config.bm = bm;
  config.bn = bn;
  config.bk = bk;
  config.wm = wm;
  config.wn = wn;
  config.stages = stages;
  Kernel kernel;
  kernel.kind = TemplateKind::Gemm;
  kernel.family = mma ? Family::Mma : Family::Simt;
  kernel.config = config;
  return kernel;
}

static void constants(std::ostream &s, const GemmProblem &p) {
  s << "  using A = " << typeName(p.a) << ";\n  using W = " << typeName(p.w)
    << ";\n  using Out = " << typeName(p.out)
    << ";\n  using Compute = " << typeName(p.compute) << ";\n"
    << "  static constexpr int kAVector = " << p.vectorA
    << ", kWVector = " << p.vectorW << ", kOutVector = " << p.vectorOut
    << ";\n  static constexpr bool kAGuarded = " << p.guarded
    << ", kWGuarded = false, kOutGuarded = " << p.guardedOut
    << ", kHasPrologue = " << p.prologue << ";\n"
    << "  static constexpr int kN = " << p.n << ", kK = " << p.k
    << ", kBM = " << p.bm << ", kBN = " << p.bn << ", kBK = " << p.bk
    << ", kWM = " << p.wm << ", kWN = " << p.wn << ", kStages = " << p.stages
    << ";\n";
}

static void methods(std::ostream &s, const GemmProblem &p) {
  int lda = p.k + p.gapA, ldw = p.k + p.gapW, ldo = p.n + p.gapOut;
  s << "  VIT_INLINE int groups() const { return " << p.groups << "; }\n"
    << "  VIT_INLINE int rows() const { return " << p.rows << " * batch; }\n"
    << "  VIT_INLINE const A *a(int g, int m, int k) const { return a_ + ((g * "
    << p.rows << " + m) * " << lda << " + k); }\n"
    << "  VIT_INLINE const W *w(int g, int n, int k) const { return w_ + ((g * "
    << p.n << " + n) * " << ldw << " + k); }\n"
    << "  VIT_INLINE Out *out(int g, int m, int n) const { return out_ + ((g * "
    << p.rows << " + m) * " << ldo << " + n); }\n";
  if (p.guarded)
    s << "  VIT_INLINE bool a_valid(int g, int m, int k) const { return (m + k)"
         " % 5 != 2; }\n";
  if (p.guardedOut)
    s << "  VIT_INLINE bool out_valid(int g, int m, int n) const { return (m + "
         "n) % 7 != 3; }\n";
  if (p.prologue)
    s << "  VIT_INLINE float prologue(float x, int g, int m, int k) const {\n"
         "    return vit::fn::add(vit::fn::fma(x, 0.5f, 0.25f), shift_[k]);\n"
         "  }\n";
  s << "  VIT_INLINE float epilogue(float x, int g, int m, int n) const {\n";
  if (p.epilogue)
    s << "    const float v1 = vit::fn::add(x, bias_[n]);\n"
         "    const float v2 = vit::fn::erf(vit::fn::mul(v1, 0.707106769f));\n"
         "    const float v3 = vit::fn::mul(vit::fn::mul(v1, 0.5f), "
         "vit::fn::add(v2, 1.0f));\n"
         "    return vit::fn::add(v3, vit::to_f32(*out(g, m, n)));\n";
  else
    s << "    return x;\n";
  s << "  }\n";
}

std::string GemmProblem::text() const {
  std::ostringstream s;
  const char *name = mma ? "gemm_mma" : "gemm_simt";
  Kernel shape = kernel();
  s << "#include \"" << name << ".cuh\"\n\nnamespace {\nstruct problem {\n"
    << "  const " << typeName(a) << " *a_;\n  const " << typeName(w)
    << " *w_;\n  const float *shift_;\n  const float *bias_;\n  "
    << typeName(out) << " *out_;\n  int batch;\n";
  constants(s, *this);
  methods(s, *this);
  s << "};\nstatic_assert(vit::" << name
    << "_shape<problem>::kSharedBytes == " << sharedBytes(shape)
    << ", \"KernelShape.h\");\nstatic_assert(vit::" << name
    << "_shape<problem>::kThreads == " << threadsOf(shape)
    << ", \"KernelShape.h\");\n} // namespace\n\n"
    << "VIT_KERNEL(" << threadsOf(shape) << ")\ngemm(const " << typeName(a)
    << " *__restrict__ a, const " << typeName(w)
    << " *__restrict__ w,\n     const float *shift, const float *bias, "
    << typeName(out) << " *out,\n     int batch) {\n"
    << "  VIT_DYN_SMEM(smem);\n  const problem p = {a, w, shift, bias, out, "
       "batch};\n  vit::"
    << name << "(p, smem);\n}\nVIT_EXPORT(gemm)\n";
  return s.str();
}

/// Value of out before the epilogue, and the sum of magnitudes.
static double product(const GemmProblem &p, const Tensor &a, const Tensor &w,
                      const Tensor &shift, int g, int m, int n,
                      double &magnitude) {
  double sum = 0;
  magnitude = 0;
  for (int k = 0; k < p.k; ++k) {
    if (p.guarded && (m + k) % 5 == 2)
      continue;
    double x = a.get((g * p.rows + m) * (p.k + p.gapA) + k);
    if (p.prologue)
      x = x * 0.5 + 0.25 + shift.get(k);
    double y = w.get((g * p.n + n) * (p.k + p.gapW) + k);
    sum += x * y;
    magnitude += std::abs(x * y);
  }
  return sum;
}

/// Units in the last place of a type, relative.
static double epsilon(DType type) {
  return type == DType::BF16 ? 0x1p-8 : type == DType::F16 ? 0x1p-11 : 0x1p-23;
}

void GemmProblem::check() const {
  Tensor ta = randomTensor(a, size_t(groups) * rows * (k + gapA), 1);
  Tensor tw = randomTensor(w, size_t(groups) * n * (k + gapW), 2);
  Tensor shift = randomTensor(DType::F32, k, 3);
  Tensor bias = randomTensor(DType::F32, n, 4);
  size_t elements = size_t(groups) * rows * (n + gapOut);
  Tensor before =
      epilogue ? randomTensor(out, elements, 5) : poisonedTensor(out, elements);
  Tensor after = before;

  Kernel shape = kernel();
  KernelCase test;
  test.text = text();
  test.symbol = "gemm";
  test.grid[0] = (n + bn - 1) / bn;
  test.grid[1] = (rows + bm - 1) / bm;
  test.grid[2] = groups;
  test.threads = threadsOf(shape);
  test.sharedBytes = sharedBytes(shape);
  bool all = !guardedOut && gapOut == 0;
  test.arguments = {{"a", &ta},
                    {"w", &tw},
                    {"shift", &shift},
                    {"bias", &bias},
                    {"out", &after, true, all, epilogue}};
  runEverywhere(test);

  std::vector<double> want(elements), bound(elements, 0);
  double converted = mma && (prologue || a != compute || w != compute)
                         ? 2 * epsilon(compute)
                         : 0;
  for (size_t i = 0; i < elements; ++i)
    want[i] = before.get(i);
  for (int g = 0; g < groups; ++g)
    for (int m = 0; m < rows; ++m)
      for (int col = 0; col < n; ++col) {
        if (guardedOut && (m + col) % 7 == 3)
          continue;
        double magnitude;
        double x = product(*this, ta, tw, shift, g, m, col, magnitude);
        size_t i = (size_t(g) * rows + m) * (n + gapOut) + col;
        if (epilogue) {
          x += bias.get(col);
          x = 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))) + before.get(i);
        }
        want[i] = x;
        bound[i] =
            magnitude * (4e-6 + converted) + 4e-6 + std::abs(x) * epsilon(out);
      }
  std::ostringstream what;
  what << (mma ? "mma " : "simt ") << rows << "x" << n << "x" << k;
  expectNear(what.str(), after, want, bound);
}

} // namespace vitc::test
