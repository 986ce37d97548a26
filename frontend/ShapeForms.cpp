//===- ShapeForms.cpp - What movement operators ask for -------------------===//
#include "frontend/ShapeForms.h"

#include "dialect/ShapeInference.h"

namespace vitc::frontend {

std::optional<Extent> sizeOf(Node &node, const Scalar &scalar) {
  if (std::optional<Extent> extent = toExtent(scalar))
    return extent;
  if (scalar.k == 0) {
    (void)node.mismatch("expected sizes of at least 0, but got " +
                        std::to_string(scalar.c));
    return std::nullopt;
  }
  (void)node.needsFixedBatch("a size is " + std::to_string(scalar.k) + "*B + " +
                             std::to_string(scalar.c));
  return std::nullopt;
}

std::optional<vit::Extents> sizes(Node &node, unsigned i, const char *what) {
  auto elements = node.scalars(i, what);
  if (!elements)
    return std::nullopt;
  vit::Extents result;
  for (const Scalar &element : *elements) {
    std::optional<Extent> size = sizeOf(node, element);
    if (!size)
      return std::nullopt;
    result.push_back(*size);
  }
  return result;
}

/// `total / part`, as sizes; none where it is no whole multiple.
static std::optional<Extent> divide(Extent total, Extent part) {
  if (part.value == 0 || total.value % part.value != 0 ||
      (part.perBatch && !total.perBatch))
    return std::nullopt;
  return Extent{total.value / part.value, total.perBatch && !part.perBatch};
}

static std::optional<vit::Extents> reshape(Node &node) {
  vit::Extents input = node.extents(0), result;
  auto target = node.scalars(1, "the shape");
  if (!target)
    return std::nullopt;
  bool allowZero = node.attrInt("allowzero", 0) != 0;
  int64_t open = -1;
  for (auto [i, scalar] : llvm::enumerate(*target)) {
    if (scalar == Scalar::ofInt(-1)) {
      if (open >= 0) {
        (void)node.mismatch("expected at most one -1 in the shape");
        return std::nullopt;
      }
      open = int64_t(i);
      result.push_back({1, false});
    } else if (scalar == Scalar{} && !allowZero) {
      if (i >= input.size()) {
        (void)node.mismatch("a 0 in the shape has no dimension to copy");
        return std::nullopt;
      }
      result.push_back(input[i]);
    } else if (auto size = sizeOf(node, scalar)) {
      result.push_back(*size);
    } else {
      return std::nullopt;
    }
  }
  if (llvm::count_if(result, [](Extent e) { return e.perBatch; }) > 1) {
    (void)node.needsFixedBatch("two dimensions of the shape are the batch");
    return std::nullopt;
  }
  Extent total = vit::product(input);
  if (open >= 0) {
    std::optional<Extent> rest = divide(total, vit::product(result));
    if (!rest) {
      (void)node.needsFixedBatch("expected a shape of " + vit::toString(total) +
                                 " elements, but the sizes beside -1 are " +
                                 vit::toString(vit::product(result)));
      return std::nullopt;
    }
    result[open] = *rest;
  } else if (vit::product(result) != total) {
    // A size that was recorded at export, where another is the batch: the
    // shape then says which batch it is for.
    Extent got = vit::product(result);
    if (!got.perBatch && total.perBatch && total.value > 0 &&
        got.value % total.value == 0)
      node.importer.suggestedBatch = got.value / total.value;
    (void)node.needsFixedBatch("expected a shape of " + vit::toString(total) +
                               " elements, but got " + vit::toString(result));
    return std::nullopt;
  }
  return result;
}

static std::optional<vit::Extents> flatten(Node &node) {
  vit::Extents input = node.extents(0);
  int64_t at = node.attrInt("axis", 1), rank = int64_t(input.size());
  if (at < -rank || at > rank) {
    (void)node.mismatch("expected an axis within rank " + std::to_string(rank));
    return std::nullopt;
  }
  at = at < 0 ? at + rank : at;
  llvm::ArrayRef<Extent> all(input);
  return vit::Extents{vit::product(all.take_front(at)),
                      vit::product(all.drop_front(at))};
}

static std::optional<vit::Extents> squeeze(Node &node) {
  vit::Extents input = node.extents(0), result;
  auto given = node.intsOrAttr(1, "axes");
  if (!given)
    return std::nullopt;
  auto axes = node.axes(*given, int64_t(input.size()));
  if (!axes)
    return std::nullopt;
  for (auto [i, extent] : llvm::enumerate(input)) {
    bool named = llvm::is_contained(*axes, int64_t(i));
    bool one = extent == Extent{1, false};
    if (named && !one) {
      (void)node.mismatch("expected a size of 1 at axis " + std::to_string(i) +
                          ", but got " + vit::toString(extent));
      return std::nullopt;
    }
    if (!(named || (axes->empty() && one)))
      result.push_back(extent);
  }
  return result;
}

static std::optional<vit::Extents> unsqueeze(Node &node) {
  vit::Extents input = node.extents(0), result;
  auto given = node.intsOrAttr(1, "axes");
  if (!given)
    return std::nullopt;
  int64_t rank = int64_t(input.size() + given->size());
  auto axes = node.axes(*given, rank);
  if (!axes)
    return std::nullopt;
  size_t next = 0;
  for (int64_t i = 0; i < rank; ++i)
    result.push_back(llvm::is_contained(*axes, i) ? Extent{1, false}
                                                  : input[next++]);
  return result;
}

std::optional<vit::Extents> reshapeSizes(Node &node) {
  const std::string &op = node.proto.op_type();
  if (op == "Flatten")
    return flatten(node);
  if (op == "Squeeze")
    return squeeze(node);
  if (op == "Unsqueeze")
    return unsqueeze(node);
  return reshape(node);
}

std::optional<Dims> permutation(Node &node) {
  int64_t rank = node.rank(0);
  if (auto given = node.attrInts("perm")) {
    auto axes = node.axes(*given, rank);
    if (axes && int64_t(axes->size()) != rank) {
      (void)node.mismatch("expected a permutation of " + std::to_string(rank) +
                          " dimensions, but got " +
                          std::to_string(axes->size()));
      return std::nullopt;
    }
    return axes;
  }
  Dims reversed;
  for (int64_t i = rank; i-- > 0;)
    reversed.push_back(i);
  return reversed;
}

/// One axis of a slice over a batch dimension: it may only be taken whole.
static bool takesWhole(const Scalar &start, const Scalar &end, Extent extent,
                       const DimRange &batch) {
  if (!(start == Scalar{}))
    return false;
  for (int64_t at : {batch.min, batch.max})
    if (end.c + __int128(end.k) * at < extent.at(at))
      return false;
  return true;
}

std::optional<SliceForm> sliceForm(Node &node) {
  vit::Extents input = node.extents(0);
  SliceForm form{Dims(input.size(), 0), Dims(input.size(), 1), input};
  llvm::SmallVector<Scalar> starts, ends;
  Dims axes, steps;
  if (node.opset < 10) {
    for (int64_t v : node.attrInts("starts").value_or(Dims()))
      starts.push_back(Scalar::ofInt(v));
    for (int64_t v : node.attrInts("ends").value_or(Dims()))
      ends.push_back(Scalar::ofInt(v));
    axes = node.attrInts("axes").value_or(Dims());
  } else {
    auto first = node.scalars(1, "starts"), last = node.scalars(2, "ends");
    auto which = node.has(3) ? node.ints(3, "axes") : std::optional(Dims());
    auto by = node.has(4) ? node.ints(4, "steps") : std::optional(Dims());
    if (!first || !last || !which || !by)
      return std::nullopt;
    starts = *first, ends = *last, axes = *which, steps = *by;
  }
  if (axes.empty())
    for (size_t i = 0; i < starts.size(); ++i)
      axes.push_back(int64_t(i));
  auto normal = node.axes(axes, int64_t(input.size()));
  if (!normal)
    return std::nullopt;
  if (starts.size() != axes.size() || ends.size() != axes.size() ||
      (!steps.empty() && steps.size() != axes.size())) {
    (void)node.mismatch("expected one start, end, axis and step each");
    return std::nullopt;
  }
  for (auto [i, axis] : llvm::enumerate(*normal)) {
    Extent extent = input[axis];
    int64_t step = steps.empty() ? 1 : steps[i];
    if (step == 0) {
      (void)node.mismatch("a step is 0");
      return std::nullopt;
    }
    if (extent.perBatch) {
      if (step == 1 &&
          takesWhole(starts[i], ends[i], extent, node.importer.batch))
        continue;
      (void)node.needsFixedBatch("a part of the batch is taken");
      return std::nullopt;
    }
    if (starts[i].k != 0 || ends[i].k != 0) {
      (void)node.needsFixedBatch("a slice's bounds depend on the batch");
      return std::nullopt;
    }
    int64_t size = extent.value;
    auto clamp = [&](int64_t at, int64_t low, int64_t high) {
      at = at < 0 && at >= -size ? at + size : at;
      return std::min(std::max(at, low), high);
    };
    int64_t from = step > 0 ? clamp(starts[i].c, 0, size)
                            : clamp(starts[i].c, 0, size - 1);
    int64_t to =
        step > 0 ? clamp(ends[i].c, 0, size) : clamp(ends[i].c, -1, size - 1);
    int64_t span = step > 0 ? to - from : from - to;
    int64_t by = step > 0 ? step : -step;
    int64_t count = span <= 0 ? 0 : (span - 1) / by + 1;
    form.offsets[axis] = count == 0 ? 0 : from;
    // One element needs no stride; a huge step must not overflow later.
    form.strides[axis] = count <= 1 ? 1 : step;
    form.sizes[axis] = {count, false};
  }
  return form;
}

std::optional<SplitForm> splitForm(Node &node) {
  vit::Extents input = node.extents(0);
  auto axis = node.axis(node.attrInt("axis", 0), int64_t(input.size()));
  auto given = node.intsOrAttr(1, "split");
  if (!axis || !given)
    return std::nullopt;
  if (input[*axis].perBatch) {
    (void)node.needsFixedBatch("the batch is split");
    return std::nullopt;
  }
  SplitForm form{*axis, *given};
  int64_t total = input[*axis].value, parts = int64_t(node.numOutputs());
  if (form.sizes.empty()) {
    // Equal parts; from opset 18 the last may be smaller.
    int64_t size = parts > 0 ? (total + parts - 1) / parts : 0;
    for (int64_t i = 0, left = total; i < parts; ++i, left -= size)
      form.sizes.push_back(std::max<int64_t>(std::min(size, left), 0));
  }
  int64_t sum = 0;
  for (int64_t size : form.sizes)
    sum = size < 0 || sum > total ? -1 : sum + size;
  if (sum != total || int64_t(form.sizes.size()) < parts) {
    (void)node.mismatch("expected " + std::to_string(parts) +
                        " parts that add up to " + std::to_string(total));
    return std::nullopt;
  }
  return form;
}

std::optional<vit::Extents> expandSizes(Node &node) {
  auto target = sizes(node, 1, "the shape");
  if (!target)
    return std::nullopt;
  auto result = vit::broadcastExtents(node.errors(), node.extents(0), *target);
  if (failed(result))
    return std::nullopt;
  return *result;
}

} // namespace vitc::frontend
