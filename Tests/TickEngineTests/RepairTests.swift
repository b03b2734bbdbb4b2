/// A damaged directory: what is sound is served, and a repair saves all of the rest that can be read and tells what is lost.
import Foundation
import TestSupport
import TickColumns
import Testing

@testable import TickEngine
@testable import TickStorage

@Suite struct RepairTests {
  private static let everything = "SELECT *, _sequence FROM t ORDER BY _sequence"
  private static let create = """
    CREATE TABLE t (s LowCardinality(String), ts DateTime64(9), price Float64, id UInt64, note String) \
    ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (s, ts)
    """

  private func opened<R>(_ path: String, _ body: (Database) throws -> R) throws -> R {
    var options = DatabaseOptions()
    options.mergesInBackground = false
    let database = try Database.open(at: path, options: options)
    defer { database.close() }
    return try body(database)
  }

  /// Three days, a segment each, and rows of the log in three inserts. Returns all rows.
  private func fill(_ path: String, rowsOfSecondDay: Int = 500) throws -> [String] {
    try opened(path) { database in
      try database.run(Self.create)
      for day in 1...3 {
        try database.run(
          """
          INSERT INTO t SELECT concat('S', toString(number % 3)), toDateTime64('2024-01-0\(day)', 9) + \
          toIntervalMillisecond(number), number / 4, number, concat('n', toString(number % 11)) \
          FROM numbers(\(day == 2 ? rowsOfSecondDay : 500))
          """)
        try database.run("SYSTEM FLUSH TABLE t")
      }
      for insert in 0..<3 {
        try database.run("INSERT INTO t VALUES ('late', '2024-01-02', \(insert), \(insert), 'log')")
      }
      return try database.run(Self.everything).split(separator: "\n").map { String($0) }
    }
  }

  private func entries(_ path: String) throws -> [LiveSegment] {
    try opened(path) { $0.store.snapshot().tables.flatMap(\.segments) }
  }

  private func change(_ path: String, _ body: (inout [UInt8]) -> Void) throws {
    var bytes = Array(try Data(contentsOf: URL(filePath: path)))
    body(&bytes)
    try Data(bytes).write(to: URL(filePath: path))
  }

