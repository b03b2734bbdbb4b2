/// A database on a disk that fails, in this process: power cuts, lost, torn and short writes, syncs that fail, a disk that is full,
/// bits that are read wrong, recoveries that are cut; `CrashAccount` says what it must still hold.
///
/// What is looked at, whatever mistake is planted:
/// 1. After an opening the tables hold what was answered, or that with the one statement whose answer did not come.
/// 2. While it is open they hold what was answered, also after a statement failed.
/// 3. A statement fails only when the disk failed meanwhile, or the store was latched by a sync; when the disk is well again, a store
///    that is not latched goes on.
/// 4. A second opening changes no byte, and `Store.check` finds nothing.
/// 5. An answered copy can be restored, and holds what was answered before it began, also when the power goes right after it.
/// 6. With a bit turned that is not of the last record of log or manifest, the rows are right or an error names a file.
///
/// Everything is decided by the seed: no thread but the caller's works.
import TestSupport
import TickSQL

@testable import TickEngine
@testable import TickStorage

struct PowerWorld {
  struct Figures {
    var cuts = 0
    var kills = 0
    var openings = 0
    var answered = 0
    var failed = 0
    var injected = 0
    var copies = 0
    var restored = 0
    var flips = 0
    var flipsNoticed = 0
  }

  private var account: CrashAccount
  /// Locks are files of the real system, and so are those to import.
  private let scratch: Scratch
  private let restoreScratch = Scratch()
  private let disk: SimulatedDisk
  /// Where copies go.
  private let target: SimulatedDisk
  /// What the answered copies hold.
  private var copies: [UInt64: [String: [String]]] = [:]
  private(set) var figures = Figures()

  init(seed: UInt64) {
    scratch = Scratch()
    account = CrashAccount(seed: seed, directory: scratch.path, rowsMax: 40)
    // One world in four begins with nothing at all.
    let isNew = account.random.oneIn(4)
    disk = isNew ? SimulatedDisk(seed: seed ^ 0xD15C) : Self.made.fork(seed: seed ^ 0xD15C)
    target = SimulatedDisk(seed: seed ^ 0xC0B1)
  }

  mutating func run() throws {
    for _ in 0..<(2 + account.random.below(3)) {
      try session()
      interrupt(disk)
      try recover()
      try verify()
      if account.random.oneIn(2) {
        // What an opening showed is durable, also when the process before it died of a failed sync.
        disk.powerCut()
        figures.cuts += 1
        try verify()
      }
      try turnBits()
    }
    figures.injected = disk.injectedErrors + target.injectedErrors
  }

  // MARK: The database

  /// A directory with the standard tables.
  private static let made: SimulatedDisk = {
    let (scratch, disk) = (Scratch(), SimulatedDisk(seed: 1))
    do throws(EngineError) {
      let database = try Database.open(
        at: scratch.path, files: disk.mount(), storage: storage, options: options)
      database.close()
    } catch {
      preconditionFailure("a perfect disk fails: \(error.message)")
    }
    return disk
  }()

  /// Sizes that make flushes, new log files, checkpoints and merges happen all the time.
  private static var storage: StoreOptions {
    var storage = StoreOptions(identity: 4711)
    storage.hasThreads = false
    storage.manifestRewriteBytes = 3_000
    storage.logFileBytes = 3 * LogFormat.blockBytes
    storage.logBytesMax = 30 * LogFormat.blockBytes
    storage.memtableBytesMax = 12 << 10
    return storage
  }

  private static var options: DatabaseOptions {
    var options = DatabaseOptions()
    options.workerThreads = 1
    options.requestThreads = 1
    options.mergedSegmentRowsMax = 60
    return options
  }

  private func open(
    _ disk: SimulatedDisk, lockedAt place: Scratch? = nil
  ) throws(EngineError) -> Database {
    try Database.open(
      at: (place ?? scratch).path, files: disk.mount(), storage: Self.storage,
      options: Self.options)
  }

  /// Nothing of the process may touch the disk any more.
  private func leave(_ database: Database, _ disk: SimulatedDisk) {
    _ = disk.mount()
    database.close()
  }

  private func tables(of database: Database) throws(EngineError) -> [String: [String]] {
    var found: [String: [String]] = [:]
    for name in CrashAccount.tables {
      do throws(EngineError) {
        var lines: [String] = []
        for question in CrashAccount.questions(name) {
          lines += try database.run(question).split(separator: "\n").map(String.init)
        }
        found[name] = lines
      } catch {
        guard error.code == .unknownTable else { throw error }
      }
    }
    return found
  }

  private func perform(_ request: String, on database: Database) throws(EngineError) {
    if request == "flush" { return try database.flush() }
    if request.hasPrefix("import ") {
      let words = request.split(separator: " ", maxSplits: 2).map(String.init)
      _ = try database.importFile(words[2], ImportOptions(table: words[1]), cancellation: Never()) {
        _ in
      }
      return
    }
    try database.run(String(request.dropFirst(4)))
  }

