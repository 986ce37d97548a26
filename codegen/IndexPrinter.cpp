//===- IndexPrinter.cpp - Views as index expressions ----------------------===//
#include "codegen/IndexPrinter.h"

#include <numeric>

using namespace vitrt::format;

namespace vitc {

/// Elements that one step of dim `dim` of `axis` spans in the axis' index.
static int64_t innerExtent(const std::vector<AxisDim> &axis, size_t dim) {
  int64_t inner = 1;
  for (size_t i = dim + 1; i < axis.size(); ++i)
    inner *= axis[i].extent;
  return inner;
}

/// The coordinate of dim `dim`: `m / 197 % 14`.
static std::string dimCoordinate(const std::vector<AxisDim> &axis, size_t dim,
                                 const std::string &coordinate) {
  if (dim > 0 && axis[dim].extent == 1)
    return "0";
  std::string text = coordinate;
  if (int64_t inner = innerExtent(axis, dim); inner > 1)
    text += " / " + std::to_string(inner);
  if (dim > 0)
    text += " % " + std::to_string(axis[dim].extent);
  return text;
}

static bool isSimple(const std::string &text) {
  return text.find(' ') == std::string::npos;
}

static std::string parenthesised(const std::string &text) {
  return isSimple(text) ? text : "(" + text + ")";
}

/// `coordinate * factor`, or the coordinate for 1.
static std::string scaled(std::string coordinate, int64_t factor, bool wide) {
  std::string factorText = std::to_string(factor) + (wide ? "LL" : "");
  std::string operand = parenthesised(coordinate);
  if (wide)
    operand = "(long long)" + operand;
  if (factor == 1)
    return wide ? operand : coordinate;
  return operand + " * " + factorText;
}

static void addTerm(std::string &sum, const std::string &term) {
  if (sum.empty())
    sum = term;
  else if (term.front() == '-')
    sum += " - " + term.substr(1);
  else
    sum += " + " + term;
}

std::string indexExpression(const View &view, const IndexNames &names) {
  std::string sum;
  for (size_t a = 0; a < view.axes.size(); ++a) {
    const std::vector<AxisDim> &axis = view.axes[a];
    for (size_t d = 0; d < axis.size(); ++d) {
      if (axis[d].stride == 0)
        continue;
      std::string coordinate = dimCoordinate(axis, d, names.coordinates[a]);
      if (coordinate == "0")
        continue;
      if (axis[d].table >= 0)
        coordinate = names.tables[axis[d].table] + "[" + coordinate + "]";
      addTerm(sum, scaled(coordinate, axis[d].stride, names.wide));
    }
  }
  if (view.offset != 0)
    addTerm(sum, std::to_string(view.offset));
  return sum.empty() ? "0" : sum;
}

std::string guardExpression(const View &view, const IndexNames &names) {
  std::string all;
  for (const Guard &guard : view.guards) {
    std::string sum;
    for (const GuardTerm &term : guard.terms)
      addTerm(sum, scaled(dimCoordinate(view.axes[term.axis], term.dim,
                                        names.coordinates[term.axis]),
                          term.factor, false));
    if (guard.base != 0 || sum.empty())
      addTerm(sum, std::to_string(guard.base));
    // One unsigned comparison checks both bounds.
    std::string shifted =
        guard.lo == 0 ? sum : sum + " - " + std::to_string(guard.lo);
    std::string check = "(unsigned)(" + shifted + ") < " +
                        std::to_string(guard.hi - guard.lo) + "u";
    all += all.empty() ? check : " && " + check;
  }
  return all.empty() ? "true" : all;
}

int64_t largestOffset(const View &view, std::span<const int64_t> outermost) {
  int64_t largest = 0;
  for (size_t a = 0; a < view.axes.size(); ++a)
    for (size_t d = 0; d < view.axes[a].size(); ++d) {
      const AxisDim &dim = view.axes[a][d];
      int64_t extent = dim.extent;
      if (d == 0 && a < outermost.size())
        extent = std::max<int64_t>(
            1,
            outermost[a] / std::max<int64_t>(1, innerExtent(view.axes[a], 0)));
      largest += std::abs(dim.stride) * std::max<int64_t>(0, extent - 1);
    }
  return largest;
}

/// Whether a guard of `view` looks at the innermost dim of the last axis.
static bool guardCutsVectors(const View &view) {
  size_t lastAxis = view.axes.size() - 1;
  size_t lastDim = view.axes.back().size() - 1;
  for (const Guard &guard : view.guards)
    for (const GuardTerm &term : guard.terms)
      if (term.axis == lastAxis && term.dim == lastDim && term.factor != 0)
        return true;
  return false;
}

int vectorWidth(const View &view, int64_t extent, uint64_t alignment) {
  if (view.axes.empty() || view.axes.back().empty())
    return 1;
  const std::vector<AxisDim> &last = view.axes.back();
  if (last.back().stride != 1 || last.back().table >= 0 ||
      guardCutsVectors(view))
    return 1;
  // Every other stride, the run length and the base must be multiples.
  alignment = std::gcd(alignment, static_cast<uint64_t>(std::abs(view.offset)) *
                                      elementBytes(view.dtype));
  int64_t divisor =
      std::gcd(last.size() == 1 ? extent : last.back().extent, extent);
  for (const std::vector<AxisDim> &axis : view.axes)
    for (const AxisDim &dim : axis)
      if (&dim != &last.back())
        divisor = std::gcd(divisor, dim.stride);
  uint32_t bytes = elementBytes(view.dtype);
  divisor = std::gcd(divisor, static_cast<int64_t>(alignment / bytes));
  int width = 1;
  while (width * 2 * bytes <= 16 && divisor % (width * 2) == 0)
    width *= 2;
  return width;
}

uint32_t elementBytes(DType type) {
  switch (type) {
  case DType::F32:
  case DType::TF32:
  case DType::I32:
    return 4;
  case DType::F16:
  case DType::BF16:
    return 2;
  case DType::F8E4M3FN:
  case DType::F8E5M2:
  case DType::I8:
  case DType::UI8:
  case DType::I1:
    return 1;
  case DType::I64:
    return 8;
  }
  return 0;
}

} // namespace vitc
