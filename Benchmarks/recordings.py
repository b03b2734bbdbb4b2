"""The recorded market data as tables: one set for each series of CATALOG.md and each kind of message in it.

A set is a `pyarrow.Table` sorted by symbol, ts and arrival, with the types that its columns have in a database.
Times are instants in UTC without a zone, in nanoseconds. A layout does not depend on the source, so a column can repeat another:
`ts` is the trade time where there is one, else the event time, else the time of receipt.
"""

import io
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import zstandard

TIME = "DateTime64(9, 'UTC')"
NAME = "LowCardinality(String)"
NUMBER = "Float64"
ID = "UInt64"
FLAG = "Bool"
TRADE_SIDE = "Enum8('buy' = 1, 'sell' = 2)"
BOOK_SIDE = "Enum8('bid' = 1, 'ask' = 2)"
ARROW = {
    TIME: pyarrow.timestamp("ns"), NAME: pyarrow.dictionary(pyarrow.int32(), pyarrow.string()), NUMBER: pyarrow.float64(),
    ID: pyarrow.uint64(), FLAG: pyarrow.bool_(),
    TRADE_SIDE: pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
    BOOK_SIDE: pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
}

# The columns of each layout, in the order of the table.
LAYOUTS = {
    "trade": {"ts": TIME, "event_time": TIME, "received_at": TIME, "symbol": NAME, "price": NUMBER, "qty": NUMBER,
              "side": TRADE_SIDE, "trade_id": ID},
    "bookTicker": {"ts": TIME, "event_time": TIME, "received_at": TIME, "symbol": NAME, "bid": NUMBER, "bid_qty": NUMBER,
                   "ask": NUMBER, "ask_qty": NUMBER, "update_id": ID},
    "depth": {"ts": TIME, "event_time": TIME, "received_at": TIME, "symbol": NAME, "side": BOOK_SIDE, "price": NUMBER,
              "qty": NUMBER, "update_id": ID, "first_id": ID, "previous_id": ID},
    "equity trade": {"ts": TIME, "symbol": NAME, "price": NUMBER, "qty": NUMBER, "exchange": NAME, "condition": NAME,
                     "suspicious": FLAG},
    "equity quote": {"ts": TIME, "symbol": NAME, "bid": NUMBER, "bid_size": NUMBER, "ask": NUMBER, "ask_size": NUMBER,
                     "exchange": NAME, "condition": NAME, "suspicious": FLAG},
    "quote": {"ts": TIME, "symbol": NAME, "bid": NUMBER, "ask": NUMBER},
}
# What the sources of a set lack is no column of its table.
OPTIONAL = ("event_time", "previous_id")

BINANCE = re.compile(r"hftbacktest_((?:cm|spot|usdm)_\w+_20(?:23|24)\d{4})\.jsonl(?:\.zst)?")
STREAMS = ("trade", "bookTicker", "depth")
EQUITY_SCALE = 10_000
NEW_YORK = ZoneInfo("America/New_York")
# series -> (folder, pattern of its files, symbol, layout, zone of its times)
LEAN = {
    **{f"lean_{name}_Trade_Tick": ("ticks_trade", f"lean_*_{name}_Trade_Tick.csv*", name.upper(), "equity trade", NEW_YORK)
       for name in ("aig", "bac", "ibm", "spy")},
    **{f"lean_{name}_Quote_Tick": ("ticks_quote", f"lean_*_{name}_Quote_Tick.csv*", name.upper(), "equity quote", NEW_YORK)
       for name in ("aig", "bac", "ibm")},
    **{f"lean_fxcm_{name}_tick_quote": ("ticks_quote", f"lean_fxcm_*_{name}_tick_quote.csv*", name.upper(), "quote",
                                        timezone(timedelta(hours=-5)))
       for name in ("eurusd", "nzdusd")},
    **{f"lean_oanda_{name}_tick_quote": ("ticks_quote", f"lean_oanda_*_{name}_tick_quote.csv*", name.upper(), "quote",
                                         timezone.utc)
       for name in ("eurusd", "nzdusd", "xauusd")},
}


def text_of(path):
    if path.suffix != ".zst":
        return path.read_bytes()
    with path.open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file).read()


def nanoseconds(digits):
    """A count since 1970 of the unit that its length tells, as these recorders write it."""
    return int(digits) * 10 ** (19 - len(digits))


def book_side(levels, side):
    return [(side, float(price), float(qty)) for price, qty in levels]


