#!/usr/bin/env python3
"""ViT-B/16 at 224, real size: compile time and memory, what is fused, and the
module's load time. DeiT-Tiny at 224: how long the emulator takes.

Only with VITC_FULL=1. The models are build/models/{vit_base,deit_tiny}.onnx,
made here if missing; put others of these names there to test those (any
exporter, batch 1).
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

from harness import BINARY, FULL, SOURCE, VITC, Report, Skip, check, run, run_json

FOLDER = BINARY / "models"
BASE, TINY = FOLDER / "vit_base.onnx", FOLDER / "deit_tiny.onnx"


def make_models():
    if not (BASE.exists() and TINY.exists()):
        subprocess.run([sys.executable, SOURCE / "scripts/make_test_models.py", "--real", FOLDER],
                       check=True, stdout=subprocess.DEVNULL)


def measured(*args, cache):
    """(CPU seconds, peak MB) of a vitc command and its children."""
    env = {**os.environ, "VITC_CACHE_DIR": str(cache)}
    child = subprocess.Popen([str(VITC), *map(str, args)], env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    err = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    check(os.waitstatus_to_exitcode(status) == 0, f"{args[0]} failed: {err[-300:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def test_compile(folder):
    command = ("compile", BASE, "-o", folder / "base.vitm", "--target", "sm_90",
               "--precision", "fp16")
    cold, peak = measured(*command, cache=folder / "cache")
    warm, _ = measured(*command, cache=folder / "cache")
    size = BASE.stat().st_size / 1e6
    check(cold <= 15, f"{cold:.1f} CPU seconds cold, at most 15")
    check(warm <= 5, f"{warm:.1f} CPU seconds warm, at most 5")
    check(peak * 1.048576 <= 2.5 * size + 300, f"peak of {peak:.0f} MiB for a file of {size:.0f} MB")
    return f"cold {cold:.1f} s, warm {warm:.1f} s, peak {peak:.0f} MiB"


def test_load(folder):
    """Loading is reading the file and at most 50 ms."""
    module = folder / "base.vitm"
    run("inspect", module)
    start = time.monotonic()
    with open(module, "rb", buffering=0) as file:
        while file.read(1 << 22):
            pass
    reading = time.monotonic() - start
    report = run_json("inspect", module)
    beyond = report["load_ms"] - reading * 1e3
    check(beyond <= 50, f"{report['load_ms']:.0f} ms, of which reading is {reading * 1e3:.0f}")
    return f"{report['load_ms']:.0f} ms"


def test_fusions(folder):
    report = run_json("compile", BASE, "-o", folder / "again.vitm", "--target", "sm_90",
                      "--precision", "fp16")
    (plan,) = report["plans"]
    for key, count in (("qkv", 12), ("attention", 12), ("layer_norm", 25), ("gelu", 12)):
        fused, found = plan["fusions"][key]
        check((fused, found) == (count, count), f"{key}: {fused} of {found}, not {count}")
    check(plan["launches_per_layer"] <= 7, f"{plan['launches_per_layer']} launches a layer")
    check(plan["transposes"] == 0, f"{plan['transposes']} transposes")
    ratio = plan["arena_bytes"] / plan["arena_lower_bound"]
    check(ratio <= 1.25, f"arena is {ratio:.2f} of its lower bound")
    check(plan["spills"] == 0, f"{plan['spills']} kernels spill")
    return f"{plan['launches']} launches, arena {ratio:.2f} of its lower bound"


def test_deit_tiny(folder):
    module, inputs = folder / "tiny.vitm", TINY.with_suffix(".npz")
    run("compile", TINY, "-o", module, "--target", "sm_80", "--precision", "fp16")
    record = np.load(inputs)
    want = record["out:" + [k for k in record.files if k.startswith("out:")][0][4:]]
    line = []
    for limit, options in ((3, ()), (10, ("--check",))):
        command = ("run", module, "--device", "emulator", "--inputs", inputs,
                   "--save-outputs", folder, *options)
        measured(*command, cache=folder / "cache")
        seconds, _ = measured(*command, cache=folder / "cache")
        (output,) = folder.glob("*.npy")
        error = np.abs(np.load(output) - want).max() / np.abs(want).max()
        check(error <= 1e-2, f"error {error:.1e}")
        check(seconds <= limit, f"{seconds:.1f} CPU seconds, at most {limit}")
        line.append(f"{seconds:.1f} s")
    return " fast, ".join(line) + " checked"


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        if FULL:
            make_models()
        for name, function in list(globals().items()):
            if name.startswith("test_"):
                report.case(name[5:], function if FULL else not_here, folder)
    report.finish()


def not_here(_):
    raise Skip("takes minutes: run with VITC_FULL=1")


if __name__ == "__main__":
    main()
