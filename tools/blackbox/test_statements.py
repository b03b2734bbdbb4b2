"""The statements that run, and those that ran: system.processes, KILL QUERY, system.query_log, and the figures of a
statement in its headers."""

import http.client
import json
import os
import threading
import time
from urllib.parse import quote, urlsplit

import pytest
from process import BINARY, serving

# A statement that asks often enough ends within milliseconds; how many is printed, not asserted, as machines differ.
# Beyond this it did not ask. A debug build does the same work some thirty times slower.
SLOW = "/debug/" in BINARY
LONG = bool(os.environ.get("TICKBASE_LONG"))
KILLED_SECONDS_MAX = 10.0
ROWS = 400_000 if SLOW else 10_000_000 if LONG else 2_000_000
MOMENTS = [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95] if LONG else [0.3, 0.8]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("statements") / "db") as running:
        yield running


class Running(threading.Thread):
    """A statement that runs beside the test."""

    def __init__(self, server, sql, query_id, **parameters):
        super().__init__(daemon=True)
        self.server, self.sql, self.parameters = server, sql, dict(parameters, query_id=query_id)
        self.query_id = query_id
        self.start()
        self.error = None

    def run(self):
        try:
            self.error = self.server.error(self.sql, **self.parameters)
        except AssertionError as error:
            self.error = error
        self.ended = time.monotonic()

    def wait_until_seen(self):
        for _ in range(2_000):
            row = process(self.server, self.query_id)
            if row:
                return row
            assert self.is_alive(), self.error
            time.sleep(0.005)
        raise AssertionError("never seen in system.processes")


def rows(server, sql, **parameters):
    return [json.loads(line) for line in server.ask(sql + " FORMAT JSONEachRow", **parameters).splitlines()]


def process(server, query_id):
    found = rows(server, f"SELECT * FROM system.processes WHERE query_id = '{query_id}'")
    return found[0] if found else None


def kill(server, query_id, mode=""):
    return rows(server, f"KILL QUERY WHERE query_id = '{query_id}' {mode}")


ENDLESS = "SELECT count() FROM system.numbers WHERE number % 7 = 8"


def test_a_running_statement_is_seen_with_true_figures(server):
    statement = Running(server, ENDLESS, "seen", log_comment="why")
    first = statement.wait_until_seen()
    time.sleep(0.2)
    later = process(server, "seen")
    assert first["query"] == ENDLESS and first["query_kind"] == "Select" and first["user"] == "default"
    assert first["interface"] == "HTTP" and first["http_method"] == "POST"
    assert first["address"] == "::ffff:127.0.0.1" and first["port"] > 0
    assert first["http_user_agent"].startswith("Python-urllib")
    assert first["Settings"] == {"log_comment": "why"}
    assert int(later["read_rows"]) > int(first["read_rows"])
    assert later["elapsed"] > first["elapsed"]
    shown = rows(server, "SHOW PROCESSLIST")
    assert [row["query_id"] for row in shown][0] == "seen" and len(shown) == 2
    assert kill(server, "seen", "SYNC")[0]["kill_status"] == "finished"
    statement.join(10)
    assert statement.error[:2] == (500, 394)
    assert process(server, "seen") is None


def test_memory_is_seen_while_it_is_held_and_afterwards(server):
    sql = f"SELECT number % {ROWS} AS k, count() FROM system.numbers GROUP BY k"
    statement = Running(server, sql, "holds")
    statement.wait_until_seen()
    for _ in range(1_000):
        row = process(server, "holds")
        if int(row["memory_usage"]) > 1 << 20:
            break
        time.sleep(0.01)
    assert int(row["peak_memory_usage"]) >= int(row["memory_usage"]) > 1 << 20
    kill(server, "holds", "SYNC")
    statement.join(10)
    log = rows(server, "SELECT * FROM system.query_log WHERE query_id = 'holds' ORDER BY type")
    assert [row["type"] for row in log] == ["QueryStart", "ExceptionWhileProcessing"]
    assert int(log[1]["memory_usage"]) > 1 << 20 and log[1]["exception_code"] == 394


