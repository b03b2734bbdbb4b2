"""Definitions over HTTP, as a client changes them: each statement is there after a kill and a restart, whole.

What the statements mean is in sql/corpus/ddl with ClickHouse's answers; here it is the released server that is killed.
"""

import signal

import pytest
from process import serving

# A statement, and a query that shows what it did.
STEPS = [
    ("CREATE TABLE t (a Int32, b Int32 DEFAULT a + 1, m Int32 MATERIALIZED a * 10) ENGINE = MergeTree ORDER BY a",
     "SELECT count() FROM t", "0\n"),
    ("INSERT INTO t (a) VALUES (1), (2)", "SELECT a, b, m FROM t ORDER BY a", "1\t2\t10\n2\t3\t20\n"),
    ("ALTER TABLE t ADD COLUMN n String DEFAULT concat('n', toString(m)), RENAME COLUMN b TO c",
     "SELECT c, n FROM t ORDER BY a", "2\tn10\n3\tn20\n"),
    ("CREATE VIEW v AS SELECT a, n FROM t", "SELECT n FROM v WHERE a = 2", "n20\n"),
    ("CREATE TABLE u AS t", "SELECT count() FROM u", "0\n"),
    ("EXCHANGE TABLES t AND u", "SELECT (SELECT count() FROM u), (SELECT count() FROM v)", "2\t0\n"),
    ("RENAME TABLE t TO w, u TO t", "SELECT sum(a) FROM v", "3\n"),
    ("CREATE OR REPLACE TABLE w ENGINE = MergeTree ORDER BY a AS SELECT a, m FROM t WHERE a > 1",
     "SELECT * FROM w", "2\t20\n"),
    ("ALTER TABLE t DROP COLUMN n, DROP COLUMN c", "SELECT * FROM t ORDER BY a", "1\n2\n"),
    ("CREATE TABLE m (a Int8) ENGINE = Memory", "SELECT count() FROM m", "0\n"),
    ("DROP VIEW v", "EXISTS VIEW v", "0\n"),
]


def test_every_change_survives_a_kill(tmp_path):
    for statement, query, expected in STEPS:
        with serving(tmp_path / "db") as server:
            server.ask(statement)
            assert server.ask(query) == expected, statement
            server.process.send_signal(signal.SIGKILL)
            server.process.wait(30)
        with serving(tmp_path / "db") as server:
            assert server.ask(query) == expected, f"after a kill: {statement}"


def test_what_a_client_asks_about_columns(tmp_path):
    with serving(tmp_path / "db") as server:
        server.ask("CREATE TABLE t (a Int8 COMMENT 'x', d Int8 DEFAULT 1, m Int8 MATERIALIZED a, l Int8 ALIAS a) "
                   "ENGINE = MergeTree ORDER BY a")
        kinds = server.ask("SELECT name, default_type FROM (SELECT name, default_kind AS default_type FROM "
                           "system.columns WHERE table = 't' ORDER BY position)")
        assert kinds == "a\t\nd\tDEFAULT\nm\tMATERIALIZED\nl\tALIAS\n"
        assert server.ask("SELECT * FROM t FORMAT TSVWithNames") == "a\td\n"


def test_a_client_library_inserts_into_such_a_table(tmp_path):
    connect = pytest.importorskip("clickhouse_connect")
    with serving(tmp_path / "db") as server:
        host, port = server.url.removeprefix("http://").split(":")
        client = connect.get_client(host=host, port=int(port))
        client.command("CREATE TABLE t (a Int32, d Int32 DEFAULT a * 2, m Int32 MATERIALIZED d + 1, l Int32 ALIAS m) "
                       "ENGINE = MergeTree ORDER BY a")
        client.insert("t", [[1], [2]], column_names=["a"])
        client.insert("t", [[3, 30]], column_names=["a", "d"])
        found = client.query("SELECT a, d, m, l FROM t ORDER BY a").result_rows
        assert found == [(1, 2, 3, 3), (2, 4, 5, 5), (3, 30, 31, 31)]
