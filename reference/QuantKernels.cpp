//===- QuantKernels.cpp - Quantize and dequantize -------------------------===//
#include "reference/Kernels.h"

#include <cmath>

namespace vitc::reference {

/// For each element of a tensor of `shape`, calls `fn(i, channel)`: channel is
/// the index along `axis`, or 0 where there is one scale for all.
template <typename Fn>
static void forChannels(llvm::ArrayRef<int64_t> shape, bool perAxis,
                        int64_t axis, Fn fn) {
  int64_t inner = perAxis ? rowMajorStrides(shape)[axis] : 1;
  int64_t channels = perAxis ? shape[axis] : 1;
  for (int64_t i = 0, end = numElements(shape); i < end; ++i)
    fn(i, i / inner % channels);
}

Tensors evaluate(vit::QuantizeOp op, const Operands &in,
                 const EvalConfig &config) {
  auto type = op.getOutput().getType();
  const Tensor &scale = in.get(op.getScale());
  const Tensor *zeroPoint = in.find(op.getZeroPoint());
  DType dtype = elementOf(type);
  Shape shape = shapeAt(type, config.batch);
  double lowest = dtype == DType::I8 ? -128 : 0;
  double highest = dtype == DType::I8 ? 127 : 255;
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    FloatData<T> x(in.get(op.getInput())), s(scale);
    std::vector<double> values(numElements(shape));
    forChannels(shape, scale.rank() == 1, op.getAxis(),
                [&](int64_t i, int64_t c) {
                  T value = x[i] / s[c];
                  double offset = zeroPoint ? zeroPoint->at(c) : 0;
                  if (isFloat(dtype))
                    values[i] = value + offset;
                  else
                    values[i] = std::isnan(value)
                                    ? 0
                                    : std::clamp(std::nearbyint(value) + offset,
                                                 lowest, highest);
                });
    return {fromDoubles(dtype, shape, values)};
  });
}

Tensors evaluate(vit::DequantizeOp op, const Operands &in,
                 const EvalConfig &config) {
  auto type = op.getOutput().getType();
  const Tensor &scale = in.get(op.getScale());
  const Tensor &input = in.get(op.getInput());
  const Tensor *zeroPoint = in.find(op.getZeroPoint());
  Shape shape = shapeAt(type, config.batch);
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    FloatResult<T> out(elementOf(type), shape);
    FloatData<T> s(scale);
    forChannels(shape, scale.rank() == 1, op.getAxis(),
                [&](int64_t i, int64_t c) {
                  double offset = zeroPoint ? zeroPoint->at(c) : 0;
                  out[i] = T(input.at(i) - offset) * s[c];
                });
    return {out.finish()};
  });
}

} // namespace vitc::reference
