#!/usr/bin/env python3
"""What a feed asks of a database: how soon one row is answered, corrections of old rows, and what is missing.

    Benchmarks/feeds.py [--rows N] [--inserts N]

1. One INSERT of one row after the other over one connection, and eight connections side by side: Tickbase when the row is on the disk
   (`disk`), when the system has it (`os`), with a token, and into a table that keeps the last of equal rows. DuckDB commits a row in its
   own process, without a protocol, for comparison.
2. A thousand corrected rows into a table of N: INSERT into a table that keeps the last, beside DuckDB's INSERT OR REPLACE with a primary key.
3. The holes in N trade numbers of ten symbols: gaps() beside the window functions of DuckDB, of chdb (ClickHouse) and of Tickbase.

The answers of 2 and 3 must agree. Needs a release build, or another binary in TICKBASE_BINARY, and the packages of
tools/requirements-test.txt.
"""

import argparse
import http.client
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import chdb.session
import duckdb
from engines import served

ROOT = Path(__file__).resolve().parent.parent
BINARY = os.environ.get("TICKBASE_BINARY", ROOT / ".build/release/tickbase")
CONNECTIONS = 8
CORRECTIONS = 1_000
# Row n: its symbol, its number (three are missing after every thousand) and its second.
SYMBOL = "concat('S', toString(number % 10))"
NUMBER = "intDiv(number, 10) + 1 + intDiv(number, 10000) * 3"
HOLES = """
SELECT count(), sum(missing) FROM (
  SELECT id - lagInFrame(id, 1, toUInt64(id - 1)) OVER (PARTITION BY s ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) - 1 AS missing FROM {0}
) WHERE missing > 0"""


def connect(server):
    """A connection that stays open from statement to statement."""
    return http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=600)


def ask(connection, sql, **settings):
    path = "/?" + "&".join(f"{name}={quote(str(value))}" for name, value in settings.items())
    connection.request("POST", path, sql)
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status == 200, text
    return text


def timed(body):
    began = time.perf_counter()
    result = body()
    return time.perf_counter() - began, result


def latency(count, insert):
    seconds = sorted(timed(lambda number=number: insert(number))[0] for number in range(count))
    return statistics.median(seconds) * 1e6, seconds[int(0.99 * (count - 1))] * 1e6


