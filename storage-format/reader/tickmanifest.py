#!/usr/bin/env python3
"""Reads a data directory's manifest: an independent reader, written from manifest.md alone.

    tickmanifest.py DIR

prints what is live: databases, tables, segments, import identities. Damage ends it with one sentence on standard error
and exit code 1. It changes nothing.
"""

import argparse
import os
import re
import sys

from tickread import Bytes, Damage, Type, Unsupported, need, quoted


def crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def version(data):
    """The version and the feature bits of a header whose checksum is right."""
    major, minor, incompat = data.number(2), data.number(2), data.number(4)
    if major != 1:
        raise Unsupported(f"it is of format {major}.{minor}, and this reader knows 1.x only")
    if incompat:
        raise Unsupported(f"features {incompat:016x}, which this reader does not know")


class Fields(Bytes):
    """The shapes that manifest and log share."""

    def text(self):
        return self.take(self.number(4)).decode("utf-8")

    def optional_text(self):
        return self.text() if self.flag() else None

    def flag(self):
        flag = self.number(1)
        need(flag <= 1, f"{self.what}: {flag} where 0 or 1 belongs")
        return flag == 1

    def texts(self):
        return [self.text() for _ in range(self.number(4))]

    def value(self, depth=0):
        tag = self.number(1)
        if tag == 0:
            return None
        if tag == 1:
            return self.number(8, signed=True)
        if tag == 2:
            return self.number(8)
        if tag == 3:
            return ("double", self.number(8))
        if tag == 4:
            return self.take(self.number(4))
        if tag in (6, 7):
            return self.number(16, signed=tag == 6)
        need(tag in (5, 8), f"{self.what}: value tag {tag}")
        need(depth < 100, f"{self.what}: a value nests too deeply")
        return [self.value(depth + 1) for _ in range(self.number(4))]


ORIGINS = ("", "DEFAULT", "MATERIALIZED", "ALIAS", "EPHEMERAL")


class Field:
    def __init__(self, data):
        self.id, self.name, self.type = data.number(4), data.text(), data.text()
        Type(self.type)
        self.codec = data.optional_text()
        origin = data.number(1)
        need(origin < len(ORIGINS), f"{data.what}: a column of unknown origin {origin}")
        self.origin = ORIGINS[origin]
        self.expression = data.text() if origin else ""
        self.comment = data.text()

    @property
    def is_stored(self):
        return self.origin not in ("ALIAS", "EPHEMERAL")

    def line(self):
        parts = [f"field {self.id}", quoted(self.name.encode()), quoted(self.type.encode())]
        if self.codec is not None:
            parts.append(quoted(self.codec.encode()))
        if self.origin:
            parts += [self.origin, quoted(self.expression.encode())]
        if self.comment:
            parts += ["comment", quoted(self.comment.encode())]
        return " ".join(parts)


def same_layout(one, other):
    """Values of both types lie the same way in log and segments."""
    a, b = Type(one) if isinstance(one, str) else one, Type(other) if isinstance(other, str) else other
    if a.name == b.name:
        return True
    if (a.kind, a.nullable, a.codes) != (b.kind, b.nullable, b.codes) or a.size is not None or b.size is not None:
        return False
    if a.elements is not None or b.elements is not None:
        left, right = a.elements or [], b.elements or []
        return len(left) == len(right) and all(map(same_layout, left, right))
    return a.kind == "string" or (a.width, a.signed) == (b.width, b.signed)


class Marks:
    """What makes inserts known: tokens, oldest first, and the highest sequence of each producer."""

    KEPT, MOST = 10_000, 15_000

    def __init__(self):
        self.tokens = {}
        self.producers = {}

    def add(self, mark):
        kind, name, sequence = mark
        if kind == 2:
            self.producers[name] = max(self.producers.get(name, 0), sequence)
            return
        self.tokens.setdefault(name)
        if len(self.tokens) > self.MOST:
            self.tokens = dict.fromkeys(list(self.tokens)[-self.KEPT :])

    def lines(self, word=""):
        for high, low in self.tokens:
            yield f"{word}token {high:016x}{low:016x}"
        for name, sequence in sorted(self.producers.items()):
            yield f"{word}producer {quoted(name.encode())} {sequence}"


