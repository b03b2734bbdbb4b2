import TickColumns
import Testing

@testable import TickSQL

/// How texts are refused: syntax errors in ClickHouse's words, absent constructs by name.
@Suite struct ParserErrorTests {
  @Test(
    "a syntax error says where, what stands there and what was expected",
    arguments: [
      ("SELECT 1 +", "Syntax error: failed at position 11 (end of query): "),
      (
        "SELEC 1",
        "Syntax error: failed at position 1 (SELEC): SELEC 1. Expected one of: SELECT, INSERT"
      ),
      ("SELECT 1 2", "Syntax error: failed at position 10 (2): 2. Expected one of: "),
      (
        "SELECT 1\nFROM\n  ,",
        "failed at position 17 (,) (line 3, col 3): ,. Expected one of: (, table,"
      ),
      (
        "SELECT (((1)",
        "Unmatched parentheses: '(' at position 8, '(' at position 9 are never closed"
      ),
      ("SELECT (1]", "Unmatched parentheses: ']' at position 10 does not match '(' at position 8"),
      ("SELECT 1)", "Unmatched parentheses: ')' at position 9 has no matching opening bracket"),
      (
        "SELECT 'abc",
        "Single quoted string is not closed: Syntax error: failed at position 8 ('abc): 'abc"
      ),
      ("SELECT `abc", "Back quoted string is not closed: "),
      ("SELECT /* abc", "Multiline comment is not closed: "),
      ("SELECT @", "Unrecognized token: "), ("SELECT !a", "Exclamation mark"),
      ("", "Empty query: Syntax error: failed at position 1 (end of query)"),
      (" ; ", "Empty query"),
      ("SELECT 1; SELECT 2", "Multi-statements are not allowed"),
      ("SELECT 1 FORMAT", "Expected identifier"), ("SELECT 1 WHERE", "Expected expression"),
      ("SELECT x BETWEEN 1", "AND"), ("SELECT a ? b", "Expected one of: "),
      ("DROP FOO x", "Expected one of: TEMPORARY, TABLE, DATABASE, VIEW"),
    ])
  func wording(text: String, expected: String) throws {
    let error = try #require(parseError(text), "\(text) parses")
    #expect(error.code == .syntaxError)
    #expect(error.message.contains(expected), "\(error.message)")
    #expect(error.position != nil)
  }

  @Test("long text is cut in a message")
  func excerpt() throws {
    let error = try #require(parseError("SELECT 1 '" + String(repeating: "x", count: 10_000)))
    #expect(error.message.utf8.count < 1_000)
  }

  @Test("a misspelt statement has a hint")
  func hints() {
    #expect(parseError("SELEC 1")?.hint == "Did you mean SELECT?")
    #expect(parseError("TRUNCAT t")?.hint == "Did you mean TRUNCATE?")
    #expect(parseError("frobnicate t")?.hint == nil)
  }

