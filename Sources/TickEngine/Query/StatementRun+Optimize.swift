/// OPTIMIZE TABLE, and DROP PARTITION: whole segments come together or go.
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
    let partition = try statement.partition.map { (value) throws(SQLError) in
      try database.layout(of: table).partitionName(value)
    }
    _ = try flush(statement.table)
    let run = self
    try database.compactor.optimize(
      table.id, partition: partition, isFinal: statement.isFinal,
      isCancelled: { run.isCancelled })
    return try done()
  }

  /// Removes the rows of one partition that are there now, by an edit of the manifest alone.
  func dropPartition(
    _ value: Expression, of name: QualifiedName
  ) throws(SQLError) {
    let table = try mutable(name).definition
    let partition = try database.layout(of: table).partitionName(value)
    let run = self
    try database.compactor.alone(isCancelled: { run.isCancelled }) { () throws(SQLError) in
      let gone = try flushed(table).segments.map(\.entry)
        .filter { $0.partition == partition }.map(\.fileID)
      guard !gone.isEmpty else { return }
      try edit([.removeSegments(table.id, gone)], emptying: [table])
    }
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
      try database.store.flush([table.id])
      guard let snapshot = database.store.snapshot().table(table.id) else {
        throw .unknownTable(table.id)
      }
      return snapshot
    } catch {
      throw SQLError(storage: error)
    }
  }
}

extension TableLayout {
  /// The name of the partition whose value a constant expression gives.
  func partitionName(_ value: Expression) throws(SQLError) -> String {
    let place = value.range.lowerBound
    let given = try Binder.bindKey(value, over: Schema([]))
    guard let partition, partition.constant == nil else {
      guard case .tuple([]) = given.type else {
        throw SQLError(
          .invalidPartitionValue,
          "Wrong number of fields in the partition expression: 1, must be: 0", at: place)
      }
      return TableLayout.wholePartition
    }
    var own = value
    // One value in brackets is that value, unless the key is a tuple itself.
    if case .tuple(let parts) = given.type, parts.count == 1, !partition.type.isTuple,
      case .call(let call) = value.kind, call.arguments.count == 1
    {
      own = call.arguments[0]
    }
    let type = Expression(
      .literal(.string(Array(partition.type.description.utf8))), range: value.range)
    let cast = Expression(
      .call(Call("accurateCast", [own, type], nameRange: value.range)), range: value.range)
    let bound = try Binder.bindKey(cast, over: Schema([]))
    return try bound.evaluate(Batch([], rowCount: 1)).text(at: 0)
  }
}

extension DataType {
  fileprivate var isTuple: Bool {
    if case .tuple = self { true } else { false }
  }
}
