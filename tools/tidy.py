"""The rules of the tree that a formatter cannot hold. Run by tools/check; standard library only.

Each rule is a function that yields (path, line, sentence). `--self-test` plants one break of every rule in a copy
and fails unless each is found, so no rule here can quietly stop working.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Which of our rooms a room may import: edges point down only.
EDGES = {
    "TickColumns": {"CTickKernels"},
    # Digests stand beside the checksums: SQL has them as functions, the server compares passwords by them.
    "TickFormats": {"TickColumns", "CZstd", "CLZ4", "CZlib", "CXXHash", "COpenSSL"},
    "TickStorage": {"TickColumns", "TickFormats", "CTickKernels"},
    "TickSQL": {"TickColumns", "TickFormats", "CRE2"},
    "TickEngine": {"TickColumns", "TickFormats", "TickStorage", "TickSQL"},
    "TickServer": {"TickColumns", "TickFormats", "TickSQL", "TickEngine", "TickStorage"},
    "tickbase": {"TickColumns", "TickFormats", "TickSQL", "TickEngine", "TickServer", "TickStorage", "CYAML",
        "CTickTerminal"},
}
# What a room may import from outside.
OUTSIDE = {
    "TickColumns": {"Glibc"},
    "TickFormats": {"Glibc"},
    "TickStorage": {"Glibc", "Synchronization"},
    "TickSQL": {"Glibc", "Synchronization"},
    "TickEngine": {"Glibc", "Synchronization", "Dispatch"},
    "TickServer": {"Glibc", "Synchronization", "Dispatch", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOConcurrencyHelpers"},
    "tickbase": {"Glibc", "Synchronization", "Dispatch", "ArgumentParser"},
}
# Calls that bring a clock, chance or a hidden exit into a room that has none.
PURE_ROOMS = ("TickColumns", "TickFormats", "TickSQL")
IMPURE = re.compile(
    r"\b(Date\(\)|Date\.now|clock_gettime|gettimeofday|time\(nil\)|ContinuousClock|SuspendingClock|"
    r"\w+\.random\(|SystemRandomNumberGenerator|arc4random|Task\.detached|exit\(|abort\()"
)
# Rooms that other programs embed, and what a library in them keeps its hands off.
EMBEDDED_ROOMS = ("TickColumns", "TickFormats", "TickStorage", "TickSQL", "TickEngine")
HIDDEN = re.compile(
    r"(?:^|[^\w.])(signal|sigaction|pthread_sigmask|sigprocmask|exit|_exit|_Exit|quick_exit|atexit|abort|print|debugPrint|dump|"
    r"fputs|fprintf|vprintf|puts|perror|syslog|openlog|NSLog|os_log|Logger|setenv|unsetenv|setlocale|chdir|umask|setrlimit)\("
)
MARKERS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|not " r"implemented yet|place" r"holder")
MACHINE_PATHS = re.compile(r"(^|[^A-Za-z0-9_.~])/(wo" r"rk|fa" r"rm|ro" r"ot)/")
SWIFT_LINES_MAX = 700
TEXT_BYTES_MAX = 1 << 20


def tracked(root):
    out = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True,
    ).stdout
    return [Path(p.decode()) for p in out.split(b"\0") if p and (root / p.decode()).is_file()]


def text_of(path):
    raw = path.read_bytes()
    if b"\0" in raw or len(raw) > TEXT_BYTES_MAX:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def imports(files):
    pattern = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)?(?:public |package |internal |private |fileprivate )?import (?:\w+ )?(\w+)", re.M)
    homes = {}
    for path, text in files:
        if path.suffix != ".swift" or path.parts[0] != "Sources":
            continue
        room = path.parts[1]
        for match in pattern.finditer(text):
            name = match.group(1)
            line = text.count("\n", 0, match.start(1)) + 1
            if name not in EDGES.get(room, set()) | OUTSIDE.get(room, set()):
                yield path, line, f"{room} may not import {name}"
            if name.startswith("C") and name in {"CZstd", "CLZ4", "CZlib", "CXXHash", "COpenSSL", "CYAML", "CRE2"}:
                if name in homes and homes[name] != path:
                    yield path, line, f"{name} is imported by {homes[name]} already: one Swift file per C module"
                homes.setdefault(name, path)


def impure_calls(files):
    for path, text in files:
        if path.suffix == ".swift" and path.parts[0] == "Sources" and path.parts[1] in PURE_ROOMS:
            for number, line in enumerate(text.splitlines(), 1):
                code = line.split("//")[0]
                if match := IMPURE.search(code):
                    yield path, number, f"{path.parts[1]} may not call {match.group(0)}"


def hidden_effects(files):
    """What embeds the engine owns its process: handlers of signals, streams, surroundings and its end."""
    for path, text in files:
        if path.suffix == ".swift" and path.parts[0] == "Sources" and path.parts[1] in EMBEDDED_ROOMS:
            for number, line in enumerate(text.splitlines(), 1):
                if match := HIDDEN.search(line.split("//")[0]):
                    yield path, number, f"{path.parts[1]} may not call {match.group(1)}: it lives in processes of others"


def markers(files):
    for path, text in files:
        if path.parts[0] in ("Sources", "Tests", "tools", "Benchmarks"):
            for number, line in enumerate(text.splitlines(), 1):
                if MARKERS.search(line) and path.name != "tidy.py":
                    yield path, number, "a leftover marker is a stub or a promise"


def machine_paths(files):
    for path, text in files:
        if path.name == "tidy.py":
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATHS.search(line):
                yield path, number, "a path of some machine"


def long_files(files):
    for path, text in files:
        if path.suffix in (".swift", ".c", ".cc") and path.parts[0] == "Sources":
            count = text.count("\n")
            # A generated table is as long as what it lists.
            if count > SWIFT_LINES_MAX and not text.startswith("// Written by "):
                yield path, count, f"{count} lines: more than one idea, perhaps"


def empty_tests(files):
    start = re.compile(r"@Test\b")
    for path, text in files:
        if path.suffix != ".swift" or path.parts[0] != "Tests":
            continue
        for match in start.finditer(text):
            body = text[match.start(): (text.find("@Test", match.end()) if "@Test" in text[match.end():] else len(text))]
            if not re.search(r"#expect|#require|Issue\.record|\bexpect\w*\(|\bcheck\w*\(|\bassert\w*\(|\bverify\w*\(", body):
                yield path, text.count("\n", 0, match.start()) + 1, "a test that asserts nothing"


def dead_files(files):
    """Scripts and documents that nothing names."""
    everything = "\n".join(text for path, text in files)
    for path, _ in files:
        if path.parts[0] != "tools" or path.name in ("README.md", "process.py") or path.match("tools/blackbox/test_*.py"):
            continue
        # Sources of an example are named by their folder.
        if path.parts[1] == "examples" and str(path.parent) in everything:
            continue
        if everything.count(path.name) == 0:
            yield path, 1, "nothing names this file"


RULES = [imports, impure_calls, hidden_effects, markers, machine_paths, long_files, empty_tests, dead_files]


def findings(root):
    files = []
    for path in tracked(root):
        text = text_of(root / path)
        if text is not None:
            files.append((path, text))
    for rule in RULES:
        for path, line, sentence in rule(files):
            yield rule.__name__, f"{path}:{line}: {sentence}"


PLANTED = {
    "imports": ("Sources/TickColumns/Planted.swift", "import Foundation\n"),
    "impure_calls": ("Sources/TickSQL/Planted.swift", "let now = Date.now\n"),
    "hidden_effects": ("Sources/TickEngine/Planted.swift", "func leave() { exit(1) }\n"),
    "markers": ("Sources/TickSQL/Marked.swift", "// TO" "DO later\n"),
    "machine_paths": ("README.planted.md", "see /wo" "rk/main\n"),
    "long_files": ("Sources/TickSQL/Long.swift", "\n" * (SWIFT_LINES_MAX + 1)),
    "empty_tests": ("Tests/TickSQLTests/Planted.swift", "@Test func nothing() {}\n"),
    "dead_files": ("tools/nobody_names_me.py", "\n"),
}


def self_test():
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        subprocess.run(["git", "init", "-q", scratch], check=True)
        for name, text in PLANTED.values():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        found = {rule for rule, _ in findings(root)}
    missed = [rule.__name__ for rule in RULES if rule.__name__ not in found]
    if missed:
        print(f"tidy: planted breaks not found: {', '.join(missed)}")
        return 1
    return 0


def main():
    if self_test():
        return 1
    count = 0
    for _, sentence in findings(ROOT):
        print(sentence)
        count += 1
    print(f"tidy: {len(RULES)} rules, {count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
