"""What the comparisons share: the release binary, a server on a directory of its own, and the bytes of a folder."""

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 30


def folder_bytes(path):
    return sum(p.stat().st_size for p in Path(path).rglob("*") if p.is_file())


def built(*products):
    """Builds products for release; the folder that they are in. Standard output is left to the tables."""
    for product in products:
        subprocess.run(["swift", "build", "-c", "release", "--product", product], cwd=ROOT, check=True, stdout=sys.stderr)
    command = ["swift", "build", "-c", "release", "--show-bin-path"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


class Server:
    """A running `tickbase serve`."""

    def __init__(self, process, url):
        self.pid = process.pid
        self.url = url

    def send(self, sql, data=None):
        """The bytes of the answer. With `data` the statement is in the address and the data in the body."""
        url, body = self.url, sql.encode()
        if data is not None:
            url, body = f"{url}/?{urllib.parse.urlencode({'query': sql})}", data
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=body)) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{sql[:200]}: {error.read().decode(errors='replace')}") from error

    def ask(self, sql):
        """The rows of an answer."""
        return [json.loads(line) for line in self.send(sql + " FORMAT JSONCompactEachRow").splitlines()]


@contextmanager
def served(binary, folder):
    """A server on a data directory; its log lies beside the directory."""
    command = [binary, "serve", "--data", str(folder), "--http", "127.0.0.1:0"]
    log = Path(f"{folder}.log")
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        line = process.stdout.readline()
        if not line.startswith("listening "):
            raise RuntimeError(f"{binary} does not listen: {log.read_text()}")
        yield Server(process, line.removeprefix("listening ").strip())
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
