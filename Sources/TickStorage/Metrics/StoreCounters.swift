/// What one store has done since it was opened. Any thread counts, any thread reads.
import Glibc
import Synchronization

package final class StoreCounters: Sendable {
  /// Syncs of the write-ahead log.
  package let logSyncs = Histogram()
  private let log = Atomic(0)
  private let flushed = Atomic(0)
  private let failed = Atomic(0)
  private let segmentBytes = Atomic(0)

  /// Bytes of records written to the log.
  package var logBytesWritten: Int { log.load(ordering: .relaxed) }
  /// Moves of a table's rows from memory to a segment, and those that failed.
  package var flushes: Int { flushed.load(ordering: .relaxed) }
  package var flushFailures: Int { failed.load(ordering: .relaxed) }

  /// Bytes of segment files that were finished: by flushes, loads and merges.
  package var segmentBytesWritten: Int { segmentBytes.load(ordering: .relaxed) }

  func wroteSegment(bytes: Int) { segmentBytes.wrappingAdd(bytes, ordering: .relaxed) }

  func wroteLog(bytes: Int) { log.wrappingAdd(bytes, ordering: .relaxed) }

  func flushedTable(failed hasFailed: Bool) {
    if hasFailed {
      failed.wrappingAdd(1, ordering: .relaxed)
    } else {
      flushed.wrappingAdd(1, ordering: .relaxed)
    }
  }

  /// Runs a sync of the log and counts how long it took.
  func timingLogSync<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
    let began = Self.ticks()
    try body()
    logSyncs.observe(nanoseconds: Self.ticks() - began)
  }

  private static func ticks() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
  }
}

extension Store {
  package var counters: StoreCounters { core.counters }

  /// Bytes of rows that wait in memory, and of the files of the log.
  package var waiting: (memoryBytes: Int, logBytes: Int) {
    core.writer.withLock { writer in
      let pressure = writer.pressure
      return (pressure.memoryBytes, pressure.logBytes)
    }
  }

  /// Throws when the directory takes no files.
  package func probe() throws(StorageError) {
    try core.durable.requireHealthy()
    let path = "tmp/probe"
    if try core.durable.files.exists(path) { try core.durable.files.remove(path) }
    let file = try core.durable.files.create(path)
    try file.writeAll([0x74][...], at: 0)
    try file.close()
    try core.durable.files.remove(path)
  }
}
