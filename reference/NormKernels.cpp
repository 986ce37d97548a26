//===- NormKernels.cpp - Layer norm, softmax, reduction, pooling ----------===//
//
// Sums are taken in f64 in either mode: they are the cheapest to make exact.
//
//===----------------------------------------------------------------------===//
#include "reference/Kernels.h"

#include "llvm/ADT/StringSwitch.h"
#include <cmath>

namespace vitc::reference {

template <typename T> void softmaxRow(T *row, int64_t count) {
  T highest = -INFINITY;
  for (int64_t i = 0; i < count; ++i)
    highest = row[i] > highest ? row[i] : highest;
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    row[i] = std::exp(row[i] - highest);
    sum += row[i];
  }
  T inverse = T(1.0 / sum);
  for (int64_t i = 0; i < count; ++i)
    row[i] *= inverse;
}

template void softmaxRow(float *, int64_t);
template void softmaxRow(double *, int64_t);

Tensors evaluate(vit::LayerNormOp op, const Operands &in,
                 const EvalConfig &config) {
  auto type = op.getOutput().getType();
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    Shape shape = shapeAt(type, config.batch);
    FloatResult<T> out(elementOf(type), shape);
    FloatData<T> x(in.get(op.getInput()));
    std::optional<FloatData<T>> gamma, beta;
    if (const Tensor *tensor = in.find(op.getGamma()))
      gamma.emplace(*tensor);
    if (const Tensor *tensor = in.find(op.getBeta()))
      beta.emplace(*tensor);
    int64_t width = shape.back(),
            rows = numElements(llvm::ArrayRef(shape).drop_back());
    double epsilon = op.getEpsilon().convertToFloat();
    for (int64_t r = 0; r < rows; ++r) {
      const T *row = x.data() + r * width;
      double mean = 0, square = 0;
      if (!op.getRms()) {
        for (int64_t i = 0; i < width; ++i)
          mean += row[i];
        mean /= double(width);
      }
      for (int64_t i = 0; i < width; ++i)
        square += (row[i] - mean) * (row[i] - mean);
      double scale = 1.0 / std::sqrt(square / double(width) + epsilon);
      for (int64_t i = 0; i < width; ++i) {
        T value = T((row[i] - mean) * scale);
        value = gamma ? value * (*gamma)[i] : value;
        out[r * width + i] = beta ? value + (*beta)[i] : value;
      }
    }
    return {out.finish()};
  });
}

Tensors evaluate(vit::SoftmaxOp op, const Operands &in,
                 const EvalConfig &config) {
  auto type = op.getOutput().getType();
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    Shape shape = shapeAt(type, config.batch);
    FloatResult<T> out(elementOf(type), shape);
    FloatData<T> x(in[0]);
    int64_t axis = op.getAxis(), count = shape[axis],
            inner = rowMajorStrides(shape)[axis];
    int64_t elements = numElements(shape);
    int64_t outer = elements ? elements / count / inner : 0;
    std::vector<T> row(count);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i) {
        int64_t base = o * count * inner + i;
        T highest = -INFINITY;
        for (int64_t j = 0; j < count; ++j) {
          row[j] = x[base + j * inner];
          highest = std::max(highest, row[j]);
        }
        if (op.getLog()) {
          double sum = 0;
          for (T value : row)
            sum += std::exp(double(value) - highest);
          T offset = highest + T(std::log(sum));
          for (T &value : row)
            value -= offset;
        } else {
          softmaxRow(row.data(), count);
        }
        for (int64_t j = 0; j < count; ++j)
          out[base + j * inner] = row[j];
      }
    return {out.finish()};
  });
}

namespace {
enum class Reduction { Sum, Mean, Max, Min, SumSquare, L2, L1, Prod, ArgMax };

Reduction reductionOf(llvm::StringRef kind) {
  return llvm::StringSwitch<Reduction>(kind)
      .Case("sum", Reduction::Sum)
      .Case("mean", Reduction::Mean)
      .Case("max", Reduction::Max)
      .Case("min", Reduction::Min)
      .Case("sum_square", Reduction::SumSquare)
      .Case("l2", Reduction::L2)
      .Case("l1", Reduction::L1)
      .Case("prod", Reduction::Prod)
      .Default(Reduction::ArgMax);
}

/// One result of a reduction, element by element.
struct Accumulator {
  Reduction kind;
  double value = 0;
  int64_t best = 0, seen = 0;

