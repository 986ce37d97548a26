//===- GemmSelection.cpp - The tile of a GEMM -----------------------------===//
//
// A table of legal tiles a family (codegen/kernels/README.md), ranked by the
// cost model.
//
//===----------------------------------------------------------------------===//
#include "codegen/KernelShape.h"
#include "dialect/ElementTypes.h"
#include "passes/select/KernelDraft.h"

#include "llvm/Support/FormatVariadic.h"

using namespace vitrt::format;

namespace vitc::vit {

namespace {
struct Tile {
  int bm, bn, bk, wm, wn, stages;
};
} // namespace

// Warp tiles of at most 64x64: more accumulators would spill.
static constexpr Tile kMmaTiles[] = {
    {256, 128, 32, 64, 64, 3}, {128, 256, 32, 64, 64, 3},
    {128, 128, 64, 64, 32, 3}, {128, 128, 32, 64, 64, 4},
    {128, 128, 32, 64, 32, 4}, {128, 128, 32, 64, 32, 2},
    {128, 64, 64, 32, 32, 3},  {128, 64, 32, 32, 32, 4},
    {64, 128, 64, 32, 32, 3},  {64, 128, 32, 32, 32, 4},
    {64, 64, 64, 32, 32, 3},   {64, 64, 32, 32, 32, 4},
    {64, 64, 32, 32, 32, 2},   {64, 32, 64, 32, 16, 4},
    {32, 64, 64, 16, 32, 4},   {32, 32, 64, 16, 16, 4},
    {32, 32, 32, 16, 16, 2},   {16, 64, 64, 16, 16, 4},
    {16, 32, 64, 16, 16, 4},   {16, 32, 32, 16, 16, 2},
};

// Thread tiles.
static constexpr Tile kSimtTiles[] = {
    {128, 128, 16, 8, 8, 2}, {128, 128, 8, 8, 8, 2}, {128, 64, 16, 8, 4, 2},
    {64, 128, 16, 4, 8, 2},  {64, 64, 16, 4, 4, 2},  {64, 64, 32, 4, 4, 1},
    {64, 32, 16, 4, 4, 2},   {32, 64, 16, 4, 4, 2},  {32, 64, 32, 2, 4, 2},
    {32, 32, 32, 2, 4, 2},   {32, 32, 32, 2, 2, 1},  {16, 64, 32, 1, 4, 2},
    {16, 32, 32, 1, 2, 2},   {16, 16, 32, 1, 1, 2},
};

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// What the model sees of one tile of the problem.
static BlockWork workOf(const GemmConfig &c, Family family,
                        const SelectContext &context, double dramBytes) {
  bool simt = family == Family::Simt;
  Kernel kernel;
  kernel.config = c;
  kernel.family = family;
  BlockWork work;
  work.threads = threadsOf(kernel);
  work.sharedBytes = sharedBytes(kernel);
  int64_t rows = c.rows.at(context.optBatch);
  work.blocks = double(ceilDiv(rows, c.bm)) * ceilDiv(c.n, c.bn) *
                c.groups.at(context.optBatch);
  double steps = ceilDiv(c.k, c.bk), k = steps * c.bk;
  DType compute = simt ? DType::F32 : c.compute;
  double rate = flopsPerCycle(context.target, compute);
  // mma.sync reaches about 0.65 of what wgmma does.
  if (!simt && context.target.sm >= 90)
    rate *= 0.65;
  double warps = work.threads / 32.0;
  // Fewer warps than schedulers cannot use all units.
  double usable = std::min(1.0, warps * (simt ? 1 : 2) / 4);
  work.mathCycles = 2.0 * c.bm * c.bn * k / (rate * std::max(usable, 0.25));
  // Wavefronts of 128 bytes: what warps read for their products, and staging.
  double element = simt ? 4 : 2;
  double perWarp = simt ? (4 * c.wm + 8 * c.wn) * element / 128
                        : (c.wm + c.wn) * element / 128;
  work.sharedCycles = k * (warps * perWarp + (c.bm + c.bn) * element / 128);
  work.l2Bytes = (c.bm + c.bn) * k * element + c.bm * c.bn * 4.0;
  double latency = context.target.sm >= 80 ? 600 : 800;
  work.latencyCycles =
      1500 + steps * std::max(latency / std::max(c.stages - 1, 1), 100.0);
  work.registers = simt ? c.wm * c.wn + 2 * (c.wm + c.wn) + 40
                        : c.wm * c.wn / 32 + (c.wm + c.wn) / 2 + 56;
  work.dramBytes = dramBytes;
  return work;
}

void selectGemm(KernelDraft &draft, GemmConfig problem,
                const SelectContext &context) {
  const Target &target = context.target;
  DType a = draft.inputs[0].view.dtype, w = draft.inputs[1].view.dtype;
  // The weight decides: A may still be of another type before its prologue.
  DType compute = w == DType::F16 || w == DType::BF16 ? w : DType::F32;
  if (!draft.prologue && a != w)
    compute = DType::F32;
  bool mma = flopsPerCycle(target, compute) > 0 &&
             ((compute == DType::F16 && target.sm >= 75) ||
              (compute == DType::BF16 && target.sm >= 80));
  double dram = draft.bytes() * context.optBatch;
  double best = 0;
  BlockWork bestWork;
  Prediction bestPrediction;
  auto consider = [&](const Tile &tile, Family family) {
    GemmConfig c = problem;
    c.compute = family == Family::Simt ? DType::F32 : compute;
    c.bm = tile.bm;
    c.bn = tile.bn;
    c.bk = tile.bk;
    c.wm = tile.wm;
    c.wn = tile.wn;
    c.stages = tile.stages;
    if (context.isDenied(family, c))
      return;
    BlockWork work = workOf(c, family, context, dram);
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
    for (const Tile &tile : kMmaTiles)
      consider(tile, Family::Mma);
  else
    for (const Tile &tile : kSimtTiles)
      consider(tile, Family::Simt);
  if (best == 0)
    // Everything was denied: the smallest, which the driver then warns about.
    consider({16, 16, 16, 1, 1, 1}, Family::Simt);
  const GemmConfig &c = std::get<GemmConfig>(draft.config);
  Extent rows = c.rows;
  draft.grid[0] = {0, ceilDiv(c.n, c.bn), 1};
  draft.grid[1] = {rows.perBatch ? rows.value : 0,
                   rows.perBatch ? 0 : rows.value, c.bm};
  draft.grid[2] = {c.groups.perBatch ? c.groups.value : 0,
                   c.groups.perBatch ? 0 : c.groups.value, 1};
  draft.why = llvm::formatv(
      "{0} of {1}x{2}x{3}, {4} stages: {5}",
      draft.family == Family::Mma ? dtypeName(c.compute) + " mma" : "simt",
      c.bm, c.bn, c.bk, c.stages, describe(target, bestWork, bestPrediction));
}

} // namespace vitc::vit