def one_row(server, count, scratch):
    print(f"\none row an INSERT, {count} of them\n| | median us | 99 % us | eight connections, INSERTs/s |\n|---|---|---|---|")
    kinds = {
        "disk": ("", lambda n: {}), "os": ("", lambda n: {"insert_acknowledge": "os"}),
        "disk, a token each": ("", lambda n: {"insert_deduplication_token": n}),
        "disk, last of equal rows": (", deduplicate_keep = 'last'", lambda n: {}),
    }  # fmt: skip
    for name, (keep, settings) in kinds.items():
        connection = connect(server)
        ask(connection, "CREATE OR REPLACE TABLE one (s LowCardinality(String), id UInt64, v Float64) ENGINE = MergeTree ORDER BY (s, id)"
            + (f" SETTINGS deduplicate_by = 's, id'{keep}" if keep else ""))
        middle, late = latency(count, lambda n: ask(connection, f"INSERT INTO one VALUES ('A', {n + 1}, 1.5)", **settings(n)))

        def feed(place):
            own = connect(server)
            for n in range(count // 4):
                number = count + place * count + n
                ask(own, f"INSERT INTO one VALUES ('A', {number + 1}, 1.5)", **settings(number))

        threads = [threading.Thread(target=feed, args=(place,)) for place in range(CONNECTIONS)]
        seconds, _ = timed(lambda: ([t.start() for t in threads], [t.join() for t in threads]))
        total = count + CONNECTIONS * (count // 4)
        assert ask(connection, "SELECT count() FROM one") == f"{total}\n"
        print(f"| Tickbase, {name} | {middle:.0f} | {late:.0f} | {CONNECTIONS * (count // 4) / seconds:.0f} |", flush=True)
    own = duckdb.connect(f"{scratch}/one.duckdb")
    own.execute("CREATE TABLE one (s VARCHAR, id UBIGINT, v DOUBLE)")
    middle, late = latency(count, lambda n: own.execute("INSERT INTO one VALUES ('A', ?, 1.5)", [n + 1]))
    print(f"| DuckDB, in its process | {middle:.0f} | {late:.0f} | |", flush=True)
    own.close()


def corrections_and_holes(server, rows, scratch):
    connection = connect(server)
    ask(connection, "CREATE TABLE t (s LowCardinality(String), id UInt64, v Float64) ENGINE = MergeTree ORDER BY (s, id) "
        "SETTINGS deduplicate_by = 's, id', deduplicate_keep = 'last'")
    ask(connection, f"INSERT INTO t SELECT {SYMBOL}, {NUMBER}, number / 8 FROM numbers({rows})", max_memory_usage=8_000_000_000)
    duck = duckdb.connect(f"{scratch}/t.duckdb")
    duck.execute("CREATE TABLE t (s VARCHAR, id UBIGINT, v DOUBLE, PRIMARY KEY (s, id))")
    loaded, _ = timed(lambda: duck.execute(
        f"INSERT INTO t SELECT 'S' || (number % 10), number // 10 + 1 + number // 10000 * 3, number / 8 FROM range({rows}) AS r(number)"))
    clickhouse = chdb.session.Session(f"{scratch}/chdb")
    clickhouse.query("CREATE DATABASE d")
    clickhouse.query("CREATE TABLE d.t (s LowCardinality(String), id UInt64, v Float64) ENGINE = MergeTree ORDER BY (s, id)")
    clickhouse.query(f"INSERT INTO d.t SELECT {SYMBOL}, {NUMBER}, number / 8 FROM numbers({rows})")

    print(f"\nholes in {rows:,} numbers\n| | s | holes, missing |\n|---|---|---|")
    holes = {
        "Tickbase, gaps()": lambda: ask(connection, "SELECT count(), sum(missing) FROM gaps('t')"),
        "Tickbase, a window": lambda: ask(connection, HOLES.format("t"), max_memory_usage=8_000_000_000),
        "chdb, a window": lambda: str(clickhouse.query(HOLES.format("d.t"), "TSV")),
        "DuckDB, a window": lambda: "{}\t{}\n".format(*duck.execute(
            "SELECT count(*), sum(missing) FROM (SELECT id - lag(id, 1, id - 1) OVER (PARTITION BY s ORDER BY id) - 1 AS missing FROM t) "
            "WHERE missing > 0").fetchone()),
    }  # fmt: skip
    answers = set()
    for name, body in holes.items():
        body()
        seconds, answer = timed(body)
        answers.add(answer)
        print(f"| {name} | {seconds:.3f} | {answer.strip().replace(chr(9), ', ')} |", flush=True)
    assert len(answers) == 1, answers

    step = rows // CORRECTIONS
    print(f"\n{CORRECTIONS:,} corrected rows of {rows:,}\n| | spread over all, s | the newest, s |\n|---|---|---|")
    ours, theirs = [], []
    for first, by in ((0, step), (rows - CORRECTIONS, 1)):
        numbers = f"(SELECT {first} + number * {by} AS number FROM numbers({CORRECTIONS}))"
        seconds, _ = timed(lambda: ask(connection, f"INSERT INTO t SELECT {SYMBOL}, {NUMBER}, -1 FROM {numbers}"))
        ours.append(seconds)
        seconds, _ = timed(lambda: duck.execute(
            f"INSERT OR REPLACE INTO t SELECT 'S' || (n % 10), n // 10 + 1 + n // 10000 * 3, -1 FROM (SELECT {first} + r * {by} AS n FROM range({CORRECTIONS}) AS q(r))"))
        theirs.append(seconds)
    print(f"| Tickbase, the last of equal rows | {ours[0]:.3f} | {ours[1]:.3f} |")
    print(f"| DuckDB, primary key (load {loaded:.1f} s) | {theirs[0]:.3f} | {theirs[1]:.3f} |")
    check = "SELECT count(*), sum(v) FROM t"
    found, wanted = ask(connection, check).split(), [f"{value:g}" for value in duck.execute(check).fetchone()]
    assert [float(cell) for cell in found] == [float(cell) for cell in duck.execute(check).fetchone()], (found, wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--inserts", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        with served(BINARY, Path(scratch) / "db") as server:
            one_row(server, options.inserts, scratch)
            corrections_and_holes(server, options.rows, scratch)


if __name__ == "__main__":
    main()
