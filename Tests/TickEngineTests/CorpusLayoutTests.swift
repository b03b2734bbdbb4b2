import TestSupport
import TickStorage
import Testing

@testable import TickEngine

/// Where the rows of the corpus lie while its statements run.
enum CorpusLayout: CaseIterable {
  /// Never flushed: all rows in memory.
  case memtables
  /// Flushed after every INSERT: a segment for each.
  case segments
  /// Flushed after every second INSERT: segments of several inserts, and the last rows in memory.
  case mixed

  /// After how many INSERTs comes a flush; nil is never.
  var insertsPerFlush: Int? {
    switch self {
    case .memtables: nil
    case .segments: 1
    case .mixed: 2
    }
  }
}

/// The files of the corpus that write, on an embedded database: the answers are ClickHouse's wherever the rows lie. Those that
/// do not are asked of the SQL room (`ExecuteCorpusTests`) and over HTTP.
@Suite struct CorpusLayoutTests {
  @Test(
    "the corpus answers the same from memory, segments and a mix", arguments: CorpusLayout.allCases)
  func corpus(layout: CorpusLayout) throws {
    let scratch = Scratch()
    let database = try Database.open(at: scratch.path)
    defer { database.close() }
    var wrong: [String] = []
    var count = 0
    var seen = SeenLayouts()
    for file in try CorpusFile.all() where file.needsWrites {
      try database.run("CREATE DATABASE \(file.database)")
      let flushesItself = file.cases.contains { test in
        ["SYSTEM FLUSH", "OPTIMIZE", "DELETE", "ALTER TABLE t DELETE"].contains {
          test.sql.hasPrefix($0)
        }
      }
      var writes = 0
      var rowsInMemory = 0
      for test in file.cases {
        count += 1
        let given = try answer(database, test, in: file)
        if !test.accepts(given) {
          wrong.append(
            "\(file.name):\(test.line) \(test.sql)\n  want \(test.answer)\n  got  \(given)")
        }
        // An INSERT, or a CREATE ... AS SELECT.
        let rows = self.rowsInMemory(of: database, file.database)
        if rows > rowsInMemory {
          writes += 1
          if let every = layout.insertsPerFlush, writes % every == 0 { try database.flush() }
        }
        rowsInMemory = self.rowsInMemory(of: database, file.database)
        if !flushesItself { seen.look(at: database.store.snapshot(), file.database) }
      }
      try database.run("DROP DATABASE \(file.database)")
    }
    #expect(count > 700)
    #expect(wrong.isEmpty, "\(wrong.count) of \(count) differ:\n\(wrong.joined(separator: "\n"))")
    // The rows lay where this run wanted them.
    switch layout {
    case .memtables: #expect(seen.memtables > 0 && seen.segments == 0)
    case .segments: #expect(seen.memtables == 0 && seen.segments > 0 && seen.severalSegments > 0)
    case .mixed: #expect(seen.mixes > 0)
    }
  }

  private func rowsInMemory(of database: Database, _ name: String) -> Int {
    let tables = database.store.snapshot().tables(in: name) ?? []
    return tables.reduce(0) { $0 + $1.memtables.reduce(0) { $0 + $1.rowCount } }
  }

  private func answer(
    _ database: Database, _ test: CorpusCase, in file: CorpusFile
  ) throws -> CorpusAnswer {
    let sink = TextSink()
    do throws(EngineError) {
      _ = try database.execute(
        QueryRequest(
          text: Array(test.sql.utf8), queryID: "corpus", database: file.database,
          defaultFormat: "JSONCompactEachRowWithNamesAndTypes"),
        input: NoInput(), sink: sink, cancellation: Never())
    } catch {
      return .error(error.code.rawValue)
    }
    return CorpusAnswer(of: test.sql, output: sink.text)
  }
}

/// Between statements: how often a table had rows in memory, in segments, in several, and in both.
private struct SeenLayouts {
  var memtables = 0
  var segments = 0
  var severalSegments = 0
  var mixes = 0

  mutating func look(at snapshot: Snapshot, _ database: String) {
    for table in snapshot.tables(in: database) ?? [] {
      let inMemory = table.memtables.contains { $0.rowCount > 0 }
      if inMemory { memtables += 1 }
      if !table.segments.isEmpty { segments += 1 }
      if table.segments.count > 1 { severalSegments += 1 }
      if inMemory, table.segments.count > 1 { mixes += 1 }
    }
  }
}
