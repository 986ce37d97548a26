//===- ImportActivation.cpp - Activation functions ------------------------===//
#include "frontend/Eval.h"
#include "frontend/OpTables.h"

using namespace mlir;

namespace vitc::frontend {

static LogicalResult importPlain(Node &n) {
  return n.out(n.kind(n.entry->kind, {n.in(0)}));
}

static LogicalResult importLeakyRelu(Node &n) {
  return n.out(n.kind("leaky_relu", {n.in(0)}, {n.attrFloat("alpha", 0.01f)}));
}

static LogicalResult importElu(Node &n) {
  return n.out(n.kind("elu", {n.in(0)}, {n.attrFloat("alpha", 1)}));
}

static LogicalResult importCelu(Node &n) {
  return n.out(n.kind("celu", {n.in(0)}, {n.attrFloat("alpha", 1)}));
}

static LogicalResult importSelu(Node &n) {
  return n.out(n.kind("selu", {n.in(0)},
                      {n.attrFloat("alpha", 1.67326319217681884765625),
                       n.attrFloat("gamma", 1.05070102214813232421875)}));
}

static LogicalResult importThresholdedRelu(Node &n) {
  return n.out(
      n.kind("thresholded_relu", {n.in(0)}, {n.attrFloat("alpha", 1)}));
}

static LogicalResult importHardSigmoid(Node &n) {
  return n.out(n.kind("hard_sigmoid", {n.in(0)},
                      {n.attrFloat("alpha", 0.2f), n.attrFloat("beta", 0.5f)}));
}

static LogicalResult importSwish(Node &n) {
  double alpha = n.attrFloat("alpha", 1);
  mlir::Value x = n.in(0);
  if (alpha == 1)
    return n.out(n.kind("silu", {x}));
  return n.out(
      n.kind("mul", {x, n.kind("sigmoid", {n.kind("scale", {x}, {alpha})})}));
}

static LogicalResult importGelu(Node &n) {
  std::string form = n.attrString("approximate", "none");
  if (form != "none" && form != "tanh")
    return n.mismatch("expected `approximate` to be none or tanh");
  return n.out(n.kind(form == "tanh" ? "gelu_tanh" : "gelu_erf", {n.in(0)}));
}

OpTable activationOps() {
  static const OpEntry table[] = {
      {"Relu", importPlain, evalUnary, "relu"},
      {"Sigmoid", importPlain, evalUnary, "sigmoid"},
      {"Tanh", importPlain, evalUnary, "tanh"},
      {"Softplus", importPlain, evalUnary, "softplus"},
      {"Softsign", importPlain, nullptr, "softsign"},
      {"Mish", importPlain, nullptr, "mish"},
      {"HardSwish", importPlain, nullptr, "hard_swish"},
      {"HardSigmoid", importHardSigmoid, nullptr, "hard_sigmoid"},
      {"LeakyRelu", importLeakyRelu, nullptr, "leaky_relu"},
      {"Elu", importElu, nullptr, "elu"},
      {"Celu", importCelu, nullptr, "celu"},
      {"Selu", importSelu, nullptr, "selu"},
      {"ThresholdedRelu", importThresholdedRelu, nullptr, "thresholded_relu"},
      {"Swish", importSwish, nullptr, "silu"},
      {"Gelu", importGelu, nullptr, "gelu_erf", "approximate none or tanh"},
  };
  return table;
}

} // namespace vitc::frontend
