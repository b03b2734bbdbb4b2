#!/usr/bin/env python3
"""Makes storage-format/vectors: segments and blocks with their expected rows or their expected error.

    tools/make_vectors.py [DIR]

A writer of its own, from the pages in storage-format/ alone: it shares no line with the Swift writer or with the
Python reader, and chooses encodings by hand, also ones that the Swift writer would never choose. The output depends
on nothing but this file, so running it again must leave the vectors as they are (tools/check_reader.py looks).
"""

import json
import struct
import sys
from pathlib import Path

import xxhash

SEQUENCE = 0xFFFFFFFF
NO_FIELD = 0xFFFFFFFE


def u8(n):
    return struct.pack("<B", n)


def u16(n):
    return struct.pack("<H", n)


def u32(n):
    return struct.pack("<I", n)


def u64(n):
    return struct.pack("<Q", n & (1 << 64) - 1)


def integer(n, width):
    return (n & (1 << 8 * width) - 1).to_bytes(width, "little")


def pack(numbers, width):
    bits = 0
    for i, number in enumerate(numbers):
        assert 0 <= number < 1 << width or (width == 0 and number == 0), (number, width)
        bits |= number << (i * width)
    return bits.to_bytes((len(numbers) * width + 7) // 8, "little")


def pad(data, alignment):
    return data + bytes(-len(data) % alignment)


# Streams: each function gives the bytes of one stream.


def plain(values, width):
    return u8(1) + b"".join(integer(v, width) for v in values)


def plain_doubles(bits):
    return u8(1) + b"".join(u64(b) for b in bits)


def constant(value, width):
    return u8(2) + integer(value, width)


def constant_text(text):
    return u8(2) + u32(len(text)) + text


def run_length(lengths, width, stream):
    return u8(3) + u16(len(lengths)) + u8(width) + pack([n - 1 for n in lengths], width) + stream


def frame(base, width, offsets, bytes_wide, scale=None):
    head = u8(width | (0 if scale is None else 0x80)) + integer(base, bytes_wide)
    return u8(4) + head + (b"" if scale is None else integer(scale, bytes_wide)) + pack(offsets, width)


def delta(first, bytes_wide, stream):
    return u8(5) + integer(first, bytes_wide) + stream


def dictionary(entries, stream, width, codes):
    return u8(6) + u16(entries) + stream + u8(width) + pack(codes, width)


def decimal(exponent, stream, exceptions=(), width=8):
    places = b"".join(u16(place) for place, _ in exceptions)
    return u8(7) + u8(exponent) + u16(len(exceptions)) + stream + places + b"".join(
        integer(bits, width) for _, bits in exceptions
    )


def halves(low_stream, high_stream):
    return u8(10) + low_stream + high_stream


def array(lengths_stream, *pieces):
    """A block of arrays; pieces are blocks of up to 1,024 elements."""
    return block(lengths_stream) + b"".join(pieces)


def texts(lengths_stream, values):
    return u8(8) + lengths_stream + b"".join(values)


def patched(stream, places, values_stream):
    return u8(9) + u16(len(places)) + stream + b"".join(u16(p) for p in places) + values_stream


def block(stream, marks=None):
    """A block of a stream over the valid rows; `marks` says which are valid."""
    if marks is None:
        return u8(0) + stream
    if not any(marks):
        return u8(2)
    return u8(1) + pack([int(m) for m in marks], 1) + stream


# Segments


WIDTHS = {
    "Int8": 1, "Int16": 2, "Int32": 4, "Int64": 8, "UInt8": 1, "UInt16": 2, "UInt32": 4, "UInt64": 8,
    "Bool": 1, "Date": 2, "DateTime": 4, "LowCardinality(String)": 4, "Date32": 4, "IPv4": 4,
    "Decimal(9, 4)": 4, "Enum16('a' = -300, 'b' = 300)": 2,
}  # fmt: skip


class Column:
    """A field with its rows as CSV cells and its blocks.

    `cells` are what --raw prints. A block is (bytes, valid rows, has NaN, (min image, max image) or None).
    """

    def __init__(self, number, name, type_name, cells, blocks=None, low=None, high=None, null=False, nan=False):
        self.number, self.name, self.type = number, name, type_name
        self.cells, self.blocks = cells, blocks
        self.low, self.high, self.null, self.nan = low, high, null, nan


def integers_column(number, name, type_name, values, cut):
    """A column of plain blocks, which the Swift writer makes of random values only."""
    width = WIDTHS.get(type_name, 8)
    blocks = []
    first = 0
    for rows in cut:
        mine = values[first : first + rows]
        blocks.append((block(plain(mine, width)), rows, False, (min(mine), max(mine))))
        first += rows
    bounds = (u64(min(values)), u64(max(values))) if values else (None, None)
    return Column(number, name, type_name, [str(v) for v in values], blocks, *bounds)


def segment(
    columns, cut, *, key=(), keys=(), slot=0, runs=None, groups=None, dictionaries=(), file_id=1,
    version=(0, 3), incompat=0, compat=0, extra_sections=(), sequences=None,
):  # fmt: skip
    """The bytes of a segment.

    cut: rows of each block. groups: blocks of each group. key: (field id or None, type) each. keys: the sparse key of
    each block. runs: (first blocks, {field id: values}). dictionaries: (field id, entries). extra_sections: (kind,
    flags, bytes). sequences: a Column; by default 0, 1, 2, ... as delta blocks.
    """
    rows = sum(cut)
    header = b"TKSEG\0\0\1" + u16(version[0]) + u16(version[1]) + u32(0) + u64(incompat) + u64(compat)
    header += u64(file_id) + bytes(16)
    header += u64(xxhash.xxh3_64_intdigest(header))
    implied = list(runs[1]) if runs else []
    if sequences is None:
        made = []
        first = 0
        for count in cut:
            stream = constant(first, 8) if count == 1 else delta(first, 8, constant(1, 8))
            made.append((block(stream), count, False, (first, first + count - 1)))
            first += count
        sequences = Column(
            SEQUENCE, "_sequence", "UInt64", [str(i) for i in range(rows)], made, u64(0), u64(max(rows - 1, 0))
        )
    stored = [column for column in columns if column.number not in implied] + [sequences]
    groups = [len(cut)] if groups is None and cut else (groups or [])

    data = header
    chunks = []
    offsets = {column.number: [] for column in stored}
    first = 0
    for count in groups:
        for column in stored:
            chunk = b""
            for made in column.blocks[first : first + count]:
                offsets[column.number].append(len(chunk))
                chunk += made[0]
            chunks.append((len(data), len(chunk), xxhash.xxh3_64_intdigest(chunk)))
            data += chunk
        first += count

    sections = [(1, 1, b"".join(u16(count) for count in cut))]
    directory = b""
    for column in stored:
        directory += pad(b"".join(u32(offset) for offset in offsets[column.number]), 8)
        marks = [
            valid | (1 << 14 if nan else 0) | (1 << 15 if bounds else 0)
            for _, valid, nan, bounds in column.blocks
        ]
        directory += pad(b"".join(u16(mark) for mark in marks), 8)
        directory += b"".join(u64(bounds[0] if bounds else 0) for _, _, _, bounds in column.blocks)
        directory += b"".join(u64(bounds[1] if bounds else 0) for _, _, _, bounds in column.blocks)
    sections.append((2, 1, directory))
    if key:
        sections.append((3, 1, b"".join(each[:slot].ljust(slot, b"\0") for each in keys)))
    if runs:
        body = pad(b"".join(u32(start) for start in runs[0]), 8)
        for values in runs[1].values():
            body += pad(b"".join(integer(value, 4) for value in values), 8)
        sections.append((4, 1, body))
    if dictionaries:
        body = b""
        for number, entries in dictionaries:
            ends = [sum(len(e) for e in entries[:i]) for i in range(len(entries) + 1)]
            body += u32(number) + u32(len(entries)) + b"".join(u64(end) for end in ends)
            body = pad(body + b"".join(entries), 8)
        sections.append((5, 1, body))
    sections += extra_sections

    table = u32(len(sections))
    for kind, flags, body in sections:
        data = pad(data, 64)
        table += u32(kind) + u32(flags) + u64(len(data)) + u64(len(body)) + u64(xxhash.xxh3_64_intdigest(body))
        data += body

    numbers = [int(cell) for cell in sequences.cells]
    footer = u64(xxhash.xxh3_64_intdigest(header)) + u64(rows)
    footer += u32(len(groups)) + u32(len(cut)) + u32(len(runs[0]) if runs else 0) + u32(len(columns))
    footer += u32(len(key)) + u32(len(implied)) + u32(slot) + u32(1 if runs else 0)
    footer += u64(min(numbers, default=0)) + u64(max(numbers, default=0))
    for column in columns:
        footer += u32(column.number)
        for text in (column.name, column.type):
            footer += u32(len(text.encode())) + text.encode()
        marks = (column.low is not None) | (column.high is not None) << 1 | column.null << 2 | column.nan << 3
        footer += u32(marks)
        for bound in (column.low, column.high):
            footer += u16(len(bound or b"")) + (bound or b"")
    for number, type_name in key:
        footer += u32(NO_FIELD if number is None else number) + u32(len(type_name)) + type_name.encode()
    first = 0
    for count in groups:
        footer += u32(count) + u32(sum(cut[first : first + count]))
        first += count
    for offset, length, own in chunks:
        footer += u64(offset) + u64(length) + u64(own)
    footer += table

    data = pad(data, 64)
    start = len(data)
    data = pad(data + footer, 64)
    own = xxhash.xxh3_128_intdigest(footer)
    trailer = u64(start) + u64(len(footer)) + u64(own) + u64(own >> 64) + u64(len(data) + 64) + u64(0)
    trailer += u64(xxhash.xxh3_64_intdigest(trailer)) + b"TKSEGEND"
    return data + trailer


def csv(columns, rows, sequences=None):
    cells = sequences or [str(i) for i in range(rows)]
    lines = [",".join(f'"{column.name}"' for column in columns) + ',"_sequence"']
    for row in range(rows):
        lines.append(",".join([column.cells[row] for column in columns] + [cells[row]]))
    return "\n".join(lines) + "\n"


def bits(number):
    return struct.unpack("<Q", struct.pack("<d", number))[0]


def hexes(patterns, digits=16):
    return [f"{pattern:0{digits}x}" for pattern in patterns]


def bits32(number):
    return struct.unpack("<I", struct.pack("<f", number))[0]


def signed_key(value, width):
    return b"\1" + (value + (1 << 8 * width - 1)).to_bytes(width, "big")


def code_key(code):
    return b"\1" + code.to_bytes(4, "big")


def flipped(data, byte, bit=0):
    return data[:byte] + bytes([data[byte] ^ 1 << bit]) + data[byte + 1 :]


def segments():
    """Pairs of a name and (bytes, expected CSV or (kind, words))."""
    ts = "DateTime64(9, 'UTC')"
    key = [(1, ts)]

    # No rows at all.
    columns = [Column(1, "ts", ts, [], []), Column(2, "symbol", "LowCardinality(String)", [], [])]
    empty = segment(columns, [], key=key, slot=9, dictionaries=[(2, [])])
    yield "empty", empty, csv(columns, 0)

    # One row, one column of several types.
    moment = 1723075200123456789
    columns = [
        integers_column(1, "ts", ts, [moment], [1]),
        Column(
            2, "price", "Float64", hexes([bits(63123.45)]),
            [(block(decimal(2, constant(6312345, 8))), 1, False, (bits(63123.45), bits(63123.45)))],
            u64(bits(63123.45)), u64(bits(63123.45)),
        ),
        Column(
            3, "symbol", "LowCardinality(String)", ['"BTCUSDT"'], [(block(constant(0, 4)), 1, False, (0, 0))],
            b"BTCUSDT", b"BTCUSDT",
        ),
        Column(
            4, "side", "Enum8('unknown' = 0, 'buy' = 1, 'sell' = 2)", ["1"],
            [(block(constant(1, 1)), 1, False, (1, 1))], u64(1), u64(1),
        ),
        Column(
            5, "note", "String", ['"a\\x22b\\x00\\xff"'],
            [(block(texts(constant(5, 4), [b'a"b\0\xff'])), 1, False, (0x61226200FF000000, 0x61226200FF000000))],
            b'a"b\0\xff', b'a"b\0\xff',
        ),
    ]  # fmt: skip
    one = segment(
        columns, [1], key=key, keys=[signed_key(moment, 8)], slot=9, dictionaries=[(3, [b"BTCUSDT"])]
    )
    yield "one-row", one, csv(columns, 1)

    # A full block, and what the Swift writer never makes: plain where a constant would do.
    rows = 1024
    times = [moment + 1_000_000 * (i * i // 7) for i in range(rows)]
    cents = [6312345 + (i * 37) % 101 for i in range(rows)]
    columns = [
        integers_column(1, "ts", ts, times, [rows]),
        Column(
            2, "price", "Float64", hexes([bits(c / 100) for c in cents]),
            [
                (
                    block(decimal(2, frame(min(cents), 7, [c - min(cents) for c in cents], 8))), rows, False,
                    (bits(min(cents) / 100), bits(max(cents) / 100)),
                )
            ],
            u64(bits(min(cents) / 100)), u64(bits(max(cents) / 100)),
        ),
        integers_column(3, "always7", "Int32", [7] * rows, [rows]),
    ]  # fmt: skip
    full = segment(columns, [rows], key=key, keys=[signed_key(times[0], 8)], slot=9)
    yield "full-block", full, csv(columns, rows)

    # NULLs: none in a block, some, all; under LowCardinality too. Without a key.
    marks = [i % 3 != 1 for i in range(10)]
    numbers = [i * 100 for i in range(10) if marks[i]]
    codes = [1, 2, 1, 2, 1, 2, 1]
    cells = iter(['"a"', '"b"'] * 4)
    columns = [
        Column(
            1, "n", "Nullable(Int32)",
            [str(i * 100) if marks[i] else "NULL" for i in range(10)] + ["NULL"] * 3 + ["-1", "-2"],
            [
                (block(plain(numbers, 4), marks), 7, False, (min(numbers), max(numbers))),
                (block(b"", [False] * 3), 0, False, None),
                (block(delta(-1, 4, constant(-1, 4))), 2, False, (-2, -1)),
            ],
            u64(-2), u64(900), null=True,
        ),
        Column(
            2, "s", "LowCardinality(Nullable(String))",
            [next(cells) if mark else "NULL" for mark in marks] + ["NULL"] * 3 + ['""', '"b"'],
            [
                (block(frame(1, 1, [code - 1 for code in codes], 4), marks), 7, False, (1, 2)),
                (block(b"", [False] * 3), 0, False, None),
                (block(frame(0, 1, [0, 1], 4, scale=2)), 2, False, (0, 2)),
            ],
            b"", b"b", null=True,
        ),
        Column(
            3, "f", "Nullable(Float64)", ["NULL"] * 13 + ["7ff8000000000000", "NULL"],
            [
                (block(b"", [False] * 10), 0, False, None),
                (block(b"", [False] * 3), 0, False, None),
                (block(constant(bits(float("nan")), 8), [True, False]), 1, True, None),
            ],
            null=True, nan=True,
        ),
    ]  # fmt: skip
    nulls = segment(columns, [10, 3, 2], dictionaries=[(2, [b"", b"a", b"b"])])
    yield "nulls", nulls, csv(columns, 15)

    # Extremes of every type.
    low, high = -(1 << 63), (1 << 63) - 1
    special = [
        0x7FF8000000000000, 0x7FF8000000001234, 0xFFF0000000000001, bits(float("inf")), bits(float("-inf")),
        bits(-0.0), bits(0.0), 1, 0x8000000000000001, bits(1.7976931348623157e308), bits(0.1),
    ]  # fmt: skip
    sequences = [0, (1 << 64) - 1, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    columns = [
        integers_column(1, "i64", "Int64", [low, high, 0, -1, 1, low + 1, high - 1, 5, 6, 7, 8], [11]),
        Column(
            2, "u64", "UInt64", [str(v) for v in [0, (1 << 64) - 1] * 5 + [1 << 63]],
            [
                (
                    block(frame(0, 64, [0, (1 << 64) - 1] * 5 + [1 << 63], 8)), 11, False,
                    (0, (1 << 64) - 1),
                )
            ],
            u64(0), u64((1 << 64) - 1),
        ),
        integers_column(3, "i8", "Int8", [-128, 127, 0, -1, 1, 2, 3, 4, 5, 6, 7], [11]),
        integers_column(4, "u16", "UInt16", [0, 65535, 1, 2, 3, 4, 5, 6, 7, 8, 9], [11]),
        Column(
            5, "f64", "Float64", hexes(special),
            [
                (
                    block(decimal(1, constant(1, 8), [(i, b) for i, b in enumerate(special[:-1])])), 11, True,
                    (bits(float("-inf")), bits(float("inf"))),
                )
            ],
            u64(bits(float("-inf"))), u64(bits(float("inf"))), nan=True,
        ),
    ]  # fmt: skip
    order = Column(
        SEQUENCE, "_sequence", "UInt64", [str(s) for s in sorted(sequences)],
        [(block(plain(sorted(sequences), 8)), 11, False, (0, (1 << 64) - 1))],
    )  # fmt: skip
    yield "extremes", segment(columns, [11], sequences=order), csv(columns, 11, order.cells)

    # Runs: three of them in two groups, a code column and a Bool implied, an Enum8 in the key but not implied.
    cut = [3, 2, 4, 1]
    symbol = ['"ADA"'] * 5 + ['"BTC"'] * 5
    maker = ["0"] * 5 + ["0"] * 4 + ["1"]
    stamps = [10, 20, 30, 40, 50, 5, 6, 7, 8, 1]
    columns = [
        integers_column(1, "ts", ts, stamps, cut),
        Column(2, "symbol", "LowCardinality(String)", symbol, None, b"ADA", b"BTC"),
        Column(3, "maker", "Bool", maker, None, u64(0), u64(1)),
    ]
    run_keys = [code_key(c) + b"\1" + bytes([m]) + signed_key(t, 8) for c, m, t in
                [(0, 0, 10), (0, 0, 40), (1, 0, 5), (1, 1, 1)]]  # fmt: skip
    runs_key = [(2, "LowCardinality(String)"), (3, "Bool"), (1, ts)]
    runs = segment(
        columns, cut, key=runs_key, keys=run_keys, slot=16, groups=[3, 1],
        runs=([0, 2, 3], {2: [0, 1, 1], 3: [0, 0, 1]}), dictionaries=[(2, [b"ADA", b"BTC"])],
    )  # fmt: skip
    yield "runs", runs, csv(columns, 10)

    # Many small groups of shared blocks, an optional section and a compatible feature that no reader knows.
    columns = [integers_column(1, "n", "UInt8", [i % 256 for i in range(130)], [1] * 130)]
    many = segment(
        columns, [1] * 130, groups=[64, 1, 64, 1], compat=1 << 40, extra_sections=[(99, 0, b"whatever")]
    )
    yield "many-groups", many, csv(columns, 130)

    # Every other type, ordered by a UUID (its last 8 bytes first) and a FixedString.
    ids = [5 << 64 | 1, 3 << 64 | 2, 4 << 64 | 2]
    keys = [b"\1" + u64(i)[::-1] + u64(i >> 64)[::-1] + b"\1" + text for i, text in zip(ids, [b"ab\0", b"\0\0\0", b"xyz"])]
    def wide(values):
        made = block(plain(values[:2], 16)), block(constant(values[2], 16))
        return [(made[0], 2, False, None), (made[1], 1, False, None)]

    singles = [bits32(0.1), bits32(-0.0), bits32(float("nan"))]
    columns = [
        Column(1, "id", "UUID", [str(i) for i in ids], wide(ids)),
        Column(2, "code", "FixedString(3)", ['"ab\\x00"', '"\\x00\\x00\\x00"', '"xyz"'],
               [(block(u8(1) + b"ab\0\0\0\0"), 2, False, (0, 0x61620000 << 32)),
                (block(u8(2) + b"xyz"), 1, False, (0x78797A00 << 32,) * 2)], b"\0\0\0", b"xyz"),
        Column(3, "f", "Float32", hexes(singles, 8),
               [(block(decimal(1, constant(1, 4), [(1, singles[1])], 4)), 2, False,
                 (bits(-0.0), bits(struct.unpack("<f", u32(singles[0]))[0]))),
                (block(constant(singles[2], 4)), 1, True, None)],
               u64(bits(-0.0)), u64(bits(struct.unpack("<f", u32(singles[0]))[0])), nan=True),
        Column(4, "money", "Decimal(38, 2)", ["-1", "12345678901234567890123", "0"], wide([-1, 12345678901234567890123, 0])),
        integers_column(5, "price", "Decimal(18, 4)", [-5, 10**17, 0], [2, 1]),
        integers_column(6, "small", "Decimal(9, 4)", [-5, 10**8, 0], [2, 1]),
        integers_column(7, "day", "Date32", [-25567, 120529, 0], [2, 1]),
        integers_column(8, "ip", "IPv4", [0, (1 << 32) - 1, 0x7F000001], [2, 1]),
        integers_column(9, "side", "Enum16('a' = -300, 'b' = 300)", [-300, 300, -300], [2, 1]),
        Column(10, "address", "IPv6", ["1", str(0xFFFF01020304), "0"], wide([1, 0xFFFF01020304, 0])),
        Column(11, "big", "Int128", [str(-1 << 127), str((1 << 127) - 1), "7"], wide([-1 << 127, (1 << 127) - 1, 7])),
        Column(12, "tags", "Map(LowCardinality(String), Array(Nullable(Float32)))",
               ['[("k",[3dcccccd,NULL])]', "[]", '[("k",[]),("l",[NULL])]'],
               [(array(plain([1, 0], 4), block(block(constant_text(b"k")) + array(
                    constant(2, 4), block(constant(singles[0], 4), [True, False])))), 2, False, None),
                (array(constant(2, 4), block(block(texts(constant(1, 4), [b"k", b"l"])) + array(
                    plain([0, 1], 4), block(b"", [False])))), 1, False, None)]),
        Column(13, "pair", "Tuple(a Bool, `b c` Tuple(d Array(UInt8)))", ["(1,([]))", "(0,([7]))", "(1,([7,8]))"],
               [(block(block(plain([1, 0], 1)) + block(array(plain([0, 1], 4), block(constant(7, 1))))), 2, False, None),
                (block(block(constant(1, 1)) + block(array(constant(2, 4), block(plain([7, 8], 1))))), 1, False, None)]),
    ]  # fmt: skip
    key = [(1, "UUID"), (2, "FixedString(3)")]
    types = segment(columns, [2, 1], key=key, keys=[keys[0], keys[2]], slot=21)
    yield "types", types, csv(columns, 3)
    yield "key-of-arrays", segment([], [], key=[(None, "Array(UInt8)")], slot=9), ("unsupported", "key column of type")
    columns = [Column(1, "n", "UInt128", ["1"], [(block(constant(1, 16)), 1, False, None)], u64(1))]
    yield "bound-of-128-bits", segment(columns, [1]), ("corrupt", "a bound for UInt128")

    # Errors: a flipped bit in each part, a cut, and files that another version wrote.
    size = len(full)
    footer_start = struct.unpack("<Q", full[-64:-56])[0]
    yield "flipped-header", flipped(full, 33), ("corrupt", "header has")
    yield "flipped-magic", flipped(full, 2), ("corrupt", "does not begin as a segment")
    yield "flipped-chunk", flipped(full, 64 + 500, 3), ("corrupt", "checksum")
    yield "flipped-footer", flipped(full, footer_start + 20), ("corrupt", "the footer has")
    yield "flipped-trailer", flipped(full, size - 64 + 9), ("corrupt", "the trailer has")
    yield "cut", one[:-1], ("corrupt", "does not end as a segment")
    yield "grown", one + b"\0", ("corrupt", "does not end as a segment")
    yield "cut-short", one[:100], ("corrupt", "100 bytes")
    yield "version-0.1", segment([], [], version=(0, 1)), ("unsupported", "format 0.1")
    yield "version-0.4", segment([], [], version=(0, 4)), ("unsupported", "format 0.4")
    yield "version-1.0", segment([], [], version=(1, 0)), ("unsupported", "format 1.0")
    yield "feature", segment([], [], incompat=2), ("unsupported", "features 0000000000000002")
    yield "section", segment([], [], extra_sections=[(77, 1, b"")]), ("unsupported", "section kind 77")
    columns = [Column(1, "x", "Variant(Int8)", [], [])]
    yield "type", segment(columns, []), ("unsupported", "type Variant(Int8)")

    # Errors under right checksums.
    columns = [
        Column(1, "s", "LowCardinality(String)", ['"a"', '"b"'],
               [(block(frame(0, 2, [1, 3], 4)), 2, False, (1, 1))], b"a", b"b")
    ]  # fmt: skip
    broken = segment(columns, [2], dictionaries=[(1, [b"a", b"b"])])
    yield "code-too-large", broken, ("corrupt", "code 3")
    columns[0].blocks = [(block(constant(0, 4)), 2, False, (0, 0))]
    unsorted = segment(columns, [2], dictionaries=[(1, [b"b", b"a"])])
    yield "dictionary-unsorted", unsorted, ("corrupt", "ascend")
    columns = [Column(1, "n", "Int8", [], [(block(constant(1, 1)) + b"\0", 3, False, (1, 1))], u64(1), u64(1))]
    yield "byte-too-many", segment(columns, [3]), ("corrupt", "1 bytes after its last value")
    columns = [Column(1, "b", "Bool", [], [(block(constant(2, 1)), 3, False, (2, 2))], u64(2), u64(2))]
    yield "bool-of-two", segment(columns, [3]), ("corrupt", "neither 0 nor 1")


def blocks():
    """Single blocks: each encoding, shapes that the Swift writer never makes, and damage."""

    def good(name, type_name, rows, valid, raw, values):
        return {"name": name, "type": type_name, "rows": rows, "valid": valid, "hex": raw.hex(), "values": values}

    def bad(name, type_name, rows, valid, raw, words):
        return {"name": name, "type": type_name, "rows": rows, "valid": valid, "hex": raw.hex(), "error": words}

    def cells(values):
        return [str(v) for v in values]

    # The examples of encodings.md, byte by byte.
    yield good("example 1", "Int64", 4, 4, bytes.fromhex("00 04 03 6400000000000000 500E"),
               cells([100, 102, 101, 107]))  # fmt: skip
    yield good("example 2", "Nullable(UInt8)", 3, 2, bytes.fromhex("01 05 02 07"), ["7", "NULL", "7"])
    yield good("example 3", "Float64", 3, 3,
               bytes.fromhex("00 07 02 0100 04 05 1900000000000000 2003 0200 000000000000F87F"),
               hexes([bits(0.25), bits(0.5), 0x7FF8000000000000]))  # fmt: skip

    for width in (1, 7, 13, 31, 33, 57, 58, 63, 64):
        numbers = [(i * 0x9E3779B97F4A7C15 + 1) % (1 << width) for i in range(37)]
        yield good(f"{width} bits", "UInt64", 37, 37, block(frame(0, width, numbers, 8)), cells(numbers))
    yield good("width 0", "Int16", 5, 5, block(frame(-3, 0, [0] * 5, 2)), cells([-3] * 5))
    yield good("a scale", "DateTime64(9, 'UTC')", 3, 3, block(frame(-5, 4, [0, 15, 1], 8, scale=1000)),
               cells([-5, 14995, 995]))  # fmt: skip
    yield good("wrapping frame", "Int8", 3, 3, block(frame(127, 2, [0, 1, 2], 1)), cells([127, -128, -127]))
    yield good("wrapping delta", "UInt8", 4, 4, block(delta(254, 1, constant(1, 1))), cells([254, 255, 0, 1]))
    yield good("runs", "Int32", 6, 6, block(run_length([1, 3, 2], 2, plain([5, -6, 7], 4))),
               cells([5, -6, -6, -6, 7, 7]))  # fmt: skip
    yield good("one run with wide lengths", "UInt8", 1000, 1000,
               block(run_length([1000], 16, constant(9, 1))), ["9"] * 1000)  # fmt: skip
    yield good("runs of runs", "Int32", 4, 4,
               block(run_length([1, 1, 2], 1, run_length([2, 1], 1, plain([8, 9], 4)))),
               cells([8, 8, 9, 9]))  # fmt: skip
    yield good("dictionary", "Int64", 5, 5, block(dictionary(3, plain([-9, 0, 9], 8), 2, [2, 2, 0, 1, 0])),
               cells([9, 9, -9, 0, -9]))  # fmt: skip
    yield good("dictionary of equal entries", "UInt8", 2, 2, block(dictionary(2, constant(4, 1), 16, [0, 1])),
               cells([4, 4]))  # fmt: skip
    yield good("patched", "Int64", 4, 4, block(patched(frame(0, 1, [1, 0, 1, 1], 8), [1, 3], plain([1 << 62, -1], 8))),
               cells([1, 1 << 62, 1, -1]))  # fmt: skip
    yield good("patched everywhere", "UInt8", 2, 2, block(patched(constant(0, 1), [0, 1], plain([1, 2], 1))),
               cells([1, 2]))  # fmt: skip
    yield good("delta of delta", "Int64", 4, 4, block(delta(1, 8, delta(1, 8, constant(1, 8)))),
               cells([1, 2, 4, 7]))  # fmt: skip
    deep = delta(0, 8, delta(0, 8, delta(0, 8, delta(0, 8, delta(0, 8, constant(1, 8))))))
    yield good("six deep", "Int64", 7, 7, block(deep), cells([0, 0, 0, 0, 0, 1, 6]))
    yield bad("seven deep", "Int64", 9, 9, block(delta(0, 8, deep)), "deep")
    yield good("decimal", "Float64", 3, 3, block(decimal(22, plain([1, -1, 10**15], 8))),
               hexes([bits(1e-22), bits(-1e-22), bits(1e-7)]))  # fmt: skip
    yield good("decimal from 2^53 up", "Float64", 2, 2, block(decimal(0, plain([(1 << 53) + 1, (1 << 63) - 1], 8))),
               hexes([bits(float(1 << 53)), bits(float(1 << 63))]))  # fmt: skip
    yield good("decimal of runs", "Float64", 4, 4, block(decimal(1, run_length([2, 2], 1, plain([1, 3], 8)))),
               hexes([bits(0.1)] * 2 + [bits(0.3)] * 2))  # fmt: skip
    yield good("runs of decimals", "Float64", 4, 4, block(run_length([3, 1], 2, decimal(1, plain([1, 3], 8)))),
               hexes([bits(0.1)] * 3 + [bits(0.3)]))  # fmt: skip
    yield good("dictionary of doubles", "Float64", 3, 3,
               block(dictionary(2, plain_doubles([1, bits(-0.0)]), 1, [1, 0, 1])),
               hexes([bits(-0.0), 1, bits(-0.0)]))  # fmt: skip
    yield good("strings", "String", 3, 3, block(texts(plain([0, 3, 1], 4), [b"", b"abc", b"\0"])),
               ['""', '"abc"', '"\\x00"'])  # fmt: skip
    yield good("constant string", "String", 2, 2, block(constant_text(b"xy")), ['"xy"', '"xy"'])
    yield good("runs of strings", "String", 3, 3,
               block(run_length([2, 1], 1, texts(constant(1, 4), [b"a", b"b"]))), ['"a"', '"a"', '"b"'])  # fmt: skip
    yield good("dictionary of strings", "String", 3, 3,
               block(dictionary(2, texts(constant(1, 4), [b"a", b"b"]), 1, [1, 0, 1])), ['"b"', '"a"', '"b"'])  # fmt: skip
    yield good("runs in a dictionary in runs", "String", 4, 4,
               block(run_length([2, 2], 1, dictionary(1, run_length([1], 0, constant_text(b"z")), 0, [0, 0]))),
               ['"z"'] * 4)  # fmt: skip
    yield good("example 4", "Float32", 2, 2, bytes.fromhex("00 07 01 0100 02 05000000 0100 00000080"),
               hexes([bits32(0.5), bits32(-0.0)], 8))  # fmt: skip
    yield good("example 5", "UInt128", 2, 2,
               bytes.fromhex("00 0A 04 01 0100000000000000 02 02 0000000000000000"), ["1", "2"])  # fmt: skip
    yield good("example 6", "Array(Nullable(UInt8))", 2, 2, bytes.fromhex("00 04 02 00000000 02 01 01 02 07"),
               ["[7,NULL]", "[]"])  # fmt: skip
    yield good("example 7", "Tuple(Int8, String)", 1, 1, bytes.fromhex("00 00 02 FF 00 02 01000000 61"), ['(-1,"a")'])
    floats = [bits32(x) for x in (0.1, 1e-22, 3.4028234663852886e38, float("inf"))]
    yield good("plain floats", "Float32", 4, 4, block(plain(floats, 4)), hexes(floats, 8))
    yield good("runs of decimal floats", "Float32", 3, 3,
               block(run_length([2, 1], 1, decimal(2, plain([-12345, 7], 4), width=4))),
               hexes([bits32(-123.45)] * 2 + [bits32(0.07)], 8))  # fmt: skip
    yield good("a float of 31 bits", "Float32", 2, 2, block(decimal(0, plain([(1 << 31) - 1, -1 << 31], 4), width=4)),
               hexes([bits32(2.0**31), bits32(-(2.0**31))], 8))  # fmt: skip
    yield good("dictionary of floats", "Nullable(Float32)", 3, 2,
               block(dictionary(2, plain(floats[:2], 4), 1, [1, 0]), [True, False, True]),
               [hexes(floats, 8)[1], "NULL", hexes(floats, 8)[0]])  # fmt: skip
    huge = [(1 << 128) - 1, 1 << 64, 0]
    yield good("plain of 128 bits", "UInt128", 3, 3, block(plain(huge, 16)), cells(huge))
    yield good("runs of halves", "Int128", 3, 3,
               block(run_length([1, 2], 1, halves(delta(-1, 8, constant(2, 8)), plain([-1, 1 << 62], 8)))),
               cells([-1, 1 | 1 << 126, 1 | 1 << 126]))  # fmt: skip
    yield good("dictionary of 128 bits", "Decimal(38, 2)", 2, 2, block(dictionary(1, constant(-5, 16), 0, [0, 0])), ["-5"] * 2)
    yield good("NULLs of 128 bits", "Nullable(UUID)", 2, 1, block(constant(1 << 127, 16), [False, True]), ["NULL", str(1 << 127)])
    yield good("fixed strings", "FixedString(2)", 3, 3, block(u8(1) + b"ab\0\0cd"), ['"ab"', '"\\x00\\x00"', '"cd"'])
    yield good("fixed NULLs", "Nullable(FixedString(2))", 3, 1, block(u8(2) + b"ab", [False, True, False]), ["NULL", '"ab"', "NULL"])
    yield good("runs of fixed strings", "FixedString(1)", 3, 3, block(run_length([2, 1], 1, u8(1) + b"ab")), ['"a"', '"a"', '"b"'])
    yield good("dictionary of fixed strings", "FixedString(1)", 2, 2, block(dictionary(2, u8(1) + b"ab", 1, [1, 0])), ['"b"', '"a"'])
    yield good("a fixed constant", "FixedString(9)", 2, 2, block(u8(2) + b"123456789"), ['"123456789"'] * 2)
    yield good("empty arrays", "Array(Int64)", 1024, 1024, block(constant(0, 4)), ["[]"] * 1024)
    pieces = [block(constant(3, 1)), block(delta(0, 1, constant(1, 1)))]
    yield good("arrays over two inner blocks", "Array(UInt8)", 2, 2, array(plain([1023, 3], 4), *pieces),
               ["[" + ",".join(["3"] * 1023) + "]", "[3,0,1]"])  # fmt: skip
    yield good("arrays of arrays", "Array(Array(String))", 2, 2,
               array(plain([2, 1], 4), array(plain([0, 2, 1], 4), block(texts(constant(1, 4), [b"a", b"b", b"c"])))),
               ['[[],["a","b"]]', '[["c"]]'])  # fmt: skip
    yield good("a map", "Map(LowCardinality(String), UInt8)", 1, 1,
               array(constant(1, 4), block(block(constant_text(b"k")) + block(constant(9, 1)))), ['[("k",9)]'])  # fmt: skip
    yield good("NULL texts inside", "Array(LowCardinality(Nullable(String)))", 1, 1,
               array(constant(2, 4), block(constant_text(b""), [False, True])), ['[NULL,""]'])  # fmt: skip

    yield bad("frame of 128 bits", "UInt128", 1, 1, block(frame(0, 0, [0], 16)), "encoding 4")
    yield bad("halves of 64 bits", "UInt64", 1, 1, block(halves(constant(0, 8), constant(0, 8))), "encoding 10")
    yield bad("one half", "UInt128", 1, 1, block(halves(constant(0, 8), b"")), "ends early")
    yield bad("delta of floats", "Float32", 2, 2, block(delta(0, 4, constant(0, 4))), "encoding 5")
    yield bad("lengths of fixed strings", "FixedString(1)", 1, 1, block(texts(constant(1, 4), [b"a"])), "encoding 8")
    yield bad("no lengths of strings", "String", 1, 1, block(u8(1) + b"a"), "encoding 1")
    yield bad("too much fixed text", "FixedString(8193)", 1024, 1024, block(u8(2) + bytes(8193)), "bytes of text")
    yield bad("too many fixed NULLs", "Nullable(FixedString(8193))", 1024, 0, block(b"", [False] * 1024), "bytes of text")
    yield bad("a flag of arrays", "Array(Int8)", 1, 1, bytes([2]), "flags 2")
    yield bad("an array too few", "Array(Int8)", 1, 0, block(constant(0, 4)), "0 values in 1 rows")
    yield bad("elements that are missing", "Array(Int8)", 1, 1, block(constant(1, 4)), "ends early")
    yield bad("elements too many", "Array(Int8)", 1, 1, block(constant(0, 4)) + block(constant(1, 1)), "3 bytes after")
    yield bad("arrays without end", "Array(Int8)", 2, 2, block(constant(0xFFFFFFFF, 4)), "8589934590")
    yield bad("NULL in bare elements", "Array(Int8)", 1, 1, array(constant(1, 4), b"\2"), "flags 2")
    yield bad("a Bool inside", "Array(Bool)", 1, 1, array(constant(1, 4), block(constant(2, 1))), "neither 0 nor 1")
    yield bad("half a tuple", "Tuple(Int8, Int8)", 1, 1, block(block(constant(1, 1))), "ends early")
    yield good("a bitmap of ones", "Nullable(Int8)", 3, 3, block(constant(1, 1), [True] * 3), ["1"] * 3)
    yield good("all NULL", "Nullable(String)", 1024, 0, block(b"", [False] * 1024), ["NULL"] * 1024)
    yield good("all NULL as a bitmap", "Nullable(String)", 9, 0, bytes([1, 0, 0]), ["NULL"] * 9)
    yield good("a NULL between strings", "Nullable(String)", 3, 2,
               block(texts(constant(1, 4), [b"a", b"b"]), [True, False, True]), ['"a"', "NULL", '"b"'])  # fmt: skip
    yield good("Bool", "Bool", 3, 3, block(frame(0, 1, [1, 0, 1], 1)), ["1", "0", "1"])

    yield bad("nothing", "Int8", 1, 1, b"", "ends early")
    yield bad("no stream", "Int8", 1, 1, b"\0", "ends early")
    yield bad("zeros", "Int8", 1, 1, bytes(8), "encoding 0")
    yield bad("unknown encoding", "Int8", 1, 1, bytes([0, 10]), "encoding 10")
    yield bad("another kind's encoding", "Int64", 1, 1, bytes([0, 8, 0]), "encoding 8")
    yield bad("delta of doubles", "Float64", 2, 2, block(delta(0, 8, constant(0, 8))), "encoding 5")
    yield bad("cut plain", "Int32", 2, 2, block(plain([1, 2], 4))[:-1], "ends early")
    yield bad("a byte too many", "Int32", 2, 2, block(plain([1, 2], 4)) + b"\0", "1 bytes after")
    yield bad("width 9 of 8", "UInt8", 1, 1, bytes([0, 4, 9, 0, 0, 0]), "9")
    yield bad("delta of one", "UInt8", 1, 1, bytes([0, 5, 0]), "one value")
    yield bad("no runs", "UInt8", 2, 2, bytes([0, 3, 0, 0, 0, 2, 0]), "0 runs")
    yield bad("too many runs", "UInt8", 2, 2, block(run_length([1, 1, 1], 0, constant(0, 1))), "3 runs")
    yield bad("runs too short", "UInt8", 4, 4, block(run_length([1, 2], 1, constant(0, 1))), "runs of 3 values")
    yield bad("runs too long", "UInt8", 4, 4, block(run_length([1, 5], 3, constant(0, 1))), "runs of 6 values")
    yield bad("code too large", "UInt8", 2, 2, block(dictionary(2, constant(0, 1), 2, [0, 2])), "code 2")
    yield bad("empty dictionary", "UInt8", 2, 2, block(dictionary(0, b"", 0, [0, 0])), "0 dictionary entries")
    yield bad("exponent 23", "Float64", 1, 1, block(decimal(23, constant(1, 8))), "23")
    yield bad("exceptions that descend", "Float64", 2, 2, block(decimal(0, constant(1, 8), [(1, 0), (0, 0)])),
              "position 0")  # fmt: skip
    yield bad("an exception outside", "Float64", 2, 2, block(decimal(0, constant(1, 8), [(2, 0)])), "position 2")
    yield bad("a patch twice", "UInt8", 2, 2, block(patched(constant(0, 1), [1, 1], constant(1, 1))), "position 1")
    yield bad("lengths past the end", "String", 2, 2, block(texts(constant(9, 4), [b"abc"])), "ends early")
    yield bad("too much text", "String", 1024, 1024, block(constant_text(bytes(10000))), "bytes of text")
    yield bad("flags of both", "Nullable(Int8)", 1, 0, b"\3", "flags 3")
    yield bad("NULL in a plain type", "Int8", 1, 0, b"\2", "flags 2")
    yield bad("bits past the last row", "Nullable(Int8)", 1, 1, bytes([1, 3, 2, 0]), "past the last row")
    yield bad("fewer values than said", "Nullable(Int8)", 3, 3, bytes([1, 5, 2, 0]), "2 values that are not NULL")


def main():
    home = Path(__file__).resolve().parent.parent / "storage-format" / "vectors"
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else home
    target.mkdir(parents=True, exist_ok=True)
    for name, data, expected in segments():
        (target / f"{name}.segment").write_bytes(data)
        if isinstance(expected, str):
            (target / f"{name}.csv").write_text(expected)
        else:
            (target / f"{name}.error").write_text("\n".join(expected) + "\n")
    lines = ",\n".join(json.dumps(each) for each in blocks())
    (target / "blocks.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
