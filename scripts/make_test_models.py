#!/usr/bin/env python3
"""Writes test models with random weights.

  make_test_models.py            the small ones, under test/models
  make_test_models.py --real DIR vit_base and deit_tiny at 224x224 and their
                                 real size (350 MB), under DIR

Each NAME.onnx comes with NAME.npz: `in:<input>` and `out:<output>` as ONNX
Runtime computes them. Needs PyPI's numpy, onnx and onnxruntime
(scripts/requirements-test.txt); the same bytes each time. The small ones:

  vit_op17_dyn  symbolic batch, one Linear to 3*dim, LayerNormalization, GELU by Erf
  vit_op11      three Linears, LayerNorm and GELU decomposed, scores by Div
  vit_op23      Attention, Gelu and LayerNormalization as one operator each
"""
import argparse
import dataclasses
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).resolve().parent.parent / "test/models"


@dataclasses.dataclass
class Size:
    dim: int
    heads: int
    hidden: int
    depth: int
    patch: int
    side: int
    classes: int

    @property
    def tokens(self):
        return (self.side // self.patch) ** 2 + 1

    @property
    def head_dim(self):
        return self.dim // self.heads


SMALL = Size(dim=12, heads=2, hidden=20, depth=2, patch=4, side=12, classes=5)
VIT_BASE = Size(dim=768, heads=12, hidden=3072, depth=12, patch=16, side=224, classes=1000)
DEIT_TINY = Size(dim=192, heads=3, hidden=768, depth=12, patch=16, side=224, classes=1000)


class Graph:
    """Collects nodes and initializers; every method gives a value's name."""

    def __init__(self, size, opset, seed):
        self.size = size
        self.opset, self.random = opset, np.random.RandomState(seed)
        self.nodes, self.weights = [], []

    def op(self, kind, *inputs, name, outputs=1, **attributes):
        outs = [name + ("_out" if i == 0 else f"_out{i}") for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), outs, name=name, **attributes))
        return outs[0] if outputs == 1 else outs

    def constant(self, value, name, dtype=np.float32):
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def weight(self, name, *shape, scale=None, offset=0.0):
        spread = scale if scale else 1.2 / np.sqrt(shape[0])
        return self.constant(offset + spread * self.random.randn(*shape), name)

    def linear(self, x, rows, cols, name):
        y = self.op("MatMul", x, self.weight(name + ".weight", rows, cols), name=name + "/MatMul")
        return self.op("Add", y, self.weight(name + ".bias", cols, scale=0.2), name=name + "/Add")

    def layer_norm(self, x, name):
        gamma = self.weight(name + ".weight", self.size.dim, scale=0.3, offset=1.0)
        beta = self.weight(name + ".bias", self.size.dim, scale=0.2)
        if self.opset >= 17:
            return self.op("LayerNormalization", x, gamma, beta, name=name, axis=-1, epsilon=1e-6)
        mean = self.op("ReduceMean", x, name=name + "/Mean", axes=[-1])
        centred = self.op("Sub", x, mean, name=name + "/Sub")
        two = self.constant(2.0, name + "/two")
        square = self.op("Pow", centred, two, name=name + "/Pow")
        variance = self.op("ReduceMean", square, name=name + "/Variance", axes=[-1])
        epsilon = self.constant(1e-6, name + "/epsilon")
        sum_ = self.op("Add", variance, epsilon, name=name + "/AddEpsilon")
        root = self.op("Sqrt", sum_, name=name + "/Sqrt")
        normal = self.op("Div", centred, root, name=name + "/Div")
        scaled = self.op("Mul", normal, gamma, name=name + "/Scale")
        return self.op("Add", scaled, beta, name=name + "/Shift")

    def gelu(self, x, name):
        if self.opset >= 20:
            return self.op("Gelu", x, name=name)
        ratio = self.op("Div", x, self.constant(1.41421354, name + "/root2"), name=name + "/Div")
        erf = self.op("Erf", ratio, name=name + "/Erf")
        one = self.op("Add", erf, self.constant(1.0, name + "/one"), name=name + "/Add")
        half = self.op("Mul", x, one, name=name + "/Mul")
        return self.op("Mul", half, self.constant(0.5, name + "/half"), name=name + "/Half")

    def split_heads(self, x, name, batch):
        size = self.size
        shape = self.constant([batch, size.tokens, size.heads, size.head_dim],
                              name + "/shape", np.int64)
        x = self.op("Reshape", x, shape, name=name + "/Reshape")
        return self.op("Transpose", x, name=name + "/Transpose", perm=[0, 2, 1, 3])

    def join_heads(self, x, name, batch):
        x = self.op("Transpose", x, name=name + "/Join", perm=[0, 2, 1, 3])
        shape = self.constant([batch, self.size.tokens, self.size.dim], name + "/joined", np.int64)
        return self.op("Reshape", x, shape, name=name + "/JoinReshape")