  explicit Accumulator(Reduction kind) : kind(kind) {
    if (kind == Reduction::Prod)
      value = 1;
    if (kind == Reduction::Max || kind == Reduction::ArgMax)
      value = -INFINITY;
    if (kind == Reduction::Min)
      value = INFINITY;
  }

  void add(double x) {
    switch (kind) {
    case Reduction::Sum:
    case Reduction::Mean:
      value += x;
      break;
    case Reduction::L1:
      value += std::fabs(x);
      break;
    case Reduction::SumSquare:
    case Reduction::L2:
      value += x * x;
      break;
    case Reduction::Prod:
      value *= x;
      break;
    case Reduction::Max:
      value = std::isnan(x) || x > value ? x : value;
      break;
    case Reduction::Min:
      value = std::isnan(x) || x < value ? x : value;
      break;
    case Reduction::ArgMax:
      if (x > value) {
        value = x;
        best = seen;
      }
      break;
    }
    ++seen;
  }

  double result() const {
    switch (kind) {
    case Reduction::Mean:
      return value / double(seen);
    case Reduction::L2:
      return std::sqrt(value);
    case Reduction::ArgMax:
      return double(best);
    case Reduction::Sum:
    case Reduction::L1:
    case Reduction::SumSquare:
    case Reduction::Prod:
    case Reduction::Max:
    case Reduction::Min:
      return value;
    }
    llvm_unreachable("a closed enumeration");
  }
};
} // namespace

Tensors evaluate(vit::ReduceOp op, const Operands &in,
                 const EvalConfig &config) {
  auto type = op.getOutput().getType();
  Shape shape = shapeAt(type, config.batch);
  // Of each input dimension, its stride in the output; 0 where reduced.
  const Tensor &input = in[0];
  Shape kept(input.shape());
  for (int64_t axis : op.getAxes())
    kept[axis] = 1;
  Shape strides = rowMajorStrides(kept);
  for (int64_t axis : op.getAxes())
    strides[axis] = 0;
  std::vector<Accumulator> sums(numElements(shape),
                                Accumulator(reductionOf(op.getKind())));
  Shape index(input.rank(), 0);
  int64_t to = 0;
  for (int64_t i = 0, end = input.numElements(); i < end; ++i) {
    sums[to].add(input.at(i));
    for (int64_t dim = input.rank() - 1; dim >= 0; --dim) {
      to += strides[dim];
      if (++index[dim] < input.dim(dim))
        break;
      to -= strides[dim] * input.dim(dim);
      index[dim] = 0;
    }
  }
  std::vector<double> values;
  for (const Accumulator &sum : sums)
    values.push_back(sum.result());
  DType dtype = elementOf(type);
  if (!config.fp64 || dtype != DType::F32)
    return {fromDoubles(dtype, shape, values)};
  FloatResult<double> out(dtype, shape);
  std::copy(values.begin(), values.end(), out.data());
  return {out.finish()};
}

Tensors evaluate(vit::Pool2DOp op, const Operands &in,
                 const EvalConfig &config) {
  auto type = op.getOutput().getType();
  bool average = op.getKind() == "average";
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    Shape shape = shapeAt(type, config.batch);
    FloatResult<T> out(elementOf(type), shape);
    FloatData<T> x(in[0]);
    int64_t size[2] = {in[0].dim(2), in[0].dim(3)};
    auto pads = op.getPads(), steps = op.getDilations();
    T *to = out.data();
    for (int64_t plane = 0; plane < shape[0] * shape[1]; ++plane)
      for (int64_t y = 0; y < shape[2]; ++y)
        for (int64_t z = 0; z < shape[3]; ++z) {
          double sum = 0, highest = -INFINITY;
          int64_t seen = 0, padded = 0;
          for (int64_t i = 0; i < op.getKernel()[0]; ++i)
            for (int64_t j = 0; j < op.getKernel()[1]; ++j) {
              int64_t r = y * op.getStrides()[0] - pads[0] + i * steps[0];
              int64_t c = z * op.getStrides()[1] - pads[1] + j * steps[1];
              // What ceil_mode reads beyond the padding counts nowhere.
              padded += r < size[0] + pads[2] && c < size[1] + pads[3];
              if (r < 0 || r >= size[0] || c < 0 || c >= size[1])
                continue;
              double value = x[(plane * size[0] + r) * size[1] + c];
              sum += value;
              highest = std::isnan(value) ? value : std::max(highest, value);
              ++seen;
            }
          int64_t count = op.getCountIncludePad() ? padded : seen;
          *to++ = T(average ? sum / double(count) : highest);
        }
    return {out.finish()};
  });
}

} // namespace vitc::reference
