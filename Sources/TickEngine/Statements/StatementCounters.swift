/// What the statements of one database have done since it was opened. Any thread counts, any thread reads.
import Synchronization
import TickColumns
import TickStorage

final class StatementCounters: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    case select, insert, other

    init(_ record: StatementRecord) {
      switch record.kind {
      case "Select": self = .select
      case "Insert": self = .insert
      default: self = .other
      }
    }
  }

  /// The statements of one kind.
  final class OfKind: Sendable {
    let durations = Histogram()
    private let failed = Atomic(0)
    var failures: Int { failed.load(ordering: .relaxed) }
    func fail() { failed.wrappingAdd(1, ordering: .relaxed) }
  }

  /// The last failure of a code, as `system.errors` shows it.
  struct Failure: Sendable {
    var count = 0
    var at: Int64 = 0
    var message = ""
    var queryID = ""
  }

  let select = OfKind()
  let insert = OfKind()
  let other = OfKind()
  private let readRows = Atomic(0)
  private let readBytes = Atomic(0)
  private let insertedRows = Atomic(0)
  private let insertedBytes = Atomic(0)
  private let importedRows = Atomic(0)
  private let rejectedRows = Atomic(0)
  private let failures = Mutex<[ErrorCode: Failure]>([:])

  func of(_ kind: Kind) -> OfKind {
    switch kind {
    case .select: select
    case .insert: insert
    case .other: other
    }
  }

  func count(_ record: StatementRecord) {
    let kind = of(Kind(record))
    kind.durations.observe(nanoseconds: record.figures.elapsedNanoseconds)
    readRows.wrappingAdd(record.figures.readRows, ordering: .relaxed)
    readBytes.wrappingAdd(record.figures.readBytes, ordering: .relaxed)
    // Rows of files are counted when they are published: see `imported`.
    if record.kind != StatementRecord.importKind {
      insertedRows.wrappingAdd(record.figures.writtenRows, ordering: .relaxed)
      insertedBytes.wrappingAdd(record.figures.writtenBytes, ordering: .relaxed)
    }
    guard let error = record.error else { return }
    kind.fail()
    failures.withLock { failures in
      var failure = failures[error.code] ?? Failure()
      failure.count += 1
      failure.at = record.at
      failure.message = error.message
      failure.queryID = record.queryID
      failures[error.code] = failure
    }
  }

  func imported(rows: Int, rejected: Int) {
    importedRows.wrappingAdd(rows, ordering: .relaxed)
    rejectedRows.wrappingAdd(rejected, ordering: .relaxed)
  }

  var rowsRead: Int { readRows.load(ordering: .relaxed) }
  var bytesRead: Int { readBytes.load(ordering: .relaxed) }
  var rowsInserted: Int { insertedRows.load(ordering: .relaxed) }
  var bytesInserted: Int { insertedBytes.load(ordering: .relaxed) }
  var rowsImported: Int { importedRows.load(ordering: .relaxed) }
  var rowsRejected: Int { rejectedRows.load(ordering: .relaxed) }
  var failuresByCode: [(ErrorCode, Failure)] {
    failures.withLock { $0.sorted { $0.key.rawValue < $1.key.rawValue } }.map { ($0.key, $0.value) }
  }
}
