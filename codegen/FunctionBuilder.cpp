//===- FunctionBuilder.cpp - Scalar regions -> plan functions -------------===//
#include "codegen/FunctionBuilder.h"

#include "dialect/ElementTypes.h"
#include "dialect/Locations.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace vitrt::format;

namespace vitc {

/// Operations that are one instruction with the operands in order.
static std::optional<Opcode> opcodeOf(StringRef name) {
  using R = std::optional<Opcode>;
  return llvm::StringSwitch<R>(name)
      .Case("arith.addf", Opcode::AddF)
      .Case("arith.subf", Opcode::SubF)
      .Case("arith.mulf", Opcode::MulF)
      .Case("arith.divf", Opcode::DivF)
      .Case("arith.negf", Opcode::NegF)
      .Case("arith.maximumf", Opcode::MaxF)
      .Case("arith.minimumf", Opcode::MinF)
      .Case("arith.maxnumf", Opcode::MaxNumF)
      .Case("arith.minnumf", Opcode::MinNumF)
      .Case("arith.remf", Opcode::RemF)
      .Case("arith.select", Opcode::Select)
      .Case("arith.andi", Opcode::AndI)
      .Case("arith.ori", Opcode::OrI)
      .Case("arith.xori", Opcode::XorI)
      .Case("arith.addi", Opcode::AddI)
      .Case("arith.subi", Opcode::SubI)
      .Case("arith.muli", Opcode::MulI)
      .Case("arith.divsi", Opcode::DivSI)
      .Case("arith.remsi", Opcode::RemSI)
      .Case("arith.maxsi", Opcode::MaxSI)
      .Case("arith.minsi", Opcode::MinSI)
      .Case("arith.sitofp", Opcode::SIToFP)
      .Case("arith.uitofp", Opcode::UIToFP)
      .Case("arith.fptosi", Opcode::FPToSI)
      .Case("math.fma", Opcode::FmaF)
      .Case("math.absf", Opcode::AbsF)
      .Case("math.exp", Opcode::ExpF)
      .Case("math.exp2", Opcode::Exp2F)
      .Case("math.log", Opcode::LogF)
      .Case("math.log2", Opcode::Log2F)
      .Case("math.log1p", Opcode::Log1pF)
      .Case("math.expm1", Opcode::Expm1F)
      .Case("math.sqrt", Opcode::SqrtF)
      .Case("math.rsqrt", Opcode::RsqrtF)
      .Case("math.powf", Opcode::PowF)
      .Case("math.erf", Opcode::ErfF)
      .Case("math.tanh", Opcode::TanhF)
      .Case("math.sin", Opcode::SinF)
      .Case("math.cos", Opcode::CosF)
      .Case("math.floor", Opcode::FloorF)
      .Case("math.ceil", Opcode::CeilF)
      .Case("math.roundeven", Opcode::RoundEvenF)
      .Case("math.copysign", Opcode::CopySignF)
      .Case("math.atan", Opcode::AtanF)
      .Case("math.sinh", Opcode::SinhF)
      .Case("math.cosh", Opcode::CoshF)
      .Case("math.absi", Opcode::AbsI)
      .Default(std::nullopt);
}

/// The type that a body computes with: floats as F32, i8 as I32.
static DType computeType(Type type) {
  if (isa<FloatType>(type))
    return DType::F32;
  unsigned width = type.getIntOrFloatBitWidth();
  return width == 1 ? DType::I1 : width == 64 ? DType::I64 : DType::I32;
}

namespace {
class Builder {
public:
  Builder(const llvm::StringMap<uint32_t> &nodes, std::string &why)
      : nodes(nodes), why(why) {}

  bool run(Block &block, ArrayRef<int32_t> operands, DType stored);
  Function function;

private:
  bool add(Operation &op);
  uint32_t emit(Operation &op, Opcode code, DType type);
  void alias(Operation &op) {
    numbers[op.getResult(0)] = number(op.getOperand(0));
  }
  uint32_t number(Value value) const { return numbers.lookup(value); }

