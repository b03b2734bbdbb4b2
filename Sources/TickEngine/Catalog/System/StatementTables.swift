/// `system.processes` and `system.query_log`: the statements that run, and those that ran.
import TickColumns
import TickSQL
import TickStorage

extension SystemTable {
  static func processes(of database: Database) -> ComputedTable {
    make("processes") { database.statements.all.map { row(of: $0) } }
  }

  static func queryLog(of database: Database) -> ComputedTable {
    make("query_log") { database.queryLog.records.map { row(of: $0) } }
  }

  /// At most one row: one rewrite of segments runs at a time.
  static func merges(of database: Database) -> ComputedTable {
    make("merges") {
      guard let running = database.compactor.running else { return [] }
      let share = Double(running.rowsRead) / Double(max(1, running.rowCount))
      return [
        [
          "database": .text(running.table.database), "table": .text(running.table.name),
          "elapsed": .float(Double(Database.ticks() - running.began) / 1e9),
          "progress": .float(share), "num_parts": .uint(UInt64(running.segments.count)),
          "source_part_names": .array(running.segments.map { .text(String($0.fileID)) }),
          "partition": .text(running.partition.text),
          "total_size_bytes_compressed": .uint(
            UInt64(running.segments.reduce(0) { $0 + $1.descriptor.byteCount })),
          "rows_read": .uint(UInt64(running.rowsRead)),
          "rows_written": .uint(UInt64(running.rowsRead)),
          "merge_type": .text("Regular"),
        ]
      ]
    }
  }

  private static func row(of statement: RunningStatement) -> Row {
    let record = statement.record
    let progress = statement.progress
    var row: Row = [
      "elapsed": .float(Double(Database.ticks() - statement.began) / 1e9),
      "is_cancelled": .uint(statement.isCancelled ? 1 : 0),
      "read_rows": .uint(UInt64(progress.rowsRead)),
      "read_bytes": .uint(UInt64(progress.bytesRead)),
      "total_rows_approx": .uint(UInt64(max(progress.rowsExpected, progress.rowsRead))),
      "written_rows": .uint(UInt64(statement.rowsWritten)),
      "written_bytes": .uint(UInt64(statement.bytesWritten)),
      "memory_usage": .int(Int64(progress.memoryBytes)),
      "peak_memory_usage": .int(Int64(progress.memoryBytesPeak)),
    ]
    row.merge(common(record)) { _, new in new }
    return row
  }

  /// What both tables show of where a statement came from.
  private static func common(_ record: StatementRecord) -> Row {
    let client = record.client
    let address = Value.uint128(client.address)
    let port = Value.uint(UInt64(client.port))
    return [
      "is_initial_query": .uint(1), "user": .text(record.user), "query_id": .text(record.queryID),
      "address": address, "port": port, "initial_user": .text(record.user),
      "initial_query_id": .text(record.queryID), "initial_address": address, "initial_port": port,
      "interface": .int(Int64(client.interface.rawValue)),
      "http_method": .int(Int64(client.method.rawValue)),
      "http_user_agent": .text(client.userAgent), "http_referer": .text(client.referer),
      "forwarded_for": .text(client.forwardedFor), "query": .text(record.text),
      "query_kind": .text(record.kind), "current_database": .text(record.database),
      "Settings": .array(
        record.settings.sorted { $0.key < $1.key }
          .map { .tuple([.text($0.key), .text($0.value)]) }),
    ]
  }

  private static func row(of record: StatementRecord) -> Row {
    let figures = record.figures
    let client = record.client
    func seconds(_ time: Int64) -> Value { .uint(UInt64(clamping: time / 1_000_000_000)) }
    var row: Row = [
      "clickhouse_version": .text(Database.clickHouseVersion),
      "type": .int(Int64(record.event.rawValue)),
      "event_date": .uint(UInt64(clamping: record.at / 86_400_000_000_000)),
      "event_time": seconds(record.at), "event_time_microseconds": .int(record.at / 1_000),
      "query_start_time": seconds(record.startedAt),
      "query_start_time_microseconds": .int(record.startedAt / 1_000),
      "initial_query_start_time": seconds(record.startedAt),
      "initial_query_start_time_microseconds": .int(record.startedAt / 1_000),
      "query_duration_ms": .uint(UInt64(figures.elapsedNanoseconds / 1_000_000)),
      "read_rows": .uint(UInt64(figures.readRows)), "read_bytes": .uint(UInt64(figures.readBytes)),
      "written_rows": .uint(UInt64(figures.writtenRows)),
      "written_bytes": .uint(UInt64(figures.writtenBytes)),
      "result_rows": .uint(UInt64(figures.resultRows)),
      "result_bytes": .uint(UInt64(figures.resultBytes)),
      "memory_usage": .uint(UInt64(figures.memoryBytes)),
      "connection_address": .uint128(client.address),
      "connection_port": .uint(UInt64(client.port)), "authenticated_user": .text(record.user),
      "log_comment": .text(record.comment), "revision": .uint(54_460),
    ]
    if let error = record.error {
      row["exception_code"] = .int(Int64(error.code.rawValue))
      row["exception"] = .text(
        String(error.text(version: Database.clickHouseVersion).dropLast()))
    }
    row.merge(common(record)) { _, new in new }
    return row
  }
}
