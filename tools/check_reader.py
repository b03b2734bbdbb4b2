#!/usr/bin/env python3
"""Checks the storage format from outside the Swift code.

    tools/check_reader.py [DIR]

1. The vectors are what tools/make_vectors.py makes, and storage-format/reader/tickread.py reads each as expected.
2. With DIR: every segment that the Swift tests wrote there (they do when TICKBASE_VECTORS_OUT names a directory)
   passes the reader's audit and prints as the CSV beside it.
"""

import contextlib
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "storage-format" / "vectors"
sys.path.insert(0, str(ROOT / "storage-format" / "reader"))
import tickread  # noqa: E402

failures = []


def expect(condition, sentence):
    if not condition:
        failures.append(sentence)


def printed(path, audit):
    """What the reader prints with --raw, or (kind, sentence) of its refusal."""
    out = io.StringIO()
    try:
        segment = tickread.Segment(path.read_bytes())
        if audit:
            tickread.audit(segment)
        with contextlib.redirect_stdout(out):
            tickread.print_csv(segment, 0, True, out)
    except tickread.Damage as damage:
        return "corrupt", str(damage)
    except tickread.Unsupported as unknown:
        return "unsupported", str(unknown)
    return out.getvalue()


def check_files(directory):
    count = 0
    for path in sorted(directory.glob("*.segment")):
        count += 1
        expected_error = directory / f"{path.name.removesuffix('.segment')}.error"
        expected_rows = directory / f"{path.name.removesuffix('.segment')}.csv"
        found = printed(path, audit=True)
        if expected_rows.exists():
            expect(found == expected_rows.read_text(), f"{path.name}: other rows: {str(found)[:200]}")
        else:
            kind, words = expected_error.read_text().splitlines()
            expect(
                isinstance(found, tuple) and found[0] == kind and words in found[1],
                f"{path.name}: {found if isinstance(found, tuple) else 'rows'} where {kind}: {words} is expected",
            )
    return count


def cell(text, kind):
    """A value of a reference, which is of the block's kind, as it is printed with --raw."""
    if text == "NULL" or kind.kind == "string":
        return None
    return int(text, 16 if kind.kind == "float" else 10)


def check_blocks():
    cases = json.loads((VECTORS / "blocks.json").read_text())
    for case in cases:
        kind = tickread.Type(case["type"])
        try:
            reference = [cell(text, kind) for text in case["reference"]] if "reference" in case else None
            raw = bytes.fromhex(case["hex"])
            values = tickread.block(raw, kind, case["rows"], case["valid"], reference=reference)
            found = [tickread.shown(value, kind, True) for value in values]
        except tickread.Damage as damage:
            found = str(damage)
        if "error" in case:
            expect(isinstance(found, str) and case["error"] in found, f"block {case['name']}: {found}")
        else:
            expect(found == case["values"], f"block {case['name']}: {found}")
    return len(cases)


def check_maker():
    """Running the maker again gives the same files."""
    with tempfile.TemporaryDirectory() as scratch:
        maker = ROOT / "tools" / "make_vectors.py"
        subprocess.run([sys.executable, str(maker), scratch], check=True)
        made = {path.name: path.read_bytes() for path in Path(scratch).iterdir()}
        for name, data in made.items():
            kept = VECTORS / name
            expect(kept.exists() and kept.read_bytes() == data, f"{name} is not what make_vectors.py makes")
        for path in VECTORS.glob("*.segment"):
            expect(path.name in made, f"make_vectors.py does not make {path.name}")


def main():
    check_maker()
    vectors = check_files(VECTORS)
    blocks = check_blocks()
    print(f"reader: {vectors} segment vectors, {blocks} block vectors")
    if len(sys.argv) > 1:
        written = check_files(Path(sys.argv[1]))
        expect(written > 0, f"no segment in {sys.argv[1]}: the Swift tests wrote none")
        print(f"reader: {written} segments written by Swift")
    for sentence in failures:
        print(f"reader: {sentence}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
