"""Bytes per row of all columns, on recorded market data: Tickbase beside ClickHouse (chdb), Parquet and DuckDB in one run.

    TICKBASE_DATA=... .venv/bin/python Benchmarks/sizes.py [--sets a,b] [--columns a,b] [--peers chdb,parquet,duckdb]
                                                           [--cache DIR] [--binary FILE] [--list]

TICKBASE_DATA is the folder of the recordings with its CATALOG.md; without it the script says that it skips. A set is a series
of the catalogue; --sets and --columns take parts of names as well ("bookTicker", "spy"). --columns adds a table for each set
named: bytes per row of every column beside those of ClickHouse's best codec for it.

Tickbase's bytes are those of the files of its segments, everything included. The rows are inserted over HTTP in one statement and
flushed; "cold" is after OPTIMIZE TABLE ... FINAL, as a partition at rest is merged. In both states counts and checksums of every column, and of whole rows, must equal chdb's. Exit code 1 when any differs;
planted differences prove first that one would be seen.

--cache keeps the parsed sets, and the figures of the peers for as long as neither they nor peers.py change.
"""

import argparse
import hashlib
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

from engines import ROOT, built, folder_bytes, served

sys.path.insert(0, str(ROOT / "storage-format" / "reader"))

PEERS = ("chdb", "parquet", "duckdb")
SETTLE_SECONDS = 60
SECTION_NAMES = {"BLOCKS": "(blocks)", "DIRECTORY": "(directory)", "KEYS": "(keys)", "RUNS": "(runs)",
                 "DICTIONARIES": "(dictionaries)", "CANDLES": "(candles)"}


def checksums_sql(types):
    """One row: the count, a sum of hashes for each column, and one over whole rows, so that values cannot change places."""
    each = ", ".join(f"sum(cityHash64({name}))" for name in types)
    return f"SELECT count(), {each}, sum(cityHash64({', '.join(types)})) FROM {{table}}"


def same(left, right):
    return [[str(value) for value in row] for row in left] == [[str(value) for value in row] for row in right]


def check_checksums(clickhouse, binary, folder):
    """Checksums that find nothing prove nothing: planted differences come first, in both engines."""
    rows = [(1, 61696.5, "BTCUSDT"), (2, 61696.51, "BTCUSDT"), (2, 2.5, "ETHUSDT")]
    first, second, third = rows
    planted = {
        "a missing row": rows[:2],
        "a row twice": [*rows, third],
        "a time off by one": [(2, *first[1:]), second, third],
        "a double off by its last bit": [(1, math.nextafter(first[1], math.inf), first[2]), second, third],
        "another text": [first, second, (*third[:2], "ETHUSDC")],
        "two prices that changed places": [(1, second[1], first[2]), (2, first[1], second[2]), third],
    }

    def checksums(engine, rows):
        each = (f"SELECT toUInt64({ts}) AS ts, toFloat64({price!r}) AS price, '{symbol}' AS symbol"
                for ts, price, symbol in rows)
        return engine.ask(checksums_sql(("ts", "price", "symbol")).format(table=f"({' UNION ALL '.join(each)})"))

    with served(binary, folder) as tickbase:
        expected = checksums(clickhouse, rows)
        assert same(checksums(tickbase, rows), expected), "equal rows have different checksums"
        for name, other in planted.items():
            for engine in (tickbase, clickhouse):
                assert not same(checksums(engine, other), expected), f"the checksums do not see {name}"


def candles(types):
    """The clause that makes a table of trades keep partial candles, as `trades` does."""
    if not {"price", "qty"} <= set(types) or "update_id" in types:
        return ""
    names = ["ts", "price", "qty"] + [name for name in ("side", "trade_id") if name in types]
    return f" SETTINGS candles = '{', '.join(names)}'"


