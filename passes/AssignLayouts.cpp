//===- AssignLayouts.cpp - A stride order and a place for every value -----===//
//
// Backwards, what a value is for tells where it would best be: a model output,
// a part of a concat's buffer, or either seen through reshapes and transposes.
// Forwards, every launch gets its layouts, movement ops become views, and an
// explicit copy (`vit.pointwise "copy"`) stands where no view will do.
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"
#include "passes/layout/GatherIndices.h"
#include "passes/layout/Layouts.h"
#include "passes/select/FusionGroup.h"

#include "dialect/Locations.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Report.h"

#include <numeric>

using namespace mlir;

namespace vitc::vit {
#define GEN_PASS_DEF_ASSIGNLAYOUTS
#include "passes/Passes.h.inc"

namespace {
class LayoutAssigner {
public:
  explicit LayoutAssigner(func::FuncOp func) : func(func) {}

  LogicalResult run() {
    if (failed(prepare()))
      return failure();
    for (Operation &op : llvm::reverse(func.front()))
      request(&op);
    for (Operation &op : llvm::make_early_inc_range(func.front()))
      if (failed(assign(&op)))
        return failure();
    func->setAttr(kBuffers, ArrayAttr::get(func.getContext(), buffers));
    return success();
  }

  int64_t numCopies() const { return copies; }

private:
  LogicalResult prepare();
  LogicalResult prepareTypes();
  void request(Operation *op);
  void requestFor(Value value, const vitk::Layout &layout);
  LogicalResult assign(Operation *op);
  void assignLaunch(Operation *op);
  vitk::Layout defaultLayout(Operation *op);
  void assignProjection(Operation *op, ArrayRef<unsigned> order);
  void assignConcat(ConcatOp concat);
  void assignReturn(func::ReturnOp op);
  void copyOperand(OpOperand &operand, const vitk::Layout &layout);

  /// A new buffer for a tensor of `type`, row-major.
  vitk::Layout newBuffer(RankedTensorType type) {
    buffers.push_back(TypeAttr::get(type));
    return {false, int64_t(buffers.size()) - 1,
            StridedView::dense(getExtents(type))};
  }
  vitk::Layout newBuffer(Value value) {
    return newBuffer(cast<RankedTensorType>(value.getType()));
  }
  static vitk::Layout outputLayout(OpOperand &operand) {
    auto type = cast<RankedTensorType>(operand.get().getType());
    return {true, operand.getOperandNumber(),
            StridedView::dense(getExtents(type))};
  }
  static bool isAt(Value value, const vitk::Layout &layout) {
    std::optional<Place> place = placeOf(value);
    return place && place->sameRoot({{}, layout}) &&
           sameElements(place->layout.view, layout.view);
  }

  func::FuncOp func;
  SmallVector<Attribute> buffers;
  int64_t copies = 0;
  DenseMap<Value, vitk::Layout> requests;
};
} // namespace

static void inlineRegion(RegionOp region) {
  Block &body = region.getBody().front();
  for (auto [argument, input] :
       llvm::zip(body.getArguments(), region.getInputs()))
    argument.replaceAllUsesWith(input);
  Operation *yield = body.getTerminator();
  for (auto [result, value] :
       llvm::zip(region.getResults(), yield->getOperands()))
    result.replaceAllUsesWith(value);
  yield->erase();
  region->getBlock()->getOperations().splice(region->getIterator(),
                                             body.getOperations());
  region.erase();
}

LogicalResult LayoutAssigner::prepareTypes() {
  LogicalResult result = success();
  auto check = [&](Type type, const Twine &what) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (tensor && isBatchOutermost(tensor))
      return;
    func.emitError() << what
                     << " has its batch dimension behind others: " << type
                     << "; fix the batch with --shape";
    result = failure();
  };
  for (auto [index, type] : llvm::enumerate(func.getArgumentTypes()))
    check(type, "model input " + Twine(index));
  for (auto [index, type] : llvm::enumerate(func.getResultTypes()))
    check(type, "model output " + Twine(index));
  return result;
}

LogicalResult LayoutAssigner::prepare() {
  SmallVector<RegionOp> regions(func.getOps<RegionOp>());
  for (RegionOp region : regions) {
    if (region.getDevice() != 0)
      return region.emitOpError(
          "is placed on a DLA core, which no plan has yet");
    inlineRegion(region);
  }
  SmallVector<FusedOp> fused(func.getOps<FusedOp>());
  for (FusedOp op : fused) {
    std::string why;
    if (succeeded(analyseGroup(op, why)))
      continue;
    op.emitRemark() << "becomes several launches: " << why;
    unfuse(op);
  }
  normalizeGathers(func);
  LogicalResult result = prepareTypes();
  for (Operation &op : func.front()) {
    if (isLaunch(&op) || isMovement(&op) || isa<WeightOp, func::ReturnOp>(op))
      continue;
    op.emitOpError("has no kernel");
    result = failure();
  }
  return result;
}