  /// Every file but the lock, with its bytes.
  private func contents(_ path: String) throws -> [String: Data] {
    var out: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) where name != "LOCK" {
      let url = URL(filePath: path + "/" + name)
      if let data = try? Data(contentsOf: url) { out[name] = data }
    }
    return out
  }

  /// Repairs, and returns what is in the new directory, the report and the lines.
  private func repaired(
    _ path: String, _ number: Int = 1
  ) throws -> (rows: [String], report: RepairReport, lines: [String]) {
    let before = try contents(path)
    var lines: [String] = []
    let target = path + "-repaired\(number)"
    defer { try? FileManager.default.removeItem(atPath: target) }
    let report = try Database.repair(path, to: target) { lines.append($0) }
    #expect(try contents(path) == before, "the damaged directory was changed")
    #expect(!FileManager.default.fileExists(atPath: target + ".unfinished"))
    let rows = try opened(target) { database in
      let rows = try database.run(Self.everything).split(separator: "\n").map { String($0) }
      // It goes on from there, with a sequence that nobody had.
      try database.run("INSERT INTO t VALUES ('new', '2024-01-02', 0, 0, '')")
      #expect(try database.run("SELECT uniqExact(_sequence) = count() FROM t") == "1\n")
      return rows
    }
    #expect(try Database.check(target) { _ in })
    return (rows, report, lines)
  }

  @Test("a damaged row group is lost, and nothing else")
  func rowGroup() throws {
    let scratch = Scratch()
    let path = scratch.path + "/db"
    let all = try fill(path, rowsOfSecondDay: 100_000)
    let segments = try entries(path)
    let file = path + "/" + segments[1].file.path
    let reader = try segments[1].file.reader()
    #expect(reader.groupCount > 1)
    let chunks = reader.footer.chunks
    let chunk = chunks[chunks.count / 2]
    try change(file) { $0[chunk.offset + chunk.byteCount / 2] ^= 4 }

    try opened(path) { database in
      // What does not need the segment is answered, and so is what needs other row groups of it.
      #expect(
        try database.run("SELECT sum(id) FROM t WHERE ts < '2024-01-02'") == "124750\n")
      #expect(try database.run("SELECT sum(id) FROM t WHERE ts >= '2024-01-03'") == "124750\n")
      var error: EngineError?
      do throws(EngineError) {
        try database.run("SELECT max(ts), sum(price), sum(id), max(note), max(_sequence) FROM t")
      } catch let caught {
        error = caught
      }
      #expect(error?.code == .corruptedData)
      #expect(error?.message.contains(segments[1].file.path) == true)
      // It is known from now on, and merges go on without it.
      #expect(
        database.health().first { $0.name == "segments" }?.fault?.contains(segments[1].file.path)
          == true)
      #expect(database.health().allSatisfy { !$0.isNeeded || $0.fault == nil })
      try database.run("OPTIMIZE TABLE t")
      #expect(
        try database.run("SELECT partition, level FROM system.parts WHERE table = 't' ORDER BY ALL")
          == "2024-01-01\t2\n2024-01-02\t0\n2024-01-02\t2\n2024-01-03\t2\n")
    }

    let (rows, report, lines) = try repaired(path)
    #expect(report.copiedSegments == 3 && report.logGaps == 0)
    #expect(report.lostRows > 0 && report.lostRows <= 65_536)
    #expect(rows.count + report.lostRows == all.count)
    #expect(Set(rows).isSubset(of: Set(all)))
    #expect(lines.count { $0.hasPrefix("lost: rows ") } == 1)
    #expect(lines.contains { $0.contains("default.t, partition 2024-01-02") })
  }

  @Test("a segment that cannot be opened is lost whole", arguments: ["footer", "missing", "cut"])
  func segment(kind: String) throws {
    let scratch = Scratch()
    let path = scratch.path + "/db"
    let all = try fill(path)
    let segment = try entries(path)[0]
    let file = path + "/" + segment.file.path
    switch kind {
    case "footer": try change(file) { $0[$0.count - 100] ^= 1 }
    case "missing": try FileManager.default.removeItem(atPath: file)
    default: try change(file) { $0.removeLast(1_000) }
    }
    let (rows, report, lines) = try repaired(path)
    #expect(report.lostRows == 500 && report.copiedSegments == 2 && report.savedRows == 3)
    #expect(rows == all.filter { !$0.contains("2024-01-01") })
    #expect(lines.count { $0.hasPrefix("damaged: ") } == 1)
  }

  @Test("of a damaged log every whole record is saved")
  func log() throws {
    let scratch = Scratch()
    let path = scratch.path + "/db"
    let all = try fill(path)
    let log = try #require(
      FileManager.default.contentsOfDirectory(atPath: path + "/wal").sorted().first {
        !$0.contains("spare")
      })
    // The second of the three inserts: its value stands in its record.
    let groups = try Array(Data(contentsOf: URL(filePath: path + "/wal/" + log))).ranges(
      of: Array("log".utf8))
    #expect(groups.count == 3)
    try change(path + "/wal/" + log) { $0[groups[1].lowerBound] ^= 1 }
    #expect(throws: EngineError.self) { try opened(path) { _ in } }
    #expect(try !Database.check(path) { _ in })

    let (rows, report, lines) = try repaired(path)
    #expect(report.copiedSegments == 3 && report.savedRows == 2 && report.lostRows == 0)
    #expect(report.logGaps == 1 && report.hasLosses)
    #expect(rows == all.filter { !$0.contains("\t1\t1\tlog\t") })
    #expect(lines.count == 1)

    // Nothing is written over what is there, and a damaged manifest is no guess.
    try FileManager.default.createDirectory(
      atPath: path + "-there", withIntermediateDirectories: true)
    #expect(throws: EngineError.self) { try Database.repair(path, to: path + "-there") { _ in } }
    let manifest = try #require(
      FileManager.default.contentsOfDirectory(atPath: path).first { $0.hasPrefix("MANIFEST") })
    try change(path + "/" + manifest) { $0[$0.count / 2] ^= 1 }
    var code: ErrorCode?
    do throws(EngineError) {
      _ = try Database.repair(path, to: path + "-new") { _ in }
    } catch {
      code = error.code
    }
    #expect(code == .corruptedData)
    #expect(!FileManager.default.fileExists(atPath: path + "-new"))
  }
}
