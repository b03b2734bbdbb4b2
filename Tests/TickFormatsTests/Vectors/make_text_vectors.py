#!/usr/bin/env python3
"""Asks ClickHouse (chdb) how texts are read and values are written; writes text_read.tsv and text_write.tsv.

    python3 Tests/TickFormatsTests/Vectors/make_text_vectors.py

Columns of text_read.tsv: type, style, text (hex), answer: V + toString of the value (hex), N for NULL, or E + code.
Columns of text_write.tsv: type, style, value (i:number, f:bits in hex, s:bytes in hex, n), text (hex).
"""
import pathlib
import random
import re
import struct

from chdb import session

HERE = pathlib.Path(__file__).parent
HEAD = "# Made by make_text_vectors.py from ClickHouse {}. Do not edit.\n"
SESSION = session.Session()


def ask(query, form="RawBLOB"):
    try:
        return SESSION.query(query, form).bytes()
    except Exception as error:  # chdb raises plain exceptions with the code in the text
        return "E" + re.search(r"Code: (\d+)", str(error)).group(1)


def literal(data):
    return "unhex('" + data.hex() + "')"


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def read_cast(kind, data):
    return ask(f"SELECT toString(CAST({literal(data)} AS {kind}))")


def read_format(form, kind, data):
    if b"\x00" in data:
        return None
    body = "".join("\\x%02x" % b for b in data)
    return ask(f"SELECT ifNull(concat('V', toString(cell)), 'N') FROM format({form}, {quoted('cell ' + kind)}, '{body}')")


ENUM = "Enum8('buy' = 1, 'sell' = 2, 'a\\'b' = -3)"
INTEGERS = """0 -0 +5 -5 300 -1 -129 128 255 256 65536 99999999999 00012 1.5 1e3 abc 0x10 + - --1 ++1 1_000 12a
 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615
 18446744073709551616 340282366920938463463374607431768211456 000000000000000000000000000000007""".split()
FLOATS = """0 -0 1 +1 1. .5 1e5 1e+5 1E-5 e5 nan NaN -nan inf -inf +inf Inf infinity -Infinity infin 0x10 . - 1e400
 1e-400 -1e400 00012.50 1e99999999999 1e-99999999999 123456789012345678901234567890 4.9e-324 2.4e-324 2.5e-324
 0.1 0.2 0.30000000000000004 9007199254740993 9007199254740992.5 1.7976931348623157e308 1.7976931348623159e308
 2.2250738585072011e-308 2.2250738585072014e-308 61750.12000000 0.00012345 6929495644600919.5 3.7455744005952583e15
 8.98846567431158e307 179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207
 0.000000000000000000000000000000000000000000000000000000000000000000000000000001 1.00000000000000011102230246251565404
 1.00000000000000011102230246251565405 5e-324 1e22 1e23 1e21 123456789012345680 0.1234567890123456789""".split()
BOOLS = """true false True TRUE t f T F y n yes no Y Yes on off ON enable disable enabled disabled 1 0 2 -1 tru 01 10 nil
 null""".split() + ["", "true ", " true"]
ENUMS = ["buy", "sell", "Buy", "1", "2", "3", "-3", "", "a'b", "null", "buy ", "1.5", "01", "300"]
DATES = """2024-01-02 2024-1-2 2024-1-02 20240102 2024-13-01 2024-02-29 2024-02-30 2023-02-29 2024-00-10 1969-12-31
 1970-01-01 2149-06-06 2149-06-07 2200-01-01 0 19000 1704067200 2024/01/02 02-01-2024 24-01-02 abc 2024 202401 2024-01
 -1 2024-01-02x 2024:01:02 2024.01.02 2024-01-321 19700101 2024-01-02T10:00:00""".split() + [
    "", "2024-01-02 10:00:00", " 2024-01-02"]
