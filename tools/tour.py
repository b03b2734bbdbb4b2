"""Runs every command of README.md's tour against one release build and compares the output with what stands there.

A ```console block holds commands, each behind "$ ", and the output that follows. The server of the tour runs on a
free port here; times, rates and versions are masked on both sides. With --write the blocks are filled in again from
what the commands print, for a person to read before it is committed.
"""

import difflib
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = "tools/sample/BTCUSDT-trades-2024-08-08.csv.gz"
ADDRESS = "127.0.0.1:8123"
COMMAND_SECONDS_MAX = 60


def masked(text):
    text = re.sub(r"[0-9]+(\.[0-9]+)?( ?)(ms|s|M rows/s|k rows/s|rows/s|MB/s)\b", r"<n>\2\3", text)
    return re.sub(r'"elapsed": [0-9.e-]+', '"elapsed": <n>', text)


def blocks(readme):
    """Yields (start, end, [(command, expected)]) for each console block; offsets are of its inside."""
    for match in re.finditer(r"```console\n(.*?)```", readme, re.S):
        steps = []
        for line in match.group(1).splitlines():
            if line.startswith("$ "):
                steps.append([line[2:], []])
            elif steps and steps[-1][0].endswith("\\") and not steps[-1][1]:
                steps[-1][0] += "\n" + line
            elif steps:
                steps[-1][1].append(line)
        yield match.start(1), match.end(1), [(c, "\n".join(e)) for c, e in steps]


def main():
    write = sys.argv[1:] == ["--write"]
    binary = Path(os.environ["TICKBASE_BINARY"])
    readme = (ROOT / "README.md").read_text()
    passed = failed = 0
    pieces, copied = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "tools").symlink_to(ROOT / "tools")
        # The Python that runs this has the client libraries.
        path = f"{binary.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = dict(os.environ, PATH=path)
        subprocess.run([binary, "import", "--data", "data", SAMPLE], cwd=scratch, check=True, capture_output=True)
        server = subprocess.Popen(
            [binary, "serve", "--data", "data", "--http", "127.0.0.1:0"], cwd=scratch, stdout=subprocess.PIPE, text=True)
        try:
            address = server.stdout.readline().removeprefix("listening http://").strip()
            for start, end, steps in blocks(readme):
                lines = []
                for command, expected in steps:
                    result = subprocess.run(
                        ["bash", "-c", command.replace(ADDRESS, address)], cwd=scratch, env=environment, text=True,
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=COMMAND_SECONDS_MAX)
                    output = result.stdout.replace(address, ADDRESS).rstrip("\n")
                    lines.append(f"$ {command}\n{output}" if output else f"$ {command}")
                    if masked(output) == masked(expected.rstrip("\n")):
                        passed += 1
                        continue
                    failed += 1
                    print(f"tour: {command}")
                    print("\n".join(difflib.unified_diff(
                        masked(expected).splitlines(), masked(output).splitlines(), "README.md", "now", lineterm="")))
                pieces += [readme[copied:start], "\n".join(lines), "\n"]
                copied = end
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
    if write:
        (ROOT / "README.md").write_text("".join(pieces) + readme[copied:])
    print(f"tour: {passed} passed, {failed} failed")
    return 1 if failed and not write or passed + failed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
