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

def FuseQKV : VitPass<"vit-fuse-qkv"> {
  let summary = "Make one GEMM of the Q, K and V projections of an attention";
  let description = [{
    Afterwards the operands of an attention are the results of one
    `vit.qkv_projection`: one linear that was split, sliced, gathered or
    unbound in any packing (three, heads, channels; heads, three, channels;
    values of another width), three linears of one input, K and V in one and Q
    in another, lists of linears for each head, or linears shared over the heads
    of a 4-D tensor. Rows of the weight are permuted at compile time, so that
    Q, K and V are contiguous columns and nothing moves at run time; a missing
    bias is zeros where another has one. Norms and rotations between projection
    and attention stay. Where Q is made from another tensor, K and V are fused
    alone; where nothing can be, a remark says why.
  }];
  let statistics = [
    Statistic<"numFused", "num-fused", "Q/K/V triples merged">,
    Statistic<"numPartly", "num-partly", "K/V pairs merged">,
  ];
}

def FlattenTo3D : VitPass<"vit-flatten-to-3d"> {
  let summary = "Leave no tensor of rank 4 or more between tokens and attention";
  let description = [{
    Afterwards linears, projections and layer norms work on [rows, channels],
    rows being batch and tokens (and heads, where a linear is shared over them)
    together; pointwise ops on as few dimensions as their broadcasts allow. All
    of that is reshapes, which cost nothing. Transposes between them have been
    cancelled: heads are strides within the attention kernels. Launches and
    bytes before and after are reported, a remark a layer with `details`, and
    what stays of a higher rank gets a remark.
  }];
  let options = [
    Option<"details", "details", "bool", "false",
           "Print launches and bytes of each layer before and after">,
  ];
}

def FoldExact : VitPass<"vit-fold-exact"> {
  let summary = "Fold what the weights can take over exactly";
  let description = [{
    * Layer scale, and other constant factors and shifts a channel, move into
      the weight and bias beside them, through reshapes and transposes; those
      of the image (mean and deviation) into a patch embedding without padding.
    * The bias of K is dropped: it adds the same number to all scores of a query.
      Not where a norm or a rotation stands between.
    * The bias of V moves through the attention, whose rows sum to 1, into the
      bias of the linear that alone reads it.
    * The mean that a centring takes off rows moves into the next linear's
      weight.

    Nothing of this happens across `vit.quantize` and `vit.dequantize`.
  }];
  let statistics = [
    Statistic<"numKBiases", "num-k-biases", "Biases of K dropped">,
    Statistic<"numVBiases", "num-v-biases", "Biases of V moved">,
  ];
}

#endif // VITC_PASSES_GRAPHPASSES_TD
