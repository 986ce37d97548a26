//===- VitOps.td - Ops of the vit dialect ------------------*- tablegen -*-===//
//
// Constraints are numbered (C1, C2 ...), cited in the verifiers as
// `linear_c1`, and named in test/dialect/vit-errors.mlir.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_VITOPS_TD
#define VITC_DIALECT_VITOPS_TD

include "dialect/VitDialect.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Vit_Op<string mnemonic, list<Trait> traits = []>
    : Op<Vit_Dialect, mnemonic, traits>;

/// A tensor of any element type of the project (DESIGN, "Types").
def Vit_Tensor : RankedTensorOf<[F32, F16, BF16, F8E4M3FN, F8E5M2, I8, UI8, I32, I1, I64]>;
def Vit_FloatTensor : RankedTensorOf<[F32, F16, BF16]>;
def Vit_OptFloatTensor : Optional<Vit_FloatTensor>;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

def Vit_InitializerOp : Vit_Op<"initializer", [Symbol, IsolatedFromAbove]> {
  let summary = "A weight: bytes of a file, or a recipe over other weights";
  let description = [{
    `source` is a dense attribute (at most 4 KiB), a `dense_resource`,
    `#vit.file` or `#vit.random`. Without one, `recipe` computes the value with
    vit ops over `vit.weight` of earlier initializers and ends in `vit.yield`;
    the reference executor evaluates it. Constraints:
    * (C1) exactly one of `source` and `recipe`.
    * (C2) a recipe yields one value of type `type`.
    * (C3) the type is static.
    * (C4) a file source has as many bytes as the type.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Vit_Tensor>:$type,
                       OptionalAttr<AnyAttr>:$source);
  let regions = (region MaxSizedRegion<1>:$recipe);
  let assemblyFormat = [{
    $sym_name `:` $type (`=` $source^)? attr-dict-with-keyword ($recipe^)?
  }];
  let hasVerifier = 1;
}

def Vit_WeightOp : Vit_Op<"weight", [Pure, ConstantLike,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "The value of an initializer";
  let description = [{
    * (C1) the symbol is a `vit.initializer` of the result type.
  }];
  let arguments = (ins FlatSymbolRefAttr:$initializer);
  let results = (outs Vit_Tensor:$result);
  let assemblyFormat = "$initializer attr-dict `:` type($result)";
  let hasFolder = 1;
}

def Vit_YieldOp : Vit_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "Ends a region of a vit op";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

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
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Normalisation and reduction
//===----------------------------------------------------------------------===//

def Vit_LayerNormOp : Vit_Op<"layer_norm", [Pure, AttrSizedOperandSegments]> {
  let summary = "Layer (or RMS) normalisation over the last axis";
  let description = [{
    `(x - mean) * rsqrt(var + epsilon) * gamma + beta`, statistics in f32; with
    `rms`, `x * rsqrt(mean(x^2) + epsilon) * gamma`. input, output [..., C];
    gamma, beta [C].
    * (C1) `dim(gamma, 0) = dim(beta, 0) = dim(input, -1)`.
    * (C2) output has the shape of input.
    * (C3) `rms` has no beta.
  }];
  let arguments = (ins Vit_FloatTensor:$input, Vit_OptFloatTensor:$gamma,
                       Vit_OptFloatTensor:$beta, F32Attr:$epsilon, UnitAttr:$rms);
  let results = (outs Vit_FloatTensor:$output);
  let assemblyFormat = [{
    $input (`gamma` $gamma^)? (`beta` $beta^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Vit_SoftmaxOp : Vit_Op<"softmax", [Pure]> {
  let summary = "Softmax over one axis, computed in f32";
  let description = [{
    * (C1) `0 <= axis < rank`; output has the shape of input.
  }];
  let arguments = (ins Vit_FloatTensor:$input, I64Attr:$axis, UnitAttr:$log);
  let results = (outs Vit_FloatTensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
}

def Vit_ReduceOp : Vit_Op<"reduce", [Pure]> {
  let summary = "Reduction over some axes, kept as 1 or dropped";
  let description = [{
    `kind`: sum, mean, max, min, sum_square, l2, l1, prod, argmax (one axis; the
    output is i64). Computed in f32.
    * (C1) axes are unique, ascending, within the rank.
    * (C2) output = input without the axes, or with 1 there (`keep_dims`).
    * (C3) `kind` is one of the above.
  }];
  let arguments = (ins Vit_Tensor:$input, StrAttr:$kind, DenseI64ArrayAttr:$axes,
                       UnitAttr:$keep_dims);
  let results = (outs Vit_Tensor:$output);
  let assemblyFormat = "$kind $input attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
}

def Vit_Pool2DOp : Vit_Op<"pool2d", [Pure]> {
  let summary = "Average or maximum pooling, NCHW";
  let description = [{
    `kind`: average, max. pads [top, left, bottom, right]; padding counts in the
    average only with `count_include_pad`.
    * (C1) input rank 4; output as `vit.conv2d` (C3), rounded up with `ceil_mode`.
  }];
  let arguments = (ins Vit_FloatTensor:$input, StrAttr:$kind, DenseI64ArrayAttr:$kernel,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations, UnitAttr:$count_include_pad,
                       UnitAttr:$ceil_mode);
  let results = (outs Vit_FloatTensor:$output);
  let assemblyFormat = "$kind $input attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Data movement
//===----------------------------------------------------------------------===//

def Vit_ReshapeOp : Vit_Op<"reshape", [Pure]> {
  let summary = "The same elements in row-major order under another shape";
  let description = [{
    * (C1) input and output have the same number of elements (as `k*B` or static)
      and the same element type.
  }];
  let arguments = (ins Vit_Tensor:$input);
  let results = (outs Vit_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Vit_TransposeOp : Vit_Op<"transpose", [Pure]> {
  let summary = "Dimension i of the output is dimension permutation[i] of the input";
  let description = [{
    * (C1) `permutation` is a permutation of the input's dimensions.
    * (C2) the output's shape is the permuted one.
  }];
  let arguments = (ins Vit_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Vit_Tensor:$output);
  let assemblyFormat = "$input $permutation attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Vit_SliceOp : Vit_Op<"slice", [Pure]> {
  let summary = "Every strides[i]-th element from offsets[i], per dimension";
  let description = [{
    The sizes are those of the output type. Strides may be negative.
    * (C1) offsets and strides have one entry a dimension; strides are not 0.
    * (C2) the first and last element lie within the input.
    * (C3) a batch dimension is taken whole (offset 0, stride 1).
  }];
  let arguments = (ins Vit_Tensor:$input, DenseI64ArrayAttr:$offsets,
                       DenseI64ArrayAttr:$strides);
  let results = (outs Vit_Tensor:$output);
  let assemblyFormat = "$input $offsets $strides attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Vit_ConcatOp : Vit_Op<"concat", [Pure]> {
  let summary = "Concatenation along one axis";
  let description = [{
    * (C1) all other dimensions agree; the output's axis is the sum.
  }];
  let arguments = (ins Variadic<Vit_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Vit_Tensor:$output);
  let assemblyFormat = "$inputs attr-dict `:` functional-type($inputs, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Vit_GatherOp : Vit_Op<"gather", [Pure]> {
  let summary = "Elements along one axis by an index tensor, as ONNX Gather";
  let description = [{
    output = input dims before axis, dims of indices, input dims after axis.
    Negative indices count from the end; an index out of range gives zero.
    * (C1) axis within the rank; indices are i32 or i64.
    * (C2) the output's shape is as above.
  }];
  let arguments = (ins Vit_Tensor:$input, RankedTensorOf<[I32, I64]>:$indices, I64Attr:$axis);
  let results = (outs Vit_Tensor:$output);
  let assemblyFormat = "$input `,` $indices attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Vit_PadOp : Vit_Op<"pad", [Pure]> {
  let summary = "A border of `value` around the tensor; negative widths crop";
  let description = [{
    * (C1) low and high have one entry a dimension, 0 at a batch dimension.
    * (C2) the output's shape is input + low + high.
  }];
  let arguments = (ins Vit_Tensor:$input, DenseI64ArrayAttr:$low,
                       DenseI64ArrayAttr:$high, F32Attr:$value);
  let results = (outs Vit_Tensor:$output);
  let assemblyFormat = "$input $low $high attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
}

def Vit_BroadcastOp : Vit_Op<"broadcast", [Pure]> {
  let summary = "Numpy broadcasting to the output's shape";
  let description = [{
    * (C1) each input dimension, aligned at the right, is 1 or the output's.
  }];
  let arguments = (ins Vit_Tensor:$input);
  let results = (outs Vit_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Pointwise, quantisation, structure
//===----------------------------------------------------------------------===//

def Vit_PointwiseOp : Vit_Op<"pointwise", [Pure, IsolatedFromAbove,
    SingleBlock]> {
  let summary = "One scalar function at every element";
  let description = [{
    The region's payload is upstream `arith` and `math` on scalars: one block
    argument an input, one yielded value. `maps` has one affine map an input,
    from the output's dimensions to the input's: each result is a dimension
    `d_i` or the constant 0 (a broadcast extent of 1), so inputs broadcast as
    in linalg.generic. `kind` names the function for reports: gelu, add, cast.
    A conversion between float types is a payload of arith.truncf or extf.
    * (C1) one map and one block argument an input, of its element type (f8 and
      ui8 do not enter a payload).
    * (C2) a map's results are dimensions whose extents agree with the output's,
      or 0 where the input's extent is 1.
    * (C3) the yielded scalar has the output's element type.
    * (C4) the payload is side-effect free arith and math on f32, i32, i64, i1
      (f16 and bf16 occur as operands and results of truncf and extf only).
  }];
  let arguments = (ins Variadic<Vit_Tensor>:$inputs, AffineMapArrayAttr:$maps,
                       DefaultValuedStrAttr<StrAttr, "">:$kind);
  let results = (outs Vit_Tensor:$output);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $kind `(` $inputs `)` $maps attr-dict-with-keyword `:` functional-type($inputs, results) $body
  }];
  let hasVerifier = 1;
}

def Vit_QuantizeOp : Vit_Op<"quantize", [Pure]> {
  let summary = "saturate(round_half_even(x / scale) + zero_point), as ONNX QuantizeLinear";
  let description = [{
    scale (and zero_point, of the output's type) are scalars (rank 0) or have
    one value an index of `axis`.
    * (C1) input and output have one shape; scale and zero_point agree.
  }];
  let arguments = (ins Vit_FloatTensor:$input, Vit_FloatTensor:$scale,
                       Optional<Vit_Tensor>:$zero_point, I64Attr:$axis);
  let results = (outs Vit_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $scale (`,` $zero_point^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Vit_DequantizeOp : Vit_Op<"dequantize", [Pure]> {
  let summary = "(x - zero_point) * scale, as ONNX DequantizeLinear";
  let description = [{
    * (C1) as `vit.quantize` (C1).
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_FloatTensor:$scale,
                       Optional<Vit_Tensor>:$zero_point, I64Attr:$axis);
  let results = (outs Vit_FloatTensor:$output);
  let assemblyFormat = [{
    $input `,` $scale (`,` $zero_point^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Vit_FusedOp : Vit_Op<"fused", [Pure, IsolatedFromAbove,
    SingleBlock]> {
  let summary = "One anchor op with the pointwise ops that hang on it";
  let description = [{
    The region holds exactly one anchor (linear, qkv_projection, matmul,
    attention, layer_norm, patch_embed, conv2d, softmax, reduce, or none: then
    only pointwise ops), pointwise ops before it (prologue: on its first
    operand) and after it (epilogue), and `vit.yield`. The interpreter runs the
    region as it stands; select-kernels makes prologue and epilogue functions.
    * (C1) block arguments are the inputs; the yielded values are the results.
    * (C2) at most one op in the region is not `vit.pointwise`.
  }];
  let arguments = (ins Variadic<Vit_Tensor>:$inputs);
  let results = (outs Variadic<Vit_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` attr-dict-with-keyword `:` functional-type($inputs, results) $body
  }];
  let hasVerifier = 1;
}

def Vit_RegionOp : Vit_Op<"region", [Pure, IsolatedFromAbove,
    SingleBlock]> {
  let summary = "Ops placed on one device: 0 is the GPU, 1 + n is DLA core n";
  let description = [{
    * (C1) block arguments are the inputs; the yielded values are the results.
    * (C2) `device` is not negative.
  }];
  let arguments = (ins Variadic<Vit_Tensor>:$inputs, I64Attr:$device);
  let results = (outs Variadic<Vit_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $device `(` $inputs `)` attr-dict-with-keyword `:` functional-type($inputs, results) $body
  }];
  let hasVerifier = 1;
}

#endif // VITC_DIALECT_VITOPS_TD
