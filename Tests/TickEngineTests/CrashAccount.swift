/// Statements chosen by a seed, and the account of what the tables must hold after those that were answered. Whoever runs
/// them decides what happens meanwhile: `CrashWorld` kills a process, `PowerWorld` has a disk that fails.
///
/// Invariants:
/// 1. Only an answer counts. A statement that got none may have happened, whole, until a later one is answered.
/// 2. Rows are compared as text in the order of their `_sequence`, which is the order of the answers.
/// 3. The same seed and the same answers give the same statements.
import Glibc
import TestSupport
import TickStorage

/// One row as TabSeparated text, and its place in the order of the answers, which it keeps.
struct CrashRow: Equatable {
  var text: String
  let place: Int

  var batch: Int? { Int(text.prefix { $0 != "\t" }) }

  /// `YYYYMMDD`, the ID of its partition.
  var day: String {
    let time = text.split(separator: "\t")[2]
    return String(time.prefix(10).filter { $0 != "-" })
  }
}

/// What one table holds.
struct CrashTable: Equatable {
  /// In order.
  var rows: [CrashRow] = []
  /// In the order in which they were detached.
  var detached: [CrashRow] = []
  private var nextPlace = 0
  /// Files whose content is known: the same again adds nothing.
  var files: Set<Int> = []
  /// It has the column that ALTER adds, `batch * 2` in every row, also in those that are older.
  var isAltered = false
  /// Of rows with the same `s` and `batch` the first stays, or the last.
  var isUnique = false
  var keepsLast = false
  /// Batches that came with a token, and the highest that came with a sequence: what is known is not stored again.
  var tokens: Set<Int> = []
  var highest = 0

  init(isUnique: Bool = false, keepsLast: Bool = false) {
    self.isUnique = isUnique
    self.keepsLast = keepsLast
  }

  /// What SELECT * shows, names of columns first: without them an empty table would not tell whether an ALTER that was
  /// under way has happened. Then the IDs of partitions of which something is detached.
  var shown: [String] {
    let names = ["batch", "n", "ts", "s", "v"].joined(separator: "\t")
    let days = Set(detached.map(\.day)).sorted()
    guard isAltered else { return [names] + rows.map(\.text) + days }
    return [names + "\tmore"]
      + rows.map { row in
        let batch = row.text.prefix { $0 != "\t" }
        return row.text + "\t\((Int(batch) ?? 0) * 2)"
      } + days
  }

  /// Whether the batch is new by its mark, which is remembered.
  mutating func takes(_ batch: Int) -> Bool {
    guard CrashAccount.isOfProducer(batch) else { return tokens.insert(batch).inserted }
    guard batch > highest else { return false }
    highest = batch
    return true
  }

  mutating func add(_ more: [String]) {
    let first = nextPlace
    nextPlace += more.count
    add(more.enumerated().map { CrashRow(text: $1, place: first + $0) })
  }

  private func key(_ row: CrashRow) -> String {
    let cells = row.text.split(separator: "\t")
    return "\(cells[0]) \(cells[3])"
  }

  private mutating func add(_ more: [CrashRow]) {
    guard isUnique else { return rows += more }
    if keepsLast {
      var new: [CrashRow] = []
      var after: Set<String> = []
      for row in more.reversed() where after.insert(key(row)).inserted { new.insert(row, at: 0) }
      rows = rows.filter { !after.contains(key($0)) } + new
      return
    }
    var seen = Set(rows.map(key))
    for row in more where seen.insert(key(row)).inserted { rows.append(row) }
  }

  /// - Parameter day: nil for all.
  mutating func detach(_ day: String?) {
    detached += rows.filter { day == nil || $0.day == day }
    rows.removeAll { day == nil || $0.day == day }
  }

  mutating func attach(_ day: String?) {
    // Rows of the table stay, whichever came last; of rows that come back the first, or the last.
    let back = detached.filter { day == nil || $0.day == day }.sorted { $0.place < $1.place }
    var seen = Set(isUnique ? rows.map(key) : [])
    for row in keepsLast ? back.reversed() : back where !isUnique || seen.insert(key(row)).inserted
    {
      rows.append(row)
    }
    rows.sort { $0.place < $1.place }
    dropDetached(day)
  }

  mutating func dropDetached(_ day: String?) {
    detached.removeAll { day == nil || $0.day == day }
  }
}

