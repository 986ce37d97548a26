//===- GemmTest.cpp - matrix products over sizes that hit every tail ------===//
#include "test/unit/kernels/GemmProblem.h"

#include <gtest/gtest.h>

using namespace vitc::test;

static GemmProblem simt(int rows, int n, int k) {
  GemmProblem p;
  p.rows = rows;
  p.n = n;
  p.k = k;
  p.vectorA = p.vectorW = k % 4 == 0 ? 4 : k % 2 == 0 ? 2 : 1;
  p.vectorOut = n % 4 == 0 ? 4 : n % 2 == 0 ? 2 : 1;
  return p;
}

static GemmProblem mma(int rows, int n, int k, DType type = DType::F16) {
  GemmProblem p;
  p.mma = true;
  p.rows = rows;
  p.n = n;
  p.k = k;
  p.compute = p.a = p.w = p.out = type;
  p.bm = p.bn = 64;
  p.bk = 32;
  p.wm = p.wn = 32;
  p.stages = 3;
  p.vectorA = p.vectorW = k % 8 == 0 ? 8 : k % 4 == 0 ? 4 : k % 2 == 0 ? 2 : 1;
  p.vectorOut = n % 8 == 0 ? 8 : n % 2 == 0 ? 2 : 1;
  return p;
}

TEST(GemmSimt, EveryTail) {
  for (int size : {1, 3, 17, 65})
    simt(size, size, size).check();
  simt(197, 64, 48).check();
  simt(64, 197, 3).check();
  simt(5, 130, 64).check();
}

TEST(GemmSimt, ThreadTiles) {
  GemmProblem p = simt(70, 100, 36);
  for (auto [bm, bn, bk, wm, wn, stages] : {std::tuple{32, 32, 32, 2, 4, 1},
                                            {64, 64, 16, 8, 8, 2},
                                            {128, 64, 8, 8, 4, 2},
                                            {16, 128, 16, 1, 8, 1},
                                            {32, 64, 16, 4, 4, 2}}) {
    p.bm = bm;
    p.bn = bn;
    p.bk = bk;
    p.wm = wm;
    p.wn = wn;
    p.stages = stages;
    p.check();
  }
}

TEST(GemmSimt, FusedAndStrided) {
  GemmProblem p = simt(33, 36, 20);
  p.epilogue = p.prologue = true;
  p.gapA = p.gapW = p.gapOut = 4;
  p.groups = 3;
  p.check();
  p.guarded = p.guardedOut = true;
  p.vectorA = p.vectorOut = 1;
  p.check();
}

TEST(GemmSimt, HalfInMemory) {
  GemmProblem p = simt(40, 24, 40);
  p.a = DType::F16;
  p.out = DType::BF16;
  p.check();
}

TEST(GemmMma, EveryTail) {
  for (int size : {1, 3, 17, 65})
    mma(size, size, size).check();
  mma(197, 72, 48).check();
  mma(64, 197, 3).check();
  mma(5, 130, 200).check();
}

TEST(GemmMma, Tiles) {
  GemmProblem p = mma(150, 136, 72);
  for (auto [bm, bn, bk, wm, wn, stages] : {std::tuple{128, 128, 32, 64, 32, 3},
                                            {64, 64, 64, 32, 32, 4},
                                            {32, 64, 64, 16, 32, 2},
                                            {64, 32, 16, 16, 16, 2},
                                            {16, 128, 128, 16, 32, 2},
                                            {128, 64, 32, 32, 64, 5}}) {
    p.bm = bm;
    p.bn = bn;
    p.bk = bk;
    p.wm = wm;
    p.wn = wn;
    p.stages = stages;
    p.check();
  }
}

TEST(GemmMma, Bfloat) {
  GemmProblem p = mma(50, 40, 64, DType::BF16);
  p.out = DType::F32;
  p.check();
}

TEST(GemmMma, FusedAndStrided) {
  GemmProblem p = mma(70, 66, 40);
  p.epilogue = true;
  p.gapA = p.gapW = 8;
  p.gapOut = 2;
  p.groups = 2;
  p.check();
  p.prologue = true; // A through registers, W by cp.async
  p.check();
  p.guarded = p.guardedOut = true;
  p.vectorA = p.vectorOut = 1;
  p.check();
}

TEST(GemmMma, WholeSectorsInPlace) {
  GemmProblem p = mma(77, 72, 64);
  p.epilogue = true;
  p.check();
  p.n = 68;
  p.vectorOut = 4;
  p.out = DType::BF16;
  p.check();
}

TEST(GemmMma, FloatInMemory) {
  GemmProblem p = mma(37, 48, 52);
  p.a = DType::F32;
  p.vectorA = 4;
  p.out = DType::F32;
  p.check();
  p.w = DType::F32;
  p.vectorW = 4;
  p.check();
}
