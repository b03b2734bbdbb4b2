"""A process that may open no more files says so, serves what it has open, and goes on when it may again."""

import os
import resource
import shutil
import subprocess

import pytest

from process import serving, tickbase

TOO_MANY = "Too many open files"


def limited(server, spare):
    """Leaves room for so many more open files."""
    pid = server.process.pid
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest_descriptor(pid) + 1 + spare, server.hard))


def highest_descriptor(pid):
    return max(map(int, os.listdir(f"/proc/{pid}/fd")))


def test_no_more_files(tmp_path):
    rows = "SELECT count(), sum(k) FROM t"
    with serving(tmp_path) as server:
        server.ask("CREATE TABLE t (d Date, k UInt64) ENGINE = MergeTree PARTITION BY d ORDER BY k")
        for day in range(5):
            server.ask(f"INSERT INTO t SELECT toDate('2024-01-01') + {day}, number FROM numbers(1000)")
            server.ask("SYSTEM FLUSH TABLE t")
    with serving(tmp_path) as server:
        server.hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)[1]
        # One more: the connection of the client.
        limited(server, 1)
        # Segments that are not open yet, a new file of the log, and those that a merge writes.
        refused = [rows, "INSERT INTO t VALUES ('2024-02-01', 7)", "OPTIMIZE TABLE t FINAL", "DELETE FROM t WHERE k % 3 = 0"]
        for sql in refused:
            status, code, text = server.error(sql)
            assert (status, code) == (500, 1001) and TOO_MANY in text, (sql, text)
        # What needs no file is served.
        assert server.ask("SELECT count() FROM t") == "5000\n"
        assert server.ask("SELECT 1") == "1\n"
        limited(server, 20)
        assert server.ask(rows) == "5000\t2497500\n"
        limited(server, 1)
        # Files that are open are read on.
        assert server.ask(rows) == "5000\t2497500\n"
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (server.hard, server.hard))
        server.ask("INSERT INTO t VALUES ('2024-02-01', 7)")
        server.ask("DELETE FROM t WHERE k = 0")
        server.ask("OPTIMIZE TABLE t FINAL")
        assert server.ask(rows) == "4996\t2497507\n"
        assert server.ask("SELECT count() FROM system.parts WHERE table = 't' AND level = 2") == "6\n"
    with serving(tmp_path) as server:
        assert server.ask(rows) == "4996\t2497507\n"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 400 MB of its own."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "none", path], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"a disk of its own needs root: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", path], check=True)


def test_disk_that_a_merge_fills(small_disk):
    rows, full = "SELECT count(), sum(k) FROM t", "No space left on device"
    with serving(small_disk / "db") as server:
        server.ask("CREATE TABLE t (k UInt64, v UInt64) ENGINE = MergeTree ORDER BY k")
        for part in range(3):
            server.ask(f"INSERT INTO t SELECT number * 3 + {part}, sipHash64(number, {part}) FROM numbers(500000)")
        server.ask("SYSTEM FLUSH TABLE t")
        expected = server.ask(rows)
        stored = int(server.ask("SELECT sum(bytes_on_disk) FROM system.parts"))
        assert stored > 10_000_000
        filler = small_disk / "filler"
        with open(filler, "wb") as file:
            file.truncate()
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(small_disk).free - stored // 2)
        for sql in ("OPTIMIZE TABLE t FINAL", "ALTER TABLE t UPDATE v = v + 1 WHERE 1"):
            status, code, text = server.error(sql)
            assert (status, code) == (500, 243) and full in text, text
            assert server.ask(rows) == expected
        # What was begun is gone: there is as much room as before, and a small change finds it.
        assert shutil.disk_usage(small_disk).free > stored // 2 - 4_000_000
        server.ask("DELETE FROM t WHERE k < 3000")
        assert server.ask("SELECT count(), min(k) FROM t") == "1497000\t3000\n"
        filler.unlink()
        server.ask("OPTIMIZE TABLE t FINAL")
        assert server.ask("SELECT count(), min(k) FROM t") == "1497000\t3000\n"
        assert server.ask("SELECT min(level), max(has_lightweight_delete) FROM system.parts") == "2\t0\n"
    check = tickbase("check", small_disk / "db")
    assert check.returncode == 0, check.stdout + check.stderr
