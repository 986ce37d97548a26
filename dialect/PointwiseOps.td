//===- PointwiseOps.td - Ops of vit: pointwise, quantisation and regions ---*- tablegen -*-===//
#ifndef VITC_DIALECT_POINTWISEOPS_TD
#define VITC_DIALECT_POINTWISEOPS_TD

include "dialect/VitBase.td"

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
  let hasFolder = 1;
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
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$scale,
                   "::mlir::Value":$zeroPoint, "int64_t":$axis,
                   "::mlir::Type":$element)>
  ];
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
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$scale,
                   "::mlir::Value":$zeroPoint, "int64_t":$axis)>
  ];
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

#endif // VITC_DIALECT_POINTWISEOPS_TD
