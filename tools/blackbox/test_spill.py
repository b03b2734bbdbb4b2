"""Sorts, groups, joins and DISTINCT larger than the memory of their statement go through files, which nothing leaves behind."""

import time

import pytest

from process import serving

QUERIES = {
    "sort": "SELECT cityHash64(number) AS n FROM numbers(1000000) ORDER BY n",
    "group": "SELECT count(), sum(k * c), max(c) FROM"
             " (SELECT cityHash64(number) % 1000000 AS k, count() AS c FROM numbers(1000000) GROUP BY k)",
    "join": "SELECT count(), sum(a.v), sum(b.v) FROM (SELECT cityHash64(number) AS k, number AS v FROM numbers(1000000)) AS a"
            " JOIN (SELECT cityHash64(number) AS k, number AS v FROM numbers(500000, 1000000)) AS b ON a.k = b.k",
    "distinct": "SELECT count(), sum(k) FROM (SELECT DISTINCT cityHash64(number % 700000) AS k FROM numbers(1000000))",
}
WORDS = {"sort": "sort", "group": "group_by", "join": "join", "distinct": "distinct"}
# A sort holds 8 bytes a row twice, groups some fifty a group, a join its rows twice and its keys, DISTINCT some fifty a row.
MEMORY = {"sort": 12_000_000, "group": 30_000_000, "join": 30_000_000, "distinct": 20_000_000}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("spill") / "db"
    with serving(directory) as server:
        server.directory = directory
        yield server


def left(server):
    """Files that stay: a worker may hold its own for a moment after the answer."""
    deadline = time.monotonic() + 20
    while names := [path.name for path in (server.directory / "tmp").glob("*")]:
        if time.monotonic() > deadline:
            return names
        time.sleep(0.02)
    return []


@pytest.mark.parametrize("kind", QUERIES)
def test_a_statement_larger_than_its_memory(server, kind):
    query = QUERIES[kind]
    whole = server.ask(query)
    memory = MEMORY[kind]
    ratio = {f"max_bytes_ratio_before_external_{WORDS[kind]}": 0}
    assert server.error(query, max_memory_usage=memory, **ratio)[1] == 241
    assert server.ask(query, max_memory_usage=memory) == whole
    assert left(server) == []
    assert server.error(query, max_memory_usage=memory, max_temporary_data_on_disk_size_for_query="1M")[1] == 396
    assert left(server) == []


def test_a_join_that_is_stopped_leaves_no_file(server):
    memory = {"max_memory_usage": MEMORY["join"]}
    query = QUERIES["join"].replace("numbers(1000000)", "numbers(100000000)")
    assert server.error(query, max_execution_time=1, **memory)[1] == 159
    assert left(server) == []


def test_one_key_that_memory_does_not_hold(server):
    query = "SELECT count() FROM numbers(1) AS a JOIN (SELECT 0 AS k, number FROM numbers(3000000)) AS b ON a.number = b.k"
    query += " WHERE b.number < 5000000"
    status, code, body = server.error(query, max_memory_usage=20_000_000)
    assert code == 241 and "rows of one key" in body
    assert left(server) == []
