import TickColumns

/// The SELECT list with `*`, `t.*` and COLUMNS written out, and what each column of the result is called.
struct SelectItems {
  /// One column of the result: an expression to bind, or a column that a matcher found.
  struct Item {
    let name: String
    let expression: Expression?
    let column: BoundExpression?
    let place: Int
  }
  private let scope: Scope
  private(set) var items: [Item] = []

  init(_ list: [SelectItem], _ scope: Scope) throws(SQLError) {
    self.scope = scope
    for item in list {
      guard case .matcher(let matcher) = item.expression.kind else {
        items.append(
          Item(
            name: name(of: item.expression), expression: item.expression, column: nil,
            place: item.expression.range.lowerBound))
        continue
      }
      try expand(matcher, at: item.expression.range.lowerBound)
    }
    guard !items.isEmpty else {
      throw SQLError(
        .emptyListOfColumns, "The SELECT list has no columns",
        at: list.first?.expression.range.lowerBound)
    }
  }

  /// The alias, or the expression as ClickHouse writes it.
  private func name(of expression: Expression) -> String {
    if case .alias(_, let name) = expression.kind { return name }
    return columnName(
      of: expression,
      identifier: { [scope] parts in
        if scope.aliases[parts[0]] == nil, let (table, rest) = scope.unqualified(parts) {
          return ([scope.displayName(rest[0], ofTable: table)] + rest.dropFirst())
            .joined(separator: ".")
        }
        return parts.joined(separator: ".")
      })
  }

  // MARK: Matchers

  private mutating func expand(_ matcher: ColumnMatcher, at place: Int) throws(SQLError) {
    var found = try columns(matcher, at: place)
    var used: Set<String> = []
    for transformer in matcher.transformers {
      try apply(transformer, to: &found, &used, at: place)
    }
    items += found.map {
      Item(name: $0.name, expression: $0.expression, column: $0.column, place: place)
    }
  }

  /// A column on its way through transformers: what it is called now, and the name that EXCEPT and REPLACE know.
  private struct Matched {
    var name: String
    let ownName: String
    /// Set once a transformer made it an expression.
    var expression: Expression?
    var column: BoundExpression?
    /// The column as an expression, for functions that are applied to it.
    var reference: Expression
  }

  private func columns(_ matcher: ColumnMatcher, at place: Int) throws(SQLError) -> [Matched] {
    let all: [(Scope.SourceColumn, qualifier: [String], own: String)]
    if matcher.qualifier.isEmpty {
      let merged = Set(scope.merged.map(\.name))
      var list: [(Scope.SourceColumn, qualifier: [String], own: String)] = scope.merged.map {
        ($0, [], $0.name)
      }
      for (i, table) in scope.tables.enumerated() {
        for column in table.columns where !column.isHidden && !merged.contains(column.name) {
          let shown = scope.displayName(column.name, ofTable: i)
          list.append(
            (
              Scope.SourceColumn(shown, column.expression), table.qualifiers.first ?? [],
              column.name
            ))
        }
      }
      all = list
    } else {
      guard let (table, _) = scope.unqualified(matcher.qualifier + ["*"]),
        scope.tables[table].qualifiers.contains(matcher.qualifier)
      else {
        throw SQLError(
          .unknownIdentifier,
          "Unknown table `\(matcher.qualifier.joined(separator: "."))` before the asterisk",
          at: place,
          hint: NearestName.hint(
            for: matcher.qualifier.last ?? "",
            among: scope.tables.flatMap(\.qualifiers).compactMap(\.last)))
      }
      all = scope.tables[table].columns.filter { !$0.isHidden }.map { column in
        (
          Scope.SourceColumn(
            scope.displayName(column.name, ofTable: table), column.expression),
          matcher.qualifier, column.name
        )
      }
    }
    let chosen = try choose(matcher.selection, among: all.map(\.own), at: place)
    return chosen.map { i in
      let (column, qualifier, own) = all[i]
      let reference = Expression(
        .identifier(qualifier + [own]), range: place..<place)
      return Matched(
        name: column.name, ownName: own, expression: nil, column: column.expression,
        reference: reference)
    }
  }