  @Test(
    "syntax errors are 62",
    arguments: [
      "SELECT", "SELECT ,", "SELECT 1 FROM", "SELECT FROM t", "SELECT 1 WHERE 1 WHERE 2",
      "SELECT f(a,)",
      "SELECT f(a b)", "SELECT (a b)", "SELECT 1 x y", "SELECT a AS b AS c", "SELECT 1 AS x + 1",
      "SELECT a b c", "SELECT 1 WHERE a b", "SELECT 1 LIMIT", "SELECT 1 LIMIT 1 OFFSET 2 ROWS",
      "SELECT 1 OFFSET 2 LIMIT 3", "SELECT 1 ORDER BY", "SELECT 1 GROUP", "SELECT 1 GROUP BY",
      "USE d SETTINGS a = 1",
      "SELECT CASE WHEN 1 END", "SELECT CAST(1 AS)", "SELECT 1 IN", "SELECT INTERVAL 1",
      "SELECT INTERVAL 'x'", "SELECT {'a': 1}", "SELECT 1 AS", "SELECT a.", "SELECT a.1.",
      "SELECT 1 WHERE 1 =",
      "SELECT ]",
      "SELECT (1", "SELECT 1.5abc", "SELECT 'a' 'b'", "SELECT 1 FORMAT 'JSON'", "SELECT a NOT b",
      "SELECT a NOT REGEXP 'x'", "SELECT [1, 2", "SELECT [1,]", "SELECT a[]", "SELECT 1 -> 2",
      "SELECT f(x + 1 -> 2)", "SELECT sum(x) OVER (ROWS 1)", "SELECT sum(x) OVER (ORDER BY)",
      "SELECT * REPLACE (a)", "SELECT * EXCEPT ()", "SELECT * APPLY 1", "WITH SELECT 1",
      "WITH 1 SELECT 1", "SELECT 1 UNION", "SELECT 1 UNION ALL", "(SELECT 1",
      "((SELECT 1) UNION ALL SELECT 2",
      "SELECT 1 FROM a JOIN b", "SELECT 1 FROM a LEFT b", "SELECT 1 FROM a JOIN b USING ()",
      "SELECT 1 GROUP BY a WITH", "SELECT 1 GROUP BY a WITH TOTALS WITH TOTALS",
      "SELECT 1 GROUP BY GROUPING SETS",
      "SELECT 1 FETCH FIRST 1", "SELECT 1 QUALIFY", "SELECT 1 FROM t ARRAY JOIN", "SELECT $$a",
      "SELECT $x$a$$",
      "SELECT 1 WINDOW w", "SELECT 1 LIMIT 1 BY", "SELECT EXISTS (SELECT 1",
      "SELECT TRIM(BOTH 'x' 's')",
      "SELECT a IS b", "SELECT 1 : 2", "SELECT 1 SETTINGS a = x",
      "SELECT * FROM a.b.c", "SELECT * FROM (t)", "SELECT * FROM t1 t2 t3",
      "SELECT 1 FORMAT a FORMAT b",
      "INSERT", "INSERT INTO", "INSERT INTO t", "INSERT INTO t (a", "INSERT INTO t () VALUES",
      "CREATE", "CREATE FOO", "CREATE TABLE", "CREATE TABLE t", "CREATE TABLE t (",
      "CREATE TABLE t (a",
      "CREATE TABLE t (a)", "CREATE TABLE t () ENGINE = MergeTree",
      "CREATE TABLE t (a Int8) ENGINE",
      "CREATE TABLE t (a.b Int8)", "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a, b",
      "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a PARTITION BY b ORDER BY c",
      "CREATE TABLE t (a Int8) SETTINGS a = 1 ENGINE = MergeTree", "CREATE TABLE t (a Array(Int8)",
      "DROP", "DROP TABLE", "DROP t", "SHOW", "SHOW FOO", "SHOW TABLES FROM", "DESCRIBE", "EXISTS",
      "TRUNCATE", "EXPLAIN", "EXPLAIN FOO SELECT 1", "frobnicate", "1", "DROP TABLE t x",
    ])
  func syntaxErrors(text: String) throws {
    let error = try #require(parseError(text), "\(text) parses")
    #expect(error.code == .syntaxError, "\(error)")
  }

