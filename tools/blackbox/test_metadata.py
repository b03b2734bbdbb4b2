"""What clients ask about a server before they show anything, and the tables that they ask: their columns are
ClickHouse's, by chdb, and the queries of each client's start are answered."""

import json
from urllib.parse import urlsplit

import pytest
from chdb.session import Session
from process import serving


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("metadata") / "db") as running:
        running.ask(
            "CREATE TABLE fills (sym LowCardinality(String), ts DateTime64(3, 'UTC'), px Float64, n Nullable(UInt32), "
            "d Decimal(10, 2), f FixedString(4)) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (sym, ts)")
        running.ask("INSERT INTO fills VALUES ('A', '2024-08-08 00:00:00', 1.5, 7, 2.5, 'abcd'), ('B', '2024-08-09 00:00:00', 2, NULL, 1, 'efgh')")
        yield running


@pytest.fixture(scope="module")
def oracle():
    session = Session()
    yield lambda sql: [json.loads(line) for line in str(session.query(sql, "JSONEachRow")).splitlines()]
    session.close()


def rows(server, sql, **parameters):
    return [json.loads(line) for line in server.ask(sql + " FORMAT JSONEachRow", **parameters).splitlines()]


COLUMNS = (
    "SELECT database, table, name, type FROM system.columns WHERE database IN ('system', 'information_schema', 'INFORMATION_SCHEMA') "
    "{} ORDER BY database, table, position")
# Not in chdb, which has no background threads; the log, which is there under another name; and settings, which have a test
# of their own.
OURS = {"insert_producers": None, "asynchronous_metrics": None, "query_log": "user_query_log", "settings": None, "merge_tree_settings": None}


def test_system_tables_have_clickhouses_columns(server, oracle):
    def by_table(found):
        tables = {}
        for row in found:
            tables.setdefault((row["database"], row["table"]), []).append((row["name"], row["type"]))
        return tables

    ours = by_table(rows(server, COLUMNS.format("")))
    theirs = by_table(oracle(COLUMNS.format("AND default_kind != 'ALIAS'")))
    assert len(ours) > 80
    wrong = {}
    for (database, table), columns in ours.items():
        other = OURS.get(table, table)
        if other is None:
            continue
        wanted = theirs.get((database, other))
        if database != "system" and table.lower() == "key_column_usage":
            wanted = [(n, t.replace("Nullable(String)", "String") if n in ("CONSTRAINT_CATALOG", "CONSTRAINT_SCHEMA") else t) for n, t in wanted]
        if columns != wanted:
            wrong[f"{database}.{table}"] = [pair for pair in zip(columns, wanted or []) if pair[0] != pair[1]][:3] or (len(columns), wanted and len(wanted))
    assert wrong == {}


@pytest.mark.parametrize("table", [
    "aggregate_function_combinators", "asynchronous_metrics", "build_options", "clusters", "columns", "data_skipping_indices",
    "data_type_families", "databases", "dictionaries", "disks", "errors", "events", "formats", "functions", "keywords",
    "macros", "merge_tree_settings", "merges", "metrics", "mutations", "one", "parts", "processes", "projections", "query_log",
    "replicas", "roles", "settings", "settings_profiles", "storage_policies", "table_engines", "table_functions",
    "tables", "time_zones", "users"])
def test_every_table_can_be_read_whole(server, table):
    if table == "merge_tree_settings" and not rows(server, "SELECT 1 FROM system.tables WHERE name = 'merge_tree_settings'"):
        pytest.skip("there is no merge_tree_settings yet")
    head = server.ask(f"SELECT * FROM system.{table} FORMAT JSONCompactEachRowWithNamesAndTypes").splitlines()
    assert len(head) >= 2


def test_language_tables_tell_what_is_there(server, oracle):
    """Whatever we list ClickHouse has as well, with the same case rules and aliases where it says so."""
    for table, name in [("formats", "name"), ("data_type_families", "upper(name)"), ("table_functions", "name"),
                        ("aggregate_function_combinators", "name"), ("table_engines", "name"), ("time_zones", "time_zone")]:
        ours = {row["n"] for row in rows(server, f"SELECT {name} AS n FROM system.{table}")}
        theirs = {row["n"] for row in oracle(f"SELECT {name} AS n FROM system.{table}")}
        # Ours alone: the engine by its whole name, and a table function (sql/dialect.md, Candles).
        extra = ours - theirs - {"BOOLEAN", "REPLICATEDMERGETREE", "ReplicatedMergeTree", "candles", "gaps"}
        assert ours and extra == set(), (table, extra)
    ours = {row["name"]: row for row in rows(server, "SELECT name, is_aggregate FROM system.functions")}
    theirs = {row["name"]: row for row in oracle("SELECT name, is_aggregate FROM system.functions")}
    assert len(ours) > 500
    assert {n: r["is_aggregate"] for n, r in ours.items() if n in theirs} == {
        n: theirs[n]["is_aggregate"] for n in ours if n in theirs}


