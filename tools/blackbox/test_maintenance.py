"""Segments over time, as a user sees them: the background merges what rests, OPTIMIZE does it now, rows go by DELETE and
DROP PARTITION, and what monitoring shows of it."""

import re
import time
import urllib.request

from process import SECONDS_MAX, serving


def wait_for(what):
    end = time.monotonic() + SECONDS_MAX
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def fill(server, days=2, flushes=10):
    server.ask("CREATE TABLE t (s LowCardinality(String), ts DateTime64(9, 'UTC'), price Float64, id UInt64) "
        "ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (s, ts)")
    for flush in range(flushes):
        server.ask(f"INSERT INTO t SELECT concat('S', toString(number % 7)), toDateTime64('2024-01-01 00:00:00', 9, 'UTC') + "
            f"toIntervalSecond((number * {flushes} + {flush}) * 5 % {86400 * days}), number / 4, number * {flushes} + {flush} "
            "FROM numbers(3000)")
        server.ask("SYSTEM FLUSH TABLE t")


DIGEST = "SELECT count(), sum(id), sum(cityHash64(s, ts, price, id)), uniqExact(_sequence) FROM t"
PARTS = "SELECT count(), max(level), sum(rows) FROM system.parts WHERE table = 't'"


def test_the_background_merges_what_rests(tmp_path):
    with serving(tmp_path / "db", TICKBASE_STORAGE_REST_SECONDS="1") as server:
        fill(server)
        before = server.ask(DIGEST)
        wait_for(lambda: server.ask(PARTS) == "2\t2\t30000\n")
        assert server.ask(DIGEST) == before
        metrics = urllib.request.urlopen(f"{server.url}/metrics", timeout=SECONDS_MAX).read().decode()
        assert int(float(re.search(r'^tickbase_merges_total\{result="done"\} (\S+)', metrics, re.M)[1])) >= 2
        assert float(re.search(r"^tickbase_merge_rows_total (\S+)", metrics, re.M)[1]) >= 30000
        assert float(re.search(r'^tickbase_segment_written_bytes_total\{by="merge"\} (\S+)', metrics, re.M)[1]) > 0
        assert server.ask("SELECT count() FROM system.merges") == "0\n"
    # Nothing but what the manifest names is left, and it is sound.
    with serving(tmp_path / "db") as server:
        assert server.ask(DIGEST) == before
        assert server.ask(PARTS) == "2\t2\t30000\n"


def test_optimize_and_rows_that_go(tmp_path):
    with serving(tmp_path / "db", TICKBASE_STORAGE_MERGES="0") as server:
        fill(server)
        before = server.ask(DIGEST)
        assert server.ask(PARTS).startswith("20\t0\t")
        server.ask("OPTIMIZE TABLE t PARTITION '2024-01-01' FINAL")
        assert server.ask(PARTS).startswith("11\t2\t")
        server.ask("OPTIMIZE TABLE t FINAL")
        assert server.ask(PARTS) == "2\t2\t30000\n"
        assert server.ask(DIGEST) == before
        gone = int(server.ask("SELECT count() FROM t WHERE s = 'S3'"))
        server.ask("DELETE FROM t WHERE s = 'S3'")
        assert server.ask("SELECT count(), countIf(s = 'S3') FROM t") == f"{30000 - gone}\t0\n"
        server.ask("ALTER TABLE t UPDATE price = 1 WHERE s = 'S4'")
        assert server.ask("SELECT DISTINCT price FROM t WHERE s = 'S4'") == "1\n"
        rest = server.ask("SELECT count() FROM t WHERE ts >= '2024-01-02 00:00:00'")
        server.ask("ALTER TABLE t DROP PARTITION '2024-01-01'")
        assert server.ask("SELECT count() FROM t") == rest
        digest = server.ask(DIGEST)
        server.process.kill()
    with serving(tmp_path / "db") as server:
        assert server.ask(DIGEST) == digest
