//===- ImportElementwise.cpp - Arithmetic, comparison, logic, casts -------===//
//
// Constants of one element become constants of the payload: `x * s` is `scale`,
// `x / s` is `scale` by 1/s, `x + s` is `shift`.
//
//===----------------------------------------------------------------------===//
#include "frontend/Eval.h"
#include "frontend/OpTables.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace vitc::frontend {

static LogicalResult importUnary(Node &n) {
  return n.out(n.kind(n.entry->kind, {n.in(0)}));
}

/// Input `i` with as many leading 1s as a scalar of rank `rank` broadcasts.
static mlir::Value withRank(Node &n, unsigned i, int64_t rank) {
  vit::Extents extents = n.extents(i);
  while (int64_t(extents.size()) < rank)
    extents.insert(extents.begin(), Extent{1, false});
  return n.reshape(n.in(i), extents);
}

/// x op s, s a constant; null with no error where `op` has no such form.
static mlir::Value scalarRight(Node &n, StringRef op, mlir::Value x, double s) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (op == "Add" || op == "Sum")
    return n.kind("shift", {x}, {s});
  if (op == "Sub")
    return n.kind("shift", {x}, {-s});
  if (op == "Mul")
    return n.kind("scale", {x}, {s});
  if (op == "Div")
    return n.kind("scale", {x}, {1 / s});
  if (op == "Max")
    return s == 0 ? n.kind("relu", {x}) : n.kind("clip", {x}, {s, kInf});
  if (op == "Min")
    return n.kind("clip", {x}, {-kInf, s});
  if (op != "Pow")
    return {};
  if (s == 1)
    return x;
  if (s == 2)
    return n.kind("square", {x});
  if (s == 0.5)
    return n.kind("sqrt", {x});
  if (s == -0.5)
    return n.kind("rsqrt", {x});
  if (s == -1)
    return n.kind("reciprocal", {x});
  return n.kind("pow_scalar", {x}, {s});
}

/// s op x.
static mlir::Value scalarLeft(Node &n, StringRef op, mlir::Value x, double s) {
  if (op == "Sub")
    return n.kind("shift", {n.kind("neg", {x})}, {s});
  if (op == "Div") {
    mlir::Value inverse = n.kind("reciprocal", {x});
    return s == 1 ? inverse : n.kind("scale", {inverse}, {s});
  }
  if (op == "Pow")
    return {};
  return scalarRight(n, op, x, s);
}

static LogicalResult importBinary(Node &n) {
  if (!n.has(0) || !n.has(1))
    return n.mismatch("expected two inputs");
  StringRef op = n.proto.op_type();
  bool isFloat = isFloatType(n.dataType(0));
  std::optional<double> left = n.scalar(0), right = n.scalar(1);
  if (isFloat && right && std::isfinite(*right) &&
      !(op == "Div" && *right == 0))
    if (mlir::Value y = scalarRight(n, op, withRank(n, 0, n.rank(1)), *right))
      return n.out(y);
  if (isFloat && left && std::isfinite(*left))
    if (mlir::Value y = scalarLeft(n, op, withRank(n, 1, n.rank(0)), *left))
      return n.out(y);
  mlir::Value x = n.in(0), y = n.in(1);
  if (!x || !y)
    return failure();
  if (op == "Pow") { // Of any types, in floats.
    Type element = n.typeOf(x).getElementType(), f32 = n.b().getF32Type();
    mlir::Value power = n.kind("pow", {n.cast(x, f32), n.cast(y, f32)});
    return n.out(n.cast(power, element));
  }
  StringRef kind = n.entry->kind;
  if (op == "Mod" && n.attrInt("fmod", 0) != 0)
    kind = "fmod";
  return n.out(n.kind(kind, {x, y}));
}

/// Max, Min, Sum and Mean of any number of inputs.
static LogicalResult importVariadic(Node &n) {
  if (n.numInputs() == 2 && n.proto.op_type() != "Mean")
    return importBinary(n);
  mlir::Value result = n.in(0);
  for (unsigned i = 1; i < n.numInputs(); ++i)
    result = n.kind(n.entry->kind, {result, n.in(i)});
  if (n.proto.op_type() == "Mean")
    result = n.kind("scale", {result}, {1.0 / n.numInputs()});
  return n.out(result);
}

static LogicalResult importWhere(Node &n) {
  return n.out(n.kind("where", {n.in(0), n.in(1), n.in(2)}));
}

static LogicalResult importClip(Node &n) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  double low = n.attrFloat("min", -kInf), high = n.attrFloat("max", kInf);
  mlir::Value x = n.in(0);
  if (n.opset >= 11) {
    for (unsigned i : {1u, 2u}) {
      if (!n.has(i))
        continue;
      if (auto bound = n.scalar(i))
        (i == 1 ? low : high) = *bound;
      else
        x = n.kind(i == 1 ? "max" : "min", {x, n.in(i)});
    }
  }
  if (!x)
    return failure();
  if (low == 0 && high == kInf)
    return n.out(n.kind("relu", {x}));
  if (low == 0 && high == 6)
    return n.out(n.kind("relu6", {x}));
  if (low == -kInf && high == kInf)
    return n.out(x);
  if (isa<FloatType>(n.typeOf(x).getElementType()))
    return n.out(n.kind("clip", {x}, {low, high}));
  Type element = n.typeOf(x).getElementType();
  if (low != -kInf)
    x = n.kind("max", {x, n.constant(low, element)});
  if (high != kInf)
    x = n.kind("min", {x, n.constant(high, element)});
  return n.out(x);
}

