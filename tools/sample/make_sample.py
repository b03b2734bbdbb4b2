#!/usr/bin/env python3
"""Makes BTCUSDT-trades-2024-08-08.csv.gz: real trades in the layout of Binance's public spot archives.

    python3 tools/sample/make_sample.py DIRECTORY

DIRECTORY holds hftbacktest_spot_btcusdt_20240808.jsonl.zst, the raw stream that the MIT-licensed project
hftbacktest recorded (see README.md). The output is the same bytes every time. Needs the package zstandard.
"""
import decimal
import gzip
import io
import json
import pathlib
import sys

import zstandard

SOURCE = "hftbacktest_spot_btcusdt_20240808.jsonl.zst"
DAY = range(1_723_075_200_000, 1_723_161_600_000)  # 2024-08-08 UTC in milliseconds, as an archive of one day has it
TARGET = pathlib.Path(__file__).parent / "BTCUSDT-trades-2024-08-08.csv.gz"


def trades(path):
    """Every trade message of the recording, by trade id."""
    found = {}
    with open(path, "rb") as file:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8")
        for line in lines:
            if '"btcusdt@trade"' in line:
                # "<receive time> <message>"
                trade = json.loads(line.split(" ", 1)[1])["data"]
                if trade["T"] in DAY:
                    found[trade["t"]] = trade
    return [found[key] for key in sorted(found)]


def row(trade):
    """id, price, qty, quote_qty, time, is_buyer_maker, is_best_match as the archives spell them."""
    notional = decimal.Decimal(trade["p"]) * decimal.Decimal(trade["q"])
    quote = notional.quantize(decimal.Decimal("1e-8"), rounding=decimal.ROUND_DOWN)
    return f'{trade["t"]},{trade["p"]},{trade["q"]},{quote},{trade["T"]},{trade["m"]},{trade["M"]}\n'


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = [row(trade) for trade in trades(pathlib.Path(sys.argv[1]) / SOURCE)]
    with open(TARGET, "wb") as file:
        # No name and no time in the header, so the bytes depend on the rows alone.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=9, mtime=0) as packed:
            packed.write("".join(rows).encode())
    print(f"{len(rows)} trades, {TARGET.stat().st_size} bytes: {TARGET.name}")


main()
