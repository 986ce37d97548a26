//===- VitkDialect.td - The vitk dialect and its attributes -*- tablegen -*-===//
#ifndef VITC_DIALECT_VITKDIALECT_TD
#define VITC_DIALECT_VITKDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def Vitk_Dialect : Dialect {
  let name = "vitk";
  let cppNamespace = "::vitc::vitk";
  let summary = "Launches of kernel templates.";
  let description = [{
    Which kernel runs: one op is one launch of one template with a typed config.
    Ops have value semantics and write into a destination: `%r = vitk.gemm
    ins(%a, %w) outs(%buffer)` is `%buffer` with the elements that the view of
    the destination covers replaced. Operands are whole buffers; a view an
    operand (`#vitk.view`) says which element a coordinate of the template's
    index space means (runtime/format/Plan.h, TemplateKind).
  }];
  let dependentDialects = ["::vitc::vit::VitDialect"];
  let useDefaultAttributePrinterParser = 1;
}

class Vitk_Attr<string name, string attrMnemonic> : AttrDef<Vitk_Dialect, name> {
  let mnemonic = attrMnemonic;
  let hasCustomAssemblyFormat = 1;
}

/// A config struct of runtime/format/Plan.h, printed as `name = value` pairs.
class Vitk_ConfigAttr<string name, string attrMnemonic>
    : Vitk_Attr<name, attrMnemonic> {
  let summary = "Config of the template `" # attrMnemonic # "`";
  let parameters = (ins AttrParameter<"::vitrt::format::" # name, "">:$value);
}

def Vitk_GemmConfig : Vitk_ConfigAttr<"GemmConfig", "gemm">;
def Vitk_AttentionConfig : Vitk_ConfigAttr<"AttentionConfig", "attention">;
def Vitk_RowNormConfig : Vitk_ConfigAttr<"RowNormConfig", "row_norm">;
def Vitk_SoftmaxConfig : Vitk_ConfigAttr<"SoftmaxConfig", "softmax">;
def Vitk_ReduceConfig : Vitk_ConfigAttr<"ReduceConfig", "reduce">;
def Vitk_PointwiseConfig : Vitk_ConfigAttr<"PointwiseConfig", "pointwise">;

def Vitk_ViewAttr : Vitk_Attr<"View", "view"> {
  let summary = "How an operand is addressed from the template's coordinates";
  let description = [{
    `#vitk.view<768 + [] [197:768] [768:1]>`: the buffer's element of a
    coordinate (g, m, n) is 768 plus the contributions of the axes. An axis is a
    list of `extent:stride` dims, outermost first; `extent:stride at t` looks the
    index up in operand t. `base n` is part of the kernel's text (format::View's
    offset), the offset before `+` is not. `guard(axis.dim * factor, ...; base,
    lo, hi)` is a format::Guard.
  }];
  let parameters = (ins "int64_t":$offset, ArrayRefParameter<"int64_t">:$code);
  let extraClassDeclaration = [{
    static ViewAttr get(::mlir::MLIRContext *context, int64_t offset,
                        const ::vitrt::format::View &view);
    /// The view; its dtype is that of the operand and not set here.
    ::vitrt::format::View value() const;
  }];
}

def Vitk_LayoutAttr : Vitk_Attr<"Layout", "layout"> {
  let summary = "Where a value of vit IR lives: buffer, offset, strides";
  let description = [{
    `#vitk.layout<buffer 3 + 768, [197*B:768] [768:1]>`: one list of
    `extent:stride` factors a dimension, outermost first; the root is a buffer
    of the arena or a model output. vit-assign-layouts sets an array of these,
    one a result, as `vitk.layouts` of every op that will be a launch.
  }];
  let parameters = (ins "bool":$output, "int64_t":$root, "int64_t":$offset,
                        ArrayRefParameter<"int64_t">:$code);
  let extraClassDeclaration = [{
    static LayoutAttr get(::mlir::MLIRContext *context, const Layout &layout);
    Layout value() const;
  }];
}

#endif // VITC_DIALECT_VITKDIALECT_TD
