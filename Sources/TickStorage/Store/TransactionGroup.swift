/// Transactions that share one sync.
internal import TickColumns

/// Changes a transaction or drops rows of it when its turn has come, for example rows whose key is there already;
/// nil leaves it as it is. Called by the writer in the order of the commits, so it sees the effect of every
/// transaction before it. When the commit fails afterwards, the completion says so.
public typealias SettleTransaction =
  @Sendable (Transaction) throws(StorageError) -> Transaction?

/// The same for an edit, for example live row ranges of segments.
public typealias SettleEdit = @Sendable (ManifestEdit) throws(StorageError) -> ManifestEdit

/// Told once what became of a change, by the writer: it must neither block nor hold the store itself.
public typealias CommitCompletion = @Sendable (Result<Commit, StorageError>) -> Void

/// A transaction on its way to the writer, encoded by its own thread.
struct PendingTransaction: Sendable {
  let transaction: Transaction
  let record: LogRecord
  let settle: SettleTransaction?
  let completion: CommitCompletion
}

/// An edit on its way to the writer.
struct PendingEdit: Sendable {
  enum Purpose: Sendable {
    case change
    case flush(TableID, through: LSN)
  }
  let edit: ManifestEdit
  let purpose: Purpose
  let settle: SettleEdit?
  let completion: CommitCompletion
}

struct TransactionGroup: Sendable {
  struct Member: Sendable {
    let transaction: Transaction
    let commit: Commit
    let completion: CommitCompletion
  }

  /// Those that are not told yet.
  var members: [Member] = []
  let acknowledgement: Acknowledgement
  /// Marks of the members, which nobody else knows yet.
  private(set) var marks: [TableID: PendingMarks] = [:]
  private(set) var records: [LogRecord] = []
  /// After the group.
  private(set) var lastLSN: LSN
  private(set) var nextSequence: UInt64

  init(lastLSN: LSN, nextSequence: UInt64, acknowledgement: Acknowledgement) {
    self.acknowledgement = acknowledgement
    self.lastLSN = lastLSN
    self.nextSequence = nextSequence
  }

  mutating func append(
    _ transaction: Transaction, _ record: LogRecord, _ completion: @escaping CommitCompletion
  ) throws(StorageError) {
    let (end, overflow) = nextSequence.addingReportingOverflow(record.sequenceCount)
    if overflow { throw .limit("the sequence counter is used up") }
    if !transaction.isEmpty {
      lastLSN += 1
      var record = record
      record.lsn = lastLSN
      record.firstSequence = nextSequence
      records.append(record)
    }
    if let own = transaction.mark {
      marks[own.table, default: PendingMarks()].append(own.mark, lsn: lastLSN)
    }
    // A transaction without rows is told with the group: what made it empty may be in the group.
    members.append(
      Member(
        transaction: transaction, commit: Commit(lsn: lastLSN, firstSequence: nextSequence),
        completion: completion))
    if transaction.rowCount > 0 { nextSequence = end }
  }

  /// A transaction that was committed before, perhaps in this group: told with the group, when that is durable.
  mutating func appendRepeated(_ completion: @escaping CommitCompletion) {
    members.append(
      Member(
        transaction: Transaction([]),
        commit: Commit(lsn: lastLSN, firstSequence: nextSequence, isRepeated: true),
        completion: completion))
  }

  func finish(_ failure: StorageError?) {
    for member in members {
      member.completion(failure.map { .failure($0) } ?? .success(member.commit))
    }
  }
}
