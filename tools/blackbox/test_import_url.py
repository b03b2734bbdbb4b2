"""`tickbase import --url`: through the server as into the directory, whole or not at all."""

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from process import BINARY, SAMPLE, serving, tickbase
from test_import import ROWS, rows, sample_text

MEMORY_BYTES_MAX = 1 << 30


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path / "served") as running:
        yield running


def send(server, *arguments):
    return tickbase("import", "--url", server.url, *arguments)


def leftovers(tmp_path):
    """What lies in the directory and is no part of it: received files, segments that nothing names."""
    return [path.name for path in (tmp_path / "served/tmp").iterdir()]


def settled(condition, seconds=30):
    """Whether something comes true; the server notices by itself that a client went away."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def large_file(tmp_path, copies):
    """A file that takes a while: the sample again and again, ids and times apart."""
    body = [line.split(",", 1) for line in sample_text().splitlines(keepends=True)]
    path = tmp_path / "BTCUSDT-trades-big.csv"
    with path.open("w") as out:
        for copy in range(copies):
            out.writelines(f"{int(number) + copy * 10**9},{rest}" for number, rest in body)
    return path


def test_it_equals_an_import_into_the_directory(tmp_path, server):
    assert tickbase("import", "--data", tmp_path / "direct", SAMPLE).returncode == 0
    result = send(server, SAMPLE)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{SAMPLE}: 9738 rows imported\n"
    assert server.ask(ROWS) == rows(tmp_path / "direct")
    assert leftovers(tmp_path) == []


def test_the_same_content_again_adds_nothing(tmp_path, server):
    renamed = tmp_path / "BTCUSDT-trades-2024-08-09.csv"
    renamed.write_text(sample_text())
    assert send(server, renamed).returncode == 0
    once = server.ask(ROWS)
    for again in (renamed, SAMPLE):
        result = send(server, again)
        assert result.returncode == 0, result.stderr
        assert result.stdout == f"{again}: imported before, nothing added\n"
        assert server.ask(ROWS) == once
    server.process.terminate()
    server.process.wait(30)
    # The identity is the same on both ways in.
    result = tickbase("import", "--data", tmp_path / "served", SAMPLE)
    assert result.stdout == f"{SAMPLE}: imported before, nothing added\n"


def test_rejected_rows_are_counted_and_reported_here(tmp_path, server):
    lines = sample_text().splitlines(keepends=True)[:100]
    lines[10] = "1,abc,0.1,0.1,1723161254000,True,True\n"
    lines[20] = "2,60000.1,0.1\n"
    path = tmp_path / "BTCUSDT-trades-x.csv"
    path.write_text("".join(lines))
    here, there = tmp_path / "here.tsv", tmp_path / "there.tsv"
    assert tickbase("import", "--data", tmp_path / "direct", "--rejects", here, path).returncode == 3
    result = send(server, "--rejects", there, path)
    assert result.returncode == 3, result.stderr
    assert result.stdout == (
        f"{path}: 98 rows imported, 2 rejected (see {there})\n"
        "  1 rejected, first in line 11: price: '…' is not a price above 0\n"
        "  1 rejected, first in line 21: quote_qty: the row ends after 3 of 7 values\n")
    assert there.read_text() == here.read_text()
    assert server.ask("SELECT count() FROM trades") == "98\n"
    # Without --rejects the report lies beside the file.
    assert send(server, "--symbol", "OTHER", path).returncode == 3
    assert (tmp_path / "BTCUSDT-trades-x.csv.rejects.tsv").read_text() == here.read_text()
    assert leftovers(tmp_path) == []


def test_options_shape_rows_as_they_do_in_the_directory(tmp_path, server):
    path = tmp_path / "quotes.csv"
    path.write_text("ts,bid,bid_qty,ask,ask_qty\n2014-05-01 00:00:01.5,1.38651,1,1.38663,2\n")
    result = send(server, "--table", "default.quotes", "--exchange", "o & o", "--symbol", "EUR/USD", path)
    assert result.returncode == 0, result.stderr
    assert server.ask("SELECT exchange, symbol, bid FROM quotes") == "o & o\tEUR/USD\t1.38651\n"


def test_errors_say_what_and_leave_nothing(tmp_path, server):
    cut = tmp_path / "BTCUSDT-trades-cut.csv.gz"
    cut.write_bytes(SAMPLE.read_bytes()[:-1000])
    result = send(server, cut)
    assert result.returncode == 1 and "BTCUSDT-trades-cut.csv.gz" in result.stderr
    result = send(server, "--table", "nothere", SAMPLE)
    assert result.returncode == 1 and "nothere" in result.stderr
    result = send(server, "--table", "candles_1m", SAMPLE)
    assert result.returncode == 1 and "computed from trades" in result.stderr
    result = send(server, tmp_path / "none.csv")
    assert result.returncode == 1 and "none.csv" in result.stderr
    assert server.ask("SELECT count() FROM trades") == "0\n"
    assert leftovers(tmp_path) == []


def test_wrong_addresses_and_usage(tmp_path, server):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert tickbase("import", "--url", nobody, SAMPLE).returncode == 4
    assert tickbase("import", "--url", "nonsense", SAMPLE).returncode == 2
    assert send(server, "--data", tmp_path / "x", SAMPLE).returncode == 2


def test_a_pipe_can_be_sent(tmp_path, server):
    with subprocess.Popen(["cat", SAMPLE], stdout=subprocess.PIPE) as source:
        result = subprocess.run(
            [BINARY, "import", "--url", server.url, "--symbol", "BTCUSDT", "/dev/stdin"],
            stdin=source.stdout, text=True, capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert server.ask("SELECT count() FROM trades") == "9738\n"


def test_progress_comes_while_it_runs_and_the_end_comes_last(tmp_path, server):
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.request("POST", "/import?file=BTCUSDT-trades-a.csv&progress=1", sample_text().encode())
    answer = connection.getresponse()
    events = [json.loads(line) for line in answer.read().splitlines()]
    assert answer.status == 200 and answer.headers["Transfer-Encoding"] == "chunked"
    assert [event["event"] for event in events] == ["progress"] * (len(events) - 1) + ["imported"]
    assert events[-2]["rows"] == events[-1]["rows"] == 9738
    assert events[-2]["bytes"] == events[-2]["bytes_total"] == len(sample_text())
    connection.request("POST", "/import?file=BTCUSDT-trades-b.csv&symbol=X", sample_text().encode())
    answer = connection.getresponse()
    assert json.loads(answer.read())["rows"] == 9738
    assert '"written_rows":"9738"' in answer.headers["X-ClickHouse-Summary"]


def test_a_client_that_is_killed_leaves_nothing(tmp_path, server):
    path = large_file(tmp_path, 30)
    started = subprocess.Popen(
        [BINARY, "import", "--url", server.url, "--symbol", "BTCUSDT", "/dev/stdin"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    text = path.read_bytes()
    started.stdin.write(text[: len(text) // 2])
    started.stdin.flush()
    # The server holds a part of the file now.
    assert settled(lambda: any((tmp_path / "served/tmp").iterdir()))
    started.send_signal(signal.SIGKILL)
    started.wait(30)
    started.stdin.close()
    assert settled(lambda: leftovers(tmp_path) == [])
    assert server.ask("SELECT count() FROM trades") == "0\n"
    assert list((tmp_path / "served/segments").rglob("*.seg")) == []
    result = send(server, path)
    assert result.returncode == 0, result.stderr
    assert server.ask("SELECT count(), uniqExact(trade_id) FROM trades") == "292140\t292140\n"


def test_a_client_that_goes_away_while_rows_are_read_adds_all_or_nothing(tmp_path, server):
    text = large_file(tmp_path, 60).read_bytes()
    parts = urlsplit(server.url)
    with contextlib.closing(socket.create_connection((parts.hostname, parts.port), 60)) as connection:
        connection.sendall(
            f"POST /import?file=BTCUSDT-trades-a.csv&progress=1 HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Length: {len(text)}\r\n\r\n".encode() + text)
        # The first event: the import runs.
        assert connection.recv(1).startswith(b"H")
    assert settled(lambda: leftovers(tmp_path) == [])
    assert server.ask("SELECT count() FROM trades") in ("0\n", f"{60 * 9738}\n")
    result = send(server, tmp_path / "BTCUSDT-trades-big.csv")
    assert result.returncode == 0, result.stderr
    assert server.ask("SELECT count() FROM trades") == f"{60 * 9738}\n"


def test_what_a_killed_server_received_goes_at_the_next_start(tmp_path):
    with serving(tmp_path / "served") as server:
        parts = urlsplit(server.url)
        with contextlib.closing(socket.create_connection((parts.hostname, parts.port), 60)) as connection:
            connection.sendall(
                b"POST /import?file=BTCUSDT-trades-a.csv HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Length: 100000000\r\n\r\n" + sample_text().encode())
            assert settled(lambda: any((tmp_path / "served/tmp").iterdir()))
            server.process.kill()
            server.process.wait(30)
    assert leftovers(tmp_path) != []
    with serving(tmp_path / "served") as server:
        assert leftovers(tmp_path) == []
        assert server.ask("SELECT count() FROM trades") == "0\n"


def test_files_that_come_at_the_same_time_are_bounded(tmp_path, server):
    parts = urlsplit(server.url)
    with contextlib.ExitStack() as stack:
        for number in range(4):
            connection = stack.enter_context(
                contextlib.closing(socket.create_connection((parts.hostname, parts.port), 60)))
            connection.sendall(
                f"POST /import?file=f{number} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n1,".encode())
        assert settled(lambda: len(leftovers(tmp_path)) == 4)
        result = send(server, SAMPLE)
        assert result.returncode == 1 and "too many simultaneous imports" in result.stderr
        # Slow senders keep nobody from asking and inserting.
        server.ask("INSERT INTO trades (ts, exchange, symbol, trade_id) VALUES ('2024-01-01 00:00:00', 'x', 'A', 1)")
        assert server.ask("SELECT count() FROM trades") == "1\n"
    assert settled(lambda: leftovers(tmp_path) == [])
    assert settled(lambda: send(server, SAMPLE).returncode == 0)


def test_inserts_go_on_beside_an_import(tmp_path, server):
    """Both write the same ids; every id is there once, and everybody is answered."""
    path = large_file(tmp_path, 10)
    ids = [int(line.split(",", 1)[0]) for line in path.read_text().splitlines()]
    results = []
    sender = threading.Thread(target=lambda: results.append(send(server, path)))
    sender.start()
    asked = 0
    while sender.is_alive() or asked < 20:
        chosen = ids[asked * 37 % len(ids)::len(ids) // 50][:50] + [10**15 + asked]
        values = ",".join(f"('2024-01-01 00:00:00', 'binance', 'BTCUSDT', {number})" for number in chosen)
        server.ask(f"INSERT INTO trades (ts, exchange, symbol, trade_id) VALUES {values}")
        asked += 1
    sender.join()
    assert results[0].returncode == 0, results[0].stderr
    expected = len(set(ids)) + asked
    assert server.ask("SELECT count(), uniqExact(trade_id) FROM trades") == f"{expected}\t{expected}\n"


def test_memory_does_not_depend_on_the_file(tmp_path, server):
    from test_http import peak_bytes

    path = large_file(tmp_path, 300)
    result = send(server, path)
    assert result.returncode == 0, result.stderr
    assert server.ask("SELECT count() FROM trades") == f"{300 * 9738}\n"
    assert peak_bytes(server.process.pid) < MEMORY_BYTES_MAX


def logged(server, name):
    """Rows of the query log about a file, in order: type, kind, rows, bytes, code, and whether it took time."""
    text = server.ask(
        "SELECT type, query_kind, written_rows, written_bytes, exception_code, query_duration_ms >= 0, exception != ''"
        f" FROM system.query_log WHERE query LIKE 'import of {name}%' ORDER BY event_time_microseconds, type")
    return [line.split("\t") for line in text.splitlines()]


def test_imports_are_in_the_query_log(server):
    data = SAMPLE.read_bytes()
    request = urllib.request.Request(f"{server.url}/import?file=logged.csv.gz&symbol=LOGGED&query_id=import-1", data=data)
    urllib.request.urlopen(request).read()
    assert logged(server, "logged.csv.gz") == [
        ["QueryStart", "Import", "0", "0", "0", "1", "0"],
        ["QueryFinish", "Import", "9738", str(len(data)), "0", "1", "0"]]
    assert server.ask("SELECT count() FROM system.query_log WHERE query_id = 'import-1' AND user = 'default'") == "2\n"

    def refused(target, body):
        with pytest.raises(urllib.error.HTTPError) as failure:
            urllib.request.urlopen(urllib.request.Request(server.url + target, data=body))
        return failure.value.headers["X-ClickHouse-Exception-Code"]

    noise = b"\xff\xfe not a file of trades"
    code = refused("/import?file=noise.csv", noise)
    begun, failed = logged(server, "noise.csv")
    assert begun[0] == "QueryStart"
    assert failed == ["ExceptionWhileProcessing", "Import", "0", str(len(noise)), code, "1", "1"]
    # What is refused before a byte is taken has no beginning.
    assert refused("/import?file=absent.csv&table=absent", b"1,2,3") == "60"
    assert logged(server, "absent.csv") == [["ExceptionBeforeStart", "Import", "0", "0", "60", "1", "1"]]
