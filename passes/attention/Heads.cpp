//===- Heads.cpp - Which leading dimensions of Q, K and V are heads -------===//
#include "passes/attention/Heads.h"

#include "passes/Matchers.h"

using namespace mlir;

namespace vitc::vit {

Extent HeadLayout::batch() const {
  Extent size;
  for (const Factor &factor : factors)
    if (!factor.head)
      size = multiply(size, factor.size);
  return size;
}

int64_t HeadLayout::heads() const {
  int64_t count = 1;
  for (const Factor &factor : factors)
    count *= factor.head ? factor.size.value : 1;
  return count;
}

Extents HeadLayout::sizes() const {
  Extents sizes;
  for (const Factor &factor : factors)
    sizes.push_back(factor.size);
  return sizes;
}

int64_t tokenWidth(Value root) {
  int64_t width = lastDim(root);
  auto linear = root.getDefiningOp<LinearOp>();
  if (!linear)
    return width;
  View input =
      traceView(linear.getInput(), {.slices = false, .broadcasts = false});
  int64_t columns = lastDim(linear.getInput()), all = lastDim(input.root);
  bool shared =
      all > columns && all % columns == 0 &&
      mergeAtoms(input.dims.back()) == mergeAtoms(Atom{{columns, false}, {}});
  return shared ? all / columns * width : width;
}

static bool isOne(Extent extent) { return extent == Extent{}; }

/// The factors that the origin of `q` tells, or none.
static HeadLayout layoutOfOrigin(Value q, View &origin, int64_t width) {
  HeadLayout layout;
  if (!splitAtWidth(origin, width))
    return layout;
  for (const Atoms &dim : ArrayRef<Atoms>(origin.dims).drop_back(2))
    for (const Atom &atom : dim) {
      if (isOne(atom.size))
        continue;
      bool head = !atom.stride.perBatch && atom.stride.value != 0 &&
                  atom.stride.value < width && !atom.size.perBatch;
      layout.factors.push_back({atom.size, head});
    }
  auto inRow = [&](const Atoms &dim) {
    return llvm::all_of(dim, [&](const Atom &atom) {
      return isOne(atom.size) ||
             (!atom.stride.perBatch && atom.stride.value < width);
    });
  };
  size_t rank = origin.dims.size();
  Extent tokens = extentsOf(q)[rank - 2], channels = extentsOf(q)[rank - 1];
  layout.channelsAsTokens = !isOne(tokens) && !isOne(channels) &&
                            inRow(origin.dims[rank - 2]) &&
                            !inRow(origin.dims[rank - 1]);
  return layout;
}

HeadLayout inferHeads(Value q) {
  View origin = traceView(q, {.elementwise = true});
  HeadLayout layout;
  if (rankOf(origin.root) >= 2 &&
      !tensorType(origin.root).isDynamicDim(rankOf(origin.root) - 1))
    layout = layoutOfOrigin(q, origin, tokenWidth(origin.root));
  bool anyHead = llvm::any_of(layout.factors,
                              [](const auto &factor) { return factor.head; });
  if (anyHead || layout.channelsAsTokens || rankOf(q) != 4) {
    if (anyHead || layout.channelsAsTokens)
      return layout;
    layout.factors.clear();
    for (Extent size : ArrayRef<Extent>(extentsOf(q)).drop_back(2))
      layout.factors.push_back({size, false});
    return layout;
  }
  Extents extents = extentsOf(q);
  bool second = !extents[1].perBatch;
  layout.factors = {{extents[0], !second}, {extents[1], second}};
  return layout;
}

/// Positions of the batch factors, the tokens, the head factors and the
/// channels among factors..., N, d.
static SmallVector<int64_t, 6> tokensFirst(const HeadLayout &layout) {
  SmallVector<int64_t, 6> order;
  int64_t count = layout.factors.size();
  for (int64_t i = 0; i < count; ++i)
    if (!layout.factors[i].head)
      order.push_back(i);
  order.push_back(count);
  for (int64_t i = 0; i < count; ++i)
    if (layout.factors[i].head)
      order.push_back(i);
  order.push_back(count + 1);
  return order;
}

Value toTokens(OpBuilder &builder, Location loc, Value value,
               const HeadLayout &layout) {
  Extents extents = extentsOf(value);
  Extent tokens = extents[extents.size() - 2], channels = extents.back();
  Extents split = layout.sizes();
  split.append({tokens, channels});
  value = reshapeTo(builder, loc, value, split);
  value = transposeTo(builder, loc, value, tokensFirst(layout));
  Extent width = multiply({layout.heads(), false}, channels);
  return reshapeTo(builder, loc, value, {layout.batch(), tokens, width});
}

Value fromTokens(OpBuilder &builder, Location loc, Value value,
                 const HeadLayout &layout, ArrayRef<Extent> extents) {
  SmallVector<int64_t, 6> order = tokensFirst(layout);
  Extents original = layout.sizes();
  original.append({extents[extents.size() - 2], extents.back()});
  Extents split;
  SmallVector<int64_t, 6> back(order.size());
  for (auto [i, source] : llvm::enumerate(order)) {
    split.push_back(original[source]);
    back[source] = i;
  }
  value = reshapeTo(builder, loc, value, split);
  value = transposeTo(builder, loc, value, back);
  return reshapeTo(builder, loc, value, extents);
}

int64_t stripRepeatedHeads(OpBuilder &builder, Location loc, Value value,
                           HeadLayout &layout, Value &unrepeated) {
  unrepeated = value;
  View view = traceView(value);
  if (!view.hasBroadcast())
    return 1;
  // The leading atoms, dealt out to the factors of the layout.
  Atoms leading;
  for (const Atoms &dim : ArrayRef<Atoms>(view.dims).drop_back(2))
    leading.append(dim.begin(), dim.end());
  auto dims = splitAtoms(leading, layout.sizes());
  if (!dims)
    return 1;
  int64_t groups = 1;
  HeadLayout fewer = layout;
  SmallVector<Atoms, 6> kept;
  for (auto [i, dim] : llvm::enumerate(*dims)) {
    // Repetition is the inner part of the heads: head h reads h / groups.
    bool repeats =
        layout.factors[i].head && !dim.empty() && dim.back().stride.value == 0;
    if (repeats) {
      Extent count = dim.back().size;
      if (groups != 1 || count.perBatch)
        return 1;
      groups = count.value;
      dim.pop_back();
      fewer.factors[i].size.value /= groups;
    }
    kept.push_back(dim);
  }
  kept.append(view.dims.end() - 2, view.dims.end());
  view.dims = kept;
  auto plan = planView(view);
  if (groups == 1 || view.hasBroadcast() || !plan)
    return 1;
  unrepeated = materialize(builder, loc, view, *plan);
  layout = fewer;
  return groups;
}

} // namespace vitc::vit
