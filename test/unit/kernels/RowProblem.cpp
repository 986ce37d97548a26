//===- RowProblem.cpp - norms, softmax, reductions for the tests ----------===//
#include "test/unit/kernels/RowProblem.h"

#include "codegen/KernelShape.h"

#include <algorithm>
#include <cmath>
#include <sstream>

using namespace vitrt::format;

namespace vitc::test {

Kernel RowProblem::kernel() const {
  Kernel kernel;
  auto fill = [&](auto config) {
    config.cols = cols;
    config.threadsPerRow = threadsPerRow;
    config.rowsPerBlock = rowsPerBlock;
    kernel.config = config;
  };
  if (kind == Reduce) {
    kernel.kind = TemplateKind::Reduce;
    fill(ReduceConfig());
  } else if (kind == Softmax || kind == LogSoftmax) {
    kernel.kind = TemplateKind::Softmax;
    fill(SoftmaxConfig());
  } else {
    kernel.kind = TemplateKind::RowNorm;
    fill(RowNormConfig());
  }
  return kernel;
}

static const char *templateOf(const RowProblem &p) {
  return p.kind == RowProblem::Reduce ? "reduce"
         : p.kind == RowProblem::Softmax || p.kind == RowProblem::LogSoftmax
             ? "softmax"
             : "row_norm";
}

static void members(std::ostream &s, const RowProblem &p) {
  bool reduce = p.kind == RowProblem::Reduce;
  const char *c = reduce ? "" : ", int c";
  int pitch = p.cols + p.gap;
  s << "  const " << typeName(p.in)
    << " *in_;\n  const float *bias_, *gamma_;\n"
    << "  " << typeName(p.out)
    << " *out_;\n  int batch;\n  using In = " << typeName(p.in)
    << ";\n  using Out = " << typeName(p.out)
    << ";\n  static constexpr int kInVector = " << p.vectorIn
    << ", kOutVector = " << p.vectorOut
    << ";\n  static constexpr bool kInGuarded = " << p.guarded
    << ", kOutGuarded = false, kHasPrologue = " << p.prologue
    << ", kRms = " << (p.kind == RowProblem::Rms)
    << ", kLog = " << (p.kind == RowProblem::LogSoftmax)
    << ";\n  static constexpr float kEpsilon = 1e-5f;\n"
    << "  static constexpr int kCols = " << p.cols
    << ", kThreadsPerRow = " << p.threadsPerRow
    << ", kRowsPerBlock = " << p.rowsPerBlock
    << ", kKind = " << static_cast<int>(p.reduce)
    << ";\n  VIT_INLINE int rows() const { return " << p.rows
    << " * batch; }\n  VIT_INLINE const In *in(int r, int c) const { return "
       "in_ + (r * "
    << pitch << " + c); }\n  VIT_INLINE Out *out(int r" << c
    << ") const { return out_ + "
    << (reduce ? "r" : "(r * " + std::to_string(pitch) + " + c)") << "; }\n";
  if (p.guarded)
    s << "  VIT_INLINE bool in_valid(int r, int c) const { return (r + c) % 5 "
         "!= 2; }\n";
  if (p.prologue)
    s << "  VIT_INLINE float prologue(float x, int r, int c) const { return "
         "vit::fn::sub(vit::fn::mul(x, 2.0f), bias_[c]); }\n";
  s << "  VIT_INLINE float epilogue(float x, int r" << c << ") const { return ";
  if (p.epilogue)
    s << "vit::fn::add(vit::fn::mul(x, gamma_[" << (reduce ? "r" : "c")
      << "]), vit::to_f32(*out(r" << (reduce ? "" : ", c") << "))); }\n";
  else
    s << "x; }\n";
}

std::string RowProblem::text() const {
  std::ostringstream s;
  const char *name = templateOf(*this);
  Kernel shape = kernel();
  s << "#include \"" << name << ".cuh\"\n\nnamespace {\nstruct problem {\n";
  members(s, *this);
  s << "};\nstatic_assert(vit::" << name
    << "_shape<problem>::kSharedBytes == " << sharedBytes(shape)
    << ", \"KernelShape.h\");\nstatic_assert(vit::" << name
    << "_shape<problem>::kThreads == " << threadsOf(shape)
    << ", \"KernelShape.h\");\n} // namespace\n\nVIT_KERNEL("
    << threadsOf(shape) << ")\nrows(const " << typeName(in)
    << " *in, const float *bias, const float *gamma,\n     " << typeName(out)
    << " *out, int batch) {\n  VIT_DYN_SMEM(smem);\n"
    << "  const problem p = {in, bias, gamma, out, batch};\n  vit::" << name
    << "(p, smem);\n}\nVIT_EXPORT(rows)\n";
  return s.str();
}

static double reduced(ReduceKind kind, const std::vector<double> &x) {
  double sum = 0, square = 0, magnitude = 0, product = 1;
  for (double v : x) {
    sum += v;
    square += v * v;
    magnitude += std::abs(v);
    product *= v;
  }
  switch (kind) {
  case ReduceKind::Sum:
    return sum;
  case ReduceKind::Mean:
    return sum / x.size();
  case ReduceKind::Max:
    return *std::max_element(x.begin(), x.end());
  case ReduceKind::Min:
    return *std::min_element(x.begin(), x.end());
  case ReduceKind::SumSquare:
    return square;
  case ReduceKind::L2:
    return std::sqrt(square);
  case ReduceKind::L1:
    return magnitude;
  case ReduceKind::Prod:
    return product;
  case ReduceKind::ArgMax:
    return std::max_element(x.begin(), x.end()) - x.begin();
  }
  return 0;
}

/// Results of one row before the epilogue.
static std::vector<double> rowResults(const RowProblem &p,
                                      const std::vector<double> &x) {
  if (p.kind == RowProblem::Reduce)
    return {reduced(p.reduce, x)};
  std::vector<double> y(x.size());
  double max = *std::max_element(x.begin(), x.end());
  double mean = 0, square = 0, sum = 0;
  for (double v : x) {
    mean += v / x.size();
    sum += std::exp(v - max);
  }
  if (p.kind == RowProblem::Rms)
    mean = 0;
  for (double v : x)
    square += (v - mean) * (v - mean) / x.size();
  for (size_t c = 0; c < x.size(); ++c)
    y[c] = p.kind == RowProblem::Softmax ? std::exp(x[c] - max) / sum
           : p.kind == RowProblem::LogSoftmax
               ? x[c] - max - std::log(sum)
               : (x[c] - mean) / std::sqrt(square + 1e-5);
  return y;
}

void RowProblem::check() const {
  size_t pitch = cols + gap, width = kind == Reduce ? 1 : cols;
  Tensor tin = randomTensor(in, rows * pitch, 1, scale);
  for (size_t i = 0; i < tin.size() && shift != 0; ++i)
    tin.set(i, tin.get(i) + shift);
  Tensor bias = randomTensor(DType::F32, cols, 2);
  Tensor gamma = randomTensor(DType::F32, std::max(rows, cols), 3);
  size_t outPitch = kind == Reduce ? 1 : pitch;
  Tensor before = epilogue ? randomTensor(out, rows * outPitch, 4)
                           : poisonedTensor(out, rows * outPitch);
  Tensor after = before;

  Kernel shape = kernel();
  KernelCase test;
  test.text = text();
  test.symbol = "rows";
  test.grid[0] = (rows + rowsPerBlock - 1) / rowsPerBlock;
  test.threads = threadsOf(shape);
  test.sharedBytes = sharedBytes(shape);
  test.arguments = {{"in", &tin},
                    {"bias", &bias},
                    {"gamma", &gamma},
                    {"out", &after, true, outPitch == width, epilogue}};
  runEverywhere(test);

  double last = out == DType::BF16 ? 0x1p-8 : out == DType::F16 ? 0x1p-11 : 0;
  std::vector<double> want(after.size()), bound(after.size(), 0);
  for (size_t i = 0; i < want.size(); ++i)
    want[i] = before.get(i);
  for (int r = 0; r < rows; ++r) {
    std::vector<double> x(cols);
    double magnitude = 0;
    for (int c = 0; c < cols; ++c) {
      x[c] = guarded && (r + c) % 5 == 2 ? 0
             : prologue ? 2 * tin.get(r * pitch + c) - bias.get(c)
                        : tin.get(r * pitch + c);
      magnitude += std::abs(x[c]);
    }
    if (kind != Reduce)
      magnitude = 1 + std::abs(shift) / scale;
    std::vector<double> y = rowResults(*this, x);
    for (size_t c = 0; c < width; ++c) {
      size_t i = r * outPitch + c;
      if (epilogue)
        y[c] = y[c] * gamma.get(kind == Reduce ? r : c) + before.get(i);
      want[i] = y[c];
      bound[i] = 2e-6 * magnitude + std::abs(y[c]) * (last + 1e-5) + 1e-6;
    }
  }
  std::ostringstream what;
  what << templateOf(*this) << " " << rows << "x" << cols << ", "
       << threadsPerRow << " threads a row";
  expectNear(what.str(), after, want, bound);
}

} // namespace vitc::test
