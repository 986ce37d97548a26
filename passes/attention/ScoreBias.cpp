//===- ScoreBias.cpp - What is added to attention scores ------------------===//
#include "passes/attention/ScoreBias.h"

#include "passes/Matchers.h"
#include "passes/ScalarFunction.h"

#include "mlir/IR/IRMapping.h"

#include <cmath>

using namespace mlir;

namespace vitc::vit {
namespace {

/// Input `i` of `op` with one dimension for each of the op's: those that it
/// does not vary along are 1.
Value alignInput(OpBuilder &builder, Location loc, PointwiseOp op, unsigned i) {
  Value input = op.getInputs()[i];
  Extents own = extentsOf(input), aligned(op.getType().getRank(), Extent{});
  SmallVector<std::pair<int64_t, int64_t>, 6> places; // output dim, own dim
  for (auto [k, result] : llvm::enumerate(mapOf(op, i).getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(result)) {
      places.push_back({dim.getPosition(), k});
      aligned[dim.getPosition()] = own[k];
    }
  llvm::sort(places);
  SmallVector<int64_t, 6> permutation;
  for (auto [position, k] : places)
    permutation.push_back(k);
  Extents kept;
  for (Extent extent : own)
    kept.push_back(extent);
  // Dimensions that are read at 0 are 1: they go where they do not matter.
  for (size_t k = 0; k < own.size(); ++k)
    if (!llvm::is_contained(permutation, static_cast<int64_t>(k)))
      permutation.push_back(k);
  input = transposeTo(builder, loc, input, permutation);
  return reshapeTo(builder, loc, input, aligned);
}

/// The intercept of the term's op: its payload where the score is 0.
Value buildTerm(OpBuilder &builder, Location loc, const BiasTerm &term) {
  PointwiseOp op = term.op;
  SmallVector<Value> inputs;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    if (i != term.argument)
      inputs.push_back(alignInput(builder, loc, op, i));
  Block &body = op.getBody().front();
  Type element = op.getType().getElementType();
  if (inputs.size() == 1 && isKind(op, "add") && term.factor == 1 &&
      tensorType(inputs[0]).getElementType() == element)
    return inputs[0];
  auto payload = [&](OpBuilder &inner, Location where, ValueRange scalars) {
    IRMapping mapping;
    unsigned next = 0;
    for (auto [i, argument] : llvm::enumerate(body.getArguments())) {
      if (i != term.argument) {
        mapping.map(argument, scalars[next++]);
        continue;
      }
      mapping.map(argument, arith::ConstantOp::create(
                                inner, where, inner.getF32FloatAttr(0)));
    }
    for (Operation &step : body.without_terminator()) {
      // Arguments of 16 bits are f32 already.
      Value source = step.getNumOperands() == 1
                         ? mapping.lookupOrDefault(step.getOperand(0))
                         : Value();
      if (isa<arith::ExtFOp>(step) && source.getType().isF32())
        mapping.map(step.getResult(0), source);
      else
        inner.clone(step, mapping);
    }
    Value result = mapping.lookup(body.getTerminator()->getOperand(0));
    if (!result.getType().isF32())
      result = arith::ExtFOp::create(inner, where, inner.getF32Type(), result);
    if (term.factor != 1) {
      Value factor = arith::ConstantOp::create(
          inner, where, inner.getF32FloatAttr(term.factor));
      result = arith::MulFOp::create(inner, where, result, factor);
    }
    return result;
  };
  return buildPointwise(builder, loc, inputs, element, "attention_bias",
                        payload);
}

bool allOnes(ArrayRef<Extent> extents) {
  return llvm::all_of(extents,
                      [](Extent extent) { return extent == Extent{}; });
}

/// `term` [leading..., Nq or 1, Nkv or 1] as [B or 1, heads or 1, ...].
Value toHeads(OpBuilder &builder, Location loc, Value term,
              const HeadLayout &layout) {
  Extents extents = extentsOf(term);
  Extents leading(extents.begin(), extents.end() - 2);
  Extent rows = extents.end()[-2], columns = extents.end()[-1];
  if (allOnes(leading))
    return reshapeTo(builder, loc, term, {{}, {}, rows, columns});
  Extents sizes = layout.sizes();
  if (product(leading) == product(sizes) && leading.size() != sizes.size())
    term = reshapeTo(builder, loc, term, [&] {
      Extents split = sizes;
      split.append({rows, columns});
      return split;
    }());
  else if (leading.size() != sizes.size())
    return {};
  extents = extentsOf(term);
  // Batch factors first, then heads; each kept or 1.
  SmallVector<int64_t, 6> permutation;
  Extent batch, heads;
  for (bool head : {false, true})
    for (auto [i, factor] : llvm::enumerate(layout.factors))
      if (factor.head == head) {
        permutation.push_back(i);
        Extent &part = head ? heads : batch;
        part = multiply(part, extents[i]);
      }
  bool wholeBatch = batch == Extent{} || batch == layout.batch();
  bool wholeHeads = heads == Extent{} || heads.value == layout.heads();
  if (!wholeBatch || !wholeHeads)
    return {};
  permutation.append({static_cast<int64_t>(sizes.size()),
                      static_cast<int64_t>(sizes.size()) + 1});
  term = transposeTo(builder, loc, term, permutation);
  return reshapeTo(builder, loc, term, {batch, heads, rows, columns});
}

} // namespace

Value buildScoreBias(OpBuilder &builder, Location loc, const ScoreChain &chain,
                     const HeadLayout &layout, std::string &why) {
  Value bias;
  for (const BiasTerm &term : llvm::reverse(chain.terms)) {
    Value part = buildTerm(builder, loc, term);
    if (constantScalar(part) == 0.0)
      continue;
    if (term.transposed) {
      SmallVector<int64_t, 6> swap(
          llvm::to_vector(llvm::seq<int64_t>(0, rankOf(part))));
      std::swap(swap.end()[-1], swap.end()[-2]);
      part = transposeTo(builder, loc, part, swap);
    }
    part = toHeads(builder, loc, part, layout);
    if (!part) {
      why = "what is added to the scores does not broadcast to batch and heads";
      return {};
    }
    bias =
        bias ? buildKind(builder, loc, "add", {bias, part}).getOutput() : part;
  }
  return bias;
}

bool isFinite(Value constant) {
  if (auto number = constantScalar(constant))
    return std::isfinite(*number);
  DenseElementsAttr dense = getDenseConstant(constant);
  if (!dense || !isa<FloatType>(dense.getElementType()))
    return false;
  return llvm::all_of(dense.getValues<llvm::APFloat>(),
                      [](const llvm::APFloat &x) { return x.isFinite(); });
}

} // namespace vitc::vit
