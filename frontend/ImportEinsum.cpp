//===- ImportEinsum.cpp - Einsum ------------------------------------------===//
//
// An equation becomes transposes, reshapes and products of two operands at a
// time, from the left. A weight that shares no batch label with the other
// operand becomes vit.linear, everything else vit.matmul; without a contracted
// label, the product is pointwise.
//
//===----------------------------------------------------------------------===//
#include "frontend/Contractions.h"
#include "frontend/OpTables.h"

#include "dialect/Weights.h"

using namespace mlir;

namespace vitc::frontend {
namespace {

/// An operand with one label a dimension. Labels of an ellipsis are the
/// characters from 128 on.
struct Term {
  mlir::Value value;
  std::string labels;
};

bool has(StringRef labels, char label) { return labels.contains(label); }

/// The permutation that puts dimensions labelled `from` in the order `to`.
Dims order(StringRef from, StringRef to) {
  Dims perm;
  for (char label : to)
    perm.push_back(int64_t(from.find(label)));
  return perm;
}

class Einsum {
public:
  explicit Einsum(Node &n) : n(n) {}

  LogicalResult run() {
    if (!parse())
      return failure();
    Term result = single(terms.front(), neededAfter(0));
    for (size_t i = 1; i < terms.size() && result.value; ++i)
      result = combine(result, single(terms[i], result.labels + neededAfter(i)),
                       neededAfter(i));
    if (!result.value)
      return failure();
    result = single(result, output);
    return n.out(n.transpose(result.value, order(result.labels, output)));
  }

private:
  bool fail(const std::string &what) {
    (void)n.unsupported("equation '" + n.attrString("equation", "") +
                        "': " + what);
    return false;
  }

  /// Labels that terms after `i` or the output have.
  std::string neededAfter(size_t i) {
    std::string labels = output;
    for (size_t j = i + 1; j < terms.size(); ++j)
      labels += terms[j].labels;
    return labels;
  }

  /// One term's text as labels of `rank` dimensions.
  bool labelsOf(StringRef text, int64_t rank, std::string &labels) {
    if (rank > 32)
      return fail("expected at most 32 dimensions");
    size_t dots = text.find("...");
    int64_t named = int64_t(text.size()) - (dots == StringRef::npos ? 0 : 3);
    if (rank >= 0 && (dots == StringRef::npos ? named != rank : named > rank))
      return fail("expected as many labels as dimensions");
    if (rank >= 0 && dots != StringRef::npos)
      ellipsis = std::max(ellipsis, rank - named);
    for (size_t i = 0; i < text.size(); ++i) {
      if (i == dots) {
        int64_t dims = rank >= 0 ? rank - named : ellipsis;
        for (int64_t d = 0; d < dims; ++d)
          labels += char(128 + ellipsisBase - dims + d);
        i += 2;
      } else if (llvm::isAlpha(text[i])) {
        labels += text[i];
      } else {
        return fail("expected letters and '...'");
      }
    }
    for (char label : labels)
      if (StringRef(labels).count(label) > 1)
        return fail("a label stands twice in one term");
    return true;
  }

  bool parse() {
    std::string equation;
    for (char c : n.attrString("equation", ""))
      if (c != ' ')
        equation += c;
    auto [left, right] = StringRef(equation).split("->");
    SmallVector<StringRef, 3> texts;
    left.split(texts, ',');
    if (texts.size() != n.numInputs())
      return fail("expected a term for each input");
    for (auto [i, text] : llvm::enumerate(texts)) {
      if (!n.has(unsigned(i)))
        return fail("expected a term for each input");
      Term term{n.in(unsigned(i)), ""};
      if (!term.value || !labelsOf(text, n.rankOf(term.value), term.labels))
        return false;
      if (!isa<FloatType>(n.typeOf(term.value).getElementType()))
        return fail("expected float inputs");
      terms.push_back(std::move(term));
    }
    if (StringRef(equation).contains("->"))
      return labelsOf(right, -1, output) && checkOutput();
    implicitOutput();
    return true;
  }

  bool checkOutput() {
    for (char label : output)
      if (llvm::none_of(
              terms, [&](const Term &term) { return has(term.labels, label); }))
        return fail("an output label stands in no input");
    return true;
  }

  /// Labels that stand once, in alphabetic order, after the ellipsis.
  void implicitOutput() {
    std::string all;
    for (const Term &term : terms)
      all += term.labels;
    for (int c = 128; c < 256; ++c)
      if (has(all, char(c)))
        output += char(c);
    for (int c = 'A'; c <= 'z'; ++c)
      if (StringRef(all).count(char(c)) == 1)
        output += char(c);
  }

  Extent extentOf(const Term &term, char label) {
    return n.extentsOf(term.value)[StringRef(term.labels).find(label)];
  }

  /// Sums the labels of a term that nobody else has.
  Term single(Term term, StringRef needed) {
    Dims axes;
    std::string kept;
    for (auto [d, label] : llvm::enumerate(term.labels)) {
      if (has(needed, label))
        kept += label;
      else
        axes.push_back(int64_t(d));
    }
    if (!axes.empty())
      term = {n.reduce("sum", term.value, axes, /*keepDims=*/false), kept};
    return term;
  }

