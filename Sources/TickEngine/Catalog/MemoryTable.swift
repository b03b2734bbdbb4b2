/// Tables of the engines Memory and Null: their definitions are in the manifest, their rows are not. Those of Memory are
/// gone when the database is closed, those of Null at once, as in ClickHouse.
import Synchronization
import TickColumns
import TickSQL
import TickStorage

/// The rows of one Memory table, in the order of the inserts. A value: who holds one sees no later insert.
struct MemoryRows: Sendable {
  private(set) var batches: [Batch] = []
  private(set) var rowCount = 0
  private(set) var byteCount = 0

  mutating func append(_ other: [Batch], byteCount bytes: Int) {
    batches += other
    rowCount += other.reduce(0) { $0 + $1.rowCount }
    byteCount += bytes
  }
}

/// All of them.
final class MemoryTables: Sendable {
  private let tables = Mutex<[TableID: MemoryRows]>([:])

  var current: [TableID: MemoryRows] { tables.withLock { $0 } }

  /// All rows of an insert at once.
  func append(_ batches: [Batch], byteCount: Int, to table: TableID) {
    tables.withLock { $0[table, default: MemoryRows()].append(batches, byteCount: byteCount) }
  }

  func remove(_ table: TableID) {
    tables.withLock { $0[table] = nil }
  }
}

struct MemoryTable: TableSource {
  let schema: Schema
  let hasSequence = false
  let unlisted: Set<String>
  let aliases: [AliasColumn]
  let rows: MemoryRows

  init(_ definition: TableDefinition, _ rows: MemoryRows) {
    schema = definition.schema
    unlisted = definition.unlisted
    aliases = definition.aliasColumns
    self.rows = rows
  }

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    let positions = request.columns.map { name -> Int in
      guard let position = schema.position(of: name) else {
        preconditionFailure("the binder asked for '\(name)', which this table lacks")
      }
      return position
    }
    let batches = rows.batches.map { batch in
      Batch(positions.map { batch.columns[$0] }, rowCount: batch.rowCount)
    }
    return BatchScan(batches: batches, explanation: ["rows in memory: \(rows.rowCount)"])
  }
}

/// A view that somebody created.
struct StoredView: TableSource {
  let schema: Schema
  let hasSequence = false
  let view: ViewDefinition?

  init(_ definition: TableDefinition) {
    schema = definition.schema
    view = ViewDefinition(query: definition.query ?? "", fields: definition.schema.fields)
  }

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    preconditionFailure("the binder reads the query of a view, not the view")
  }
}

extension TableDefinition {
  /// Stored columns that `*` leaves out.
  var unlisted: Set<String> {
    Set(fields.filter { $0.origin?.kind == .materialized }.map(\.name))
  }

  var aliasColumns: [AliasColumn] {
    fields.compactMap { field in
      guard let origin = field.origin, origin.kind == .alias else { return nil }
      return AliasColumn(name: field.name, type: field.type, expression: origin.expression)
    }
  }
}
