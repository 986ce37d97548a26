#!/usr/bin/env python3
"""Each ONNX operator alone, in the reference executor, against ONNX Runtime.

  test/e2e/ops_test.py [--device emulator] [NAME...]

With VITC_FULL=1 in the emulator as well: each operator's kernels, compiled.
"""
import argparse
import pathlib
import sys
import tempfile

try:
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper
except ImportError as missing:
    print(f"SKIP: {missing}")
    sys.exit(77)

from harness import FULL, Report, Skip, check, run

ONNX_TYPES = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.float16): TensorProto.FLOAT16,
              np.dtype(np.int64): TensorProto.INT64, np.dtype(np.int32): TensorProto.INT32,
              np.dtype(np.bool_): TensorProto.BOOL, np.dtype(np.int8): TensorProto.INT8,
              np.dtype(np.uint8): TensorProto.UINT8}
CASES = {}


def values(*shape, seed=0, low=-3.0, high=3.0, dtype=np.float32):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(dtype)


def case(name, op, inputs, *, weights=(), outputs=1, opset=17, tolerance=1e-5, **attributes):
    """A node `op` of `inputs` (name -> array, in order); those in `weights` are initializers.

    An input of None is absent.
    """
    CASES[name] = (op, inputs, weights, outputs, opset, tolerance, attributes)


def add_pointwise():
    x, y = values(2, 3, 5), values(3, 1, seed=1)
    for op in ("Abs Neg Exp Erf Sin Cos Tan Atan Sinh Cosh Tanh Floor Ceil Round Sign Relu "
               "Sigmoid Softplus Softsign Elu Selu Celu LeakyRelu HardSigmoid "
               "HardSwish Mish ThresholdedRelu Reciprocal Identity").split():
        case(op, op, {"x": x}, opset=18)
    for op in ("Log", "Sqrt"):
        case(op, op, {"x": np.abs(x) + 0.1})
    for op in ("Add", "Sub", "Mul", "Div", "Max", "Min", "PRelu", "Equal", "Less", "LessOrEqual",
               "Greater", "GreaterOrEqual"):
        case(op, op, {"x": x, "y": y})
    case("Gelu_erf", "Gelu", {"x": x}, opset=20)
    case("Gelu_tanh", "Gelu", {"x": x}, opset=20, approximate="tanh")
    case("Elu_alpha", "Elu", {"x": x}, alpha=0.3)
    case("LeakyRelu_alpha", "LeakyRelu", {"x": x}, alpha=0.3)
    case("Pow", "Pow", {"x": np.abs(x), "y": y})
    for power in (2.0, 0.5, 3.0, -0.5):
        case(f"Pow_{power}", "Pow", {"x": np.abs(x) + 0.1, "y": np.float32(power)}, weights=["y"])
    case("Mod_fmod", "Mod", {"x": x, "y": y}, fmod=1)
    a = np.arange(-7, 8, dtype=np.int64)
    case("Mod_int", "Mod", {"x": a, "y": np.int64(3)})
    case("Div_int", "Div", {"x": a, "y": np.int64(3)})
    case("Add_int32", "Add", {"x": a.astype(np.int32), "y": np.int32(3)})
    case("Clip", "Clip", {"x": x, "lo": np.float32(-1), "hi": np.float32(2)}, weights=["lo", "hi"])
    case("Clip_high", "Clip", {"x": x, "lo": None, "hi": np.float32(2)}, weights=["hi"])
    case("Where", "Where", {"c": x > 0, "x": x, "y": y})
    case("IsNaN", "IsNaN", {"x": np.where(x > 2, np.nan, x).astype(np.float32)})
    case("IsInf", "IsInf", {"x": np.where(x > 2, np.inf, x).astype(np.float32)})
    p, q = x > 0, x > 1
    for op in ("And", "Or", "Xor"):
        case(op, op, {"x": p, "y": q})
    case("Not", "Not", {"x": p})
    case("Sum", "Sum", {"x": x, "y": y, "z": values(5, seed=2)})
    case("Mean", "Mean", {"x": x, "y": y})
    for name, to in (("f16", TensorProto.FLOAT16), ("i32", TensorProto.INT32), ("i64", TensorProto.INT64),
                     ("bool", TensorProto.BOOL)):
        case(f"Cast_{name}", "Cast", {"x": x}, to=to)
    case("Cast_from_bool", "Cast", {"x": p}, to=TensorProto.FLOAT)
    case("Cast_from_i64", "Cast", {"x": a}, to=TensorProto.FLOAT)


