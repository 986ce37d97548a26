"""What the end-to-end tests share: paths, running vitc, counting results.

A test is a plain script: it prints one line a case and at last "N passed,
N failed, N skipped"; it exits with 1 on a failure and 77 if nothing ran.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

SOURCE = pathlib.Path(os.environ.get(
    "VITC_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent.parent))
BINARY = pathlib.Path(os.environ.get("VITC_BINARY_DIR", SOURCE / "build"))
VITC = BINARY / "bin/vitc"
MODELS = SOURCE / "test/models"
# Other people's models: read where they are, skipped where they are not.
SHARED = SOURCE.parent / "shared/models"
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
FULL = os.environ.get("VITC_FULL", "0") == "1"


class Failure(Exception):
    """A case that did not do what it should; the text says what it did."""


class Skip(Exception):
    """A case that cannot run here; the text says why."""


def run(*args, expect=0, timeout=600, **options):
    """Runs `vitc ARGS`, checks its exit code and gives the finished process."""
    return run_command([str(VITC), *map(str, args)], expect, timeout, **options)


def run_command(command, expect=0, timeout=600, **options):
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                              timeout=timeout, stdin=subprocess.DEVNULL, **options)
    except subprocess.TimeoutExpired:
        raise Failure(f"no end after {timeout} s: {' '.join(command)}")
    if done.returncode != expect:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-6:]
        raise Failure(f"exit code {done.returncode}, not {expect}: {' '.join(command)}\n    "
                      + "\n    ".join(last))
    return done


def run_json(*args, **options):
    """Runs `vitc ARGS --json` and gives the object that it prints."""
    text = run(*args, "--json", **options).stdout
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Failure(f"no JSON from vitc {' '.join(map(str, args))}: {error}: {text[:200]!r}")


def check(condition, message):
    if not condition:
        raise Failure(message)


class Report:
    """Runs cases, prints a line for each and counts."""

    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def case(self, name, function, *args):
        """Runs function(*args); its result is the line's detail. Gives it, or None."""
        start, result = time.monotonic(), None
        try:
            result = function(*args)
            self.passed += 1
            word, detail = "PASS", result if isinstance(result, str) else ""
        except Skip as reason:
            self.skipped += 1
            word, detail = "SKIP", str(reason)
        except Failure as failure:
            self.failed += 1
            word, detail = "FAIL", str(failure)
        except Exception as error:
            self.failed += 1
            word, detail = "FAIL", f"{type(error).__name__}: {error}"
        print(f"{word} {name} ({time.monotonic() - start:.1f} s) {detail}", flush=True)
        return result

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        sys.exit(1 if self.failed else 0 if self.passed else 77)
