/// Aggregates over events in time: a chain of conditions, and patterns of them.
import TickColumns

extension AggregateFunction {
  static let sequences: [AggregateFunction] = [
    AggregateFunction(
      "windowFunnel", arguments: "time, condition, ...", result: "UInt8",
      summary:
        "The longest chain of conditions met one after the other within the time that the first parameter says. "
        + "More parameters: 'strict_increase', 'strict_order', 'strict_deduplication'.",
      arity: 2...33, traits: .takesParameters
    ) { (call) throws(SQLError) in
      let funnel = try Funnel(call)
      return .collected(call.types, .uint8) { (rows) throws(SQLError) in
        let levels = try CancellationPoint.map(rows.groups.count) { (group) throws(SQLError) in
          try funnel.levels(try EventRows(rows, group, keepsAll: true))
        }
        return Column(.uint8, .uint8(levels))
      }
    },
    sequence(
      "sequenceMatch", "UInt8", "1 where events in the order of time hold the pattern", .uint8
    ) { (rows, pattern) throws(SQLError) in
      var out: [UInt8] = []
      for group in rows.groups {
        out.append(try pattern.count(try EventRows(rows, group), atMost: 1) > 0 ? 1 : 0)
      }
      return Column(.uint8, .uint8(out))
    },
    sequence(
      "sequenceCount", "UInt64",
      "How often events in the order of time hold the pattern, without overlaps", .uint64
    ) { (rows, pattern) throws(SQLError) in
      var out: [UInt64] = []
      for group in rows.groups {
        out.append(UInt64(try pattern.count(try EventRows(rows, group), atMost: .max)))
      }
      return Column(.uint64, .uint64(out))
    },
    AggregateFunction(
      "retention", arguments: "condition, ...", result: "Array(UInt8)",
      summary:
        "For each condition 1 where some row meets it and some row meets the first one, else 0.",
      arity: 2...32
    ) { (call) throws(SQLError) in
      for i in call.types.indices where call.types[i] != .uint8 && call.types[i] != .bool {
        throw call.illegal(i, "UInt8")
      }
      let count = call.types.count
      return .collected(call.types, .array(.uint8)) { rows in
        let marks = (0..<count).map { rows.truths($0) }
        var flags: [UInt8] = []
        for group in rows.groups {
          let met = marks.map { column in rows.rows(group).contains { column[$0] != 0 } }
          flags += met.map { $0 && met[0] ? 1 : 0 }
        }
        let offsets = (0...rows.groups.count).map { $0 * count }
        return Column(
          .array(.uint8),
          .array(ArrayValues(offsets: offsets, elements: Column(.uint8, .uint8(flags)))))
      }
    },
  ]

  private static func sequence(
    _ name: String, _ result: String, _ summary: String, _ type: DataType,
    _ fold:
      @escaping @Sendable (CollectedRows, SequencePattern) throws(SQLError) -> Column
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "time, condition, ...", result: result,
      summary:
        "\(summary) of the parameter: `(?1)` an event that meets condition 1, `.` any, `.*` any number, `(?t<=10)` "
        + "the seconds since the event before.", arity: 1...33, traits: .takesParameters
    ) { (call) throws(SQLError) in
      guard call.types.count > 2 else {
        throw SQLError(
          .tooFewArgumentsForFunction,
          "Aggregate function \(call.name) requires at least 3 arguments", at: call.position)
      }
      try EventRows.check(call)
      guard call.parameters.count == 1, case .bytes(let text) = call.parameters[0].value else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch,
          "Aggregate function \(call.name) requires exactly one parameter: pattern string",
          at: call.position)
      }
      let pattern = try SequencePattern(text, conditions: call.types.count - 1, at: call.position)
      return .collected(call.types, type) { (rows) throws(SQLError) in try fold(rows, pattern) }
    }
  }
}

/// The rows of a group as events: a time, and which conditions hold; in the order of time, then of arrival.
struct EventRows {
  private(set) var times: [UInt64] = []
  /// Bit i: condition i holds.
  private(set) var conditions: [UInt32] = []

  /// Rows that meet no condition are left out, unless `keepsAll`.
  init(_ rows: CollectedRows, _ group: Int, keepsAll: Bool = false) throws(SQLError) {
    let time = KernelValue.column(rows.columns[0]).integers(UInt64.self)
    let marks = (1..<rows.columns.count).map { rows.truths($0) }
    var events: [(time: UInt64, bits: UInt32)] = []
    for row in rows.rows(group) {
      var bits: UInt32 = 0
      for (i, column) in marks.enumerated() where column[row] != 0 { bits |= 1 << UInt32(i) }
      if bits != 0 || keepsAll { events.append((time.element(row), bits)) }
    }
    // Rows come in the order of arrival, and equal times keep it.
    var order = try CancellationPoint.map(events.count) { $0 }
    try CancellationPoint.sort(&order) {
      events[$0].time != events[$1].time ? events[$0].time < events[$1].time : $0 < $1
    }
    times = order.map { events[$0].time }
    conditions = order.map { events[$0].bits }
  }

