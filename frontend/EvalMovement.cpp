//===- EvalMovement.cpp - Movement operators on host tensors --------------===//
#include "frontend/Eval.h"
#include "frontend/ShapeForms.h"

namespace vitc::frontend {

Dims stridesOf(llvm::ArrayRef<int64_t> dims) {
  Dims strides(dims.size(), 1);
  for (size_t d = dims.size(); d-- > 1;)
    strides[d - 1] = strides[d] * dims[d];
  return strides;
}

/// Static sizes, or none where one is per batch.
static std::optional<Dims> toDims(llvm::ArrayRef<Extent> extents) {
  Dims dims;
  for (Extent extent : extents) {
    if (extent.perBatch)
      return std::nullopt;
    dims.push_back(extent.value);
  }
  return dims;
}

Eval evalReshape(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->empty() || !inputs->front())
    return Eval::Skip;
  auto extents = reshapeSizes(node);
  if (!extents)
    return Eval::Failed;
  auto dims = toDims(*extents);
  if (!dims)
    return Eval::Skip;
  HostTensor result = *inputs->front();
  result.dims = *dims;
  return finish(node, std::move(result));
}

Eval evalTranspose(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->empty() || !inputs->front())
    return Eval::Skip;
  auto perm = permutation(node);
  if (!perm)
    return Eval::Failed;
  const HostTensor &x = *inputs->front();
  HostTensor result{x.type, {}, {}};
  Dims strides = stridesOf(x.dims);
  for (int64_t axis : *perm)
    result.dims.push_back(x.dims[axis]);
  forEachIndex(result.dims, [&](llvm::ArrayRef<int64_t> index) {
    int64_t at = 0;
    for (size_t d = 0; d < index.size(); ++d)
      at += index[d] * strides[(*perm)[d]];
    result.data.push_back(x.data[size_t(at)]);
  });
  return finish(node, std::move(result));
}

/// `x` broadcast to `dims`, which its own sizes broadcast to.
static HostTensor broadcastTo(const HostTensor &x,
                              llvm::ArrayRef<int64_t> dims) {
  HostTensor result{x.type, Dims(dims), {}};
  Dims strides = stridesOf(x.dims);
  size_t lead = dims.size() - x.dims.size();
  forEachIndex(dims, [&](llvm::ArrayRef<int64_t> index) {
    int64_t at = 0;
    for (size_t d = 0; d < x.dims.size(); ++d)
      at += x.dims[d] == 1 ? 0 : index[lead + d] * strides[d];
    result.data.push_back(x.data[size_t(at)]);
  });
  return result;
}

/// Whether a result of these sizes is small enough to be computed here.
static bool fits(const HostTensor &x, llvm::ArrayRef<int64_t> dims) {
  std::optional<int64_t> count = elementCount(dims);
  return count &&
         *count <= (isFloatType(x.type) ? kMaxFloatElements : kMaxElements);
}

Eval evalExpand(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->size() < 2 || !inputs->front())
    return Eval::Skip;
  auto extents = expandSizes(node);
  if (!extents)
    return Eval::Failed;
  auto dims = toDims(*extents);
  if (!dims || !fits(*inputs->front(), *dims))
    return Eval::Skip;
  return finish(node, broadcastTo(*inputs->front(), *dims));
}

Eval evalTile(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->size() < 2 || !inputs->front())
    return Eval::Skip;
  auto repeats = sizes(node, 1, "repeats");
  if (!repeats)
    return Eval::Failed;
  auto factors = toDims(*repeats);
  const HostTensor &x = *inputs->front();
  if (!factors || factors->size() != x.dims.size())
    return Eval::Skip;
  HostTensor result{x.type, x.dims, {}};
  for (size_t d = 0; d < x.dims.size(); ++d)
    if (llvm::MulOverflow(result.dims[d], (*factors)[d], result.dims[d]))
      return Eval::Skip;
  if (!fits(x, result.dims))
    return Eval::Skip;
  Dims strides = stridesOf(x.dims);
  forEachIndex(result.dims, [&](llvm::ArrayRef<int64_t> index) {
    int64_t at = 0;
    for (size_t d = 0; d < index.size(); ++d)
      at += index[d] % x.dims[d] * strides[d];
    result.data.push_back(x.data[size_t(at)]);
  });
  return finish(node, std::move(result));
}

