#!/usr/bin/env python3
"""The same model gives the same module bytes: in other folders, from another
copy of the model, on one thread and on two."""
import hashlib
import os
import pathlib
import shutil
import tempfile

from harness import FULL, MODELS, Report, check, run

NAMES = ("vit_op17_dyn", "vit_op23", "demo/vit_fashion") if FULL else ("vit_op17_dyn",)


def compile_in(folder, model, precision, cpus, *options):
    """SHA-256 of the module that a compile in `folder` gives on these CPUs."""
    os.makedirs(folder)
    copy = shutil.copy(model, folder)
    env = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    run("compile", copy, "-o", folder / "model.vitm", "--precision", precision, *options,
        cwd=folder, env=env, preexec_fn=lambda: os.sched_setaffinity(0, cpus))
    return hashlib.sha256((folder / "model.vitm").read_bytes()).hexdigest()


def test_same_bytes(name, precision):
    cpus = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(temporary)
        model = MODELS / f"{name}.onnx"
        sums = {
            "one thread": compile_in(root / "a", model, precision, {cpus[0]}),
            "all threads": compile_in(root / "another folder", model, precision, set(cpus)),
            "again": compile_in(root / "c/d/e", model, precision, set(cpus)),
        }
        check(len(set(sums.values())) == 1, f"different modules: {sums}")


def main():
    report = Report()
    for name in NAMES:
        for precision in ("fp32", "fp16"):
            report.case(f"{name} {precision}", test_same_bytes, name, precision)
    report.finish()


if __name__ == "__main__":
    main()