TIMES = [
    "2024-01-02 03:04:05", "2024-01-02T03:04:05", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05Z",
    "2024-01-02T03:04:05+02:00", "2024-01-02 03:04:05 +0200", "2024-01-02 03:04:05+02", "2024-01-02 03:04:05-05:30",
    "2024-01-02 03:04:05.123", "2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.123+05:30", "2024-01-02",
    "2024-01-02 03:04", "2024-01-02 03", "2024-01-02T03", "20240102", "20240102030405", "20240102T030405",
    "20240102 030405", "1704067200", "1704067200.5", "1704067200123", "1704067200123456", "1704067200123456789",
    "123", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "-1", "-1.5", "", "abc",
    "2024-13-01 00:00:00", "2024-02-30 00:00:00", "2024-02-29 12:00:00", "2024-01-02 25:00:00", "2024-01-02 03:60:05",
    "2024-01-02 03:04:60", "2024-01-02 03:04:61", "1969-12-31 23:59:59", "1960-01-01 00:00:00",
    "2106-02-07 06:28:15", "2106-02-07 06:28:16", "2200-01-01 00:00:00", "9999-12-31 23:59:59", "2024-1-2 3:4:5",
    "2024/01/02 03:04:05", "2024-01-02 03:04:05.", "2024-01-02 03:04:05.1234567890123", "2024-01-02 03:04:05UTC",
    "2024-01-02 03:04:05 GMT", "2024-01-02 03:04:05x", "2262-04-11 23:47:16.854775807", "2262-04-12 00:00:00",
    "1800-01-01 00:00:00", "1900-01-01 00:00:00.25", "1e9", "2024-01-02 03:04:05,123", "2024", " 2024-01-02 03:04:05",
    "2024-01-02 03:04:05 ",
]
STRINGS = [b"", b"abc", b"a\tb", b"it's", b'say "x"', b"\xff\xfe", b"NULL", b"\xc3\xa9", b"a\\b"]
ESCAPES = [b"\\n", b"\\t\\\\", b"\\q", b"\\a\\b\\f\\v\\e\\r", b"\\x41\\x7a", b"\\/", b'\\"', b"\\'", b"\\=", b"\\`",
           b"\\u0041", b"a\\N", b"\\N", b"\\1", b"a\\0b"]
JSON_ESCAPES = [b'"\\n\\t\\r\\b\\f"', b'"\\"\\\\\\/"', b'"\\u0041\\u00e9\\u20ac"', b'"\\ud83d\\ude00"', b'"\\q"',
                b'"a\xffb"', b"12", b"1.50", b"true", b"false", b"null", b'{"a": [1, "}"]}', b"[1,2]", b'""']


