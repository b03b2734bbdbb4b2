#!/usr/bin/env python3
"""Reads Tickbase's files: an independent reader, written from the pages in storage-format/ alone.

    tickread.py segment FILE [--base N] [--raw] [--audit]

It believes no byte before the hash over it was right, and no length, count or offset before it was compared with what
surrounds it. Damage ends it with one sentence on standard error and exit code 1.
"""

import argparse
import ipaddress
import re
import struct
import sys

import xxhash
import zstandard


class Damage(Exception):
    """The bytes are not what a writer wrote."""


class Unsupported(Exception):
    """The bytes are of another version, or need what this reader does not know."""


def need(condition, sentence):
    if not condition:
        raise Damage(sentence)


class Bytes:
    """Numbers and byte strings one after the other, never past the end."""

    def __init__(self, data, what):
        self.data = bytes(data)
        self.what = what
        self.position = 0

    @property
    def left(self):
        return len(self.data) - self.position

    def take(self, count):
        need(0 <= count <= self.left, f"{self.what} ends early: {count} bytes needed, {self.left} left")
        self.position += count
        return self.data[self.position - count : self.position]

    def number(self, width, signed=False):
        return int.from_bytes(self.take(width), "little", signed=signed)

    def numbers(self, count, width, signed=False):
        data = self.take(count * width)
        return [
            int.from_bytes(data[i : i + width], "little", signed=signed)
            for i in range(0, len(data), width)
        ]

    def pad(self, alignment=8):
        self.take(-self.position % alignment)


# Encodings (encodings.md)

BLOCK_ROWS = 1024
BLOCK_TEXT = 8 << 20
STRING_BYTES = 1 << 30
DEPTH = 8
MOST_BINS = 16
MOST_LAG = 16

(PLAIN, CONSTANT, RUN_LENGTH, FRAME, DELTA, DICTIONARY, DECIMAL, STRINGS, PATCHED, HALVES,
 BINS, REPEATS, MULTIPLES, LAGGED) = range(1, 15)  # fmt: skip