  /// `term` with its dimensions as `groups` of labels, each one dimension.
  mlir::Value grouped(const Term &term, ArrayRef<std::string> groups) {
    std::string all;
    vit::Extents extents;
    for (const std::string &group : groups) {
      vit::Extents sizes;
      for (char label : group)
        sizes.push_back(extentOf(term, label));
      extents.push_back(vit::product(sizes));
      all += group;
    }
    return n.reshape(n.transpose(term.value, order(term.labels, all)), extents);
  }

  /// The sizes of `labels` in one of the two terms.
  vit::Extents sizesOf(const Term &a, const Term &b, StringRef labels) {
    vit::Extents extents;
    for (char label : labels)
      extents.push_back(extentOf(has(a.labels, label) ? a : b, label));
    return extents;
  }

  Term combine(const Term &a, const Term &b, StringRef needed) {
    if (!a.value || !b.value)
      return {};
    std::string batch, freeA, freeB, inner;
    for (char label : a.labels) {
      if (!has(b.labels, label))
        freeA += label;
      else
        (has(needed, label) ? batch : inner) += label;
    }
    for (char label : b.labels)
      if (!has(a.labels, label))
        freeB += label;
    for (char label : batch + inner)
      if (extentOf(a, label) != extentOf(b, label)) {
        fail("expected one size for each label, but got " +
             vit::toString(extentOf(a, label)) + " and " +
             vit::toString(extentOf(b, label)));
        return {};
      }
    if (inner.empty())
      return multiply(a, b);
    if (batch.empty() && vit::isWeightComputation(b.value))
      return dense(a, b, freeA, freeB, inner);
    if (batch.empty() && vit::isWeightComputation(a.value))
      return dense(b, a, freeB, freeA, inner);
    return batched(a, b, batch, freeA, freeB, inner);
  }

  /// No label is contracted: a product of elements.
  Term multiply(const Term &a, const Term &b) {
    std::string labels = a.labels;
    for (char label : b.labels)
      if (!has(labels, label))
        labels += label;
    auto spread = [&](const Term &term) {
      std::string own;
      vit::Extents extents;
      for (char label : labels) {
        bool there = has(term.labels, label);
        own += there ? std::string(1, label) : "";
        extents.push_back(there ? extentOf(term, label) : Extent{1, false});
      }
      return n.reshape(n.transpose(term.value, order(term.labels, own)),
                       extents);
    };
    return {n.kind("mul", {spread(a), spread(b)}), labels};
  }

  /// `weight` [N, K] on the rows of `a`.
  Term dense(const Term &a, const Term &weight, const std::string &free,
             const std::string &out, const std::string &inner) {
    SmallVector<std::string> groups;
    for (char label : free)
      groups.push_back(std::string(1, label));
    groups.push_back(inner);
    mlir::Value x = grouped(a, groups);
    // A [K, N] weight stays so, for its transpose to be seen as one.
    mlir::Value w = grouped(weight, {out, inner});
    mlir::Value y = n.linear(x, w);
    if (!y)
      return {};
    std::string labels = free + out;
    return {n.reshape(y, sizesOf(a, weight, labels)), labels};
  }

  /// Leading labels of `a` alone broadcast over b's batch labels; its last free
  /// label makes the rows.
  Term batched(const Term &a, const Term &b, const std::string &batch,
               const std::string &freeA, const std::string &freeB,
               const std::string &inner) {
    std::string lead = freeA.empty() ? "" : freeA.substr(0, freeA.size() - 1);
    std::string rows = freeA.empty() ? "" : freeA.substr(freeA.size() - 1);
    SmallVector<std::string> left, right;
    for (char label : lead + batch)
      left.push_back(std::string(1, label));
    for (char label : batch)
      right.push_back(std::string(1, label));
    left.append({rows, inner});
    // Keep b as it lies: its contracted labels last, or its free ones.
    bool innerLast = b.labels.back() == inner.back() || freeB.empty();
    right.append(innerLast ? SmallVector<std::string>{freeB, inner}
                           : SmallVector<std::string>{inner, freeB});
    mlir::Value y = n.matmul(grouped(a, left), grouped(b, right), innerLast);
    if (!y)
      return {};
    std::string labels = lead + batch + rows + freeB;
    return {n.reshape(y, sizesOf(a, b, labels)), labels};
  }

  static constexpr int64_t ellipsisBase = 64;
  Node &n;
  std::vector<Term> terms;
  std::string output;
  int64_t ellipsis = 0;
};

} // namespace

static LogicalResult importEinsum(Node &n) {
  if (n.opset < 12)
    return n.fail(vitrt::Diag::E0105,
                  "Einsum came with opset 12, but the model is of opset " +
                      std::to_string(n.opset));
  return Einsum(n).run();
}

OpTable einsumOps() {
  static const OpEntry table[] = {
      {"Einsum", importEinsum, nullptr, "",
       "any number of operands; no label twice in one term"},
  };
  return table;
}

} // namespace vitc::frontend
