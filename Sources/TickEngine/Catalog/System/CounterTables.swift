/// `system.metrics`, `events`, `asynchronous_metrics` and `errors`: the database's own figures under ClickHouse's names,
/// as far as they mean the same.
import Glibc
import TickColumns
import TickSQL
import TickStorage

extension SystemTable {
  static func metrics(of database: Database, _ catalog: DatabaseCatalog) -> ComputedTable {
    make("metrics") {
      let segments = catalog.snapshot.tables.reduce(0) { $0 + $1.segments.count }
      return [
        ("PartsActive", segments, "Segments that are live."),
        ("Query", database.statements.count, "Statements that run now."),
        (
          "AttachedTable", catalog.snapshot.tables.count, "Tables that hold rows of their own."
        ), ("AttachedDatabase", catalog.snapshot.databases.count, "Databases that hold tables."),
      ].sorted { $0.0 < $1.0 }.map { name, value, description in
        ["metric": .text(name), "value": .int(Int64(value)), "description": .text(description)]
      }
    }
  }

  static func events(of database: Database) -> ComputedTable {
    make("events") {
      let counters = database.counters
      let kinds = StatementCounters.Kind.allCases.map { counters.of($0) }
      let readings = kinds.map(\.durations.reading)
      let microseconds = Int(readings.reduce(0) { $0 + $1.sum } * 1e6)
      return [
        ("Query", readings.reduce(0) { $0 + $1.count }, "Statements that have ended."),
        ("SelectQuery", counters.select.durations.reading.count, "The same, of SELECT."),
        ("InsertQuery", counters.insert.durations.reading.count, "The same, of INSERT."),
        ("FailedQuery", kinds.reduce(0) { $0 + $1.failures }, "Statements that ended in an error."),
        ("FailedSelectQuery", counters.select.failures, "The same, of SELECT."),
        ("FailedInsertQuery", counters.insert.failures, "The same, of INSERT."),
        ("QueryTimeMicroseconds", microseconds, "Time of all statements."),
        ("SelectedRows", counters.rowsRead, "Rows read from tables."),
        ("SelectedBytes", counters.bytesRead, "Bytes of those rows in memory."),
        ("InsertedRows", counters.rowsInserted, "Rows added by INSERT."),
        ("InsertedBytes", counters.bytesInserted, "Bytes of those rows."),
      ].filter { $0.1 > 0 }.sorted { $0.0 < $1.0 }.map { name, value, description in
        ["event": .text(name), "value": .uint(UInt64(value)), "description": .text(description)]
      }
    }
  }

  static func asynchronousMetrics(
    of database: Database, _ catalog: DatabaseCatalog
  ) -> ComputedTable {
    make("asynchronous_metrics") {
      let tables = catalog.snapshot.tables
      let segments = tables.flatMap(\.segments)
      let uptime = Double(Database.ticks() - database.opened) / 1e9
      return [
        ("MemoryResident", Double(residentBytes()), "Bytes of memory that the process holds."),
        (
          "NumberOfDatabases", Double(catalog.databases.count), "Databases, `system` among them."
        ), ("NumberOfTables", Double(tables.count), "Tables that hold rows of their own."),
        (
          "TotalBytesOfMergeTreeTables",
          Double(segments.reduce(0) { $0 + $1.entry.descriptor.byteCount }), "Bytes of segments."
        ),
        ("TotalPartsOfMergeTreeTables", Double(segments.count), "Segments that are live."),
        (
          "TotalRowsOfMergeTreeTables", Double(tables.reduce(0) { $0 + $1.rowCount }),
          "Rows of all tables."
        ), ("Uptime", uptime, "Seconds since the database was opened."),
      ].map { name, value, description in
        ["metric": .text(name), "value": .float(value), "description": .text(description)]
      }
    }
  }

  static func errors(of database: Database) -> ComputedTable {
    make("errors") {
      database.counters.failuresByCode.map { code, failure in
        [
          "name": .text(code.name), "code": .int(Int64(code.rawValue)),
          "value": .uint(UInt64(failure.count)),
          "last_error_time": .uint(UInt64(clamping: failure.at / 1_000_000_000)),
          "last_error_message": .text(failure.message), "query_id": .text(failure.queryID),
        ]
      }
    }
  }

  /// Bytes of memory that this process holds; 0 where the system does not say.
  private static func residentBytes() -> Int {
    guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard unsafe fgets(&line, 256, file) != nil else { return 0 }
    let words = String(
      decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self
    )
    .split(separator: " ")
    guard words.count > 1, let pages = Int(words[1]) else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
