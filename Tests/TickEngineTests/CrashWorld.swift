/// A database in another process that is killed again and again, and the account of what it must still hold.
///
/// Invariants of the account:
/// 1. Only an answer that was read before the kill counts. At most one statement is under way at a kill: after the
///    restart it is there whole or not at all.
/// 2. Rows are compared as text in the order of their `_sequence`, which is the order of the answers.
/// 3. A seed repeats the statements of a run; the moments of the kills are the machine's.
import Glibc
import TestSupport
import TickColumns

@testable import TickStorage

/// What one table holds.
struct CrashTable: Equatable {
  /// Rows as TabSeparated text, in order.
  var rows: [String] = []
  /// Files whose content is known: the same again adds nothing.
  var files: Set<Int> = []
  /// It has the column that ALTER adds, `batch * 2` in every row, also in those that are older.
  var isAltered = false

  /// What SELECT * shows, names of columns first: without them an empty table would not tell whether an ALTER that was
  /// under way has happened.
  var shown: [String] {
    let names = ["batch", "n", "ts", "s", "v"].joined(separator: "\t")
    guard isAltered else { return [names] + rows }
    return [names + "\tmore"]
      + rows.map { row in
        let batch = row.prefix { $0 != "\t" }
        return row + "\t\((Int(batch) ?? 0) * 2)"
      }
  }
}

enum CrashStep {
  case create, drop, truncate, flush
  /// Segments are written again as fewer.
  case optimize(isFinal: Bool)
  /// Every seventh row of each batch goes.
  case delete(Int)
  /// The column comes, or goes.
  case alter
  /// The tables swap names.
  case exchange
  case insert(batch: Int, count: Int)
  case importFile(Int, count: Int)
}

/// What does not hold.
enum CrashFailure: Error {
  /// The directory shows something else than what was answered.
  case wrongState(String)
  /// The directory does not open, with the sentence of the process.
  case refused(String)
  /// Something that no planted mistake explains.
  case broken(String)
}

struct CrashWorld {
  /// Where a mistake is planted, if one is.
  enum Fault: String {
    /// Below the process: groups reach the log one late (`EarlyAnswerFileSystem`).
    case earlyAnswer = "early-answer"
    /// Before recovery: the manifest is shown to it without the watermarks of flushes, so it skips nothing.
    case replaysFlushed
    /// In recovery: records are believed without their checksums.
    case noChecksums = "no-checksums"
  }

  struct Figures {
    var cycles = 0
    var kills = 0
    var killsWhileOpening = 0
    var answers: [String: Int] = [:]
    var underWay = 0
    var underWayFound = 0
    var torn = 0
  }

  private static let tables = ["t", "u"]

  private var random: SplitMix64
  private let directory: String
  private let fault: Fault?
  /// After a kill the disk spoils bytes of the record that was not answered yet.
  private let tears: Bool
  /// What was answered; nil for a table that is not there.
  private var answered: [String: CrashTable] = [:]
  /// What the statement under way would make of it.
  private var underWay: [String: CrashTable]?
  /// Its batch, when it is an INSERT.
  private var batchUnderWay: Int?
  private var nextBatch = 1
  /// The mean time of a statement, for kills that hit one in its middle.
  private var statementMicroseconds = 2_000
  private(set) var figures = Figures()
  /// What was answered, for the sentence of a failure.
  private var history: [String] = []

  init(seed: UInt64, directory: String, fault: Fault? = nil, tears: Bool = false) {
    random = SplitMix64(seed: seed)
    self.directory = directory
    self.fault = fault
    self.tears = tears
  }

  private var data: String { directory + "/db" }

  mutating func run(cycles: Int) throws {
    for _ in 0..<cycles { try cycle() }
    let writer = try start()
    try verify(writer)
  }

