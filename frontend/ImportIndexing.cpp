//===- ImportIndexing.cpp - Slice, Split, Gather, Pad and their like ------===//
#include "frontend/Eval.h"
#include "frontend/OpTables.h"
#include "frontend/ShapeForms.h"

#include "dialect/ShapeInference.h"

using namespace mlir;
using vitc::onnx::TensorProto;

namespace vitc::frontend {

static LogicalResult importConcat(Node &n) {
  SmallVector<mlir::Value> values;
  for (unsigned i = 0; i < n.numInputs(); ++i)
    if (n.has(i))
      values.push_back(n.in(i));
  if (values.empty() || !values.front())
    return failure();
  auto axis = n.axis(n.attrInt("axis", 0), n.rankOf(values.front()));
  return axis ? n.out(n.concat(values, *axis)) : failure();
}

static LogicalResult importSlice(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  auto form = sliceForm(n);
  if (!form)
    return failure();
  return n.out(n.slice(n.in(0), form->offsets, form->sizes, form->strides));
}

static LogicalResult importSplit(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  auto form = splitForm(n);
  mlir::Value x = n.in(0);
  if (!form || !x)
    return failure();
  int64_t offset = 0;
  for (unsigned i = 0; i < n.numOutputs(); ++i) {
    if (n.wants(i) &&
        failed(n.out(i, n.slice(x, form->axis, offset, form->sizes[i]))))
      return failure();
    offset += form->sizes[i];
  }
  return success();
}

/// Constant indices as one run from `first` on, or none.
static std::optional<int64_t> runOf(const HostTensor &indices, int64_t size) {
  if (indices.data.empty() || indices.dims.size() > 1 || !indices.isStatic())
    return std::nullopt;
  int64_t first = indices.data.front().c;
  first = first < 0 ? first + size : first;
  for (auto [i, entry] : llvm::enumerate(indices.data)) {
    int64_t index = entry.c < 0 ? entry.c + size : entry.c;
    if (index != first + int64_t(i) || index < 0 || index >= size)
      return std::nullopt;
  }
  return first;
}

/// Indices of one run are a slice (and a reshape, where they are a scalar).
static LogicalResult importGather(Node &n) {
  if (!n.has(0) || !n.has(1))
    return n.mismatch("expected an input and indices");
  auto axis = n.axis(n.attrInt("axis", 0), n.rank(0));
  if (!axis)
    return failure();
  vit::Extents extents = n.extents(0);
  if (extents[*axis].perBatch)
    return n.needsFixedBatch("images of the batch are picked");
  const HostTensor *indices = n.host(1);
  int64_t size = extents[*axis].value;
  if (indices)
    for (const Scalar &index : indices->data)
      if (index.k == 0 && (index.c < -size || index.c >= size))
        return n.mismatch("expected an index within " + std::to_string(size) +
                          ", but got " + std::to_string(index.c));
  auto first = indices ? runOf(*indices, size) : std::nullopt;
  if (!first)
    return n.out(n.gather(n.in(0), n.in(1), *axis));
  mlir::Value part = n.slice(n.in(0), *axis, *first, indices->size());
  if (!indices->dims.empty())
    return n.out(part);
  extents.erase(extents.begin() + *axis);
  return n.out(n.reshape(part, extents));
}

/// Index tuples over the leading dimensions become one index over their
/// product.
static LogicalResult importGatherND(Node &n) {
  const HostTensor *indices = n.host(1);
  if (!n.has(0) || !indices || !indices->isStatic() || indices->dims.empty() ||
      n.attrInt("batch_dims", 0) != 0)
    return n.unsupported("expected constant indices without batch_dims");
  vit::Extents extents = n.extents(0);
  int64_t depth = indices->dims.back();
  if (depth < 1 || depth > int64_t(extents.size()))
    return n.mismatch("expected index tuples of at most the input's rank");
  ArrayRef<Extent> all(extents);
  Extent lead = vit::product(all.take_front(depth));
  if (lead.perBatch)
    return n.needsFixedBatch("images of the batch are picked");
  HostTensor flat{
      TensorProto::INT64, Dims(ArrayRef(indices->dims).drop_back()), {}};
  for (int64_t i = 0; i < indices->size() / depth; ++i) {
    int64_t place = 0;
    for (int64_t d = 0; d < depth; ++d) {
      int64_t index = indices->data[size_t(i * depth + d)].c;
      int64_t size = extents[d].value;
      index = index < 0 ? index + size : index;
      if (index < 0 || index >= size)
        return n.mismatch("an index is out of range");
      place = place * size + index;
    }
    flat.data.push_back(Scalar::ofInt(place));
  }
  vit::Extents rows = {lead};
  llvm::append_range(rows, all.drop_front(depth));
  return n.out(
      n.gather(n.reshape(n.in(0), rows), n.constant(std::move(flat)), 0));
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

/// The place in [0, size) that place `at` of a padded axis shows.
static int64_t mirrored(StringRef mode, int64_t at, int64_t size) {
  if (mode == "edge")
    return std::min(std::max<int64_t>(at, 0), size - 1);
  if (mode == "wrap")
    return ((at % size) + size) % size;
  int64_t period = std::max<int64_t>(2 * (size - 1), 1);
  at = ((at % period) + period) % period;
  return at < size ? at : period - at;
}

static LogicalResult padByGather(Node &n, StringRef mode, const Dims &low,
                                 const Dims &high) {
  mlir::Value v = n.in(0);
  for (size_t d = 0; v && d < low.size(); ++d) {
    if (low[d] == 0 && high[d] == 0)
      continue;
    int64_t size = n.extentsOf(v)[d].value;
    if (n.extentsOf(v)[d].perBatch || size < 1 || low[d] < -size ||
        high[d] < -size || low[d] + high[d] + size > kMaxElements)
      return n.mismatch("expected widths that fit axis " + std::to_string(d));
    HostTensor places{TensorProto::INT64, {}, {}};
    for (int64_t at = -low[d]; at < size + high[d]; ++at)
      places.data.push_back(Scalar::ofInt(mirrored(mode, at, size)));
    places.dims = {places.size()};
    v = n.gather(v, n.constant(std::move(places)), int64_t(d));
  }
  return n.out(v);
}

static LogicalResult importPad(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  size_t rank = size_t(n.rank(0));
  auto pads = n.opset < 11 ? n.attrInts("pads") : n.ints(1, "pads");
  auto axes = n.has(3) ? n.ints(3, "axes") : std::optional(Dims());
  if (!pads || !axes)
    return n.opset < 11 ? n.mismatch("expected pads") : failure();
  if (!n.has(3))
    for (size_t d = 0; d < rank; ++d)
      axes->push_back(int64_t(d));
  axes = n.axes(*axes, int64_t(rank));
  if (!axes || pads->size() != 2 * axes->size())
    return axes ? n.mismatch("expected two pads an axis") : failure();
  Dims low(rank, 0), high(rank, 0);
  for (size_t i = 0; i < axes->size(); ++i) {
    low[(*axes)[i]] = (*pads)[i];
    high[(*axes)[i]] = (*pads)[axes->size() + i];
  }
  for (size_t d = 0; d < rank; ++d)
    if (std::abs(low[d]) > INT32_MAX || std::abs(high[d]) > INT32_MAX)
      return n.mismatch("expected pads below 2^31");
  std::string mode = n.attrString("mode", "constant");
  if (mode == "reflect" || mode == "edge" || mode == "wrap")
    return padByGather(n, mode, low, high);
  if (mode != "constant")
    return n.mismatch("expected mode constant, reflect, edge or wrap");
  double value = n.opset < 11 ? n.attrFloat("value", 0) : 0;
  if (n.opset >= 11 && n.has(2)) {
    auto constant = n.scalar(2);
    if (!constant)
      return n.unsupported("expected the value of the border to be constant");
    value = *constant;
  }
  return n.out(n.pad(n.in(0), low, high, float(value)));
}

//===----------------------------------------------------------------------===//
// Blocks of an image
//===----------------------------------------------------------------------===//

static LogicalResult importDepthToSpace(Node &n) {
  if (!n.has(0) || n.rank(0) != 4)
    return n.mismatch("expected an input of rank 4");
  vit::Extents e = n.extents(0);
  int64_t block = n.attrInt("blocksize", 0);
  bool toSpace = n.proto.op_type() == "DepthToSpace";
  if (block < 1 || block > 1024 ||
      (toSpace ? e[1].value % (block * block) != 0
               : e[2].value % block != 0 || e[3].value % block != 0))
    return n.mismatch("expected sizes that blocksize divides");
  Extent s{block, false};
  auto over = [&](Extent extent, int64_t by) {
    return Extent{extent.value / by, extent.perBatch};
  };
  if (!toSpace) {
    mlir::Value v = n.reshape(
        n.in(0), {e[0], e[1], over(e[2], block), s, over(e[3], block), s});
    bool crd = n.attrString("mode", "DCR") == "CRD";
    v = n.transpose(v, crd ? Dims{0, 1, 3, 5, 2, 4} : Dims{0, 3, 5, 1, 2, 4});
    return n.out(n.reshape(v, {e[0], vit::product({e[1], s, s}),
                               over(e[2], block), over(e[3], block)}));
  }
  bool crd = n.attrString("mode", "DCR") == "CRD";
  Extent depth = over(e[1], block * block);
  vit::Extents apart = crd ? vit::Extents{e[0], depth, s, s, e[2], e[3]}
                           : vit::Extents{e[0], s, s, depth, e[2], e[3]};
  mlir::Value v = n.reshape(n.in(0), apart);
  v = n.transpose(v, crd ? Dims{0, 1, 4, 2, 5, 3} : Dims{0, 3, 4, 1, 5, 2});
  return n.out(n.reshape(
      v, {e[0], depth, vit::product({e[2], s}), vit::product({e[3], s})}));
}

OpTable indexingOps() {
  static const OpEntry table[] = {
      {"Concat", importConcat, evalConcat},
      {"Slice", importSlice, evalSlice, "", "constant bounds"},
      {"Split", importSplit, evalSplit},
      {"Gather", importGather, evalGather},
      {"GatherND", importGatherND, evalGatherND, "", "constant indices"},
      {"Pad", importPad, nullptr, "", "constant widths, all modes"},
      {"DepthToSpace", importDepthToSpace},
      {"SpaceToDepth", importDepthToSpace},
      {"Range", nullptr, evalRange, "", "constants"},
      {"NonZero", nullptr, evalNonZero, "", "constants"},
      {"ScatterND", nullptr, evalScatterND, "", "constants"},
      {"Trilu", nullptr, evalTrilu, "", "constants"},
  };
  return table;
}

} // namespace vitc::frontend
