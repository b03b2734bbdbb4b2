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


def short(n, width):
    """A short number: zigzag of the signed value, 7 bits to a byte."""
    n &= (1 << 8 * width) - 1
    n = 2 * n if n < 1 << 8 * width - 1 else 2 * ((1 << 8 * width) - n) - 1
    out = []
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes([*out, n])


def constant(value, width):
    return u8(2) + (short(value, width) if width <= 8 else integer(value, width))


def constant_bits(pattern, width):
    """Of floats and doubles."""
    return u8(2) + integer(pattern, width)


def constant_text(text):
    return u8(2) + u32(len(text)) + text


def run_length(lengths, width, stream):
    return u8(3) + u16(len(lengths)) + frame(0, width, [n - 1 for n in lengths], 2) + stream


def frame(base, width, offsets, bytes_wide):
    return u8(4) + u8(width) + short(base, bytes_wide) + pack(offsets, width)


def delta(first, bytes_wide, stream):
    return u8(5) + short(first, bytes_wide) + stream


def dictionary(entries, stream, width, codes):
    return u8(6) + u16(entries) + stream + frame(0, width, codes, 2)


def bins(bins_, width, chosen_stream, packs):
    """Bins as (bits, base); `packs` are the offsets of each."""
    head = b"".join(u8(bits) + short(base, width) for bits, base in bins_)
    return u8(11) + u8(len(bins_)) + head + chosen_stream + b"".join(
        pack(offsets, bits) for (bits, _), offsets in zip(bins_, packs)
    )


def repeats(differs, stream):
    return u8(12) + pack(differs, 1) + stream


def multiples(scale, remainder, width, stream):
    return u8(13) + short(scale, width) + short(remainder, width) + stream


def lagged(first, width, stream):
    return u8(14) + u8(len(first)) + b"".join(short(value, width) for value in first) + stream


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


def differences(stream):
    """A block of differences to the reference column."""
    return u8(4) + stream


def block(stream, marks=None):
    """A block of a stream over the valid rows; `marks` says which are valid."""
    if marks is None:
        return u8(0) + stream
    if not any(marks):
        return u8(2)
    return u8(1) + pack([int(m) for m in marks], 1) + stream


# Cold chunks


def repeated(byte, count):
    """A zstd frame (RFC 8878) of one block that repeats a byte: 256 to 65,791 bytes."""
    return b"\x28\xb5\x2f\xfd\x60" + u16(count - 256) + integer(1 | 1 << 1 | count << 3, 3) + u8(byte)


def stored_frame(data):
    """A zstd frame of one block with the bytes as they are: up to 255."""
    return b"\x28\xb5\x2f\xfd\x20" + u8(len(data)) + integer(1 | len(data) << 3, 3) + data


def lane(data):
    """As it is, or as a frame where one byte repeats."""
    if len(set(data)) == 1 and len(data) >= 256:
        data = repeated(data[0], len(data))
    return u32(len(data)) + data


