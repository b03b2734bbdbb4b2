"""Every file of the query corpus over HTTP, wherever the rows lie: the answers in it are ClickHouse's (`tools/corpus
verify` asks again)."""

import subprocess
import sys

import pytest

from process import ROOT, SECONDS_MAX, serving


@pytest.mark.parametrize("layout", ["memtables", "segments", "mixed"])
def test_the_corpus_over_http(tmp_path, layout):
    with serving(tmp_path / "db") as server:
        result = subprocess.run(
            [sys.executable, ROOT / "tools/corpus", "run", "--url", server.url, "--layout", layout],
            text=True, capture_output=True, timeout=SECONDS_MAX)
    assert result.returncode == 0, result.stdout
    passed = int(result.stdout.splitlines()[-1].split()[0])
    assert passed > 600
