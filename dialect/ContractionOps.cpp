//===- ContractionOps.cpp - Linear, matmul, attention, convolution --------===//
#include "dialect/OpUtils.h"

using namespace mlir;
using namespace vitc::vit;

static Type elementOf(Value value) {
  return getElementTypeOrSelf(value.getType());
}

//===----------------------------------------------------------------------===//
// vit.linear, vit.matmul, vit.qkv_projection
//===----------------------------------------------------------------------===//

// linear_c1, linear_c2, linear_c3, linear_c4
LogicalResult LinearOp::verify() {
  return verifyResult(*this,
                      inferLinear(opError(*this), typeOf(getInput()),
                                  typeOf(getWeight()), typeOf(getBias()),
                                  elementOf(getOutput())),
                      getOutput().getType());
}

void LinearOp::build(OpBuilder &builder, OperationState &state, Value input,
                     Value weight, Value bias) {
  auto type = inferredOrDie(inferLinear(errorAt(state.location), typeOf(input),
                                        typeOf(weight), typeOf(bias)));
  build(builder, state, type, input, weight, bias);
}

// matmul_c1, matmul_c2, matmul_c3
LogicalResult MatmulOp::verify() {
  return verifyResult(*this,
                      inferMatmul(opError(*this), typeOf(getLhs()),
                                  typeOf(getRhs()), getTransposeRhs(),
                                  elementOf(getOutput())),
                      getOutput().getType());
}

void MatmulOp::build(OpBuilder &builder, OperationState &state, Value lhs,
                     Value rhs, bool transposeRhs) {
  auto type = inferredOrDie(inferMatmul(errorAt(state.location), typeOf(lhs),
                                        typeOf(rhs), transposeRhs));
  build(builder, state, type, lhs, rhs, transposeRhs);
}

// qkv_projection_c1, qkv_projection_c2, qkv_projection_c3, qkv_projection_c4
LogicalResult QKVProjectionOp::verify() {
  SmallVector<int64_t, 3> widths;
  for (Value result : getResults()) {
    Extents extents = getExtents(typeOf(result));
    if (extents.empty() || extents.back().perBatch)
      return emitOpError("expects results of a static width, but got ")
             << result.getType();
    widths.push_back(extents.back().value);
  }
  auto types =
      inferQKVProjection(opError(*this), typeOf(getInput()),
                         typeOf(getWeight()), typeOf(getBias()), widths);
  if (failed(types))
    return failure();
  for (auto [type, result] : llvm::zip(*types, getResults()))
    if (failed(verifyResult(*this, withElement(type, elementOf(result)),
                            result.getType())))
      return failure();
  return success();
}

void QKVProjectionOp::build(OpBuilder &builder, OperationState &state,
                            Value input, Value weight, Value bias,
                            ArrayRef<int64_t> widths) {
  auto types = inferQKVProjection(errorAt(state.location), typeOf(input),
                                  typeOf(weight), typeOf(bias), widths);
  if (failed(types))
    llvm::report_fatal_error("an op was built from operands that do not fit");
  build(builder, state, (*types)[0], (*types)[1], (*types)[2], input, weight,
        bias);
}

//===----------------------------------------------------------------------===//
// vit.attention, vit.window_attention
//===----------------------------------------------------------------------===//

// attention_c1, attention_c2, attention_c3, attention_c4, attention_c5
LogicalResult AttentionOp::verify() {
  return verifyResult(
      *this,
      inferAttention(opError(*this), typeOf(getQ()), typeOf(getK()),
                     typeOf(getV()), typeOf(getBias()), getHeadsAttr().getInt(),
                     getKvHeadsAttr().getInt(), elementOf(getOutput())),
      getOutput().getType());
}

void AttentionOp::build(OpBuilder &builder, OperationState &state, Value q,
                        Value k, Value v, Value bias, int64_t heads,
                        int64_t kvHeads, float scale, bool causal) {
  auto type = inferredOrDie(inferAttention(errorAt(state.location), typeOf(q),
                                           typeOf(k), typeOf(v), typeOf(bias),
                                           heads, kvHeads));
  build(builder, state, type, q, k, v, bias, heads, kvHeads,
        llvm::APFloat(scale), causal);
}

// window_attention_c1, window_attention_c2, window_attention_c3
LogicalResult WindowAttentionOp::verify() {
  return verifyResult(
      *this,
      inferWindowAttention(opError(*this), typeOf(getQ()), typeOf(getK()),
                           typeOf(getV()), typeOf(getBias()),
                           getHeadsAttr().getInt(), getGrid(), getWindow(),
                           getShift(), elementOf(getOutput())),
      getOutput().getType());
}

void WindowAttentionOp::build(OpBuilder &builder, OperationState &state,
                              Value q, Value k, Value v, Value bias,
                              int64_t heads, float scale,
                              ArrayRef<int64_t> grid, ArrayRef<int64_t> window,
                              ArrayRef<int64_t> shift) {
  auto type = inferredOrDie(inferWindowAttention(
      errorAt(state.location), typeOf(q), typeOf(k), typeOf(v), typeOf(bias),
      heads, grid, window, shift));
  build(builder, state, type, q, k, v, bias, heads, llvm::APFloat(scale), grid,
        window, shift);
}

//===----------------------------------------------------------------------===//
// vit.patch_embed, vit.conv2d
//===----------------------------------------------------------------------===//

// patch_embed_c1, patch_embed_c2, patch_embed_c3
LogicalResult PatchEmbedOp::verify() {
  return verifyResult(*this,
                      inferPatchEmbed(opError(*this), typeOf(getImage()),
                                      typeOf(getWeight()), typeOf(getBias()),
                                      elementOf(getOutput())),
                      getOutput().getType());
}

void PatchEmbedOp::build(OpBuilder &builder, OperationState &state, Value image,
                         Value weight, Value bias) {
  auto type = inferredOrDie(inferPatchEmbed(
      errorAt(state.location), typeOf(image), typeOf(weight), typeOf(bias)));
  build(builder, state, type, image, weight, bias);
}

// conv2d_c1, conv2d_c2, conv2d_c3
LogicalResult Conv2DOp::verify() {
  return verifyResult(
      *this,
      inferConv2D(opError(*this), typeOf(getInput()), typeOf(getWeight()),
                  typeOf(getBias()), getStrides(), getPads(), getDilations(),
                  getGroupsAttr().getInt(), elementOf(getOutput())),
      getOutput().getType());
}

void Conv2DOp::build(OpBuilder &builder, OperationState &state, Value input,
                     Value weight, Value bias, ArrayRef<int64_t> strides,
                     ArrayRef<int64_t> pads, ArrayRef<int64_t> dilations,
                     int64_t groups) {
  auto type = inferredOrDie(inferConv2D(errorAt(state.location), typeOf(input),
                                        typeOf(weight), typeOf(bias), strides,
                                        pads, dilations, groups));
  build(builder, state, type, input, weight, bias, strides, pads, dilations,
        groups);
}
