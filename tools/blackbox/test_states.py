"""States of aggregates over HTTP, exchanged with ClickHouse (chdb): its bytes are ours."""

import random
import urllib.error
import urllib.request

import pytest
from chdb import session

from process import SECONDS_MAX, serving

COLUMNS = {
    "n": ("AggregateFunction(count)", "countState()", "countMerge"),
    "o": ("AggregateFunction(argMin, Float64, DateTime64(3, 'UTC'))", "argMinState(price, ts)", "argMinMerge"),
    "h": ("AggregateFunction(max, Float64)", "maxState(price)", "maxMerge"),
    "l": ("AggregateFunction(min, Float64)", "minState(price)", "minMerge"),
    "c": ("AggregateFunction(argMax, Float64, DateTime64(3, 'UTC'))", "argMaxState(price, ts)", "argMaxMerge"),
    "v": ("AggregateFunction(sum, Float64)", "sumState(qty)", "sumMerge"),
    "a": ("AggregateFunction(avg, Float64)", "avgState(price)", "avgMerge"),
    "w": ("AggregateFunction(sumIf, Nullable(Float64), UInt8)", "sumIfState(nullIf(qty, 1), side)", "sumIfMerge"),
    "u": ("AggregateFunction(uniqExact, String)", "uniqExactState(toString(number % 97))", "uniqExactMerge"),
    "q": ("AggregateFunction(quantileExact(0.5), Float64)", "quantileExactState(0.5)(price)", "quantileExactMerge"),
    "g": ("AggregateFunction(groupArray, UInt64)", "groupArrayState(number)", "arraySum(groupArrayMerge"),
    "m": ("AggregateFunction(max, String)", "maxState(toString(number))", "maxMerge"),
    "vp": ("AggregateFunction(varPop, Float64)", "varPopState(price)", "roundBankers(varPopMerge"),
    "ds": ("AggregateFunction(stddevSamp, Nullable(Float64))", "stddevSampState(nullIf(qty, 1))", "round(stddevSampMerge"),
    "vs": ("AggregateFunction(varSampStable, Float64)", "varSampStableState(price)", "floor(varSampStableMerge"),
    "kp": ("AggregateFunction(kurtPop, Float64)", "kurtPopState(qty)", "round(1e6 * kurtPopMerge"),
    "cp": ("AggregateFunction(covarPop, Float64, Float64)", "covarPopState(price, qty)", "round(100 * covarPopMerge"),
    "co": ("AggregateFunction(corr, Float64, Float64)", "corrState(price, qty)", "round(1e9 * corrMerge"),
    "cs": ("AggregateFunction(corrStable, Float64, Float64)", "corrStableState(price, qty)", "round(1e9 * corrStableMerge"),
    "sw": ("AggregateFunction(sumWithOverflow, UInt8)", "sumWithOverflowState(CAST(number % 256 AS UInt8))", "sumWithOverflowMerge"),
    "sk": ("AggregateFunction(sumKahan, Float64)", "sumKahanState(price)", "sumKahanMerge"),
    "sc": ("AggregateFunction(sumCount, UInt64)", "sumCountState(number)", "sumCountMerge"),
    "bx": ("AggregateFunction(groupBitXor, UInt64)", "groupBitXorState(number)", "groupBitXorMerge"),
    "sm": ("AggregateFunction(sumMap, Map(UInt8, Float64))", "sumMapState(map(side, qty))", "sumMapMerge"),
    "mm": ("AggregateFunction(maxMap, Map(String, UInt64))", "maxMapState(map(toString(side), number))", "maxMapMerge"),
}
SCHEMA = "k UInt32, " + ", ".join(f"{name} {kind}" for name, (kind, _, _) in COLUMNS.items())
ROWS = ("SELECT number % 1000 AS k, " + ", ".join(f"{call} AS {name}" for name, (_, call, _) in COLUMNS.items())
        + " FROM (SELECT number, toDateTime64(number / 8, 3, 'UTC') AS ts, number * 7919 % 10007 / 64 AS price, "
        + "number % 33 / 8 AS qty, CAST(number % 2 AS UInt8) AS side FROM numbers(20000)) GROUP BY k")
