/// ALTER TABLE: another definition for the same table, in one edit. No row is touched: what was written before is read by
/// the ids of its fields.
///
/// Invariants:
/// 1. The commands of a statement act one after the other on a copy; the edit holds their result, or there is none.
/// 2. Columns that keys need keep their names and their order of values.
/// 3. A column that loses its values gets a new id, so no row written before has any for it.
import Synchronization
import TickColumns
import TickSQL
import TickStorage

extension StatementRun {
  func alter(_ statement: AlterStatement) throws(SQLError) -> QuerySummary {
    if let rows = try rowCommand(of: statement) {
      let run = self
      switch rows.kind {
      case .dropPartition(let partition): try movePartition(partition, .drop, of: statement.table)
      case .detachPartition(let partition):
        try movePartition(partition, .detach, of: statement.table)
      case .attachPartition(let partition):
        try movePartition(partition, .attach, of: statement.table)
      case .dropDetachedPartition(let partition):
        try movePartition(partition, .dropDetached, of: statement.table)
      case .materializeTTL:
        let table = try timedTable(statement.table)
        _ = try flushed(table)
        try database.compactor.expire(table.id) { run.isCancelled }
      case .delete(let filter):
        try mutate(statement.table, Mutation(change: .delete, filter: filter))
      case .update(let assignments, let filter):
        try mutate(statement.table, Mutation(change: .update(assignments), filter: filter))
      default: break
      }
      return try done()
    }
    try database.defining.withLock { (_) throws(SQLError) in
      let old = try storedTable(statement.table, for: "ALTER").definition
      var change = try TableChange(old, at: statement.table.range)
      for command in statement.commands { try change.apply(command) }
      let new = try change.definition()
      if new != old { try edit(new.redefinition(of: old)) }
    }
    return try done()
  }
}

extension StatementRun {
  /// A table whose rows expire. Throws 80 where they do not.
  private func timedTable(_ name: QualifiedName) throws(SQLError) -> TableDefinition {
    let table = try storedTable(name, for: "ALTER").definition
    guard table.ttl != nil else {
      throw SQLError(
        .incorrectQuery,
        "Cannot MATERIALIZE TTL as there is no TTL set for table \(table.database).\(table.name)",
        at: name.range.lowerBound)
    }
    return table
  }

  /// The command of a statement that changes rows, if it has one: it stands alone, since each is an edit of its own.
  private func rowCommand(of statement: AlterStatement) throws(SQLError) -> AlterCommand? {
    guard let command = statement.commands.first(where: \.changesRows) else { return nil }
    guard statement.commands.count == 1 else {
      throw SQLError(
        .notImplemented,
        "DELETE, UPDATE and what is done to a PARTITION beside other commands of one ALTER are not supported "
          + "yet",
        at: command.range.lowerBound)
    }
    return command
  }
}

extension AlterCommand {
  fileprivate var changesRows: Bool {
    switch kind {
    case .dropPartition, .detachPartition, .attachPartition, .dropDetachedPartition,
      .materializeTTL, .delete, .update:
      true
    default: false
    }
  }
}

/// A definition being changed.
private struct TableChange {
  /// A column with the id that it has so far; nil for one that is new, or whose values go.
  private struct Item {
    var id: UInt32?
    var column: ColumnDefinition
  }

  private let old: TableDefinition
  private let place: SourceRange
  private var items: [Item]
  private var comment: String
  private var ttl: Expression?
  /// MODIFY TTL gave it.
  private var isTTLWritten = false
  /// Columns that keys and `deduplicate_by` read.
  private let keyNames: Set<String>
  /// Columns that candles are made of.
  private let candleNames: Set<String>
  /// New names given so far.
  private var renamed: Set<String> = []

  init(_ definition: TableDefinition, at range: SourceRange) throws(SQLError) {
    old = definition
    place = range
    comment = definition.comment
    ttl = try definition.ttl.map { (text) throws(SQLError) in
      try Parser.parseExpression(text, at: range)
    }
    items = zip(definition.fields, try definition.columnDefinitions(at: range)).map {
      field, column in
      Item(id: field.id, column: column)
    }
    var names = Set(definition.deduplicateBy)
    for text in definition.orderBy + (definition.partitionBy.map { [$0] } ?? []) {
      names.formUnion(try Parser.parseExpression(text, at: range).names)
    }
    keyNames = names
    candleNames = Set(definition.candles.map { definition.names(of: $0) } ?? [])
  }

  // MARK: The result

