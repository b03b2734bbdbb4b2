#!/usr/bin/env python3
"""Asks ClickHouse (chdb) how formats and their settings write and read; writes output.tsv and input.tsv.

    python3 Tests/TickEngineTests/FormatVectors/make_vectors.py

Columns of output.tsv: format, settings (name=value, divided by blanks), the result as TabSeparatedWithNamesAndTypes
(hex), the result in the format (hex). Figures of a query are replaced by 0.25 seconds, 3 rows and 30 bytes.
Columns of input.tsv: format, settings, columns, data (hex), answer: V + the rows as TabSeparated (hex), or E + code.
"""
import pathlib
import re

from chdb import session

HERE = pathlib.Path(__file__).parent
HEAD = "# Made by make_vectors.py from ClickHouse {}. Do not edit.\n"
SESSION = session.Session()

MIXED = """SELECT toInt32(number) AS n, concat('s/', toString(number)) AS name, if(number = 1, NULL, number / 2) AS nf,
    tuple(toInt64(number), 'a"b') AS t, toDecimal64(number, 2) AS d, toDate(number) AS day, number = 1 AS b,
    toDateTime(number, 'UTC') AS `at time`, toDateTime64(number, 3, 'UTC') AS ms, [toUInt64(number), 7] AS arr,
    map('k', toInt64(number)) AS m, CAST(tuple(number, 'z'), 'Tuple(id UInt64, w String)') AS nt,
    if(number = 0, nan, 1.5) AS f, CAST(number = 0, 'Bool') AS yes, unhex('FF41') AS broken
  FROM numbers(3)"""
SMALL = "SELECT toInt32(number) AS a, concat('x', toString(number)) AS b FROM numbers(3)"
NULLS = "SELECT CAST(if(number = 1, NULL, number), 'Nullable(Int32)') AS n, CAST(number = 1, 'Bool') AS b FROM numbers(2)"
ODD_NAMES = "SELECT toInt32(1) AS `a=b`, 'x=y\\tz\\n' AS `c\\td`, 'q' AS `x\"y`, 'p|q' AS `r|s`, 'é' AS `é`"
TIMES = """SELECT toDateTime(1700000000, 'UTC') AS t, toDateTime64(1700000000.25, 3, 'UTC') AS m, toDate(19700) AS d,
    [toDateTime(0, 'UTC')] AS ts"""
NUMBERS = "SELECT toDecimal64(1.5, 4) AS d, toInt64(-5) AS i, toUInt64(6) AS u, nan AS f, toDecimal32(2, 0) AS z, [inf] AS fs"
TEXT_FORMATS = """TSV TSVRaw TSVWithNames TSVWithNamesAndTypes TSVRawWithNames TSVRawWithNamesAndTypes CSV CSVWithNames
 CSVWithNamesAndTypes JSON JSONCompact JSONStrings JSONCompactStrings JSONEachRow JSONStringsEachRow JSONCompactEachRow
 JSONCompactEachRowWithNames JSONCompactEachRowWithNamesAndTypes JSONCompactStringsEachRow
 JSONCompactStringsEachRowWithNames JSONCompactStringsEachRowWithNamesAndTypes JSONEachRowWithProgress
 JSONStringsEachRowWithProgress JSONCompactEachRowWithProgress JSONCompactStringsEachRowWithProgress JSONObjectEachRow
 JSONColumns JSONCompactColumns JSONColumnsWithMetadata PrettyJSONEachRow TSKV Values Vertical Markdown""".split()
PRETTY = ["Pretty", "PrettyCompact", "PrettySpace"]
PRETTY_ALIASES = """PrettyNoEscapes PrettyMonoBlock PrettyNoEscapesMonoBlock PrettyCompactNoEscapes PrettyCompactMonoBlock
 PrettyCompactNoEscapesMonoBlock PrettySpaceNoEscapes PrettySpaceMonoBlock PrettySpaceNoEscapesMonoBlock""".split()
P = "output_format_pretty_"


