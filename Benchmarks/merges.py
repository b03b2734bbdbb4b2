#!/usr/bin/env python3
"""What merging costs: bytes of segments written for each byte that is live in the end, the log apart, and how fast
segments are merged and packed.

    Benchmarks/merges.py [--rows N]

A feed of 200 symbols is inserted in batches as time goes by, in order, and again with one row in ten up to 24 hours
late; memory is flushed whenever it is full, segments are merged in the background, and at the end the partitions come to
rest. All counts are compared with what was inserted. Needs a release build, or another binary in TICKBASE_BINARY.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = os.environ.get("TICKBASE_BINARY", ROOT / ".build/release/tickbase")
SYMBOLS = 200
BATCH = 100_000
DAY = 86_400
# What is written for each live byte at most, by the share of late rows.
BARS = {0: 3.0, 10: 3.5}


class Server:
    def __init__(self, directory):
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", directory, "--http", "127.0.0.1:0", "--log-level", "off"],
            stdout=subprocess.PIPE, text=True, env={"TICKBASE_STORAGE_REST_SECONDS": "20"})
        self.url = self.process.stdout.readline().split()[1]

    def ask(self, sql):
        return urllib.request.urlopen(self.url, data=sql.encode(), timeout=600).read().decode().strip()

    def metric(self, name):
        text = urllib.request.urlopen(f"{self.url}/metrics").read().decode()
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)[1])

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def batch(number, count, late):
    """Rows of one moment to the next; of a hundred, `late` belong to a moment up to 24 hours before."""
    begin = 1_704_067_200 + DAY + number * DAY // count
    span = DAY // count
    return f"""
        INSERT INTO t SELECT concat('S', leftPad(toString(cityHash64(n) % {SYMBOLS}), 3, '0')),
            fromUnixTimestamp64Nano(toInt64({begin} * 1000000000 + number * {span * 10**9 // BATCH}
                - if(cityHash64(n, 1) % 100 < {late}, cityHash64(n, 2) % {DAY} * 1000000000, 0)), 'UTC') AS ts,
            toDecimal64(100 + (cityHash64(n) % {SYMBOLS}) + (intDiv(n, 977) % 100) / 100, 2),
            toDecimal64(cityHash64(n, 3) % 1000 / 10, 1), n
        FROM (SELECT number, number + {number * BATCH} AS n FROM numbers({BATCH}))"""


def run(rows, late):
    with tempfile.TemporaryDirectory() as directory, Server(directory) as server:
        server.ask(
            "CREATE TABLE t (symbol LowCardinality(String), ts DateTime64(9, 'UTC'), price Decimal64(2), qty Decimal64(1), "
            "id UInt64) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (symbol, ts)")
        count = rows // BATCH
        began = time.monotonic()
        for number in range(count):
            server.ask(batch(number, count, late))
        inserted = time.monotonic() - began
        server.ask("SYSTEM FLUSH TABLE t")
        peak = int(server.ask("SELECT count() FROM system.parts WHERE table = 't'"))
        digest = server.ask("SELECT count(), sum(id), uniqExact(id), sum(cityHash64(symbol, ts, toString(price), toString(qty), id)) FROM t")
        # At rest when two looks in a row find nothing that goes on.
        quiet = 0
        while quiet < 25:
            time.sleep(1)
            before = server.metric("tickbase_merge_rows_total")
            busy = server.ask("SELECT count() FROM system.merges") != "0"
            time.sleep(1)
            quiet = 0 if busy or server.metric("tickbase_merge_rows_total") != before else quiet + 2
        parts, level = server.ask("SELECT count(), min(level) FROM system.parts WHERE table = 't'").split("\t")
        written = sum(server.metric(f'tickbase_segment_written_bytes_total{{by="{by}"}}') for by in ("merge", "other"))
        live = int(server.ask("SELECT sum(bytes_on_disk) FROM system.parts"))
        same = digest == server.ask(
            "SELECT count(), sum(id), uniqExact(id), sum(cityHash64(symbol, ts, toString(price), toString(qty), id)) FROM t")
        if not same or int(digest.split("\t")[0]) != count * BATCH:
            sys.exit(f"merges: rows are not those that were inserted: {digest}")
        print(f"| {late} % | {count * BATCH / 1e6:.0f} M | {inserted:.0f} s | {peak} | {parts} (level {level}) | "
              f"{live / count / BATCH:.2f} | {written / live:.2f} | {BARS[late]} |", flush=True)


def speed(rows):
    """Rows for each second of CPU of one merge of eight segments that interleave, and of packing what came of it."""
    with tempfile.TemporaryDirectory() as directory, Server(directory) as server:
        server.ask(
            "CREATE TABLE t (symbol LowCardinality(String), ts DateTime64(9, 'UTC'), price Decimal64(2), qty Decimal64(1), "
            "id UInt64) ENGINE = MergeTree ORDER BY (symbol, ts)")
        for number in range(8):
            server.ask(f"INSERT INTO t SELECT concat('S', toString(cityHash64(number) % {SYMBOLS})), "
                       f"fromUnixTimestamp64Nano(toInt64(number * 8 + {number}) * 1000000, 'UTC'), "
                       f"toDecimal64(number % 1000 / 100, 2), 1, number * 8 + {number} FROM numbers({rows // 8})")
            server.ask("SYSTEM FLUSH TABLE t")
        # Eight segments of level 0 are merged at once: from when it is seen to begin.
        while server.ask("SELECT count() FROM system.merges") == "0" and server.metric("tickbase_merge_rows_total") == 0:
            time.sleep(0.005)
        began = server.cpu_seconds()
        while server.metric("tickbase_merge_rows_total") == 0:
            time.sleep(0.05)
        merged = server.cpu_seconds() - began
        began = server.cpu_seconds()
        server.ask("OPTIMIZE TABLE t FINAL")
        packed = server.cpu_seconds() - began
        if server.ask("SELECT count(), uniqExact(id) FROM t") != f"{rows // 8 * 8}\t{rows // 8 * 8}":
            sys.exit("merges: rows are lost")
        print(f"\n{rows / 1e6:.0f} M rows in 8 segments, merged: {merged:.2f} s of CPU, {rows / merged / 1e6:.2f} M rows/s; "
              f"packed by OPTIMIZE FINAL: {packed:.2f} s, {rows / packed / 1e6:.2f} M rows/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000_000)
    options = parser.parse_args()
    print("| late | rows | inserted in | segments before rest | after | bytes/row | written / live | at most |")
    print("|---|---|---|---|---|---|---|---|")
    for late in BARS:
        run(options.rows, late)
    speed(options.rows // 4)


if __name__ == "__main__":
    main()
