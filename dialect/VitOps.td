//===- VitOps.td - Ops of the vit dialect ------------------*- tablegen -*-===//
//
// Constraints are numbered (C1, C2 ...), cited in the verifiers as
// `linear_c1`, and named in test/dialect/vit-errors.mlir.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_VITOPS_TD
#define VITC_DIALECT_VITOPS_TD

include "dialect/WeightOps.td"
include "dialect/ContractionOps.td"
include "dialect/NormOps.td"
include "dialect/MovementOps.td"
include "dialect/PointwiseOps.td"

#endif // VITC_DIALECT_VITOPS_TD
