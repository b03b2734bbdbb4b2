"""How soon a statement ends that is killed, wherever its time goes.

Each statement runs for a second or more, most of it in one place that does not hand out rows: a sort, a merge, one
call over a large array, the end of an aggregate. It is killed at several moments, since what does not ask is slow only
while it lasts. The bound is generous, so that a busy machine does not fail the test; the times are printed.
"""

import threading
import time
import urllib.error

import pytest

from process import serving

# A release build on an idle machine takes under 0.1 s.
SECONDS_MAX = 1.0
# Seconds after the start at which a statement is killed.
MOMENTS = (0.1, 0.35, 0.7, 1.1, 1.6)

# numbers(n) makes its rows as they are read; cityHash64 makes them unordered.
STATEMENTS = {
    "quantile": "SELECT quantile(cityHash64(number)) FROM numbers(30000000)",
    "quantileExact": "SELECT quantileExact(toFloat64(cityHash64(number))) FROM numbers(30000000)",
    "quantileExactWeighted": "SELECT quantileExactWeighted(cityHash64(number), 1) FROM numbers(4000000)",
    "quantiles of groups": "SELECT k, quantile(v) FROM (SELECT number % 3 AS k, cityHash64(number) AS v"
    " FROM numbers(30000000)) GROUP BY k",
    "groupArray": "SELECT length(groupArray(cityHash64(number))) FROM numbers(30000000)",
    "groupArray of groups": "SELECT sum(length(a)) FROM (SELECT groupArray(number) AS a FROM numbers(20000000)"
    " GROUP BY cityHash64(number) % 1000000)",
    "groupUniqArray": "SELECT length(groupUniqArray(cityHash64(number))) FROM numbers(10000000)",
    "groupArraySorted": "SELECT length(groupArraySorted(10000000)(cityHash64(number))) FROM numbers(10000000)",
    "uniqExact": "SELECT uniqExact(cityHash64(number)) FROM numbers(50000000)",
    "topK": "SELECT topK(10)(cityHash64(number)) FROM numbers(10000000)",
    "range": "SELECT length(range(number + 90000000)) FROM numbers(4)",
    "arraySort": "SELECT arraySort(x -> cityHash64(x), range(number + 20000000))[1] FROM numbers(1)",
    "arraySort of constants": "SELECT arraySort(x -> cityHash64(x), range(20000000))[1]",
    "arrayReverse": "SELECT length(arrayReverse(range(number + 90000000))) FROM numbers(2)",
    "arrayCumSum": "SELECT arrayCumSum(range(number + 90000000))[-1] FROM numbers(1)",
    "arrayDifference": "SELECT arrayDifference(range(number + 90000000))[-1] FROM numbers(1)",
    "arrayMap": "SELECT arrayMap(x -> intDiv(x * x, 3) + 1, range(number + 90000000))[-1] FROM numbers(1)",
    "arrayFilter": "SELECT length(arrayFilter(x -> x % 3 = 1, range(number + 90000000))) FROM numbers(1)",
    "arrayFold": "SELECT arrayFold((a, x) -> a + x, range(number + 3000000), toUInt64(0)) FROM numbers(1)",
    "arrayDistinct": "SELECT length(arrayDistinct(range(number + 30000000))) FROM numbers(1)",
    "arrayUniq": "SELECT arrayUniq(range(number + 30000000)) FROM numbers(1)",
    "arrayIntersect": "SELECT length(arrayIntersect(range(number + 20000000), range(number + 20000000)))"
    " FROM numbers(1)",
    "has": "SELECT has(range(number + 90000000), 90000000) FROM numbers(1)",
    "arrayReduce": "SELECT arrayReduce('quantile', range(number + 90000000)) FROM numbers(1)",
    "arrayConcat": "SELECT length(arrayConcat(range(number + 40000000), range(number + 40000000))) FROM numbers(1)",
    "arrayStringConcat": "SELECT length(arrayStringConcat(range(number + 30000000), ',')) FROM numbers(1)",
    "splitByChar": "SELECT length(splitByChar(',', repeat('ab,', number + 30000000))) FROM numbers(1)",
    "arrayJoin": "SELECT sum(cityHash64(arrayJoin(range(number + 90000000)))) FROM numbers(2)",
    "array equality": "SELECT range(number + 90000000) = range(number + 90000000) FROM numbers(1)",
    "ORDER BY": "SELECT cityHash64(number) AS h FROM numbers(30000000) ORDER BY h LIMIT 1 OFFSET 20000000",
    "ORDER BY strings": "SELECT hex(cityHash64(number)) AS h FROM numbers(8000000) ORDER BY h"
    " LIMIT 1 OFFSET 7000000",
    "ORDER BY put aside": "SELECT sum(h) FROM (SELECT cityHash64(number) AS h FROM numbers(30000000) ORDER BY h)"
    " SETTINGS max_bytes_before_external_sort = 20000000",
    "DISTINCT": "SELECT DISTINCT cityHash64(number) AS h FROM numbers(30000000) ORDER BY h LIMIT 1",
    "GROUP BY": "SELECT cityHash64(number) AS h, count() FROM numbers(30000000) GROUP BY h ORDER BY h LIMIT 1",
    "GROUP BY WITH CUBE": "SELECT number % 1000 AS a, intDiv(number, 1000) % 1000 AS b, count() FROM numbers(10000000)"
    " GROUP BY a, b WITH CUBE ORDER BY a, b LIMIT 1",
    "join": "SELECT count() FROM numbers(10000000) AS a JOIN (SELECT number * 3 AS number FROM numbers(20000000)) AS b"
    " USING number",
    "ASOF join": "SELECT count() FROM (SELECT number AS t, number % 2 AS k FROM numbers(5000000)) AS a ASOF JOIN"
    " (SELECT cityHash64(number) AS t, number % 2 AS k FROM numbers(10000000)) AS b ON a.k = b.k AND a.t >= b.t",
    "window sum": "SELECT max(s) FROM (SELECT sum(number) OVER (ORDER BY cityHash64(number)) AS s"
    " FROM numbers(10000000))",
    "window frames": "SELECT max(s) FROM (SELECT max(number) OVER (ORDER BY number ROWS BETWEEN 5000 PRECEDING AND"
    " CURRENT ROW) AS s FROM numbers(1000000))",
    "INTERSECT": "SELECT count() FROM (SELECT number FROM numbers(10000000) INTERSECT SELECT number * 2"
    " FROM numbers(10000000))",
    "LIMIT from the end": "SELECT cityHash64(number) FROM numbers(40000000) LIMIT -5",
    "WITH FILL": "SELECT count() FROM (SELECT number * 50000000 AS n FROM numbers(2) ORDER BY n WITH FILL)",
    "repeat": "SELECT length(reverse(repeat('abcdefgh', number + 100000000))) FROM numbers(1)",
    "replaceRegexpAll": "SELECT length(replaceRegexpAll(repeat('ab', number + 5000000), 'a', 'cc')) FROM numbers(1)",
    "editDistance": "SELECT editDistance(repeat('ab', number + 20000), repeat('ba', number + 20000)) FROM numbers(1)",
    "IN of a subquery": "SELECT count() FROM numbers(10) WHERE number IN (SELECT max(cityHash64(number))"
    " FROM numbers(200000000))",
    "largestTriangleThreeBuckets": "SELECT length(largestTriangleThreeBuckets(100)(number, cityHash64(number)))"
    " FROM numbers(10000000)",
    "mannWhitneyUTest": "SELECT mannWhitneyUTest(cityHash64(number), number % 2) FROM numbers(10000000)",
    "rankCorr": "SELECT rankCorr(cityHash64(number), number) FROM numbers(10000000)",
    "sumMap": "SELECT length(sumMap(map(cityHash64(number), 1))) FROM numbers(5000000)",
    "windowFunnel": "SELECT windowFunnel(10)(toUInt32(number), number % 3 = 0, number % 3 = 1) FROM numbers(10000000)",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("cancellation") / "data") as server:
        yield server


