/// ORDER BY ... LIMIT that skips by zone maps: the same rows as a full sort gives, and far fewer read.
import TestSupport
import Testing

@testable import TickEngine

@Suite struct LeadingTests {
  private func opened(_ body: (Database) throws -> Void) throws {
    let scratch = Scratch()
    var options = DatabaseOptions()
    options.mergesInBackground = false
    options.workerThreads = 2
    let database = try Database.open(at: scratch.path, options: options)
    defer { database.close() }
    try body(database)
  }

  @Test("the first rows by any column are those of a full sort")
  func same() throws {
    try opened { database in
      try database.run(
        """
        CREATE TABLE t (s LowCardinality(String), ts DateTime64(9), i Int32, u Nullable(UInt64), f Float64, d Decimal64(3), \
        e Enum8('a' = -1, 'b' = 2), w String, id UInt64) ENGINE = MergeTree PARTITION BY intDiv(id, 8000) ORDER BY (s, ts)
        """)
      for part in 0..<3 {
        try database.run(
          """
          INSERT INTO t SELECT concat('s', toString(cityHash64(n) % 5)), toDateTime64(n % 5000, 9), \
          toInt32(cityHash64(n, 1) % 2000) - 1000, if(cityHash64(n, 2) % 3 = 0, NULL, cityHash64(n, 3) % 500), \
          multiIf(n % 11 = 0, nan, n % 13 = 0, -inf, n % 17 = 0, -0., (cityHash64(n, 4) % 999) / 4 - 100), \
          toDecimal64(cityHash64(n, 5) % 777 / 8, 3), if(n % 2 = 0, 'a', 'b'), toString(n % 100), n \
          FROM (SELECT number + \(part * 6_000) AS n FROM numbers(6000))
          """)
        if part < 2 { try database.run("SYSTEM FLUSH TABLE t") }
      }
      for column in ["ts", "i", "u", "f", "d", "e", "s", "w", "id"] {
        for direction in ["", " DESC", " NULLS FIRST", " DESC NULLS FIRST"] {
          for (filter, limit) in [
            ("1", 7), ("s = 's3'", 1000), ("i > 900", 50), ("f < 0 OR u = 3", 300), ("1", 9_000),
          ] {
            let query =
              "SELECT \(column), id FROM t WHERE \(filter) ORDER BY \(column)\(direction), id"
            let first = try database.run(
              "SELECT cityHash64(arrayStringConcat(groupArray(concat(ifNull(toString(\(column)), 'N'), ' ', toString(id))), ',')) FROM (\(query) LIMIT \(limit))"
            )
            // Without a limit that the sort knows of.
            let full = try database.run(
              """
              SELECT cityHash64(arrayStringConcat(groupArray(concat(ifNull(toString(\(column)), 'N'), ' ', toString(id))), ',')) FROM (SELECT * FROM (SELECT \(column), id, \
              row_number() OVER (ORDER BY \(column)\(direction), id) AS n FROM t WHERE \(filter)) WHERE n <= \(limit) ORDER BY n)
              """)
            #expect(first == full, "\(query) LIMIT \(limit)")
          }
        }
      }
    }
  }

  @Test("rows behind the bound are not read")
  func skips() throws {
    try opened { database in
      try database.run(
        "CREATE TABLE t (s LowCardinality(String), ts UInt64, q UInt64) ENGINE = MergeTree ORDER BY (s, ts)"
      )
      try database.run(
        "INSERT INTO t SELECT if(number % 2 = 0, 'a', 'b'), number, if(number = 123456, 1000000, cityHash64(number) % 1000) FROM numbers(500000)"
      )
      try database.run("SYSTEM FLUSH TABLE t")
      func rowsRead(_ sql: String) throws -> Int {
        let sink = TextSink()
        let summary = try database.execute(
          QueryRequest(text: Array(sql.utf8), queryID: "", isReadOnly: true), input: NoInput(),
          sink: sink,
          cancellation: Never())
        return summary.readRows
      }
      #expect(try rowsRead("SELECT ts FROM t ORDER BY ts DESC LIMIT 1000") < 60_000)
      #expect(
        try rowsRead("SELECT ts, q FROM t WHERE s = 'b' ORDER BY ts DESC LIMIT 1000") < 50_000)
      #expect(try rowsRead("SELECT ts FROM t ORDER BY ts LIMIT 10") < 60_000)
      // No sort, nothing skipped: the count can fail.
      #expect(try rowsRead("SELECT sum(q) FROM t") == 500_000)
      #expect(
        try database.run("SELECT ts, q FROM t ORDER BY q DESC, ts LIMIT 1") == "123456\t1000000\n")
    }
  }
}
