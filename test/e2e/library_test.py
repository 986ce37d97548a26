#!/usr/bin/env python3
"""What the built files hold and need: libvitrt stays small and free of the
compiler, vitc needs nothing but glibc 2.36."""
import re

from harness import BINARY, VITC, Report, check, run_command

MAX_LIBRARY = 1_500_000
GLIBC = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1",
         "ld-linux-x86-64.so.2"}
COMPILER = re.compile(r"\b(llvm::|mlir::|google::protobuf|onnx::|LLVM[A-Z]|mlir[A-Z])")


def needed(path):
    text = run_command(["readelf", "-d", str(path)]).stdout
    return set(re.findall(r"\(NEEDED\).*\[(.*?)\]", text))


def test_library_size():
    size = (BINARY / "lib/libvitrt.so").resolve().stat().st_size
    check(size <= MAX_LIBRARY, f"libvitrt.so has {size} bytes, at most {MAX_LIBRARY}")
    return f"{size} bytes"


def test_library_symbols():
    """Neither defined nor undefined, neither exported nor local."""
    for name in ("libvitrt.so", "libvitrt.a"):
        for options in (["-C"], ["-C", "-D"]):
            if name.endswith(".a") and "-D" in options:
                continue
            text = run_command(["nm", *options, str(BINARY / "lib" / name)]).stdout
            found = COMPILER.search(text)
            check(not found, f"{name} has the symbol {found and text[found.start():][:80]!r}")


def test_library_needs():
    extra = needed(BINARY / "lib/libvitrt.so") - GLIBC - {"libstdc++.so.6", "libgcc_s.so.1"}
    check(not extra, f"libvitrt.so needs {sorted(extra)}")


def test_vitc_needs():
    extra = needed(VITC) - GLIBC
    check(not extra, f"vitc needs {sorted(extra)}")
    text = run_command(["objdump", "-T", str(VITC)]).stdout
    versions = {tuple(map(int, v.split("."))) for v in re.findall(r"GLIBC_([\d.]+)", text)}
    check(max(versions) <= (2, 36), f"vitc needs glibc {max(versions)}")


def main():
    report = Report()
    for name, function in sorted(globals().items()):
        if name.startswith("test_"):
            report.case(name[5:], function)
    report.finish()


if __name__ == "__main__":
    main()
