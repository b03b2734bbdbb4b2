#!/usr/bin/env python3
"""A store of 10^9 rows in 1,000 partitions: how it is opened after kill -9, what it holds in memory, and its first answers.

    Benchmarks/billion.py [--rows N] [--days N] [--data DIRECTORY]

Rows are made by INSERT ... SELECT, a million of each day, 100 symbols. Then rows are inserted that stay in the log, the server is
killed, and its next start is timed: until it listens, until the first answer, and the first answers of queries that a trader
asks. Memory is the anonymous memory of the process, as the kernel counts it. With --data the directory stays, and is used
again where it is there. Needs 4 GB of disk and a release build, or another binary in TICKBASE_BINARY.
"""

import argparse
import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = os.environ.get("TICKBASE_BINARY", ROOT / ".build/release/tickbase")
DAYS_A_STATEMENT = 10
# What may be held after opening, and how long until the first answer.
ANONYMOUS_MAX = 200 << 20
SECONDS_MAX = 1.0
LOG_ROWS = 1_000_000

CREATE = """
CREATE TABLE ticks (symbol LowCardinality(String), ts DateTime64(9, 'UTC'), price Float64, qty Float64, side Enum8('buy' = 1, 'sell' = -1), id UInt64)
ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (symbol, ts) SETTINGS candles = 'ts, price, qty, side, id'
"""
# Row n of the day: its symbol by turns, its moment spread over the day, a price that walks and a size of some lots.
ROWS = """
INSERT INTO ticks SELECT concat('S', leftPad(toString(number % 100), 2, '0')),
    toDateTime64('2022-01-01 00:00:00', 9, 'UTC') + toIntervalNanosecond(intDiv(number * 86400000000000, {day}) + cityHash64(number) % 80000000),
    round(100 + number % 100 + 5 * sin(number / 300000) + (cityHash64(number) % 100) / 100, 2), 1 + cityHash64(number, 1) % 500,
    if(cityHash64(number, 2) % 2 = 0, 'buy', 'sell'), number
FROM numbers({first}, {count}) SETTINGS max_memory_usage = 8000000000
"""
QUERIES = {
    "count": "SELECT count() FROM ticks",
    "last price of a symbol": "SELECT price FROM ticks WHERE symbol = 'S42' ORDER BY ts DESC LIMIT 1",
    "VWAP of a symbol and day": "SELECT sum(price * qty) / sum(qty) FROM ticks WHERE symbol = 'S07' AND toDate(ts) = '2023-03-03'",
    "minute candles of a symbol and month": "SELECT count(), max(high) FROM candles('1m', 'UTC', 'ticks') WHERE symbol = 'S07' AND ts >= '2023-03-01' AND ts < '2023-04-01'",
    "daily candles of all": "SELECT count(), sum(volume), max(high) FROM candles('1d', 'UTC', 'ticks')",
    "rows of each day": "SELECT count(), min(n), max(n) FROM (SELECT toDate(ts) AS d, count() AS n FROM ticks GROUP BY d)",
}


class Server:
    def __init__(self, directory):
        self.began = time.perf_counter()
        # The segments stay as they were inserted: merging a billion rows is Benchmarks/merges.py's matter.
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", directory, "--http", "127.0.0.1:0", "--log-level", "off"],
            stdout=subprocess.PIPE, text=True, env=os.environ | {"TICKBASE_STORAGE_MERGES": "0"})
        self.url = self.process.stdout.readline().split()[1]
        self.listened = time.perf_counter() - self.began

    def ask(self, sql):
        return urllib.request.urlopen(self.url, data=sql.encode(), timeout=3600).read().decode().strip()

    def memory(self, name):
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith(name + ":"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait()


def fill(server, rows, days):
    day = rows // days
    if server.ask("EXISTS TABLE ticks") == "1":
        assert int(server.ask("SELECT count() FROM ticks")) >= rows, "another run was given up; remove its directory"
        return
    server.ask(CREATE)
    began = time.perf_counter()
    for first in range(0, days, DAYS_A_STATEMENT):
        count = min(DAYS_A_STATEMENT, days - first)
        server.ask(ROWS.format(day=day, first=first * day, count=count * day))
        if first // DAYS_A_STATEMENT % 10 == 9:
            done = (first + count) * day
            print(f"  {done:>13,} rows, {done / (time.perf_counter() - began) / 1e6:.2f} M rows/s", flush=True)


def run(directory, rows, days):
    server = Server(directory)
    fill(server, rows, days)
    server.ask("SYSTEM FLUSH TABLE ticks")
    parts, size = server.ask("SELECT count(), sum(bytes_on_disk) FROM system.parts WHERE table = 'ticks'").split("\t")
    day = rows // days
    stored = int(server.ask("SELECT count() FROM ticks"))
    # Small inserts stay in the log: what the next start has to read again.
    for part in range(10):
        server.ask(ROWS.format(day=day, first=stored + part * LOG_ROWS // 10, count=LOG_ROWS // 10))
    expected = {name: server.ask(sql) for name, sql in QUERIES.items()}
    log = sum(path.stat().st_size for path in Path(directory, "wal").iterdir() if not path.name.startswith("spare"))
    server.end(signal.SIGKILL)

    server = Server(directory)
    first = server.ask("SELECT count() FROM ticks")
    answered = time.perf_counter() - server.began
    held = server.memory("Anonymous")
    print(f"{int(first):,} rows, {parts} segments in {days} partitions, {int(size) / rows:.3f} bytes per row, {log >> 20} MiB of log files")
    print(f"after kill -9: listens after {server.listened:.2f} s, first answer after {answered:.2f} s (bar {SECONDS_MAX:.0f} s)")
    print(f"anonymous memory {held >> 20} MiB (bar {ANONYMOUS_MAX >> 20}), {server.descriptors()} open files")
    for name, sql in QUERIES.items():
        times = []
        for _ in range(3):
            began = time.perf_counter()
            answer = server.ask(sql)
            times.append(time.perf_counter() - began)
            assert answer == expected[name], f"{name}: {answer} where {expected[name]} was before"
        print(f"  {name:38} first {times[0] * 1000:9.1f} ms, then {min(times[1:]) * 1000:9.1f} ms")
    print(f"anonymous memory after them {server.memory('Anonymous') >> 20} MiB, {server.descriptors()} open files")
    server.end(signal.SIGTERM)
    assert answered <= SECONDS_MAX and held <= ANONYMOUS_MAX, "a bar is missed"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000_000)
    parser.add_argument("--days", type=int, default=1_000)
    parser.add_argument("--data")
    options = parser.parse_args()
    if options.data:
        run(options.data, options.rows, options.days)
        return
    with tempfile.TemporaryDirectory(prefix="tickbase-billion-") as directory:
        run(directory, options.rows, options.days)


if __name__ == "__main__":
    main()