def test_no_two_running_statements_have_one_id(server):
    statement = Running(server, ENDLESS, "twice")
    statement.wait_until_seen()
    status, code, body = server.error("SELECT 1", query_id="twice")
    assert (status, code) == (500, 216) and "Query with id = twice is already running" in body
    kill(server, "twice", "SYNC")
    assert server.ask("SELECT 1", query_id="twice") == "1\n"
    assert server.ask("SELECT 1", query_id="twice") == "1\n"


def test_kill_says_what_it_does(server):
    statement = Running(server, ENDLESS, "kill-me")
    statement.wait_until_seen()
    assert server.ask("KILL QUERY WHERE query_id = 'nobody'") == ""
    columns = {"kill_status", "query_id", "user", "query"}
    test = kill(server, "kill-me", "TEST")
    assert test[0] == {
        "kill_status": "unknown_status", "query_id": "kill-me", "user": "default", "query": ENDLESS}
    assert statement.is_alive()
    asynchronous = rows(server, "KILL QUERY WHERE user = 'default' AND elapsed >= 0 AND read_rows > 0 ASYNC")
    assert set(asynchronous[0]) == columns and asynchronous[0]["kill_status"] == "waiting"
    statement.join(10)
    assert statement.error[:2] == (500, 394)
    # It never stops itself, and a GET may not stop anybody.
    assert server.ask("KILL QUERY WHERE 1") == ""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
    connection.request("GET", "/?query=" + quote("KILL QUERY WHERE 1"))
    assert connection.getresponse().headers["X-ClickHouse-Exception-Code"] == "164"
    assert server.error("KILL QUERY WHERE nope = 1")[1] == 47
    assert server.error("KILL MUTATION WHERE 1")[1] == 48


SOURCE = f"numbers({ROWS})"
BIG = {
    "scan": ENDLESS,
    "sort": f"SELECT number FROM {SOURCE} ORDER BY cityHash64(number) FORMAT Null",
    "sort of text": f"SELECT toString(cityHash64(number)) AS s FROM {SOURCE} ORDER BY s FORMAT Null",
    "group": f"SELECT cityHash64(number) AS k, count() FROM {SOURCE} GROUP BY k FORMAT Null",
    "group of text": f"SELECT toString(number) AS k, max(number) FROM {SOURCE} GROUP BY k FORMAT Null",
    "distinct": f"SELECT DISTINCT cityHash64(number) FROM {SOURCE} FORMAT Null",
    "join": f"SELECT count() FROM {SOURCE} AS a JOIN {SOURCE} AS b ON cityHash64(a.number) = cityHash64(b.number)",
    "cross join": f"SELECT count() FROM {SOURCE} AS a CROSS JOIN {SOURCE} AS b",
    "asof join": f"SELECT count() FROM (SELECT number AS n, 1 AS k FROM {SOURCE}) AS a ASOF JOIN "
    f"(SELECT cityHash64(number) AS n, 1 AS k FROM {SOURCE}) AS b ON a.k = b.k AND a.n <= b.n",
    "window": f"SELECT sum(number) OVER (PARTITION BY number % 10 ORDER BY cityHash64(number)) FROM {SOURCE} FORMAT Null",
    "arrays": "SELECT sum(length(arraySort(x -> cityHash64(x), range(number % 100)))) FROM system.numbers",
    "quantile": f"SELECT quantileExact(cityHash64(number)) FROM {SOURCE}",
    "collect": f"SELECT length(groupArray(cityHash64(number))) FROM {SOURCE}",
}


@pytest.mark.parametrize("name", BIG)
def test_a_killed_statement_ends_at_once(server, name):
    """Killed at several moments, so that every stage of it is met."""
    took = []
    began = time.monotonic()
    try:
        server.error(BIG[name], max_execution_time=4)
    except AssertionError:
        pass
    whole = time.monotonic() - began
    for i, part in enumerate(MOMENTS):
        statement = Running(server, BIG[name], f"{name} {i}")
        time.sleep(part * whole)
        asked = time.monotonic()
        kill(server, f"{name} {i}")
        statement.join(60)
        assert not statement.is_alive()
        if not isinstance(statement.error, AssertionError):
            took.append(statement.ended - asked)
    print(f"\n{name}: {whole:.2f} s, killed {len(took)} times, within {max(took, default=0) * 1000:.0f} ms")
    assert took and max(took) < KILLED_SECONDS_MAX


