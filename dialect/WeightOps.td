//===- WeightOps.td - Ops of vit: weights ------------------*- tablegen -*-===//
#ifndef VITC_DIALECT_WEIGHTOPS_TD
#define VITC_DIALECT_WEIGHTOPS_TD

include "dialect/VitBase.td"

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

def Vit_WeightOp : Vit_Op<"weight", [Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "The value of an initializer";
  let description = [{
    * (C1) the symbol is a `vit.initializer` of the result type.
    * (C2) within a recipe, the initializer stands before that of the recipe.
  }];
  let arguments = (ins FlatSymbolRefAttr:$initializer);
  let results = (outs Vit_Tensor:$result);
  let assemblyFormat = "$initializer attr-dict `:` type($result)";
}

def Vit_YieldOp : Vit_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "Ends a region of a vit op";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif // VITC_DIALECT_WEIGHTOPS_TD