  func definition() throws(SQLError) -> TableDefinition {
    let checked = try Binder.bindColumns(items.map(\.column))
    guard old.query != nil || checked.contains(where: \.isStored) else {
      throw SQLError(.badArguments, "Cannot DROP or CLEAR all columns", at: place.lowerBound)
    }
    var new = old
    new.comment = comment
    new.fields = []
    for (item, column) in zip(items, checked) {
      var id = item.id
      if let known = id, let before = old.fields.first(where: { $0.id == known }) {
        try checkChange(from: before, to: column)
        // Not stored, so there is nothing that the id could bind.
        if !before.isStored, before.type != column.type { id = nil }
      }
      if id == nil {
        id = new.nextFieldID
        guard new.nextFieldID < SegmentField.firstReservedID - 1 else {
          throw SQLError(.badArguments, "The table had too many columns", at: place.lowerBound)
        }
        new.nextFieldID += 1
      }
      new.fields.append(
        TableField(
          id: id ?? 0, name: column.name, type: column.type, codec: column.codec,
          origin: column.origin.map(FieldOrigin.init), comment: column.comment))
    }
    new.ttl = try checkedTTL(over: new.schema)
    return new
  }

  /// The TTL over the columns as they are then.
  private func checkedTTL(over schema: Schema) throws(SQLError) -> String? {
    do throws(SQLError) {
      return try ttl.map { (ttl) throws(SQLError) in try TimeToLive(ttl, over: schema).text }
    } catch {
      if isTTLWritten { throw error }
      throw SQLError(
        error.code,
        "Cannot apply ALTER because it breaks the TTL of the table: \(error.sentence)",
        at: place.lowerBound)
    }
  }

  private func checkChange(from old: TableField, to new: ColumnSpecification) throws(SQLError) {
    func refuse(_ why: String) -> SQLError {
      SQLError(
        .notImplemented, "\(why) of column \(new.name) is not supported yet", at: place.lowerBound)
    }
    guard old.isStored == new.isStored else {
      throw refuse("MODIFY between stored and computed")
    }
    guard old.isStored, old.type != new.type else { return }
    guard new.type.holdsAll(of: old.type) else {
      throw refuse("The change of type from \(old.type) to \(new.type)")
    }
  }

  // MARK: Commands

  mutating func apply(_ command: AlterCommand) throws(SQLError) {
    let place = command.range.lowerBound
    try requireAlterable(command.kind, at: place)
    switch command.kind {
    case .tableComment(let text): comment = text
    case .dropPartition, .detachPartition, .attachPartition, .dropDetachedPartition,
      .materializeTTL, .delete, .update:
      preconditionFailure("a command that changes rows among those that change the definition")
    case .modifyTTL(let expression):
      ttl = expression
      isTTLWritten = true
    case .removeTTL:
      guard ttl != nil else {
        throw SQLError(
          .badArguments, "Table doesn't have any table TTL expression, cannot remove", at: place)
      }
      ttl = nil
    case .add(let column, let where_, let ifNotExists):
      if find(column.name) != nil {
        if ifNotExists { return }
        throw duplicate("Cannot add column", column.name, at: place)
      }
      guard !column.typeText.isEmpty else {
        throw SQLError(
          .badArguments, "Data type have to be specified for column \(column.name) to add",
          at: place)
      }
      items.insert(
        Item(id: nil, column: column),
        at: try index(where_, at: place) ?? items.count)
    case .drop(let name, let ifExists):
      guard let position = try existing(name, ifExists, "drop", at: place) else { return }
      try requireNoKey(name, "DROP", at: place)
      try requireNoCandles(name, "DROP", at: place)
      try requireUnused(name, at: place)
      guard items.count > 1 else {
        throw SQLError(.badArguments, "Cannot DROP or CLEAR all columns", at: place)
      }
      items.remove(at: position)
    case .clear(let name, let ifExists):
      guard let position = try existing(name, ifExists, "clear", at: place) else { return }
      try requireNoKey(name, "CLEAR", at: place)
      try requireNoCandles(name, "CLEAR", at: place)
      items[position].id = nil
    case .rename(let name, let to, let ifExists): try rename(name, to, ifExists, at: place)
    case .modify(let column, let where_, let ifExists):
      guard let position = try existing(column.name, ifExists, "modify", at: place) else { return }
      modify(&items[position].column, by: column)
      if let where_ {
        let item = items.remove(at: position)
        items.insert(item, at: try index(where_, at: place) ?? items.count)
      }
    case .remove(let property, let name, let ifExists):
      guard let position = try existing(name, ifExists, "modify", at: place) else { return }
      try remove(property, &items[position].column, at: place)
    case .comment(let text, let name, let ifExists):
      guard let position = try existing(name, ifExists, "comment", at: place) else { return }
      items[position].column.comment = text
    }
  }

  private func requireAlterable(
    _ kind: AlterCommand.Kind, at place: Int
  ) throws(SQLError) {
    switch kind {
    case .comment, .tableComment, .removeTTL: return
    case .modifyTTL where old.engine != "MergeTree":
      throw SQLError(
        .badArguments, "Engine \(old.engine) doesn't support TTL clause", at: place)
    default: break
    }
    guard old.engine == "MergeTree" || old.engine == "Null" else {
      throw SQLError(
        .notImplemented, "ALTER of columns is not supported by storage \(old.engine)", at: place)
    }
  }

