//===- MovementKernels.cpp - Reshape, slice, concat, gather, pad ----------===//
#include "reference/Kernels.h"

#include <cstring>

namespace vitc::reference {

namespace {

/// A dimension of a copy: size and both strides, in elements.
struct CopyDim {
  int64_t size, from, to;
};

template <typename Word>
void copyWords(llvm::ArrayRef<CopyDim> dims, const Word *from, Word *to) {
  if (dims.size() == 1) {
    const CopyDim &dim = dims.front();
    if (dim.from == 1 && dim.to == 1) {
      std::memcpy(to, from, dim.size * sizeof(Word));
      return;
    }
    for (int64_t i = 0; i < dim.size; ++i)
      to[i * dim.to] = from[i * dim.from];
    return;
  }
  for (int64_t i = 0; i < dims.front().size; ++i)
    copyWords(dims.drop_front(), from + i * dims.front().from,
              to + i * dims.front().to);
}

template <typename Word>
void copyAs(llvm::ArrayRef<CopyDim> dims, const std::byte *from,
            std::byte *to) {
  copyWords(dims, reinterpret_cast<const Word *>(from),
            reinterpret_cast<Word *>(to));
}

} // namespace

void copyStrided(int64_t elementBytes, llvm::ArrayRef<int64_t> shape,
                 const std::byte *source, llvm::ArrayRef<int64_t> strides,
                 std::byte *destination,
                 llvm::ArrayRef<int64_t> destinationStrides) {
  llvm::SmallVector<CopyDim, 6> dims;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0)
      return;
    CopyDim dim{shape[i], strides[i], destinationStrides[i]};
    // Neighbours that lie together in both become one.
    if (!dims.empty() && dims.back().from == dim.from * dim.size &&
        dims.back().to == dim.to * dim.size) {
      dim.size *= dims.back().size;
      dims.back() = dim;
    } else if (dim.size != 1) {
      dims.push_back(dim);
    }
  }
  if (dims.empty())
    dims.push_back({1, 1, 1});
  switch (elementBytes) {
  case 1:
    return copyAs<uint8_t>(dims, source, destination);
  case 2:
    return copyAs<uint16_t>(dims, source, destination);
  case 4:
    return copyAs<uint32_t>(dims, source, destination);
  default:
    return copyAs<uint64_t>(dims, source, destination);
  }
}

/// A dense tensor of `shape` whose elements lie at `offset` and `strides` of
/// `source`.
static Tensor gathered(const Tensor &source, llvm::ArrayRef<int64_t> shape,
                       int64_t offset, llvm::ArrayRef<int64_t> strides) {
  Tensor result(source.dtype(), shape, source.wide());
  int64_t bytes = source.elementBytes();
  copyStrided(bytes, shape, source.bytes() + offset * bytes, strides,
              result.mutableBytes(), rowMajorStrides(shape));
  return result;
}

Tensors evaluate(vit::ReshapeOp op, const Operands &in,
                 const EvalConfig &config) {
  return {in[0].reshaped(shapeAt(op.getType(), config.batch))};
}

Tensors evaluate(vit::TransposeOp op, const Operands &in,
                 const EvalConfig &config) {
  Shape own = rowMajorStrides(in[0].shape()), strides;
  for (int64_t dim : op.getPermutation())
    strides.push_back(own[dim]);
  return {gathered(in[0], shapeAt(op.getType(), config.batch), 0, strides)};
}

Tensors evaluate(vit::SliceOp op, const Operands &in,
                 const EvalConfig &config) {
  Shape strides = rowMajorStrides(in[0].shape());
  int64_t offset = 0;
  for (size_t dim = 0; dim < strides.size(); ++dim) {
    offset += op.getOffsets()[dim] * strides[dim];
    strides[dim] *= op.getStrides()[dim];
  }
  return {
      gathered(in[0], shapeAt(op.getType(), config.batch), offset, strides)};
}

Tensors evaluate(vit::BroadcastOp op, const Operands &in,
                 const EvalConfig &config) {
  Shape shape = shapeAt(op.getType(), config.batch);
  Shape own = rowMajorStrides(in[0].shape()), strides(shape.size(), 0);
  size_t lead = shape.size() - own.size();
  for (size_t dim = 0; dim < own.size(); ++dim)
    strides[lead + dim] = in[0].dim(dim) == 1 ? 0 : own[dim];
  return {gathered(in[0], shape, 0, strides)};
}

Tensors evaluate(vit::ConcatOp op, const Operands &in,
                 const EvalConfig &config) {
  bool wide = false;
  for (size_t i = 0; i < in.size(); ++i)
    wide |= in[i].wide();
  Shape shape = shapeAt(op.getType(), config.batch);
  Tensor result(in[0].dtype(), shape, wide);
  Shape strides = rowMajorStrides(shape);
  std::byte *to = result.mutableBytes();
  for (size_t i = 0; i < in.size(); ++i) {
    Tensor part = wide ? widened(in[i]) : in[i];
    copyStrided(part.elementBytes(), part.shape(), part.bytes(),
                rowMajorStrides(part.shape()), to, strides);
    to += part.dim(op.getAxis()) * strides[op.getAxis()] * part.elementBytes();
  }
  return {result};
}

Tensors evaluate(vit::GatherOp op, const Operands &in,
                 const EvalConfig &config) {
  const Tensor &input = in[0], &indices = in[1];
  int64_t axis = op.getAxis(), size = input.dim(axis);
  Tensor result(input.dtype(), shapeAt(op.getType(), config.batch),
                input.wide());
  int64_t outer = numElements(input.shape().take_front(axis));
  int64_t chunk = rowMajorStrides(input.shape())[axis] * input.elementBytes();
  std::byte *to = result.mutableBytes();
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0, end = indices.numElements(); i < end;
         ++i, to += chunk) {
      int64_t index = indices.intAt(i);
      index += index < 0 ? size : 0;
      if (index < 0 || index >= size)
        std::memset(to, 0, chunk);
      else
        std::memcpy(to, input.bytes() + (o * size + index) * chunk, chunk);
    }
  return {result};
}

Tensors evaluate(vit::PadOp op, const Operands &in, const EvalConfig &config) {
  const Tensor &input = in[0];
  Shape shape = shapeAt(op.getType(), config.batch);
  double value = op.getValue().convertToFloat();
  Tensor fill = fromDoubles(input.dtype(), {}, value);
  if (input.wide())
    fill = widened(fill);
  Tensor result = gathered(fill, shape, 0, Shape(shape.size(), 0));
  // The part of the input that is kept, and where it begins in both.
  Shape from = rowMajorStrides(input.shape()), to = rowMajorStrides(shape);
  Shape kept;
  int64_t source = 0, destination = 0;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    int64_t low = op.getLow()[dim], high = op.getHigh()[dim];
    kept.push_back(std::max<int64_t>(0, input.dim(dim) +
                                            std::min<int64_t>(low, 0) +
                                            std::min<int64_t>(high, 0)));
    source += std::max<int64_t>(-low, 0) * from[dim];
    destination += std::max<int64_t>(low, 0) * to[dim];
  }
  int64_t bytes = input.elementBytes();
  copyStrided(bytes, kept, input.bytes() + source * bytes, from,
              result.mutableBytes() + destination * bytes, to);
  return {result};
}

} // namespace vitc::reference
