"""clickhouse-connect, the Python client of ClickHouse: what a user of it does first, against a real server."""

import datetime as dt
import decimal
import ipaddress
import uuid

import clickhouse_connect
import pandas as pd
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from process import serving


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("connect") / "db") as server:
        yield server


def connect(server, **options):
    host, port = server.url.split("//")[1].split(":")
    return clickhouse_connect.get_client(host=host, port=int(port), **options)


@pytest.fixture(scope="module")
def client(server):
    return connect(server)


UTC = dt.timezone.utc

# A column of every type, two values, and what the client gives back where that differs from what it took.
TYPES = {
    "Int8": [-128, 127], "Int16": [-(2**15), 2**15 - 1], "Int32": [-(2**31), 2**31 - 1], "Int64": [-(2**63), 2**63 - 1],
    "UInt8": [0, 255], "UInt16": [0, 65535], "UInt32": [0, 2**32 - 1], "UInt64": [0, 2**64 - 1],
    "Float32": [0.5, -1.25], "Float64": [0.1, -1e300], "Bool": [True, False],
    "String": ["", "Zürich \U0001f4c8 \t\n'\\"], "FixedString(3)": [b"abc", b"\x00\x01\x02"],
    "LowCardinality(String)": ["BTCUSDT", "ETHUSDT"],
    "Decimal(18, 8)": [decimal.Decimal("0.00000001"), decimal.Decimal("-9999999999.99999999")],
    "Date": [dt.date(1970, 1, 1), dt.date(2149, 6, 6)], "Date32": [dt.date(1900, 1, 1), dt.date(2299, 12, 31)],
    "DateTime('UTC')": [dt.datetime(1970, 1, 1, tzinfo=UTC), dt.datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC)],
    "DateTime64(6, 'UTC')": [dt.datetime(2024, 8, 8, 23, 59, 59, 999999, tzinfo=UTC), dt.datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC)],
    "DateTime64(3, 'America/New_York')": [dt.datetime(2024, 3, 10, 7, 0, 0, 1000, tzinfo=UTC), dt.datetime(2024, 11, 3, 6, 30, tzinfo=UTC)],
    "Enum8('buy' = 1, 'sell' = 2)": ["buy", "sell"], "Enum16('a' = -300, 'b' = 300)": ["a", "b"],
    "UUID": [uuid.UUID(int=0), uuid.UUID("61f0c404-5cb3-11e7-907b-a6006ad3dba0")],
    "IPv4": [ipaddress.IPv4Address("0.0.0.0"), ipaddress.IPv4Address("192.168.0.1")],
    "IPv6": [ipaddress.IPv6Address("::"), ipaddress.IPv6Address("2001:db8::1")],
    "Nullable(Float64)": [None, 1.5], "Nullable(String)": ["x", None], "LowCardinality(Nullable(String))": [None, "y"],
    "Array(Float64)": [[], [1.5, -2.5]], "Array(Nullable(String))": [["a", None], []], "Array(Array(UInt8))": [[[1], []], []],
    "Tuple(Float64, String)": [(1.5, "a"), (0.0, "")], "Map(String, UInt64)": [{"a": 1, "b": 2}, {}],
}


def test_what_the_client_asks_first(client):
    assert client.server_version.startswith("26.9")
    assert str(client.server_tz) == "UTC"
    assert client.ping()
    # It found the setting, so it is sent with every request.
    assert client.get_client_setting("session_id")
    assert client.command("SELECT currentDatabase()") == "default"


def test_query_gives_names_types_and_rows(client):
    result = client.query(
        "SELECT number AS n, toString(number) AS s, toDateTime(number, 'UTC') AS t FROM numbers(3) ORDER BY n")
    assert result.column_names == ("n", "s", "t")
    assert [t.name for t in result.column_types] == ["UInt64", "String", "DateTime('UTC')"]
    assert [row[:2] for row in result.result_rows] == [(0, "0"), (1, "1"), (2, "2")]
    assert int(result.summary["read_rows"]) == 3
    assert client.query("SELECT 1 WHERE 0").result_rows == []
    assert client.query("SELECT number AS n FROM numbers(3) LIMIT 0").column_names == ("n",)


def test_parameters_are_bound_by_the_server(client):
    rows = client.query(
        "SELECT number FROM numbers(10) WHERE number IN {ids:Array(UInt64)} AND {name:String} = 'O''Brien' ORDER BY number",
        parameters={"ids": [1, 3], "name": "O'Brien"}).result_rows
    assert rows == [(1,), (3,)]
    assert client.query("SELECT %(x)s + 1", parameters={"x": 4}).result_rows == [(5,)]