void LayoutAssigner::requestFor(Value value, const vitk::Layout &layout) {
  Operation *op = value.getDefiningOp();
  if (!op || isa<WeightOp, SliceOp, BroadcastOp>(op) || op->getNumResults() > 1)
    return;
  requests.try_emplace(value, layout);
}

void LayoutAssigner::request(Operation *op) {
  if (isa<func::ReturnOp>(op)) {
    for (OpOperand &operand : op->getOpOperands())
      requestFor(operand.get(), outputLayout(operand));
    return;
  }
  if (auto concat = dyn_cast<ConcatOp>(op)) {
    // Its own place is fixed now: the inputs are written into it.
    auto found = requests.find(concat.getOutput());
    vitk::Layout whole =
        found != requests.end() ? found->second : newBuffer(concat.getOutput());
    setLayouts(concat, whole);
    SmallVector<int64_t> offsets(whole.view.dims.size(), 0);
    SmallVector<int64_t> ones(whole.view.dims.size(), 1);
    for (Value input : concat.getInputs()) {
      Extents sizes = getExtents(cast<RankedTensorType>(input.getType()));
      vitk::Layout part = whole;
      if (auto view = whole.view.sliced(offsets, ones, sizes)) {
        part.view = *view;
        requestFor(input, part);
      }
      offsets[concat.getAxis()] += sizes[concat.getAxis()].value;
    }
    return;
  }
  if (!isa<ReshapeOp, TransposeOp>(op))
    return;
  auto found = requests.find(op->getResult(0));
  if (found == requests.end())
    return;
  vitk::Layout layout = found->second;
  if (auto view = movedBack(op, layout.view)) {
    layout.view = *view;
    requestFor(op->getOperand(0), layout);
  }
}

void LayoutAssigner::copyOperand(OpOperand &operand,
                                 const vitk::Layout &layout) {
  OpBuilder builder(operand.getOwner());
  Value input = operand.get();
  auto type = cast<RankedTensorType>(input.getType());
  Location loc = input.getDefiningOp() ? input.getDefiningOp()->getLoc()
                                       : operand.getOwner()->getLoc();
  AffineMap map = builder.getMultiDimIdentityMap(type.getRank());
  auto copy = PointwiseOp::create(builder, loc, type, input,
                                  builder.getAffineMapArrayAttr(map), "copy");
  Block &body = copy.getBody().emplaceBlock();
  BlockArgument argument = body.addArgument(type.getElementType(), loc);
  builder.setInsertionPointToEnd(&body);
  YieldOp::create(builder, loc, ValueRange(argument));
  setLayouts(copy, layout);
  operand.set(copy.getOutput());
  ++copies;
}

/// Dense in the order of the largest operand of the result's shape, so that a
/// chain of pointwise ops keeps a layout.
static std::optional<StridedView> orderOfOperands(Operation *op,
                                                  RankedTensorType type) {
  Extents extents = getExtents(type);
  for (Value operand : op->getOperands()) {
    if (getExtents(cast<RankedTensorType>(operand.getType())) != extents)
      continue;
    std::optional<Place> place = placeOf(operand);
    if (!place)
      continue;
    SmallVector<int64_t> order, strides;
    for (auto [dim, factors] : llvm::enumerate(place->layout.view.dims)) {
      order.push_back(dim);
      Factors simple = merged(factors);
      strides.push_back(simple.empty() ? 0 : simple.front().stride);
      if (simple.size() > 1 || (simple.size() == 1 && strides.back() <= 0))
        return std::nullopt;
    }
    llvm::stable_sort(order, [&](int64_t a, int64_t b) {
      if (extents[a].perBatch != extents[b].perBatch)
        return extents[a].perBatch;
      return strides[a] > strides[b];
    });
    return StridedView::ordered(extents, order);
  }
  return std::nullopt;
}

vitk::Layout LayoutAssigner::defaultLayout(Operation *op) {
  vitk::Layout layout = newBuffer(op->getResult(0));
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  std::string why;
  FailureOr<FusionGroup> group = analyseGroup(op, why);
  Operation *anchor = succeeded(group) ? group->anchor : nullptr;
  if (anchor && isa<Conv2DOp>(anchor)) {
    // Channels innermost: what the GEMM writes, and what tokens want.
    layout.view = StridedView::ordered(getExtents(type), {0, 2, 3, 1});
  } else if (!anchor && !isa<GatherOp, PadOp>(op)) {
    if (auto view = orderOfOperands(op, type))
      layout.view = *view;
  }
  return layout;
}