  // MARK: A life of the process

  /// What ends a life besides a kill: nothing, a sync that fails, or the power.
  private mutating func faults() -> SimulatedDisk.Faults {
    var faults = SimulatedDisk.Faults()
    let end = account.random.below(5)
    // A life without any: what goes wrong all the same has no excuse.
    if end == 0 { return faults }
    if end == 1 || end == 2 { faults.syncErrorOneIn = 30 }
    if end == 3 { faults.powerFailsAfter = account.random.below(150) }
    faults.shortWriteOneIn = account.random.oneIn(2) ? 5 : 0
    faults.writeErrorOneIn = end == 4 || account.random.oneIn(3) ? 12 : 0
    faults.createErrorOneIn = account.random.oneIn(4) ? 8 : 0
    if account.random.oneIn(2) {
      // On one kind of file, and there more of them: what a whole life has few of is hit as well.
      faults.onlyIn = ["MANIFEST", "wal/", "tmp/"][account.random.below(3)]
      faults.syncErrorOneIn = min(faults.syncErrorOneIn, 8)
      faults.writeErrorOneIn = min(faults.writeErrorOneIn, 5)
    }
    return faults
  }

  private mutating func session() throws {
    disk.setFaults(faults())
    target.setFaults(account.random.oneIn(2) ? faults() : SimulatedDisk.Faults())
    let before = disk.injectedErrors
    let database: Database
    do throws(EngineError) {
      database = try open(disk)
    } catch {
      guard disk.injectedErrors > before || !disk.hasPower else {
        throw CrashFailure.refused(error.message)
      }
      return
    }
    defer { leave(database, disk) }
    figures.openings += 1
    for _ in 0..<(4 + account.random.below(12)) {
      if database.store.failure != nil || !disk.hasPower { return }
      if account.random.oneIn(12) {
        try copy(database)
      } else {
        let (name, step) = account.nextStep()
        try take(step, name, database)
      }
    }
    if database.store.failure != nil || !disk.hasPower { return }
    if disk.injectedErrors > before {
      // The disk is well again; only a failed sync is for ever.
      disk.setFaults(SimulatedDisk.Faults())
      for _ in 0..<2 {
        let (name, step) = account.nextStep()
        try take(step, name, database)
      }
    }
    if account.random.oneIn(5) { database.store.close() }
  }

  private mutating func take(_ step: CrashStep, _ name: String, _ database: Database) throws {
    let request = try account.request(name, step)
    let (before, syncs) = (disk.injectedErrors, disk.failedSyncs)
    do throws(EngineError) {
      try perform(request, on: database)
      account.acknowledge(step, name)
      account.note(String(request.prefix(60)))
      figures.answered += 1
      guard account.random.oneIn(6) else { return }
    } catch {
      account.note("\(request.prefix(60)) failed: \(error.message)")
      account.leaveOpen(step, name)
      figures.failed += 1
      let injected = disk.injectedErrors - before
      guard injected > 0 || !disk.hasPower else {
        throw CrashFailure.wrongState("without a fault \(request.prefix(60)): \(error.message)")
      }
      // One write that fails is cut back; where that fails as well, or a sync does, nothing is written any more.
      if let failure = database.store.failure, disk.hasPower, injected < 2,
        disk.failedSyncs == syncs
      {
        throw CrashFailure.wrongState("the store is latched: \(failure.sentence)")
      }
    }
    guard disk.hasPower else { return }
    try account.require(tables(of: database))
  }

  private mutating func copy(_ database: Database) throws {
    let before = disk.injectedErrors + target.injectedErrors
    let report: BackupReport
    do throws(StorageError) {
      report = try database.store.backup(to: target.mount())
    } catch {
      let isFaulty = disk.injectedErrors + target.injectedErrors > before
      guard isFaulty || !disk.hasPower || !target.hasPower else {
        throw CrashFailure.wrongState("without a fault a copy failed: \(error.sentence)")
      }
      return interrupt(target)
    }
    copies[report.number] = account.shown
    account.note("copy \(report.number)")
    figures.copies += 1
    if account.random.oneIn(2) { interrupt(target) }
    if target.hasPower { try restore(report.number) }
  }

  private mutating func restore(_ number: UInt64) throws {
    let fresh = SimulatedDisk(seed: number)
    do throws(StorageError) {
      _ = try Store.restore(
        from: target.mount(), number: number, to: fresh.mount(), identity: 8)
    } catch {
      throw CrashFailure.wrongState("copy \(number) is not restored: \(error.sentence)")
    }
    fresh.powerCut()
    do throws(EngineError) {
      let database = try open(fresh, lockedAt: restoreScratch)
      defer { leave(database, fresh) }
      let found = try tables(of: database)
      guard found == copies[number] else {
        throw EngineError(.logicalError, "it holds \(found.mapValues(\.count)) lines")
      }
    } catch {
      throw CrashFailure.wrongState("copy \(number): \(error.message)")
    }
    figures.restored += 1
  }

