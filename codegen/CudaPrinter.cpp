//===- CudaPrinter.cpp - Plan -> CUDA text --------------------------------===//
#include "codegen/CudaPrinter.h"

#include "codegen/CommentText.h"
#include "codegen/IndexPrinter.h"
#include "codegen/ProblemPrinter.h"

#include <algorithm>

using namespace vitrt::format;

namespace vitc {

static std::string batchText(int64_t perBatch, int64_t fixed) {
  std::string text = perBatch ? std::to_string(perBatch) + "*B" : "";
  if (fixed || text.empty())
    text += (text.empty() ? "" : " + ") + std::to_string(fixed);
  return text;
}

static std::string gridText(const GridFormula &grid) {
  std::string size = batchText(grid.perBatch, grid.fixed);
  if (grid.divisor == 1)
    return size;
  if (!grid.perBatch)
    return std::to_string(grid.at(1));
  return "ceil((" + size + ") / " + std::to_string(grid.divisor) + ")";
}

static std::string extentText(const Extent &extent) {
  return batchText(extent.perBatch ? extent.value : 0,
                   extent.perBatch ? 0 : extent.value);
}

/// What the kernel computes, for its header comment.
static std::string purpose(const Kernel &kernel) {
  if (auto *c = std::get_if<GemmConfig>(&kernel.config)) {
    std::string a =
        kernel.prologue.isIdentity() ? "a[m, k]" : "prologue(a[m, k])";
    return "out[m, n] = epilogue(sum_k " + a + " * w[n, k]), m < " +
           extentText(c->rows) + ", n < " + std::to_string(c->n) + ", k < " +
           std::to_string(c->k);
  }
  if (auto *c = std::get_if<AttentionConfig>(&kernel.config))
    return "out = softmax(score(q k^T)) v: " + std::to_string(c->heads) +
           " heads, " + std::to_string(c->queries) + " queries of " +
           std::to_string(c->dk) + ", " + std::to_string(c->keys) +
           " keys, values of " + std::to_string(c->dv);
  auto rows = [](const char *what, const Extent &rows, int64_t cols) {
    return std::string(what) + " over rows of " + std::to_string(cols) + ", " +
           extentText(rows) + " rows";
  };
  if (auto *c = std::get_if<RowNormConfig>(&kernel.config))
    return rows(c->rms ? "RMS norm" : "layer norm", c->rows, c->cols);
  if (auto *c = std::get_if<SoftmaxConfig>(&kernel.config))
    return rows("softmax", c->rows, c->cols);
  if (auto *c = std::get_if<ReduceConfig>(&kernel.config))
    return rows("reduction", c->rows, c->cols);
  auto &c = std::get<PointwiseConfig>(kernel.config);
  return "one function at each of " + extentText(c.elements) + " elements";
}

static const Launch &firstLaunch(const Plan &plan, uint32_t index) {
  static const Launch none;
  auto it = std::find_if(
      plan.launches.begin(), plan.launches.end(),
      [&](const Launch &launch) { return launch.kernel == index; });
  return it == plan.launches.end() ? none : *it;
}

static std::string headerComment(const Plan &plan, uint32_t index) {
  const Kernel &kernel = plan.kernels[index];
  std::string text =
      "// " + kernel.symbol + ".cu - emitted by vitc. Do not edit.\n//\n";
  appendCommentText(text, "// ", "// ", purpose(kernel) + ".");
  appendCommentText(
      text, "// Launch: ", "//   ",
      "grid (" + gridText(kernel.grid[0]) + ", " + gridText(kernel.grid[1]) +
          ", " + gridText(kernel.grid[2]) + "), " +
          std::to_string(kernel.threads) + " threads, " +
          std::to_string(kernel.sharedBytes) + " bytes of shared memory.");
  if (!kernel.why.empty())
    appendCommentText(text, "// Why: ", "//   ", commentText(kernel.why, 400));

  std::vector<std::string> nodes;
  int64_t launches = 0;
  for (const Launch &launch : plan.launches) {
    if (launch.kernel != index)
      continue;
    ++launches;
    for (const std::string &node : launch.nodes)
      nodes.push_back(commentText(node, 70));
  }
  text += "// Used by " + std::to_string(launches) +
          (launches == 1 ? " launch" : " launches") + ", for the ONNX nodes\n";
  appendCommentList(text, "//   ", nodes.data(), nodes.data() + nodes.size());
  return text;
}

/// Whether the operand may be the same memory as another one.
static bool mayAlias(const Kernel &kernel, const KernelOperand &operand) {
  bool extras =
      std::any_of(kernel.operands.begin(), kernel.operands.end(),
                  [](const KernelOperand &o) { return o.role == Role::Extra; });
  return kernel.kind == TemplateKind::Pointwise ||
         operand.role == Role::Extra || (operand.role == Role::Out && extras);
}

/// The functions read extra operands element by element; told their alignment,
/// the compiler makes vector loads of adjacent ones. (Templates load the other
/// operands as vectors themselves.)
static std::string alignedPointer(const Kernel &kernel,
                                  const KernelOperand &operand) {
  uint32_t bytes = operand.vector * elementBytes(operand.view.dtype);
  if (operand.role != Role::Extra || operand.vector == 1 || bytes < 4 ||
      kernel.kind == TemplateKind::Pointwise)
    return operand.name;
  return "vit::aligned<" + std::to_string(bytes) + ">(" + operand.name + ")";
}

static std::string entry(const Kernel &kernel) {
  std::vector<std::string> parameters;
  std::string assignments;
  for (const KernelOperand &operand : kernel.operands) {
    std::string constant = operand.role == Role::Out ? "" : "const ";
    std::string restrict_ = mayAlias(kernel, operand) ? "" : "__restrict__ ";
    parameters.push_back(constant + storedType(operand.view.dtype) + " *" +
                         restrict_ + operand.name);
    assignments += "  problem." + operand.name +
                   "_ = " + alignedPointer(kernel, operand) + ";\n";
  }
  parameters.push_back("int batch");

  std::string text = "VIT_KERNEL(" + std::to_string(kernel.threads) + ")\n" +
                     kernel.symbol + "(";
  std::string line;
  std::string indent(kernel.symbol.size() + 1, ' ');
  bool narrow = indent.size() > 48;
  if (narrow) {
    indent = "    ";
    text += "\n" + indent;
  }
  size_t column = narrow ? indent.size() : kernel.symbol.size() + 1;
  for (size_t i = 0; i < parameters.size(); ++i) {
    std::string piece =
        parameters[i] + (i + 1 == parameters.size() ? ") {" : ",");
    if (i > 0 && column + 1 + piece.size() > 80) {
      text += "\n" + indent + piece;
      column = indent.size() + piece.size();
    } else {
      text += (i > 0 ? " " : "") + piece;
      column += piece.size() + (i > 0);
    }
  }
  text += "\n  VIT_DYN_SMEM(smem);\n";
  text += "  " + kernel.symbol + "_problem problem;\n" + assignments;
  text += "  problem.batch = batch;\n";
  text += "  vit::" + templateName(kernel) + "(problem, smem);\n}\n";
  return text + "VIT_EXPORT(" + kernel.symbol + ")\n";
}

std::string printKernel(const Plan &plan, uint32_t index) {
  const Kernel &kernel = plan.kernels[index];
  return headerComment(plan, index) + "#include \"" + templateName(kernel) +
         ".cuh\"\n\n" + "namespace {\n\n" +
         printProblem(kernel, firstLaunch(plan, index), plan.maxBatch) +
         "\n} // namespace\n\n" + entry(kernel);
}

} // namespace vitc
