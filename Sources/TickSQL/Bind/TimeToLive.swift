/// The TTL of a table: a time that every row has, after which it may go.
///
/// Invariants:
/// 1. It is made of one stored column, by functions that keep the order of times. So the bounds of a segment's column tell
///    when its first row expires and when its last one does; whoever deletes looks at the rows themselves.
/// 2. It depends on nothing but the row.
/// 3. It is computed wider than the column is: a time that the column's type could not hold is far away and not past.
public import TickColumns

public struct TimeToLive: Sendable {
  public let text: String
  /// The column that it is made of.
  public let column: String
  private let bound: BoundExpression

  /// - Parameter schema: the stored columns of the table.
  public init(_ expression: Expression, over schema: Schema) throws(SQLError) {
    let place = expression.range.lowerBound
    let shown = expression.formatted(.operators)
    if let query = expression.firstSubquery {
      throw SQLError(.badArguments, "A TTL expression cannot contain subqueries", at: query)
    }
    guard !expression.names.isEmpty else {
      throw SQLError(
        .badArguments,
        "TTL expression \(shown) does not depend on any of the columns of the table", at: place)
    }
    if let name = expression.chanceName {
      throw SQLError(
        .badArguments,
        "TTL expression cannot contain non-deterministic functions, but contains function \(name)",
        at: place)
    }
    let whole = try Binder.bindKey(expression, over: schema)
    guard whole.type.isDayOrTime else {
      throw SQLError(
        .badTTLExpression,
        "TTL expression result column should have Date, Date32, DateTime or DateTime64 type, but has "
          + "\(whole.type)", at: place)
    }
    guard let column = expression.orderedColumn, let position = schema.position(of: column),
      schema[position].type.isDayOrTime
    else {
      throw SQLError(
        .notImplemented,
        "TTL \(shown) is not supported: it may be a column with a time, plus or minus intervals, and the "
          + "start of a unit of it", at: place)
    }
    text = shown
    self.column = column
    let field = schema[position]
    bound = try Binder.bindKey(expression, over: Schema([Field(column, field.type.widerTime)]))
  }

  /// When rows expire, in seconds since 1970-01-01 UTC; 0 for never.
  ///
  /// - Parameter values: of the column.
  public func expiries(_ values: Column) throws(SQLError) -> [Int64] {
    let times = try bound.evaluate(Batch([values.asWiderTime], rowCount: values.count))
    return (0..<times.count).map { row in
      let number: Int64
      switch times.value(at: row) {
      case .int(let value): number = value
      case .uint(let value): number = Int64(clamping: value)
      default: return 0
      }
      switch times.type {
      case .date, .date32: return number.multipliedReportingOverflow(by: 86_400).partialValue
      case .dateTime64(let precision, _):
        var unit: Int64 = 1
        for _ in 0..<min(precision, 18) { unit *= 10 }
        return number / unit - (number % unit < 0 ? 1 : 0)
      default: return number
      }
    }
  }
}

extension DataType {
  fileprivate var isDayOrTime: Bool {
    switch self {
    case .date, .date32, .dateTime, .dateTime64: true
    default: false
    }
  }

  fileprivate var widerTime: DataType {
    switch self {
    case .date: .date32
    case .dateTime(let zone): .dateTime64(precision: 0, zone: zone)
    default: self
    }
  }
}

extension Column {
  fileprivate var asWiderTime: Column {
    switch (type, values) {
    case (.date, .uint16(let days)): Column(type.widerTime, .int32(days.map { Int32($0) }))
    case (.dateTime, .uint32(let seconds)):
      Column(type.widerTime, .int64(seconds.map { Int64($0) }))
    default: self
    }
  }
}

extension Expression {
  /// Functions that say something else tomorrow.
  private static let chances: Set<String> = [
    "rand", "rand32", "rand64", "randconstant", "now", "now64", "today", "yesterday",
    "generateuuidv4", "generateuuidv7", "rownumberinallblocks", "rownumberinblock",
  ]

  fileprivate var chanceName: String? {
    var open = [self]
    while let next = open.popLast() {
      switch next.kind {
      case .alias(let inner, _): open.append(inner)
      case .lambda(_, let body): open.append(body)
      case .call(let call):
        if Self.chances.contains(call.name.lowercased()) { return call.name }
        open += call.arguments + (call.parameters ?? [])
      case .literal, .identifier, .matcher, .subquery: break
      }
    }
    return nil
  }

  /// The one column of an expression that rises with it; nil for other expressions.
  fileprivate var orderedColumn: String? {
    var next = self
    while true {
      switch next.kind {
      case .identifier(let parts): return parts.count == 1 ? parts[0] : nil
      case .call(let call):
        guard let argument = call.orderedArgument else { return nil }
        next = argument
      default: return nil
      }
    }
  }
}

extension Call {
  private static let units = [
    "Second", "Minute", "Hour", "Day", "Week", "Month", "Quarter", "Year", "Millisecond",
    "Microsecond", "Nanosecond",
  ]
  private static let shifts = Set(units.flatMap { ["add\($0)s", "subtract\($0)s"] })
  private static let starts = Set(
    units.map { "toStartOf\($0)" } + [
      "toStartOfFiveMinutes", "toStartOfTenMinutes", "toStartOfFifteenMinutes", "toMonday",
      "toStartOfInterval", "toDate", "toDate32", "toDateTime", "toDateTime64",
    ])

  /// The argument with which the call rises, where all others are constants.
  fileprivate var orderedArgument: Expression? {
    guard parameters == nil, let first = arguments.first else { return nil }
    let rest = arguments.dropFirst()
    switch name {
    case "plus" where arguments.count == 2 && first.firstInconstant == nil: return arguments[1]
    case "plus" where arguments.count == 2, "minus" where arguments.count == 2: break
    case let name where Self.shifts.contains(name) && arguments.count == 2: break
    case let name where Self.starts.contains(name): break
    default: return nil
    }
    return rest.allSatisfy { $0.firstInconstant == nil } ? first : nil
  }
}
