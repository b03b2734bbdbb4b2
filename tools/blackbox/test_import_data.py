"""Every file of recorded market data goes in, and as many rows as an independent count says.

Runs when TICKBASE_DATA names a directory of such files; `-s` prints the table of files and counts. The counts are made
here, with Python's csv and json, from what a row of each kind must be; nothing of Tickbase takes part in them.
"""

import csv
import io
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from process import BINARY, serving

DATA = os.environ.get("TICKBASE_DATA")
SECONDS_MAX = 1_800
NEW_YORK = ["--time-zone", "America/New_York"]
FIVE_WEST = ["--time-zone", "Etc/GMT+5"]
QUOTE_BARS = "ts:ms_of_day,bid_open{0},bid_high{0},bid_low{0},bid_close{0},bid_qty,ask_open{0},ask_high{0},ask_low{0},ask_close{0},ask_qty"

TABLES = [
    "CREATE TABLE quote_bars (ts DateTime64(9, 'UTC'), symbol LowCardinality(String), bid_open Float64, bid_high Float64, "
    "bid_low Float64, bid_close Float64, bid_qty Float64, ask_open Float64, ask_high Float64, ask_low Float64, "
    "ask_close Float64, ask_qty Float64) ENGINE = MergeTree PARTITION BY toYear(ts) ORDER BY (symbol, ts)",
    "CREATE TABLE last_prices (ts DateTime64(9, 'UTC'), symbol LowCardinality(String), exchange LowCardinality(String), "
    "price Float64, day_volume Float64) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (symbol, ts)",
]

# What is known of the files: a pattern of names, the table, the options. The first that fits counts.
KINDS = [
    (r"lasota_\w+_trade_stream", "trades", []),
    (r"lasota_\w+_difference_depth", "book", []),
    (r"lasota_\w+_depth_snapshot", "book", ["--symbol", "BTCUSDT"]),
    (r"lean_\d+_gc_tick_trade", "trades", ["--columns", "ts:ms_of_day,price,qty,_,_,_", "--symbol", "GC"]),
    (r"lean_\d+_\w+_Trade_Tick", "trades", ["--columns", "ts:ms_of_day,price/10000,qty,_,_,_", "--symbol", "X", *NEW_YORK]),
    (r"lean_\d+_\w+_Quote_Tick", "quotes",
     ["--columns", "ts:ms_of_day,bid/10000,bid_qty,ask/10000,ask_qty,_,_,_", "--symbol", "X", *NEW_YORK]),
    (r"lean_fxcm_\d+_\w+_tick_quote", "quotes", ["--columns", "ts:ms_of_day,bid,ask", "--symbol", "X", *FIVE_WEST]),
    (r"lean_oanda_\d+_\w+_tick_quote", "quotes", ["--columns", "ts:ms_of_day,bid,ask", "--symbol", "X"]),
    (r"lean_\d+_\w+_minute_trade", "bars",
     ["--columns", "ts:ms_of_day,open/10000,high/10000,low/10000,close/10000,volume", "--interval", "1m", "--symbol", "X", *NEW_YORK]),
    (r"lean_coinbase_\d+_\w+_minute_trade", "bars",
     ["--columns", "ts:ms_of_day,open,high,low,close,volume", "--interval", "1m", "--symbol", "X"]),
    (r"lean_\d+_\w+_minute_quote", "quote_bars", ["--columns", QUOTE_BARS.format("/10000"), "--symbol", "X", *NEW_YORK]),
    (r"lean_fxcm_\d+_\w+_minute_quote", "quote_bars", ["--columns", QUOTE_BARS.format(""), "--symbol", "X", *FIVE_WEST]),
    (r"lean_\w+_\d+_\w+_minute_quote", "quote_bars", ["--columns", QUOTE_BARS.format(""), "--symbol", "X"]),
    (r"lean_daily_", "bars",
     ["--columns", "ts,open/10000,high/10000,low/10000,close/10000,volume", "--interval", "1d", "--symbol", "X", *NEW_YORK]),
    (r"lean_coinbase_btcusd\.", "bars", ["--columns", "ts,open,high,low,close,volume", "--interval", "1d", "--symbol", "X"]),
    (r"lean_(binance|bitfinex)_", "bars", ["--columns", "ts,open,high,low,close,volume", "--interval", "1h", "--symbol", "X"]),
    (r"pyalgotrade_bitstamp", "trades", ["--symbol", "BTCUSD"]),
    (r"questdb_coinbase", "trades", []),
    (r"questdb_nasdaq", "last_prices", ["--columns", "ts=timestamp,symbol=id,price=price,day_volume=dayVolume"]),
    (r"gct_binance_\w+_trades", "trades", ["--symbol", "BTCUSDT"]),
    (r"gct_binance_\w+_1d", "bars", ["--columns", "ts,volume,open,high,low,close", "--interval", "1d", "--symbol", "BTCUSDT"]),
    (r"ninjabot_", "bars", ["--symbol", "X"]),
    (r"bitmex_", "bars", ["--interval", "1m"]),
    (r"ta4j_", "bars", ["--symbol", "BTCUSD"]),
]

