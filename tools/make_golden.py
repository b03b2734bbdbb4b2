#!/usr/bin/env python3
"""Writes a data directory that every later build of the same major version must open.

    tools/make_golden.py VERSION    with TICKBASE_BINARY, or .build/release/tickbase

storage-format/vectors/golden/VERSION then holds the directory of a server that was killed, with rows in segments of every level, in
the log and detached, and `expected.json`: statements and what they must answer, worked out here from the rows that were
sent. It is written once for a version and never again: tools/blackbox/test_golden.py opens all of them.
"""

import csv
import gzip
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools/blackbox"))
from process import SAMPLE, serving, tickbase  # noqa: E402

GOLDEN = ROOT / "storage-format/vectors/golden"
BLOCK = 4096
ROWS = 3_000

TYPES = {
    "i8": ("Int8", lambda n: n % 251 - 125), "u16": ("UInt16", lambda n: n * 7 % 65_536), "i64": ("Int64", lambda n: n * 1_000_003 - 5),
    "u128": ("UInt128", lambda n: n << 70), "f32": ("Float32", lambda n: n / 4), "f64": ("Float64", lambda n: n / 8 - 1),
    "d": ("Decimal(18, 4)", lambda n: f"{n}.{n % 10_000:04d}"), "b": ("Bool", lambda n: n % 3 == 0), "s": ("String", lambda n: f"text {n % 17}"),
    "fs": ("FixedString(3)", lambda n: f"{n % 1000:03d}"), "lc": ("LowCardinality(String)", lambda n: f"code {n % 5}"),
    "e": ("Enum8('a' = -1, 'b' = 2)", lambda n: "ab"[n % 2]), "day": ("Date", lambda n: f"2024-01-{n % 28 + 1:02d}"),
    "at": ("DateTime64(3, 'Europe/Berlin')", lambda n: f"2024-03-31 0{n % 2}:{n % 60:02d}:00.{n % 1000:03d}"),
    "u": ("UUID", lambda n: f"00000000-0000-0000-0000-{n:012x}"), "ip": ("IPv4", lambda n: f"10.0.{n // 256 % 256}.{n % 256}"),
    "n": ("Nullable(Int32)", lambda n: None if n % 4 == 0 else n), "a": ("Array(UInt8)", lambda n: list(range(n % 4))),
    "t": ("Tuple(Int16, String)", lambda n: [n % 100, f"x{n}"]), "m": ("Map(String, Int32)", lambda n: {"k": n}),
}  # fmt: skip