/// Q, K and V are columns of one product; `order` has the product's column
/// block of each result.
void LayoutAssigner::assignProjection(Operation *op, ArrayRef<unsigned> order) {
  auto first = cast<RankedTensorType>(op->getResult(0).getType());
  int64_t axis = first.getRank() - 1, width = 0;
  SmallVector<int64_t> columns(3, 0);
  for (auto [result, block] : llvm::zip(op->getResults(), order))
    columns[block] = cast<RankedTensorType>(result.getType()).getDimSize(axis);
  for (int64_t size : columns)
    width += size;
  Extents extents = getExtents(first);
  extents[axis] = {width};
  vitk::Layout whole =
      newBuffer(makeTensorType(extents, first.getElementType()));
  SmallVector<vitk::Layout, 3> layouts;
  for (unsigned block : order) {
    StridedView view = whole.view;
    view.offset =
        std::accumulate(columns.begin(), columns.begin() + block, 0LL);
    view.dims[axis].front().extent = {columns[block]};
    layouts.push_back({false, whole.root, view});
  }
  setLayouts(op, layouts);
}

void LayoutAssigner::assignLaunch(Operation *op) {
  std::string why;
  FailureOr<FusionGroup> group = analyseGroup(op, why);
  Type element =
      cast<RankedTensorType>(op->getResult(0).getType()).getElementType();
  bool uniform = llvm::all_of(op->getResultTypes(), [&](Type type) {
    return cast<RankedTensorType>(type).getElementType() == element;
  });
  if (succeeded(group) && group->anchor &&
      isa<QKVProjectionOp>(group->anchor) && uniform) {
    assignProjection(op, group->anchorResult);
    return;
  }
  SmallVector<vitk::Layout, 3> layouts;
  for (Value result : op->getResults()) {
    auto found = requests.find(result);
    layouts.push_back(found != requests.end()    ? found->second
                      : op->getNumResults() == 1 ? defaultLayout(op)
                                                 : newBuffer(result));
  }
  setLayouts(op, layouts);
}

void LayoutAssigner::assignConcat(ConcatOp concat) {
  vitk::Layout whole = placeOf(concat.getOutput())->layout;
  SmallVector<int64_t> offsets(whole.view.dims.size(), 0);
  SmallVector<int64_t> ones(whole.view.dims.size(), 1);
  for (OpOperand &operand : concat.getInputsMutable()) {
    Extents sizes = getExtents(cast<RankedTensorType>(operand.get().getType()));
    vitk::Layout part = whole;
    part.view = *whole.view.sliced(offsets, ones, sizes);
    if (!isAt(operand.get(), part))
      copyOperand(operand, part);
    offsets[concat.getAxis()] += sizes[concat.getAxis()].value;
  }
}

void LayoutAssigner::assignReturn(func::ReturnOp op) {
  for (OpOperand &operand : op->getOpOperands()) {
    vitk::Layout output = outputLayout(operand);
    if (!isAt(operand.get(), output))
      copyOperand(operand, output);
  }
}

LogicalResult LayoutAssigner::assign(Operation *op) {
  if (auto concat = dyn_cast<ConcatOp>(op)) {
    if (getExtents(concat.getOutput().getType())[concat.getAxis()].perBatch)
      return op->emitOpError("joins batches, which no view does; fix the batch "
                             "with --shape");
    assignConcat(concat);
    return success();
  }
  if (auto ret = dyn_cast<func::ReturnOp>(op)) {
    assignReturn(ret);
    return success();
  }
  if (isMovement(op)) {
    std::optional<Place> input = placeOf(op->getOperand(0));
    if (input && !moved(op, input->layout.view))
      copyOperand(op->getOpOperand(0), newBuffer(op->getOperand(0)));
    if (!placeOf(op->getResult(0)))
      return op->emitOpError("is no view: its batch dimension would have to be "
                             "behind others; fix the batch with --shape");
    return success();
  }
  if (!isLaunch(op) || op->hasAttr(kLayouts))
    return success();
  std::string why;
  FailureOr<FusionGroup> group = analyseGroup(op, why);
  if (succeeded(group) && group->anchor) {
    Operation *anchor = group->anchor;
    for (unsigned index = 0; index < anchor->getNumOperands(); ++index) {
      Value value =
          index == 0 ? group->main : group->outside(anchor->getOperand(index));
      std::optional<Place> place = value ? placeOf(value) : std::nullopt;
      if (!place || canRead(anchor, index, place->layout.view))
        continue;
      for (OpOperand &operand : op->getOpOperands())
        if (operand.get() == value)
          copyOperand(operand, newBuffer(value));
    }
  }
  assignLaunch(op);
  return success();
}

namespace {
struct AssignLayoutsPass : impl::AssignLayoutsBase<AssignLayoutsPass> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      LayoutAssigner assigner(func);
      if (failed(assigner.run()))
        return signalPassFailure();
      numCopies += assigner.numCopies();
    }
  }
};
} // namespace

} // namespace vitc::vit
