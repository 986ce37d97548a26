//===- Batch.cpp - Sizes that may be multiples of the batch ---------------===//
#include "dialect/Batch.h"

using namespace mlir;

namespace vitc::vit {

Extents getExtents(RankedTensorType type) {
  auto batch = dyn_cast_or_null<BatchAttr>(type.getEncoding());
  Extents extents;
  for (int64_t size : type.getShape())
    extents.push_back(ShapedType::isDynamic(size)
                          ? Extent{batch ? batch.getFactor() : 1, true}
                          : Extent{size, false});
  return extents;
}

RankedTensorType makeTensorType(ArrayRef<Extent> extents, Type element) {
  SmallVector<int64_t, 6> shape;
  Attribute encoding;
  for (Extent extent : extents) {
    shape.push_back(extent.perBatch ? ShapedType::kDynamic : extent.value);
    if (extent.perBatch)
      encoding = BatchAttr::get(element.getContext(), extent.value);
  }
  return RankedTensorType::get(shape, element, encoding);
}

RankedTensorType withElement(RankedTensorType type, Type element) {
  return RankedTensorType::get(type.getShape(), element, type.getEncoding());
}

Extent product(ArrayRef<Extent> extents) {
  Extent result;
  for (Extent extent : extents) {
    result.value *= extent.value;
    result.perBatch |= extent.perBatch;
  }
  return result;
}

int64_t batchDim(RankedTensorType type) {
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (ShapedType::isDynamic(size))
      return dim;
  return -1;
}

std::string toString(Extent extent) {
  return std::to_string(extent.value) + (extent.perBatch ? "*B" : "");
}

} // namespace vitc::vit
