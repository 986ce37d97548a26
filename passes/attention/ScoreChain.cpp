//===- ScoreChain.cpp - The ops around a softmax of attention -------------===//
#include "passes/attention/ScoreChain.h"

#include "passes/Matchers.h"
#include "passes/ScalarFunction.h"

#include <cmath>

using namespace mlir;

namespace vitc::vit {
namespace {

/// A masked score: exp of it is 0 beside any other.
constexpr double kMasked = -1e4;

/// Arguments with which `op` is tried: argument `x`, floats among the others
/// as constants or `other`, booleans as `flag`.
SmallVector<double, 4> trial(PointwiseOp op, unsigned x, double value,
                             double other, double flag) {
  SmallVector<double, 4> arguments;
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    auto constant = constantScalar(input);
    bool isFlag = tensorType(input).getElementType().isInteger(1);
    arguments.push_back(i == x     ? value
                        : constant ? *constant
                        : isFlag   ? flag
                                   : other);
  }
  return arguments;
}

/// The slope of `op` in argument `x`, where that is one number whatever the
/// other arguments are: `op` adds something to a multiple of x.
std::optional<double> constantSlope(PointwiseOp op, unsigned x) {
  if (!affineParts(op, x))
    return std::nullopt;
  std::optional<double> slope;
  for (double other : {0.3, -1.7, 4.0}) {
    auto one = evaluate(op, trial(op, x, 1, other, 1));
    auto zero = evaluate(op, trial(op, x, 0, other, 1));
    if (!one || !zero || (slope && std::fabs(*one - *zero - *slope) > 1e-9))
      return std::nullopt;
    slope = *one - *zero;
  }
  return slope;
}

/// Whether `op` is x where a mask says so, and a masked score elsewhere.
bool isMasking(PointwiseOp op, unsigned x) {
  bool sawScore = false, sawMasked = false;
  for (double flag : {0.0, 1.0}) {
    auto a = evaluate(op, trial(op, x, 0.5, 0, flag));
    auto b = evaluate(op, trial(op, x, -2, 0, flag));
    if (!a || !b)
      return false;
    sawScore |= *a == 0.5 && *b == -2;
    sawMasked |= *a == *b && *a <= kMasked;
  }
  return sawScore && sawMasked;
}

/// Follows the scores from the softmax up to the product of Q and K.
class ScoreMatcher {
public:
  explicit ScoreMatcher(ScoreChain &chain) : chain(chain) {}

  bool match(Value value, double factor) {
    Operation *op = value.getDefiningOp();
    if (auto product = dyn_cast_or_null<MatmulOp>(op)) {
      chain.scores = product;
      chain.scale = factor;
      chain.transposedScores = transposed;
      return enter(value, op);
    }
    if (auto reshape = dyn_cast_or_null<ReshapeOp>(op))
      return sameTail(reshape) && match(reshape.getInput(), factor) &&
             enter(value, op);
    if (auto swap = dyn_cast_or_null<TransposeOp>(op);
        swap && swapsLast(swap)) {
      transposed = !transposed;
      if (match(swap.getInput(), factor) && enter(value, op))
        return true;
      transposed = !transposed;
      return false;
    }
    auto pointwise = dyn_cast_or_null<PointwiseOp>(op);
    if (!pointwise)
      return refuse(op, "stands between the product of Q and K and the "
                        "softmax");
    return matchPointwise(pointwise, factor) && enter(value, op);
  }

private:
  bool enter(Value value, Operation *op) {
    if (!value.hasOneUse())
      return refuse(op, "is read by others too, before the softmax");
    chain.members.push_back(op);
    return true;
  }

  /// Whether a reshape keeps queries and keys as they are.
  static bool sameTail(ReshapeOp op) {
    ArrayRef<int64_t> from = op.getInput().getType().getShape();
    ArrayRef<int64_t> to = op.getType().getShape();
    return from.size() > 2 && to.size() > 2 &&
           from.take_back(2) == to.take_back(2);
  }

  bool matchPointwise(PointwiseOp op, double factor) {
    for (unsigned i = 0; i < op.getInputs().size(); ++i) {
      Value input = op.getInputs()[i];
      if (isWeight(input) || !readsInPlace(op, i) ||
          !isa<FloatType>(tensorType(input).getElementType()))
        continue;
      double slope = 1;
      bool adds = true;
      if (auto constant = constantSlope(op, i)) {
        slope = *constant;
        auto parts = affineParts(op, i);
        adds = parts->shifts;
      } else if (!isMasking(op, i)) {
        continue;
      }
      size_t terms = chain.terms.size();
      size_t members = chain.members.size();
      std::string refusal = chain.refusal;
      if (adds)
        chain.terms.push_back({op, i, factor, transposed});
      if (match(input, factor * slope))
        return true;
      chain.terms.truncate(terms);
      chain.members.truncate(members);
      if (op.getInputs().size() > 1)
        chain.refusal = refusal; // Another operand may lead there.
    }
    return refuse(op, "is neither a scale, a bias nor a mask of the scores");
  }

  bool refuse(Operation *op, StringRef why) {
    if (chain.refusal.empty()) {
      std::string what = "a value";
      if (op)
        what = "'" + op->getName().getStringRef().str() + "'";
      chain.refusal = what + " " + why.str();
    }
    return false;
  }

