//===- MovementOps.td - Ops of vit: data movement ----------*- tablegen -*-===//
#ifndef VITC_DIALECT_MOVEMENTOPS_TD
#define VITC_DIALECT_MOVEMENTOPS_TD

include "dialect/VitBase.td"

def Vit_ReshapeOp : Vit_Op<"reshape", [Pure]> {
  let summary = "The same elements in row-major order under another shape";
  let description = [{
    * (C1) input and output have the same number of elements (as `k*B` or static)
      and the same element type.
  }];
  let arguments = (ins Vit_Tensor:$input);
  let results = (outs Vit_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input,
                   "::llvm::ArrayRef<::vitrt::format::Extent>":$extents)>
  ];
  let hasVerifier = 1;
  let hasFolder = 1;
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
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input,
                   "::llvm::ArrayRef<int64_t>":$permutation)>
  ];
  let hasVerifier = 1;
  let hasFolder = 1;
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
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::llvm::ArrayRef<int64_t>":$offsets,
                   "::llvm::ArrayRef<::vitrt::format::Extent>":$sizes,
                   "::llvm::ArrayRef<int64_t>":$strides)>,
    OpBuilder<(ins "::mlir::Value":$input, "int64_t":$axis, "int64_t":$offset,
                   "int64_t":$size)>
  ];
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
  let builders = [
    OpBuilder<(ins "::mlir::ValueRange":$inputs, "int64_t":$axis)>
  ];
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
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$indices, "int64_t":$axis)>
  ];
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
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::llvm::ArrayRef<int64_t>":$low,
                   "::llvm::ArrayRef<int64_t>":$high, "float":$value)>
  ];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Vit_BroadcastOp : Vit_Op<"broadcast", [Pure]> {
  let summary = "Numpy broadcasting to the output's shape";
  let description = [{
    * (C1) each input dimension, aligned at the right, is 1 or the output's.
  }];
  let arguments = (ins Vit_Tensor:$input);
  let results = (outs Vit_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input,
                   "::llvm::ArrayRef<::vitrt::format::Extent>":$extents)>
  ];
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif // VITC_DIALECT_MOVEMENTOPS_TD