Eval evalConcat(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->empty() || llvm::is_contained(*inputs, nullptr))
    return Eval::Skip;
  const HostTensor &first = *inputs->front();
  auto axis = node.axis(node.attrInt("axis", 0), int64_t(first.dims.size()));
  if (!axis)
    return Eval::Failed;
  HostTensor result{first.type, first.dims, {}};
  result.dims[*axis] = 0;
  for (const HostTensor *tensor : *inputs) {
    Dims rest = tensor->dims;
    if (rest.size() == first.dims.size())
      rest[*axis] = first.dims[*axis];
    if (rest != first.dims)
      return evalError(node, "expected inputs that differ in the axis only");
    result.dims[*axis] += tensor->dims[*axis];
  }
  int64_t outer = *elementCount(llvm::ArrayRef(first.dims).take_front(*axis));
  for (int64_t i = 0; i < outer; ++i)
    for (const HostTensor *tensor : *inputs) {
      int64_t run = tensor->size() / outer;
      result.data.insert(result.data.end(), tensor->data.begin() + i * run,
                         tensor->data.begin() + (i + 1) * run);
    }
  if (!fits(result, result.dims))
    return Eval::Skip;
  return finish(node, std::move(result));
}

/// Elements of `x` at offsets + index * strides for every index of `dims`.
static HostTensor take(const HostTensor &x, llvm::ArrayRef<int64_t> offsets,
                       llvm::ArrayRef<int64_t> dims,
                       llvm::ArrayRef<int64_t> steps) {
  HostTensor result{x.type, Dims(dims), {}};
  Dims strides = stridesOf(x.dims);
  forEachIndex(dims, [&](llvm::ArrayRef<int64_t> index) {
    int64_t at = 0;
    for (size_t d = 0; d < index.size(); ++d)
      at += (offsets[d] + index[d] * steps[d]) * strides[d];
    result.data.push_back(x.data[size_t(at)]);
  });
  return result;
}

Eval evalSlice(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->empty() || !inputs->front())
    return Eval::Skip;
  auto form = sliceForm(node);
  if (!form)
    return Eval::Failed;
  return finish(node, take(*inputs->front(), form->offsets,
                           *toDims(form->sizes), form->strides));
}

Eval evalSplit(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->empty() || !inputs->front())
    return Eval::Skip;
  auto form = splitForm(node);
  if (!form)
    return Eval::Failed;
  const HostTensor &x = *inputs->front();
  Dims offsets(x.dims.size(), 0), dims = x.dims, steps(x.dims.size(), 1);
  for (unsigned i = 0; i < node.numOutputs(); ++i) {
    dims[form->axis] = form->sizes[i];
    (void)node.out(i, take(x, offsets, dims, steps));
    offsets[form->axis] += form->sizes[i];
  }
  return Eval::Done;
}

Eval evalGather(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->size() < 2 || llvm::is_contained(*inputs, nullptr))
    return Eval::Skip;
  const HostTensor &x = *(*inputs)[0], &indices = *(*inputs)[1];
  auto axis = node.axis(node.attrInt("axis", 0), int64_t(x.dims.size()));
  if (!axis)
    return Eval::Failed;
  if (!indices.isStatic())
    return Eval::Skip;
  llvm::ArrayRef<int64_t> dims(x.dims);
  HostTensor result{x.type, Dims(dims.take_front(*axis)), {}};
  llvm::append_range(result.dims, indices.dims);
  llvm::append_range(result.dims, dims.drop_front(*axis + 1));
  if (!fits(x, result.dims))
    return Eval::Skip;
  int64_t inner = *elementCount(dims.drop_front(*axis + 1));
  int64_t outer = *elementCount(dims.take_front(*axis)), size = dims[*axis];
  for (int64_t o = 0; o < outer; ++o)
    for (const Scalar &entry : indices.data) {
      int64_t index = entry.c < 0 ? entry.c + size : entry.c;
      if (index < 0 || index >= size)
        return evalError(node, "expected an index within " +
                                   std::to_string(size) + ", but got " +
                                   std::to_string(entry.c));
      auto from = x.data.begin() + (o * size + index) * inner;
      result.data.insert(result.data.end(), from, from + inner);
    }
  return finish(node, std::move(result));
}

} // namespace vitc::frontend
