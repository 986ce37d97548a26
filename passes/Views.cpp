//===- Views.cpp - The algebra of views and how values trace to roots -----===//
#include "passes/Views.h"

#include "passes/Matchers.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace vitc::vit {

std::optional<Extent> divide(Extent numerator, Extent denominator) {
  if (denominator.value == 0 || numerator.value % denominator.value != 0 ||
      (denominator.perBatch && !numerator.perBatch))
    return std::nullopt;
  return Extent{numerator.value / denominator.value,
                numerator.perBatch && !denominator.perBatch};
}

Extent multiply(Extent lhs, Extent rhs) {
  return {lhs.value * rhs.value, lhs.perBatch || rhs.perBatch};
}

static bool isOne(Extent extent) {
  return extent.value == 1 && !extent.perBatch;
}

Atoms mergeAtoms(ArrayRef<Atom> atoms) {
  Atoms merged;
  for (const Atom &atom : atoms) {
    if (isOne(atom.size))
      continue;
    if (!merged.empty()) {
      Atom &outer = merged.back();
      // Two factors of the batch in one size cannot be.
      bool fits = !(outer.size.perBatch && atom.size.perBatch);
      if (fits && outer.stride == multiply(atom.size, atom.stride)) {
        outer = {multiply(outer.size, atom.size), atom.stride};
        continue;
      }
    }
    merged.push_back(atom);
  }
  return merged;
}

std::optional<SmallVector<Atoms, 6>> splitAtoms(ArrayRef<Atom> atoms,
                                                ArrayRef<Extent> extents) {
  Atoms rest = mergeAtoms(atoms);
  SmallVector<Atoms, 6> dims(extents.size());
  for (int64_t i = static_cast<int64_t>(extents.size()) - 1; i >= 0; --i) {
    Extent need = extents[i];
    while (!isOne(need)) {
      if (rest.empty())
        return std::nullopt;
      Atom &inner = rest.back();
      if (auto left = divide(need, inner.size)) {
        dims[i].insert(dims[i].begin(), inner);
        rest.pop_back();
        need = *left;
      } else if (auto outer = divide(inner.size, need)) {
        if (inner.stride.perBatch && need.perBatch)
          return std::nullopt;
        dims[i].insert(dims[i].begin(), Atom{need, inner.stride});
        inner = {*outer, multiply(need, inner.stride)};
        need = Extent{};
      } else {
        return std::nullopt;
      }
    }
  }
  if (!rest.empty())
    return std::nullopt;
  return dims;
}

bool splitAtWidth(View &view, int64_t width) {
  for (Atoms &dim : view.dims) {
    Atoms split;
    for (const Atom &atom : dim) {
      Extent stride = atom.stride, span = multiply(atom.size, atom.stride);
      if (stride.perBatch || stride.value >= width) {
        if (stride.value % width != 0)
          return false;
        split.push_back(atom);
      } else if (!span.perBatch && span.value <= width) {
        split.push_back(atom);
      } else {
        if (width % stride.value != 0)
          return false;
        Extent inner{width / stride.value, false};
        auto outer = divide(atom.size, inner);
        if (!outer)
          return false;
        split.push_back({*outer, {width, false}});
        split.push_back({inner, stride});
      }
    }
    dim = split;
  }
  return true;
}

Extents View::extents() const {
  Extents result;
  for (const Atoms &dim : dims) {
    Extent size;
    for (const Atom &atom : dim)
      size = multiply(size, atom.size);
    result.push_back(size);
  }
  return result;
}

Atoms View::flat() const {
  Atoms all;
  for (const Atoms &dim : dims)
    all.append(dim.begin(), dim.end());
  return mergeAtoms(all);
}

bool View::hasBroadcast() const {
  return llvm::any_of(flat(),
                      [](const Atom &atom) { return atom.stride.value == 0; });
}

/// Whether `size` is all of the root. Slices without the rest never are.
static bool isWhole(Extent size, Value root) {
  return size == numElements(cast<RankedTensorType>(root.getType()));
}

bool View::isReshape() const {
  if (offset != FlatOffset{})
    return false;
  Atoms atoms = flat();
  if (atoms.empty())
    return isWhole({}, root);
  return atoms.size() == 1 && atoms[0].stride == Extent{} &&
         isWhole(atoms[0].size, root);
}

bool View::isPermutation() const {
  if (offset != FlatOffset{} || hasBroadcast())
    return false;
  Extent count;
  for (const Atom &atom : flat())
    count = multiply(count, atom.size);
  return isWhole(count, root);
}