def test_tables_and_columns_tell_of_a_table(server):
    table = rows(server, "SELECT * FROM system.tables WHERE name = 'fills'")[0]
    assert table["engine"] == "MergeTree" and table["has_own_data"] == 1 and table["total_rows"] == 2
    assert table["engine_full"].startswith("MergeTree PARTITION BY toDate(ts) ORDER BY (sym, ts)")
    assert table["create_table_query"].startswith("CREATE TABLE default.fills (`sym` LowCardinality(String), `ts` DateTime64(3, 'UTC'),")
    assert "\n" not in table["create_table_query"]
    assert table["primary_key"] == table["sorting_key"] == "sym, ts" and table["partition_key"] == "toDate(ts)"
    view = rows(server, "SELECT engine, as_select, has_own_data FROM system.tables WHERE name = 'candles_1m'")[0]
    assert view["engine"] == "View" and view["as_select"].startswith("SELECT") and view["has_own_data"] == 0
    columns = {r["name"]: r for r in rows(server, "SELECT * FROM system.columns WHERE table = 'fills'")}
    assert columns["px"]["numeric_precision"] is None and columns["n"]["numeric_precision"] == 32
    assert (columns["d"]["numeric_precision"], columns["d"]["numeric_scale"]) == (10, 2)
    assert columns["ts"]["datetime_precision"] == 3 and columns["f"]["character_octet_length"] == 4
    server.ask("SYSTEM FLUSH TABLE fills")
    parts = rows(server, "SELECT * FROM system.parts WHERE table = 'fills' AND active ORDER BY partition")
    assert [(p["partition"], p["rows"]) for p in parts] == [("2024-08-08", 1), ("2024-08-09", 1)]
    assert rows(server, "SELECT count() AS n FROM system.events WHERE event IN ('Query', 'InsertQuery', 'InsertedRows')")[0]["n"] == 3
    server.error("SELECT nope_at_all")
    assert rows(server, "SELECT value FROM system.errors WHERE name = 'UNKNOWN_IDENTIFIER'")[0]["value"] >= 1


def test_information_schema(server):
    found = rows(server, "SELECT table_name, TABLE_TYPE, table_rows FROM information_schema.tables WHERE table_schema = 'default' AND table_name IN ('fills', 'candles_1m') ORDER BY table_name")
    assert found == [
        {"table_name": "candles_1m", "TABLE_TYPE": "VIEW", "table_rows": None},
        {"table_name": "fills", "TABLE_TYPE": "BASE TABLE", "table_rows": 2}]
    found = rows(server, "SELECT COLUMN_NAME, is_nullable, DATA_TYPE, ordinal_position FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'fills' AND column_name IN ('n', 'sym') ORDER BY ordinal_position")
    assert found == [
        {"COLUMN_NAME": "sym", "is_nullable": "0", "DATA_TYPE": "LowCardinality(String)", "ordinal_position": 1},
        {"COLUMN_NAME": "n", "is_nullable": "1", "DATA_TYPE": "Nullable(UInt32)", "ordinal_position": 4}]
    assert {r["schema_name"] for r in rows(server, "SELECT schema_name FROM information_schema.SCHEMATA")} >= {"default", "system", "information_schema"}
    assert [r["column_name"] for r in rows(server, "SELECT column_name FROM information_schema.key_column_usage WHERE table_name = 'fills'")] == ["sym", "ts"]
    for name in ["referential_constraints", "statistics"]:
        assert rows(server, f"SELECT * FROM information_schema.{name}") == []
    assert rows(server, "SELECT engine FROM information_schema.engines WHERE support = 'DEFAULT'") == [{"engine": "MergeTree"}]
    assert len(rows(server, "SELECT * FROM information_schema.collations")) == 2
    assert rows(server, "SELECT count() AS n FROM information_schema.character_sets") == [{"n": 4}]
    assert rows(server, "SELECT table_name FROM information_schema.views WHERE table_schema = 'default' AND view_definition LIKE 'SELECT%' AND table_name = 'candles_1d'") == [{"table_name": "candles_1d"}]
    assert server.error("INSERT INTO information_schema.tables VALUES (1)")[1] in (20, 242)
    assert server.error("CREATE TABLE information_schema.x (a UInt8) ENGINE = MergeTree ORDER BY a")[1] == 48