enum CrashStep {
  case create, drop, truncate, flush
  /// Segments are written again as fewer.
  case optimize(isFinal: Bool)
  /// Every seventh row of each batch goes.
  case delete(Int)
  /// Every seventh row of each batch gets another value.
  case update(Int)
  /// The column comes, or goes.
  case alter
  /// The tables swap names.
  case exchange
  /// A partition, or all of them, by their ID: kept beside the rows, put back, forgotten.
  case detach(String?)
  case attach(String?)
  case dropDetached(String?)
  case insert(batch: Int, count: Int)
  /// With a token, or the sequence of a producer: again it adds nothing.
  case insertMarked(batch: Int, count: Int)
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

struct CrashAccount {
  typealias State = [String: CrashTable]

  /// The last two keep duplicates out: one the later rows, the other those of before.
  static let tables = ["t", "u", "d", "k"]
  static let unique: Set<String> = ["d", "k"]

  var random: SplitMix64
  /// Where files to import are written.
  let directory: String
  /// Rows of the larger batches.
  let rowsMax: Int
  /// What was answered; nil for a table that is not there.
  private(set) var answered: State = [:]
  /// What statements without an answer may have made of it since.
  private(set) var possible: [State] = []
  private var nextBatch = 1
  /// Inserts with a mark that were sent, answered or not.
  private var marked: [(batch: Int, count: Int)] = []
  /// What was answered, for the sentence of a failure.
  private(set) var history: [String] = []

  init(seed: UInt64, directory: String, rowsMax: Int) {
    random = SplitMix64(seed: seed)
    self.directory = directory
    self.rowsMax = rowsMax
  }

  // MARK: Statements

  mutating func nextStep() -> (String, CrashStep) {
    let name = Self.tables[random.below(Self.tables.count)]
    guard let table = answered[name] else { return (name, .create) }
    // What is detached comes back before long, so that a life sees both.
    if !table.detached.isEmpty, random.oneIn(5) {
      return (name, .attach(random.oneIn(2) ? nil : someDay()))
    }
    switch random.below(33) {
    case 0: return (name, .drop)
    case 1: return (name, .truncate)
    case 2, 3, 4, 9: return (name, .flush)
    case 20, 21: return (name, .alter)
    case 22 where !Self.unique.contains(name) && answered["t"] != nil && answered["u"] != nil:
      return (name, .exchange)
    case 23, 24: return (name, .optimize(isFinal: random.oneIn(2)))
    case 25, 26: return (name, .delete(random.below(7)))
    case 27, 28: return (name, .update(random.below(7)))
    case 30, 31: return (name, .detach(someDay()))
    case 32: return (name, random.oneIn(3) ? .dropDetached(someDay()) : .attach(someDay()))
    case 10 where !table.files.isEmpty:
      return (name, .importFile(table.files.min() ?? 0, count: 0))
    case 5, 6, 7, 8:
      if random.oneIn(2), let known = table.files.min() {
        return (name, .importFile(known, count: 0))
      }
      return (name, .importFile(newBatch(), count: 1 + random.below(2 * rowsMax / 3)))
    case 11, 12, 13:
      // Into these new rows only: rows that are all there already would not tell whether the mark is known.
      if !Self.unique.contains(name), random.oneIn(2), !marked.isEmpty {
        let again = marked[random.below(marked.count)]
        return (name, .insertMarked(batch: again.batch, count: again.count))
      }
      marked.append((newBatch(), 1 + random.below(rowsMax / 2)))
      return (
        name,
        .insertMarked(batch: marked[marked.count - 1].batch, count: marked[marked.count - 1].count)
      )
    default:
      var batch =
        Self.unique.contains(name) && random.oneIn(2) ? 1 + random.below(nextBatch) : newBatch()
      if Self.unique.contains(name), let row = table.detached.last, random.oneIn(2) {
        // A key that is detached, which its rows are not allowed to bring back.
        batch = row.batch ?? batch
      } else if Self.unique.contains(name), !table.rows.isEmpty, random.oneIn(2) {
        // A key that is there.
        batch = table.rows[random.below(table.rows.count)].batch ?? batch
      }
      let count = 1 + random.below(random.oneIn(3) ? rowsMax : 8)
      return (name, .insert(batch: batch, count: count))
    }
  }

  /// Nil for all days.
  private mutating func someDay() -> String? {
    random.oneIn(4) ? nil : "2024080\(1 + random.below(3))"
  }