@pytest.mark.parametrize("type_name", TYPES)
@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_every_type_goes_in_and_comes_back(server, type_name, compress):
    client = connect(server, compress=compress)
    client.command("DROP TABLE IF EXISTS one_type")
    client.command(f"CREATE TABLE one_type (id UInt8, value {type_name}) ENGINE = MergeTree ORDER BY id")
    values = TYPES[type_name]
    summary = client.insert("one_type", [[i, v] for i, v in enumerate(values)], column_names=["id", "value"])
    assert summary.written_rows == len(values)
    back = [row[0] for row in client.query("SELECT value FROM one_type ORDER BY id", tz_mode="aware").result_rows]
    # Python never calls two times of different zones equal while the clocks of one of them stand between two offsets.
    assert [value.astimezone(UTC) if isinstance(value, dt.datetime) else value for value in back] == values
    client.close()


def test_a_large_insert_and_answer_in_blocks(client):
    client.command("CREATE TABLE many (id UInt64, symbol LowCardinality(String), price Float64) ENGINE = MergeTree ORDER BY id")
    rows = 200_000
    frame = pd.DataFrame({"id": range(rows), "symbol": [f"S{i % 50}" for i in range(rows)], "price": [i / 8 for i in range(rows)]})
    client.insert_df("many", frame)
    assert client.command("SELECT count(), sum(price), uniqExact(symbol) FROM many") == [
        str(rows), str(int(frame.price.sum())) if frame.price.sum() == int(frame.price.sum()) else str(frame.price.sum()), "50"]
    with client.query_row_block_stream("SELECT id, price FROM many ORDER BY id") as stream:
        seen = [row for block in stream for row in block]
    assert len(seen) == rows and seen[-1] == (rows - 1, (rows - 1) / 8)


def test_frames(client):
    frame = client.query_df("SELECT symbol, avg(price) AS mean FROM many GROUP BY symbol ORDER BY symbol LIMIT 3")
    assert list(frame.columns) == ["symbol", "mean"] and len(frame) == 3
    assert client.query_np("SELECT number, number / 2 FROM numbers(3) ORDER BY number").shape[0] == 3


def test_a_session_keeps_settings_and_database(client):
    client.command("SET max_result_rows = 5")
    with pytest.raises(DatabaseError, match="396"):
        client.query("SELECT number FROM numbers(6)")
    client.command("SET max_result_rows = 0")
    assert len(client.query("SELECT number FROM numbers(6)").result_rows) == 6
    assert client.query("SELECT getSetting('max_threads')", settings={"max_threads": 1}).result_rows == [(1,)]
    with pytest.raises(Exception, match="max_thread"):
        client.query("SELECT 1", settings={"max_thread": 1})


def test_commands_answer_as_the_client_expects(client):
    assert client.command("SELECT 7") == 7
    client.command("CREATE DATABASE IF NOT EXISTS other")
    client.command("USE other")
    client.command("USE default")
    assert client.command("EXISTS TABLE many") == 1
    summary = client.command("TRUNCATE TABLE many")
    assert summary.written_rows == 0
    assert client.command("SHOW TABLES LIKE 'man_'") == "many"


def test_errors_carry_code_and_text(client):
    with pytest.raises(DatabaseError) as caught:
        client.query("SELECT prize FROM trades")
    text = str(caught.value)
    assert "47" in text and "prize" in text and "UNKNOWN_IDENTIFIER" in text
    with pytest.raises(DatabaseError, match="60"):
        client.insert("no_such_table", [[1]])
    # After some rows have gone out.
    with pytest.raises(Exception, match="throwIf|395|boom"):
        client.query("SELECT throwIf(number = 1000000, 'boom') FROM numbers(2000000)")
    assert client.command("SELECT 1") == 1


def test_raw_and_arrow_free_formats(client):
    assert client.raw_query("SELECT 1 AS a, 'x' AS b", fmt="CSVWithNames") == b'"a","b"\n1,"x"\n'
    client.command("CREATE TABLE raw (a UInt8, b String) ENGINE = MergeTree ORDER BY a")
    client.raw_insert("raw", ["a", "b"], b"1,x\n2,y\n", fmt="CSV")
    assert client.query("SELECT * FROM raw ORDER BY a").result_rows == [(1, "x"), (2, "y")]
