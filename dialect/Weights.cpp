//===- Weights.cpp - Finding and making initializers ----------------------===//
#include "dialect/Weights.h"

#include "dialect/Payload.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace vitc::vit {

InitializerOp lookupInitializer(WeightOp weight) {
  return SymbolTable::lookupNearestSymbolFrom<InitializerOp>(
      weight, weight.getInitializerAttr());
}

/// The dense form of a source; null for files, random values and recipes.
static DenseElementsAttr denseSource(InitializerOp initializer) {
  if (!initializer || !initializer.getSource())
    return {};
  Attribute source = *initializer.getSource();
  if (auto dense = dyn_cast<DenseElementsAttr>(source))
    return dense;
  auto resource = dyn_cast<DenseResourceElementsAttr>(source);
  if (!resource)
    return {};
  constexpr size_t kMaxBytes = 1 << 16; // larger ones are data, not constants
  AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  if (!blob || blob->getData().size() > kMaxBytes)
    return {};
  bool splat = false;
  if (!DenseElementsAttr::isValidRawBuffer(resource.getType(), blob->getData(),
                                           splat))
    return {};
  return DenseElementsAttr::getFromRawBuffer(resource.getType(),
                                             blob->getData());
}

/// A payload that only widens its argument: values stay as they are.
static bool isExtension(PointwiseOp op) {
  if (op.getInputs().size() != 1)
    return false;
  Block &body = op.getBody().front();
  Value yielded = body.getTerminator()->getOperand(0);
  if (auto extend = yielded.getDefiningOp<arith::ExtFOp>())
    yielded = extend.getIn();
  else if (auto extendInt = yielded.getDefiningOp<arith::ExtSIOp>())
    yielded = extendInt.getIn();
  return isa<BlockArgument>(yielded);
}

/// Walks up through ops that keep every element's value; `any` also through
/// those that repeat, drop or permute elements.
static Value skipViews(Value value, bool any) {
  while (Operation *op = value.getDefiningOp()) {
    auto pointwise = dyn_cast<PointwiseOp>(op);
    bool moves = isa<BroadcastOp, TransposeOp, SliceOp>(op) ||
                 (pointwise && isExtension(pointwise));
    if (!isa<ReshapeOp>(op) && !(any && moves))
      break;
    value = op->getOperand(0);
  }
  return value;
}

std::optional<double> getConstantScalar(Value value) {
  auto weight = skipViews(value, /*any=*/true).getDefiningOp<WeightOp>();
  if (!weight)
    return std::nullopt;
  DenseElementsAttr dense = denseSource(lookupInitializer(weight));
  if (!dense || !dense.isSplat())
    return std::nullopt;
  Type element = dense.getElementType();
  if (isa<FloatType>(element)) {
    llvm::APFloat number = dense.getSplatValue<llvm::APFloat>();
    bool lost = false;
    number.convert(llvm::APFloat::IEEEdouble(),
                   llvm::APFloat::rmNearestTiesToEven, &lost);
    return number.convertToDouble();
  }
  llvm::APInt number = dense.getSplatValue<llvm::APInt>();
  bool isUnsigned = element.isUnsignedInteger() || element.isInteger(1);
  return isUnsigned ? static_cast<double>(number.getZExtValue())
                    : static_cast<double>(number.getSExtValue());
}

DenseElementsAttr getDenseConstant(Value value) {
  auto weight = skipViews(value, /*any=*/false).getDefiningOp<WeightOp>();
  return weight ? denseSource(lookupInitializer(weight)) : DenseElementsAttr();
}

std::optional<SmallVector<int64_t>> getConstantInts(Value value) {
  DenseElementsAttr dense = getDenseConstant(value);
  if (!dense || !isa<IntegerType>(dense.getElementType()))
    return std::nullopt;
  bool isUnsigned = dense.getElementType().isUnsignedInteger() ||
                    dense.getElementType().isInteger(1);
  SmallVector<int64_t> result;
  for (const llvm::APInt &number : dense.getValues<llvm::APInt>())
    result.push_back(isUnsigned ? number.getZExtValue()
                                : number.getSExtValue());
  return result;
}

bool isWeightComputation(Value value) {
  SmallVector<Value> work{value};
  llvm::SmallPtrSet<Operation *, 16> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op)
      return false;
    if (!seen.insert(op).second)
      continue;
    if (op->getNumOperands() == 0 && !isa<WeightOp>(op))
      return false;
    work.append(op->operand_begin(), op->operand_end());
  }
  return true;
}

std::string uniqueSymbol(ModuleOp module, StringRef hint) {
  std::string name = hint.str();
  for (unsigned i = 1; SymbolTable::lookupSymbolIn(module, name); ++i)
    name = (hint + "_" + Twine(i)).str();
  return name;
}

WeightOp createWeight(OpBuilder &builder, Location loc, DenseElementsAttr value,
                      StringRef hint) {
  Operation *parent = builder.getInsertionBlock()->getParentOp();
  auto module = dyn_cast<ModuleOp>(parent);
  if (!module)
    module = parent->getParentOfType<ModuleOp>();
  std::string name = uniqueSymbol(module, hint);
  {
    OpBuilder::InsertionGuard guard(builder);
    Block *body = module.getBody();
    auto function = llvm::find_if(
        *body, [](Operation &op) { return isa<FunctionOpInterface>(op); });
    builder.setInsertionPoint(body, function);
    InitializerOp::create(builder, loc, name,
                          cast<RankedTensorType>(value.getType()), value);
  }
  return WeightOp::create(builder, loc, value.getType(), name);
}

WeightOp createScalarWeight(OpBuilder &builder, Location loc, double value,
                            Type element) {
  auto type = RankedTensorType::get({}, element);
  Attribute number = isa<FloatType>(element)
                         ? Attribute(builder.getFloatAttr(element, value))
                         : Attribute(builder.getIntegerAttr(
                               element, static_cast<int64_t>(value)));
  return createWeight(builder, loc, DenseElementsAttr::get(type, number),
                      "scalar");
}

} // namespace vitc::vit
