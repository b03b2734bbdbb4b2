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

  /// Removes the rows of one partition that are there now: its segments by an edit of the manifest alone, and what
  /// shares a segment with other partitions by writing that one again.
  func dropPartition(
    _ value: Expression, of name: QualifiedName
  ) throws(SQLError) {
    let table = try mutable(name).definition
    let layout = try database.layout(of: table)
    let partition = try layout.partitionName(value)
    if try flushed(table).segments.contains(where: {
      !$0.entry.partition.isSingle && $0.entry.partition.mayContain(partition)
    }), let filter = try layout.isInPartition(value) {
      return try mutate(name, Mutation(change: .delete, filter: filter))
    }
    let run = self
    try database.compactor.alone(isCancelled: { run.isCancelled }) { () throws(SQLError) in
      let gone = try flushed(table).segments.map(\.entry)
        .filter { $0.partition == PartitionSpan(partition) }.map(\.fileID)
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
    let isDay = partition.type == .date || partition.type == .date32
    if isDay, let number = given.constant?.wholeNumber, !(0...Int(UInt16.max)).contains(number) {
      throw SQLError(
        .argumentOutOfBound,
        "Cannot convert value '\(number)': it cannot be represented as \(partition.type)", at: place
      )
    }
    let cast = value.cast(to: partition.type)
    let bound = try Binder.bindKey(cast, over: Schema([]))
    return try bound.evaluate(Batch([], rowCount: 1)).text(at: 0)
  }

  /// True for rows of the partition whose value a constant expression gives; nil where there is only one.
  func isInPartition(_ value: Expression) throws(SQLError) -> Expression? {
    guard let partition, let text = definition.partitionBy else { return nil }
    let key = try Parser.parseExpression(text, at: value.range)
    return Expression(
      .call(Call("equals", [key, value.cast(to: partition.type)], nameRange: value.range)),
      range: value.range)
  }
}

extension Expression {
  /// A value of a partition key: one value in brackets is that value, unless the key is a tuple itself.
  fileprivate func cast(to type: DataType) -> Expression {
    var own = self
    if case .call(let call) = kind, call.name == "tuple", call.arguments.count == 1, !type.isTuple {
      own = call.arguments[0]
    }
    let text = Expression(.literal(.string(Array(type.description.utf8))), range: range)
    return Expression(.call(Call("accurateCast", [own, text], nameRange: range)), range: range)
  }
}

extension Value {
  fileprivate var wholeNumber: Int? {
    switch self {
    case .int(let number): Int(number)
    case .uint(let number): Int(clamping: number)
    default: nil
    }
  }
}

extension DataType {
  fileprivate var isTuple: Bool {
    if case .tuple = self { true } else { false }
  }
}