CHECK = ("SELECT k % 7 AS j, "
         + ", ".join(f"{merge}({name}){')' if '(' in merge else ''}" for name, (_, _, merge) in COLUMNS.items())
         + " FROM {} GROUP BY j ORDER BY j")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("states") / "db") as server:
        yield server


@pytest.fixture(scope="module")
def oracle():
    chdb = session.Session()
    chdb.query(f"CREATE TABLE states ({SCHEMA}) ENGINE = Memory")
    chdb.query(f"INSERT INTO states {ROWS} SETTINGS max_threads = 1")
    yield chdb
    chdb.close()


def post(server, query, body=b""):
    request = urllib.request.Request(f"{server.url}/?query={urllib.request.quote(query)}", data=body)
    return urllib.request.urlopen(request, timeout=SECONDS_MAX).read()


@pytest.mark.parametrize("form", ["Native", "RowBinary", "RowBinaryWithNamesAndTypes", "TSV", "CSV"])
def test_there_and_back(server, oracle, form, tmp_path):
    """ClickHouse's states are merged here, and ours there, to the same results."""
    wanted = oracle.query(CHECK.format("states"), "TSV").bytes()
    server.ask(f"CREATE TABLE {form} ({SCHEMA}) ENGINE = MergeTree ORDER BY k")
    post(server, f"INSERT INTO {form} FORMAT {form}", oracle.query("SELECT * FROM states", form).bytes())
    server.ask(f"SYSTEM FLUSH TABLE {form}")
    assert post(server, CHECK.format(form)) == wanted
    file = tmp_path / "rows.bin"
    file.write_bytes(post(server, f"SELECT * FROM {form} FORMAT {form}"))
    read = oracle.query(CHECK.format("file('{}', '{}', '{}')".format(file, form, SCHEMA.replace("'", "\\'"))), "TSV")
    assert read.bytes() == wanted


def test_our_own_states(server, oracle, tmp_path):
    """Made here from the rows, and merged by ClickHouse."""
    wanted = oracle.query(CHECK.format("states"), "TSV").bytes()
    server.ask(f"CREATE TABLE own ({SCHEMA}) ENGINE = MergeTree ORDER BY k")
    server.ask(f"INSERT INTO own {ROWS}")
    assert post(server, CHECK.format("own")) == wanted
    file = tmp_path / "rows.bin"
    file.write_bytes(post(server, "SELECT * FROM own FORMAT Native"))
    assert oracle.query(CHECK.format(f"file('{file}', 'Native')"), "TSV").bytes() == wanted


def test_sorted_beyond_memory(server):
    """States beside the keys of a sort that goes over files."""
    made = "SELECT number AS k, groupArrayState(number) AS g FROM numbers(200000) GROUP BY k"
    checked = f"SELECT count(), sum(cityHash64(k, finalizeAggregation(g)[1])) FROM ({made} ORDER BY k % 1009, k"
    plain = post(server, f"{checked})")
    assert post(server, f"{checked}) SETTINGS max_bytes_before_external_sort = 1000000") == plain
    assert plain.startswith(b"200000\t")


def test_random_bytes(server):
    """What is no state is refused, and the server goes on."""
    server.ask(f"CREATE TABLE fuzzed ({SCHEMA}) ENGINE = Memory")
    noise = random.Random(7)
    whole = post(server, f"SELECT * FROM ({ROWS}) LIMIT 3 FORMAT RowBinary SETTINGS limit = 3")
    refused = 0
    for _ in range(200):
        body = bytearray(whole)
        for _ in range(noise.randrange(1, 4)):
            body[noise.randrange(len(body))] = noise.choice([0, 1, 2, 127, 128, 255, noise.randrange(256)])
        body = bytes(body[: noise.randrange(len(body) + 1)]) if noise.random() < 0.3 else bytes(body)
        try:
            post(server, "INSERT INTO fuzzed FORMAT RowBinary", body)
            post(server, CHECK.format("fuzzed"))
        except urllib.error.HTTPError as error:
            assert error.headers["X-ClickHouse-Exception-Code"] is not None
            refused += 1
    assert refused > 20
    assert post(server, "SELECT 1") == b"1\n"
