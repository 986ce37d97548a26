#!/usr/bin/env python3
"""Compiles trained and synthetic ViTs and compares the emulator with ONNX Runtime.

Every model, in fp32 for sm_53, sm_87 and sm_90 and in fp16 for sm_87 and
sm_90, runs once in the emulator's check mode: the worst output is within 1e-4
(fp32) or 1e-2 (fp16) of the largest magnitude of that output. Trained
classifiers also run 100 test pictures in fast mode, in fp32: the best class is
ONNX Runtime's, except where its two best logits differ by less than 1e-3.

  zoo_test.py [NAME...]      a few models; all with VITC_FULL=1; or those named
  zoo_test.py --write-docs   all, and writes docs/results.md
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import tempfile
import time

import numpy as np

import zoo_models
from harness import FULL, SOURCE, Report, check, run, run_json

FP32_TARGETS, FP16_TARGETS = ("sm_53", "sm_87", "sm_90"), ("sm_87", "sm_90")
PICTURES, BATCH, CLEAR = 100, 25, 1e-3


def session_of(model):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model.path), options,
                                        providers=["CPUExecutionProvider"])


def recorded(model, session, folder):
    """A .npz with one input and ONNX Runtime's outputs for it."""
    if model.record.exists():
        return model.record
    image = model.pictures(1)
    name = session.get_inputs()[0].name
    outputs = session.run(None, {name: image})
    path = folder / "record.npz"
    np.savez(path, **{f"in:{name}": image},
             **{f"out:{o.name}": v for o, v in zip(session.get_outputs(), outputs)})
    return path


def compile_model(model, folder, precision, targets):
    module = folder / f"{precision}.vitm"
    report = run_json("compile", model.path, "-o", module, "--precision", precision,
                      "--target", ",".join(targets))
    return module, report


def emulate(module, folder, inputs, target, *options):
    """Outputs by name of one run on the emulator."""
    out = pathlib.Path(tempfile.mkdtemp(dir=folder))
    run("run", module, "--device", "emulator", "--plan-target", target, "--inputs", inputs,
        "--save-outputs", out, *options, timeout=1800)
    return {path.stem: np.load(path) for path in out.glob("*.npy")}


def safe_name(name):
    """The file name that vitc gives to an output: other characters become _."""
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name)


def worst_error(got, record):
    """The largest error as a part of its output's largest magnitude."""
    worst = 0.0
    for key in record.files:
        if not key.startswith("out:"):
            continue
        name, want = key[4:], record[key].astype(np.float64)
        have = got.get(name, got.get(safe_name(name)))
        check(have is not None, f"no output {name}; there are {sorted(got)}")
        check(have.shape == want.shape, f"{name} has shape {have.shape}, not {want.shape}")
        check(np.isfinite(have).all(), f"{name} is not finite")
        worst = max(worst, float(np.abs(have - want).max() / max(np.abs(want).max(), 1e-30)))
    return worst


def top1(model, module, session, folder):
    """(pictures that agree, pictures whose best two are too close, pictures)."""
    pictures = model.pictures(PICTURES)
    node, output = session.get_inputs()[0], session.get_outputs()[0].name
    batch = node.shape[0] if isinstance(node.shape[0], int) else BATCH
    agree = close = 0
    for at in range(0, len(pictures), batch):
        part = pictures[at:at + batch]
        want = session.run(None, {node.name: part})[0].reshape(len(part), -1)
        path = folder / "pictures.npz"
        np.savez(path, **{f"in:{node.name}": part})
        got = emulate(module, folder, path, "sm_90")
        got = got.get(output, got.get(safe_name(output))).reshape(want.shape)
        best = np.sort(want, 1)
        unsure = best[:, -1] - best[:, -2] < CLEAR
        same = want.argmax(1) == got.argmax(1)
        check((same | unsure).all(),
              f"pictures {(at + np.flatnonzero(~(same | unsure))).tolist()}: another class than "
              "ONNX Runtime's")
        agree, close = agree + int(same.sum()), close + int((~same & unsure).sum())
    return agree, close, len(pictures)


def test_model(model, row):
    """Fills `row`, the model's line in docs/results.md."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vitc-zoo-"))
    try:
        session = session_of(model)
        path = recorded(model, session, folder)
        record = np.load(path)
        module, row["report"] = compile_model(model, folder, "fp32", FP32_TARGETS)
        row["fp32"] = max(worst_error(emulate(module, folder, path, t, "--check"), record)
                          for t in FP32_TARGETS)
        check(row["fp32"] <= model.fp32, f"fp32: error {row['fp32']:.1e} > {model.fp32:.0e}")
        half, _ = compile_model(model, folder, "fp16", FP16_TARGETS)
        row["fp16"] = max(worst_error(emulate(half, folder, path, t, "--check"), record)
                          for t in FP16_TARGETS)
        check(row["fp16"] <= model.fp16, f"fp16: error {row['fp16']:.1e} > {model.fp16:.0e}")
        detail = f"fp32 {row['fp32']:.1e} fp16 {row['fp16']:.1e}"
        if model.pictures:
            row["top1"] = top1(model, module, session, folder)
            detail += " top-1 {}+{}/{}".format(*row["top1"])
        return detail
    finally:
        shutil.rmtree(folder)


def write_docs(models, rows, seconds):
    """docs/results.md: a line a model."""
    lines = ["<!-- Made by test/e2e/zoo_test.py --write-docs. Do not edit. -->",
             "# Results against ONNX Runtime", "",
             "The emulator executes what NVRTC compiles, in check mode (races, bounds, unwritten",
             "outputs), for sm_53, sm_87 and sm_90 in fp32 and for sm_87 and sm_90 in fp16. Errors are the worst",
             "output's, as a part of its largest magnitude, over those targets. Top-1 is how many of 100 test",
             "pictures get ONNX Runtime's class, in fp32; the second number counts those that differ while its two",
             f"best logits are within {CLEAR:g}.", "",
             "| model | fp32 | fp16 | top-1 |", "|---|---|---|---|"]
    for model in models:
        row = rows[model.name]
        score = "{} + {} of {}".format(*row["top1"]) if "top1" in row else ""
        cells = [f"{row[k]:.1e}" if k in row else "-" for k in ("fp32", "fp16")]
        lines.append(f"| {model.name} | {cells[0]} | {cells[1]} | {score} |")
    lines += ["", f"{len(models)} models in {seconds / 60:.0f} minutes on {os.cpu_count()} cores."]
    (SOURCE / "docs/results.md").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="models whose name contains one of these")
    parser.add_argument("--write-docs", action="store_true")
    args = parser.parse_args()
    models, missing = zoo_models.all_models(FULL or args.write_docs or bool(args.names))
    if args.names:
        models = [m for m in models if any(n in m.name for n in args.names)]
    report, rows, start = Report(), {m.name: {} for m in models}, time.monotonic()
    if missing:
        print(f"note: {missing}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda m: report.case(m.name, test_model, m, rows[m.name]), models))
    if args.write_docs:
        write_docs(models, rows, time.monotonic() - start)
    report.finish()


if __name__ == "__main__":
    main()