  /// An INSERT that is long enough to be torn in many ways.
  mutating func tearableStep() -> (String, CrashStep) {
    guard let name = answered.keys.filter({ !Self.unique.contains($0) }).sorted().first else {
      return nextStep()
    }
    return (name, .insert(batch: newBatch(), count: 100 + random.below(200)))
  }

  /// What knows a marked batch again: a producer's sequence, or a token.
  static func isOfProducer(_ batch: Int) -> Bool { batch % 2 == 0 }

  private mutating func newBatch() -> Int {
    defer { nextBatch += 1 }
    return nextBatch
  }

  static func kind(of step: CrashStep) -> String {
    switch step {
    case .create: "CREATE"
    case .drop: "DROP"
    case .truncate: "TRUNCATE"
    case .flush: "flush"
    case .optimize: "OPTIMIZE"
    case .delete: "DELETE"
    case .update: "UPDATE"
    case .alter: "ALTER"
    case .exchange: "EXCHANGE"
    case .detach: "DETACH"
    case .attach: "ATTACH"
    case .dropDetached: "DROP DETACHED"
    case .insert: "INSERT"
    case .insertMarked: "INSERT with a mark"
    case .importFile: "import"
    }
  }

  /// The cells of a row: its batch and number decide all others. Every fourth batch is late.
  private static func cells(_ batch: Int, _ n: Int) -> [String] {
    let place = batch % 1_000_000 * 1_000 + n
    let fraction = String(1_000_000_000 + (batch % 4 == 3 ? 500_000_000 - place : place))
      .dropFirst()
    return [
      "\(batch)", "\(n)", "2024-08-0\(1 + n % 3) 00:00:00.\(fraction)", "s\(n % 5)",
      "\(batch)\(["", ".25", ".5", ".75"][n % 4])",
    ]
  }

  func request(_ name: String, _ step: CrashStep) throws -> String {
    switch step {
    case .create:
      return "sql CREATE TABLE \(name) (batch UInt64, n UInt32, ts DateTime64(9, 'UTC'), "
        + "s LowCardinality(String), v Float64) "
        + "ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (s, ts)"
        + (Self.unique.contains(name) ? " SETTINGS deduplicate_by = 's, batch'" : "")
        + (name == "k" ? ", deduplicate_keep = 'last'" : "")
    case .drop: return "sql DROP TABLE \(name)"
    case .truncate: return "sql TRUNCATE TABLE \(name)"
    case .flush: return "flush"
    case .optimize(let isFinal): return "sql OPTIMIZE TABLE \(name)\(isFinal ? " FINAL" : "")"
    case .delete(let rest): return "sql DELETE FROM \(name) WHERE n % 7 = \(rest)"
    case .update(let rest): return "sql ALTER TABLE \(name) UPDATE v = n WHERE n % 7 = \(rest)"
    case .alter:
      let isAltered = answered[name]?.isAltered == true
      return "sql ALTER TABLE \(name) "
        + (isAltered ? "DROP COLUMN more" : "ADD COLUMN more UInt64 DEFAULT batch * 2")
    case .exchange: return "sql EXCHANGE TABLES t AND u"
    case .detach(let day): return "sql ALTER TABLE \(name) DETACH \(Self.partition(day))"
    case .attach(let day): return "sql ALTER TABLE \(name) ATTACH \(Self.partition(day))"
    case .dropDetached(let day):
      return "sql ALTER TABLE \(name) DROP DETACHED \(Self.partition(day)) "
        + "SETTINGS allow_drop_detached = 1"
    case .insert(let batch, let count), .insertMarked(let batch, let count):
      var settings = ""
      if case .insertMarked = step {
        settings =
          Self.isOfProducer(batch)
          ? "SETTINGS insert_producer = 'feed', insert_sequence = \(batch) "
          : "SETTINGS insert_deduplication_token = 'batch \(batch)' "
      }
      let rows = (0..<count).map { n in
        let cells = Self.cells(batch, n)
        return "(\(cells[0]),\(cells[1]),'\(cells[2])','\(cells[3])',\(cells[4]))"
      }
      return
        "sql INSERT INTO \(name) (batch, n, ts, s, v) \(settings)VALUES \(rows.joined(separator: ","))"
    case .importFile(let file, let count):
      let path = directory + "/\(file).csv"
      if count > 0 {
        let lines = (0..<count).map { Self.cells(file, $0).joined(separator: ",") + "\n" }
        try write("batch,n,ts,s,v\n" + lines.joined(), to: path)
      }
      return "import \(name) \(path)"
    }
  }