def mark_of(data):
    kind = data.number(1)
    if kind == 1:
        return kind, (data.number(8), data.number(8)), 0
    need(kind == 2, f"{data.what}: a mark of kind {kind}")
    name = data.text()
    need(1 <= len(name.encode()) <= 256, f"{data.what}: a producer's name of {len(name.encode())} bytes")
    return kind, name, data.number(8)


class Table:
    def __init__(self, data):
        self.id = data.number(8)
        self.database = data.text()
        self.name = data.text()
        self.next_field = data.number(4)
        self.fields = [Field(data) for _ in range(data.number(4))]
        self.order_by = data.texts()
        self.partition_by = data.optional_text()
        self.engine = data.text()
        self.deduplicate_by = data.texts()
        self.candles = self.read_candles(data)
        self.created = data.number(8)
        self.comment = data.text()
        self.query = data.optional_text()
        self.keep = data.number(1) if data.left else 0
        need(self.keep <= 2, f"a way {self.keep} to keep duplicates")
        self.segments = {}
        self.detached = {}
        self.ttl = None
        self.ttl_only_drops_parts = False
        self.imports = set()
        self.marks, self.logged = Marks(), Marks()
        self.flushed_to = 0
        self.truncated_at = 0
        names = [field.name for field in self.fields]
        ids = {field.id for field in self.fields}
        need(names and len(set(names)) == len(names), f"the columns of table {self.id}")
        need(len(ids) == len(names), f"the field ids of table {self.id}")
        need(max(ids) < self.next_field <= 0xFFFFFF00, f"the field ids of table {self.id}")
        need(set(self.deduplicate_by) <= set(names), f"DEDUPLICATE BY of table {self.id}")
        self.check_candles()

    def read_candles(self, data):
        """Field ids of time, price, quantity, side and identifier, and the side's number for a buy; None without."""
        mark = data.number(1)
        need(mark <= 1, f"candles of kind {mark}")
        if mark == 0:
            return None
        ids = [data.number(4) for _ in range(4)]
        buy = data.number(1)
        return tuple(ids + [data.number(4)]), buy - 256 if buy > 127 else buy

    def check_candles(self):
        if self.candles is None:
            return
        types = {field.id: Type(field.type) for field in self.fields if field.is_stored}
        wanted = [number for number in self.candles[0] if number != 0xFFFFFFFE]
        need(len(set(wanted)) == len(wanted) and set(wanted) <= set(types), f"candles of table {self.id} of no fields")
        time, price, quantity, side, identifier = self.candles[0]
        need(
            types[time].inner.startswith("DateTime64") and not types[time].nullable
            and types[price].name == types[quantity].name == "Float64"
            and (side == 0xFFFFFFFE or types[side].inner.startswith("Enum8"))
            and (identifier == 0xFFFFFFFE or types[identifier].name == "UInt64"),
            f"candles of table {self.id} of other types",
        )  # fmt: skip

    def redefine(self, new):
        """Takes another definition of the same table."""
        kept = ("database", "name", "order_by", "partition_by", "engine", "deduplicate_by", "keep", "candles", "created")
        need(all(getattr(self, name) == getattr(new, name) for name in kept), f"another table as table {self.id}")
        need(self.next_field <= new.next_field, f"the field ids of table {self.id} fall")
        before = {field.id: field for field in self.fields}
        for field in new.fields:
            old = before.get(field.id)
            need(old or field.id >= self.next_field, f"field {field.id} of table {self.id}, which was dropped")
            need(
                not old or (old.is_stored == field.is_stored and same_layout(old.type, field.type)),
                f"field {field.id} of table {self.id} is another column",
            )
        self.next_field, self.fields, self.comment, self.query = new.next_field, new.fields, new.comment, new.query

    @property
    def replay_above(self):
        return max(self.flushed_to, self.truncated_at)


