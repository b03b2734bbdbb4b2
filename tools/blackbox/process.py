"""One release `tickbase`, as a user runs it: the command line and a server on a free port."""

import contextlib
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("TICKBASE_BINARY", str(ROOT / ".build/release/tickbase"))
SAMPLE = ROOT / "tools/sample/BTCUSDT-trades-2024-08-08.csv.gz"
SECONDS_MAX = 120


def tickbase(*arguments, **options):
    """Runs a command to its end; the result has returncode, stdout and stderr as text."""
    return subprocess.run(
        [BINARY, *map(str, arguments)], text=True, capture_output=True, timeout=SECONDS_MAX, **options)


class Server:
    def __init__(self, process, url):
        self.process = process
        self.url = url

    def ask(self, sql, **parameters):
        """The body of a POST; raises urllib.error.HTTPError for an error status."""
        query = "&".join(f"{k}={urllib.request.quote(str(v))}" for k, v in parameters.items())
        request = urllib.request.Request(f"{self.url}/?{query}", data=sql.encode())
        return urllib.request.urlopen(request, timeout=SECONDS_MAX).read().decode()

    def error(self, sql, **parameters):
        """(status, code, body) of a statement that fails."""
        try:
            answer = self.ask(sql, **parameters)
        except urllib.error.HTTPError as error:
            return error.code, int(error.headers["X-ClickHouse-Exception-Code"]), error.read().decode()
        raise AssertionError(f"no error but {answer[:300]!r}")


@contextlib.contextmanager
def serving(data, **variables):
    """A server with these environment variables."""
    process = subprocess.Popen(
        [BINARY, "serve", "--data", str(data), "--http", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True,
        env=os.environ | variables)
    try:
        line = process.stdout.readline()
        assert line.startswith("listening http://127.0.0.1:"), line
        yield Server(process, line.split()[1])
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()
