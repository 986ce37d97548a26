//===- WeightEvaluator.cpp - Values of initializers -----------------------===//
#include "reference/WeightEvaluator.h"

#include "dialect/ElementTypes.h"
#include "dialect/WeightFiles.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "reference/Interpreter.h"
#include "reference/Kernels.h"

#include <cstring>

using namespace mlir;
using vitrt::Diag;
using vitrt::Result;
using vitrt::Status;

namespace vitc::reference {

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

std::optional<Tensor> tensorOf(ElementsAttr attribute) {
  auto type = dyn_cast<RankedTensorType>(attribute.getShapedType());
  std::optional<DType> dtype =
      type ? dtypeOf(type.getElementType()) : std::nullopt;
  if (!dtype)
    return std::nullopt;
  Tensor tensor(*dtype, type.getShape());
  int64_t bytes = tensor.elementBytes(), count = tensor.numElements();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || int64_t(blob->getData().size()) != tensor.numBytes())
      return std::nullopt;
    return Tensor::view(*dtype, type.getShape(), blob->getData().data());
  }
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!dense)
    return std::nullopt;
  if (*dtype == DType::I1) {
    for (auto [i, value] : llvm::enumerate(dense.getValues<bool>()))
      tensor.mutableAs<uint8_t>()[i] = value;
    return tensor;
  }
  const char *from = dense.getRawData().data();
  if (!dense.isSplat()) {
    std::memcpy(tensor.mutableBytes(), from, tensor.numBytes());
    return tensor;
  }
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(tensor.mutableBytes() + i * bytes, from, bytes);
  return tensor;
}

DenseElementsAttr denseOf(const Tensor &tensor, RankedTensorType type) {
  if (tensor.dtype() == DType::I1) {
    SmallVector<bool> values;
    for (int64_t i = 0; i < tensor.numElements(); ++i)
      values.push_back(tensor.intAt(i) != 0);
    return DenseElementsAttr::get(type, values);
  }
  llvm::ArrayRef<char> bytes(tensor.as<char>(), tensor.numBytes());
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

namespace {
/// SplitMix64: small, and the same everywhere.
struct Random {
  uint64_t state;
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  /// The sum of 12 uniform numbers, less 6: exact arithmetic, unlike log.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 6; ++i) {
      uint64_t bits = next();
      sum += double(bits & 0xffffff) / 16777216.0 +
             double(bits >> 40) / 16777216.0;
    }
    return sum;
  }
};
} // namespace

Tensor randomTensor(DType dtype, llvm::ArrayRef<int64_t> shape, uint64_t seed) {
  Random random{seed * 0x2545f4914f6cdd1d + 1};
  std::vector<double> values(numElements(shape));
  for (double &value : values) {
    if (isFloat(dtype))
      value = random.normal();
    else if (dtype == DType::I1)
      value = double(random.next() >> 63);
    else
      value = double(random.next() >> 60) - (dtype == DType::UI8 ? 0 : 8);
  }
  return fromDoubles(dtype, shape, values);
}

//===----------------------------------------------------------------------===//
// Initializers
//===----------------------------------------------------------------------===//

WeightEvaluator::WeightEvaluator(ModuleOp module, WeightFiles *files)
    : files(files) {
  for (auto op : module.getOps<vit::InitializerOp>())
    initializers[op.getSymName()] = op;
}

Result<Tensor> WeightEvaluator::evaluate(StringRef name) {
  // Recipes may chain deeply: a stack of our own instead of recursion.
  SmallVector<StringRef> work{name};
  while (!work.empty()) {
    StringRef top = work.back();
    if (values.contains(top)) {
      work.pop_back();
      continue;
    }
    auto it = initializers.find(top);
    if (it == initializers.end())
      return Status(Diag::E0105,
                    "there is no weight '" + vitrt::escaped(top.str()) + "'");
    vit::InitializerOp op = it->second;
    size_t before = work.size();
    op.getRecipe().walk([&](vit::WeightOp weight) {
      if (!values.contains(weight.getInitializer()))
        work.push_back(weight.getInitializer());
    });
    if (work.size() != before)
      continue;
    Result<Tensor> value = op.getSource() ? source(op) : recipe(op);
    if (!value)
      return value;
    values[top] = *value;
    work.pop_back();
  }
  return values[name];
}

Result<Tensor> WeightEvaluator::source(vit::InitializerOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  DType dtype = elementOf(type);
  Attribute source = *op.getSource();
  if (auto random = dyn_cast<vit::RandomAttr>(source))
    return randomTensor(dtype, type.getShape(), random.getSeed());
  if (auto file = dyn_cast<vit::FileAttr>(source)) {
    if (!files)
      return Status(Diag::E0202, "weight '" +
                                     vitrt::escaped(op.getSymName().str()) +
                                     "' lies in a file, and there is no folder "
                                     "to read it from");
    Result<std::string_view> bytes =
        files->bytes(file.getPath().str(), file.getOffset(), file.getSize());
    if (!bytes)
      return bytes.status();
    Tensor tensor = Tensor::view(dtype, type.getShape(), bytes->data());
    if (dtype != DType::I1)
      return tensor;
    Tensor flags(dtype, type.getShape()); // any byte but 0 is true
    for (int64_t i = 0; i < tensor.numElements(); ++i)
      flags.mutableAs<uint8_t>()[i] = tensor.as<uint8_t>()[i] != 0;
    return flags;
  }
  if (auto elements = dyn_cast<ElementsAttr>(source))
    if (std::optional<Tensor> tensor = tensorOf(elements))
      return *tensor;
  return Status(Diag::E0106, "weight '" +
                                 vitrt::escaped(op.getSymName().str()) +
                                 "' has data that does not fit its type");
}

Result<Tensor> WeightEvaluator::recipe(vit::InitializerOp op) {
  InterpreterOptions options;
  options.exactProducts = true;
  Result<std::vector<Tensor>> results = runBlock(
      op.getRecipe().front(), {}, BlockContext{*this, options, /*batch=*/1});
  if (!results)
    return results.status();
  return results->front();
}

} // namespace vitc::reference
