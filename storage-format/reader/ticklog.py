#!/usr/bin/env python3
"""Reads a data directory's write-ahead log: an independent reader, written from log.md alone.

    ticklog.py DIR

prints what the manifest says, then the rows of the log that are not in segments, one a line: table, sequence, LSN,
partition and the values as they are stored (floats as the hex digits of their bits, `-` where the record lacks a column
that the table has by now). Damage ends it with one sentence on standard error and exit code 1. It changes nothing.
"""

import argparse
import sys

from tickmanifest import Fields, content, crc32c, lines, listing, mark_of, open_manifest, run, same_layout, version
from tickread import Type, need, quoted, shown

BLOCK = 4096


def number(raw, offset, width):
    return int.from_bytes(raw[offset : offset + width], "little")


def up(offset):
    return -(-offset // BLOCK) * BLOCK


class FileHeader:
    def __init__(self, raw, name):
        need(len(raw) >= BLOCK, f"{name} is cut off in its header")
        data = Fields(raw[:64], f"the header of {name}")
        need(data.take(8) == b"TKWAL\0\0\0", f"{name} is not a log file")
        need(crc32c(raw[:60]) == number(raw, 60, 4), f"the checksum of {data.what} is wrong")
        version(data)
        self.number, self.identity, self.previous_lsn, self.manifest_lsn, self.previous_end = (
            data.number(8) for _ in range(5)
        )
        self.chain = data.number(4)
        need(self.number == int(name[:16], 16), f"{name} is file {self.number}")


def group_header(raw, at, lap, identity):
    """The group header at an offset, if it is whole and of this lap and directory."""
    head = raw[at : at + 80]
    if len(head) < 80 or head[:4] != b"TKGR" or crc32c(head[8:]) != number(head, 4, 4):
        return None
    if (number(head, 8, 8), number(head, 16, 8)) != (lap, identity):
        return None
    return {
        "checksum": number(head, 4, 4), "first": number(head, 24, 8), "last": number(head, 32, 8),
        "manifest": number(head, 48, 8), "bytes": number(head, 56, 4), "records": number(head, 60, 4),
        "chain": number(head, 64, 4),
    }  # fmt: skip


def whole_record(raw, at, end, chain):
    head = raw[at : at + 48]
    if at + 48 > end or head[:4] != b"TKRC" or crc32c(head[8:48]) != number(head, 4, 4):
        return None
    length = number(head, 8, 4)
    if length % 8 or length < 48 or at + length > end or number(head, 12, 4) != chain:
        return None
    body = raw[at + 48 : at + length]
    if number(head, 40, 4) not in (1, 2) or crc32c(body) != number(head, 44, 4):
        return None
    return {
        "checksum": number(head, 4, 4), "lsn": number(head, 16, 8), "sequence": number(head, 24, 8),
        "count": number(head, 32, 8), "body": body, "end": at + length, "kind": number(head, 40, 4),
    }  # fmt: skip


class Log:
    """All files of a log, in order; `records` is what they hold."""

    def __init__(self, directory, manifest):
        self.identity = manifest.identity
        self.state = manifest.state
        self.records = []
        self.position = self.lsn = self.chain = 0
        names = [name for name in listing(directory, "wal") if name.endswith(".wal")]
        files = [content(directory, "wal/" + name) for name in names]
        headers = [FileHeader(raw, name) for raw, name in zip(files, names)]
        for index, (raw, header) in enumerate(zip(files, headers)):
            following = headers[index + 1] if index + 1 < len(headers) else None
            self.read_file(raw, header, following, is_first=index == 0)
        need(
            self.lsn >= self.state.log_lsn,
            f"the log ends at LSN {self.lsn}, but {self.state.log_lsn} was durable",
        )

    def require_manifest(self, lsn):
        need(self.state.lsn >= lsn, f"the manifest ends at LSN {self.state.lsn}, but {lsn} was durable")

    def read_file(self, raw, header, following, is_first):
        what = f"log file {header.number}"
        need(header.identity == self.identity, f"{what} belongs to another directory")
        self.require_manifest(header.manifest_lsn)
        if is_first:
            self.lsn, self.chain = header.previous_lsn, header.chain
        else:
            need(
                (header.previous_lsn, header.chain, header.previous_end)
                == (self.lsn, self.chain, self.position),
                f"{what} does not follow the one before",
            )
        self.position = BLOCK
        if following is not None:
            need(following.number == header.number + 1, f"log file {header.number + 1} is missing")
            need(following.previous_end <= len(raw), f"{what} was cut")
        limit = len(raw) if following is None else following.previous_end
        while self.position < limit and self.read_group(raw, header, limit, following is None):
            pass
        if following is not None:
            need(
                (self.position, self.chain, self.lsn)
                == (limit, following.chain, following.previous_lsn),
                f"{what} does not reach its end at {limit}",
            )

    def require_last(self, raw, header, start, place):
        for later in range(start, len(raw), BLOCK):
            need(
                group_header(raw, later, header.number, self.identity) is None,
                f"damage at {place} of log file {header.number} is followed by a whole group at {later}",
            )

    def read_group(self, raw, header, limit, is_newest):
        start = up(self.position)
        group = group_header(raw, start, header.number, self.identity)
        if group is None or group["chain"] != self.chain:
            if is_newest:
                self.require_last(raw, header, start, start)
            return False
        self.require_manifest(group["manifest"])
        end = min(start + group["bytes"], limit)
        position, chain = start + 80, group["checksum"]
        if group["records"] == 0:
            self.position, self.chain = position, chain
        for _ in range(group["records"]):
            record = whole_record(raw, position, end, chain)
            if record is None or record["lsn"] <= self.lsn:
                if is_newest:
                    self.require_last(raw, header, start + BLOCK, position)
                    need(
                        self.state.log_lsn < group["first"],
                        f"damage at {position} of log file {header.number}, which was durable",
                    )
                return False
            self.records.append(record)
            position, chain = record["end"], record["checksum"]
            self.position, self.chain, self.lsn = position, chain, record["lsn"]
        return True


def marks(data, rows):
    packed = data.take((rows + 7) // 8)
    return [packed[row // 8] >> row % 8 & 1 for row in range(rows)]


def strings(data, count):
    lengths = data.numbers(count, 4)
    return [data.take(length) for length in lengths]


def column(data, name, rows):
    """The type and the values of a column; None is NULL."""
    kind = Type(name)
    return kind, values_of(data, kind, rows)


def values_of(data, kind, rows):
    valid = marks(data, rows) if data.flag() else None
    need(valid is None or kind.nullable, f"NULL in a column of {kind.name}")
    if kind.name.startswith("LowCardinality"):
        texts = strings(data, data.number(4))
        width = 1 if len(texts) <= 256 else 2 if len(texts) <= 65536 else 4
        codes = data.numbers(rows, width)
        need(all(code < len(texts) for code in codes), "a code outside its dictionary")
        values = [texts[code] for code in codes]
    elif kind.kind == "tuple":
        values = list(zip(*(values_of(data, element, rows) for element in kind.elements)))
    elif kind.kind == "array":
        lengths = data.numbers(rows, 4)
        elements = iter(values_of(data, kind.elements[0], sum(lengths)))
        values = [[next(elements) for _ in range(length)] for length in lengths]
    elif kind.kind == "string":
        values = strings(data, rows) if kind.size is None else [data.take(kind.size) for _ in range(rows)]
    elif kind.kind == "float":
        values = data.numbers(rows, kind.width)
    else:
        values = data.numbers(rows, kind.width, kind.signed)
    if valid is not None:
        values = [value if mark else None for value, mark in zip(values, valid)]
    return values


def parts(record):
    """The parts of a transaction; before them, from a record of kind 2, its table and mark."""
    data = Fields(record["body"], f"the record of LSN {record['lsn']}")
    yield (data.number(8), mark_of(data)) if record["kind"] == 2 else None
    for _ in range(data.number(4)):
        table, partition, rows = data.number(8), data.text(), data.number(4)
        offsets = data.numbers(rows, 4) if data.flag() else list(range(rows))
        need(all(offset < record["count"] for offset in offsets), "a sequence outside its record")
        columns = []
        for _ in range(data.number(4)):
            field, name = data.number(4), data.text()
            columns.append((field, name, *column(data, name, rows)))
        for _ in range(data.number(4)):
            if data.flag():
                column(data, data.text(), rows)
            else:
                field = data.number(4)
                need(any(field == known for known, *_ in columns), f"key field {field}")
        yield table, partition, [record["sequence"] + offset for offset in offsets], columns
    need(data.left < 8, f"{data.what} has {data.left} bytes too many")


def rows(log):
    out = []
    for record in log.records:
        if all(record["lsn"] <= table.replay_above for table in log.state.tables.values()):
            continue
        found = parts(record)
        own = next(found)
        if own and own[0] in log.state.tables and record["lsn"] > log.state.tables[own[0]].replay_above:
            log.state.tables[own[0]].logged.add(own[1])
        for table, partition, sequences, columns in found:
            known = log.state.tables.get(table)
            if known is None or record["lsn"] <= known.replay_above:
                continue
            given = {field: (kind, values) for field, _, kind, values in columns}
            need(
                len(given) == len(columns) and all(field < known.next_field for field in given),
                f"rows with other columns than table {table}",
            )
            stored = [field for field in known.fields if field.is_stored]
            for field in stored:
                need(
                    field.id not in given or same_layout(given[field.id][0], field.type),
                    f"rows with other columns than table {table}",
                )
            for index, sequence in enumerate(sequences):
                values = ",".join(
                    shown(given[field.id][1][index], given[field.id][0], True) if field.id in given else "-"
                    for field in stored
                )
                out.append((table, sequence, f"{quoted(partition.encode())} {values}"))
    for table, sequence, text in sorted(out):
        yield f"row {table} {sequence} {text}"


def described(directory):
    """What is live in a directory, and what its log adds to it."""
    manifest = open_manifest(directory)
    if manifest is None:
        return ["new"]
    # First, since it finds the marks of the log.
    found = list(rows(Log(directory, manifest)))
    return [*lines(manifest), *found]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory")
    return run(parser.parse_args().directory, described)


if __name__ == "__main__":
    sys.exit(main())
