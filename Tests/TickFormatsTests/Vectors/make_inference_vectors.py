"""Writes inference.tsv: data, and the columns that ClickHouse (chdb) infers from it.

One case per line: format, data, and `name type` per column divided by `; `, or `error` where it infers nothing; escaped as
TabSeparated. Where Tickbase means to differ, as `sql/dialect.md` says, the line carries our answer and a fourth field `ours`:
those are written here by hand. Needs: pip install chdb.
"""

import itertools
import json
from pathlib import Path

import chdb

NUMBERS = """1 -1 +1 007 -0 9223372036854775807 9223372036854775808 18446744073709551615 18446744073709551616
-9223372036854775808 -9223372036854775809 1.5 .5 5. -.5 +1.5 1e5 1.5e3 1E-3 inf -inf nan NaN Inf infinity true false True
FALSE t null NULL \\N 0x1F 1_000 abc 1.2.3 192.168.0.1 - + e 1-1 2024""".split()
TIMES = """2024-01-01|2024/01/01|2024-13-01|2149-06-06|2300-01-01|20240101|2024-01-01 10:00:00|2024-01-01T10:00:00
2024-01-01T10:00:00Z|2024-01-01 10:00:00.123|2024-01-01T10:00:00.123Z|2024-01-01 10:00:00.123456789
1969-12-31 10:00:00|2106-02-07 06:28:15|2106-02-07 06:28:16|2106-02-08 00:00:00|2300-01-01 00:00:00|10:00:00|1704103200
1704103200.5|12:30""".replace("\n", "|").split("|")
NESTED = """['a','b']|[1,2]|[]|[1.5,2]|[[1],[2]]|[NULL,1]|[true]|['2024-01-01']|[1,'a']|(1,2)|(1,'a')|{'a':1}|{}|[1|(1,|{'a'}""".split("|")
KINDS = {
    "int": "1", "neg": "-1", "big": "18446744073709551615", "flt": "1.5", "bool": "true", "str": "abc", "date": "2024-01-01",
    "dt": "2024-01-01 10:00:00", "dt64": "2024-01-01 10:00:00.5", "aint": "[1]", "astr": "['a']", "null": "\\N"}
JSON = {
    "int": "1", "neg": "-1", "big": "18446744073709551615", "flt": "1.5", "exp": "1e5", "bool": "true", "str": '"abc"',
    "date": '"2024-01-01"', "dt": '"2024-01-01 10:00:00"', "aint": "[1]", "astr": '["a"]', "abool": "[true,1]",
    "anull": "[null]", "obj": '{"a":1}', "obj2": '{"b":"x","a":1.5}', "null": "null", "huge": "18446744073709551616"}
TABLES = [
    ("CSV", "1,a\n2,b\n"), ("CSV", "x,y\n1,2\n"), ("CSV", "x,y\na,b\n"), ("CSV", '"x","y"\n"a",1\n'), ("CSV", "1,2\n3,4\n"),
    ("CSV", "x\n"), ("CSV", "2024-01-01,x\n1,y\n"), ("TSV", "1\ta\n2\tb\n"), ("TSV", "x\ty\n1\t2\n"), ("TSV", "a\\tb\tc\nd\t1\n"),
    ("CSVWithNames", 'a,"b c"\n1,"x\ny"\n'), ("CSVWithNames", "a,b\n1,\n,2\n"), ("CSVWithNames", "a,b\r\n1,2\r\n"),
    ("CSVWithNames", "a,b\n1,2"), ("CSVWithNames", "a\n"), ("CSVWithNames", ""), ("CSVWithNames", 'a\n""\n'),
    ("CSVWithNamesAndTypes", "a,b\nUInt8,\"DateTime64(3, 'UTC')\"\n1,2024-01-01 00:00:00\n"),
    ("TSVWithNames", "a\\tb\tc\n1\t\n"), ("TSVWithNamesAndTypes", "a\tb\nInt8\tArray(String)\n"),
    ("JSONEachRow", '{"a":1,"b":{"c":[1,2],"d":null}}\n{"a":null,"b":{"c":[],"d":"x"}}\n'), ("JSONEachRow", '[{"a":1},{"a":2,"b":true}]'),
    ("JSONEachRow", ""), ("JSONEachRow", '{"a":"\\u0041"}'), ("JSONEachRow", '{"a":[[1],[2.5]]}'), ("JSONEachRow", '{"a":"12"}'),
    ("JSONCompactEachRow", '[1,"a",[true]]\n[2.5,"b",[]]\n'), ("LineAsString", "a\nb\n"), ("RowBinary", "x")]
# (format, data) -> our answer where it is meant to be another.
OURS = {
    ("TSVWithNames", "c\n-1\n18446744073709551615\n"): "c Nullable(Float64)",
    ("CSVWithNames", "c\n-1\n18446744073709551615\n"): "c Nullable(Float64)",
    ("JSONEachRow", '{"c":-1}\n{"c":18446744073709551615}'): "c Nullable(Float64)",
}


def escaped(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def inferred(name, data):
    literal = data.replace("\\", "\\\\").replace("'", "\\'")
    try:
        rows = json.loads(str(chdb.query(f"DESCRIBE format({name}, '{literal}') FORMAT JSONCompact")))["data"]
    except RuntimeError:
        return "error"
    return "; ".join(f"{row[0]} {row[1]}" for row in rows)


def cases():
    for text in NUMBERS + TIMES + NESTED:
        yield "TSVWithNames", f"c\n{text}\n"
        if "," not in text:
            yield "CSVWithNames", f"c\n{text}\n"
        yield "CSVWithNames", f'c\n"{text}"\n'
        yield "JSONEachRow", json.dumps({"c": text})
    for one, other in itertools.combinations(KINDS.values(), 2):
        yield "TSVWithNames", f"c\n{one}\n{other}\n"
        yield "CSVWithNames", f"c\n{one}\n{other}\n"
    for value in JSON.values():
        yield "JSONEachRow", f'{{"c":{value}}}'
    for one, other in itertools.combinations(JSON.values(), 2):
        yield "JSONEachRow", f'{{"c":{one}}}\n{{"c":{other}}}'
    yield from TABLES


def main():
    lines = []
    for name, data in cases():
        answer, mark = inferred(name, data), ""
        if (name, data) in OURS:
            answer, mark = OURS[name, data], "\tours"
        elif "Nullable(Tuple(" in answer:
            # A tuple takes no NULL here.
            answer = answer.replace("Nullable(Tuple(", "Tuple(")[:-1]
            mark = "\tours"
        lines.append(f"{name}\t{escaped(data)}\t{escaped(answer)}{mark}\n")
    path = Path(__file__).with_name("inference.tsv")
    path.write_text("".join(lines))
    print(f"{path.name}: {len(lines)} cases")


if __name__ == "__main__":
    main()
