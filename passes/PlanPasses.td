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

//===----------------------------------------------------------------------===//
// Layouts, selection, memory, emission
//===----------------------------------------------------------------------===//

class VitkPass<string name> : VitPass<name> {
  let dependentDialects = ["::vitc::vit::VitDialect", "::vitc::vitk::VitkDialect"];
}

def AssignLayouts : VitkPass<"vit-assign-layouts"> {
  let summary = "Give every value a place and strides; copies where no view will do";
  let description = [{
    Afterwards every launch has `vitk.layouts` (#vitk.layout, one a result):
    which buffer or model output its result is a part of, and with which
    strides. Reshape, transpose, slice and broadcast are views of what they
    move; the inputs of a concat are written into its buffer, results of the
    model into the caller's tensors. Where no view will do, an explicit copy
    stands (`vit.pointwise "copy"`). A fused region that no template runs as one
    launch is taken apart, with a remark.
  }];
  let statistics = [
    Statistic<"numCopies", "num-copies", "Copies that no view could save">,
  ];
}

def SelectKernels : VitkPass<"vit-select-kernels"> {
  let summary = "Choose a kernel template and config for every launch";
  let description = [{
    vit -> vitk. An analytic model (waves, occupancy, arithmetic, shared memory,
    L2, DRAM) ranks a table of legal configs for the target and the profile's
    opt batch (`vit.profile`, else 1). The target is the option, else the
    module's `vit.target`, else sm_80. Configs whose key stands in the module's
    `vit.denied` are not taken.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"\"",
           "Device (h200) or compute capability (sm_90)">,
  ];
}

def PlanMemory : VitkPass<"vit-plan-memory"> {
  let summary = "Give every buffer its offset in the arena";
  let description = [{
    Lifetimes are those of the launches in order; sizes are for the profile's
    max batch. A result takes the memory of an operand that it alone reads last,
    element for element (in-place residual). Sets `offset` of every
    `vitk.buffer` and the module's `vitk.arena_bytes` and
    `vitk.arena_lower_bound`. Live buffers never overlap; the pass checks it.
  }];
}

def PrepareEmission : VitkPass<"vit-prepare-emission"> {
  let summary = "Name kernels and operands; identical kernels once";
  let description = [{
    Every launch gets `vitk.kernel` (its number), `vitk.symbol` (structural:
    `gemm_n2304_k768_f16_bias_gelu`) and `vitk.operands` (names of its
    parameters). Launches whose text is the same share a kernel.
  }];
}

#endif // VITC_PASSES_PLANPASSES_TD
