//===- ImportReduce.cpp - Reductions --------------------------------------===//
#include "frontend/Eval.h"
#include "frontend/OpTables.h"

using namespace mlir;

namespace vitc::frontend {

/// The reduced axes; none after an error. `noop` is set where nothing is.
static std::optional<Dims> reducedAxes(Node &n, bool &noop) {
  if (!n.has(0)) {
    (void)n.mismatch("expected an input");
    return std::nullopt;
  }
  auto given = n.intsOrAttr(1, "axes");
  if (!given)
    return std::nullopt;
  auto axes = n.axes(*given, n.rank(0));
  if (axes && axes->empty()) {
    noop = n.attrInt("noop_with_empty_axes", 0) != 0;
    for (int64_t d = 0; d < n.rank(0); ++d)
      axes->push_back(d);
  }
  return axes;
}

static LogicalResult importReduce(Node &n) {
  bool noop = false;
  auto axes = reducedAxes(n, noop);
  if (!axes)
    return failure();
  if (noop)
    return n.out(0, n.valuePtr(0));
  return n.out(
      n.reduce(n.entry->kind, n.in(0), *axes, n.attrInt("keepdims", 1) != 0));
}

/// log(sum(x)), and log(sum(exp(x))) around the maximum.
static LogicalResult importReduceLog(Node &n) {
  bool noop = false, keep = n.attrInt("keepdims", 1) != 0;
  auto axes = reducedAxes(n, noop);
  if (!axes)
    return failure();
  mlir::Value x = n.in(0);
  if (n.proto.op_type() == "ReduceLogSum")
    return n.out(n.kind("log", {noop ? x : n.reduce("sum", x, *axes, keep)}));
  if (noop)
    return n.out(x);
  mlir::Value peak = n.reduce("max", x, *axes, true);
  mlir::Value sum =
      n.reduce("sum", n.kind("exp", {n.kind("sub", {x, peak})}), *axes, true);
  mlir::Value y = n.kind("add", {n.kind("log", {sum}), peak});
  if (keep || !y)
    return n.out(y);
  vit::Extents extents;
  for (auto [d, extent] : llvm::enumerate(n.extentsOf(y)))
    if (!llvm::is_contained(*axes, int64_t(d)))
      extents.push_back(extent);
  return n.out(n.reshape(y, extents));
}

static LogicalResult importArgMax(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  if (n.attrInt("select_last_index", 0) != 0)
    return n.unsupported("select_last_index is set");
  auto axis = n.axis(n.attrInt("axis", 0), n.rank(0));
  if (!axis)
    return failure();
  mlir::Value x = n.in(0);
  if (n.proto.op_type() == "ArgMin")
    x = n.kind("neg", {x});
  return n.out(n.reduce("argmax", x, {*axis}, n.attrInt("keepdims", 1) != 0));
}

OpTable reduceOps() {
  static const OpEntry table[] = {
      {"ReduceSum", importReduce, evalReduce, "sum"},
      {"ReduceMean", importReduce, evalReduce, "mean"},
      {"ReduceMax", importReduce, evalReduce, "max"},
      {"ReduceMin", importReduce, evalReduce, "min"},
      {"ReduceProd", importReduce, evalReduce, "prod"},
      {"ReduceSumSquare", importReduce, nullptr, "sum_square"},
      {"ReduceL1", importReduce, nullptr, "l1"},
      {"ReduceL2", importReduce, nullptr, "l2"},
      {"ReduceLogSum", importReduceLog},
      {"ReduceLogSumExp", importReduceLog},
      {"ArgMax", importArgMax, nullptr, "argmax", "the first of equals"},
      {"ArgMin", importArgMax, nullptr, "argmax", "the first of equals"},
  };
  return table;
}

} // namespace vitc::frontend
