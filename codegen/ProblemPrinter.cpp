//===- ProblemPrinter.cpp - The problem struct of one kernel --------------===//
#include "codegen/ProblemPrinter.h"

#include "codegen/FunctionPrinter.h"
#include "codegen/StatementText.h"

#include <cstdio>

using namespace vitrt::format;

namespace vitc {

const char *storedType(DType type) {
  switch (type) {
  case DType::F32:
  case DType::TF32:
    return "float";
  case DType::F16:
    return "vit::f16";
  case DType::BF16:
    return "vit::bf16";
  case DType::F8E4M3FN:
    return "vit::f8e4m3";
  case DType::F8E5M2:
    return "vit::f8e5m2";
  case DType::I8:
    return "signed char";
  case DType::UI8:
  case DType::I1:
    return "unsigned char";
  case DType::I32:
    return "int";
  case DType::I64:
    return "long long";
  }
  return "float";
}

std::string templateName(const Kernel &kernel) {
  bool simt = kernel.family == Family::Simt;
  switch (kernel.kind) {
  case TemplateKind::Gemm:
    return simt ? "gemm_simt" : "gemm_mma";
  case TemplateKind::Attention:
    return simt ? "attention_simt" : "attention_mma";
  case TemplateKind::RowNorm:
    return "row_norm";
  case TemplateKind::Softmax:
    return "softmax";
  case TemplateKind::Reduce:
    return "reduce";
  case TemplateKind::Pointwise:
    return "pointwise";
  }
  return "";
}

std::vector<std::string> coordinates(const Kernel &kernel, Role role,
                                     bool inPrologue) {
  switch (kernel.kind) {
  case TemplateKind::Gemm:
    if (role == Role::A || (role == Role::Extra && inPrologue))
      return {"g", "m", "k"};
    return role == Role::W ? std::vector<std::string>{"g", "n", "k"}
                           : std::vector<std::string>{"g", "m", "n"};
  case TemplateKind::Attention:
    if (role == Role::Q)
      return {"b", "h", "m", "d"};
    if (role == Role::K)
      return {"b", "h", "n", "d"};
    if (role == Role::V)
      return {"b", "h", "n", "e"};
    return role == Role::Extra && inPrologue
               ? std::vector<std::string>{"b", "h", "m", "n"}
               : std::vector<std::string>{"b", "h", "m", "e"};
  case TemplateKind::RowNorm:
  case TemplateKind::Softmax:
    return {"r", "c"};
  case TemplateKind::Reduce:
    if (role == Role::Out || (role == Role::Extra && !inPrologue))
      return {"r"};
    return {"r", "c"};
  case TemplateKind::Pointwise:
    return {"i"};
  }
  return {};
}

static std::string boolText(bool value) { return value ? "true" : "false"; }

static std::string floatText(float value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  std::string literal = text;
  if (literal.find_first_of(".e") == std::string::npos)
    literal += ".0";
  return literal + "f";
}

static std::string extentText(const Extent &extent) {
  if (!extent.perBatch)
    return std::to_string(extent.value);
  return extent.value == 1 ? "batch"
                           : std::to_string(extent.value) + " * batch";
}

namespace {

class ProblemPrinter {
public:
  ProblemPrinter(const Kernel &kernel, const Launch &launch, int64_t maxBatch)
      : kernel(kernel), launch(launch), maxBatch(maxBatch) {
    for (const KernelOperand &operand : kernel.operands)
      tables.push_back(operand.name + "_");
  }

  std::string print() {
    out = "struct " + kernel.symbol + "_problem {\n";
    for (const KernelOperand &operand : kernel.operands)
      line(std::string(isOutput(operand) ? "" : "const ") +
           storedType(operand.view.dtype) + " *" + operand.name + "_;");
    line("int batch;");
    out += "\n";
    std::visit([&](const auto &config) { printConfig(config); }, kernel.config);
    if (kernel.kind != TemplateKind::Pointwise)
      printOperands();
    printFunctions();
    return out + "};\n";
  }

private:
  static bool isOutput(const KernelOperand &operand) {
    return operand.role == Role::Out;
  }

  void line(const std::string &text) { out += "  " + text + "\n"; }
  void constant(const char *type, const std::string &assignments) {
    line(std::string("static constexpr ") + type + " " + assignments + ";");
  }

