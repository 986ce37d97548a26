//===- VitBase.td - Ops of vit: base classes and types -----*- tablegen -*-===//
#ifndef VITC_DIALECT_VITBASE_TD
#define VITC_DIALECT_VITBASE_TD

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

#endif // VITC_DIALECT_VITBASE_TD
