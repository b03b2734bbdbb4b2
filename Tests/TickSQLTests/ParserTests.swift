import TickColumns
import Testing

@testable import TickSQL

/// What operators bind, and which trees the statements make.
@Suite struct ParserTests {
  @Test(
    "operators bind in ClickHouse's order",
    arguments: [
      ("1+2*3", "plus(1, multiply(2, 3))"), ("a-b-1", "minus(minus(a, b), 1)"),
      ("a-(b-1)", "minus(a, minus(b, 1))"), ("a/b/x", "divide(divide(a, b), x)"),
      ("a % b * c", "multiply(modulo(a, b), c)"), ("a DIV b MOD c", "modulo(intDiv(a, b), c)"),
      ("-a*b", "multiply(negate(a), b)"), ("a - -b", "minus(a, negate(b))"),
      ("a - -1", "minus(a, -1)"), ("a*-1", "multiply(a, -1)"), ("a -1", "minus(a, 1)"),
      ("-(1)", "negate(1)"), ("- + a", "negate(a)"), ("+ + a", "a"), ("a * + b", "multiply(a, b)"),
      ("a || b || c", "concat(a, b, c)"), ("a + 1 || s", "concat(plus(a, 1), s)"),
      ("a || s + 1", "concat(a, plus(s, 1))"), ("a || s = s", "equals(concat(a, s), s)"),
      ("(a || b) || c", "concat(concat(a, b), c)"),
      ("a AND b AND c", "and(a, b, c)"), ("(a AND b) AND c", "and(and(a, b), c)"),
      ("a AND (b AND c)", "and(a, and(b, c))"), ("a OR b AND c OR d", "or(a, and(b, c), d)"),
      ("NOT NOT a", "not(not(a))"), ("NOT a = 1", "not(equals(a, 1))"),
      ("not(a) = 1", "not(equals(a, 1))"), ("NOT a AND b", "and(not(a), b)"),
      ("a OR NOT b AND c", "or(a, and(not(b), c))"),
      ("a = NOT b = c", "equals(a, not(equals(b, c)))"),
      ("NOT a IN (1, 2)", "not(in(a, (1, 2)))"), ("a = b = 1", "equals(equals(a, b), 1)"),
      ("a < b < 1", "less(less(a, b), 1)"), ("a <=> b", "isNotDistinctFrom(a, b)"),
      ("a == b", "equals(a, b)"), ("a <> b", "notEquals(a, b)"),
      ("- a IS NULL", "isNull(negate(a))"), ("a IS NULL + 1", "plus(isNull(a), 1)"),
      ("a = b IS NOT NULL", "isNotNull(equals(a, b))"),
      ("a IS NOT NULL IS NULL", "isNull(isNotNull(a))"),
      ("a IS DISTINCT FROM b", "isDistinctFrom(a, b)"),
      ("a IS NOT DISTINCT FROM b + 1", "isNotDistinctFrom(a, plus(b, 1))"),
      ("a IS TRUE", "isNotDistinctFrom(a, true)"), ("a IS NOT FALSE", "isDistinctFrom(a, false)"),
      ("x BETWEEN 1 AND 2", "and(greaterOrEquals(x, 1), lessOrEquals(x, 2))"),
      ("x NOT BETWEEN 1 AND 2", "or(less(x, 1), greater(x, 2))"),
      ("x BETWEEN 1 AND 2 AND b", "and(and(greaterOrEquals(x, 1), lessOrEquals(x, 2)), b)"),
      ("b AND x BETWEEN 1 AND 2", "and(b, and(greaterOrEquals(x, 1), lessOrEquals(x, 2)))"),
      ("x BETWEEN 1 AND 2 + 3", "and(greaterOrEquals(x, 1), lessOrEquals(x, plus(2, 3)))"),
      ("x BETWEEN 1 AND 2 = 3", "and(greaterOrEquals(x, 1), lessOrEquals(x, equals(2, 3)))"),
      ("NOT x BETWEEN 1 AND 2", "not(and(greaterOrEquals(x, 1), lessOrEquals(x, 2)))"),
      (
        "x BETWEEN 1 AND 2 OR y BETWEEN 3 AND 4",
        "or(and(greaterOrEquals(x, 1), lessOrEquals(x, 2)), and(greaterOrEquals(y, 3), lessOrEquals(y, 4)))"
      ),
      ("x BETWEEN (1 AND 2) AND 3", "and(greaterOrEquals(x, and(1, 2)), lessOrEquals(x, 3))"),
      ("x IN (1, 2)", "in(x, (1, 2))"), ("x IN (1)", "in(x, 1)"), ("x IN (1,)", "in(x, tuple(1))"),
      ("x IN ()", "in(x, tuple())"), ("x NOT IN ('a')", "notIn(x, 'a')"),
      ("x IN t", "in(x, t)"), ("(a, b) IN ((1, 2), (3, 4))", "in(tuple(a, b), ((1, 2), (3, 4)))"),
      ("a IN (1, 2) = 1", "equals(in(a, (1, 2)), 1)"), ("a = 1 IN (1)", "in(equals(a, 1), 1)"),
      ("s LIKE 'p%'", "like(s, 'p%')"), ("s NOT ILIKE 'p'", "notILike(s, 'p')"),
      ("s REGEXP 'a'", "match(s, 'a')"), ("s LIKE 'a' = 1", "equals(like(s, 'a'), 1)"),
      ("a ? b : c", "if(a, b, c)"), ("a OR b ? 1 : 2", "if(or(a, b), 1, 2)"),
      ("a ? b : c ? d : e", "if(a, b, if(c, d, e))"),
      ("a ? b ? 1 : 2 : 3", "if(a, if(b, 1, 2), 3)"),
      ("a::Int32", "CAST(a, 'Int32')"), ("-a::Int32", "negate(CAST(a, 'Int32'))"),
      ("1::Int8::Int16", "CAST(CAST('1', 'Int8'), 'Int16')"), ("- 1::Int8", "CAST('-1', 'Int8')"),
      ("1.50::Float64", "CAST('1.50', 'Float64')"), ("'1'::Int32", "CAST('1', 'Int32')"),
      ("NULL::Nullable( Int8 )", "CAST(NULL, 'Nullable(Int8)')"),
      ("true::Bool", "CAST(true, 'Bool')"), ("1 + 2::Int8", "plus(1, CAST('2', 'Int8'))"),
      ("CAST(a AS DateTime64(3,'UTC'))", "CAST(a, 'DateTime64(3, \\'UTC\\')')"),
      ("cast(a, 'Int8')", "CAST(a, 'Int8')"), ("Cast(a + 1 AS Int8)", "CAST(plus(a, 1), 'Int8')"),
      ("CAST(a AS Enum8('a'=-1,'b'=2))", "CAST(a, 'Enum8(\\'a\\' = -1, \\'b\\' = 2)')"),
      ("CAST(a AS Tuple(a Int8, `b c` String))", "CAST(a, 'Tuple(a Int8, `b c` String)')"),
      ("CAST(a AS Int unsigned)", "CAST(a, 'INT UNSIGNED')"),
      ("CASE WHEN a THEN b END", "multiIf(a, b, NULL)"),
      ("CASE WHEN a THEN b WHEN c THEN d ELSE e END", "multiIf(a, b, c, d, e)"),
      ("CASE a WHEN 1 THEN 2 END", "caseWithExpression(a, 1, 2, NULL)"),
      ("CASE -a WHEN 1 THEN 2 ELSE 3 END + 1", "plus(caseWithExpression(negate(a), 1, 2, 3), 1)"),
      (
        "CASE WHEN a AND b THEN c BETWEEN 1 AND 2 END",
        "multiIf(and(a, b), and(greaterOrEquals(c, 1), lessOrEquals(c, 2)), NULL)"
      ),
      ("case + 1", "plus(`case`, 1)"),
      ("INTERVAL 5 MINUTE", "toIntervalMinute(5)"),
      ("INTERVAL '5' MINUTE", "toIntervalMinute('5')"),
      ("INTERVAL '5 minutes'", "toIntervalMinute(5)"), ("INTERVAL a DAY", "toIntervalDay(a)"),
      ("INTERVAL 1 + 1 DAY", "toIntervalDay(plus(1, 1))"),
      ("INTERVAL -5 MINUTE", "toIntervalMinute(-5)"),
      ("INTERVAL (1) day * 2", "multiply(toIntervalDay(1), 2)"),
      ("ts + INTERVAL 1 SQL_TSI_WEEK", "plus(ts, toIntervalWeek(1))"),
      ("interval - 1", "minus(`interval`, 1)"), ("interval", "`interval`"),
      ("DATE '2024-01-01' + 1", "plus(toDate('2024-01-01'), 1)"),
      ("TIMESTAMP '2024-01-01 00:00:00'", "toDateTime('2024-01-01 00:00:00')"),
      ("DATE(a)", "DATE(a)"), ("date", "date"),
      ("count(*)", "count(*)"), ("count()", "count()"),
      ("count(DISTINCT a, b)", "countDistinct(a, b)"),
      ("sum(ALL x)", "sum(x)"), ("quantile(0.9)(x)", "quantile(0.9)(x)"),
      ("sum(x) FILTER (WHERE a > 1)", "sumIf(x, greater(a, 1))"),
      ("sum(x) FILTER (WHERE a) + 1", "plus(sumIf(x, a), 1)"),
      ("sum(DISTINCT x) FILTER (WHERE a)", "sumDistinctIf(x, a)"),
      ("f(a AS x, b)", "f(a AS x, b)"), ("(a AS x) + 1", "plus(a AS x, 1)"),
      ("(1)", "1"), ("((a))", "a"), ("(1, 'a')", "(1, 'a')"), ("(1,)", "tuple(1)"),
      ("()", "tuple()"),
      ("(a, (b, 1),)", "tuple(a, tuple(b, 1))"), ("tuple(1, 2)", "(1, 2)"),
      ("t.*", "t.*"), ("d.t.c", "d.t.c"), ("t.`a b`", "t.`a b`"), ("a.from", "a.`from`"),
      ("and(a, b)", "and(a, b)"), ("in(a, (1, 2))", "in(a, (1, 2))"), ("not a", "not(a)"),
      ("(SELECT 1)", "(\n        SELECT 1\n    )"), ("((SELECT 1))", "(\n        SELECT 1\n    )"),
      ("x IN (SELECT 1)", "in(x, (\n        SELECT 1\n    ))"),
      ("[1, 'a']", "[1, 'a']"), ("[a, 1]", "array(a, 1)"), ("[]", "[]"),
      ("[[1], [2]]", "[[1], [2]]"),
      ("a[1]", "arrayElement(a, 1)"),
      ("a[1][b + 1]", "arrayElement(arrayElement(a, 1), plus(b, 1))"),
      ("[1, 2][1].1", "tupleElement(arrayElement([1, 2], 1), 1)"),
      ("-a[1]", "negate(arrayElement(a, 1))"),
      ("f(x -> x + 1, a)", "f(((x) -> plus(x, 1)), a)"),
      ("f((x, y) -> x AND y)", "f(((x, y) -> and(x, y)))"),
      ("f(x -> y -> 1)", "f(((x) -> ((y) -> 1)))"),
      ("sum(x) OVER ()", "sum(x) OVER ()"), ("sum(x) OVER w + 1", "plus(sum(x) OVER w, 1)"),
      (
        "sum(x) OVER (PARTITION BY a, b ORDER BY t DESC NULLS FIRST ROWS 1 PRECEDING)",
        "sum(x) OVER (PARTITION BY a, b ORDER BY t DESC NULLS FIRST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
      ),
      (
        "f(x) OVER (w ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND 1 + 1 FOLLOWING)",
        "f(x) OVER (w ORDER BY t ASC RANGE BETWEEN UNBOUNDED PRECEDING AND plus(1, 1) FOLLOWING)"
      ),
      ("sum(x) FILTER (WHERE a) OVER w", "sumIf(x, a) OVER w"),
      ("any(x) RESPECT NULLS OVER w", "any(x) RESPECT NULLS OVER w"),
      ("first_value(x) IGNORE NULLS", "first_value(x) IGNORE NULLS"), ("over + 1", "plus(over, 1)"),
      ("EXISTS (SELECT 1)", "exists((\n        SELECT 1\n    ))"), ("exists(a)", "exists(a)"),
      ("a = ANY (SELECT 1)", "in(a, (\n        SELECT 1\n    ))"),
      ("a != ALL (SELECT 1)", "notIn(a, (\n        SELECT 1\n    ))"),
      ("a GLOBAL IN (1, 2)", "globalIn(a, (1, 2))"), ("a GLOBAL NOT IN (1)", "globalNotIn(a, 1)"),
      ("a IS UNKNOWN", "isNull(a)"), ("s ~ 'a' = 1", "equals(match(s, 'a'), 1)"),
      ("s !~ 'a'", "notMatch(s, 'a')"), ("$$it's$$", "'it\\'s'"),
      ("$x$a$$b$x$ || s", "concat('a$$b', s)"),
      ("EXTRACT(year FROM d)", "toYear(d)"), ("extract(s, 'a')", "extract(s, 'a')"),
      ("SUBSTRING(s FROM 2)", "substring(s, 2)"),
      ("substring(s FROM a + 1 FOR 3)", "substring(s, plus(a, 1), 3)"),
      ("TRIM(BOTH 'x' FROM s)", "trimBoth(s, 'x')"), ("trim(s)", "trimBoth(s)"),
      ("TRIM(LEADING 'x' FROM s || 'a')", "trimLeft(concat(s, 'a'), 'x')"),
      ("POSITION('b' IN s)", "position(s, 'b')"), ("position(s, 'b')", "position(s, 'b')"),
      ("POSITION('b' || 'c' IN s)", "position(s, concat('b', 'c'))"),
      ("DATE_ADD(DAY, 1, d)", "plus(d, toIntervalDay(1))"),
      ("dateSub(hour, a, d)", "minus(d, toIntervalHour(a))"),
      ("DATEDIFF(day, a, b)", "dateDiff('day', a, b)"),
      ("dateDiff('day', a, b)", "dateDiff('day', a, b)"),
      ("INTERVAL '1 hour 5 minute'", "tuple(toIntervalHour(1), toIntervalMinute(5))"),
      ("* EXCEPT (a, b)", "* EXCEPT (a, b)"), ("t.* EXCEPT a", "t.* EXCEPT (a)"),
      ("* REPLACE (a + 1 AS a) APPLY(sum)", "* REPLACE (plus(a, 1) AS a) APPLY(sum)"),
      ("* APPLY f APPLY(quantile(0.9))", "* APPLY(f) APPLY(quantile(0.9))"),
      ("* APPLY(x -> x + 1)", "* APPLY(((x) -> plus(x, 1)))"),
      ("COLUMNS('a.*')", "COLUMNS('a.*')"),
      ("t.COLUMNS(a, b) EXCEPT STRICT a", "t.COLUMNS(a, b) EXCEPT STRICT (a)"),
      ("(WITH 1 AS a SELECT a)", "(\n        WITH 1 AS a\n        SELECT a\n    )"),
    ])
  func precedence(text: String, expected: String) throws {
    #expect(try calls(text) == expected)
  }

