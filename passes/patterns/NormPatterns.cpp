//===- NormPatterns.cpp - Decomposed layer norm, RMS norm and softmax -----===//
//
// A graph of pointwise ops and reductions over the last axis is a function of
// one row, with vectors of weights. It is evaluated on sample rows and compared
// with layer norm, RMS norm and softmax, so that every spelling is found: Pow
// or Mul, Sqrt and Div or Reciprocal, E[x^2] - E[x]^2, guards, x*s + (b - mean
// * s) ...
//
//===----------------------------------------------------------------------===//
#include "passes/Matchers.h"
#include "passes/RowFunction.h"
#include "passes/patterns/Patterns.h"

#include <cmath>

using namespace mlir;

namespace vitc::vit {
namespace {

using Row = std::vector<double>;

/// Reproducible numbers in (-1, 1) that repeat no pattern.
double noise(uint32_t seed) {
  seed = (seed ^ 61) ^ (seed >> 16);
  seed *= 9;
  seed = (seed ^ (seed >> 4)) * 0x27d4eb2d;
  seed ^= seed >> 15;
  return seed / 2147483648.0 - 1;
}

Row sampleRow(int64_t size, uint32_t seed, double mean, double spread) {
  Row row(size);
  for (int64_t i = 0; i < size; ++i)
    row[i] = mean + spread * noise(seed * 7919 + i);
  return row;
}

double meanOf(const Row &row) {
  double sum = 0;
  for (double x : row)
    sum += x;
  return sum / row.size();
}

/// A layer norm, to be compared with.
struct NormCandidate {
  bool rms = false;
  double epsilon = 0;
  int gamma = -1, beta = -1; ///< Index of the parameter, or -1.
};

Row normOf(const Row &row, const NormCandidate &norm,
           ArrayRef<Row> parameters) {
  double mean = norm.rms ? 0 : meanOf(row), variance = 0;
  for (double x : row)
    variance += (x - mean) * (x - mean) / row.size();
  Row result;
  for (size_t i = 0; i < row.size(); ++i) {
    double x = (row[i] - mean) / std::sqrt(variance + norm.epsilon);
    if (norm.gamma >= 0)
      x *= parameters[norm.gamma][i];
    if (norm.beta >= 0)
      x += parameters[norm.beta][i];
    result.push_back(x);
  }
  return result;
}

Row softmaxOf(const Row &row) {
  double sum = 0;
  for (double x : row)
    sum += std::exp(x);
  Row result;
  for (double x : row)
    result.push_back(std::exp(x) / sum);
  return result;
}

bool close(const Row &got, const Row &expected) {
  if (got.size() != expected.size())
    return false;
  double largest = 1e-30;
  for (double x : expected)
    largest = std::fmax(largest, std::fabs(x));
  for (size_t i = 0; i < got.size(); ++i)
    if (!(std::fabs(got[i] - expected[i]) <= 2e-6 * largest))
      return false;
  return true;
}

/// Rows on which norms differ in mean, scale and epsilon.
SmallVector<Row, 3> samples(int64_t size, double epsilon) {
  double small = epsilon > 0 ? std::sqrt(epsilon) : 1;
  return {sampleRow(size, 1, 0.7, 2.0), sampleRow(size, 2, -0.3, small),
          sampleRow(size, 3, 0, 3 * small)};
}

/// Norms that use all of `count` parameters, gamma before beta.
SmallVector<NormCandidate> candidates(int count) {
  SmallVector<NormCandidate> result;
  for (bool rms : {false, true})
    for (int gamma = -1; gamma < count; ++gamma)
      for (int beta = -1; beta < count; ++beta) {
        int used = (gamma >= 0) + (beta >= 0);
        bool same = gamma == beta && gamma >= 0;
        if (used == count && !same && !(rms && beta >= 0))
          result.push_back({rms, 0, gamma, beta});
      }
  return result;
}

std::optional<NormCandidate> matchNorm(const RowFunction &function) {
  int count = function.parameters().size();
  if (count > 2)
    return std::nullopt;
  SmallVector<Row, 2> parameters;
  for (int i = 0; i < count; ++i)
    parameters.push_back(sampleRow(function.width(), 11 + i, 0.4, 1.0));
  SmallVector<double, 4> epsilons(function.smallConstants());
  epsilons.push_back(0);
  for (double epsilon : epsilons) {
    SmallVector<NormCandidate> left = candidates(count);
    for (const Row &row : samples(function.width(), epsilon)) {
      auto got = function.evaluate(row, parameters);
      if (!got)
        return std::nullopt;
      llvm::erase_if(left, [&](NormCandidate &norm) {
        norm.epsilon = epsilon;
        return !close(*got, normOf(row, norm, parameters));
      });
      if (left.empty())
        break;
    }
    if (!left.empty())
      return left.front();
  }
  return std::nullopt;
}

bool isSoftmax(const RowFunction &function) {
  if (!function.parameters().empty())
    return false;
  for (const Row &row : samples(function.width(), 1)) {
    auto got = function.evaluate(row, {});
    if (!got || !close(*got, softmaxOf(row)))
      return false;
  }
  return true;
}

Operation *build(OpBuilder &builder, const RowFunction &function, Value input,
                 RankedTensorType type) {
  Location loc = mergeLocs(function.members());
  if (auto norm = matchNorm(function)) {
    auto parameter = [&](int index) {
      if (index < 0)
        return Value();
      Value vector = weightVector(builder, loc, function.parameters()[index]);
      Extents width = {{function.width(), false}};
      if (rankOf(vector) == 0)
        vector = BroadcastOp::create(builder, loc, vector, width);
      return vector;
    };
    Value gamma = parameter(norm->gamma), beta = parameter(norm->beta);
    return LayerNormOp::create(builder, loc, type, input, gamma, beta,
                               builder.getF32FloatAttr(norm->epsilon),
                               norm->rms ? builder.getUnitAttr() : UnitAttr());
  }
  if (isSoftmax(function))
    return SoftmaxOp::create(builder, loc, type, input, type.getRank() - 1,
                             /*log=*/false);
  return nullptr;
}

/// Replaces `op` where the rows that end in it are a known function.
bool recognise(PointwiseOp op) {
  if (!isa<FloatType>(op.getType().getElementType()) ||
      op.getType().getRank() < 1 ||
      op.getType().isDynamicDim(op.getType().getRank() - 1))
    return false;
  RowFunction function(op);
  do {
    Value input = function.input();
    if (!input || !function.reduces() ||
        tensorType(input).getElementType() != op.getType().getElementType())
      continue;
    OpBuilder builder(op);
    if (Operation *known = build(builder, function, input, op.getType())) {
      copyTensorName(op, known);
      op.getOutput().replaceAllUsesWith(known->getResult(0));
      return true;
    }
  } while (function.grow());
  return false;
}

} // namespace

int64_t recogniseRowFunctions(Block &block) {
  int64_t count = 0;
  replaceFromEnd(block, [&](PointwiseOp op) {
    bool known = recognise(op);
    count += known;
    return known;
  });
  return count;
}

} // namespace vitc::vit
