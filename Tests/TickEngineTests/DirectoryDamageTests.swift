/// Every byte of a small directory turned, every file cut to every length: opening and reading give the right rows, or an error
/// that names the file; never wrong rows, never a trap.
///
/// The directory has segments of several levels, with partial candles, one of them cold, rows in the log, and a manifest of a
/// checkpoint and edits, and was closed, so that the ends of log and manifest are known to each other. One thing cannot be
/// noticed: a log that was cut before groups that nothing else knows of. Then the rows are a beginning of those that were
/// answered, and the test says that this is the only such place.
///
/// What is damaged so decides what is left: a segment costs the statements that read it, manifest, CURRENT and log the opening.
/// The usual run takes a sample, with an offset that is drawn and printed; `TICKBASE_LONG=1` takes all.
import TestSupport
import Testing

@testable import TickEngine
@testable import TickStorage

@Suite("A directory that is damaged anywhere")
struct DirectoryDamageTests {
  /// How many places and lengths the usual run takes.
  private static let sampleCount = 240

  /// What statements answer, by name; an error's sentence where they fail.
  private struct Answers: Equatable {
    var trades = ""
    var candles = ""
    var fills = ""
  }

  private enum Outcome: String {
    case right, refusesStatement, refusesOpening, aBeginning
  }

  private struct Directory {
    let scratch = Scratch()
    let disk = SimulatedDisk(seed: 1)
    var answers = Answers()
    /// What `trades` answers for each beginning of the rows in the log.
    var beginnings: [String] = []

    init() throws {
      let database = try open(disk)
      func insert(_ ids: Range<Int>, minute: Int) throws {
        let rows = ids.map { id in
          let time = "2024-08-08 00:0\(minute):\(10 + id % 50).\(100 + id % 7)"
          return "('\(time)', '\(time)', 'x', '\(["A", "B"][id % 2])', \(60_000 + id % 13), "
            + "\(id % 5 + 1), 'buy', \(id + 1))"
        }
        try database.run("INSERT INTO trades VALUES \(rows.joined(separator: ","))")
      }
      try database.run(
        "CREATE TABLE fills (n UInt64, note Nullable(String)) ENGINE = MergeTree ORDER BY n")
      try database.run("INSERT INTO fills VALUES (1, 'one'), (2, NULL), (3, 'three')")
      try insert(0..<300, minute: 0)
      try database.flush()
      try insert(300..<600, minute: 0)
      try database.flush()
      try database.run("OPTIMIZE TABLE trades FINAL")
      try insert(600..<900, minute: 1)
      try database.flush()
      try insert(900..<960, minute: 1)
      try database.flush()
      try insert(960..<970, minute: 2)
      let levels = Set(
        database.store.snapshot().tables.flatMap(\.segments).map(\.entry.level))
      #expect(levels.count > 1 && levels.contains { $0 >= CompactionPolicy.restLevel })
      beginnings = [try database.run(Self.rows)]
      for batch in 0..<3 {
        try insert(970 + batch * 10..<980 + batch * 10, minute: 3)
        beginnings.append(try database.run(Self.rows))
      }
      answers = try Self.ask(database)
      database.close()
    }

    private static let rows = "SELECT * FROM trades ORDER BY _sequence"

    func open(_ disk: SimulatedDisk) throws(EngineError) -> Database {
      var storage = StoreOptions(identity: 4711)
      storage.hasThreads = false
      storage.logFileBytes = 4 * LogFormat.blockBytes
      var options = DatabaseOptions()
      options.workerThreads = 1
      options.requestThreads = 1
      return try Database.open(
        at: scratch.path, files: disk.mount(), storage: storage, options: options)
    }

    static func ask(_ database: Database) throws(EngineError) -> Answers {
      Answers(
        trades: try database.run(rows),
        candles: try database.run("SELECT * FROM candles_1m ORDER BY symbol, ts"),
        fills: try database.run("SELECT * FROM fills ORDER BY n"))
    }

