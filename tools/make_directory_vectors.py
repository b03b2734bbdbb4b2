#!/usr/bin/env python3
"""Makes storage-format/vectors/directories: data directories with what they say or why they are refused.

    tools/make_directory_vectors.py [DIR]

A writer of its own, from manifest.md and log.md alone: it shares no line with the Swift writer or with the Python
readers, and does what the Swift writer never does (a mark between groups, unsorted and unused dictionary entries, a
table created and dropped in one edit). Each `<name>/` has beside it `<name>.txt` (what ticklog.py prints) or
`<name>.error` (first line: corrupt or unsupported; second line: words of the sentence). Running it again must leave the
vectors as they are (tools/check_directories.py looks).
"""

import shutil
import struct
import sys
from pathlib import Path

IDENTITY = 0x1122334455667788
BLOCK = 4096


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def u8(n):
    return struct.pack("<B", n)


def u16(n):
    return struct.pack("<H", n)


def u32(n):
    return struct.pack("<I", n)


def u64(n):
    return struct.pack("<Q", n & (1 << 64) - 1)


def text(value):
    raw = value.encode()
    return u32(len(raw)) + raw


def optional(value):
    return u8(0) if value is None else u8(1) + text(value)


def listed(items):
    return u32(len(items)) + b"".join(items)


# The manifest


def header(magic, fields, version=(1, 0)):
    """A version may have feature bits behind."""
    raw = magic + u16(version[0]) + u16(version[1]) + u32(sum(version[2:])) + fields
    raw += bytes(60 - len(raw))
    return raw + u32(crc32c(raw))


class Manifest:
    def __init__(self, generation=1, version=(1, 0), identity=IDENTITY):
        self.raw = header(b"TKMANIF\0", u64(generation) + u64(identity), version)
        self.chain = struct.unpack("<I", self.raw[60:])[0]
        self.starts = []

    def add(self, lsn, counters, *actions):
        self.starts.append(len(self.raw))
        payload = b"".join(u64(n) for n in counters) + listed(actions)
        payload += bytes(-len(payload) % 8)
        kind = 1 if len(self.starts) == 1 else 2
        tail = u32(32 + len(payload)) + u32(self.chain) + u64(lsn) + u16(kind) + bytes(6) + payload
        self.chain = crc32c(tail)
        self.raw += b"TKED" + u32(self.chain) + tail
        return self


def action(kind, body):
    return u16(kind) + u16(0) + u32(len(body)) + body


def create_database(name):
    return action(1, text(name))


def field(number, name, kind, codec=None, origin=0, expression="", comment=""):
    body = u32(number) + text(name) + text(kind) + optional(codec) + u8(origin)
    return body + (text(expression) if origin else b"") + text(comment)


def definition(
    number, name, fields, order=(), partition=None, database="d", engine="MergeTree", comment="", query=None, end=None,
    candles=None, by=(), keep=None,
):  # fmt: skip
    """Fields as tuples of `field`; `end` is the next field id; candles: ids of time, price, quantity, side, the side's
    number for a buy, and an identifier's id."""
    body = u64(number) + text(database) + text(name) + u32(end or max(f[0] for f in fields) + 1)
    body += listed([field(*f) for f in fields])
    body += listed([text(o) for o in order]) + optional(partition) + text(engine) + listed([text(b) for b in by])
    if candles is None:
        body += u8(0)
    else:
        ids = [0xFFFFFFFE if number is None else number for number in candles]
        body += u8(1) + b"".join(map(u32, ids[:4])) + u8(ids[4] % 256) + u32(ids[5])
    body += u64(0)
    return body + text(comment) + optional(query) + (b"" if keep is None else u8(keep))


def create_table(*arguments, **options):
    return action(3, definition(*arguments, **options))


def redefine_table(*arguments, **options):
    return action(12, definition(*arguments, **options))


def rename_tables(*renames):
    return action(11, listed([u64(table) + text(database) + text(name) for table, database, name in renames]))


def segment(file, partition, rows, base, live, bounds=b"\0\0\0\0", last=None):
    body = u64(file) + text(partition) + text(partition if last is None else last) + u64(123) + bytes(range(16)) + u64(rows) + u64(0) + u64(rows - 1)
    return body + u64(base) + u8(2) + listed([u64(a) + u64(b) for a, b in live]) + bounds


def current(name):
    return f"{name} {crc32c(name.encode()):08x}\n".encode()


def manifest_name(generation=1):
    return f"MANIFEST-{generation:016x}"


# The log