  /// Positions of the columns that a selection means.
  private func choose(
    _ selection: ColumnMatcher.Selection, among names: [String], at place: Int
  ) throws(SQLError) -> [Int] {
    switch selection {
    case .all: return Array(names.indices)
    case .list(let wanted):
      var out: [Int] = []
      for name in wanted {
        guard let position = names.firstIndex(of: name) else {
          throw SQLError(
            .unknownIdentifier, "Unknown column `\(name)` in COLUMNS", at: place,
            hint: NearestName.hint(for: name, among: names))
        }
        out.append(position)
      }
      return out
    case .pattern(let pattern):
      return try Self.positions(of: pattern, among: names, "COLUMNS", at: place)
    }
  }

  /// Positions of the names that a regular expression matches.
  private static func positions(
    of pattern: String, among names: [String], _ use: String, at place: Int
  ) throws(SQLError) -> [Int] {
    let regex: RegularExpression
    do throws(RegularExpression.Invalid) {
      regex = try RegularExpression(Array(pattern.utf8)[...], [])
    } catch {
      throw SQLError(
        .cannotCompileRegexp, "\(use) pattern \(pattern) cannot be compiled: \(error.reason)",
        at: place)
    }
    var found: [Int] = []
    for (i, name) in names.enumerated() where try regex.matches(Array(name.utf8)[...]) {
      found.append(i)
    }
    return found
  }

  // MARK: Transformers

  private func apply(
    _ transformer: ColumnTransformer, to columns: inout [Matched], _ used: inout Set<String>,
    at place: Int
  ) throws(SQLError) {
    switch transformer {
    case .except(let names, let isStrict):
      if isStrict { try requireAll(names, among: columns, "EXCEPT", at: place) }
      columns.removeAll { names.contains($0.ownName) }
    case .exceptPattern(let pattern):
      let matched = try Self.positions(
        of: pattern, among: columns.map(\.ownName), "EXCEPT", at: place)
      for i in matched.reversed() { columns.remove(at: i) }
    case .replace(let replacements, let isStrict):
      if isStrict { try requireAll(replacements.map(\.name), among: columns, "REPLACE", at: place) }
      for i in columns.indices {
        guard let found = replacements.first(where: { $0.name == columns[i].ownName }) else {
          continue
        }
        columns[i].expression = found.expression
        columns[i].column = nil
        columns[i].reference = found.expression
      }
    case .apply(let function, let parameters):
      for i in columns.indices {
        let call = Call(
          function, parameters: parameters, [columns[i].reference], nameRange: place..<place)
        change(&columns[i], Expression(.call(call), range: place..<place))
      }
    case .applyLambda(let parameter, let body):
      for i in columns.indices {
        change(&columns[i], body.replacing(parameter, with: columns[i].reference))
      }
    }
  }

  private func change(_ column: inout Matched, _ expression: Expression) {
    column.expression = expression
    column.column = nil
    column.reference = expression
    column.name = name(of: expression)
  }

  private func requireAll(
    _ names: [String], among columns: [Matched], _ word: String, at place: Int
  ) throws(SQLError) {
    for name in names where !columns.contains(where: { $0.ownName == name }) {
      throw SQLError(
        .badArguments, "\(word) STRICT names the column `\(name)`, which is not there", at: place,
        hint: NearestName.hint(for: name, among: columns.map(\.ownName)))
    }
  }
}

extension Expression {
  /// The expression with a free name exchanged: how a lambda is applied.
  func replacing(_ name: String, with value: Expression) -> Expression {
    switch kind {
    case .literal, .matcher, .subquery: return self
    case .identifier(let parts): return parts == [name] ? value : self
    case .alias(let inner, let alias):
      return Expression(.alias(inner.replacing(name, with: value), alias), range: range)
    case .lambda(let parameters, let body):
      if parameters.contains(name) { return self }
      return Expression(
        .lambda(parameters: parameters, body: body.replacing(name, with: value)), range: range)
    case .call(var call):
      call.arguments = call.arguments.map { $0.replacing(name, with: value) }
      call.parameters = call.parameters?.map { $0.replacing(name, with: value) }
      return Expression(.call(call), range: range)
    }
  }
}
