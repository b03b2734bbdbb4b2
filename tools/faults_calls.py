"""Kills and errors at the nth call of the system, for every n or a sample. Part of tools/faults.

strace counts the calls of each thread alone, so the process works on one thread, and the nth call is the same in every run.
"""

import random
import re
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from crash_writer import (
    Account, Failure, Writer, create, delete, drop, imported, insert, opened, run, same, update, verify, verify_copy)

CALLS = ["write", "pwrite64", "fdatasync", "fsync", "rename", "unlink", "ftruncate", "fallocate", "openat", "mkdir"]
FAULTS = ["signal=KILL", "error=EIO", "error=ENOSPC"]
# Mistakes that CrashWriter plants, each with the faults that must find it.
CONTROLS = [
    ("early-answer", "write", "signal=KILL"), ("segmentsRemovedBeforeEdit", "pwrite64", "signal=KILL"),
    ("logGoesOnBehindTornGroup", "pwrite64", "error=ENOSPC")]


def life(scratch):
    """What a database goes through: everything that writes."""
    file = scratch / "rows.csv"
    first = imported("t", 6, 50, file)
    return [
        create("t"), insert("t", 1, 40), insert("t", 2, 40), same("flush"), insert("t", 3, 300), same("flush"),
        same("sql OPTIMIZE TABLE t FINAL"), insert("t", 4, 40), delete("t", 3), update("t", 2), insert("t", 5, 400),
        first, same(first[0]), create("u"), insert("u", 7, 9), same(f"backup {scratch}/copies"), drop("u"),
        insert("t", 8, 20),
    ]


def case(scratch, phase, fault, words=()):
    """One life with one fault; gives how many statements were answered. Raises Failure."""
    data, account = scratch / "db", Account()
    steps = life(scratch)
    if phase == "recovery":
        with Writer(data, "one-thread") as writer:
            opened(writer)
            for request, effect in steps:
                if not writer.ask(request)[0]:
                    raise Failure(f"without a fault {request[:40]} fails")
                account.acknowledge(request, effect)
        steps = [insert("t", 9, 5), same("flush")]
    with Writer(data, "one-thread", *words, fault=fault) as writer:
        if writer.line() == "open":
            run(writer, steps, account)
    verify(data, account)
    if account.copies:
        verify_copy(scratch / "copies", account, scratch / "restored")
    return account.answered


def counts(phase):
    """How often a life calls the system."""
    with tempfile.TemporaryDirectory(prefix="tickbase-faults-") as name:
        log = Path(name) / "calls"
        scratch = Path(name) / "life"
        scratch.mkdir()
        names = ",".join("?" + call for call in CALLS)
        data, account = scratch / "db", Account()
        steps = life(scratch)
        if phase == "recovery":
            with Writer(data, "one-thread") as writer:
                opened(writer)
                for request, _ in steps:
                    writer.ask(request)
            steps = [insert("t", 9, 5), same("flush")]
            account.states = [{"t": [], "u": []}]
        with Writer(data, "one-thread", fault=(names, ()), log=log) as writer:
            opened(writer)
            run(writer, steps, account)
        return Counter(re.findall(r"^\d+ +(\w+)\(", log.read_text(), re.M))


def all_cases():
    for phase in ("life", "recovery"):
        found = counts(phase)
        for call in CALLS:
            # An error of write(2) is one of the channel of answers.
            for fault in FAULTS[:1] if call == "write" else FAULTS:
                for n in range(1, found[call] + 1):
                    yield phase, call, fault, n


def attempt(chosen, words=()):
    """Nil for a case that holds, else what does not."""
    phase, call, fault, n = chosen
    with tempfile.TemporaryDirectory(prefix="tickbase-faults-") as name:
        scratch = Path(name)
        try:
            answered = case(scratch, phase, (call, ("-e", f"inject={call}:{fault}:when={n}")), words)
            return answered, None
        except Failure as failure:
            return 0, f"{phase}, {call} number {n}, {fault}: {failure}"


def nth_calls(every, jobs=2):
    cases = list(all_cases())
    offset = random.randrange(every)
    chosen = cases[offset::every]
    began = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(attempt, chosen))
    failures = [text for _, text in results if text]
    by_call = Counter(f"{phase} {call} {fault.split('=')[1]}" for phase, call, fault, _ in chosen)
    print(f"nth calls: {len(chosen)} of {len(cases)} cases, every {every}. from {offset}, answered statements: "
          f"{sum(answered for answered, _ in results)}, failures: {len(failures)}, {time.monotonic() - began:.0f} s")
    print("\n".join(failures[:20]))
    return {"cases": len(cases), "offset": offset, "run": len(chosen),
            "failures": failures,
            "answered": sum(answered for answered, _ in results), "by_call": dict(sorted(by_call.items()))}


def controls():
    """The first case that finds each planted mistake."""
    found = {}
    for word, call, fault in CONTROLS:
        limit = counts("life")[call]
        for n in range(1, limit + 1):
            _, failure = attempt(("life", call, fault, n), (word,))
            if failure:
                found[word] = failure
                break
        print(f"planted {word}: {found.get(word, 'not found')}"[:300])
    return found
