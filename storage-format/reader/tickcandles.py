"""The candles section of a segment (segment.md, Kind 6): partial candles, and whether they are those of the rows."""

from fractions import Fraction

import tickread

STREAMS = (
    "run", "start", "rows", "open_time", "close_time", "open_sequence", "close_sequence", "close", "open", "high", "low",
    "volume", "notional", "buy_volume", "first_id", "last_id",
)  # fmt: skip
MODULUS = 1 << 64


def of_sign(number):
    """The number that stands as (d << 1) xor (d >> 63)."""
    return number >> 1 if number & 1 == 0 else -(number >> 1) - 1


def plain(number, bits=64):
    return number - (1 << bits) if number >> (bits - 1) else number


class Candles:
    """`pieces[level][group]` is (bitmap of covered blocks, list of partials); a partial is a dict by STREAMS."""

    def __init__(self, segment, data):
        self.definition = data.number(4)
        if self.definition != 1:
            self.pieces = None
            return
        self.time, self.price, self.quantity, self.side = data.numbers(4, 4)
        self.buy = data.number(4, True)
        self.identifier = data.number(4)
        self.widths = data.numbers(data.number(4), 8, True)
        known = {field.id for field in segment.fields}
        wanted = [n for n in (self.time, self.price, self.quantity, self.side, self.identifier) if n != tickread.NO_FIELD]
        tickread.need(set(wanted) <= known, "candles of fields that are not there")
        tickread.need(all(width > 0 for width in self.widths), "a bucket without width")
        groups = len(segment.groups)
        offsets = data.numbers(len(self.widths) * groups + 1, 4)
        tickread.need(
            offsets[0] == data.position and offsets == sorted(offsets) and offsets[-1] == len(data.data),
            "offsets of the pieces of candles",
        )
        ends = iter(zip(offsets, offsets[1:]))
        self.pieces = []
        for _ in self.widths:
            level = []
            for group in range(groups):
                start, end = next(ends)
                piece = tickread.Bytes(data.take(end - start), f"candles of group {group}")
                level.append(self.piece(piece, segment.groups[group][1]))
                tickread.need(piece.left == 0, f"bytes after the candles of group {group}")
            self.pieces.append(level)

    def piece(self, data, row_count):
        count = tickread.between(data.number(4), 0, row_count, "partial candles")
        if count == 0:
            return 0, []
        covered, marks = data.number(8), data.number(1)
        tickread.need(marks <= 3, f"marks {marks} of candles")
        price = tickread.between(data.number(1), 0, 12, "digits of a price")
        volume = tickread.between(data.number(1), 0, 12, "digits of a volume")
        notional = tickread.between(data.number(1), 0, 24, "digits of a notional")
        scales = price, volume, notional
        out = []
        while len(out) < count:
            out += self.stretch(data, min(1024, count - len(out)), marks, scales)
        return covered, out

    def stretch(self, data, count, marks, scales):
        price, volume, notional = scales

        def stream():
            return tickread.integers(data, count, 8, 1)

        def total(is_wide):
            low = stream()
            if not is_wide:
                return [plain(number) for number in low]
            return [plain(a | b << 64, 128) for a, b in zip(low, stream())]

        columns = {name: stream() for name in STREAMS[:11]}
        columns["volume"] = total(marks & 1)
        if marks & 2:
            columns["notional"] = total(True)
        else:
            power = 10 ** tickread.between(notional - volume - price, 0, 24, "digits of a notional beyond its factors")
            near = zip(columns["volume"], columns["close"])
            columns["notional"] = [
                of_sign(distance) + number * of_sign(close) * power for distance, (number, close) in zip(stream(), near)
            ]
        if self.side != tickread.NO_FIELD:
            columns["buy_volume"] = total(marks & 1)
        if self.identifier != tickread.NO_FIELD:
            columns["first_id"], columns["last_id"] = stream(), stream()
        out = []
        before = None
        for values in zip(*columns.values()):
            partial = dict(zip(columns, values))
            rows = partial["rows"]
            partial["start"] = plain(partial["start"])
            for name in ("open_time", "close_time"):
                partial[name] = plain((partial[name] + partial["start"]) % MODULUS)
            for first, last in (("open_sequence", "close_sequence"), ("first_id", "last_id")):
                if first in partial:
                    origin = before[last] + 1 if before else 0
                    partial[first] = (of_sign(partial[first]) + origin) % MODULUS
                    partial[last] = (of_sign(partial[last]) + partial[first] + rows - 1) % MODULUS
            close = of_sign(partial["close"])
            partial["close"] = close
            partial["open"] = plain((of_sign(partial["open"]) + (before["close"] if before else close)) % MODULUS)
            partial["high"] = plain((partial["high"] + max(partial["open"], close)) % MODULUS)
            partial["low"] = plain((min(partial["open"], close) - partial["low"]) % MODULUS)
            before = dict(partial)
            out.append(partial)
        for partial in out:
            for name in ("open", "high", "low", "close"):
                partial[name] = Fraction(partial[name], 10**price)
            partial["volume"] = Fraction(partial["volume"], 10**volume)
            partial["notional"] = Fraction(partial["notional"], 10**notional)
            if "buy_volume" in partial:
                partial["buy_volume"] = Fraction(partial["buy_volume"], 10**volume)
        return out