def test_a_statement_that_waits_for_its_client_is_freed(server):
    """One that sends no data, one that takes none."""
    host, port = urlsplit(server.url).hostname, urlsplit(server.url).port
    server.ask("CREATE TABLE IF NOT EXISTS waits (x UInt64) ENGINE = MergeTree ORDER BY x")
    sender = http.client.HTTPConnection(host, port)
    sender.putrequest("POST", "/?query_id=sender&query=" + quote("INSERT INTO waits FORMAT TSV"))
    sender.putheader("Transfer-Encoding", "chunked")
    sender.endheaders()
    block = b"1\n" * 200_000
    sender.send(b"%x\r\n%s\r\n" % (len(block), block))
    taker = http.client.HTTPConnection(host, port)
    taker.request("POST", "/?query_id=taker", "SELECT number FROM system.numbers")
    for _ in range(2_000):
        seen = {row["query_id"]: row for row in rows(server, "SELECT * FROM system.processes")}
        if {"sender", "taker"} <= set(seen) and int(seen["sender"]["written_rows"]) > 100_000:
            break
        time.sleep(0.01)
    before = int(seen["taker"]["read_rows"])
    time.sleep(0.5)
    assert int(process(server, "taker")["read_rows"]) - before < 5_000_000
    for name in ["sender", "taker"]:
        began = time.monotonic()
        assert kill(server, name, "SYNC")[0]["kill_status"] == "finished"
        assert time.monotonic() - began < KILLED_SECONDS_MAX + 0.2
    answer = sender.getresponse()
    assert answer.status == 500 and answer.headers["X-ClickHouse-Exception-Code"] == "394"
    assert server.ask("SELECT count() FROM waits") == "0\n"


def test_query_log_tells_how_statements_ended(server):
    server.ask("CREATE TABLE IF NOT EXISTS logged (x UInt64, s String) ENGINE = MergeTree ORDER BY x")
    server.ask("INSERT INTO logged FORMAT TSV\n1\tcanary\n2\tcanary", query_id="log-insert")
    server.ask("SELECT sum(number) FROM numbers(1000)", query_id="log-select", log_comment="mine")
    assert server.error("SELECT nope FROM logged", query_id="log-unbound")[1] == 47
    assert server.error("SELECT 1 +", query_id="log-syntax")[1] == 62
    assert server.error("INSERT INTO logged VALUEZ ('canary')", query_id="log-data")[1] == 62
    assert server.error("CREATE USER u IDENTIFIED BY 'canary'", query_id="log-user")[1] in (48, 62)
    assert server.error("SELECT * FROM postgresql('h', 'd', 't', 'u', 'canary')", query_id="log-secret")[1]
    assert server.error("SELECT throwIf(number = 500) FROM numbers(1000)", query_id="log-fails")[1] == 395
    server.ask("SELECT 1", query_id="log-not", log_queries=0)
    server.ask("SELECT 1 SETTINGS log_queries = 0", query_id="log-not-either")
    log = {}
    for row in rows(server, "SELECT * FROM system.query_log WHERE query_id LIKE 'log-%' ORDER BY event_time_microseconds"):
        log.setdefault(row["query_id"], []).append(row)
    types = {name: [row["type"] for row in found] for name, found in log.items()}
    assert types == {
        "log-insert": ["QueryStart", "QueryFinish"], "log-select": ["QueryStart", "QueryFinish"],
        "log-unbound": ["ExceptionBeforeStart"], "log-syntax": ["ExceptionBeforeStart"],
        "log-data": ["ExceptionBeforeStart"], "log-user": ["ExceptionBeforeStart"],
        "log-secret": ["ExceptionBeforeStart"], "log-fails": ["QueryStart", "ExceptionWhileProcessing"]}
    end = log["log-select"][1]
    assert int(end["read_rows"]) == 1000 and int(end["result_rows"]) == 1 and end["log_comment"] == "mine"
    assert end["query"] == "SELECT sum(number) FROM numbers(1000)" and end["query_kind"] == "Select"
    assert log["log-insert"][1]["query"] == "INSERT INTO logged FORMAT TSV"
    assert int(log["log-insert"][1]["written_rows"]) == 2
    assert log["log-fails"][1]["exception_code"] == 395 and "Code: 395" in log["log-fails"][1]["exception"]
    assert log["log-syntax"][0]["query"] == "SELECT 1 +"
    texts = "".join(row["query"] for found in log.values() for row in found)
    assert "canary" not in texts


