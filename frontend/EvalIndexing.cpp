//===- EvalIndexing.cpp - Generators, reductions, index operators ---------===//
//
// What only constants reach: operators here without an import function are
// supported where all their inputs are known at import.
//
//===----------------------------------------------------------------------===//
#include "frontend/Eval.h"
#include "frontend/ScalarMath.h"
#include "frontend/ShapeForms.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using vitc::onnx::TensorProto;

namespace vitc::frontend {

Eval evalRange(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->size() != 3 || llvm::is_contained(*inputs, nullptr))
    return Eval::Skip;
  for (const HostTensor *tensor : *inputs) {
    if (tensor->size() != 1)
      return evalError(node, "expected scalars");
    if (!tensor->isStatic()) {
      (void)node.needsFixedBatch("a range depends on the batch");
      return Eval::Failed;
    }
  }
  HostTensor result{(*inputs)[0]->type, {0}, {}};
  bool isFloat = isFloatType(result.type);
  auto number = [&](int i) {
    const Scalar &s = (*inputs)[i]->data.front();
    return isFloat ? s.f : double(s.c);
  };
  double start = number(0), limit = number(1), delta = number(2);
  double count = delta == 0 ? -1 : std::ceil((limit - start) / delta);
  if (!(count >= 0) || count > double(kMaxElements))
    return count < 0 && delta != 0
               ? finish(node, std::move(result))
               : evalError(node, "expected a range of at most 2^22 elements");
  for (int64_t i = 0; i < int64_t(count); ++i)
    result.data.push_back(
        isFloat
            ? roundTo(result.type, Scalar::ofFloat(start + double(i) * delta))
            : Scalar::ofInt((*inputs)[0]->data.front().c +
                            i * (*inputs)[2]->data.front().c));
  result.dims = {result.size()};
  return finish(node, std::move(result));
}

Eval evalConstantOfShape(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->size() != 1)
    return Eval::Skip;
  HostTensor value{TensorProto::FLOAT, {1}, {Scalar{}}};
  if (const onnx::AttributeProto *attribute = node.attr("value")) {
    ValuePtr stored =
        node.importer.storedValue(attribute->t(), "value", node.name);
    if (!stored)
      return Eval::Failed;
    const HostTensor *host = node.importer.elements(*stored, 1);
    if (!host || host->size() != 1)
      return evalError(node, "expected one element in `value`");
    value = *host;
  }
  HostTensor result{value.type, {}, {}};
  for (const Scalar &size : (*inputs)[0]->data) {
    if (size.k != 0)
      return Eval::Skip;
    result.dims.push_back(size.c);
  }
  std::optional<int64_t> count = elementCount(result.dims);
  if (!count)
    return evalError(node, "expected sizes whose product is at most 2^40");
  if (*count > (isFloatType(value.type) ? kMaxFloatElements : kMaxElements))
    return Eval::Skip;
  result.data.assign(size_t(*count), value.data.front());
  return finish(node, std::move(result));
}

/// One step of a reduction; none where integers depend on the batch.
static std::optional<Scalar> accumulate(llvm::StringRef op, bool isFloat,
                                        const Scalar &sum, const Scalar &x,
                                        const DimRange &batch) {
  if (isFloat)
    return Scalar::ofFloat(llvm::StringSwitch<double>(op)
                               .Case("ReduceSum", sum.f + x.f)
                               .Case("ReduceMean", sum.f + x.f)
                               .Case("ReduceProd", sum.f * x.f)
                               .Case("ReduceMax", std::fmax(sum.f, x.f))
                               .Default(std::fmin(sum.f, x.f)));
  return binaryInt(llvm::StringSwitch<llvm::StringRef>(op)
                       .Case("ReduceSum", "Add")
                       .Case("ReduceProd", "Mul")
                       .Case("ReduceMax", "Max")
                       .Case("ReduceMin", "Min")
                       .Default(""),
                   sum, x, false, batch);
}

Eval evalReduce(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->empty() || !inputs->front())
    return Eval::Skip;
  const HostTensor &x = *inputs->front();
  llvm::StringRef op = node.proto.op_type();
  auto given = node.intsOrAttr(1, "axes");
  if (!given)
    return Eval::Failed;
  auto axes = node.axes(*given, int64_t(x.dims.size()));
  if (!axes)
    return Eval::Failed;
  bool all = axes->empty(), keep = node.attrInt("keepdims", 1) != 0;
  if (all && node.attrInt("noop_with_empty_axes", 0) != 0)
    return evalIdentity(node);
  Dims kept;
  HostTensor result{x.type, {}, {}};
  int64_t reduced = 1;
  for (auto [d, size] : llvm::enumerate(x.dims)) {
    bool gone = all || llvm::is_contained(*axes, int64_t(d));
    kept.push_back(gone ? 1 : size);
    reduced *= gone ? size : 1;
    if (!gone || keep)
      result.dims.push_back(gone ? 1 : size);
  }
  if (reduced == 0)
    return Eval::Skip;
  std::vector<std::optional<Scalar>> sums(size_t(*elementCount(kept)));
  Dims strides = stridesOf(kept);
  size_t next = 0;
  bool isFloat = isFloatType(x.type), known = true;
  forEachIndex(x.dims, [&](llvm::ArrayRef<int64_t> index) {
    int64_t at = 0;
    for (size_t d = 0; d < index.size(); ++d)
      at += kept[d] == 1 ? 0 : index[d] * strides[d];
    std::optional<Scalar> &sum = sums[size_t(at)];
    const Scalar &element = x.data[next++];
    sum = sum || !known ? accumulate(op, isFloat, sum.value_or(Scalar{}),
                                     element, node.importer.batch)
                        : std::optional(element);
    known &= sum.has_value();
  });
  if (!known) {
    if (x.isStatic())
      return Eval::Skip;
    (void)node.needsFixedBatch("sizes are reduced to no multiple of the batch");
    return Eval::Failed;
  }
  for (const std::optional<Scalar> &sum : sums) {
    Scalar value = *sum;
    if (op == "ReduceMean")
      value.f /= double(reduced);
    result.data.push_back(roundTo(x.type, value));
  }
  return finish(node, std::move(result));
}