# As the clients send them; tables and values are ours.
CLIENTS = {
    "clickhouse-connect": ["SELECT version(), timezone()", "DESCRIBE TABLE `fills` FORMAT Native"],
    "sqlalchemy": [
        "SELECT currentDatabase()", "SHOW DATABASES", "SHOW TABLES FROM `default`",
        "SELECT name FROM system.tables WHERE database = 'default' AND engine IN ('View', 'WindowView') ORDER BY name",
        "SELECT name FROM system.tables WHERE database = 'default' AND engine = 'MaterializedView' ORDER BY name",
        "SELECT engine, engine_full, comment FROM system.tables WHERE database = 'default' AND name = 'fills'",
        "DESCRIBE TABLE `default`.`fills`", "EXISTS TABLE `default`.`fills`", "EXISTS DATABASE `default`",
        "SELECT primary_key FROM system.tables WHERE database = 'default' AND name = 'fills'",
        "SELECT name FROM system.tables WHERE engine NOT LIKE '%View' AND name NOT LIKE '.inner%' AND database = 'default'"],
    "superset": ["SELECT name FROM system.functions UNION ALL SELECT name FROM system.table_functions LIMIT 10000"],
    "go": ["SELECT displayName(), version(), revision(), timezone()", "SELECT 1"],
    "grafana": [
        "SHOW TABLES FROM \"default\"", "DESC TABLE \"default\".\"fills\"",
        "SELECT name, type, table FROM system.columns WHERE database = 'default' AND table = 'fills'",
        "SELECT name, is_aggregate, case_insensitive, alias_to, origin, description, syntax, arguments, returned_value, examples, categories FROM system.functions LIMIT 10000",
        "SELECT name FROM system.databases ORDER BY name", "SELECT version()"],
    "altinity": [
        "SELECT DISTINCT arrayJoin([name]) AS completion, color FROM ("
        "SELECT name, 'a' AS color FROM system.functions UNION ALL SELECT name, 'b' FROM system.table_engines "
        "UNION ALL SELECT name, 'c' FROM system.formats UNION ALL SELECT name, 'd' FROM system.table_functions "
        "UNION ALL SELECT name, 'e' FROM system.data_type_families UNION ALL SELECT name, 'f' FROM system.settings "
        "UNION ALL SELECT cluster, 'g' FROM system.clusters UNION ALL SELECT macro, 'h' FROM system.macros "
        "UNION ALL SELECT policy_name, 'i' FROM system.storage_policies "
        "UNION ALL SELECT concat(func.name, comb.name), 'j' FROM system.functions AS func "
        "CROSS JOIN system.aggregate_function_combinators AS comb WHERE is_aggregate "
        "UNION ALL SELECT name, 'k' FROM system.databases UNION ALL SELECT DISTINCT name, 'l' FROM system.tables "
        "UNION ALL SELECT DISTINCT name, 'm' FROM system.dictionaries UNION ALL SELECT DISTINCT name, 'n' FROM system.columns"
        ") WHERE notEmpty(completion) LIMIT 10000",
        "SELECT database, table, name, type FROM system.columns WHERE database NOT IN ('system', 'INFORMATION_SCHEMA') ORDER BY database, table"],
    "jdbc": [
        "SELECT currentUser() AS user, timezone() AS timezone, version() AS version LIMIT 1", "SELECT version() as server_version",
        "SELECT t.database AS TABLE_SCHEM, t.name AS TABLE_NAME, t.engine FROM system.tables t JOIN system.databases d ON t.database = d.name "
        "WHERE t.database LIKE 'default' AND t.name LIKE '%' AND t.is_temporary = 0 ORDER BY t.database, t.name",
        "SELECT database, table, name, type, numeric_scale, numeric_precision_radix, comment, default_expression, character_octet_length, position "
        "FROM system.columns WHERE database LIKE 'default' AND table LIKE 'fills' ORDER BY position",
        "DESCRIBE TABLE fills FORMAT TSKV", "SELECT name, description, origin FROM system.functions ORDER BY name",
        "SELECT arrayJoin(['TABLE', 'VIEW']) AS TABLE_TYPE", "SELECT name, case_insensitive, alias_to FROM system.data_type_families"],
    "dbeaver": ["SELECT name FROM system.table_engines", "SHOW CREATE TABLE default.fills"],
    "mysql tools": ["SHOW COLUMNS FROM fills", "SHOW INDEX FROM fills", "SHOW FULL TABLES", "SHOW ENGINES", "SHOW FUNCTIONS LIKE 'su%'", "SHOW PROCESSLIST"],
}


@pytest.mark.parametrize("client", CLIENTS)
def test_clients_find_their_way(server, client):
    for sql in CLIENTS[client]:
        answer = server.ask(sql)
        assert answer or "MaterializedView" in sql, sql


def test_show_and_the_table_agree(server):
    assert server.ask("SHOW TABLES FROM system").split() == sorted(
        row["name"] for row in rows(server, "SELECT name FROM system.tables WHERE database = 'system'"))
    assert server.ask("SHOW DATABASES").split() == ["INFORMATION_SCHEMA", "default", "information_schema", "system"]
    assert server.ask("SHOW FUNCTIONS LIKE 'argMax' FORMAT JSONEachRow").count("argMax") >= 1
    assert {line.split("\t")[0] for line in server.ask("SHOW ENGINES").splitlines()} == {"MergeTree", "Memory", "Null", "ReplicatedMergeTree", "View"}
