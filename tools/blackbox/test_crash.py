"""kill -9 of the released server and of the released import: what was acknowledged is there, whole and in order.

The statements are what a client has: inserts small and too large for the log, TRUNCATE, DROP and CREATE of one name,
files. Flushes on demand, three planted mistakes and torn logs are in Tests/TickEngineTests/CrashTests.swift.
A kill cannot see a missing fsync, since the kernel keeps what was written; the power cuts of the Swift tests do.
"""

import http.client
import os
import random
import signal
import subprocess
import threading
import urllib.error
import urllib.request

from process import BINARY, tickbase

CYCLES = 200 if os.environ.get("TICKBASE_LONG") else 15
ROWS_PER_INSERT_MAX = 40
# More than the log takes in one record: such an insert goes on in segments, published by one edit.
ROWS_OF_LARGE_INSERT = 360_000
CREATE = (
    "CREATE TABLE t (batch UInt64, n UInt32, ts DateTime64(9, 'UTC'), s LowCardinality(String)) "
    "ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (s, ts)")
# Batches in the order of their rows, each with what shows that it is whole and nothing came between.
STATE = ("SELECT batch, count(), uniqExact(n), max(_sequence) - min(_sequence) + 1 FROM t "
         "GROUP BY batch ORDER BY min(_sequence)")
UNKNOWN_TABLE = "60"


def start(data):
    process = subprocess.Popen(
        [BINARY, "serve", "--data", str(data), "--http", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().split()[1]


def post(url, sql):
    return urllib.request.urlopen(urllib.request.Request(url, data=sql.encode()), timeout=60).read().decode()


def rows_of(batch, count):
    return ([batch, n, f"2024-08-0{1 + n % 3} 00:00:00.{n % 1000:03}", f"s{n % 5}"] for n in range(count))


def tails():
    """The rows of a large insert after their first cell."""
    return ["\t" + "\t".join(map(str, row[1:])) for row in rows_of(0, ROWS_OF_LARGE_INSERT)]


class Loop:
    """The account: `batches` holds (batch, rows) in order since the last CREATE or TRUNCATE; None without a table."""

    def __init__(self, tmp_path, chance):
        self.data, self.files, self.chance = tmp_path / "db", tmp_path, chance
        self.batches, self.next_batch = None, 1
        self.done = {}
        self.tails = tails()
        # What the statement under way would make of it; may be there or not.
        self.under_way = None

    def insert(self, count):
        batch, self.next_batch = self.next_batch, self.next_batch + 1
        return batch, self.batches + [(batch, count)]

    def large_insert(self):
        batch, after = self.insert(ROWS_OF_LARGE_INSERT)
        text = "\n".join(f"{batch}{tail}" for tail in self.tails)
        return "large INSERT", f"INSERT INTO t FORMAT TSV\n{text}\n", after

    def step(self):
        """A statement and the state after it."""
        if self.batches is None:
            return "CREATE", CREATE, []
        dice = self.chance.random()
        if dice < 0.03:
            return "TRUNCATE", "TRUNCATE TABLE t", []
        if dice < 0.06:
            return "DROP", "DROP TABLE t", None
        count = self.chance.randint(1, ROWS_PER_INSERT_MAX)
        batch, after = self.insert(count)
        values = ",".join(f"({b},{n},'{ts}','{s}')" for b, n, ts, s in rows_of(batch, count))
        return "INSERT", f"INSERT INTO t VALUES {values}", after

    def acknowledge(self, kind, state):
        self.batches, self.under_way = state, None
        self.done[kind] = self.done.get(kind, 0) + 1

    def serve_until_killed(self, process, url):
        """True when the kill was the end of the server."""
        large = self.large_insert() if self.batches is not None and self.chance.random() < 0.3 else None
        seconds = self.chance.uniform(0.1, 2) if large else self.chance.uniform(0.02, 0.4)
        timer = threading.Timer(seconds, process.send_signal, [signal.SIGKILL])
        timer.start()
        try:
            while True:
                kind, sql, state = large or self.step()
                large = None
                self.under_way = (state,)
                post(url, sql)
                self.acknowledge(kind, state)
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            assert not isinstance(error, urllib.error.HTTPError), error.read()
        timer.join()
        return process.wait(30) == -signal.SIGKILL

    def import_until_killed(self):
        """A file while no server has the directory. True when the kill was the end of it."""
        if self.batches is None:
            return False
        count = self.chance.randint(1, 50_000)
        batch, after = self.insert(count)
        path = self.files / f"{batch}.csv"
        path.write_text("batch,n,ts,s\n" + "".join(",".join(map(str, row)) + "\n" for row in rows_of(batch, count)))
        self.under_way = (after,)
        process = subprocess.Popen(
            [BINARY, "import", "--data", str(self.data), "--table", "t", str(path)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        timer = threading.Timer(self.chance.uniform(0, 0.2), process.send_signal, [signal.SIGKILL])
        timer.start()
        code = process.wait(60)
        timer.cancel()
        assert code in (0, -signal.SIGKILL), code
        if code == 0:
            self.acknowledge("import", after)
        return code != 0

    def verify(self, url):
        try:
            found = []
            for line in post(url, STATE).splitlines():
                batch, count, distinct, span = map(int, line.split("\t"))
                assert count == distinct == span, f"batch {batch} is not whole: {line}"
                found.append((batch, count))
        except urllib.error.HTTPError as error:
            assert error.headers["X-ClickHouse-Exception-Code"] == UNKNOWN_TABLE, error.read()
            found = None
        allowed = [self.batches, *(self.under_way or ())]
        assert found in allowed, f"found {found and found[-5:]}, expected one of {[a and a[-5:] for a in allowed]}"
        self.batches, self.under_way = found, None


def test_acknowledged_rows_survive_kill_9(tmp_path):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}, {CYCLES} cycles")
    loop = Loop(tmp_path, random.Random(seed))
    kills = import_kills = 0
    process, url = start(loop.data)
    for _ in range(CYCLES):
        kills += loop.serve_until_killed(process, url)
        process, url = start(loop.data)
        loop.verify(url)
        if loop.chance.random() < 0.3:
            process.kill()
            process.wait(30)
            import_kills += loop.import_until_killed()
            process, url = start(loop.data)
            loop.verify(url)
    process.terminate()
    process.wait(30)
    print(f"kills of the server: {kills}, of an import: {import_kills}, acknowledged: {loop.done}")
    assert kills == CYCLES
    check = tickbase("check", loop.data)
    assert check.returncode == 0, check.stdout
