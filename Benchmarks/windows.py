#!/usr/bin/env python3
"""Window functions over N trades of twenty symbols, beside chdb (ClickHouse) and DuckDB.

    Benchmarks/windows.py [--rows N] [--only WORD]

The same rows lie in two tables: `t` in the order of symbol and number, which is that of the windows, and `f` in the order of the
number, as a feed brings them. Each query reads all rows through a window and gives back a few sums, so that no time goes into
writing rows out. Prices are decimals of two digits, so the answers are the same everywhere; they must agree (sums of doubles to 1e-9).

Needs a release build, or another binary in TICKBASE_BINARY, and the packages of tools/requirements-test.txt.
"""

import argparse
import http.client
import math
import os
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import chdb.session
import duckdb
from engines import served

ROOT = Path(__file__).resolve().parent.parent
BINARY = os.environ.get("TICKBASE_BINARY", ROOT / ".build/release/tickbase")
RUNS = 3
MEMORY = 12_000_000_000

# Row n: its symbol, its number within the symbol, its price and its size. No engine has a random function like another's.
SYMBOL = "concat('S', toString(number % 20))"
PRICE = "(number * 7919 % 200003 + 400000) / 100"
SIZE = "number * 104729 % 997"
DUCK = ("SELECT 'S' || (n % 20) AS s, CAST(n AS BIGINT) AS id, (n * 7919 % 200003 + 400000) / 100 AS p, "
    "CAST(n * 104729 % 997 AS UBIGINT) AS v FROM range({0}) AS r(n)")

W = "(PARTITION BY s ORDER BY id)"
LAST = "(PARTITION BY s ORDER BY id ROWS BETWEEN {0} PRECEDING AND CURRENT ROW)"
# Name, what is asked of each row, and the table.
QUERIES = [
    ("row_number", f"row_number() OVER {W}", "t"),
    ("rank", f"rank() OVER {W}", "t"),
    ("lag", f"lag(p, 1) OVER {W}", "t"),
    ("lead of ten rows", f"lead(v, 10) OVER {W}", "t"),
    ("sum of 20 rows", f"sum(p) OVER {LAST.format(19)}", "t"),
    ("avg of 20 rows", f"avg(p) OVER {LAST.format(19)}", "t"),
    ("sum of 20 whole numbers", f"sum(v) OVER {LAST.format(19)}", "t"),
    ("min of 20 rows", f"min(p) OVER {LAST.format(19)}", "t"),
    ("max of 1,000 rows", f"max(p) OVER {LAST.format(999)}", "t"),
    ("sum of 1,000 rows", f"sum(p) OVER {LAST.format(999)}", "t"),
    ("sum of 20 fractions", f"sum(p / 3) OVER {LAST.format(19)}", "t"),
    ("turnover of 20 rows", f"sum(p * v) OVER {LAST.format(19)}", "t"),
    ("running sum", f"sum(p) OVER {W}", "t"),
    ("running max", f"max(p) OVER {W}", "t"),
    ("sum of the partition", "sum(p) OVER (PARTITION BY s)", "t"),
    ("sum of a range", "sum(p) OVER (PARTITION BY s ORDER BY id RANGE BETWEEN 1000 PRECEDING AND CURRENT ROW)", "t"),
    ("row_number, of a feed", f"row_number() OVER {W}", "f"),
    ("lag, of a feed", f"lag(p, 1) OVER {W}", "f"),
    ("sum of 20 rows, of a feed", f"sum(p) OVER {LAST.format(19)}", "f"),
    ("sum of the partition, of a feed", "sum(p) OVER (PARTITION BY s)", "f"),
]


def text(call, table):
    return f"SELECT count(), sum(x), max(x), min(x) FROM (SELECT {call} AS x FROM {table})"


def ask(connection, sql):
    connection.request("POST", f"/?max_memory_usage={MEMORY}", sql)
    answer = connection.getresponse()
    body = answer.read().decode()
    assert answer.status == 200, body
    return body


def best(body):
    """The shortest of some runs behind one that warms up, and the answer."""
    body()
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        answer = body()
        seconds.append(time.perf_counter() - began)
    return min(seconds), [float(cell) for cell in answer]


def load(server, scratch, rows):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=600)
    clickhouse = chdb.session.Session(f"{scratch}/chdb")
    clickhouse.query("CREATE DATABASE d")
    duck = duckdb.connect(f"{scratch}/w.duckdb")
    for table, key in (("t", "(s, id)"), ("f", "id")):
        columns = f"(s LowCardinality(String), id UInt64, p Float64, v UInt64) ENGINE = MergeTree ORDER BY {key}"
        filling = f"SELECT {SYMBOL}, number, {PRICE}, {SIZE} FROM numbers({rows})"
        ask(connection, f"CREATE TABLE {table} {columns}")
        ask(connection, f"INSERT INTO {table} {filling}")
        ask(connection, f"OPTIMIZE TABLE {table} FINAL")
        clickhouse.query(f"CREATE TABLE d.{table} {columns}")
        clickhouse.query(f"INSERT INTO d.{table} {filling}")
        clickhouse.query(f"OPTIMIZE TABLE d.{table} FINAL")
        duck.execute(f"CREATE TABLE {table} AS {DUCK.format(rows)} ORDER BY {key.strip('()')}")
    return connection, clickhouse, duck


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, served(BINARY, Path(scratch) / "db") as server:
        connection, clickhouse, duck = load(server, scratch, options.rows)
        print(f"windows over {options.rows:,} rows\n| | Tickbase, s | chdb, s | DuckDB, s | chdb / Tickbase | DuckDB / Tickbase |\n|---|---|---|---|---|---|")
        for name, call, table in QUERIES:
            if options.only not in name:
                continue
            sql = text(call, table)
            ours, wanted = best(lambda: ask(connection, sql).split())
            theirs, answer = best(lambda: str(clickhouse.query(sql.replace(f"FROM {table})", f"FROM d.{table})"), "TSV")).split())
            if name.startswith("la") or name.startswith("lead"):
                # What is not there is 0 for ClickHouse and NULL elsewhere.
                default = call.replace(", 1)", ", 1, 0)").replace(", 10)", ", 10, 0)")
                other = text(default, table).replace("count()", "count(*)")
            else:
                other = sql.replace("count()", "count(*)")
            last, third = best(lambda: duck.execute(other).fetchone())
            for found in (answer, third):
                assert all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(found, wanted, strict=True)), (name, wanted, answer, third)
            print(f"| {name} | {ours:.3f} | {theirs:.3f} | {last:.3f} | {theirs / ours:.2f} | {last / ours:.2f} |", flush=True)


if __name__ == "__main__":
    main()