def seconds_until_killed(server, name, sql, moment):
    """Seconds from KILL QUERY to the end of the statement; None where it ended by itself before."""
    query_id = f"{name} {moment} {time.monotonic_ns()}"
    outcome = {}

    def run():
        try:
            server.ask(sql, query_id=query_id, max_memory_usage=12_000_000_000)
            outcome["code"] = 0
        except urllib.error.HTTPError as error:
            outcome["code"] = int(error.headers["X-ClickHouse-Exception-Code"])
            outcome["text"] = error.read().decode()
        outcome["end"] = time.monotonic()

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(moment)
    killed = time.monotonic()
    server.ask(f"KILL QUERY WHERE query_id = '{query_id}' ASYNC")
    thread.join()
    if outcome["code"] == 0:
        return None
    assert outcome["code"] == 394, outcome
    return max(0.0, outcome["end"] - killed)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_killed_statement_ends(server, name):
    times = []
    for moment in MOMENTS:
        seconds = seconds_until_killed(server, name, STATEMENTS[name], moment)
        if seconds is None:
            break
        times.append(seconds)
    print(f"{name}: killed, ended after " + ", ".join(f"{s * 1000:.0f}" for s in times) + " ms")
    assert times, "the statement is over before it can be killed"
    assert max(times) < SECONDS_MAX
