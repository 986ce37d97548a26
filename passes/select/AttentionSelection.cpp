//===- AttentionSelection.cpp - Attention: views, score, blocks -----------===//
#include "codegen/KernelShape.h"
#include "dialect/ElementTypes.h"
#include "passes/select/KernelDraft.h"
#include "passes/select/ScalarFnBuilder.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace vitrt::format;

namespace vitc::vit {

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// `score * scale + bias`, over (B, heads, queries, keys).
static FailureOr<ScalarFn> scoreFunction(const FusionGroup &group,
                                         AttentionOp op) {
  ScalarFnBuilder fn(group.op, group.anchor, 4);
  OpBuilder &b = fn.builder();
  Location loc = op.getLoc();
  Value x = fn.templateValue();
  float scale = op.getScale().convertToFloat();
  if (scale != 1.0f) {
    Value factor = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(scale));
    x = arith::MulFOp::create(b, loc, x, factor);
    fn.addKind("scale");
  }
  if (op.getBias()) {
    Value bias = fn.broadcastLeaf(op.getBias());
    if (!bias)
      return failure();
    x = arith::AddFOp::create(b, loc, x, bias);
    fn.addKind("bias");
  }
  return fn.finish(x);
}

namespace {
struct Blocks {
  int bm, bn, warps;
};
} // namespace

static constexpr Blocks kMmaBlocks[] = {
    {64, 64, 4},  {64, 128, 4}, {64, 32, 4},  {128, 64, 4},  {128, 64, 8},
    {128, 32, 4}, {32, 64, 2},  {32, 128, 2}, {32, 32, 2},   {16, 64, 1},
    {16, 32, 1},  {64, 208, 4}, {64, 96, 4},  {128, 128, 8}, {64, 16, 4},
};
static constexpr Blocks kSimtBlocks[] = {
    {64, 64, 8}, {64, 32, 8}, {64, 32, 4}, {32, 32, 4}, {32, 64, 4},
    {32, 16, 4}, {16, 32, 2}, {16, 16, 2}, {16, 16, 4},
};

/// Legality of codegen/kernels/README.md.
static bool legal(const AttentionConfig &c, Family family) {
  int64_t dv = (c.dv + 15) / 16 * 16;
  if (family == Family::Mma)
    return (c.bm == 16 * c.warps || c.bm == 32 * c.warps) &&
           (c.bm / c.warps / 16) * (c.bn + dv) <= 320;
  int rows = c.bm / (2 * c.warps);
  return rows * 2 * c.warps == c.bm &&
         (rows == 1 || rows == 2 || rows == 4 || rows == 8);
}

static BlockWork workOf(const AttentionConfig &c, Family family,
                        const SelectContext &context, double dramBytes) {
  bool simt = family == Family::Simt;
  Kernel kernel;
  kernel.config = c;
  kernel.family = family;
  BlockWork work;
  work.threads = threadsOf(kernel);
  work.sharedBytes = sharedBytes(kernel);
  work.blocks =
      double(ceilDiv(c.queries, c.bm)) * c.heads * c.batch.at(context.optBatch);
  double steps = ceilDiv(c.keys, c.bn), keys = steps * c.bn;
  double dk = (c.dk + 15) / 16 * 16, dv = (c.dv + 15) / 16 * 16;
  double rate = flopsPerCycle(context.target, simt ? DType::F32 : c.compute);
  double usable = std::min(1.0, c.warps / 4.0);
  // Exponentials and their bookkeeping run on the CUDA cores: about 12
  // operations of which one is a special function.
  double softmax = c.bm * keys * 14 /
                   (flopsPerCycle(context.target, DType::F32) / 2 * usable);
  work.mathCycles = 2.0 * c.bm * keys * (dk + dv) / (rate * usable) + softmax;
  double element = simt ? 4 : 2;
  double perWarp = simt ? 16 + 32 : double(c.bm) / c.warps;
  work.sharedCycles =
      (keys * (dk + dv) * element / 128) *
      (1 + c.warps * std::min(1.0, 16 / perWarp) + (simt ? c.bm / 16.0 : 0));
  work.l2Bytes = (c.bm * (dk + dv) + keys * (dk + dv)) * element;
  work.latencyCycles = 1500 + steps * 1200;
  work.registers =
      simt ? 96 : int((c.bm / c.warps / 16) * (c.bn + dv) / 2) + 64;
  work.dramBytes = dramBytes;
  return work;
}

