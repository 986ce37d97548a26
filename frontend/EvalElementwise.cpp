//===- EvalElementwise.cpp - Elementwise operators on host tensors --------===//
#include "frontend/Eval.h"
#include "frontend/ScalarMath.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using vitc::onnx::TensorProto;

namespace vitc::frontend {

std::optional<llvm::SmallVector<const HostTensor *, 4>> hostInputs(Node &node,
                                                                   bool large) {
  llvm::SmallVector<const HostTensor *, 4> tensors;
  for (unsigned i = 0; i < node.numInputs(); ++i) {
    if (!node.has(i)) {
      tensors.push_back(nullptr);
      continue;
    }
    bool isFloat = isFloatType(node.dataType(i));
    tensors.push_back(
        node.host(i, isFloat && !large ? kMaxFloatElements : kMaxElements));
    if (!tensors.back())
      return std::nullopt;
  }
  return tensors;
}

std::optional<Dims> broadcastDims(llvm::ArrayRef<int64_t> lhs,
                                  llvm::ArrayRef<int64_t> rhs) {
  Dims result(std::max(lhs.size(), rhs.size()), 1);
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t a = i < lhs.size() ? lhs[lhs.size() - 1 - i] : 1;
    int64_t b = i < rhs.size() ? rhs[rhs.size() - 1 - i] : 1;
    if (a != b && a != 1 && b != 1)
      return std::nullopt;
    result[result.size() - 1 - i] = a == 1 ? b : a;
  }
  return result;
}

Eval finish(Node &node, HostTensor tensor) {
  return succeeded(node.out(0, std::move(tensor))) ? Eval::Done : Eval::Failed;
}

Eval evalError(Node &node, std::string message) {
  (void)node.mismatch(std::move(message));
  return Eval::Failed;
}

//===----------------------------------------------------------------------===//
// Unary
//===----------------------------------------------------------------------===//

using UnaryFn = double (*)(double);

static UnaryFn unaryFn(llvm::StringRef op) {
  return llvm::StringSwitch<UnaryFn>(op)
      .Case("Neg", [](double x) { return -x; })
      .Case("Abs", [](double x) { return std::fabs(x); })
      .Case("Sqrt", [](double x) { return std::sqrt(x); })
      .Case("Exp", [](double x) { return std::exp(x); })
      .Case("Log", [](double x) { return std::log(x); })
      .Case("Floor", [](double x) { return std::floor(x); })
      .Case("Ceil", [](double x) { return std::ceil(x); })
      .Case("Round", [](double x) { return std::nearbyint(x); })
      .Case("Reciprocal", [](double x) { return 1 / x; })
      .Case("Erf", [](double x) { return std::erf(x); })
      .Case("Sin", [](double x) { return std::sin(x); })
      .Case("Cos", [](double x) { return std::cos(x); })
      .Case("Tanh", [](double x) { return std::tanh(x); })
      .Case("Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); })
      .Case("Relu", [](double x) { return x > 0 ? x : 0; })
      .Case("Softplus", [](double x) { return std::log1p(std::exp(x)); })
      .Case("Sign", [](double x) { return double((x > 0) - (x < 0)); })
      .Default(nullptr);
}

/// An integer or a flag; none where it would depend on the batch.
static std::optional<Scalar> unaryInt(llvm::StringRef op, const Scalar &x) {
  if (x.c == INT64_MIN || x.k == INT64_MIN)
    return std::nullopt;
  if (op == "Neg")
    return Scalar{-x.c, -x.k, 0};
  if (x.k != 0)
    return std::nullopt;
  if (op == "Abs")
    return Scalar::ofInt(x.c < 0 ? -x.c : x.c);
  if (op == "Sign")
    return Scalar::ofInt((x.c > 0) - (x.c < 0));
  if (op == "Not")
    return Scalar::ofInt(x.c == 0);
  if (op == "Relu")
    return Scalar::ofInt(std::max<int64_t>(x.c, 0));
  return std::nullopt;
}

Eval evalUnary(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->empty() || !inputs->front())
    return Eval::Skip;
  const HostTensor &x = *inputs->front();
  llvm::StringRef op = node.proto.op_type();
  HostTensor result{x.type, x.dims, {}};
  result.data.reserve(x.data.size());
  bool isTest = op == "IsNaN";
  if (isTest)
    result.type = TensorProto::BOOL;
  for (const Scalar &element : x.data) {
    std::optional<Scalar> value;
    if (isTest)
      value = Scalar::ofInt(std::isnan(element.f));
    else if (!isFloatType(x.type))
      value = unaryInt(op, element);
    else if (UnaryFn fn = unaryFn(op))
      value = Scalar::ofFloat(fn(element.f));
    if (!value)
      return Eval::Skip;
    result.data.push_back(roundTo(result.type, *value));
  }
  return finish(node, std::move(result));
}

