//===- Layouts.cpp - Where the values of a function live ------------------===//
#include "passes/layout/Layouts.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace vitc::vit {

static Extents extentsOf(Value value) {
  return getExtents(cast<RankedTensorType>(value.getType()));
}

std::optional<StridedView> moved(Operation *op, const StridedView &input) {
  Extents out = extentsOf(op->getResult(0));
  if (isa<ReshapeOp>(op))
    return input.reshaped(out);
  if (auto transpose = dyn_cast<TransposeOp>(op))
    return input.transposed(transpose.getPermutation());
  if (auto slice = dyn_cast<SliceOp>(op))
    return input.sliced(slice.getOffsets(), slice.getStrides(), out);
  if (isa<BroadcastOp>(op))
    return input.broadcast(out);
  return std::nullopt;
}

std::optional<StridedView> movedBack(Operation *op, const StridedView &result) {
  if (isa<ReshapeOp>(op))
    return result.reshaped(extentsOf(op->getOperand(0)));
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    StridedView view{result.offset, {}};
    view.dims.resize(result.dims.size());
    for (auto [to, from] : llvm::enumerate(transpose.getPermutation()))
      view.dims[from] = result.dims[to];
    return view;
  }
  return std::nullopt;
}

std::optional<Place> placeOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || isa<WeightOp>(op))
    return Place{value, {false, -1, StridedView::dense(extentsOf(value))}};
  if (auto layouts = op->getAttrOfType<ArrayAttr>(kLayouts)) {
    unsigned number = cast<OpResult>(value).getResultNumber();
    return Place{{}, cast<vitk::LayoutAttr>(layouts[number]).value()};
  }
  if (op->getNumOperands() == 0 || isa<ConcatOp>(op))
    return std::nullopt;
  std::optional<Place> place = placeOf(op->getOperand(0));
  if (!place)
    return std::nullopt;
  std::optional<StridedView> view = moved(op, place->layout.view);
  if (!view)
    return std::nullopt;
  place->layout.view = *view;
  return place;
}

void setLayouts(Operation *op, ArrayRef<vitk::Layout> layouts) {
  SmallVector<Attribute> attributes;
  for (const vitk::Layout &layout : layouts)
    attributes.push_back(vitk::LayoutAttr::get(op->getContext(), layout));
  op->setAttr(kLayouts, ArrayAttr::get(op->getContext(), attributes));
}

bool sameElements(const StridedView &a, const StridedView &b) {
  return a.offset == b.offset &&
         std::equal(a.dims.begin(), a.dims.end(), b.dims.begin(), b.dims.end(),
                    [](const Factors &x, const Factors &y) {
                      return merged(x) == merged(y);
                    });
}

bool isBatchOutermost(RankedTensorType type) {
  for (Extent extent : getExtents(type)) {
    if (extent.perBatch)
      return true;
    if (extent.value != 1)
      return batchDim(type) < 0;
  }
  return true;
}

std::optional<StridedView> patchView(PatchEmbedOp op,
                                     const StridedView &image) {
  auto weight = cast<RankedTensorType>(op.getWeight().getType());
  int64_t ph = weight.getDimSize(2), pw = weight.getDimSize(3);
  Extents sizes = extentsOf(op.getImage());
  int64_t oh = sizes[2].value / ph, ow = sizes[3].value / pw;
  sizes[2].value = oh * ph;
  sizes[3].value = ow * pw;
  std::optional<StridedView> view =
      image.sliced({0, 0, 0, 0}, {1, 1, 1, 1}, sizes);
  if (view)
    view = view->reshaped({sizes[0], sizes[1], {oh}, {ph}, {ow}, {pw}});
  if (view)
    view = view->transposed({0, 2, 4, 1, 3, 5});
  return view;
}

std::optional<StridedView> headsView(const StridedView &view, int64_t heads) {
  Extent width = view.extent(2);
  return view.reshaped({view.extent(0),
                        view.extent(1),
                        {heads},
                        {heads ? width.value / heads : 0}});
}

bool canRead(Operation *anchor, unsigned index, const StridedView &view) {
  if (auto attention = dyn_cast<AttentionOp>(anchor)) {
    if (index > 2)
      return true;
    int64_t heads = index == 0 ? attention.getHeads() : attention.getKvHeads();
    return headsView(view, heads).has_value();
  }
  if (auto patch = dyn_cast<PatchEmbedOp>(anchor))
    return index != 0 || patchView(patch, view).has_value();
  if (isa<Conv2DOp>(anchor))
    return index != 0 || llvm::all_of(view.dims, [](const Factors &factors) {
             return merged(factors).size() <= 1;
           });
  return true;
}

} // namespace vitc::vit
