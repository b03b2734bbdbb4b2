/// GROUP BY over buckets of time, answered from the partial candles that a table keeps.
///
/// A partial stands for its rows where every key and every condition has one value for all of them, and where each aggregate can be
/// taken from what a partial has. The answer is the same to the last bit, so nobody needs to know; EXPLAIN says it.
///
/// Invariants:
/// 1. An expression is *even* over buckets of w seconds when it has one value in each of them: codes are, and so are functions of
///    the time that change at multiples of w seconds only. Clocks with offsets of odd seconds (before 1970 too) are no such functions.
/// 2. Conditions that compare the time with a constant bound the buckets; all others are even.
import TickColumns

struct CandlePlan: Sendable {
  let request: CandleRequest
  /// The conditions that are not bounds of the time, over the columns of the scan.
  let filter: [BoundExpression]
  /// One for each aggregate.
  let measures: [CandleMeasure]

  /// Nil where the rows must be read.
  init?(_ block: SelectBlock, _ context: QueryContext) {
    let session = context.sessionZone
    // Which groups come first is seen where only so many are kept.
    guard context.options.readsCandles,
      context.limits.groupsMax == 0 || context.limits.groupOverflow == .fails,
      let grouping = block.grouping, case .table(let reference) = block.source,
      let candles = reference.table.candles
    else { return nil }
    var evenness = Evenness(candles, reference.fields, session: session)
    for key in grouping.keys { guard evenness.takes(key) else { return nil } }
    var bounds = TimeBounds(reference.fields, candles.time, session)
    var filter: [BoundExpression] = []
    for condition in block.filter where !bounds.take(condition) {
      guard evenness.takes(condition) else { return nil }
      filter.append(condition)
    }
    var measures: [CandleMeasure] = []
    for call in grouping.calls {
      guard let measure = CandleMeasure(call, candles, reference.fields, &evenness) else {
        return nil
      }
      measures.append(measure)
    }
    // How many rows a run has is known without reading anything.
    guard evenness.usesTime || bounds.isBound || measures.contains(where: { $0 != .rowCount })
    else { return nil }
    // What divides the offsets of a clock is known since 1970.
    if evenness.needsZone { bounds.lower = max(bounds.lower ?? 0, 0) }
    self.filter = filter
    self.measures = measures
    request = CandleRequest(
      seconds: evenness.seconds, lower: bounds.lower, upper: bounds.upper)
  }
}

/// What of partials an aggregate takes.
enum CandleMeasure: Sendable, Hashable {
  case rowCount
  /// Totals to add; for an average with their counts.
  case volume, notional, buyVolume
  /// A column of partials as the argument of an ordinary update.
  case value(Part)
  /// The same with the time and the sequence of the open, or of the close.
  case open(Part)
  case close(Part)

  enum Part: Sendable, Hashable {
    case open, high, low, close, openTime, closeTime, firstID, lastID
  }

  fileprivate init?(
    _ call: AggregateCall, _ candles: CandleTable, _ fields: [Field], _ evenness: inout Evenness
  ) {
    func name(_ i: Int) -> String? {
      guard call.arguments.indices.contains(i), case .column(let position) = call.arguments[i].kind
      else { return nil }
      return fields[position].name
    }
    guard !call.isDistinct, call.variant.chain.isEmpty, call.variant.parameters.isEmpty,
      call.variant.suffixes.isSubset(of: .if)
    else { return nil }
    if let condition = call.condition {
      if call.function.name == "sum", !call.isProduct, name(0) == candles.quantity,
        candles.isBuy(condition, fields)
      {
        self = .buyVolume
        return
      }
      guard evenness.takes(condition) else { return nil }
    }
    switch (call.function.name, call.arguments.count) {
    case ("count", 0): self = .rowCount
    case ("count", 1) where !call.arguments[0].type.isNullable && name(0) != nil: self = .rowCount
    case ("sum", 2), ("avg", 2):
      guard call.isProduct, Set([name(0), name(1)]) == [candles.price, candles.quantity] else {
        return nil
      }
      self = .notional
    case ("sum", 1), ("avg", 1):
      guard !call.isProduct, name(0) == candles.quantity else { return nil }
      self = .volume
    case ("min", 1) where name(0) == candles.price: self = .value(.low)
    case ("max", 1) where name(0) == candles.price: self = .value(.high)
    case ("min", 1) where name(0) == candles.time: self = .value(.openTime)
    case ("max", 1) where name(0) == candles.time: self = .value(.closeTime)
    case ("argMin", 2) where name(1) == candles.time:
      guard let part = candles.part(name(0), (.open, .openTime, .firstID)) else { return nil }
      self = .open(part)
    case ("argMax", 2) where name(1) == candles.time:
      guard let part = candles.part(name(0), (.close, .closeTime, .lastID)) else { return nil }
      self = .close(part)
    default: return nil
    }
  }
}