# Recorded messages of exchanges, and vectors of indicators, are no rows of a table.
NO_TABLES = re.compile(r"(^|/)raw_ws/|golden_indicators\.json$|\.md$|(^|/)LICENSES/")


def text_of(path):
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout.decode()
    return path.read_text()


def is_time(text):
    """A unix time between 2001 and 2262 in seconds or finer."""
    return text.isdigit() and any(10**9 * scale <= int(text) <= 9_223_372_036 * scale for scale in (1, 1000, 10**6))


def count_rows(name, text):
    """How many rows of the file are rows, by what its kind must look like."""
    if name.startswith("bitmex_"):
        records = [record for line in text.splitlines() for record in json.loads(line)]
        return sum(all(record[key] is not None for key in ("open", "high", "low", "close")) for record in records)
    if name.startswith("ta4j_"):
        return len(json.loads(text)["candles"])
    rows = list(csv.reader(io.StringIO(text)))
    if name.startswith("lasota_"):
        rows = rows[next(i for i, row in enumerate(rows) if row[0] == "TimestampOfReceive"):]
        records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
        good = [
            record for record in records
            if all(is_time(record[key]) for key in ("TimestampOfReceive", "TransactionTime") if key in record)
            and float(record["Price"]) > 0 and float(record["Quantity"]) >= 0 and record.get("IsAsk", "0") in "01"
            and int(record.get("FirstUpdateId", 0)) <= int(record.get("FinalUpdateId", 0))]
        return len({record["TradeId"] for record in good}) if "TradeId" in records[0] else len(good)
    head = 1 if name.startswith("questdb_") else 0
    return sum(1 for row in rows[head:] if row)


# What was planted in the "negative" files, and how each is told.
FAULTS = {
    "lasota_negative_binance_trade_stream": [
        "1 duplicates left out", "kept though odd, first in line 10001: received_at: is more than an hour from ts"],
    "lasota_negative_binance_difference_depth": [
        "rejected, first in line 2: Price: ", "rejected, first in line 3: TransactionTime: ", "rejected, first in line 4: IsAsk: ",
        "kept though odd, first in line 8: price: ", "rejected, first in line 10: FinalUpdateId: ",
        "kept though odd, first in line 10001: received_at: is more than an hour from ts"],
    "lasota_negative_binance_depth_snapshot": [
        "rejected, first in line 32: TimestampOfReceive: ", "rejected, first in line 10031: a comment among the rows"],
}


@pytest.mark.skipif(not DATA, reason="TICKBASE_DATA names no directory of recorded market data")
def test_every_file_goes_in(tmp_path):
    root = Path(DATA)
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and not NO_TABLES.search(str(path.relative_to(root)))]
    assert files
    counts = []
    with serving(tmp_path / "db") as server:
        for statement in TABLES:
            server.ask(statement)
        for number, path in enumerate(files):
            kind = next((kind for kind in KINDS if re.match(kind[0], path.name)), None)
            assert kind, f"nothing is known of {path.name}"
            pattern, table, options = kind
            # An exchange of its own keeps the ids of one file apart from those of another.
            exchange = [] if table == "quote_bars" else ["--exchange", f"file{number}"]
            before = int(server.ask(f"SELECT count() FROM {table}"))
            result = subprocess.run(
                [BINARY, "import", "--url", server.url, "--table", table, *exchange, *options, "--rejects",
                 tmp_path / "rejects.tsv", path], capture_output=True, text=True, timeout=SECONDS_MAX)
            added = int(server.ask(f"SELECT count() FROM {table}")) - before
            expected = count_rows(path.name, text_of(path))
            counts.append((pattern, added))
            print(f"{path.relative_to(root)}\t{table}\t{expected}\t{added}", flush=True)
            assert result.returncode in (0, 3), result.stderr
            assert added == expected, result.stdout
            for start, faults in FAULTS.items():
                if path.name.startswith(start):
                    assert all(fault in result.stdout for fault in faults), result.stdout
    for pattern, _, _ in KINDS:
        rows = [added for kind, added in counts if kind == pattern]
        print(f"{pattern:40} {len(rows):4} files {sum(rows):10} rows")
    print(f"{len(counts)} files, {sum(added for _, added in counts)} rows")
