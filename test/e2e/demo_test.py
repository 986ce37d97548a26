#!/usr/bin/env python3
"""The demo model classifies its pictures from PNG files as ONNX Runtime does."""
import pathlib
import tempfile

import numpy as np

from harness import MODELS, Report, check, run, run_json

DEMO = MODELS / "demo"
MEAN, STD = 0.2860, 0.3530
LABELS = (DEMO / "labels.txt").read_text().split("\n")[:10]


def read_png(path):
    """An 8-bit grey PNG, unfiltered by hand: no picture library is needed."""
    import struct
    import zlib
    data, at, body = path.read_bytes(), 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", chunk[:10])
            check((depth, colour) == (8, 0), f"{path.name} is no 8-bit grey PNG")
        body += chunk if kind == b"IDAT" else b""
        at += 12 + size
    raw = np.frombuffer(zlib.decompress(body), np.uint8).reshape(height, width + 1)
    out = np.zeros((height + 1, width + 1), np.int64)
    for y, line in enumerate(raw.astype(np.int64)):
        for x in range(width):
            left, up, corner = out[y + 1, x], out[y, x + 1], out[y, x]
            paeth = min((left, up, corner), key=lambda v: abs(left + up - corner - v))
            guess = (0, left, up, (left + up) // 2, paeth)[line[0]]
            out[y + 1, x + 1] = (line[x + 1] + guess) & 255
    return out[1:, 1:]


def expected(picture):
    """ONNX Runtime's classes, best first, and their probabilities."""
    import onnxruntime
    image = ((read_png(picture) / 255.0 - MEAN) / STD).astype(np.float32)[None, None]
    session = onnxruntime.InferenceSession(str(DEMO / "vit_fashion.onnx"),
                                           providers=["CPUExecutionProvider"])
    logits = session.run(None, {"image": image})[0][0].astype(np.float64)
    p = np.exp(logits - logits.max())
    p /= p.sum()
    order = np.argsort(-p)
    return [LABELS[i] for i in order], p[order]


def test_picture(picture, module):
    labels, p = expected(picture)
    report = run_json("run", module, "--device", "emulator", "--image", picture,
                      "--labels", DEMO / "labels.txt", "--top", "5")
    top = report["top"]
    check([t["label"] for t in top] == labels[:5], f"{[t['label'] for t in top]}, not {labels[:5]}")
    worst = max(abs(t["probability"] - q) for t, q in zip(top, p))
    check(worst < 1e-4, f"a probability is off by {worst:.1e}")
    return f"{labels[0]} {p[0]:.3f}"


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        module = pathlib.Path(folder) / "demo.vitm"
        report.case("compile", lambda: run(
            "compile", DEMO / "vit_fashion.onnx", "-o", module, "--target", "sm_80",
            "--mean", MEAN, "--std", STD) and None)
        for picture in sorted(DEMO.glob("*.png")):
            report.case(picture.name, test_picture, picture, module)
    report.finish()


if __name__ == "__main__":
    main()