  /// One life of the process: restart, comparison, statements, kill.
  private mutating func cycle() throws {
    figures.cycles += 1
    if random.oneIn(6) {
      // Recovery may be interrupted as well.
      let writer = try spawn()
      usleep(UInt32(random.below(20_000)))
      figures.killsWhileOpening += writer.kill() ? 1 : 0
    }
    let writer = try start()
    try verify(writer)
    for _ in 0..<random.below(16) {
      let (name, step) = nextStep()
      let began = Self.microseconds()
      let text = try request(name, step)
      let reply = try answer(of: writer, to: text)
      history.append("\(figures.cycles): \(text.prefix(70)) -> \(reply ?? "60")")
      statementMicroseconds = (3 * statementMicroseconds + Self.microseconds() - began) / 4
      apply(step, to: name, of: &answered)
      figures.answers[Self.kind(of: step), default: 0] += 1
    }
    // One kill in three comes right after an answer, the others some time into a statement.
    if tears || !random.oneIn(3) {
      let (name, step) = tears ? tearableStep() : nextStep()
      var next = answered
      apply(step, to: name, of: &next)
      underWay = next
      if case .insert(let batch, _) = step { batchUnderWay = batch }
      let text = try request(name, step)
      writer.send(text)
      history.append("\(figures.cycles): \(text.prefix(70)) under way")
      usleep(UInt32(random.below(2 * statementMicroseconds)))
      figures.underWay += 1
    }
    guard writer.kill() else {
      throw CrashFailure.broken("the process ended before it was killed: \(writer.wait())")
    }
    figures.kills += 1
    if tears, try tear() { figures.torn += 1 }
    if fault == .replaysFlushed { try hideWatermarks() }
    if fault == nil { try check() }
  }