def output_cases():
    for form in TEXT_FORMATS + PRETTY:
        for query in [MIXED, SMALL, MIXED + " WHERE number > 5", NULLS, ODD_NAMES]:
            yield query, form, {P + "named_tuples_as_json": "0"} if form in PRETTY else {}
    for form in PRETTY_ALIASES:
        yield SMALL, form, {}
    for form in ["TSV", "CSV", "JSONEachRow", "JSONStrings", "JSONColumns", "Values", "PrettyCompact", "Vertical", "Markdown",
                 "JSONCompact", "TSKV", "PrettyJSONEachRow"]:
        for style in ["simple", "iso", "unix_timestamp"]:
            yield TIMES, form, {"date_time_output_format": style}
        for name in ["output_format_decimal_trailing_zeros", "output_format_json_quote_64bit_integers",
                     "output_format_json_quote_denormals", "output_format_json_quote_decimals"]:
            yield NUMBERS, form, {name: "1"}
        if not form.startswith("PrettyC"):
            yield MIXED, form, {"output_format_json_escape_forward_slashes": "0", "output_format_json_named_tuples_as_objects": "0"}
        yield NULLS, form, {"bool_true_representation": "yes", "bool_false_representation": "no",
                            "format_csv_null_representation": "-", "format_tsv_null_representation": "nil"}
    for form in ["TSVWithNames", "TSVRaw", "CSVWithNames", "TSKV", "JSONEachRow"]:
        yield SMALL, form, {"output_format_csv_crlf_end_of_line": "1", "output_format_tsv_crlf_end_of_line": "1"}
    yield MIXED, "CSVWithNamesAndTypes", {"format_csv_delimiter": ";"}
    yield MIXED, "CSV", {"format_csv_delimiter": "|"}
    for form in ["JSON", "JSONCompact", "JSONStrings", "JSONColumnsWithMetadata"]:
        yield SMALL, form, {"output_format_write_statistics": "0"}
    yield from pretty_cases()


