//===- PointwiseSelection.cpp - Pointwise, gather, pad --------------------===//
//
// One thread an element: the iteration goes over the result in the order of its
// memory, and every operand is a strided view of that.
//
//===----------------------------------------------------------------------===//
#include "dialect/ElementTypes.h"
#include "passes/select/KernelDraft.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace vitrt::format;

namespace vitc::vit {

static Extents extentsOf(Value value) {
  return getExtents(cast<RankedTensorType>(value.getType()));
}

/// The dims of `dest`, outermost in memory first, the batch before all.
static AxisMap memoryOrder(const StridedView &dest) {
  SmallVector<unsigned, 4> dims;
  SmallVector<int64_t, 4> strides;
  for (unsigned dim = 0; dim < dest.dims.size(); ++dim) {
    dims.push_back(dim);
    Factors simple = merged(dest.dims[dim]);
    strides.push_back(simple.empty() ? 0 : std::abs(simple.front().stride));
  }
  llvm::stable_sort(dims, [&](unsigned a, unsigned b) {
    bool batchA = dest.extent(a).perBatch, batchB = dest.extent(b).perBatch;
    return batchA != batchB ? batchA : strides[a] > strides[b];
  });
  AxisMap map;
  map.axes = {dims};
  return map;
}

static void selectPointwise(KernelDraft &draft, Extent elements,
                            const SelectContext &context) {
  PointwiseConfig config;
  config.elements = elements;
  // Several elements a thread once every SM has two blocks of them.
  int64_t count = elements.at(context.optBatch);
  config.threads = 256;
  if (count >= int64_t(config.threads) * 4 * 2 * context.target.sms)
    config.perThread = 4;
  draft.config = config;
  draft.grid[0] = {elements.perBatch ? elements.value : 0,
                   elements.perBatch ? 0 : elements.value,
                   int64_t(config.threads) * config.perThread};
  draft.flops = 0;
  draft.why = llvm::formatv("{0} elements a thread", config.perThread);
}

/// The identity of operand 0, as a function with a body.
static ScalarFn identity(Operation *op, Type element) {
  ScalarFn fn;
  fn.body = std::make_unique<Region>();
  Block &block = fn.body->emplaceBlock();
  BlockArgument argument = block.addArgument(element, op->getLoc());
  // The region is not attached yet: no builder can ask it for its context.
  OpBuilder builder(op->getContext());
  builder.setInsertionPointToEnd(&block);
  YieldOp::create(builder, op->getLoc(), ValueRange(argument));
  return fn;
}

static ScalarFn constant(Operation *op, Type element, double value) {
  ScalarFn fn;
  fn.body = std::make_unique<Region>();
  Block &block = fn.body->emplaceBlock();
  OpBuilder b(op->getContext());
  b.setInsertionPointToEnd(&block);
  // Payloads compute in f32; the store converts.
  TypedAttr attr = b.getF32FloatAttr(value);
  if (isa<IntegerType>(element))
    attr = IntegerAttr::get(element, int64_t(value));
  Value scalar = arith::ConstantOp::create(b, op->getLoc(), attr);
  YieldOp::create(b, op->getLoc(), scalar);
  fn.kind = "fill";
  return fn;
}

/// Copies the element of operand 0 to the destination.
static void setIdentity(FusionGroup &group, KernelDraft &draft, Type element,
                        const char *kind) {
  group.prologue = identity(group.op, element);
  group.prologue.kind = kind;
  draft.prologue = &group.prologue;
  draft.prologueArgs = {0};
}

static LogicalResult lowerGather(FusionGroup &group, GatherOp op,
                                 const SelectContext &context, Drafts &drafts) {
  Extents in = extentsOf(op.getInput()), indices = extentsOf(op.getIndices());
  Extents out = extentsOf(op.getOutput());
  int64_t axis = op.getAxis();
  unsigned post = axis + indices.size();
  std::optional<Place> input = placeOf(op.getInput());
  Factors gathered = merged(input->layout.view.dims[axis]);
  if (gathered.size() > 1)
    return op.emitOpError("gathers over a dimension that is no stride");
  // The iteration: dims before the axis, the indices as one, dims after.
  StridedView source{input->layout.view.offset, {}};
  StridedView target{placeOf(op.getOutput())->layout.view.offset, {}};
  StridedView dest = placeOf(op.getOutput())->layout.view;
  for (int64_t dim = 0; dim < axis; ++dim) {
    source.dims.push_back(input->layout.view.dims[dim]);
    target.dims.push_back(dest.dims[dim]);
  }
  Extent count = product(indices);
  int64_t stride = gathered.empty() ? 0 : gathered.front().stride;
  source.dims.push_back({Factor{count, stride, 1}});
  target.dims.push_back(dest.collapsed(axis, indices.size()));
  for (unsigned dim = post; dim < out.size(); ++dim) {
    source.dims.push_back(input->layout.view.dims[dim - indices.size() + 1]);
    target.dims.push_back(dest.dims[dim]);
  }
  auto draft = std::make_unique<KernelDraft>(group);
  draft->config = PointwiseConfig{};
  AxisMap map = memoryOrder(target);
  Place from = *input, to = *placeOf(op.getOutput());
  from.layout.view = source;
  to.layout.view = target;
  AxisMap whole; // The table's index is not the kernel's: no axes.
  if (failed(draft->addInput(from, op.getInput().getType(), map)) ||
      failed(draft->addInput(op.getIndices(), whole)) ||
      failed(draft->setDest(to, op.getOutput().getType(), map)))
    return failure();
  setIdentity(group, *draft, op.getOutput().getType().getElementType(),
              "gather");
  selectPointwise(*draft, product(out), context);
  drafts.push_back(std::move(draft));
  return success();
}

/// The part of the result that the input fills, cropped where widths are
/// negative: from `from` in the input to `to` in the result.
namespace {
struct Filled {
  SmallVector<int64_t> from, to, ones;
  Extents sizes;
};
} // namespace

static Filled filled(PadOp op) {
  Filled part;
  part.sizes = extentsOf(op.getInput());
  for (auto [dim, extent] : llvm::enumerate(part.sizes)) {
    int64_t low = op.getLow()[dim], high = op.getHigh()[dim];
    part.from.push_back(std::max<int64_t>(-low, 0));
    part.to.push_back(std::max<int64_t>(low, 0));
    part.ones.push_back(1);
    extent.value += std::min<int64_t>(low, 0) + std::min<int64_t>(high, 0);
  }
  return part;
}

/// Padding with zeros: one launch whose reads are guarded.
static LogicalResult lowerZeroPad(FusionGroup &group, PadOp op,
                                  const SelectContext &context,
                                  Drafts &drafts) {
  auto draft = std::make_unique<KernelDraft>(group);
  draft->config = PointwiseConfig{};
  Extents in = extentsOf(op.getInput()), out = extentsOf(op.getOutput());
  Place from = *placeOf(op.getInput()), to = *placeOf(op.getOutput());
  AxisMap map = memoryOrder(to.layout.view);
  AxisMap guarded = map;
  guarded.keepDims = true;
  int64_t base = 0;
  std::vector<Guard> guards;
  for (auto [position, dim] : llvm::enumerate(map.axes[0])) {
    Factors simple = merged(from.layout.view.dims[dim]);
    if (simple.size() > 1)
      return op.emitOpError("pads a dimension that is no stride");
    int64_t low = op.getLow()[dim];
    int64_t stride = simple.empty() ? 0 : simple.front().stride;
    base -= low * stride;
    if (out[dim] != in[dim] || low != 0)
      guards.push_back({{{0, uint32_t(position), 1}}, -low, 0, in[dim].value});
    from.layout.view.dims[dim] = {Factor{out[dim], stride}};
  }
  guarded.base = [base](const StridedView &) { return base; };
  if (failed(draft->addInput(from, op.getInput().getType(), guarded)) ||
      failed(draft->setDest(to, op.getOutput().getType(), map)))
    return failure();
  draft->inputs[0].view.guards = guards;
  setIdentity(group, *draft, op.getOutput().getType().getElementType(), "pad");
  selectPointwise(*draft, product(out), context);
  drafts.push_back(std::move(draft));
  return success();
}

/// Padding with another value: a fill, then a copy into the inside.
static LogicalResult lowerPad(FusionGroup &group, PadOp op,
                              const SelectContext &context, Drafts &drafts) {
  Type element = op.getOutput().getType().getElementType();
  if (op.getValue().isZero())
    return lowerZeroPad(group, op, context, drafts);
  Place to = *placeOf(op.getOutput());
  auto fill = std::make_unique<KernelDraft>(group);
  fill->config = PointwiseConfig{};
  group.epilogues[0] = constant(op, element, op.getValue().convertToFloat());
  fill->prologue = &group.epilogues[0];
  if (failed(fill->setDest(to, op.getOutput().getType(),
                           memoryOrder(to.layout.view))))
    return failure();
  selectPointwise(*fill, product(extentsOf(op.getOutput())), context);
  drafts.push_back(std::move(fill));

  Filled part = filled(op);
  Place from = *placeOf(op.getInput());
  auto inner = to.layout.view.sliced(part.to, part.ones, part.sizes);
  auto outer = from.layout.view.sliced(part.from, part.ones, part.sizes);
  if (!inner || !outer)
    return op.emitOpError("pads a dimension that is no stride");
  to.layout.view = *inner;
  from.layout.view = *outer;
  auto copy = std::make_unique<KernelDraft>(group);
  copy->config = PointwiseConfig{};
  AxisMap map = memoryOrder(to.layout.view);
  if (failed(copy->addInput(from, op.getInput().getType(), map)) ||
      failed(copy->setDest(to, op.getOutput().getType(), map)))
    return failure();
  setIdentity(group, *copy, element, "copy");
  selectPointwise(*copy, product(part.sizes), context);
  drafts.push_back(std::move(copy));
  return success();
}

LogicalResult lowerPointwise(FusionGroup &group, const SelectContext &context,
                             Drafts &drafts) {
  if (auto gather = dyn_cast<GatherOp>(group.op))
    return lowerGather(group, gather, context, drafts);
  if (auto pad = dyn_cast<PadOp>(group.op))
    return lowerPad(group, pad, context, drafts);
  for (auto [result, fn] : llvm::zip(group.op->getResults(), group.epilogues)) {
    auto draft = std::make_unique<KernelDraft>(group);
    draft->config = PointwiseConfig{};
    Place dest = *placeOf(result);
    AxisMap map = memoryOrder(dest.layout.view);
    Extents extents = extentsOf(result);
    if (failed(draft->setDest(dest, result.getType(), map)) ||
        failed(draft->addPrologue(fn, extents, map)))
      return failure();
    selectPointwise(*draft, product(extents), context);
    drafts.push_back(std::move(draft));
  }
  return success();
}

} // namespace vitc::vit
