#!/usr/bin/env python3
"""Asks ClickHouse (chdb) how wide it takes every character to be; writes Sources/TickFormats/Output/CodePointWidths.swift.

    python3 Tests/TickFormatsTests/Vectors/make_width_table.py

The blanks that PrettyCompact fills a cell with tell the width of its text.
"""
import pathlib
import re
import tempfile

from chdb import session

TARGET = pathlib.Path(__file__).parents[3] / "Sources/TickFormats/Output/CodePointWidths.swift"
HEAD = """/// Characters from U+007F on that do not take one column: triples of the first and the last one and their width.
///
/// Made by make_width_table.py from ClickHouse {}. Do not edit.
let codePointWidths: [UInt32] = [
"""
SESSION = session.Session()


def widths():
    points = [c for c in range(0x7F, 0x110000) if not 0xD800 <= c < 0xE000]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".tsv") as file:
        for start in range(0, len(points), 20_000):
            file.seek(0)
            file.truncate()
            # The first row is a character of one column, to compare with.
            file.write("abXcd\t-\n" + "".join(f"ab{chr(c)}cd\t{c:x}\n" for c in points[start:start + 20_000]))
            file.flush()
            table = SESSION.query(
                f"SELECT s, c FROM file('{file.name}', TSVRaw, 's String, c String') SETTINGS max_threads = 1, "
                "output_format_pretty_max_rows = 1000000, output_format_pretty_row_numbers = 0, "
                "max_block_size = 1000000", "PrettyCompactMonoBlock").bytes().decode()
            rows = re.findall(r"^│ ab.*?cd( *) │ (-|[0-9a-f]+) *│$", table, re.M | re.S)
            one = len(rows[0][0])
            for blanks, point in rows[1:]:
                yield int(point, 16), 1 + one - len(blanks)


def main():
    runs = []
    for point, width in widths():
        if width == 1:
            continue
        if runs and runs[-1][1] == point - 1 and runs[-1][2] == width:
            runs[-1][1] = point
        else:
            runs.append([point, point, width])
    version = SESSION.query("SELECT version()", "RawBLOB").bytes().decode()
    lines = [", ".join(f"0x{a:X}, 0x{b:X}, {w}" for a, b, w in runs[i:i + 4]) for i in range(0, len(runs), 4)]
    TARGET.write_text(HEAD.format(version) + "".join(f"  {line},\n" for line in lines) + "]\n")


main()