  var count: Int { times.count }

  static func check(_ call: AggregateBinding) throws(SQLError) {
    switch call.types[0] {
    case .uint8, .uint16, .uint32, .uint64, .date, .dateTime: break
    default: throw call.illegal(0, "an unsigned number, Date or DateTime")
    }
    for i in 1..<call.types.count where call.types[i] != .uint8 && call.types[i] != .bool {
      throw call.illegal(i, "UInt8")
    }
  }
}

/// windowFunnel.
private struct Funnel: Sendable {
  private let window: UInt64
  private let levelCount: Int
  private var increases = false
  private var ordered = false
  private var deduplicates = false

  init(_ call: AggregateBinding) throws(SQLError) {
    try EventRows.check(call)
    levelCount = call.types.count - 1
    guard let first = call.parameters.first else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Aggregate function windowFunnel requires at least one parameter: <window>, [option, ...]",
        at: call.position)
    }
    guard first.type.isInteger, let seconds = first.value.int64, seconds >= 0 else {
      throw SQLError(
        .badArguments, "The window of aggregate function windowFunnel must be a positive integer",
        at: call.position)
    }
    window = UInt64(seconds)
    for option in call.parameters.dropFirst() {
      let name: String =
        if case .bytes(let bytes) = option.value { String(decoding: bytes, as: UTF8.self) } else {
          ""
        }
      switch name {
      case "strict_increase": increases = true
      case "strict_order": ordered = true
      case "strict_deduplication", "strict": deduplicates = true
      case "strict_once", "allow_reentry":
        throw SQLError(
          .notImplemented, "the mode '\(name)' of windowFunnel is not supported yet",
          at: call.position)
      default:
        throw SQLError(
          .badArguments, "Aggregate function windowFunnel doesn't support a parameter: \(name)",
          at: call.position)
      }
    }
  }

  /// How many conditions of the longest chain.
  func levels(_ rows: EventRows) throws(SQLError) -> UInt8 {
    // A row that meets several conditions is several events; one that meets none counts where nothing may come
    // between. At one time the events of earlier conditions come first, whatever their rows.
    var events: [(time: UInt64, level: Int)] = []
    for row in 0..<rows.count {
      for level in 0..<levelCount where rows.conditions[row] >> UInt32(level) & 1 != 0 {
        events.append((rows.times[row], level))
      }
      if ordered, rows.conditions[row] == 0 { events.append((rows.times[row], -1)) }
    }
    try CancellationPoint.sort(&events) {
      $0.time != $1.time ? $0.time < $1.time : $0.level < $1.level
    }
    /// Of each level the time when its chain began, and when it was reached.
    var reached = [(first: UInt64, last: UInt64)?](repeating: nil, count: levelCount)
    var hasFirst = false
    for (place, event) in events.enumerated() {
      if event.level < 0 {
        if hasFirst { break }
        continue
      }
      if event.level == 0 {
        reached[0] = (event.time, event.time)
        hasFirst = true
        if levelCount == 1 { return 1 }
      } else if deduplicates, reached[event.level] != nil {
        return UInt8(truncatingIfNeeded: events[place - 1].level + 1)
      } else if ordered, hasFirst, reached[event.level - 1] == nil {
        return UInt8(truncatingIfNeeded: reached.firstIndex { $0 == nil } ?? levelCount)
      } else if let before = reached[event.level - 1] {
        let (limit, overflow) = before.first.addingReportingOverflow(window)
        guard overflow || event.time <= limit, !increases || before.last < event.time else {
          continue
        }
        reached[event.level] = (before.first, event.time)
        if event.level + 1 == levelCount { return UInt8(truncatingIfNeeded: levelCount) }
      }
    }
    return UInt8(truncatingIfNeeded: (reached.lastIndex { $0 != nil } ?? -1) + 1)
  }
}

/// The pattern of sequenceMatch and sequenceCount.
struct SequencePattern: Sendable {
  private enum Action: Sendable {
    case event(UInt32)
    case any
    case anyNumber
    /// The distance to the event before, compared with seconds.
    case distance(Comparison, UInt64)
  }
  private enum Comparison: String, CaseIterable {
    case lessOrEqual = "<=", greaterOrEqual = ">=", equal = "==", less = "<", greater = ">"
  }

  private var actions: [Action] = [.anyNumber]
  private var hasTime = false
  /// Conditions that stand in the pattern: without an event for each there is no match.
  private var needed: UInt32 = 0