  private static func microseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1_000
  }

  // MARK: The process

  private func spawn() throws -> ChildProcess {
    var path = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &path, path.count)
    let own = String(
      decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let slash = own.lastIndex(of: "/"),
      let child = ChildProcess(
        own[...slash] + "CrashWriter",
        [data] + (fault.map { $0 == .replaysFlushed ? [] : [$0.rawValue] } ?? []))
    else { throw CrashFailure.broken("CrashWriter does not start beside \(own)") }
    return child
  }

  private func start() throws -> ChildProcess {
    let writer = try spawn()
    let line = writer.line() ?? "nothing"
    guard line == "open" else { throw CrashFailure.refused(line) }
    return writer
  }

  /// The result of a statement; nil for error 60, an unknown table.
  @discardableResult
  private func answer(of writer: ChildProcess, to request: String) throws -> String? {
    writer.send(request)
    let head = writer.line()
    let words = head?.split(separator: " ") ?? []
    if words.first == "ok", words.count == 2, let count = Int(words[1]),
      let bytes = writer.bytes(count)
    {
      return String(decoding: bytes, as: UTF8.self)
    }
    if words.first == "error", words.dropFirst().first == "60" { return nil }
    throw CrashFailure.broken("\(request.prefix(80)) is answered with \(head ?? "nothing")")
  }

  /// What is there must be what was answered, with or without the statement under way.
  private mutating func verify(_ writer: ChildProcess) throws {
    var found: [String: [String]] = [:]
    for name in Self.tables {
      let text = try answer(
        of: writer, to: "sql SELECT * FROM \(name) ORDER BY _sequence FORMAT TabSeparatedWithNames")
      found[name] = text.map { $0.split(separator: "\n").map(String.init) }
    }
    if found == answered.mapValues(\.shown) {
      // As it was.
    } else if let underWay, found == underWay.mapValues(\.shown) {
      answered = underWay
      figures.underWayFound += 1
    } else {
      throw CrashFailure.wrongState(
        "found \(Self.summary(found)) instead of \(Self.summary(answered.mapValues(\.shown)))"
          + (underWay.map { " or \(Self.summary($0.mapValues(\.shown)))" } ?? "")
          + Self.difference(found, answered.mapValues(\.shown))
          + "; behind \(history.suffix(40).joined(separator: " | "))")
    }
    // Rows tell the two apart wherever they differ: a table that knows a file has rows of it.
    underWay = nil
    batchUnderWay = nil
  }

  private static func summary(_ state: [String: [String]]) -> String {
    let tables = state.sorted { $0.key < $1.key }.map { name, rows in
      let last = rows.last.map { ", last \($0.split(separator: "\t").joined(separator: " "))" }
      return "\(name) with \(rows.count - 1) rows\(last ?? "")"
    }
    return "{\(tables.joined(separator: "; "))}"
  }

  /// The first row that is not the one that was answered.
  private static func difference(
    _ found: [String: [String]], _ expected: [String: [String]]
  ) -> String {
    for (name, rows) in found.sorted(by: { $0.key < $1.key }) {
      for (row, wanted) in zip(rows, expected[name] ?? []) where row != wanted {
        return "; the first in \(name): \(row) instead of \(wanted)"
      }
    }
    return ""
  }

  /// Every checksum and reference of the directory that the killed process left.
  private func check() throws {
    let report = Store.check(files: try PosixFileSystem(root: data))
    guard report.isSound else {
      throw CrashFailure.broken("damaged: \(report.damages.map(\.sentence))")
    }
  }

  // MARK: Statements

  private mutating func nextStep() -> (String, CrashStep) {
    let name = Self.tables[random.below(Self.tables.count)]
    guard let table = answered[name] else { return (name, .create) }
    let batch = nextBatch
    switch random.below(27) {
    case 0: return (name, .drop)
    case 1: return (name, .truncate)
    case 2, 3, 4: return (name, .flush)
    case 20, 21: return (name, .alter)
    case 23, 24: return (name, .optimize(isFinal: random.oneIn(2)))
    case 25, 26: return (name, .delete(random.below(7)))
    case 22 where answered.count == Self.tables.count: return (name, .exchange)
    case 5, 6, 7:
      if random.oneIn(4), let known = table.files.min() {
        return (name, .importFile(known, count: 0))
      }
      nextBatch += 1
      return (name, .importFile(batch, count: 1 + random.below(200)))
    default:
      nextBatch += 1
      return (name, .insert(batch: batch, count: 1 + random.below(random.oneIn(3) ? 300 : 8)))
    }
  }

  /// An INSERT that is long enough to be torn in many ways.
  private mutating func tearableStep() -> (String, CrashStep) {
    guard let name = answered.keys.sorted().first else { return nextStep() }
    let batch = nextBatch
    nextBatch += 1
    return (name, .insert(batch: batch, count: 100 + random.below(200)))
  }

  private static func kind(of step: CrashStep) -> String {
    switch step {
    case .create: "CREATE"
    case .drop: "DROP"
    case .truncate: "TRUNCATE"
    case .flush: "flush"
    case .optimize: "OPTIMIZE"
    case .delete: "DELETE"
    case .alter: "ALTER"
    case .exchange: "EXCHANGE"
    case .insert: "INSERT"
    case .importFile: "import"
    }
  }

  /// The cells of a row: its batch and number decide all others.
  private static func cells(_ batch: Int, _ n: Int) -> [String] {
    let fraction = String(1_000_000_000 + batch % 1_000_000 * 1_000 + n).dropFirst()
    return [
      "\(batch)", "\(n)", "2024-08-0\(1 + n % 3) 00:00:00.\(fraction)", "s\(n % 5)",
      "\(batch)\(["", ".25", ".5", ".75"][n % 4])",
    ]
  }

  private func request(_ name: String, _ step: CrashStep) throws -> String {
    switch step {
    case .create:
      return "sql CREATE TABLE \(name) (batch UInt64, n UInt32, ts DateTime64(9, 'UTC'), "
        + "s LowCardinality(String), v Float64) "
        + "ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (s, ts)"
    case .drop: return "sql DROP TABLE \(name)"
    case .truncate: return "sql TRUNCATE TABLE \(name)"
    case .flush: return "flush"
    case .optimize(let isFinal): return "sql OPTIMIZE TABLE \(name)\(isFinal ? " FINAL" : "")"
    case .delete(let rest): return "sql DELETE FROM \(name) WHERE n % 7 = \(rest)"
    case .alter:
      let isAltered = answered[name]?.isAltered == true
      return "sql ALTER TABLE \(name) "
        + (isAltered ? "DROP COLUMN more" : "ADD COLUMN more UInt64 DEFAULT batch * 2")
    case .exchange: return "sql EXCHANGE TABLES \(Self.tables.joined(separator: " AND "))"
    case .insert(let batch, let count):
      let rows = (0..<count).map { n in
        let cells = Self.cells(batch, n)
        return "(\(cells[0]),\(cells[1]),'\(cells[2])','\(cells[3])',\(cells[4]))"
      }
      return "sql INSERT INTO \(name) (batch, n, ts, s, v) VALUES \(rows.joined(separator: ","))"
    case .importFile(let file, let count):
      let path = directory + "/\(file).csv"
      if count > 0 {
        let lines = (0..<count).map { Self.cells(file, $0).joined(separator: ",") + "\n" }
        try write("batch,n,ts,s,v\n" + lines.joined(), to: path)
      }
      return "import \(name) \(path)"
    }
  }

  private func write(_ text: String, to path: String) throws {
    let files = try PosixFileSystem(root: directory)
    let file = try files.create(String(path.dropFirst(directory.count + 1)))
    try file.writeAll(Array(text.utf8)[...], at: 0)
    try file.close()
  }

  private func apply(_ step: CrashStep, to name: String, of state: inout [String: CrashTable]) {
    func rows(_ batch: Int, _ count: Int) -> [String] {
      (0..<count).map { Self.cells(batch, $0).joined(separator: "\t") }
    }
    switch step {
    case .create: state[name] = CrashTable()
    case .drop: state[name] = nil
    case .truncate: state[name] = CrashTable(isAltered: state[name]?.isAltered == true)
    case .flush, .optimize: break
    case .delete(let rest):
      state[name]?.rows.removeAll { row in
        (Int(row.split(separator: "\t")[1]) ?? 0) % 7 == rest
      }
    case .alter: state[name]?.isAltered.toggle()
    case .exchange:
      let names = Self.tables
      (state[names[0]], state[names[1]]) = (state[names[1]], state[names[0]])
    case .insert(let batch, let count): state[name]?.rows += rows(batch, count)
    case .importFile(let file, let count):
      guard state[name]?.files.insert(file).inserted == true else { return }
      state[name]?.rows += rows(file, count)
    }
  }

  // MARK: What happens to the files of the killed process

  /// Spoils the record of the INSERT under way, as a disk may that was writing it: nobody was told of it, and
  /// neither manifest nor a later group knows that it was durable. False when the log does not have it.
  private mutating func tear() throws -> Bool {
    let files = try PosixFileSystem(root: data)
    let durable = DurableFiles(files)
    guard let batchUnderWay, let manifest = try ManifestLog.find(durable)?.contents else {
      return false
    }
    var reader = LogReader(durable, identity: manifest.identity, manifest: manifest.state)
    var last: (record: FoundRecord, path: String, batch: Value?)?
    _ = try reader.read { (record, bytes, path) throws(StorageError) in
      let part = try FoundPart.read(bytes, record, path: path).first
      last = (record, path, part?.columns.first?.column.value(at: 0))
    }
    guard let last, last.batch == .uint(UInt64(batchUnderWay)),
      last.record.lsn > manifest.state.logLSN
    else { return false }
    let file = try files.openForWriting(last.path)
    let body = last.record.body
    let from = body.lowerBound + random.below(body.count)
    switch random.below(5) {
    case 0: try file.truncate(to: from)
    case 1:
      // The medium has the beginning; behind it are the zeros of the preallocation.
      try file.writeAll([UInt8](repeating: 0, count: body.upperBound - from)[...], at: from)
    case 2:
      // Sectors go to the medium in any order: one that lies before others is not there.
      let start = max(body.lowerBound, from / 512 * 512)
      let count = min((from / 512 + 1) * 512, body.upperBound) - start
      try file.writeAll([UInt8](repeating: 0, count: count)[...], at: start)
    default:
      // Some bytes came out as garbage.
      let count = 1 + random.below(min(16, body.upperBound - from))
      try file.writeAll((0..<count).map { _ in UInt8(random.below(256)) }[...], at: from)
    }
    try file.close()
    return true
  }

  /// Plants `replaysFlushed`: the manifest as it would be if no flush had ever said how far it came.
  private func hideWatermarks() throws {
    let files = try PosixFileSystem(root: data)
    guard let contents = try ManifestLog.find(DurableFiles(files))?.contents else { return }
    let actions = contents.state.checkpoint.filter { action in
      if case .flushedTo = action { false } else { true }
    }
    var bytes = ManifestFile.header(
      generation: contents.generation, identity: contents.identity)
    bytes += try ManifestFile.record(
      .checkpoint, lsn: contents.state.lsn, counters: contents.state.counters, actions: actions,
      previous: word(bytes, at: 60))
    let file = try files.openForWriting(ManifestFile.name(generation: contents.generation))
    try file.truncate(to: 0)
    try file.writeAll(bytes[...], at: 0)
    try file.close()
  }
}
