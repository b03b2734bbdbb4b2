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
      ("count(DISTINCT a, b)", "count(DISTINCT a, b)"),
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

  private func select(_ text: String) throws -> SelectStatement {
    guard case .select(let select) = try Parser.parse(text) else {
      throw SQLError(.logicalError, "not a SELECT: \(text)")
    }
    return select
  }

  @Test("every clause of SELECT lands in its field")
  func selectClauses() throws {
    let text = """
      SELECT DISTINCT a x, b AS "y z", count(*), FROM d.t AS q WHERE a > 1 GROUP BY a, b HAVING count() > 1
      ORDER BY a DESC NULLS FIRST, b ASC NULLS LAST, c DESCENDING LIMIT 1, 2 SETTINGS s = 1 FORMAT JSON
      SETTINGS u = 'v', w = -1.5, flag, on_ = true
      """
    let select = try select(text)
    #expect(select.isDistinct)
    #expect(select.items.map { $0.expression.formatted() } == ["a AS x", "b AS `y z`", "count(*)"])
    guard case .table(let name, alias: "q")? = select.from else {
      Issue.record("FROM is \(String(describing: select.from))")
      return
    }
    #expect(name.database == "d" && name.name == "t")
    #expect(select.filter?.formatted() == "a > 1")
    #expect(select.groupBy.map { $0.formatted() } == ["a", "b"])
    #expect(select.having?.formatted() == "count() > 1")
    #expect(select.orderBy.map(\.isDescending) == [true, false, true])
    #expect(select.orderBy.map(\.nullsFirst) == [true, false, nil])
    #expect(select.offset?.formatted() == "1" && select.limit?.formatted() == "2")
    #expect(select.format?.name == "JSON")
    #expect(select.settings.map(\.name) == ["s", "u", "w", "flag", "on_"])
    #expect(select.settings.map(\.value) == ["1", "v", "-1.5", "true", "true"])
    #expect(select.range == 0..<text.utf8.count)
  }

  @Test("LIMIT and OFFSET in all their forms")
  func limits() throws {
    let forms: [(String, limit: String?, offset: String?)] = [
      ("LIMIT 5", "5", nil), ("LIMIT 2, 5", "5", "2"), ("LIMIT 5 OFFSET 2", "5", "2"),
      ("OFFSET 2", nil, "2"), ("OFFSET 2 ROWS", nil, "2"), ("OFFSET 1 ROW", nil, "1"),
      ("LIMIT 1 + 1", "1 + 1", nil),
    ]
    for form in forms {
      let select = try select("SELECT 1 \(form.0)")
      #expect(select.limit?.formatted() == form.limit, "\(form.0)")
      #expect(select.offset?.formatted() == form.offset, "\(form.0)")
    }
  }

  @Test("FROM takes tables, functions and subqueries, each with an alias")
  func from() throws {
    #expect(
      try select("SELECT * FROM numbers(10) n").formatted() == "SELECT *\nFROM numbers(10) AS n")
    #expect(try select("SELECT * FROM f()").formatted() == "SELECT *\nFROM f()")
    #expect(
      try select("SELECT * FROM `a b`.\"c d\" e").formatted() == "SELECT *\nFROM `a b`.`c d` AS e")
    #expect(
      try select("SELECT * FROM (((SELECT 1))) AS s").formatted()
        == "SELECT *\nFROM\n(\n    SELECT 1\n) AS s")
    #expect(try select("(SELECT 1)").formatted() == "SELECT 1")
    #expect(
      try select("SELECT 1").formatted(.calls, namesSystemOne: true) == "SELECT 1\nFROM system.one")
  }

  @Test("keywords are not reserved")
  func keywordsAsNames() throws {
    let text =
      "SELECT date, key, index, type, value, time, timestamp, interval, end, format.x FROM table.view AS t"
    #expect(try select(text).items.count == 10)
    #expect(try select("SELECT 1 AS from").items.count == 1)
    #expect(try select("SELECT select").items.count == 1)
  }

  // MARK: Other statements

  @Test(
    "statements print as they were meant",
    arguments: [
      ("create database if not exists d engine = Atomic", "CREATE DATABASE IF NOT EXISTS d"),
      ("DROP TABLE IF EXISTS d.t SYNC", "DROP TABLE IF EXISTS d.t"), ("drop view v", "DROP VIEW v"),
      ("drop database `a b` no delay", "DROP DATABASE `a b`"), ("truncate t", "TRUNCATE TABLE t"),
      ("TRUNCATE TABLE IF EXISTS d.t;", "TRUNCATE TABLE IF EXISTS d.t"),
      ("truncate table", "TRUNCATE TABLE `table`"),
      ("SHOW TABLES", "SHOW TABLES"),
      (
        "show tables in d like 'a%' format JSON",
        "SHOW TABLES FROM d LIKE 'a%'\nFORMAT JSON"
      ),
      ("show databases", "SHOW DATABASES"), ("SHOW CREATE d.t", "SHOW CREATE TABLE d.t"),
      ("SHOW CREATE TABLE t FORMAT TSVRaw", "SHOW CREATE TABLE t\nFORMAT TSVRaw"),
      ("SHOW CREATE DATABASE d", "SHOW CREATE DATABASE d"),
      ("SHOW CREATE VIEW v", "SHOW CREATE TABLE v"),
      ("desc t", "DESCRIBE TABLE t"),
      ("DESCRIBE TABLE d.t FORMAT CSV", "DESCRIBE TABLE d.t\nFORMAT CSV"),
      ("exists t", "EXISTS TABLE t"), ("EXISTS DATABASE d", "EXISTS DATABASE d"),
      ("EXPLAIN SELECT 1", "EXPLAIN PLAN\nSELECT 1"),
      ("EXPLAIN SYNTAX SELECT 1 + 1 FORMAT TSV", "EXPLAIN SYNTAX\nSELECT plus(1, 1)\nFORMAT TSV"),
      ("EXPLAIN PLAN (SELECT 1)", "EXPLAIN PLAN\nSELECT 1"),
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
