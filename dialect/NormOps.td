//===- NormOps.td - Ops of vit: normalisation, reduction and pooling ---*- tablegen -*-===//
#ifndef VITC_DIALECT_NORMOPS_TD
#define VITC_DIALECT_NORMOPS_TD

include "dialect/VitBase.td"

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
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$gamma,
                   "::mlir::Value":$beta, "float":$epsilon,
                   CArg<"bool", "false">:$rms)>
  ];
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
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "int64_t":$axis,
                   CArg<"bool", "false">:$log)>
  ];
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
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::llvm::StringRef":$kind,
                   "::llvm::ArrayRef<int64_t>":$axes, "bool":$keepDims)>
  ];
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

#endif // VITC_DIALECT_NORMOPS_TD
