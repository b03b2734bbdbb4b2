"""The bytes that ClickHouse (chdb), Parquet and DuckDB need for a set, with the codecs that suit each column best.

1. Every peer gets the rows sorted, and its table is complete: counted, and for Parquet and DuckDB compared value by value.
2. ClickHouse's best codec of a column is chosen after the fact, among all chains below, and for prices and sizes also as
   integers scaled by the smallest power of ten that loses nothing (what Decimal(9, s) and Decimal(18, s) store). Nobody would
   choose so well beforehand: this is the least that ClickHouse can get by, not what a user gets.
3. Parts are wide, so that each column has a size of its own, and hold no statistics, which sizes do not need.
"""

import json
import tempfile
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet

from recordings import FLAG, ID, NAME, NUMBER, TIME

PACKERS = ("LZ4", "ZSTD(1)", "ZSTD(12)")
INTEGER_STEPS = ("", "Delta", "DoubleDelta", "GCD", "GCD, Delta", "GCD, DoubleDelta", "T64", "T64('bit')", "GCD, T64")
FLOAT_STEPS = ("", "Delta", "Gorilla", "FPC", "ALP")
SMALL_STEPS = ("", "Delta", "T64")
SCALES = range(10)
PARQUET_ROWS = 1 << 20
DUCKDB_BLOCKS = (16384, 262144)
TABLE_SETTINGS = (
    "SETTINGS min_bytes_for_wide_part = 0, min_rows_for_wide_part = 0, auto_statistics_types = '', "
    "materialize_statistics_on_merge = 0")
INSERT_SETTINGS = (
    "SETTINGS max_block_size = 100000000, min_insert_block_size_rows = 100000000, min_insert_block_size_bytes = 0, "
    "max_insert_block_size = 100000000")
SESSION_SETTINGS = {"allow_suspicious_codecs": 1, "allow_experimental_codecs": 1, "enable_alp_codec": 1,
                    "input_format_parquet_preserve_order": 1, "max_threads": 1, "max_insert_threads": 1}


def scale_of(values):
    """(s, the integers) where every double is the nearest to an integer over 10^s, or None."""
    for scale in SCALES:
        numbers = numpy.rint(values * 10.0**scale)
        if not numpy.all(numpy.abs(numbers) < 2**53):
            return None  # NaN and infinities too, of which no such comparison holds.
        integers = numbers.astype(numpy.int64)
        if numpy.array_equal((integers / 10.0**scale).view(numpy.int64), values.view(numpy.int64)):
            return scale, integers
    return None


def chains(steps):
    return [f"{step}, {packer}" if step else packer for step in steps for packer in PACKERS]