//===----------------------------------------------------------------------===//
// Binary
//===----------------------------------------------------------------------===//

static std::optional<double> binaryFloat(llvm::StringRef op, double a, double b,
                                         bool fmod) {
  return llvm::StringSwitch<std::optional<double>>(op)
      .Case("Add", a + b)
      .Case("Sum", a + b)
      .Case("Sub", a - b)
      .Case("Mul", a * b)
      .Case("Div", a / b)
      .Case("Pow", std::pow(a, b))
      .Case("Min", std::fmin(a, b))
      .Case("Max", std::fmax(a, b))
      .Case("PRelu", a < 0 ? a * b : a)
      .Case("Mod", fmod ? std::fmod(a, b) : a - std::floor(a / b) * b)
      .Default(std::nullopt);
}

static bool compareFloat(llvm::StringRef op, double a, double b) {
  return llvm::StringSwitch<bool>(op)
      .Case("Equal", a == b)
      .Case("Less", a < b)
      .Case("LessOrEqual", a <= b)
      .Case("Greater", a > b)
      .Case("GreaterOrEqual", a >= b)
      .Default(false);
}

/// The element of `tensor` that broadcasts to `index`.
static const Scalar &at(const HostTensor &tensor,
                        llvm::ArrayRef<int64_t> index) {
  int64_t offset = 0, stride = 1;
  for (size_t d = tensor.dims.size(); d-- > 0;) {
    if (tensor.dims[d] != 1)
      offset += index[index.size() - tensor.dims.size() + d] * stride;
    stride *= tensor.dims[d];
  }
  return tensor.data[size_t(offset)];
}

/// `lhs op rhs`; Skip where an element cannot be computed.
static Eval combine(Node &node, llvm::StringRef op, const HostTensor &lhs,
                    const HostTensor &rhs, HostTensor &result) {
  std::optional<Dims> dims = broadcastDims(lhs.dims, rhs.dims);
  if (!dims)
    return evalError(node, "expected inputs that broadcast");
  bool isFloat = isFloatType(lhs.type), fmod = node.attrInt("fmod", 0) != 0;
  result = {lhs.type, *dims, {}};
  if (isComparison(op))
    result.type = TensorProto::BOOL;
  bool known = true;
  forEachIndex(*dims, [&](llvm::ArrayRef<int64_t> index) {
    const Scalar &a = at(lhs, index), &b = at(rhs, index);
    std::optional<Scalar> value;
    if (!isFloat)
      value = binaryInt(op, a, b, fmod, node.importer.batch);
    else if (isComparison(op))
      value = Scalar::ofInt(compareFloat(op, a.f, b.f));
    else if (auto number = binaryFloat(
                 op, a.f, isFloatType(rhs.type) ? b.f : double(b.c), fmod))
      value = Scalar::ofFloat(*number);
    known &= value.has_value();
    if (known)
      result.data.push_back(roundTo(result.type, *value));
  });
  if (known)
    return Eval::Done;
  if (lhs.isStatic() && rhs.isStatic())
    return Eval::Skip;
  (void)node.needsFixedBatch(op.str() +
                             " of sizes is no multiple of the batch");
  return Eval::Failed;
}

