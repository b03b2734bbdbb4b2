"""Clients that send the bodies of requests slowly: the honest get through, the others hold up nobody."""

import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
from process import serving

# A debug build on a busy machine needs most of it.
ANSWER_SECONDS_MAX = 5.0
BODY_SECONDS = 4
# Beyond what is gathered before a request thread is asked.
BEGINNING = b"(1),(2),(3),(4),(5),(6),(7),(8)," * 10_000
DRIPPING = 200
CLAIMED_BYTES = 10_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("slow") / "db", TICKBASE_HTTP_BODY_TIMEOUT=str(BODY_SECONDS)) as running:
        running.ask("CREATE TABLE n (x UInt64) ENGINE = MergeTree ORDER BY x")
        yield running


def connect(server):
    parts = urlsplit(server.url)
    connection = socket.create_connection((parts.hostname, parts.port))
    connection.settimeout(60)
    return connection


def head(target, length=CLAIMED_BYTES):
    return f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()


def begin(connection, data):
    """Sends as much as the server takes at once."""
    connection.setblocking(False)
    sent = 0
    try:
        while sent < len(data):
            sent += connection.send(data[sent:])
    except (BlockingIOError, OSError):
        pass
    connection.settimeout(60)


def drip(connections, until):
    """A byte for each of them every quarter of a second."""
    while time.monotonic() < until:
        for connection in connections:
            connection.setblocking(False)
            try:
                connection.send(b" ")
            except OSError:
                pass
        time.sleep(0.25)


def answer_so_far(connection):
    """Empty where there is none yet, or it was lost because bytes went on coming."""
    connection.setblocking(False)
    answer = b""
    try:
        while piece := connection.recv(4_096):
            answer += piece
    except OSError:
        pass
    connection.close()
    return answer


@pytest.mark.parametrize("target, beginning", [
    ("/?query=INSERT%20INTO%20n%20VALUES", BEGINNING),
    ("/import?file=BTCUSDT-trades-2024-08-08.csv", b"1,61837.63,0.1,6183.7,1723161255342,true,true\n" * 100),
])
def test_dripping_bodies_hold_up_no_query(server, target, beginning):
    connections = [connect(server) for _ in range(DRIPPING)]
    for connection in connections:
        begin(connection, head(target) + beginning)
    began = time.monotonic()
    dripping = threading.Thread(target=drip, args=(connections, began + 3 * BODY_SECONDS), daemon=True)
    dripping.start()
    slowest = 0.0
    while time.monotonic() - began < 2 * BODY_SECONDS:
        asked = time.monotonic()
        assert server.ask("SELECT 1") == "1\n"
        assert server.ask("INSERT INTO n VALUES (0)") == ""
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.1)
    assert slowest < ANSWER_SECONDS_MAX
    dripping.join()
    answers = [answer_so_far(connection) for connection in connections]
    # Too slow; no place for it, which for imports is said at once; or still waiting for one.
    assert {a[:12] for a in answers} <= {b"HTTP/1.1 408", b"HTTP/1.1 503", b""}
    slow = [a for a in answers if a.startswith(b"HTTP/1.1 408")]
    assert slow and all(b"X-ClickHouse-Exception-Code: 209" in a for a in slow)
    assert any(b"it must bring 1024 bytes a second" in a for a in slow)
    assert server.ask("SELECT count() FROM n WHERE x > 0") == "0\n"


def test_a_slow_upload_that_keeps_up_is_taken(server):
    """Ten kilobytes a second behind a beginning that came at once, for three times as long as a body may pause."""
    rows = b"(7)," * 2_500
    pieces = 3 * BODY_SECONDS
    connection = connect(server)
    connection.sendall(
        head("/?query=INSERT%20INTO%20n%20VALUES", len(BEGINNING) + pieces * len(rows) + 3) + BEGINNING)
    for _ in range(pieces):
        connection.sendall(rows)
        time.sleep(1)
    connection.sendall(b"(9)")
    assert connection.recv(4_096).startswith(b"HTTP/1.1 200 ")
    connection.close()
    assert server.ask("SELECT countIf(x = 9), countIf(x = 8) FROM n") == "1\t10000\n"


def test_many_large_bodies_at_once_all_get_their_turn(server):
    """More of them than may be received at a time."""
    server.ask("CREATE TABLE many (x UInt64) ENGINE = MergeTree ORDER BY x")
    failures = []

    def insert():
        try:
            server.ask("INSERT INTO many VALUES " + BEGINNING.decode() + "(9)")
        except Exception as error:  # what it was is in the message of the assertion
            failures.append(error)

    threads = [threading.Thread(target=insert) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    assert server.ask("SELECT count() FROM many") == f"{30 * 80_001}\n"
