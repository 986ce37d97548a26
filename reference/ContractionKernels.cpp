//===- ContractionKernels.cpp - Linear, matmul, convolution ---------------===//
#include "reference/Kernels.h"

#include <cstring>

namespace vitc::reference {

/// rows [m, n] += bias [n].
template <typename T>
static void addBias(T *rows, int64_t m, int64_t n, const FloatData<T> &bias) {
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j)
      rows[i * n + j] += bias[j];
}

/// input [m, k] * transpose(weight [n, k]) + bias, into `out` [m, n].
template <typename T>
static void dense(const EvalConfig &config, const Tensor &input,
                  const Tensor &weight, const Tensor *bias, T *out) {
  FloatData<T> x(input), w(weight);
  int64_t k = weight.dim(1), n = weight.dim(0);
  int64_t m = numElements(input.shape().drop_back());
  multiply<T>(config.product, m, n, k, T(1), {x.data(), k},
              {w.data(), k, /*transposed=*/true}, T(0), {out, n});
  if (bias)
    addBias(out, m, n, FloatData<T>(*bias));
}

Tensors evaluate(vit::LinearOp op, const Operands &in,
                 const EvalConfig &config) {
  auto type = op.getOutput().getType();
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    FloatResult<T> out(elementOf(type), shapeAt(type, config.batch));
    dense<T>(config, in.get(op.getInput()), in.get(op.getWeight()),
             in.find(op.getBias()), out.data());
    return {out.finish()};
  });
}

Tensors evaluate(vit::QKVProjectionOp op, const Operands &in,
                 const EvalConfig &config) {
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    const Tensor &input = in.get(op.getInput());
    int64_t rows = numElements(input.shape().drop_back());
    int64_t width = in.get(op.getWeight()).dim(0);
    std::vector<T> all(rows * width);
    dense<T>(config, input, in.get(op.getWeight()), in.find(op.getBias()),
             all.data());
    Tensors results;
    int64_t column = 0;
    for (mlir::Value value : op->getResults()) {
      Shape shape = shapeAt(value.getType(), config.batch);
      FloatResult<T> out(elementOf(value.getType()), shape);
      int64_t part = shape.back();
      for (int64_t i = 0; i < rows; ++i)
        std::copy_n(all.data() + i * width + column, part,
                    out.data() + i * part);
      column += part;
      results.push_back(out.finish());
    }
    return results;
  });
}

/// Element offsets of an operand's matrices for each index of the broadcast
/// leading dims `lead`.
static std::vector<int64_t> matrixOffsets(llvm::ArrayRef<int64_t> lead,
                                          llvm::ArrayRef<int64_t> shape) {
  std::vector<int64_t> offsets{0};
  int64_t skip = int64_t(lead.size()) - (int64_t(shape.size()) - 2);
  Shape strides = rowMajorStrides(shape);
  for (auto [dim, size] : llvm::enumerate(lead)) {
    int64_t own = int64_t(dim) - skip;
    int64_t stride = own < 0 || shape[own] == 1 ? 0 : strides[own];
    std::vector<int64_t> next;
    for (int64_t base : offsets)
      for (int64_t i = 0; i < size; ++i)
        next.push_back(base + i * stride);
    offsets = std::move(next);
  }
  return offsets;
}

Tensors evaluate(vit::MatmulOp op, const Operands &in,
                 const EvalConfig &config) {
  auto type = op.getOutput().getType();
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    Shape shape = shapeAt(type, config.batch);
    FloatResult<T> out(elementOf(type), shape);
    FloatData<T> a(in[0]), b(in[1]);
    int64_t m = shape[shape.size() - 2], n = shape.back(), k = in[0].dim(-1);
    llvm::ArrayRef<int64_t> lead = llvm::ArrayRef(shape).drop_back(2);
    auto left = matrixOffsets(lead, in[0].shape());
    auto right = matrixOffsets(lead, in[1].shape());
    for (size_t i = 0; i < left.size(); ++i)
      multiply<T>(config.product, m, n, k, T(1), {a.data() + left[i], k},
                  {b.data() + right[i], in[1].dim(-1), op.getTransposeRhs()},
                  T(0), {out.data() + i * m * n, n});
    return {out.finish()};
  });
}

