import TickColumns

/// Subqueries in expressions: run while the statement is bound, as in ClickHouse, and kept as constants.
extension ExpressionBinding {
  /// A subquery as one value. No row is NULL, so the type is nullable.
  func bindScalar(_ query: QueryStatement, at place: Int) throws(SQLError) -> BoundExpression {
    let rows: SubqueryRows
    do throws(SQLError) {
      rows = try subqueryRows(query, max: 2, at: place)
    } catch {
      if error.code == .unknownIdentifier,
        let value = try Decorrelation(self, query, at: place)?.scalar()
      {
        return value
      }
      throw error
    }
    guard rows.values.count < 2 else {
      throw SQLError(
        .incorrectResultOfScalarSubquery, "Scalar subquery returned more than one row", at: place)
    }
    guard rows.types.count == 1 else {
      guard let value = rows.values.first else {
        throw SQLError(
          .notImplemented,
          "a scalar subquery of several columns without a row is not supported yet", at: place)
      }
      let elements = rows.schema.fields.map {
        TupleElement(name: $0.name, type: $0.type.withoutLowCardinality)
      }
      return builder.constant(value, .tuple(elements), at: place)
    }
    let type = rows.types[0].withoutLowCardinality.madeNullable
    // There are no nullable arrays and tuples.
    let none: Value = type.isNullable ? .null : .defaultValue(of: type)
    return builder.constant(rows.values.first ?? none, type, at: place)
  }

  func bindExists(_ query: QueryStatement, at place: Int) throws(SQLError) -> BoundExpression {
    do throws(SQLError) {
      let rows = try subqueryRows(query, max: 1, at: place)
      return builder.constant(.uint(rows.values.isEmpty ? 0 : 1), .uint8, at: place)
    } catch {
      if error.code == .unknownIdentifier,
        let value = try Decorrelation(self, query, at: place)?.exists()
      {
        return value
      }
      throw error
    }
  }

  /// The right side of IN where it is a query or the name of a table: its rows as constants. Nil for anything else.
  func bindSet(_ argument: Expression) throws(SQLError) -> BoundExpression? {
    switch argument.kind {
    case .subquery(let query): return try bindSet(query, at: argument.range.lowerBound)
    case .identifier(let parts):
      guard parts.count <= 2, scope.aliases[parts[0]] == nil, !scope.knows(parts) else {
        return nil
      }
      let name = QualifiedName(
        database: parts.count == 2 ? parts[0] : nil, name: parts[parts.count - 1],
        range: argument.range)
      let isQuery = parts.count == 1 && scope.environment.query(named: parts[0]) != nil
      guard isQuery || TableFinder.known(name, builder.context) != nil else { return nil }
      var select = SelectStatement(
        items: [SelectItem(Expression(.matcher(ColumnMatcher()), range: argument.range))],
        range: argument.range)
      select.from = .table(name, alias: nil, TableModifiers())
      return try bindSet(
        QueryStatement(body: .select(select), range: argument.range), at: argument.range.lowerBound)
    default: return nil
    }
  }

  private func bindSet(_ query: QueryStatement, at place: Int) throws(SQLError) -> BoundExpression {
    let rows: SubqueryRows
    do throws(SQLError) {
      rows = try subqueryRows(
        query, max: Self.setValuesMax + 1, at: place, limit: builder.context.limits.set)
    } catch {
      if error.code == .unknownIdentifier,
        let correlated = try Decorrelation(self, query, at: place)
      {
        throw correlated.refusal("IN before it")
      }
      throw error
    }
    guard rows.values.count <= Self.setValuesMax else {
      throw SQLError(
        .notImplemented,
        "IN of a subquery with more than \(Self.setValuesMax) rows is not supported yet", at: place)
    }
    let type =
      rows.types.count == 1
      ? rows.types[0] : .tuple(rows.types.map { TupleElement(type: $0) })
    return builder.pool.constant(
      .tuple(rows.values),
      .tuple(Array(repeating: TupleElement(type: type), count: rows.values.count)), at: place,
      label: "_subquery")
  }

  /// IN keeps its values as constants of the plan.
  private static let setValuesMax = 100_000

  /// Up to `max` rows of a subquery.
  func subqueryRows(
    _ query: QueryStatement, max: Int, at place: Int, limit: SizeLimit = SizeLimit()
  ) throws(SQLError) -> SubqueryRows {
    let plan = try Binder.bind(nested: query, builder.context.ofSubquery, scope.environment)
    let execution = try plan.execute()
    var values: [Value] = []
    var bytes = 0
    var goesOn = true
    while goesOn, values.count < max, let batch = try execution.next() {
      bytes += batch.byteCount
      for row in 0..<min(batch.rowCount, max - values.count) {
        let cells = batch.columns.map { $0.value(at: row) }
        values.append(cells.count == 1 ? cells[0] : .tuple(cells))
      }
      goesOn = try limit.allows(
        rows: values.count, bytes: bytes, "IN-set", .setSizeLimitExceeded)
    }
    return SubqueryRows(schema: execution.schema, values: values)
  }
}

/// Rows of a subquery; those of several columns are tuples.
struct SubqueryRows {
  let schema: Schema
  let values: [Value]

  var types: [DataType] { schema.fields.map(\.type) }
}

extension Scope {
  /// The name means a column.
  fileprivate func knows(_ parts: [String]) -> Bool {
    column(named: parts.joined(separator: ".")) != nil || column(named: parts[0]) != nil
      || unqualified(parts) != nil
  }
}
