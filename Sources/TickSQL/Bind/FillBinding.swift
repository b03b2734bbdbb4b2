import TickColumns

/// WITH FILL and INTERPOLATE: bounds and steps as constants of the column's type.
struct FillBinding {
  private let select: SelectStatement
  private let builder: ExpressionBuilder
  private let scope: Scope

  init(_ select: SelectStatement, _ builder: ExpressionBuilder, _ scope: Scope) {
    self.select = select
    self.builder = builder
    self.scope = scope
  }

  /// Nil where nothing is filled. `sorted` is the entry of `block.order` that is.
  func fill(_ block: SelectBlock, _ sorted: Int?) throws(SQLError) -> Fill? {
    let filled = select.orderBy.indices.filter { select.orderBy[$0].fill != nil }
    if let all = select.orderByAll?.fill {
      throw SQLError(
        .notImplemented, "ORDER BY ALL WITH FILL is not supported yet", at: all.range.lowerBound)
    }
    guard let sorted, let clause = filled.first.flatMap({ select.orderBy[$0].fill }) else {
      if let interpolate = select.interpolate {
        throw invalid("INTERPOLATE needs WITH FILL", at: interpolate.range.lowerBound)
      }
      return nil
    }
    guard filled.count == 1 else {
      throw SQLError(
        .notImplemented, "WITH FILL of several columns is not supported yet",
        at: select.orderBy[filled[1]].fill?.range.lowerBound)
    }
    if let staleness = clause.staleness, clause.from != nil {
      throw invalid("WITH FILL STALENESS goes without FROM", at: staleness.range.lowerBound)
    }
    let item = block.order[sorted]
    let type = block.outputs[item.output].type.withoutLowCardinality.withoutNullable
    guard type.isNumber || type.isDateOrTime || type == .date32, type != .bool else {
      throw invalid("WITH FILL over \(type) is not possible", at: clause.range.lowerBound)
    }
    switch type {
    case .int128, .uint128, .float32, .decimal:
      throw SQLError(
        .notImplemented, "WITH FILL over \(type) is not supported yet", at: clause.range.lowerBound)
    default: break
    }
    return Fill(
      column: item.output,
      copies: block.outputs.indices.filter {
        $0 != item.output && block.outputs[$0] === block.outputs[item.output]
      }, type: type, isDescending: item.isDescending,
      prefix: block.order[..<sorted].map(\.output), from: try bound(clause.from, "FROM", type),
      to: try bound(clause.to, "TO", type),
      step: try step(clause.step, "STEP", type, isDescending: item.isDescending),
      staleness: try clause.staleness.map { expression throws(SQLError) in
        try step(expression, "STALENESS", type, isDescending: item.isDescending)
      },
      interpolated: try interpolations(block))
  }

  private func invalid(_ text: String, at place: Int) -> SQLError {
    SQLError(.invalidWithFillExpression, text, at: place)
  }

  private func constant(_ expression: Expression, _ word: String) throws(SQLError)
    -> BoundExpression
  {
    var binding = ExpressionBinding(
      Scope(tables: [], aliases: scope.aliases, environment: scope.environment), builder)
    let bound = try binding.bind(expression, in: .plain("WITH FILL"))
    guard bound.constant != nil, bound.constant != .null else {
      throw invalid("WITH FILL \(word) must be a constant", at: expression.range.lowerBound)
    }
    return bound
  }

  private func bound(
    _ expression: Expression?, _ word: String, _ type: DataType
  ) throws(SQLError) -> Value? {
    guard let expression else { return nil }
    let place = expression.range.lowerBound
    let bound = try constant(expression, word)
    let given = bound.type.withoutNullable
    guard given.isNumber ? true : given.isDateOrTime && type.isDateOrTime else {
      throw invalid(
        "WITH FILL \(word) of type \(given) does not fit a column of \(type)", at: place)
    }
    if type.isInteger, !type.isSignedInteger {
      switch bound.constant {
      case .int?: throw invalid("WITH FILL \(word) cannot be negative for \(type)", at: place)
      default: break
      }
    }
    return try builder.cast(bound, to: type).constant
  }