  @Test("places point at the operator's operands and the name of a call")
  func ranges() throws {
    let text = "1 + sum ( a ) BETWEEN x AND y"
    let expression = try Parser.parseExpression(text)
    #expect(expression.range == 0..<text.utf8.count)
    let call = try Parser.parseExpression("  f( a , 1 )")
    #expect(call.range == 2..<12)
    guard case .call(let inner) = call.kind else {
      Issue.record("not a call")
      return
    }
    #expect(inner.nameRange == 2..<3)
    #expect(inner.arguments[1].range == 9..<10)
  }

  // MARK: SELECT

  private func query(_ text: String) throws -> QueryStatement {
    guard case .select(let query) = try Parser.parse(text) else {
      throw SQLError(.logicalError, "not a SELECT: \(text)")
    }
    return query
  }

  @Test("every clause of SELECT lands in its field")
  func selectClauses() throws {
    let text = """
      SELECT DISTINCT a x, b AS "y z", count(*), FROM d.t AS q WHERE a > 1 GROUP BY a, b HAVING count() > 1
      ORDER BY a DESC NULLS FIRST, b ASC NULLS LAST, c DESCENDING LIMIT 1, 2 SETTINGS s = 1 FORMAT JSON
      SETTINGS u = 'v', w = -1.5, flag, on_ = true
      """
    let query = try query(text)
    let select = query.body.first
    guard case .rows = select.distinct else {
      Issue.record("DISTINCT is \(select.distinct)")
      return
    }
    #expect(select.items.map { $0.expression.formatted() } == ["a AS x", "b AS `y z`", "count(*)"])
    guard case .table(let name, alias: "q", _)? = select.from else {
      Issue.record("FROM is \(String(describing: select.from))")
      return
    }
    #expect(name.database == "d" && name.name == "t")
    #expect(select.filter?.formatted() == "a > 1")
    #expect(select.groupBy?.expressions.map { $0.formatted() } == ["a", "b"])
    #expect(select.having?.formatted() == "count() > 1")
    #expect(select.orderBy.map(\.isDescending) == [true, false, true])
    #expect(select.orderBy.map(\.nullsFirst) == [true, false, nil])
    #expect(select.offset?.formatted() == "1" && select.limit?.formatted() == "2")
    #expect(query.format?.name == "JSON")
    #expect(query.settings.map(\.name) == ["s", "u", "w", "flag", "on_"])
    #expect(query.settings.map(\.value) == ["1", "v", "-1.5", "true", "true"])
    #expect(query.range == 0..<text.utf8.count)
  }

