/// The figures and the health of an open database.
import TickStorage

extension Database: MonitoringService {
  public func metrics() -> [MetricFamily] {
    let snapshot = store.snapshot()
    let segments = snapshot.tables.flatMap(\.segments)
    let waiting = store.waiting
    let kinds = StatementCounters.Kind.allCases
    func labels(_ kind: StatementCounters.Kind) -> [(name: String, value: String)] {
      [("kind", kind.rawValue)]
    }
    let storage = store.counters
    let merges = compactor.counts
    return [
      MetricFamily(
        "tickbase_queries_inflight", .gauge, "Statements that run now.", statements.count),
      MetricFamily(
        "tickbase_query_duration_seconds", "Time from a statement's text to its end.",
        kinds.map { (labels($0), counters.of($0).durations.reading) }),
      MetricFamily(
        "tickbase_query_failures_total", .counter, "Statements that ended with an error.",
        kinds.map { .init(Double(counters.of($0).failures), labels($0)) }),
      MetricFamily(
        "tickbase_query_rows_read_total", .counter, "Rows that statements read from tables.",
        counters.rowsRead),
      MetricFamily(
        "tickbase_query_bytes_read_total", .counter, "Bytes of those rows in memory.",
        counters.bytesRead),
      MetricFamily(
        "tickbase_ingest_rows_total", .counter, "Rows that became durable.",
        [
          .init(Double(counters.rowsInserted), [("source", "insert")]),
          .init(Double(counters.rowsImported), [("source", "import")]),
        ]),
      MetricFamily(
        "tickbase_ingest_rejected_rows_total", .counter,
        "Rows of imported files that could not be read.",
        [.init(Double(counters.rowsRejected), [("source", "import")])]),
      MetricFamily(
        "tickbase_wal_fsync_duration_seconds", "Time of a sync of the write-ahead log.",
        [([], storage.logSyncs.reading)]),
      MetricFamily(
        "tickbase_wal_written_bytes_total", .counter, "Bytes of records written to the log.",
        storage.logBytesWritten),
      MetricFamily("tickbase_wal_bytes", .gauge, "Bytes of the log's files.", waiting.logBytes),
      MetricFamily(
        "tickbase_flushes_total", .counter, "Moves of a table's rows from memory to a segment.",
        [
          .init(Double(storage.flushes), [("result", "done")]),
          .init(Double(storage.flushFailures), [("result", "failed")]),
        ]),
      MetricFamily(
        "tickbase_merges_total", .counter, "Merges of segments into fewer.",
        [
          .init(Double(merges.merges), [("result", "done")]),
          .init(Double(merges.failures), [("result", "failed")]),
        ]),
      MetricFamily(
        "tickbase_merge_rows_total", .counter, "Rows that merges wrote again.", merges.rowsMerged),
      MetricFamily(
        "tickbase_segment_written_bytes_total", .counter,
        "Bytes of segment files written, by what wrote them.",
        [
          .init(Double(merges.bytesWritten), [("by", "merge")]),
          .init(Double(storage.segmentBytesWritten - merges.bytesWritten), [("by", "other")]),
        ]),
      MetricFamily(
        "tickbase_storage_bytes", .gauge, "Bytes of rows, by where they are.",
        [
          .init(
            Double(segments.reduce(0) { $0 + $1.entry.descriptor.byteCount }),
            [("tier", "segments")]),
          .init(Double(waiting.memoryBytes), [("tier", "memory")]),
        ]),
      MetricFamily("tickbase_segments", .gauge, "Segments that are live.", segments.count),
      MetricFamily(
        "tickbase_segments_damaged", .gauge, "Live segments that could not be read.",
        segments.count { $0.file.damage != nil }),
      MetricFamily(
        "tickbase_rows", .gauge, "Rows of all tables.",
        snapshot.tables.reduce(0) { $0 + $1.rowCount }),
      MetricFamily("tickbase_tables", .gauge, "Tables that hold rows.", snapshot.tables.count),
      MetricFamily(
        "tickbase_disk_free_bytes", .gauge, "Bytes that the data's file system has free.",
        [.init(Double(DiskSpace(of: root).free))]),
      MetricFamily(
        "tickbase_read_only", .gauge, "1 when a fault of the disk stopped all writing.",
        store.failure == nil ? 0 : 1),
    ]
  }

  /// Names the segments that could not be read; nil where all could.
  private var damageSentence: String? {
    let damages = store.snapshot().tables.flatMap { table in
      table.segments.compactMap { segment in
        segment.file.damage.map { (table.definition, $0.sentence) }
      }
    }
    guard let (table, sentence) = damages.first else { return nil }
    let more = damages.count > 1 ? ", and \(damages.count - 1) other segments" : ""
    return "\(table.database).\(table.name): \(sentence)\(more); the rest is served"
  }

  public func health() -> [HealthComponent] {
    var components = [HealthComponent("store", fault: store.failure?.sentence)]
    components.append(HealthComponent("flush", fault: store.flushFailure?.sentence))
    components.append(HealthComponent("merge", fault: compactor.failure, isNeeded: false))
    components.append(HealthComponent("segments", fault: damageSentence, isNeeded: false))
    do throws(StorageError) {
      try store.probe()
      components.append(HealthComponent("disk", fault: nil))
    } catch {
      components.append(HealthComponent("disk", fault: error.sentence))
    }
    return components
  }
}
