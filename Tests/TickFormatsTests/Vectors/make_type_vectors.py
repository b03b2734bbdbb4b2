#!/usr/bin/env python3
"""Asks ClickHouse (chdb) about the wider types; writes type_read.tsv and type_write.tsv.

    python3 Tests/TickFormatsTests/Vectors/make_type_vectors.py

Columns of type_read.tsv: type, style, text (hex), answer: V + toString of the value (hex), N for NULL, or E + code.
Columns of type_write.tsv: type, style, text that the value is read from (hex), N for NULL, text written (hex).
"""
import pathlib
import re

from chdb import session

HERE = pathlib.Path(__file__).parent
HEAD = "# Made by make_type_vectors.py from ClickHouse {}. Do not edit.\n"
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


BIG = "170141183460469231731687303715884105727"
UUID = "00112233-4455-6677-8899-aabbccddeeff"
ENUM16 = "Enum16('low' = -300, 'it\\'s' = 0, 'high' = 30000)"
WHO = "Tuple(id Int32, `in` Tuple(name String, ok Bool))"
VALUES = {
    "Int128": ["0", "-1", BIG, "-170141183460469231731687303715884105728", "18446744073709551616", "-10000000000000000000"],
    "UInt128": ["0", "340282366920938463463374607431768211455", "10000000000000000000", "9999999999999999999"],
    "Decimal(9, 4)": ["0", "1.5", "-1.5", "12345.6789", "-0.0001", "100", "99999.9999"],
    "Decimal(9, 0)": ["0", "123456789", "-5"],
    "Decimal(18, 8)": ["61750.12", "-0.00000001", "1000000000"],
    "Decimal(38, 10)": ["1234567890123456789012345678.0123456789", "-0.5", "3"],
    "Decimal(38, 38)": ["0.12345678901234567890123456789012345678", "-0.1"],
    "Float32": ["0", "-0", "0.1", "16777216", "1e-7", "3.4028235e38", "1e-45", "0.3", "123456.789", "nan", "inf", "-inf",
                "1e21", "1e20", "5e-7", "0.000001"],
    "FixedString(4)": ["abcd", "ab", "", "a\tb'", '"/\\x'],
    "Nullable(FixedString(3))": ["abc"],
    "LowCardinality(FixedString(3))": ["abc", "a"],
    ENUM16: ["low", "it's", "high"],
    "Date32": ["1900-01-01", "1969-12-31", "1970-01-01", "2024-08-08", "2299-12-31"],
    "UUID": [UUID, "ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000"],
    "IPv4": ["1.2.3.4", "0.0.0.0", "255.255.255.255"],
    "IPv6": ["::", "::1", "::ffff:1.2.3.4", "2001:db8::8a2e:370:7334", "fe80::1:0:0:1", "1:2:3:4:5:6:7:8", "1:0:2::",
             "::1.2.3.4", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1::", "0:1::2"],
    "Array(Int64)": ["[]", "[1,-2,9223372036854775807]"],
    "Array(Int128)": ["[1]"],
    "Array(Float64)": ["[1.5,nan,inf,-0]"],
    "Array(Decimal(9, 4))": ["[1.5,2]"],
    "Array(String)": ["[]", r"['a','it\'s','x\ty','\"','/']"],
    "Array(FixedString(3))": ["['ab']"],
    "Array(Nullable(String))": ["['NULL',NULL,'']"],
    "Array(LowCardinality(Nullable(String)))": ["['a',NULL]"],
    "Array(Bool)": ["[true,false]"],
    "Array(Date)": ["['2024-08-08']"],
    "Array(DateTime)": ["['2024-08-08 01:02:03']"],
    "Array(DateTime64(3))": ["['2024-08-08 01:02:03.004']"],
    f"Array({ENUM16})": [r"['it\'s','low']"],
    "Array(UUID)": [f"['{UUID}']"],
    "Array(IPv4)": ["['1.2.3.4']"],
    "Array(IPv6)": ["['::1']"],
    "Array(Array(Int32))": ["[]", "[[]]", "[[1,2],[],[3]]"],
    "Array(Array(Array(String)))": ["[[['a'],[]],[]]"],
    "Array(Tuple(Int32, String))": ["[(1,'a'),(2,'b')]", "[]"],
    "Array(Tuple(a Int32, b String))": ["[(1,'a'),(2,'b')]"],
    "Array(Map(String, Int32))": ["[{'a':1},{}]"],
    "Tuple(Int32, Nullable(String), Date)": ["(1,NULL,'2024-08-08')", "(-1,'x\"y','1970-01-01')"],
    "Tuple(Bool, Float64, Decimal(9, 2))": ["(true,nan,1.5)"],
    "Tuple(Int32)": ["(5)"],
    "Tuple(Array(Int32), Map(String, String))": ["([1,2],{'a':'b\"c'})", "([],{})"],
    "Tuple(Int64, Tuple(UInt64, Int128))": ["(1,(2,3))"],
    WHO: ["(-1,('x',true))"],
    "Map(String, Int32)": ["{}", "{'a':1,'b\\tc':-2}", "{'k':1,'k':2}"],
    "Map(Int32, String)": ["{1:'a',-2:'it\\'s'}"],
    "Map(LowCardinality(String), Nullable(Float64))": ["{'x':1.5,'y':NULL,'z':nan}"],
    "Map(Date, Bool)": ["{'2024-08-08':true}"],
    f"Map({ENUM16}, Int64)": ["{'low':1}"],
    "Map(UUID, IPv4)": [f"{{'{UUID}':'1.2.3.4'}}"],
    "Map(String, Array(Int32))": ["{'a':[1,2],'b':[]}"],
    "Map(String, Tuple(a Int32, b String))": ["{'k':(1,'x')}"],
    "Map(String, Map(String, Int32))": ["{'a':{'b':1},'c':{}}"],
    "Nullable(UUID)": [UUID],
    "Nullable(Decimal(9, 2))": ["1.5"],
}
NULLS = ["Nullable(UUID)", "Nullable(Decimal(9, 2))", "Nullable(IPv6)", "Nullable(FixedString(3))",
         "LowCardinality(Nullable(FixedString(3)))"]

WRITERS = {
    "raw": ("SELECT {}", "TSVRaw", 0, 1),
    "escaped": ("SELECT {}", "TSV", 0, 1),
    "quoted": ("SELECT tuple({})", "TSV", 1, 2),
    "csv": ("SELECT {}", "CSV", 0, 1),
    "json": ("SELECT {} AS x", "JSONEachRow", 5, 2),
    "jsonQuoted": ("SELECT {} AS x SETTINGS output_format_json_quote_64bit_integers = 1", "JSONEachRow", 5, 2),
    "jsonDenormals": ("SELECT {} AS x SETTINGS output_format_json_quote_denormals = 1", "JSONEachRow", 5, 2),
    "jsonDecimals": ("SELECT {} AS x SETTINGS output_format_json_quote_decimals = 1", "JSONEachRow", 5, 2),
    "jsonSlashes": ("SELECT {} AS x SETTINGS output_format_json_escape_forward_slashes = 0", "JSONEachRow", 5, 2),
    "jsonArrays": ("SELECT {} AS x SETTINGS output_format_json_named_tuples_as_objects = 0", "JSONEachRow", 5, 2),
    "jsonDocument": ("SELECT {} AS x SETTINGS output_format_write_statistics = 0", "JSON", None, None),
}
# Settings that change every style.
OPTIONS = {
    "zeros": "output_format_decimal_trailing_zeros = 1",
    "iso": "date_time_output_format = 'iso'",
    "unix": "date_time_output_format = 'unix_timestamp'",
    "words": "bool_true_representation = 'yes', bool_false_representation = 'no'",
    "marks": "format_csv_null_representation = '-', format_tsv_null_representation = 'nil'",
    "semicolon": "format_csv_delimiter = ';'",
}
OPTION_TYPES = {
    "zeros": ["Decimal(9, 4)", "Decimal(9, 0)", "Array(Decimal(9, 4))", "Tuple(Bool, Float64, Decimal(9, 2))"],
    "iso": ["DateTime('Asia/Tokyo')", "DateTime64(3, 'America/New_York')", "DateTime", "DateTime64(0)", "DateTime64(3)", "Date",
            "Array(DateTime)", "Array(DateTime64(3))"],
    "words": ["Bool", "Nullable(Bool)", "Array(Bool)", "Tuple(Bool, Float64, Decimal(9, 2))", "Map(Date, Bool)"],
    "marks": ["Nullable(Decimal(9, 2))", "Array(Nullable(String))", "Tuple(Int32, Nullable(String), Date)"],
    "semicolon": ["Tuple(Int32, Nullable(String), Date)", "Array(Int64)", WHO],
}
OPTION_TYPES["unix"] = OPTION_TYPES["iso"]
OPTION_VALUES = {
    "DateTime": ["2024-08-08 01:02:03", "1970-01-01 00:00:00"],
    "DateTime64(0)": ["2024-08-08 01:02:03"],
    "DateTime('Asia/Tokyo')": ["2024-08-08 01:02:03"],
    "DateTime64(3, 'America/New_York')": ["2024-08-07 21:02:03.040"],
    "DateTime64(3)": ["2024-08-08 01:02:03.040", "1969-12-31 23:59:59.500", "2024-08-08 01:02:03"],
    "Date": ["2024-08-08"], "Bool": ["1", "0"], "Nullable(Bool)": ["1"],
}


def written(kind, style, text, expression, setting=None):
    query, form, left, right = WRITERS[style]
    query = query.format(expression)
    if expression == "cell":
        source = f" FROM format(Values, {quoted('cell ' + kind)}, {quoted('(' + text + ')')})"
        query = query.replace(" SETTINGS", source + " SETTINGS") if "SETTINGS" in query else query + source
    if setting:
        query += (", " if "SETTINGS" in query else " SETTINGS ") + setting
    data = ask(query, form)
    if isinstance(data, str):
        return None
    if style == "jsonDocument":
        return re.search(rb'"data":\n\t\[\n\t\t\{\n\t\t\t"x": (.*)\n\t\t\}\n\t\],\n\n\t"rows": 1', data, re.S).group(1)
    return data[left:len(data) - right]


def expression_of(kind, text):
    if text is None:
        return f"CAST(NULL AS {kind})"
    if "Map(" in kind:  # no text casts to a map
        return "cell"
    return f"CAST({quoted(text)} AS {kind})"


def write_lines():
    for kind, values in VALUES.items():
        for text in values + [None] * (kind in NULLS):
            expression = expression_of(kind, text)
            for style in WRITERS:
                data = written(kind, style, text, expression)
                if data is not None:
                    yield f"{kind}\t{style}\t{'N' if text is None else text.encode().hex()}\t{data.hex()}\n"
    for option, kinds in OPTION_TYPES.items():
        for kind in kinds:
            for text in OPTION_VALUES.get(kind, VALUES.get(kind, [])) + [None] * kind.startswith("Nullable"):
                expression = expression_of(kind, text)
                for style in ["escaped", "quoted", "csv", "json"]:
                    data = written(kind, style, text, expression, OPTIONS[option])
                    if data is not None:
                        yield (f"{kind}\t{style} {option}\t{'N' if text is None else text.encode().hex()}\t"
                               f"{data.hex()}\n")


def as_json(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'


def as_csv(text):
    return '"' + text.replace('"', '""') + '"'


def as_escaped(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t")


# Texts of scalars, read bare and in the quotes of every style.
TEXTS = {
    "Int128": ["0", "-0", "+5", BIG, "170141183460469231731687303715884105728", "", "x", "1.5", "-", "1e3", "0012", "12a"],
    "UInt128": ["0", "-1", "340282366920938463463374607431768211455", "340282366920938463463374607431768211456", "", "x",
                "7.0"],
    "Decimal(9, 4)": ["0", "1.5", "-1.5", "+1.5", "1.", ".5", "1.23456", "-1.99999", "99999.9999", "100000", "999999", "1e2",
                      "1e-5", "12345e-4", "", "x", "1.5x", "nan", "0x1", "00000000000001.5", "1e30", "1e-30", "."],
    "Decimal(38, 10)": ["1234567890123456789012345678.0123456789", "12345678901234567890123456789", "-0.5", "1e27", "1e28"],
    "Float32": ["0", "0.1", "1e39", "-1e39", "1e-50", "16777217", "nan", "inf", "-inf", "", "x", "1.5x", "3.4028236e38",
                "0.30000001192092896"],
    "FixedString(4)": ["abcd", "ab", "", "abcde", "é", "a b"],
    "LowCardinality(FixedString(3))": ["abc", "a", "", "abcd"],
    ENUM16: ["low", "it's", "0", "-300", "30000", "1", "x", ""],
    "Date32": ["1900-01-01", "1899-12-31", "2299-12-31", "2300-01-01", "1969-12-31", "2024-02-30", "", "x", "20240808",
               "2024-1-2", "0", "1700000000", "-1", "0000-01-01", "9999-12-31"],
    "UUID": [UUID, UUID.upper(), UUID.replace("-", ""), UUID[:-1], UUID + "0", "", "x", "00112233-4455-6677-8899_aabbccddeeff",
             "{" + UUID + "}", "0" * 32],
    "IPv4": ["1.2.3.4", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "", "x", "1.2.3.4 ", "::1", "16909060", "0.0.0.0"],
    "IPv6": ["::", "::1", "1.2.3.4", "::ffff:1.2.3.4", "2001:DB8::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1::2::3", "", "x",
             "::g", "1:2:3:4:5:6:1.2.3.4", "12345::", ":1", "1:", "::1%eth0", "1:2:3:4:5:6:7::"],
}
# Texts of nested values, as they stand in VALUES.
NESTED = {
    "Array(Int32)": ["[]", "[1,2]", "[ 1 , 2 ]", "[1,]", "[,1]", "[1", "1,2", "", "[1]x", "['1']", "[NULL]", "[1.5]", "[[1]]", "[-1]",
                     "(1,2)", "[1 2]", " [1]", "[1] "],
    "Array(Nullable(Int32))": ["[NULL,1]", "[null]", "[\\N]"],
    "Array(String)": ["['a']", "['a','b']", "['it\\'s']", "['it''s']", "[a]", "['a]", "['a','b'", "['\\t']", "[1]", "['[',']']"],
    "Array(Float64)": ["[1.5,nan,inf]", "['1']"],
    "Array(Date)": ["['2024-08-08']", "['bad']", "[2024-08-08]"],
    "Array(DateTime)": ["['2024-08-08 01:02:03']", "[1700000000]"],
    "Array(UUID)": [f"['{UUID}']", f"[{UUID}]"],
    "Array(Array(Int32))": ["[[]]", "[[1,2],[3]]", "[1]", "[[1],[2]"],
    "Array(Tuple(Int32, String))": ["[(1,'a')]", "[(1,'a'),(2,'b')]", "[(1)]", "[1]"],
    "Array(Bool)": ["[true,false]", "[1,0]", "['true']"],
    "Array(Decimal(9, 2))": ["[1.5]", "['1.5']"],
    "Array(LowCardinality(String))": ["['a','a']"],
    "Tuple(Int32, String)": ["(1,'a')", "(1)", "(1,'a',2)", "1,'a'", "", "(1,'a'", "( 1 , 'a' )", "(NULL,'a')", "('1','a')",
                             "(1,a)", "[1,'a']", "(1,'a',)"],
    "Tuple(Int32)": ["(1)", "(1,)", "1"],
    WHO: ["(1,('x',true))", "(1,'x',true)"],
    "Map(String, Int32)": ["{}", "{'a':1}", "{'a':1,'b':2}", "{ 'a' : 1 }", "{a:1}", "{'a'}", "{'a':}", "{'a':1", "['a']", "{'a':'1'}",
                           "{'a':NULL}", "{'k':1,'k':2}", "{'a':1,}", "{'a\\'b':1}", ""],
    "Map(Int32, String)": ["{1:'a'}", "{'1':'a'}", "{x:'a'}"],
    "Map(Date, Bool)": ["{'2024-08-08':true}"],
    "Map(String, Array(Int32))": ["{'a':[1,2],'b':[]}"],
    "Map(String, Map(String, Int32))": ["{'a':{'b':1},'c':{}}"],
    "Map(String, Nullable(Int32))": ["{'a':NULL}"],
}
JSON = {
    "Int128": ["1", "-5", '"7"', BIG, "1.5", "true", "null", '"x"', "[1]"],
    "Decimal(9, 4)": ["1.5", '"1.5"', "1", "1e2", "true", "null", "1.23456", '"x"', "100000"],
    "Float32": ["1.5", '"1.5"', "null", "1e39", "true"],
    "FixedString(4)": ["1", '"ab"', "null", "true", "[1]"],
    "UUID": ["null", "1"],
    "IPv4": ["null", "16909060"],
    "Date32": ["0", "null", "-1", "1700000000"],
    ENUM16: ["0", "-300", "1", "null"],
    "Array(Int32)": ["[]", "[1,2]", "[ 1 , 2 ]", '["1"]', "[null]", "[1,]", "[1.5]", "null", '"[1,2]"', "{}", "[[1]]", "[1 2]", "1"],
    "Array(Nullable(Int32))": ["[null,1]"],
    "Array(String)": ['["a"]', '["\\u0041","\\""]', "[1]", "[true]", "[[1]]", '[{"a":1}]', "[null]"],
    "Array(Array(Int32))": ["[[]]", "[[1],[2,3]]", "[1]"],
    "Array(Date)": ['["2024-08-08"]'],
    "Array(Bool)": ["[true,false]", "[1]", '["true"]'],
    "Tuple(Int32, String)": ['[1,"a"]', "[1]", '[1,"a",2]', '{"1":1,"2":"a"}', "null", '"(1,\'a\')"', "[]", '[null,null]', '["1",2]'],
    "Tuple(Int32)": ["[1]", "1"],
    WHO: ['{"id":1,"in":{"name":"x","ok":true}}', '{"in":{"ok":true},"id":1}', '{"id":1}', "{}", '[1,["x",true]]',
          '{"id":1,"id":2}', '{"id":1,"other":2}', '{"id":null,"in":{}}', '[1,{"name":"x"}]', '{"other":{"a":[1]}}'],
    "Map(String, Int32)": ["{}", '{"a":1}', '{"a":1,"b":2}', '{"a":"1"}', '{"a":null}', "[]", '[["a",1]]', '{"a":1,}', '{"a"}',
                           '{"a":1,"a":2}', "null", '"{}"', '{"\\u0041":1}', '{1:2}'],
    "Map(Int32, String)": ['{"1":"a"}', '{"x":"a"}', '{1:"a"}'],
    "Map(Date, Bool)": ['{"2024-08-08":true}'],
    "Map(UUID, IPv4)": [f'{{"{UUID}":"1.2.3.4"}}'],
    "Map(String, Array(Int32))": ['{"a":[1,2],"b":[]}'],
    "Map(String, Map(String, Int32))": ['{"a":{"b":1},"c":{}}'],
    "Map(String, Tuple(a Int32, b String))": ['{"k":{"a":1,"b":"x"}}', '{"k":[1,"x"]}'],
    "Array(Tuple(a Int32, b String))": ['[{"a":1,"b":"x"},{"b":"y"}]', "[]", '[[1,"x"]]'],
    "Array(Map(String, Int32))": ['[{"a":1},{}]'],
}
BARE = {  # unquoted in VALUES
    "Int128": ["1", "-5", "+5", BIG, "1.5", "true", "NULL"],
    "Decimal(9, 4)": ["1.5", "-1", "1e2", "NULL", "1.23456", "true", "100000"],
    "Float32": ["1.5", "nan", "NULL"],
    "FixedString(4)": ["1", "NULL"],
    "UUID": ["NULL", "1"],
    "IPv4": ["NULL"],
    "Date32": ["0", "19000", "-1"],
    ENUM16: ["0", "-300", "1"],
}
FLAT = {  # a tuple is several cells in CSV
    "Tuple(Int32, String)": ["1,a", '1,"a"', '"1","a"', "1", "1,a,b", '"(1,\'a\')"', ",", '\\N,\\N'],
    WHO: ["1,x,true", '"(1,(\'x\',true))"'],
    "Tuple(Int32)": ["1", '"(1)"'],
    "Tuple(Array(Int32), Map(String, String))": ['"[1,2]","{\'a\':\'b\'}"'],
    "Array(Int32)": ["[]", "[1]", ""],
    "Map(String, Int32)": ["{}", "{'a':1}", ""],
    "Array(Tuple(Int32, String))": ['"[(1,\'a\')]"'],
    "UUID": [UUID, "", "\\N"],
    "Decimal(9, 4)": ["1.5", "", " 1.5 ", "\\N", "1.5x"],
    "IPv6": ["::1", ""],
    "Date32": ["2024-08-08", ""],
    "FixedString(4)": ["ab", "", " a ", "abcde", "\\N"],
    "Nullable(FixedString(3))": ["ab", "", "\\N"],
    "Nullable(UUID)": ["", "\\N", UUID],
}


def read_cases():
    for kind, texts in TEXTS.items():
        for text in texts:
            yield kind, "raw", text
            yield kind, "escaped", as_escaped(text)
            yield kind, "csv", as_csv(text)
            yield kind, "json", as_json(text)
            yield kind, "quoted", quoted(text)
    for kind, texts in NESTED.items():
        for text in texts:
            if "Map(" not in kind:
                yield kind, "raw", text
            if text:
                yield kind, "escaped", text
                yield kind, "quoted", text
            if not kind.startswith("Tuple"):
                yield kind, "csv", as_csv(text)
    for style, cases in [("json", JSON), ("quoted", BARE), ("csv", FLAT)]:
        for kind, texts in cases.items():
            for text in texts:
                yield kind, style, text
    for kind in NULLS:
        for style, text in [("escaped", "\\N"), ("csv", "\\N"), ("json", "null"), ("quoted", "NULL")]:
            yield kind, style, text


FORMS = {
    "escaped": ("TSV", b"", b"\n"), "csv": ("CSV", b"", b"\n"), "json": ("JSONEachRow", b'{"cell":', b"}"),
    "quoted": ("Values", b"(", b")"),
}


def read_line(kind, style, text):
    data = text.encode()
    if style == "raw":
        answer = ask(f"SELECT toString(CAST({literal(data)} AS {kind}))")
        if isinstance(answer, bytes):
            answer = b"V" + answer
    else:
        # An insert, since reading through format() may guess headers and types.
        form, left, right = FORMS[style]
        ask(f"CREATE OR REPLACE TABLE cells (cell {kind}) ENGINE = Memory")
        gap = " " if form == "Values" else "\n"
        head = "INSERT INTO cells " + ("" if form == "Values" else "FORMAT ") + form + gap
        answer = ask(head.encode().decode() + (left + data + right).decode())
        if isinstance(answer, bytes):
            answer = ask("SELECT if(isNull(cell), 'N', concat('V', toString(cell))) FROM cells")
    if isinstance(answer, bytes):
        answer = answer[:1].decode() + answer[1:].hex()
    return f"{kind}\t{style}\t{data.hex()}\t{answer}\n"


def main():
    version = ask("SELECT version()").decode()
    with open(HERE / "type_read.tsv", "w") as out:
        out.write(HEAD.format(version))
        for case in read_cases():
            out.write(read_line(*case))
    with open(HERE / "type_write.tsv", "w") as out:
        out.write(HEAD.format(version))
        out.writelines(write_lines())


main()
