//===- AttentionKernels.cpp - Attention of tokens and of windows ----------===//
#include "reference/Kernels.h"

#include <cmath>

namespace vitc::reference {
namespace {

/// One head: out [nq, dv] = softmax(scale * q k^T + addend) v.
template <typename T> struct Head {
  int64_t nq, nkv, dk, dv;
  T scale;
  Matrix<const T> q, k, v;
  Matrix<T> out;
  std::vector<T> scores; ///< Scratch [nq, nkv], reused.

  /// `addend(i, j)` is added to the score of query i and key j.
  template <typename Fn> void run(MatrixProduct how, Fn addend) {
    scores.resize(nq * nkv);
    Matrix<const T> keys = k;
    keys.transposed = true;
    multiply<T>(how, nq, nkv, dk, scale, q, keys, T(0), {scores.data(), nkv});
    for (int64_t i = 0; i < nq; ++i) {
      T *row = scores.data() + i * nkv;
      for (int64_t j = 0; j < nkv; ++j)
        row[j] += addend(i, j);
      softmaxRow(row, nkv);
    }
    multiply<T>(how, nq, dv, nkv, T(1), {scores.data(), nkv}, v, T(0), out);
  }
};

/// bias[b, h, i, j] of a tensor that broadcasts to [B, heads, Nq, Nkv].
struct BiasStrides {
  int64_t stride[4] = {0, 0, 0, 0};
  explicit BiasStrides(const Tensor *bias) {
    if (!bias)
      return;
    Shape strides = rowMajorStrides(bias->shape());
    for (int i = 0; i < 4; ++i)
      stride[i] = bias->dim(i) == 1 ? 0 : strides[i];
  }
};

/// For each token of the rolled grid, in window order: its index in the input,
/// and the side of the wrap-around seam it lies on. Tokens of one window see
/// each other only on the same side.
struct WindowTokens {
  std::vector<int64_t> token, side;

  WindowTokens(llvm::ArrayRef<int64_t> grid, llvm::ArrayRef<int64_t> window,
               llvm::ArrayRef<int64_t> shift) {
    for (int64_t wy = 0; wy < grid[0]; wy += window[0])
      for (int64_t wx = 0; wx < grid[1]; wx += window[1])
        for (int64_t y = wy; y < wy + window[0]; ++y)
          for (int64_t x = wx; x < wx + window[1]; ++x) {
            token.push_back((y + shift[0]) % grid[0] * grid[1] +
                            (x + shift[1]) % grid[1]);
            side.push_back(2 * (y + shift[0] >= grid[0]) +
                           (x + shift[1] >= grid[1]));
          }
  }
};

} // namespace

Tensors evaluate(vit::AttentionOp op, const Operands &in,
                 const EvalConfig &config) {
  auto type = op.getOutput().getType();
  const Tensor &queries = in.get(op.getQ()), &keys = in.get(op.getK()),
               &values = in.get(op.getV());
  const Tensor *bias = in.find(op.getBias());
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    FloatResult<T> out(elementOf(type), shapeAt(type, config.batch));
    FloatData<T> q(queries), k(keys), v(values);
    std::optional<FloatData<T>> added;
    if (bias)
      added.emplace(*bias);
    BiasStrides strides(bias);
    int64_t heads = op.getHeads(), group = heads / op.getKvHeads();
    int64_t qw = queries.dim(2), kw = keys.dim(2), vw = values.dim(2);
    Head<T> head;
    head.nq = queries.dim(1), head.nkv = keys.dim(1);
    head.dk = qw / heads, head.dv = vw / int64_t(op.getKvHeads());
    head.scale = T(op.getScale().convertToFloat());
    int64_t width = heads * head.dv, offset = head.nkv - head.nq;
    for (int64_t b = 0; b < queries.dim(0); ++b)
      for (int64_t h = 0; h < heads; ++h) {
        head.q = {q.data() + b * head.nq * qw + h * head.dk, qw};
        head.k = {k.data() + b * head.nkv * kw + h / group * head.dk, kw};
        head.v = {v.data() + b * head.nkv * vw + h / group * head.dv, vw};
        head.out = {out.data() + b * head.nq * width + h * head.dv, width};
        const T *base =
            bias ? added->data() + b * strides.stride[0] + h * strides.stride[1]
                 : nullptr;
        head.run(config.product, [&](int64_t i, int64_t j) {
          if (op.getCausal() && j > i + offset)
            return T(-INFINITY);
          return base ? base[i * strides.stride[2] + j * strides.stride[3]]
                      : T(0);
        });
      }
    return {out.finish()};
  });
}

Tensors evaluate(vit::WindowAttentionOp op, const Operands &in,
                 const EvalConfig &config) {
  auto type = op.getOutput().getType();
  const Tensor *bias = in.find(op.getBias());
  WindowTokens tokens(op.getGrid(), op.getWindow(), op.getShift());
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    Shape shape = shapeAt(type, config.batch);
    FloatResult<T> out(elementOf(type), shape);
    FloatData<T> q(in.get(op.getQ())), k(in.get(op.getK())),
        v(in.get(op.getV()));
    std::optional<FloatData<T>> added;
    if (bias)
      added.emplace(*bias);
    int64_t heads = op.getHeads(), width = shape[2], size = width / heads;
    int64_t area = op.getWindow()[0] * op.getWindow()[1];
    std::vector<T> local(4 * area * size);
    T *part[4];
    for (int i = 0; i < 4; ++i)
      part[i] = local.data() + i * area * size;
    Head<T> head{area,
                 area,
                 size,
                 size,
                 T(op.getScale().convertToFloat()),
                 {part[0], size},
                 {part[1], size},
                 {part[2], size},
                 {part[3], size},
                 {}};
    const T *sources[3] = {q.data(), k.data(), v.data()};
    for (int64_t b = 0; b < shape[0]; ++b)
      for (int64_t first = 0; first < shape[1]; first += area)
        for (int64_t h = 0; h < heads; ++h) {
          auto at = [&](int64_t i) {
            return (b * shape[1] + tokens.token[first + i]) * width + h * size;
          };
          for (int s = 0; s < 3; ++s)
            for (int64_t i = 0; i < area; ++i)
              std::copy_n(sources[s] + at(i), size, part[s] + i * size);
          head.run(config.product, [&](int64_t i, int64_t j) {
            if (tokens.side[first + i] != tokens.side[first + j])
              return T(-INFINITY);
            return bias ? (*added)[(h * area + i) * area + j] : T(0);
          });
          for (int64_t i = 0; i < area; ++i)
            std::copy_n(part[3] + i * size, size, out.data() + at(i));
        }
    return {out.finish()};
  });
}

} // namespace vitc::reference