  /// The power goes and comes back, or the process is killed and the caches stay: after a failed sync they show what the
  /// medium does not have.
  private mutating func interrupt(_ disk: SimulatedDisk) {
    let kills = disk.failedSyncs > 0 ? 3 : 1
    if account.random.below(4) >= kills || !disk.hasPower {
      disk.powerCut()
      figures.cuts += 1
    } else {
      figures.kills += 1
    }
    disk.setFaults(SimulatedDisk.Faults())
  }

  // MARK: After it

  /// Recoveries that do not come to their end.
  private mutating func recover() throws {
    while account.random.oneIn(3) {
      var faults = SimulatedDisk.Faults()
      faults.powerFailsAfter = account.random.below(24)
      disk.setFaults(faults)
      do throws(EngineError) {
        let database = try open(disk)
        leave(database, disk)
      } catch {
        guard !disk.hasPower else { throw CrashFailure.refused(error.message) }
      }
      account.note("recovery cut")
      disk.powerCut()
      figures.cuts += 1
    }
  }

  private mutating func verify() throws {
    let found: [String: [String]]
    do throws(EngineError) {
      let database = try open(disk)
      found = try tables(of: database)
      leave(database, disk)
      figures.openings += 1
    } catch {
      throw CrashFailure.refused("\(error.message); behind \(account.history.suffix(30))")
    }
    _ = try account.settle(found)
    account.note("opened")
    let report = Store.check(files: disk.mount())
    guard report.isSound else {
      throw CrashFailure.broken("damaged: \(report.damages.map(\.sentence))")
    }
    guard account.random.oneIn(3) else { return }
    let bytes = disk.contents
    do throws(EngineError) {
      let database = try open(disk)
      leave(database, disk)
    } catch {
      throw CrashFailure.refused("a second time: \(error.message)")
    }
    guard disk.contents == bytes else {
      throw CrashFailure.broken("a second recovery changes the bytes")
    }
  }

  /// Opens what is there with one bit turned, on another disk.
  private mutating func turnBits() throws {
    for _ in 0..<(1 + account.random.below(2)) {
      guard let (path, place) = try placeToTurn() else { return }
      let fork = disk.fork(seed: 5)
      fork.setReadFlips([path: [place: 1 << UInt8(account.random.below(8))]])
      figures.flips += 1
      do throws(EngineError) {
        let database = try open(fork)
        defer { leave(database, fork) }
        let found = try tables(of: database)
        guard found == account.shown else {
          throw EngineError(.logicalError, "wrong rows")
        }
      } catch {
        let isNamed = fork.contents.keys.contains { error.message.contains($0) }
        guard isNamed, error.message != "wrong rows" else {
          throw CrashFailure.wrongState(
            "byte \(place) of \(path) turned: \(error.message); "
              + "behind \(account.history.suffix(30).joined(separator: " | "))")
        }
        figures.flipsNoticed += 1
      }
    }
  }

  /// A byte of a file that is read, before the last record of manifest or log: damage there is not told from a write that was
  /// cut off.
  private mutating func placeToTurn() throws -> (String, Int)? {
    let durable = DurableFiles(disk.mount())
    guard let manifest = try ManifestLog.find(durable)?.contents else { return nil }
    let end = try LogReader(durable, identity: manifest.identity, manifest: manifest.state)
      .endOfLog()
    let newest = end.files.last.map { LogFormat.path(number: $0.number) }
    var places: [[(String, Range<Int>)]] = [[], [], []]
    for (path, bytes) in disk.contents.sorted(by: { $0.key < $1.key }) where !bytes.isEmpty {
      if path.hasPrefix("segments/") {
        places[0].append((path, 0..<bytes.count))
      } else if path == newest {
        if end.lastGroup.lowerBound > 0 { places[1].append((path, 0..<end.lastGroup.lowerBound)) }
      } else if path.hasPrefix("wal/"), !path.contains("spare") {
        places[1].append((path, 0..<bytes.count))
      } else if path == ManifestFile.name(generation: manifest.generation) {
        places[2].append((path, 0..<manifest.lastRecord.lowerBound))
      } else if path == "CURRENT" {
        places[2].append((path, 0..<bytes.count))
      }
    }
    let group = places[[0, 0, 1, 1, 2][account.random.below(5)]]
    guard !group.isEmpty else { return nil }
    let (path, range) = group[account.random.below(group.count)]
    // Most of a log is zeros that nobody reads.
    let bytes = disk.contents[path] ?? []
    var place = 0
    for _ in 0..<20 {
      place = range.lowerBound + account.random.below(range.count)
      if bytes[place] != 0 { break }
    }
    return (path, place)
  }
}

extension LogReader {
  fileprivate consuming func endOfLog() throws(StorageError) -> LogEnd {
    var reader = self
    return try reader.read { _, _, _ in }
  }
}
