#!/usr/bin/env python3
"""Broken models, inputs and modules give a clear error, the right exit code,
and leave no output behind."""
import os
import pathlib
import random
import shutil
import tempfile

import numpy as np

from harness import FULL, MODELS, SHARED, Failure, Report, Skip, check, run

MODEL = MODELS / "vit_op11.onnx"
BAD_INPUT, USAGE, UNSUPPORTED, REJECTED = 1, 2, 4, 5


def expect_error(codes, *args, text=None):
    """vitc ARGS ends with one of the codes and says an error with its ID."""
    codes = codes if isinstance(codes, tuple) else (codes,)
    try:
        done = run(*args, expect=codes[0])
    except Failure:
        if len(codes) == 1:
            raise
        done = run(*args, expect=codes[1])
    check("error" in done.stderr, f"no error on stderr: {done.stderr[-200:]!r}")
    check("[E" in done.stderr or done.returncode == USAGE,
          f"no diagnostic ID: {done.stderr[-200:]!r}")
    for part in [text] if isinstance(text, str) else text or []:
        check(part in done.stderr, f"no {part!r} in {done.stderr[-400:]!r}")


def expect_no_compile(codes, model, text=None):
    """Compiling fails and leaves the folder as it was."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "model.vitm"
        expect_error(codes, "compile", model, "-o", out, "--target", "sm_80", text=text)
        check(not os.listdir(folder), f"left behind: {os.listdir(folder)}")


def write(folder, name, data):
    path = pathlib.Path(folder) / name
    path.write_bytes(data)
    return path


def test_truncated_models(folder):
    data = MODEL.read_bytes()
    cuts = {0, 1, 2, 7, len(data) - 1} | {len(data) * i // 16 for i in range(16)}
    for cut in sorted(cuts):
        expect_no_compile((BAD_INPUT, UNSUPPORTED), write(folder, "cut.onnx", data[:cut]))
    return f"{len(cuts)} lengths"


def test_random_models(folder):
    source = random.Random(1)
    for size in (1, 10, 100, 1000, 100_000):
        expect_no_compile(BAD_INPUT, write(folder, "noise.onnx", source.randbytes(size)))


def test_missing_model(folder):
    expect_no_compile(BAD_INPUT, pathlib.Path(folder) / "nowhere.onnx", text="nowhere.onnx")
    expect_no_compile(BAD_INPUT, folder)


def test_invalid_gemm(folder):
    path = SHARED / "cct/CCT_2_32_32_128/network.onnx"
    if not path.exists():
        raise Skip(f"no {path}")
    expect_no_compile((BAD_INPUT, UNSUPPORTED), path, text="Gemm")


def test_missing_weights(folder):
    path = SHARED / "export-graphs/vit_tiny_dynamo_graph_only.onnx"
    if not path.exists():
        raise Skip(f"no {path}")
    expect_no_compile(BAD_INPUT, path, text=".data")


def compiled(folder):
    module = pathlib.Path(folder) / "good.vitm"
    run("compile", MODEL, "-o", module, "--target", "sm_80")
    return module


def test_wrong_inputs(folder):
    module = compiled(folder)
    good = np.load(MODEL.with_suffix(".npz"))["in:image"]

    def refuse(name, array, text):
        path = pathlib.Path(folder) / "in.npy"
        np.save(path, array)
        out = pathlib.Path(folder) / "outputs"
        expect_error((BAD_INPUT, USAGE), "run", module, "--device", "emulator", "--input",
                     f"{name}={path}", "--save-outputs", out, text=text)
        check(not out.exists() or not os.listdir(out), "outputs were written")

    refuse("picture", good, ["picture", "image"])
    refuse("image", good[:, :2], "2x2x12x12")
    refuse("image", good[0], "3x12x12")
    refuse("image", good.astype(np.int64), "i64")
    refuse("image", np.concatenate([good, good]), "4x3x12x12")
    path = write(folder, "broken.npy", b"\x93NUMPY\x01\x00")
    expect_error(BAD_INPUT, "run", module, "--device", "emulator", "--input", f"image={path}")


def test_usage(folder):
    expect_error(USAGE, "compile")
    expect_error(USAGE, "compile", MODEL, "-o", pathlib.Path(folder) / "x.vitm",
                 "--precision", "fp12")
    expect_error(UNSUPPORTED if FULL else (UNSUPPORTED, USAGE), "compile", MODEL, "-o",
                 pathlib.Path(folder) / "x.vitm", "--target", "sm_12")
    expect_error(USAGE, "frobnicate")
    check(not os.listdir(folder), f"left behind: {os.listdir(folder)}")


def test_flipped_bits(folder):
    """inspect refuses the module whichever bit is flipped."""
    module = compiled(folder)
    data = bytearray(module.read_bytes())
    source, count = random.Random(2), 4000 if FULL else 300
    positions = list(range(min(512, len(data)))) if FULL else list(range(0, 256, 3))
    positions += [source.randrange(len(data)) for _ in range(count - len(positions))]
    copy = pathlib.Path(folder) / "bad.vitm"
    for position in positions:
        bit = 1 << source.randrange(8)
        data[position] ^= bit
        copy.write_bytes(data)
        data[position] ^= bit
        expect_error(REJECTED, "inspect", copy)
    return f"{len(positions)} of {len(data)} bytes"


def test_cut_modules(folder):
    data = compiled(folder).read_bytes()
    copy = pathlib.Path(folder) / "cut.vitm"
    cuts = {0, 1, 8, 63, 64, 255, 256, len(data) - 1} | {len(data) * i // 32 for i in range(32)}
    for cut in sorted(cuts):
        copy.write_bytes(data[:cut])
        expect_error(REJECTED, "inspect", copy, text="[E0602]" if cut > 256 else None)
    copy.write_bytes(data + b"\0")
    expect_error(REJECTED, "inspect", copy, text="[E0602]")
    expect_error(REJECTED, "run", copy, "--device", "emulator", "--inputs",
                 MODEL.with_suffix(".npz"))


def test_failed_compile_keeps_the_old_module(folder):
    module = compiled(folder)
    before = module.read_bytes()
    bad = write(folder, "bad.onnx", MODEL.read_bytes()[:5000])
    expect_error((BAD_INPUT, UNSUPPORTED), "compile", bad, "-o", module, "--target", "sm_80")
    check(module.read_bytes() == before, "the module changed")
    check(sorted(os.listdir(folder)) == ["bad.onnx", "good.vitm"], f"{os.listdir(folder)}")


def main():
    report = Report()
    for name, function in sorted(globals().items()):
        if name.startswith("test_"):
            folder = tempfile.mkdtemp(prefix="vitc-errors-")
            report.case(name[5:], function, folder)
            shutil.rmtree(folder)
    report.finish()


if __name__ == "__main__":
    main()