def add_products():
    x = values(2, 3, 4)
    case("MatMul", "MatMul", {"x": x, "y": values(2, 4, 5, seed=1)})
    case("MatMul_broadcast", "MatMul", {"x": values(2, 1, 3, 4), "y": values(3, 4, 5, seed=1)})
    case("MatMul_weight", "MatMul", {"x": x, "y": values(4, 5, seed=1)}, weights=["y"])
    case("MatMul_vector", "MatMul", {"x": x, "y": values(4, seed=1)})
    g = {"x": values(3, 4), "w": values(5, 4, seed=1), "b": values(5, seed=2)}
    case("Gemm", "Gemm", g, weights=["w", "b"], transB=1, alpha=0.5, beta=2.0)
    case("Gemm_transposed", "Gemm", {"x": values(4, 3), "w": values(4, 5, seed=1)}, transA=1)
    case("Einsum", "Einsum", {"x": values(2, 3, 4, 5), "y": values(2, 6, 4, 5, seed=1)},
         equation="bnhd,bmhd->bhnm")
    i = values(2, 4, 9, 7)
    case("Conv", "Conv", {"x": i, "w": values(6, 4, 3, 2, seed=1), "b": values(6, seed=2)},
         weights=["w", "b"], strides=[2, 1], pads=[1, 0, 2, 1])
    case("Conv_grouped", "Conv", {"x": i, "w": values(6, 2, 3, 3, seed=1)}, weights=["w"], group=2,
         dilations=[1, 2])
    case("Conv_depthwise", "Conv", {"x": i, "w": values(4, 1, 3, 3, seed=1)}, weights=["w"], group=4,
         auto_pad="SAME_UPPER", strides=[2, 2])
    case("Conv_patches", "Conv", {"x": values(2, 3, 8, 8), "w": values(5, 3, 4, 4, seed=1)},
         weights=["w"], strides=[4, 4])
    case("Conv_1d", "Conv", {"x": values(2, 3, 9), "w": values(4, 3, 3, seed=1)}, weights=["w"],
         pads=[1, 1])
    # q, k, v [B, N, heads * d] and [B, heads, N, d].
    case("Attention_3d", "Attention",
         {"q": values(2, 5, 8), "k": values(2, 7, 4, seed=1), "v": values(2, 7, 6, seed=2)},
         opset=23, q_num_heads=4, kv_num_heads=2)
    case("Attention_4d", "Attention",
         {"q": values(2, 2, 5, 4), "k": values(2, 2, 5, 4, seed=1), "v": values(2, 2, 5, 4, seed=2)},
         opset=23, is_causal=1, scale=0.3)
    case("Attention_mask", "Attention",
         {"q": values(2, 2, 5, 4), "k": values(2, 2, 6, 4, seed=1), "v": values(2, 2, 6, 3, seed=2),
          "m": values(5, 6, seed=3) > -2}, opset=23)


