//===- PlanMemory.cpp - Offsets in the arena ------------------------------===//
#include "passes/Passes.h"

#include "dialect/Batch.h"
#include "dialect/ElementTypes.h"
#include "dialect/ModuleAttrs.h"
#include "dialect/Vitk.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using vitrt::format::TemplateKind;

namespace vitc::vit {
#define GEN_PASS_DEF_PLANMEMORY
#include "passes/Passes.h.inc"

static constexpr uint64_t kAlignment = 256;

namespace {
/// Memory of one or several buffers (in-place results share it), live from the
/// launch that first writes it to the last that reads it.
struct Block {
  SmallVector<vitk::BufferOp, 2> buffers;
  uint64_t bytes = 0; ///< At the profile's max batch.
  int64_t first = 0, last = 0;
  uint64_t offset = 0;

  bool overlapsTime(const Block &other) const {
    return first <= other.last && other.first <= last;
  }
  uint64_t end() const { return offset + llvm::alignTo(bytes, kAlignment); }
};

class MemoryPlanner {
public:
  MemoryPlanner(func::FuncOp func, int64_t maxBatch)
      : func(func), maxBatch(maxBatch) {}

  LogicalResult run();
  uint64_t arenaBytes() const;
  uint64_t lowerBound() const;

private:
  void collect();
  void shareInPlace();
  void allocate();
  uint64_t place(ArrayRef<size_t> order);
  LogicalResult check();