def tokens(numbers):
    """Bytes that are packed, and the bits below them."""
    firsts, bits_, at = [], 0, 0
    for number in numbers:
        if number < 16:
            firsts.append(number)
            continue
        below = number.bit_length() - 3
        firsts.append(16 + 4 * (below - 2) + (number >> below) % 4)
        bits_ |= (number & (1 << below) - 1) << at
        at += below
    return lane(bytes(firsts)) + bits_.to_bytes((at + 7) // 8, "little")


def cold(body, *, flags=0, lag=0, head=b"", scale=1, remainder=0):
    """A chunk of coding 2; `body` is what stands after the remainder."""
    return u8(flags) + u8(lag) + head + short(scale, 8) + short(remainder, 8) + body


def decimal_head(exponent, exceptions=(), width=8):
    """What a cold chunk of floats has before its scale."""
    places = b"".join(u16(place) for place, _ in exceptions)
    return u8(exponent) + u16(len(exceptions)) + places + b"".join(integer(bits, width) for _, bits in exceptions)


# Segments


WIDTHS = {
    "Int8": 1, "Int16": 2, "Int32": 4, "Int64": 8, "UInt8": 1, "UInt16": 2, "UInt32": 4, "UInt64": 8,
    "Bool": 1, "Date": 2, "DateTime": 4, "LowCardinality(String)": 4, "Date32": 4, "IPv4": 4,
    "Decimal(9, 4)": 4, "Enum16('a' = -300, 'b' = 300)": 2,
    "Enum8('buy' = 1, 'sell' = 2)": 1,
}  # fmt: skip


class Column:
    """A field with its rows as CSV cells and its blocks.

    `cells` are what --raw prints. A block is (bytes, valid rows, has NaN, (min image, max image) or None).
    """

    def __init__(self, number, name, type_name, cells, blocks=None, low=None, high=None, null=False, nan=False, reference=NO_FIELD):
        self.number, self.name, self.type = number, name, type_name
        self.cells, self.blocks = cells, blocks
        self.low, self.high, self.null, self.nan, self.reference = low, high, null, nan, reference


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


def small(numbers, width):
    """A stream of integers of the directory, now so and now so."""
    if len(set(numbers)) == 1:
        return constant(numbers[0], width)
    low = min(numbers)
    return frame(low, (max(numbers) - low).bit_length(), [n - low for n in numbers], width)


def directory_piece(column, cut, blocks_, coding=0):
    """What the directory says of a column in one group."""
    bounds = [bounds for *_, bounds in blocks_]
    found = [each for each in bounds if each]
    valid = [count for _, count, _, _ in blocks_]
    nan = [int(each) for _, _, each, _ in blocks_]
    has_null = valid != list(cut)
    out = u8((len(found) == len(bounds)) | (not found) << 1 | has_null << 2 | any(nan) << 3)
    if found and len(found) < len(bounds):
        out += pack([int(each is not None) for each in bounds], 1)
    if has_null:
        out += small(valid, 2)
    if any(nan):
        out += pack(nan, 1)
    if coding != 2:
        out += small([len(raw) for raw, *_ in blocks_], 4)
    if not found:
        return out
    lows, highs = ([each[i] & (1 << 64) - 1 for each in found] for i in (0, 1))
    if "Float" in column.type:
        return out + plain(lows, 8) + plain(highs, 8)
    return out + small(lows, 8) + small([(b - a) & (1 << 64) - 1 for a, b in zip(lows, highs)], 8)


def segment(
    columns, cut, *, key=(), keys=(), slot=0, runs=None, groups=None, dictionaries=(), file_id=1,
    version=(1, 0), incompat=0, compat=0, extra_sections=(), sequences=None, edit=lambda directory: directory,
    packed=None,
):  # fmt: skip
    """The bytes of a segment.

    cut: rows of each block. groups: blocks of each group. key: (field id or None, type) each. keys: the sparse key of
    each block. runs: (first blocks, {field id: values}). dictionaries: (field id, entries). extra_sections: (kind,
    flags, bytes). sequences: a Column; by default 0, 1, 2, ... as delta blocks. edit: damages the directory's bytes.
    packed: {(field id, group): (coding, bytes of the chunk)} where it is not its blocks.
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
    packed = packed or {}
    first = 0
    for group, count in enumerate(groups):
        for column in stored:
            coding, chunk = packed.get((column.number, group), (0, None))
            if chunk is None:
                chunk = b"".join(made[0] for made in column.blocks[first : first + count])
            chunks.append((len(chunk), xxhash.xxh3_64_intdigest(chunk), coding))
            data += chunk
        first += count

    sections = [(1, 1, b"".join(u16(count) for count in cut))]
    pieces = []
    for column in stored:
        first = 0
        for group, count in enumerate(groups):
            coding, _ = packed.get((column.number, group), (0, None))
            mine = column.blocks[first : first + count]
            pieces.append(directory_piece(column, cut[first : first + count], mine, coding))
            first += count
    ends = [4 * (len(pieces) + 1) + sum(map(len, pieces[:i])) for i in range(len(pieces) + 1)]
    directory = edit(b"".join(map(u32, ends)) + b"".join(pieces))
    sections.append((2, 1, directory))
    if key and slot:
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
        data = pad(data, 8)
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
        footer += u32(column.reference)
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
    for length, own, coding in chunks:
        footer += u32(length) + u64(own) + u8(coding)
    footer += table

    data = pad(data, 8)
    start = len(data)
    data = pad(data + footer, 8)
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
                (block(multiples(2, 0, 4, frame(0, 1, [0, 1], 4))), 2, False, (0, 2)),
            ],
            b"", b"b", null=True,
        ),
        Column(
            3, "f", "Nullable(Float64)", ["NULL"] * 13 + ["7ff8000000000000", "NULL"],
            [
                (block(b"", [False] * 10), 0, False, None),
                (block(b"", [False] * 3), 0, False, None),
                (block(constant_bits(bits(float("nan")), 8), [True, False]), 1, True, None),
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
    runs_key = [(2, "LowCardinality(String)"), (3, "Bool"), (1, ts)]
    runs = segment(
        columns, cut, key=runs_key, groups=[3, 1],
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
                (block(constant_bits(singles[2], 4)), 1, True, None)],
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
                    constant(2, 4), block(constant_bits(singles[0], 4), [True, False])))), 2, False, None),
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
    yield "version-0.6", segment([], [], version=(0, 6)), ("unsupported", "format 0.6")
    yield "version-2.0", segment([], [], version=(2, 0)), ("unsupported", "format 2.0")
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
    yield from reference_segments()
    yield from directory_segments()
    yield from candle_segments()
    yield from cold_segments()


def cold_segments():
    """Chunks that are packed as a whole, beside some that are not, and what none may be."""
    cut = [3, 2, 1]
    groups = [2, 1]
    nan = 0x7FF8000000000007
    times = [1000, 1000, 1000, 1100, 1300, 7]
    turns = [5, -5, 6, -6, 8, 0]
    bid = [bits(x) for x in (1.25, 2.5, 2.5)] + [nan, bits(63123.45), bits(0.0)]
    ask = [bits(x) for x in (1.26, 2.49, 2.51, 7.0, 63123.5, -0.0)]
    words = [b"b", b"", b"b", b"a", b"b", b"a"]
    texts_ = [b"x", b"yy", b"", b"x", b"z", b"w"]
    halves_ = [bits32(x) for x in (0.5, -1.5, 2.25, 2.25, 0.5, -0.0)]
    far = [0, (1 << 64) - 1, 1 << 63, 15, 16, 17]
    flags = [1, 1, 0, 1, 1, 0]

    def zones(values, key=lambda v: v, nan_in=()):
        """Blocks without bytes: (raw, valid, has NaN, bounds)."""
        out, first = [], 0
        for number, rows in enumerate(cut):
            mine = [v for v in values[first : first + rows] if v != nan]
            out.append((b"", rows, number in nan_in, (min(mine, key=key), max(mine, key=key)) if mine else None))
            first += rows
        return out

    number_of = lambda pattern: struct.unpack("<d", u64(pattern))[0]  # noqa: E731
    wide = [bits(struct.unpack("<f", integer(pattern, 4))[0]) for pattern in halves_]
    code = {b"": 0, b"a": 1, b"b": 2}
    codes = [code[word] for word in words]
    columns = [
        Column(1, "ts", "Int64", [str(v) for v in times], zones(times), u64(7), u64(1300)),
        Column(2, "turns", "Int16", [str(v) for v in turns], zones(turns), u64(-6), u64(8)),
        Column(3, "bid", "Float64", hexes(bid), zones(bid, number_of, [1]), u64(bits(0.0)), u64(bid[4]), nan=True),
        Column(4, "ask", "Float64", hexes(ask), zones(ask, number_of), u64(bits(-0.0)), u64(bits(63123.5)), reference=3),
        Column(5, "half", "Float32", hexes(halves_, 8), zones(wide, number_of), u64(bits(-1.5)), u64(bits(2.25))),
        Column(6, "word", "LowCardinality(String)", [f'"{w.decode()}"' for w in words], zones(codes), b"", b"b"),
        Column(7, "far", "UInt64", [str(v) for v in far], zones(far), u64(0), u64(far[1])),
        Column(8, "flag", "Bool", [str(v) for v in flags], zones(flags), u64(0), u64(1)),
        Column(9, "text", "String", [f'"{t.decode()}"' for t in texts_],
           [(block(texts(plain([1, 2, 0], 4), texts_[:3])), 3, False, (0, 0x7979 << 48)),
            (block(texts(plain([1, 1], 4), texts_[3:5])), 2, False, (0x78 << 56, 0x7A << 56)),
            (block(texts(plain([1], 4), texts_[5:])), 1, False, (0x77 << 56, 0x77 << 56))], b"", b"z"),
        Column(10, "later", "Int64", [str(v + 1) for v in times],
           [(differences(constant(1, 8)), rows, False, bounds)
            for rows, bounds in zip(cut, [(1001, 1001), (1101, 1301), (8, 8)])], u64(8), u64(1301), reference=1),
    ]  # fmt: skip
    text_blocks = [made[0] for made in columns[8].blocks]
    packed = {
        # Repeats, lag 1, a scale; one row; the second group of `later` is hot and refers to it.
        (1, 0): (2, cold(lane(u8(0b1100)) + tokens([10, 1, 2]), flags=2, lag=1, scale=100)),
        (1, 1): (2, cold(tokens([0]), remainder=7)),
        # Folded, two back: 5 -5 1 -1 2.
        (2, 0): (2, cold(tokens([10, 9, 2, 1, 4]), flags=8, lag=2)),
        (2, 1): (2, cold(tokens([0]), lag=16)),
        (3, 0): (2, cold(tokens([125, 250, 250, 0, 6312345]), head=decimal_head(2, [(3, nan)]))),
        (3, 1): (2, cold(tokens([0]), head=decimal_head(22))),
        # Differences: a cent up, one down, one up; NaN counts as 0.
        (4, 0): (2, cold(tokens([2, 1, 2, 1400, 10]), flags=9, head=decimal_head(2))),
        (4, 1): (2, cold(tokens([5]), flags=1, head=decimal_head(0, [(0, ask[5])]))),
        (5, 0): (2, cold(tokens([4, 11, 18, 18, 4]), flags=8, scale=25, head=decimal_head(2, width=4))),
        (5, 1): (2, cold(tokens([0]), head=decimal_head(0, [(0, halves_[5])], 4))),
        # A dictionary of codes.
        (6, 0): (2, cold(u16(3) + tokens([2, 0, 1]) + lane(bytes([0, 1, 0, 2, 0])), flags=4)),
        (6, 1): (2, cold(u16(1) + tokens([1]) + lane(bytes(1)), flags=4)),
        (7, 0): (2, cold(tokens(far[:5]))),
        (7, 1): (2, cold(tokens([17 * 5 + 3]), scale=-1, remainder=105)),
        # Repeats of a dictionary.
        (8, 0): (2, cold(lane(u8(0b0110)) + u16(2) + tokens([1, 0]) + lane(bytes([0, 1, 0])), flags=6)),
        (9, 0): (1, stored_frame(text_blocks[0] + text_blocks[1])),
        (SEQUENCE, 0): (2, cold(tokens([0, 1, 1, 1, 1]), lag=1)),
    }  # fmt: skip
    columns[7].blocks[2] = (block(constant(0, 1)), 1, False, (0, 0))
    more = {"groups": groups, "dictionaries": [(6, [b"", b"a", b"b"])]}
    yield "cold", segment(columns, cut, packed=packed, **more), csv(columns, 6)

    # A thousand rows: frames, entries of 9 bits, and a reference whose chunk is not cold.
    rows = 1000
    first = [i * 3 for i in range(rows)]
    second = [v + 9 for v in first]
    many = [(i % 500) ** 2 for i in range(rows)]
    same = [4] * rows
    entries = [i * i for i in range(500)]
    columns = [
        integers_column(1, "a", "UInt32", first, [rows]),
        integers_column(2, "b", "Int32", second, [rows]),
        integers_column(3, "many", "Int64", many, [rows]),
        integers_column(4, "same", "UInt8", same, [rows]),
        integers_column(5, "packed", "UInt8", same, [rows]),
    ]
    columns[1].reference = 1
    places = [i % 500 for i in range(rows)]
    packed = {
        (2, 0): (2, cold(tokens([9] * rows), flags=1)),
        (3, 0): (2, cold(u16(500) + tokens(entries) + lane(bytes(p & 255 for p in places)) + lane(bytes(p >> 8 for p in places)),
                         flags=4)),
        (4, 0): (2, cold(lane(bytes(125)) + tokens([4]), flags=2)),
        (5, 0): (1, repeated(0, 400)),
    }  # fmt: skip
    columns[4].blocks = [(bytes(400), rows, False, (4, 4))]
    broken = segment(columns, [rows], packed=packed)
    yield "cold-blocks-of-zeros", broken, ("corrupt", "encoding 0")
    del packed[5, 0]
    columns[4].blocks = [(block(constant(4, 1)), rows, False, (4, 4))]
    yield "cold-frames", segment(columns, [rows], packed=packed), csv(columns, rows)

    def one(raw, kind="Int64", values=(1, 2), coding=2, **more):
        column = integers_column(1, "n", kind, list(values), [len(values)])
        return segment([column], [len(values)], packed={(1, 0): (coding, raw)}, **more)

    yield "cold-coding", one(cold(tokens([1, 2])), coding=3), ("unsupported", "chunk coding 3")
    yield "cold-flags", one(cold(tokens([1, 2]), flags=16)), ("corrupt", "flags 16")
    yield "cold-lag", one(cold(tokens([1, 2]), lag=17)), ("corrupt", "17")
    yield "cold-bits", one(cold(tokens([1, 16])[:-1] + b"\x80")), ("corrupt", "bits past the last number")
    yield "cold-lane", one(cold(u32(3) + bytes(3))), ("corrupt", "3 bytes of a lane where 0 to 2 can be")
    yield "cold-frame", one(cold(u32(1) + bytes(1))), ("corrupt", "does not unpack")
    yield "cold-frame-of-another-length", one(
        cold(lane(repeated(1, 299))), values=[1] * 300
    ), ("corrupt", "does not unpack")  # fmt: skip
    yield "cold-end", one(cold(tokens([1, 2])) + b"\0"), ("corrupt", "1 bytes after its last value")
    yield "cold-cut", one(cold(tokens([1, 200]))[:-1]), ("corrupt", "ends early")
    yield "cold-entries", one(cold(u16(3) + tokens([1, 2, 3]) + lane(bytes(2)), flags=4)), ("corrupt", "dictionary entries")
    yield "cold-code", one(cold(u16(2) + tokens([1, 2]) + lane(b"\0\2"), flags=4)), ("corrupt", "code 2")
    yield "cold-marks", one(cold(lane(u8(2)) + tokens([1]), flags=2)), ("corrupt", "past the last value")
    yield "cold-bool", one(cold(tokens([1, 2])), "Bool", [1, 1]), ("corrupt", "neither 0 nor 1")
    yield "cold-reference", one(cold(tokens([1, 2]), flags=1)), ("corrupt", "reference")
    text = Column(1, "t", "String", ['"x"'], [(block(constant_text(b"x")), 1, False, (0x78 << 56, 0x78 << 56))], b"x", b"x")
    yield "cold-text", segment([text], [1], packed={(1, 0): (2, cold(tokens([1])))}), ("corrupt", "String")
    yield "cold-packed", segment([text], [1], packed={(1, 0): (1, b"\1")}), ("corrupt", "does not unpack")
    void = [Column(1, "v", "Nullable(Int8)", ["NULL"], [(block(b"", [False]), 0, False, None)], null=True)]
    yield "cold-null", segment(void, [1], packed={(1, 0): (2, cold(tokens([1])))}), ("corrupt", "NULLs in")
    nulls = [void[0], integers_column(2, "b", "Int8", [1], [1])]
    nulls[1].reference = 1
    refused = segment(nulls, [1], packed={(2, 0): (2, cold(tokens([1]), flags=1))})
    yield "cold-reference-null", refused, ("corrupt", "NULL in the reference")


def reference_segments():
    """Fields that name another one, in two groups, and references that cannot be."""
    cut = [2, 2, 1]
    bid, ask = [10, 20, 30, 40, 50], [11, 22, 33, 44, 55]
    prices = [bits(x) for x in (1.25, 2.5, 3.75, 63123.45, 0.5)]
    other = [bits(x) for x in (1.26, 2.49, 3.75, 63123.5, 7.0)]
    maybe = [None, 21, 31, 41, None]
    steps = [ask[i] - bid[i] for i in range(5)]
    columns = [
        integers_column(1, "bid", "Int64", bid, cut),
        Column(7, "ask", "Int64", [str(v) for v in ask],
               [(differences(plain(steps[:2], 8)), 2, False, (11, 22)), (block(plain(ask[2:4], 8)), 2, False, (33, 44)),
                (differences(constant(5, 8)), 1, False, (55, 55))], u64(11), u64(55), reference=1),
        Column(8, "price", "Float64", hexes(prices),
               [(block(plain_doubles(prices[:2])), 2, False, (prices[0], prices[1])),
                (block(plain_doubles(prices[2:4])), 2, False, (prices[2], prices[3])),
                (block(plain_doubles(prices[4:])), 1, False, (prices[4], prices[4]))],
               u64(prices[4]), u64(prices[3])),
        Column(9, "limit", "Float64", hexes(other),
               [(differences(decimal(2, plain([1, -1], 8))), 2, False, (other[0], other[1])),
                (differences(decimal(2, plain([0, 5], 8))), 2, False, (other[2], other[3])),
                (differences(decimal(0, constant(7, 8))), 1, False, (other[4], other[4]))],
               u64(other[0]), u64(other[3]), reference=8),
        Column(10, "maybe", "Nullable(Int64)", ["NULL" if v is None else str(v) for v in maybe],
               [(block(constant(21, 8), [False, True]), 1, False, (21, 21)),
                (differences(constant(1, 8)), 2, False, (31, 41)), (block(b"", [False]), 0, False, None)],
               u64(21), u64(41), null=True, reference=1),
    ]  # fmt: skip
    yield "references", segment(columns, cut, groups=[2, 1]), csv(columns, 5)

    def pair(first_type="Int64", second_type="Int64", **references):
        first = integers_column(1, "a", first_type, [1], [1])
        second = integers_column(2, "b", second_type, [1], [1])
        first.reference, second.reference = references.get("a", NO_FIELD), references.get("b", NO_FIELD)
        return [first, second]

    words = ("corrupt", "a reference of")
    yield "reference-missing", segment(pair(b=9), [1]), words
    yield "reference-behind", segment(pair(a=2), [1]), words
    yield "reference-to-itself", segment(pair(b=2), [1]), words
    yield "reference-to-sequence", segment(pair(b=SEQUENCE), [1]), words
    yield "reference-of-another-width", segment(pair(second_type="Int32", b=1), [1]), words
    third = integers_column(3, "c", "Int64", [1], [1])
    third.reference = 2
    yield "reference-to-a-reference", segment([*pair(b=1), third], [1]), words
    narrow = [Column(i, name, "Float32", ["00000000"], [(block(constant_bits(0, 4)), 1, False, (0, 0))], u64(0), u64(0))
              for i, name in [(1, "a"), (2, "b")]]  # fmt: skip
    narrow[1].reference = 1
    yield "reference-of-floats", segment(narrow, [1]), words
    run = Column(1, "a", "Bool", ["1"], None, u64(1), u64(1))
    yield "reference-to-a-run-column", segment(
        [run, Column(2, "b", "Bool", ["1"], [(block(constant(1, 1)), 1, False, (1, 1))], u64(1), u64(1), reference=1)],
        [1], key=[(1, "Bool")], runs=([0], {1: [1]}),
    ), words  # fmt: skip
    nulls = [
        Column(1, "a", "Nullable(Int64)", ["NULL"], [(block(b"", [False]), 0, False, None)], null=True),
        Column(2, "b", "Int64", ["1"], [(differences(constant(1, 8)), 1, False, (1, 1))], u64(1), u64(1), reference=1),
    ]
    yield "reference-null", segment(nulls, [1]), ("corrupt", "NULL in the reference")
    alone = [Column(1, "a", "Int64", ["1"], [(differences(constant(1, 8)), 1, False, (1, 1))], u64(1), u64(1))]
    yield "reference-not-named", segment(alone, [1]), ("corrupt", "flags 4")


def candle_segments():
    """Partial candles of one run of two, in buckets of 10 and of 60; and sections that lie about the rows."""
    cut = [4, 2]
    side = "Enum8('buy' = 1, 'sell' = 2)"
    stamps = [-3, 5, 5, 17, 1, 2]
    prices = [1.5, 2.25, 0.5, 7.0, float("nan"), 3.0]
    amounts = [2.0, 0.001, 4.0, 10.0, 1.0, 1.0]
    sides, ids = [1, 2, 1, 1, 2, 2], [7, 8, 12, 9, 1, 2]

    def doubles(number, name, values):
        made, first = [], 0
        for count in cut:
            part = values[first : first + count]
            real = [value for value in part if value == value]
            made.append((block(plain_doubles([bits(v) for v in part])), count, len(real) < count,
                         (bits(min(real)), bits(max(real)))))  # fmt: skip
            first += count
        real = [value for value in values if value == value]
        return Column(number, name, "Float64", hexes([bits(v) for v in values]), made, u64(bits(min(real))),
                      u64(bits(max(real))), nan=len(real) < len(values))  # fmt: skip

    columns = [
        integers_column(1, "ts", "DateTime64(0, 'UTC')", stamps, cut),
        Column(2, "symbol", "LowCardinality(String)", ['"A"'] * 4 + ['"B"'] * 2, None, b"A", b"B"),
        doubles(3, "price", prices), doubles(4, "qty", amounts),
        integers_column(5, "side", side, sides, cut), integers_column(6, "id", "UInt64", ids, cut),
    ]  # fmt: skip
    key = [(2, "LowCardinality(String)"), (1, "DateTime64(0, 'UTC')")]

    def zigzag(number):
        return (number << 1) ^ (number >> 63)

    def streams(*columns_of_numbers):
        return b"".join(plain(list(numbers), 8) for numbers in columns_of_numbers)

    def piece(covered=1, marks=0, scales=(2, 3, 5), rows=(1, 2, 1), volumes=(2000, 4001, 10000), runs=(0, 0, 0)):
        # Buckets of 10: the rows at -3, at 5 and 5, at 17. Prices in hundredths, volumes in thousandths.
        closes, opens, highs, lows = [150, 50, 700], [150, 225, 700], [150, 225, 700], [150, 50, 700]
        notionals = [300000, 200225, 7000000]
        before = [150, 150, 50]
        distances = [n - v * c for n, v, c in zip(notionals, volumes, closes)]
        body = u32(3) + u64(covered) + u8(marks) + bytes(scales)
        body += streams(runs, [-10, 0, 10], rows, [7, 5, 7], [7, 5, 7])
        body += streams([zigzag(0)] * 3, [zigzag(0)] * 3, map(zigzag, closes))
        body += streams([zigzag(o - b) for o, b in zip(opens, before)])
        body += streams([h - max(o, c) for h, o, c in zip(highs, opens, closes)])
        body += streams([min(o, c) - low for low, o, c in zip(lows, opens, closes)])
        body += streams(volumes)
        if marks & 1:
            body += streams([0] * 3)
        body += streams(notionals, [0] * 3) if marks & 2 else streams(map(zigzag, distances))
        body += streams([2000, 4000, 10000]) + (streams([0] * 3) if marks & 1 else b"")
        # Identifiers 7; 8 and 12; 9.
        return body + streams(map(zigzag, [7, 0, 9 - 13]), map(zigzag, [0, 12 - 9, 0]))

    def section(*pieces, definition=1, ids=(1, 3, 4, 5), buy=1, widths=(10, 60), edit=lambda offsets: offsets):
        head = u32(definition) + b"".join(map(u32, ids)) + u32(buy) + u32(6)
        head += u32(len(widths)) + b"".join(map(u64, widths))
        start = len(head) + 4 * (len(pieces) + 1)
        ends = [start + sum(map(len, pieces[:i])) for i in range(len(pieces) + 1)]
        return head + b"".join(map(u32, edit(ends))) + b"".join(pieces)

    def made(body, flags=0, **more):
        return segment(columns, cut, key=key, runs=([0, 1], {2: [0, 1]}), dictionaries=[(2, [b"A", b"B"])],
                       extra_sections=[(6, flags, body)], **more)  # fmt: skip

    nothing = u32(0)
    yield "candles", made(section(piece(), nothing)), csv(columns, 6)
    yield "candles-wide", made(section(piece(marks=1), nothing)), csv(columns, 6)
    yield "candles-whole-notionals", made(section(piece(marks=3), nothing)), csv(columns, 6)
    yield "candles-of-another-definition", made(section(piece()[:9], definition=2)), csv(columns, 6)
    yield "candles-cut", made(section(piece()[:-1], nothing)), ("corrupt", "ends early")
    yield "candles-with-more", made(section(piece() + b"\0", nothing)), ("corrupt", "bytes after")
    yield "candles-of-nothing", made(section(nothing + b"\0", nothing)), ("corrupt", "bytes after")
    moved = section(piece(), nothing, edit=lambda ends: [ends[0] + 1] + ends[1:])
    yield "candles-offset", made(moved), ("corrupt", "pieces of candles")
    yield "candles-width", made(section(piece(), nothing, widths=(10, 0))), ("corrupt", "a bucket without width")
    yield "candles-marks", made(section(piece(marks=4), nothing)), ("corrupt", "marks 4")
    yield "candles-scale", made(section(piece(scales=(13, 3, 5)), nothing)), ("corrupt", "13")
    yield "candles-notional-scale", made(section(piece(scales=(2, 3, 4)), nothing)), ("corrupt", "notional")
    yield "candles-too-many", made(section(u32(7) + piece()[4:], nothing)), ("corrupt", "7 partial candles")
    other = section(piece(volumes=(2000, 4001, 9999)), nothing)
    yield "candles-of-other-rows", made(other), ("corrupt", "not those of its rows")
    yield "candles-of-too-few-rows", made(section(piece(rows=(1, 1, 1)), nothing)), ("corrupt", "candles of")
    yield "candles-of-a-run-outside", made(section(piece(runs=(0, 0, 2)), nothing)), ("corrupt", "candles of")
    yield "candles-of-a-block-outside", made(section(piece(covered=5), nothing)), ("corrupt", "candles of")
    unknown = section(piece(), nothing, ids=(1, 3, 9, 5))
    yield "candles-of-a-field-outside", made(unknown), ("corrupt", "candles of fields that are not there")
    alone = [integers_column(1, "n", "UInt8", [1], [1])]
    shared = segment(alone, [1], extra_sections=[(6, 0, section(nothing, nothing))])
    yield "candles-without-runs", shared, ("corrupt", "candles in a layout without runs")


def directory_segments():
    """Pieces of all shapes in several groups, and pieces that contradict what surrounds them."""
    cut = [3, 2, 2, 1, 1]
    nan, one, two = bits(float("nan")), bits(1.5), bits(-2.5)
    values = [nan, None, one, None, None, one, two, nan, two]
    columns = [
        Column(1, "x", "Nullable(Float64)", ["NULL" if v is None else hexes([v])[0] for v in values],
               [(block(plain_doubles([nan, one]), [True, False, True]), 2, True, (one, one)),
                (block(b"", [False] * 2), 0, False, None), (block(plain_doubles([one, two])), 2, False, (two, one)),
                (block(constant_bits(nan, 8)), 1, True, None), (block(constant_bits(two, 8)), 1, False, (two, two))],
               u64(two), u64(one), null=True, nan=True),
        integers_column(2, "n", "Int8", [-128, 127, 0, 1, 2, 3, 4, -1, -2], cut),
        Column(3, "w", "UInt128", ["5"] * 9, [(block(constant(5, 16)), rows, False, None) for rows in cut]),
    ]  # fmt: skip
    yield "directory", segment(columns, cut, groups=[3, 1, 1]), csv(columns, 9)

    def one_column(edit, **more):
        return segment([integers_column(1, "n", "Int8", [1, 2], [1, 1])], [1, 1], edit=edit, **more)

    # Offsets 12, 12 + 10, end; the piece: marks, lengths (constant 3), min (frame of reference), differences.
    def changed(at, raw):
        return lambda made: made[:at] + raw + made[at + len(raw) :]

    yield "directory-marks", one_column(changed(12, b"\3")), ("corrupt", "marks 3")
    yield "directory-marks-unknown", one_column(changed(12, b"\x11")), ("corrupt", "marks 17")
    yield "directory-offset", one_column(changed(0, u32(11))), ("corrupt", "offsets of the directory")
    yield "directory-end", one_column(lambda made: made + b"\0"), ("corrupt", "offsets of the directory")
    yield "directory-lengths", one_column(changed(14, b"\x08")), ("corrupt", "in a chunk of 6")
    yield "directory-without-bounds", one_column(changed(12, b"\2")), ("corrupt", "bytes after the directory's piece")
    wide = [Column(1, "w", "UInt128", ["5"], [(block(constant(5, 16)), 1, False, (5, 5))])]
    yield "directory-bounds-of-128-bits", segment(wide, [1]), ("corrupt", "min and max of")
    void = [Column(1, "v", "Nullable(Int8)", ["NULL"], [(block(b"", [False]), 0, False, (1, 1))], null=True)]
    yield "directory-bounds-of-nothing", segment(void, [1]), ("corrupt", "without values")
    much = [Column(1, "v", "Nullable(Int8)", ["1"], [(block(constant(1, 1)), 2, False, (1, 1))], u64(1), u64(1))]
    yield "directory-too-many-values", segment(much, [1]), ("corrupt", "more values than rows")
    flag = [Column(1, "f", "Bool", ["1"], None, u64(1), u64(1))]
    runs = ([0], {1: [1]})
    yield "slot-with-runs", segment(flag, [1], key=[(1, "Bool")], keys=[b"\1\1"], slot=2, runs=runs), ("corrupt", "sparse keys")
    yield "keys-with-runs", segment(
        flag, [1], key=[(1, "Bool")], runs=runs, extra_sections=[(3, 1, b"")]
    ), ("corrupt", "sparse keys")  # fmt: skip


def blocks():
    """Single blocks: each encoding, shapes that the Swift writer never makes, and damage."""

    def good(name, type_name, rows, valid, raw, values):
        return {"name": name, "type": type_name, "rows": rows, "valid": valid, "hex": raw.hex(), "values": values}

    def bad(name, type_name, rows, valid, raw, words):
        return {"name": name, "type": type_name, "rows": rows, "valid": valid, "hex": raw.hex(), "error": words}

    def cells(values):
        return [str(v) for v in values]

    # The examples of encodings.md, byte by byte.
    yield good("example 1", "Int64", 4, 4, bytes.fromhex("00 04 03 C801 500E"),
               cells([100, 102, 101, 107]))  # fmt: skip
    yield good("example 2", "Nullable(UInt8)", 3, 2, bytes.fromhex("01 05 02 0E"), ["7", "NULL", "7"])
    yield good("example 3", "Float64", 3, 3,
               bytes.fromhex("00 07 02 0100 04 05 32 2003 0200 000000000000F87F"),
               hexes([bits(0.25), bits(0.5), 0x7FF8000000000000]))  # fmt: skip

    for width in (1, 7, 13, 31, 33, 57, 58, 63, 64):
        numbers = [(i * 0x9E3779B97F4A7C15 + 1) % (1 << width) for i in range(37)]
        yield good(f"{width} bits", "UInt64", 37, 37, block(frame(0, width, numbers, 8)), cells(numbers))
    yield good("width 0", "Int16", 5, 5, block(frame(-3, 0, [0] * 5, 2)), cells([-3] * 5))
    yield good("a scale", "DateTime64(9, 'UTC')", 3, 3, block(multiples(1000, -5, 8, frame(0, 4, [0, 15, 1], 8))),
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
    deep = constant(1, 8)
    for _ in range(7):
        deep = delta(0, 8, deep)
    yield good("eight deep", "Int64", 9, 9, block(deep), cells([0, 0, 0, 0, 0, 0, 0, 1, 8]))
    yield bad("nine deep", "Int64", 10, 10, block(delta(0, 8, deep)), "deep")
    wide = multiples(1, 0, 8, multiples(1, 0, 8, multiples(1, 0, 8, multiples(1, 0, 8, multiples(1, 0, 8, multiples(
        1, 0, 8, dictionary(1, constant(3, 8), 0, [0, 0])))))))  # fmt: skip
    yield good("codes eight deep", "Int64", 2, 2, block(wide), ["3", "3"])
    yield bad("codes nine deep", "Int64", 2, 2, block(multiples(1, 0, 8, wide)), "deep")
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
    yield good("example 4", "Float32", 2, 2, bytes.fromhex("00 07 01 0100 02 0A 0100 00000080"),
               hexes([bits32(0.5), bits32(-0.0)], 8))  # fmt: skip
    yield good("example 5", "UInt128", 2, 2,
               bytes.fromhex("00 0A 04 01 02 02 02 00"), ["1", "2"])  # fmt: skip
    yield good("example 6", "Array(Nullable(UInt8))", 2, 2, bytes.fromhex("00 04 02 00 02 01 01 02 0E"),
               ["[7,NULL]", "[]"])  # fmt: skip
    yield good("example 7", "Tuple(Int8, String)", 1, 1, bytes.fromhex("00 00 02 01 00 02 01000000 61"), ['(-1,"a")'])
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


    yield from new_blocks(good, bad, cells)


def new_blocks(good, bad, cells):
    """Short numbers, bins, repeats, multiples, nested codes and lengths, and differences to a reference."""
    yield good("example 8", "Int64", 4, 4,
               bytes.fromhex("00 0B 02 03 00 00 8489 7A 04 01 00 08 28 00".replace("8489 7A", "84897A")),
               cells([0, 5, 0, 1000002]))  # fmt: skip
    for width, type_name in [(1, "Int8"), (2, "Int16"), (4, "Int32"), (8, "Int64")]:
        most = 1 << 8 * width - 1
        for value in (most - 1, -most, 63, -64, 64, -65):
            yield good(f"short {value} of {width}", type_name, 2, 2, block(constant(value, width)), cells([value] * 2))
        yield bad(f"short too large for {width}", type_name, 1, 1,
                  bytes([0, 2]) + bytes([0x80] * (8 * width // 7)) + u8(1 << 8 * width % 7), "short number")  # fmt: skip
        yield bad(f"short without end of {width}", type_name, 1, 1, bytes([0, 2]) + b"\x80" * 20, "short number")
    yield good("short of unsigned", "UInt64", 1, 1, block(constant(-1, 8)), [str((1 << 64) - 1)])
    yield bad("short that is too long", "Int64", 1, 1, bytes([0, 2, 0x80, 0]), "more bytes than it needs")
    yield bad("short that is cut", "Int64", 1, 1, bytes([0, 2, 0x80]), "ends early")
    yield bad("bits past packed numbers", "Int64", 3, 3, bytes([0, 4, 1, 0, 0x08]), "past the last")
    sixteen = bins([(1, 100 * i) for i in range(16)], 4, plain(list(range(16)) * 2, 1), [[0, 1]] * 16)
    yield good("sixteen bins", "Int32", 32, 32, block(sixteen), cells([100 * i for i in range(16)] + [100 * i + 1 for i in range(16)]))
    yield good("wrapping bins", "UInt8", 3, 3, block(bins([(8, 255), (0, 7)], 1, plain([0, 1, 0], 1), [[1, 255], [0]])),
               cells([0, 7, 254]))  # fmt: skip
    yield good("an empty bin", "Int64", 2, 2, block(bins([(64, 5), (64, 9)], 8, constant(1, 1), [[], [(1 << 64) - 1, 0]])),
               cells([8, 9]))  # fmt: skip
    yield bad("seventeen bins", "Int32", 1, 1, block(bins([(0, 1)] * 17, 4, constant(0, 1), [[]] * 17)), "17")
    yield bad("one bin", "Int32", 1, 1, block(bins([(0, 1)], 4, constant(0, 1), [[]])), "1 bins")
    yield bad("a bin outside", "Int32", 2, 2, block(bins([(0, 1)] * 2, 4, plain([1, 2], 1), [[], []])), "bin 2")
    yield bad("a bin too wide", "Int32", 1, 1, bytes([0, 11, 2, 33, 0, 0, 0, 2, 0]), "33")
    yield bad("bits past a bin", "Int32", 1, 1, bytes([0, 11, 2, 1, 0, 0, 0, 2, 0, 2]), "past the last")
    yield bad("bins of 128 bits", "UInt128", 1, 1, bytes([0, 11, 2]), "encoding 11")
    yield bad("bins of doubles", "Float64", 1, 1, bytes([0, 11, 2]), "encoding 11")
    yield good("repeats", "Int64", 10, 10, block(repeats([0, 1, 0, 0, 1, 1, 0, 0, 1], plain([7, -7, 8, 9, 10], 8))),
               cells([7, 7, -7, -7, -7, 8, 9, 9, 9, 10]))  # fmt: skip
    yield good("nothing but repeats", "UInt16", 9, 9, block(repeats([0] * 8, constant(3, 2))), ["3"] * 9)
    yield bad("repeats of one", "Int8", 1, 1, bytes([0, 12, 2, 0]), "one value")
    yield bad("repeats with bits past the end", "Int8", 2, 2, bytes([0, 12, 3, 1, 1, 2]), "past the last")
    yield bad("repeats of strings", "String", 2, 2, bytes([0, 12, 0]), "encoding 12")
    yield good("multiples", "Int32", 3, 3, block(multiples(-250, 3, 4, plain([0, 1, -2], 4))), cells([3, -247, 503]))
    yield good("wrapping multiples", "UInt8", 2, 2, block(multiples(100, 50, 1, plain([3, 255], 1))), cells([94, 206]))
    yield good("multiples of zero", "Int8", 2, 2, block(multiples(0, 5, 1, plain([3, 9], 1))), cells([5, 5]))
    yield bad("multiples of floats", "Float32", 1, 1, bytes([0, 13, 0, 0]), "encoding 13")
    yield good("lagged", "Int64", 6, 6, block(lagged([0, 490000], 8, plain([0, 100, 0, -200], 8))),
               cells([0, 490000, 0, 490100, 0, 489900]))  # fmt: skip
    yield good("wrapping lagged", "UInt8", 4, 4, block(lagged([255, 1, 7], 1, constant(3, 1))), cells([255, 1, 7, 2]))
    yield good("sixteen back", "Int8", 17, 17, block(lagged(list(range(16)), 1, constant(-1, 1))), cells([*range(16), -1]))
    yield bad("seventeen back", "Int8", 18, 18, block(lagged(list(range(17)), 1, constant(0, 1))), "17")
    yield bad("one back", "Int8", 3, 3, block(lagged([1], 1, plain([0, 0], 1))), "1")
    yield bad("as far back as there are values", "Int8", 2, 2, block(u8(14) + u8(2) + short(1, 1) + short(2, 1)), "a lag of 2 in 2")
    yield bad("lagged doubles", "Float64", 3, 3, bytes([0, 14, 2]), "encoding 14")
    yield bad("an encoding of later", "Int64", 1, 1, bytes([0, 15]), "encoding 15")
    yield good("lengths of runs as runs", "UInt8", 6, 6,
               block(u8(3) + u16(3) + run_length([3], 2, constant(1, 2)) + plain([1, 2, 3], 1)), cells([1, 1, 2, 2, 3, 3]))  # fmt: skip
    yield good("codes as repeats", "UInt8", 4, 4,
               block(u8(6) + u16(2) + plain([8, 9], 1) + repeats([0, 1, 0], plain([1, 0], 2))), cells([9, 9, 8, 8]))  # fmt: skip

    def to(made, reference):
        return {**made, "reference": reference}

    yield to(good("differences", "Int64", 3, 3, differences(plain([1, -1, 0], 8)), cells([11, 19, 30])), cells([10, 20, 30]))
    yield to(good("wrapping differences", "UInt8", 2, 2, differences(plain([2, 254], 1)), cells([1, 255])), cells([255, 1]))
    yield to(good("differences of times", "DateTime64(9, 'UTC')", 2, 2, differences(constant(5, 8)), cells([5, -4])),
             cells([0, -9]))  # fmt: skip
    yield to(good("a reference that is not used", "Int64", 2, 2, block(constant(4, 8)), cells([4, 4])), ["NULL", "7"])
    yield to(good("differences where NULL could be", "Nullable(Int16)", 2, 2, differences(constant(1, 2)), cells([1, 2])),
             cells([0, 1]))  # fmt: skip
    edge = float(1 << 53)
    yield to(good("differences of doubles", "Float64", 4, 4, differences(decimal(2, plain([1, -1, 0, 5], 8), [(2, 0x7FF8000000000007)])),
                  hexes([bits(63123.46), bits(0.24), 0x7FF8000000000007, bits(0.05)])),
             hexes([bits(63123.45), bits(0.25), bits(1.0), bits(-0.0)]))  # fmt: skip
    yield to(good("no whole numbers", "Float64", 5, 5, differences(decimal(1, plain([1, 2, 3, 4, 5], 8))),
                  hexes([bits(x / 10) for x in (1, 2, 3, 4, 5)])),
             hexes([0x7FF8000000000000, bits(float("inf")), bits(float("-inf")), bits(1e308), bits(edge)]))  # fmt: skip
    yield to(good("2^53 and past it", "Float64", 4, 4, differences(decimal(0, constant(-1, 8))),
                  hexes([bits(edge - 1), bits(-1.0), bits(-edge - 0.0), bits(-1.0)])),
             hexes([bits(edge), bits(edge + 2), bits(-edge + 1), bits(-edge - 2)]))  # fmt: skip
    yield to(good("-2^53", "Float64", 1, 1, differences(decimal(0, constant(1, 8))), hexes([bits(-edge + 1)])), hexes([bits(-edge)]))
    yield to(good("ties to even", "Float64", 6, 6, differences(decimal(0, constant(10, 8))), hexes([bits(float(x)) for x in (10, 12, 12, 10, 8, 8)])),
             hexes([bits(x) for x in (0.5, 1.5, 2.5, -0.5, -1.5, -2.5)]))  # fmt: skip
    yield to(good("a product rounded first", "Float64", 1, 1, differences(decimal(2, constant(0, 8))), hexes([bits(0.28)])), hexes([bits(0.285)]))
    yield to(good("differences past 64 bits", "Float64", 1, 1, differences(decimal(0, constant((1 << 63) - 1, 8))),
                  hexes([bits(float(-(1 << 63)))])), hexes([bits(1.0)]))  # fmt: skip

    yield bad("no reference", "Int64", 1, 1, differences(constant(1, 8)), "flags 4")
    yield to(bad("NULL in the reference", "Int64", 2, 2, differences(constant(1, 8)), "NULL in the reference"), ["1", "NULL"])
    yield to(bad("differences with a bitmap", "Nullable(Int64)", 2, 2, bytes([5, 3, 2, 0]), "flags 5"), ["1", "2"])
    yield to(bad("differences of NULL", "Nullable(Int64)", 1, 0, bytes([6]), "flags 6"), ["1"])
    yield to(bad("differences of plain doubles", "Float64", 1, 1, differences(constant_bits(0, 8)), "encoding 2"), hexes([0]))
    yield to(bad("differences of strings", "String", 1, 1, differences(constant_text(b"")), "flags 4"), ['""'])
    yield to(bad("differences of floats", "Float32", 1, 1, differences(decimal(0, constant(1, 4), width=4)), "flags 4"), hexes([0], 8))
    yield to(bad("differences of 128 bits", "UInt128", 1, 1, differences(constant(1, 16)), "flags 4"), ["1"])
    yield bad("differences inside", "Array(Int8)", 1, 1, array(constant(1, 4), differences(constant(1, 1))), "flags 4")
    yield to(bad("a Bool by differences", "Bool", 1, 1, differences(constant(1, 1)), "neither 0 nor 1"), ["1"])
    yield to(bad("differences too few", "Nullable(Int64)", 2, 1, differences(constant(1, 8)), "2 values that are not NULL"), ["1", "2"])


def main():
    home = Path(__file__).resolve().parent.parent / "storage-format" / "vectors"
    if any(word.startswith("-") for word in sys.argv[1:]):
        sys.exit("usage: tools/make_vectors.py [DIR]")
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
