//===- OpTables.h - The operators, one table a family -----------*- C++ -*-===//
#ifndef VITC_FRONTEND_OPTABLES_H
#define VITC_FRONTEND_OPTABLES_H

#include "frontend/Node.h"

namespace vitc::frontend {

// The standard domain.
OpTable elementwiseOps(); ///< Arithmetic, comparison, logic, casts.
OpTable activationOps();
OpTable matmulOps(); ///< MatMul, Gemm.
OpTable einsumOps();
OpTable convOps();     ///< Conv, pooling.
OpTable normOps();     ///< Norms and softmax.
OpTable shapeOps();    ///< Reshape and its like, Shape, constants.
OpTable indexingOps(); ///< Slice, Split, Gather, Pad and their like.
OpTable resizeOps();
OpTable reduceOps();
OpTable attentionOps(); ///< Attention, RotaryEmbedding.
OpTable quantOps();     ///< QuantizeLinear and integer operators.
OpTable controlOps();   ///< If, Loop.
OpTable contribOps();   ///< Domain com.microsoft.

} // namespace vitc::frontend

#endif // VITC_FRONTEND_OPTABLES_H
