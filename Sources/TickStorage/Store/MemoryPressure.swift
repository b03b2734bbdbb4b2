/// How much waits in memory and in the log, and what should be flushed because of it. A value, so that the
/// decision can be tested with tables.
struct MemoryPressure: Sendable {
  struct Table: Sendable {
    let id: TableID
    let byteCount: Int
    let firstLSN: LSN
  }

  let tables: [Table]
  let logFiles: [LogFileInfo]

  var memoryBytes: Int { tables.reduce(0) { $0 + $1.byteCount } }
  var logBytes: Int { logFiles.reduce(0) { $0 + $1.byteCount } }

  /// Tables to flush now: the large ones, the largest of all while memory is half full, and those that keep the
  /// older half of the log alive while that is half full.
  func tablesToFlush(_ options: StoreOptions) -> [TableID] {
    var out = Set(tables.filter { $0.byteCount >= options.memtableBytesMax }.map(\.id))
    if 2 * memoryBytes >= options.memoryBytesMax,
      let largest = tables.max(by: { $0.byteCount < $1.byteCount })
    {
      out.insert(largest.id)
    }
    // The newest file is never freed, so a flush cannot help when there is only one.
    if 2 * logBytes >= options.logBytesMax, logFiles.count > 1 {
      let middle = logFiles[(logFiles.count + 1) / 2].previousLSN
      for table in tables where table.firstLSN <= middle { out.insert(table.id) }
    }
    return out.sorted()
  }

  /// Writes must wait for a flush. A flush must be able to help: something is in memory.
  func isFull(_ options: StoreOptions) -> Bool {
    guard !tables.isEmpty else { return false }
    return memoryBytes >= options.memoryBytesMax
      || logBytes >= options.logBytesMax && logFiles.count > 1
        && tables.contains { $0.firstLSN <= logFiles[logFiles.count - 1].previousLSN }
  }
}
