"""Runs Tickbase, ClickHouse (chdb) and DuckDB on the same trades in one go, checks that the answers agree and prints
the figures with their ratios.

    .venv/bin/python Benchmarks/run.py [--rows 20000000] [--seed 1] [--runs 3]

Every engine loads the same CSV files and answers the same queries with two threads. CPU is user + system time of the
whole process over a query (for Tickbase that of the server, HTTP included); wall time is printed beside it and moves
with whatever else the machine does. The smallest of the runs counts. Exit code 1 when any answer differs.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engines import built, folder_bytes, served

TOLERANCE = 1e-9
COLUMNS = "id UInt64, price Float64, qty Float64, quote_qty Float64, time Int64, is_buyer_maker Bool, is_best Bool"

# name -> (ClickHouse dialect, DuckDB dialect)
QUERIES = {
    "1m candles, one symbol": (
        "SELECT toStartOfMinute(ts) t, argMin(price, ts) o, max(price) h, min(price) l, argMax(price, ts) c, sum(qty) v "
        "FROM trades WHERE symbol = 'BTCUSDT' GROUP BY t ORDER BY t",
        "SELECT date_trunc('minute', ts) t, arg_min(price, (ts, trade_id)) o, max(price) h, min(price) l, "
        "arg_max(price, (ts, trade_id)) c, sum(qty) v FROM trades WHERE symbol = 'BTCUSDT' GROUP BY t ORDER BY t",
    ),
    "1m candles, all symbols": (
        "SELECT symbol, toStartOfMinute(ts) t, argMin(price, ts) o, max(price) h, min(price) l, argMax(price, ts) c, "
        "sum(qty) v FROM trades GROUP BY symbol, t ORDER BY symbol, t",
        "SELECT symbol, date_trunc('minute', ts) t, arg_min(price, (ts, trade_id)) o, max(price) h, min(price) l, "
        "arg_max(price, (ts, trade_id)) c, sum(qty) v FROM trades GROUP BY symbol, t ORDER BY symbol, t",
    ),
    "VWAP per symbol": (
        "SELECT symbol, sum(price * qty) / sum(qty) AS vwap FROM trades GROUP BY symbol ORDER BY symbol",
        "SELECT symbol, sum(price * qty) / sum(qty) AS vwap FROM trades GROUP BY symbol ORDER BY symbol",
    ),
    "volume per symbol": (
        "SELECT symbol, sum(qty) FROM trades GROUP BY symbol ORDER BY symbol",
        "SELECT symbol, sum(qty) FROM trades GROUP BY symbol ORDER BY symbol",
    ),
    "turnover per side": (
        "SELECT side, sum(price * qty) FROM trades GROUP BY side ORDER BY side",
        "SELECT side, sum(price * qty) FROM trades GROUP BY side ORDER BY side",
    ),
    "1m high and low, all symbols": (
        "SELECT symbol, toStartOfMinute(ts) t, max(price), min(price) FROM trades GROUP BY symbol, t ORDER BY symbol, t",
        "SELECT symbol, date_trunc('minute', ts) t, max(price), min(price) FROM trades GROUP BY symbol, t ORDER BY symbol, t",
    ),
    "1m open and close, all symbols": (
        "SELECT symbol, toStartOfMinute(ts) t, argMin(price, ts), argMax(price, ts) FROM trades GROUP BY symbol, t "
        "ORDER BY symbol, t",
        "SELECT symbol, date_trunc('minute', ts) t, arg_min(price, (ts, trade_id)), arg_max(price, (ts, trade_id)) "
        "FROM trades GROUP BY symbol, t ORDER BY symbol, t",
    ),
    "last price per symbol": (
        "SELECT symbol, argMax(price, ts) AS last FROM trades GROUP BY symbol ORDER BY symbol",
        "SELECT symbol, arg_max(price, (ts, trade_id)) AS last FROM trades GROUP BY symbol ORDER BY symbol",
    ),
    "count of large trades": (
        "SELECT count() FROM trades WHERE qty > 0.3",
        "SELECT count(*) FROM trades WHERE qty > 0.3",
    ),
    "100 largest trades": (
        "SELECT symbol, trade_id, price, qty FROM trades ORDER BY qty DESC, symbol, trade_id LIMIT 100",
        "SELECT symbol, trade_id, price, qty FROM trades ORDER BY qty DESC, symbol, trade_id LIMIT 100",
    ),
    "last 1000 trades of a symbol": (
        "SELECT trade_id, price, qty FROM trades WHERE symbol = 'BTCUSDT' ORDER BY ts DESC, trade_id DESC LIMIT 1000",
        "SELECT trade_id, price, qty FROM trades WHERE symbol = 'BTCUSDT' ORDER BY ts DESC, trade_id DESC LIMIT 1000",
    ),
    "volume by price level of a symbol": (
        "SELECT toInt64(floor(price / 10)) AS level, sum(qty) FROM trades WHERE symbol = 'BTCUSDT' GROUP BY level ORDER BY level",
        "SELECT CAST(floor(price / 10) AS BIGINT) AS level, sum(qty) FROM trades WHERE symbol = 'BTCUSDT' GROUP BY level ORDER BY level",
    ),
    # The right side has one price for a time, so that no engine chooses among equals.
    "ASOF join of two symbols": (
        "SELECT count(), sum(e.qty * b.price) FROM (SELECT 1 AS k, ts, qty FROM trades WHERE symbol = 'ETHUSDT') AS e "
        "ASOF JOIN (SELECT 1 AS k, ts, max(price) AS price FROM trades WHERE symbol = 'BTCUSDT' GROUP BY ts) AS b "
        "ON e.k = b.k AND e.ts >= b.ts",
        "SELECT count(*), sum(e.qty * b.price) FROM (SELECT 1 AS k, ts, qty FROM trades WHERE symbol = 'ETHUSDT') AS e "
        "ASOF JOIN (SELECT 1 AS k, ts, max(price) AS price FROM trades WHERE symbol = 'BTCUSDT' GROUP BY ts) AS b "
        "ON e.k = b.k AND e.ts >= b.ts",
    ),
}
QUERIES["1h candles, all symbols"] = (
    "SELECT symbol, toStartOfHour(ts) t, argMin(price, ts) o, max(price) h, min(price) l, argMax(price, ts) c, sum(qty) v "
    "FROM trades GROUP BY symbol, t ORDER BY symbol, t",
    "SELECT symbol, date_trunc('hour', ts) t, arg_min(price, (ts, trade_id)) o, max(price) h, min(price) l, "
    "arg_max(price, (ts, trade_id)) c, sum(qty) v FROM trades GROUP BY symbol, t ORDER BY symbol, t",
)
# What Tickbase answers from partial candles, once more from the rows.
for name in ("1m candles, all symbols", "VWAP per symbol", "volume per symbol", "last price per symbol"):
    QUERIES[f"{name}, from rows"] = (QUERIES[name][0] + " SETTINGS optimize_use_projections = 0", QUERIES[name][1])
# Bursts share a millisecond. ClickHouse leaves open which of them opens and closes a candle, so there its candle is
# asked for with the trade id as tie-break; Tickbase breaks ties by arrival by itself.
CHDB_TIES = (("argMin(price, ts)", "argMin(price, (ts, trade_id))"), ("argMax(price, ts)", "argMax(price, (ts, trade_id))"))


def process_seconds(pid):
    """CPU time of a process by its own clock: clock_getcpuclockid(3), in nanoseconds."""
    return time.clock_gettime((~pid << 3) | 2)


def own_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def best(runs, cpu_now, body):
    """(cpu seconds, wall seconds, answer) of the cheapest of several runs."""
    found = None
    for _ in range(runs):
        cpu, wall = cpu_now(), time.perf_counter()
        answer = body()
        figures = (cpu_now() - cpu, time.perf_counter() - wall, answer)
        if found is None or figures[0] < found[0]:
            found = figures
    return found


def run_tickbase(binary, files, folder, runs):
    out = {}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter()
    subprocess.run([binary, "import", "--data", folder, *files], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    out["load"] = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - wall)
    out["peak"] = after.ru_maxrss << 10
    out["bytes"] = folder_bytes(Path(folder) / "segments")
    with served(binary, folder) as server:
        for name, (sql, _) in QUERIES.items():
            out[name] = best(runs, lambda: process_seconds(server.pid), lambda: server.ask(sql))
    return out


def run_chdb(files, folder, runs):
    from chdb import session

    out = {}
    db = session.Session(folder)
    settings = "SETTINGS max_threads = 2"
    db.query(
        "CREATE TABLE trades (ts DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)), symbol LowCardinality(String), "
        "price Float64 CODEC(Gorilla, ZSTD(1)), qty Float64 CODEC(ZSTD(1)), side Enum8('buy' = 1, 'sell' = 2), "
        "trade_id UInt64 CODEC(Delta, ZSTD(1))) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (symbol, ts)")
    glob = str(Path(files[0]).parent / "*.csv")
    cpu, wall = own_seconds(), time.perf_counter()
    db.query(
        f"INSERT INTO trades SELECT fromUnixTimestamp64Milli(time), splitByChar('-', _file)[1], price, qty, "
        f"if(is_buyer_maker, 'sell', 'buy'), id FROM file('{glob}', CSV, '{COLUMNS}') {settings}")
    out["load"] = (own_seconds() - cpu, time.perf_counter() - wall)
    db.query("OPTIMIZE TABLE trades FINAL")
    out["bytes"] = int(db.query("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'trades'").bytes())

    def ask(sql):
        for plain, tied in CHDB_TIES:
            sql = sql.replace(plain, tied)
        result = db.query(f"{sql} {settings}", "JSONCompactEachRow").bytes()
        return [json.loads(line) for line in result.splitlines()]

    for name, (sql, _) in QUERIES.items():
        out[name] = best(runs, own_seconds, lambda: ask(sql))
    return out


def run_duckdb(files, folder, runs):
    import duckdb

    out = {}
    path = str(Path(folder) / "trades.duckdb")
    db = duckdb.connect(path)
    db.execute("SET threads = 2")
    db.execute("SET TimeZone = 'UTC'")
    glob = str(Path(files[0]).parent / "*.csv")
    cpu, wall = own_seconds(), time.perf_counter()
    db.execute(
        "CREATE TABLE trades AS SELECT make_timestamp_ns(time * 1000000) AS ts, "
        "split_part(parse_filename(filename), '-', 1) AS symbol, price, qty, "
        "CASE WHEN is_buyer_maker THEN 'sell' ELSE 'buy' END AS side, id AS trade_id "
        f"FROM read_csv('{glob}', header = false, filename = true, columns = {{'id': 'UBIGINT', 'price': 'DOUBLE', "
        "'qty': 'DOUBLE', 'quote_qty': 'DOUBLE', 'time': 'BIGINT', 'is_buyer_maker': 'BOOLEAN', 'is_best': 'BOOLEAN'})")
    out["load"] = (own_seconds() - cpu, time.perf_counter() - wall)
    db.execute("CHECKPOINT")
    out["bytes"] = os.stat(path).st_size

    def ask(sql):
        rows = db.execute(sql).fetchall()
        return [[str(v) if hasattr(v, "isoformat") else v for v in row] for row in rows]

    for name, (_, sql) in QUERIES.items():
        out[name] = best(runs, own_seconds, lambda: ask(sql))
    return out


def same(left, right):
    if len(left) != len(right):
        return False
    for a, b in zip(left, right):
        if len(a) != len(b):
            return False
        for x, y in zip(a, b):
            if isinstance(x, float) or isinstance(y, float):
                if not isinstance(x, (int, float)) or not isinstance(y, (int, float)):
                    return False
                # Written so that NaN, of which no comparison holds, is a difference.
                if not abs(x - y) <= TOLERANCE * max(1, abs(x), abs(y)):
                    return False
            elif str(x) != str(y):
                return False
    return True


def check_comparison():
    """A comparison that finds nothing proves nothing: planted differences come first."""
    answer = [["BTCUSDT", 61696.5, 3], ["ETHUSDT", 2.5, 4]]
    planted = {
        "a missing row": answer[:1],
        "a missing column": [row[:2] for row in answer],
        "another text": [["BTCUSDC", *answer[0][1:]], answer[1]],
        "another integer": [[*answer[0][:2], 4], answer[1]],
        "a double off by 1e-8": [["BTCUSDT", 61696.5 * (1 + 1e-8), 3], answer[1]],
        "NaN": [["BTCUSDT", math.nan, 3], answer[1]],
        "nothing where a number is": [["BTCUSDT", None, 3], answer[1]],
    }
    assert same(answer, json.loads(json.dumps(answer))), "equal answers differ"
    for name, other in planted.items():
        assert not same(answer, other) and not same(other, answer), f"the comparison does not see {name}"


def in_own_process(name, files, folder, runs):
    """A peer runs in a process of its own, so that its CPU time and memory are its alone."""
    command = [sys.executable, __file__, "--peer", name, "--folder", folder, "--runs", str(runs), *files]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer")
    parser.add_argument("--folder")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    if arguments.peer:
        peer = {"chdb": run_chdb, "duckdb": run_duckdb}[arguments.peer]
        print(json.dumps(peer(arguments.files, arguments.folder, arguments.runs)))
        return 0

    check_comparison()
    bin_path = built("tickbase", "Benchmarks")
    with tempfile.TemporaryDirectory(dir=os.environ.get("TICKBASE_SCRATCH")) as scratch:
        folders = {name: f"{scratch}/{name}" for name in ("csv", "tickbase", "chdb", "duckdb")}
        for folder in folders.values():
            os.mkdir(folder)
        subprocess.run([f"{bin_path}/Benchmarks", folders["csv"], str(arguments.rows), str(arguments.seed)], check=True)
        files = sorted(str(p) for p in Path(folders["csv"]).glob("*.csv"))
        rows = sum(open(f, "rb").read().count(b"\n") for f in files)
        csv_bytes = folder_bytes(folders["csv"])
        results = {
            "tickbase": run_tickbase(f"{bin_path}/tickbase", files, folders["tickbase"], arguments.runs),
            "chdb": in_own_process("chdb", files, folders["chdb"], arguments.runs),
            "duckdb": in_own_process("duckdb", files, folders["duckdb"], arguments.runs),
        }
    ours = results["tickbase"]
    print(f"{rows:,} trades, {csv_bytes / 1e6:.0f} MB of CSV, seed {arguments.seed}, {os.cpu_count()} processors\n")
    print("| what | Tickbase | ClickHouse (chdb) | DuckDB | ClickHouse / Tickbase | DuckDB / Tickbase |")
    print("|---|---|---|---|---|---|")

    def line(name, figures, form):
        print(f"| {name} | " + " | ".join(form(f) for f in figures) +
              f" | {figures[1] / figures[0]:.2f} | {figures[2] / figures[0]:.2f} |")

    engines = [results[name] for name in ("tickbase", "chdb", "duckdb")]
    line("load, CPU s", [e["load"][0] for e in engines], lambda f: f"{f:.2f}")
    line("load, wall s", [e["load"][1] for e in engines], lambda f: f"{f:.2f}")
    line("bytes per row", [e["bytes"] / rows for e in engines], lambda f: f"{f:.2f}")
    agree = True
    for name in QUERIES:
        line(f"{name}, CPU ms", [max(e[name][0] * 1e3, 0.1) for e in engines], lambda f: f"{f:.0f}")
        line(f"{name}, wall ms", [e[name][1] * 1e3 for e in engines], lambda f: f"{f:.0f}")
        for peer in ("chdb", "duckdb"):
            if not same(ours[name][2], results[peer][name][2]):
                agree = False
                print(f"answers differ: {name}, {peer}: {ours[name][2][:2]} ... {results[peer][name][2][:2]}")
    print(f"\nTickbase load: {rows / ours['load'][1] / 1e6:.2f} M rows/s, peak memory {ours['peak'] / 1e6:.0f} MB")
    print("answers: " + ("equal" if agree else "DIFFERENT"))
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