extension CandleTable {
  fileprivate func part(
    _ name: String?, _ parts: (CandleMeasure.Part, CandleMeasure.Part, CandleMeasure.Part)
  ) -> CandleMeasure.Part? {
    guard let name else { return nil }
    if name == price { return parts.0 }
    if name == time { return parts.1 }
    return name == identifier ? parts.2 : nil
  }

  /// `side = 'buy'`.
  fileprivate func isBuy(_ condition: BoundExpression, _ fields: [Field]) -> Bool {
    guard let side, case .call(let call) = condition.kind, call.function == "equals",
      call.arguments.count == 2
    else { return false }
    for (column, value) in [(0, 1), (1, 0)] {
      guard case .column(let position) = call.arguments[column].kind,
        fields[position].name == side, let constant = call.arguments[value].constant,
        call.arguments[value].type.isEnum || call.arguments[value].type.isInteger
      else { continue }
      return constant.int64 == Int64(buy)
    }
    return false
  }
}

// MARK: Conditions

/// The instants that conditions on the time leave.
private struct TimeBounds {
  var lower: Int64?
  var upper: Int64?
  private let time: String
  private let constraints: Constraints
  private let fields: [Field]

  init(_ fields: [Field], _ time: String, _ session: TimeZone) {
    self.time = time
    self.fields = fields
    constraints = Constraints(fields: fields, session: session)
  }

  var isBound: Bool { lower != nil || upper != nil }

  /// Takes a comparison of the time with a constant; false for any other condition.
  mutating func take(_ condition: BoundExpression) -> Bool {
    guard case .call(let call) = condition.kind, call.arguments.count == 2,
      call.arguments.contains(where: isTime),
      let constraint = constraints.extract([condition]).first,
      case .range(let low, let lowIsInclusive, let high, let highIsInclusive) =
        constraint.condition
    else { return false }
    var (from, to) = (lower, upper)
    if let low {
      guard case .int(let instant) = low, let first = lowIsInclusive ? instant : instant.next else {
        return false
      }
      from = max(from ?? first, first)
    }
    if let high {
      guard case .int(let instant) = high, let end = highIsInclusive ? instant.next : instant else {
        return false
      }
      to = min(to ?? end, end)
    }
    (lower, upper) = (from, to)
    return true
  }

  private func isTime(_ expression: BoundExpression) -> Bool {
    guard case .column(let position) = expression.kind else { return false }
    return fields[position].name == time
  }
}

extension Int64 {
  fileprivate var next: Int64? { self == .max ? nil : self + 1 }
}

// MARK: Evenness

/// Whether expressions have one value in each bucket, and in how wide ones.
private struct Evenness {
  /// Buckets may be as wide as this, and no wider.
  private(set) var seconds: Int64 = 86_400
  /// A clock that is not UTC's was asked.
  private(set) var needsZone = false
  /// A function of the time was asked.
  private(set) var usesTime = false
  private let candles: CandleTable
  private let fields: [Field]
  private let session: TimeZone

  init(_ candles: CandleTable, _ fields: [Field], session: TimeZone) {
    self.candles = candles
    self.fields = fields
    self.session = session
  }

  mutating func takes(_ expression: BoundExpression) -> Bool {
    switch expression.kind {
    case .constant: return true
    case .column(let position): return candles.codes.contains(fields[position].name)
    case .call(let call):
      if let first = call.arguments.first, let zone = clock(first) { return takes(call, zone) }
      return Self.pure.contains(call.function) && takes(call.arguments)
    case .choice(let conditions, let results): return takes(conditions) && takes(results)
    case .lazyLogic(_, let arguments): return takes(arguments)
    case .aggregate, .window: return false
    }
  }

