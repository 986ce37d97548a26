//===- GroupPointwise.cpp - Anchors and what hangs on them ----------------===//
//
// A group is an anchor, the pointwise ops that read it element for element (the
// epilogue), and those that only feed its first operand (the prologue). One
// value leaves it. Groups are found on the flat block and built last to first.
//
//===----------------------------------------------------------------------===//
#include "dialect/Locations.h"
#include "passes/Precision.h"
#include "passes/fuse/PointwiseGroups.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace vitc::vit {

namespace {

using OpSet = llvm::SmallSetVector<Operation *, 8>;

class Grouper {
public:
  explicit Grouper(func::FuncOp func) : block(func.getBody().front()) {}
  FusionCounts run();

private:
  void repeatWideningCasts();
  void growEpilogue(Operation *anchor);
  void absorbOperands(OpSet &group, Operation *anchor);
  void growPrologue(Operation *anchor, OpSet &group);
  void build(const OpSet &group);
  bool isFree(Operation *op) const {
    return isa<PointwiseOp>(op) && !grouped.contains(op);
  }

  Block &block;
  SmallVector<OpSet> groups;
  llvm::DenseMap<Operation *, unsigned> position; ///< Order of the block's ops.
  llvm::DenseSet<Operation *> grouped;
  FusionCounts counts;
};

} // namespace

/// A conversion to a wider type is made anew for each reader, so that it never
/// costs a launch or memory.
void Grouper::repeatWideningCasts() {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (!isWideningCast(&op))
      continue;
    SmallVector<OpOperand *> uses;
    for (OpOperand &use : op.getUses())
      uses.push_back(&use);
    for (OpOperand *use : llvm::drop_begin(uses)) {
      if (use->getOwner()->hasTrait<OpTrait::IsTerminator>())
        continue;
      OpBuilder b(use->getOwner());
      use->set(b.clone(op)->getResult(0));
    }
  }
}

/// Whether `user` reads every value of `group` that it reads element for
/// element, and reads one at least.
static bool extends(Operation *user, const OpSet &group) {
  auto pointwise = dyn_cast<PointwiseOp>(user);
  if (!pointwise)
    return false;
  bool reads = false;
  for (auto [i, operand] : llvm::enumerate(pointwise.getOperands())) {
    if (!operand.getDefiningOp() || !group.contains(operand.getDefiningOp()))
      continue;
    if (!readsElementwise(pointwise, i))
      return false;
    reads = true;
  }
  return reads;
}

/// Whether all readers of all ops of `group` but `last` are in it.
static bool onlyLastLeaves(const OpSet &group, Operation *last) {
  return llvm::all_of(group, [&](Operation *op) {
    return op == last || llvm::all_of(op->getUsers(), [&](Operation *user) {
             return group.contains(user);
           });
  });
}

/// Follows the readers of the anchor in block order, and keeps the longest run
/// of them after which one value leaves the group.
void Grouper::growEpilogue(Operation *anchor) {
  constexpr size_t kMost = 64;
  OpSet candidates;
  candidates.insert(anchor);
  auto byPosition = [&](Operation *a, Operation *b) {
    return position[a] < position[b];
  };
  bool grown = anchor->getNumResults() == 1;
  while (grown && candidates.size() < kMost) {
    grown = false;
    SmallVector<Operation *> readers;
    for (Operation *op : candidates)
      for (Operation *user : op->getUsers())
        if (!candidates.contains(user) && user->getBlock() == &block &&
            isFree(user))
          readers.push_back(user);
    llvm::sort(readers, byPosition);
    for (Operation *reader : readers)
      if (extends(reader, candidates))
        grown |= candidates.insert(reader);
  }

  SmallVector<Operation *> order = candidates.takeVector();
  llvm::sort(order, byPosition);
  while (order.size() > 1) {
    OpSet prefix(order.begin(), order.end());
    if (onlyLastLeaves(prefix, order.back()))
      break;
    order.pop_back();
  }
  OpSet group(order.begin(), order.end());
  absorbOperands(group, anchor);
  if (isAnchor(anchor))
    counts.epilogues += group.size() - 1;
  growPrologue(anchor, group);
  if (group.size() < 2)
    return;
  grouped.insert(group.begin(), group.end());
  groups.push_back(group);
}