class Log:
    """One file; `chain` and `lsn` go on from file to file."""

    def __init__(self, number=1, blocks=4, before=None, manifest_lsn=0, version=(1, 0), identity=IDENTITY):
        self.number, self.identity, self.blocks = number, identity, blocks
        self.lsn = before.lsn if before else 0
        self.chain = before.chain if before else 0
        end = before.end if before else 0
        fields = u64(number) + u64(identity) + u64(self.lsn) + u64(manifest_lsn) + u64(end) + u32(self.chain)
        self.raw = bytearray(header(b"TKWAL\0\0\0", fields, version))
        self.raw += bytes(blocks * BLOCK - len(self.raw))
        self.end = BLOCK
        self.records = []

    def group(self, records, manifest_lsn=0):
        """Records as (lsn, first sequence, count, body), or with the kind behind."""
        start = -(-self.end // BLOCK) * BLOCK
        records = [record if len(record) == 5 else (*record, 1) for record in records]
        size = 80 + sum(48 + len(body) + -len(body) % 8 for *_, body, _ in records)
        first = records[0][0] if records else self.lsn + 1
        last = records[-1][0] if records else self.lsn
        tail = u64(self.number) + u64(self.identity) + u64(first) + u64(last) + u64(self.lsn)
        tail += u64(manifest_lsn) + u32(size) + u32(len(records)) + u32(self.chain) + bytes(12)
        chain = crc32c(tail)
        raw = b"TKGR" + u32(chain) + tail
        for lsn, sequence, count, body, kind in records:
            body += bytes(-len(body) % 8)
            head = u32(48 + len(body)) + u32(chain) + u64(lsn) + u64(sequence) + u64(count) + u32(kind)
            head += u32(crc32c(body))
            chain = crc32c(head)
            self.records.append((start + len(raw), chain, lsn))
            raw += b"TKRC" + u32(chain) + head + body
        assert len(raw) == size and start + size <= len(self.raw)
        self.raw[start : start + size] = raw
        self.end, self.lsn, self.chain = start + size, last, chain
        return self

    def cut_before(self, record):
        """What recovery makes of a tear in that record."""
        position, _, _ = self.records[record]
        self.end = position
        _, self.chain, self.lsn = self.records[record - 1]

    def flip(self, offset):
        self.raw[offset] ^= 0x20
        return self


def part(table, partition, rows, columns, keys=(), sequences=None):
    body = u64(table) + text(partition) + u32(rows)
    body += u8(0) if sequences is None else u8(1) + b"".join(u32(s) for s in sequences)
    return body + listed([u32(i) + text(t) + c for i, t, c in columns]) + listed(list(keys))


def numbers(values, form, marks=None):
    return valid(marks) + b"".join(struct.pack("<" + form, v) for v in values)


def wide(values, marks=None):
    return valid(marks) + b"".join((v & (1 << 128) - 1).to_bytes(16, "little") for v in values)


def lengths(*values):
    return b"".join(u32(v) for v in values)


def valid(marks):
    if marks is None:
        return u8(0)
    return u8(1) + sum(1 << i for i, mark in enumerate(marks) if mark).to_bytes((len(marks) + 7) // 8, "little")


def strings(values):
    return b"".join(u32(len(v)) for v in values) + b"".join(values)


def texts(values, marks=None):
    return valid(marks) + strings(values)


def codes(entries, values, marks=None):
    form = "B" if len(entries) <= 256 else "H"
    return valid(marks) + u32(len(entries)) + strings(entries) + b"".join(struct.pack("<" + form, v) for v in values)


def body(*parts):
    return listed(list(parts))


# The directories

ONE = [(1, "n", "Int64", None)]
TIME = "DateTime64(9, 'UTC')"
SIDE = "Enum8('buy' = 1, 'sell' = 2)"
MANY = [
    (1, "a", "Int8", None), (2, "b", "UInt16", "ZSTD(1)"), (3, "c", "Int64", None), (4, "d", "Float64", None),
    (9, "e", "Bool", None), (10, "f", "String", None), (11, "g", "LowCardinality(String)", None),
    (12, "h", "Nullable(Int32)", None), (13, "i", "Nullable(String)", None), (14, "j", TIME, None),
    (15, "k", SIDE, None), (16, "l", "UInt64", None), (17, "m", "Float32", None), (18, "n", "Decimal(38, 2)", None),
    (19, "o", "Nullable(UUID)", None), (20, "p", "FixedString(2)", None),
    (21, "q", "Map(LowCardinality(String), Array(Nullable(Date32)))", None), (22, "r", "Tuple(x IPv4, IPv6)", None),
]  # fmt: skip
TABLE_ONE = ['table 1 "d" "t" flushed {} truncated {}', 'field 1 "n" "Int64"', 'order "n"']


def one(lsn, sequence, values, table=1):
    return (lsn, sequence, len(values), body(part(table, "p", len(values), [(1, "Int64", numbers(values, "q"))], [u8(0) + u32(1)])))


def token(number):
    return u8(1) + u64(0xA0 + number) + u64(number)


def producer(name, sequence):
    return u8(2) + text(name) + u64(sequence)


def insert_marks(table, *marks):
    return action(13, u64(table) + listed(list(marks)))


def marked(record, mark, table=1):
    lsn, sequence, count, raw = record
    return (lsn, sequence, count, u64(table) + mark + raw, 2)


def simple_manifest(*more, **options):
    made = Manifest(**options).add(0, (0, 1, 1, 0))
    made.add(1, (0, 2, 1, 0), create_database("d"), create_table(1, "t", ONE, ["n"]))
    for lsn, counters, *actions in more:
        made.add(lsn, counters, *actions)
    return made


def simple_lines(lsn, log=0, sequence=0, flushed=0, truncated=0, databases=("d",)):
    names = [f'database "{name}"' for name in databases]
    head = [f"manifest 1 lsn {lsn} log {log}", f"next sequence {sequence} table 2 file 1"]
    return head + names + [TABLE_ONE[0].format(flushed, truncated), *TABLE_ONE[1:]]


def rows(*values, table=1, first=0):
    return [f'row {table} {first + i} "p" {v}' for i, v in enumerate(values)]


def directory(manifest, *logs, generation=1, **more):
    files = {"CURRENT": current(manifest_name(generation)), manifest_name(generation): manifest.raw}
    for log in logs:
        files[f"wal/{log.number:016x}.wal"] = bytes(log.raw)
    for name, raw in more.items():
        files[name] = raw
    return files


def flipped(raw, offset):
    return raw[:offset] + bytes([raw[offset] ^ 1]) + raw[offset + 1 :]


def sound():
    empty = Manifest().add(0, (0, 1, 1, 0))
    yield "empty", directory(empty), ["manifest 1 lsn 0 log 0", "next sequence 0 table 1 file 1"]

    big = [b"s%d" % i for i in range(300)]
    columns = [
        (1, "Int8", numbers([-128, 127], "b")), (2, "UInt16", numbers([0, 65535], "H")),
        (3, "Int64", numbers([-(1 << 63), (1 << 63) - 1], "q")),
        (4, "Float64", numbers([1 << 63, 0x7FF8000000000001], "Q")), (9, "Bool", numbers([1, 0], "B")),
        (10, "String", texts([b"", b'\0"\xff'])), (11, "LowCardinality(String)", codes([b"z", b"unused", b"a"], [2, 0])),
        (12, "Nullable(Int32)", numbers([0, -5], "i", [0, 1])), (13, "Nullable(String)", texts([b"x", b""], [1, 0])),
        (14, TIME, numbers([0, -1], "q")), (15, SIDE, numbers([1, 2], "b")),
        (16, "UInt64", numbers([0, (1 << 64) - 1], "Q")), (17, "Float32", numbers([1 << 31, 0x7FC00001], "I")),
        (18, "Decimal(38, 2)", wide([-1, 10**37])), (19, "Nullable(UUID)", wide([0, 1 << 127], [0, 1])),
        (20, "FixedString(2)", u8(0) + b"ab\0\0"),
        (21, "Map(LowCardinality(String), Array(Nullable(Date32)))", u8(0) + lengths(0, 2) + u8(0) + codes(
            [b"k"], [0, 0]) + u8(0) + lengths(1, 2) + numbers([-9, 0, 7], "i", [1, 0, 1])),
        (22, "Tuple(x IPv4, IPv6)", u8(0) + numbers([1, 2], "I") + wide([3, 1 << 120])),
    ]  # fmt: skip
    manifest = Manifest().add(0, (0, 1, 1, 0))
    manifest.add(1, (0, 5, 1, 0), create_database("d"), create_table(4, "types", MANY, ["a", "toDate(j)"], "toYYYYMM(j)"))
    manifest.add(2, (0, 6, 1, 0), create_table(5, "wide", [(1, "g", "LowCardinality(String)", None)]))
    log = Log(manifest_lsn=2)
    first = part(4, 'p"1', 2, columns, [u8(0) + u32(3), u8(1) + text("UInt16") + numbers([7, 8], "H")], [4, 1])
    second = part(5, "", 300, [(1, "LowCardinality(String)", codes(big, range(300)))])
    log.group([(3, 10, 301, body(first, second))], 2)
    lines = [
        "manifest 1 lsn 2 log 0", "next sequence 0 table 6 file 1", 'database "d"',
        'table 4 "d" "types" flushed 0 truncated 0',
        *(f'field {i} "{n}" "{t}"' + (f' "{c}"' if c else "") for i, n, t, c in MANY),
        'order "a"', 'order "toDate(j)"', 'partition "toYYYYMM(j)"',
        'table 5 "d" "wide" flushed 0 truncated 0', 'field 1 "g" "LowCardinality(String)"',
        'row 4 11 "p\\x221" 127,65535,9223372036854775807,7ff8000000000001,0,"\\x00\\x22\\xff","z",-5,NULL,-1,2,18446744073709551615,7fc00001,10000000000000000000000000000000000000,170141183460469231731687303715884105728,"\\x00\\x00",[("k",[-9]),("k",[NULL,7])],(2,1329227995784915872903807060280344576)',
        'row 4 14 "p\\x221" -128,0,-9223372036854775808,8000000000000000,1,"","a",NULL,"x",0,1,0,80000000,-1,NULL,"ab",[],(1,3)',
        *(f'row 5 {10 + i} "" "s{i}"' for i in range(300)),
    ]  # fmt: skip
    yield "types", directory(manifest, log), lines

    # Everything an edit can do; a table created and dropped in one edit; live rows in two ranges.
    bounds = listed([
        u32(1) + u8(15) + u8(1) + u64(-3) + u8(5) + listed([u8(0), u8(3) + u64(0), u8(4) + text("x"), u8(2) + u64(9)]),
        u32(2) + u8(4),
    ])  # fmt: skip
    manifest = Manifest(generation=7).add(
        40, (90, 8, 30, 39), create_database("a"), create_database("d"), create_table(6, "kept", ONE),
        action(6, u64(6) + listed([segment(20, "x", 10, 80, [(0, 4), (6, 10)], bounds)])),
        action(8, u64(6) + u64(1) + u64(2)), action(9, u64(6) + u64(39)), action(10, u64(6) + u64(12)),
    )  # fmt: skip
    manifest.add(
        44, (90, 12, 30, 39), create_table(10, "gone", ONE, database="a"), action(4, u64(10)), action(2, text("a")),
        create_database("e"),
    )  # fmt: skip
    manifest.add(
        50, (103, 12, 34, 39), action(7, u64(6) + listed([u64(20)])), action(8, u64(6) + u64(3) + u64(4)),
        action(6, u64(6) + listed([segment(33, "y", 5, 98, [(0, 5)]), segment(31, "", 1, 90, [], last="z")])),
    )  # fmt: skip
    manifest.add(51, (103, 12, 34, 39), create_table(11, "cut", ONE), action(5, u64(11)))
    log = Log(3, manifest_lsn=51)
    log.lsn = 39
    log.raw[32:40] = u64(39)
    log.raw[60:64] = u32(crc32c(bytes(log.raw[:60])))
    lines = [
        "manifest 7 lsn 51 log 39", "next sequence 103 table 12 file 34", 'database "d"', 'database "e"',
        'table 6 "d" "kept" flushed 39 truncated 12', 'field 1 "n" "Int64"', f"import {1:016x}{2:016x}",
        f"import {3:016x}{4:016x}", 'segment 33 "y" bytes 123 base 98 level 2 live 0-5',
        'segment 31 "" to "z" bytes 123 base 90 level 2 live ', 'table 11 "d" "cut" flushed 0 truncated 51',
        'field 1 "n" "Int64"',
    ]  # fmt: skip
    yield "edits", directory(manifest, log, generation=7), lines

    # Segments that are detached, attached again and dropped; TRUNCATE leaves what is detached.
    manifest = Manifest().add(
        7, (40, 2, 9, 0), create_database("d"), create_table(1, "t", ONE, ["n"]),
        action(6, u64(1) + listed([segment(3, "x", 10, 0, [(0, 10)]), segment(4, "y", 5, 10, [(0, 5)])])),
        action(15, u64(1) + listed([segment(5, "a", 5, 15, [(0, 5)], last="c")])),
    )  # fmt: skip
    manifest.add(
        8, (40, 2, 9, 0), action(7, u64(1) + listed([u64(4), u64(3)])),
        action(15, u64(1) + listed([segment(4, "y", 5, 10, [(0, 5)]), segment(3, "x", 10, 0, [(0, 4)])])),
    )  # fmt: skip
    manifest.add(
        9, (40, 2, 9, 0), action(16, u64(1) + listed([u64(5), u64(4)])),
        action(6, u64(1) + listed([segment(4, "y", 5, 10, [(1, 5)])])),
    )  # fmt: skip
    manifest.add(10, (40, 2, 9, 0), action(5, u64(1)))
    manifest.add(
        11, (40, 2, 12, 0), action(16, u64(1) + listed([u64(3)])),
        action(6, u64(1) + listed([segment(3, "x", 10, 0, [(0, 10)]), segment(10, "z", 1, 20, [(0, 1)])])),
        action(15, u64(1) + listed([segment(11, "", 1, 21, [(0, 1)], last="z")])),
    )  # fmt: skip
    yield "detached", directory(manifest), [
        "manifest 1 lsn 11 log 0", "next sequence 40 table 2 file 12", 'database "d"',
        TABLE_ONE[0].format(0, 10), *TABLE_ONE[1:], 'segment 3 "x" bytes 123 base 0 level 2 live 0-10',
        'segment 10 "z" bytes 123 base 20 level 2 live 0-1', 'detached 11 "" to "z" bytes 123 base 21 level 2 live 0-1',
    ]  # fmt: skip

    # Rows that expire, another time that they do, and no more; a definition that follows leaves it as it is.
    timed = [(1, "n", "Int64"), (2, "t", "DateTime")]
    manifest = Manifest().add(
        0, (0, 4, 1, 0), create_database("d"), create_table(1, "t", ONE, ["n"]), create_table(2, "u", timed, ["n"]),
        action(17, u64(2) + optional("t + toIntervalDay(30)") + u8(1)), create_table(3, "v", timed, ["n"]),
    )  # fmt: skip
    manifest.add(1, (0, 4, 1, 0), action(17, u64(1) + optional("n") + u8(0)), action(17, u64(3) + optional("t") + u8(0)))
    manifest.add(
        2, (0, 4, 1, 0), redefine_table(2, "u", timed, ["n"], comment="c"), action(17, u64(1) + optional(None) + u8(0)),
        action(17, u64(3) + optional(None) + u8(1)),
    )  # fmt: skip
    times = ['field 1 "n" "Int64"', 'field 2 "t" "DateTime"', 'order "n"']
    yield "ttl", directory(manifest), [
        "manifest 1 lsn 2 log 0", "next sequence 0 table 4 file 1", 'database "d"', TABLE_ONE[0].format(0, 0), *TABLE_ONE[1:],
        'table 2 "d" "u" flushed 0 truncated 0', 'comment "c"', *times, 'ttl "t + toIntervalDay(30)" parts',
        'table 3 "d" "v" flushed 0 truncated 0', *times, "ttl - parts",
    ]  # fmt: skip

    # Columns that came, went and changed: rows of before lack some and hold others, and dropped ids stay dropped.
    before = [(1, "n", "Int64"), (2, "old", "String"), (3, "e", "Enum8('a' = 1)")]
    after = [
        (5, "first", "String", None, 1, "toString(n)", "since \"5\""), (1, "number", "Int64"),
        (3, "e", "Enum8('a' = 1, 'b' = 2)"), (6, "twice", "Int64", None, 3, "number * 2"),
        (7, "given", "Int8", None, 4), (8, "kept", "Int64", "ZSTD(1)", 2, "number + 1"),
    ]  # fmt: skip
    manifest = Manifest().add(0, (0, 1, 1, 0))
    manifest.add(1, (0, 2, 1, 0), create_database("d"), create_table(1, "t", before, ["n"]))
    manifest.add(3, (1, 2, 1, 2), redefine_table(1, "t", [*before, (4, "gone", "Int8")], ["n"]))
    manifest.add(5, (2, 2, 1, 4), redefine_table(1, "t", after, ["n"], comment="all new", end=12))
    log = Log(blocks=6, manifest_lsn=1)
    key = [u8(0) + u32(1)]
    old = [(1, "Int64", numbers([7], "q")), (2, "String", texts([b"x"])), (3, "Enum8('a' = 1)", numbers([1], "b"))]
    log.group([(2, 0, 1, body(part(1, "p", 1, old, key)))], 1)
    log.group([(4, 1, 1, body(part(1, "p", 1, [*old, (4, "Int8", numbers([4], "b"))], key)))], 3)
    new = [
        (5, "String", texts([b"y"])), (1, "Int64", numbers([8], "q")),
        (3, "Enum8('a' = 1, 'b' = 2)", numbers([2], "b")), (8, "Int64", numbers([9], "q")),
    ]  # fmt: skip
    log.group([(6, 2, 1, body(part(1, "p", 1, new, key)))], 5)
    yield "columns", directory(manifest, log), [
        "manifest 1 lsn 5 log 4", "next sequence 2 table 2 file 1", 'database "d"',
        'table 1 "d" "t" flushed 0 truncated 0', 'comment "all new"',
        'field 5 "first" "String" DEFAULT "toString(n)" comment "since \\x225\\x22"', 'field 1 "number" "Int64"',
        'field 3 "e" "Enum8(\'a\' = 1, \'b\' = 2)"', 'field 6 "twice" "Int64" ALIAS "number * 2"',
        'field 7 "given" "Int8" EPHEMERAL ""', 'field 8 "kept" "Int64" "ZSTD(1)" MATERIALIZED "number + 1"', 'order "n"',
        'row 1 0 "p" -,7,1,-', 'row 1 1 "p" -,7,1,-', 'row 1 2 "p" "y",8,2,9',
    ]  # fmt: skip

    # Candles, with a side and an identifier and without, and candles that cannot be.
    ticks = [
        (1, "t", "DateTime64(3)"), (2, "p", "Float64"), (3, "q", "Float64"), (4, "s", "Enum8('buy' = -7, 'sell' = 1)"),
        (5, "i", "UInt64"), (6, "c", "LowCardinality(String)"),
    ]  # fmt: skip

    def with_candles(candles, mark=None):
        made = create_table(2, "ticks", ticks, ["c", "t"], candles=candles)
        if mark is not None:
            # The last byte before the sequence of creation, the empty comment and the missing query.
            made = made[:-14] + u8(mark) + made[-13:]
        return simple_manifest((2, (0, 3, 1, 0), made))

    base = ["manifest 1 lsn 2 log 0", "next sequence 0 table 3 file 1", 'database "d"', 'table 1 "d" "t" flushed 0 truncated 0',
            'field 1 "n" "Int64"', 'order "n"', 'table 2 "d" "ticks" flushed 0 truncated 0', 'field 1 "t" "DateTime64(3)"',
            'field 2 "p" "Float64"', 'field 3 "q" "Float64"', 'field 4 "s" "Enum8(\'buy\' = -7, \'sell\' = 1)"',
            'field 5 "i" "UInt64"', 'field 6 "c" "LowCardinality(String)"', 'order "c"', 'order "t"']  # fmt: skip
    yield "candles", directory(with_candles((1, 2, 3, 4, -7, 5))), [*base, "candles 1 2 3 4 -7 5"]
    yield "candles-of-three", directory(with_candles((1, 2, 3, None, 0, None))), [*base, "candles 1 2 3 - 0 -"]
    for name, wrong in [("time", (2, 1, 3, None, 0, None)), ("field", (1, 2, 9, None, 0, None)),
                        ("twice", (1, 2, 2, None, 0, None)), ("side", (1, 2, 3, 5, 0, None)),
                        ("identifier", (1, 2, 3, None, 0, 4))]:  # fmt: skip
        yield f"candles-{name}", directory(with_candles(wrong)), ("corrupt", "candles of")
    yield "candles-kind", directory(with_candles(None, mark=2)), ("corrupt", "candles of kind 2")

    # Which of equal rows stays, said and not said.
    for keep, name in [(None, None), (0, None), (1, "last"), (2, "all")]:
        manifest = simple_manifest((2, (0, 3, 1, 0), create_table(2, "k", [(1, "i", "UInt64")], ["i"], by=["i"], keep=keep)))
        yield f"keep-{keep}", directory(manifest), [
            "manifest 1 lsn 2 log 0", "next sequence 0 table 3 file 1", 'database "d"', 'table 1 "d" "t" flushed 0 truncated 0',
            'field 1 "n" "Int64"', 'order "n"', 'table 2 "d" "k" flushed 0 truncated 0', 'field 1 "i" "UInt64"', 'order "i"',
            *([f"keep {name}"] if name else []),
        ]  # fmt: skip
    manifest = simple_manifest((2, (0, 3, 1, 0), create_table(2, "k", [(1, "i", "UInt64")], ["i"], by=["i"], keep=3)))
    yield "keep-3", directory(manifest), ("corrupt", "way 3 to keep")

    # Names that swap, move and rotate; a view; tables without stored rows.
    view = create_table(3, "v", [(1, "n", "Int64", None, 0, "", "the \u03bd")], engine="View", query="SELECT n FROM d.t")
    manifest = simple_manifest(
        (2, (0, 2, 1, 0), create_database("e")),
        (3, (0, 6, 1, 0), create_table(2, "u", ONE), view, create_table(4, "m", ONE, engine="Memory"),
         create_table(5, "z", ONE, engine="Null")),
        (4, (0, 6, 1, 0), rename_tables((1, "d", "u"), (2, "d", "t"))),
        (5, (0, 6, 1, 0), rename_tables((1, "d", "m"), (4, "e", "u"), (2, "d", "u"))),
    )  # fmt: skip
    yield "names", directory(manifest), [
        "manifest 1 lsn 5 log 0", "next sequence 0 table 6 file 1", 'database "d"', 'database "e"',
        'table 1 "d" "m" flushed 0 truncated 0', 'field 1 "n" "Int64"', 'order "n"',
        'table 2 "d" "u" flushed 0 truncated 0', 'field 1 "n" "Int64"',
        'table 3 "d" "v" flushed 0 truncated 0', 'engine "View"', 'query "SELECT n FROM d.t"',
        'field 1 "n" "Int64" comment "the \\xce\\xbd"',
        'table 4 "e" "u" flushed 0 truncated 0', 'engine "Memory"', 'field 1 "n" "Int64"',
        'table 5 "d" "z" flushed 0 truncated 0', 'engine "Null"', 'field 1 "n" "Int64"',
    ]  # fmt: skip

    # Rows below flushed to and truncated at, and of a table that is gone, are not rows any more.
    manifest = simple_manifest((4, (2, 2, 1, 3), action(9, u64(1) + u64(2))), (6, (4, 2, 1, 5), create_database("x")))
    log = Log(blocks=8, manifest_lsn=1).group([one(2, 0, [1])], 1).group([], 1)
    log.group([one(3, 1, [2])], 1).group([one(5, 2, [3])], 4)
    log.group([one(7, 3, [5, 6]), one(9, 5, [7], 9)], 6)
    yield "replay", directory(manifest, log), simple_lines(6, 5, 4, flushed=2, databases=("d", "x")) + rows(
        2, 3, 5, 6, first=1
    )

    # Marks of inserts: in the manifest, in the log, of rows that were all duplicates, of a table that is gone, forgotten ones.
    manifest = simple_manifest(
        (4, (2, 2, 1, 3), insert_marks(1, token(1), producer("\u03bd", 7), token(2), token(1)), action(9, u64(1) + u64(2))),
        (6, (4, 2, 1, 5), insert_marks(1, producer("\u03bd", 5), producer("a", 1))),
    )  # fmt: skip
    log = Log(blocks=8, manifest_lsn=1).group([marked(one(2, 0, [1]), token(3)), one(3, 1, [2])], 1)
    log.group([marked(one(5, 2, [3]), producer("a", 9))], 4).group([marked((7, 3, 0, u32(0)), token(4)), marked(one(8, 3, [4]), token(5), table=9)], 6)
    own = ["token " + f"{0xA0 + n:016x}{n:016x}" for n in (1, 2)] + ['producer "a" 1', 'producer "\\xce\\xbd" 7']
    logged = [f"logged token {0xA4:016x}{4:016x}", 'logged producer "a" 9']
    yield "marks", directory(manifest, log), simple_lines(6, 5, 4, flushed=2) + own + logged + rows(2, 3, 4, first=1)
    manifest = simple_manifest(
        (2, (0, 2, 1, 0), insert_marks(1, token(1), token(2))),
        (4, (0, 2, 1, 0), action(5, u64(1)), insert_marks(1, token(7), *[producer("x" * 256, n) for n in (3, 2)])),
    )  # fmt: skip
    yield "marks-forgotten", directory(manifest), simple_lines(4, truncated=4) + [f"token {0xA7:016x}{7:016x}", f'producer "{"x" * 256}" 3']
    for name, wrong in [("kind", u8(3) + bytes(16)), ("unnamed", producer("", 1)), ("long", producer("x" * 257, 1))]:
        yield f"mark-{name}", directory(simple_manifest((2, (0, 2, 1, 0), insert_marks(1, wrong)))), (
            "corrupt", {"kind": "mark", "unnamed": "name of 0", "long": "name of 257"}[name],
        )  # fmt: skip
    yield "marks-no-table", directory(simple_manifest((2, (0, 2, 1, 0), insert_marks(2, token(1))))), ("corrupt", "table 2")

    manifest = simple_manifest((2, (0, 2, 1, 0), create_database("lost")))
    whole = simple_manifest()
    for name, raw in [
        ("manifest-torn-short", manifest.raw[:-9]), ("manifest-torn-header", manifest.raw[: len(whole.raw) + 20]),
        ("manifest-torn-zeros", whole.raw + bytes(200)), ("manifest-torn-flipped", flipped(manifest.raw, -3 % len(manifest.raw))),
    ]:  # fmt: skip
        files = directory(manifest)
        files[manifest_name()] = raw
        yield name, files, simple_lines(1)

    def log3():
        return Log(manifest_lsn=1).group([one(2, 0, [1])], 1).group(
            [one(3, 1, [2]), one(4, 2, [3]), one(5, 3, [4])], 1
        )

    log = log3()
    yield "log-torn-record", directory(whole, log.flip(log.records[2][0] + 60)), simple_lines(1) + rows(1, 2)
    log = log3()
    log.raw[2 * BLOCK :] = bytes(2 * BLOCK)
    yield "log-torn-group", directory(whole, log), simple_lines(1) + rows(1)
    log = log3()
    log.flip(log.records[2][0] + 60).cut_before(2)
    after = Log(2, before=log, manifest_lsn=1).group([one(4, 2, [8])], 1)
    yield "log-sealed", directory(whole, log, after), simple_lines(1) + rows(1, 2, 8)
    # A file that was used before: groups of an earlier lap lie behind the end.
    log = Log(2, manifest_lsn=1)
    log.raw[2 * BLOCK :] = log3().raw[2 * BLOCK :]
    log.group([one(2, 0, [1])], 1)
    yield "log-reused", directory(whole, log), simple_lines(1) + rows(1)
    unused = Manifest(generation=2).add(1, (0, 2, 1, 0), create_database("d"), create_table(1, "t", ONE, ["n"]))
    files = directory(whole)
    files[manifest_name(2)] = unused.raw
    yield "interrupted-rewrite", files, simple_lines(1)


def damaged():
    whole = simple_manifest((2, (0, 2, 1, 0), create_database("x")))

    def log2(**options):
        return Log(manifest_lsn=1, **options).group([one(3, 0, [1])], 1).group([one(4, 1, [2])], 1)

    files = directory(whole)
    files[manifest_name()] = flipped(whole.raw, whole.starts[1] + 40)
    yield "manifest-middle", files, ("corrupt", "followed by a whole one")
    yield "manifest-foreign-record", directory_with(whole, whole.raw + whole.raw[whole.starts[1] : whole.starts[2]]), (
        "corrupt", "followed by a whole one")  # fmt: skip
    yield "manifest-checkpoint", directory_with(whole, flipped(whole.raw, 100)), ("corrupt", "")
    yield "manifest-header", directory_with(whole, flipped(whole.raw, 20)), ("corrupt", "checksum")
    yield "manifest-version", directory(simple_manifest(version=(0, 6))), ("unsupported", "0.6")
    yield "manifest-version-2.0", directory(simple_manifest(version=(2, 0))), ("unsupported", "2.0")
    yield "manifest-feature", directory(simple_manifest(version=(1, 0, 4))), ("unsupported", "features 0000000000000004")
    yield "manifest-later-minor", directory(simple_manifest(version=(1, 7))), simple_lines(1)
    twice = simple_manifest((2, (0, 2, 1, 0), create_database("d")))
    yield "manifest-contradiction", directory(twice), ("corrupt", "already")
    falling = simple_manifest((2, (0, 1, 1, 0), create_database("x")))
    backwards = Manifest().add(
        2, (1, 2, 2, 0), create_database("d"), create_table(1, "t", ONE),
        action(6, u64(1) + listed([segment(1, "b", 1, 0, [(0, 1)], last="a")])))  # fmt: skip
    yield "manifest-partitions", directory(backwards), ("corrupt", "before they begin")
    both = Manifest().add(
        2, (1, 2, 2, 0), create_database("d"), create_table(1, "t", ONE),
        action(6, u64(1) + listed([segment(1, "a", 1, 0, [(0, 1)])])),
        action(15, u64(1) + listed([segment(1, "a", 1, 0, [(0, 1)])])))  # fmt: skip
    yield "manifest-live-and-detached", directory(both), ("corrupt", "")
    yield "manifest-counter", directory(falling), ("corrupt", "counter")
    again = simple_manifest((2, (0, 2, 1, 0), redefine_table(1, "t", [(2, "m", "Int64")], ["n"])),
        (3, (0, 2, 1, 0), redefine_table(1, "t", ONE, ["n"], end=3)))  # fmt: skip
    yield "manifest-dropped-field", directory(again), ("corrupt", "was dropped")
    other = simple_manifest((2, (0, 2, 1, 0), redefine_table(1, "t", [(1, "n", "Int32")], ["n"])))
    yield "manifest-other-type", directory(other), ("corrupt", "field 1")
    taken = simple_manifest((2, (0, 3, 1, 0), create_table(2, "u", ONE)), (3, (0, 3, 1, 0), rename_tables((2, "d", "t"))))
    yield "manifest-taken-name", directory(taken), ("corrupt", "already")
    origin = simple_manifest((2, (0, 2, 1, 0), create_table(2, "u", [(1, "n", "Int64", None, 5)])))
    yield "manifest-origin", directory(origin), ("corrupt", "unknown origin 5")
    files = directory(whole)
    del files["CURRENT"]
    yield "current-missing-wal", {**files, "wal/0000000000000001.wal": bytes(log2().raw)}, ("corrupt", "missing")
    files = directory(whole)
    files["CURRENT"] = current(manifest_name(3))
    yield "current-names-nothing", files, ("corrupt", "missing")
    files = directory(whole)
    files["CURRENT"] = files["CURRENT"].upper()
    yield "current-damaged", files, ("corrupt", "does not name a manifest")
    newer = Manifest(generation=2).add(2, (0, 1, 1, 0)).add(3, (0, 1, 1, 0), create_database("n"))
    files = directory(whole)
    files[manifest_name(2)] = newer.raw
    yield "current-stale", files, ("corrupt", "edits")

    log = log2()
    yield "log-durable-record", directory(whole, log.flip(log.records[0][0] + 50)), ("corrupt", "followed by a whole group")
    log = log2()
    yield "log-durable-group", directory(whole, log.flip(BLOCK + 30)), ("corrupt", "followed by a whole group")
    known = simple_manifest((2, (0, 2, 1, 0), create_database("x")), (5, (2, 2, 1, 4), create_database("y")))
    log = log2()
    yield "log-known-record", directory(known, log.flip(log.records[1][0] + 50)), ("corrupt", "durable")
    log = log2()
    log.raw[2 * BLOCK :] = bytes(2 * BLOCK)
    yield "log-known-group", directory(known, log), ("corrupt", "durable")
    yield "log-missing", directory(known), ("corrupt", "durable")
    log = log2()
    yield "log-gap", directory(whole, log, Log(3, before=log, manifest_lsn=1)), ("corrupt", "missing")
    other = Log(2, before=log2(), manifest_lsn=1)
    shorter = Log(manifest_lsn=1).group([one(3, 0, [1])], 1)
    yield "log-other-end", directory(whole, shorter, other), ("corrupt", "")
    yield "log-newer-manifest", directory(whole, Log(manifest_lsn=9)), ("corrupt", "durable")
    yield "log-identity", directory(whole, Log(identity=5)), ("corrupt", "another directory")
    yield "log-version", directory(whole, Log(version=(0, 6))), ("unsupported", "0.6")
    yield "log-feature", directory(whole, Log(version=(1, 0, 8))), ("unsupported", "features 0000000000000008")
    yield "log-later-minor", directory(simple_manifest(), Log(version=(1, 7), manifest_lsn=1).group([one(2, 0, [5])], 1)), (
        simple_lines(1) + rows(5)
    )
    swapped = directory(whole, log2())
    swapped["wal/0000000000000002.wal"] = swapped.pop("wal/0000000000000001.wal")
    yield "log-renamed", swapped, ("corrupt", "is file 1")

    def holding(columns):
        return Log(manifest_lsn=2).group([(3, 0, 1, body(part(1, "p", 1, columns)))], 2)

    yield "log-other-type", directory(whole, holding([(1, "Int32", numbers([1], "i"))])), ("corrupt", "other columns")
    yield "log-other-field", directory(whole, holding([(2, "Int64", numbers([1], "q"))])), ("corrupt", "other columns")
    twice = holding([(1, "Int64", numbers([1], "q"))] * 2)
    yield "log-field-twice", directory(whole, twice), ("corrupt", "other columns")
    yield "log-null", directory(whole, holding([(1, "Int64", numbers([1], "q", [0]))])), ("corrupt", "NULL")
    yield "log-code", directory(whole, holding([(1, "LowCardinality(String)", codes([b"a"], [1]))])), ("corrupt", "code")
    outside = Log(manifest_lsn=2).group([(3, 0, 1, body(part(1, "p", 1, [(1, "Int64", numbers([1], "q"))], (), [5])))], 2)
    yield "log-sequence", directory(whole, outside), ("corrupt", "sequence")


def directory_with(manifest, raw):
    return {"CURRENT": current(manifest_name()), manifest_name(): raw}


def main():
    home = Path(__file__).resolve().parent.parent / "storage-format" / "vectors" / "directories"
    if any(word.startswith("-") for word in sys.argv[1:]):
        sys.exit("usage: tools/make_directory_vectors.py [DIR]")
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else home
    if target.exists():
        shutil.rmtree(target)
    for name, files, expected in [*sound(), *damaged()]:
        for path, raw in files.items():
            file = target / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(raw)
        if isinstance(expected, tuple):
            (target / f"{name}.error").write_text("\n".join(expected) + "\n")
        else:
            (target / f"{name}.txt").write_text("\n".join(expected) + "\n")


if __name__ == "__main__":
    main()
