//===- ShapeInferenceContraction.cpp - Linear, attention, convolution -----===//
#include "dialect/ShapeInference.h"

using namespace mlir;

namespace vitc::vit {

static Type elementOr(Type element, RankedTensorType type) {
  return element ? element : type.getElementType();
}

static LogicalResult checkRank(EmitError emitError, StringRef what,
                               RankedTensorType type, int64_t rank) {
  if (type.getRank() == rank)
    return success();
  return emitError() << "expects " << what << " of rank " << rank
                     << ", but got " << toString(getExtents(type));
}

/// A bias has one value an output channel.
static LogicalResult checkBias(EmitError emitError, RankedTensorType bias,
                               Extent channels) {
  if (!bias || getExtents(bias) == Extents{channels})
    return success();
  return emitError() << "expects a bias of " << toString(ArrayRef(channels))
                     << ", but got " << toString(getExtents(bias));
}

/// The checks that linear and qkv_projection share: (C1), (C2)/(C3), (C4).
static LogicalResult checkDense(EmitError emitError, RankedTensorType input,
                                RankedTensorType weight,
                                RankedTensorType bias) {
  if (failed(checkRank(emitError, "a weight", weight, 2)))
    return failure();
  if (!weight.hasStaticShape() || input.getRank() < 1)
    return emitError() << "expects a static weight and an input of rank 1 or "
                          "more, but got "
                       << toString(getExtents(weight)) << " and "
                       << toString(getExtents(input));
  Extent width = getExtents(input).back();
  if (width != getExtents(weight)[1])
    return emitError() << "expects " << toString(width)
                       << " weight columns to match the last input dimension, "
                          "but got "
                       << weight.getDimSize(1);
  if (input.getElementType() != weight.getElementType())
    return emitError() << "expects input and weight of one element type, but "
                          "got "
                       << input.getElementType() << " and "
                       << weight.getElementType();
  return checkBias(emitError, bias, getExtents(weight)[0]);
}

InferredType inferLinear(EmitError emitError, RankedTensorType input,
                         RankedTensorType weight, RankedTensorType bias,
                         Type element) {
  if (failed(checkDense(emitError, input, weight, bias)))
    return failure();
  Extents extents = getExtents(input);
  extents.back() = getExtents(weight)[0];
  return checkedTensorType(emitError, extents, elementOr(element, input));
}

FailureOr<SmallVector<RankedTensorType, 3>>
inferQKVProjection(EmitError emitError, RankedTensorType input,
                   RankedTensorType weight, RankedTensorType bias,
                   ArrayRef<int64_t> widths, Type element) {
  if (failed(checkDense(emitError, input, weight, bias)))
    return failure();
  int64_t sum = 0;
  for (int64_t width : widths) {
    if (width < 0 || width > weight.getDimSize(0))
      return emitError() << "expects widths in [0, " << weight.getDimSize(0)
                         << "], but got " << width;
    sum += width;
  }
  if (widths.size() != 3 || sum != weight.getDimSize(0))
    return emitError() << "expects three widths that add up to the "
                       << weight.getDimSize(0) << " weight rows, but got "
                       << sum << " of " << widths.size();
  SmallVector<RankedTensorType, 3> types;
  for (int64_t width : widths) {
    Extents extents = getExtents(input);
    extents.back() = Extent{width, false};
    types.push_back(makeTensorType(extents, elementOr(element, input)));
  }
  return types;
}

InferredType inferMatmul(EmitError emitError, RankedTensorType lhs,
                         RankedTensorType rhs, bool transposeRhs,
                         Type element) {
  if (lhs.getRank() < 2 || rhs.getRank() < 2)
    return emitError() << "expects ranks of 2 or more, but got "
                       << lhs.getRank() << " and " << rhs.getRank();
  if (lhs.getElementType() != rhs.getElementType())
    return emitError() << "expects operands of one element type, but got "
                       << lhs.getElementType() << " and "
                       << rhs.getElementType();
  Extents left = getExtents(lhs), right = getExtents(rhs);
  if (transposeRhs)
    std::swap(right.back(), right[right.size() - 2]);
  if (left.back() != right[right.size() - 2])
    return emitError() << "expects contracted sizes that agree, but got "
                       << toString(left.back()) << " and "
                       << toString(right[right.size() - 2]);
  FailureOr<Extents> lead = broadcastExtents(
      emitError, ArrayRef(left).drop_back(2), ArrayRef(right).drop_back(2));
  if (failed(lead))
    return failure();
  lead->push_back(left[left.size() - 2]);
  lead->push_back(right.back());
  return checkedTensorType(emitError, *lead, elementOr(element, lhs));
}

/// The size of one head of an operand [B, N, heads * d].
static FailureOr<int64_t> headSize(EmitError emitError, StringRef name,
                                   RankedTensorType type, int64_t heads) {
  Extent width = getExtents(type)[2];
  if (heads >= 1 && !width.perBatch && width.value % heads == 0)
    return width.value / heads;
  return emitError() << "expects the width of " << name
                     << " to be a multiple of " << heads << " heads, but got "
                     << toString(width);
}

InferredType inferAttention(EmitError emitError, RankedTensorType q,
                            RankedTensorType k, RankedTensorType v,
                            RankedTensorType bias, int64_t heads,
                            int64_t kvHeads, Type element) {
  if (failed(checkRank(emitError, "q", q, 3)) ||
      failed(checkRank(emitError, "k", k, 3)) ||
      failed(checkRank(emitError, "v", v, 3)))
    return failure();
  Extents qs = getExtents(q), ks = getExtents(k), vs = getExtents(v);
  if (qs[0] != ks[0] || ks[0] != vs[0] || ks[1] != vs[1])
    return emitError() << "expects q, k and v of one batch, k and v of one "
                          "length, but got "
                       << toString(qs) << ", " << toString(ks) << " and "
                       << toString(vs);
  if (heads < 1 || kvHeads < 1 || heads % kvHeads != 0)
    return emitError() << "expects kv_heads to divide heads, but got "
                       << kvHeads << " and " << heads;
  FailureOr<int64_t> dq = headSize(emitError, "q", q, heads);
  FailureOr<int64_t> dk = headSize(emitError, "k", k, kvHeads);
  FailureOr<int64_t> dv = headSize(emitError, "v", v, kvHeads);
  if (failed(dq) || failed(dk) || failed(dv))
    return failure();
  if (*dq != *dk)
    return emitError() << "expects heads of q and k of one size, but got "
                       << *dq << " and " << *dk;
  Extents scores{qs[0], {heads, false}, qs[1], ks[1]};
  if (bias) {
    Extents given = getExtents(bias);
    FailureOr<Extents> both = broadcastExtents(emitError, scores, given);
    if (failed(both))
      return failure();
    if (*both != scores || given.size() != 4)
      return emitError() << "expects a bias of rank 4 that broadcasts to "
                         << toString(scores) << ", but got " << toString(given);
  }
  return checkedTensorType(emitError, {qs[0], qs[1], {heads * *dv, false}},
                           elementOr(element, q));
}

InferredType inferWindowAttention(EmitError emitError, RankedTensorType q,
                                  RankedTensorType k, RankedTensorType v,
                                  RankedTensorType bias, int64_t heads,
                                  ArrayRef<int64_t> grid,
                                  ArrayRef<int64_t> window,
                                  ArrayRef<int64_t> shift, Type element) {
  if (failed(checkRank(emitError, "q", q, 3)) ||
      failed(headSize(emitError, "q", q, heads)))
    return failure();
  Extents extents = getExtents(q);
  if (getExtents(k) != extents || getExtents(v) != extents)
    return emitError() << "expects q, k and v of one shape, but got "
                       << toString(extents) << ", " << toString(getExtents(k))
                       << " and " << toString(getExtents(v));
  if (grid.size() != 2 || window.size() != 2 || shift.size() != 2)
    return emitError() << "expects grid, window and shift of two sizes each";
  for (int i = 0; i < 2; ++i)
    if (grid[i] < 1 || window[i] < 1 || grid[i] % window[i] != 0 ||
        shift[i] < 0 || shift[i] >= window[i])
      return emitError() << "expects a window that divides the grid and a "
                            "shift in [0, window), but got grid "
                         << grid[i] << ", window " << window[i] << ", shift "
                         << shift[i];
  if (extents[1] != Extent{grid[0] * grid[1], false})
    return emitError() << "expects " << grid[0] * grid[1]
                       << " tokens to match the grid, but got "
                       << toString(extents[1]);
  Extent area{window[0] * window[1], false};
  Extents table{{heads, false}, area, area};
  if (bias && getExtents(bias) != table)
    return emitError() << "expects a bias of " << toString(table)
                       << ", but got " << toString(getExtents(bias));
  return makeTensorType(extents, elementOr(element, q));
}

InferredType inferPatchEmbed(EmitError emitError, RankedTensorType image,
                             RankedTensorType weight, RankedTensorType bias,
                             Type element) {
  if (failed(checkRank(emitError, "an image", image, 4)) ||
      failed(checkRank(emitError, "a weight", weight, 4)))
    return failure();
  Extents in = getExtents(image), w = getExtents(weight);
  if (!weight.hasStaticShape() || in[1] != w[1])
    return emitError() << "expects " << toString(in[1])
                       << " channels in the weight, but got " << toString(w[1]);
  if (in[2].perBatch || in[3].perBatch || w[2].value < 1 || w[3].value < 1)
    return emitError() << "expects a static image and patches of at least one "
                          "pixel, but got "
                       << toString(in) << " and " << toString(w);
  if (failed(checkBias(emitError, bias, w[0])))
    return failure();
  int64_t tokens = (in[2].value / w[2].value) * (in[3].value / w[3].value);
  return checkedTensorType(emitError, {in[0], {tokens, false}, w[0]},
                           elementOr(element, image));
}

InferredType inferConv2D(EmitError emitError, RankedTensorType input,
                         RankedTensorType weight, RankedTensorType bias,
                         ArrayRef<int64_t> strides, ArrayRef<int64_t> pads,
                         ArrayRef<int64_t> dilations, int64_t groups,
                         Type element) {
  if (failed(checkRank(emitError, "an input", input, 4)) ||
      failed(checkRank(emitError, "a weight", weight, 4)))
    return failure();
  Extents in = getExtents(input), w = getExtents(weight);
  if (!weight.hasStaticShape() || in[1].perBatch || groups < 1 ||
      in[1].value % groups != 0 || w[0].value % groups != 0 ||
      w[1].value != in[1].value / groups)
    return emitError() << "expects channels that " << groups
                       << " groups divide and a weight [O, C / groups, kh, "
                          "kw], but got "
                       << toString(in) << " and " << toString(w);
  if (failed(checkBias(emitError, bias, w[0])))
    return failure();
  int64_t kernel[2] = {w[2].value, w[3].value};
  RankedTensorType planes =
      makeTensorType({in[0], w[0], in[2], in[3]}, elementOr(element, input));
  return inferPool2D(emitError, planes, "max", kernel, strides, pads, dilations,
                     /*ceilMode=*/false);
}

} // namespace vitc::vit
