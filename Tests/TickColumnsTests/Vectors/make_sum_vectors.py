#!/usr/bin/env python3
"""Sums of doubles and of products as sql/dialect.md defines them, in rational arithmetic; writes sums.tsv.

    python3 Tests/TickColumnsTests/Vectors/make_sum_vectors.py

Columns: what the case is about, the rows (a value, or two factors joined by *, as bit patterns in hex, separated by
blanks), and the bit pattern of the sum, or nan. Standard library only.
"""
import math
import pathlib
import random
import struct
from decimal import Decimal
from fractions import Fraction

HERE = pathlib.Path(__file__).parent
MAX = 1.7976931348623157e308
MIN = 5e-324
NORMAL_MIN = 2.2250738585072014e-308
INF = math.inf
NAN = math.nan


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def from_bits(n):
    return struct.unpack("<d", struct.pack("<Q", n))[0]


def short_decimal(x):
    """n / 10^k with |n| < 10^15 and k in 0...12, read off the shortest text, or None."""
    if not math.isfinite(x):
        return None
    value = Fraction(Decimal(repr(x)))
    for k in range(13):
        n = value * 10**k
        if n.denominator == 1 and abs(n) < 10**15:
            return value
    return None


def rounded(total):
    try:
        return total.numerator / total.denominator
    except OverflowError:
        return INF if total > 0 else -INF


def added(terms):
    """The sum of exact numbers and of doubles that are not finite."""
    special = [t for t in terms if isinstance(t, float)]
    if special:
        return sum(special)  # NaN, or infinities
    return rounded(sum(terms, Fraction(0)))


def term(row):
    if isinstance(row, tuple):
        a, b = map(short_decimal, row)
        if a is not None and b is not None:
            return a * b
        product = row[0] * row[1]
        return Fraction(product) if math.isfinite(product) else product
    value = short_decimal(row)
    if value is not None:
        return value
    return Fraction(row) if math.isfinite(row) else row


def text(row):
    return "*".join(f"{bits(x):016x}" for x in (row if isinstance(row, tuple) else (row,)))


def any_double(kind, rng):
    if kind == 0:
        return rng.randint(-10**9, 10**9) / 100
    if kind == 1:
        return rng.randint(-(10**15) + 1, 10**15 - 1) / 10 ** rng.randint(0, 12)
    if kind == 2:
        return rng.uniform(-1, 1)
    if kind == 3:
        while True:
            x = from_bits(rng.getrandbits(64))
            if math.isfinite(x):
                return x
    if kind == 4:
        return float(rng.choice([-1, 1]) * (2**53 + rng.randint(-3, 3)))
    if kind == 5:
        return math.ldexp(rng.randint(1, 2**53 - 1), rng.randint(-1120, -1040)) * rng.choice([-1, 1])
    if kind == 6:
        # One unit in the last place beside a decimal.
        return from_bits(bits(rng.randint(1, 10**8) / 10**4) + rng.choice([-1, 1]))
    return rng.choice([0.0, -0.0, 1.0, -1.0, 1e-12, 1e14, 999999999999999.0, 1e15, 0.1, 1e22, 1e23])


