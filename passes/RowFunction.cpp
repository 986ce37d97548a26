//===- RowFunction.cpp - Ops over the last axis as functions of rows ------===//
#include "passes/RowFunction.h"

#include "passes/Matchers.h"
#include "passes/ScalarFunction.h"

#include <cmath>

using namespace mlir;

namespace vitc::vit {

using Row = std::vector<double>;
constexpr unsigned kMaxOps = 40;

RowFunction::RowFunction(PointwiseOp output)
    : output(output.getOutput()), columns(lastDim(output.getOutput())) {
  valid = columns > 1 && expand(output);
}

bool RowFunction::isRow(Value value) const {
  return tensorType(value).getShape() == tensorType(output).getShape();
}

/// One number a row: the output's shape with the last dimension 1, or without.
bool RowFunction::isReduced(Value value) const {
  ArrayRef<int64_t> shape = tensorType(value).getShape();
  ArrayRef<int64_t> rows = tensorType(output).getShape().drop_back();
  return shape == rows || (shape.size() == rows.size() + 1 &&
                           shape.drop_back() == rows && shape.back() == 1);
}

Value RowFunction::input() const {
  return valid && frontier.size() == 1 && isRow(frontier.front())
             ? frontier.front()
             : Value();
}

bool RowFunction::addOperand(Value operand, bool alongColumns) {
  if (auto number = constantScalar(operand)) {
    constants[operand] = *number;
    return true;
  }
  if (isWeight(operand)) {
    if (!alongColumns || tensorType(operand).getNumElements() != columns)
      return false;
    vectors.insert(operand);
    return true;
  }
  if (!isRow(operand) && !isReduced(operand))
    return false;
  frontier.insert(operand);
  return true;
}

bool RowFunction::expand(Operation *op) {
  if (auto pointwise = dyn_cast<PointwiseOp>(op)) {
    ops.insert(op);
    int64_t last = tensorType(output).getRank() - 1;
    for (auto [i, operand] : llvm::enumerate(pointwise.getInputs())) {
      // A row is read in place; what was reduced, at its row.
      auto along = variesAlong(pointwise, i);
      bool columnsOnly =
          along && *along == last && isRow(pointwise.getOutput());
      if (!isWeight(operand))
        for (auto [k, result] :
             llvm::enumerate(mapOf(pointwise, i).getResults()))
          if (auto dim = dyn_cast<AffineDimExpr>(result))
            if (dim.getPosition() != k)
              return false;
      if (!addOperand(operand, columnsOnly))
        return false;
    }
    return true;
  }
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    int64_t last = tensorType(reduce.getInput()).getRank() - 1;
    if (!isRow(reduce.getInput()) || reduce.getKind() == "argmax" ||
        reduce.getAxes() != ArrayRef<int64_t>{last})
      return false;
    ops.insert(op);
    hasReduction = true;
    return addOperand(reduce.getInput(), false);
  }
  if (isa<ReshapeOp, BroadcastOp>(op)) {
    // [rows] to [rows, 1] and back, or to the columns.
    Value from = op->getOperand(0), to = op->getResult(0);
    if (!isReduced(from) ||
        !(isReduced(to) || (isa<BroadcastOp>(op) && isRow(to))))
      return false;
    ops.insert(op);
    return addOperand(from, false);
  }
  return false;
}

bool RowFunction::grow() {
  if (!valid || frontier.empty() || ops.size() >= kMaxOps)
    return false;
  Value latest;
  for (Value value : frontier) {
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != output.getParentBlock())
      continue;
    if (!latest || latest.getDefiningOp()->isBeforeInBlock(op))
      latest = value;
  }
  if (!latest)
    return false;
  frontier.remove(latest);
  return expand(latest.getDefiningOp());
}

SmallVector<Operation *> RowFunction::members() const {
  SmallVector<Operation *> order(ops.begin(), ops.end());
  llvm::sort(order, [](Operation *lhs, Operation *rhs) {
    return lhs->isBeforeInBlock(rhs);
  });
  return order;
}

SmallVector<double, 4> RowFunction::smallConstants() const {
  SmallVector<double, 4> found;
  auto add = [&](double number) {
    if (number > 0 && number <= 0.01 && !llvm::is_contained(found, number))
      found.push_back(number);
  };
  for (Operation *op : members()) {
    for (Value operand : op->getOperands())
      if (auto number = constants.find(operand); number != constants.end())
        add(number->second);
    if (auto pointwise = dyn_cast<PointwiseOp>(op))
      for (auto constant : pointwise.getBody().getOps<arith::ConstantOp>())
        if (auto number = dyn_cast<FloatAttr>(constant.getValue()))
          add(number.getValueAsDouble());
  }
  return found;
}

static std::optional<double> reduceRow(StringRef kind, const Row &row) {
  double sum = 0, squares = 0, absolute = 0, largest = -INFINITY,
         smallest = INFINITY, product = 1;
  for (double x : row) {
    sum += x;
    squares += x * x;
    absolute += std::fabs(x);
    largest = std::fmax(largest, x);
    smallest = std::fmin(smallest, x);
    product *= x;
  }
  return llvm::StringSwitch<std::optional<double>>(kind)
      .Case("sum", sum)
      .Case("mean", sum / row.size())
      .Case("max", largest)
      .Case("min", smallest)
      .Case("sum_square", squares)
      .Case("l2", std::sqrt(squares))
      .Case("l1", absolute)
      .Case("prod", product)
      .Default(std::nullopt);
}

std::optional<Row> RowFunction::evaluate(const Row &row,
                                         ArrayRef<Row> parameterRows) const {
  // Numbers are rows of one value.
  llvm::DenseMap<Value, Row> rows;
  rows[frontier.front()] = row;
  for (auto [value, number] : constants)
    rows[value] = Row{number};
  for (auto [value, parameter] : llvm::zip(vectors, parameterRows))
    rows[value] = parameter;

  for (Operation *op : members()) {
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      auto result = reduceRow(reduce.getKind(), rows[reduce.getInput()]);
      if (!result)
        return std::nullopt;
      rows[reduce.getOutput()] = Row{*result};
      continue;
    }
    auto pointwise = dyn_cast<PointwiseOp>(op);
    if (!pointwise) {
      Row copy = rows[op->getOperand(0)];
      rows[op->getResult(0)] = std::move(copy);
      continue;
    }
    size_t size = isRow(pointwise.getOutput()) ? columns : 1;
    Row result(size);
    SmallVector<const Row *, 3> inputs;
    for (Value operand : pointwise.getInputs())
      inputs.push_back(&rows.find(operand)->second);
    SmallVector<double, 3> arguments(inputs.size());
    for (size_t i = 0; i < size; ++i) {
      for (size_t k = 0; k < inputs.size(); ++k)
        arguments[k] = (*inputs[k])[inputs[k]->size() == 1 ? 0 : i];
      auto number = vit::evaluate(pointwise, arguments);
      if (!number)
        return std::nullopt;
      result[i] = *number;
    }
    rows[pointwise.getOutput()] = std::move(result);
  }
  return rows.lookup(output);
}

} // namespace vitc::vit
