#!/usr/bin/env python3
"""Checks manifest and log from outside the Swift code.

    tools/check_directories.py [DIR]

1. The vectors are what tools/make_directory_vectors.py makes, and storage-format/reader/ticklog.py reads each as expected.
2. With DIR: every data directory that the Swift tests wrote to DIR/directories (they do when TICKBASE_VECTORS_OUT
   names DIR) prints as the text beside it.
"""

import contextlib
import filecmp
import io
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "storage-format" / "vectors" / "directories"
sys.path.insert(0, str(ROOT / "storage-format" / "reader"))
import ticklog  # noqa: E402
import tickmanifest  # noqa: E402

failures = []


def expect(condition, sentence):
    if not condition:
        failures.append(sentence)


def printed(directory):
    """What the reader prints, or the sentence of its refusal."""
    out, refusal = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(refusal):
        code = tickmanifest.run(str(directory), ticklog.described)
    return refusal.getvalue() if code else out.getvalue()


def check(home):
    count = 0
    for directory in sorted(path for path in home.iterdir() if path.is_dir()):
        count += 1
        found = printed(directory)
        refusal = home / f"{directory.name}.error"
        if refusal.exists():
            kind, words = refusal.read_text().split("\n")[:2]
            expect(found.startswith(kind) and words in found, f"{directory.name}: {found[:200]!r} lacks {words!r}")
        else:
            expected = (home / f"{directory.name}.txt").read_text()
            expect(found == expected, f"{directory.name}: prints {found[:400]!r}")
    return count


def same(left, right):
    compared = filecmp.dircmp(left, right)
    _, unequal, errors = filecmp.cmpfiles(left, right, compared.common_files, shallow=False)
    found = [*compared.left_only, *compared.right_only, *unequal, *errors]
    return found + [each for name in compared.common_dirs for each in same(left / name, right / name)]


def main():
    with tempfile.TemporaryDirectory() as made:
        subprocess.run([sys.executable, ROOT / "tools" / "make_directory_vectors.py", made], check=True)
        for name in same(VECTORS, Path(made)):
            failures.append(f"{name} is not what make_directory_vectors.py makes")
    count = check(VECTORS)
    expect(count >= 35, f"only {count} directories in {VECTORS}")
    written = Path(sys.argv[1]) / "directories" if len(sys.argv) > 1 else None
    if written is not None:
        count = check(written) if written.is_dir() else 0
        expect(count > 0, f"the Swift tests wrote nothing to {written}")
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"directories: {count} checked, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