def attention_stacked(g, x, name):
    """One Linear to 3*dim, 5-D, permuted and split; scale on q."""
    y = g.linear(x, g.size.dim, 3 * g.size.dim, name + ".qkv")
    shape = g.constant([-1, g.size.tokens, 3, g.size.heads, g.size.head_dim],
                       name + "/shape", np.int64)
    y = g.op("Reshape", y, shape, name=name + "/Reshape")
    y = g.op("Transpose", y, name=name + "/Transpose", perm=[2, 0, 3, 1, 4])
    parts = [g.op("Gather", y, g.constant(i, f"{name}/index{i}", np.int64),
                  name=f"{name}/Gather_{i}", axis=0) for i in range(3)]
    scale = g.constant((g.size.head_dim) ** -0.5, name + "/scale")
    q = g.op("Mul", parts[0], scale, name=name + "/Mul")
    k = g.op("Transpose", parts[1], name=name + "/TransposeK", perm=[0, 1, 3, 2])
    scores = g.op("MatMul", q, k, name=name + "/Scores")
    scores = g.op("Softmax", scores, name=name + "/Softmax", axis=-1)
    y = g.op("MatMul", scores, parts[2], name=name + "/Values")
    return g.linear(g.join_heads(y, name, -1), g.size.dim, g.size.dim, name + ".proj")


def attention_three(g, x, name, batch=2):
    """Three Linears on one input; the scores are divided."""
    dim = g.size.dim
    q, k, v = (g.split_heads(g.linear(x, dim, dim, f"{name}.{part}"), f"{name}.{part}", batch)
               for part in ("query", "key", "value"))
    k = g.op("Transpose", k, name=name + "/TransposeK", perm=[0, 1, 3, 2])
    scores = g.op("MatMul", q, k, name=name + "/Scores")
    root = g.constant((g.size.head_dim) ** 0.5, name + "/root")
    scores = g.op("Div", scores, root, name=name + "/Div")
    scores = g.op("Softmax", scores, name=name + "/Softmax", axis=3)
    y = g.op("MatMul", scores, v, name=name + "/Values")
    return g.linear(g.join_heads(y, name, batch), g.size.dim, g.size.dim, name + ".dense")


def attention_operator(g, x, name):
    """Attention of opset 23 on rank 3."""
    q, k, v = (g.linear(x, g.size.dim, g.size.dim, f"{name}.{part}")
               for part in ("query", "key", "value"))
    y = g.op("Attention", q, k, v, name=name + "/Attention", q_num_heads=g.size.heads,
             kv_num_heads=g.size.heads, scale=float((g.size.head_dim) ** -0.5))
    return g.linear(y, g.size.dim, g.size.dim, name + ".proj")