  ScoreChain &chain;
  bool transposed = false;
};

/// Whether `op` maps numbers from 0 to 1 to themselves, and NaN to 0.
bool isNanGuard(PointwiseOp op, unsigned x, ArrayRef<double> arguments) {
  SmallVector<double, 4> values(arguments);
  for (double probability : {0.0, 0.25, 1.0}) {
    values[x] = probability;
    auto kept = evaluate(op, values);
    if (!kept || *kept != probability)
      return false;
  }
  return true;
}

/// Follows the probabilities down to the product with V: casts, and the
/// exporter's select(isnan(p), 0, p).
bool matchOutput(ScoreChain &chain, Value probabilities) {
  SmallVector<Operation *> users(probabilities.getUsers());
  llvm::sort(users, [](Operation *lhs, Operation *rhs) {
    return lhs->isBeforeInBlock(rhs);
  });
  users.erase(std::unique(users.begin(), users.end()), users.end());
  if (users.size() == 2) {
    // isnan(p), then the select.
    auto test = dyn_cast<PointwiseOp>(users[0]);
    auto select = dyn_cast<PointwiseOp>(users[1]);
    if (!test || !select || !test->hasOneUse() ||
        *test->getUsers().begin() != select || evaluate(test, {NAN}) != 1.0 ||
        evaluate(test, {0.5}) != 0.0)
      return false;
    SmallVector<double, 4> arguments;
    unsigned x = 0;
    for (auto [i, input] : llvm::enumerate(select.getInputs())) {
      if (input == probabilities)
        x = i;
      arguments.push_back(constantScalar(input).value_or(0));
    }
    if (!isNanGuard(select, x, arguments))
      return false;
    chain.guarded = true;
    chain.members.append({test, select});
    return matchOutput(chain, select.getOutput());
  }
  if (users.size() != 1)
    return false;
  if (auto cast = dyn_cast<PointwiseOp>(users[0]); cast && isFloatCast(cast)) {
    chain.members.push_back(cast);
    return matchOutput(chain, cast.getOutput());
  }
  if (auto reshape = dyn_cast<ReshapeOp>(users[0])) {
    // Heads and batch, as one dimension or two.
    chain.members.push_back(reshape);
    return reshape.getType().getShape().take_back(2) ==
               tensorType(probabilities).getShape().take_back(2) &&
           matchOutput(chain, reshape.getOutput());
  }
  if (auto swap = dyn_cast<TransposeOp>(users[0]); swap && swapsLast(swap)) {
    chain.members.push_back(swap);
    chain.transposedOutput = !chain.transposedOutput;
    return matchOutput(chain, swap.getOutput());
  }
  auto product = dyn_cast<MatmulOp>(users[0]);
  if (!product || product.getLhs() == product.getRhs())
    return false;
  bool left = product.getLhs() == probabilities;
  Value other = left ? product.getRhs() : product.getLhs();
  // P V, or V^T P^T; `transpose_rhs` transposes once more.
  bool swapped = chain.transposedOutput != (!left && product.getTransposeRhs());
  if (swapped == left || isWeight(other))
    return false;
  chain.transposedOutput = !left;
  chain.output = product;
  chain.members.push_back(product);
  return true;
}

/// Whether a product of computed tensors leads to `value`, and another reads
/// what comes of it: what looks like attention to a person.
bool looksLikeAttention(SoftmaxOp softmax) {
  auto reaches = [](auto &&self, Value value, int depth) -> bool {
    Operation *op = value.getDefiningOp();
    if (!op || depth == 0)
      return false;
    if (isa<MatmulOp>(op))
      return true;
    return isa<PointwiseOp, ReshapeOp, TransposeOp, ConcatOp>(op) &&
           llvm::any_of(op->getOperands(), [&](Value operand) {
             return self(self, operand, depth - 1);
           });
  };
  auto leads = [](auto &&self, Value value, int depth) -> bool {
    return depth > 0 && llvm::any_of(value.getUsers(), [&](Operation *user) {
             return isa<MatmulOp>(user) ||
                    (isa<PointwiseOp, ReshapeOp, TransposeOp>(user) &&
                     self(self, user->getResult(0), depth - 1));
           });
  };
  return reaches(reaches, softmax.getInput(), 6) &&
         leads(leads, softmax.getOutput(), 4);
}

} // namespace

bool swapsLast(TransposeOp op) {
  SmallVector<int64_t> permutation(op.getPermutation());
  if (permutation.size() < 2)
    return false;
  std::swap(permutation.end()[-1], permutation.end()[-2]);
  return llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size()));
}

ScoreChain matchScoreChain(SoftmaxOp softmax) {
  ScoreChain chain;
  chain.softmax = softmax;
  chain.candidate = looksLikeAttention(softmax);
  if (!chain.candidate)
    return chain;
  if (softmax.getLog() || static_cast<int64_t>(softmax.getAxis()) !=
                              softmax.getType().getRank() - 1) {
    chain.refusal = "the softmax is not over the keys";
    return chain;
  }
  if (!ScoreMatcher(chain).match(softmax.getInput(), 1))
    return chain;
  chain.refusal.clear();
  chain.members.push_back(softmax);
  if (!matchOutput(chain, softmax.getOutput()))
    chain.refusal = "the probabilities are read by more than a product with V";
  return chain;
}

Value stripScale(OpBuilder &builder, Value value, double &scale) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return value;
  if (isa<ReshapeOp, TransposeOp, SliceOp, BroadcastOp>(op)) {
    Value inner = stripScale(builder, op->getOperand(0), scale);
    if (inner == op->getOperand(0))
      return value;
    Operation *copy = builder.clone(*op);
    copy->setOperand(0, inner);
    Type element = tensorType(inner).getElementType();
    copy->getResult(0).setType(withElement(tensorType(value), element));
    copy->removeDiscardableAttr(kTensorName);
    return copy->getResult(0);
  }
  auto scaled = matchScale(value);
  if (!scaled)
    return value;
  scale *= scaled->factor;
  return stripScale(builder, scaled->input, scale);
}

} // namespace vitc::vit