  @Test(
    "queries print as they were meant",
    arguments: [
      (
        "WITH 1 AS x, t AS (SELECT 2 AS y) SELECT x FROM t",
        "WITH\n    1 AS x,\n    t AS\n    (\n        SELECT 2 AS y\n    )\nSELECT x\nFROM t"
      ),
      ("FROM t SELECT a", "SELECT a\nFROM t"),
      ("SELECT DISTINCT ON (a, b) c FROM t", "SELECT DISTINCT ON (a, b) c\nFROM t"),
      (
        "SELECT TOP 3 WITH TIES a FROM t ORDER BY a",
        "SELECT a\nFROM t\nORDER BY a ASC\nLIMIT 3\n WITH TIES"
      ),
      (
        "SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 3",
        "(\n    SELECT 1\n)\nUNION ALL\n(\n    (\n        SELECT 2\n    )\n    INTERSECT ALL\n    (\n        SELECT 3\n    )\n)"
      ),
      (
        "(SELECT 1 EXCEPT DISTINCT SELECT 2) UNION SELECT 3",
        "(\n    (\n        SELECT 1\n    )\n    EXCEPT DISTINCT\n    (\n        SELECT 2\n    )\n)\nUNION\n(\n    SELECT 3\n)"
      ),
      (
        "SELECT 1 FROM a, b CROSS JOIN c", "SELECT 1\nFROM a, b\nCROSS JOIN c"
      ),
      (
        "SELECT 1 FROM a LEFT OUTER JOIN b ON a.x = b.x ANY RIGHT JOIN c USING x, y",
        "SELECT 1\nFROM a\nALL LEFT JOIN b ON equals(a.x, b.x)\nANY RIGHT JOIN c USING (x, y)"
      ),
      (
        "SELECT 1 FROM a ASOF JOIN (SELECT 1) AS b ON a.x = b.x AND a.t >= b.t",
        "SELECT 1\nFROM a\nASOF INNER JOIN\n(\n    SELECT 1\n) AS b ON and(equals(a.x, b.x), greaterOrEquals(a.t, b.t))"
      ),
      (
        "SELECT 1 FROM a LEFT ARRAY JOIN b AS c, d",
        "SELECT 1\nFROM a\nLEFT ARRAY JOIN\n    b AS c,\n    d"
      ),
      (
        "SELECT 1 FROM t AS x FINAL SAMPLE 0.1 PREWHERE a WHERE b",
        "SELECT 1\nFROM t AS x\nFINAL\nSAMPLE 0.1\nPREWHERE a\nWHERE b"
      ),
      (
        "SELECT 1 GROUP BY ROLLUP(a, b) WITH TOTALS",
        "SELECT 1\nGROUP BY\n    a,\n    b\n    WITH ROLLUP\n    WITH TOTALS"
      ),
      (
        "SELECT 1 GROUP BY GROUPING SETS ((a, b), a, ())",
        "SELECT 1\nGROUP BY\n    GROUPING SETS (\n        (a, b),\n        (a),\n        ())"
      ),
      ("SELECT 1 GROUP BY ALL ORDER BY ALL DESC", "SELECT 1\nGROUP BY ALL\nORDER BY ALL DESC"),
      (
        "SELECT sum(a) OVER w FROM t WINDOW w AS (PARTITION BY b) QUALIFY a > 1",
        "SELECT sum(a) OVER w\nFROM t\nWINDOW w AS (PARTITION BY b)\nQUALIFY greater(a, 1)"
      ),
      (
        "SELECT a ORDER BY a WITH FILL FROM 1 TO 9 STEP 2 STALENESS 3 INTERPOLATE (b AS b + 1, c)",
        "SELECT a\nORDER BY a ASC WITH FILL FROM 1 TO 9 STEP 2 STALENESS 3\nINTERPOLATE (`b` AS plus(b, 1), `c`)"
      ),
      (
        "SELECT a LIMIT 1 OFFSET 2 BY a, b LIMIT 3, 4 WITH TIES",
        "SELECT a\nLIMIT 2, 1 BY a, b\nLIMIT 3, 4\n WITH TIES"
      ),
      ("SELECT a LIMIT 2 BY ALL", "SELECT a\nLIMIT 2 BY ALL"),
      ("SELECT a OFFSET 1 ROW FETCH NEXT 2 ROWS ONLY", "SELECT a\nLIMIT 1, 2"),
      ("SELECT a FETCH FIRST 2 ROWS WITH TIES", "SELECT a\nLIMIT 2\n WITH TIES"),
      ("SELECT * FROM view(SELECT 1) AS v", "SELECT *\nFROM\n(\n    SELECT 1\n) AS v"),
      (
        "SELECT 1 SETTINGS a = 1 UNION ALL SELECT 2 SETTINGS b = 2",
        "(\n    SELECT 1\n)\nUNION ALL\n(\n    SELECT 2\n)\nSETTINGS a = 1, b = 2"
      ),
    ])
  func queries(text: String, expected: String) throws {
    let printed = try query(text).formatted()
    #expect(printed == expected)
    #expect(try query(printed).formatted() == printed)
  }

