//===- RowTest.cpp - norms, softmax and reductions over any width ---------===//
#include "test/unit/kernels/RowProblem.h"

#include <gtest/gtest.h>

using namespace vitc::test;
using vitrt::format::ReduceKind;

static RowProblem row(RowProblem::Kind kind, int rows, int cols,
                      int threadsPerRow = 32, int rowsPerBlock = 4) {
  RowProblem p;
  p.kind = kind;
  p.rows = rows;
  p.cols = cols;
  p.threadsPerRow = threadsPerRow;
  p.rowsPerBlock = rowsPerBlock;
  p.vectorIn = p.vectorOut = cols % 4 == 0 ? 4 : cols % 2 == 0 ? 2 : 1;
  return p;
}

TEST(RowNorm, Widths) {
  for (int cols : {1, 3, 17, 64, 197, 768})
    row(RowProblem::LayerNorm, 7, cols).check();
  row(RowProblem::Rms, 9, 65).check();
}

TEST(RowNorm, Groups) {
  for (auto [threads, rows] :
       {std::pair{1, 32}, {2, 16}, {8, 8}, {64, 2}, {128, 1}, {1024, 1}})
    row(RowProblem::LayerNorm, 35, 192, threads, rows).check();
}

TEST(RowNorm, WiderThanRegisters) {
  row(RowProblem::LayerNorm, 3, 2500).check();
  row(RowProblem::Rms, 3, 5001, 64, 1).check();
}

TEST(RowNorm, LargeMean) {
  RowProblem p = row(RowProblem::LayerNorm, 5, 384, 16, 4);
  p.shift = 1400; // one-pass statistics lose everything here
  p.scale = 3;
  p.check();
}

TEST(RowNorm, FusedAndStrided) {
  RowProblem p = row(RowProblem::LayerNorm, 21, 96, 16, 8);
  p.in = p.out = DType::F16;
  p.vectorIn = p.vectorOut = 8;
  p.gap = 8;
  p.epilogue = p.prologue = true;
  p.check();
  p.guarded = true;
  p.vectorIn = 1;
  p.out = DType::BF16;
  p.check();
  p.cols = 3000; // read again in each pass
  p.check();
}

TEST(Softmax, Widths) {
  for (int cols : {1, 3, 17, 197, 1000})
    row(RowProblem::Softmax, 6, cols).check();
  row(RowProblem::Softmax, 3, 4100, 32, 1).check();
  row(RowProblem::LogSoftmax, 5, 1000, 128, 2).check();
  row(RowProblem::LogSoftmax, 5, 3001).check();
}

TEST(Softmax, LargeScores) {
  RowProblem p = row(RowProblem::Softmax, 4, 50, 8, 4);
  p.scale = 80;
  p.shift = 300;
  p.check();
}

TEST(Reduce, Kinds) {
  for (int kind = 1; kind <= 9; ++kind) {
    RowProblem p = row(RowProblem::Reduce, 5, 77, 8, 4);
    p.reduce = static_cast<ReduceKind>(kind);
    p.check();
    p.threadsPerRow = 64;
    p.check();
  }
}

TEST(Reduce, LongRowsAndFusion) {
  RowProblem p = row(RowProblem::Reduce, 3, 9000, 64, 1);
  p.reduce = ReduceKind::Mean;
  p.epilogue = p.prologue = true;
  p.check();
  p.guarded = true;
  p.vectorIn = 1;
  p.reduce = ReduceKind::ArgMax;
  p.epilogue = false;
  p.out = DType::I64;
  p.check();
}
