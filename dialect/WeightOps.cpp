//===- WeightOps.cpp - Initializers and their uses ------------------------===//
#include "dialect/OpUtils.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace vitc::vit;

/// Bytes of a static tensor as stored: i1 takes a byte.
static int64_t byteSize(RankedTensorType type) {
  int64_t bits = type.getElementType().getIntOrFloatBitWidth();
  return type.getNumElements() * ((bits + 7) / 8);
}

static LogicalResult verifySource(InitializerOp op, RankedTensorType type) {
  Attribute source = *op.getSource();
  if (auto file = dyn_cast<FileAttr>(source)) {
    if (file.getOffset() < 0 || file.getSize() != byteSize(type)) // C4
      return op.emitOpError("expects ")
             << byteSize(type) << " bytes for " << type << ", but got "
             << file.getSize() << " at offset " << file.getOffset();
    return success();
  }
  if (isa<RandomAttr>(source))
    return success();
  auto elements = dyn_cast<ElementsAttr>(source);
  if (!elements)
    return op.emitOpError("expects a dense, dense_resource, #vit.file or "
                          "#vit.random source, but got ")
           << source;
  if (elements.getShapedType() != type)
    return op.emitOpError("expects a source of type ")
           << type << ", but got " << elements.getShapedType();
  return success();
}

LogicalResult InitializerOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  if (!type.hasStaticShape()) // initializer_c3
    return emitOpError("expects a static type, but got ") << type;
  if (getSource().has_value() == !getRecipe().empty()) // initializer_c1
    return emitOpError("expects exactly one of a source and a recipe");
  if (getSource()) // initializer_c4
    return verifySource(*this, type);
  return verifyRegionSignature(*this, getRecipe(), {}, {type}); // c2
}

LogicalResult WeightOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto initializer = symbols.lookupNearestSymbolFrom<InitializerOp>(
      *this, getInitializerAttr());
  if (!initializer) // weight_c1
    return emitOpError("expects @")
           << getInitializer() << " to be a vit.initializer";
  if (initializer.getType() != getType()) // weight_c1
    return emitOpError("expects the type of @")
           << getInitializer() << ", " << initializer.getType() << ", but got "
           << getType();
  auto recipe = (*this)->getParentOfType<InitializerOp>();
  if (recipe && (recipe == initializer ||
                 !initializer->isBeforeInBlock(recipe))) // weight_c2
    return emitOpError("expects @")
           << getInitializer() << " to stand before the recipe that uses it";
  return success();
}