  @Test("query parameters stand for values and names, never for SQL")
  func parameters() throws {
    let values: [String: [UInt8]] = [
      "n": Array("5".utf8), "s": Array("a'b\\tc".utf8), "i": Array("my col".utf8),
      "d": Array("2024-01-01".utf8), "none": Array("\\N".utf8),
    ]
    let text =
      "SELECT {n:UInt8} + 1, {s:String}, {i:Identifier}, t.{i:Identifier}, {d:Date}, {none:Nullable(Int8)} FROM {i:Identifier}"
    guard case .select(let query) = try Parser.parse(Array(text.utf8), parameters: values) else {
      Issue.record("not a SELECT")
      return
    }
    #expect(
      query.formatted() == """
        SELECT
            plus(_CAST(5, 'UInt8'), 1),
            'a\\'b\\tc',
            `my col`,
            t.`my col`,
            _CAST('2024-01-01', 'Date'),
            _CAST(NULL, 'Nullable(Int8)')
        FROM `my col`
        """)
    #expect(parseError("SELECT {x:Int8}")?.code == .unknownQueryParameter)
    #expect(parseError("SELECT {x Int8}")?.code == .syntaxError)
    #expect(parseError("SELECT {x:}")?.code == .syntaxError)
  }

  @Test("LIMIT and OFFSET in all their forms")
  func limits() throws {
    let forms: [(String, limit: String?, offset: String?)] = [
      ("LIMIT 5", "5", nil), ("LIMIT 2, 5", "5", "2"), ("LIMIT 5 OFFSET 2", "5", "2"),
      ("OFFSET 2", nil, "2"), ("OFFSET 2 ROWS", nil, "2"), ("OFFSET 1 ROW", nil, "1"),
      ("LIMIT 1 + 1", "1 + 1", nil),
    ]
    for form in forms {
      let select = try query("SELECT 1 \(form.0)").body.first
      #expect(select.limit?.formatted() == form.limit, "\(form.0)")
      #expect(select.offset?.formatted() == form.offset, "\(form.0)")
    }
  }

  @Test("FROM takes tables, functions and subqueries, each with an alias")
  func from() throws {
    #expect(
      try query("SELECT * FROM numbers(10) n").formatted() == "SELECT *\nFROM numbers(10) AS n")
    #expect(try query("SELECT * FROM f()").formatted() == "SELECT *\nFROM f()")
    #expect(
      try query("SELECT * FROM `a b`.\"c d\" e").formatted() == "SELECT *\nFROM `a b`.`c d` AS e")
    #expect(
      try query("SELECT * FROM (((SELECT 1))) AS s").formatted()
        == "SELECT *\nFROM\n(\n    SELECT 1\n) AS s")
    #expect(try query("(SELECT 1)").formatted() == "SELECT 1")
    #expect(
      try query("SELECT 1").formatted(.calls, namesSystemOne: true) == "SELECT 1\nFROM system.one")
  }

  /// The fuzzer found texts that did not read back. A call of `or` behind SELECT or DISTINCT was no operand, since OR
  /// goes on after one, so the word before it became a name; and an expression had two aliases, written one after the
  /// other. An expression has one alias, and a word before a bracket is a function.
  @Test(
    "calls of functions that are words of operators read back",
    arguments: [
      (
        "SELECT (SELECT i.x < 1 OR a AND b) AS c",
        "SELECT (\n        SELECT or(less(i.x, 1), and(a, b))\n    ) AS c"
      ),
      ("SELECT f(DISTINCT a AND b, 0)", "SELECT fDistinct(and(a, b), 0)"),
      ("SELECT CASE or(a, b) WHEN 1 THEN 2 END", "SELECT caseWithExpression(or(a, b), 1, 2, NULL)"),
      ("SELECT ALL in(a, b)", "SELECT in(a, b)"),
      ("SELECT ((a AS b) AS c)", "SELECT a AS c"),
      ("SELECT (SELECT .a AS b) AS c", "SELECT `SELECT`.a AS c"),
    ])
  func wordsAsFunctions(text: String, expected: String) throws {
    let written = try query(text).formatted()
    #expect(written == expected)
    #expect(try query(written).formatted() == written)
    let operators = try query(text).formatted(.operators)
    #expect(try query(operators).formatted(.operators) == operators)
  }

  @Test("keywords are not reserved")
  func keywordsAsNames() throws {
    let text =
      "SELECT date, key, index, type, value, time, timestamp, interval, end, format.x FROM table.view AS t"
    #expect(try query(text).body.first.items.count == 10)
    #expect(try query("SELECT 1 AS from").body.first.items.count == 1)
    #expect(try query("SELECT select").body.first.items.count == 1)
  }

  // MARK: Other statements

  @Test(
    "statements print as they were meant",
    arguments: [
      ("create database if not exists d engine = Atomic", "CREATE DATABASE IF NOT EXISTS d"),
      ("DROP TABLE IF EXISTS d.t SYNC", "DROP TABLE IF EXISTS d.t"), ("drop view v", "DROP VIEW v"),
      ("drop database `a b` no delay", "DROP DATABASE `a b`"), ("truncate t", "TRUNCATE TABLE t"),
      ("TRUNCATE TABLE IF EXISTS d.t;", "TRUNCATE TABLE IF EXISTS d.t"),
      ("truncate table", "TRUNCATE TABLE `table`"), ("system flush;", "SYSTEM FLUSH"),
      ("SYSTEM flush TABLE d.t", "SYSTEM FLUSH TABLE d.t"),
      ("SHOW TABLES", "SHOW TABLES"),
      (
        "show tables in d like 'a%' format JSON",
        "SHOW TABLES FROM d LIKE 'a%'\nFORMAT JSON"
      ),
      ("show full tables in d not ilike 'a'", "SHOW FULL TABLES FROM d NOT ILIKE 'a'"),
      (
        "show fields in t from d where key = '' limit 2",
        "SHOW COLUMNS FROM d.t WHERE key = '' LIMIT 2"
      ),
      ("show keys from d.t", "SHOW INDEX FROM d.t"), ("show processlist", "SHOW PROCESSLIST"),
      ("kill query where query_id = 'a' sync", "KILL QUERY WHERE equals(query_id, 'a') SYNC"),
      ("KILL QUERY WHERE 1 FORMAT TSV", "KILL QUERY WHERE 1 ASYNC\nFORMAT TSV"),
      ("show databases", "SHOW DATABASES"), ("SHOW CREATE d.t", "SHOW CREATE TABLE d.t"),
      ("SHOW CREATE TABLE t FORMAT TSVRaw", "SHOW CREATE TABLE t\nFORMAT TSVRaw"),
      ("SHOW CREATE DATABASE d", "SHOW CREATE DATABASE d"),
      ("SHOW CREATE VIEW v", "SHOW CREATE VIEW v"), ("exists view v", "EXISTS VIEW v"),
      ("rename table a to b, d.c to `e f`", "RENAME TABLE a TO b, d.c TO `e f`"),
      ("RENAME IF EXISTS a TO b", "RENAME TABLE IF EXISTS a TO b"),
      ("exchange tables a and d.b", "EXCHANGE TABLES a AND d.b"),
      (
        "create or replace view if_ (a Int8 comment 'x') comment 'y' as select 1 as a",
        "CREATE OR REPLACE VIEW if_\n(\n    `a` Int8 COMMENT 'x'\n)\nCOMMENT 'y'\nAS SELECT 1 AS a"
      ),
      ("CREATE VIEW IF NOT EXISTS v AS SELECT 1", "CREATE VIEW IF NOT EXISTS v\nAS SELECT 1"),
      ("CREATE OR REPLACE TABLE t AS d.u", "CREATE OR REPLACE TABLE t AS d.u"),
      (
        "alter table d.t add column a Int8 default b + 1 codec(ZSTD) after b, drop column if exists c",
        "ALTER TABLE d.t (ADD COLUMN `a` Int8 DEFAULT plus(b, 1) CODEC(ZSTD) AFTER `b`), "
          + "(DROP COLUMN IF EXISTS `c`)"
      ),
      (
        "ALTER TABLE t (MODIFY COLUMN a DEFAULT 1), (MODIFY COLUMN b REMOVE COMMENT), "
          + "RENAME COLUMN c TO d, COMMENT COLUMN e 'f', MODIFY COMMENT 'g', CLEAR COLUMN h, "
          + "ALTER COLUMN i TYPE String FIRST, ADD COLUMN IF NOT EXISTS type Int8 EPHEMERAL COMMENT 'k'",
        "ALTER TABLE t (MODIFY COLUMN `a` DEFAULT 1), (MODIFY COLUMN `b` REMOVE COMMENT), "
          + "(RENAME COLUMN `c` TO `d`), (COMMENT COLUMN `e` 'f'), (MODIFY COMMENT 'g'), "
          + "(CLEAR COLUMN `h`), (MODIFY COLUMN `i` String FIRST), "
          + "(ADD COLUMN IF NOT EXISTS `type` Int8 EPHEMERAL COMMENT 'k')"
      ),
      (
        "CREATE TABLE t (a DEFAULT 1, b Int8 MATERIALIZED a, c ALIAS b, d Int8 NULL EPHEMERAL 4) "
          + "ENGINE = Null COMMENT 'x'",
        "CREATE TABLE t\n(\n    `a` DEFAULT 1,\n    `b` Int8 MATERIALIZED a,\n    `c` ALIAS b,\n"
          + "    `d` Nullable(Int8) EPHEMERAL 4\n)\nENGINE = `Null`\nCOMMENT 'x'"
      ),
      ("INSERT INTO t (* EXCEPT(a, b)) SELECT 1", "INSERT INTO t (* EXCEPT(a, b)) SELECT 1"),
      ("desc t", "DESCRIBE TABLE t"), ("DESC numbers(1)", "DESCRIBE TABLE numbers(1)"),
      (
        "DESCRIBE TABLE (SELECT 1) FORMAT CSV",
        "DESCRIBE TABLE\n(\n    SELECT 1\n)\nFORMAT CSV"
      ),
      ("DESCRIBE TABLE d.t FORMAT CSV", "DESCRIBE TABLE d.t\nFORMAT CSV"),
      ("exists t", "EXISTS TABLE t"), ("EXISTS DATABASE d", "EXISTS DATABASE d"),
      ("EXPLAIN SELECT 1", "EXPLAIN PLAN\nSELECT 1"),
      ("INSERT INTO t SELECT 1", "INSERT INTO t SELECT 1"),
      (
        "CREATE TABLE t ENGINE = MergeTree ORDER BY a AS SELECT 1 AS a",
        "CREATE TABLE t\nENGINE = MergeTree\nORDER BY a\nAS SELECT 1 AS a"
      ),
      ("insert into t (a, b) (select 1, 2);", "INSERT INTO t (a, b) SELECT\n    1,\n    2"),
      ("INSERT INTO t WITH 1 AS x SELECT x", "INSERT INTO t WITH 1 AS x\nSELECT x"),
      ("EXPLAIN SYNTAX SELECT 1 + 1 FORMAT TSV", "EXPLAIN SYNTAX\nSELECT plus(1, 1)\nFORMAT TSV"),
      ("EXPLAIN PLAN (SELECT 1)", "EXPLAIN PLAN\nSELECT 1"),
      ("drop table t settings a = 1, b = 'x';", "DROP TABLE t\nSETTINGS a = 1, b = 'x'"),
      (
        "SHOW TABLES SETTINGS a = 1 FORMAT TSV", "SHOW TABLES\nFORMAT TSV\nSETTINGS a = 1"
      ),
      (
        "alter table t add column a Int8 settings b = 1",
        "ALTER TABLE t (ADD COLUMN `a` Int8)\nSETTINGS b = 1"
      ),
      ("exists settings settings a", "EXISTS TABLE settings\nSETTINGS a = true"),
    ])
  func statements(text: String, expected: String) throws {
    #expect(try Parser.parse(text).formatted() == expected)
  }

  @Test("CREATE TABLE keeps columns, codecs, keys and settings")
  func createTable() throws {
    let text = """
      CREATE TABLE IF NOT EXISTS d.t (a Int32 CODEC(Delta, ZSTD(1)), `b c` Nullable(  String ) NOT NULL,
        e Enum8('a'=1,'b'=2), n Int8 NULL, ts DateTime64(9,'UTC'),)
      ENGINE=ReplacingMergeTree(ts) PARTITION BY toYYYYMM(ts) PRIMARY KEY a ORDER BY (a, e % 2, -n)
      SETTINGS index_granularity=8192;
      """
    #expect(
      try Parser.parse(text).formatted(.operators) == """
        CREATE TABLE IF NOT EXISTS d.t
        (
            `a` Int32 CODEC(Delta, ZSTD(1)),
            `b c` Nullable(String),
            `e` Enum8('a' = 1, 'b' = 2),
            `n` Nullable(Int8),
            `ts` DateTime64(9, 'UTC')
        )
        ENGINE = ReplacingMergeTree(ts)
        PARTITION BY toYYYYMM(ts)
        PRIMARY KEY a
        ORDER BY (a, e % 2, -n)
        SETTINGS index_granularity = 8192
        """)
  }

  @Test("a key is a list: one expression, a tuple, or nothing")
  func keys() throws {
    for (text, count) in [
      ("ORDER BY a", 1), ("ORDER BY (a)", 1), ("ORDER BY (a, b)", 2), ("ORDER BY tuple()", 0),
      ("ORDER BY ()", 0), ("", 0), ("PRIMARY KEY (a, b)", 2), ("PRIMARY KEY a ORDER BY (a, b)", 2),
      ("ORDER BY a ASC", 1), ("ORDER BY (a, b) PRIMARY KEY tuple()", 2),
    ] {
      guard
        case .createTable(let table) = try Parser.parse(
          "CREATE TABLE t (a Int8) ENGINE = MergeTree() \(text)")
      else { continue }
      #expect(table.orderBy.count == count, "\(text)")
    }
    #expect(
      parseError("CREATE TABLE t (a Int8) ENGINE = MergeTree PRIMARY KEY b ORDER BY (a, b)")?.code
        == .badArguments)
  }

  @Test("the data of an INSERT begins where ClickHouse says")
  func insertData() throws {
    func offset(_ text: String) throws -> Int {
      guard case .insert(let insert) = try Parser.parse(text) else { return -1 }
      return switch insert.source {
      case .values(let offset): offset
      case .format(_, let offset): offset
      case .query: -1
      }
    }
    #expect(try offset("INSERT INTO t VALUES (1)") == 20)
    #expect(try offset("INSERT INTO t (a, `b c`) VALUES") == 31)
    #expect(try offset("INSERT INTO t FORMAT CSV\n1,2\n") == 25)
    #expect(try offset("INSERT INTO t FORMAT CSV \t\r\n1") == 28)
    #expect(try offset("INSERT INTO t FORMAT CSV 1,2") == 25)
    #expect(try offset("INSERT INTO t FORMAT CSV\n\n1") == 25)
    #expect(try offset("INSERT INTO t FORMAT RowBinary\n'\u{0}") == 31)
    #expect(parseError("INSERT INTO t FORMAT CSV;\n1")?.code == .syntaxError)
    guard
      case .insert(let insert) = try Parser.parse(
        "insert into table d.t (a, n.b,) settings x = 1, y = 'z' format JSONEachRow {")
    else { return }
    #expect(insert.columns == ["a", "n.b"])
    #expect(insert.table.database == "d" && insert.settings.map(\.value) == ["1", "z"])
    // Data may be anything, even what would be no token.
    #expect(parseError("INSERT INTO t VALUES ('unclosed ; SELECT") == nil)
  }
}
