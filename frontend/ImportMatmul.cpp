//===- ImportMatmul.cpp - MatMul and Gemm ---------------------------------===//
#include "frontend/Contractions.h"
#include "frontend/OpTables.h"

#include "dialect/ShapeInference.h"
#include "dialect/Weights.h"

using namespace mlir;

namespace vitc::frontend {

/// `v` with its two dimensions exchanged; a transpose of a transpose is the
/// original.
mlir::Value transposed2D(Node &n, mlir::Value v) {
  if (!v)
    return {};
  if (auto op = v.getDefiningOp<vit::TransposeOp>())
    if (op.getPermutation() == ArrayRef<int64_t>{1, 0})
      return op.getInput();
  return n.transpose(v, {1, 0});
}

bool isWeightMatrix(Node &n, mlir::Value v) {
  return v && n.rankOf(v) == 2 && vit::isWeightComputation(v);
}

/// A rank-1 operand as a matrix: a row on the left, a column on the right.
static mlir::Value asMatrix(Node &n, mlir::Value v, bool isLeft) {
  if (!v || n.rankOf(v) != 1)
    return v;
  Extent size = n.extentsOf(v)[0], one{1, false};
  return n.reshape(v,
                   isLeft ? vit::Extents{one, size} : vit::Extents{size, one});
}

static bool isFloat(mlir::Value v) {
  return isa<FloatType>(Node::typeOf(v).getElementType());
}

mlir::Value product(Node &n, mlir::Value lhs, mlir::Value rhs) {
  if (!lhs || !rhs)
    return {};
  if (n.rankOf(lhs) == 0 || n.rankOf(rhs) == 0) {
    (void)n.mismatch("expected operands of rank 1 or more");
    return {};
  }
  if (!isFloat(lhs) || !isFloat(rhs)) {
    (void)n.unsupported("expected float operands");
    return {};
  }
  bool row = n.rankOf(lhs) == 1, column = n.rankOf(rhs) == 1;
  lhs = asMatrix(n, lhs, true), rhs = asMatrix(n, rhs, false);
  if (!lhs || !rhs)
    return {};
  mlir::Value result;
  if (isWeightMatrix(n, rhs)) {
    if (n.extentsOf(lhs).back() != n.extentsOf(rhs).front()) {
      (void)n.mismatch(
          "expected the last size of " + vit::toString(n.extentsOf(lhs)) +
          " to be the first of " + vit::toString(n.extentsOf(rhs)));
      return {};
    }
    result = n.linear(lhs, transposed2D(n, rhs));
  } else {
    result = n.matmul(lhs, rhs);
  }
  if (!result || !(row || column))
    return result;
  vit::Extents extents = n.extentsOf(result);
  if (column)
    extents.pop_back();
  if (row)
    extents.erase(extents.end() - (column ? 1 : 2));
  return n.reshape(result, extents);
}

static LogicalResult importMatMul(Node &n) {
  return n.out(product(n, n.in(0), n.in(1)));
}

/// `C` as a bias of N elements, where it is one: [N], [1, N] or one number.
static mlir::Value asBias(Node &n, mlir::Value c, int64_t width) {
  if (!vit::isWeightComputation(c))
    return {};
  vit::Extents extents = n.extentsOf(c);
  for (Extent extent : ArrayRef(extents).drop_back(extents.empty() ? 0 : 1))
    if (extent.value != 1)
      return {};
  Extent last = extents.empty() ? Extent{1, false} : extents.back();
  if (last.value != width && last.value != 1)
    return {};
  c = n.reshape(c, {last});
  return n.broadcast(c, {Extent{width, false}});
}

static mlir::Value scaled(Node &n, mlir::Value v, double factor) {
  return factor == 1 ? v : n.kind("scale", {v}, {factor});
}

static LogicalResult importGemm(Node &n) {
  for (unsigned i : {0u, 1u})
    if (!n.has(i) || n.rank(i) != 2)
      return n.mismatch(std::string("expected ") + (i ? "B" : "A") +
                        " to be a matrix, but " +
                        (n.has(i) ? "its rank is " + std::to_string(n.rank(i))
                                  : std::string("it is absent")));
  mlir::Value a = n.in(0), b = n.in(1), c = n.in(2);
  if (!a || !b || (n.has(2) && !c))
    return failure();
  if (!isFloat(a) || !isFloat(b))
    return n.unsupported("expected float operands");
  if (n.attrInt("transA", 0) != 0)
    a = transposed2D(n, a);
  bool transB = n.attrInt("transB", 0) != 0;
  double alpha = n.attrFloat("alpha", 1), beta = n.attrFloat("beta", 1);
  if (c && beta == 0)
    c = {};
  c = c ? scaled(n, c, beta) : c;
  if (!a)
    return failure();
  mlir::Value y;
  vit::Extents inner = {n.extentsOf(a)[1], n.extentsOf(b)[transB ? 1 : 0]};
  if (inner[0] != inner[1])
    return n.mismatch("expected A and B to share a size, but got " +
                      vit::toString(inner[0]) + " and " +
                      vit::toString(inner[1]));
  if (isWeightMatrix(n, b)) {
    mlir::Value weight = transB ? b : transposed2D(n, b);
    int64_t width = n.extentsOf(weight)[0].value;
    mlir::Value bias = c ? asBias(n, c, width) : mlir::Value();
    y = n.linear(a, scaled(n, weight, alpha), bias);
    if (bias || !c)
      return n.out(y);
  } else {
    y = scaled(n, n.matmul(a, b, transB), alpha);
  }
  return n.out(c ? n.kind("add", {y, c}) : y);
}

OpTable matmulOps() {
  static const OpEntry table[] = {
      {"MatMul", importMatMul, nullptr, "",
       "float; a rank-2 weight on the right becomes vit.linear"},
      {"Gemm", importGemm, nullptr, "", "float; alpha, beta, transA, transB"},
  };
  return table;
}

} // namespace vitc::frontend
