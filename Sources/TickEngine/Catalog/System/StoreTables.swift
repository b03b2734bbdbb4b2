/// Tables of `system` that tell of tables and segments, and of the disk that they are on.
import Glibc
import TickColumns
import TickSQL
import TickStorage

extension SystemTable {
  /// A table that knows some of the columns, with all of them; `more` adds to a row what follows from it.
  static func completed(
    _ name: String, _ table: ComputedTable, _ more: @escaping @Sendable (Row) -> Row = { _ in [:] }
  ) -> ComputedTable {
    make(name) { () throws(SQLError) in
      let names = table.schema.fields.map(\.name)
      return try table.rows().map { values in
        let row = Dictionary(uniqueKeysWithValues: zip(names, values))
        return row.merging(more(row)) { _, new in new }
      }
    }
  }

  private static func text(_ row: Row, _ name: String) -> String {
    guard case .bytes(let bytes)? = row[name] else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What each producer stored: where a feed goes on after a failure.
  static func insertProducers(_ catalog: DatabaseCatalog) -> ComputedTable {
    make("insert_producers") {
      catalog.snapshot.tables.flatMap { table in
        table.producers.sorted { $0.key < $1.key }.map { name, sequence in
          [
            "database": .text(table.definition.database), "table": .text(table.definition.name),
            "producer": .text(name), "sequence": .uint(sequence),
          ]
        }
      }
    }
  }

  static func databases(_ table: ComputedTable) -> ComputedTable {
    completed("databases", table) { ["engine_full": .text(text($0, "engine"))] }
  }

  static func tables(_ table: ComputedTable, in catalog: DatabaseCatalog) -> ComputedTable {
    completed("tables", table) { row in
      let lines = text(row, "create_table_query").split(separator: "\n")
      let stored = catalog.snapshot.table(database: text(row, "database"), name: text(row, "name"))
      var more: Row = [
        "parameterized_view_parameters": .array([]),
        // Statements are shown on one line here.
        "create_table_query": .text(onOneLine(lines)),
      ]
      if let start = lines.firstIndex(where: { $0.hasPrefix("ENGINE = ") }) {
        let words = lines[start...].joined(separator: " ").dropFirst("ENGINE = ".count)
        more["engine_full"] = .text(String(words))
      }
      if let start = lines.firstIndex(where: { $0.hasSuffix(" AS") || $0.hasPrefix("AS SELECT") }),
        text(row, "engine").hasSuffix("View")
      {
        let body = lines[start...].map(trimmed).joined(separator: " ")
        more["as_select"] = .text(String(body.dropFirst(body.hasPrefix("AS ") ? 3 : 0)))
        if !body.hasPrefix("AS ") {
          more["as_select"] = .text(lines[(start + 1)...].map(trimmed).joined(separator: " "))
        }
      }
      if let stored, stored.definition.query == nil {
        more["has_own_data"] = .uint(1)
      }
      if let stored, stored.definition.engine.hasSuffix("MergeTree") {
        more["storage_policy"] = .text("default")
        more["parts"] = .uint(UInt64(stored.segments.count))
        more["active_parts"] = .uint(UInt64(stored.segments.count))
      }
      return more
    }
  }

  private static func onOneLine(_ lines: [Substring]) -> String {
    var out = ""
    for line in lines.map(trimmed) {
      if !out.isEmpty, !out.hasSuffix("("), line != ")" { out += " " }
      out += line
    }
    return out
  }

  private static func trimmed(_ line: Substring) -> Substring { line.drop { $0 == " " } }

  static func columns(_ table: ComputedTable) -> ComputedTable {
    completed("columns", table) { row in
      do throws(TypeNameError) {
        return numbers(of: try DataType.parse(text(row, "type")).withoutNullable)
      } catch {
        return [:]
      }
    }
  }

  /// What `numeric_precision` and its neighbours say of a type, as in ClickHouse.
  private static func numbers(of type: DataType) -> Row {
    func integer(_ bits: UInt64) -> Row {
      [
        "numeric_precision": .uint(bits), "numeric_precision_radix": .uint(2),
        "numeric_scale": .uint(0),
      ]
    }
    switch type {
    case .int8, .uint8: return integer(8)
    case .int16, .uint16: return integer(16)
    case .int32, .uint32: return integer(32)
    case .int64, .uint64: return integer(64)
    case .int128, .uint128: return integer(128)
    case .bool: return integer(8)
    case .decimal(let precision, let scale):
      return [
        "numeric_precision": .uint(UInt64(precision)), "numeric_precision_radix": .uint(10),
        "numeric_scale": .uint(UInt64(scale)),
      ]
    case .date, .date32, .dateTime: return ["datetime_precision": .uint(0)]
    case .dateTime64(let precision, _): return ["datetime_precision": .uint(UInt64(precision))]
    case .fixedString(let width): return ["character_octet_length": .uint(UInt64(width))]
    default: return [:]
    }
  }

  static func parts(_ table: ComputedTable, in catalog: DatabaseCatalog) -> ComputedTable {
    completed("parts", table) { row in
      let stored = catalog.snapshot.table(database: text(row, "database"), name: text(row, "table"))
      return [
        "part_type": .text("Wide"), "part_storage_type": .text("Full"), "files": .uint(1),
        "disk_name": .text("default"),
        "engine": .text(stored?.definition.engine ?? ""), "visible": .uint(1),
      ]
    }
  }

  static func detachedParts(_ catalog: DatabaseCatalog) -> ComputedTable {
    make("detached_parts") { () throws(SQLError) in
      var rows: [Row] = []
      for table in catalog.snapshot.tables where !table.detached.isEmpty {
        var names = try PartitionIDs(catalog.database.layout(of: table.definition))
        for segment in table.detached {
          rows.append([
            "database": .text(table.definition.database), "table": .text(table.definition.name),
            "partition_id": .text(try names.id(of: segment.entry.partition)),
            "name": .text(String(segment.entry.fileID)),
            "bytes_on_disk": .uint(UInt64(segment.entry.descriptor.byteCount)),
            "disk": .text("default"), "path": .text(segment.file.path), "reason": .text(""),
            "level": .uint(UInt64(segment.entry.level)),
          ])
        }
      }
      return rows
    }
  }

  static func disks(of database: Database) -> ComputedTable {
    make("disks") {
      let space = DiskSpace(of: database.root)
      return [
        [
          "name": .text("default"), "path": .text(database.root),
          "free_space": .uint(space.free), "unreserved_space": .uint(space.free),
          "total_space": .uint(space.total), "type": .text("Local"), "metadata_type": .text("None"),
          "object_storage_type": .text("None"),
        ]
      ]
    }
  }

  static func storagePolicies() -> ComputedTable {
    make("storage_policies") {
      [
        [
          "policy_name": .text("default"), "volume_name": .text("default"),
          "volume_priority": .uint(1), "disks": .array([.text("default")]),
          "perform_ttl_move_on_insert": .uint(1),
        ]
      ]
    }
  }
}

/// Bytes of the file system that a path is on.
struct DiskSpace: Sendable {
  var free: UInt64 = 0
  var total: UInt64 = 0

  init(of path: String) {
    var facts = statvfs()
    guard unsafe statvfs(path, &facts) == 0 else { return }
    free = UInt64(facts.f_bavail) * UInt64(facts.f_frsize)
    total = UInt64(facts.f_blocks) * UInt64(facts.f_frsize)
  }
}
