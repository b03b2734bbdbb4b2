import Foundation
import Glibc
import Synchronization
import TickColumns
import TickEngine

/// A query service that does what the first words of the statement say, so that the endpoint can be tested
/// without an engine.
final class FakeService: QueryService, ImportService, MonitoringService {
  struct Log: Sendable {
    var requests: [QueryRequest] = []
    var imports: [ImportRequest] = []
    var finished = 0
    var cancelled = 0
    var bytesWritten = 0
    var bytesRead = 0
    var errors: [EngineError] = []
  }

  let log = Mutex(Log())
  /// While closed, statements that begin with `gated` wait before each piece of input.
  let gateIsOpen = Atomic(true)
  let isFull = Atomic(false)

  func submit(_ body: @escaping @Sendable () -> Void) throws(EngineError) {
    guard !isFull.load(ordering: .relaxed) else {
      throw EngineError(.tooManySimultaneousQueries, "too many simultaneous queries")
    }
    // Statements block, and the pool of the process has two threads for all tests together.
    Thread.detachNewThread { body() }
  }

  /// How many may wait for clients.
  let asideFree = Atomic(1_000)

  func standAside(_ body: () -> Void) -> Bool {
    guard asideFree.load(ordering: .relaxed) > 0 else { return false }
    asideFree.subtract(1, ordering: .relaxed)
    defer { asideFree.add(1, ordering: .relaxed) }
    body()
    return true
  }

  func execute(
    _ request: QueryRequest, input: any QueryInput, sink: any QuerySink,
    cancellation: any Cancellation
  ) throws(EngineError) -> QuerySummary {
    log.withLock { $0.requests.append(request) }
    do throws(EngineError) {
      let summary = try answer(request, input, sink, cancellation)
      log.withLock { $0.finished += 1 }
      return summary
    } catch {
      log.withLock {
        $0.errors.append(error)
        if cancellation.isCancelled { $0.cancelled += 1 }
      }
      throw error
    }
  }

  /// Answers with the number of bytes and their checksum, in events.
  func importFile(
    _ request: ImportRequest, input: any QueryInput, sink: any QuerySink,
    cancellation: any Cancellation
  ) throws(EngineError) -> QuerySummary {
    log.withLock { $0.imports.append(request) }
    do throws(EngineError) {
      if request.options.table == "absent" { throw EngineError(.unknownTable, "no such table") }
      var progress = ImportProgress()
      while let piece = try input.next() {
        progress.bytesRead += piece.count
        progress.rows = checksum(progress.rows, piece)
        log.withLock { $0.bytesRead += piece.count }
      }
      try sink.begin(ResultHead(format: "JSONEachRow", contentType: ImportEvent.contentType))
      if request.showsProgress { try sink.write(ImportEvent.progress(progress).line) }
      if request.options.table == "late" { throw EngineError(.notEnoughSpace, "disk full") }
      var outcome = ImportOutcome()
      outcome.rows = progress.rows
      try sink.write(ImportEvent.imported(outcome).line)
      log.withLock { $0.finished += 1 }
    } catch {
      log.withLock { $0.errors.append(error) }
      throw error
    }
    return QuerySummary()
  }

