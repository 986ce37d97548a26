//===- FunctionPrinter.cpp - Pointwise functions as CUDA ------------------===//
#include "codegen/FunctionPrinter.h"

#include "codegen/CommentText.h"
#include "codegen/StatementText.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>

using namespace vitrt::format;

namespace vitc {

const char *computeType(DType type) {
  switch (type) {
  case DType::I1:
    return "bool";
  case DType::I8:
  case DType::UI8:
  case DType::I32:
    return "int";
  case DType::I64:
    return "long long";
  default:
    return "float";
  }
}

static std::string floatLiteral(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  char text[48];
  if (!std::isfinite(value)) {
    std::snprintf(text, sizeof text, "vit::from_bits(0x%08xu)", bits);
    return text;
  }
  std::snprintf(text, sizeof text, "%.9g", value);
  std::string literal = text;
  if (literal.find_first_of(".e") == std::string::npos)
    literal += ".0";
  return literal + "f";
}

static std::string literal(const Instr &instr) {
  switch (instr.type) {
  case DType::I1:
    return instr.bits & 1 ? "true" : "false";
  case DType::I64: {
    int64_t value = static_cast<int64_t>(instr.bits);
    // The most negative value has no literal of its own.
    return value == INT64_MIN ? "(-9223372036854775807LL - 1)"
                              : std::to_string(value) + "LL";
  }
  case DType::I8:
  case DType::UI8:
  case DType::I32: {
    int32_t value = static_cast<int32_t>(instr.bits);
    return value == INT32_MIN ? "(-2147483647 - 1)" : std::to_string(value);
  }
  default:
    return floatLiteral(static_cast<uint32_t>(instr.bits));
  }
}

static std::string roundName(DType type) {
  switch (type) {
  case DType::F16:
    return "round_f16";
  case DType::BF16:
    return "round_bf16";
  case DType::F8E4M3FN:
    return "round_f8e4m3fn";
  case DType::F8E5M2:
    return "round_f8e5m2";
  default:
    return "identity";
  }
}

static std::string functionName(const Instr &instr) {
  static constexpr std::array<const char *, 16> compareF = {
      "cmp_false", "cmp_oeq", "cmp_ogt", "cmp_oge", "cmp_olt", "cmp_ole",
      "cmp_one",   "cmp_ord", "cmp_ueq", "cmp_ugt", "cmp_uge", "cmp_ult",
      "cmp_ule",   "cmp_une", "cmp_uno", "cmp_true"};
  static constexpr std::array<const char *, 10> compareI = {
      "cmp_eq",  "cmp_ne",    "cmp_slt",   "cmp_sle",   "cmp_sgt",
      "cmp_sge", "cmp_ult_i", "cmp_ule_i", "cmp_ugt_i", "cmp_uge_i"};
  std::string type = std::string("<") + computeType(instr.type) + ">";
  switch (instr.op) {
  case Opcode::Const:
    return "";
  case Opcode::AddF:
    return "add";
  case Opcode::SubF:
    return "sub";
  case Opcode::MulF:
    return "mul";
  case Opcode::DivF:
    return "div";
  case Opcode::NegF:
    return "neg";
  case Opcode::MaxF:
    return "max";
  case Opcode::MinF:
    return "min";
  case Opcode::MaxNumF:
    return "maxnum";
  case Opcode::MinNumF:
    return "minnum";
  case Opcode::FmaF:
    return "fma";
  case Opcode::AbsF:
    return "abs";
  case Opcode::ExpF:
    return "exp";
  case Opcode::Exp2F:
    return "exp2";
  case Opcode::LogF:
    return "log";
  case Opcode::Log2F:
    return "log2";
  case Opcode::Log1pF:
    return "log1p";
  case Opcode::Expm1F:
    return "expm1";
  case Opcode::SqrtF:
    return "sqrt";
  case Opcode::RsqrtF:
    return "rsqrt";
  case Opcode::PowF:
    return "pow";
  case Opcode::ErfF:
    return "erf";
  case Opcode::TanhF:
    return "tanh";
  case Opcode::SinF:
    return "sin";
  case Opcode::CosF:
    return "cos";
  case Opcode::FloorF:
    return "floor";
  case Opcode::CeilF:
    return "ceil";
  case Opcode::RoundEvenF:
    return "roundeven";
  case Opcode::RemF:
    return "rem";
  case Opcode::CopySignF:
    return "copysign";
  case Opcode::AtanF:
    return "atan";
  case Opcode::SinhF:
    return "sinh";
  case Opcode::CoshF:
    return "cosh";
  case Opcode::RoundTo:
    return roundName(instr.type);
  case Opcode::CmpF:
    return compareF[instr.predicate & 15];
  case Opcode::CmpI:
    return compareI[instr.predicate % 10];
  case Opcode::Select:
    return "select";
  case Opcode::AndI:
    return "and_i";
  case Opcode::OrI:
    return "or_i";
  case Opcode::XorI:
    return "xor_i";
  case Opcode::AddI:
    return "add_i";
  case Opcode::SubI:
    return "sub_i";
  case Opcode::MulI:
    return "mul_i";
  case Opcode::DivSI:
    return "div_si";
  case Opcode::RemSI:
    return "rem_si";
  case Opcode::MaxSI:
    return "max_si";
  case Opcode::MinSI:
    return "min_si";
  case Opcode::SIToFP:
    return "si_to_fp";
  case Opcode::UIToFP:
    return "ui_to_fp";
  case Opcode::FPToSI:
    return "fp_to_si" + type;
  case Opcode::ExtI:
    return "ext_i" + type;
  case Opcode::TruncI:
    return "trunc_i" + type;
  case Opcode::AbsI:
    return "abs_i";
  case Opcode::NegI:
    return "neg_i";
  }
  return "";
}

/// The type of an instruction's value: RoundTo's `type` is what it rounds to.
static DType valueType(const Instr &instr) {
  return instr.op == Opcode::RoundTo ? DType::F32 : instr.type;
}

namespace {

/// Prints one function: values are expressions until they need a name.
class BodyPrinter {
public:
  BodyPrinter(const Function &function,
              const std::vector<ArgumentText> &arguments, const Launch &launch,
              const std::string &indent)
      : function(function), launch(launch), indent(indent) {
    countUses();
    for (size_t i = 0; i < arguments.size(); ++i)
      values.push_back(argumentValue(arguments[i], i));
  }