def class_token(g, batch):
    """The class token once for each picture."""
    token = g.weight("cls_token", 1, 1, g.size.dim, scale=0.5)
    if isinstance(batch, int):
        shape = g.constant([batch, 1, g.size.dim], "/shape", np.int64)
    else:
        shape = g.op("Shape", "image", name="/Shape")
        size = g.op("Gather", shape, g.constant([0], "/zero", np.int64), name="/Gather", axis=0)
        rest = g.constant([1, g.size.dim], "/rest", np.int64)
        shape = g.op("Concat", size, rest, name="/Concat", axis=0)
    return g.op("Expand", token, shape, name="/Expand")


def make(name, opset, attention, batch, seed, size=SMALL, out=OUT):
    """Writes NAME.onnx and NAME.npz."""
    g = Graph(size, opset, seed)
    kernel = g.weight("patch_embed.weight", size.dim, 3, size.patch, size.patch,
                      scale=1.2 / (3 * size.patch ** 2) ** 0.5)
    x = g.op("Conv", "image", kernel, g.weight("patch_embed.bias", size.dim, scale=0.2),
             name="/patch_embed/Conv", kernel_shape=[size.patch] * 2, strides=[size.patch] * 2)
    shape = g.constant([0, size.dim, size.tokens - 1], "/flat", np.int64)
    x = g.op("Reshape", x, shape, name="/Flatten")
    x = g.op("Transpose", x, name="/Tokens", perm=[0, 2, 1])
    x = g.op("Concat", class_token(g, batch), x, name="/ConcatTokens", axis=1)
    positions = g.weight("pos_embed", 1, size.tokens, size.dim, scale=0.5)
    x = g.op("Add", x, positions, name="/AddPositions")
    for i in range(size.depth):
        block = f"/blocks.{i}"
        y = attention(g, g.layer_norm(x, block + "/norm1"), block + "/attn")
        x = g.op("Add", x, y, name=block + "/Add")
        y = g.linear(g.layer_norm(x, block + "/norm2"), size.dim, size.hidden, block + "/mlp.fc1")
        y = g.linear(g.gelu(y, block + "/mlp/act"), size.hidden, size.dim, block + "/mlp.fc2")
        x = g.op("Add", x, y, name=block + "/Add_1")
    x = g.layer_norm(x, "/norm")
    x = g.op("Gather", x, g.constant(0, "/first", np.int64), name="/Pool", axis=1)
    g.op("Gemm", x, g.weight("head.weight", size.classes, size.dim, scale=1.2 / size.dim ** 0.5),
         g.weight("head.bias", size.classes, scale=0.2), name="/head/Gemm", transB=1)
    g.nodes[-1].output[0] = "logits"
    graph = helper.make_graph(
        g.nodes, name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 3, size.side, size.side])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, size.classes])], g.weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)],
                              ir_version=8 if opset < 23 else 11, producer_name="vitc")
    onnx.checker.check_model(model)
    path = out / f"{name}.onnx"
    onnx.save(model, path)
    shape = (batch if isinstance(batch, int) else 2, 3, size.side, size.side)
    record(path, np.random.RandomState(seed + 100).randn(*shape).astype(np.float32))


def record(path, image):
    import onnxruntime
    session = onnxruntime.InferenceSession(str(path),
                                           providers=["CPUExecutionProvider"])
    logits = session.run(None, {"image": image})[0]
    assert np.isfinite(logits).all() and logits.std() > 0.1
    np.savez(path.with_suffix(".npz"), **{"in:image": image, "out:logits": logits})
    print(f"{path.name}: {path.stat().st_size} bytes, std {logits.std():.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--real", type=pathlib.Path, metavar="DIR")
    args = parser.parse_args()
    if args.real:
        args.real.mkdir(parents=True, exist_ok=True)
        make("deit_tiny", 17, attention_stacked, 1, 5, DEIT_TINY, args.real)
        make("vit_base", 17, attention_stacked, 1, 4, VIT_BASE, args.real)
        return
    make("vit_op17_dyn", 17, attention_stacked, "batch", 1)
    make("vit_op11", 11, attention_three, 2, 2)
    make("vit_op23", 23, attention_operator, 2, 3)


if __name__ == "__main__":
    main()
