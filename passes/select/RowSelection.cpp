//===- RowSelection.cpp - Layer norm, softmax, reductions -----------------===//
//
// Templates whose threads share rows: which dims are rows and columns, and how
// many threads a row gets.
//
//===----------------------------------------------------------------------===//
#include "passes/select/KernelDraft.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace vitrt::format;

namespace vitc::vit {

namespace {
/// A row problem: dims of the input that are rows and columns, and of the
/// result that are rows.
struct Rows {
  AxisMap in, out;
  Extent rows;
  int64_t cols = 1;
};
} // namespace

static Extents extentsOf(Value value) {
  return getExtents(cast<RankedTensorType>(value.getType()));
}

/// Columns are `axes`, ascending; rows all others. The result has the same dims
/// or lacks `axes`.
static FailureOr<Rows> split(Operation *op, ArrayRef<int64_t> axes, bool keeps,
                             bool reduces) {
  Extents extents = extentsOf(op->getOperand(0));
  Rows result;
  SmallVector<unsigned, 4> rows, cols, outRows;
  for (bool batch : {true, false}) {
    unsigned outDim = 0;
    for (unsigned dim = 0; dim < extents.size(); ++dim) {
      bool isCol = llvm::is_contained(axes, dim);
      if (isCol && extents[dim].perBatch)
        return op->emitOpError("works across the batch, which no kernel does");
      if (!isCol && extents[dim].perBatch == batch) {
        rows.push_back(dim);
        outRows.push_back(reduces ? outDim : dim);
      }
      if (isCol && batch)
        cols.push_back(dim);
      outDim += !isCol || keeps;
    }
  }
  result.in.axes = {rows, cols};
  result.out.axes = {outRows};
  if (!reduces)
    result.out.axes.push_back(cols);
  for (unsigned dim : rows) {
    result.rows.value *= extents[dim].value;
    result.rows.perBatch |= extents[dim].perBatch;
  }
  for (unsigned dim : cols)
    result.cols *= extents[dim].value;
  return result;
}

/// Threads a row and rows a block: enough threads that a row fits registers (64
/// elements a thread) and that an element a thread is not the rule.
static std::pair<int, int> rowShape(Extent rows, int64_t cols,
                                    const SelectContext &context) {
  int threads = 32;
  if (cols <= 64)
    threads = std::max<int>(1, llvm::PowerOf2Ceil(llvm::divideCeil(cols, 4)));
  while (threads < 1024 && cols > int64_t(threads) * 32)
    threads *= 2;
  // Few rows: smaller blocks reach more SMs.
  int64_t count = rows.at(context.optBatch);
  int block = 128;
  while (block > 32 && count * threads < int64_t(block) * context.target.sms)
    block /= 2;
  return {threads, std::max(1, block / threads)};
}

template <class Config>
static void finish(KernelDraft &draft, Config config, const Rows &rows,
                   const SelectContext &context) {
  config.rows = rows.rows;
  config.cols = rows.cols;
  std::tie(config.threadsPerRow, config.rowsPerBlock) =
      rowShape(rows.rows, rows.cols, context);
  draft.config = config;
  draft.grid[0] = {rows.rows.perBatch ? rows.rows.value : 0,
                   rows.rows.perBatch ? 0 : rows.rows.value,
                   config.rowsPerBlock};
  draft.flops = 0;
  draft.why =
      llvm::formatv("{0} threads a row of {1}, {2} rows a block",
                    config.threadsPerRow, rows.cols, config.rowsPerBlock);
}

LogicalResult lowerRows(FusionGroup &group, const SelectContext &context,
                        Drafts &drafts) {
  Operation *anchor = group.anchor;
  auto draft = std::make_unique<KernelDraft>(group);
  int64_t rank = extentsOf(anchor->getOperand(0)).size();
  SmallVector<int64_t> axes{rank - 1};
  bool reduces = false, keeps = true;
  if (auto softmax = dyn_cast<SoftmaxOp>(anchor)) {
    axes = {int64_t(softmax.getAxis())};
    SoftmaxConfig config;
    config.log = softmax.getLog();
    draft->config = config;
  } else if (auto reduce = dyn_cast<ReduceOp>(anchor)) {
    axes.assign(reduce.getAxes().begin(), reduce.getAxes().end());
    reduces = true;
    keeps = reduce.getKeepDims();
    ReduceConfig config;
    std::optional<ReduceKind> kind = vitk::reduceKindByName(reduce.getKind());
    if (!kind)
      return anchor->emitOpError("has no kernel for its kind");
    config.kind = *kind;
    draft->config = config;
  } else {
    auto norm = cast<LayerNormOp>(anchor);
    RowNormConfig config;
    config.epsilon = norm.getEpsilon().convertToFloat();
    config.rms = norm.getRms();
    draft->config = config;
  }
  FailureOr<Rows> rows = split(anchor, axes, keeps, reduces);
  if (failed(rows))
    return failure();
  Value result = group.op->getResult(0);
  if (failed(draft->addInput(group.main, rows->in)) ||
      failed(draft->setDest(*placeOf(result), result.getType(), rows->out)) ||
      failed(draft->addPrologue(group.prologue,
                                extentsOf(anchor->getOperand(0)), rows->in)) ||
      failed(
          draft->addEpilogue(group.epilogues[0], extentsOf(result), rows->out)))
    return failure();
  Config config = draft->config;
  if (auto *c = std::get_if<RowNormConfig>(&config))
    finish(*draft, *c, *rows, context);
  else if (auto *c = std::get_if<SoftmaxConfig>(&config))
    finish(*draft, *c, *rows, context);
  else
    finish(*draft, std::get<ReduceConfig>(config), *rows, context);
  drafts.push_back(std::move(draft));
  return success();
}

} // namespace vitc::vit