def pretty_cases():
    for form in PRETTY:
        for rows in [0, 1, 2, 3, 7, 8]:
            yield "SELECT number AS n FROM numbers(7)", form, {P + "max_rows": str(rows)}
        yield "SELECT number AS n, 'x' AS s FROM numbers(60)", form, {P + "max_rows": "5"}
        yield "SELECT number AS n, 'x' AS s FROM numbers(49)", form, {}
        yield "SELECT number AS n, 'x' AS s FROM numbers(50)", form, {}
        yield "SELECT number AS n, 'x' AS s FROM numbers(50)", form, {P + "display_footer_column_names": "0"}
        yield "SELECT number AS n, 'x' AS s FROM numbers(4)", form, {P + "display_footer_column_names_min_rows": "4"}
        yield "SELECT number AS n FROM numbers(1100)", form, {}
        for number in ["1000000", "1000001", "-1234567.5", "toDecimal64(1234567.25, 2)", "1e30", "1e60", "999999999", "nan",
                       "toInt128('123456789012345678901234')", "toNullable(5000000)", "toDateTime(0, 'UTC')"]:
            yield f"SELECT {number} AS value", form, {}
        yield "SELECT number * 1000000 AS n FROM numbers(4)", form, {}
        yield "SELECT number * 1000000 AS n, 1 AS m FROM numbers(4)", form, {}
        for threshold in ["0", "10"]:
            yield "SELECT 5000000 AS n", form, {P + "single_large_number_tip_threshold": threshold}
        yield "SELECT 'a\\nb' AS x, 'c\\n\\nd' AS yy, 5 AS z FROM numbers(2)", form, {}
        yield "SELECT 'a\\n' AS x, '\\n' AS yy, '' AS z", form, {}
        yield "SELECT 'a\\nb' AS x, 'tt' AS y", form, {P + "multiline_fields": "0"}
        yield "SELECT 'a\\tb' AS x, 'c\\td' AS yy, '\\t' AS z", form, {}
        yield "SELECT '日本' AS x, 'é' AS `日本`, 'e\u0301' AS z, '😀' AS w, '\u200b' AS v", form, {}
        yield "SELECT unhex('FF00C3A9') AS x, unhex('01') AS y, unhex('E697') AS z, '\\x1b[31mred\\x1b[0m' AS w", form, {}
        yield "SELECT repeat('x', 300) AS a, 1 AS b", form, {}
        yield "SELECT repeat('x', 30) AS a, 1 AS b", form, {P + "max_value_width": "20"}
        yield "SELECT repeat('日', 30) AS a, 1 AS b", form, {P + "max_value_width": "21"}
        yield "SELECT repeat('x', 30) AS a", form, {P + "max_value_width": "20"}
        yield "SELECT repeat('x', 30) AS a", form, {P + "max_value_width": "20", P + "max_value_width_apply_for_single_value": "1"}
        yield "SELECT repeat('x', 30) AS a, 1 AS b", form, {P + "max_column_pad_width": "10"}
        for name in ["abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz 0123456789", "abcdefghijklmnopqrstuvwxyz 0",
                     "abcdefghijklmnopqrstuvwxyz 01", "日本日本日本日本日本日本日本日本日本日本日本"]:
            yield f"SELECT 1 AS `{name}`", form, {}
            yield f"SELECT repeat('x', 30) AS `{name}`", form, {P + "max_column_name_width_cut_to": "10"}
        yield SMALL, form, {P + "row_numbers": "0"}
        yield SMALL, form, {P + "grid_charset": "ASCII"}
        yield "SELECT 'a\\nb' AS x, repeat('y', 40) AS `long name for a column of text`", form, {
            P + "grid_charset": "ASCII", P + "max_value_width": "15"}
        wide = "SELECT 1 AS a, 2 AS b, 3 AS c, 4 AS dd, repeat('x', {}) AS e FROM numbers({})"
        yield wide.format(250, 1), form, {}
        yield wide.format(245, 1), form, {}
        yield wide.format(250, 10), form, {}
        yield wide.format(250, 11), form, {}
        yield wide.format(250, 2), form, {P + "fallback_to_vertical": "0"}
        yield wide.format(50, 2), form, {P + "fallback_to_vertical_min_table_width": "50"}
        yield wide.format(250, 2), form, {P + "fallback_to_vertical_min_columns": "6"}
        yield wide.format(250, 2), form, {P + "fallback_to_vertical_max_rows_per_chunk": "1"}
        yield "SELECT 1 AS a, 2 AS b, 3 AS c, 4 AS d, 'x\\ny' AS e FROM numbers(2)", form, {}
    yield "SELECT 1234567 AS abc FROM numbers(12)", "Vertical", {}
    yield "SELECT 'a\\nb' AS abc, 1 AS `日`, repeat('x', 300) AS e", "Vertical", {}