class Segment:
    def __init__(self, data):
        self.file = data.number(8)
        self.partition, self.last_partition = data.text(), data.text()
        need(self.partition.encode() <= self.last_partition.encode(), f"partitions of file {self.file} end before they begin")
        self.bytes = data.number(8)
        self.hash = data.take(16)
        self.rows = data.number(8)
        self.lowest, self.highest, self.base = data.number(8), data.number(8), data.number(8)
        self.level = data.number(1)
        self.live = []
        for _ in range(data.number(4)):
            first, end = data.number(8), data.number(8)
            need(first < end <= self.rows, f"live rows {first} to {end} of file {self.file}")
            need(not self.live or self.live[-1][1] < first, f"live rows of file {self.file} touch")
            self.live.append((first, end))
        for _ in range(data.number(4)):
            data.number(4)
            flags = data.number(1)
            need(flags < 16, f"bounds of file {self.file}: flags {flags}")
            for bit in (1, 2):
                if flags & bit:
                    data.value()
        need(self.lowest <= self.highest, f"sequences of file {self.file} run backwards")
        need(self.base + self.highest < 1 << 64, f"sequences of file {self.file} exceed 64 bits")


class State:
    """What the records say so far."""

    def __init__(self):
        self.databases = set()
        self.tables = {}
        self.counters = (0, 1, 1, 0)
        self.lsn = 0

    def table(self, data):
        number = data.number(8)
        need(number in self.tables, f"{data.what}: there is no table {number}")
        return self.tables[number]

    def apply(self, data, lsn):
        """One record's payload."""
        counters = tuple(data.number(8) for _ in range(4))
        for _ in range(data.number(4)):
            kind = data.number(2)
            data.take(2)
            body = Fields(data.take(data.number(4)), f"action {kind} of LSN {lsn}")
            self.act(kind, body, lsn)
            need(body.left == 0, f"{body.what} has {body.left} bytes too many")
        need(data.left < 8, f"{data.what} has bytes after its actions")
        need(all(a >= b for a, b in zip(counters, self.counters)), f"{data.what}: a counter falls")
        self.counters = counters
        sequence, table, file, self.log_lsn = counters
        for one in self.tables.values():
            need(one.id < table, f"table {one.id} is not below the counter {table}")
            for segment in one.segments.values():
                need(segment.file < file, f"file {segment.file} is not below the counter {file}")
                need(segment.base + segment.highest < sequence, f"sequences of file {segment.file}")
        self.lsn = lsn

    def act(self, kind, body, lsn):
        if kind == 1:
            name = body.text()
            need(name and name not in self.databases, f"database {name} is there already")
            self.databases.add(name)
        elif kind == 2:
            name = body.text()
            need(name in self.databases, f"database {name} is not there")
            need(all(t.database != name for t in self.tables.values()), f"database {name} has tables")
            self.databases.remove(name)
        elif kind == 3:
            table = Table(body)
            need(table.database in self.databases, f"database {table.database} is not there")
            taken = {(t.database, t.name) for t in self.tables.values()}
            need((table.database, table.name) not in taken, f"table {table.name} is there already")
            need(table.id and table.id not in self.tables, f"table id {table.id} is used already")
            self.tables[table.id] = table
        elif kind == 4:
            del self.tables[self.table(body).id]
        elif kind == 5:
            table = self.table(body)
            table.segments, table.imports, table.marks = {}, set(), Marks()
            table.truncated_at = max(table.truncated_at, lsn)
        elif kind in (6, 15):
            table = self.table(body)
            into = table.segments if kind == 6 else table.detached
            for _ in range(body.number(4)):
                segment = Segment(body)
                known = segment.file in table.segments or segment.file in table.detached
                need(segment.file and not known, f"file {segment.file} is live already")
                into[segment.file] = segment
        elif kind in (7, 16):
            table = self.table(body)
            out_of = table.segments if kind == 7 else table.detached
            for _ in range(body.number(4)):
                need(out_of.pop(body.number(8), None), f"{body.what}: a file that is not live")
        elif kind == 8:
            table = self.table(body)
            identity = (body.number(8), body.number(8))
            need(identity not in table.imports, "an import identity is there already")
            table.imports.add(identity)
        elif kind == 9:
            table = self.table(body)
            table.flushed_to = max(table.flushed_to, body.number(8))
        elif kind == 10:
            table = self.table(body)
            table.truncated_at = max(table.truncated_at, body.number(8))
        elif kind == 11:
            renames = [(self.table(body), body.text(), body.text()) for _ in range(body.number(4))]
            need(len({table.id for table, *_ in renames}) == len(renames), f"{body.what}: a table twice")
            for table, database, name in renames:
                need(database in self.databases, f"database {database} is not there")
                need(name, f"{body.what}: an empty name")
                table.database, table.name = database, name
            taken = {(t.database, t.name) for t in self.tables.values()}
            need(len(taken) == len(self.tables), f"{body.what}: the name is there already")
        elif kind == 17:
            table = self.table(body)
            table.ttl, mark = body.optional_text(), body.number(1)
            need(mark < 2, f"a TTL with mark {mark}")
            table.ttl_only_drops_parts = mark == 1
        elif kind == 12:
            new = Table(body)
            need(new.id in self.tables, f"{body.what}: there is no table {new.id}")
            self.tables[new.id].redefine(new)
        elif kind == 13:
            table = self.table(body)
            for _ in range(body.number(4)):
                table.marks.add(mark_of(body))
        else:
            raise Damage(f"action kind {kind}")