def binance_rows(line):
    """(kind, rows as dictionaries) of one line, or None where it is another message."""
    receipt, _, text = line.partition(b" ")
    message = json.loads(text)
    kind = message.get("stream", "").partition("@")[2].partition("@")[0]
    if kind not in STREAMS:
        return None
    data = message["data"]
    received = nanoseconds(receipt.decode())
    event = data["E"] * 1_000_000 if "E" in data else None
    traded = data["T"] * 1_000_000 if "T" in data else None
    shared = {"ts": traded or event or received, "event_time": event, "received_at": received, "symbol": data["s"]}
    if kind == "trade":
        return kind, [shared | {"price": float(data["p"]), "qty": float(data["q"]), "side": "sell" if data["m"] else "buy",
                                "trade_id": data["t"]}]
    if kind == "bookTicker":
        return kind, [shared | {"bid": float(data["b"]), "bid_qty": float(data["B"]), "ask": float(data["a"]),
                                "ask_qty": float(data["A"]), "update_id": data["u"]}]
    shared |= {"update_id": data["u"], "first_id": data["U"], "previous_id": data.get("pu")}
    levels = book_side(data["b"], "bid") + book_side(data["a"], "ask")
    return kind, [shared | {"side": side, "price": price, "qty": qty} for side, price, qty in levels]


def arranged(columns, layout):
    """The table of these columns, sorted by symbol, ts and arrival."""
    types = LAYOUTS[layout]
    table = pyarrow.table({name: pyarrow.array(columns[name]).cast(ARROW[types[name]])
                           for name in types if name in columns})
    symbols = table["symbol"].cast(pyarrow.string()).to_numpy(zero_copy_only=False)
    order = numpy.lexsort((table["ts"].cast(pyarrow.int64()).to_numpy(), symbols))  # Stable, so arrival breaks ties.
    return table.take(pyarrow.array(order)).combine_chunks()


def binance_sets(path):
    """All sets of one recording, for one reading of it gives them all."""
    rows = {kind: [] for kind in STREAMS}
    for line in text_of(path).splitlines():
        if found := binance_rows(line):
            rows[found[0]] += found[1]
    out = {}
    for kind, mine in rows.items():
        columns = {name: [row[name] for row in mine] for name in LAYOUTS[kind]}
        for name in OPTIONAL:
            if name in columns and None in columns[name]:
                assert not any(columns[name]), f"{path.name}: {name} is in some {kind} messages only"
                del columns[name]
        out[kind] = arranged(columns, kind)
    return out


def lean_day(path, symbol, layout, zone):
    """One day's file: milliseconds since local midnight, then the values."""
    names = list(LAYOUTS[layout])
    names.remove("symbol")
    types = {"exchange": pyarrow.string(), "condition": pyarrow.string(), "suspicious": pyarrow.bool_()}
    table = pyarrow.csv.read_csv(
        io.BytesIO(text_of(path)), pyarrow.csv.ReadOptions(column_names=names),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: types.get(name, pyarrow.float64()) for name in names},
            true_values=["1"], false_values=["0"]))
    day = datetime.strptime(re.search(r"_(20\d{6})_", path.name)[1], "%Y%m%d").replace(tzinfo=zone)
    midnight = int(day.timestamp()) * 10**9
    columns = {name: table[name].to_numpy() for name in names}
    # A day of milliseconds is a double to 15 picoseconds, so this is the nanosecond that the text says.
    columns["ts"] = numpy.rint(columns["ts"] * 1e6).astype(numpy.int64) + midnight
    columns["symbol"] = numpy.full(len(table), symbol)
    if layout.startswith("equity"):
        for name in ("price", "bid", "ask"):
            if name in columns:
                columns[name] = columns[name] / EQUITY_SCALE
    return columns


def lean_set(data, series):
    folder, pattern, symbol, layout, zone = LEAN[series]
    days = [lean_day(path, symbol, layout, zone) for path in sorted((data / folder).glob(pattern))]
    return arranged({name: numpy.concatenate([day[name] for day in days]) for name in days[0]}, layout)


class Recordings:
    """The sets under a folder, read when asked for; with a cache, each source is parsed once."""

    def __init__(self, data, cache):
        self.data = Path(data)
        self.cache = Path(cache)
        self.sources = {}
        for path in sorted((self.data / "raw_ws").iterdir()):
            if match := BINANCE.fullmatch(path.name):
                self.sources |= {f"{match[1]} {kind}": (path, kind) for kind in STREAMS}
        for series, (folder, pattern, _, layout, _) in LEAN.items():
            assert any((self.data / folder).glob(pattern)), f"no file {folder}/{pattern}"
            self.sources[series] = (series, layout)

    def names(self):
        return list(self.sources)

    def types(self, name):
        layout = LAYOUTS[self.sources[name][1]]
        return {column: layout[column] for column in pyarrow.parquet.read_schema(self.path(name)).names}

    def path(self, name):
        """The set as a Parquet file."""
        path = self.cache / f"{name.replace(' ', '-')}.parquet"
        if not path.exists():
            source, kind = self.sources[name]
            if isinstance(source, Path):
                for each, table in binance_sets(source).items():
                    self.write(table, self.cache / f"{name.removesuffix(kind).replace(' ', '-')}{each}.parquet")
            else:
                self.write(lean_set(self.data, source), path)
        return path

    @staticmethod
    def write(table, path):
        unfinished = path.with_suffix(".unfinished")
        # One row group, for readers may take several in any order.
        pyarrow.parquet.write_table(table, unfinished, row_group_size=max(1, len(table)))
        unfinished.rename(path)
