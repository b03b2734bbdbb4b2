"""`tickbase import`: what comes in which shape: archives, directories, standard input, layouts, mappings, dry runs."""

import gzip
import os
import pty
import subprocess
import zipfile

import chdb
import pytest
from process import BINARY, SAMPLE, serving, tickbase
from test_import import count, sample_text

KLINES = "".join(
    f"{1601510340000 + i * 60000},4.15,4.17,4.14,4.16,539.23,{1601510399999 + i * 60000},2240.39,13,401.82,1670.58,0\n"
    for i in range(3))
AGG = "26129,0.0163,4.7,27781,27783,1498793709153,True,True\n26130,0.0164,1.2,27784,27784,1498793709253,False,True\n"
KRAKEN = "1381095255,122.00000,0.10000000\n1381179030.5,123.61000,0.20000000\n"


def ask(data, sql):
    result = tickbase("sql", "--data", data, "--query", sql)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_members_of_an_archive_are_files_of_their_own(tmp_path):
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("empty/", "")
        out.writestr("BTCUSDT-trades-2024-08-08.csv", sample_text())
        out.writestr("ETHBTC-aggTrades-2017-07.csv", AGG)
        out.writestr("LINKUSDT-aggTrades-2017-07.csv", AGG)
    data = tmp_path / "db"
    result = tickbase("import", "--data", data, path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{path}: 9742 rows imported from 3 members\n"
    assert ask(data, "SELECT symbol, exchange, count(), min(first_id) FROM agg_trades GROUP BY ALL ORDER BY symbol") == (
        "ETHBTC\tbinance\t2\t27781\nLINKUSDT\tbinance\t2\t27781\n")
    # Each has an identity of its own, inside of archives and out.
    assert tickbase("import", "--data", data, SAMPLE).stdout.endswith("imported before, nothing added\n")
    assert tickbase("import", "--data", data, path).stdout.endswith("imported before, nothing added from 3 members\n")
    # A member that is no market data stops the archive where it is.
    with zipfile.ZipFile(path, "a") as out:
        out.writestr("X-aggTrades-1.csv", AGG)
        out.writestr("notes.txt", "hello there\n")
    result = tickbase("import", "--data", data, path)
    assert result.returncode == 1 and f"{path}: notes.txt has" in result.stderr
    assert count(data, "agg_trades") == 6


def test_several_members_of_gzip_zstd_and_lz4_are_one_stream(tmp_path):
    halves = [AGG.splitlines(keepends=True)[0].encode(), AGG.splitlines(keepends=True)[1].encode()]
    packers = {
        "gz": gzip.compress,
        "zst": lambda text: subprocess.run(["zstd", "-q", "-c"], input=text, capture_output=True, check=True).stdout,
        "lz4": lambda text: subprocess.run(["lz4", "-q", "-c"], input=text, capture_output=True, check=True).stdout,
    }
    for number, (name, pack) in enumerate(packers.items()):
        try:
            packed = b"".join(pack(half) for half in halves)
        except FileNotFoundError:
            continue
        # The name says nothing about the packing.
        path = tmp_path / f"{name}.bin"
        path.write_bytes(packed)
        result = tickbase("import", "--data", tmp_path / "db", "--symbol", f"S{number}", path)
        assert result.stdout == f"{path}: 2 rows imported\n", result.stderr


def test_directories_patterns_and_standard_input(tmp_path):
    source = tmp_path / "in"
    (source / "deep/er").mkdir(parents=True)
    (source / "BTCUSDT-aggTrades-1.csv").write_text(AGG)
    (source / "deep/er/ETHUSDT-aggTrades-1.csv").write_text(AGG)
    (source / ".hidden").write_text("x")
    (source / "README").write_text("no market data\n")
    data = tmp_path / "db"
    result = tickbase("import", "--data", data, source)
    assert result.returncode == 3, result.stderr
    assert "skipped: " in result.stderr and "README" in result.stderr and "hidden" not in result.stderr
    assert result.stdout.endswith("2 files done, 1 skipped\n")
    assert ask(data, "SELECT symbol, count() FROM agg_trades GROUP BY symbol ORDER BY symbol") == "BTCUSDT\t2\nETHUSDT\t2\n"
    (source / "XRPUSDT-aggTrades-1.csv").write_text(AGG)
    result = tickbase("import", "--data", data, f"{source}/*USDT*")
    assert result.returncode == 0 and result.stdout.endswith("2 files done\n"), result.stderr
    assert count(data, "agg_trades") == 6
    result = subprocess.run(
        [BINARY, "import", "--data", str(data), "--symbol", "STDIN", "-"], input=gzip.compress(AGG.encode()),
        capture_output=True, timeout=60)
    assert result.returncode == 0 and result.stdout == b"standard input: 2 rows imported\n", result.stderr
    # One file that fails keeps no other out.
    (source / "ADAUSDT-aggTrades-1.csv").write_text(AGG)
    result = tickbase("import", "--data", data, source / "none.csv", source / "ADAUSDT-aggTrades-1.csv")
    assert result.returncode == 1 and "none.csv" in result.stderr
    assert result.stdout.endswith("1 files done, 1 failed\n")
    assert count(data, "agg_trades") == 10
    empty = tmp_path / "empty"
    empty.mkdir()
    assert tickbase("import", "--data", data, empty).returncode == 1


def test_layouts_go_where_they_belong_and_ask_for_what_they_do_not_say(tmp_path):
    data = tmp_path / "db"
    klines = tmp_path / "LINKUSDT-1m-2020-10.csv"
    klines.write_text(KLINES)
    result = tickbase("import", "--data", data, klines)
    assert result.returncode == 1 and "--exchange" in result.stderr
    assert tickbase("import", "--data", data, "--exchange", "binance", klines).returncode == 0
    assert ask(data, "SELECT ts, received_at = ts, symbol, interval_seconds, open, close, notional, trades, buy_volume FROM bars ORDER BY ts LIMIT 1") == (
        "2020-09-30 23:59:00.000000000\t1\tLINKUSDT\t60\t4.15\t4.16\t2240.39\t13\t401.82\n")
    # One candle shows its length by its closing time.
    one = tmp_path / "LINKUSDT-1h-2020-10.csv"
    one.write_text("1601510400000,4.15,4.17,4.14,4.16,539.23,1601513999999,2240.39,13,401.82,1670.58,0\n")
    assert tickbase("import", "--data", data, "--exchange", "binance", one).returncode == 0
    assert ask(data, "SELECT max(interval_seconds) FROM bars") == "3600\n"
    kraken = tmp_path / "XBTUSD.csv"
    kraken.write_text(KRAKEN)
    assert tickbase("import", "--data", data, "--exchange", "kraken", kraken).returncode == 0
    assert ask(data, "SELECT exchange, symbol, ts, qty, side FROM trades ORDER BY ts") == (
        "kraken\tXBTUSD\t2013-10-06 21:34:15.000000000\t0.1\tunknown\n"
        "kraken\tXBTUSD\t2013-10-07 20:50:30.500000000\t0.2\tunknown\n")
    # A table that the rows do not go into, and one of the user's own that they do.
    result = tickbase("import", "--data", data, "--table", "quotes", "--exchange", "x", kraken)
    assert result.returncode == 1 and "do not go into default.quotes" in result.stderr
    ask(data, "CREATE TABLE mine (ts DateTime64(3, 'UTC'), price Decimal(18, 2), qty Float64) ENGINE = MergeTree ORDER BY ts")
    assert tickbase("import", "--data", data, "--table", "mine", kraken).returncode == 0
    assert ask(data, "SELECT * FROM mine ORDER BY ts") == "2013-10-06 21:34:15.000\t122\t0.1\n2013-10-07 20:50:30.500\t123.61\t0.2\n"


def test_any_columns_into_any_table(tmp_path):
    data = tmp_path / "db"
    ask(data, "CREATE TABLE mine (ts DateTime64(3, 'UTC'), price Float64, who String, n Nullable(Int32)) ENGINE = MergeTree ORDER BY ts")
    tsv = tmp_path / "a.tsv"
    tsv.write_text("1723161255\t61837\ta\\tb\t5\n1723161256\t61838\tc\t\\N\n1723161257\tbad\tc\t1\n")
    result = tickbase("import", "--data", data, "--table", "mine", "--columns", "ts:s,price/100,who,n", tsv)
    assert result.returncode == 3, result.stderr
    assert "  1 rejected, first in line 3: price: " in result.stdout
    lines = tmp_path / "b.json"
    lines.write_text('[{"T":1723161258000,"p":"3.5","x":{"y":[1]},"name":"q"},\n {"T":1723161259000,"p":4}]')
    result = tickbase("import", "--data", data, "--table", "mine", "--columns", "ts=T,price=p", lines)
    assert result.returncode == 0, result.stderr
    own = tmp_path / "c.json"
    own.write_text('{"ts":"2024-08-08 23:54:20","price":1}\n{"ts":"2024-08-08 23:54:21","who":"w"}\n{"nope":1}\n')
    assert tickbase("import", "--data", data, "--table", "mine", own).returncode == 3
    assert ask(data, "SELECT * FROM mine ORDER BY ts") == (
        "2024-08-08 23:54:15.000\t618.37\ta\\tb\t5\n"
        "2024-08-08 23:54:16.000\t618.38\tc\t\\N\n"
        "2024-08-08 23:54:18.000\t3.5\t\t\\N\n"
        "2024-08-08 23:54:19.000\t4\t\t\\N\n"
        "2024-08-08 23:54:20.000\t1\t\t\\N\n"
        "2024-08-08 23:54:21.000\t0\tw\t\\N\n")
    # Times of day take their day from the file's name or from --date, and their zone from the user.
    lean = tmp_path / "20131007_aig.csv"
    lean.write_text("14400688,491800,300,P,2000,0\n")
    columns = ["--columns", "ts:ms_of_day,price/10000,_,who,_,_", "--time-zone", "America/New_York"]
    ask(data, "TRUNCATE TABLE mine")
    assert tickbase("import", "--data", data, "--table", "mine", *columns, lean).returncode == 0
    assert tickbase("import", "--data", data, "--table", "mine", *columns, "--date", "2013-12-07", lean).returncode == 0
    assert ask(data, "SELECT ts, price, who FROM mine ORDER BY ts") == (
        "2013-10-07 08:00:00.688\t49.18\tP\n2013-12-07 09:00:00.688\t49.18\tP\n")
    for bad in (["--columns", "ts=nope"], ["--columns", "ts:ms,price"], ["--time-zone", "Mars"], ["--format", "Parquet"],
                ["--date", "2013-10-07"], ["--interval", "1m"]):
        result = tickbase("import", "--data", data, "--table", "mine", *bad, lean)
        assert result.returncode == 1 and str(lean) in result.stderr, bad


def test_blocks_of_native_name_their_columns(tmp_path):
    data = tmp_path / "db"
    # More than one block, and more than the first look at a file holds; the second has values that do not fit.
    rows = 200_000
    path = tmp_path / "x.native"
    path.write_bytes(chdb.query(
        f"SELECT toUnixTimestamp64Milli(toDateTime64('2024-01-01', 3, 'UTC')) + number AS t, toString(number / 4) AS p, "
        f"toLowCardinality('BTCUSDT') AS symbol, number % 2 = 0 AS m, if(number = 150000, NULL, 0.5) AS q "
        f"FROM numbers({rows}) SETTINGS max_block_size = 50000", "Native").bytes())
    columns = ["--columns", "ts=t:ms,price=p:positive,symbol=symbol,side=m:buyer_maker,qty=q", "--exchange", "e"]
    result = tickbase("import", "--data", data, *columns, path)
    assert result.returncode == 3, result.stderr
    assert result.stdout.startswith(f"{path}: {rows - 2} rows imported, 2 rejected ")
    assert "1 rejected, first in line 1: p: " in result.stdout
    assert "1 rejected, first in line 150001: q: the value is NULL" in result.stdout
    assert ask(data, "SELECT count(), sum(price), min(ts), max(ts), countIf(side = 'buy'), any(symbol), sum(qty) FROM trades") == (
        f"{rows - 2}\t{sum(i / 4 for i in range(rows)) - 37500:.0f}\t2024-01-01 00:00:00.001000000\t2024-01-01 00:03:19.999000000\t"
        f"100000\tBTCUSDT\t99999\n")
    # A table's own columns, as they are.
    own = tmp_path / "own"
    own.write_bytes(chdb.query(
        "SELECT toDateTime64('2024-01-01', 9, 'UTC') AS ts, 'e' AS exchange, 'S' AS symbol, 1.5 AS bid, 2.5 AS ask", "Native").bytes())
    assert tickbase("import", "--data", data, "--table", "quotes", own).returncode == 0
    assert ask(data, "SELECT ts, exchange, bid, ask, bid_qty FROM quotes") == "2024-01-01 00:00:00.000000000\te\t1.5\t2.5\t0\n"
    cut = tmp_path / "cut"
    cut.write_bytes(path.read_bytes()[:100_000])
    result = tickbase("import", "--data", data, *columns, cut)
    assert result.returncode == 1 and "inside its first block" in result.stderr


def test_a_dry_run_shows_everything_and_stores_nothing(tmp_path):
    data = tmp_path / "db"
    body = sample_text().splitlines(keepends=True)
    first, second = tmp_path / "BTCUSDT-trades-a.csv", tmp_path / "BTCUSDT-trades-b.csv"
    first.write_text("".join(body[:600]))
    second.write_text("".join(body[500:900]) + "1,0,0.1,0.1,1723161254000,True,True\n")
    assert tickbase("import", "--data", data, first).returncode == 0
    result = tickbase("import", "--data", data, "--dry-run", second)
    assert result.returncode == 0, result.stderr
    text = result.stdout
    assert text.startswith(f"{second}: Binance spot trades, into default.trades\n")
    for part in ("exchange: binance in all rows", "ts = time (ms since 1970)", "side = is_buyer_maker (buyer_maker)",
                 "not taken: quote_qty, is_best_match", "400 rows from 2024-08-08 ", "100 rows are duplicates",
                 "would add 300 rows", "1 rejected, first in line 401: price", " 5. │ "):
        assert part in text, (part, text)
    stored = [line for line in text.splitlines() if "stored already" in line]
    assert len(stored) == 1 and int(stored[0].split()[0]) >= 100
    assert count(data) == 600
    assert "imported before" in tickbase("import", "--data", data, "--dry-run", first).stdout
    assert not list(tmp_path.glob("*.rejects.tsv"))
    with serving(data) as server:
        remote = tickbase("import", "--url", server.url, "--dry-run", second)
        assert remote.stdout == text
        assert server.ask("SELECT count() FROM trades") == "600\n"
        # Everything that shapes rows goes along.
        klines = tmp_path / "x.csv"
        klines.write_text("1601510340000,4.15,1\n")
        result = tickbase(
            "import", "--url", server.url, "--table", "bars", "--columns", "ts:ms,open,_", "--interval", "5m",
            "--exchange", "e", "--symbol", "S", klines)
        assert result.returncode == 0, result.stderr
        assert server.ask("SELECT ts, interval_seconds, open, symbol FROM bars") == "2020-09-30 23:59:00.000000000\t300\t4.15\tS\n"


def test_too_many_bad_rows_keep_a_file_out(tmp_path):
    data = tmp_path / "db"
    lines = sample_text().splitlines(keepends=True)[:100]
    for line in (10, 20, 30):
        lines[line] = lines[line].replace(",", ",-", 1)
    path = tmp_path / "BTCUSDT-trades-x.csv"
    path.write_text("".join(lines))
    for limit in ("2", "2.9%"):
        result = tickbase("import", "--data", data, "--max-errors", limit, path)
        assert result.returncode == 1 and f"--max-errors {limit}" in result.stderr, result.stderr
        assert "price" in result.stderr and count(data) == 0
    # What was wrong can be read all the same.
    assert (tmp_path / "BTCUSDT-trades-x.csv.rejects.tsv").exists()
    for bad in ("x", "-1", "101%"):
        assert tickbase("import", "--data", data, "--max-errors", bad, path).returncode == 2
    with serving(tmp_path / "served") as server:
        result = tickbase("import", "--url", server.url, "--max-errors", "2", path)
        assert result.returncode == 1 and "more than --max-errors 2" in result.stderr
        assert server.ask("SELECT count() FROM trades") == "0\n"
    assert tickbase("import", "--data", data, "--max-errors", "3", path).returncode == 3
    assert count(data) == 97


def test_the_report_is_grouped_by_reason(tmp_path):
    lines = sample_text().splitlines(keepends=True)[:50]
    lines[3] = "1,x,0.1,0.1,1723161254000,True,True\n"
    lines[5] = "1,60000,y,0.1,1723161254000,True,True\n"
    lines[7] = "1,zz,0.1,0.1,1723161254000,True,True\n"
    lines[9] = lines[9].replace(",6", ",99996", 1)
    path = tmp_path / "BTCUSDT-trades-x.csv"
    path.write_text("".join(lines))
    result = tickbase("import", "--data", tmp_path / "db", path)
    report = tmp_path / "BTCUSDT-trades-x.csv.rejects.tsv"
    assert result.returncode == 3
    reasons = [
        "2 rejected, first in line 4: price: '…' is not a price above 0",
        "1 rejected, first in line 6: qty: '…' is not a quantity",
        "1 kept though odd, first in line 10: price: is more than 10 times above or below the others"]
    assert result.stdout.splitlines() == [
        f"{path}: 47 rows imported, 3 rejected, 1 odd (see {report})", *[f"  {reason}" for reason in reasons]]
    assert report.read_text().splitlines() == [
        *[f"# {reason}" for reason in reasons], "file\tline\tcolumn\treason\trow",
        f"{path}\t4\tprice\t'x' is not a price above 0\trejected", f"{path}\t8\tprice\t'zz' is not a price above 0\trejected",
        f"{path}\t6\tqty\t'y' is not a quantity\trejected",
        f"{path}\t10\tprice\tis more than 10 times above or below the others\tkept"]


@pytest.mark.parametrize("quiet", [False, True])
def test_progress_on_a_terminal_has_a_bar_and_the_time_of_the_data(tmp_path, quiet):
    path = tmp_path / "BTCUSDT-trades-big.csv"
    body = [line.split(",", 1) for line in sample_text().splitlines(keepends=True)]
    with path.open("w") as out:
        for copy in range(60):
            out.writelines(f"{int(number) + copy * 10**9},{rest}" for number, rest in body)
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [BINARY, "import", "--data", str(tmp_path / "db"), *(["--quiet"] if quiet else []), str(path)], stdout=subprocess.PIPE,
        stderr=inside)
    os.close(inside)
    seen = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(terminal)
    assert process.wait(60) == 0
    text = seen.decode()
    if quiet:
        assert text == ""
        return
    for part in ("█", " rows/s", "B/s", "at 2024-08-08 23:5", " left", " %"):
        assert part in text, text
    # The line goes when the file is done.
    assert text.endswith("\r\x1b[K")