def add_norms():
    x = values(2, 3, 4, 6)
    c = {"g": values(6, seed=1), "b": values(6, seed=2)}
    case("LayerNormalization", "LayerNormalization", {"x": x, **c}, weights=["g", "b"])
    case("LayerNormalization_axis", "LayerNormalization",
         {"x": x, "g": values(4, 6, seed=1), "b": values(4, 6, seed=2)}, weights=["g", "b"], axis=2,
         epsilon=0.01)
    case("RMSNormalization", "RMSNormalization", {"x": x, "g": c["g"]}, weights=["g"], opset=23)
    stats = {"g": values(3, seed=1), "b": values(3, seed=2), "m": values(3, seed=3),
             "v": values(3, seed=4, low=0.5)}
    case("BatchNormalization", "BatchNormalization", {"x": x, **stats}, weights=list(stats))
    case("InstanceNormalization", "InstanceNormalization",
         {"x": x, "g": values(3, seed=1), "b": values(3, seed=2)}, weights=["g", "b"])
    case("GroupNormalization", "GroupNormalization",
         {"x": values(2, 6, 3, 3), "g": values(6, seed=1), "b": values(6, seed=2)},
         weights=["g", "b"], num_groups=3, opset=21)
    for axis in (-1, 1):
        case(f"Softmax_{axis}", "Softmax", {"x": x}, axis=axis)
        case(f"LogSoftmax_{axis}", "LogSoftmax", {"x": x}, axis=axis)
    case("Softmax_old", "Softmax", {"x": x}, axis=2, opset=11)
    case("LpNormalization", "LpNormalization", {"x": x}, axis=-1, p=2)
    for op in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp"):
        case(f"Reduce{op}", f"Reduce{op}", {"x": x}, axes=[1, 3], keepdims=0,
             opset=12)
    case("ReduceSum_13", "ReduceSum", {"x": x, "a": np.array([-1])}, weights=["a"])
    case("ReduceMean_18", "ReduceMean", {"x": x, "a": np.array([2])}, weights=["a"], opset=18)
    case("ReduceMean_all", "ReduceMean", {"x": x}, opset=18)
    case("ArgMax", "ArgMax", {"x": x}, axis=2, keepdims=0)
    case("ArgMin", "ArgMin", {"x": x}, axis=-1)
    i = values(2, 3, 7, 6)
    pool = {"kernel_shape": [3, 2], "strides": [2, 2]}
    case("MaxPool", "MaxPool", {"x": i}, **pool, pads=[1, 0, 1, 1])
    case("MaxPool_ceil", "MaxPool", {"x": i}, **pool, ceil_mode=1)
    case("AveragePool", "AveragePool", {"x": i}, **pool, pads=[1, 0, 1, 1])
    case("AveragePool_padded", "AveragePool", {"x": i}, **pool, pads=[1, 0, 1, 1], count_include_pad=1)
    case("AveragePool_ceil", "AveragePool", {"x": i}, **pool, ceil_mode=1, opset=19)
    case("GlobalAveragePool", "GlobalAveragePool", {"x": i})
    case("GlobalMaxPool", "GlobalMaxPool", {"x": i})


def add_movement():
    x = values(2, 3, 4, 6)
    ints = lambda *numbers: np.array(numbers, np.int64)
    case("Transpose", "Transpose", {"x": x}, perm=[3, 0, 2, 1])
    case("Transpose_default", "Transpose", {"x": x})
    case("Reshape", "Reshape", {"x": x, "s": ints(0, -1, 12)}, weights=["s"])
    case("Flatten", "Flatten", {"x": x}, axis=2)
    case("Squeeze", "Squeeze", {"x": values(2, 1, 3, 1), "a": ints(1)}, weights=["a"])
    case("Unsqueeze", "Unsqueeze", {"x": x, "a": ints(0, -1)}, weights=["a"])
    case("Expand", "Expand", {"x": values(3, 1), "s": ints(2, 3, 4)}, weights=["s"])
    case("Tile", "Tile", {"x": values(2, 3), "r": ints(2, 3)}, weights=["r"])
    case("Concat", "Concat", {"x": x, "y": values(2, 3, 1, 6, seed=1)}, axis=2)
    case("Split", "Split", {"x": x, "s": ints(1, 3)}, weights=["s"], outputs=2, axis=2)
    case("Slice", "Slice", {"x": x, "b": ints(1, -1), "e": ints(9, -100), "a": ints(3, 1),
                            "s": ints(2, -1)}, weights=["b", "e", "a", "s"])
    case("Gather", "Gather", {"x": x, "i": np.array([[0, -1], [2, 1]])}, weights=["i"], axis=3)
    case("Gather_scalar", "Gather", {"x": x, "i": np.array(1)}, weights=["i"], axis=1)
    case("Gather_table", "Gather", {"x": values(10, 4), "i": np.array([[3, 9, 0]])}, weights=["x"])
    for mode in ("constant", "reflect", "edge"):
        case(f"Pad_{mode}", "Pad", {"x": x, "p": ints(0, 0, 1, 2, 0, 0, 2, 1)}, weights=["p"], mode=mode)
    case("DepthToSpace", "DepthToSpace", {"x": values(1, 8, 2, 3)}, blocksize=2)
    case("DepthToSpace_crd", "DepthToSpace", {"x": values(1, 8, 2, 3)}, blocksize=2, mode="CRD")
    case("SpaceToDepth", "SpaceToDepth", {"x": values(1, 2, 4, 6)}, blocksize=2)
    for mode in ("nearest", "linear", "cubic"):
        case(f"Resize_{mode}", "Resize",
             {"x": values(1, 2, 4, 5), "roi": None, "scales": None, "s": ints(1, 2, 7, 8)},
             weights=["s"], mode=mode, tolerance=1e-4)


