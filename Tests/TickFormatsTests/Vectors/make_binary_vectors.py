#!/usr/bin/env python3
"""Asks ClickHouse (chdb) for the bytes of RowBinary and Native of every type, and what it reads from others; writes
binary.tsv and binary_input.tsv.

    python3 Tests/TickFormatsTests/Vectors/make_binary_vectors.py

Columns of binary_input.tsv: format, bytes (hex), answer: V + the rows as TabSeparated (hex), or E for any error. The
table is (a Int32, b String, c Nullable(DateTime64(3))).
Columns: type, the rows' texts (hex of toString, N for NULL, divided by commas), RowBinaryWithNamesAndTypes (hex),
Native at protocol version 0 (hex). The column is named `c`; the result is one block.
"""
import pathlib
import random
import re

from chdb import session

HERE = pathlib.Path(__file__).parent
HEAD = "# Made by make_binary_vectors.py from ClickHouse {}. Do not edit.\n"
SESSION = session.Session()

INT128 = str(2**127 - 1)
SCALARS = {
    "Int8": ["0", "-128", "127"], "Int16": ["0", "-32768", "32767"], "Int32": ["1", "-2147483648"],
    "Int64": ["-9223372036854775808", "5"], "Int128": ["0", "-1", INT128], "UInt8": ["0", "255"],
    "UInt16": ["513", "65535"], "UInt32": ["4294967295", "1"], "UInt64": ["18446744073709551615", "0"],
    "UInt128": ["340282366920938463463374607431768211455", "1"], "Float32": ["0.1", "-0", "nan", "inf", "16777216"],
    "Float64": ["0.1", "-0", "nan", "-inf", "5e-324"], "Decimal(9, 4)": ["1.5", "-0.0001", "99999.9999"],
    "Decimal(18, 2)": ["-0.05", "1234567890123456.78"], "Decimal(38, 10)": ["1.0000000001", "-9999999999999999999999999999"],
    "Bool": ["true", "false"], "String": ["", "abc", "it's\ta\\b", "x" * 200], "FixedString(3)": ["abc", "xyz"],
    "Enum8('a' = -1, 'b' = 2)": ["a", "b"], "Enum16('a' = -300, 'b' = 300)": ["b", "a"],
    "UUID": ["00112233-4455-6677-8899-aabbccddeeff"], "IPv4": ["1.2.3.4", "255.0.0.1"],
    "IPv6": ["::1", "2001:db8::1:0:0:1"], "Date": ["1970-01-01", "2149-06-06"], "Date32": ["1925-01-02", "2200-01-01"],
    "DateTime": ["1970-01-01 00:00:00", "2106-02-07 06:28:15"], "DateTime('UTC')": ["2024-08-08 23:54:15"],
    "DateTime64(3)": ["2024-08-08 23:54:15.342", "1969-12-31 23:59:59.500"],
    "DateTime64(9, 'UTC')": ["2024-08-08 23:54:15.342000001"],
    "LowCardinality(String)": ["BTC", "", "ETH", "BTC"],
}
NESTED = {
    "Array(Int32)": ["[1,2,3]", "[]", "[-1]"], "Array(String)": ["['a','','it\\'s']", "[]"],
    "Array(Nullable(Float64))": ["[1.5,NULL]", "[NULL]"], "Array(Array(UInt8))": ["[[1,2],[]]", "[]", "[[3]]"],
    "Array(LowCardinality(String))": ["['a','b']", "[]", "['a']"],
    "Tuple(Int8, String)": ["(1,'a')", "(-1,'')"], "Tuple(a Int8, b Array(Nullable(String)))": ["(1,['x',NULL])"],
    "Map(String, UInt64)": ["{'k':1,'j':2}", "{}"], "Map(UInt8, Array(Date))": ["{1:['2024-01-01'],2:[]}"],
    "Array(Tuple(Int8, Nullable(String)))": ["[(1,NULL),(2,'x')]", "[]"],
    "LowCardinality(Nullable(String))": ["x", None, "", "x"],
    "Tuple(LowCardinality(String), LowCardinality(Nullable(String)))": ["('a',NULL)", "('a','b')"],
}


def text(data):
    return bytes([len(data)]) + data


INT, TIME = (1).to_bytes(4, "little"), (1723161255342).to_bytes(8, "little")
ROW = INT + text(b"x") + b"\0" + TIME
HEADER = b"\x03" + text(b"a") + text(b"b") + text(b"c")
TYPES = text(b"Int32") + text(b"String") + text(b"Nullable(DateTime64(3))")


