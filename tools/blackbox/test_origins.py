"""Pages of other origins: none reads an answer unless the configuration names it, and none writes."""

import http.client
from urllib.parse import quote, urlsplit

import pytest
from process import serving, tickbase

PAGE = "https://page.example"
OTHER = "https://other.example"


def ask(server, method="GET", sql="SELECT 1", origin=PAGE, asks=True, body=None, **headers):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    target = f"/?query={quote(sql)}" + ("&add_http_cors_header=1" if asks else "")
    fields = {"Origin": origin} if origin else {}
    connection.request(method, target, body, fields | headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    return answer.status, answer.headers, text


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("origins")


def test_without_the_key_it_is_refused_by_name(data):
    with serving(data / "none") as server:
        status, headers, body = ask(server)
        assert (status, headers["X-ClickHouse-Exception-Code"]) == (501, "48")
        assert "add_http_cors_header" in body and "http.cors_origins" in body
        assert headers["Access-Control-Allow-Origin"] is None
        assert ask(server, origin=None)[0] == 501
        assert ask(server, asks=False)[0] == 200
        assert ask(server, "OPTIONS")[1]["Access-Control-Allow-Origin"] is None
        for statement in ("SET add_http_cors_header = 1", "SELECT 1 SETTINGS add_http_cors_header = 1"):
            assert server.error(statement)[1] == 48


def test_named_origins_read_and_write(data):
    with serving(data / "named", TICKBASE_HTTP_CORS_ORIGINS=f"{PAGE},http://third.example:8080") as server:
        status, headers, body = ask(server)
        assert (status, body, headers["Access-Control-Allow-Origin"], headers["Vary"]) == (200, "1\n", PAGE, "Origin")
        assert "X-ClickHouse-Summary" in headers["Access-Control-Expose-Headers"]
        # Errors can be read as well.
        for sql, status in (("SELECT nothing_like_it", 404), ("SELECT throwIf(1)", 500)):
            failed = ask(server, sql=sql)
            assert (failed[0], failed[1]["Access-Control-Allow-Origin"]) == (status, PAGE)
        assert ask(server, asks=False)[1]["Access-Control-Allow-Origin"] is None
        assert ask(server, origin=None)[1]["Access-Control-Allow-Origin"] is None
        for origin in (OTHER, "null", PAGE + ":8443", PAGE + ".evil.example", "http://page.example"):
            status, headers, body = ask(server, origin=origin)
            assert status == 200 and headers["Access-Control-Allow-Origin"] is None, origin
        create = "CREATE TABLE written (x Int8) ENGINE = MergeTree ORDER BY x"
        assert ask(server, "POST", create, origin=OTHER, body="")[0] == 403
        status, headers, body = ask(server, "POST", create, body="", **{"Sec-Fetch-Site": "cross-site"})
        assert (status, headers["Access-Control-Allow-Origin"]) == (200, PAGE), body
        assert server.ask("SELECT count() FROM written") == "0\n"
        first = ask(server, "OPTIONS")[1]
        assert first["Access-Control-Allow-Origin"] == PAGE and "POST" in first["Access-Control-Allow-Methods"]
        assert "X-ClickHouse-User" in first["Access-Control-Allow-Headers"]
        assert ask(server, "OPTIONS", origin=OTHER)[1]["Access-Control-Allow-Origin"] is None


def test_a_star_reads_and_does_not_write(data):
    with serving(data / "all", TICKBASE_HTTP_CORS_ORIGINS="*") as server:
        assert ask(server, origin=OTHER)[1]["Access-Control-Allow-Origin"] == "*"
        assert ask(server, "POST", "SELECT 1", origin=OTHER, body="")[0] == 403
        first = ask(server, "OPTIONS", origin=OTHER)[1]
        assert first["Access-Control-Allow-Methods"] == "GET, HEAD"


@pytest.mark.parametrize("origin", ["page.example", "https://page.example/", "https://", "ftp://page.example", "https://a b"])
def test_what_is_no_origin_is_refused_at_the_start(tmp_path, origin):
    file = tmp_path / "c.yaml"
    file.write_text(f'http: {{cors_origins: ["{origin}"]}}\n')
    result = tickbase("serve", "--config", file, "--data", tmp_path / "db", "--http", "127.0.0.1:0")
    assert result.returncode == 2 and "http.cors_origins" not in result.stdout
    assert origin in result.stderr and f"{file}:1" in result.stderr
