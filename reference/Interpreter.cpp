//===- Interpreter.cpp - Runs functions of vit IR -------------------------===//
#include "reference/Interpreter.h"

#include "dialect/Batch.h"
#include "reference/Kernels.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using vitrt::Diag;
using vitrt::Result;
using vitrt::Status;

namespace vitc::reference {

const Tensor *Operands::find(Value operand) const {
  if (!operand)
    return nullptr;
  for (auto [i, value] : llvm::enumerate(op->getOperands()))
    if (value == operand)
      return &values[i];
  llvm_unreachable("not an operand of the op");
}

Shape shapeAt(Type type, int64_t batch) {
  Shape shape;
  for (vit::Extent extent : vit::getExtents(cast<RankedTensorType>(type)))
    shape.push_back(extent.at(batch));
  return shape;
}

DType elementOf(Type type) {
  return *dtypeOf(cast<RankedTensorType>(type).getElementType());
}

namespace {

std::string text(llvm::ArrayRef<int64_t> shape) {
  std::string result = "[";
  for (auto [i, size] : llvm::enumerate(shape))
    result += (i ? ", " : "") + std::to_string(size);
  return result + "]";
}

/// Executes one block; values live in `env` until their last use.
class BlockRunner {
public:
  explicit BlockRunner(const BlockContext &context) : context(context) {}

  Result<std::vector<Tensor>> run(Block &block, ArrayRef<Tensor> inputs) {
    for (auto [argument, input] : llvm::zip(block.getArguments(), inputs))
      define(argument, input);
    for (Operation &op : block.without_terminator())
      VITRT_TRY(execute(&op));
    std::vector<Tensor> results;
    for (Value value : block.getTerminator()->getOperands())
      results.push_back(env[value].tensor);
    return results;
  }

private:
  struct Entry {
    Tensor tensor;
    int64_t uses = 0;
  };

  void define(Value value, const Tensor &tensor) {
    if (int64_t uses = std::distance(value.use_begin(), value.use_end()))
      env[value] = Entry{tensor, uses};
  }

  Status execute(Operation *op) {
    SmallVector<Tensor> operands;
    for (Value operand : op->getOperands())
      operands.push_back(env[operand].tensor);
    for (Value operand : op->getOperands())
      if (auto it = env.find(operand); --it->second.uses == 0)
        env.erase(it);
    if (auto weight = dyn_cast<vit::WeightOp>(op)) {
      Result<Tensor> value = context.weights.evaluate(weight);
      if (!value)
        return value.status();
      define(weight.getResult(), *value);
      return {};
    }
    Result<Tensors> results = evaluateAny(op, operands);
    if (!results)
      return results.status();
    if (context.options.onOp)
      context.options.onOp(ExecutedOp{op, operands, *results});
    for (auto [value, tensor] : llvm::zip(op->getResults(), *results))
      define(value, tensor);
    return {};
  }

  Result<Tensors> evaluateAny(Operation *op, ArrayRef<Tensor> operands) {
    if (isa<vit::FusedOp, vit::RegionOp>(op)) {
      Result<std::vector<Tensor>> results =
          BlockRunner(context).run(op->getRegion(0).front(), operands);
      if (!results)
        return results.status();
      return Tensors(results->begin(), results->end());
    }
    EvalConfig config{context.options.fp64,
                      context.options.exactProducts ? MatrixProduct::Loops
                                                    : MatrixProduct::Blas,
                      context.batch};
    Operands in(op, operands);
    return llvm::TypeSwitch<Operation *, Result<Tensors>>(op)
        .Case<vit::LinearOp, vit::MatmulOp, vit::QKVProjectionOp,
              vit::AttentionOp, vit::WindowAttentionOp, vit::PatchEmbedOp,
              vit::Conv2DOp, vit::LayerNormOp, vit::SoftmaxOp, vit::ReduceOp,
              vit::Pool2DOp, vit::ReshapeOp, vit::TransposeOp, vit::SliceOp,
              vit::ConcatOp, vit::GatherOp, vit::PadOp, vit::BroadcastOp,
              vit::PointwiseOp, vit::QuantizeOp, vit::DequantizeOp>(
            [&](auto typed) -> Result<Tensors> {
              return evaluate(typed, in, config);
            })
        .Default([](Operation *other) -> Result<Tensors> {
          return Status(Diag::E0302, "the reference executor does not run '" +
                                         other->getName().getStringRef().str() +
                                         "'");
        });
  }

  const BlockContext &context;
  llvm::DenseMap<Value, Entry> env;
};

/// The batch that an input's shape implies; checks its type and shape.
Result<int64_t> checkInput(size_t number, Type type, const Tensor &input,
                           int64_t batch) {
  auto expected = cast<RankedTensorType>(type);
  std::string name = "input " + std::to_string(number);
  if (elementOf(type) != input.dtype())
    return Status(Diag::E0252,
                  name + " expects " + dtypeName(elementOf(type)).str() +
                      ", but got " + dtypeName(input.dtype()).str());
  int64_t dim = vit::batchDim(expected);
  if (dim >= 0 && dim < input.rank()) {
    int64_t factor = vit::getExtents(expected)[dim].value;
    int64_t own = input.dim(dim) / factor;
    batch = batch < 0 ? own : batch;
  }
  if (Shape(input.shape()) != shapeAt(type, batch))
    return Status(Diag::E0253, name + " expects a shape of " +
                                   text(shapeAt(type, batch)) + ", but got " +
                                   text(input.shape()));
  return batch;
}

} // namespace

Result<std::vector<Tensor>> runBlock(Block &block, ArrayRef<Tensor> inputs,
                                     const BlockContext &context) {
  return BlockRunner(context).run(block, inputs);
}

Result<std::vector<Tensor>> Interpreter::run(func::FuncOp function,
                                             ArrayRef<Tensor> inputs) {
  ArrayRef<Type> types = function.getArgumentTypes();
  if (inputs.size() != types.size())
    return Status(Diag::E0251, "expected " + std::to_string(types.size()) +
                                   " inputs, but got " +
                                   std::to_string(inputs.size()));
  int64_t batch = -1;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Result<int64_t> known = checkInput(i, types[i], inputs[i], batch);
    if (!known)
      return known.status();
    batch = *known;
  }
  return runBlock(function.getBody().front(), inputs,
                  BlockContext{weights, options, std::max<int64_t>(batch, 1)});
}

} // namespace vitc::reference
