//===- ScalarMath.cpp - Exact arithmetic on k * B + c ---------------------===//
#include "frontend/ScalarMath.h"

#include "llvm/ADT/StringRef.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace vitc::frontend {

bool isComparison(llvm::StringRef op) {
  return op == "Equal" || op == "Less" || op == "LessOrEqual" ||
         op == "Greater" || op == "GreaterOrEqual";
}

/// The signs of `a - b` at both ends of the batch's range; it is linear in B.
struct Signs {
  int low, high;
};

static Signs signsOf(const Scalar &a, const Scalar &b, const DimRange &batch) {
  // 128 bits: bounds of slices are often the largest integer.
  __int128 c = __int128(a.c) - b.c, k = __int128(a.k) - b.k;
  auto sign = [&](int64_t at) {
    __int128 value = c + k * at;
    return (value > 0) - (value < 0);
  };
  return {sign(batch.min), sign(batch.max)};
}

static std::optional<Scalar> multiplyInts(const Scalar &a, const Scalar &b) {
  if (a.k != 0 && b.k != 0)
    return std::nullopt;
  Scalar result;
  int64_t left = 0, right = 0;
  if (llvm::MulOverflow(a.c, b.c, result.c) ||
      llvm::MulOverflow(a.k, b.c, left) || llvm::MulOverflow(a.c, b.k, right))
    return std::nullopt;
  result.k = a.k != 0 ? left : right;
  return result;
}

static std::optional<Scalar> divideInts(const Scalar &a, const Scalar &b) {
  if (b.k == 0 && b.c == 0)
    return std::nullopt;
  if (b.k == 0) {
    if (b.c == -1)
      return multiplyInts(a, b);
    if (a.k == 0)
      return Scalar::ofInt(a.c / b.c);
    if (a.c % b.c == 0 && a.k % b.c == 0)
      return Scalar{a.c / b.c, a.k / b.c, 0};
    return std::nullopt;
  }
  if (a == Scalar{})
    return a;
  // k1 * B / (k2 * B).
  if (a.c == 0 && b.c == 0 && a.k % b.k == 0)
    return Scalar::ofInt(a.k / b.k);
  return std::nullopt;
}

static std::optional<Scalar> modInts(const Scalar &a, const Scalar &b,
                                     bool truncated) {
  if (b.k != 0 || b.c == 0 || b.c == -1)
    return b.k == 0 && b.c == -1 ? std::optional(Scalar{}) : std::nullopt;
  if (a.k % b.c != 0)
    return std::nullopt;
  int64_t rest = a.c % b.c;
  if (!truncated && rest != 0 && (rest < 0) != (b.c < 0))
    rest += b.c;
  return Scalar::ofInt(rest);
}

static std::optional<Scalar> powInts(const Scalar &a, const Scalar &b) {
  if (b.k != 0 || b.c < 0 || b.c > 64)
    return std::nullopt;
  std::optional<Scalar> result = Scalar::ofInt(1);
  for (int64_t i = 0; i < b.c && result; ++i)
    result = multiplyInts(*result, a);
  return result;
}

static std::optional<Scalar> addInts(const Scalar &a, const Scalar &b,
                                     int sign) {
  Scalar result;
  if (sign > 0 ? llvm::AddOverflow(a.c, b.c, result.c) ||
                     llvm::AddOverflow(a.k, b.k, result.k)
               : llvm::SubOverflow(a.c, b.c, result.c) ||
                     llvm::SubOverflow(a.k, b.k, result.k))
    return std::nullopt;
  return result;
}

/// `a < b`, or `a <= b`, where it holds or fails for every batch.
static std::optional<bool> isBelow(Signs signs, bool orEqual) {
  int most = std::max(signs.low, signs.high);
  int least = std::min(signs.low, signs.high);
  if (orEqual ? most <= 0 : most < 0)
    return true;
  if (orEqual ? least > 0 : least >= 0)
    return false;
  return std::nullopt;
}

static std::optional<Scalar> compareInts(llvm::StringRef op, const Scalar &a,
                                         const Scalar &b,
                                         const DimRange &batch) {
  Signs signs = signsOf(a, b, batch);
  std::optional<bool> holds;
  if (op == "Equal") {
    __int128 k = __int128(a.k) - b.k, c = __int128(a.c) - b.c;
    if (signs.low == 0 && signs.high == 0)
      holds = true;
    else if (signs.low * signs.high > 0 || (k != 0 && c % k != 0))
      holds = false; // No batch of the range, or no whole one, solves it.
  } else if (op == "Less" || op == "LessOrEqual") {
    holds = isBelow(signs, op == "LessOrEqual");
  } else if (auto below = isBelow(signs, op == "Greater")) {
    holds = !*below;
  }
  return holds ? std::optional(Scalar::ofInt(*holds)) : std::nullopt;
}

std::optional<Scalar> binaryInt(llvm::StringRef op, const Scalar &a,
                                const Scalar &b, bool fmod,
                                const DimRange &batch) {
  if (isComparison(op))
    return compareInts(op, a, b, batch);
  if (op == "Add" || op == "Sum")
    return addInts(a, b, 1);
  if (op == "Sub")
    return addInts(a, b, -1);
  if (op == "Mul")
    return multiplyInts(a, b);
  if (op == "Div")
    return divideInts(a, b);
  if (op == "Mod")
    return modInts(a, b, fmod);
  if (op == "Pow")
    return powInts(a, b);
  if (op == "Min" || op == "Max") {
    std::optional<bool> below = isBelow(signsOf(a, b, batch), true);
    if (!below)
      below = isBelow(signsOf(a, b, batch), false);
    if (!below)
      return std::nullopt;
    return *below == (op == "Min") ? a : b;
  }
  if (a.k != 0 || b.k != 0)
    return std::nullopt;
  if (op == "And")
    return Scalar::ofInt(a.c && b.c);
  if (op == "Or")
    return Scalar::ofInt(a.c || b.c);
  if (op == "Xor")
    return Scalar::ofInt((a.c != 0) != (b.c != 0));
  return std::nullopt;
}

} // namespace vitc::frontend