def block(rows, *columns):
    """Native: name, type and data of each column."""
    out = bytes([len(columns), rows])
    for name, kind, data in columns:
        out += text(name) + text(kind) + data
    return out


INPUTS = {
    "RowBinary": [ROW, ROW + ROW, b"", ROW[:-1], ROW + b"\1", INT + text(b"") + b"\1"],
    "RowBinaryWithNames": [HEADER + ROW, HEADER, b"\x02" + text(b"c") + text(b"a") + b"\1" + INT, HEADER[:5], b"\x01" + text(b"a") + INT + INT],
    "RowBinaryWithNamesAndTypes": [
        HEADER + TYPES + ROW, HEADER + TYPES, b"\x01" + text(b"b") + text(b"String") + text(b"y"),
        HEADER + TYPES.replace(b"Int32", b"Int16") + ROW, HEADER + TYPES[:9],
    ],
    "RowBinaryWithDefaults": [b"\0" + INT + b"\1\0\0" + TIME, b"\1\1\1", b"\1\1\1\1\0" + text(b"z") + b"\1", b"\1\1"],
    "Native": [
        block(1, (b"a", b"Int32", INT), (b"b", b"String", text(b"x")), (b"c", b"Nullable(DateTime64(3))", b"\0" + TIME)),
        block(2, (b"b", b"String", text(b"x") + text(b"")), (b"a", b"Int32", INT + INT)),
        block(1, (b"a", b"Int64", INT + b"\0\0\0\0"), (b"b", b"LowCardinality(String)", (1).to_bytes(8, "little") +
              (0x600).to_bytes(8, "little") + (1).to_bytes(8, "little") + text(b"q") + (1).to_bytes(8, "little") + b"\0")),
        block(1, (b"a", b"Int32", INT)) + block(1, (b"b", b"String", text(b"k"))),
        block(1, (b"a", b"Int32", INT))[:-1], b"", b"INTERNAL EXCEPTION WHILE SERIALIZING",
        block(1, (b"c", b"DateTime64(0)", (1723161255).to_bytes(8, "little"))),
    ],
}


def read(form, data):
    body = "".join("\\x%02x" % byte for byte in data)
    columns = "a Int32, b String, c Nullable(DateTime64(3))"
    try:
        return "V" + ask(f"SELECT * FROM format({form}, '{columns}', '{body}')", "TSV").hex()
    except Exception:  # chdb raises plain exceptions; which code it is depends on how much it had read
        return "E"


def ask(query, form):
    return SESSION.query(query, form).bytes()


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t") + "'"


def value(text, kind):
    """CAST of a map from text is not there in ClickHouse, a literal is."""
    if text is None:
        return f"CAST(NULL AS {kind})"
    if "Map(" in kind:
        literal = re.sub(r"^\{(.*)\}$", r"map(\1)", text)
        return f"CAST({re.sub(r'([0-9a-z]|k.|j.):', lambda m: m.group(1) + ',', literal)} AS {kind})"
    return f"CAST({quoted(text)} AS {kind})"


def cases():
    random.seed(7)
    for kind, texts in SCALARS.items():
        yield kind, texts
        if not kind.startswith("LowCardinality"):
            yield f"Nullable({kind})", texts + [None] + texts
    for kind, texts in NESTED.items():
        yield kind, texts
    yield "LowCardinality(String)", [f"s{random.randrange(300)}" for _ in range(400)]


def main():
    version = ask("SELECT version()", "RawBLOB").decode()
    with open(HERE / "binary.tsv", "w") as out:
        out.write(HEAD.format(version))
        for kind, texts in cases():
            ask("DROP TABLE IF EXISTS cells", "Null")
            ask(f"CREATE TABLE cells (n UInt32, c {kind}) ENGINE = Memory", "Null")
            rows = ", ".join(f"({number}, {value(text, kind)})" for number, text in enumerate(texts))
            ask(f"INSERT INTO cells VALUES {rows}", "Null")
            shown = ask("SELECT if(isNull(c), 'N', concat('V', hex(toString(c)))) FROM cells ORDER BY n", "TSV")
            cells = ",".join("N" if text == "N" else text[1:].lower() for text in shown.decode().split())
            binary = ask("SELECT c FROM cells ORDER BY n", "RowBinaryWithNamesAndTypes").hex()
            native = ask("SELECT c FROM cells ORDER BY n", "Native").hex()
            out.write(f"{kind}\t{cells}\t{binary}\t{native}\n")
    with open(HERE / "binary_input.tsv", "w") as out:
        out.write(HEAD.format(version))
        for form, inputs in INPUTS.items():
            for data in inputs:
                out.write(f"{form}\t{data.hex()}\t{read(form, data)}\n")


main()