  const llvm::StringMap<uint32_t> &nodes;
  std::string &why;
  llvm::DenseMap<Value, uint32_t> numbers;
};
} // namespace

/// Appends an instruction with the op's operands; its value's number.
uint32_t Builder::emit(Operation &op, Opcode code, DType type) {
  Instr instr;
  instr.op = code;
  instr.type = type;
  instr.node = kNoValue;
  uint32_t *slots[] = {&instr.a, &instr.b, &instr.c};
  for (auto [index, operand] : llvm::enumerate(op.getOperands()))
    *slots[index] = number(operand);
  SmallVector<vit::NodeAttr> behind = vit::onnxNodes(op.getLoc());
  if (!behind.empty())
    if (auto it = nodes.find(behind.back().getName()); it != nodes.end())
      instr.node = it->second;
  function.body.push_back(instr);
  uint32_t value = function.args.size() + function.body.size() - 1;
  if (op.getNumResults() == 1)
    numbers[op.getResult(0)] = value;
  return value;
}

static uint64_t constantBits(Attribute attribute) {
  if (auto number = dyn_cast<FloatAttr>(attribute)) {
    bool lossy;
    llvm::APFloat value = number.getValue();
    value.convert(llvm::APFloat::IEEEsingle(),
                  llvm::APFloat::rmNearestTiesToEven, &lossy);
    return value.bitcastToAPInt().getZExtValue();
  }
  auto number = cast<IntegerAttr>(attribute);
  if (number.getType().isInteger(1))
    return number.getValue().getZExtValue();
  return uint64_t(number.getValue().getSExtValue());
}

bool Builder::add(Operation &op) {
  Type type = op.getNumResults() ? op.getResult(0).getType() : Type();
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    emit(op, Opcode::Const, computeType(type));
    function.body.back().bits = constantBits(constant.getValue());
    return true;
  }
  if (auto compare = dyn_cast<arith::CmpFOp>(op)) {
    emit(op, Opcode::CmpF, DType::I1);
    function.body.back().predicate = uint8_t(compare.getPredicate());
    return true;
  }
  if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
    emit(op, Opcode::CmpI, DType::I1);
    function.body.back().predicate = uint8_t(compare.getPredicate());
    return true;
  }
  if (isa<arith::ExtFOp>(op)) {
    alias(op); // all floats are f32 in a body
    return true;
  }
  if (isa<arith::TruncFOp>(op)) {
    emit(op, Opcode::RoundTo, *dtypeOf(type));
    return true;
  }
  if (isa<arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp>(op)) {
    Type from = op.getOperand(0).getType();
    if (computeType(from) == computeType(type)) {
      alias(op); // i8 in an i32
      return true;
    }
    bool truncates = isa<arith::TruncIOp>(op);
    uint32_t value =
        emit(op, truncates ? Opcode::TruncI : Opcode::ExtI, computeType(type));
    if (isa<arith::ExtSIOp>(op) && from.isInteger(1)) {
      // ExtI makes 1 of true; sign extension means -1.
      Instr negate = function.body.back();
      negate.op = Opcode::NegI;
      negate.a = value;
      function.body.push_back(negate);
      numbers[op.getResult(0)] = value + 1;
    }
    return true;
  }
  std::optional<Opcode> code = opcodeOf(op.getName().getStringRef());
  if (!code) {
    why = "'" + op.getName().getStringRef().str() +
          "' is no operation of a pointwise function";
    return false;
  }
  emit(op, *code, computeType(type));
  return true;
}

bool Builder::run(Block &block, ArrayRef<int32_t> operands, DType stored) {
  for (auto [argument, operand] : llvm::zip(block.getArguments(), operands)) {
    numbers[argument] = function.args.size();
    function.args.push_back({operand, computeType(argument.getType())});
  }
  Value result = block.getTerminator()->getOperand(0);
  Operation *last = result.getDefiningOp();
  bool rounds = isa_and_nonnull<arith::TruncFOp>(last) && result.hasOneUse() &&
                dtypeOf(result.getType()) == stored;
  for (Operation &op : block.without_terminator()) {
    if (rounds && &op == last)
      alias(op);
    else if (!add(op))
      return false;
  }
  function.result = number(result);
  return true;
}

std::optional<Function> buildFunction(Region &body, ArrayRef<int32_t> operands,
                                      const llvm::StringMap<uint32_t> &nodes,
                                      DType stored, std::string &why) {
  Builder builder(nodes, why);
  if (!body.empty() && !builder.run(body.front(), operands, stored))
    return std::nullopt;
  return std::move(builder.function);
}

} // namespace vitc
