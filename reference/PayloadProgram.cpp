//===- PayloadProgram.cpp - Pointwise payloads as bytecode ----------------===//
#include "reference/PayloadProgram.h"

#include "dialect/ElementTypes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace vitc::reference {
namespace {

/// Payload operations that have the opcode's operands in order.
Opcode opcodeOf(Operation *op) {
  static const llvm::StringMap<Opcode> table = {
      {"arith.addf", Opcode::AddF},
      {"arith.subf", Opcode::SubF},
      {"arith.mulf", Opcode::MulF},
      {"arith.divf", Opcode::DivF},
      {"arith.negf", Opcode::NegF},
      {"arith.maximumf", Opcode::MaxF},
      {"arith.minimumf", Opcode::MinF},
      {"arith.maxnumf", Opcode::MaxNumF},
      {"arith.minnumf", Opcode::MinNumF},
      {"arith.remf", Opcode::RemF},
      {"arith.cmpf", Opcode::CmpF},
      {"arith.cmpi", Opcode::CmpI},
      {"arith.select", Opcode::Select},
      {"arith.andi", Opcode::AndI},
      {"arith.ori", Opcode::OrI},
      {"arith.xori", Opcode::XorI},
      {"arith.addi", Opcode::AddI},
      {"arith.subi", Opcode::SubI},
      {"arith.muli", Opcode::MulI},
      {"arith.divsi", Opcode::DivSI},
      {"arith.remsi", Opcode::RemSI},
      {"arith.maxsi", Opcode::MaxSI},
      {"arith.minsi", Opcode::MinSI},
      {"arith.sitofp", Opcode::SIToFP},
      {"arith.uitofp", Opcode::UIToFP},
      {"arith.fptosi", Opcode::FPToSI},
      {"arith.extsi", Opcode::ExtI},
      {"arith.extui", Opcode::ExtI},
      {"arith.trunci", Opcode::TruncI},
      {"arith.extf", Opcode::RoundTo},
      {"arith.truncf", Opcode::RoundTo},
      {"math.fma", Opcode::FmaF},
      {"math.absf", Opcode::AbsF},
      {"math.exp", Opcode::ExpF},
      {"math.exp2", Opcode::Exp2F},
      {"math.log", Opcode::LogF},
      {"math.log2", Opcode::Log2F},
      {"math.log1p", Opcode::Log1pF},
      {"math.expm1", Opcode::Expm1F},
      {"math.sqrt", Opcode::SqrtF},
      {"math.rsqrt", Opcode::RsqrtF},
      {"math.powf", Opcode::PowF},
      {"math.erf", Opcode::ErfF},
      {"math.tanh", Opcode::TanhF},
      {"math.sin", Opcode::SinF},
      {"math.cos", Opcode::CosF},
      {"math.floor", Opcode::FloorF},
      {"math.ceil", Opcode::CeilF},
      {"math.roundeven", Opcode::RoundEvenF},
      {"math.copysign", Opcode::CopySignF},
      {"math.atan", Opcode::AtanF},
      {"math.sinh", Opcode::SinhF},
      {"math.cosh", Opcode::CoshF},
      {"math.absi", Opcode::AbsI}};
  auto it = table.find(op->getName().getStringRef());
  assert(it != table.end() && "the verifier admits no other operation");
  return it->second;
}

struct Compiler {
  PayloadProgram program;
  llvm::DenseMap<Value, PayloadValue> values;

  PayloadValue define(Value value) {
    bool isFloat = isa<FloatType>(value.getType());
    uint32_t number = isFloat ? program.floats++ : program.integers++;
    return values[value] = PayloadValue{isFloat, number};
  }

  void compile(arith::ConstantOp op) {
    PayloadValue value = define(op.getResult());
    if (auto number = dyn_cast<FloatAttr>(op.getValue())) {
      program.floatConstants.push_back(
          {value.number, number.getValueAsDouble()});
      return;
    }
    llvm::APInt bits = cast<IntegerAttr>(op.getValue()).getValue();
    program.intConstants.push_back(
        {value.number, bits.getBitWidth() == 1 ? int64_t(bits.getZExtValue())
                                               : bits.getSExtValue()});
  }

  void compile(Operation *op) {
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      return compile(constant);
    // Widening changes no value.
    if (isa<arith::ExtFOp>(op)) {
      values[op->getResult(0)] = values[op->getOperand(0)];
      return;
    }
    PayloadInstr instr;
    instr.op = opcodeOf(op);
    instr.type = *dtypeOf(op->getResult(0).getType());
    if (auto compare = dyn_cast<arith::CmpFOp>(op))
      instr.predicate = uint8_t(compare.getPredicate());
    if (auto compare = dyn_cast<arith::CmpIOp>(op))
      instr.predicate = uint8_t(compare.getPredicate());
    uint32_t *slots[] = {&instr.a, &instr.b, &instr.c};
    for (auto [slot, operand] : llvm::zip(slots, op->getOperands()))
      *slot = values[operand].number;
    PayloadValue result = define(op->getResult(0));
    instr.result = result.number;
    instr.floats = result.isFloat;
    // A signed i1 is 0 or -1.
    if (isa<arith::ExtSIOp, arith::SIToFPOp>(op) &&
        op->getOperand(0).getType().isInteger(1))
      instr.predicate = 1;
    program.body.push_back(instr);
  }
};

} // namespace

PayloadProgram compilePayload(vit::PointwiseOp op) {
  Compiler compiler;
  Block &block = op.getBody().front();
  for (BlockArgument argument : block.getArguments())
    compiler.program.arguments.push_back(compiler.define(argument));
  for (Operation &inner : block.without_terminator())
    compiler.compile(&inner);
  compiler.program.result =
      compiler.values[block.getTerminator()->getOperand(0)];
  return std::move(compiler.program);
}

} // namespace vitc::reference
