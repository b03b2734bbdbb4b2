"""Packed bodies both ways, with Python's libraries on the other side."""

import gzip
import urllib.error
import urllib.request
import zlib

import lz4.frame
import pytest
import zstandard

from process import SECONDS_MAX, serving

PACK = {
    "gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.ZstdCompressor().compress, "lz4": lz4.frame.compress,
}
UNPACK = {
    "gzip": gzip.decompress, "deflate": zlib.decompress,
    # A streamed frame does not say how long it is.
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data), "lz4": lz4.frame.decompress,
}
LINES = "".join(f"{i}\tsymbol{i % 7}\n" for i in range(100_000)).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("packed") / "db") as server:
        server.ask("CREATE TABLE rows (id UInt64, symbol LowCardinality(String)) ENGINE = MergeTree ORDER BY id")
        yield server


def post(server, body, parameters="", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{server.url}/?{parameters}", data=body, headers=names)
    answer = urllib.request.urlopen(request, timeout=SECONDS_MAX)
    return answer.read(), answer.headers


@pytest.mark.parametrize("coding", PACK)
def test_an_insert_in_one_packed_body(server, coding):
    server.ask("TRUNCATE TABLE rows")
    body = b"INSERT INTO rows FORMAT TSV\n" + LINES
    assert post(server, PACK[coding](body), Content_Encoding=coding)[0] == b""
    # Members or frames one after the other are one body, but for deflate, which has no mark between them.
    if coding != "deflate":
        parts = PACK[coding](b"INSERT INTO rows FORMAT TSV\n") + PACK[coding](b"100000\tx\n") + PACK[coding](b"100001\tx\n")
        post(server, parts, Content_Encoding=coding)
    count = 100_000 if coding == "deflate" else 100_002
    assert server.ask("SELECT count(), uniqExact(id) FROM rows") == f"{count}\t{count}\n"


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.parametrize("rows", [1, 100_000])
def test_a_result_as_the_client_accepts_it(server, coding, rows):
    sql = f"SELECT number, concat('symbol', toString(number % 7)) FROM numbers({rows})".encode()
    body, headers = post(server, sql, Accept_Encoding=coding)
    assert headers["Content-Encoding"] == coding
    plain, headers = post(server, sql, "enable_http_compression=0", Accept_Encoding=coding)
    assert headers["Content-Encoding"] is None
    assert UNPACK[coding](body) == plain == LINES[:len(plain)] and plain.count(b"\n") == rows
    assert rows == 1 or len(body) < len(plain) / 2


@pytest.mark.parametrize("coding", PACK)
def test_a_damaged_body_adds_nothing(server, coding):
    server.ask("TRUNCATE TABLE rows")
    body = PACK[coding](b"INSERT INTO rows FORMAT TSV\n" + LINES)
    for data in [body[:-5], body[:len(body) // 2] + bytes([body[len(body) // 2] ^ 255]) + body[len(body) // 2 + 1:]]:
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(server, data, Content_Encoding=coding)
        assert refused.value.headers["X-ClickHouse-Exception-Code"] in ("271", "27", "33", "6", "62", "72")
        assert server.ask("SELECT count() FROM rows") == "0\n"


def test_a_bomb_costs_no_memory(server):
    """A GiB of zeros in a MiB: the statement is no SQL, and is refused long before the end."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(server, gzip.compress(bytes(1 << 30), 6), Content_Encoding="gzip")
    assert refused.value.headers["X-ClickHouse-Exception-Code"] == "62"
    status = open(f"/proc/{server.process.pid}/status").read()
    assert int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) < 512 << 10


def test_frames_of_the_protocol_there_and_back(server):
    """What compress=1 gives is what decompress=1 takes, also inside a coding of HTTP."""
    server.ask("TRUNCATE TABLE rows")
    sql = b"SELECT number AS id, toString(number % 7) AS symbol FROM numbers(100000) FORMAT Native"
    frames, headers = post(server, sql, "compress=1")
    assert headers["Content-Encoding"] is None and frames[16] == 0x82
    # The statement stands outside: in the URL.
    insert = "query=INSERT%20INTO%20rows%20FORMAT%20Native&decompress=1"
    post(server, frames, insert)
    post(server, gzip.compress(frames), insert, Content_Encoding="gzip")
    assert server.ask("SELECT count(), uniqExact(id) FROM rows") == "200000\t100000\n"
    damaged = frames[:200] + bytes([frames[200] ^ 1]) + frames[201:]
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(server, damaged, insert)
    assert refused.value.headers["X-ClickHouse-Exception-Code"] == "40"
    body, headers = post(server, sql, "compress=1", Accept_Encoding="gzip")
    assert headers["Content-Encoding"] == "gzip" and gzip.decompress(body) == frames
