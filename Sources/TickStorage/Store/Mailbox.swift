/// What waits for the writer, in the order of arrival. Bounded: whoever submits to a full mailbox waits.
///
/// Edits of flushes go first: they are what a full memory waits for, and their place in the order does not
/// matter to anybody.
struct Mailbox: Sendable {
  enum Item: Sendable {
    case transactions([PendingTransaction])
    case edit(PendingEdit)
  }

  private enum Request: Sendable {
    case transaction(PendingTransaction)
    case edit(PendingEdit)
  }

  private var flushes: [PendingEdit] = []
  private var requests: [Request] = []
  private var byteCount = 0
  private(set) var isClosed = false

  var isEmpty: Bool { flushes.isEmpty && requests.isEmpty }

  private var isFull: Bool {
    requests.count >= StorageLimits.mailboxRequestsMax
      || byteCount >= StorageLimits.mailboxBytesMax
  }

  /// False when the mailbox is full: try again later.
  mutating func post(_ transaction: PendingTransaction) -> Bool {
    if isFull { return false }
    byteCount += transaction.record.bytes.count
    requests.append(.transaction(transaction))
    return true
  }

  mutating func post(_ edit: PendingEdit) -> Bool {
    if case .flush = edit.purpose {
      flushes.append(edit)
      return true
    }
    if isFull { return false }
    requests.append(.edit(edit))
    return true
  }

  /// The next item: one edit, or transactions for one group, which are answered at the same moment. Transactions stay while
  /// `holdsBack`.
  mutating func take(holdsBack: Bool) -> Item? {
    if !flushes.isEmpty { return .edit(flushes.removeFirst()) }
    guard let first = requests.first else { return nil }
    if case .edit(let edit) = first {
      requests.removeFirst()
      return .edit(edit)
    }
    if holdsBack { return nil }
    var group: [PendingTransaction] = []
    var groupBytes = 0
    for request in requests {
      guard case .transaction(let transaction) = request else { break }
      let bytes = transaction.record.bytes.count
      if let first = group.first {
        guard groupBytes + bytes <= StorageLimits.groupBytesMax,
          transaction.transaction.acknowledgement == first.transaction.acknowledgement
        else { break }
      }
      groupBytes += bytes
      group.append(transaction)
    }
    requests.removeFirst(group.count)
    byteCount -= groupBytes
    return .transactions(group)
  }

  mutating func close() { isClosed = true }
}