def add_quantised():
    x, scale = values(3, 4), np.float32(0.05)
    for dtype in (np.int8, np.uint8):
        name, zero = np.dtype(dtype).name, dtype(5)
        case(f"QuantizeLinear_{name}", "QuantizeLinear", {"x": x, "s": scale, "z": zero},
             weights=["s", "z"])
        q = values(3, 4, low=0, high=100).astype(dtype)
        case(f"DequantizeLinear_{name}", "DequantizeLinear", {"x": q, "s": scale, "z": zero},
             weights=["s", "z"])
    case("QuantizeLinear_axis", "QuantizeLinear",
         {"x": x, "s": values(4, low=0.01, high=0.1), "z": np.zeros(4, np.int8)}, weights=["s", "z"], axis=1)


def make_model(path, op, inputs, weights, outputs, opset, attributes):
    """Writes the model and gives the inputs that a run takes."""
    names = [name if array is not None else "" for name, array in inputs.items()]
    given = {name: np.asarray(array) for name, array in inputs.items() if array is not None}
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names, results, name=f"the_{op}", **attributes)
    infos = [helper.make_tensor_value_info(name, ONNX_TYPES[array.dtype], array.shape)
             for name, array in given.items() if name not in weights]
    tensors = [onnx.numpy_helper.from_array(given[name], name) for name in given if name in weights]
    graph = helper.make_graph([node], "case", infos, [], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)],
                              ir_version=8 if opset < 21 else 10)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    known = {info.name: info for info in inferred.graph.value_info}
    for result in results:
        graph_output = known.get(result) or helper.make_empty_tensor_value_info(result)
        model.graph.output.append(graph_output)
    onnx.save(model, path)
    return {name: array for name, array in given.items() if name not in weights}


def check_case(name, device, folder):
    op, inputs, weights, outputs, opset, tolerance, attributes = CASES[name]
    if device == "emulator" and op in ("MaxPool", "AveragePool"):
        raise Skip("pooling has no kernel yet")
    path = folder / f"{name}.onnx"
    given = make_model(path, op, inputs, weights, outputs, opset, attributes)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    expected = session.run(None, given)
    np.savez(path.with_suffix(".npz"), **{f"in:{key}": array for key, array in given.items()})
    results = folder / f"{name}.{device}"
    run("run", path, "--inputs", path.with_suffix(".npz"), "--device", device, "--save-outputs", results)
    worst = 0.0
    for i, wanted in enumerate(expected):
        got = np.load(results / f"y{i}.npy")
        check(got.shape == wanted.shape and got.dtype == wanted.dtype,
              f"expected {wanted.dtype} {wanted.shape}, got {got.dtype} {got.shape}")
        gap = np.abs(got.astype(np.float64) - wanted.astype(np.float64))
        worst = max(worst, np.max(gap, initial=0) / max(np.max(np.abs(wanted.astype(np.float64))), 1e-30))
    check(worst <= tolerance, f"differs by {worst:.1e} of the largest magnitude")
    return f"{worst:.1e}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", choices=["reference", "emulator"])
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    for add in (add_pointwise, add_products, add_norms, add_movement, add_quantised):
        add()
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        for device in [arguments.device] if arguments.device else ["reference"] + FULL * ["emulator"]:
            for name in arguments.names or CASES:
                report.case(f"{name} on the {device}", check_case, name, device, pathlib.Path(folder))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