class Tickbase:
    """One set in a server of its own."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = Path(folder)

    def segments(self):
        return sorted(path for path in (self.folder / "segments").rglob("*") if path.is_file())

    def settle(self, server):
        """Until a flush leaves the same segments as the one before it, with all rows in them."""
        deadline = time.monotonic() + SETTLE_SECONDS
        before = None
        while before != (found := [(path.name, path.stat().st_size) for path in self.segments()]) or not found:
            if time.monotonic() > deadline:
                raise RuntimeError(f"segments still change after {SETTLE_SECONDS} s")
            before = found
            server.send("SYSTEM FLUSH")
            time.sleep(0.2)

    def sizes(self, types, rows, checksums):
        with served(self.binary, str(self.folder)) as server:
            columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
            server.send(f"CREATE TABLE sized ({columns}) ENGINE = MergeTree ORDER BY (symbol, ts){candles(types)}")
            server.send("INSERT INTO sized FORMAT RowBinary", rows)
            self.settle(server)
            hot = {"bytes": folder_bytes(self.folder / "segments"), "segments": len(self.segments()),
                   "columns": self.column_bytes(), "checksums": server.ask(checksums.format(table="sized"))}
            # At rest: merged to the last level, whose chunks are packed as a whole.
            server.send("OPTIMIZE TABLE sized FINAL")
            self.settle(server)
            cold = {"bytes": folder_bytes(self.folder / "segments"), "columns": self.column_bytes(),
                    "checksums": server.ask(checksums.format(table="sized"))}
        return hot, cold

    def column_bytes(self):
        """{column or part of the format: bytes} over all segments, by the reader in storage-format/reader."""
        import tickread

        sections = {getattr(tickread, name): label for name, label in SECTION_NAMES.items()}
        out = {}
        for path in self.segments():
            data = path.read_bytes()
            segment = tickread.Segment(data)
            mine = {field.name: 0 for field in segment.columns}
            for group in segment.chunks:
                for field, (_, length, _) in zip(segment.stored, group):
                    mine[field.name] += length
            for kind, (_, length, _) in segment.sections.items():
                mine[sections[kind]] = length
            mine["(footer)"] = len(segment.footer)
            mine["(header, trailer, gaps)"] = len(data) - sum(mine.values())
            for name, length in mine.items():
                out[name] = out.get(name, 0) + length
        return out


class Peers:
    """The figures of the peers, kept beside the parsed sets."""

    def __init__(self, clickhouse, cache, chosen):
        self.clickhouse = clickhouse
        self.cache = Path(cache)
        self.chosen = chosen
        self.code = hashlib.sha256((Path(__file__).parent / "peers.py").read_bytes()).hexdigest()

    def sizes(self, peer, name, path, types, checksums):
        import peers

        body = {
            "chdb": lambda: self.clickhouse.sizes(path, types, checksums),
            "parquet": lambda: peers.parquet_sizes(path, types),
            "duckdb": lambda: peers.duckdb_sizes(path),
        }[peer]
        version = {"chdb": self.clickhouse.version, "parquet": lambda: peers.pyarrow.__version__,
                   "duckdb": peers.duckdb_version}[peer]()
        key = hashlib.sha256(json.dumps([self.code, version, types, checksums]).encode() + Path(path).read_bytes()).hexdigest()
        kept = self.cache / f"{name.replace(' ', '-')}.{peer}.json"
        if kept.exists() and (known := json.loads(kept.read_text()))["key"] == key:
            return known["sizes"]
        found = body()
        kept.write_text(json.dumps({"key": key, "sizes": found}))
        return found


# heading of the table -> (peer, its variant, its figure)
FIGURES = {
    "CH LZ4": ("chdb", "LZ4", "part"),
    "CH ZSTD": ("chdb", "ZSTD", "part"),
    "CH best, part": ("chdb", "best", "part"),
    "CH best, columns": ("chdb", "best", "bytes"),
    "Parquet": ("parquet", "default", "bytes"),
    "Parquet best": ("parquet", "best", "bytes"),
    "DuckDB": ("duckdb", "file", "bytes"),
}


def print_table(results, chosen, out):
    headings = [heading for heading, (peer, _, _) in FIGURES.items() if peer in chosen]
    ratios = ["CH best, columns", "CH best, part"] if "chdb" in chosen else []
    lines = {name: (r["rows"], r["tickbase"]["bytes"], r["cold"]["bytes"], [r[p][v][f] for p, v, f in map(FIGURES.get, headings)])
             for name, r in results.items()}
    total = (*(sum(line[i] for line in lines.values()) for i in range(3)),
             [sum(sizes) for sizes in zip(*(line[3] for line in lines.values()))])
    named = ["set", "rows", "Tickbase", "cold", "cold / Tickbase", *headings, *(f"Tickbase / {h}" for h in ratios)]
    print("| " + " | ".join(named) + " |", file=out)
    print("|---|" + "---|" * (len(named) - 1), file=out)
    for name, (rows, ours, cold, theirs) in {**lines, "all": total}.items():
        cells = [f"{rows:,}", f"{ours / rows:.3f}", f"{cold / rows:.3f}", f"{cold / ours:.3f}", *(f"{size / rows:.3f}" for size in theirs)]
        cells += [f"{ours / theirs[headings.index(h)]:.3f}" for h in ratios]
        print(f"| {name} | " + " | ".join(cells) + " |", file=out)
    print("| all, MB | | " + " | ".join(f"{size / 1e6:.3f}" for size in total[1:3]) + " | | "
          + " | ".join(f"{size / 1e6:.3f}" for size in total[3]) + " |" + " |" * len(ratios),
          file=out)


def print_columns(name, result, chosen, out):
    rows, ours, cold = result["rows"], result["tickbase"]["columns"], result["cold"]["columns"]
    theirs = result["chdb"] if "chdb" in chosen else None
    print(f"\n{name}: {rows:,} rows, {result['tickbase']['segments']} segments\n", file=out)
    print("| column | Tickbase | cold |" + (" CH best | Tickbase / CH best | CH best's codec |" if theirs else ""), file=out)
    print("|---|---|---|" + ("---|---|---|" if theirs else ""), file=out)
    for column in [*ours, "sum"]:
        size = sum(ours.values()) if column == "sum" else ours[column]
        packed = sum(cold.values()) if column == "sum" else cold.get(column, 0)
        own = f"| {column} | {size / rows:.4f} | {packed / rows:.4f} |"
        if not theirs:
            print(own, file=out)
            continue
        best = theirs["best"]
        other = best["bytes"] if column == "sum" else best["columns"].get(column)
        cells = [f"{other / rows:.4f}", f"{size / other:.3f}", best["codecs"].get(column, "")] if other else ["", "", ""]
        print(f"{own} " + " | ".join(cells) + " |", file=out)


def named(parts, names):
    """The sets whose names hold one of these parts."""
    wanted = [part.strip().lower() for part in parts.split(",") if part.strip()]
    for part in wanted:
        if not any(part in name.lower() for name in names):
            raise SystemExit(f"no set is named like {part!r}; --list shows them")
    return [name for name in names if any(part in name.lower() for part in wanted)]


def run(arguments, data, cache):
    import recordings
    from peers import ClickHouse

    sets = recordings.Recordings(data, cache)
    if arguments.list:
        print("\n".join(sets.names()))
        return 0
    detailed = named(arguments.columns, sets.names())
    wanted = named(arguments.sets, sets.names()) if arguments.sets else detailed or sets.names()
    wanted += [name for name in detailed if name not in wanted]
    chosen = [peer for peer in PEERS if peer in arguments.peers.split(",")]
    binary = arguments.binary or f"{built('tickbase')}/tickbase"
    differ = []
    results = {}
    with tempfile.TemporaryDirectory(dir=os.environ.get("TICKBASE_SCRATCH")) as scratch:
        # The oracle of the checksums and the source of the rows, whether or not its sizes are asked for.
        clickhouse = ClickHouse(f"{scratch}/chdb")
        check_checksums(clickhouse, binary, f"{scratch}/planted")
        peers = Peers(clickhouse, cache, chosen)
        for number, name in enumerate(wanted):
            print(f"{name} ({number + 1} of {len(wanted)})", file=sys.stderr, flush=True)
            path = sets.path(name)
            types = sets.types(name)
            sql = checksums_sql(types)
            expected = clickhouse.ask(sql.format(table=clickhouse.source(path, types)))
            folder = f"{scratch}/{number}"
            os.mkdir(folder)
            ours = Tickbase(binary, folder)
            hot, cold = ours.sizes(types, clickhouse.rows(path, types, "RowBinary"), sql)
            result = {"rows": int(expected[0][0]), "tickbase": hot, "cold": cold}
            result |= {peer: peers.sizes(peer, name, path, types, sql) for peer in chosen}
            for engine in ("tickbase", "cold", "chdb"):
                if engine in result and not same(result[engine]["checksums"], expected):
                    differ.append(f"{name}: {engine} has {result[engine]['checksums']} where {expected} are expected")
            results[name] = result
    print_table(results, chosen, sys.stdout)
    for name in detailed:
        print_columns(name, results[name], chosen, sys.stdout)
    print("\ncounts and checksums: " + ("equal" if not differ else "DIFFERENT\n" + "\n".join(differ)))
    return 1 if differ else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", default="", help="parts of names, with commas; all sets without it")
    parser.add_argument("--columns", default="", help="parts of names of sets whose columns are printed")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--cache", help="a folder that keeps parsed sets and the figures of the peers")
    parser.add_argument("--binary", help="a release build of tickbase; built without it")
    parser.add_argument("--list", action="store_true", help="print the names of the sets")
    arguments = parser.parse_args()
    if unknown := set(arguments.peers.split(",")) - {*PEERS, ""}:
        parser.error(f"unknown peers: {', '.join(sorted(unknown))}")
    data = os.environ.get("TICKBASE_DATA")
    if not data:
        print("skipped: TICKBASE_DATA does not name the folder of the recordings")
        return 0
    if arguments.cache:
        Path(arguments.cache).mkdir(parents=True, exist_ok=True)
        return run(arguments, data, Path(arguments.cache).resolve())
    with tempfile.TemporaryDirectory(dir=os.environ.get("TICKBASE_SCRATCH")) as cache:
        return run(arguments, data, cache)


if __name__ == "__main__":
    sys.exit(main())