Tensors evaluate(vit::PatchEmbedOp op, const Operands &in,
                 const EvalConfig &config) {
  const Tensor &image = in.get(op.getImage());
  const Tensor &weight = in.get(op.getWeight());
  auto type = op.getOutput().getType();
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    FloatResult<T> out(elementOf(type), shapeAt(type, config.batch));
    FloatData<T> x(image), w(weight);
    int64_t channels = image.dim(1), height = image.dim(2),
            width = image.dim(3), ph = weight.dim(2), pw = weight.dim(3);
    int64_t rows = height / ph, columns = width / pw, n = weight.dim(0);
    int64_t k = channels * ph * pw, m = image.dim(0) * rows * columns;
    std::vector<T> patches(m * k);
    T *to = patches.data();
    for (int64_t b = 0; b < image.dim(0); ++b)
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t q = 0; q < columns; ++q)
          for (int64_t c = 0; c < channels; ++c)
            for (int64_t i = 0; i < ph; ++i, to += pw)
              std::copy_n(x.data() +
                              ((b * channels + c) * height + r * ph + i) *
                                  width +
                              q * pw,
                          pw, to);
    multiply<T>(config.product, m, n, k, T(1), {patches.data(), k},
                {w.data(), k, /*transposed=*/true}, T(0), {out.data(), n});
    if (const Tensor *bias = in.find(op.getBias()))
      addBias(out.data(), m, n, FloatData<T>(*bias));
    return {out.finish()};
  });
}

namespace {
/// One image's convolution: sizes, and the positions that a window reads.
struct Window {
  int64_t height, width, kh, kw, outHeight, outWidth;
  llvm::ArrayRef<int64_t> strides, pads, dilations;

  /// planes [C, H, W] to columns [C * kh * kw, H' * W']; zeros outside.
  template <typename T>
  void unfold(const T *planes, int64_t channels, T *columns) const {
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < kh; ++i)
        for (int64_t j = 0; j < kw; ++j)
          for (int64_t y = 0; y < outHeight; ++y) {
            int64_t row = y * strides[0] - pads[0] + i * dilations[0];
            for (int64_t x = 0; x < outWidth; ++x) {
              int64_t column = x * strides[1] - pads[1] + j * dilations[1];
              bool inside =
                  row >= 0 && row < height && column >= 0 && column < width;
              *columns++ =
                  inside ? planes[(c * height + row) * width + column] : T(0);
            }
          }
  }
};
} // namespace

Tensors evaluate(vit::Conv2DOp op, const Operands &in,
                 const EvalConfig &config) {
  const Tensor &input = in.get(op.getInput());
  const Tensor &weight = in.get(op.getWeight());
  auto type = op.getOutput().getType();
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    Shape shape = shapeAt(type, config.batch);
    FloatResult<T> out(elementOf(type), shape);
    FloatData<T> x(input), w(weight);
    int64_t groups = op.getGroups(), channels = weight.dim(1);
    int64_t outputs = weight.dim(0) / groups, pixels = shape[2] * shape[3];
    int64_t k = channels * weight.dim(2) * weight.dim(3);
    Window window{input.dim(2),    input.dim(3), weight.dim(2),
                  weight.dim(3),   shape[2],     shape[3],
                  op.getStrides(), op.getPads(), op.getDilations()};
    std::vector<T> columns(k * pixels);
    int64_t plane = input.dim(2) * input.dim(3);
    for (int64_t b = 0; b < shape[0]; ++b)
      for (int64_t g = 0; g < groups; ++g) {
        window.unfold(x.data() + (b * groups + g) * channels * plane, channels,
                      columns.data());
        multiply<T>(config.product, outputs, pixels, k, T(1),
                    {w.data() + g * outputs * k, k}, {columns.data(), pixels},
                    T(0),
                    {out.data() + (b * groups + g) * outputs * pixels, pixels});
      }
    if (const Tensor *bias = in.find(op.getBias())) {
      FloatData<T> values(*bias);
      for (int64_t i = 0; i < shape[0] * shape[1]; ++i)
        for (int64_t p = 0; p < pixels; ++p)
          out[i * pixels + p] += values[i % shape[1]];
    }
    return {out.finish()};
  });
}

} // namespace vitc::reference
