/// OPTIMIZE TABLE: segments come together.
import TickColumns
import TickSQL
import TickStorage

extension StatementRun {
  /// Rows go from memory to segments, and segments are merged: what the background would do once the table rests, or,
  /// with FINAL, each partition into one order.
  func optimize(_ statement: OptimizeStatement) throws(SQLError) -> QuerySummary {
    let table = try storedTable(statement.table, for: "OPTIMIZE").definition
    guard table.engine == "MergeTree" else {
      throw SQLError(
        .notImplemented, "Method optimize is not supported by storage \(table.engine)",
        at: statement.table.range.lowerBound)
    }
    if case .all(let range) = statement.partition {
      throw SQLError(
        .supportIsDisabled, "Only DROP, DETACH and ATTACH take PARTITION ALL", at: range.lowerBound)
    }
    let partition = try statement.partition.map { (selector) throws(SQLError) in
      try PartitionChoice(selector, of: database.layout(of: table))
    }
    _ = try flush(statement.table)
    let run = self
    if statement.isFinal { try database.compactor.expire(table.id) { run.isCancelled } }
    try database.compactor.optimize(
      table.id, partition: partition, isFinal: statement.isFinal,
      isCancelled: { run.isCancelled })
    return try done()
  }

  /// A table whose rows can be changed. Throws 48 for engines that keep none on disk.
  func mutable(_ name: QualifiedName) throws(SQLError) -> TableSnapshot {
    let table = try storedTable(name, for: "ALTER")
    guard table.definition.engine == "MergeTree" else {
      throw SQLError(
        .notImplemented, "Table engine \(table.definition.engine) doesn't support mutations",
        at: name.range.lowerBound)
    }
    return table
  }

  /// The table with all rows that were committed before this call in segments.
  func flushed(_ table: TableDefinition) throws(SQLError) -> TableSnapshot {
    do throws(StorageError) {
      if !PlantedBug.isOn(.mutationForgetsMemory) { try database.store.flush([table.id]) }
      guard let snapshot = database.store.snapshot().table(table.id) else {
        throw .unknownTable(table.id)
      }
      return snapshot
    } catch {
      throw SQLError(storage: error)
    }
  }
}
