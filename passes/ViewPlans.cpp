//===- ViewPlans.cpp - Building a view from ops ---------------------------===//
#include "passes/Views.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace vitc::vit {

/// Strides of one row-major tensor: those with the batch in them are larger.
static bool outerThan(const Atom &lhs, const Atom &rhs) {
  if (lhs.stride.perBatch != rhs.stride.perBatch)
    return lhs.stride.perBatch;
  return lhs.stride.value > rhs.stride.value;
}

/// The digit of `rest` at `stride`, which is taken off `rest`.
static std::optional<int64_t> takeDigit(FlatOffset &rest, Extent stride) {
  if (!stride.perBatch && rest.perBatch != 0)
    return std::nullopt;
  int64_t &part = stride.perBatch ? rest.perBatch : rest.fixed;
  int64_t digit = part / stride.value;
  part %= stride.value;
  return digit;
}

/// Writes the root's elements as `plan.factors`, one dim for each of the
/// `sorted` atoms and one for what lies below the innermost.
static bool planFactors(ViewPlan &plan, ArrayRef<Atom> sorted, Extent total,
                        FlatOffset rest) {
  Extent outer = total;
  for (const Atom &atom : sorted) {
    auto factor = divide(outer, atom.stride);
    auto digit = takeDigit(rest, atom.stride);
    if (!factor || !digit)
      return false;
    bool whole = *factor == atom.size;
    if (factor->perBatch || atom.size.perBatch) {
      if (!whole || *digit != 0)
        return false;
    } else if (*digit + atom.size.value > factor->value) {
      return false;
    }
    plan.factors.push_back(*factor);
    plan.offsets.push_back(*digit);
    plan.sizes.push_back(atom.size);
    plan.slices |= !whole;
    outer = atom.stride;
  }
  if (outer != Extent{}) {
    if (outer.perBatch || rest.perBatch != 0)
      return false;
    plan.factors.push_back(outer);
    plan.offsets.push_back(rest.fixed);
    plan.sizes.push_back({});
    plan.slices = true;
  }
  return true;
}

/// Rewrites the slice of factors as a slice of the root's own dims, where the
/// root's dims refine the factors.
static void sliceRootDims(ViewPlan &plan, ArrayRef<Extent> root) {
  SmallVector<int64_t, 6> offsets(root.size(), 0);
  Extents sizes(root.begin(), root.end());
  size_t dim = 0;
  for (auto [factor, offset, size] :
       llvm::zip(plan.factors, plan.offsets, plan.sizes)) {
    Extent need = factor;
    size_t first = root.size();
    while (need != Extent{}) {
      if (dim == root.size())
        return;
      auto left = divide(need, root[dim]);
      if (!left)
        return;
      if (first == root.size() && root[dim] != Extent{})
        first = dim;
      need = *left;
      ++dim;
    }
    if (size == factor)
      continue;
    auto inner = divide(factor, root[first]);
    if (!inner || inner->perBatch || offset % inner->value != 0 ||
        size.value % inner->value != 0)
      return;
    offsets[first] = offset / inner->value;
    sizes[first] = {size.value / inner->value, false};
  }
  for (; dim < root.size(); ++dim)
    if (root[dim] != Extent{})
      return;
  plan.offsets = offsets;
  plan.factors.assign(root.begin(), root.end());
  plan.sizes = sizes;
}

std::optional<ViewPlan> planView(const View &view) {
  Atoms target = view.flat();
  Atoms sorted;
  for (const Atom &atom : target)
    if (atom.stride.value != 0)
      sorted.push_back(atom);
  Atoms real = sorted;
  llvm::stable_sort(sorted, outerThan);

  ViewPlan plan;
  plan.result = view.extents();
  auto rootType = cast<RankedTensorType>(view.root.getType());
  if (!planFactors(plan, sorted, numElements(rootType), view.offset))
    return std::nullopt;
  if (plan.slices)
    sliceRootDims(plan, getExtents(rootType));

  bool moved = false;
  for (const Atom &atom : real) {
    plan.permutation.push_back(llvm::find(sorted, atom) - sorted.begin());
    moved |= plan.permutation.back() + 1 !=
             static_cast<int64_t>(plan.permutation.size());
  }
  for (const Atom &atom : sorted)
    plan.atoms.push_back(atom.size);
  if (!moved)
    plan.permutation.clear();
  if (view.hasBroadcast())
    for (const Atom &atom : target) {
      bool repeats = atom.stride.value == 0;
      plan.beforeBroadcast.push_back(repeats ? Extent{} : atom.size);
      plan.afterBroadcast.push_back(atom.size);
    }
  return plan;
}

Value reshapeTo(OpBuilder &builder, Location loc, Value value,
                ArrayRef<Extent> extents) {
  if (ArrayRef<Extent>(extentsOf(value)) == extents)
    return value;
  return ReshapeOp::create(builder, loc, value, extents);
}

Value transposeTo(OpBuilder &builder, Location loc, Value value,
                  ArrayRef<int64_t> permutation) {
  bool moves = false;
  for (auto [i, source] : llvm::enumerate(permutation))
    moves |= static_cast<int64_t>(i) != source;
  if (!moves)
    return value;
  return TransposeOp::create(builder, loc, value, permutation);
}

Value materialize(OpBuilder &builder, Location loc, const View &view,
                  const ViewPlan &plan) {
  Value value = view.root;
  if (plan.slices) {
    value = reshapeTo(builder, loc, value, plan.factors);
    SmallVector<int64_t, 6> strides(plan.factors.size(), 1);
    value =
        SliceOp::create(builder, loc, value, plan.offsets, plan.sizes, strides);
  }
  if (!plan.permutation.empty()) {
    value = reshapeTo(builder, loc, value, plan.atoms);
    value = transposeTo(builder, loc, value, plan.permutation);
  }
  if (!plan.afterBroadcast.empty()) {
    value = reshapeTo(builder, loc, value, plan.beforeBroadcast);
    value = BroadcastOp::create(builder, loc, value, plan.afterBroadcast);
  }
  return reshapeTo(builder, loc, value, plan.result);
}

int64_t ViewPlan::cost(RankedTensorType root) const {
  Extents current = getExtents(root);
  int64_t cost = 0;
  auto reshape = [&](const Extents &to) {
    cost += current != to;
    current = to;
  };
  if (slices) {
    reshape(factors);
    cost += kSliceCost;
    current = sizes;
  }
  if (!permutation.empty()) {
    reshape(atoms);
    cost += kTransposeCost;
    for (auto [i, source] : llvm::enumerate(permutation))
      current[i] = atoms[source];
  }
  if (!afterBroadcast.empty()) {
    reshape(beforeBroadcast);
    cost += kSliceCost;
    current = afterBroadcast;
  }
  reshape(result);
  return cost;
}

} // namespace vitc::vit
