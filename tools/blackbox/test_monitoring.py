"""What an operator's machines read: /metrics, /healthz, /readyz and the log."""

import http.client
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from process import BINARY, SAMPLE, SECONDS_MAX, serving, tickbase
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("monitoring") / "db") as running:
        yield running


def get(server, path):
    """(status, headers, body) of a GET."""
    try:
        with urllib.request.urlopen(server.url + path, timeout=SECONDS_MAX) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def figures(server):
    """Every sample by name and labels."""
    _, headers, text = get(server, "/metrics")
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text) for sample in family.samples}


def test_metrics_are_well_formed(server):
    _, _, text = get(server, "/metrics")
    families = list(text_string_to_metric_families(text))
    names = [family.name for family in families]
    assert len(names) == len(set(names)) > 20
    for family in families:
        assert family.documentation.endswith(".") and family.type in ("counter", "gauge", "histogram")
        assert family.name.startswith(("tickbase_", "process_"))
        if family.type == "histogram":
            by_labels = {}
            for sample in family.samples:
                rest = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
                by_labels.setdefault(rest, []).append(sample)
            for samples in by_labels.values():
                buckets = [s.value for s in samples if s.name.endswith("_bucket")]
                assert buckets == sorted(buckets) and samples[len(buckets) - 1].labels["le"] == "+Inf"
                assert buckets[-1] == next(s.value for s in samples if s.name.endswith("_count"))


def test_promtool_finds_nothing(server):
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (Debian: prometheus)")
    _, _, text = get(server, "/metrics")
    result = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    assert result.returncode == 0 and result.stdout + result.stderr == ""


def test_counters_count_what_happened(server):
    before = figures(server)
    server.ask("CREATE TABLE IF NOT EXISTS counted (x UInt64) ENGINE = MergeTree ORDER BY x")
    server.ask("INSERT INTO counted SELECT number FROM numbers(1000)")
    assert server.ask("SELECT count() FROM counted WHERE x >= 0") == "1000\n"
    server.error("SELECT nope")
    get(server, "/nowhere")
    data = SAMPLE.read_bytes()
    request = urllib.request.Request(server.url + "/import?file=BTCUSDT-trades-2024-08-08.csv.gz", data=data)
    urllib.request.urlopen(request, timeout=SECONDS_MAX).read()
    after = figures(server)

    def grew(name, **labels):
        key = (name, tuple(sorted(labels.items())))
        return after.get(key, 0) - before.get(key, 0)

    assert grew("tickbase_http_requests_total", route="query", code="200") == 3
    assert grew("tickbase_http_requests_total", route="query", code="404") == 1
    assert grew("tickbase_http_requests_total", route="other", code="404") == 1
    assert grew("tickbase_http_requests_total", route="import", code="200") == 1
    assert grew("tickbase_http_requests_total", route="metrics", code="200") == 1
    assert grew("tickbase_query_duration_seconds_count", kind="select") == 2
    assert grew("tickbase_query_duration_seconds_count", kind="insert") == 1
    assert grew("tickbase_query_failures_total", kind="select") == 1
    assert grew("tickbase_ingest_rows_total", source="insert") == 1000
    assert grew("tickbase_ingest_rows_total", source="import") == 9738
    assert grew("tickbase_query_rows_read_total") == 2000
    assert grew("tickbase_wal_fsync_duration_seconds_count") >= 1
    assert grew("tickbase_wal_written_bytes_total") > 1000
    assert after[("tickbase_storage_bytes", (("tier", "segments"),))] > 10_000
    assert after[("tickbase_rows", ())] == 10_738
    assert after[("tickbase_read_only", ())] == 0 and after[("tickbase_queries_inflight", ())] == 0
    assert grew("tickbase_http_received_bytes_total") > len(data)
    assert after[("process_resident_memory_bytes", ())] > 1 << 20 and after[("process_open_fds", ())] > 5
    assert abs(after[("process_start_time_seconds", ())] - time.time()) < 3600


def test_health_is_told(server):
    assert get(server, "/healthz")[0::2] == (200, "Ok.\n")
    assert get(server, "/readyz")[0::2] == (200, "Ok.\n")
    assert get(server, "/readyz?verbose")[2] == "Ok.\nstore: ok\nflush: ok\nmerge: ok\nsegments: ok\ndisk: ok\n"
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
    for path in ["/healthz", "/readyz", "/metrics"]:
        connection.request("HEAD", path)
        answer = connection.getresponse()
        assert answer.status == 200 and int(answer.headers["Content-Length"]) > 3 and answer.read() == b""
        connection.request("POST", path, "x")
        answer = connection.getresponse()
        assert answer.status == 404 and answer.read()


def test_an_unwritable_disk_is_not_ready(tmp_path):
    """A directory whose files cannot be made: queries go on, readiness says why not."""
    with serving(tmp_path / "db") as server:
        assert get(server, "/readyz")[0] == 200
        shutil.rmtree(tmp_path / "db" / "tmp")
        time.sleep(1.1)
        status, _, text = get(server, "/readyz")
        assert status == 503 and "disk: " in text and "store: ok" in text
        assert server.ask("SELECT 1") == "1\n" and get(server, "/healthz")[0] == 200


