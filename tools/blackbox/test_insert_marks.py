"""A feed that is cut off and goes on: inserts sent again after kill -9 are stored once.

The server is killed at any moment of an INSERT; the feed then sends what was not answered again, with the same mark, or
asks `system.insert_producers` where to go on. The numbers of the rows say at the end whether one is missing or twice.
"""

import http.client
import random
import threading
import time
import urllib.error

from process import serving

CREATE = "CREATE TABLE t (producer LowCardinality(String), n UInt64) ENGINE = MergeTree ORDER BY (producer, n)"
ROUNDS = 8
ROWS = 5
# More than the log takes in one record: such an insert goes to segments.
LARGE_ROWS = 1_500_000


def rows_of(number, producer):
    return "".join(f"{producer}\t{number * ROWS + i}\n" for i in range(ROWS))


def send(server, number, producer, mark):
    server.ask(f"INSERT INTO t FORMAT TSV\n{rows_of(number, producer)}", **mark)


def feed(server, start, chance, marks):
    """Sends inserts one after the other until the server is gone; the number of the first that was not answered."""
    killer = threading.Timer(chance.uniform(0.0, 0.25), server.process.kill)
    killer.start()
    number = start
    while True:
        try:
            send(server, number, *marks(number))
        except (OSError, http.client.HTTPException, urllib.error.URLError):
            killer.join()
            return number
        number += 1


def check(server, producer, sent):
    counts = server.ask(f"SELECT count(), uniqExact(n), max(n) FROM t WHERE producer = '{producer}'").split()
    assert counts == [str(sent * ROWS), str(sent * ROWS), str(sent * ROWS - 1)], (producer, counts, sent)


def test_what_was_not_answered_is_sent_again_and_stored_once(tmp_path):
    chance = random.Random(5)
    started = time.monotonic()
    repeated = number = 0
    for kind in ("token", "producer"):
        def marks(number, kind=kind):
            if kind == "token":
                return kind, {"insert_deduplication_token": f"piece {number}"}
            return kind, {"insert_producer": "feed", "insert_sequence": number + 1}

        number = 0
        for round in range(ROUNDS):
            with serving(tmp_path / "db") as server:
                if round == 0:
                    server.ask(CREATE.replace("TABLE t", "TABLE IF NOT EXISTS t"))
                if round % 3 == 1:
                    server.ask("SYSTEM FLUSH")
                if kind == "producer" and round:
                    last = server.ask("SELECT sequence FROM system.insert_producers WHERE producer = 'feed'")
                    # The one under way is there or not; nothing in between is lost.
                    assert int(last) in (number, number + 1), (last, number)
                    repeated += int(last) == number + 1
                before = server.ask("SELECT count() FROM t")
                if number:
                    # An answered one once more, for good measure.
                    send(server, number - 1, *marks(number - 1))
                    assert server.ask("SELECT count() FROM t") == before
                number = feed(server, number, chance, marks)
        with serving(tmp_path / "db") as server:
            send(server, number, *marks(number))
            check(server, kind, number + 1)
    assert number > ROUNDS, f"only {number} inserts in {time.monotonic() - started:.0f} s"


def test_a_large_insert_is_known_after_a_kill(tmp_path):
    rows = f"INSERT INTO t SELECT 'large', number FROM numbers({LARGE_ROWS})"
    with serving(tmp_path / "db") as server:
        server.ask(CREATE)
        server.ask(rows, insert_deduplication_token="a")
        server.process.kill()
    with serving(tmp_path / "db") as server:
        server.ask(rows, insert_deduplication_token="a")
        assert server.ask("SELECT count() FROM t") == f"{LARGE_ROWS}\n"
        server.ask(rows, insert_deduplication_token="b")
        assert server.ask("SELECT count() FROM t") == f"{2 * LARGE_ROWS}\n"