def packed(data, count, width):
    """`count` numbers of `width` bits each."""
    bits = int.from_bytes(data.take((count * width + 7) // 8), "little")
    need(bits >> (count * width) == 0, "bits past the last packed number")
    mask = (1 << width) - 1
    return [(bits >> (i * width)) & mask for i in range(count)]


def between(number, low, high, what):
    need(low <= number <= high, f"{number} {what} where {low} to {high} can be")
    return number


def positions(data, count, bound):
    out = data.numbers(count, 2)
    for before, position in zip([-1] + out, out):
        need(before < position < bound, f"position {position} after {before}, below {bound}")
    return out


def short(data, width):
    """A short number, as the bit pattern of `width` bytes."""
    number = shift = 0
    while True:
        byte = data.number(1)
        number |= (byte & 0x7F) << shift
        need(number >> (8 * width) == 0, f"a short number of more than {8 * width} bits")
        if byte < 0x80:
            break
        shift += 7
        need(shift < 8 * width, f"a short number of more than {8 * width} bits")
    need(byte != 0 or shift == 0, "a short number with more bytes than it needs")
    return (number >> 1 ^ -(number & 1)) % (1 << (8 * width))


def one_value(data, width):
    """What a constant of integers holds."""
    return short(data, width) if width <= 8 else data.number(width)


def run_lengths(data, count, depth):
    runs = between(data.number(2), 1, count, "runs")
    lengths = [1 + number for number in integers(data, runs, 2, depth + 1)]
    need(sum(lengths) == count, f"runs of {sum(lengths)} values where {count} are expected")
    return lengths


def dictionary_codes(data, count, entries, depth):
    codes = integers(data, count, 2, depth + 1)
    need(max(codes) < entries, f"code {max(codes)} in a dictionary of {entries} entries")
    return codes


def bins(data, count, width, depth):
    number = between(data.number(1), 2, MOST_BINS, "bins")
    widths, bases = [], []
    for _ in range(number):
        widths.append(between(data.number(1), 0, 8 * width, "bits of an offset"))
        bases.append(short(data, width))
    chosen = integers(data, count, 1, depth + 1)
    need(max(chosen) < number, f"bin {max(chosen)} of {number}")
    offsets = [iter(packed(data, chosen.count(each), bits)) for each, bits in enumerate(widths)]
    return [(bases[each] + next(offsets[each])) % (1 << (8 * width)) for each in chosen]


def repeats(data, count, width, depth):
    need(count >= 2, "repeats of one value")
    differs = packed(data, count - 1, 1)
    values = iter(integers(data, 1 + sum(differs), width, depth + 1))
    out = [next(values)]
    for bit in differs:
        out.append(next(values) if bit else out[-1])
    return out


def integers(data, count, width, depth):
    """Bit patterns of `width` bytes."""
    need(depth <= DEPTH, "streams nest too deep")
    modulus = 1 << (8 * width)
    encoding = data.number(1)
    if encoding == PLAIN:
        return data.numbers(count, width)
    if encoding == CONSTANT:
        return [one_value(data, width)] * count
    if encoding == RUN_LENGTH:
        lengths = run_lengths(data, count, depth)
        values = integers(data, len(lengths), width, depth + 1)
        return [value for value, length in zip(values, lengths) for _ in range(length)]
    if encoding == HALVES and width == 16:
        low = integers(data, count, 8, depth + 1)
        return [a | b << 64 for a, b in zip(low, integers(data, count, 8, depth + 1))]
    if encoding == FRAME and width <= 8:
        bits = between(data.number(1), 0, 8 * width, "bits of an offset")
        base = short(data, width)
        return [(base + offset) % modulus for offset in packed(data, count, bits)]
    if encoding == DELTA and width <= 8:
        need(count >= 2, "differences of one value")
        out = [short(data, width)]
        for difference in integers(data, count - 1, width, depth + 1):
            out.append((out[-1] + difference) % modulus)
        return out
    if encoding == DICTIONARY:
        entries = between(data.number(2), 1, count, "dictionary entries")
        values = integers(data, entries, width, depth + 1)
        return [values[code] for code in dictionary_codes(data, count, entries, depth)]
    if encoding == PATCHED and width <= 8:
        patches = between(data.number(2), 1, count, "patches")
        out = integers(data, count, width, depth + 1)
        places = positions(data, patches, count)
        for place, value in zip(places, integers(data, patches, width, depth + 1)):
            out[place] = value
        return out
    if encoding == BINS and width <= 8:
        return bins(data, count, width, depth)
    if encoding == REPEATS and width <= 8:
        return repeats(data, count, width, depth)
    if encoding == MULTIPLES and width <= 8:
        scale, remainder = short(data, width), short(data, width)
        return [(scale * value + remainder) % modulus for value in integers(data, count, width, depth + 1)]
    if encoding == LAGGED and width <= 8:
        lag = between(data.number(1), 2, MOST_LAG, "values to look back")
        need(lag < count, f"a lag of {lag} in {count} values")
        out = [short(data, width) for _ in range(lag)]
        for difference in integers(data, count - lag, width, depth + 1):
            out.append((out[-lag] + difference) % modulus)
        return out
    raise Damage(f"encoding {encoding} is not known for integers")


def signed(value, width):
    return value - (1 << (8 * width)) if value >> (8 * width - 1) else value


EXACT = 1 << 53


def whole(bits, power):
    """A reference's value times a power of ten as a whole number; 0 where there is none up to 2^53."""
    product = number_of(bits) * power
    return round(product) if abs(product) <= EXACT else 0


def floats(data, count, width, depth, reference=None):
    """Bit patterns of 4 or 8 bytes, so that every NaN stays what it is. `reference`: patterns that m are added to."""
    need(depth <= DEPTH, "streams nest too deep")
    encoding = data.number(1)
    need(reference is None or encoding == DECIMAL, f"encoding {encoding} is not known for differences of doubles")
    if encoding == PLAIN:
        return data.numbers(count, width)
    if encoding == CONSTANT:
        return [data.number(width)] * count
    if encoding == RUN_LENGTH:
        lengths = run_lengths(data, count, depth)
        values = floats(data, len(lengths), width, depth + 1)
        return [value for value, length in zip(values, lengths) for _ in range(length)]
    if encoding == DICTIONARY:
        entries = between(data.number(2), 1, count, "dictionary entries")
        values = floats(data, entries, width, depth + 1)
        return [values[code] for code in dictionary_codes(data, count, entries, depth)]
    if encoding == DECIMAL:
        power = float(10 ** between(data.number(1), 0, 22, "as a decimal exponent"))
        exceptions = between(data.number(2), 0, count, "exceptions")
        numbers = integers(data, count, width, depth + 1)
        if reference is not None:
            moved = (number + whole(bits, power) for number, bits in zip(numbers, reference))
            numbers = [number % (1 << 64) for number in moved]
        out = [bits_of(float(signed(number, width)) / power, width) for number in numbers]
        places = positions(data, exceptions, count)
        for place, value in zip(places, data.numbers(exceptions, width)):
            out[place] = value
        return out
    raise Damage(f"encoding {encoding} is not known for floats")


FORMS = {4: ("<I", "<f"), 8: ("<Q", "<d")}


def bits_of(number, width=8):
    """The bits of a number as a float of this width, rounded to nearest even."""
    pattern, form = FORMS[width]
    return struct.unpack(pattern, struct.pack(form, number))[0]


def number_of(bits, width=8):
    pattern, form = FORMS[width]
    return struct.unpack(form, struct.pack(pattern, bits))[0]


def strings(data, count, limit, depth, size=None):
    """Byte strings; of `size` bytes each where the type says so."""
    need(depth <= DEPTH, "streams nest too deep")
    encoding = data.number(1)
    if encoding == PLAIN and size is not None:
        need(size * count <= limit, f"{size * count} bytes of text")
        return [data.take(size) for _ in range(count)]
    if encoding == STRINGS and size is None:
        lengths = integers(data, count, 4, depth + 1)
        need(sum(lengths) <= limit, f"{sum(lengths)} bytes of text")
        return [data.take(length) for length in lengths]
    if encoding == CONSTANT:
        text = data.take(data.number(4) if size is None else size)
        need(len(text) * count <= limit, f"{len(text) * count} bytes of text")
        return [text] * count
    if encoding == RUN_LENGTH:
        lengths = run_lengths(data, count, depth)
        values = strings(data, len(lengths), limit, depth + 1, size)
        total = sum(len(value) * length for value, length in zip(values, lengths))
        need(total <= limit, f"{total} bytes of text")
        return [value for value, length in zip(values, lengths) for _ in range(length)]
    if encoding == DICTIONARY:
        entries = between(data.number(2), 1, count, "dictionary entries")
        values = strings(data, entries, limit, depth + 1, size)
        codes = dictionary_codes(data, count, entries, depth)
        total = sum(len(values[code]) for code in codes)
        need(total <= limit, f"{total} bytes of text")
        return [values[code] for code in codes]
    raise Damage(f"encoding {encoding} is not known for strings")


def arguments_of(text):
    """What stands between the commas of a type's brackets."""
    out, depth, start, at = [], 0, 0, 0
    while at < len(text):
        if text[at] in "'`":
            end = re.compile(r"(?:[^\\%s]|\\.)*" % text[at], re.DOTALL).match(text, at + 1).end()
            at = end
        elif text[at] in "()":
            depth += 1 if text[at] == "(" else -1
        elif text[at] == "," and depth == 0:
            out.append(text[start:at].strip())
            start = at + 1
        at += 1
    last = text[start:].strip()
    return out + [last] if last or out else []


class Type:
    """A type by its ClickHouse name."""

    WIDTHS = {
        "Int8": (1, True), "Int16": (2, True), "Int32": (4, True), "Int64": (8, True), "Int128": (16, True),
        "UInt8": (1, False), "UInt16": (2, False), "UInt32": (4, False), "UInt64": (8, False),
        "UInt128": (16, False), "Bool": (1, False), "Date": (2, False), "Date32": (4, True),
        "DateTime": (4, False), "UUID": (16, False), "IPv4": (4, False),
        "IPv6": (16, False),
    }  # fmt: skip
    ENTRY = re.compile(r"'((?:[^'\\]|\\.)*)' = (-?[0-9]+)", re.DOTALL)

    def __init__(self, name, inside=False, depth=0):
        """`inside` an array or a tuple LowCardinality has no codes."""
        need(depth < 100, "a type nests too deep")
        self.name = name
        inner = name
        self.nullable = False
        self.codes = False
        if match := re.fullmatch(r"LowCardinality\((.*)\)", inner):
            inner = match[1]
            self.codes = not inside
            if inner not in ("String", "Nullable(String)"):
                raise Unsupported(f"type {name}, which this reader does not know")
        if match := re.fullmatch(r"Nullable\((.*)\)", inner, re.DOTALL):
            self.nullable = True
            inner = match[1]
        # A zone says how a time is shown. Stored are instants, and this reader shows them in UTC.
        inner = re.sub(r"^DateTime\('[^']+'\)$", "DateTime", inner)
        inner = re.sub(r"^(DateTime64\([0-9]), '[^']+'\)$", r"\1)", inner)
        self.inner = inner
        self.width, self.signed = self.WIDTHS.get(inner, (8, True))
        self.names = self.precision = self.scale = self.size = self.elements = None
        self.kind = "integer"
        word, _, rest = inner.partition("(")
        rest = rest[:-1]
        if self.codes:
            self.width, self.signed = 4, False
        elif inner in self.WIDTHS:
            pass
        elif match := re.fullmatch(r"DateTime64\(([0-9])\)", inner):
            self.precision = int(match[1])
        elif match := re.fullmatch(r"Decimal\(([0-9]+), ([0-9]+)\)", inner):
            digits, self.scale = int(match[1]), int(match[2])
            self.width = 4 if digits <= 9 else 8 if digits <= 18 else 16
        elif word in ("Enum8", "Enum16"):
            self.width = 1 if word == "Enum8" else 2
            self.names = {
                int(number): re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
                for text, number in self.ENTRY.findall(rest)
            }
        elif inner in ("Float32", "Float64"):
            self.kind, self.width = "float", int(inner[5:]) // 8
        elif inner == "String" or word == "AggregateFunction":
            self.kind = "string"
        elif match := re.fullmatch(r"FixedString\(([0-9]+)\)", inner):
            self.kind, self.size = "string", int(match[1])
        elif word == "Array":
            self.kind, self.elements = "array", [Type(rest, True, depth + 1)]
        elif word == "Map":
            self.kind, self.elements = "array", [Type(f"Tuple({rest})", True, depth + 1)]
        elif word == "Tuple" and rest:
            self.kind = "tuple"
            named = [re.sub(r"^(?:`(?:[^`\\]|\\.)*`|\w+) +", "", each) for each in arguments_of(rest)]
            self.elements = [Type(each, True, depth + 1) for each in named]
        else:
            raise Unsupported(f"type {name}, which this reader does not know")
        self.can_be_run = not self.nullable and (
            self.codes or inner == "Bool" or self.names is not None
        )
        self.can_be_key = self.elements is None and word != "AggregateFunction"
        self.has_differences = self.kind == "integer" and self.width <= 8 or inner == "Float64"
        self.has_zones = self.kind == "string" or (self.elements is None and self.width <= 8)
        # What a value counts raw, whatever it is.
        head = {"string": 8, "array": 8, "tuple": 1}.get(self.kind, self.width)
        self.head = head + self.nullable


class Budget:
    """The raw bytes that a block of arrays or tuples may still have."""

    def __init__(self, left):
        self.left = left

    def pay(self, count):
        need(count <= self.left, f"{count} raw bytes where {self.left} are left")
        self.left -= count


def finished(values, kind, dictionary):
    """Bit patterns of integers as values of their type."""
    if kind.signed:
        values = [signed(value, kind.width) for value in values]
    if kind.inner == "Bool":
        need(max(values) <= 1, "a Bool that is neither 0 nor 1")
    if kind.codes and dictionary is not None:
        need(max(values) < len(dictionary), f"code {max(values)} of {len(dictionary)} entries")
        values = [dictionary[code] for code in values]
    return values


def flat_rows(data, kind, rows, valid, limit, dictionary=None, reference=None):
    """The values of a block without arrays and tuples; None is NULL. `valid` is None where nobody knows.

    Codes stay numbers without a dictionary. `reference` is what the reference column has in the same rows, as numbers.
    """
    flags = data.number(1)
    if flags == 4:
        need(reference is not None and kind.has_differences, "block flags 4 without a reference")
        need(None not in reference, "a NULL in the reference of a block of differences")
    else:
        need(flags <= 2 and (flags == 0 or kind.nullable), f"block flags {flags}")
        reference = None
    marks = [flags != 2] * rows
    if flags == 1:
        bitmap = int.from_bytes(data.take((rows + 7) // 8), "little")
        need(bitmap >> rows == 0, "validity bits past the last row")
        marks = [bool(bitmap >> i & 1) for i in range(rows)]
    found = sum(marks)
    need(valid in (None, found), f"{found} values that are not NULL where {valid} are expected")
    need(kind.size is None or rows * kind.size <= limit, f"{rows} fixed strings of {kind.size} bytes of text")
    values = []
    if found:
        if kind.kind == "float":
            values = floats(data, found, kind.width, 1, reference)
        elif kind.kind == "string":
            values = strings(data, found, limit, 1, kind.size)
        else:
            values = integers(data, found, kind.width, 1)
            if reference is not None:
                modulus = 1 << (8 * kind.width)
                values = [(value + other) % modulus for value, other in zip(values, reference)]
            values = finished(values, kind, dictionary)
    rest = iter(values)
    return [next(rest) if mark else None for mark in marks]


def nested_rows(data, kind, rows, budget):
    """The values of a block: arrays as lists, tuples as tuples."""
    budget.pay(rows * kind.head)
    if kind.elements is None:
        values = flat_rows(data, kind, rows, None, budget.left)
        if kind.kind == "string":
            budget.pay(sum(kind.size or len(value or b"") for value in values))
        return values
    flags = data.number(1)
    need(flags == 0, f"block flags {flags}")
    if kind.kind == "tuple":
        return list(zip(*(nested_rows(data, element, rows, budget) for element in kind.elements)))
    lengths = integers(data, rows, 4, 1)
    total = sum(lengths)
    need(total <= budget.left, f"{total} elements where {budget.left} raw bytes are left")
    elements = []
    while len(elements) < total:
        count = min(total - len(elements), BLOCK_ROWS)
        elements += nested_rows(data, kind.elements[0], count, budget)
    rest = iter(elements)
    return [[next(rest) for _ in range(length)] for length in lengths]


def block(raw, kind, rows, valid, dictionary=None, reference=None):
    """The values of a block; None is NULL. `kind` is a Type; `dictionary` and `reference` as in flat_rows."""
    data = Bytes(raw, "the block")
    limit = STRING_BYTES if rows == 1 else BLOCK_TEXT
    if kind.elements is None:
        values = flat_rows(data, kind, rows, valid, limit, dictionary, reference)
    else:
        need(valid == rows, f"{valid} values in {rows} rows of {kind.name}")
        values = nested_rows(data, kind, rows, Budget(limit))
    need(data.left == 0, f"the block has {data.left} bytes after its last value")
    return values


# Cold chunks (encodings.md)

CHUNK_ROWS = 64 * BLOCK_ROWS
ENTRIES = 1 << 14


def unpacked(data, length, what):
    """What a zstd frame gives: exactly so many bytes."""
    frame = zstandard.ZstdDecompressor().decompressobj()
    try:
        out = frame.decompress(data)
    except zstandard.ZstdError as error:
        raise Damage(f"{what} does not unpack: {error}") from error
    need(frame.eof and not frame.unused_data and len(out) == length, f"{what} does not unpack to {length} bytes")
    return out


def lane(data, length):
    stored = between(data.number(4), 0, length, "bytes of a lane")
    raw = data.take(stored)
    return raw if stored == length else unpacked(raw, length, "a lane")


def tokens(data, count):
    """Numbers of 64 bits."""
    firsts = lane(data, count)
    widths = [0 if token < 16 else 2 + (token - 16) // 4 for token in firsts]
    total = sum(widths)
    bits = int.from_bytes(data.take((total + 7) // 8), "little")
    need(bits >> total == 0, "bits past the last number")
    out = []
    at = 0
    # A number of many bits is slow to shift: a piece at a time.
    for start in range(0, count, BLOCK_ROWS):
        mine = widths[start : start + BLOCK_ROWS]
        piece = (bits >> at) & ((1 << sum(mine)) - 1)
        for token, width in zip(firsts[start : start + BLOCK_ROWS], mine):
            out.append(token if token < 16 else (4 + token % 4 << width) + (piece & ((1 << width) - 1)))
            piece >>= width
        at += sum(mine)
    return out


def cold_chunk(raw, kind, rows, dictionary=None, reference=None):
    """The values of a chunk of coding 2; `dictionary` and `reference` as in flat_rows."""
    data = Bytes(raw, "the chunk")
    between(rows, 1, CHUNK_ROWS, "rows of a chunk")
    need(kind.kind == "float" or kind.kind == "integer" and kind.width <= 8, f"a cold chunk of {kind.name}")
    flags = data.number(1)
    need(flags <= 15, f"chunk flags {flags}")
    if flags & 1:
        need(reference is not None and kind.has_differences, "differences without a reference")
        need(None not in reference, "a NULL in the reference of a chunk of differences")
    lag = between(data.number(1), 0, MOST_LAG, "values to look back")
    exponent, places, exceptions = 0, [], []
    if kind.kind == "float":
        exponent = between(data.number(1), 0, 22, "as a decimal exponent")
        count = between(data.number(2), 0, rows, "exceptions")
        places = positions(data, count, rows)
        exceptions = data.numbers(count, kind.width)
    scale, remainder = short(data, 8), short(data, 8)
    differs = [1] * (rows - 1)
    if flags & 2:
        need(rows >= 2, "repeats of one value")
        marks = int.from_bytes(lane(data, (rows + 6) // 8), "little")
        need(marks >> (rows - 1) == 0, "marks of repeats past the last value")
        differs = [int(bit) for bit in reversed(f"{marks:0{rows - 1}b}")]
    count = 1 + sum(differs)
    if flags & 4:
        entries = between(data.number(2), 1, min(count, ENTRIES), "dictionary entries")
        numbers = tokens(data, entries)
        codes = list(lane(data, count))
        if entries > 256:
            codes = [low | high << 8 for low, high in zip(codes, lane(data, count))]
        need(max(codes) < entries, f"code {max(codes)} in a dictionary of {entries} entries")
        numbers = [numbers[code] for code in codes]
    else:
        numbers = tokens(data, count)
    need(data.left == 0, f"the chunk has {data.left} bytes after its last value")
    if flags & 8:
        numbers = [number >> 1 ^ -(number & 1) for number in numbers]
    numbers = [number * scale + remainder for number in numbers]
    if lag:
        for i in range(lag, count):
            numbers[i] += numbers[i - lag]
    rest = iter(numbers)
    values = [next(rest)]
    for bit in differs:
        values.append(next(rest) if bit else values[-1])
    modulus = 1 << (8 * kind.width)
    if kind.kind == "float":
        power = float(10**exponent)
        if flags & 1:
            values = [value + whole(bits, power) for value, bits in zip(values, reference)]
        out = [bits_of(float(signed(value % modulus, kind.width)) / power, kind.width) for value in values]
        for place, value in zip(places, exceptions):
            out[place] = value
        return out
    if flags & 1:
        values = [value + other for value, other in zip(values, reference)]
    values = [value % modulus for value in values]
    return finished(values, kind, dictionary)


# Segments (segment.md)

SEQUENCE = 0xFFFFFFFF
NO_FIELD = 0xFFFFFFFE
RESERVED = 0xFFFFFF00
GROUP_BLOCKS = 64
ROWS = 1 << 27
BLOCKS, DIRECTORY, KEYS, RUNS, DICTIONARIES, CANDLES = range(1, 7)
BACK_TO_BACK, PACKED, VALUES = range(3)
PACKED_BYTES = 16 << 20


def xxh3(data):
    return xxhash.xxh3_64_intdigest(data)


class Field:
    def __init__(self, number, name, type_name):
        self.id = number
        self.name = name
        self.type = Type(type_name)
        self.minimum = self.maximum = None
        self.has_null = self.has_nan = False
        self.reference = None


class Piece:
    """What the directory says of one column in one row group; lists have one element for each block."""

    def __init__(self, data, kind, block_rows, chunk_bytes, coding, what):
        count = len(block_rows)
        marks = data.number(1)
        need(marks <= 15 and marks & 3 != 3, f"directory marks {marks} of {what}")
        self.bytes = len(data.data)
        self.has_null, self.has_nan = bool(marks & 4), bool(marks & 8)
        self.bounded = [marks & 1] * count if marks & 3 else packed(data, count, 1)
        self.valid = integers(data, count, 2, 1) if self.has_null else list(block_rows)
        need(
            all(valid <= rows for valid, rows in zip(self.valid, block_rows)),
            f"more values than rows in a block of {what}",
        )
        self.nan = packed(data, count, 1) if self.has_nan else [0] * count
        self.lengths = integers(data, count, 4, 1) if coding != VALUES else [0] * count
        total = sum(self.lengths)
        if coding == BACK_TO_BACK:
            need(total == chunk_bytes, f"blocks of {total} bytes in a chunk of {chunk_bytes} of {what}")
        elif coding == PACKED:
            between(total, 0, PACKED_BYTES, f"bytes of the blocks of {what}")
        else:
            need(self.valid == list(block_rows), f"NULLs in {what}, whose chunk has none")
        found = sum(self.bounded)
        need(not found or kind.has_zones, f"min and max of {what}")
        need(
            all(valid for valid, bound in zip(self.valid, self.bounded) if bound),
            f"min and max of a block of {what} without values",
        )
        low = high = []
        if found and kind.kind == "float":
            low, high = floats(data, found, 8, 1), floats(data, found, 8, 1)
        elif found:
            low = integers(data, found, 8, 1)
            high = [(a + b) % (1 << 64) for a, b in zip(low, integers(data, found, 8, 1))]
        need(data.left == 0, f"{data.left} bytes after the directory's piece of {what}")
        lows, highs = iter(low), iter(high)
        self.low = [next(lows) if bound else None for bound in self.bounded]
        self.high = [next(highs) if bound else None for bound in self.bounded]


class Segment:
    """An open segment. Everything but the chunks is verified when it is opened."""

    def __init__(self, data):
        self.data = data
        need(len(data) >= 128, f"{len(data)} bytes, where a segment has 128 at least")
        self.read_header(data[:64])
        self.read_trailer(data[-64:])
        self.read_footer(Bytes(self.footer, "the footer"))
        self.read_blocks()
        self.read_directory()
        self.read_dictionaries()
        self.read_runs()
        self.read_keys()
        self.candles = None
        if CANDLES in self.sections:
            need(self.layout == 1, "candles in a layout without runs")
            self.candles = tickcandles.Candles(self, self.section(CANDLES))

    def read_header(self, header):
        need(header[:8] == b"TKSEG\0\0\1", "it does not begin as a segment")
        need(
            xxh3(header[:56]) == int.from_bytes(header[56:], "little"),
            "the header has another checksum",
        )
        major, minor, _, incompat, _, self.file_id = struct.unpack("<HHIQQQ", header[8:40])
        if major != 1:
            raise Unsupported(f"a segment of format {major}.{minor}; this reader reads 1.x only")
        if incompat:
            raise Unsupported(f"features {incompat:016x}, which this reader does not know")
        self.header_hash = xxh3(header)

    def read_trailer(self, trailer):
        need(trailer[56:] == b"TKSEGEND", "it does not end as a segment; it may have been cut")
        offset, length, low, high, total, _, own = struct.unpack("<QQQQQQQ", trailer[:56])
        need(xxh3(trailer[:48]) == own, "the trailer has another checksum")
        need(total == len(self.data), f"it has {len(self.data)} bytes where {total} are expected")
        end = len(self.data) - 64
        need(64 <= offset <= end and length <= end - offset, f"a footer of {length} bytes at {offset}")
        need(offset % 8 == 0 and end % 8 == 0, f"a footer at {offset} of {end} bytes, which are no multiples of 8")
        need(end - offset - length < 8, f"{end - offset - length} bytes after the footer")
        self.footer_start = offset
        self.footer = self.data[offset : offset + length]
        self.footer_hash = high << 64 | low
        need(
            xxhash.xxh3_128_intdigest(self.footer) == self.footer_hash,
            "the footer has another checksum",
        )

    def extent(self, data):
        offset, length, own = data.numbers(3, 8)
        need(
            64 <= offset <= self.footer_start and length <= self.footer_start - offset,
            f"{length} bytes at {offset} lie outside the file's data",
        )
        need(offset % 8 == 0, f"a section at {offset}, which is no multiple of 8")
        return offset, length, own

    def verified(self, extent, what):
        offset, length, own = extent
        data = self.data[offset : offset + length]
        need(xxh3(data) == own, f"{what} has another checksum")
        return data

    def read_footer(self, data):
        need(data.number(8) == self.header_hash, "the footer belongs to another header")
        self.row_count = between(data.number(8), 0, ROWS, "rows")
        group_count, self.block_count, self.run_count = data.numbers(3, 4)
        field_count, key_count, run_columns, self.slot, self.layout = data.numbers(5, 4)
        need(
            group_count <= self.block_count <= self.row_count and self.run_count <= self.block_count,
            "counts that contradict each other",
        )
        need(max(field_count, key_count) <= len(data.data) and run_columns <= key_count, "too many fields")
        between(self.slot, 0, 32, "bytes of a sparse key")
        if self.layout > 1:
            raise Unsupported(f"layout {self.layout}, which this reader does not know")
        self.sequence_minimum, self.sequence_maximum = data.numbers(2, 8)

        self.fields = [self.read_field(data) for _ in range(field_count)]
        by_id = {field.id: field for field in self.fields}
        need(len(by_id) == field_count, "a field id stands twice")
        need(len({field.name for field in self.fields}) == field_count, "a field name stands twice")

        self.key = []
        for _ in range(key_count):
            number = data.number(4)
            type_name = self.text(data)
            self.key.append((None if number == NO_FIELD else number, Type(type_name)))
            if not self.key[-1][1].can_be_key:
                raise Unsupported(f"a key column of type {type_name}")
        self.run_fields = []
        for number, _ in self.key[:run_columns]:
            need(
                number in by_id and by_id[number].type.can_be_run and by_id[number] not in self.run_fields,
                "a run column that is no stored code column",
            )
            self.run_fields.append(by_id[number])
        need((self.layout == 1) == (run_columns > 0), "runs in a layout without them")
        need((self.slot > 0) == (key_count > 0 and self.layout == 0), "sparse keys that do not fit the key")

        self.groups = []
        for _ in range(group_count):
            blocks, rows = data.numbers(2, 4)
            between(blocks, 1, GROUP_BLOCKS, "blocks of a row group")
            between(rows, blocks, blocks * BLOCK_ROWS, "rows of a row group")
            self.groups.append((blocks, rows))
        need(
            sum(blocks for blocks, _ in self.groups) == self.block_count
            and sum(rows for _, rows in self.groups) == self.row_count,
            "row groups do not add up",
        )

        sequence = Field(SEQUENCE, "_sequence", "UInt64")
        self.stored = [field for field in self.fields if field not in self.run_fields] + [sequence]
        self.columns = self.fields + [sequence]
        self.check_references(by_id)
        self.chunks = []
        self.codings = []
        end = 64
        for _ in range(group_count):
            group = []
            codings = []
            for _ in self.stored:
                length, own, coding = data.number(4), data.number(8), data.number(1)
                if coding > VALUES:
                    raise Unsupported(f"chunk coding {coding}, which this reader does not know")
                codings.append(coding)
                need(length <= self.footer_start - end, f"a chunk of {length} bytes at {end} lies outside the file's data")
                group.append((end, length, own))
                end += length
            self.chunks.append(group)
            self.codings.append(codings)
        self.chunks_end = end
        self.sections = {}
        self.unknown_sections = []
        for _ in range(data.number(4)):
            kind, flags = data.numbers(2, 4)
            extent = self.extent(data)
            need(extent[0] >= self.chunks_end, f"section {kind} lies in the chunks")
            if kind > CANDLES or kind == 0:
                if flags & 1:
                    raise Unsupported(f"section kind {kind}, which this reader does not know")
                self.verified(extent, f"section {kind}")
                self.unknown_sections.append(extent)
                continue
            need(kind not in self.sections, f"two sections of kind {kind}")
            self.sections[kind] = extent
        need(data.left == 0, "bytes after the last section")

    def check_references(self, by_id):
        before = set()
        for field in self.fields:
            if field.reference is not None:
                other = by_id.get(field.reference)
                need(
                    other is not None and other.id in before and other in self.stored and field in self.stored
                    and other.reference is None,
                    f"a reference of {field.name} that is no stored column before it without one",
                )  # fmt: skip
                need(
                    field.type.has_differences and other.type.has_differences
                    and (field.type.kind, field.type.width) == (other.type.kind, other.type.width),
                    f"a reference of {field.name} of another kind",
                )  # fmt: skip
                field.reference = other
            before.add(field.id)

    def text(self, data):
        return data.take(data.number(4)).decode("utf-8", "strict")

    def read_field(self, data):
        number = data.number(4)
        need(number < RESERVED, f"field id {number} is reserved")
        field = Field(number, self.text(data), self.text(data))
        reference = data.number(4)
        field.reference = None if reference == NO_FIELD else reference
        marks = data.number(4)
        field.has_null = bool(marks & 4)
        field.has_nan = bool(marks & 8)
        low = data.take(data.number(2))
        high = data.take(data.number(2))
        field.minimum = self.bound(field.type, low) if marks & 1 else None
        field.maximum = self.bound(field.type, high) if marks & 2 else None
        return field

    def bound(self, kind, raw):
        if kind.codes or kind.kind == "string":
            return raw
        need(kind.has_zones, f"a bound for {kind.name}")
        need(len(raw) == 8, f"a bound of {len(raw)} bytes")
        if kind.kind == "float":
            return number_of(int.from_bytes(raw, "little"))
        return int.from_bytes(raw, "little", signed=kind.signed)

    def section(self, kind):
        need(kind in self.sections, f"no section of kind {kind}")
        return Bytes(self.verified(self.sections[kind], f"section {kind}"), f"section {kind}")

    def read_blocks(self):
        data = self.section(BLOCKS)
        self.block_rows = data.numbers(self.block_count, 2)
        need(data.left == 0, "bytes after the last block")
        first = 0
        for blocks, rows in self.groups:
            mine = self.block_rows[first : first + blocks]
            need(all(1 <= count <= BLOCK_ROWS for count in mine), "a block without rows or with too many")
            need(sum(mine) == rows, f"blocks of {sum(mine)} rows in a row group of {rows}")
            first += blocks

    def read_directory(self):
        """`directory` has for each stored column a Piece for each group."""
        data = self.section(DIRECTORY)
        count = len(self.stored) * len(self.groups)
        offsets = data.numbers(count + 1, 4)
        need(
            offsets[0] == data.position and offsets == sorted(offsets) and offsets[-1] == len(data.data),
            "offsets of the directory's pieces",
        )
        self.directory = []
        for position, field in enumerate(self.stored):
            pieces = []
            first = 0
            for group, (blocks, _) in enumerate(self.groups):
                what = f"group {group} of {field.name}"
                at = position * len(self.groups) + group
                piece = Bytes(data.take(offsets[at + 1] - offsets[at]), f"the directory of {what}")
                rows = self.block_rows[first : first + blocks]
                length, coding = self.chunks[group][position][1], self.codings[group][position]
                pieces.append(Piece(piece, field.type, rows, length, coding, what))
                first += blocks
            self.directory.append(pieces)

    def read_dictionaries(self):
        self.dictionaries = {}
        mine = [field for field in self.fields if field.type.codes]
        if not mine:
            return
        data = self.section(DICTIONARIES)
        for field in mine:
            number, count = data.numbers(2, 4)
            need(number == field.id, f"a dictionary of field {number} where {field.id} is expected")
            need(8 * (count + 1) <= data.left, f"a dictionary of {count} entries")
            offsets = data.numbers(count + 1, 8)
            need(offsets[0] == 0 and offsets == sorted(offsets), "dictionary offsets that do not ascend")
            text = data.take(offsets[-1])
            data.pad()
            entries = [text[a:b] for a, b in zip(offsets, offsets[1:])]
            need(
                all(a < b for a, b in zip(entries, entries[1:])),
                f"the dictionary of {field.name} does not ascend",
            )
            if field.type.nullable:
                need(entries[:1] == [b""], "a dictionary that does not begin with the empty string")
            self.dictionaries[field.id] = entries
        need(data.left == 0, "bytes after the last dictionary")

    def read_runs(self):
        self.block_runs = []
        self.run_values = []
        if self.layout == 0:
            return
        data = self.section(RUNS)
        first = data.numbers(self.run_count, 4)
        data.pad()
        need(first == sorted(set(first)) and first[:1] == [0][: self.block_count], "runs that do not ascend")
        need(not first or first[-1] < self.block_count, "a run behind the last block")
        ends = first[1:] + [self.block_count]
        for run, (start, end) in enumerate(zip(first, ends)):
            self.block_runs += [run] * (end - start)
        for field in self.run_fields:
            values = data.numbers(self.run_count, 4, signed=True)
            data.pad()
            if field.type.codes:
                entries = self.dictionaries[field.id]
                need(all(0 <= value < len(entries) for value in values), f"a run of {field.name}")
                values = [entries[value] for value in values]
            elif field.type.inner == "Bool":
                need(all(0 <= value <= 1 for value in values), f"a run of {field.name}")
            else:
                most = 1 << (8 * field.type.width - 1)
                need(all(-most <= value < most for value in values), f"a run of {field.name}")
            self.run_values.append(values)
        need(data.left == 0, "bytes after the last run")

    def read_keys(self):
        self.keys = []
        if self.slot == 0:
            need(KEYS not in self.sections, "sparse keys where there are none")
            return
        data = self.section(KEYS)
        self.keys = [data.take(self.slot) for _ in range(self.block_count)]
        need(data.left == 0, "bytes after the last key")
        need(self.keys == sorted(self.keys), "sparse keys that do not ascend")

    def column_blocks(self, field):
        """The decoded blocks of a column, one list for each, after its chunks were verified."""
        if field in self.run_fields:
            values = self.run_values[self.run_fields.index(field)]
            for run, rows in zip(self.block_runs, self.block_rows):
                yield [values[run]] * rows
            return
        yield from self.stored_blocks(field, self.dictionaries.get(field.id))

    def stored_blocks(self, field, dictionary):
        position = self.stored.index(field)
        others = self.stored_blocks(field.reference, None) if field.reference else None
        rows = iter(self.block_rows)
        for group, piece in enumerate(self.directory[position]):
            chunk = self.verified(self.chunks[group][position], f"chunk {group} of {field.name}")
            coding = self.codings[group][position]
            if coding == VALUES:
                mine = [next(rows) for _ in piece.valid]
                other = [value for _ in mine for value in next(others)] if others else None
                values = iter(cold_chunk(chunk, field.type, sum(mine), dictionary, other))
                yield from ([next(values) for _ in range(count)] for count in mine)
                continue
            if coding == PACKED:
                chunk = unpacked(chunk, sum(piece.lengths), f"chunk {group} of {field.name}")
            end = 0
            for length, valid in zip(piece.lengths, piece.valid):
                raw = chunk[end : end + length]
                other = next(others) if others else None
                yield block(raw, field.type, next(rows), valid, dictionary, other)
                end += length

    def sizes(self):
        """Where the bytes of the file are. All of `columns`, `sections` and the rest add up to its length.

        columns: chunk bytes by name; directory: bytes of the directory's pieces by name (a part of its section);
        dictionaries: bytes of the dictionary by name (a part of its section); sections: bytes by kind; footer; frame:
        header and trailer; gaps.
        """
        columns = {
            field.name: sum(group[at][1] for group in self.chunks) for at, field in enumerate(self.stored)
        }
        directory = {
            field.name: sum(piece.bytes for piece in pieces)
            for field, pieces in zip(self.stored, self.directory)
        }
        dictionaries = {}
        for field in self.fields:
            if field.type.codes:
                entries = self.dictionaries[field.id]
                text = sum(len(entry) for entry in entries)
                dictionaries[field.name] = 8 + 8 * (len(entries) + 1) + text + -text % 8
        sections = {kind: length for kind, (_, length, _) in self.sections.items()}
        for _, length, _ in self.unknown_sections:
            sections[None] = sections.get(None, 0) + length
        known = sum(columns.values()) + sum(sections.values()) + len(self.footer) + 128
        return {
            "columns": columns, "directory": directory, "dictionaries": dictionaries, "sections": sections,
            "footer": len(self.footer), "frame": 128, "gaps": len(self.data) - known,
        }  # fmt: skip

    def check_gaps(self):
        """Bytes that no hash covers are zero."""
        end = 64
        extents = [extent for group in self.chunks for extent in group] + list(self.sections.values())
        extents += self.unknown_sections
        extents += [(self.footer_start, len(self.footer), 0), (len(self.data) - 64, 64, 0)]
        for offset, length, _ in sorted(extents):
            need(not any(self.data[end:offset]), f"padding that is not zero before byte {offset}")
            end = max(end, offset + length)


# Output


def civil(days):
    """Year, month and day of a count of days since 1970-01-01 (proleptic Gregorian)."""
    days += 719468
    era, day = divmod(days, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day += 1 - (153 * month + 2) // 5
    month += 3 if month < 10 else -9
    return year + 400 * era + (month <= 2), month, day


def date(days):
    return "{:04d}-{:02d}-{:02d}".format(*civil(days))


def time(ticks, precision):
    seconds, fraction = divmod(ticks, 10**precision)
    days, seconds = divmod(seconds, 86400)
    text = f"{date(days)} {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return text + (f".{fraction:0{precision}d}" if precision else "")


def quoted(text):
    """Bytes in double quotes; what is not printable ASCII as \\xHH."""
    out = "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02x}" for byte in text
    )
    return f'"{out}"'


def shown(value, kind, raw):
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return quoted(value)
    if kind.elements is not None:
        parts = kind.elements if isinstance(value, tuple) else kind.elements * len(value)
        text = ",".join(shown(each, part, raw) for each, part in zip(value, parts))
        return f"({text})" if isinstance(value, tuple) else f"[{text}]"
    if kind.kind == "float":
        if raw:
            return f"{value:0{2 * kind.width}x}"
        number = number_of(value, kind.width)
        # The shortest decimal that reads back as the same float.
        digits = (f"{number:.{n}g}" for n in range(1, 18))
        return next((text for text in digits if bits_of(float(text), kind.width) == value), str(number))
    if raw:
        return str(value)
    if kind.names is not None:
        return quoted(kind.names.get(value, str(value)).encode())
    if kind.inner == "Bool":
        return "true" if value else "false"
    if kind.inner in ("Date", "Date32"):
        return date(value)
    if kind.inner == "UUID":
        return re.sub("(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1-\2-\3-\4-\5", f"{value:032x}")
    if kind.inner in ("IPv4", "IPv6"):
        return str(ipaddress.IPv4Address(value) if kind.width == 4 else ipaddress.IPv6Address(value))
    if kind.scale:
        whole, part = divmod(abs(value), 10**kind.scale)
        return f"{'-' if value < 0 else ''}{whole}.{part:0{kind.scale}d}"
    if kind.inner.startswith("DateTime"):
        return time(value, kind.precision or 0)
    return str(value)


def print_csv(segment, base, raw, out):
    print(",".join(quoted(field.name.encode()) for field in segment.columns), file=out)
    columns = [segment.column_blocks(field) for field in segment.columns]
    kinds = [field.type for field in segment.columns]
    for blocks in zip(*columns):
        sequences = [sequence + base for sequence in blocks[-1]]
        need(max(sequences) < 1 << 64, "a sequence that exceeds 64 bits with its base")
        for row in zip(*blocks[:-1], sequences):
            print(",".join(shown(v, kind, raw) for v, kind in zip(row, kinds)), file=out)


# Audit: what the pages promise beyond the checksums


def image(value, kind):
    """A value as a zone map keeps it (64 bits), and as something that compares."""
    if kind.kind == "float":
        return number_of(value, kind.width)
    return value


def zone(bits, kind, dictionary):
    if kind.codes:
        need(bits < len(dictionary), "a zone map with a code that the dictionary does not have")
        return dictionary[bits]
    if kind.kind == "float":
        return number_of(bits)
    if kind.kind == "string":
        return bits
    return signed(bits, 8) if kind.signed else bits


def key_bytes(value, kind, codes):
    """The bytes of one key column in the sparse index."""
    if value is None:
        return b"\3"
    if kind.codes and codes is not None:
        return b"\1" + codes.index(value).to_bytes(4, "big")
    if kind.size is not None:
        return b"\1" + value
    if isinstance(value, bytes):
        return b"\1" + value.replace(b"\0", b"\0\xff") + b"\0\0"
    if kind.inner == "UUID":
        return b"\1" + (value % (1 << 64)).to_bytes(8, "big") + (value >> 64).to_bytes(8, "big")
    if kind.kind == "float":
        number = number_of(value, kind.width)
        if number != number:
            return b"\2"
        bits = bits_of(number + 0.0)
        bits = bits ^ ((1 << 64) - 1) if bits >> 63 else bits | 1 << 63
        return b"\1" + bits.to_bytes(8, "big")
    if kind.signed:
        value += 1 << (8 * kind.width - 1)
    return b"\1" + value.to_bytes(kind.width, "big")


def order_of(value, kind):
    """What sorts as a key column does."""
    if value is None:
        return (2,)
    if kind.inner == "UUID":
        return (0, value % (1 << 64), value >> 64)
    if kind.kind == "float":
        number = number_of(value, kind.width)
        return (1,) if number != number else (0, number)
    return (0, value)


def audit(segment):
    """Checks order, zone maps, bounds, sparse keys and sequences against the rows."""
    rows = {}
    for field in segment.columns:
        kind = field.type
        blocks = list(segment.column_blocks(field))
        rows[field.id] = [value for values in blocks for value in values]
        everything = rows[field.id]
        dictionary = segment.dictionaries.get(field.id)
        numbers = [image(v, kind) for v in everything if v is not None and kind.has_zones]
        nan = any(number != number for number in numbers)
        if field.id != SEQUENCE:
            need(field.has_null == (None in everything), f"{field.name}: the mark for NULL is wrong")
            need(field.has_nan == nan, f"{field.name}: the mark for NaN is wrong")
            for number in numbers:
                if number == number:
                    need(field.minimum is None or field.minimum <= number, f"{field.name}: below its min")
                    need(field.maximum is None or field.maximum >= number, f"{field.name}: above its max")
        if field in segment.run_fields:
            continue
        index = 0
        for group, piece in enumerate(segment.directory[segment.stored.index(field)]):
            mine = blocks[index : index + len(piece.lengths)]
            nulls = any(None in values for values in mine)
            need(piece.has_null == nulls, f"group {group} of {field.name}: the mark for NULL is wrong")
            need(piece.has_nan == any(piece.nan), f"group {group} of {field.name}: the mark for NaN is wrong")
            for at, values in enumerate(mine):
                inside = [image(v, kind) for v in values if v is not None and kind.has_zones]
                real = [number for number in inside if number == number]
                where = f"block {index + at} of {field.name}"
                need(bool(piece.nan[at]) == (len(real) < len(inside)), f"{where}: NaN mark")
                need(bool(piece.bounded[at]) == bool(real), f"{where}: bounds mark")
                if not real:
                    continue
                if kind.kind == "string":
                    real = [int.from_bytes(text[:8].ljust(8, b"\0"), "big") for text in real]
                need(zone(piece.low[at], kind, dictionary) == min(real), f"{where}: min")
                need(zone(piece.high[at], kind, dictionary) == max(real), f"{where}: max")
            index += len(mine)

    sequences = rows[SEQUENCE]
    need(segment.sequence_minimum == min(sequences, default=0), "the smallest sequence is wrong")
    need(segment.sequence_maximum == max(sequences, default=0), "the largest sequence is wrong")
    if all(number is not None for number, _ in segment.key):
        columns = [[order_of(v, kind) for v in rows[number]] for number, kind in segment.key]
        keys = list(zip(*columns, sequences))
        need(keys == sorted(keys), "rows are not in the order of the key")
        first = 0
        for index, count in enumerate(segment.block_rows if segment.slot else []):
            expected = b"".join(
                key_bytes(rows[number][first], kind, segment.dictionaries.get(number))
                for number, kind in segment.key
            )
            expected = expected[: segment.slot].ljust(segment.slot, b"\0")
            need(segment.keys[index] == expected, f"the sparse key of block {index} is wrong")
            first += count
    tickcandles.audit(segment, rows)
    segment.check_gaps()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    command = kinds.add_parser("segment", help="print a segment as CSV")
    command.add_argument("file")
    command.add_argument("--base", type=int, default=0, help="added to the stored sequences")
    command.add_argument("--raw", action="store_true", help="numbers as stored, floats as hex bits")
    command.add_argument(
        "--audit", action="store_true", help="also check order, zone maps, bounds and keys"
    )
    arguments = parser.parse_args()
    try:
        with open(arguments.file, "rb") as file:
            segment = Segment(file.read())
        if arguments.audit:
            audit(segment)
        print_csv(segment, arguments.base, arguments.raw, sys.stdout)
    except Damage as damage:
        print(f"corrupt: {arguments.file}: {damage}", file=sys.stderr)
        return 1
    except Unsupported as unknown:
        print(f"unsupported: {arguments.file}: {unknown}", file=sys.stderr)
        return 1
    except UnicodeDecodeError:
        print(f"corrupt: {arguments.file}: a name that is not UTF-8", file=sys.stderr)
        return 1
    return 0


# At the end, for it needs what stands above, under one name however this file was started.
sys.modules.setdefault("tickread", sys.modules[__name__])
import tickcandles  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