  init(_ text: [UInt8], conditions: Int, at place: Int?) throws(SQLError) {
    var rest = text[...]
    func failure(_ what: String) -> SQLError {
      SQLError(
        .syntaxError,
        "Could not parse the pattern of a sequence, \(what) at position \(text.count - rest.count)",
        at: place)
    }
    func take(_ prefix: String) -> Bool {
      guard rest.starts(with: prefix.utf8) else { return false }
      rest = rest.dropFirst(prefix.utf8.count)
      return true
    }
    func number() throws(SQLError) -> UInt64 {
      let digits = rest.prefix { $0 &- 0x30 <= 9 }
      guard let value = UInt64(String(decoding: digits, as: UTF8.self)) else {
        throw failure("expected a number")
      }
      rest = rest.dropFirst(digits.count)
      return value
    }
    while !rest.isEmpty {
      if take("(?") {
        if take("t") {
          guard let comparison = Comparison.allCases.first(where: { take($0.rawValue) }) else {
            throw failure("unknown time condition")
          }
          switch actions.last {
          case .event, .any, .anyNumber: break
          default: throw failure("a time condition must be preceded by an event condition")
          }
          hasTime = true
          actions.append(.distance(comparison, try number()))
        } else {
          let event = try number()
          guard event >= 1, event <= UInt64(conditions) else {
            throw SQLError(.badArguments, "Event number \(event) is out of range", at: place)
          }
          needed |= 1 << UInt32(event - 1)
          actions.append(.event(UInt32(event - 1)))
        }
        guard take(")") else { throw failure("expected closing parenthesis") }
      } else if take(".*") {
        actions.append(.anyNumber)
      } else if take(".") {
        actions.append(.any)
      } else {
        throw failure("unexpected symbol")
      }
    }
  }

  /// Steps of one search at most; more is error 160.
  private static let stepsMax = 1_000_000

  func count(_ events: EventRows, atMost most: Int) throws(SQLError) -> Int {
    let met = events.conditions.reduce(0) { $0 | $1 }
    guard met & needed == needed else { return 0 }
    var count = 0
    var start = 0
    while count < most {
      guard let end = try hasTime ? tracked(events, from: start) : first(events, from: start),
        end > start
      else { break }
      count += 1
      start = end
    }
    return count
  }

  /// Where the shortest match ends: all ways to match go on side by side.
  private func first(_ events: EventRows, from start: Int) -> Int? {
    var active = [Bool](repeating: false, count: actions.count + 1)
    func open(_ states: inout [Bool]) {
      for (i, action) in actions.enumerated() where states[i] {
        if case .anyNumber = action { states[i + 1] = true }
      }
    }
    active[0] = true
    open(&active)
    for event in start..<max(start, events.count) {
      var next = [Bool](repeating: false, count: actions.count + 1)
      for (i, action) in actions.enumerated() where active[i] {
        switch action {
        case .event(let condition):
          if events.conditions[event] >> condition & 1 != 0 { next[i + 1] = true }
        case .any: next[i + 1] = true
        case .anyNumber: next[i] = true
        case .distance: break
        }
      }
      open(&next)
      if next[actions.count] { return event + 1 }
      active = next
    }
    return nil
  }

  /// The same with times, which depend on the way taken: one way after the other.
  private func tracked(_ events: EventRows, from start: Int) throws(SQLError) -> Int? {
    var open: [(action: Int, event: Int, base: Int)] = []
    var (action, event, base) = (0, start, start)
    func backtrack() -> Bool {
      guard let last = open.popLast() else { return false }
      (action, event, base) = (last.action, last.event + 1, last.base)
      return true
    }
    func advance() {
      base = event
      action += 1
    }
    var steps = 0
    while action < actions.count, event < events.count {
      switch actions[action] {
      case .event(let condition):
        if events.conditions[event] >> condition & 1 != 0 {
          advance()
          event += 1
        } else if !backtrack() {
          return nil
        }
      case .any:
        advance()
        event += 1
      case .anyNumber:
        open.append((action, event, base))
        advance()
      case .distance(let comparison, let seconds):
        let (limit, overflow) = events.times[base].addingReportingOverflow(seconds)
        let time = events.times[event]
        let holds =
          switch comparison {
          case .lessOrEqual: overflow || time <= limit
          case .less: overflow || time < limit
          case .greaterOrEqual: !overflow && time >= limit
          case .greater: !overflow && time > limit
          case .equal: !overflow && time == limit
          }
        if holds {
          open.append((action, event, base))
          advance()
        } else if comparison == .lessOrEqual || comparison == .less {
          if !backtrack() { return nil }
        } else {
          event += 1
          if event == events.count, !backtrack() { return nil }
        }
      }
      steps += 1
      guard steps <= Self.stepsMax else {
        throw SQLError(
          .tooSlow,
          "Pattern application proves too difficult, exceeding max iterations "
            + "(\(Self.stepsMax))")
      }
    }
    while action < actions.count, case .anyNumber = actions[action] { action += 1 }
    return action == actions.count ? event : nil
  }
}
