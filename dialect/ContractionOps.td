//===- ContractionOps.td - Ops of vit: contractions and attention ---*- tablegen -*-===//
#ifndef VITC_DIALECT_CONTRACTIONOPS_TD
#define VITC_DIALECT_CONTRACTIONOPS_TD

include "dialect/VitBase.td"

def Vit_LinearOp : Vit_Op<"linear", [Pure]> {
  let summary = "Dense layer over the last axis: `input * transpose(weight) + bias`";
  let description = [{
    input [..., K], weight [N, K], bias [N], output [..., N]. The element type
    of the output is free: products are accumulated in f32 (f32 inputs: f32).
    * (C1) `dim(input, -1) = dim(weight, 1)`.
    * (C2) `dim(bias, 0) = dim(weight, 0)`.
    * (C3) output = leading dims of input, then `dim(weight, 0)`.
    * (C4) input and weight have one element type.
  }];
  let arguments = (ins Vit_FloatTensor:$input, Vit_FloatTensor:$weight,
                       Vit_OptFloatTensor:$bias);
  let results = (outs Vit_FloatTensor:$output);
  let assemblyFormat = [{
    $input `,` $weight (`,` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$weight,
                   CArg<"::mlir::Value", "{}">:$bias)>
  ];
  let hasVerifier = 1;
}

def Vit_MatmulOp : Vit_Op<"matmul", [Pure]> {
  let summary = "Batched product of two computed tensors, as numpy.matmul";
  let description = [{
    lhs [..., M, K], rhs [..., K, N] (`transpose_rhs`: [..., N, K]); leading
    dims broadcast.
    * (C1) the contracted extents agree.
    * (C2) both ranks are at least 2 and the leading dims broadcast.
    * (C3) output = broadcast leading dims, M, N.
  }];
  let arguments = (ins Vit_FloatTensor:$lhs, Vit_FloatTensor:$rhs, UnitAttr:$transpose_rhs);
  let results = (outs Vit_FloatTensor:$output);
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` functional-type(operands, results)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$lhs, "::mlir::Value":$rhs,
                   CArg<"bool", "false">:$transposeRhs)>
  ];
  let hasVerifier = 1;
}

def Vit_QKVProjectionOp : Vit_Op<"qkv_projection", [Pure]> {
  let summary = "The Q, K and V projections of one input as one GEMM";
  let description = [{
    input [..., C], weight [Nq + Nk + Nv, C], bias [Nq + Nk + Nv]; results
    [..., Nq], [..., Nk], [..., Nv]: the columns of one product. A result of
    width 0 does not exist: `k` and `v` alone have a zero-width `q` that nothing
    reads (Q + KV projections).
    * (C1) `dim(input, -1) = dim(weight, 1)`.
    * (C2) the result widths add up to `dim(weight, 0)`.
    * (C3) `dim(bias, 0) = dim(weight, 0)`.
    * (C4) the leading dims of all results are the input's.
  }];
  let arguments = (ins Vit_FloatTensor:$input, Vit_FloatTensor:$weight,
                       Vit_OptFloatTensor:$bias);
  let results = (outs Vit_FloatTensor:$q, Vit_FloatTensor:$k, Vit_FloatTensor:$v);
  let assemblyFormat = [{
    $input `,` $weight (`,` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$weight,
                   "::mlir::Value":$bias, "::llvm::ArrayRef<int64_t>":$widths)>
  ];
  let hasVerifier = 1;
}

def Vit_AttentionOp : Vit_Op<"attention", [Pure]> {
  let summary = "softmax(scale * Q K^T + bias) V for every head; never 4-D";
  let description = [{
    q [B, Nq, heads*dk], k [B, Nkv, kv_heads*dk], v [B, Nkv, kv_heads*dv],
    bias broadcastable to [B, heads, Nq, Nkv] (rank 4; a boolean mask is a bias
    of 0 and -inf), output [B, Nq, heads*dv]. Head h reads key/value head
    `h / (heads / kv_heads)`. `causal`: key j is seen by query i if
    `j <= i + Nkv - Nq` (`vit.attention` of opset 23: `j <= i`, equal lengths).
    Scores and softmax are f32.
    * (C1) ranks are 3, B and the token counts agree.
    * (C2) `heads` divides `dim(q, 2)`, `kv_heads` divides `heads`,
      `dim(k, 2)` and `dim(v, 2)`.
    * (C3) the head sizes of q and k agree.
    * (C4) bias is broadcastable to [B, heads, Nq, Nkv].
    * (C5) output = [B, Nq, heads * dv].
  }];
  let arguments = (ins Vit_FloatTensor:$q, Vit_FloatTensor:$k, Vit_FloatTensor:$v,
                       Vit_OptFloatTensor:$bias, I64Attr:$heads, I64Attr:$kv_heads,
                       F32Attr:$scale, UnitAttr:$causal);
  let results = (outs Vit_FloatTensor:$output);
  let assemblyFormat = [{
    $q `,` $k `,` $v (`bias` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$q, "::mlir::Value":$k, "::mlir::Value":$v,
                   "::mlir::Value":$bias, "int64_t":$heads, "int64_t":$kvHeads,
                   "float":$scale, CArg<"bool", "false">:$causal)>
  ];
  let hasVerifier = 1;
}

def Vit_WindowAttentionOp : Vit_Op<"window_attention", [Pure]> {
  let summary = "Attention within (shifted) windows of a token grid";
  let description = [{
    q, k, v [B, H*W, heads*d] over a grid H x W of tokens, rolled by -shift and
    cut into windows; tokens that the roll brought together from different
    sides do not see each other. bias [heads, Nw, Nw], Nw = window area. The
    output is rolled back: [B, H*W, heads*d].
    * (C1) ranks are 3, shapes agree, `heads` divides the width.
    * (C2) `grid` area = `dim(q, 1)`, `window` divides `grid`, 0 <= shift < window.
    * (C3) bias = [heads, Nw, Nw].
  }];
  let arguments = (ins Vit_FloatTensor:$q, Vit_FloatTensor:$k, Vit_FloatTensor:$v,
                       Vit_OptFloatTensor:$bias, I64Attr:$heads, F32Attr:$scale,
                       DenseI64ArrayAttr:$grid, DenseI64ArrayAttr:$window,
                       DenseI64ArrayAttr:$shift);
  let results = (outs Vit_FloatTensor:$output);
  let assemblyFormat = [{
    $q `,` $k `,` $v (`bias` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$q, "::mlir::Value":$k, "::mlir::Value":$v,
                   "::mlir::Value":$bias, "int64_t":$heads, "float":$scale,
                   "::llvm::ArrayRef<int64_t>":$grid,
                   "::llvm::ArrayRef<int64_t>":$window,
                   "::llvm::ArrayRef<int64_t>":$shift)>
  ];
  let hasVerifier = 1;
}

def Vit_PatchEmbedOp : Vit_Op<"patch_embed", [Pure]> {
  let summary = "Image patches to tokens: a convolution with kernel = stride";
  let description = [{
    image [B, C, H, W], weight [D, C, ph, pw], bias [D], output
    [B, (H/ph) * (W/pw), D]; patches row-major. What does not fill a patch at
    the right and bottom is not read.
    * (C1) image rank 4, weight rank 4, one channel count.
    * (C2) `dim(bias, 0) = D`.
    * (C3) output = [B, floor(H/ph) * floor(W/pw), D].
  }];
  let arguments = (ins Vit_FloatTensor:$image, Vit_FloatTensor:$weight,
                       Vit_OptFloatTensor:$bias);
  let results = (outs Vit_FloatTensor:$output);
  let assemblyFormat = [{
    $image `,` $weight (`,` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$image, "::mlir::Value":$weight,
                   CArg<"::mlir::Value", "{}">:$bias)>
  ];
  let hasVerifier = 1;
}

def Vit_Conv2DOp : Vit_Op<"conv2d", [Pure]> {
  let summary = "2-D convolution, NCHW";
  let description = [{
    input [B, C, H, W], weight [O, C/groups, kh, kw], bias [O], pads
    [top, left, bottom, right] (zeros), output [B, O, H', W'].
    * (C1) ranks are 4; `groups` divides C and O; `dim(weight, 1) = C/groups`.
    * (C2) `dim(bias, 0) = O`.
    * (C3) H' = floor((H + top + bottom - dilation*(kh-1) - 1) / stride) + 1.
  }];
  let arguments = (ins Vit_FloatTensor:$input, Vit_FloatTensor:$weight,
                       Vit_OptFloatTensor:$bias, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
                       I64Attr:$groups);
  let results = (outs Vit_FloatTensor:$output);
  let assemblyFormat = [{
    $input `,` $weight (`,` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$weight,
                   "::mlir::Value":$bias, "::llvm::ArrayRef<int64_t>":$strides,
                   "::llvm::ArrayRef<int64_t>":$pads,
                   "::llvm::ArrayRef<int64_t>":$dilations, "int64_t":$groups)>
  ];
  let hasVerifier = 1;
}

#endif // VITC_DIALECT_CONTRACTIONOPS_TD