def test_query_log_is_bounded(server):
    """Statements of a hundred thousand bytes push the older ones out, and memory stays small."""
    server.ask("SELECT 1", query_id="first-of-many")
    long = "SELECT 1 /* " + "x" * 90_000 + " */"
    for _ in range(120):
        server.ask(long)
    kept = rows(server, "SELECT count() AS n, sum(length(query)) AS bytes FROM system.query_log")[0]
    assert int(kept["bytes"]) <= 16 << 20 and int(kept["n"]) > 100
    assert rows(server, "SELECT * FROM system.query_log WHERE query_id = 'first-of-many'") == []


def test_headers_carry_true_figures(server):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
    connection.request("POST", "/", "SELECT number % 100000 AS k, count() FROM numbers(300000) GROUP BY k FORMAT Null")
    answer = connection.getresponse()
    answer.read()
    summary = json.loads(answer.headers["X-ClickHouse-Summary"])
    assert summary["read_rows"] == "300000" and summary["total_rows_to_read"] == "300000"
    assert int(summary["memory_usage"]) > 100_000 and int(summary["elapsed_ns"]) > 0


def uploading(server, query_id, file, length=10_000_000):
    """An import whose body does not come to its end."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    connection.putrequest("POST", f"/import?file={quote(file)}&query_id={query_id}")
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    connection.send(b"1,61837.63,0.1,6183.7,1723161255342,true,true\n" * 2_000)
    return connection


def test_an_import_is_a_running_statement_that_can_be_killed(server):
    connection = uploading(server, "upload", "BTCUSDT-trades-2024-08-08.csv")
    for _ in range(500):
        if row := process(server, "upload"):
            break
        time.sleep(0.01)
    assert row["query"] == "import of BTCUSDT-trades-2024-08-08.csv" and row["query_kind"] == "Import"
    assert (row["user"], row["http_method"], row["is_cancelled"]) == ("default", "POST", 0)
    assert int(row["written_bytes"]) > 0 and row["elapsed"] > 0
    # Its id is taken.
    assert server.error("SELECT 1", query_id="upload")[1] == 216
    began = time.monotonic()
    killed = kill(server, "upload", "SYNC")
    assert [row["kill_status"] for row in killed] == ["finished"]
    assert time.monotonic() - began < KILLED_SECONDS_MAX
    answer = connection.getresponse()
    assert answer.status == 500 and answer.headers["X-ClickHouse-Exception-Code"] == "394"
    connection.close()
    assert process(server, "upload") is None
    assert server.ask("SELECT count() FROM trades") == "0\n"


def test_an_import_that_is_read_can_be_killed(server):
    body = b"1,61837.63,0.1,6183.7,1723161255342,true,true\n" * ROWS
    connection = uploading(server, "reading", "BTCUSDT-trades-2024-08-08.csv", length=len(body))
    sender = threading.Thread(target=connection.send, args=(body[46 * 2_000:],), daemon=True)
    sender.start()
    for _ in range(6_000):
        row = process(server, "reading")
        if row and int(row["written_rows"]) > 0:
            break
        time.sleep(0.005)
    assert 0 < int(row["written_rows"]) < ROWS and int(row["written_bytes"]) == len(body)
    began = time.monotonic()
    assert [row["kill_status"] for row in kill(server, "reading", "SYNC")] == ["finished"]
    assert time.monotonic() - began < KILLED_SECONDS_MAX
    assert connection.getresponse().headers["X-ClickHouse-Exception-Code"] == "394"
    connection.close()
    assert server.ask("SELECT count() FROM trades") == "0\n"
