"""`tickbase import`: nothing twice, nothing lost, nothing half."""

import gzip
import random
import signal
import subprocess
import time
import zipfile

from process import BINARY, SAMPLE, serving, tickbase

ROWS = "SELECT * FROM trades ORDER BY symbol, exchange, ts, trade_id FORMAT TSVWithNamesAndTypes"
KILLS = 20


def rows(data):
    result = tickbase("sql", "--data", data, "--query", ROWS)
    assert result.returncode == 0, result.stderr
    return result.stdout


def count(data, table="trades"):
    result = tickbase("sql", "--data", data, "--query", f"SELECT count() FROM {table}")
    assert result.returncode == 0, result.stderr
    return int(result.stdout)


def sample_text():
    return gzip.decompress(SAMPLE.read_bytes()).decode()


def test_the_same_content_again_adds_nothing(tmp_path):
    text = sample_text()
    data = tmp_path / "db"
    assert tickbase("import", "--data", data, SAMPLE).returncode == 0
    once = rows(data)
    assert once.count("\n") == text.count("\n") + 2
    renamed = tmp_path / "BTCUSDT-trades-2024-08-09.csv"
    renamed.write_text(text)
    archive = tmp_path / "BTCUSDT-trades-again.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("BTCUSDT-trades-2024-08-08.csv", text)
    for again in (SAMPLE, renamed, archive):
        result = tickbase("import", "--data", data, again)
        assert result.returncode == 0, result.stderr
        assert rows(data) == once


def test_overlapping_files_keep_one_row_per_trade(tmp_path):
    body = sample_text().splitlines(keepends=True)
    first, second = tmp_path / "BTCUSDT-trades-a.csv", tmp_path / "BTCUSDT-trades-b.csv"
    first.write_text("".join(body[:600]))
    second.write_text("".join(body[400:1000] + body[900:1000]))
    data = tmp_path / "db"
    assert tickbase("import", "--data", data, first, second).returncode == 0
    assert count(data) == 1000


def test_bad_rows_are_counted_and_reported(tmp_path):
    lines = sample_text().splitlines(keepends=True)[:100]
    lines[10] = "1,abc,0.1,0.1,1723161254000,True,True\n"
    lines[20] = "2,60000.1,0.1\n"
    lines[30] = "3,60000.1,-,0.1,1723161254000,True,True\n"
    path = tmp_path / "BTCUSDT-trades-x.csv"
    path.write_text("".join(lines))
    report = tmp_path / "rejects.tsv"
    result = tickbase("import", "--data", tmp_path / "db", "--rejects", report, path)
    assert result.returncode == 3, result.stderr
    assert count(tmp_path / "db") == 97
    text = report.read_text()
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    assert [row[1] for row in rows] == ["line", "11", "21", "31"]
    assert "abc" in text and "price" in text


def test_killed_at_random_points_it_equals_one_clean_run(tmp_path):
    # Larger than the sample, so that the kills hit reading, writing and publishing.
    body = sample_text().splitlines(keepends=True)
    path = tmp_path / "BTCUSDT-trades-big.csv"
    with path.open("w") as out:
        for copy in range(30):
            for line in body:
                number, rest = line.split(",", 1)
                out.write(f"{int(number) + copy * 10**9},{rest}")
    clean = tmp_path / "clean"
    began = time.monotonic()
    assert tickbase("import", "--data", clean, path).returncode == 0
    seconds = time.monotonic() - began
    expected = rows(clean)
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    data = tmp_path / "db"
    killed = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            [BINARY, "import", "--data", data, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, seconds))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    assert killed > 0
    assert tickbase("import", "--data", data, path).returncode == 0
    assert rows(data) == expected
    # Nothing is left behind by the runs that were killed.
    assert sorted(p.suffix for p in (data / "segments").rglob("*") if p.is_file()) == [".seg"] * len(
        list((clean / "segments").rglob("*.seg")))


def test_generic_csv_by_column_names(tmp_path):
    path = tmp_path / "quotes.csv"
    path.write_text(
        "symbol,ts,exchange,bid,bid_qty,ask,ask_qty\n"
        "EURUSD,2014-05-01 00:00:01.5,oanda,1.38651,1,1.38663,2\n"
        '"EURUSD",2014-05-01 00:00:02,"oanda",1.38652,1,1.38664,2\n')
    data = tmp_path / "db"
    result = tickbase("import", "--data", data, "--table", "quotes", path)
    assert result.returncode == 0, result.stderr
    answer = tickbase("sql", "--data", data, "--query", "SELECT ts, symbol, bid, ask, update_id FROM quotes ORDER BY ts")
    assert answer.stdout == (
        "2014-05-01 00:00:01.500000000\tEURUSD\t1.38651\t1.38663\t0\n"
        "2014-05-01 00:00:02.000000000\tEURUSD\t1.38652\t1.38664\t0\n")


def test_errors_say_what_where_and_what_to_do(tmp_path):
    missing = tickbase("import", "--data", tmp_path / "db", tmp_path / "none.csv")
    assert missing.returncode == 1 and "none.csv" in missing.stderr
    truncated = tmp_path / "BTCUSDT-trades-cut.csv.gz"
    truncated.write_bytes(SAMPLE.read_bytes()[:-1000])
    cut = tickbase("import", "--data", tmp_path / "db", truncated)
    assert cut.returncode == 1 and "BTCUSDT-trades-cut.csv.gz" in cut.stderr
    assert count(tmp_path / "db") == 0
    nobody = tickbase("import", "--data", tmp_path / "db", "--table", "nothere", SAMPLE)
    assert nobody.returncode == 1 and "nothere" in nobody.stderr
    assert tickbase("import", "--data", tmp_path / "db").returncode == 2


def test_one_process_holds_the_directory(tmp_path):
    data = tmp_path / "db"
    assert tickbase("import", "--data", data, SAMPLE).returncode == 0
    with serving(data) as server:
        second = tickbase("import", "--data", data, SAMPLE)
        assert second.returncode == 1
        assert str(server.process.pid) in second.stderr
