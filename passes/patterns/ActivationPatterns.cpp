//===- ActivationPatterns.cpp - Chains that compute an activation ---------===//
//
// A chain of pointwise ops over one tensor is a function of one number. It is
// evaluated at sample points and compared with the activations that have a
// canonical payload, so that every spelling (order of factors, 1.41421 for the
// root of 2, Div for Mul, casts) is found.
//
//===----------------------------------------------------------------------===//
#include "passes/Matchers.h"
#include "passes/ScalarFunction.h"
#include "passes/patterns/Patterns.h"

#include "llvm/ADT/SetVector.h"

#include <cmath>

using namespace mlir;

namespace vitc::vit {
namespace {

constexpr unsigned kMaxChain = 24;

struct Activation {
  StringRef kind;
  double (*function)(double);
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double hardSigmoid(double x) { return std::fmin(std::fmax(x / 6 + 0.5, 0), 1); }

/// What chains are compared with. All differ by more than the tolerance
/// somewhere on the samples.
const Activation kActivations[] = {
    {"gelu_erf",
     [](double x) { return 0.5 * x * (1 + std::erf(x * M_SQRT1_2)); }},
    {"gelu_tanh",
     [](double x) {
       double inner = x + 0.044715 * x * x * x;
       return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * inner));
     }},
    {"quick_gelu", [](double x) { return x * sigmoid(1.702 * x); }},
    {"silu", [](double x) { return x * sigmoid(x); }},
    {"hard_swish", [](double x) { return x * hardSigmoid(x); }},
    {"sigmoid", sigmoid},
    {"mish", [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
    {"softplus", [](double x) { return std::log1p(std::exp(x)); }},
};

/// A chain: evaluates `output` as a function of `input`.
class Chain {
public:
  explicit Chain(PointwiseOp output) : output(output.getOutput()) {
    valid = expand(output);
  }

  /// The only value that the chain depends on, or null.
  Value input() const {
    return valid && frontier.size() == 1 ? frontier.front() : Value();
  }

  /// Takes the op that produces the latest value of the frontier into the
  /// chain. False where that is not a pointwise op of the same shape.
  bool grow() {
    if (!valid || frontier.empty() || ops.size() >= kMaxChain)
      return false;
    Value latest;
    for (Value value : frontier) {
      Operation *op = value.getDefiningOp();
      if (!op || op->getBlock() != output.getParentBlock())
        continue;
      if (!latest || latest.getDefiningOp()->isBeforeInBlock(op))
        latest = value;
    }
    auto op = latest ? latest.getDefiningOp<PointwiseOp>() : PointwiseOp();
    if (!op)
      return false;
    frontier.remove(latest);
    return expand(op);
  }

  std::optional<double> evaluateAt(double x) const {
    llvm::DenseMap<Value, double> numbers;
    numbers[frontier.front()] = x;
    // Operands come before users in the block.
    SmallVector<PointwiseOp> order(ops.begin(), ops.end());
    llvm::sort(order, [](PointwiseOp lhs, PointwiseOp rhs) {
      return lhs->isBeforeInBlock(rhs);
    });
    for (PointwiseOp op : order) {
      SmallVector<double, 3> arguments;
      for (Value operand : op.getInputs()) {
        auto known = numbers.find(operand);
        arguments.push_back(known != numbers.end() ? known->second
                                                   : constants.lookup(operand));
      }
      auto result = evaluate(op, arguments);
      if (!result)
        return std::nullopt;
      numbers[op.getOutput()] = *result;
    }
    return numbers.lookup(output);
  }

  ArrayRef<PointwiseOp> members() const { return ops.getArrayRef(); }

private:
  bool expand(PointwiseOp op) {
    ops.insert(op);
    for (auto [i, operand] : llvm::enumerate(op.getInputs())) {
      if (auto number = constantScalar(operand)) {
        constants[operand] = *number;
        continue;
      }
      if (isWeight(operand) || !readsInPlace(op, i) ||
          !isa<FloatType>(tensorType(operand).getElementType()))
        return false;
      frontier.insert(operand);
    }
    return true;
  }

  Value output;
  bool valid = false;
  llvm::SetVector<Value> frontier;
  llvm::SetVector<PointwiseOp> ops;
  llvm::DenseMap<Value, double> constants;
};

bool matches(const Chain &chain, const Activation &activation) {
  // 1.41421 for the root of 2 is within the tolerance, GELU by tanh is not.
  for (int i = -160; i <= 160; ++i) {
    double x = i * 0.0625 + 0.01;
    double expected = activation.function(x);
    auto got = chain.evaluateAt(x);
    if (!got || !(std::fabs(*got - expected) <=
                  5e-6 * std::fmax(1, std::fabs(expected))))
      return false;
  }
  return true;
}

/// The canonical op for the longest chain that ends in `op`, or nothing.
bool recognise(PointwiseOp op) {
  if (!isa<FloatType>(op.getType().getElementType()))
    return false;
  Chain chain(op);
  do {
    Value input = chain.input();
    if (!input ||
        tensorType(input).getElementType() != op.getType().getElementType())
      continue;
    for (const Activation &activation : kActivations) {
      if (!matches(chain, activation))
        continue;
      if (chain.members().size() == 1 && isKind(op, activation.kind))
        return false; // Canonical already.
      OpBuilder builder(op);
      SmallVector<Operation *> members(chain.members().begin(),
                                       chain.members().end());
      llvm::sort(members, [](Operation *lhs, Operation *rhs) {
        return lhs->isBeforeInBlock(rhs);
      });
      PointwiseOp fused =
          buildKind(builder, mergeLocs(members), activation.kind, {input}, {},
                    op.getType().getElementType());
      copyTensorName(op, fused);
      op.getOutput().replaceAllUsesWith(fused.getOutput());
      return true;
    }
  } while (chain.grow());
  return false;
}

} // namespace

int64_t recogniseActivations(Block &block) {
  int64_t count = 0;
  replaceFromEnd(block, [&](PointwiseOp op) {
    bool known = recognise(op);
    count += known;
    return known;
  });
  return count;
}

} // namespace vitc::vit
