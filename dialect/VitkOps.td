//===- VitkOps.td - Ops of the vitk dialect ----------------*- tablegen -*-===//
#ifndef VITC_DIALECT_VITKOPS_TD
#define VITC_DIALECT_VITKOPS_TD

include "dialect/VitkDialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Vitk_KernelOpInterface : OpInterface<"KernelOpInterface"> {
  let cppNamespace = "::vitc::vitk";
  let description = "A launch of a kernel template: what all of them have.";
  let methods = [
    InterfaceMethod<"Operands that are read, the template's own first.",
      "::mlir::OperandRange", "getInputs">,
    InterfaceMethod<"The destination.",
      "::mlir::TypedValue<::mlir::RankedTensorType>", "getDest">,
    InterfaceMethod<"One ViewAttr an input, then the destination's.",
      "::mlir::ArrayAttr", "getViews">,
    InterfaceMethod<"Operands of the prologue's arguments; -1 is the template's value.",
      "::std::optional<::llvm::ArrayRef<int32_t>>", "getPrologueArgs">,
    InterfaceMethod<"Operands of the epilogue's arguments; -1 is the template's value.",
      "::std::optional<::llvm::ArrayRef<int32_t>>", "getEpilogueArgs">,
    InterfaceMethod<"The prologue; empty is the identity.",
      "::mlir::Region &", "getPrologue">,
    InterfaceMethod<"The epilogue; empty is the identity.",
      "::mlir::Region &", "getEpilogue">,
    InterfaceMethod<"simt or mma.", "::llvm::StringRef", "getFamily">,
    InterfaceMethod<"Threads a block.", "uint64_t", "getThreads">,
    InterfaceMethod<"Dynamic shared memory a block, bytes.", "uint64_t", "getSharedBytes">,
    InterfaceMethod<"Blocks: (perBatch, fixed, divisor) for x, y and z.",
      "::llvm::ArrayRef<int64_t>", "getGrid">,
    InterfaceMethod<"One line: why this template, family and config.",
      "::llvm::StringRef", "getWhy">,
    InterfaceMethod<"The vit op that it computes.", "::llvm::StringRef", "getVitOp">,
    InterfaceMethod<"2 x MAC of one image.", "::llvm::APFloat", "getFlops">,
    InterfaceMethod<"Compulsory bytes of one image.", "::llvm::APFloat", "getBytes">,
    InterfaceMethod<"0: the GPU.", "uint64_t", "getDevice">,
    InterfaceMethod<"The config as the plan holds it.", "::vitrt::format::Config",
      "getPlanConfig", (ins), [{
        return ::vitrt::format::Config($_op.getConfig().getValue());
      }]>,
    InterfaceMethod<"The template.", "::vitrt::format::TemplateKind", "getTemplate">,
  ];
}

/// A launch. Inputs come in the order of the template's operands, then extras
/// of prologue and epilogue, then index tables.
/// * (C1) one view an input and one for the destination, each with as many axes
///   as the template's index space has.
/// * (C2) the result has the destination's type.
/// * (C3) function arguments name inputs, or -1; a function yields one value.
/// * (C4) a table is an i32 input.
class Vitk_KernelOp<string mnemonic, AttrDef config, string kind>
    : Op<Vitk_Dialect, mnemonic, [Pure, IsolatedFromAbove, Vitk_KernelOpInterface,
         AllTypesMatch<["dest", "result"]>]> {
  let summary = "A launch of the template `" # mnemonic # "`";
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, AnyRankedTensor:$dest,
                       TypedArrayAttrBase<Vitk_ViewAttr, "views">:$views,
                       config:$config,
                       OptionalAttr<DenseI32ArrayAttr>:$prologue_args,
                       OptionalAttr<DenseI32ArrayAttr>:$epilogue_args,
                       StrAttr:$family, I64Attr:$threads, I64Attr:$shared_bytes,
                       DenseI64ArrayAttr:$grid, StrAttr:$why, StrAttr:$vit_op,
                       F64Attr:$flops, F64Attr:$bytes, I64Attr:$device);
  let results = (outs AnyRankedTensor:$result);
  let regions = (region MaxSizedRegion<1>:$prologue, MaxSizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    $family $config `ins` `(` $inputs `:` type($inputs) `)`
    `outs` `(` $dest `:` type($dest) `)` `views` $views
    (`prologue` $prologue_args^ $prologue)? (`epilogue` $epilogue_args^ $epilogue)?
    attr-dict-with-keyword
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::vitrt::format::TemplateKind getTemplate() {
      return ::vitrt::format::TemplateKind::}] # kind # [{;
    }
  }];
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::verify() {
      return ::vitc::vitk::verifyKernel(*this);
    }
  }];
}

def Vitk_GemmOp : Vitk_KernelOp<"gemm", Vitk_GemmConfig, "Gemm">;
def Vitk_AttentionOp : Vitk_KernelOp<"attention", Vitk_AttentionConfig, "Attention">;
def Vitk_RowNormOp : Vitk_KernelOp<"row_norm", Vitk_RowNormConfig, "RowNorm">;
def Vitk_SoftmaxOp : Vitk_KernelOp<"softmax", Vitk_SoftmaxConfig, "Softmax">;
def Vitk_ReduceOp : Vitk_KernelOp<"reduce", Vitk_ReduceConfig, "Reduce">;
def Vitk_PointwiseOp : Vitk_KernelOp<"pointwise", Vitk_PointwiseConfig, "Pointwise">;

def Vitk_BufferOp : Op<Vitk_Dialect, "buffer"> {
  let summary = "Uninitialised memory: of the arena, or of a model output";
  let description = [{
    `output` is the number of the model output whose memory this is; without it
    the memory is the arena's, and plan-memory sets `offset` (bytes).
    * (C1) not both of `output` and `offset`.
  }];
  let arguments = (ins OptionalAttr<I64Attr>:$output, OptionalAttr<I64Attr>:$offset);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "(`output` $output^)? (`at` $offset^)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

#endif // VITC_DIALECT_VITKOPS_TD