  @Test(
    "constructs of ClickHouse that are absent are 48 and named",
    arguments: [
      ("WITH RECURSIVE t AS (SELECT 1) SELECT 1", "WITH RECURSIVE"),
      ("SELECT * FROM a GLOBAL JOIN b ON 1", "GLOBAL JOIN"),
      ("SELECT * FROM a NATURAL JOIN b", "NATURAL JOIN"),
      ("SELECT 1 ORDER BY a COLLATE 'en'", "COLLATE"),
      ("SELECT 1 INTO OUTFILE 'x'", "INTO OUTFILE"),
      ("SELECT a > any(SELECT 1)", "ANY"), ("SELECT a = all(SELECT 1)", "ALL"),
      ("SELECT a LIKE 'b' ESCAPE 'c'", "ESCAPE"), ("SELECT f(SELECT 1)", "query as argument"),
      ("SELECT EXTRACT(week FROM d)", "EXTRACT"), ("SELECT * FROM t AS x(a, b)", "column aliases"),
      ("SELECT 1 SETTINGS a = {'b': 1}", "map"),
      ("SELECT * FROM merge(SELECT 1)", "query as argument"),
      ("SELECT * FROM 'file.csv'", "string"),
      ("ALTER TABLE t DELETE IN PARTITION 1 WHERE 1", "DELETE IN PARTITION"),
      ("ALTER USER u", "ALTER USER"),
      ("ALTER TABLE t ADD INDEX i a TYPE minmax", "ADD INDEX"),
      ("ALTER TABLE t ATTACH PARTITION 1 FROM u", "ATTACH PARTITION"),
      ("ALTER TABLE t REPLACE PARTITION 1 FROM u", "REPLACE PARTITION"),
      ("ALTER TABLE t DROP DETACHED PART 'x'", "DROP DETACHED PART"),
      ("ALTER TABLE t MODIFY COLUMN a REMOVE TTL", "TTL"),
      ("ALTER TABLE t MODIFY COLUMN a MODIFY SETTING x = 1", "settings"),
      ("ALTER TABLE t CLEAR COLUMN a IN PARTITION 1", "PARTITION"),
      ("RENAME DATABASE a TO b", "RENAME DATABASE"),
      ("OPTIMIZE TABLE t DEDUPLICATE", "DEDUPLICATE"), ("SET ROLE r", "SET ROLE"),
      ("KILL MUTATION WHERE 1", "KILL"),
      ("SYSTEM FLUSH LOGS", "SYSTEM FLUSH LOGS"),
      ("SYSTEM RELOAD CONFIG", "SYSTEM RELOAD"), ("GRANT ALL", "GRANT"),
      ("ATTACH TABLE t", "ATTACH"),
      ("DETACH TABLE t", "DETACH"), ("DELETE FROM t IN PARTITION 1 WHERE 1", "DELETE IN PARTITION"),
      ("UPDATE t SET a = 1", "UPDATE"),
      ("EXCHANGE DICTIONARIES a AND b", "EXCHANGE"), ("BEGIN TRANSACTION", "BEGIN"),
      ("CREATE VIEW v TO t AS SELECT 1", "TO"), ("CREATE TABLE t CLONE AS u", "CLONE"),
      ("CREATE MATERIALIZED VIEW v AS SELECT 1", "MATERIALIZED VIEW"),
      ("CREATE FUNCTION f AS x -> x", "FUNCTION"), ("CREATE DICTIONARY d", "DICTIONARY"),
      ("CREATE TEMPORARY TABLE t (a Int8)", "TEMPORARY"),
      ("CREATE USER u", "USER"), ("CREATE DATABASE d ENGINE = Memory", "Memory"),
      ("CREATE DATABASE d ON CLUSTER c", "ON CLUSTER"), ("CREATE TABLE t AS f(1)", "AS"),
      ("CREATE TABLE t ENGINE = MergeTree ORDER BY a EMPTY AS SELECT 1", "EMPTY AS"),
      ("CREATE TABLE t (a Int8 TTL b)", "TTL"),
      ("CREATE TABLE t (a Int8 PRIMARY KEY)", "PRIMARY KEY"),
      ("CREATE TABLE t (a Int8, PRIMARY KEY (a))", "PRIMARY KEY"),
      ("CREATE TABLE t (a Int8, INDEX i a TYPE minmax)", "INDEX"),
      ("CREATE TABLE t (a Int8, PROJECTION p (SELECT a))", "PROJECTION"),
      ("CREATE TABLE t (a Int8, CONSTRAINT c CHECK a)", "CONSTRAINT"),
      ("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a TTL b TO DISK 'x'", "TTL"),
      ("CREATE TABLE t (a Int8) ENGINE = MergeTree SAMPLE BY a", "SAMPLE BY"),
      ("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a DESC", "descending"),
      ("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY (a DESC, b)", "sorting key"),
      ("INSERT INTO FUNCTION f() VALUES", "FUNCTION"),
      ("INSERT INTO t FROM INFILE 'x' FORMAT CSV", "INFILE"),
      ("INSERT INTO t (a, *) VALUES", "*"),
      ("DROP TABLE a, b", "several"), ("DROP DICTIONARY d", "DICTIONARY"),
      ("DROP TEMPORARY TABLE t", "TEMPORARY"),
      ("DROP TABLE t ON CLUSTER c", "ON CLUSTER"), ("TRUNCATE DATABASE d", "TRUNCATE DATABASE"),
      ("SHOW MERGES", "MERGES"), ("SHOW FULL PROCESSLIST", "FULL"),
      ("SHOW CREATE DICTIONARY d", "DICTIONARY"), ("DESCRIBE SELECT 1", "DESCRIBE"),
      ("EXPLAIN AST SELECT 1", "EXPLAIN AST"),
      ("EXPLAIN PIPELINE SELECT 1", "PIPELINE"),
      ("EXPLAIN header = 1 SELECT 1", "option"), ("EXPLAIN INSERT INTO t VALUES", "INSERT"),
      ("DROP TABLE t FORMAT Null", "FORMAT"),
    ])
  func absent(text: String, name: String) throws {
    let error = try #require(parseError(text), "\(text) parses")
    #expect(error.code == .notImplemented, "\(text): \(error.message)")
    #expect(error.message.contains(name), "\(text): \(error.message)")
    #expect(error.position != nil)
  }

  @Test("the nearest name is at most two edits away and never a guess for short names")
  func nearest() {
    let names = ["price", "symbol", "timestamp", "qty", "ts"]
    #expect(nearestName("prize", among: names) == "price")
    #expect(nearestName("pirce", among: names) == "price")
    #expect(nearestName("PRICE", among: names) == "price")
    #expect(nearestName("symbl", among: names) == "symbol")
    #expect(nearestName("timestmap", among: names) == "timestamp")
    #expect(nearestName("tiemstmp", among: names) == "timestamp")
    #expect(nearestName("qtx", among: names) == "qty")
    #expect(nearestName("xy", among: names) == nil)
    #expect(nearestName("TS", among: names) == "ts")
    #expect(nearestName("volume", among: names) == nil)
    #expect(nearestName("", among: names) == nil)
    #expect(nearestName(String(repeating: "p", count: 100_000), among: names) == nil)
  }
}
