"""Directories of earlier versions open, check sound, answer what they must, and take rows.

tools/make_golden.py wrote them, each with a build of its version; they are never written again.
"""

import json
import shutil
import subprocess
import sys

import pytest
from process import ROOT, SECONDS_MAX, serving, tickbase

GOLDEN = sorted((ROOT / "storage-format/vectors/golden").iterdir())


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.name)
def test_a_directory_of_before_is_read_and_written(golden, tmp_path):
    data = tmp_path / "db"
    shutil.copytree(golden / "directory", data)
    # Empty, and so not among the files of a checkout.
    (data / "tmp").mkdir(exist_ok=True)
    reader = subprocess.run(
        [sys.executable, ROOT / "storage-format/reader/ticklog.py", data], text=True, capture_output=True, timeout=SECONDS_MAX)
    assert reader.returncode == 0 and "\ntable " in reader.stdout, reader.stderr
    check = tickbase("check", data)
    assert check.returncode == 0, check.stdout + check.stderr
    expected = json.loads((golden / "expected.json").read_text())
    assert len(expected) > 10
    for _ in range(2):
        with serving(data) as server:
            for sql, answer in expected:
                assert server.ask(sql) == answer, sql
            # What an INSERT is known by is known still.
            server.ask("INSERT INTO fills (ts, s, id, v) VALUES ('2024-01-01 00:00:00', 'b', 3, 1)", insert_deduplication_token="correction")
            server.ask("INSERT INTO fills (ts, s, id, v) VALUES ('2024-01-01 00:00:00', 'b', 3, 2)", insert_producer="feed", insert_sequence=42)
            server.ask("SYSTEM FLUSH")
            server.process.kill()
    with serving(data) as server:
        server.ask("OPTIMIZE TABLE types FINAL")
        before = int(server.ask("SELECT count() FROM fills"))
        server.ask("ALTER TABLE fills ATTACH PARTITION ALL")
        assert int(server.ask("SELECT count() FROM fills")) > before
        for sql, answer in expected:
            if "fills" not in sql and "turnover" not in sql and "insert_producers" not in sql:
                assert server.ask(sql) == answer, sql


def test_there_is_one_of_the_version_that_is_written():
    page = (ROOT / "storage-format/README.md").read_text()
    assert any(f"The format is at **{golden.name}**" in page for golden in GOLDEN)
