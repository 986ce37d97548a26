#!/usr/bin/env python3
"""Each diagnostic of the command line: a small cause, its ID and exit code."""
import pathlib
import resource
import tempfile

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from harness import MODELS, Report, check, run

DEMO = MODELS / "demo/vit_fashion.onnx"
BAD, USAGE, MISMATCH, UNSUPPORTED = 1, 2, 3, 4


def tensor(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def save(folder, nodes, inputs=None, outputs=None, weights=(), opset=17, ir=8, functions=()):
    """A model of these nodes, from x [2, 4] to y."""
    graph = helper.make_graph(nodes, "g", inputs or [tensor("x", [2, 4])],
                              outputs or [tensor("y", None)], list(weights))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset),
                                                    helper.make_opsetid("local", 1)],
                              ir_version=ir, functions=list(functions))
    path = pathlib.Path(folder) / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def relu(**options):
    return helper.make_node("Relu", ["x"], ["y"], "the_relu", **options)


def expect(ident, code, *args, preexec=None):
    done = run(*args, expect=code, preexec_fn=preexec)
    check(f"[{ident}]" in done.stderr, f"no [{ident}] in {done.stderr[-300:]!r}")
    return done


def compiling(ident, code, path, *options):
    out = path.parent / "out.vitm"
    expect(ident, code, "compile", path, "-o", out, "--target", "sm_80", "--no-nvrtc", *options)
    check(code == 0 or not out.exists(), "a module was written")


def test_E0101_not_a_model(folder):
    path = folder / "noise.onnx"
    path.write_bytes(b"\xff" * 100)
    compiling("E0101", BAD, path)


def test_E0102_missing_file(folder):
    compiling("E0102", BAD, folder / "nowhere.onnx")


def test_E0103_old_opset(folder):
    compiling("E0103", UNSUPPORTED, save(folder, [relu()], opset=5))


def test_W0104_new_opset(folder):
    compiling("W0104", 0, save(folder, [relu()], opset=24))


def test_E0105_cycle(folder):
    nodes = [helper.make_node("Add", ["x", "b"], ["a"]), helper.make_node("Relu", ["a"], ["b"]),
             helper.make_node("Relu", ["b"], ["y"])]
    compiling("E0105", BAD, save(folder, nodes))


def test_E0106_short_tensor(folder):
    weight = numpy_helper.from_array(np.zeros(4, np.float32), "w")
    weight.raw_data = weight.raw_data[:-1]
    compiling("E0106", BAD, save(folder, [helper.make_node("Add", ["x", "w"], ["y"])],
                                 weights=[weight]))


def test_E0107_function_that_calls_itself(folder):
    function = helper.make_function("local", "Self", ["a"], ["b"],
                                    [helper.make_node("Self", ["a"], ["b"], domain="local")],
                                    [helper.make_opsetid("local", 1)])
    compiling("E0107", BAD, save(folder, [helper.make_node("Self", ["x"], ["y"], domain="local")],
                                 functions=[function]))


def test_E0204_wrong_shape_option(folder):
    compiling("E0204", USAGE, save(folder, [relu()]), "--shape", "x:3x4")


def test_E0210_missing_array(folder):
    expect("E0210", BAD, "run", DEMO, "--device", "reference", "--inputs", folder / "no.npz")


def test_E0211_broken_array(folder):
    (folder / "bad.npy").write_bytes(b"\x93NUMPY\x01\x00")
    expect("E0211", BAD, "run", DEMO, "--device", "reference", "--input",
           f"image={folder / 'bad.npy'}")


def test_E0212_broken_picture(folder):
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    expect("E0212", BAD, "run", DEMO, "--device", "reference", "--image", folder / "bad.png")


def test_E0213_wrong_channels(folder):
    expect("E0213", USAGE, "run", DEMO, "--device", "reference", "--image",
           MODELS / "demo/bag.png", "--mean", "1,2,3")


def test_E0214_module_in_the_reference(folder):
    expect("E0214", USAGE, "run", folder / "x.vitm", "--device", "reference")


def test_E0301_unknown_operators(folder):
    nodes = [helper.make_node("Zorp", ["x"], ["a"], "first", domain="local"),
             helper.make_node("Blip", ["a"], ["y"], "second", domain="local")]
    path = save(folder, nodes)
    done = expect("E0301", UNSUPPORTED, "compile", path, "-o", folder / "out.vitm")
    check("Zorp" in done.stderr and "Blip" in done.stderr, "not all are listed")


def test_E0302_form_of_an_operator(folder):
    conv = helper.make_node("Conv", ["x", "w"], ["y"], "conv3d")
    weight = numpy_helper.from_array(np.zeros((4, 2, 3, 3, 3), np.float32), "w")
    compiling("E0302", UNSUPPORTED, save(folder, [conv], [tensor("x", [1, 2, 8, 8, 8])],
                                         weights=[weight]))


