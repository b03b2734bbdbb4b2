/// Statements that change rows while the segments of these are being merged: what they did is there afterwards.
import TestSupport
import TickColumns
import TickSQL
import Testing

@testable import TickEngine
@testable import TickStorage

@Suite struct MergeBesideTests {
  private static let everything = "SELECT k, v, _sequence FROM t ORDER BY ALL"

  private func opened(_ scratch: Scratch, _ body: (Database) throws -> Void) throws {
    var options = DatabaseOptions()
    options.mergesInBackground = false
    let database = try Database.open(at: scratch.path, options: options)
    defer { database.close() }
    try body(database)
  }

  private func fill(_ database: Database) throws {
    try database.run(
      """
      CREATE TABLE t (k UInt64, v Int64) ENGINE = MergeTree ORDER BY v \
      SETTINGS deduplicate_by = 'k', deduplicate_keep = 'last'
      """)
    for part in 0..<3 {
      try database.run(
        "INSERT INTO t SELECT 1 + number * 3 + \(part), number FROM numbers(20000)")
      try database.run("SYSTEM FLUSH TABLE t")
    }
  }

  /// Merges all of the table; in the middle of it `change` runs.
  ///
  /// - Returns: whether the merge was published.
  private func merge(_ database: Database, _ change: @escaping () throws -> Void) throws -> Bool {
    let snapshot = try #require(database.store.snapshot().table(database: "default", name: "t"))
    var hasChanged = false
    var failure: (any Error)?
    let merge = SegmentMerge(
      store: database.store, layout: try TableLayout(snapshot.definition),
      merge: CompactionPolicy.Merge(
        segments: snapshot.segments.map(\.entry), level: CompactionPolicy.restLevel),
      rowsMax: 10_000
    ) { rowsRead in
      guard rowsRead > 0, !hasChanged else { return true }
      hasChanged = true
      do { try change() } catch { failure = error }
      return true
    }
    let bytes = try merge.run(snapshot) { (publish) throws(SQLError) in try publish() }
    if let failure { throw failure }
    #expect(hasChanged)
    return bytes != nil
  }

  @Test("rows that went are gone in what the merge wrote")
  func marked() throws {
    let scratch = Scratch()
    var expected = ""
    try opened(scratch) { database in
      try fill(database)
      let isPublished = try merge(database) {
        try database.run("DELETE FROM t WHERE k % 50 = 7")
        try database.run("DELETE FROM t WHERE v < 4")
        try database.run("DELETE FROM t WHERE v BETWEEN 9990 AND 10100")
        try database.run("INSERT INTO t SELECT 1 + number * 500, -1 FROM numbers(100)")
        expected = try database.run(Self.everything)
      }
      #expect(isPublished)
      #expect(try database.run(Self.everything) == expected)
      let levels = "SELECT countIf(level = 2), max(has_lightweight_delete) FROM system.parts"
      #expect(try database.run(levels) == "6\t1\n")
      #expect(
        try database.run("SELECT count() = uniqExact(k), countIf(v = -1) FROM t") == "1\t100\n")
    }
    try opened(scratch) { database in
      let found = try database.run(Self.everything)
      #expect(found == expected)
    }
    #expect(Store.check(files: try PosixFileSystem(root: scratch.path)).isSound)
  }

  @Test("a merge whose segments were written again or are gone is in vain, and leaves no file")
  func overtaken() throws {
    for change in [
      "DELETE FROM t WHERE v % 2 = 0", "TRUNCATE TABLE t", "DROP TABLE t",
      "ALTER TABLE t DETACH PARTITION tuple()",
    ] {
      let scratch = Scratch()
      try opened(scratch) { database in
        try fill(database)
        var expected = ""
        let query = change.hasPrefix("DROP") ? "SELECT 1" : Self.everything
        let isPublished = try merge(database) {
          try database.run(change)
          expected = try database.run(query)
        }
        #expect(!isPublished)
        #expect(try database.run(query) == expected)
      }
      let report = Store.check(files: try PosixFileSystem(root: scratch.path))
      #expect(report.isSound && report.notes.isEmpty, "\(change): \(report)")
    }
  }

  @Test("OPTIMIZE and corrections at one time lose nothing", arguments: 0..<2)
  func atOneTime(seed: UInt64) throws {
    let scratch = Scratch()
    try opened(scratch) { database in
      try fill(database)
      let optimizer = SystemThread(name: "test", stackBytes: RequestThreads.stackBytes) {
        for _ in 0..<6 {
          do throws(EngineError) {
            try database.run("OPTIMIZE TABLE t FINAL")
          } catch {
            Issue.record("\(error)")
          }
        }
      }
      var random = SplitMix64(seed: seed)
      var values: [Int: Int] = [:]
      for step in 0..<60 {
        let first = 1 + random.below(60_000)
        let keys = (0..<3).map { 1 + (first + $0 * 7_919) % 60_000 }
        let rows = keys.map { "(\($0), \(-step - 1))" }.joined(separator: ",")
        try database.run("INSERT INTO t VALUES \(rows)")
        for key in keys { values[key] = -step - 1 }
      }
      optimizer.join()
      try database.run("OPTIMIZE TABLE t FINAL")
      #expect(try database.run("SELECT count(), uniqExact(k) FROM t") == "60000\t60000\n")
      let found = try database.run("SELECT k, v FROM t WHERE v < 0 ORDER BY k")
      let expected = values.sorted { $0.key < $1.key }.map { "\($0.key)\t\($0.value)\n" }.joined()
      #expect(found == expected)
    }
  }

  #if BUG_GARDEN
  @Test("a merge that brings rows back is found")
  func planted() throws {
    let scratch = Scratch()
    try opened(scratch) { database in
      try fill(database)
      var expected = ""
      try PlantedBug.$current.withValue(.mergeBringsRowsBack) {
        _ = try merge(database) {
          try database.run("DELETE FROM t WHERE k % 50 = 7")
          expected = try database.run(Self.everything)
        }
      }
      #expect(try database.run(Self.everything) != expected)
    }
  }
  #endif
}
