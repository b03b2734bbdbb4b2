"""Copies of a data directory, as a user makes and restores them, and copies that are killed while they are made."""

import random
import re
import signal
import subprocess

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
