"""Every file of the query corpus over HTTP: the answers in it are ClickHouse's (`tools/corpus verify` asks again)."""

import subprocess
import sys

from process import ROOT, SECONDS_MAX, serving


def test_the_corpus_over_http(tmp_path):
    with serving(tmp_path / "db") as server:
        result = subprocess.run(
            [sys.executable, ROOT / "tools/corpus", "run", "--url", server.url],
            text=True, capture_output=True, timeout=SECONDS_MAX)
    assert result.returncode == 0, result.stdout
    passed = int(result.stdout.splitlines()[-1].split()[0])
    assert passed > 600
