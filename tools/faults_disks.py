"""ext4 on a loop device under a database: the power goes, or the disk is full and has room again. Part of tools/faults.

Only answers that were read before the cut count (`EXT4_IOC_SHUTDOWN` without flushing the journal: what the process wrote
and did not sync is gone, and so are names). ext4 leaves clean beginnings; torn and reordered writes are the simulated disk's.
"""

import contextlib
import fcntl
import itertools
import os
import random
import shutil
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from crash_writer import Account, Failure, Writer, create, delete, drop, insert, opened, same, tables, verify


class LoopDisk:
    """ext4 in a file."""
    SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2

    def __init__(self, scratch, mebibytes):
        self.image, self.path = scratch / "image", scratch / "mount"
        self.path.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(mebibytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", self.image], check=True)
        self.mount()

    def mount(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.path], check=True)

    def unmount(self):
        # A killed process may take its time to go on a busy machine. Never lazily: the next mount of the image would get the
        # file system of before, which has no power.
        for _ in range(600):
            if subprocess.run(["umount", self.path], capture_output=True).returncode == 0:
                return
            time.sleep(0.2)
        subprocess.run(["umount", self.path], check=True)

    def cut_power(self):
        """From now on nothing reaches the medium, the journal's end in memory included."""
        descriptor = os.open(self.path, os.O_RDONLY)
        fcntl.ioctl(descriptor, self.SHUTDOWN, struct.pack("I", self.NO_LOG_FLUSH))
        os.close(descriptor)


@contextlib.contextmanager
def loop_disk(mebibytes):
    with tempfile.TemporaryDirectory(prefix="tickbase-faults-") as name:
        disk = LoopDisk(Path(name), mebibytes)
        try:
            yield disk
        finally:
            disk.unmount()


def no_real_disk():
    """Why there can be none; None when there can."""
    if os.geteuid() != 0:
        return "loop devices need root"
    missing = [tool for tool in ("mkfs.ext4", "mount", "umount") if not shutil.which(tool)]
    if missing:
        return f"{', '.join(missing)} missing"
    with tempfile.TemporaryDirectory(prefix="tickbase-faults-") as name:
        try:
            LoopDisk(Path(name), 16).unmount()
        except subprocess.CalledProcessError:
            return "a loop device cannot be mounted here"
    return None


def random_step(chance, batches, state):
    if "t" not in state:
        return create("t")
    dice = chance.random()
    if dice < 0.06:
        return same("flush")
    if dice < 0.09:
        return same("sql OPTIMIZE TABLE t FINAL")
    if dice < 0.12:
        return delete("t", chance.randrange(7))
    if dice < 0.14 and len(state["t"]) > 3_000:
        return drop("t")
    return insert("t", next(batches), chance.randint(1, 60))


def power_cuts(cycles, words=(), seed=None, stops=False):
    """Cuts the power under a database that writes; `stops` at the first failure."""
    seed = random.randrange(1 << 32) if seed is None else seed
    chance, account, batches = random.Random(seed), Account(), itertools.count(1)
    failures, answered, done = [], 0, 0
    began = time.monotonic()
    with loop_disk(96) as disk:
        for cycle in range(cycles):
            data = disk.path / f"db{cycle - cycle % 50}"
            if cycle % 50 == 0:
                account = Account()
                shutil.rmtree(disk.path / f"db{cycle - 50}", ignore_errors=True)
            before = account.answered
            try:
                with Writer(data, *words) as writer:
                    opened(writer)
                    for _ in range(chance.randint(0, 12)):
                        request, effect = random_step(chance, batches, account.states[0])
                        answer = writer.ask(request)
                        if not answer or not answer[0]:
                            raise Failure(f"without a fault {request[:40]}: {answer}")
                        account.acknowledge(request, effect)
                    if chance.random() < 0.7:
                        # One is under way; its answer is not read any more.
                        request, effect = random_step(chance, batches, account.states[0])
                        writer.send(request)
                        account.leave_open(effect)
                        time.sleep(chance.uniform(0, 0.01))
                    disk.cut_power()
                disk.unmount()
                disk.mount()
                done += 1
                with Writer(data) as writer:
                    opened(writer)
                    account.settle(tables(writer))
            except Failure as failure:
                failures.append(f"seed {seed}, cycle {cycle}: {failure}")
                if stops:
                    break
                # What is there now is no use for the cycles that follow.
                shutil.rmtree(data, ignore_errors=True)
                account = Account()
                continue
            answered += account.answered - before
    name = f"power cuts of ext4{' with ' + ' '.join(words) if words else ''}"
    print(f"{name}: seed {seed}, {done} cuts, answered statements: {answered}, failures: {len(failures)}, "
          f"{time.monotonic() - began:.0f} s")
    print("\n".join(failures[:5]))
    return {"seed": seed, "cuts": done, "answered": answered, "failures": failures}


def full_disk():
    """Fills the disk under a database, and frees it: rows are refused and taken again, by the same process."""
    failures, account = [], Account()
    with loop_disk(48) as disk:
        data, filler = disk.path / "db", disk.path / "filler"
        refused = 0
        with Writer(data) as writer:
            opened(writer)
            run_open = [create("t")] + [insert("t", batch, 400) for batch in range(1, 5)]
            for request, effect in run_open:
                writer.ask(request)
                account.acknowledge(request, effect)
            with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
                for size in (1 << 20, 1 << 12, 1):
                    with contextlib.suppress(OSError):
                        while True:
                            file.write(b"\0" * size)
            for batch in range(5, 400):
                request, effect = insert("t", batch, 400)
                answer = writer.ask(request)
                if answer and answer[0]:
                    account.acknowledge(request, effect)
                    continue
                refused += 1
                if not answer or "No space" not in answer[1]:
                    failures.append(f"a full disk is told as {answer}")
                if refused == 5:
                    break
            if not refused:
                failures.append("the disk did not become full")
            if tables(writer) != account.states[0]:
                failures.append("other rows while the disk is full")
            filler.unlink()
            began = time.monotonic()
            request, effect = insert("t", 1_000, 400)
            while not (answer := writer.ask(request)) or not answer[0]:
                if time.monotonic() - began > 5:
                    failures.append(f"no row is taken 5 s after there is room: {answer}")
                    break
                time.sleep(0.1)
            else:
                account.acknowledge(request, effect)
            resumed = time.monotonic() - began
            writer.end()
        try:
            verify(data, account)
        except Failure as failure:
            failures.append(str(failure))
    print(f"full disk: {refused} statements refused, rows taken again after {resumed:.1f} s, failures: {failures}")
    return {"refused": refused, "failures": failures}