class ClickHouse:
    def __init__(self, folder):
        from chdb import session

        self.db = session.Session(folder)
        for name, value in SESSION_SETTINGS.items():
            self.db.query(f"SET {name} = {value}")

    def ask(self, sql):
        return [json.loads(line) for line in self.db.query(sql, "JSONCompactEachRow").bytes().splitlines()]

    def version(self):
        return self.ask("SELECT version()")[0][0]

    def source(self, path, types):
        structure = ", ".join(f"{name} {kind}" for name, kind in types.items()).replace("'", "''")
        return f"file('{path}', Parquet, '{structure}')"

    def rows(self, path, types, form):
        """The set as an INSERT takes it, in its order."""
        for name, kind in types.items():
            if kind in (TIME, ID, NUMBER):
                back = self.db.query(f"SELECT {name} FROM {self.source(path, types)}", "RowBinary").bytes()
                expected = pyarrow.parquet.read_table(path, columns=[name])[name].to_numpy()
                assert numpy.array_equal(numpy.frombuffer(back, numpy.int64), expected.view(numpy.int64)), \
                    f"{path}: chdb reads {name} in another order"
        return self.db.query(f"SELECT * FROM {self.source(path, types)}", form).bytes()

    def load(self, path, types, columns, order):
        """A table `sized` of one part; `columns` is [(name, type, codec, expression)]."""
        self.db.query("DROP TABLE IF EXISTS sized SYNC")
        declared = ", ".join(f"{name} {kind} CODEC({codec})" for name, kind, codec, _ in columns)
        self.db.query(f"CREATE TABLE sized ({declared}) ENGINE = MergeTree ORDER BY {order} {TABLE_SETTINGS}")
        values = ", ".join(expression for *_, expression in columns)
        self.db.query(f"INSERT INTO sized SELECT {values} FROM {self.source(path, types)} {INSERT_SETTINGS}")
        self.db.query("OPTIMIZE TABLE sized FINAL")
        parts = self.ask("SELECT part_type, toUInt32(rows) FROM system.parts WHERE active AND table = 'sized'")
        rows = pyarrow.parquet.read_metadata(path).num_rows
        assert parts == [["Wide", rows]], f"{path}: parts {parts} where one of {rows} rows is expected"

    def columns_of(self):
        """{column: bytes of data and marks} of the table `sized`."""
        return {name: int(size) for name, size in self.ask(
            "SELECT column, sum(column_data_compressed_bytes + column_marks_bytes) FROM system.parts_columns "
            "WHERE active AND table = 'sized' GROUP BY column")}

    def part_bytes(self):
        return int(self.ask("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'sized'")[0][0])

    def candidates(self, name, kind, values):
        """[(type, codec, expression)] that store a column without loss."""
        if kind in (TIME, ID):
            return [(kind, chain, name) for chain in chains(INTEGER_STEPS)]
        if kind != NUMBER:
            steps = SMALL_STEPS if kind != NAME else ("",)
            return [(kind, chain, name) for chain in chains(steps)]
        out = [(kind, chain, name) for chain in chains(FLOAT_STEPS)]
        if found := scale_of(values):
            scale, integers = found
            narrow = numpy.all(numpy.abs(integers) < 2**31)
            for width in ("Int64", "Int32") if narrow else ("Int64",):
                scaled = f"to{width}(round({name} * 1e{scale}))"
                out += [(width, chain, scaled) for chain in chains(INTEGER_STEPS)]
        return out

    def best_of(self, path, types, name, kind, values):
        """(type, codec, expression) of the smallest candidate."""
        found = self.candidates(name, kind, values)
        columns = [(f"c{i}", *candidate) for i, candidate in enumerate(found)]
        self.load(path, types, columns, "tuple()")
        sizes = self.columns_of()
        return min(found, key=lambda candidate: sizes[f"c{found.index(candidate)}"])

    def sizes(self, path, types, checksums):
        table = pyarrow.parquet.read_table(path)
        out = {}
        for label, codec in (("LZ4", "LZ4"), ("ZSTD", "ZSTD(1)")):
            self.load(path, types, [(name, kind, codec, name) for name, kind in types.items()], "(symbol, ts)")
            columns = self.columns_of()
            out[label] = {"bytes": sum(columns.values()), "part": self.part_bytes(), "columns": columns}
        out["checksums"] = self.ask(checksums.format(table="sized"))
        best = [(name, *self.best_of(path, types, name, kind, table[name].to_numpy() if kind == NUMBER else None))
                for name, kind in types.items()]
        self.load(path, types, best, "(symbol, ts)")
        columns = self.columns_of()
        out["best"] = {
            "bytes": sum(columns.values()), "part": self.part_bytes(), "columns": columns,
            "codecs": {name: codec if kind == types[name] else f"{kind}: {codec}" for name, kind, codec, _ in best}}
        self.db.query("DROP TABLE sized SYNC")
        return out


def scaled(table, types):
    """The table with its floats as integers where nothing is lost."""
    columns = {}
    for name, kind in types.items():
        found = scale_of(table[name].to_numpy()) if kind == NUMBER else None
        columns[name] = pyarrow.array(found[1]) if found else table[name]
    return pyarrow.table(columns)


def parquet_sizes(path, types):
    table = pyarrow.parquet.read_table(path)
    out = {}
    with tempfile.TemporaryDirectory(dir=Path(path).parent) as folder:
        def size(label, table, **options):
            file = Path(folder) / label
            pyarrow.parquet.write_table(table, file, row_group_size=PARQUET_ROWS, **options)
            assert pyarrow.parquet.read_table(file).equals(table), f"{path}: Parquet gives other values back"
            out[label] = {"bytes": file.stat().st_size}

        size("default", table)
        numbers = scaled(table, types)
        integers = [name for name in numbers.column_names if numbers[name].type in (pyarrow.int64(), pyarrow.uint64())
                    or types[name] == TIME]
        others = [name for name, kind in types.items() if name not in integers and kind != FLAG]
        size("best", numbers, compression="zstd", compression_level=3, use_dictionary=others,
             column_encoding={name: "DELTA_BINARY_PACKED" for name in integers})
    return out


def duckdb_sizes(path):
    """The smaller of two block sizes: small sets do not fill the default one."""
    import duckdb

    table = pyarrow.parquet.read_table(path)
    found = []
    for block in DUCKDB_BLOCKS:
        with tempfile.TemporaryDirectory(dir=Path(path).parent) as folder:
            file = Path(folder) / "sized.duckdb"
            db = duckdb.connect()
            db.execute("SET threads = 1")
            db.execute(f"ATTACH '{file}' AS sized (STORAGE_VERSION 'latest', BLOCK_SIZE {block})")
            db.execute(f"CREATE TABLE sized.rows AS SELECT * FROM read_parquet('{path}')")
            db.execute("CHECKPOINT sized")
            back = db.sql("SELECT * FROM sized.rows").to_arrow_table()
            for name in table.column_names:
                plain = table[name].type.value_type if pyarrow.types.is_dictionary(table[name].type) else table[name].type
                assert back[name].cast(plain).equals(table[name].cast(plain)), f"{path}: DuckDB gives another {name} back"
            db.execute("DETACH sized")
            db.close()
            found.append(file.stat().st_size)
    return {"file": {"bytes": min(found)}}


def duckdb_version():
    import duckdb

    return duckdb.__version__