static LogicalResult importCast(Node &n) {
  int32_t to = int32_t(n.attrInt("to", 0));
  if (n.proto.op_type() == "CastLike" && n.has(1))
    to = n.dataType(1);
  Type element = n.importer.elementType(to);
  if (!element)
    return n.fail(vitrt::Diag::E0403,
                  "no tensor of ours has type " + typeName(to));
  mlir::Value x = n.in(0);
  // Payloads do not hold ui8: its values are dequantised by a scale of 1.
  if (x && n.typeOf(x).getElementType().isUnsignedInteger(8) &&
      n.typeOf(x).getElementType() != element) {
    Type f32 = n.b().getF32Type();
    x = n.dequantize(x, n.constant(1, f32), {}, 0);
  }
  if (x && element.isUnsignedInteger(8) &&
      n.typeOf(x).getElementType() != element)
    return n.unsupported("expected a type other than uint8 as the result of a "
                         "Cast");
  return n.out(n.cast(x, element));
}

static LogicalResult importIsInf(Node &n) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  bool low = n.attrInt("detect_negative", 1) != 0;
  bool high = n.attrInt("detect_positive", 1) != 0;
  mlir::Value x = n.in(0);
  if (low && high)
    return n.out(n.kind("isinf", {x}));
  if (!x || !(low || high))
    return n.unsupported("expected an infinity that is detected");
  Type element = n.typeOf(x).getElementType();
  return n.out(n.kind("equal", {x, n.constant(low ? -kInf : kInf, element)}));
}

/// Nothing is dropped in inference.
static LogicalResult importDropout(Node &n) {
  if (n.wants(1))
    return n.unsupported("the mask of a Dropout is read");
  if (n.has(2) && n.scalar(2) != 0.0)
    return n.unsupported("Dropout is in training mode");
  return n.has(0) ? n.out(0, n.valuePtr(0)) : n.mismatch("expected an input");
}

static LogicalResult importIdentity(Node &n) {
  return n.has(0) ? n.out(0, n.valuePtr(0)) : n.mismatch("expected an input");
}

OpTable elementwiseOps() {
  static const OpEntry table[] = {
      {"Abs", importUnary, evalUnary, "abs"},
      {"Neg", importUnary, evalUnary, "neg"},
      {"Exp", importUnary, evalUnary, "exp"},
      {"Log", importUnary, evalUnary, "log"},
      {"Sqrt", importUnary, evalUnary, "sqrt"},
      {"Reciprocal", importUnary, evalUnary, "reciprocal"},
      {"Erf", importUnary, evalUnary, "erf"},
      {"Sin", importUnary, evalUnary, "sin"},
      {"Cos", importUnary, evalUnary, "cos"},
      {"Tan", importUnary, nullptr, "tan"},
      {"Atan", importUnary, nullptr, "atan"},
      {"Sinh", importUnary, nullptr, "sinh"},
      {"Cosh", importUnary, nullptr, "cosh"},
      {"Floor", importUnary, evalUnary, "floor"},
      {"Ceil", importUnary, evalUnary, "ceil"},
      {"Round", importUnary, evalUnary, "round"},
      {"Sign", importUnary, evalUnary, "sign"},
      {"IsNaN", importUnary, evalUnary, "isnan"},
      {"IsInf", importIsInf, nullptr, "isinf"},
      {"Not", importUnary, evalUnary, "not"},
      {"Add", importBinary, evalBinary, "add"},
      {"Sub", importBinary, evalBinary, "sub"},
      {"Mul", importBinary, evalBinary, "mul"},
      {"Div", importBinary, evalBinary, "div"},
      {"Pow", importBinary, evalBinary, "pow"},
      {"Mod", importBinary, evalBinary, "mod"},
      {"Equal", importBinary, evalBinary, "equal"},
      {"Less", importBinary, evalBinary, "less"},
      {"LessOrEqual", importBinary, evalBinary, "less_equal"},
      {"Greater", importBinary, evalBinary, "greater"},
      {"GreaterOrEqual", importBinary, evalBinary, "greater_equal"},
      {"And", importBinary, evalBinary, "and"},
      {"Or", importBinary, evalBinary, "or"},
      {"Xor", importBinary, evalBinary, "xor"},
      {"PRelu", importBinary, evalBinary, "prelu"},
      {"Max", importVariadic, evalVariadic, "max"},
      {"Min", importVariadic, evalVariadic, "min"},
      {"Sum", importVariadic, evalVariadic, "add"},
      {"Mean", importVariadic, nullptr, "add"},
      {"Where", importWhere, evalWhere, "where"},
      {"Clip", importClip, evalClip, "clip"},
      {"Cast", importCast, evalCast, "cast"},
      {"CastLike", importCast, evalCast, "cast"},
      {"Identity", importIdentity, evalIdentity},
      {"Dropout", importDropout, nullptr, "", "inference: passes its input"},
  };
  return table;
}

} // namespace vitc::frontend