def audit(segment, rows):
    """Compares all partials with those that the rows give; `rows` has the values of each column by its id."""
    candles = segment.candles
    if candles is None or candles.pieces is None:
        return
    tickread.need(
        [number for number, _ in segment.key] == [field.id for field in segment.run_fields] + [candles.time],
        "candles of rows in another order",
    )
    for width, level in zip(candles.widths, candles.pieces):
        first_block = first_row = 0
        for group, (covered, partials) in enumerate(level):
            blocks, count = segment.groups[group]
            tickread.need(covered >> blocks == 0, "candles of a block that is not there")
            expected = []
            row = first_row
            for block in range(first_block, first_block + blocks):
                end = row + segment.block_rows[block]
                if covered >> (block - first_block) & 1:
                    run = segment.block_runs[block] - segment.block_runs[first_block]
                    for i in range(row, end):
                        add(candles, expected, rows, i, run, width)
                row = end
            tickread.need(partials == expected, f"candles of group {group} are not those of its rows")
            first_block, first_row = first_block + blocks, row


def decimal(bits):
    """The decimal that a double is the nearest to, by its shortest text."""
    return Fraction(repr(tickread.number_of(bits)))


def add(candles, partials, rows, i, run, width):
    time = rows[candles.time][i]
    price, quantity = decimal(rows[candles.price][i]), decimal(rows[candles.quantity][i])
    start = time // width * width
    last = partials[-1] if partials else None
    if last is None or (last["run"], last["start"]) != (run, start):
        last = {
            "run": run, "start": start, "rows": 0, "open_time": time, "close_time": time,
            "open_sequence": rows[tickread.SEQUENCE][i], "close_sequence": 0, "close": price, "open": price, "high": price,
            "low": price, "volume": Fraction(0), "notional": Fraction(0),
        }  # fmt: skip
        if candles.side != tickread.NO_FIELD:
            last["buy_volume"] = Fraction(0)
        if candles.identifier != tickread.NO_FIELD:
            last["first_id"] = rows[candles.identifier][i]
        partials.append(last)
    last["rows"] += 1
    last["close_time"], last["close"] = time, price
    last["close_sequence"] = rows[tickread.SEQUENCE][i]
    last["high"], last["low"] = max(last["high"], price), min(last["low"], price)
    last["volume"] += quantity
    last["notional"] += price * quantity
    if candles.side != tickread.NO_FIELD and rows[candles.side][i] == candles.buy:
        last["buy_volume"] += quantity
    if candles.identifier != tickread.NO_FIELD:
        last["last_id"] = rows[candles.identifier][i]
