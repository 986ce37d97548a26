//===- NormOps.cpp - Layer norm, softmax, reduction, pooling --------------===//
#include "dialect/OpUtils.h"

using namespace mlir;
using namespace vitc::vit;

static Type elementOf(Value value) {
  return getElementTypeOrSelf(value.getType());
}

// layer_norm_c1, layer_norm_c2, layer_norm_c3
LogicalResult LayerNormOp::verify() {
  return verifyResult(*this,
                      inferLayerNorm(opError(*this), typeOf(getInput()),
                                     typeOf(getGamma()), typeOf(getBeta()),
                                     getRms(), elementOf(getOutput())),
                      getOutput().getType());
}

void LayerNormOp::build(OpBuilder &builder, OperationState &state, Value input,
                        Value gamma, Value beta, float epsilon, bool rms) {
  auto type =
      inferredOrDie(inferLayerNorm(errorAt(state.location), typeOf(input),
                                   typeOf(gamma), typeOf(beta), rms));
  build(builder, state, type, input, gamma, beta, llvm::APFloat(epsilon), rms);
}

// softmax_c1
LogicalResult SoftmaxOp::verify() {
  return verifyResult(*this,
                      inferSoftmax(opError(*this), typeOf(getInput()),
                                   getAxisAttr().getInt(),
                                   elementOf(getOutput())),
                      getOutput().getType());
}

void SoftmaxOp::build(OpBuilder &builder, OperationState &state, Value input,
                      int64_t axis, bool log) {
  auto type =
      inferredOrDie(inferSoftmax(errorAt(state.location), typeOf(input), axis));
  build(builder, state, type, input, axis, log);
}

// reduce_c1, reduce_c2, reduce_c3
LogicalResult ReduceOp::verify() {
  return verifyResult(*this,
                      inferReduce(opError(*this), typeOf(getInput()), getKind(),
                                  getAxes(), getKeepDims(),
                                  elementOf(getOutput())),
                      getOutput().getType());
}

void ReduceOp::build(OpBuilder &builder, OperationState &state, Value input,
                     StringRef kind, ArrayRef<int64_t> axes, bool keepDims) {
  auto type = inferredOrDie(inferReduce(errorAt(state.location), typeOf(input),
                                        kind, axes, keepDims));
  build(builder, state, type, input, kind, axes, keepDims);
}

// pool2d_c1
LogicalResult Pool2DOp::verify() {
  return verifyResult(*this,
                      inferPool2D(opError(*this), typeOf(getInput()), getKind(),
                                  getKernel(), getStrides(), getPads(),
                                  getDilations(), getCeilMode(),
                                  elementOf(getOutput())),
                      getOutput().getType());
}
