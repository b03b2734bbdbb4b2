"""Time zones: the table is what its generator writes, and a server shows and reads times as ClickHouse does."""

import subprocess
import sys

import chdb
from process import ROOT, SECONDS_MAX, serving

# What ClickHouse's table of days gets wrong among the times below (`sql/dialect.md#time-zones`): it rounds the times and
# amounts of changes to a quarter of an hour, and takes Toronto's summer of 1919, which began at 23:30, for winter.
TORONTO = ("America/Montreal", "America/Nipigon", "America/Thunder_Bay", "America/Toronto", "Canada/Eastern")
DAYS_OF_CHANGES = {
    "Africa/Accra": {"1924-09-01", "1931-09-01", "1937-01-01"},
    "Asia/Karachi": {"1907-01-01"},
    "Asia/Pyongyang": {"1908-04-01"},
    "Asia/Seoul": {"1908-04-01"},
    "Indian/Chagos": {"1907-01-01"},
    "Indian/Mahe": {"1907-01-01"},
    "Indian/Mauritius": {"1907-01-01"},
    "Pacific/Kiritimati": {"1979-10-02"},
    "ROK": {"1908-04-01"},
}


def is_known(name, day):
    return day in DAYS_OF_CHANGES.get(name, ()) or name in TORONTO and "1919-03-30" < day < "1919-10-26"


def test_the_table_is_what_its_generator_writes():
    result = subprocess.run(
        [sys.executable, ROOT / "tools/zones", "--check"], text=True, capture_output=True, timeout=SECONDS_MAX)
    assert result.returncode == 0, result.stderr


def test_every_zone_against_clickhouse_from_1900_to_2299(tmp_path):
    names = str(chdb.query("SELECT time_zone FROM system.time_zones ORDER BY time_zone", "TSVRaw")).split()
    # From 1900-01-02 in steps of 25 days, 7 hours and some, so that all hours and minutes come up; from 1997 on in
    # steps of seven times that.
    rows = 2020
    query = """
        SELECT toString(t), toString(toTimeZone(t, '{zone}')),
            toUnixTimestamp64Second(toDateTime64(toString(t), 0, '{zone}'))
        FROM (
            SELECT number, (number + greatest(0, number - 1400) * 6) * 2186441 AS seconds,
                toDateTime64(seconds, 0, 'UTC') - INTERVAL 25566 DAY AS t
            FROM (SELECT toInt64(number) AS number FROM numbers(2020))
        ) ORDER BY number FORMAT TSV"""
    known = 0
    with serving(tmp_path / "db") as server:
        for name in names:
            text = query.format(zone=name)
            ours = server.ask(text).split("\n")
            theirs = str(chdb.query(text, "TSV")).split("\n")
            assert len(ours) == len(theirs) == rows + 1
            for a, b in zip(ours, theirs):
                if a != b:
                    assert is_known(name, a[:10]), (name, a, b)
                    known += 1
    assert len(names) == 598
    assert known == 51
