//===- HoistWeights.cpp - Weight computations become recipes --------------===//
//
// Passes write what they do to weights as ordinary ops over vit.weight values;
// this pass moves those ops from the function, where they would run at every
// inference, into recipes, which the compiler evaluates once.
//
//===----------------------------------------------------------------------===//
#include "dialect/Batch.h"
#include "dialect/Locations.h"
#include "dialect/Weights.h"
#include "passes/Passes.h"
#include "reference/WeightEvaluator.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace vitc::vit {
#define GEN_PASS_DEF_HOISTWEIGHTS
#include "passes/Passes.h.inc"

namespace {

/// Elements up to which a result may exceed what it was made from.
constexpr int64_t kSmall = 1024;
/// Bytes up to which a recipe is evaluated to a dense attribute.
constexpr int64_t kDenseBytes = 4096;

bool isStatic(Value value) {
  return cast<RankedTensorType>(value.getType()).hasStaticShape();
}

int64_t count(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

/// Prints ops without locations and names of values: equal texts compute the
/// same.
std::string fingerprint(Region &recipe) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (Operation &op : recipe.front()) {
    op.print(stream, OpPrintingFlags().useLocalScope());
    stream << '\n';
  }
  return text;
}

class HoistWeights : public impl::HoistWeightsBase<HoistWeights> {
public:
  using HoistWeightsBase::HoistWeightsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    known.clear();
    made.clear();
    for (auto op : module.getOps<InitializerOp>())
      if (!op.getRecipe().empty())
        known[fingerprint(op.getRecipe())] = op;
    for (auto function : module.getOps<func::FuncOp>())
      if (!function.isExternal())
        hoistFrom(function.getBody().front());
    mergeChains();
    evaluateSmall();
    removeUnused();
  }

private:
  void hoistFrom(Block &block);
  bool canHoist(Operation *op);
  InitializerOp makeInitializer(Operation *root);
  void place(InitializerOp op, Operation *root);
  void mergeChains();
  void evaluateSmall();
  void removeUnused();

  llvm::SetVector<Operation *> hoisted;
  llvm::StringMap<InitializerOp> known; ///< By fingerprint.
  SmallVector<InitializerOp> made;
};

} // namespace

bool HoistWeights::canHoist(Operation *op) {
  if (!isa<VitDialect>(op->getDialect()) || op->getNumOperands() == 0 ||
      op->getNumResults() != 1 || !isMemoryEffectFree(op) ||
      !isStatic(op->getResult(0)))
    return false;
  int64_t read = kSmall;
  for (Value operand : op->getOperands()) {
    Operation *producer = operand.getDefiningOp();
    if (!producer || (!isa<WeightOp>(producer) && !hoisted.contains(producer)))
      return false;
    read += 2 * count(operand);
  }
  return count(op->getResult(0)) <= read;
}

void HoistWeights::hoistFrom(Block &block) {
  hoisted.clear();
  for (Operation &op : block.without_terminator())
    if (canHoist(&op))
      hoisted.insert(&op);
  numHoisted += hoisted.size();
  // Roots are what a function or several recipes read. In order, so that a
  // recipe reads the initializers of the roots before it.
  for (Operation *op : hoisted) {
    bool single = op->hasOneUse() && hoisted.contains(*op->user_begin());
    if (single || op->use_empty())
      continue;
    InitializerOp initializer = makeInitializer(op);
    OpBuilder builder(op);
    auto weight =
        WeightOp::create(builder, op->getLoc(), op->getResult(0).getType(),
                         initializer.getSymName());
    copyTensorName(op, weight);
    op->getResult(0).replaceAllUsesWith(weight);
  }
  for (Operation *op : llvm::reverse(hoisted))
    if (op->use_empty())
      op->erase();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isa<WeightOp>(op) && op.use_empty())
      op.erase();
}

/// Clones `root` and what it is made of to the end of `builder`'s block; each
/// weight once.
static Value cloneSlice(OpBuilder &builder, Operation *root,
                        const llvm::SetVector<Operation *> &hoisted) {
  llvm::SetVector<Operation *> slice;
  SmallVector<Operation *> work{root};
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (slice.insert(op))
      for (Value operand : op->getOperands())
        work.push_back(operand.getDefiningOp());
  }
  SmallVector<Operation *> ordered = slice.takeVector();
  llvm::sort(ordered,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  IRMapping mapping;
  llvm::StringMap<Value> weights;
  for (Operation *op : ordered) {
    if (auto weight = dyn_cast<WeightOp>(op))
      if (Value seen = weights.lookup(weight.getInitializer())) {
        mapping.map(weight.getResult(), seen);
        continue;
      }
    Operation *clone = builder.clone(*op, mapping);
    clone->removeDiscardableAttr(kTensorName);
    if (auto weight = dyn_cast<WeightOp>(clone))
      weights[weight.getInitializer()] = weight.getResult();
  }
  return mapping.lookup(root->getResult(0));
}

