import TickColumns

/// The names a SELECT can see: the columns of its tables, and its aliases.
///
/// An alias is visible everywhere in the query, before the columns of the tables; inside its own expression
/// its name means the column. A name without a table means the column of a USING, or of the first table that has it.
final class Scope {
  /// One column of a table.
  struct SourceColumn {
    let name: String
    let expression: BoundExpression
    /// Not part of `*`.
    let isHidden: Bool

    init(_ name: String, _ expression: BoundExpression, isHidden: Bool = false) {
      self.name = name
      self.expression = expression
      self.isHidden = isHidden
    }
  }

  /// One table of FROM.
  struct Table {
    /// What may stand before a column's name: the alias, or table and database.
    let qualifiers: [[String]]
    var columns: [SourceColumn]
    private(set) var byName: [String: Int] = [:]

    init(qualifiers: [[String]], columns: [SourceColumn]) {
      self.qualifiers = qualifiers
      self.columns = columns
      byName = Dictionary(
        columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 < $0 ? $1 : $0 })
    }

    func column(named name: String) -> BoundExpression? {
      byName[name].map { columns[$0].expression }
    }

    /// True for the column that every table has: its name tells no two tables apart.
    func hides(_ name: String) -> Bool { name == SelectBlock.sequenceName && byName[name] != nil }
  }

  let tables: [Table]
  /// Columns that a USING made one, by name; a table's own one is found behind its qualifier.
  let merged: [SourceColumn]
  let aliases: [String: Expression]
  let environment: QueryEnvironment
  /// Where subqueries of this SELECT may refer to its columns.
  var correlation: Correlation?
  /// Of the WINDOW clause.
  var windows: [String: WindowDefinition] = [:]
  /// Aliases bound so far.
  var bound: [String: BoundExpression] = [:]
  /// Columns that matchers in calls mean, by names that nobody writes.
  var matched: [String: BoundExpression] = [:]
  /// What such a column is called.
  var matchedNames: [String: String] = [:]
  /// Aliases being bound right now, inside whose expressions the name means a column.
  var open: Set<String> = []

  init(
    tables: [Table], merged: [SourceColumn] = [], aliases: [String: Expression] = [:],
    environment: QueryEnvironment
  ) {
    self.tables = tables
    self.merged = merged
    self.aliases = aliases
    self.environment = environment
  }

  /// No names at all: for constants.
  convenience init(empty environment: QueryEnvironment) {
    self.init(tables: [], environment: environment)
  }

  func column(named name: String) -> BoundExpression? {
    if let column = merged.first(where: { $0.name == name }) { return column.expression }
    for table in tables {
      if let column = table.column(named: name) { return column }
    }
    return nil
  }

  /// The table that the name begins with, and the parts behind it.
  func unqualified(_ parts: [String]) -> (table: Int, rest: [String])? {
    for (i, table) in tables.enumerated() {
      for qualifier in table.qualifiers
      where parts.count > qualifier.count && parts.starts(with: qualifier) {
        return (i, Array(parts.dropFirst(qualifier.count)))
      }
    }
    return nil
  }

  /// What a column of a table is called in a result: with the table's name where another table has it as well, but
  /// for the left one of two.
  func displayName(_ name: String, ofTable table: Int) -> String {
    if tables.count < 2 || (tables.count == 2 && table == 0) { return name }
    let isAmbiguous = tables.indices.contains {
      $0 != table && tables[$0].byName[name] != nil && !tables[$0].hides(name)
    }
    guard isAmbiguous, let qualifier = tables[table].qualifiers.first else { return name }
    return (qualifier + [name]).joined(separator: ".")
  }

  /// The columns that `*` means, with their names in the result.
  func allColumns() -> [SourceColumn] {
    var out = merged
    let mergedNames = Set(merged.map(\.name))
    for (i, table) in tables.enumerated() {
      for column in table.columns where !column.isHidden && !mergedNames.contains(column.name) {
        out.append(SourceColumn(displayName(column.name, ofTable: i), column.expression))
      }
    }
    return out
  }

  /// The columns that `t.*` means.
  func columns(ofTable table: Int) -> [SourceColumn] {
    tables[table].columns.filter { !$0.isHidden }.map {
      SourceColumn(displayName($0.name, ofTable: table), $0.expression)
    }
  }

  /// All names, for hints.
  var names: [String] {
    tables.flatMap { $0.columns.map(\.name) } + merged.map(\.name) + aliases.keys
  }
}

/// Collects the aliases of a SELECT, wherever they stand, and refuses two meanings of one name.
struct AliasCollector {
  private(set) var aliases: [String: Expression] = [:]

  init(_ select: SelectStatement) throws(SQLError) {
    for case .expression(let expression, let name) in select.with {
      try visit(expression)
      try define(name, expression)
    }
    if case .on(let keys) = select.distinct { try visit(keys) }
    for item in select.items { try visit(item.expression) }
    try visit([select.prewhere, select.filter].compactMap { $0 })
    if let groupBy = select.groupBy { try visit(groupBy.expressions) }
    try visit([select.having, select.qualify].compactMap { $0 })
    for named in select.windows { try visit(named.window) }
    for item in select.orderBy { try visit(item.expression) }
    try visit(select.limitBy?.keys ?? [])
  }

  /// True when the expression reaches the name through aliases.
  private func depends(_ expression: Expression, on name: String) -> Bool {
    var seen: Set<String> = []
    var open = [expression]
    while let next = open.popLast() {
      switch next.kind {
      case .literal, .matcher, .subquery: break
      case .alias(let inner, _): open.append(inner)
      case .lambda(_, let body): open.append(body)
      case .call(let call): open += call.arguments
      case .identifier(let parts):
        if parts == [name] { return true }
        if let first = parts.first, seen.insert(first).inserted, let inner = aliases[first] {
          open.append(inner)
        }
      }
    }
    return false
  }

  private mutating func visit(_ expressions: [Expression]) throws(SQLError) {
    for expression in expressions { try visit(expression) }
  }

  private mutating func visit(_ window: WindowDefinition) throws(SQLError) {
    try visit(window.partitionBy)
    for item in window.orderBy { try visit(item.expression) }
  }

  private mutating func visit(_ expression: Expression) throws(SQLError) {
    switch expression.kind {
    case .literal, .identifier, .matcher, .subquery: break
    case .lambda(_, let body): try visit(body)
    case .call(let call):
      try visit(call.arguments)
      if case .defined(let window)? = call.over { try visit(window) }
    case .alias(let inner, let name):
      try visit(inner)
      try define(name, inner)
    }
  }

  private mutating func define(_ name: String, _ inner: Expression) throws(SQLError) {
    guard let known = aliases[name] else {
      aliases[name] = inner
      return
    }
    // The same expression twice under one name is no conflict.
    guard known.formatted(.calls) == inner.formatted(.calls) else {
      if depends(inner, on: name) {
        throw SQLError(
          .unknownIdentifier, "Alias `\(name)` is defined by itself", at: inner.range.lowerBound)
      }
      throw SQLError(
        .multipleExpressionsForAlias,
        "Multiple expressions \(inner.formatted(.calls)) and \(known.formatted(.calls)) for "
          + "alias \(name)", at: inner.range.lowerBound)
    }
  }
}
