//===- GraphPasses.td - Passes that run once a profile -----*- tablegen -*-===//
#ifndef VITC_PASSES_GRAPHPASSES_TD
#define VITC_PASSES_GRAPHPASSES_TD

def HoistWeights : VitPass<"vit-hoist-weights"> {
  let summary = "Move what depends on weights alone into recipes of initializers";
  let description = [{
    Afterwards no op of a function has only weights as operands, but for those
    whose result is static no more, or more than twice the size of what they
    read (a broadcast stays where it is). The ops become recipes of new
    `vit.initializer`s, equal ones once; a result that several recipes use is an
    initializer of its own. Recipes of up to 4 KiB over dense weights are
    evaluated. Initializers that nothing uses are removed.
  }];
  let statistics = [
    Statistic<"numHoisted", "num-hoisted", "Ops moved into recipes">,
  ];
}

def CanonicalizeOnnx : VitPass<"vit-canonicalize-onnx"> {
  let summary = "Recognise what exporters decomposed: norms, activations, patches";
  let description = [{
    Afterwards, biases and batch norms stand in the weights of the linear or
    convolution beside them; decomposed layer norms, RMS norms, softmaxes and
    activations are one op; a convolution or unfold that makes tokens is
    `vit.patch_embed`; chains of reshape, transpose, slice and gather are as
    short as they can be, and permutations of rows have moved down to what
    cancels them. Norms and activations are found by evaluating them, not by
    their spelling. Nothing moves through `vit.quantize` or `vit.dequantize`.
  }];
  let statistics = [
    Statistic<"numNorms", "num-norms", "Decomposed norms and softmaxes found">,
    Statistic<"numActivations", "num-activations", "Decomposed activations found">,
  ];
}

def RaiseAttention : VitPass<"vit-raise-attention"> {
  let summary = "Make vit.attention of products around a softmax";
  let description = [{
    Afterwards, softmax(scale * Q K^T + bias) V is `vit.attention`, however it
    was spelt: the scale on Q, on the scores (Mul or Div), as its root on both;
    biases and boolean masks added or selected; K transposed by any route;
    batch and heads as two dimensions or one, tokens before batch; K and V
    repeated for groups of heads; one attention a head, concatenated. Heads are
    what stands within a row of the projection. Cross-covariance attention
    (channels attend to channels) is left alone. What looks like attention and
    is not raised gets a remark that says why.
  }];
  let statistics = [
    Statistic<"numRaised", "num-raised", "Softmaxes that became attentions">,
  ];
}

#endif // VITC_PASSES_GRAPHPASSES_TD
