#!/usr/bin/env python3
"""Asks ClickHouse (chdb) what results look like and what inputs mean; writes output.tsv and input.tsv.

    python3 Tests/TickFormatsTests/Vectors/make_format_vectors.py

Columns of output.tsv: case, format, bytes (hex). The cases are built again in FormatTests.swift. Elapsed time, rows
and bytes read are replaced by 0.25, 3 and 30.
Columns of input.tsv: format, data (hex), answer: V + the rows as TabSeparated (hex), or E + code. The table is
(a Int32, b String, c DateTime64(3)).
"""
import pathlib
import re

from chdb import session

HERE = pathlib.Path(__file__).parent
HEAD = "# Made by make_format_vectors.py from ClickHouse {}. Do not edit.\n"
SESSION = session.Session()

ENUM = "Enum8('buy' = 1, 'sell' = 2, 'unknown' = 0)"
ALL = f"""
SELECT n, i64, u64, f, b, s, toLowCardinality(lc) AS lc, CAST(e AS {ENUM}) AS e, d, dt, dt9, ni,
  CAST(ns AS LowCardinality(Nullable(String))) AS ns, nf
FROM (
SELECT toInt32(1) AS n, toInt64('-9223372036854775808') AS i64, toUInt64('18446744073709551615') AS u64,
  toFloat64(61750.12) AS f, true AS b, 'it''s a "test"\\t\\n\\\\/' AS s, toLowCardinality('BTCUSDT') AS lc,
  CAST('buy' AS {ENUM}) AS e, toDate('2024-08-08') AS d, toDateTime('2024-08-08 23:54:15', 'UTC') AS dt,
  toDateTime64('2024-08-08 23:54:15.342000001', 9, 'UTC') AS dt9, CAST(5 AS Nullable(Int32)) AS ni,
  CAST('x' AS LowCardinality(Nullable(String))) AS ns, CAST(1.5 AS Nullable(Float64)) AS nf
UNION ALL
SELECT 2, 0, 0, nan, false, unhex('FF00C3A9'), 'ETHUSDT', 'sell', toDate(0), toDateTime(0, 'UTC'),
  toDateTime64('1969-12-31 23:59:59.5', 9, 'UTC'), NULL, NULL, NULL
UNION ALL
SELECT 3, 1, 10, -inf, true, '', '', 'unknown', toDate('2149-06-06'), toDateTime('2106-02-07 06:28:15', 'UTC'),
  toDateTime64('2262-04-11 23:47:16.854775807', 9, 'UTC'), -7, '', -0.0
) ORDER BY n"""
CASES = {
    "all": ALL,
    "empty": ALL.replace("ORDER BY n", "WHERE n > 3 ORDER BY n"),
    "limited": "SELECT toInt32(number) AS n FROM numbers(10) ORDER BY n LIMIT 3",
    "names": "SELECT toInt32(1) AS `a\"b`, toInt32(2) AS `tab\\tname`, toInt32(3) AS `é/x`, toInt32(4) AS `it's`",
    "tuples": """SELECT CAST((1, 'a\\tb"', NULL, (toDate('2024-01-01'), 1.5)),
        'Tuple(Int32, String, Nullable(Int32), Tuple(Date, Float64))') AS t,
        CAST((-1, ('x', true)), 'Tuple(id Int32, `in` Tuple(name String, ok Bool))') AS u""",
}
FORMATS = ["TabSeparated", "TabSeparatedRaw", "TabSeparatedWithNames", "TabSeparatedWithNamesAndTypes", "CSV",
           "CSVWithNames", "JSON", "JSONCompact", "JSONEachRow", "JSONCompactEachRow", "JSONCompactEachRowWithNames",
           "JSONCompactEachRowWithNamesAndTypes", "Null"]

