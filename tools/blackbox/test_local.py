"""`tickbase local`: SQL over files and standard input, beside what ClickHouse (chdb) answers for the same files."""

import gzip
import json
import os
import subprocess

import chdb
import pytest
from process import BINARY, SAMPLE, serving, tickbase

ROWS = "id,at,price,side\n1,2024-01-01 10:00:00,1.5,buy\n2,2024-01-01 10:00:01,2,sell\n3,2024-01-02 00:00:00,2.25,buy\n"
SECONDS_MAX = 120


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    path = tmp_path_factory.mktemp("local")
    (path / "a.csv").write_text(ROWS)
    (path / "b.csv").write_text(ROWS.replace("\n1,", "\n4,"))
    (path / "a.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    (path / "a.tsv").write_text(ROWS.replace(",", "\t"))
    rows = [
        {"id": 1, "tags": ["x", "y"], "at": "2024-01-01", "n": None, "deep": {"a": 1, "b": "q"}},
        {"id": 2.5, "tags": [], "at": "2024-01-02 10:00:00", "ok": True, "deep": {"a": 2, "b": "r"}}]
    (path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("Native", "RowBinaryWithNamesAndTypes"):
        made = chdb.query("SELECT number AS id, toString(number) AS text, [number] AS list FROM numbers(100000)", name)
        (path / f"a.{name.lower()}").write_bytes(made.bytes())
    return path


def local(*arguments, **options):
    return tickbase("local", *arguments, **options)


@pytest.mark.parametrize("query", [
    "SELECT * FROM file('a.csv') ORDER BY id",
    "SELECT side, count(), sum(price), max(at) FROM file('a.csv.gz') GROUP BY side ORDER BY side",
    "SELECT at, id FROM file('a.tsv', 'TSVWithNames') WHERE id > 1 ORDER BY id",
    "SELECT * FROM file('a.csv', 'CSV', 'id UInt8, at DateTime, price Decimal(9, 2), side String') ORDER BY id",
    "SELECT * FROM file('a.csv', CSVWithNames, 'side String, id UInt16') ORDER BY id",
    "SELECT count(), sum(id) FROM file('{a,b}.csv')",
    "SELECT count() FROM file('*.csv')",
    "SELECT id, tags, at, n, ok FROM file('a.jsonl') ORDER BY id",
    "SELECT a.id, b.price FROM file('a.csv') AS a INNER JOIN file('b.csv') AS b ON a.id = b.id ORDER BY a.id",
    "SELECT count(), sum(id), max(text), sum(list[1]) FROM file('a.native')",
    "SELECT count(), sum(id), max(text) FROM file('a.rowbinarywithnamesandtypes', 'RowBinaryWithNamesAndTypes')",
    "DESCRIBE file('a.csv')",
    "DESCRIBE TABLE file('a.native')",
    "SELECT * FROM file('a.csv', 'LineAsString') ORDER BY line",
    "SELECT c1 FROM file('a.csv', 'CSV') SETTINGS input_format_csv_detect_header = 0",
])
def test_files_as_clickhouse_reads_them(files, query, monkeypatch):
    monkeypatch.chdir(files)
    result = local("--query", query + " FORMAT TSVWithNamesAndTypes" if "SETTINGS" not in query else query)
    assert result.returncode == 0, result.stderr
    wanted = chdb.query(query, "TSVWithNamesAndTypes" if "SETTINGS" not in query else "TSV")
    assert result.stdout == str(wanted)


def test_standard_input_is_a_table(files):
    result = local(
        "--input-format", "CSVWithNames", "--structure", "id UInt8, side LowCardinality(String)", "--query",
        "SELECT side, sum(id) FROM table GROUP BY side ORDER BY side", input=ROWS)
    assert (result.returncode, result.stdout) == (0, "buy\t4\nsell\t2\n"), result.stderr
    # Read as often as it is named, though it comes once; packed or not.
    packed = subprocess.run(
        [BINARY, "local", "--input-format", "CSV", "--table", "t", "--query",
         "SELECT count() FROM t; SELECT max(x.price) FROM t AS x INNER JOIN t AS y ON x.id = y.id"],
        input=gzip.compress(ROWS.encode()), capture_output=True, timeout=SECONDS_MAX)
    assert (packed.returncode, packed.stdout) == (0, b"3\n2.25\n"), packed.stderr
    named = local("--file", files / "a.jsonl", "--query", "SELECT sum(id) FROM table")
    assert (named.returncode, named.stdout) == (0, "3.5\n"), named.stderr


def test_input_that_nobody_asks_for_is_not_waited_for():
    reader, writer = os.pipe()
    try:
        result = subprocess.run(
            [BINARY, "local", "--query", "SELECT 1"], stdin=reader, capture_output=True, text=True, timeout=SECONDS_MAX)
    finally:
        os.close(reader)
        os.close(writer)
    assert (result.returncode, result.stdout) == (0, "1\n")


def test_the_beginning_of_an_endless_input_is_enough():
    result = subprocess.run(
        ["bash", "-c", f"yes 7 | '{BINARY}' local --structure 'x UInt8' --query 'SELECT x FROM table LIMIT 3'"],
        capture_output=True, text=True, timeout=SECONDS_MAX)
    assert (result.returncode, result.stdout) == (0, "7\n7\n7\n")


def test_tables_of_its_own_and_nothing_left_behind(files, tmp_path):
    script = f"""
        CREATE TABLE trades_here ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM file('{files}/a.csv');
        INSERT INTO trades_here SELECT id + 10, at, price, side FROM file('{files}/b.csv');
        SELECT count(), sum(price) FROM trades_here"""
    result = local(input=script, env=dict(os.environ, TMPDIR=str(tmp_path)))
    assert (result.returncode, result.stdout) == (0, "6\t11.5\n"), result.stderr
    assert local("--query", "SELECT nope", env=dict(os.environ, TMPDIR=str(tmp_path))).returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_mistakes_are_told(files):
    for query, text in [
        (f"SELECT * FROM file('{files}/none.csv')", "none.csv: No such file"),
        (f"SELECT * FROM file('{files}/none*.csv')", "no file is called"),
        (f"SELECT * FROM file('{files}', 'CSV')", "is a directory"),
        (f"SELECT * FROM file('{files}/a.csv', 'CSVWithNames', 'id Date')", "a.csv: "),
        (f"SELECT * FROM file('{files}/a.csv', 'Parquet')", "format Parquet is not supported for input"),
        (f"SELECT * FROM file('{files}/a.csv', 'CSV', 'id')", "SYNTAX_ERROR"),
        (f"SELECT * FROM file('{files}/a.csv', 'RowBinary')", "name the structure"),
        ("SELECT * FROM file('x')", "does not tell its format"),
        ("SELECT * FROM file()", "takes a path"),
        ("SELECT * FROM file(1)", "are strings"),
        (f"SELECT nope FROM file('{files}/a.csv')", "UNKNOWN_IDENTIFIER"),
    ]:
        result = local("--query", query)
        assert result.returncode == 1 and text in result.stderr, (query, result.stderr)
    broken = local("--query", f"SELECT sum(id) FROM file('{files}/a.csv', 'CSVWithNames', 'at UInt8, id UInt8')")
    assert broken.returncode == 0  # A column that nobody asks for is not read.
    assert local("--input-format", "Nope", "--query", "SELECT * FROM table", input="").returncode == 1


def test_the_function_is_listed_where_it_works():
    result = local("--query", "SELECT name, allow_readonly FROM system.table_functions WHERE name IN ('file', 'numbers') ORDER BY name")
    assert result.stdout == "file\t0\nnumbers\t1\n"


def test_a_server_and_a_directory_read_no_files(files, tmp_path):
    query = f"SELECT * FROM file('{files}/a.csv')"
    with serving(tmp_path / "db") as server:
        status, code, body = server.error(query)
        assert code == 48 and "tickbase local" in body
        assert server.ask("SELECT count() FROM system.table_functions WHERE name = 'file'") == "0\n"
        assert server.ask("SELECT name, auth_type FROM system.users") == "default\t['no_password']\n"
    result = tickbase("sql", "--data", tmp_path / "db", "--query", query)
    assert result.returncode == 1 and "NOT_IMPLEMENTED" in result.stderr
