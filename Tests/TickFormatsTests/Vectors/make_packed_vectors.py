#!/usr/bin/env python3
"""Packs one text in every way that Decompressor reads; writes packed.tsv and zeros.tsv (a MiB of zeros, gzip).

    python3 Tests/TickFormatsTests/Vectors/make_packed_vectors.py

Columns: case, answer (ok, or the error code), packed bytes (hex). The text is the numbers 0 to 1999, a line each;
archives with two members hold it twice. Needs the packages zstandard and lz4.
"""
import gzip
import io
import pathlib
import struct
import zipfile
import zlib

import lz4.frame
import zstandard

HERE = pathlib.Path(__file__).parent
TEXT = "".join(f"{i}\n" for i in range(2000)).encode()
HALVES = TEXT[:4000], TEXT[4000:]


class Pipe(io.RawIOBase):
    """A file that cannot seek: zipfile then writes sizes behind the data."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)


def packed_gzip(data):
    return gzip.compress(data, mtime=0)


def packed_zip(members, method=zipfile.ZIP_DEFLATED, seekable=True, force_zip64=False):
    target = io.BytesIO() if seekable else Pipe()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, (2024, 8, 8, 0, 0, 0))
            info.compress_type = method
            with archive.open(info, "w", force_zip64=force_zip64) as member:
                member.write(data)
    return bytes(target.getvalue() if seekable else target.data)


def lz4_frame(data):
    return lz4.frame.compress(data, content_checksum=True)


def encrypted():
    data = bytearray(packed_zip([("a.csv", TEXT)]))
    data[6] |= 1
    return bytes(data)


def skippable(size):
    return struct.pack("<II", 0x184D2A50, size) + b"\x07" * size


def cases():
    zstd = zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)
    streamed = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    streamed = streamed.compress(TEXT) + streamed.flush()
    yield "plain", "ok", TEXT
    yield "plain, three bytes", "ok", b"ab\n"
    yield "plain, empty", "ok", b""
    yield "gzip", "ok", packed_gzip(TEXT)
    yield "gzip, two members", "ok", packed_gzip(HALVES[0]) + packed_gzip(HALVES[1])
    yield "gzip, zero padding", "ok", packed_gzip(TEXT) + b"\0" * 100
    yield "gzip, rubbish behind", "271", packed_gzip(TEXT) + b"rubbish"
    yield "gzip, wrong checksum", "271", packed_gzip(TEXT)[:-8] + b"\1\2\3\4" + packed_gzip(TEXT)[-4:]
    yield "gzip, wrong size", "271", packed_gzip(TEXT)[:-1] + b"\7"
    yield "zstd", "ok", zstd
    yield "zstd, size unknown", "ok", streamed
    yield "zstd, two frames", "ok", b"".join(zstandard.ZstdCompressor().compress(half) for half in HALVES)
    yield "zstd, skippable frames", "ok", skippable(10) + zstd + skippable(0)
    yield "zstd, rubbish behind", "271", zstd + b"rubbish"
    yield "zstd, wrong checksum", "271", zstd[:-1] + bytes([zstd[-1] ^ 1])
    framed = lz4_frame(TEXT)
    yield "lz4", "ok", framed
    yield "lz4, two frames", "ok", lz4_frame(HALVES[0]) + lz4_frame(HALVES[1])
    yield "lz4, rubbish behind", "271", framed + b"rubbish"
    yield "lz4, wrong checksum", "271", framed[:-1] + bytes([framed[-1] ^ 1])
    yield "zip", "ok", packed_zip([("a.csv", TEXT)])
    yield "zip, stored", "ok", packed_zip([("a.csv", TEXT)], zipfile.ZIP_STORED)
    yield "zip, streamed", "ok", packed_zip([("a.csv", TEXT)], seekable=False)
    yield "zip, zip64", "ok", packed_zip([("a.csv", TEXT)], force_zip64=True)
    yield "zip, streamed zip64", "ok", packed_zip([("a.csv", TEXT)], seekable=False, force_zip64=True)
    yield "zip, two members", "ok", packed_zip([("a.csv", HALVES[0]), ("b.csv", HALVES[1])])
    yield "zip, directory and empty member", "ok", packed_zip([("d/", b""), ("d/a.csv", TEXT), ("d/b.csv", b"")])
    yield "zip, no members", "ok", packed_zip([])
    yield "zip, comment", "ok", packed_zip([("a.csv", TEXT)])[:-2] + b"\2\0hi"
    yield "zip, encrypted", "48", encrypted()
    yield "zip, bzip2", "48", packed_zip([("a.csv", TEXT)], zipfile.ZIP_BZIP2)
    yield "zip, stored of unknown size", "48", packed_zip([("a.csv", TEXT)], zipfile.ZIP_STORED, seekable=False)
    broken = bytearray(packed_zip([("a.csv", TEXT)]))
    broken[14] ^= 1
    yield "zip, wrong checksum", "271", bytes(broken)
    broken = bytearray(packed_zip([("a.csv", TEXT)]))
    broken[22] ^= 1
    yield "zip, wrong size", "271", bytes(broken)
    two = packed_zip([("a.csv", HALVES[0]), ("b.csv", HALVES[1])])
    second = two.index(b"PK\3\4", 4)
    yield "zip, second member missing", "271", two[:second] + two[two.index(b"PK\1\2"):]
    yield "raw deflate is plain", "ok", zlib.compress(b"x")[2:-4]


def main():
    with open(HERE / "packed.tsv", "w") as out:
        out.write("# Made by make_packed_vectors.py. Do not edit.\n")
        for name, answer, data in cases():
            out.write(f"{name}\t{answer}\t{data.hex()}\n")
    with open(HERE / "zeros.tsv", "w") as out:
        out.write(packed_gzip(bytes(1 << 20)).hex() + "\n")


main()
