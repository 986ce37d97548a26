//===- PlanPasses.td - Passes that run once a profile and target -*- tablegen -*-===//
#ifndef VITC_PASSES_PLANPASSES_TD
#define VITC_PASSES_PLANPASSES_TD

//===----------------------------------------------------------------------===//
// Precision and elementwise fusion
//===----------------------------------------------------------------------===//

def AssignPrecision : VitPass<"vit-assign-precision"> {
  let summary = "Give every op a precision and a reason";
  let description = [{
    Sets `vit.precision` (f32, f16, bf16) and `vit.precision_reason` on every op
    that computes. The policy rules contractions; statistics, softmax,
    accumulators and elementwise arithmetic are always f32. Types change later,
    in vit-materialize-precision.
  }];
  let options = [
    Option<"policy", "policy", "std::string", "\"fp32\"",
           "Precision of contractions: fp32, fp16 or bf16">,
  ];
}

def FoldNorm : VitPass<"vit-fold-norm"> {
  let summary = "Fold a layer norm's gamma and beta into the next weights";
  let description = [{
    Where every reader of a layer norm is a linear or a QKV projection, `gamma`
    scales the columns of their weights and `weight * beta` joins their bias:
    `W (n * gamma + beta) + b = (W diag(gamma)) n + (W beta + b)`. A norm with
    another reader, or a weight behind quantize/dequantize, is left alone.
  }];
}

def MaterializePrecision : VitPass<"vit-materialize-precision"> {
  let summary = "Put casts where the assigned precisions change types";
  let description = [{
    Operands of a 16-bit contraction are cast to its type (`vit.pointwise` with
    kind `cast`, so that the interpreter rounds as the kernels do); biases and
    attention scores stay f32. A result that is only read through casts to one
    type takes that type. With `residual`, the sums of the residual stream are
    kept in bf16 too.
  }];
  let options = [
    Option<"residual", "residual", "bool", "false",
           "Keep the residual stream in 16 bits as well">,
  ];
}

def FuseElementwise : VitPass<"vit-fuse-elementwise"> {
  let summary = "Hang every pointwise chain on a neighbour";
  let description = [{
    Pointwise ops move across reshape, transpose, broadcast and concat to the op
    that produces their operand and join it in `vit.fused` as its epilogue, as
    long as one value leaves the group; what has no such producer becomes the
    prologue of its reader, and what is left, chains of their own. Conversions
    that widen are repeated at each reader: they cost nothing there.
  }];
  let statistics = [
    Statistic<"numEpilogues", "num-epilogues", "Pointwise ops fused as epilogues">,
    Statistic<"numPrologues", "num-prologues", "Pointwise ops fused as prologues">,
  ];
}

#endif // VITC_PASSES_PLANPASSES_TD