  /// A one-line method where it fits 80 columns, else three or more lines.
  void method(const std::string &head, const std::string &statement) {
    std::string whole = "VIT_INLINE " + head + " { " + statement + " }";
    if (whole.size() + 2 <= 80) {
      line(whole);
      return;
    }
    appendStatement(out, "  ", "VIT_INLINE " + head + " {");
    appendStatement(out, "    ", statement);
    line("}");
  }

  static std::string parameters(const std::vector<std::string> &names) {
    std::string text;
    for (const std::string &name : names)
      text += (text.empty() ? "int " : ", int ") + name;
    return text;
  }

  // Sizes of the outermost dims at the largest batch, per axis of an operand.
  std::vector<int64_t> outermost(const std::vector<std::string> &names) const {
    std::vector<int64_t> sizes;
    for (const std::string &name : names)
      sizes.push_back(axisExtent(name));
    return sizes;
  }
  int64_t axisExtent(const std::string &name) const;

  IndexNames indexNames(const View &view,
                        const std::vector<std::string> &names) const {
    bool wide = largestOffset(view, outermost(names)) > INT32_MAX;
    return {names, tables, wide};
  }

  std::string load(const Argument &argument,
                   const std::vector<std::string> &names) const;
  /// The name of a loaded value; empty for the template's own.
  std::string valueName(const Argument &argument) const {
    return argument.operand < 0
               ? ""
               : kernel.operands[argument.operand].name + "_value";
  }
  std::string readName(int32_t operand) const {
    return "read_" + kernel.operands[operand].name;
  }
  static std::string joined(const std::vector<std::string> &names) {
    std::string text;
    for (const std::string &name : names)
      text += (text.empty() ? "" : ", ") + name;
    return text;
  }
  void printGuardedReads(const Function &function,
                         const std::vector<std::string> &names);
  void printOperands();
  void printOperand(const KernelOperand &operand);
  void printFunctions();
  void printFunction(const char *name, const Function &function,
                     const std::vector<std::string> &names);
  void printElement();

  void printConfig(const GemmConfig &c) {
    line(std::string("using Compute = ") + storedType(c.compute) + ";");
    constant("int",
             "kN = " + std::to_string(c.n) + ", kK = " + std::to_string(c.k));
    constant("int", "kBM = " + std::to_string(c.bm) +
                        ", kBN = " + std::to_string(c.bn) +
                        ", kBK = " + std::to_string(c.bk));
    constant("int", "kWM = " + std::to_string(c.wm) +
                        ", kWN = " + std::to_string(c.wn) +
                        ", kStages = " + std::to_string(c.stages));
    method("int groups() const", "return " + extentText(c.groups) + ";");
    method("int rows() const", "return " + extentText(c.rows) + ";");
  }
  void printConfig(const AttentionConfig &c) {
    line(std::string("using Compute = ") + storedType(c.compute) + ";");
    constant("int", "kHeads = " + std::to_string(c.heads) +
                        ", kKvHeads = " + std::to_string(c.kvHeads));
    constant("int", "kQueries = " + std::to_string(c.queries) +
                        ", kKeys = " + std::to_string(c.keys));
    constant("int", "kDk = " + std::to_string(c.dk) +
                        ", kDv = " + std::to_string(c.dv));
    constant("int", "kBM = " + std::to_string(c.bm) +
                        ", kBN = " + std::to_string(c.bn) +
                        ", kWarps = " + std::to_string(c.warps));
    constant("bool", "kCausal = " + boolText(c.causal));
    method("int batches() const", "return " + extentText(c.batch) + ";");
  }
  void printRows(const Extent &rows, int64_t cols, int threadsPerRow,
                 int rowsPerBlock) {
    constant("int", "kCols = " + std::to_string(cols));
    constant("int", "kThreadsPerRow = " + std::to_string(threadsPerRow) +
                        ", kRowsPerBlock = " + std::to_string(rowsPerBlock));
    method("int rows() const", "return " + extentText(rows) + ";");
  }
  void printConfig(const RowNormConfig &c) {
    printRows(c.rows, c.cols, c.threadsPerRow, c.rowsPerBlock);
    constant("bool", "kRms = " + boolText(c.rms));
    constant("float", "kEpsilon = " + floatText(c.epsilon));
  }
  void printConfig(const SoftmaxConfig &c) {
    printRows(c.rows, c.cols, c.threadsPerRow, c.rowsPerBlock);
    constant("bool", "kLog = " + boolText(c.log));
  }
  void printConfig(const ReduceConfig &c) {
    printRows(c.rows, c.cols, c.threadsPerRow, c.rowsPerBlock);
    constant("int", "kKind = " + std::to_string(static_cast<int>(c.kind)));
  }
  void printConfig(const PointwiseConfig &c) {
    bool wide = c.elements.at(maxBatch) > INT32_MAX;
    line(std::string("using Index = ") + (wide ? "long long" : "int") + ";");
    constant("int", "kThreads = " + std::to_string(c.threads) +
                        ", kPerThread = " + std::to_string(c.perThread) +
                        ", kVector = 1");
    method("Index elements() const", "return " + extentText(c.elements) + ";");
  }