Eval evalBinary(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->size() != 2 || !(*inputs)[0] || !(*inputs)[1])
    return Eval::Skip;
  HostTensor result;
  Eval done =
      combine(node, node.proto.op_type(), *(*inputs)[0], *(*inputs)[1], result);
  return done == Eval::Done ? finish(node, std::move(result)) : done;
}

Eval evalVariadic(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->empty() || llvm::is_contained(*inputs, nullptr))
    return Eval::Skip;
  HostTensor result = *inputs->front();
  for (const HostTensor *next : llvm::drop_begin(*inputs)) {
    HostTensor sum;
    Eval done = combine(node, node.proto.op_type(), result, *next, sum);
    if (done != Eval::Done)
      return done;
    result = std::move(sum);
  }
  return finish(node, std::move(result));
}

Eval evalWhere(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->size() != 3 || llvm::is_contained(*inputs, nullptr))
    return Eval::Skip;
  const HostTensor &test = *(*inputs)[0], &x = *(*inputs)[1],
                   &y = *(*inputs)[2];
  std::optional<Dims> dims = broadcastDims(x.dims, y.dims);
  if (dims)
    dims = broadcastDims(*dims, test.dims);
  if (!dims)
    return evalError(node, "expected inputs that broadcast");
  HostTensor result{x.type, *dims, {}};
  forEachIndex(*dims, [&](llvm::ArrayRef<int64_t> index) {
    result.data.push_back(at(test, index).c ? at(x, index) : at(y, index));
  });
  return finish(node, std::move(result));
}

/// Towards zero, within 64 bits; NaN is 0.
static int64_t truncate(double value) {
  if (!(std::fabs(value) < 9.2e18))
    return std::isnan(value) ? 0 : value < 0 ? INT64_MIN : INT64_MAX;
  return int64_t(value);
}

Eval evalCast(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->empty() || !inputs->front())
    return Eval::Skip;
  int64_t to = node.attrInt("to", TensorProto::UNDEFINED);
  if (node.proto.op_type() == "CastLike" && node.has(1))
    to = node.dataType(1);
  const HostTensor &x = *inputs->front();
  if (!bitWidth(int32_t(to)))
    return Eval::Skip;
  HostTensor result{DataType(to), x.dims, {}};
  for (Scalar element : x.data) {
    if (isFloatType(x.type) && !isFloatType(result.type)) {
      element =
          Scalar::ofInt(result.type == TensorProto::BOOL ? element.f != 0
                                                         : truncate(element.f));
    } else if (!isFloatType(x.type) && isFloatType(result.type)) {
      if (element.k != 0) {
        (void)node.needsFixedBatch("a multiple of the batch becomes a float");
        return Eval::Failed;
      }
      element = Scalar::ofFloat(double(element.c));
    }
    if (result.type == TensorProto::BOOL && element.k != 0)
      element = Scalar::ofInt(1);
    result.data.push_back(roundTo(result.type, element));
  }
  return finish(node, std::move(result));
}

Eval evalClip(Node &node) {
  auto inputs = hostInputs(node);
  if (!inputs || inputs->empty() || !inputs->front() || node.opset < 11)
    return Eval::Skip;
  HostTensor result = *inputs->front();
  for (unsigned i : {1u, 2u}) {
    const HostTensor *bound = i < inputs->size() ? (*inputs)[i] : nullptr;
    if (!bound)
      continue;
    HostTensor clipped;
    Eval done = combine(node, i == 1 ? "Max" : "Min", result, *bound, clipped);
    if (done != Eval::Done)
      return done;
    result = std::move(clipped);
  }
  return finish(node, std::move(result));
}

Eval evalIdentity(Node &node) {
  // Also a large weight: its value is passed on as it is.
  return node.has(0) && node.value(0).isConstant() &&
                 succeeded(node.out(0, node.valuePtr(0)))
             ? Eval::Done
             : Eval::Skip;
}

} // namespace vitc::frontend
