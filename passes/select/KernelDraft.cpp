//===- KernelDraft.cpp - A launch while it is put together ----------------===//
#include "passes/select/KernelDraft.h"

#include "dialect/ElementTypes.h"

using namespace mlir;
using namespace vitrt::format;

namespace vitc::vit {

std::optional<View> AxisMap::view(const StridedView &strided,
                                  int64_t &offset) const {
  std::optional<StridedView> cut = split ? split(strided) : strided;
  if (!cut)
    return std::nullopt;
  View view;
  offset = cut->offset;
  view.offset = base ? base(*cut) : 0;
  for (ArrayRef<unsigned> dims : axes) {
    Factors factors;
    std::vector<AxisDim> axis;
    for (unsigned dim : dims) {
      factors.append(cut->dims[dim]);
      if (!keepDims)
        continue;
      Factors simple = merged(cut->dims[dim]);
      if (simple.size() > 1)
        return std::nullopt;
      axis.push_back({cut->extent(dim).value,
                      simple.empty() ? 0 : simple.front().stride, -1});
    }
    if (!keepDims) {
      std::optional<std::vector<AxisDim>> merged = axisDims(factors);
      if (!merged)
        return std::nullopt;
      axis = *merged;
    }
    view.axes.push_back(axis);
  }
  return view;
}

SmallVector<unsigned, 4> rowDims(ArrayRef<Extent> extents, unsigned count) {
  SmallVector<unsigned, 4> dims;
  for (bool batch : {true, false})
    for (unsigned dim = 0; dim < count; ++dim)
      if (extents[dim].perBatch == batch)
        dims.push_back(dim);
  return dims;
}

std::optional<StridedView> leafView(const StridedView &leaf, AffineMap map,
                                    const Extents &iteration) {
  StridedView view{leaf.offset, {}};
  for (auto [dim, extent] : llvm::enumerate(iteration)) {
    Factors factors{Factor{extent, 0}};
    for (auto [result, expr] : llvm::enumerate(map.getResults()))
      if (auto dimExpr = dyn_cast<AffineDimExpr>(expr);
          dimExpr && dimExpr.getPosition() == dim)
        factors = leaf.dims[result];
    view.dims.push_back(factors);
  }
  return view;
}

static LogicalResult noView(const FusionGroup &group) {
  return group.op->emitOpError(
      "has an operand that no strided view of the kernel expresses; fix the "
      "batch with --shape");
}

LogicalResult KernelDraft::addInput(const Place &place, Type type,
                                    const AxisMap &map) {
  KernelOperandDraft operand{place, 0, {}};
  std::optional<View> view = map.view(place.layout.view, operand.offset);
  if (!view)
    return noView(group);
  operand.view = *view;
  operand.view.dtype = *dtypeOf(cast<RankedTensorType>(type).getElementType());
  inputs.push_back(operand);
  return success();
}

LogicalResult KernelDraft::addInput(Value value, const AxisMap &map) {
  std::optional<Place> place = placeOf(value);
  if (!place)
    return noView(group);
  return addInput(*place, value.getType(), map);
}

LogicalResult KernelDraft::setDest(const Place &place, Type type,
                                   const AxisMap &map) {
  dest.place = place;
  std::optional<View> view = map.view(place.layout.view, dest.offset);
  if (!view)
    return noView(group);
  dest.view = *view;
  dest.view.dtype = *dtypeOf(cast<RankedTensorType>(type).getElementType());
  return success();
}

FailureOr<int32_t> KernelDraft::addLeaf(const FnArg &arg,
                                        const Extents &iteration,
                                        const AxisMap &map) {
  if (!arg.leaf)
    return -1;
  std::optional<Place> place = placeOf(arg.leaf);
  if (!place)
    return noView(group);
  std::optional<StridedView> view =
      leafView(place->layout.view, arg.map, iteration);
  if (firstColumn != 0 && !view->dims.empty() &&
      vitc::product(view->dims.back()).value > iteration.back().value)
    view->offset += firstColumn * view->dims.back().back().stride;
  place->layout.view = *view;
  if (failed(addInput(*place, arg.leaf.getType(), map)))
    return failure();
  // One operand for equal reads of one function's side.
  const KernelOperandDraft &added = inputs.back();
  unsigned own = inputs.size() - 1;
  for (unsigned i = 0; i < own; ++i)
    if (i >= vitk::numMainInputs(TemplateKind(config.index() + 1)) &&
        inputs[i].place.sameRoot(added.place) &&
        inputs[i].offset == added.offset && inputs[i].view == added.view) {
      inputs.pop_back();
      return i;
    }
  return own;
}

LogicalResult KernelDraft::addPrologue(ScalarFn &fn, const Extents &iteration,
                                       const AxisMap &map) {
  if (!fn.body)
    return success();
  prologue = &fn;
  for (const FnArg &arg : fn.args) {
    FailureOr<int32_t> index = addLeaf(arg, iteration, map);
    if (failed(index))
      return failure();
    prologueArgs.push_back(*index);
  }
  return success();
}

LogicalResult KernelDraft::addEpilogue(ScalarFn &fn, const Extents &iteration,
                                       const AxisMap &map) {
  if (!fn.body)
    return success();
  epilogue = &fn;
  for (const FnArg &arg : fn.args) {
    FailureOr<int32_t> index = addLeaf(arg, iteration, map);
    if (failed(index))
      return failure();
    epilogueArgs.push_back(*index);
  }
  return success();
}

/// Distinct elements that a view of one image reaches, at most.
static double elementsOf(const View &view) {
  double elements = 1;
  for (const std::vector<AxisDim> &axis : view.axes)
    for (const AxisDim &dim : axis)
      elements *= dim.stride != 0 ? double(dim.extent) : 1;
  return elements;
}

double KernelDraft::bytes() const {
  double total = elementsOf(dest.view) * dtypeBytes(dest.view.dtype);
  for (const KernelOperandDraft &input : inputs) {
    double elements = elementsOf(input.view);
    // Overlapping windows and repeated reads cannot exceed what is there.
    if (input.place.value) {
      auto type = cast<RankedTensorType>(input.place.value.getType());
      elements = std::min(elements, double(numElements(type).value));
    }
    total += elements * dtypeBytes(input.view.dtype);
  }
  return total;
}

} // namespace vitc::vit
