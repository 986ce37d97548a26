//===- ShapeInference.h - Result types of the vit ops -----------*- C++ -*-===//
//
// One function an op: the result type from the operand types and attributes.
// Verifiers, builders, frontend and passes all ask here, so that a shape rule
// stands once. On a violated constraint the function emits one error that says
// expected and got, through `emitError`, and fails. Sizes may be multiples of
// the batch (Batch.h): they agree only with the same multiple, and broadcast
// with a static 1.
//
// `element` is the result's element type; none means the first operand's.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_SHAPEINFERENCE_H
#define VITC_DIALECT_SHAPEINFERENCE_H

#include "dialect/Batch.h"

namespace vitc::vit {

using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;
using InferredType = mlir::FailureOr<mlir::RankedTensorType>;

/// Numpy broadcasting of two lists of sizes, aligned at the right.
mlir::FailureOr<Extents> broadcastExtents(EmitError emitError,
                                          llvm::ArrayRef<Extent> lhs,
                                          llvm::ArrayRef<Extent> rhs);

/// makeTensorType for sizes that come from a model: fails where more than one
/// is per batch, a size is negative, or the element count overflows 2^62.
InferredType checkedTensorType(EmitError emitError,
                               llvm::ArrayRef<Extent> extents,
                               mlir::Type element);

// Contractions. `bias` may be null.
InferredType inferLinear(EmitError emitError, mlir::RankedTensorType input,
                         mlir::RankedTensorType weight,
                         mlir::RankedTensorType bias, mlir::Type element = {});
InferredType inferMatmul(EmitError emitError, mlir::RankedTensorType lhs,
                         mlir::RankedTensorType rhs, bool transposeRhs,
                         mlir::Type element = {});

/// The three result types; `widths` are those of q, k and v.
mlir::FailureOr<llvm::SmallVector<mlir::RankedTensorType, 3>>
inferQKVProjection(EmitError emitError, mlir::RankedTensorType input,
                   mlir::RankedTensorType weight, mlir::RankedTensorType bias,
                   llvm::ArrayRef<int64_t> widths, mlir::Type element = {});
InferredType inferAttention(EmitError emitError, mlir::RankedTensorType q,
                            mlir::RankedTensorType k, mlir::RankedTensorType v,
                            mlir::RankedTensorType bias, int64_t heads,
                            int64_t kvHeads, mlir::Type element = {});
InferredType inferWindowAttention(
    EmitError emitError, mlir::RankedTensorType q, mlir::RankedTensorType k,
    mlir::RankedTensorType v, mlir::RankedTensorType bias, int64_t heads,
    llvm::ArrayRef<int64_t> grid, llvm::ArrayRef<int64_t> window,
    llvm::ArrayRef<int64_t> shift, mlir::Type element = {});
InferredType inferPatchEmbed(EmitError emitError, mlir::RankedTensorType image,
                             mlir::RankedTensorType weight,
                             mlir::RankedTensorType bias,
                             mlir::Type element = {});
InferredType inferConv2D(EmitError emitError, mlir::RankedTensorType input,
                         mlir::RankedTensorType weight,
                         mlir::RankedTensorType bias,
                         llvm::ArrayRef<int64_t> strides,
                         llvm::ArrayRef<int64_t> pads,
                         llvm::ArrayRef<int64_t> dilations, int64_t groups,
                         mlir::Type element = {});

// Normalisation and reduction. `gamma` and `beta` may be null.
InferredType inferLayerNorm(EmitError emitError, mlir::RankedTensorType input,
                            mlir::RankedTensorType gamma,
                            mlir::RankedTensorType beta, bool rms,
                            mlir::Type element = {});
InferredType inferSoftmax(EmitError emitError, mlir::RankedTensorType input,
                          int64_t axis, mlir::Type element = {});

/// The result of argmax is i64, whatever `element` says.
InferredType inferReduce(EmitError emitError, mlir::RankedTensorType input,
                         llvm::StringRef kind, llvm::ArrayRef<int64_t> axes,
                         bool keepDims, mlir::Type element = {});
InferredType inferPool2D(EmitError emitError, mlir::RankedTensorType input,
                         llvm::StringRef kind, llvm::ArrayRef<int64_t> kernel,
                         llvm::ArrayRef<int64_t> strides,
                         llvm::ArrayRef<int64_t> pads,
                         llvm::ArrayRef<int64_t> dilations, bool ceilMode,
                         mlir::Type element = {});

// Data movement: the element type is the input's.
InferredType inferReshape(EmitError emitError, mlir::RankedTensorType input,
                          llvm::ArrayRef<Extent> extents);
InferredType inferTranspose(EmitError emitError, mlir::RankedTensorType input,
                            llvm::ArrayRef<int64_t> permutation);
InferredType inferSlice(EmitError emitError, mlir::RankedTensorType input,
                        llvm::ArrayRef<int64_t> offsets,
                        llvm::ArrayRef<Extent> sizes,
                        llvm::ArrayRef<int64_t> strides);
InferredType inferConcat(EmitError emitError,
                         llvm::ArrayRef<mlir::RankedTensorType> inputs,
                         int64_t axis);
InferredType inferGather(EmitError emitError, mlir::RankedTensorType input,
                         mlir::RankedTensorType indices, int64_t axis);
InferredType inferPad(EmitError emitError, mlir::RankedTensorType input,
                      llvm::ArrayRef<int64_t> low,
                      llvm::ArrayRef<int64_t> high);
InferredType inferBroadcast(EmitError emitError, mlir::RankedTensorType input,
                            llvm::ArrayRef<Extent> extents);

/// All inputs broadcast together; at least one input.
InferredType inferPointwise(EmitError emitError,
                            llvm::ArrayRef<mlir::RankedTensorType> inputs,
                            mlir::Type element);

/// `zeroPoint` may be null. Also for vit.dequantize.
InferredType inferQuantize(EmitError emitError, mlir::RankedTensorType input,
                           mlir::RankedTensorType scale,
                           mlir::RankedTensorType zeroPoint, int64_t axis,
                           mlir::Type element);

/// "[197*B, 768]", for messages.
std::string toString(llvm::ArrayRef<Extent> extents);

} // namespace vitc::vit

#endif // VITC_DIALECT_SHAPEINFERENCE_H
