"""Writes reliability.json: what the long runs of the fault tests did, and what they found. Part of tools/faults.

An entry for each harness says what it is, on which commit and over which seeds or calls it ran, and its counts; entries of
other runs stay. Nothing in it depends on the machine: seeds and calls repeat, times and paths are left out.
"""

import json
import os
import re
import subprocess

from crash_writer import ROOT

LEDGER = ROOT / "reliability.json"
# The suites of the unit tests, by the name of their entry.
SUITES = {
    "worlds of the engine": (
        "BugGardenTests/correctEngineLosesNothing",
        "inserts, late rows, imports, DELETE, UPDATE, OPTIMIZE, ALTER, flushes and copies on a simulated disk: power cuts, torn, "
        "short and failed writes, failed syncs, a full disk, cut recoveries, bits turned on read"),
    "bug garden": (
        "BugGardenTests/plantedBugIsFound",
        "the same worlds with one mistake planted in storage or engine, each found by counting seeds from 0"),
    "worlds of the store": (
        "PowerCutStoreTests|PowerCutManifestTests", "transactions, flushes and edits on a simulated disk, and mistakes planted below"),
    "damaged directory": (
        "DirectoryDamageTests", "every bit place of a small directory turned, every file cut to every length"),
    "kill -9": ("CrashTests", "a process killed at random moments, and mistakes planted outside the product"),
}
FIGURES = re.compile(
    r"^(power worlds|planted \w+|turned bits|cuts|store worlds|manifest worlds?|crash cycles|crash runs)\b.*$", re.M)


def commit():
    """The commit that is checked out, and its subject, by which it is found again when the branch was moved."""
    def git(*arguments):
        return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True).stdout
    changed = [line for line in git("status", "--porcelain", "-uno").splitlines() if "reliability.json" not in line]
    number = git("rev-parse", "--short=12", "HEAD").strip() + (" with changes" if changed else "")
    return number, git("log", "-1", "--format=%s").strip()


def plain(text):
    return re.sub(r"/tmp/[\w./-]*?(\w[\w.-]*)(?=[\s,;:]|$)", r"\1", text)


def enter(name, what, ran, result):
    """Replaces the entry of a harness."""
    ledger = json.loads(LEDGER.read_text()) if LEDGER.exists() else {}
    number, subject = commit()
    ledger[name] = {"what": what, "commit": number, "subject": subject, "ran": ran} | result
    LEDGER.write_text(plain(json.dumps(dict(sorted(ledger.items())), indent=2, ensure_ascii=False)) + "\n")


def run_suite(name, worlds):
    """Runs unit tests in full (`worlds` more than 1: so many of each) and enters the lines that they print."""
    suite, what = SUITES[name]
    result = subprocess.run(
        ["swift", "test", "--skip-build", "--ignore-lock", "--filter", suite], capture_output=True, text=True, cwd=ROOT,
        env=os.environ | {"TICKBASE_LONG": str(worlds), "SWIFT_BACKTRACE": "enable=no"})
    lines = [match.group(0) for match in FIGURES.finditer(result.stdout)]
    entry = {"passed": result.returncode == 0}
    planted = {}
    for line in lines:
        if match := re.match(r"planted (\w+): first seed (\w+), (\d+) of (\d+) worlds fail: (.*)", line):
            bug, first, failing, seeds, how = match.groups()
            planted[bug] = {
                "first seed": int(first) if first.isdigit() else None, "failing": int(failing), "seeds": int(seeds),
                "how": how[:100]}
    if planted:
        entry["planted"] = dict(sorted(planted.items()))
    else:
        entry["figures"] = sorted(line[:400] for line in lines)
    print(f"{name}: {'passed' if entry['passed'] else 'FAILED'}")
    enter(name, what, f"TICKBASE_LONG={worlds} swift test --filter '{suite}'", entry)
    return result.returncode == 0