View identityView(Value root) {
  View view;
  view.root = root;
  Extents extents = extentsOf(root);
  view.dims.resize(extents.size());
  Extent stride;
  for (int64_t i = static_cast<int64_t>(extents.size()) - 1; i >= 0; --i) {
    view.dims[i].push_back({extents[i], stride});
    stride = multiply(stride, extents[i]);
  }
  return view;
}

static bool applyReshape(View &view, ReshapeOp op) {
  Atoms all;
  for (const Atoms &dim : view.dims)
    all.append(dim.begin(), dim.end());
  auto dims = splitAtoms(all, extentsOf(op.getOutput()));
  if (!dims)
    return false;
  view.dims = *dims;
  return true;
}

static void applyTranspose(View &view, TransposeOp op) {
  SmallVector<Atoms, 6> dims;
  for (int64_t source : op.getPermutation())
    dims.push_back(view.dims[source]);
  view.dims = dims;
}

static void advance(FlatOffset &offset, int64_t steps, Extent stride) {
  (stride.perBatch ? offset.perBatch : offset.fixed) += steps * stride.value;
}

/// Takes `size` elements from `start` of one dimension.
static bool sliceDim(Atoms &dim, FlatOffset &offset, int64_t start,
                     int64_t step, Extent size) {
  dim = mergeAtoms(dim);
  if (size.perBatch || step < 0)
    return false;
  if (dim.empty())
    return true; // One element, taken.
  // The slice takes whole copies of the inner atoms.
  int64_t inner = 1;
  for (const Atom &atom : llvm::drop_begin(dim)) {
    if (atom.size.perBatch || step != 1)
      return false;
    inner *= atom.size.value;
  }
  if (start % inner != 0 || size.value % inner != 0)
    return false;
  Atom &outer = dim.front();
  if (outer.size.perBatch)
    return false;
  advance(offset, start / inner, outer.stride);
  outer.size = {size.value / inner, false};
  outer.stride.value *= step;
  return true;
}

static bool applySlice(View &view, SliceOp op) {
  Extents before = extentsOf(op.getInput()), after = extentsOf(op.getOutput());
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] == after[i] && op.getStrides()[i] == 1)
      continue;
    if (!sliceDim(view.dims[i], view.offset, op.getOffsets()[i],
                  op.getStrides()[i], after[i]))
      return false;
  }
  return true;
}

static void applyBroadcast(View &view, BroadcastOp op) {
  Extents after = extentsOf(op.getOutput());
  size_t added = after.size() - view.dims.size();
  SmallVector<Atoms, 6> dims(added);
  dims.append(view.dims.begin(), view.dims.end());
  Extents before = view.extents();
  for (size_t i = 0; i < after.size(); ++i)
    if (i < added || before[i - added] != after[i])
      dims[i] = {Atom{after[i], {0, false}}};
  view.dims = dims;
}

static bool apply(View &view, Operation *op) {
  if (auto reshape = dyn_cast<ReshapeOp>(op))
    return applyReshape(view, reshape);
  if (auto transpose = dyn_cast<TransposeOp>(op))
    return applyTranspose(view, transpose), true;
  if (auto slice = dyn_cast<SliceOp>(op))
    return applySlice(view, slice);
  if (auto broadcast = dyn_cast<BroadcastOp>(op))
    return applyBroadcast(view, broadcast), true;
  return true; // Elementwise.
}

/// The operand through which an op that keeps the shape is followed.
static Value elementwiseSource(Operation *op) {
  if (auto norm = dyn_cast<LayerNormOp>(op))
    return norm.getInput();
  if (auto pointwise = dyn_cast<PointwiseOp>(op))
    for (auto [input, map] :
         llvm::zip(pointwise.getInputs(), pointwise.getMaps()))
      if (cast<AffineMapAttr>(map).getValue().isIdentity() && !isWeight(input))
        return input;
  return {};
}

View traceView(Value value, TraceOptions options) {
  SmallVector<Operation *> chain;
  Value root = value;
  while (Operation *op = root.getDefiningOp()) {
    Value source;
    if (isa<ReshapeOp, TransposeOp>(op) ||
        (options.slices && isa<SliceOp>(op)) ||
        (options.broadcasts && isa<BroadcastOp>(op)))
      source = op->getOperand(0);
    else if (options.elementwise)
      source = elementwiseSource(op);
    if (!source)
      break;
    chain.push_back(op);
    root = source;
  }
  View view = identityView(root);
  for (Operation *op : llvm::reverse(chain))
    if (!apply(view, op))
      view = identityView(op->getResult(0));
  return view;
}

} // namespace vitc::vit
