//===- AttentionProblem.cpp - attention for the kernel tests --------------===//
#include "test/unit/kernels/AttentionProblem.h"

#include "codegen/KernelShape.h"

#include <cmath>
#include <limits>
#include <sstream>

using namespace vitrt::format;

namespace vitc::test {

Kernel AttentionProblem::kernel() const {
  AttentionConfig config;
  config.heads = heads;
  config.kvHeads = kvHeads;
  config.queries = queries;
  config.keys = keys;
  config.dk = dk;
  config.dv = dv;
  config.compute = compute;
  config.causal = causal;
  config.bm = bm;
  config.bn = bn;
  config.warps = warps;
  Kernel kernel;
  kernel.kind = TemplateKind::Attention;
  kernel.family = mma ? Family::Mma : Family::Simt;
  kernel.config = config;
  return kernel;
}

/// `const Q *q(b, h, m, d)` of a batch x rows x (heads * dim) operand.
static void address(std::ostream &s, const char *type, const char *name,
                    const char *row, const char *column, int rows, int heads,
                    int dim) {
  s << "  VIT_INLINE " << type << " *" << name << "(int b, int h, int " << row
    << ", int " << column << ") const { return " << name << "_ + ((b * " << rows
    << " + " << row << ") * " << heads * dim << " + h * " << dim << " + "
    << column << "); }\n";
}

static void members(std::ostream &s, const AttentionProblem &p) {
  const char *type = typeName(p.type);
  s << "  const " << type << " *q_, *k_, *v_;\n  const float *bias_;\n  "
    << typeName(p.out) << " *out_;\n  int batch;\n"
    << "  using Q = " << type << ";\n  using K = " << type
    << ";\n  using V = " << type << ";\n  using Out = " << typeName(p.out)
    << ";\n  using Compute = " << typeName(p.compute) << ";\n"
    << "  static constexpr int kQVector = " << p.vectorK
    << ", kKVector = " << p.vectorK << ", kVVector = " << p.vectorV
    << ", kOutVector = " << p.vectorOut
    << ";\n  static constexpr bool kQGuarded = false, kKGuarded = false, "
       "kVGuarded = false, kOutGuarded = false, kCausal = "
    << p.causal << ";\n  static constexpr int kHeads = " << p.heads
    << ", kKvHeads = " << p.kvHeads << ", kQueries = " << p.queries
    << ", kKeys = " << p.keys << ", kDk = " << p.dk << ", kDv = " << p.dv
    << ", kBM = " << p.bm << ", kBN = " << p.bn << ", kWarps = " << p.warps
    << ";\n  VIT_INLINE int batches() const { return " << p.batches
    << " * batch; }\n";
  address(s, "const Q", "q", "m", "d", p.queries, p.heads, p.dk);
  address(s, "const K", "k", "n", "d", p.keys, p.kvHeads, p.dk);
  address(s, "const V", "v", "n", "e", p.keys, p.kvHeads, p.dv);
  address(s, "Out", "out", "m", "e", p.queries, p.heads, p.dv);
  s << "  VIT_INLINE float score(float x, int b, int h, int m, int n) const {\n"
    << "    const float v1 = vit::fn::mul(x, " << std::showpoint << p.scale
    << "f);\n    return "
    << (p.bias ? "vit::fn::add(v1, bias_[(h * " + std::to_string(p.queries) +
                     " + m) * " + std::to_string(p.keys) + " + n])"
               : "v1")
    << ";\n  }\n  VIT_INLINE float epilogue(float x, int b, int h, int m, int "
       "e) const { return vit::fn::mul(x, 2.0f); }\n";
}

std::string AttentionProblem::text() const {
  std::ostringstream s;
  const char *name = mma ? "attention_mma" : "attention_simt";
  Kernel shape = kernel();
  s << "#include \"" << name << ".cuh\"\n\nnamespace {\nstruct problem {\n";
  members(s, *this);
  s << "};\nstatic_assert(vit::" << name
    << "_shape<problem>::kSharedBytes == " << sharedBytes(shape)
    << ", \"KernelShape.h\");\nstatic_assert(vit::" << name
    << "_shape<problem>::kThreads == " << threadsOf(shape)
    << ", \"KernelShape.h\");\n} // namespace\n\n"
    << "VIT_KERNEL(" << threadsOf(shape) << ")\nattention(const "
    << typeName(type) << " *__restrict__ q, const " << typeName(type)
    << " *__restrict__ k, const " << typeName(type)
    << " *__restrict__ v,\n          const float *bias, " << typeName(out)
    << " *__restrict__ out, int batch) {\n  VIT_DYN_SMEM(smem);\n"
    << "  const problem p = {q, k, v, bias, out, batch};\n  vit::" << name
    << "(p, smem);\n}\nVIT_EXPORT(attention)\n";
  return s.str();
}

namespace {

struct Operands {
  Tensor q, k, v, bias;
};

} // namespace

static Operands makeOperands(const AttentionProblem &p) {
  Operands o;
  o.q = randomTensor(p.type, size_t(p.batches) * p.queries * p.heads * p.dk, 1,
                     2);
  o.k =
      randomTensor(p.type, size_t(p.batches) * p.keys * p.kvHeads * p.dk, 2, 2);
  o.v = randomTensor(p.type, size_t(p.batches) * p.keys * p.kvHeads * p.dv, 3);
  o.bias = randomTensor(DType::F32, size_t(p.heads) * p.queries * p.keys, 4);
  for (size_t i = 0; i < o.bias.size() && p.hidden != 0; ++i) {
    int n = i % p.keys, m = i / p.keys % p.queries;
    if ((m + 2 * n) % 3 == 0 || m % 5 == 1)
      o.bias.set(i, p.hidden);
  }
  return o;
}

/// Softmax weights of one row, in double.
static std::vector<double> weights(const AttentionProblem &p, const Operands &o,
                                   int b, int h, int m) {
  int kv = h / (p.heads / p.kvHeads);
  std::vector<double> w(p.keys, -std::numeric_limits<double>::infinity());
  double max = -std::numeric_limits<double>::infinity();
  for (int n = 0; n < p.keys && !(p.causal && n > m); ++n) {
    double dot = 0;
    for (int d = 0; d < p.dk; ++d)
      dot +=
          o.q.get((size_t(b) * p.queries + m) * p.heads * p.dk + h * p.dk + d) *
          o.k.get((size_t(b) * p.keys + n) * p.kvHeads * p.dk + kv * p.dk + d);
    w[n] = dot * p.scale;
    if (p.bias) // as the kernel adds it: a large mask swallows the score
      w[n] = static_cast<float>(w[n] +
                                o.bias.get((h * p.queries + m) * p.keys + n));
    max = std::max(max, w[n]);
  }
  double sum = 0;
  for (double &x : w) {
    x = std::exp(x - max);
    sum += x;
  }
  for (double &x : w)
    x /= sum;
  return w;
}

void AttentionProblem::check() const {
  Operands o = makeOperands(*this);
  size_t elements = size_t(batches) * queries * heads * dv;
  Tensor result = poisonedTensor(out, elements);
  Kernel shape = kernel();
  KernelCase test;
  test.text = text();
  test.symbol = "attention";
  test.grid[0] = (queries + bm - 1) / bm;
  test.grid[1] = heads;
  test.grid[2] = batches;
  test.threads = threadsOf(shape);
  test.sharedBytes = sharedBytes(shape);
  test.arguments = {{"q", &o.q},
                    {"k", &o.k},
                    {"v", &o.v},
                    {"bias", &o.bias},
                    {"out", &result, true, true, false}};
  runEverywhere(test);

  // Scores carry fp32 rounding, probabilities that of the compute type.
  double step = compute == DType::BF16 ? 0x1p-8 : mma ? 0x1p-11 : 1e-6;
  double last = out == DType::BF16 ? 0x1p-8 : out == DType::F16 ? 0x1p-11 : 0;
  std::vector<double> want(elements), bound(elements);
  for (int b = 0; b < batches; ++b)
    for (int h = 0; h < heads; ++h)
      for (int m = 0; m < queries; ++m) {
        std::vector<double> w = weights(*this, o, b, h, m);
        int kv = h / (heads / kvHeads);
        for (int e = 0; e < dv; ++e) {
          double sum = 0, magnitude = 0;
          for (int n = 0; n < keys; ++n) {
            if (causal && n > m)
              continue;
            double x = w[n] * o.v.get((size_t(b) * keys + n) * kvHeads * dv +
                                      kv * dv + e);
            sum += x;
            magnitude += std::abs(x);
          }
          size_t i = (size_t(b) * queries + m) * heads * dv + h * dv + e;
          want[i] = 2 * sum;
          bound[i] = 2 * magnitude * (2 * step + 3e-5) + 1e-6 +
                     std::abs(want[i]) * last;
        }
      }
  std::ostringstream what;
  what << (mma ? "mma " : "simt ") << queries << "x" << keys << " dk " << dk
       << " dv " << dv;
  expectNear(what.str(), result, want, bound);
}

} // namespace vitc::test
