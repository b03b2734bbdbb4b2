import TestSupport
import Testing

@testable import TickEngine

/// Tables of every type (`sql/corpus/types/stored-*.test`, answers by ClickHouse) answer alike from memory, from the
/// log after a restart, from segments, and from segments after a restart.
@Suite struct StoredTypeTests {
  private func answer(_ test: CorpusCase, _ file: CorpusFile, _ database: Database) -> CorpusAnswer
  {
    let sink = TextSink()
    do throws(EngineError) {
      _ = try database.execute(
        QueryRequest(
          text: Array(test.sql.utf8), queryID: "", database: file.database,
          defaultFormat: "JSONCompactEachRowWithNamesAndTypes"), input: NoInput(), sink: sink,
        cancellation: Never())
      return CorpusAnswer(of: test.sql, output: sink.text)
    } catch {
      return .error(error.code.rawValue)
    }
  }

  private func check(_ file: CorpusFile, _ database: Database, onlyReads: Bool, _ stage: String) {
    var count = 0
    for test in file.cases {
      let word = test.sql.prefix { $0 != " " }
      if onlyReads, !["SELECT", "SHOW", "DESCRIBE"].contains(word) { continue }
      count += 1
      let given = answer(test, file, database)
      #expect(
        test.accepts(given),
        "\(stage), \(file.name):\(test.line)\nwant \(test.answer)\ngot \(given)")
    }
    #expect(count > 8)
  }

  @Test func everyStageAnswersAlike() throws {
    let files = try CorpusFile.all().filter { $0.name.hasPrefix("types/stored-") }
    #expect(files.count == 2)
    for file in files {
      let scratch = Scratch()
      /// The directory opened anew: its lock goes with the database.
      func stage(_ body: (Database) throws -> Void) throws {
        let database = try Database.open(at: scratch.path)
        defer { database.close() }
        try body(database)
      }
      try stage { database in
        try database.run("CREATE DATABASE \(file.database)")
        check(file, database, onlyReads: false, "memory")
      }
      try stage { database in
        check(file, database, onlyReads: true, "log")
        try database.store.flush()
        #expect(database.store.snapshot().tables.contains { !$0.segments.isEmpty })
        check(file, database, onlyReads: true, "segments")
      }
      try stage { check(file, $0, onlyReads: true, "segments after a restart") }
    }
  }
}