  private mutating func takes(_ all: [BoundExpression]) -> Bool {
    for one in all { guard takes(one) else { return false } }
    return true
  }

  /// The clock of the time column, or of the same on another one; nil for other expressions.
  private func clock(_ expression: BoundExpression) -> TimeZone? {
    if case .column(let position) = expression.kind, fields[position].name == candles.time {
      return fields[position].type.timeZone(in: session)
    }
    guard case .call(let call) = expression.kind, call.function == "toTimeZone",
      let first = call.arguments.first, clock(first) != nil,
      call.arguments.dropFirst().allSatisfy({ $0.constant != nil })
    else { return nil }
    return expression.type.timeZone(in: session)
  }

  /// A function of the time and of constants.
  private mutating func takes(_ call: BoundCall, _ ownZone: TimeZone) -> Bool {
    var zone = ownZone
    for argument in call.arguments.dropFirst() {
      guard let constant = argument.constant else { return false }
      guard case .bytes(let name) = constant else { continue }
      guard let named = TimeZone.named(String(decoding: name, as: UTF8.self)) else { return false }
      zone = named
    }
    guard let width = Self.width(call) else { return false }
    usesTime = true
    narrow(to: width)
    // A second is a second on every clock whose offsets are whole seconds.
    guard width > 1, !zone.isUTC else { return true }
    needsZone = true
    narrow(to: zone.evenSeconds)
    return true
  }

  private mutating func narrow(to width: Int64) {
    var (a, b) = (seconds, width)
    while b != 0 { (a, b) = (b, a % b) }
    seconds = a
  }

  /// The values of the function change at multiples of so many seconds on its clock; nil where that is not known.
  private static func width(_ call: BoundCall) -> Int64? {
    if call.function == "toStartOfInterval" {
      guard
        call.arguments.count == 2 || call.arguments.count == 3 && call.arguments[2].type == .string,
        case .interval(let unit) = call.arguments[1].type,
        let count = call.arguments[1].constant?.int64, count > 0
      else { return nil }
      switch unit {
      case .second: return count
      case .minute: return count.multipliedReportingOverflow(by: 60).overflow ? nil : count * 60
      case .hour: return 3_600
      case .day, .week, .month, .quarter, .year: return 86_400
      default: return nil
      }
    }
    return widths[call.function]
  }

  /// Whatever these depend on changes with the minute, the hour or the day.
  private static let widths: [String: Int64] = [
    "toStartOfSecond": 1, "toSecond": 1, "toUnixTimestamp": 1, "toDateTime": 1,
    "toStartOfMinute": 60, "toStartOfFiveMinutes": 300, "toStartOfTenMinutes": 600,
    "toStartOfFifteenMinutes": 900, "toMinute": 60, "toStartOfHour": 3_600, "toHour": 3_600,
    "toStartOfDay": 86_400, "toDate": 86_400, "toDate32": 86_400, "toMonday": 86_400,
    "toStartOfWeek": 86_400, "toStartOfMonth": 86_400, "toStartOfQuarter": 86_400,
    "toStartOfYear": 86_400, "toYear": 86_400, "toQuarter": 86_400, "toMonth": 86_400,
    "toDayOfMonth": 86_400, "toDayOfWeek": 86_400, "toDayOfYear": 86_400, "toWeek": 86_400,
    "toYYYYMM": 86_400, "toYYYYMMDD": 86_400,
  ]

  /// Functions that depend on their arguments alone.
  private static let pure: Set<String> = [
    "toDateTime", "toDateTime64", "toDate", "toUnixTimestamp", "toString", "toInt32", "toInt64",
    "toUInt32", "toUInt64", "CAST", "plus", "minus", "multiply", "divide", "intDiv", "modulo",
    "equals", "notEquals", "less", "lessOrEquals", "greater", "greaterOrEquals", "in", "notIn",
    "and", "or", "not", "like", "notLike", "startsWith", "endsWith", "concat", "lower", "upper",
    "tuple", "toTimeZone", "toHour", "toMinute", "toDayOfWeek", "formatDateTime",
  ]
}