def build(server, data):
    """Sends everything; returns (statement, answer) for what must be there."""
    expected = []

    def expect(sql, *cells):
        expected.append([sql, "\t".join(map(str, cells)) + "\n"])

    # Every type, in segments and in the log.
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in TYPES.items())
    server.ask(f"CREATE TABLE types (k UInt64, {columns}) ENGINE = MergeTree PARTITION BY k % 2 ORDER BY (lc, k)")
    lines = [json.dumps({"k": k} | {name: value(k) for name, (_, value) in TYPES.items()}) for k in range(ROWS)]
    for part in (lines[: ROWS // 2], lines[ROWS // 2 : -100]):
        server.ask("INSERT INTO types FORMAT JSONEachRow\n" + "\n".join(part))
        server.ask("SYSTEM FLUSH")
    server.ask("OPTIMIZE TABLE types FINAL")
    server.ask("INSERT INTO types FORMAT JSONEachRow\n" + "\n".join(lines[-100:]))
    expect("SELECT count(), sum(k), sum(i8), sum(u16), sum(i64) FROM types", ROWS, sum(range(ROWS)), *(
        sum(TYPES[c][1](k) for k in range(ROWS)) for c in ("i8", "u16", "i64")))
    expect("SELECT sum(f64), countIf(b), count(n), sum(length(a)), uniqExact(s), uniqExact(u), max(t.2), sum(m['k']) FROM types",
           repr(sum(k / 8 - 1 for k in range(ROWS))), sum(k % 3 == 0 for k in range(ROWS)), sum(k % 4 != 0 for k in range(ROWS)),
           sum(k % 4 for k in range(ROWS)), 17, ROWS, max(f"x{k}" for k in range(ROWS)), sum(range(ROWS)))
    shown = ("i8", "u128", "d", "fs", "e", "day", "at", "ip")
    given = ", ".join("toDecimalString(d, 4)" if name == "d" else name for name in shown)
    for k in (0, 1_234, ROWS - 1):
        expect(f"SELECT {given} FROM types WHERE k = {k}", *(TYPES[name][1](k) for name in shown))

    # Trades with partial candles.
    assert tickbase("import", "--url", server.url, SAMPLE).returncode == 0
    server.ask("OPTIMIZE TABLE trades FINAL")
    with gzip.open(SAMPLE, "rt") as file:
        trades = [row for row in csv.reader(file) if row[0].isdigit()]
    minutes = {int(row[4]) // 60_000 for row in trades}
    expect("SELECT count(), sum(trade_id), max(price), min(price) FROM trades", len(trades), sum(int(row[0]) for row in trades),
           *(repr(f(float(row[1]) for row in trades)).removesuffix(".0") for f in (max, min)))
    expect("SELECT count(), sum(trades) FROM candles_1m", len(minutes), len(trades))

    # A column that came later, another that went; keys, marks, what is detached.
    server.ask("CREATE TABLE fills (ts DateTime64(3, 'UTC'), s LowCardinality(String), id UInt64, v Int64, gone Int8) ENGINE = MergeTree "
               "PARTITION BY toDate(ts) ORDER BY (s, ts) TTL ts + INTERVAL 900 YEAR SETTINGS deduplicate_by = 's, id', deduplicate_keep = 'last'")
    rows = [(f"2024-01-0{n % 3 + 1} 00:00:00", "ab"[n % 2], n, n * 10) for n in range(1, 301)]
    values = ", ".join(f"('{ts}', '{s}', {n}, {v}, 1)" for ts, s, n, v in rows)
    server.ask(f"INSERT INTO fills VALUES {values}", insert_producer="feed", insert_sequence=41)
    server.ask("ALTER TABLE fills DROP COLUMN gone")
    server.ask("ALTER TABLE fills ADD COLUMN twice Int64 DEFAULT v * 2")
    server.ask("INSERT INTO fills (ts, s, id, v) VALUES ('2024-01-01 00:00:00', 'b', 3, 1000)", insert_deduplication_token="correction")
    server.ask("ALTER TABLE fills DETACH PARTITION '2024-01-02'")
    server.ask("ALTER TABLE fills DELETE WHERE id % 10 = 0")
    server.ask("INSERT INTO fills (ts, s, id, v) VALUES ('2024-01-01 00:00:01', 'a', 1000, 7)", insert_producer="feed", insert_sequence=42)
    live = {n: v for ts, s, n, v in rows if not ts.startswith("2024-01-02") and n % 10} | {3: 1000, 1000: 7}
    expect("SELECT count(), sum(v), sum(twice) FROM fills", len(live), sum(live.values()), 2 * sum(live.values()))
    expect("SELECT sequence FROM system.insert_producers WHERE producer = 'feed'", 42)
    expect("SELECT count() > 0 FROM system.detached_parts WHERE table = 'fills'", 1)
    ids = sorted(n for n in live if n % 2 == 0)
    expect("SELECT count() FROM gaps('fills') WHERE s = 'a'", sum(b > a + 1 for a, b in zip(ids, ids[1:])))
    expect("SELECT position(create_table_query, 'TTL') > 0 FROM system.tables WHERE name = 'fills'", 1)
    server.ask("CREATE VIEW turnover AS SELECT s, sum(v) AS total FROM fills GROUP BY s")
    expect("SELECT sum(total) FROM turnover", sum(live.values()))
    server.ask("CREATE TABLE sums (k UInt8, state AggregateFunction(sum, Int64)) ENGINE = MergeTree ORDER BY k")
    server.ask("INSERT INTO sums SELECT number % 3, sumState(toInt64(number)) FROM numbers(100) GROUP BY number % 3")
    expect("SELECT sumMerge(state) FROM sums", sum(range(100)))
    return expected


def cut_zeros(path):
    """The log without the blocks that nothing was written to."""
    raw = path.read_bytes()
    end = len(raw.rstrip(b"\0"))
    path.write_bytes(raw[: max(BLOCK, -(-end // BLOCK) * BLOCK)])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    target = GOLDEN / sys.argv[1]
    if target.exists():
        sys.exit(f"{target} is there: a golden directory is never written again")
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "db"
        with serving(data) as server:
            expected = build(server, data)
            for sql, answer in expected:
                found = server.ask(sql)
                assert found == answer, f"{sql}\n{found!r} where {answer!r} is expected"
            server.process.kill()
            server.process.wait()
        for path in (data / "wal").iterdir():
            if path.suffix == ".wal":
                cut_zeros(path)
            else:
                path.unlink()
        os.remove(data / "LOCK")
        shutil.copytree(data, target / "directory")
    (target / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    print(f"{target}: {sum(p.stat().st_size for p in target.rglob('*') if p.is_file())} bytes, {len(expected)} statements")


if __name__ == "__main__":
    main()