    /// What becomes of a damaged disk; throws what must never be.
    func outcome(_ disk: SimulatedDisk, _ path: String, mayEndEarlier: Bool) throws -> Outcome {
      func requireName(_ error: EngineError) throws {
        // Of log and manifest each may be the one that shows that the other is short.
        let names = path.hasPrefix("segments/") ? [path] : ["wal", "MANIFEST-", "CURRENT"]
        guard names.contains(where: { error.message.contains($0) })
        else { throw WrongAnswer(text: "an error without the file: \(error.message)") }
      }
      let database: Database
      do throws(EngineError) {
        database = try open(disk)
      } catch {
        try requireName(error)
        return .refusesOpening
      }
      defer { database.close() }
      var outcome = Outcome.right
      for (query, expected) in [
        (Self.rows, answers.trades),
        ("SELECT * FROM candles_1m ORDER BY symbol, ts", answers.candles),
        ("SELECT * FROM fills ORDER BY n", answers.fills),
      ] {
        do throws(EngineError) {
          let found = try database.run(query)
          if found == expected { continue }
          guard mayEndEarlier else { throw EngineError(.logicalError, "wrong rows") }
          if query == Self.rows, !beginnings.contains(found) {
            throw EngineError(.logicalError, "wrong rows")
          }
          outcome = .aBeginning
        } catch {
          if error.message == "wrong rows" { throw WrongAnswer(text: "wrong rows of \(query)") }
          try requireName(error)
          outcome = .refusesStatement
        }
      }
      return outcome
    }
  }

  private struct WrongAnswer: Error {
    let text: String
  }

  /// The files that an opening or a statement reads.
  private static func files(of directory: Directory) -> [(path: String, bytes: [UInt8])] {
    directory.disk.contents.sorted { $0.key < $1.key }.filter { path, bytes in
      !bytes.isEmpty && !path.hasPrefix("tmp/") && !path.contains("spare")
    }.map { ($0.key, $0.value) }
  }

  /// `segments`, `wal`, `MANIFEST` or `CURRENT`.
  private static func kind(_ path: String) -> String {
    String(path.prefix { $0 != "/" && $0 != "-" })
  }

  private func run(
    _ what: String, mayEndEarlier: (String) -> Bool,
    _ damage: (SimulatedDisk, String, Int) -> Void
  ) throws -> [String: [String: Int]] {
    let directory = try Directory()
    let files = Self.files(of: directory)
    #expect(Set(files.map { Self.kind($0.path) }) == ["CURRENT", "MANIFEST", "segments", "wal"])
    let places = files.flatMap { file in file.bytes.indices.map { (file.path, $0) } }
    let count = worldCount(debug: Self.sampleCount, long: places.count)
    let step = max(1, places.count / count)
    let first = Int.random(in: 0..<step)
    var outcomes: [String: [String: Int]] = [:]
    for number in stride(from: first, to: places.count, by: step) {
      let (path, place) = places[number]
      let fork = directory.disk.fork(seed: 2)
      damage(fork, path, place)
      do {
        let outcome = try directory.outcome(fork, path, mayEndEarlier: mayEndEarlier(path))
        outcomes[Self.kind(path), default: [:]][outcome.rawValue, default: 0] += 1
      } catch let wrong as WrongAnswer {
        Issue.record("\(what) at \(place) of \(path): \(wrong.text)")
      }
    }
    let figures = outcomes.sorted { $0.key < $1.key }.map { kind, counts in
      "\(kind): \(counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))"
    }
    print(
      "\(what): \(places.count) places in \(files.count) files, every \(step). from \(first): "
        + figures.joined(separator: "; "))
    return outcomes
  }

  @Test("a turned bit is noticed or harmless, wherever it is")
  func turnedBits() throws {
    let outcomes = try run("turned bits", mayEndEarlier: { _ in false }) { disk, path, place in
      disk.setReadFlips([path: [place: 1 << UInt8((place / 3) % 8)]])
    }
    requireRestServed(outcomes)
    #expect(outcomes.values.allSatisfy { $0["aBeginning"] == nil })
  }

  @Test("a file that was cut is noticed, however long it is")
  func cuts() throws {
    let outcomes = try run("cuts", mayEndEarlier: { $0.hasPrefix("wal/") }) { disk, path, place in
      disk.damage(path) { $0.removeLast($0.count - place) }
    }
    requireRestServed(outcomes)
    #expect(outcomes["segments"]?["right"] == nil && outcomes["MANIFEST"]?["right"] == nil)
  }

  /// A damaged segment leaves the rest of the database at work.
  private func requireRestServed(_ outcomes: [String: [String: Int]]) {
    #expect(outcomes["segments"]?["refusesOpening"] == nil)
    #expect(outcomes["segments"]?["refusesStatement"] ?? 0 > 0)
  }
}
