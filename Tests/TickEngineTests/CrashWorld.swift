/// A database in another process that is killed again and again; `CrashAccount` says what it must still hold.
///
/// 1. Only an answer that was read before the kill counts. At most one statement is under way at a kill: after the
///    restart it is there whole or not at all.
/// 2. A seed repeats the statements of a run; the moments of the kills are the machine's.
import Glibc
import TestSupport
import TickColumns

@testable import TickStorage

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

  private var account: CrashAccount
  private let directory: String
  private let fault: Fault?
  /// After a kill the disk spoils bytes of the record that was not answered yet.
  private let tears: Bool
  /// The batch of an INSERT that is under way.
  private var batchUnderWay: Int?
  /// The mean time of a statement, for kills that hit one in its middle.
  private var statementMicroseconds = 2_000
  private(set) var figures = Figures()

  init(seed: UInt64, directory: String, fault: Fault? = nil, tears: Bool = false) {
    account = CrashAccount(seed: seed, directory: directory, rowsMax: 300)
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
    if account.random.oneIn(6) {
      // Recovery may be interrupted as well.
      let writer = try spawn()
      usleep(UInt32(account.random.below(20_000)))
      figures.killsWhileOpening += writer.kill() ? 1 : 0
    }
    let writer = try start()
    try verify(writer)
    for _ in 0..<account.random.below(16) {
      let (name, step) = account.nextStep()
      let began = Self.microseconds()
      let text = try account.request(name, step)
      let reply = try answer(of: writer, to: text)
      account.note("\(figures.cycles): \(text.prefix(70)) -> \(reply ?? "60")")
      statementMicroseconds = (3 * statementMicroseconds + Self.microseconds() - began) / 4
      account.acknowledge(step, name)
      figures.answers[CrashAccount.kind(of: step), default: 0] += 1
    }
    // One kill in three comes right after an answer, the others some time into a statement.
    if tears || !account.random.oneIn(3) {
      let (name, step) = tears ? account.tearableStep() : account.nextStep()
      let text = try account.request(name, step)
      account.leaveOpen(step, name)
      if case .insert(let batch, _) = step { batchUnderWay = batch }
      writer.send(text)
      account.note("\(figures.cycles): \(text.prefix(70)) under way")
      usleep(UInt32(account.random.below(2 * statementMicroseconds)))
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
    for name in CrashAccount.tables {
      for question in CrashAccount.questions(name) {
        guard let text = try answer(of: writer, to: "sql \(question)") else { break }
        found[name, default: []] += text.split(separator: "\n").map(String.init)
      }
    }
    figures.underWayFound += try account.settle(found) ? 1 : 0
    batchUnderWay = nil
  }

  /// Every checksum and reference of the directory that the killed process left.
  private func check() throws {
    let report = Store.check(files: try PosixFileSystem(root: data))
    guard report.isSound else {
      throw CrashFailure.broken("damaged: \(report.damages.map(\.sentence))")
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
      let part = try FoundTransaction(bytes, record, path: path).parts.first
      last = (record, path, part?.columns.first?.column.value(at: 0))
    }
    guard let last, last.batch == .uint(UInt64(batchUnderWay)),
      last.record.lsn > manifest.state.logLSN
    else { return false }
    let file = try files.openForWriting(last.path)
    let body = last.record.body
    let from = body.lowerBound + account.random.below(body.count)
    switch account.random.below(5) {
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
      let count = 1 + account.random.below(min(16, body.upperBound - from))
      try file.writeAll((0..<count).map { _ in UInt8(account.random.below(256)) }[...], at: from)
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