void selectAttention(KernelDraft &draft, AttentionConfig problem,
                     const SelectContext &context) {
  const Target &target = context.target;
  DType q = draft.inputs[0].view.dtype;
  bool same =
      draft.inputs[1].view.dtype == q && draft.inputs[2].view.dtype == q;
  bool mma = same && flopsPerCycle(target, q) > 0 &&
             ((q == DType::F16 && target.sm >= 75) ||
              (q == DType::BF16 && target.sm >= 80));
  double best = 0;
  BlockWork bestWork;
  Prediction bestPrediction;
  auto consider = [&](const Blocks &blocks, Family family) {
    AttentionConfig c = problem;
    c.compute = family == Family::Mma ? q : DType::F32;
    c.bm = blocks.bm;
    c.bn = blocks.bn;
    c.warps = blocks.warps;
    if (!legal(c, family) || context.isDenied(family, c))
      return;
    BlockWork work =
        workOf(c, family, context, draft.bytes() * context.optBatch);
    Prediction prediction = predict(target, work);
    if (!prediction.fits || (best > 0 && prediction.us >= best))
      return;
    best = prediction.us;
    draft.config = c;
    draft.family = family;
    bestWork = work;
    bestPrediction = prediction;
  };
  if (mma)
    for (const Blocks &blocks : kMmaBlocks)
      consider(blocks, Family::Mma);
  if (best == 0)
    for (const Blocks &blocks : kSimtBlocks)
      consider(blocks, Family::Simt);
  const AttentionConfig &c = std::get<AttentionConfig>(draft.config);
  draft.grid[0] = {0, ceilDiv(c.queries, c.bm), 1};
  draft.grid[1] = {0, c.heads, 1};
  draft.grid[2] = {c.batch.perBatch ? c.batch.value : 0,
                   c.batch.perBatch ? 0 : c.batch.value, 1};
  draft.why = llvm::formatv(
      "{0} of {1} queries by {2} keys, {3} warps: {4}",
      draft.family == Family::Mma ? dtypeName(c.compute) + " mma" : "simt",
      c.bm, c.bn, c.warps, describe(target, bestWork, bestPrediction));
}

LogicalResult lowerAttention(FusionGroup &group, const SelectContext &context,
                             Drafts &drafts) {
  auto op = cast<AttentionOp>(group.anchor);
  auto extents = [](Value value) {
    return getExtents(cast<RankedTensorType>(value.getType()));
  };
  Extents q = extents(op.getQ()), k = extents(op.getK()),
          v = extents(op.getV());
  int64_t heads = op.getHeads(), kvHeads = op.getKvHeads();
  AttentionConfig problem;
  problem.batch = q[0];
  problem.heads = heads;
  problem.kvHeads = kvHeads;
  problem.queries = q[1].value;
  problem.keys = k[1].value;
  problem.dk = q[2].value / heads;
  problem.dv = v[2].value / kvHeads;
  problem.causal = op.getCausal();
  if (problem.causal && problem.queries != problem.keys)
    return op.emitOpError("is causal with different lengths of queries and "
                          "keys, which no kernel does");
  if (problem.dk > 256 || problem.dv > 256)
    return op.emitOpError() << "has heads of " << problem.dk << " and "
                            << problem.dv << ", but kernels take at most 256";

  auto byHeads = [](int64_t heads) {
    AxisMap map;
    map.split = [heads](const StridedView &view) {
      return headsView(view, heads);
    };
    map.axes = {{0}, {2}, {1}, {3}};
    return map;
  };
  AxisMap scores;
  scores.axes = {{0}, {1}, {2}, {3}};
  auto draft = std::make_unique<KernelDraft>(group);
  draft->config = problem;
  FailureOr<ScalarFn> score = scoreFunction(group, op);
  if (failed(score))
    return op.emitOpError("has a bias that no function of the kernel reads");
  group.prologue = std::move(*score);
  Value result = group.op->getResult(0);
  Extents scoreExtents{q[0], {heads}, q[1], k[1]};
  if (failed(draft->addInput(group.main, byHeads(heads))) ||
      failed(draft->addInput(group.outside(op.getK()), byHeads(kvHeads))) ||
      failed(draft->addInput(group.outside(op.getV()), byHeads(kvHeads))) ||
      failed(
          draft->setDest(*placeOf(result), result.getType(), byHeads(heads))) ||
      failed(draft->addPrologue(group.prologue, scoreExtents, scores)) ||
      failed(draft->addEpilogue(group.epilogues[0], extents(result),
                                byHeads(heads))))
    return failure();
  draft->flops = 2.0 * q[0].value * heads * problem.queries * problem.keys *
                 (problem.dk + problem.dv);
  selectAttention(*draft, problem, context);
  drafts.push_back(std::move(draft));
  return success();
}

} // namespace vitc::vit
