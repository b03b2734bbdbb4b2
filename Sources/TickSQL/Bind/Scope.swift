import TickColumns

/// The names a SELECT can see: the columns of its source, and its aliases.
///
/// An alias is visible everywhere in the query, before the columns of the source; inside its own expression
/// its name means the column.
final class Scope {
  /// One column of the source.
  struct SourceColumn {
    let name: String
    let expression: BoundExpression
    /// Not part of `*`.
    let isHidden: Bool
  }

  let columns: [SourceColumn]
  private let byName: [String: Int]
  /// What may stand before a column's name: the alias, or table and database.
  let qualifiers: [[String]]
  let aliases: [String: Expression]
  /// Aliases bound so far.
  var bound: [String: BoundExpression] = [:]
  /// Aliases being bound right now, inside whose expressions the name means a column.
  var open: Set<String> = []

  init(columns: [SourceColumn], qualifiers: [[String]], aliases: [String: Expression]) {
    self.columns = columns
    self.qualifiers = qualifiers
    self.aliases = aliases
    byName = Dictionary(
      columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 < $0 ? $1 : $0 })
  }

  func column(named name: String) -> BoundExpression? {
    byName[name].map { columns[$0].expression }
  }

  /// The parts behind a qualifier of the source, when the name begins with one.
  func unqualified(_ parts: [String]) -> [String]? {
    for qualifier in qualifiers
    where parts.count > qualifier.count && parts.starts(with: qualifier) {
      return Array(parts.dropFirst(qualifier.count))
    }
    return nil
  }

  /// All names, for hints.
  var names: [String] { columns.map(\.name) + aliases.keys }
}

/// Collects the aliases of a SELECT, wherever they stand, and refuses two meanings of one name.
struct AliasCollector {
  private(set) var aliases: [String: Expression] = [:]

  init(_ select: SelectStatement) throws(SQLError) {
    for item in select.items { try visit(item.expression) }
    if let filter = select.filter { try visit(filter) }
    for expression in select.groupBy { try visit(expression) }
    if let having = select.having { try visit(having) }
    for item in select.orderBy { try visit(item.expression) }
  }

  /// True when the expression reaches the name through aliases.
  private func depends(_ expression: Expression, on name: String) -> Bool {
    var seen: Set<String> = []
    var open = [expression]
    while let next = open.popLast() {
      switch next.kind {
      case .literal, .asterisk, .subquery: break
      case .alias(let inner, _): open.append(inner)
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

  private mutating func visit(_ expression: Expression) throws(SQLError) {
    switch expression.kind {
    case .literal, .identifier, .asterisk, .subquery: break
    case .call(let call):
      for argument in call.arguments { try visit(argument) }
    case .alias(let inner, let name):
      try visit(inner)
      if let known = aliases[name] {
        // The same expression twice under one name is no conflict.
        guard known.formatted(.calls) == inner.formatted(.calls) else {
          if depends(inner, on: name) {
            throw SQLError(
              .unknownIdentifier, "Alias `\(name)` is defined by itself",
              at: inner.range.lowerBound)
          }
          throw SQLError(
            .multipleExpressionsForAlias,
            "Multiple expressions \(inner.formatted(.calls)) and \(known.formatted(.calls)) for "
              + "alias \(name)", at: inner.range.lowerBound)
        }
      } else {
        aliases[name] = inner
      }
    }
  }
}