  private static func partition(_ day: String?) -> String {
    day.map { "PARTITION ID '\($0)'" } ?? "PARTITION ALL"
  }

  /// Asks for what `CrashTable.shown` says of a table, in this order.
  static func questions(_ name: String) -> [String] {
    [
      "SELECT * FROM \(name) ORDER BY _sequence FORMAT TabSeparatedWithNames",
      "SELECT DISTINCT partition_id FROM system.detached_parts WHERE database = 'default' "
        + "AND table = '\(name)' ORDER BY partition_id FORMAT TabSeparated",
    ]
  }

  private func write(_ text: String, to path: String) throws {
    let files = try PosixFileSystem(root: directory)
    let file = try files.create(String(path.dropFirst(directory.count + 1)))
    try file.writeAll(Array(text.utf8)[...], at: 0)
    try file.close()
  }

  /// What a statement makes of what was answered.
  private func after(_ step: CrashStep, _ name: String) -> State {
    var state = answered
    func rows(_ batch: Int, _ count: Int) -> [String] {
      (0..<count).map { Self.cells(batch, $0).joined(separator: "\t") }
    }
    func isHit(_ row: CrashRow, _ rest: Int) -> Bool {
      (Int(row.text.split(separator: "\t")[1]) ?? 0) % 7 == rest
    }
    switch step {
    case .create:
      state[name] = CrashTable(isUnique: Self.unique.contains(name), keepsLast: name == "k")
    case .drop: state[name] = nil
    case .truncate:
      state[name]?.rows = []
      state[name]?.files = []
      state[name]?.tokens = []
      state[name]?.highest = 0
    case .flush, .optimize: break
    case .delete(let rest): state[name]?.rows.removeAll { isHit($0, rest) }
    case .update(let rest):
      let before = state[name]?.rows ?? []
      state[name]?.rows = before.map { row in
        guard isHit(row, rest) else { return row }
        let cells = row.text.split(separator: "\t")
        let text = (cells.dropLast() + [cells[1]]).joined(separator: "\t")
        return CrashRow(text: text, place: row.place)
      }
    case .alter: state[name]?.isAltered.toggle()
    case .exchange: (state["t"], state["u"]) = (state["u"], state["t"])
    case .detach(let day): state[name]?.detach(day)
    case .attach(let day): state[name]?.attach(day)
    case .dropDetached(let day): state[name]?.dropDetached(day)
    case .insert(let batch, let count): state[name]?.add(rows(batch, count))
    case .insertMarked(let batch, let count):
      if state[name]?.takes(batch) == true { state[name]?.add(rows(batch, count)) }
    case .importFile(let file, let count):
      guard state[name]?.files.insert(file).inserted == true else { break }
      state[name]?.add(rows(file, count))
    }
    return state
  }

  // MARK: Answers

  /// The statement was answered.
  mutating func acknowledge(_ step: CrashStep, _ name: String) {
    answered = after(step, name)
    possible = []
  }

  /// The statement may have happened.
  mutating func leaveOpen(_ step: CrashStep, _ name: String) { possible.append(after(step, name)) }

  mutating func note(_ sentence: String) { history.append(sentence) }

  /// What is there must be what was answered, or that with a statement that was left open; true in this case.
  mutating func settle(_ found: [String: [String]]) throws(CrashFailure) -> Bool {
    // Rows tell the states apart wherever they differ: a table that knows a file has rows of it.
    let isAnswered = found == answered.mapValues(\.shown)
    if !isAnswered {
      guard let other = possible.first(where: { found == $0.mapValues(\.shown) }) else {
        throw .wrongState(sentence(about: found))
      }
      answered = other
    }
    possible = []
    return !isAnswered
  }

  /// What the tables show after what was answered.
  var shown: [String: [String]] { answered.mapValues(\.shown) }

  /// What is there must be what was answered and nothing else.
  func require(_ found: [String: [String]]) throws(CrashFailure) {
    guard found == answered.mapValues(\.shown) else { throw .wrongState(sentence(about: found)) }
  }

  private func sentence(about found: [String: [String]]) -> String {
    let expected = answered.mapValues(\.shown)
    let others = possible.map { " or \(Self.summary($0.mapValues(\.shown)))" }
    return "found \(Self.summary(found)) instead of \(Self.summary(expected))\(others.joined())"
      + "\(Self.difference(found, expected)); behind \(history.suffix(40).joined(separator: " | "))"
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
}
