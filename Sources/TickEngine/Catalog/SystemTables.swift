/// `system.tables`, `columns`, `databases` and `parts`: the catalog as rows, with ClickHouse's column names.
import TickColumns
import TickSQL
import TickStorage

enum SystemTables {
  static let names = (SystemTable.names + ["settings"] + Binder.generatedSystemTables).sorted()

  static func table(named name: String, in catalog: DatabaseCatalog) -> (any TableSource)? {
    switch name {
    case "tables": SystemTable.tables(tables(catalog), in: catalog)
    case "columns": SystemTable.columns(columns(catalog))
    case "databases": SystemTable.databases(databases(catalog))
    case "parts": SystemTable.parts(parts(catalog), in: catalog)
    case "settings": settings(catalog.settings)
    default: SystemTable.table(named: name, in: catalog) ?? Binder.generatedSystemTable(name)
    }
  }

  private static func databases(_ catalog: DatabaseCatalog) -> ComputedTable {
    ComputedTable(
      schema: Schema([
        Field("name", .string), Field("engine", .string), Field("comment", .string),
      ])
    ) {
      catalog.databases.map { [.text($0), .text("Tickbase"), .text("")] }
    }
  }

  private static func tables(_ catalog: DatabaseCatalog) -> ComputedTable {
    ComputedTable(
      schema: Schema([
        Field("database", .string), Field("name", .string), Field("engine", .string),
        Field("is_temporary", .uint8), Field("create_table_query", .string),
        Field("partition_key", .string), Field("sorting_key", .string),
        Field("primary_key", .string), Field("total_rows", .nullable(.uint64)),
        Field("total_bytes", .nullable(.uint64)), Field("comment", .string),
      ])
    ) { () throws(SQLError) in
      var table: [[Value]] = []
      for entry in catalog.everyTable {
        let sorting = entry.stored?.definition.orderBy.joined(separator: ", ") ?? ""
        let (rows, bytes) = sizes(of: entry, catalog)
        table.append([
          .text(entry.database), .text(entry.name), .text(entry.engine), .uint(0),
          .text(try catalog.createStatement(database: entry.database, name: entry.name) ?? ""),
          .text(entry.stored?.definition.partitionBy ?? ""), .text(sorting), .text(sorting),
          rows.map { .uint(UInt64($0)) } ?? .null, bytes.map { .uint(UInt64($0)) } ?? .null,
          .text(entry.stored?.definition.comment ?? ""),
        ])
      }
      return table
    }
  }

  /// Rows and bytes of what a table holds; nil where it holds nothing of its own.
  private static func sizes(
    of entry: DatabaseCatalog.Entry, _ catalog: DatabaseCatalog
  ) -> (rows: Int?, bytes: Int?) {
    guard let stored = entry.stored, stored.definition.query == nil else { return (nil, nil) }
    if stored.definition.engine == "Memory" {
      let rows = catalog.memory[stored.definition.id]
      return (rows?.rowCount ?? 0, rows?.byteCount ?? 0)
    }
    return (
      stored.rowCount,
      stored.segments.reduce(0) { $0 + $1.entry.descriptor.byteCount }
    )
  }

  private static func columns(_ catalog: DatabaseCatalog) -> ComputedTable {
    ComputedTable(
      schema: Schema([
        Field("database", .string), Field("table", .string), Field("name", .string),
        Field("type", .string), Field("position", .uint64), Field("default_kind", .string),
        Field("default_expression", .string), Field("comment", .string),
        Field("is_in_partition_key", .uint8), Field("is_in_sorting_key", .uint8),
        Field("is_in_primary_key", .uint8), Field("compression_codec", .string),
      ])
    ) {
      catalog.everyTable.flatMap { entry -> [[Value]] in
        let definition = entry.stored?.definition
        let fields = catalog.columns(database: entry.database, name: entry.name)
        return fields.enumerated().map { position, field in
          let isSorting: UInt64 = definition?.orderBy.contains(field.name) == true ? 1 : 0
          let isPartition: UInt64 =
            definition?.partitionBy?.contains(field.name) == true ? 1 : 0
          return [
            .text(entry.database), .text(entry.name), .text(field.name),
            .text(field.type.description), .uint(UInt64(position + 1)),
            .text(field.origin?.sqlKind.rawValue ?? ""), .text(field.origin?.expression ?? ""),
            .text(field.comment), .uint(isPartition), .uint(isSorting), .uint(isSorting),
            .text(field.codec ?? ""),
          ]
        }
      }
    }
  }

  private static func parts(_ catalog: DatabaseCatalog) -> ComputedTable {
    ComputedTable(
      schema: Schema([
        Field("database", .string), Field("table", .string), Field("partition", .string),
        Field("name", .string), Field("active", .uint8), Field("rows", .uint64),
        Field("bytes_on_disk", .uint64), Field("level", .uint32), Field("path", .string),
        Field("partition_id", .string), Field("has_lightweight_delete", .uint8),
      ])
    ) { () throws(SQLError) in
      var rows: [[Value]] = []
      for table in catalog.snapshot.tables where !table.segments.isEmpty {
        var names = try PartitionIDs(catalog.database.layout(of: table.definition))
        for segment in table.segments {
          rows.append([
            .text(table.definition.database), .text(table.definition.name),
            .text(segment.entry.partition.text), .text(String(segment.entry.fileID)), .uint(1),
            .uint(UInt64(segment.entry.liveRowCount)),
            .uint(UInt64(segment.entry.descriptor.byteCount)),
            .uint(UInt64(segment.entry.level)), .text(segment.file.path),
            .text(try names.id(of: segment.entry.partition)),
            .uint(segment.entry.goneRowCount > 0 ? 1 : 0),
          ])
        }
      }
      return rows
    }
  }
}