def test_R0303_batch_that_does_not_scale(folder):
    constants = [numpy_helper.from_array(np.array(v, np.int64), n)
                 for n, v in (("zero", [0]), ("one", [1]), ("four", [4]))]
    nodes = [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Gather", ["s", "zero"], ["b"]),
             helper.make_node("Add", ["b", "one"], ["b1"]),
             helper.make_node("Concat", ["b1", "four"], ["size"], axis=0),
             helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0),
             helper.make_node("Expand", ["sum", "size"], ["y"])]
    compiling("R0303", 0, save(folder, nodes, [tensor("x", ["batch", 4])], weights=constants))


def test_E0401_shapes_that_do_not_fit(folder):
    weight = numpy_helper.from_array(np.zeros(3, np.float32), "w")
    compiling("E0401", BAD, save(folder, [helper.make_node("Add", ["x", "w"], ["y"])],
                                 weights=[weight]))


def test_E0402_dynamic_width(folder):
    compiling("E0402", BAD, save(folder, [relu()], [tensor("x", ["batch", "width"])]))


def test_E0403_element_type(folder):
    compiling("E0403", UNSUPPORTED, save(folder, [helper.make_node("Identity", ["x"], ["y"])],
                                         [tensor("x", [2], TensorProto.COMPLEX64)]))


def test_E0500_channels_of_the_normalisation(folder):
    compiling("E0500", BAD, save(folder, [relu()]), "--mean", "0.5")


UNFUSED = """
vit.initializer @w : tensor<8x8xf32> = #vit.random<1>
func.func @main(%x: tensor<?x8xf32, #vit.batch<5>> {vit.name = "x"}, %y: tensor<?x8xf32, #vit.batch<5>> {vit.name = "y"})
    -> (tensor<?x5x8xf32, #vit.batch<1>> {vit.name = "z"}) {
  %w = vit.weight @w : tensor<8x8xf32>
  %0 = vit.linear %x, %w : (tensor<?x8xf32, #vit.batch<5>>, tensor<8x8xf32>) -> tensor<?x8xf32, #vit.batch<5>>
  %1 = vit.linear %y, %w : (tensor<?x8xf32, #vit.batch<5>>, tensor<8x8xf32>) -> tensor<?x8xf32, #vit.batch<5>>
  %2 = vit.pointwise "neg"(%y) [affine_map<(d0, d1) -> (d0, d1)>] : (tensor<?x8xf32, #vit.batch<5>>) -> tensor<?x8xf32, #vit.batch<5>> {
  ^bb0(%a: f32):
    %n = arith.negf %a : f32
    vit.yield %n : f32
  }
  %q = vit.reshape %0 : tensor<?x8xf32, #vit.batch<5>> -> tensor<?x5x8xf32, #vit.batch<1>>
  %k = vit.reshape %1 : tensor<?x8xf32, #vit.batch<5>> -> tensor<?x5x8xf32, #vit.batch<1>>
  %v = vit.reshape %2 : tensor<?x8xf32, #vit.batch<5>> -> tensor<?x5x8xf32, #vit.batch<1>>
  %r = vit.attention %q, %k, %v {heads = 2 : i64, kv_heads = 2 : i64, scale = 5.0e-1 : f32} : (tensor<?x5x8xf32, #vit.batch<1>>, tensor<?x5x8xf32, #vit.batch<1>>, tensor<?x5x8xf32, #vit.batch<1>>) -> tensor<?x5x8xf32, #vit.batch<1>>
  return %r : tensor<?x5x8xf32, #vit.batch<1>>
}
"""


def test_E0502_E0504_producers_that_differ(folder):
    path = folder / "unfused.mlir"
    path.write_text(UNFUSED)
    compiling("E0502", 0, path)
    (folder / "out.vitm").unlink()
    compiling("E0504", BAD, path, "--require-fused")


def test_E0501_unknown_target(folder):
    path = save(folder, [relu()])
    expect("E0501", UNSUPPORTED, "compile", path, "-o", folder / "o.vitm", "--target", "sm_12")


def test_E0803_out_of_memory(folder):
    limit = 1 << 30
    with open(folder / "huge.npy", "wb") as file:
        file.truncate(3 << 30)
    expect("E0803", 7, "run", DEMO, "--device", "reference", "--input", f"image={folder / 'huge.npy'}",
           preexec=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))


def test_E0902_outputs_differ(folder):
    import onnxruntime
    image = np.zeros((1, 1, 28, 28), np.float32)
    session = onnxruntime.InferenceSession(str(DEMO), providers=["CPUExecutionProvider"])
    name = session.get_outputs()[0].name
    output = session.run(None, {"image": image})[0]
    np.savez(folder / "in.npz", **{"in:image": image, f"out:{name}": output + 1})
    done = expect("E0902", MISMATCH, "verify", DEMO, "--device", "emulator", "--inputs",
                  folder / "in.npz")
    check(name in done.stderr, "the output is not named")


def main():
    report = Report()
    for name, function in list(globals().items()):
        if name.startswith("test_"):
            with tempfile.TemporaryDirectory() as folder:
                report.case(name[5:], function, pathlib.Path(folder))
    report.finish()


if __name__ == "__main__":
    main()
