"""Minute candles by SQL over HTTP equal, as text, what decimal arithmetic makes of the file."""

import csv
import gzip
import random
from decimal import Decimal

from process import SAMPLE, serving, tickbase

CANDLES = (
    "SELECT toStartOfMinute(ts) t, argMin(price, ts) o, max(price) h, min(price) l, argMax(price, ts) c, sum(qty) v "
    "FROM trades WHERE symbol = 'BTCUSDT' GROUP BY t ORDER BY t")


def shortest(number):
    text = repr(float(number))
    return text.removesuffix(".0")


def candles_by_decimal(path):
    from datetime import datetime, timezone

    out = {}
    for _, price, qty, _, time, _, _ in csv.reader(gzip.open(path, "rt")):
        price, qty, minute = Decimal(price), Decimal(qty), int(time) // 60_000
        candle = out.setdefault(minute, [price, price, price, price, Decimal(0)])
        candle[1], candle[2], candle[3] = max(candle[1], price), min(candle[2], price), price
        candle[4] += qty
    return "".join(
        "\t".join([f"{datetime.fromtimestamp(m * 60, timezone.utc):%Y-%m-%d %H:%M:%S}", *map(shortest, c)]) + "\n"
        for m, c in sorted(out.items()))


def test_minute_candles_equal_decimal_arithmetic(tmp_path):
    assert tickbase("import", "--data", tmp_path / "db", SAMPLE).returncode == 0
    expected = candles_by_decimal(SAMPLE)
    assert expected.count("\n") == 6
    with serving(tmp_path / "db") as server:
        assert server.ask(CANDLES) == expected
        # The views answer from the same trades.
        assert server.ask(
            "SELECT toDateTime(ts), open, high, low, close, volume FROM candles_1m "
            "WHERE symbol = 'BTCUSDT' AND exchange = 'binance' ORDER BY ts") == expected
        total = sum(Decimal(line.split("\t")[5]) for line in expected.splitlines())
        assert server.ask("SELECT sum(volume) FROM candles_1d") == shortest(total) + "\n"


def test_turnover_equals_decimal_arithmetic(tmp_path):
    assert tickbase("import", "--data", tmp_path / "db", SAMPLE).returncode == 0
    turnover, volume, minutes = Decimal(0), Decimal(0), {}
    for _, price, qty, _, time, _, _ in csv.reader(gzip.open(SAMPLE, "rt")):
        notional = Decimal(price) * Decimal(qty)
        turnover, volume = turnover + notional, volume + Decimal(qty)
        minutes[int(time) // 60_000] = minutes.get(int(time) // 60_000, 0) + notional
    vwap = repr(float(turnover) / float(volume))
    with serving(tmp_path / "db") as server:
        for sql in ("sum(price * qty)", "sum(qty * price)", "sumIf(price * qty, price > 0)"):
            assert server.ask(f"SELECT {sql} FROM trades") == shortest(turnover) + "\n"
        assert server.ask("SELECT sum(price * qty) / sum(qty) FROM trades") == vwap + "\n"
        assert server.ask("SELECT notional FROM candles_1m ORDER BY ts") == "".join(
            shortest(minutes[m]) + "\n" for m in sorted(minutes))


def test_turnover_is_the_same_in_any_order_and_place(tmp_path):
    """Thirds are no decimals, so both kinds of product are in it; the rows lie in a segment, in memory, and shuffled."""
    assert tickbase("import", "--data", tmp_path / "db", SAMPLE).returncode == 0
    rows = [(price, qty) for _, price, qty, *_ in csv.reader(gzip.open(SAMPLE, "rt"))]
    random.Random(7).shuffle(rows)
    sums = "sum(price * qty), avg(price * qty), sum(price * (qty / 3)), sum(price / 7 * qty), sum(price * 0.001)"
    with serving(tmp_path / "db") as server:
        server.ask("CREATE TABLE shuffled (price Float64, qty Float64) ENGINE = MergeTree ORDER BY tuple()")
        for start in range(0, len(rows), 3_000):
            lines = "".join(f"{price},{qty}\n" for price, qty in rows[start : start + 3_000])
            server.ask("INSERT INTO shuffled FORMAT CSV\n" + lines)
        answer = server.ask(f"SELECT {sums} FROM trades")
        assert len(answer.split("\t")) == 5 and "nan" not in answer
        assert server.ask(f"SELECT {sums} FROM shuffled") == answer
