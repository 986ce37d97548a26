//===- StridedViewTest.cpp - The algebra of strided views -----------------===//
#include "dialect/StridedView.h"

#include <gtest/gtest.h>

using namespace vitc;
using vitrt::format::AxisDim;
using vitrt::format::Extent;

static Extent batch(int64_t factor) { return {factor, true}; }
static Extent fixed(int64_t value) { return {value, false}; }

// Tokens of a slice as rows: one dimension of two factors, no copy.
TEST(StridedView, CollapsesTokensOfASlice) {
  StridedView all = StridedView::dense({batch(1), fixed(198), fixed(768)});
  auto tokens =
      all.sliced({0, 1, 0}, {1, 1, 1}, {batch(1), fixed(197), fixed(768)});
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->offset, 768);
  auto rows = tokens->reshaped({batch(197), fixed(768)});
  ASSERT_TRUE(rows);
  auto dims = axisDims(rows->dims[0]);
  ASSERT_TRUE(dims);
  EXPECT_EQ(*dims, (std::vector<AxisDim>{{1, 198 * 768}, {197, 768}}));
  // And back.
  auto again = rows->reshaped({batch(1), fixed(197), fixed(768)});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->dims[1], (Factors{{fixed(197), 768}}));
}

TEST(StridedView, SplitsHeads) {
  StridedView qkv = StridedView::dense({batch(197), fixed(2304)});
  auto k = qkv.sliced({0, 768}, {1, 1}, {batch(197), fixed(768)});
  ASSERT_TRUE(k);
  auto heads = k->reshaped({batch(1), fixed(197), fixed(12), fixed(64)});
  ASSERT_TRUE(heads);
  EXPECT_EQ(heads->offset, 768);
  EXPECT_EQ(heads->dims[2], (Factors{{fixed(12), 64}}));
  EXPECT_EQ(heads->dims[0], (Factors{{batch(1), 197 * 2304}}));
}

// The batch is outermost in memory wherever it stands among the dimensions.
TEST(StridedView, PutsTheBatchOutermost) {
  StridedView view = StridedView::dense({fixed(197), batch(1), fixed(8)});
  EXPECT_EQ(view.dims[0], (Factors{{fixed(197), 8}}));
  EXPECT_EQ(view.dims[1], (Factors{{batch(1), 197 * 8}}));
}

TEST(StridedView, RefusesToDivideByTheBatch) {
  StridedView view = StridedView::dense({fixed(197), batch(1), fixed(8)});
  auto rows = view.reshaped({batch(197), fixed(8)});
  EXPECT_FALSE(rows && axisDims(rows->dims[0]));
}

TEST(StridedView, KeepsBroadcastsThatDivide) {
  // pos[n, c] for rows (b, n).
  auto dims = axisDims(Factors{{batch(1), 0}, {fixed(197), 768}});
  ASSERT_TRUE(dims);
  EXPECT_EQ(*dims, (std::vector<AxisDim>{{1, 0}, {197, 768}}));
  EXPECT_EQ(*axisDims(Factors{{batch(1), 0}, {fixed(197), 0}}),
            std::vector<AxisDim>());
}

TEST(StridedView, RefusesSplitsThatDoNotDivide) {
  StridedView view{0, {{{fixed(6), 10}}, {{fixed(4), 1}}}};
  EXPECT_TRUE(view.reshaped({fixed(3), fixed(8)}));
  EXPECT_TRUE(view.reshaped({fixed(2), fixed(3), fixed(4)}));
  EXPECT_FALSE(view.reshaped({fixed(8), fixed(3)}));
}

TEST(StridedView, SlicesWithinOneFactor) {
  // 14 x 14 patches of a padded 16 x 16 grid as one dimension.
  StridedView grid{0, {{{fixed(14), 16}, {fixed(14), 1}}}};
  auto row = grid.sliced({28}, {1}, {fixed(14)});
  ASSERT_TRUE(row);
  EXPECT_EQ(row->offset, 32);
  EXPECT_EQ(merged(row->dims[0]), (Factors{{fixed(14), 1}}));
  EXPECT_FALSE(grid.sliced({7}, {1}, {fixed(14)}));
  auto reversed = grid.sliced({13}, {-1}, {fixed(14)});
  ASSERT_TRUE(reversed);
  EXPECT_EQ(reversed->offset, 13);
  EXPECT_EQ(reversed->dims[0], (Factors{{fixed(14), -1}}));
}
