#!/usr/bin/env python3
"""A program that sees only the installed runtime: examples/classify.cpp is built
with find_package(vitrt), and with pkg-config, and classifies a picture."""
import os
import pathlib
import shutil
import tempfile

from demo_test import DEMO, MEAN, STD, read_png
from harness import BINARY, SOURCE, VITC, Report, Skip, check, run, run_command


def install(prefix):
    run_command(["cmake", "--install", str(BINARY), "--prefix", str(prefix),
                 "--component", "runtime"])
    files = {str(f.relative_to(prefix)) for f in prefix.rglob("*") if f.is_file()}
    for name in ("include/vitrt.h", "include/vitrt.hpp", "bin/vitrt-emulator"):
        check(name in files, f"{name} is not installed")
    return f"{len(files)} files"


def build_with_cmake(prefix, folder):
    run_command(["cmake", "-S", str(SOURCE / "examples"), "-B", str(folder),
                 f"-DCMAKE_PREFIX_PATH={prefix}"])
    run_command(["cmake", "--build", str(folder)])


def build_with_pkg_config(prefix, folder):
    """The header of the C interface is C99, too."""
    if not shutil.which("pkg-config"):
        raise Skip("no pkg-config")
    path = next(prefix.rglob("vitrt.pc")).parent
    flags = run_command(["pkg-config", "--cflags", "--libs", "vitrt"],
                        env={**os.environ, "PKG_CONFIG_PATH": str(path)}).stdout.split()
    program = folder / "version.c"
    program.write_text("#include <vitrt.h>\n"
                       "int main(void) { return vitrtVersion() == 0; }\n")
    run_command(["cc", "-std=c99", "-Wall", "-Werror", str(program), "-o",
                 str(folder / "version"), *flags])
    library = next(prefix.rglob("libvitrt.so")).parent
    run_command([str(folder / "version")],
                env={**os.environ, "LD_LIBRARY_PATH": str(library)})


def refuse(classify, folder):
    junk = folder / "junk.vitm"
    junk.write_bytes(b"no module")
    done = run_command([str(classify), str(junk), "x.ppm"], expect=1)
    check("E0601" in done.stderr, done.stderr)


def classify_picture(classify, folder):
    if not VITC.exists():
        raise Skip("no vitc")
    module, picture = folder / "demo.vitm", folder / "boot.pgm"
    run("compile", DEMO / "vit_fashion.onnx", "-o", module, "--target", "sm_80",
        "--mean", MEAN, "--std", STD)
    pixels = read_png(DEMO / "ankle-boot.png").astype("uint8")
    picture.write_bytes(b"P5\n# test\n%d %d\n255\n" % pixels.shape[::-1] + pixels.tobytes())
    text = run_command([str(classify), str(module), str(picture),
                        str(DEMO / "labels.txt"), "--emulator"]).stdout
    best = text.splitlines()[1]
    check("boot" in best.lower(), text)
    return best.strip()


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prefix, build = folder / "prefix", folder / "build"
        classify = build / "classify"
        report.case("install", install, prefix)
        report.case("find_package", build_with_cmake, prefix, build)
        report.case("pkg_config", build_with_pkg_config, prefix, folder)
        report.case("refuses_junk", refuse, classify, folder)
        report.case("classifies", classify_picture, classify, folder)
    report.finish()


if __name__ == "__main__":
    main()
