"""RowBinary and Native over HTTP, with ClickHouse (chdb) on the other side of every byte."""

import urllib.error
import urllib.request

import pytest
from chdb import session

from process import SAMPLE, SECONDS_MAX, serving, tickbase

COLUMNS = ("ts DateTime64(9, 'UTC'), exchange LowCardinality(String), symbol LowCardinality(String), price Float64, "
           "qty Nullable(Float64), side Enum8('buy' = 1, 'sell' = 2), id UInt64, day Date, ok Bool, note String")
ROWS = (
    "SELECT toDateTime64(1723161255 + number / 8, 9, 'UTC') AS ts, 'binance' AS exchange, "
    "concat('S', toString(number % 300)) AS symbol, number / 64 AS price, if(number % 5 = 0, NULL, number / 4) AS qty, "
    "CAST(number % 2 + 1 AS Enum8('buy' = 1, 'sell' = 2)) AS side, number AS id, toDate(number % 60000) AS day, "
    "number % 3 = 0 AS ok, repeat('x', number % 17) AS note FROM numbers(150000)")
CHECK = ("SELECT count(), sum(id), sum(price), sum(qty), max(ts), min(day), max(day), countIf(ok), countIf(side = 'buy'), "
         "uniqExact(symbol), sum(length(note)) FROM {} FORMAT TSV")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("binary") / "db") as server:
        yield server


@pytest.fixture(scope="module")
def oracle():
    chdb = session.Session()
    chdb.query(f"CREATE TABLE ticks ({COLUMNS}) ENGINE = Memory")
    chdb.query(f"INSERT INTO ticks {ROWS}")
    yield chdb
    chdb.close()


def post(server, query, body=b"", **parameters):
    parameters = "&".join(f"{k}={urllib.request.quote(str(v))}" for k, v in {"query": query, **parameters}.items())
    request = urllib.request.Request(f"{server.url}/?{parameters}", data=body)
    return urllib.request.urlopen(request, timeout=SECONDS_MAX).read()


@pytest.mark.parametrize("form", ["Native", "RowBinary", "RowBinaryWithNames", "RowBinaryWithNamesAndTypes"])
def test_there_and_back(server, oracle, form, tmp_path):
    """ClickHouse writes, we read; we write, ClickHouse reads: the same rows all along."""
    wanted = oracle.query(CHECK.format("ticks").removesuffix("FORMAT TSV"), "TSV").bytes()
    server.ask(f"CREATE TABLE {form} ({COLUMNS}) ENGINE = MergeTree ORDER BY (symbol, ts)")
    assert post(server, f"INSERT INTO {form} FORMAT {form}", oracle.query("SELECT * FROM ticks", form).bytes()) == b""
    assert post(server, CHECK.format(form)) == wanted
    file = tmp_path / "rows.bin"
    file.write_bytes(post(server, f"SELECT * FROM {form} FORMAT {form}"))
    read = oracle.query(CHECK.format(f"file('{file}', '{form}', '{COLUMNS.replace(chr(39), chr(92) + chr(39))}')")
                        .removesuffix("FORMAT TSV"), "TSV").bytes()
    assert read == wanted


def test_the_first_bytes_that_clients_look_at(server):
    body = post(server, "SELECT 1 AS check FORMAT Native", client_protocol_version=54405)
    assert body[:8] == bytes([1, 0, 2, 255, 255, 255, 255, 0]) and body[8:16] == b"\x01\x01\x05check"
    body = post(server, "SELECT 1 AS check FORMAT Native", client_protocol_version=54460)
    assert body[8:] == b"\x01\x01\x05check\x05UInt8\x00\x01"
    assert post(server, "SELECT 1 AS check WHERE 0 FORMAT Native") == b""


def test_damage_adds_nothing(server, oracle):
    server.ask("CREATE TABLE damaged (id UInt64, note String) ENGINE = MergeTree ORDER BY id")
    body = oracle.query("SELECT id, note FROM ticks WHERE id < 1000", "Native").bytes()
    for data in [body[:-1], body[:100], b"INTERNAL EXCEPTION WHILE SERIALIZING", body.replace(b"\x02id", b"\x02xy", 1)]:
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(server, "INSERT INTO damaged FORMAT Native", data)
        assert refused.value.code in (400, 404, 500)
        assert post(server, "SELECT count() FROM damaged") == b"0\n"


def test_trades_of_the_sample_are_what_clickhouse_reads(tmp_path):
    data = tmp_path / "db"
    assert tickbase("import", "--data", data, SAMPLE).returncode == 0
    with serving(data) as server:
        file = tmp_path / "trades.native"
        file.write_bytes(post(server, "SELECT * FROM trades ORDER BY trade_id FORMAT Native", client_protocol_version=0))
        chdb = session.Session()
        query = "SELECT count(), max(price), min(price), sum(trade_id), max(ts), uniqExact(side) FROM {}"
        read = chdb.query(query.format(f"file('{file}', 'Native')"), "TSV").bytes()
        chdb.close()
        assert read == post(server, query.format("trades"))