class Manifest:
    """One manifest file."""

    HEADER = b"TKMANIF\0"
    RECORD = b"TKED"

    def __init__(self, raw, generation):
        data = Fields(raw, "the manifest's header")
        need(data.take(8) == self.HEADER, "this is not a manifest")
        need(len(raw) >= 64 and crc32c(raw[:60]) == int.from_bytes(raw[60:64], "little"),
             "the checksum of the manifest's header is wrong")
        version(data)
        written = data.number(8)
        self.generation = generation
        self.identity = data.number(8)
        data.take(28)
        chain = data.number(4)
        need(written == generation, f"this is generation {written}")
        self.state = State()
        self.records = 0
        position = 64
        while record := self.whole(raw, position):
            if int.from_bytes(record[12:16], "little") != chain:
                break
            self.read(record, position)
            chain = int.from_bytes(record[4:8], "little")
            position += len(record)
        need(self.records, "the checkpoint is missing or damaged")
        self.torn = len(raw) - position
        for later in range(position, len(raw), 8):
            need(
                self.whole(raw, later) is None,
                f"a damaged record at {position} is followed by a whole one at {later}",
            )

    def whole(self, raw, position):
        """The record at a position if its mark, length and checksum are right."""
        head = raw[position : position + 32]
        if len(head) < 32 or head[:4] != self.RECORD:
            return None
        length = int.from_bytes(head[8:12], "little")
        record = raw[position : position + length]
        if length % 8 or length < 68 or length > 1 << 30 or len(record) < length:
            return None
        return record if crc32c(record[8:]) == int.from_bytes(head[4:8], "little") else None

    def read(self, record, position):
        data = Fields(record, f"the record at {position}")
        data.take(16)
        lsn, kind = data.number(8), data.number(2)
        data.take(6)
        need(kind == (2 if self.records else 1), f"the record at {position} is of kind {kind}")
        need(not self.records or lsn > self.state.lsn, f"the LSN {lsn} at {position} does not rise")
        self.state.apply(data, lsn)
        self.records += 1


def listing(directory, name):
    path = os.path.join(directory, name)
    return sorted(os.listdir(path)) if os.path.isdir(path) else []


def content(directory, name):
    with open(os.path.join(directory, name), "rb") as file:
        return file.read()