def read_cases():
    for kind in ["UInt8", "Int8", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64"]:
        for text in INTEGERS + ["", " 1", "1 "]:
            yield kind, "raw", text.encode()
        for text in INTEGERS:
            yield kind, "escaped", text.encode()
    for text in INTEGERS + [" 1", "1 "]:
        yield "Int32", "csv", text.encode()
    for text in ["1", "-5", "+5", '"7"', "true", "false", "null", "1.5", '"x"']:
        yield "Int32", "json", text.encode()
    for text in ["1", "-5", "+5", "'7'", "true", "false", "NULL", "null", "'x'"]:
        yield "Int32", "quoted", text.encode()
    for text in FLOATS + ["", " 1", "1 "]:
        yield "Float64", "raw", text.encode()
    for text in FLOATS:
        yield "Float64", "escaped", text.encode()
    for text in ["1", "1.5", "-0", "nan", "inf", "1e400", '"1.5"', "' 1'", " 1.5 "]:
        yield "Float64", "csv", text.encode()
    for text in ["1", "1.5", "-0", "1e3", '"1.5"', '"nan"', "true", "null", "-inf"]:
        yield "Float64", "json", text.encode()
    for text in ["1", "1.5", "-0", "1e3", "'1.5'", "nan", "inf", "-inf", "true", "NULL"]:
        yield "Float64", "quoted", text.encode()
    for text in BOOLS:
        yield "Bool", "raw", text.encode()
        if text.strip() and text != "null":
            yield "Bool", "escaped", text.encode()
            yield "Bool", "quoted", quoted(text).encode()
    for text in ["true", "false", "1", "0", "null", "2"]:
        yield "Bool", "json", text.encode()
    for text in ["true", "false", "1", "0", "NULL", "TRUE"]:
        yield "Bool", "quoted", text.encode()
    for text in ENUMS:
        yield ENUM, "raw", text.encode()
        if text:
            yield ENUM, "escaped", text.replace("'", "\\'").encode()
            yield ENUM, "csv", ('"' + text + '"').encode()
            yield ENUM, "json", ('"' + text + '"').encode()
            yield ENUM, "quoted", quoted(text).encode()
    for text in DATES:
        yield "Date", "raw", text.encode()
        if text:
            yield "Date", "escaped", text.encode()
            yield "Date", "csv", ('"' + text + '"').encode()
            yield "Date", "json", ('"' + text + '"').encode()
            yield "Date", "quoted", quoted(text).encode()
    for text in ["19000", "0", "65535"]:
        yield "Date", "json", text.encode()
    for text in ["19000", "0", "65535", "1704067200"]:
        yield "Date", "quoted", text.encode()
    for kind in ["DateTime", "DateTime('UTC')", "DateTime64(0)", "DateTime64(3)", "DateTime64(6)",
                 "DateTime64(9, 'UTC')"]:
        for text in TIMES:
            yield kind, "raw", text.encode()
    for kind in ["DateTime", "DateTime64(3)", "DateTime64(9, 'UTC')"]:
        for text in TIMES:
            if text:
                yield kind, "escaped", text.encode()
                yield kind, "csv", ('"' + text + '"').encode()
                yield kind, "json", ('"' + text + '"').encode()
                yield kind, "quoted", quoted(text).encode()
        for text in ["1704067200", "0", "1704067200.5", "1704067200.123456789", "-1", "-1.5", "1"]:
            if kind != "DateTime" or text[0] != "-":
                yield kind, "json", text.encode()
                yield kind, "quoted", text.encode()
    for text in STRINGS:
        for kind in ["String", "LowCardinality(String)"]:
            yield kind, "raw", text
    for text in ESCAPES:
        yield "String", "escaped", text
        yield "String", "quoted", b"'" + text + b"'"
    for text in [b"abc", b'"a""b"', b'"a,b"', b'"a\nb"', b" x ", b'a"b', b"\\N", b"it's", b'""', b"NULL"]:
        for kind in ["String", "Nullable(String)", "LowCardinality(Nullable(String))"]:
            yield kind, "csv", text
    for text in JSON_ESCAPES:
        for kind in ["String", "Nullable(String)"]:
            yield kind, "json", text
    for text in [b"'a''b'", b"'a\\'b'", b"NULL", b"''", b"'\\\\'"]:
        yield "Nullable(String)", "quoted", text
    for kind in ["Nullable(Int32)", "Nullable(Float64)", "Nullable(DateTime)", "Nullable(Bool)",
                 "Nullable(Enum8('a' = 1))", "Nullable(Date)"]:
        yield kind, "escaped", b"\\N"
        yield kind, "csv", b"\\N"
        yield kind, "json", b"null"
        yield kind, "quoted", b"NULL"
    for text in ["(1,'a')", "(1, 'it\\'s')", "( 1 , 'x' )", "(1)", "(1,'a',2)", "1,'a'", "(1,'a,b)')"]:
        yield "Tuple(Int32, String)", "raw", text.encode()


def read_line(kind, style, data):
    if style == "raw":
        answer = read_cast(kind, data)
        if isinstance(answer, bytes):
            answer = b"V" + answer
    elif style == "escaped":
        answer = read_format("TSV", kind, data + b"\n")
    elif style == "csv":
        answer = read_format("CSV", kind, data + b"\n")
    elif style == "json":
        answer = read_format("JSONEachRow", kind, b'{"cell":' + data + b"}")
    else:
        answer = read_format("Values", kind, b"(" + data + b")")
    if answer is None:
        return ""
    if isinstance(answer, bytes):
        answer = answer[:1].decode() + answer[1:].hex()
    return f"{kind}\t{style}\t{data.hex()}\t{answer}\n"


def float_values():
    random.seed(20240808)
    for special in [0.0, -0.0, 1.0, -1.5, 0.1, 1e21, 1e20, 1e-6, 1e-7, 1.5e-7, 5e-324, 1.7976931348623157e308, 123456789012345678.0,
                    1e22, 1e23, 9007199254740993.0, 0.3, 0.1 + 0.2, 61750.12, 1e15, 1e16, 999999999999999.9, 0.000001234,
                    float("inf"), float("-inf"), float("nan"), 2.0**53, 2.0**63, 100.0, 1e-5, 12345.678e-9]:
        yield special
    for _ in range(300):
        yield struct.unpack("<d", struct.pack("<Q", random.getrandbits(64)))[0]
    for _ in range(300):
        yield round(random.uniform(-1e6, 1e6), random.randrange(0, 11))
    for _ in range(100):
        yield random.uniform(0, 1) * 10 ** random.randrange(-12, 24)


WRITERS = {
    "raw": ("SELECT toString(x) FROM (SELECT {} AS x)", "RawBLOB", 0, 0),
    "escaped": ("SELECT {}", "TSV", 0, 1),
    "quoted": ("SELECT tuple({})", "TSV", 1, 2),
    "csv": ("SELECT {}", "CSV", 0, 1),
    "json": ("SELECT {} AS x", "JSONEachRow", 5, 2),
    "jsonValid": ("SELECT {} AS x SETTINGS output_format_write_statistics = 0", "JSONCompact", None, None),
    "jsonQuoted": ("SELECT {} AS x SETTINGS output_format_json_quote_64bit_integers = 1", "JSONEachRow", 5, 2),
}


def write_cases():
    for value in float_values():
        bits = struct.unpack("<Q", struct.pack("<d", value))[0]
        yield "Float64", f"f:{bits:016x}", f"reinterpretAsFloat64(toUInt64({bits}))"
    for bits in [8, 16, 32, 64]:
        for value in [0, 1, 9, 10, 99, 100, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), -1]:
            yield f"Int{bits}", f"i:{value}", f"CAST('{value}' AS Int{bits})"
        for value in [0, 1, 100, 2**bits - 1]:
            yield f"UInt{bits}", f"i:{value}", f"CAST('{value}' AS UInt{bits})"
    for value in [0, 1]:
        yield "Bool", f"i:{value}", f"CAST({value} AS Bool)"
    for value in [0, 1, 19789, 65535, 11016]:
        yield "Date", f"i:{value}", f"toDate({value})"
    for value in [0, 1, 1704164645, 4294967295]:
        yield "DateTime", f"i:{value}", f"toDateTime({value})"
        yield "DateTime('UTC')", f"i:{value}", f"toDateTime({value}, 'UTC')"
    for precision in range(10):
        scale = 10**precision
        for value in [0, 1, -1, 1704164645 * scale + 5 % scale, -(scale + 1), 9223372036854775807, -9223372036854775808,
                      -62167219200 * scale, 253402300799 * scale, 253402300800 * scale]:
            if -2**63 <= value < 2**63:
                yield f"DateTime64({precision})", f"i:{value}", f"reinterpret(toInt64('{value}'), 'DateTime64({precision})')"
    for value, name in [(1, "buy"), (2, "sell"), (-3, "a'b")]:
        yield ENUM, f"i:{value}", f"CAST({quoted(name)} AS {ENUM})"
    strings = [bytes([b]) for b in range(256)] + STRINGS + ["é€😀".encode(), b"a\xe2\x82b", b"\xed\xa0\x80\xf8\x88\x80\x80\x80",
               b"\xc3(\xf0\x9f\x98", b"\xf4\x90\x80\x80\xc0\xaf", "\u2028\u2029".encode(), b"plain", b"x" * 100]
    for data in strings:
        yield "String", f"s:{data.hex()}", literal(data)
    yield "Nullable(String)", "n", "CAST(NULL AS Nullable(String))"
    yield "Nullable(Int32)", "n", "CAST(NULL AS Nullable(Int32))"


def write_lines(kind, value, expression):
    for style, (query, form, left, right) in WRITERS.items():
        if style == "raw" and value == "n":
            continue
        if style == "jsonQuoted" and kind not in ("Int64", "UInt64", "Int32"):
            continue
        data = ask(query.format(expression), form)
        if style == "jsonValid":
            data = re.search(rb'"data":\n\t\[\n\t\t\[(.*)\]\n\t\],\n\n\t"rows": 1', data, re.S).group(1)
        else:
            data = data[left:len(data) - right]
        yield f"{kind}\t{style}\t{value}\t{data.hex()}\n"


def main():
    version = ask("SELECT version()").decode()
    with open(HERE / "text_read.tsv", "w") as out:
        out.write(HEAD.format(version))
        for case in read_cases():
            out.write(read_line(*case))
    with open(HERE / "text_write.tsv", "w") as out:
        out.write(HEAD.format(version))
        for case in write_cases():
            out.writelines(write_lines(*case))


main()
