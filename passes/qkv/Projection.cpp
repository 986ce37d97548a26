//===- Projection.cpp - Which columns of linears are Q, K and V -----------===//
#include "passes/qkv/Projection.h"

#include "passes/Matchers.h"

using namespace mlir;

namespace vitc::vit {

int64_t Projection::width() const {
  int64_t width = 1;
  for (const Atom &atom : columns)
    width *= atom.size.value;
  return width;
}

/// All sums of one step of each atom, in row-major order.
static SmallVector<int64_t> stepsOf(ArrayRef<Atom> atoms, int64_t first) {
  SmallVector<int64_t> numbers{first};
  for (const Atom &atom : atoms) {
    SmallVector<int64_t> next;
    for (int64_t number : numbers)
      for (int64_t i = 0; i < atom.size.value; ++i)
        next.push_back(number + i * atom.stride.value);
    numbers = std::move(next);
  }
  return numbers;
}

SmallVector<int64_t> Projection::columnNumbers() const {
  return stepsOf(columns, firstColumn);
}

Value Projection::select(OpBuilder &builder, Location loc, Value rows) const {
  View view = identityView(rows);
  int64_t inner = rankOf(rows) == 1 ? 1 : lastDim(rows);
  Atoms atoms;
  for (const Atom &atom : columns)
    atoms.push_back({atom.size, {atom.stride.value * inner, false}});
  view.dims[0] = atoms;
  view.offset.fixed = firstColumn * inner;
  return materialize(builder, loc, view, *planView(view));
}

/// Whether an atom of a split view counts columns.
static bool countsColumns(const Atom &atom, int64_t width) {
  return !atom.stride.perBatch && atom.stride.value < width &&
         atom.stride.value != 0;
}

View Projection::viewOf(const Terminal &terminal, Value result) const {
  int64_t old = lastDim(terminal.view.root), now = width();
  SmallVector<int64_t> numbers = columnNumbers();
  // Where column c of the linear stands now.
  SmallVector<int64_t> position(old, -1);
  for (auto [i, number] : llvm::enumerate(numbers))
    position[number] = i;
  View view = terminal.view;
  view.root = result;
  int64_t column = view.offset.fixed % old;
  int64_t row = view.offset.fixed / old;
  view.offset.fixed = row * now + position[column];
  view.offset.perBatch = view.offset.perBatch / old * now;
  for (Atoms &dim : view.dims)
    for (Atom &atom : dim) {
      if (atom.size == Extent{} || atom.stride.value == 0)
        continue;
      if (countsColumns(atom, old))
        atom.stride.value =
            position[column + atom.stride.value] - position[column];
      else
        atom.stride.value = atom.stride.value / old * now;
    }
  return view;
}

namespace {

/// Ops through which Q, K and V are followed back to their projections.
bool isPassedThrough(Operation *op) {
  return isa<ReshapeOp, TransposeOp, SliceOp, BroadcastOp, ConcatOp,
             PointwiseOp, LayerNormOp, ReduceOp>(op);
}

/// What stands between an operand of the attention and its linears.
struct Origin {
  llvm::SetVector<Operation *> linears;
  llvm::SetVector<Operation *> through;
  bool other = false; ///< Something else is read, too.
};

Origin findOrigin(Value operand) {
  Origin origin;
  SmallVector<Value> work{operand};
  while (!work.empty()) {
    Value value = work.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (isWeight(value))
      continue;
    if (op && isa<LinearOp>(op)) {
      origin.linears.insert(op);
    } else if (op && isPassedThrough(op)) {
      if (origin.through.insert(op))
        work.append(op->operand_begin(), op->operand_end());
    } else {
      origin.other = true;
    }
  }
  return origin;
}

/// Collects the terminals of `value`; false where an op reads one that is
/// neither in `origin` nor the attention.
bool collectTerminals(Value value, Value root, const Origin &origin,
                      AttentionOp attention, unsigned operand,
                      SmallVectorImpl<Terminal> &terminals) {
  bool terminal = false;
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    bool reader = user == attention && use.getOperandNumber() == operand;
    if (isa<ReshapeOp, TransposeOp, SliceOp>(user) &&
        origin.through.contains(user)) {
      if (!collectTerminals(user->getResult(0), root, origin, attention,
                            operand, terminals))
        return false;
    } else if (reader || origin.through.contains(user)) {
      terminal = true;
    }
  }
  if (!terminal)
    return true;
  View view = traceView(value, {.broadcasts = false});
  if (view.root != root || !splitAtWidth(view, lastDim(root)))
    return false;
  terminals.push_back({value, view});
  return true;
}

/// Whether every reader of `value` and of views of it stands in one of the
/// origins.
bool onlyReadBy(Value value, ArrayRef<Origin> origins, AttentionOp attention) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    if (user == attention)
      return true;
    bool known = llvm::any_of(origins, [&](const Origin &origin) {
      return origin.through.contains(user);
    });
    bool view = isa<ReshapeOp, TransposeOp, SliceOp>(user);
    return known &&
           (!view || onlyReadBy(user->getResult(0), origins, attention));
  });
}

