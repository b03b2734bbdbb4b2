import TickColumns

/// The columns that `*`, `t.*` or COLUMNS mean in a scope, after EXCEPT, REPLACE and APPLY: in the SELECT list columns of the result,
/// in a call its arguments.
struct MatchedColumns {
  /// A column on its way through transformers: what it is called now, and the name that EXCEPT and REPLACE know.
  struct Matched {
    var name: String
    let ownName: String
    /// Set once a transformer made it an expression.
    var expression: Expression?
    var column: BoundExpression?
    /// The column as an expression, for functions that are applied to it.
    var reference: Expression
  }

  private let scope: Scope
  private(set) var columns: [Matched] = []

  init(_ matcher: ColumnMatcher, _ scope: Scope, at place: Int) throws(SQLError) {
    self.scope = scope
    var found = try columns(matcher, at: place)
    for transformer in matcher.transformers {
      try apply(transformer, to: &found, at: place)
    }
    columns = found
  }

  private func columns(_ matcher: ColumnMatcher, at place: Int) throws(SQLError) -> [Matched] {
    let all: [(Scope.SourceColumn, own: String)]
    if matcher.qualifier.isEmpty {
      let merged = Set(scope.merged.map(\.name))
      var list: [(Scope.SourceColumn, own: String)] = scope.merged.map { ($0, $0.name) }
      for (i, table) in scope.tables.enumerated() {
        for column in table.columns where !column.isHidden && !merged.contains(column.name) {
          let shown = scope.displayName(column.name, ofTable: i)
          list.append((Scope.SourceColumn(shown, column.expression), column.name))
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
          column.name
        )
      }
    }
    let chosen = try choose(matcher.selection, among: all.map(\.own), at: place)
    return chosen.map { i in
      let (column, own) = all[i]
      let reference = scope.reference(to: column.expression, named: column.name, at: place)
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
    _ transformer: ColumnTransformer, to columns: inout [Matched], at place: Int
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
        try change(&columns[i], Expression(.call(call), range: place..<place))
      }
    case .applyLambda(let parameter, let body):
      for i in columns.indices {
        try change(&columns[i], body.replacing(parameter, with: columns[i].reference))
      }
    }
  }

  private func change(
    _ column: inout Matched, _ expression: Expression
  ) throws(SQLError) {
    column.expression = expression
    column.column = nil
    column.reference = expression
    column.name = try scope.resultName(of: expression)
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

extension Scope {
  /// What a column of the result is called: the alias, or the expression as ClickHouse writes it, with what matchers in it mean.
  func resultName(of expression: Expression) throws(SQLError) -> String {
    if case .alias(_, let name) = expression.kind { return name }
    let written = try expression.expandingMatchers { (matcher, place) throws(SQLError) in
      try MatchedColumns(matcher, self, at: place).columns.map {
        Expression(.identifier([$0.name]), range: place..<place)
      }
    }
    return columnName(
      of: written,
      identifier: { parts in
        if let shown = self.matchedNames[parts[0]] { return shown }
        if self.aliases[parts[0]] == nil, let (table, rest) = self.unqualified(parts) {
          return ([self.displayName(rest[0], ofTable: table)] + rest.dropFirst())
            .joined(separator: ".")
        }
        return parts.joined(separator: ".")
      })
  }

  /// The call with a name for each column that matchers among its arguments mean; `count(*)` stays, since it counts rows.
  func expandingMatchers(of call: Call) throws(SQLError) -> Call {
    try call.expandingMatchers { (matcher, place) throws(SQLError) in
      try MatchedColumns(matcher, self, at: place).columns.map { found in
        if let expression = found.expression { return expression }
        guard let column = found.column else {
          preconditionFailure("a matched column that is nothing")
        }
        return reference(to: column, named: found.name, at: place)
      }
    }
  }

  /// A name for a column that a matcher or `untuple` found. No alias is meant, also where one has the column's name.
  func reference(
    to column: BoundExpression, named shown: String, at place: Int
  ) -> Expression {
    let name = "\u{1}\(matched.count)"
    matched[name] = column
    matchedNames[name] = shown
    return Expression(.identifier([name]), range: place..<place)
  }
}

extension Expression {
  /// With matchers among the arguments of its calls written out, not those of queries in it.
  fileprivate func expandingMatchers(
    _ expand: (ColumnMatcher, Int) throws(SQLError) -> [Expression]
  ) throws(SQLError) -> Expression {
    switch kind {
    case .literal, .identifier, .matcher, .subquery: return self
    case .alias(let inner, let name):
      return Expression(.alias(try inner.expandingMatchers(expand), name), range: range)
    case .lambda(let parameters, let body):
      return Expression(
        .lambda(parameters: parameters, body: try body.expandingMatchers(expand)), range: range)
    case .call(var call):
      call = try call.expandingMatchers(expand)
      for i in call.arguments.indices {
        call.arguments[i] = try call.arguments[i].expandingMatchers(expand)
      }
      return Expression(.call(call), range: range)
    }
  }
}

extension Call {
  fileprivate func expandingMatchers(
    _ expand: (ColumnMatcher, Int) throws(SQLError) -> [Expression]
  ) throws(SQLError) -> Call {
    let hasMatcher = arguments.contains { if case .matcher = $0.kind { true } else { false } }
    guard hasMatcher else { return self }
    if arguments.count == 1, case .matcher(let matcher) = arguments[0].kind, matcher.isPlain,
      name.lowercased() == "count", !isDistinct
    {
      return self
    }
    var out = self
    out.arguments = []
    for argument in arguments {
      guard case .matcher(let matcher) = argument.kind else {
        out.arguments.append(argument)
        continue
      }
      out.arguments += try expand(matcher, argument.range.lowerBound)
    }
    return out
  }
}
