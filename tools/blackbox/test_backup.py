"""Copies of a data directory, as a user makes and restores them, and copies that are killed while they are made."""

import random
import re
import signal
import subprocess
import urllib.request

import pytest
from process import BINARY, serving, tickbase

DIGEST = "SELECT count(), sum(id), sum(cityHash64(s, ts, price, id)), uniqExact(_sequence) FROM t"


def fill(server, first, rows):
    server.ask("CREATE TABLE IF NOT EXISTS t (s LowCardinality(String), ts DateTime64(9, 'UTC'), price Float64, id UInt64) "
        "ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (s, ts)")
    server.ask(f"INSERT INTO t SELECT concat('S', toString(number % 7)), toDateTime64('2024-01-01 00:00:00', 9, 'UTC') + "
        f"toIntervalSecond(number % 200000), number / 4, number FROM numbers({first}, {rows})")


def run(*arguments, code=0):
    done = tickbase(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_copies_are_incremental_and_each_can_be_restored(tmp_path):
    data, copies = tmp_path / "db", tmp_path / "copies"
    digests = []
    for day in range(3):
        with serving(data) as server:
            fill(server, day * 10000, 10000)
            digests.append(server.ask(DIGEST))
            # Nobody copies a directory under a running server.
            assert "in use by" in run("backup", data, copies, code=1)
        text = run("backup", data, copies)
        assert text.startswith(f"copy {day + 1}: ") and f"{10000 * (day + 1)} rows" in text
    assert "; 0 segments, 0 bytes were new" in run("backup", data, copies)
    assert run("restore", copies).count("\n") == 4
    for number, digest in enumerate(digests, 1):
        again = tmp_path / f"again{number}"
        run("restore", copies, again, "--copy", number)
        assert "damaged" not in run("check", again)
        with serving(again) as server:
            assert server.ask(DIGEST) == digest
            fill(server, 10**6, 10)
            assert server.ask("SELECT max(id) FROM t") == f"{10**6 + 9}\n"
        assert "not empty" in run("restore", copies, again, code=1)
    assert "4 older copies" in run("backup", data, copies, "--keep", "1")
    assert "no copy 2" in run("restore", copies, tmp_path / "gone", "--copy", "2", code=1)
    assert "no directory of copies" in run("restore", data, tmp_path / "gone", code=1)
    assert not (tmp_path / "gone").exists()
    assert "belong elsewhere" in run("backup", data, data / "copies", code=1)
    assert "No such file" in run("backup", tmp_path / "nothing", copies, code=1)
    # A directory of copies is none that can be served.
    assert "CURRENT" in run("sql", "--data", copies, "--query", "SELECT 1", code=1)


def test_a_copy_that_is_killed_is_whole_or_not_there(tmp_path):
    data, copies = tmp_path / "db", tmp_path / "copies"
    chance = random.Random(5)
    with serving(data) as server:
        for part in range(8):
            fill(server, part * 40000, 40000)
            server.ask("SYSTEM FLUSH TABLE t")
        digest = server.ask(DIGEST)
    killed = 0
    for _ in range(12):
        process = subprocess.Popen([BINARY, "backup", str(data), str(copies)], stdout=subprocess.DEVNULL)
        try:
            process.wait(chance.random() * 0.06)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += 1
            process.wait()
    run("backup", data, copies)
    listed = run("restore", copies).splitlines()
    assert listed and all("320000 rows" in line for line in listed), listed
    for number in {re.match(r"copy (\d+)", line)[1] for line in (listed[0], listed[-1])}:
        again = tmp_path / f"again{number}"
        run("restore", copies, again, "--copy", number)
        with serving(again) as server:
            assert server.ask(DIGEST) == digest
    assert killed > 2, "no copy was killed"


def test_what_is_sound_of_a_damaged_directory_is_served_and_repaired(tmp_path):
    data, new = tmp_path / "db", tmp_path / "new"
    with serving(data, TICKBASE_STORAGE_REST_SECONDS="1") as server:
        fill(server, 0, 200000)
        server.ask("SYSTEM FLUSH TABLE t")
        path = server.ask("SELECT path FROM system.parts WHERE table = 't' AND partition = '2024-01-02'").strip()
        expected = server.ask("SELECT * FROM t WHERE ts < '2024-01-02 00:00:00' ORDER BY id")
        parts = int(server.ask("SELECT count() FROM system.parts WHERE table = 't'"))
        rows = int(server.ask(f"SELECT rows FROM system.parts WHERE path = '{path}'"))
    run("check", data)
    damaged = bytearray((data / path).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (data / path).write_bytes(damaged)

    with serving(data, TICKBASE_STORAGE_REST_SECONDS="1") as server:
        assert server.ask("SELECT * FROM t WHERE ts < '2024-01-02 00:00:00' ORDER BY id") == expected
        status, code, text = server.error("SELECT sum(cityHash64(s, ts, price, id, _sequence)) FROM t")
        assert code == 246 and path in text and "tickbase check --repair" in text, text
        assert f"segments: default.t: {path} is damaged" in urllib.request.urlopen(f"{server.url}/readyz?verbose").read().decode()
        assert "\ntickbase_segments_damaged 1\n" in urllib.request.urlopen(f"{server.url}/metrics").read().decode()
        server.ask("OPTIMIZE TABLE t")
        fill(server, 10**6, 10)
        assert server.ask("SELECT count() FROM t WHERE id >= 1000000") == "10\n"
    text = run("check", data, "--repair", new, code=1)
    saved, lost = re.search(r"(\d+) rows saved", text)[1], re.search(r"but (\d+) rows are lost", text)[1]
    assert parts >= 2 and int(lost) > 0 and int(saved) == rows + 10 - int(lost), text
    assert "already" in run("check", data, "--repair", new, code=1)
    assert (data / path).read_bytes() == bytes(damaged)
    assert "nothing to repair" in run("check", new, "--repair", tmp_path / "more")
    with serving(new) as server:
        assert server.ask("SELECT * FROM t WHERE ts < '2024-01-02 00:00:00' AND id < 1000000 ORDER BY id") == expected
        assert server.ask("SELECT count() FROM t") == f"{200010 - int(lost)}\n"
        assert server.ask("SELECT sum(cityHash64(s, ts, price, id, _sequence)) > 0, uniqExact(id) = count() FROM t") == "1\t1\n"


def test_a_directory_that_nobody_can_write_to_is_checked_and_repaired(tmp_path):
    """A disk that the kernel remounted read-only, or a snapshot: a server says why it does not start, and what only reads works."""
    data, mounted = tmp_path / "db", tmp_path / "mounted"
    with serving(data) as server:
        fill(server, 0, 1000)
        server.ask("SYSTEM FLUSH TABLE t")
        path = server.ask("SELECT path FROM system.parts WHERE table = 't' LIMIT 1").strip()
    mounted.mkdir()
    if subprocess.run(["mount", "--bind", data, mounted], capture_output=True).returncode:
        pytest.skip("a read-only mount needs root")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", mounted], check=True)
        assert "Read-only file system" in run("serve", "--data", mounted, code=1)
        assert "Read-only file system" in run("sql", "--data", mounted, "--query", "SELECT 1", code=1)
        assert "1000 rows" in run("check", mounted)
        bytes = bytearray((data / path).read_bytes())
        bytes[len(bytes) // 2] ^= 1
        (data / path).write_bytes(bytes)
        assert "are lost" in run("check", mounted, "--repair", tmp_path / "new", code=1)
        assert "nothing to repair" in run("check", tmp_path / "new", "--repair", tmp_path / "more")
    finally:
        subprocess.run(["umount", mounted], check=True)