  std::string print() {
    uint32_t numArgs = function.args.size();
    for (uint32_t i = 0; i < function.body.size(); ++i) {
      const Instr &instr = function.body[i];
      std::string text = expression(instr);
      uint32_t number = numArgs + i;
      if (number == function.result || instr.op == Opcode::Const ||
          mayInline(number, instr, text)) {
        values.push_back(text);
        continue;
      }
      statement(instr, "const " + std::string(computeType(valueType(instr))) +
                           " v" + std::to_string(number) + " = " + text + ";");
      values.push_back("v" + std::to_string(number));
    }
    uint32_t result = function.result;
    if (result >= numArgs)
      comment(function.body[result - numArgs]);
    line("return " + values.at(result) + ";");
    return out;
  }

private:
  /// A read stands where it is used if that is once and short.
  std::string argumentValue(const ArgumentText &argument, size_t i) {
    constexpr size_t kLongest = 24;
    if (argument.name.empty() || uses[i] == 0 ||
        (uses[i] == 1 && argument.expression.size() <= kLongest))
      return argument.expression;
    line("const " + std::string(computeType(function.args[i].type)) + " " +
         argument.name + " = " + argument.expression + ";");
    return argument.name;
  }

  void countUses() {
    uses.assign(function.args.size() + function.body.size(), 0);
    user.assign(uses.size(), kNoValue);
    if (function.result < uses.size())
      ++uses[function.result];
    for (const Instr &instr : function.body)
      for (uint32_t operand : {instr.a, instr.b, instr.c})
        if (operand < uses.size()) {
          ++uses[operand];
          user[operand] = instr.node;
        }
  }

  /// One statement an ONNX node, as long as the line stays readable.
  bool mayInline(uint32_t number, const Instr &instr, const std::string &text) {
    constexpr size_t kLongest = 48;
    return uses[number] == 1 && user[number] == instr.node &&
           text.size() <= kLongest;
  }

  std::string expression(const Instr &instr) {
    if (instr.op == Opcode::Const)
      return literal(instr);
    std::string text = "vit::fn::" + functionName(instr) + "(";
    bool first = true;
    for (uint32_t operand : {instr.a, instr.b, instr.c}) {
      if (operand == kNoValue)
        continue;
      text += (first ? "" : ", ") + values.at(operand);
      first = false;
    }
    return text + ")";
  }

  void comment(const Instr &instr) {
    if (instr.node >= launch.nodes.size() || instr.node == commented)
      return;
    commented = instr.node;
    std::string type = instr.node < launch.opTypes.size()
                           ? launch.opTypes[instr.node] + " "
                           : "";
    out += indent + "// " + commentText(type + launch.nodes[instr.node]) + "\n";
  }

  void statement(const Instr &instr, const std::string &text) {
    comment(instr);
    line(text);
  }

  void line(const std::string &text) { appendStatement(out, indent, text); }

  const Function &function;
  const Launch &launch;
  const std::string &indent;
  std::vector<std::string> values;
  std::vector<uint32_t> uses, user;
  uint32_t commented = kNoValue;
  std::string out;
};

} // namespace

std::string printFunctionBody(const Function &function,
                              const std::vector<ArgumentText> &arguments,
                              const Launch &launch, const std::string &indent) {
  return BodyPrinter(function, arguments, launch, indent).print();
}

} // namespace vitc