  const Kernel &kernel;
  const Launch &launch;
  int64_t maxBatch;
  std::vector<std::string> tables;
  std::string out;
};

} // namespace

int64_t ProblemPrinter::axisExtent(const std::string &name) const {
  if (auto *c = std::get_if<GemmConfig>(&kernel.config))
    return name == "g"   ? c->groups.at(maxBatch)
           : name == "m" ? c->rows.at(maxBatch)
           : name == "n" ? c->n
                         : c->k;
  if (auto *c = std::get_if<AttentionConfig>(&kernel.config))
    return name == "b"   ? c->batch.at(maxBatch)
           : name == "h" ? c->heads
           : name == "m" ? c->queries
           : name == "n" ? c->keys
           : name == "d" ? c->dk
                         : c->dv;
  if (auto *c = std::get_if<PointwiseConfig>(&kernel.config))
    return c->elements.at(maxBatch);
  if (auto *c = std::get_if<RowNormConfig>(&kernel.config))
    return name == "r" ? c->rows.at(maxBatch) : c->cols;
  if (auto *c = std::get_if<SoftmaxConfig>(&kernel.config))
    return name == "r" ? c->rows.at(maxBatch) : c->cols;
  auto &c = std::get<ReduceConfig>(kernel.config);
  return name == "r" ? c.rows.at(maxBatch) : c.cols;
}

/// A read of an operand at the coordinates, as the body's type.
std::string ProblemPrinter::load(const Argument &argument,
                                 const std::vector<std::string> &names) const {
  if (argument.operand < 0)
    return "x";
  const KernelOperand &operand = kernel.operands[argument.operand];
  IndexNames index = indexNames(operand.view, names);
  std::string element =
      operand.name + "_[" + indexExpression(operand.view, index) + "]";
  if (!operand.view.guards.empty())
    element = readName(argument.operand) + "(" + joined(names) + ")";
  if (argument.type == DType::I1)
    return element + " != 0";
  if (argument.type == DType::F32 && operand.view.dtype != DType::F32)
    return "vit::to_f32(" + element + ")";
  return element;
}

/// A guarded operand is read by a method of its own: zero outside.
void ProblemPrinter::printGuardedReads(const Function &function,
                                       const std::vector<std::string> &names) {
  for (const Argument &argument : function.args) {
    if (argument.operand < 0 ||
        kernel.operands[argument.operand].view.guards.empty())
      continue;
    const KernelOperand &operand = kernel.operands[argument.operand];
    IndexNames index = indexNames(operand.view, names);
    std::string type = storedType(operand.view.dtype);
    out += "\n";
    line("VIT_INLINE " + type + " " + readName(argument.operand) + "(" +
         parameters(names) + ") const {");
    appendStatement(
        out, "    ",
        "const bool valid = " + guardExpression(operand.view, index) + ";");
    appendStatement(out, "    ",
                    std::string("const ") + (index.wide ? "long long" : "int") +
                        " at = " + indexExpression(operand.view, index) + ";");
    line("  return valid ? " + operand.name + "_[at] : vit::zero<" + type +
         ">();");
    line("}");
  }
}

void ProblemPrinter::printOperands() {
  for (const KernelOperand &operand : kernel.operands)
    if (operand.role != Role::Extra && operand.role != Role::Table)
      printOperand(operand);
}

/// The accessor, vector width and guard of a main operand.
void ProblemPrinter::printOperand(const KernelOperand &operand) {
  static const char *const roles[] = {"", "a", "w", "q", "k", "v", "in", "out"};
  std::string lower = roles[static_cast<int>(operand.role)];
  std::string upper = lower;
  upper[0] = static_cast<char>(upper[0] - 'a' + 'A');
  std::vector<std::string> names = coordinates(kernel, operand.role, true);
  IndexNames index = indexNames(operand.view, names);

  line("using " + upper + " = " + storedType(operand.view.dtype) + ";");
  constant("int", "k" + upper + "Vector = " + std::to_string(operand.vector));
  constant("bool",
           "k" + upper + "Guarded = " + boolText(!operand.view.guards.empty()));
  if (!operand.view.guards.empty())
    method("bool " + lower + "_valid(" + parameters(names) + ") const",
           "return " + guardExpression(operand.view, index) + ";");
  std::string offset = indexExpression(operand.view, index);
  if (offset.find(' ') != std::string::npos)
    offset = "(" + offset + ")";
  method(std::string(isOutput(operand) ? "" : "const ") + upper + " *" + lower +
             "(" + parameters(names) + ") const",
         "return " + operand.name + "_ + " + offset + ";");
}

void ProblemPrinter::printFunction(const char *name, const Function &function,
                                   const std::vector<std::string> &names) {
  printGuardedReads(function, names);
  std::vector<ArgumentText> arguments;
  for (const Argument &argument : function.args)
    arguments.push_back({load(argument, names), valueName(argument)});
  out += "\n";
  std::string head = std::string("VIT_INLINE float ") + name + "(float x, " +
                     parameters(names) + ") const {";
  if (function.isIdentity()) {
    method(head.substr(11, head.size() - 13), "return x;");
    return;
  }
  line(head);
  out += printFunctionBody(function, arguments, launch, "    ");
  line("}");
}

void ProblemPrinter::printFunctions() {
  if (kernel.kind == TemplateKind::Pointwise) {
    printElement();
    return;
  }
  std::vector<std::string> inner = coordinates(kernel, Role::Extra, true);
  if (kernel.kind == TemplateKind::Attention) {
    printFunction("score", kernel.prologue, inner);
  } else {
    constant("bool",
             "kHasPrologue = " + boolText(!kernel.prologue.isIdentity()));
    if (!kernel.prologue.isIdentity())
      printFunction("prologue", kernel.prologue, inner);
  }
  printFunction("epilogue", kernel.epilogue,
                coordinates(kernel, Role::Extra, false));
}

/// Pointwise: `value` computes element i, `element` stores it.
void ProblemPrinter::printElement() {
  const KernelOperand *output = nullptr;
  for (const KernelOperand &operand : kernel.operands)
    if (isOutput(operand))
      output = &operand;
  if (!output)
    return;
  const Function &function = kernel.prologue;
  printGuardedReads(function, {"i"});
  std::vector<ArgumentText> arguments;
  for (const Argument &argument : function.args)
    arguments.push_back({load(argument, {"i"}), valueName(argument)});

  DType type = DType::F32;
  if (function.result < function.args.size())
    type = function.args[function.result].type;
  else if (const Instr &last =
               function.body[function.result - function.args.size()];
           last.op != Opcode::RoundTo)
    type = last.type;
  out += "\n";
  line(std::string("VIT_INLINE ") + computeType(type) +
       " value(Index i) const {");
  out += printFunctionBody(function, arguments, launch, "    ");
  line("}");

  IndexNames index = indexNames(output->view, {"i"});
  std::string target =
      output->name + "_[" + indexExpression(output->view, index) + "]";
  std::string stored = storedType(output->view.dtype);
  std::string store = target + " = vit::store_as<" + stored + ">(value(i));";
  if (!output->view.guards.empty())
    store = "if (" + guardExpression(output->view, index) + ") " + store;
  method("void element(Index i) const", store);
}

std::string printProblem(const Kernel &kernel, const Launch &launch,
                         int64_t maxBatch) {
  return ProblemPrinter(kernel, launch, maxBatch).print();
}

} // namespace vitc
