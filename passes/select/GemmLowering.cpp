//===- GemmLowering.cpp - Contractions as operands of the GEMM template ---===//
//
// linear, qkv_projection, matmul, patch_embed and conv2d: which dims are the
// axes (g, m, k), (g, n, k) and (g, m, n). Patches and convolution windows are
// strides of the A operand (implicit GEMM), padding is a guard.
//
//===----------------------------------------------------------------------===//
#include "dialect/ElementTypes.h"
#include "passes/select/KernelDraft.h"

using namespace mlir;
using namespace vitrt::format;

namespace vitc::vit {

namespace {
/// A contraction in terms of the template.
struct Contraction {
  AxisMap a, w, out;
  Extents aExtents, outExtents; ///< Logical, for prologue and epilogue.
  Value weight;
  GemmConfig problem;
  std::vector<Guard> guards; ///< Of A.
};
} // namespace

static Extents extentsOf(Value value) {
  return getExtents(cast<RankedTensorType>(value.getType()));
}

static Extent productOf(const Extents &extents, ArrayRef<unsigned> dims) {
  Extents picked;
  for (unsigned dim : dims)
    picked.push_back(extents[dim]);
  return product(picked);
}

/// linear and qkv_projection: rows are all dims but the last.
static Contraction dense(Value input, Value weight, Value output) {
  Contraction c;
  c.aExtents = extentsOf(input);
  c.outExtents = extentsOf(output);
  unsigned last = c.aExtents.size() - 1;
  SmallVector<unsigned, 4> rows = rowDims(c.aExtents, last);
  c.a.axes = {{}, rows, {last}};
  c.w.axes = {{}, {0}, {1}};
  c.out.axes = {{}, rows, {last}};
  c.weight = weight;
  c.problem.rows = productOf(c.aExtents, rows);
  c.problem.n = extentsOf(weight)[0].value;
  c.problem.k = c.aExtents[last].value;
  return c;
}

static Contraction patches(PatchEmbedOp op) {
  Contraction c;
  c.aExtents = extentsOf(op.getImage());
  c.outExtents = extentsOf(op.getOutput());
  c.a.split = [op](const StridedView &view) { return patchView(op, view); };
  c.a.axes = {{}, {0, 1, 2}, {3, 4, 5}};
  c.w.axes = {{}, {0}, {1, 2, 3}};
  c.out.axes = {{}, {0, 1}, {2}};
  c.weight = op.getWeight();
  Extents weight = extentsOf(op.getWeight());
  c.problem.rows = product({c.outExtents[0], c.outExtents[1]});
  c.problem.n = weight[0].value;
  c.problem.k = weight[1].value * weight[2].value * weight[3].value;
  return c;
}

/// matmul: leading dims are groups, or rows where the right side has none.
static Contraction product(MatmulOp op) {
  Contraction c;
  c.aExtents = extentsOf(op.getLhs());
  c.outExtents = extentsOf(op.getOutput());
  Extents w = extentsOf(op.getRhs());
  unsigned lead = c.outExtents.size() - 2;
  bool shared = llvm::all_of(ArrayRef<Extent>(w).drop_back(2),
                             [](Extent e) { return e == Extent{}; });
  // All operands over the result's leading dims, then their own two.
  auto align = [lead, out = c.outExtents](const StridedView &view) {
    Extents extents(out.begin(), out.begin() + lead);
    extents.push_back(view.extent(view.dims.size() - 2));
    extents.push_back(view.extent(view.dims.size() - 1));
    return std::optional(view.broadcast(extents));
  };
  SmallVector<unsigned, 4> leading = rowDims(c.outExtents, lead);
  SmallVector<unsigned, 4> rows = leading;
  rows.push_back(lead);
  c.a.split = c.w.split = align;
  unsigned n = op.getTransposeRhs() ? lead : lead + 1;
  unsigned k = op.getTransposeRhs() ? lead + 1 : lead;
  if (shared) {
    c.a.axes = {{}, rows, {lead + 1}};
    c.w.axes = {{}, {n}, {k}};
    c.out.axes = {{}, rows, {lead + 1}};
    c.problem.rows = productOf(c.outExtents, rows);
  } else {
    c.a.axes = {leading, {lead}, {lead + 1}};
    c.w.axes = {leading, {n}, {k}};
    c.out.axes = {leading, {lead}, {lead + 1}};
    c.problem.groups = productOf(c.outExtents, leading);
    c.problem.rows = c.outExtents[lead];
  }
  c.weight = op.getRhs();
  c.problem.n = c.outExtents[lead + 1].value;
  c.problem.k = c.aExtents.back().value;
  return c;
}

/// The windows of a convolution as dims (b, g, oh, ow, c, kh, kw).
static std::optional<StridedView> windows(Conv2DOp op,
                                          const StridedView &image) {
  Extents weight = extentsOf(op.getWeight()), out = extentsOf(op.getOutput());
  std::optional<StridedView> split = image.reshaped({image.extent(0),
                                                     {int64_t(op.getGroups())},
                                                     weight[1],
                                                     image.extent(2),
                                                     image.extent(3)});
  if (!split)
    return std::nullopt;
  auto single = [](const Factors &factors) -> std::optional<int64_t> {
    Factors simple = merged(factors);
    if (simple.size() > 1)
      return std::nullopt;
    return simple.empty() ? 0 : simple.front().stride;
  };
  std::optional<int64_t> row = single(image.dims[2]),
                         col = single(image.dims[3]);
  if (!row || !col)
    return std::nullopt;
  ArrayRef<int64_t> stride = op.getStrides(), dilation = op.getDilations();
  StridedView view{split->offset, {}};
  view.dims = {split->dims[0],
               split->dims[1],
               {Factor{out[2], *row * stride[0]}},
               {Factor{out[3], *col * stride[1]}},
               split->dims[2],
               {Factor{weight[2], *row * dilation[0]}},
               {Factor{weight[3], *col * dilation[1]}}};
  return view;
}

/// `lo <= o * stride + k * dilation - pad < size` for rows and columns.
static std::vector<Guard> paddingGuards(Conv2DOp op) {
  ArrayRef<int64_t> pads = op.getPads();
  if (llvm::all_of(pads, [](int64_t pad) { return pad == 0; }))
    return {};
  std::vector<Guard> guards;
  Extents image = extentsOf(op.getInput());
  for (unsigned dim : {0u, 1u})
    guards.push_back({{{1, 1 + dim, op.getStrides()[dim]},
                       {2, 1 + dim, op.getDilations()[dim]}},
                      -pads[dim],
                      0,
                      image[2 + dim].value});
  return guards;
}

static Contraction convolution(Conv2DOp op) {
  Contraction c;
  c.aExtents = extentsOf(op.getInput());
  c.outExtents = extentsOf(op.getOutput());
  Extents weight = extentsOf(op.getWeight());
  int64_t groups = op.getGroups(), channels = weight[0].value / groups;
  c.a.split = [op](const StridedView &view) { return windows(op, view); };
  c.a.axes = {{1}, {0, 2, 3}, {4, 5, 6}};
  c.guards = paddingGuards(op);
  if (!c.guards.empty()) {
    c.a.keepDims = true;
    // The first window starts in the padding. Strides of o and k are those of
    // the image times stride and dilation.
    c.a.base = [op](const StridedView &view) mutable {
      return -op.getPads()[0] * view.dims[5].front().stride /
                 op.getDilations()[0] -
             op.getPads()[1] * view.dims[6].front().stride /
                 op.getDilations()[1];
    };
  }
  c.w.split = [=](const StridedView &view) {
    return view.reshaped(
        {{groups}, {channels}, weight[1], weight[2], weight[3]});
  };
  c.w.axes = {{0}, {1}, {2, 3, 4}};
  c.out.split = [=](const StridedView &view) {
    return view.reshaped(
        {view.extent(0), {groups}, {channels}, view.extent(2), view.extent(3)});
  };
  c.out.axes = {{1}, {0, 3, 4}, {2}};
  c.weight = op.getWeight();
  c.problem.groups = {groups, false};
  c.problem.rows = product({c.outExtents[0], c.outExtents[2], c.outExtents[3]});
  c.problem.n = channels;
  c.problem.k = weight[1].value * weight[2].value * weight[3].value;
  return c;
}

static Contraction contractionOf(const FusionGroup &group) {
  Operation *anchor = group.anchor;
  if (auto op = dyn_cast<PatchEmbedOp>(anchor))
    return patches(op);
  if (auto op = dyn_cast<Conv2DOp>(anchor))
    return convolution(op);
  if (auto op = dyn_cast<MatmulOp>(anchor))
    return product(op);
  return dense(anchor->getOperand(0), anchor->getOperand(1),
               anchor->getResult(0));
}

/// One launch: columns [first, first + n) of the product, into `dest`. A bias
/// over all columns is read from `first` on.
static LogicalResult addLaunch(FusionGroup &group, Contraction c,
                               const Place &dest, Type type, ScalarFn &epilogue,
                               int64_t first, const SelectContext &context,
                               Drafts &drafts) {
  auto draft = std::make_unique<KernelDraft>(group);
  draft->config = c.problem;
  if (failed(draft->addInput(group.main, c.a)))
    return failure();
  draft->inputs.back().view.guards = c.guards;
  Value outside = group.outside(c.weight);
  if (failed(draft->addInput(outside, c.w)))
    return failure();
  // Rows of the weight are columns of the product.
  KernelOperandDraft &weight = draft->inputs.back();
  if (first != 0)
    weight.offset += first * weight.view.axes[1].back().stride;
  draft->firstColumn = first;
  if (failed(draft->setDest(dest, type, c.out)) ||
      failed(draft->addPrologue(group.prologue, c.aExtents, c.a)) ||
      failed(draft->addEpilogue(epilogue, c.outExtents, c.out)))
    return failure();
  const GemmConfig &p = c.problem;
  draft->flops = 2.0 * p.groups.value * p.rows.value * p.n * p.k;
  selectGemm(*draft, p, context);
  drafts.push_back(std::move(draft));
  return success();
}

/// Whether two functions are the same scalar function of the template's value
/// and of vectors over the product's columns that lie in one tensor.
static bool sameFunction(const ScalarFn &a, const ScalarFn &b) {
  if (!a.body || !b.body)
    return !a.body && !b.body;
  auto sameArgs = [](const FnArg &x, const FnArg &y) {
    return x.leaf == y.leaf && x.map == y.map;
  };
  return a.args.size() == b.args.size() &&
         std::equal(a.args.begin(), a.args.end(), b.args.begin(), sameArgs) &&
         OperationEquivalence::isRegionEquivalentTo(
             a.body.get(), b.body.get(), OperationEquivalence::IgnoreLocations);
}

/// Q, K and V in one launch, where one function fits all columns; else one a
/// result.
static LogicalResult lowerProjection(FusionGroup &group,
                                     const SelectContext &context,
                                     Drafts &drafts) {
  Contraction c = contractionOf(group);
  unsigned last = c.outExtents.size() - 1;
  struct Part {
    int64_t first, width;
    unsigned result;
    Place place;
  };
  SmallVector<Part, 3> parts;
  for (auto [index, result] : llvm::enumerate(group.op->getResults())) {
    Part part{0, extentsOf(result)[last].value, unsigned(index),
              *placeOf(result)};
    for (unsigned i = 0; i < group.anchorResult[index]; ++i)
      part.first += extentsOf(group.anchor->getResult(i))[last].value;
    if (part.width > 0)
      parts.push_back(part);
  }
  llvm::sort(parts,
             [](const Part &a, const Part &b) { return a.first < b.first; });
  bool whole = true;
  for (unsigned i = 1; i < parts.size(); ++i)
    whole &= parts[i].first == parts[i - 1].first + parts[i - 1].width &&
             parts[i].place.sameRoot(parts[0].place) &&
             sameFunction(group.epilogues[parts[i].result],
                          group.epilogues[parts[0].result]);
  if (whole) {
    for (unsigned i = 1; i < parts.size(); ++i)
      parts[0].width += parts[i].width;
    parts[0].place.layout.view.dims[last].front().extent = {parts[0].width};
    parts.resize(1);
  }
  for (const Part &part : parts) {
    Contraction columns = c;
    columns.outExtents[last] = {part.width};
    columns.problem.n = part.width;
    if (failed(addLaunch(group, columns, part.place,
                         group.op->getResult(part.result).getType(),
                         group.epilogues[part.result], part.first, context,
                         drafts)))
      return failure();
  }
  return success();
}

LogicalResult lowerGemm(FusionGroup &group, const SelectContext &context,
                        Drafts &drafts) {
  if (isa<QKVProjectionOp>(group.anchor))
    return lowerProjection(group, context, drafts);
  return addLaunch(
      group, contractionOf(group), *placeOf(group.op->getResult(0)),
      group.op->getResult(0).getType(), group.epilogues[0], 0, context, drafts);
}

} // namespace vitc::vit
