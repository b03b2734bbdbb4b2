"""Clients that ask for much and do not read it: others are answered meanwhile, and nothing of theirs is left behind."""

import contextlib
import signal
import socket
import time
from urllib.parse import urlsplit

import pytest

from process import serving
from test_monitoring import figures

# A good client is answered within this time, however many others do not read,
ANSWER_SECONDS_MAX = 2.0
# and before anybody is cut off (`http.send_timeout`) while their statements still make what they will wait with.
BEGINNING_SECONDS_MAX = 25.0
# `DatabaseOptions.requestThreads`.
THREADS = 16
# Made fast, so that the statement soon waits for its client.
ENDLESS = "SELECT number AS a, number AS b, number AS c FROM system.numbers FORMAT Native"
WAITING = "SELECT count() FROM system.processes WHERE query_id LIKE 'silent%'"


@pytest.fixture()
def server(tmp_path):
    with serving(tmp_path / "db") as server:
        yield server


@contextlib.contextmanager
def silent_clients(server, count):
    """Clients that ask and never read, with small buffers of the system."""
    parts = urlsplit(server.url)
    clients = []
    try:
        for number in range(count):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.connect((parts.hostname, parts.port))
            client.sendall(
                f"POST /?query_id=silent{number} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(ENDLESS)}\r\n\r\n{ENDLESS}".encode())
            clients.append(client)
        yield clients
    finally:
        for client in clients:
            client.close()


def seconds(server, sql="SELECT 1"):
    began = time.monotonic()
    server.ask(sql)
    return time.monotonic() - began


def wait_until(condition, seconds_max=30):
    end = time.monotonic() + seconds_max
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_others_are_answered_while_many_do_not_read(server):
    with silent_clients(server, 40):
        assert seconds(server) < BEGINNING_SECONDS_MAX
        assert wait_until(lambda: server.ask(WAITING) == "40\n")
        assert figures(server)[("tickbase_queries_inflight", ())] == 40
        times = [seconds(server, "SELECT sum(number) FROM numbers(1000)") for _ in range(20)]
        print(f"answered after {max(times) * 1000:.0f} ms at most")
        assert max(times) < ANSWER_SECONDS_MAX
    assert wait_until(lambda: server.ask(WAITING) == "0\n")
    assert wait_until(lambda: figures(server)[("tickbase_queries_inflight", ())] == 0)


def test_statements_that_wait_are_killed(server):
    with silent_clients(server, THREADS + 4) as clients:
        assert wait_until(lambda: server.ask(WAITING) == f"{THREADS + 4}\n")
        began = time.monotonic()
        server.ask("KILL QUERY WHERE query_id LIKE 'silent%' SYNC")
        assert time.monotonic() - began < ANSWER_SECONDS_MAX
        assert server.ask(WAITING) == "0\n"
        # The client learns why, behind what it had not read.
        clients[0].settimeout(30)
        text = b""
        while piece := clients[0].recv(1 << 20):
            text = text[-10_000:] + piece
        assert b"Query was cancelled" in text
    assert server.ask(
        "SELECT count() FROM system.query_log WHERE query_id LIKE 'silent%' AND exception_code = 394") == f"{THREADS + 4}\n"


def test_a_server_whose_clients_do_not_read_stops(tmp_path):
    with serving(tmp_path / "db") as server, silent_clients(server, 2 * THREADS):
        assert wait_until(lambda: server.ask(WAITING) == f"{2 * THREADS}\n")
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        print(f"stopped after {time.monotonic() - began:.1f} s")


def test_a_client_that_takes_nothing_is_cut_off(tmp_path):
    with serving(tmp_path / "db", TICKBASE_HTTP_SEND_TIMEOUT="1") as server, silent_clients(server, 3):
        assert wait_until(lambda: server.ask(WAITING) == "3\n")
        assert wait_until(lambda: server.ask(WAITING) == "0\n", 10)


def test_one_that_reads_slowly_gets_all(tmp_path):
    """Slower than its result is made for longer than the time in which it must take a piece."""
    with serving(tmp_path / "db", TICKBASE_HTTP_SEND_TIMEOUT="2") as server:
        parts = urlsplit(server.url)
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            client.connect((parts.hostname, parts.port))
            client.sendall(
                b"GET /?query=SELECT+repeat('x',999)+FROM+numbers(8000) HTTP/1.0\r\nHost: localhost\r\n\r\n")
            size, began = 0, time.monotonic()
            while piece := client.recv(1 << 16):
                size += len(piece)
                time.sleep(len(piece) / 2e6)
            assert time.monotonic() - began > 3
            assert size > 8_000_000


def test_where_too_many_wait_the_next_one_ends(tmp_path):
    with serving(tmp_path / "db", TICKBASE_HTTP_SLOW_READERS="2") as server, silent_clients(server, 4):
        assert wait_until(
            lambda: server.ask("SELECT count() FROM system.query_log WHERE exception_code = 202") == "2\n")
        assert server.ask(WAITING) == "2\n"