def test_pages_are_answered_while_every_thread_is_busy(server):
    """Sixteen request threads have something to do; an operator still sees what happens."""
    host, port = urlsplit(server.url).hostname, urlsplit(server.url).port
    taken = []
    for number in range(20):
        connection = socket.create_connection((host, port))
        text = b" UNION ALL ".join([b"SELECT sleepEachRow(0.002) FROM numbers(1000)"] * 10)
        connection.sendall(b"POST /?query_id=busy%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (number, len(text), text))
        taken.append(connection)
    for _ in range(500):
        if figures(server)[("tickbase_queries_inflight", ())] == 16:
            break
        time.sleep(0.02)
    began = time.monotonic()
    assert figures(server)[("tickbase_queries_inflight", ())] == 16
    assert get(server, "/readyz")[0] == 200
    assert time.monotonic() - began < 2
    for connection in taken:
        connection.close()
    assert server.ask("SELECT 1") == "1\n"


class Logged:
    """A server whose standard error is kept."""

    def __init__(self, tmp_path, *arguments):
        self.path = tmp_path / "log"
        self.file = open(self.path, "wb")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", str(tmp_path / "db"), "--http", "127.0.0.1:0", *arguments],
            stdout=subprocess.PIPE, stderr=self.file, text=True)
        self.url = self.process.stdout.readline().split()[1]

    def stop(self):
        self.process.terminate()
        assert self.process.wait(30) == 0
        return self.path.read_text()


def ask(url, sql, **parameters):
    query = "&".join(f"{k}={urllib.request.quote(str(v))}" for k, v in parameters.items())
    try:
        return urllib.request.urlopen(urllib.request.Request(f"{url}/?{query}", data=sql.encode())).read()
    except urllib.error.HTTPError as error:
        return error.read()


SECRETS = ["canary", "geheim"]


def some_statements(url):
    ask(url, "SELECT 1,\n\t'\x01'", query_id="one")
    ask(url, "CREATE TABLE t (s String) ENGINE = MergeTree ORDER BY s", query_id="two")
    ask(url, "INSERT INTO t FORMAT TSV\ncanary\n", query_id="three")
    ask(url, "SELECT nope", query_id="four")
    ask(url, "CREATE USER u IDENTIFIED BY 'geheim'", query_id="five")
    ask(url, "SELECT 1", user="default", password="geheim")
    ask(url, "SELECT '" + "x" * 20_000 + "'", query_id="six")


def test_the_log_is_json_lines(tmp_path):
    server = Logged(tmp_path)
    some_statements(server.url)
    text = server.stop()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines if line["event"] != "query"] == ["started", "stopping", "stopped"]
    queries = {line["query_id"]: line for line in lines if line["event"] == "query"}
    assert set(queries) == {"one", "two", "three", "four", "five", "six"}
    assert queries["one"]["query"] == "SELECT 1,\n\t'\x01'" and queries["one"]["code"] == 0
    assert queries["one"]["level"] == "info" and queries["four"]["level"] == "warning"
    assert queries["three"]["written_rows"] == 1 and queries["three"]["query"] == "INSERT INTO t FORMAT TSV"
    assert queries["four"]["code"] == 47 and "nope" in queries["four"]["error"]
    assert all(isinstance(line["duration_ms"], float) for line in queries.values())
    assert len(queries["six"]["query"]) == 4096
    assert not any(secret in text for secret in SECRETS)


def test_the_log_is_text_for_people(tmp_path):
    server = Logged(tmp_path, "--log-format", "text")
    some_statements(server.url)
    lines = server.stop().splitlines()
    assert " INFO started url=http://127.0.0.1:" in lines[0] and " INFO stopped" in lines[-1]
    assert any(" INFO query query_id=one user=default kind=Select duration_ms=" in line and line.endswith(": SELECT 1,\\n\\t'\\u0001'") for line in lines)
    assert any(" WARNING query query_id=four " in line and " code=47 " in line for line in lines)
    assert not any(secret in line for secret in SECRETS for line in lines)


def test_the_level_decides_what_is_logged(tmp_path):
    server = Logged(tmp_path, "--log-level", "warning")
    some_statements(server.url)
    assert {json.loads(line)["query_id"] for line in server.stop().splitlines()} == {"four", "five"}
    for arguments in [("--log-level", "loud"), ("--log-format", "xml")]:
        result = tickbase("serve", "--data", tmp_path / "other", "--http", "127.0.0.1:0", *arguments)
        assert result.returncode == 2 and arguments[1] in result.stderr


def test_a_log_that_nobody_reads_stops_nobody(tmp_path):
    process = subprocess.Popen(
        [BINARY, "serve", "--data", str(tmp_path / "db"), "--http", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    url = process.stdout.readline().split()[1]
    long = "SELECT 1 /* " + "x" * 4_000 + " */"
    for _ in range(400):
        assert ask(url, long) == b"1\n"
    process.terminate()
    text = process.communicate(timeout=60)[1]
    assert process.returncode == 0
    assert '"event":"dropped"' in text


def test_a_prefix_of_a_proxy_is_passed_by(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("http: {path_prefix: /ticks}\n")
    with_prefix = Logged(tmp_path, "--config", str(config))
    server = type("Server", (), {"url": with_prefix.url})
    assert get(server, "/ticks/ping")[0::2] == (200, "Ok.\n")
    assert get(server, "/ticks?query=SELECT%201")[2] == get(server, "/ticks/?query=SELECT%201")[2] == "1\n"
    assert get(server, "/ping")[0] == 200 and get(server, "/ticksy/ping")[0] == 404
    with_prefix.stop()