def cases():
    rng = random.Random(20260521)
    yield "no rows", []
    yield "the dialect page", [(0.1, 0.2)]
    yield "ten tenths", [0.1] * 10
    yield "product below a double", [(0.1, 0.2), (-1.0, 0.02)]
    yield "turnover", [(64250.01, 0.00045), (64250.02, 1.5), (64249.99, 0.12345)]
    yield "minus zero", [-0.0]
    yield "products of zeros", [(-0.0, 5.0), (0.0, -1.0), (-0.0, 1 / 3)]
    yield "infinity times zero", [(INF, 0.0)]
    yield "infinity", [(INF, 2.0), (1.0, 1.0)]
    yield "minus infinity", [(INF, -2.0)]
    yield "both infinities", [(INF, 2.0), (-INF, 2.0)]
    yield "infinity and nan", [(INF, 2.0), (NAN, 2.0)]
    yield "nan", [NAN]
    yield "overflowing product", [(MAX, 2.0)]
    yield "overflowing products of both signs", [(MAX, 2.0), (MAX, -2.0)]
    yield "finite products that overflow together", [(MAX, 1.0), (MAX, 1.0)]
    yield "and come back", [(MAX, 1.0), (MAX, 1.0), (-MAX, 1.0)]
    yield "just below infinity", [MAX, math.ulp(MAX) / 4]
    yield "half a place above the greatest", [MAX, math.ulp(MAX) / 2]
    yield "least numbers", [(MIN, 1.0), (MIN, 1.0)]
    yield "product below the least number", [(MIN, 0.5), (MIN, 0.25)]
    yield "least beside one", [(1.0, 1.0), (MIN, 1.0)]
    yield "border of the normal numbers", [NORMAL_MIN, -MIN, (NORMAL_MIN, 0.5)]
    yield "half a place, to even", [1.0, 2.0**-53]
    yield "half a place and a little", [1.0, 2.0**-53, MIN]
    yield "half a place and a little decimal", [1.0, 2.0**-53, (1e-12, 1e-12)]
    yield "half a place less a little decimal", [1.0, 2.0**-53, (1e-12, -1e-12)]
    yield "cancellation", [(1e14, 1e14), (-1e14, 1e14), (1e-12, 1e-12)]
    yield "cancellation in binary", [(1e200, 1e100), (-1e200, 1e100), (1e-12, 1e-12)]
    yield "greatest times least decimal", [(999999999999999.0, 1e-12), (-999.999999999999, 1.0)]
    yield "smallest scale first", [(1e-12, 1e-12), (999999999999999.0, 999999999999999.0)]
    yield "largest first", [(999999999999999.0, 999999999999999.0), (1e-12, 1e-12)]
    yield "largest, twice, gone", [(999999999999999.0, 999999999999999.0), (1e-12, 1e-12),
                                   (-999999999999999.0, 999999999999999.0)]
    yield "beyond 128 bits at scale 24", [(123456789.123456, 999999999999.999)] * 9 + [(1e-12, 1e-12)] * 3
    yield "ten to the fifteenth is no short decimal", [(1e15, 0.1), (1e15, 0.3)]
    yield "16 digits", [(0.1234567890123456, 0.1)]
    yield "13 fractional digits", [(1e-13, 0.1), 1e-13]
    yield "neighbours of 2^53", [(float(2**53 + d), 0.1) for d in (-2, -1, 0, 2, 4)]
    yield "neighbours of 2^53, alone", [float(2**53 + d) for d in (-2, -1, 0, 2, 4)]
    yield "an integer beyond 2^53", [(float(2**53 + 2), 3.0), 0.1]
    yield "tie of decimals", [(0.5, 1.0), (9007199254740992.0, 1.0)]
    yield "tie of decimals, odd", [(0.5, 3.0), (9007199254740992.0, 1.0)]
    yield "border of near", [2.0**-12 / 3, 2.0**40 / 3, 2.0**40 * (1 - 2.0**-53), 2.0**40]
    yield "near and far", [1 / 3, 1e300 / 3, -1e300 / 3, 1e-300 / 3]
    yield "mixed factors", [(1 / 3, 3.0), (0.1, 1 / 3), (0.1, 3.0)]
    for number in range(120):
        left, right = rng.randrange(8), rng.randrange(8)
        rows = [(any_double(left, rng), any_double(right, rng)) for _ in range(rng.randint(1, 9))]
        yield f"random products {number}", rows
    for number in range(60):
        rows = []
        for _ in range(rng.randint(2, 12)):
            x, y = any_double(rng.randrange(8), rng), any_double(rng.randrange(8), rng)
            rows.append(x if rng.random() < 0.5 else (x, y))
            if rng.random() < 0.4:
                last = rows[-1]
                rows.append((-last[0], last[1]) if isinstance(last, tuple) else -last)
        rng.shuffle(rows)
        yield f"random rows of both kinds {number}", rows


def main():
    with open(HERE / "sums.tsv", "w", newline="\n") as out:
        out.write("# Made by make_sum_vectors.py. Do not edit.\n")
        for name, rows in cases():
            total = added([term(row) for row in rows])
            # A sum of zero has no sign here.
            answer = "nan" if math.isnan(total) else f"{bits(total + 0.0):016x}"
            out.write(f"{name}\t{' '.join(map(text, rows))}\t{answer}\n")


main()