/// Pointwise ops that only feed the group's epilogue join it.
void Grouper::absorbOperands(OpSet &group, Operation *anchor) {
  for (unsigned i = 0; i < group.size(); ++i) {
    auto op = dyn_cast<PointwiseOp>(group[i]);
    if (!op || op == anchor)
      continue;
    for (auto [j, operand] : llvm::enumerate(op.getOperands())) {
      Operation *feeder = operand.getDefiningOp();
      if (feeder && feeder->getBlock() == &block && isFree(feeder) &&
          !group.contains(feeder) && operand.hasOneUse() &&
          readsElementwise(op, j))
        group.insert(feeder);
    }
  }
}

/// What a GEMM may compute again for every tile of columns that reads it.
static bool isCheap(PointwiseOp op) {
  constexpr size_t kMost = 4;
  bool special = false;
  op.getBody().walk([&](Operation *inner) {
    special |=
        inner->getDialect() && inner->getDialect()->getNamespace() == "math";
  });
  return !special && op.getBody().front().getOperations().size() <= kMost + 1;
}

/// Pointwise ops that only feed the anchor's first operand join it, as long as
/// computing them again costs less than storing them.
void Grouper::growPrologue(Operation *anchor, OpSet &group) {
  bool rows = isa<LayerNormOp, SoftmaxOp, ReduceOp>(anchor);
  if (!rows && !isa<LinearOp, PatchEmbedOp, QKVProjectionOp>(anchor))
    return;
  SmallVector<Value> values = {anchor->getOperand(0)};
  while (!values.empty()) {
    Value value = values.pop_back_val();
    auto op = value.getDefiningOp<PointwiseOp>();
    if (!op || op->getBlock() != &block || !isFree(op) || !value.hasOneUse() ||
        group.contains(op) || (!rows && !isCheap(op)))
      continue;
    group.insert(op);
    ++counts.prologues;
    for (unsigned i = 0; i < op.getNumOperands(); ++i)
      if (readsElementwise(op, i))
        values.push_back(op.getOperand(i));
  }
}

/// Replaces the group by one `vit.fused` where its last op stands.
void Grouper::build(const OpSet &group) {
  SmallVector<Operation *> order(group.begin(), group.end());
  llvm::sort(order,
             [&](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  Operation *last = order.back();
  llvm::SetVector<Value> inputs;
  SmallVector<Location> locs;
  for (Operation *op : order) {
    locs.push_back(op->getLoc());
    for (Value operand : op->getOperands())
      if (!operand.getDefiningOp() || !group.contains(operand.getDefiningOp()))
        inputs.insert(operand);
  }

  OpBuilder b(last);
  auto fused = FusedOp::create(b, mergeLocs(locs), last->getResultTypes(),
                               inputs.getArrayRef());
  Block *body = b.createBlock(&fused.getBody());
  IRMapping mapping;
  for (Value input : inputs)
    mapping.map(input, body->addArgument(input.getType(), input.getLoc()));
  for (Operation *op : order)
    b.clone(*op, mapping);
  SmallVector<Value> results;
  for (Value result : last->getResults())
    results.push_back(mapping.lookup(result));
  YieldOp::create(b, last->getLoc(), results);
  copyTensorName(last, fused);
  last->replaceAllUsesWith(fused.getOutputs());
  for (Operation *op : llvm::reverse(order))
    op->erase();
}

FusionCounts Grouper::run() {
  repeatWideningCasts();
  unsigned next = 0;
  for (Operation &op : block)
    position[&op] = next++;

  for (Operation &op : block)
    if (isAnchor(&op))
      growEpilogue(&op);
  // What has no anchor forms chains of its own.
  for (Operation &op : block)
    if (isFree(&op))
      growEpilogue(&op);
  for (const OpSet &group : groups)
    build(group);
  return counts;
}

FusionCounts groupPointwise(func::FuncOp func) { return Grouper(func).run(); }

} // namespace vitc::vit