/// The column atoms of a terminal in the order of its elements.
Atoms columnAtoms(const Terminal &terminal, int64_t width) {
  Atoms atoms;
  for (const Atoms &dim : terminal.view.dims)
    for (const Atom &atom : dim)
      if (atom.size != Extent{} && countsColumns(atom, width))
        atoms.push_back(atom);
  return atoms;
}

/// Ascending `numbers` as blocks of one length at one distance.
std::optional<Atoms> blocksOf(ArrayRef<int64_t> numbers) {
  size_t length = 1;
  while (length < numbers.size() &&
         numbers[length] == numbers[0] + static_cast<int64_t>(length))
    ++length;
  if (numbers.size() % length != 0)
    return std::nullopt;
  int64_t count = numbers.size() / length;
  int64_t distance = count > 1 ? numbers[length] - numbers[0] : 1;
  Atoms atoms = {{{count, false}, {distance, false}},
                 {{static_cast<int64_t>(length), false}, {}}};
  if (stepsOf(atoms, numbers[0]) != SmallVector<int64_t>(numbers))
    return std::nullopt;
  return atoms;
}

/// Chooses the order of the columns that the terminals read. False where they
/// have no regular order.
bool orderColumns(Projection &projection) {
  int64_t width = lastDim(projection.linear.getOutput());
  if (projection.terminals.size() == 1) {
    const Terminal &only = projection.terminals.front();
    projection.columns = columnAtoms(only, width);
    projection.firstColumn = only.view.offset.fixed % width;
    return true;
  }
  llvm::SetVector<int64_t> all;
  for (const Terminal &terminal : projection.terminals)
    for (int64_t number : stepsOf(columnAtoms(terminal, width),
                                  terminal.view.offset.fixed % width))
      all.insert(number);
  SmallVector<int64_t> sorted(all.begin(), all.end());
  llvm::sort(sorted);
  auto blocks = blocksOf(sorted);
  if (!blocks)
    return false;
  projection.columns = *blocks;
  projection.firstColumn = sorted.front();
  // Each terminal's steps must be steps of the new order as well.
  for (const Terminal &terminal : projection.terminals) {
    View moved = projection.viewOf(terminal, terminal.view.root);
    Atoms before = columnAtoms(terminal, width), after;
    for (auto [oldDim, newDim] : llvm::zip(terminal.view.dims, moved.dims))
      for (auto [oldAtom, newAtom] : llvm::zip(oldDim, newDim))
        if (oldAtom.size != Extent{} && countsColumns(oldAtom, width))
          after.push_back(newAtom);
    SmallVector<int64_t> numbers = projection.columnNumbers();
    SmallVector<int64_t> mapped;
    for (int64_t place :
         stepsOf(after, moved.offset.fixed % projection.width())) {
      if (place < 0 || place >= static_cast<int64_t>(numbers.size()))
        return false;
      mapped.push_back(numbers[place]);
    }
    if (mapped != stepsOf(before, terminal.view.offset.fixed % width))
      return false;
  }
  return true;
}

} // namespace

Projections findProjections(AttentionOp attention) {
  static constexpr StringLiteral names[] = {"Q", "K", "V"};
  Projections result;
  Origin origins[3];
  for (unsigned i = 0; i < 3; ++i)
    origins[i] = findOrigin(attention->getOperand(i));
  for (unsigned i = 0; i < 3; ++i) {
    const Origin &origin = origins[i];
    if (origin.linears.empty() && !origin.other)
      continue; // A constant.
    if (origin.other || origin.linears.size() != 1) {
      result.refusal = (names[i] + " does not come from one linear").str();
      continue;
    }
    Projection projection;
    projection.linear = cast<LinearOp>(origin.linears.front());
    Value output = projection.linear.getOutput();
    if (!isWeight(projection.linear.getWeight()) ||
        (projection.linear.getBias() &&
         !isWeight(projection.linear.getBias()))) {
      result.refusal = "a weight is computed";
      continue;
    }
    if (!onlyReadBy(output, origins, attention)) {
      result.refusal = "a projection is read by others too";
      continue;
    }
    if (!collectTerminals(output, output, origin, attention, i,
                          projection.terminals) ||
        projection.terminals.empty() || !orderColumns(projection)) {
      result.refusal =
          (names[i] + "'s columns have no regular order in the projection")
              .str();
      continue;
    }
    result.parts[i] = std::move(projection);
  }
  return result;
}

} // namespace vitc::vit
