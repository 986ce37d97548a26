//===- StridedView.cpp - The algebra of strided views ---------------------===//
#include "dialect/StridedView.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using llvm::ArrayRef;
using vitrt::format::AxisDim;
using vitrt::format::Extent;

namespace vitc {

Extent product(ArrayRef<Factor> factors) {
  Extent result;
  for (const Factor &factor : factors) {
    result.value *= factor.extent.value;
    result.perBatch |= factor.extent.perBatch;
  }
  return result;
}

StridedView StridedView::ordered(ArrayRef<Extent> extents,
                                 ArrayRef<int64_t> order) {
  StridedView view;
  view.dims.resize(extents.size());
  int64_t stride = 1;
  for (int64_t dim : llvm::reverse(order)) {
    view.dims[dim] = {Factor{extents[dim], stride}};
    stride *= extents[dim].value;
  }
  return view;
}

StridedView StridedView::dense(ArrayRef<Extent> extents) {
  llvm::SmallVector<int64_t, 6> order;
  for (bool batch : {true, false})
    for (auto [dim, extent] : llvm::enumerate(extents))
      if (extent.perBatch == batch)
        order.push_back(dim);
  return ordered(extents, order);
}

Extent StridedView::extent(unsigned dim) const { return product(dims[dim]); }

StridedView StridedView::transposed(ArrayRef<int64_t> permutation) const {
  StridedView view{offset, {}};
  for (int64_t dim : permutation)
    view.dims.push_back(dims[dim]);
  return view;
}

Factors merged(ArrayRef<Factor> factors) {
  Factors result;
  for (const Factor &factor : factors) {
    if (!factor.extent.perBatch && factor.extent.value == 1 && factor.table < 0)
      continue;
    if (!result.empty()) {
      Factor &outer = result.back();
      // A batch extent may only be the outer one of a joined pair.
      if (outer.table < 0 && factor.table < 0 && !factor.extent.perBatch &&
          outer.stride == factor.stride * factor.extent.value) {
        outer.extent.value *= factor.extent.value;
        outer.stride = factor.stride;
        continue;
      }
    }
    result.push_back(factor);
  }
  return result;
}

Factors StridedView::collapsed(unsigned first, unsigned count) const {
  Factors result;
  for (unsigned dim = first; dim < first + count; ++dim)
    result.append(dims[dim]);
  return result;
}

/// Takes factors of product `extent` from the inner end of `rest`, splitting
/// the last one taken where needed.
static std::optional<Factors> takeInner(Factors &rest, Extent extent) {
  Factors taken; // innermost first
  while (extent.value != 1 || extent.perBatch) {
    if (rest.empty())
      return std::nullopt;
    Factor factor = rest.pop_back_val();
    if (factor.extent.perBatch
            ? extent.perBatch && factor.extent.value == extent.value
            : extent.value % factor.extent.value == 0) {
      extent.value /= factor.extent.value;
      extent.perBatch &= !factor.extent.perBatch;
      taken.push_back(factor);
      continue;
    }
    // Split: the inner part completes this dimension.
    if (extent.perBatch || factor.table >= 0 ||
        factor.extent.value % extent.value != 0)
      return std::nullopt;
    Factor outer = factor;
    outer.extent.value /= extent.value;
    outer.stride *= extent.value;
    rest.push_back(outer);
    factor.extent = extent;
    taken.push_back(factor);
    extent = {};
  }
  std::reverse(taken.begin(), taken.end());
  return taken;
}

std::optional<StridedView>
StridedView::reshaped(ArrayRef<Extent> extents) const {
  if (llvm::any_of(extents, [](Extent e) { return e.value == 0; }))
    return std::nullopt;
  Factors rest = merged(collapsed(0, dims.size()));
  StridedView view{offset, {}};
  view.dims.resize(extents.size());
  for (unsigned dim = extents.size(); dim-- > 0;) {
    std::optional<Factors> taken = takeInner(rest, extents[dim]);
    if (!taken)
      return std::nullopt;
    if (taken->empty())
      taken->push_back(Factor{});
    view.dims[dim] = *taken;
  }
  return view;
}

/// Indices [offset, offset + size) of a dimension of several factors.
static bool sliceFactors(Factors &factors, int64_t offset, int64_t stride,
                         Extent size, int64_t &base) {
  factors = merged(factors);
  if (factors.empty()) {
    factors.push_back(Factor{});
    return offset == 0 && size == Extent{};
  }
  if (offset == 0 && stride == 1 && size == product(factors))
    return true;
  if (factors.size() == 1) {
    Factor &factor = factors.front();
    if (factor.table >= 0 || factor.extent.perBatch)
      return false;
    base += offset * factor.stride;
    factor.stride *= stride;
    factor.extent = size;
    return true;
  }
  Extent inner = product(ArrayRef<Factor>(factors).drop_front());
  Factor &outer = factors.front();
  if (inner.perBatch || size.perBatch || outer.table >= 0)
    return false;
  // Whole rows of the inner factors ...
  if (stride == 1 && offset % inner.value == 0 &&
      size.value % inner.value == 0 && !outer.extent.perBatch) {
    base += offset / inner.value * outer.stride;
    outer.extent.value = size.value / inner.value;
    return true;
  }
  // ... or a part of one of them.
  int64_t last = offset + (size.value - 1) * stride;
  if (offset / inner.value != last / inner.value || outer.extent.perBatch)
    return false;
  base += offset / inner.value * outer.stride;
  factors.erase(factors.begin());
  return sliceFactors(factors, offset % inner.value, stride, size, base);
}

std::optional<StridedView> StridedView::sliced(ArrayRef<int64_t> offsets,
                                               ArrayRef<int64_t> strides,
                                               ArrayRef<Extent> sizes) const {
  StridedView view = *this;
  for (unsigned dim = 0; dim < dims.size(); ++dim)
    if (!sliceFactors(view.dims[dim], offsets[dim], strides[dim], sizes[dim],
                      view.offset))
      return std::nullopt;
  return view;
}

StridedView StridedView::broadcast(ArrayRef<Extent> extents) const {
  StridedView view{offset, {}};
  size_t added = extents.size() - dims.size();
  for (auto [dim, wanted] : llvm::enumerate(extents)) {
    bool stretched = dim < added || extent(dim - added) != wanted;
    view.dims.push_back(stretched ? Factors{Factor{wanted, 0}}
                                  : dims[dim - added]);
  }
  return view;
}

std::optional<std::vector<AxisDim>> axisDims(ArrayRef<Factor> factors) {
  Factors simple = merged(factors);
  // Inner zero strides are needed: what is outside divides by their extents.
  while (!simple.empty() && simple.back().stride == 0 && simple.size() == 1)
    simple.pop_back();
  std::vector<AxisDim> dims;
  for (auto [index, factor] : llvm::enumerate(simple)) {
    if (factor.extent.perBatch && index != 0)
      return std::nullopt;
    dims.push_back({factor.extent.value, factor.stride, factor.table});
  }
  return dims;
}

} // namespace vitc