TAB = "\t"
INPUTS = {
    "Values": [
        "(1,'x','2024-01-01 00:00:00')", "(1,'x','2024-01-01 00:00:00'),", "(1,'x',0),(2,'y'", "(1,'x'", "(1,'x')",
        "(1,'x','2024-01-01',3)", "('abc','x','2024-01-01')", "(1,2,3)", "(1, 2.5, 3)", "(1, 1e2, 3)",
        "(1,'x',0) (2,'y',0)", "(1,'x',0);", "(1,'x',0) ; \n", "(1,'x',0) garbage", "(1,'x','bad')", "(NULL,null,NULL)",
        "()", "(1,'x',)", "(DEFAULT, 'x', 0)", "(1, 'x\\ty', 0)", "(1,'x''y',0)", "(1,'x", "(1,'a',0)(2,'b',0)",
        "(true, true, 0)", "( 1 , 'x' , 0 )\n,\n(2,'y',1)", "(-1, -1, -1)", "(1e2,'a',0)", "('5','a','5000000000')",
        "(1,'(;,',0)", "(1,'x',1704067200.25)", "(007, '\\x41\\u', 0)", "(1,'\\'',0)", "(1,'\\\\',0)", "(+1,'x',+1)",
        "(99999999999,'x',0)", "(1+1,'x',0)", "(1,concat('a','b'),0)", "(1.5,'x',0)", "(1,'x',now())", "(0x10,'x',0)",
    ],
    "TabSeparated": [
        "1\tx\t2024-01-01 00:00:00\n", "1\tx\t2024-01-01 00:00:00", "1\tx\n", "1\tx\t2024-01-01\t4\n", "\n",
        "1\tx\t2024-01-01\n\n", "1\tx\\ty\t0000000000\n", "\t\t2024-01-01\n", "\\N\t\\N\t\\N\n", "1\ta\\\nb\t2024-01-01\n",
        "a\tb\tc\n1\tx\t2024-01-01\n", "b\tc\n1\tx\n", "1\t\\\\N\t2024-01-01T00:00:00.5Z\n", "x\tx\tx\n", "1\tx\tbad\n",
        "1\tx\t2024-01-01\n2\ty\t2024-01-01\n", "1 \tx\t2024-01-01\n", "99999999999\tx\t2024-01-01\n",
    ],
    "TabSeparatedWithNames": [
        "a\tc\n1\t2024-01-01\n", "a\tz\n1\t2024-01-01\n", "a\ta\n1\t1\n", "c\tb\ta\n2024-01-01\tx\t1\n", "a\tb\tc\n",
        "a\n1\n2\n", "",
    ],
    "TabSeparatedWithNamesAndTypes": [
        "a\tb\nInt32\tString\n1\tx\n", "a\tb\nInt64\tString\n1\tx\n", "a\tb\nInt32\n1\tx\n",
        "c\nDateTime64(3)\n2024-01-01 00:00:00.5\n",
    ],
    "CSV": [
        "1,x,2024-01-01\n", "1,x\n", "1,x,2024-01-01,5\n", ",,\n", '1,"x"y,2024-01-01\n',
        '1,"x\ny",2024-01-01\r\n2,z,2024-01-01\r\n', '1,"x,2024-01-01\n', "\n1,x,2024-01-01\n", "1,x,2024-01-01\n\n",
        "a,b,c\n1,x,2024-01-01\n", '"1","a ""b"" c","2024-01-01"\n', " 1 , x y , 2024-01-01 \n", "\\N,\\N,\\N\n",
        '1, "a,b" ,2024-01-01\n', "1,a'b,2024-01-01", '1,a"b,2024-01-01\n', "x,x,x\n", '1,"",1704067200123\n',
        "1,a\\tb,2024-01-01\n",
    ],
    "CSVWithNames": ["b,a\nx,1\n", "b,q\nx,1\n", '"c","a"\n"2024-01-01","5"\n', "a,b,c\r\n1,x,2024-01-01\r\n", "a,b,c\n"],
    "JSONEachRow": [
        '{"a":1,"b":"x"}', '{"a":1,"z":"x"}', '{"a":1,"a":2}', '[{"a":1},{"a":2}]', '{"a":1} {"a":2}',
        '{"a":1},{"a":2}', '{"a":1', '{"a"', "{}", '{"a":1,}', '{"a" 1}', "x", '{"a":"x"}', '{"b":{"k":[1,"}"]}}',
        '{"b":1.50, "a":null}', '{"a":1}garbage', '{"a":[1]}', '{"\\u0061":7}', '{"a":1};', '[{"a":1}',
        '{"c":1704067200.25}', '{"c":"1704067200.25"}', '{"b":"\\u00e9\\ud83d\\ude00\\n\\/"}', '{"b":true,"a":false}',
        ' { "b" : "x" , "a" : 5 }\n{"a":6}\n', '{"c":"2024-01-01T00:00:00Z","b":"a","a":1}', "[]", "", '{"a":1.5}',
        '{"a":-5}', '{"b":"{"}', '{"a":1}}', '{"b":[1, 2]}', '{"a":99999999999}',
    ],
    "JSONCompactEachRow": [
        '[1,"x","2024-01-01"]', '[1,"x"]', '[1,"x",0,4]', '[1,"x",0]\n[2,"y",0]', '[1,"x",0],[2,"y",0]', '[1,"x",0', "[]",
        '[ 1 , "x" , null ]', '["1","x","2024-01-01"]', '[1,{"a":"]"},0]', '{"a":1}', "[1,,0]",
    ],
}


def ask(query, form="TabSeparated"):
    return SESSION.query(query, form).bytes()


def masked(data):
    data = re.sub(rb'"elapsed": [0-9.e-]+', b'"elapsed": 0.25', data)
    data = re.sub(rb'"rows_read": \d+', b'"rows_read": 3', data)
    return re.sub(rb'"bytes_read": \d+', b'"bytes_read": 30', data)


def insert(form, data):
    SESSION.query("TRUNCATE TABLE cells")
    join = "" if form == "Values" else "FORMAT "
    gap = " " if form == "Values" else "\n"
    try:
        SESSION.query(f"INSERT INTO cells {join}{form}{gap}{data}")
        return "V" + ask("SELECT * FROM cells").hex()
    except Exception as error:  # chdb raises plain exceptions with the code in the text
        return "E" + re.search(r"Code: (\d+)", str(error)).group(1)


def main():
    version = ask("SELECT version()").decode().strip()
    with open(HERE / "output.tsv", "w") as out:
        out.write(HEAD.format(version))
        for name, query in CASES.items():
            for form in FORMATS:
                out.write(f"{name}\t{form}\t{masked(ask(query, form)).hex()}\n")
            for form in ["JSON", "JSONCompact"]:
                data = ask(query + " SETTINGS output_format_write_statistics = 0", form)
                out.write(f"{name}\t{form} without statistics\t{data.hex()}\n")
            for form in ["JSON", "JSONCompact", "JSONEachRow"]:
                data = ask(query + " SETTINGS output_format_json_quote_64bit_integers = 1", form)
                out.write(f"{name}\t{form} quoted\t{masked(data).hex()}\n")
    ask("CREATE TABLE cells (a Int32, b String, c DateTime64(3)) ENGINE = Memory")
    with open(HERE / "input.tsv", "w") as out:
        out.write(HEAD.format(version))
        for form, inputs in INPUTS.items():
            for data in inputs:
                out.write(f"{form}\t{data.encode().hex()}\t{insert(form, data)}\n")


main()