  func::FuncOp func;
  int64_t maxBatch;
  SmallVector<vitk::KernelOpInterface> launches;
  std::vector<Block> blocks;
  DenseMap<Operation *, size_t> blockOf; ///< Of a vitk.buffer.
};
} // namespace

/// The vitk.buffer that `value` is a state of, or null for inputs and weights.
static vitk::BufferOp bufferOf(Value value) {
  Operation *op = value.getDefiningOp();
  while (auto kernel = dyn_cast_or_null<vitk::KernelOpInterface>(op))
    op = kernel.getDest().getDefiningOp();
  return dyn_cast_or_null<vitk::BufferOp>(op);
}

void MemoryPlanner::collect() {
  for (auto kernel : func.front().getOps<vitk::KernelOpInterface>())
    launches.push_back(kernel);
  for (auto buffer : func.getOps<vitk::BufferOp>()) {
    if (buffer.getOutput())
      continue;
    auto type = cast<RankedTensorType>(buffer.getResult().getType());
    Block block;
    block.buffers = {buffer};
    block.bytes = numElements(type).at(maxBatch) *
                  dtypeBytes(*dtypeOf(type.getElementType()));
    block.first = launches.size();
    block.last = -1;
    blockOf[buffer] = blocks.size();
    blocks.push_back(block);
  }
  for (auto [index, kernel] : llvm::enumerate(launches)) {
    SmallVector<Value> operands(kernel.getInputs());
    operands.push_back(kernel.getDest());
    for (Value operand : operands) {
      auto found = blockOf.find(bufferOf(operand));
      if (found == blockOf.end())
        continue;
      Block &block = blocks[found->second];
      block.first = std::min<int64_t>(block.first, index);
      block.last = index;
    }
  }
}

/// Whether a launch may write the element that it reads through input `index`:
/// it reads it before it writes, in the same thread
/// (codegen/kernels/README.md).
static bool mayShare(vitk::KernelOpInterface kernel, unsigned index) {
  switch (kernel.getTemplate()) {
  case TemplateKind::Pointwise:
  case TemplateKind::RowNorm:
  case TemplateKind::Softmax:
    return true;
  case TemplateKind::Gemm:
  case TemplateKind::Attention: {
    auto has = [&](std::optional<ArrayRef<int32_t>> args) {
      return args && llvm::is_contained(*args, int32_t(index));
    };
    return has(kernel.getEpilogueArgs()) && !has(kernel.getPrologueArgs()) &&
           index >= vitk::numMainInputs(kernel.getTemplate());
  }
  case TemplateKind::Reduce:
    return false;
  }
  return false;
}

void MemoryPlanner::shareInPlace() {
  for (auto [index, kernel] : llvm::enumerate(launches)) {
    auto found = blockOf.find(bufferOf(kernel.getDest()));
    if (found == blockOf.end())
      continue;
    size_t own = found->second;
    // Only a result that begins here can move.
    if (blocks[own].first != int64_t(index) || blocks[own].buffers.size() != 1)
      continue;
    auto ownView = cast<vitk::ViewAttr>(kernel.getViews().getValue().back());
    for (auto [number, input] : llvm::enumerate(kernel.getInputs())) {
      auto other = blockOf.find(bufferOf(input));
      if (other == blockOf.end() || other->second == own ||
          blocks[other->second].last != int64_t(index) ||
          blocks[other->second].bytes != blocks[own].bytes ||
          kernel.getViews()[number] != ownView || !mayShare(kernel, number) ||
          cast<RankedTensorType>(input.getType()).getElementType() !=
              kernel.getDest().getType().getElementType())
        continue;
      // Read once: another view of the same memory would see what is written.
      auto reads = [&](Value value) {
        return bufferOf(value) == bufferOf(input);
      };
      if (llvm::count_if(kernel.getInputs(), reads) != 1)
        continue;
      Block &target = blocks[other->second];
      target.last = blocks[own].last;
      target.buffers.append(blocks[own].buffers);
      blocks[own].buffers.clear();
      found->second = other->second;
      break;
    }
  }
  // What was moved is no block any more.
  std::vector<Block> kept;
  for (Block &block : blocks)
    if (!block.buffers.empty())
      kept.push_back(std::move(block));
  blocks = std::move(kept);
}

/// Each block in `order` at the lowest offset that is free for its lifetime;
/// the arena's size.
uint64_t MemoryPlanner::place(ArrayRef<size_t> order) {
  SmallVector<const Block *> placed;
  uint64_t arena = 0;
  for (size_t index : order) {
    Block &block = blocks[index];
    uint64_t offset = 0;
    for (const Block *other : placed) {
      if (!block.overlapsTime(*other))
        continue;
      if (other->offset >= offset + llvm::alignTo(block.bytes, kAlignment))
        break;
      offset = std::max(offset, other->end());
    }
    block.offset = offset;
    auto byOffset = [](const Block *a, const Block *b) {
      return a->offset < b->offset;
    };
    placed.insert(llvm::upper_bound(placed, &block, byOffset), &block);
    arena = std::max(arena, block.end());
  }
  return arena;
}

/// The best of a few orders: by size, by bytes x lifetime, by start.
void MemoryPlanner::allocate() {
  std::vector<SmallVector<size_t>> orders(3);
  for (SmallVector<size_t> &order : orders)
    for (size_t i = 0; i < blocks.size(); ++i)
      order.push_back(i);
  auto key = [&](auto measure) {
    return [this, measure](size_t a, size_t b) {
      return measure(blocks[a]) > measure(blocks[b]);
    };
  };
  llvm::stable_sort(orders[0], key([](const Block &b) { return b.bytes; }));
  llvm::stable_sort(orders[1], key([](const Block &b) {
                      return b.bytes * uint64_t(b.last - b.first + 1);
                    }));
  llvm::stable_sort(orders[2], key([](const Block &b) { return -b.first; }));
  size_t best = 0;
  uint64_t least = ~0ull;
  for (auto [index, order] : llvm::enumerate(orders)) {
    uint64_t arena = place(order);
    if (arena < least) {
      least = arena;
      best = index;
    }
  }
  place(orders[best]);
}

uint64_t MemoryPlanner::arenaBytes() const {
  uint64_t bytes = 0;
  for (const Block &block : blocks)
    bytes = std::max(bytes, block.end());
  return bytes;
}

uint64_t MemoryPlanner::lowerBound() const {
  uint64_t peak = 0;
  for (int64_t time = 0; time < int64_t(launches.size()); ++time) {
    uint64_t live = 0;
    for (const Block &block : blocks)
      if (block.first <= time && time <= block.last)
        live += block.bytes;
    peak = std::max(peak, live);
  }
  return peak;
}

/// Blocks that live at one time lie apart.
LogicalResult MemoryPlanner::check() {
  for (const Block &a : blocks)
    for (const Block &b : blocks) {
      bool apart = a.offset + a.bytes <= b.offset ||
                   b.offset + b.bytes <= a.offset || a.bytes == 0 ||
                   b.bytes == 0;
      if (&a != &b && a.overlapsTime(b) && !apart) {
        Operation *op = a.buffers.front();
        return op->emitOpError("overlaps a buffer that lives at the same time");
      }
    }
  return success();
}

LogicalResult MemoryPlanner::run() {
  collect();
  shareInPlace();
  allocate();
  for (Block &block : blocks)
    for (vitk::BufferOp buffer : block.buffers)
      buffer.setOffset(block.offset);
  return check();
}

namespace {
struct PlanMemoryPass : impl::PlanMemoryBase<PlanMemoryPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    int64_t maxBatch = 1;
    if (auto profile = module->getAttrOfType<ProfileAttr>(kProfileAttr))
      maxBatch = profile.getMax();
    uint64_t arena = 0, bound = 0;
    for (auto func : module.getOps<func::FuncOp>()) {
      MemoryPlanner planner(func, maxBatch);
      if (failed(planner.run()))
        return signalPassFailure();
      arena = std::max(arena, planner.arenaBytes());
      bound = std::max(bound, planner.lowerBound());
    }
    Builder b(&getContext());
    module->setAttr(vitk::kArenaBytes, b.getI64IntegerAttr(arena));
    module->setAttr(vitk::kArenaLowerBound, b.getI64IntegerAttr(bound));
  }
};
} // namespace

} // namespace vitc::vit