def open_manifest(directory):
    """The live manifest of a directory; None when the directory is new."""
    names = [n for n in listing(directory, ".") if re.fullmatch("MANIFEST-[0-9a-f]{16}", n)]
    if not os.path.exists(os.path.join(directory, "CURRENT")):
        need(
            names in ([], ["MANIFEST-" + "0" * 15 + "1"])
            and not listing(directory, "segments")
            and not listing(directory, "wal"),
            "CURRENT is missing, and the directory is not new",
        )
        return None
    current = content(directory, "CURRENT")
    name = current[:25].decode("ascii", "replace")
    need(current == f"{name} {crc32c(name.encode()):08x}\n".encode(), "CURRENT does not name a manifest")
    need(name in names, f"{name}, which CURRENT names, is missing")
    generation = int(name[9:], 16)
    for other in names:
        if other > name:
            unused = Manifest(content(directory, other), int(other[9:], 16))
            need(unused.records == 1 and not unused.torn, f"{other} holds edits, so CURRENT is stale")
    return Manifest(content(directory, name), generation)


def lines(manifest):
    """What is live, one thing a line, in one order."""
    state = manifest.state
    sequence, table, file, log = state.counters
    yield f"manifest {manifest.generation} lsn {state.lsn} log {log}"
    yield f"next sequence {sequence} table {table} file {file}"
    for name in sorted(state.databases):
        yield f"database {quoted(name.encode())}"
    for _, one in sorted(state.tables.items()):
        yield (
            f"table {one.id} {quoted(one.database.encode())} {quoted(one.name.encode())}"
            f" flushed {one.flushed_to} truncated {one.truncated_at}"
        )
        if one.engine != "MergeTree":
            yield f"engine {quoted(one.engine.encode())}"
        if one.comment:
            yield f"comment {quoted(one.comment.encode())}"
        if one.query is not None:
            yield f"query {quoted(one.query.encode())}"
        for field in one.fields:
            yield field.line()
        for text in one.order_by:
            yield f"order {quoted(text.encode())}"
        if one.candles is not None:
            ids = ["-" if number == 0xFFFFFFFE else str(number) for number in one.candles[0]]
            yield f"candles {' '.join(ids[:4])} {one.candles[1]} {ids[4]}"
        if one.keep:
            yield f"keep {('first', 'last', 'all')[one.keep]}"
        if one.partition_by is not None:
            yield f"partition {quoted(one.partition_by.encode())}"
        if one.ttl is not None or one.ttl_only_drops_parts:
            text = "-" if one.ttl is None else quoted(one.ttl.encode())
            yield f"ttl {text}{' parts' if one.ttl_only_drops_parts else ''}"
        for high, low in sorted(one.imports):
            yield f"import {high:016x}{low:016x}"
        yield from one.marks.lines()
        yield from one.logged.lines("logged ")
        listed = [("segment", each) for each in one.segments.values()]
        for word, segment in listed + [("detached", each) for each in one.detached.values()]:
            live = " ".join(f"{first}-{end}" for first, end in segment.live)
            span = quoted(segment.partition.encode())
            if segment.last_partition != segment.partition:
                span += " to " + quoted(segment.last_partition.encode())
            yield (
                f"{word} {segment.file} {span} bytes {segment.bytes}"
                f" base {segment.base} level {segment.level} live {live}"
            )


def run(directory, body):
    """Prints lines; a refusal is one sentence and exit code 1."""
    try:
        for line in body(directory):
            print(line)
    except Damage as damage:
        print(f"corrupt: {directory}: {damage}", file=sys.stderr)
        return 1
    except Unsupported as unknown:
        print(f"unsupported: {directory}: {unknown}", file=sys.stderr)
        return 1
    except UnicodeDecodeError:
        print(f"corrupt: {directory}: a text that is not UTF-8", file=sys.stderr)
        return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory")

    def body(directory):
        manifest = open_manifest(directory)
        return ["new"] if manifest is None else lines(manifest)

    return run(parser.parse_args().directory, body)


if __name__ == "__main__":
    sys.exit(main())
