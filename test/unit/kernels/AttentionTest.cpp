//===- AttentionTest.cpp - attention over lengths and head dims -----------===//
#include "test/unit/kernels/AttentionProblem.h"

#include <gtest/gtest.h>
#include <limits>

using namespace vitc::test;

static int vectorOf(int dim, int most) {
  int vector = 1;
  while (vector < most && dim % (2 * vector) == 0)
    vector *= 2;
  return vector;
}

static AttentionProblem simt(int queries, int keys, int dk, int dv) {
  AttentionProblem p;
  p.queries = queries;
  p.keys = keys;
  p.dk = dk;
  p.dv = dv;
  p.heads = p.kvHeads = 2;
  p.vectorK = vectorOf(dk, 4);
  p.vectorV = p.vectorOut = vectorOf(dv, 4);
  return p;
}

static AttentionProblem mma(int queries, int keys, int dk, int dv,
                            DType type = DType::F16) {
  AttentionProblem p = simt(queries, keys, dk, dv);
  p.mma = true;
  p.compute = p.type = p.out = type;
  p.bm = p.bn = 64;
  p.vectorK = vectorOf(dk, 8);
  p.vectorV = p.vectorOut = vectorOf(dv, 8);
  return p;
}

/// Fits the registers and, with dk, 64 KB of shared memory.
static AttentionProblem narrow(AttentionProblem p) {
  p.bn = p.mma ? 32 : 16;
  p.bm = p.mma ? 64 : 16;
  return p;
}

TEST(AttentionSimt, HeadDims) {
  for (int dim : {1, 24, 80})
    simt(37, 37, dim, dim).check();
  narrow(simt(20, 20, 256, 192)).check();
  simt(40, 40, 16, 64).check();
}

TEST(AttentionSimt, Lengths) {
  for (auto [queries, keys] :
       {std::pair{1, 1}, {1, 65}, {65, 3}, {50, 197}, {64, 64}})
    simt(queries, keys, 32, 32).check();
}

TEST(AttentionSimt, Tiles) {
  AttentionProblem p = simt(70, 70, 32, 48);
  for (auto [bm, bn, warps] : {std::tuple{64, 64, 4},
                               {16, 32, 8},
                               {32, 64, 4},
                               {64, 16, 8},
                               {128, 128, 8}}) {
    p.bm = bm;
    p.bn = bn;
    p.warps = warps;
    p.check();
  }
}

TEST(AttentionSimt, MaskBiasGroups) {
  AttentionProblem p = simt(45, 40, 16, 32);
  p.heads = 4;
  p.batches = 2;
  p.bias = true;
  p.check();
  p.causal = true;
  p.check();
}

TEST(AttentionSimt, HiddenRows) {
  AttentionProblem p = simt(23, 50, 16, 16);
  p.bias = true;
  for (float hidden : {-1e4f, -std::numeric_limits<float>::max(),
                       -std::numeric_limits<float>::infinity()}) {
    p.hidden = hidden;
    p.check();
  }
}

TEST(AttentionMma, HeadDims) {
  for (int dim : {1, 16, 24, 64, 80})
    mma(37, 37, dim, dim).check();
  narrow(mma(70, 40, 192, 256)).check();
  mma(40, 40, 16, 64).check();
}

TEST(AttentionMma, Lengths) {
  for (auto [queries, keys] :
       {std::pair{1, 1}, {1, 65}, {65, 3}, {197, 197}, {64, 64}})
    mma(queries, keys, 32, 32).check();
}

TEST(AttentionMma, Tiles) {
  AttentionProblem p = mma(140, 100, 32, 48);
  for (auto [bm, bn, warps] : {std::tuple{128, 64, 4},
                               {16, 32, 1},
                               {32, 112, 2},
                               {128, 16, 8},
                               {64, 208, 4}}) {
    p.bm = bm;
    p.bn = bn;
    p.warps = warps;
    p.check();
  }
}

TEST(AttentionMma, Types) {
  AttentionProblem p = mma(50, 50, 40, 40, DType::BF16);
  p.check();
  p.out = DType::F32;
  p.check();
  p.type = DType::F32; // converted when staged
  p.compute = DType::F16;
  p.vectorK = p.vectorV = 4;
  p.scale = 0.125f;
  p.check();
}

TEST(AttentionMma, MaskBiasGroups) {
  AttentionProblem p = mma(145, 140, 16, 32);
  p.heads = 4;
  p.bias = true;
  p.check();
  p.causal = true;
  p.batches = 2;
  p.check();
}

TEST(AttentionMma, HiddenRows) {
  AttentionProblem p = mma(23, 150, 16, 16);
  p.bias = true;
  for (float hidden : {-1e4f, -std::numeric_limits<float>::max(),
                       -std::numeric_limits<float>::infinity()}) {
    p.hidden = hidden;
    p.check();
  }
}