INPUTS = [
    ("TSVRaw", {}, "a Int32, b String", ["1\tx\\ty\n2\t\\N\n\\N\tz\n", "1\tx\r\n", "1\n", "1\tx\ty\n", "a\tb\n1\tx\n", ""]),
    ("TSVRawWithNames", {}, "a Int32, b String", ["b\ta\nx\t1\n", "b\tq\nx\t1\n"]),
    ("TSVRawWithNamesAndTypes", {}, "a Int32, b String", ["b\ta\nString\tInt32\nx\t1\n", "b\ta\nString\tInt64\nx\t1\n"]),
    ("CSVWithNamesAndTypes", {}, "a Int32, b String", [
        '"b","a"\n"String","Int32"\nx,1\n', '"b","a"\n"String","Int64"\nx,1\n', '"b","q"\n"String","Int64"\nx,1\n']),
    ("CSV", {}, "t Tuple(Int32, String), z Int32", ['1,a,5\n', '1,"a",5\n', '1,a\n', ',,\n', '1,"a,b",5\n']),
    ("CSVWithNames", {}, "t Tuple(Int32, String), z Int32", ['"t","z"\n1,"a",5\n', '"z","t"\n5,1,"a"\n']),
    ("CSV", {}, "t Tuple(a Tuple(b Int32, c Int32), d String)", ["1,2,x\n", "1,2\n", "1,2,x,4\n"]),
    ("TSKV", {}, "a Int32, b String", [
        "a=1\tb=x\n", "tskv\ta=1\tb=x\n", "b=x\\ty\n", "b=x\tq=5\n", "b\ta=1\n", "\n", "a=\\N\tb=\\N\n", "a=1\ta=2\n",
        "a=1\tb=x=y\n", "a=1", "a=x\n", "a=1\tb=a\\\nb\n", "b=\n"]),
    ("TSKV", {}, "a Int32, `b=c` String", ["a=1\tb\\=c=2\n"]),
    ("TSKV", {"input_format_skip_unknown_fields": "0"}, "a Int32, b String", ["b=x\tq=5\n"]),
    ("LineAsString", {}, "b String", ["a\\tb\n", "a\n\nc", "a\r\nb\n", "\n"]),
    ("LineAsString", {}, "a Int32", ["a\n"]),
    ("LineAsString", {}, "a String, b String", ["a\n"]),
    ("JSONAsString", {}, "b String", ['{"a":1}', '{"a":1}\n{"b":"}"}, {"c":1}', '[{"a":1},{"b":2}]', "[1]", '{"a":1']),
    ("JSONStringsEachRow", {}, "a Nullable(Int32), b String", [
        '{"a":"1","b":"x\\ty"}', '{"a":1,"b":"x"}', '{"a":"ᴺᵁᴸᴸ","b":"ᴺᵁᴸᴸ"}', '{"a":null}', '{"a":"NULL"}', '{"a":"x"}', '{"b":"q"}']),
    ("JSONStringsEachRow", {}, "a Array(Int32), b Tuple(Int32, String)", ['{"a":"[1,2]","b":"(1,\'x\')"}']),
    ("JSONCompactStringsEachRow", {}, "a Int32, b String", ['["1","x"]', '["1"]', '[1,"x"]', '["1","x"],["2","y"]']),
    ("JSONCompactStringsEachRowWithNames", {}, "a Int32, b String", ['["b","a"]["x","1"]']),
    ("JSONCompactStringsEachRowWithNamesAndTypes", {}, "a Int32, b String", ['["b","a"]\n["String","Int32"]\n["x","1"]\n']),
    ("JSONCompactEachRowWithNames", {}, "a Int32, b String", [
        '["b","a"]\n["x",1]\n', '["b","q"]\n["x",{"z":1}]\n', '["b"]\n["x"]\n', '["b","b"]\n["x","y"]\n', '["b","a"]\n["x"]\n']),
    ("JSONCompactEachRowWithNamesAndTypes", {}, "a Int32, b String", [
        '["b","a"]\n["String","Int32"]\n["x",1]\n', '["b","a"]\n["String","Int64"]\n["x",1]\n']),
    ("JSONCompactEachRowWithNames", {"input_format_skip_unknown_fields": "0"}, "a Int32, b String", ['["b","q"]\n["x",1]\n']),
    ("CSVWithNames", {"input_format_with_names_use_header": "0"}, "a String, b Int32", ["b,a\nx,1\n"]),
    ("CSVWithNamesAndTypes", {"input_format_with_types_use_header": "0"}, "a Int32, b String", ["a,b\nInt64,String\n1,x\n"]),
    ("TSV", {"input_format_tsv_empty_as_default": "1"}, "a Int32, b String, c DateTime('UTC')", ["\t\t\n", "1\tx\t0000000001\n"]),
    ("TSV", {"input_format_null_as_default": "0"}, "a Int32, b Nullable(String)", ["\\N\tx\n", "1\t\\N\n"]),
    ("CSV", {"input_format_null_as_default": "0"}, "a Int32, b Nullable(String)", ["\\N,x\n", "1,\\N\n"]),
    ("JSONEachRow", {"input_format_null_as_default": "0"}, "a Int32, b Nullable(String)", ['{"a":null}', '{"a":1,"b":null}']),
    ("JSONEachRow", {"input_format_skip_unknown_fields": "0"}, "a Int32, b String", ['{"b":"x","z":1}', '{"b":"x","a":1}']),
    ("JSONEachRow", {"input_format_skip_unknown_fields": "1"}, "a Int32, b String", ['{"b":"x","z":{"q":[1,"}"]}}']),
    ("CSVWithNames", {"input_format_skip_unknown_fields": "0"}, "a Int32, b String", ["b,z\nx,1\n"]),
    ("CSV", {"format_csv_delimiter": ";"}, "a Int32, b String", ["1;x\n", "1;\"x;y\"\n", "1,x\n", "1;x,y\n", "a;b\n1;x\n"]),
    ("CSV", {"input_format_csv_skip_first_lines": "2"}, "a Int32, b String", ["junk\nmore,,,\n1,x\n", '"junk\nmore"\n1,x\n', "junk\n"]),
    ("CSVWithNames", {"input_format_csv_skip_first_lines": "1"}, "a Int32, b String", ["junk\nb,a\nx,1\n"]),
    ("TSV", {"input_format_tsv_skip_first_lines": "1"}, "a Int32, b String", ["junk\n1\tx\n"]),
    ("CSV", {"format_csv_null_representation": "NA"}, "a Int32, b Nullable(String)", ["1,NA\n", "1,\\N\n", "1,\"NA\"\n"]),
    ("TSV", {"format_tsv_null_representation": "nil"}, "a Int32, b Nullable(String)", ["1\tnil\n2\tx\n"]),
    ("TSV", {"bool_true_representation": "yes", "bool_false_representation": "no"}, "a Bool", ["yes\nno\n", "true\n"]),
    ("CSV", {"bool_true_representation": "ja", "bool_false_representation": "nein"}, "a Bool", ["ja\nnein\n", "true\n"]),
    ("CSV", {"input_format_csv_detect_header": "0"}, "a String, b String", ["a,b\n1,x\n"]),
    ("TSV", {"input_format_tsv_detect_header": "0"}, "a String, b String", ["a\tb\n1\tx\n"]),
]


