/// A process to kill: one database, statements from standard input, an answer to each as soon as the engine gives it.
///
/// `CrashWriter DIRECTORY [WORD...]`. Words: `one-thread` lets everything happen on one thread, so that the nth call of the system is
/// the same one in every run; `early-answer`, `no-checksums`, `no-file-sync` plant a mistake below the product, and in a debug
/// build, with `one-thread`, the name of a `PlantedBug` plants that.
/// Lines in: `sql STATEMENT`, `flush`, `import TABLE FILE`, `backup DIRECTORY`. Out: `open` once; then `ok COUNT` and so many bytes,
/// or `error CODE SENTENCE`. A directory that does not open is answered with `failed SENTENCE`.
/// `CrashWriter DIRECTORY check` and `CrashWriter DIRECTORY restore-from COPIES` do that and end, with 0 if all is well.
///
/// Memtables, log files and manifest are small, so that flushes, new log files and checkpoints happen all the time.
import Glibc
import Synchronization
import TestSupport
import TickEngine
import TickStorage

/// Keeps the result until it can be told with its length.
private final class Answer: QuerySink {
  private let held = Mutex<[UInt8]>([])
  func begin(_ head: ResultHead) {}
  func write(_ bytes: [UInt8]) { held.withLock { $0 += bytes } }
  var bytes: [UInt8] { held.withLock { $0 } }
}

private struct Nobody: Cancellation { var isCancelled: Bool { false } }

private func put(_ head: String, _ bytes: [UInt8] = []) {
  let all = Array((head + "\n").utf8) + bytes
  var sent = 0
  while sent < all.count {
    let count = all[sent...].withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    // Nobody listens any more.
    guard count > 0 else { exit(0) }
    sent += count
  }
}

private func openDatabase(_ path: String, _ words: [String]) throws(EngineError) -> Database {
  var storage = StoreOptions(identity: 4711)
  storage.logFileBytes = 128 << 10
  storage.memtableBytesMax = 48 << 10
  storage.manifestRewriteBytes = 8 << 10
  storage.hasThreads = !words.contains("one-thread")
  if words.contains("no-checksums") { storage.verifiesChecksums = false }
  let files: any FileSystem
  do throws(StorageError) {
    let disk = try PosixFileSystem(root: path)
    if words.contains("early-answer") {
      files = EarlyAnswerFileSystem(disk)
    } else {
      files = words.contains("no-file-sync") ? FaultyFileSystem(disk, .noFileSync) : disk
    }
  } catch {
    put("failed \(error.sentence)")
    exit(1)
  }
  var options = DatabaseOptions()
  options.requestThreads = 1
  if words.contains("one-thread") { options.workerThreads = 1 }
  options.restSeconds = 0
  options.mergedSegmentRowsMax = 300
  return try Database.open(at: path, files: files, storage: storage, options: options)
}

private func run(_ line: String, on database: Database) throws(EngineError) -> [UInt8] {
  let words = line.split(separator: " ", maxSplits: 2).map(String.init)
  switch (words.first, words.count) {
  case ("flush", 1): try database.flush()
  case ("backup", 2): return Array(try database.backup(to: words[1]).text.utf8)
  case ("import", 3):
    let outcome = try database.importFile(
      words[2], ImportOptions(table: words[1]), cancellation: Nobody()
    ) { _ in }
    return Array("\(outcome.rows)".utf8)
  case ("sql", _):
    let answer = Answer()
    _ = try database.execute(
      QueryRequest(text: Array(line.dropFirst(4).utf8), queryID: ""), input: NoInput(),
      sink: answer, cancellation: Nobody())
    return answer.bytes
  default:
    put("failed not a request: \(line.prefix(40))")
    exit(2)
  }
  return []
}

private func serve(_ path: String, _ words: [String]) throws(EngineError) {
  let database = try openDatabase(path, words)
  put("open")
  while let line = readLine() {
    do throws(EngineError) {
      let bytes = try run(line, on: database)
      put("ok \(bytes.count)", bytes)
    } catch {
      put(
        "error \(error.code.rawValue) \(error.message.split(separator: "\n").joined(separator: " "))"
      )
    }
  }
  database.close()
}

private func main(_ path: String, _ words: [String]) throws(EngineError) {
  switch words.first {
  case "check":
    let isSound = try Database.check(path) { put($0) }
    if !isSound { exit(1) }
  case "restore-from" where words.count == 2:
    put(try Database.restore(from: words[1], to: path).text)
  default:
    #if BUG_GARDEN
    let bug = PlantedBug.allCases.first { words.contains("\($0)") }
    let result = PlantedBug.$current.withValue(bug) { () -> Result<Void, EngineError> in
      do throws(EngineError) { return .success(try serve(path, words)) } catch {
        return .failure(error)
      }
    }
    try result.get()
    #else
    try serve(path, words)
    #endif
  }
}

guard CommandLine.arguments.count >= 2 else {
  put("failed usage: CrashWriter DIRECTORY [WORD...]")
  exit(2)
}
signal(SIGPIPE, SIG_IGN)
do throws(EngineError) {
  try main(CommandLine.arguments[1], Array(CommandLine.arguments.dropFirst(2)))
} catch {
  put("failed \(error.message.split(separator: "\n").joined(separator: " "))")
  exit(1)
}