Eval evalNonZero(Node &node) {
  auto inputs = hostInputs(node, /*large=*/true);
  if (!inputs || inputs->size() != 1 || !(*inputs)[0]->isStatic())
    return Eval::Skip;
  const HostTensor &x = *(*inputs)[0];
  std::vector<Dims> found;
  size_t next = 0;
  forEachIndex(x.dims, [&](llvm::ArrayRef<int64_t> index) {
    const Scalar &element = x.data[next++];
    if (element.c != 0 || element.f != 0)
      found.emplace_back(index);
  });
  HostTensor result{
      TensorProto::INT64, {int64_t(x.dims.size()), int64_t(found.size())}, {}};
  for (size_t d = 0; d < x.dims.size(); ++d)
    for (const Dims &index : found)
      result.data.push_back(Scalar::ofInt(index[d]));
  return finish(node, std::move(result));
}

/// The place in `x` of an index tuple of `indices`; none if out of range.
static std::optional<int64_t> placeOf(const HostTensor &x,
                                      const HostTensor &indices, int64_t tuple,
                                      int64_t depth) {
  Dims strides = stridesOf(x.dims);
  int64_t place = 0;
  for (int64_t d = 0; d < depth; ++d) {
    int64_t index = indices.data[size_t(tuple * depth + d)].c;
    index = index < 0 ? index + x.dims[d] : index;
    if (index < 0 || index >= x.dims[d])
      return std::nullopt;
    place += index * strides[d];
  }
  return place;
}

/// Checks index tuples in the last dimension; gives their length, or -1.
static int64_t tupleDepth(const HostTensor &x, const HostTensor &indices) {
  if (indices.dims.empty() || !indices.isStatic())
    return -1;
  int64_t depth = indices.dims.back();
  return depth > 0 && depth <= int64_t(x.dims.size()) ? depth : -1;
}

Eval evalGatherND(Node &node) {
  auto inputs = hostInputs(node, /*large=*/true);
  if (!inputs || inputs->size() != 2 || node.attrInt("batch_dims", 0) != 0)
    return Eval::Skip;
  const HostTensor &x = *(*inputs)[0], &indices = *(*inputs)[1];
  int64_t depth = tupleDepth(x, indices);
  if (depth < 0)
    return Eval::Skip;
  llvm::ArrayRef<int64_t> rest = llvm::ArrayRef(x.dims).drop_front(depth);
  HostTensor result{x.type, Dims(llvm::ArrayRef(indices.dims).drop_back()), {}};
  llvm::append_range(result.dims, rest);
  int64_t run = *elementCount(rest);
  if (elementCount(result.dims).value_or(kMaxElements + 1) > kMaxElements)
    return Eval::Skip;
  for (int64_t i = 0; i < indices.size() / depth; ++i) {
    std::optional<int64_t> place = placeOf(x, indices, i, depth);
    if (!place)
      return evalError(node, "an index is out of range");
    result.data.insert(result.data.end(), x.data.begin() + *place,
                       x.data.begin() + *place + run);
  }
  return finish(node, std::move(result));
}

Eval evalScatterND(Node &node) {
  auto inputs = hostInputs(node, /*large=*/true);
  if (!inputs || inputs->size() != 3 ||
      node.attrString("reduction", "none") != "none")
    return Eval::Skip;
  HostTensor result = *(*inputs)[0];
  const HostTensor &indices = *(*inputs)[1], &updates = *(*inputs)[2];
  int64_t depth = tupleDepth(result, indices);
  if (depth < 0)
    return Eval::Skip;
  int64_t run = *elementCount(llvm::ArrayRef(result.dims).drop_front(depth));
  int64_t tuples = indices.size() / depth;
  if (updates.size() != tuples * run)
    return evalError(node, "expected " + std::to_string(tuples * run) +
                               " updates, but got " +
                               std::to_string(updates.size()));
  for (int64_t i = 0; i < tuples; ++i) {
    std::optional<int64_t> place = placeOf(result, indices, i, depth);
    if (!place)
      return evalError(node, "an index is out of range");
    std::copy_n(updates.data.begin() + i * run, run,
                result.data.begin() + *place);
  }
  return finish(node, std::move(result));
}

Eval evalTrilu(Node &node) {
  auto inputs = hostInputs(node, /*large=*/true);
  if (!inputs || inputs->empty() || !inputs->front() ||
      inputs->front()->dims.size() < 2)
    return Eval::Skip;
  HostTensor result = *inputs->front();
  bool upper = node.attrInt("upper", 1) != 0;
  int64_t k = inputs->size() > 1 && (*inputs)[1] && (*inputs)[1]->size() == 1
                  ? (*inputs)[1]->data.front().c
                  : 0;
  size_t next = 0;
  forEachIndex(result.dims, [&](llvm::ArrayRef<int64_t> index) {
    int64_t row = index[index.size() - 2], column = index.back();
    bool keeps = upper ? column - row >= k : column - row <= k;
    if (!keeps)
      result.data[next] = Scalar{};
    ++next;
  });
  return finish(node, std::move(result));
}

} // namespace vitc::frontend