def ask(query, form="TabSeparated"):
    return SESSION.query(query, form).bytes()


def masked(data):
    data = re.sub(rb'"elapsed": [0-9.e-]+', b'"elapsed": 0.25', data)
    data = re.sub(rb'"rows_read": \d+', b'"rows_read": 3', data)
    data = re.sub(rb'"bytes_read": \d+', b'"bytes_read": 30', data)
    # Queries that read nothing have no line of progress.
    return re.sub(rb'\{"progress":.*\}\n', b'{"progress":{"read_rows":"3","read_bytes":"30","elapsed_ns":"250000000"}}\n', data)


def insert(form, settings, columns, data):
    ask(f"CREATE OR REPLACE TABLE cells ({columns}) ENGINE = Memory")
    given = " SETTINGS " + ", ".join(f"{k} = '{v}'" for k, v in settings.items()) if settings else ""
    with open("/dev/shm/cells.data", "wb") if pathlib.Path("/dev/shm").exists() else open("cells.data", "wb") as file:
        file.write(data.encode())
    try:
        SESSION.query(f"INSERT INTO cells FROM INFILE '{file.name}'{given} FORMAT {form}")
        return "V" + ask("SELECT * FROM cells").hex()
    except Exception as error:  # chdb raises plain exceptions with the code in the text
        return "E" + re.search(r"Code: (\d+)", str(error)).group(1)
    finally:
        pathlib.Path(file.name).unlink()


def main():
    version = ask("SELECT version()").decode().strip()
    with open(HERE / "output.tsv", "w") as out:
        out.write(HEAD.format(version))
        for query, form, settings in output_cases():
            given = ["max_threads = 1"] + [f"{k} = '{v}'" for k, v in settings.items()]
            data = ask(f"SELECT * FROM ({query}) SETTINGS " + ", ".join(given), form)
            plain = ask(f"SELECT * FROM ({query})", "TabSeparatedWithNamesAndTypes")
            named = " ".join(f"{k}={v}" for k, v in settings.items())
            out.write(f"{form}\t{named}\t{plain.hex()}\t{masked(data).hex()}\n")
    with open(HERE / "input.tsv", "w") as out:
        out.write(HEAD.format(version))
        for form, settings, columns, inputs in INPUTS:
            named = " ".join(f"{k}={v}" for k, v in settings.items())
            for data in inputs:
                out.write(f"{form}\t{named}\t{columns}\t{data.encode().hex()}\t{insert(form, settings, columns, data)}\n")


main()