  private func answer(
    _ request: QueryRequest, _ input: any QueryInput, _ sink: any QuerySink,
    _ cancellation: any Cancellation
  ) throws(EngineError) -> QuerySummary {
    let text = String(decoding: request.text, as: UTF8.self)
    let words = text.prefix(2 << 20).split { $0 == " " || $0 == "\n" }.map { String($0) }
    let head = ResultHead(
      format: request.defaultFormat, contentType: "text/tab-separated-values; charset=UTF-8",
      timeZone: "UTC")
    var summary = QuerySummary()
    switch words.first {
    case "echo":
      try sink.begin(head)
      let body = Array((words.dropFirst().joined(separator: " ") + "\n").utf8)
      try sink.write(body)
      summary.resultRows = 1
      summary.resultBytes = body.count
    case "nothing":
      try sink.begin(
        ResultHead(format: nil, contentType: "text/plain; charset=UTF-8", timeZone: "UTC"))
    case "insert", "gated":
      // Counts what was sent as data: the rest of the text and the input.
      var count = request.text.count
      var sum = checksum(0, request.text)
      while let piece = try input.next() {
        if words.first == "gated" {
          while !gateIsOpen.load(ordering: .relaxed), !cancellation.isCancelled { usleep(1000) }
        }
        count += piece.count
        sum = checksum(sum, piece)
        log.withLock { $0.bytesRead += piece.count }
      }
      try sink.begin(head)
      try sink.write(Array("\(count) \(sum)\n".utf8))
      summary.writtenRows = count
    case "rows":
      // rows COUNT BYTES_PER_ROW
      let count = Int(words[1]) ?? 0
      let row = [UInt8](repeating: UInt8(ascii: "x"), count: (Int(words[2]) ?? 1) - 1) + [10]
      try sink.begin(head)
      for number in 0..<count {
        guard !cancellation.isCancelled else { throw EngineError(.queryWasCancelled, "cancelled") }
        var read = QuerySummary()
        (read.readRows, read.readBytes) = (number + 1, (number + 1) * row.count)
        sink.progress(read)
        try sink.write(row)
        log.withLock { $0.bytesWritten += row.count }
      }
      summary.resultRows = count
    case "fail":
      // fail CODE [AFTER_BYTES [EXTRA_MESSAGE_CHARACTERS]]
      let code = ErrorCode(rawValue: Int(words[1]) ?? 0) ?? .logicalError
      if words.count > 2 {
        try sink.begin(head)
        try sink.write([UInt8](repeating: UInt8(ascii: "y"), count: Int(words[2]) ?? 0))
      }
      let length = words.count > 3 ? Int(words[3]) ?? 0 : 0
      throw EngineError(code, "asked to fail" + String(repeating: "é", count: length))
    case "wait":
      while !cancellation.isCancelled { usleep(1000) }
      throw EngineError(.queryWasCancelled, "Query was cancelled")
    case "told":
      // told MILLISECONDS REST: figures are told at this interval while it sleeps for half a second.
      sink.watch(every: Int(words[1]) ?? 0) {
        var figures = QuerySummary()
        (figures.readRows, figures.elapsedNanoseconds) = (17, 5)
        return figures
      }
      usleep(500_000)
      var rest = request
      rest.text = Array(words[2...].joined(separator: " ").utf8)
      return try answer(rest, input, sink, cancellation)
    case "sleep":
      usleep(UInt32(words[1]) ?? 0)
      try sink.begin(head)
      try sink.write(Array("slept\n".utf8))
    default:
      // The statement may be in the body, packed.
      if request.text.isEmpty { while try input.next() != nil {} }
      if request.text.count > 262_144 { throw EngineError(.syntaxError, "Max query size exceeded") }
      throw EngineError(.syntaxError, "Syntax error: failed at position 1")
    }
    return summary
  }

  /// Parts that do not work, for `/readyz`.
  let faults = Mutex<[String]>([])

  func metrics() -> [MetricFamily] {
    [
      MetricFamily(
        "fake_total", .counter, "A \"line\"\nand \\ more.", [.init(2, [("x", "a\"b\\\nc")])])
    ]
  }

  func health() -> [HealthComponent] {
    [HealthComponent("store", fault: nil)]
      + faults.withLock { $0.map { HealthComponent($0, fault: "broken") } }
  }

  /// Waits until `condition` holds; false after a minute, which only a test that fails takes.
  func waits(_ condition: (Log) -> Bool) -> Bool {
    for _ in 0..<60_000 {
      if log.withLock({ condition($0) }) { return true }
      usleep(1000)
    }
    return false
  }
}

/// Tells pieces in another order, or other bytes, apart.
func checksum(_ start: Int, _ bytes: some Sequence<UInt8>) -> Int {
  bytes.reduce(start) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF }
}