/// "blocks.0.qkv.weight.transpose": the first weight and what is done last.
static std::string nameHint(Region &recipe) {
  auto weights = recipe.getOps<WeightOp>();
  StringRef base = weights.empty() ? "" : (*weights.begin()).getInitializer();
  Operation *last =
      recipe.front().getTerminator()->getOperand(0).getDefiningOp();
  StringRef step = last->getName().stripDialect();
  if (auto pointwise = dyn_cast<PointwiseOp>(last))
    step = pointwise.getKind().empty() ? step : pointwise.getKind();
  return (base + "." + step).str();
}

InitializerOp HoistWeights::makeInitializer(Operation *root) {
  OpBuilder builder(&getContext());
  OwningOpRef<InitializerOp> op = InitializerOp::create(
      builder, root->getLoc(), "",
      cast<RankedTensorType>(root->getResult(0).getType()), Attribute());
  builder.setInsertionPointToEnd(&op->getRecipe().emplaceBlock());
  Value result = cloneSlice(builder, root, hoisted);
  YieldOp::create(builder, root->getLoc(), result);
  InitializerOp &same = known[fingerprint(op->getRecipe())];
  if (same)
    return same;
  op->setSymName(uniqueSymbol(getOperation(), nameHint(op->getRecipe())));
  same = op.release();
  place(same, root);
  made.push_back(same);
  return same;
}

/// Inserts `op` before the function, but behind all that its recipe reads.
void HoistWeights::place(InitializerOp op, Operation *root) {
  Operation *before = root->getParentOfType<func::FuncOp>();
  Block *body = before->getBlock();
  body->getOperations().insert(before->getIterator(), op);
  for (WeightOp weight : op.getRecipe().getOps<WeightOp>())
    if (InitializerOp read = lookupInitializer(weight);
        read && op->isBeforeInBlock(read))
      op->moveAfter(read);
}

/// A recipe that one other recipe alone reads becomes a part of that one.
void HoistWeights::mergeChains() {
  ModuleOp module = getOperation();
  llvm::StringMap<int64_t> uses;
  module.walk([&](WeightOp weight) { ++uses[weight.getInitializer()]; });
  llvm::StringMap<InitializerOp> byName;
  for (auto op : module.getOps<InitializerOp>())
    byName[op.getSymName()] = op;
  for (auto op : llvm::make_early_inc_range(module.getOps<InitializerOp>())) {
    for (Region &recipe : op->getRegions())
      for (auto weight :
           llvm::make_early_inc_range(recipe.getOps<WeightOp>())) {
        InitializerOp read = byName.lookup(weight.getInitializer());
        if (!read || read.getRecipe().empty() ||
            uses[weight.getInitializer()] != 1)
          continue;
        OpBuilder builder(weight);
        IRMapping mapping;
        Block &body = read.getRecipe().front();
        for (Operation &inner : body.without_terminator())
          builder.clone(inner, mapping);
        weight.getResult().replaceAllUsesWith(
            mapping.lookup(body.getTerminator()->getOperand(0)));
        weight.erase();
        // Its uses moved along.
        llvm::erase(made, read);
        byName.erase(read.getSymName());
        read.erase();
      }
  }
}

/// Whether the value of `op` follows from dense and random sources.
static bool isSelfContained(InitializerOp op, unsigned depth = 0) {
  if (op.getSource())
    return !isa<FileAttr>(*op.getSource());
  constexpr unsigned kMaxDepth = 16;
  return depth < kMaxDepth &&
         llvm::all_of(op.getRecipe().getOps<WeightOp>(), [&](WeightOp weight) {
           InitializerOp read = lookupInitializer(weight);
           return read && isSelfContained(read, depth + 1);
         });
}

void HoistWeights::evaluateSmall() {
  reference::WeightEvaluator weights(getOperation(), /*files=*/nullptr);
  for (InitializerOp op : made) {
    auto type = cast<RankedTensorType>(op.getType());
    int64_t work = 0;
    op.getRecipe().walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (isa<RankedTensorType>(operand.getType()) && isStatic(operand))
          work += count(operand);
    });
    constexpr int64_t kCheap = 1 << 16;
    int64_t bits = type.getElementType().getIntOrFloatBitWidth();
    if (type.getNumElements() * ((bits + 7) / 8) > kDenseBytes ||
        work > kCheap || !isSelfContained(op))
      continue;
    auto value = weights.evaluate(op.getSymName());
    if (!value)
      continue; // whoever needs it reports why
    op.setSourceAttr(reference::denseOf(*value, type));
    op.getRecipe().getBlocks().clear();
  }
}

void HoistWeights::removeUnused() {
  ModuleOp module = getOperation();
  llvm::StringMap<int64_t> uses;
  if (auto all = SymbolTable::getSymbolUses(&module.getBodyRegion()))
    for (SymbolTable::SymbolUse use : *all)
      ++uses[use.getSymbolRef().getLeafReference()];
  // Backwards: what an unused recipe read is unused as well.
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(*module.getBody()))) {
    auto initializer = dyn_cast<InitializerOp>(op);
    if (!initializer || uses.lookup(initializer.getSymName()) != 0)
      continue;
    initializer.walk([&](WeightOp weight) { --uses[weight.getInitializer()]; });
    initializer.erase();
  }
}

} // namespace vitc::vit
