"""Settings and sessions over HTTP, with ClickHouse's own list beside them."""

import json
import subprocess
import sys
import threading

import chdb
import pytest

from process import ROOT, SECONDS_MAX, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("settings") / "db") as server:
        yield server


def test_the_table_is_what_its_generator_writes():
    result = subprocess.run(
        [sys.executable, ROOT / "tools/settings", "--check"], text=True, capture_output=True, timeout=SECONDS_MAX)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_setting_of_clickhouse_is_listed(server):
    theirs = str(chdb.query("SELECT name, type FROM system.settings WHERE alias_for = '' ORDER BY name", "TSV"))
    ours = server.ask("SELECT name, type FROM system.settings WHERE alias_for = '' ORDER BY name")
    own = {"wait_end_of_query", "stacktrace", "profile", "insert_producer", "insert_sequence", "insert_acknowledge"}
    assert [line for line in ours.splitlines() if line.split("\t")[0] not in own] == theirs.splitlines()


def test_values_are_shown_as_clickhouse_shows_them():
    """One session each: SET, then what getSetting and system.settings say."""
    from chdb import session

    changes = [
        ("join_use_nulls", "'true'"), ("max_memory_usage", "'3Gi'"), ("max_memory_usage", "'2G'"), ("max_execution_time", "1.5"),
        ("max_result_rows", "7"), ("union_default_mode", "'ALL'"), ("format_csv_delimiter", "';'"),
        ("output_format_pretty_max_rows", "300"), ("date_time_output_format", "'iso'"), ("optimize_read_in_order", "0"),
    ]
    query = "SELECT value, changed, getSetting('{0}'), toTypeName(getSetting('{0}')) FROM system.settings WHERE name = '{0}'"
    oracle = session.Session()
    with scratch_server() as server:
        for number, (name, value) in enumerate(changes):
            oracle.query(f"SET {name} = {value}")
            expected = str(oracle.query(query.format(name), "TSV"))
            server.ask(f"SET {name} = {value}", session_id=f"s{number}")
            assert server.ask(query.format(name), session_id=f"s{number}") == expected, name
            oracle.query(f"SET {name} = DEFAULT")
            server.ask(f"SET {name} = DEFAULT", session_id=f"s{number}")
            assert server.ask(f"SELECT changed FROM system.settings WHERE name = '{name}'", session_id=f"s{number}") == "0\n"


def scratch_server():
    import tempfile
    return serving(tempfile.mkdtemp() + "/db")


def test_a_session_keeps_what_set_and_use_changed(server):
    server.ask("SET join_use_nulls = 1", session_id="keeps")
    server.ask("USE system", session_id="keeps")
    assert server.ask("SELECT getSetting('join_use_nulls'), currentDatabase()", session_id="keeps") == "true\tsystem\n"
    assert server.ask("SELECT getSetting('join_use_nulls'), currentDatabase()") == "false\tdefault\n"
    # What a request says beside its statement is for that statement.
    assert server.ask("SELECT currentDatabase()", session_id="keeps", database="default") == "default\n"
    assert server.ask("SELECT getSetting('join_use_nulls')", session_id="keeps", join_use_nulls=0) == "false\n"
    assert server.ask("SELECT getSetting('join_use_nulls'), currentDatabase()", session_id="keeps") == "true\tsystem\n"
    server.ask("SET param_limit = '3'", session_id="keeps")
    assert server.ask("SELECT number FROM numbers({limit:UInt8})", session_id="keeps") == "0\n1\n2\n"


def test_statements_about_settings_have_no_result_and_no_format(server):
    import urllib.request
    request = urllib.request.Request(server.url + "/?session_id=head", data=b"SET max_threads = 1")
    answer = urllib.request.urlopen(request, timeout=SECONDS_MAX)
    assert answer.read() == b"" and answer.headers["X-ClickHouse-Format"] is None


def test_two_requests_never_share_a_session(server):
    """One statement holds the session for as long as its body is missing; the other is refused."""
    import http.client
    import time
    host = server.url.split("//")[1]
    slow = http.client.HTTPConnection(host, timeout=SECONDS_MAX)
    slow.putrequest("POST", "/?session_id=shared&query_id=holder&query=INSERT+INTO+system_locks+FORMAT+TSV")
    server.ask("CREATE TABLE system_locks (id UInt64) ENGINE = MergeTree ORDER BY id")
    slow.putheader("Transfer-Encoding", "chunked")
    slow.endheaders()
    # More than is gathered before a worker takes the request, so that it runs and waits for the rest.
    data = b"".join(b"%d\n" % i for i in range(100_000))
    slow.send(b"%x\r\n%s\r\n" % (len(data), data))
    # Asked without the session: a statement that had it at this moment would have the first one refused.
    end = time.monotonic() + SECONDS_MAX
    while server.ask("SELECT count() FROM system.processes WHERE query_id = 'holder'") == "0\n":
        assert time.monotonic() < end, "the statement that holds the session does not run"
        time.sleep(0.02)
    assert server.error("SELECT 1", session_id="shared")[:2] == (500, 373)
    slow.send(b"0\r\n\r\n")
    assert slow.getresponse().read() == b""
    assert server.ask("SELECT count() FROM system_locks", session_id="shared") == "100000\n"


def test_many_sessions_at_once(server):
    failures = []

    def work(number):
        try:
            name = f"thread{number}"
            server.ask(f"SET max_result_rows = {number + 1}", session_id=name)
            for _ in range(20):
                assert server.ask("SELECT getSetting('max_result_rows')", session_id=name) == f"{number + 1}\n"
            server.ask("SELECT 1", session_id=name, close_session=1)
            assert server.error("SELECT 1", session_id=name, session_check=1)[1] == 372
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_show_settings(server):
    assert server.ask("SHOW SETTINGS LIKE 'join_use_null_'") == "join_use_nulls\tBool\t0\n"
    assert server.ask("SHOW SETTINGS ILIKE 'JOIN_USE%'") == "join_use_nulls\tBool\t0\n"
    assert server.ask("SHOW CHANGED SETTINGS LIKE '%'", max_result_rows=5) == "max_result_rows\tUInt64\t5\n"
    assert server.ask("SHOW SETTING max_result_rows", max_result_rows=5) == "5\n"
    assert server.ask("SHOW SETTING max_result_row") == ""
    names = [json.loads(line)["name"] for line in
             server.ask("SHOW SETTINGS LIKE 'max_result%' FORMAT JSONEachRow").splitlines()]
    assert names == ["max_result_bytes", "max_result_rows"]


def test_readonly_cannot_be_given_back(server):
    server.ask("SET readonly = 1", session_id="reader")
    assert server.error("SET readonly = 0", session_id="reader")[1] == 164
    assert server.error("SET max_threads = 1", session_id="reader")[1] == 164
    assert server.error("SELECT 1", session_id="reader", max_threads=1)[1] == 164
    assert server.error("SELECT 1 SETTINGS max_threads = 1", session_id="reader")[1] == 164
    assert server.error("CREATE TABLE nope (a UInt8) ENGINE = MergeTree ORDER BY a", session_id="reader")[1] == 164
    assert server.ask("SELECT 1", session_id="reader") == "1\n"
