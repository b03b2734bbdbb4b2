"""A Tests/CrashWriter in another process, and the account of what it answered: for tools/faults and what it runs.

TICKBASE_CRASH_WRITER names another binary than that of the debug build. Standard library only.
"""

import contextlib
import os
import subprocess
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WRITER = os.environ.get("TICKBASE_CRASH_WRITER", str(ROOT / ".build/debug/CrashWriter"))
SECONDS_MAX = 120
# Nothing is written since the store refuses it: such a statement has certainly not happened.
REFUSED = "writes are refused since an earlier failure"
CREATE = "(batch UInt64, n UInt32, v Float64) ENGINE = MergeTree ORDER BY n"


class Failure(Exception):
    """What must never be."""


# MARK: The account

def rows(batch, count):
    return [(batch, n, batch) for n in range(count)]


def insert(table, batch, count):
    values = ",".join(f"({b},{n},{v})" for b, n, v in rows(batch, count))
    return f"sql INSERT INTO {table} VALUES {values}", lambda s: s | {table: s[table] + rows(batch, count)}


def create(table):
    def effect(state):
        if table in state:
            raise KeyError(table)
        return state | {table: []}
    return f"sql CREATE TABLE {table} {CREATE}", effect


def drop(table):
    def effect(state):
        del (after := dict(state))[table]
        return after
    return f"sql DROP TABLE {table}", effect


def delete(table, rest):
    return (f"sql DELETE FROM {table} WHERE n % 7 = {rest}",
            lambda s: s | {table: [row for row in s[table] if row[1] % 7 != rest]})


def update(table, rest):
    return (f"sql ALTER TABLE {table} UPDATE v = n WHERE n % 7 = {rest}",
            lambda s: s | {table: [(b, n, n if n % 7 == rest else v) for b, n, v in s[table]]})


def same(request):
    """A statement that changes no row."""
    return request, lambda s: s


def imported(table, batch, count, path):
    path.write_text("batch,n,v\n" + "".join(f"{b},{n},{v}\n" for b, n, v in rows(batch, count)))
    return f"import {table} {path}", lambda s: s | {table: s[table] + rows(batch, count)}


class Account:
    """The states that the tables may be in; one, unless a statement got no answer."""

    def __init__(self):
        self.states = [{}]
        self.answered = 0
        # What a copy must hold, by the directory of copies.
        self.copies = None

    def acknowledge(self, request, effect):
        self.states = self.after(effect)
        if not self.states:
            raise Failure(f"{request[:40]} is answered where it cannot be")
        self.answered += 1
        if request.startswith("backup "):
            self.copies = self.states

    def leave_open(self, effect):
        self.states = self.states + [state for state in self.after(effect) if state not in self.states]

    def after(self, effect):
        """The states after a statement; one in which it is impossible, for a table is missing or there, has none."""
        out = []
        for state in self.states:
            with contextlib.suppress(KeyError):
                if (state := effect(state)) not in out:
                    out.append(state)
        return out

    @staticmethod
    def text(state):
        return {name: len(held) for name, held in sorted(state.items())}

    def settle(self, found):
        if found not in self.states:
            raise Failure(f"found {self.text(found)}, expected one of {list(map(self.text, self.states))}")
        self.states = [found]


# MARK: The process

class Writer:
    """A CrashWriter, under strace where a fault is given."""

    def __init__(self, data, *words, fault=None, log="/dev/null"):
        command = [WRITER, str(data), *words]
        if fault:
            call, what = fault
            command = ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={call}", *what, *command]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
            env=os.environ | {"SWIFT_BACKTRACE": "enable=no"})
        self.output = self.process.stdout
        self.held = b""

    def __enter__(self):
        self.timer = threading.Timer(SECONDS_MAX, self.process.kill)
        self.timer.start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.timer.cancel()
        self.process.stdin.close()
        self.output.close()

    def read(self, isWhole):
        while not isWhole(self.held):
            more = self.output.read(1 << 16)
            if not more:
                return None
            self.held += more
        return True

    def line(self):
        if not self.read(lambda held: b"\n" in held):
            return None
        line, self.held = self.held.split(b"\n", 1)
        return line.decode()

    def send(self, request):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(request.encode() + b"\n")

    def answer(self):
        """(True, text), (False, sentence), or None when the process ended before."""
        line = self.line()
        if line is None:
            return None
        if line.startswith("ok "):
            count = int(line[3:])
            if not self.read(lambda held: len(held) >= count):
                return None
            text, self.held = self.held[:count], self.held[count:]
            return True, text.decode()
        return False, line

    def ask(self, request):
        self.send(request)
        return self.answer()

    def end(self):
        """Closes the database in peace."""
        self.process.stdin.close()
        self.process.wait(SECONDS_MAX)


def run(writer, steps, account):
    """Runs steps until they end or the process does."""
    for request, effect in steps:
        answer = writer.ask(request)
        if answer is None:
            account.leave_open(effect)
            return
        if answer[0]:
            account.acknowledge(request, effect)
        elif REFUSED not in answer[1]:
            account.leave_open(effect)
    writer.end()


def tables(writer):
    found = {}
    for name in ("t", "u"):
        answer = writer.ask(f"sql SELECT * FROM {name} ORDER BY _sequence")
        if answer is None:
            raise Failure("the process ended")
        if answer[0]:
            found[name] = [tuple(map(int, line.split("\t"))) for line in answer[1].splitlines()]
        elif " 60 " not in answer[1][:10]:
            raise Failure(answer[1])
    return found


def opened(writer):
    line = writer.line()
    if line != "open":
        raise Failure(f"does not open: {line}")


def verify(data, account):
    """Opens what is there, compares it, writes on, and checks every byte."""
    with Writer(data) as writer:
        opened(writer)
        account.settle(tables(writer))
        request, effect = insert("t", 999, 3) if "t" in account.states[0] else create("t")
        answer = writer.ask(request)
        if not answer or not answer[0]:
            raise Failure(f"takes no rows afterwards: {answer}")
        account.acknowledge(request, effect)
        writer.end()
    check = subprocess.run([WRITER, data, "check"], capture_output=True, text=True, timeout=SECONDS_MAX)
    if check.returncode:
        raise Failure(f"check: {check.stdout}")


def verify_copy(copies, account, target):
    subprocess.run([WRITER, target, "restore-from", copies], check=True, capture_output=True, timeout=SECONDS_MAX)
    with Writer(target) as writer:
        opened(writer)
        found = tables(writer)
        if found not in account.copies:
            raise Failure(f"the copy holds {Account.text(found)}")
