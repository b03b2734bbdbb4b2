"""Sorts and groups larger than the memory of their statement go through files, which nothing leaves behind."""

import pytest

from process import serving

QUERIES = {
    "sort": "SELECT cityHash64(number) AS n FROM numbers(1000000) ORDER BY n",
    "group": "SELECT count(), sum(k * c), max(c) FROM"
             " (SELECT cityHash64(number) % 1000000 AS k, count() AS c FROM numbers(1000000) GROUP BY k)",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("spill") / "db"
    with serving(directory) as server:
        server.directory = directory
        yield server


def left(server):
    return [path.name for path in (server.directory / "tmp").iterdir()] if (server.directory / "tmp").exists() else []


@pytest.mark.parametrize("kind", QUERIES)
def test_a_statement_larger_than_its_memory(server, kind):
    query = QUERIES[kind]
    whole = server.ask(query)
    words = {"sort": "sort", "group": "group_by"}
    # A sort holds 8 bytes a row twice, groups some fifty a group.
    memory = {"sort": 12_000_000, "group": 30_000_000}[kind]
    ratio = {f"max_bytes_ratio_before_external_{words[kind]}": 0}
    assert server.error(query, max_memory_usage=memory, **ratio)[1] == 241
    assert server.ask(query, max_memory_usage=memory) == whole
    assert left(server) == []
    assert server.error(query, max_memory_usage=memory, max_temporary_data_on_disk_size_for_query="1M")[1] == 396
    assert left(server) == []