  private mutating func rename(
    _ name: String, _ to: String, _ ifExists: Bool, at place: Int
  ) throws(SQLError) {
    guard !renamed.contains(name) else {
      throw SQLError(
        .notImplemented, "Transitive renames in a single ALTER query are not allowed", at: place)
    }
    guard let position = try existing(name, ifExists, "rename", at: place) else { return }
    try requireNoKey(name, "RENAME", at: place)
    guard find(to) == nil else { throw duplicate("Cannot rename to", to, at: place) }
    items[position].column.name = to
    renamed.insert(to)
    ttl = try ttl?.renamingColumns([name: to])
    for i in items.indices {
      guard let expression = items[i].column.origin?.expression else { continue }
      items[i].column.origin?.expression = try expression.renamingColumns([name: to])
    }
  }

  /// Only what is written changes.
  private func modify(_ column: inout ColumnDefinition, by new: ColumnDefinition) {
    if !new.typeText.isEmpty { column.typeText = new.typeText }
    column.typeRange = new.typeRange
    if let origin = new.origin { column.origin = origin }
    if let comment = new.comment { column.comment = comment }
    if let codec = new.codecText { column.codecText = codec }
  }

  private func remove(
    _ property: AlterCommand.Property, _ column: inout ColumnDefinition, at place: Int
  ) throws(SQLError) {
    let isThere =
      switch property {
      case .comment: column.comment != nil
      case .codec: column.codecText != nil
      case .value, .materialized, .alias: column.origin?.kind.rawValue == property.rawValue
      }
    guard isThere else {
      throw SQLError(
        .badArguments,
        "Column \(column.name) doesn't have \(property.rawValue), cannot remove it", at: place)
    }
    switch property {
    case .comment: column.comment = nil
    case .codec: column.codecText = nil
    case .value, .materialized, .alias: column.origin = nil
    }
  }

  // MARK: Looking

  private func find(_ name: String) -> Int? { items.firstIndex { $0.column.name == name } }

  private func index(_ place: AlterCommand.Place?, at position: Int) throws(SQLError) -> Int? {
    switch place {
    case nil: return nil
    case .first: return 0
    case .after(let name):
      guard let found = find(name) else {
        throw SQLError(
          .noSuchColumnInTable, "Cannot find column \(name) to insert after", at: position,
          hint: hint(name))
      }
      return found + 1
    }
  }

  private func existing(
    _ name: String, _ ifExists: Bool, _ action: String, at place: Int
  ) throws(SQLError) -> Int? {
    if let position = find(name) { return position }
    if ifExists { return nil }
    throw SQLError(
      .noSuchColumnInBlock, "Cannot find column `\(name)` to \(action)", at: place,
      hint: hint(name))
  }

  private func hint(_ name: String) -> String? {
    nearestName(name, among: items.map(\.column.name)).map { "Maybe you meant \($0)?" }
  }

  private func duplicate(_ what: String, _ name: String, at place: Int) -> SQLError {
    SQLError(
      .duplicateColumn, "\(what) `\(name)`: column with this name already exists", at: place)
  }

  private func requireNoKey(
    _ name: String, _ action: String, at place: Int
  ) throws(SQLError) {
    guard keyNames.contains(name) else { return }
    throw SQLError(
      .alterOfColumnIsForbidden,
      "Trying to ALTER \(action) column \(name), which is a part of a key or of deduplicate_by",
      at: place)
  }

  private func requireNoCandles(
    _ name: String, _ action: String, at place: Int
  ) throws(SQLError) {
    guard candleNames.contains(name) else { return }
    throw SQLError(
      .alterOfColumnIsForbidden,
      "Trying to ALTER \(action) column \(name), which the candles of the table are made of",
      at: place)
  }

  private func requireUnused(_ name: String, at place: Int) throws(SQLError) {
    let user = items.first { item in
      item.column.name != name && item.column.origin?.expression?.names.contains(name) == true
    }
    guard let user else { return }
    throw SQLError(
      .illegalColumn,
      "Cannot drop column `\(name)`, because column `\(user.column.name)` depends on it", at: place)
  }
}

extension DataType {
  /// True when stored values of the other type are values of this one as they lie: an enum with all its names and
  /// perhaps more, a time that is shown in another zone.
  fileprivate func holdsAll(of other: DataType) -> Bool {
    if self == other { return true }
    guard hasLayout(of: other) else { return false }
    switch (withoutNullable, other.withoutNullable) {
    case (.enum8, .enum8), (.enum16, .enum16):
      guard let mine = withoutNullable.enumDefinition,
        let others = other.withoutNullable.enumDefinition
      else { return false }
      return others.entries.allSatisfy { entry in
        mine.entries.contains { $0.name == entry.name && $0.number == entry.number }
      }
    case (.dateTime, .dateTime): return true
    case (.dateTime64(let precision, _), .dateTime64(let before, _)): return precision == before
    default: return false
    }
  }
}