  private func step(
    _ expression: Expression?, _ word: String, _ type: DataType, isDescending: Bool
  ) throws(SQLError) -> Fill.Step {
    guard let expression else {
      let one: Int64 = isDescending ? -1 : 1
      return type == .float64 ? .float(Double(one)) : .integer(one)
    }
    let place = expression.range.lowerBound
    let bound = try constant(expression, word)
    var sign: Double
    let step: Fill.Step
    if case .interval(let unit) = bound.type {
      guard type.isDateOrTime, let count = bound.constant?.int64 else {
        throw invalid("WITH FILL \(word) of an interval needs a date or a time", at: place)
      }
      sign = Double(count)
      step = try interval(unit, count, word, type, bound, at: place)
    } else if type == .float64, let number = bound.constant?.double {
      sign = number
      step = .float(number)
    } else if let number = bound.constant?.int64 {
      sign = Double(number)
      // A bare number counts seconds of a time with a fraction.
      var scale: Int64 = 1
      if case .dateTime64(let precision, _) = type { for _ in 0..<precision { scale *= 10 } }
      let (scaled, overflow) = number.multipliedReportingOverflow(by: scale)
      guard !overflow else { throw invalid("WITH FILL \(word) is too large", at: place) }
      step = .integer(scaled)
    } else {
      throw invalid("WITH FILL \(word) of type \(bound.type) does not fit \(type)", at: place)
    }
    // A row may be stale at once; a step has to lead on.
    if sign == 0, word == "STALENESS" { return step }
    if sign == 0 || sign.isNaN {
      throw invalid("WITH FILL \(word) value cannot be zero", at: place)
    }
    guard (sign < 0) == isDescending else {
      throw invalid(
        "WITH FILL \(word) must be \(isDescending ? "negative" : "positive") in this direction",
        at: place)
    }
    return step
  }

  /// Units of a fixed length are numbers; months and longer ones, and days of times, ask the calendar.
  private func interval(
    _ unit: IntervalUnit, _ count: Int64, _ word: String, _ type: DataType,
    _ bound: BoundExpression,
    at place: Int
  ) throws(SQLError) -> Fill.Step {
    let nanoseconds: Int64? =
      switch unit {
      case .nanosecond: 1
      case .microsecond: 1_000
      case .millisecond: 1_000_000
      case .second: 1_000_000_000
      case .minute: 60_000_000_000
      case .hour: 3_600_000_000_000
      case .day, .week, .month, .quarter, .year: nil
      }
    let tick: Int64?
    switch type {
    case .dateTime: tick = 1_000_000_000
    case .dateTime64(let precision, _):
      tick = (0..<(9 - Int64(precision))).reduce(Int64(1)) { product, _ in product * 10 }
    default: tick = nil
    }
    if let nanoseconds {
      guard let tick, nanoseconds >= tick || nanoseconds % tick == 0, nanoseconds / tick > 0 else {
        throw invalid("WITH FILL \(word) of \(unit.rawValue) is too fine for \(type)", at: place)
      }
      let (ticks, overflow) = count.multipliedReportingOverflow(by: nanoseconds / tick)
      guard !overflow else { throw invalid("WITH FILL \(word) is too large", at: place) }
      return .integer(ticks)
    }
    let column = builder.pool.column(0, type, name: "value")
    let next = try builder.call("plus", [column, bound], at: place)
    return .calendar(try builder.cast(next, to: type))
  }

  // MARK: INTERPOLATE

  private func interpolations(_ block: SelectBlock) throws(SQLError) -> [Fill.Interpolation] {
    guard let clause = select.interpolate else { return [] }
    let names = block.schema.fields.map(\.name)
    let ordered = Set(block.order.map(\.output))
    guard let columns = clause.columns else {
      return names.indices.filter { !ordered.contains($0) }.map {
        Fill.Interpolation(column: $0, expression: nil, inputs: [])
      }
    }
    var out: [Fill.Interpolation] = []
    for column in columns {
      guard let place = names.firstIndex(of: column.name) else {
        throw SQLError(
          .unknownIdentifier, "Column `\(column.name)` of INTERPOLATE is not in the SELECT list",
          at: clause.range.lowerBound,
          hint: NearestName.hint(for: column.name, among: names))
      }
      guard !ordered.contains(place) else {
        throw invalid(
          "Column \(column.name) is both in ORDER BY and in INTERPOLATE",
          at: clause.range.lowerBound)
      }
      guard let expression = column.expression else {
        out.append(Fill.Interpolation(column: place, expression: nil, inputs: []))
        continue
      }
      // Names mean columns of the result.
      let sources = block.schema.fields.enumerated().map { i, field in
        Scope.SourceColumn(field.name, builder.pool.column(i, field.type, name: field.name))
      }
      var binding = ExpressionBinding(
        Scope(
          tables: [Scope.Table(qualifiers: [], columns: sources)], environment: scope.environment),
        builder)
      let bound = try builder.cast(
        try binding.bind(expression, in: .plain("INTERPOLATE")), to: block.schema[place].type)
      let used = ExpressionWalk([bound]).columns.sorted()
      let mover = ColumnMover(
        Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, $0) }), builder.pool)
      out.append(
        Fill.Interpolation(column: place, expression: try mover.moved(bound), inputs: used))
    }
    return out
  }
}
