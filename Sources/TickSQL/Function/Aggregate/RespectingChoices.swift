/// any and anyLast where NULL counts as a value.
import TickColumns

extension AggregateFunction {
  /// What RESPECT NULLS makes of a function, and IGNORE NULLS of the other.
  static let choices: [(plain: String, respecting: String)] = [
    ("any", "any_respect_nulls"), ("anyLast", "anyLast_respect_nulls"),
  ]

  static let respectingChoices: [AggregateFunction] = [
    respecting(
      "any_respect_nulls", isLast: false,
      [
        "first_value_respect_nulls", "any_value_respect_nulls", "anyRespectNulls",
        "firstValueRespectNulls", "anyValueRespectNulls",
      ]),
    respecting(
      "anyLast_respect_nulls", isLast: true,
      ["last_value_respect_nulls", "anyLastRespectNulls", "lastValueRespectNulls"]),
  ]

  private static func respecting(
    _ name: String, isLast: Bool, _ aliases: [String]
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x", result: "type of x",
      summary: "The value of the row that arrived \(isLast ? "last" : "first"), NULL if it is: "
        + "`\(isLast ? "anyLast" : "any")(x) RESPECT NULLS`.", arity: 1...1, aliases: aliases,
      aliasesAnyCase: false, traits: [.takesNulls, .ignoresRepeats]
    ) { call in
      let type = call.types[0]
      return AggregateResolution(type: type, needsOrder: true, neverNull: true) {
        RespectingChoiceState(type, isLast: isLast)
      }
    }
  }
}

final class RespectingChoiceState: AggregateState {
  private let type: DataType
  private let isLast: Bool
  private var values: [Value] = []
  private var orders: [UInt64?] = []
  private var bytes = 0

  init(_ type: DataType, isLast: Bool) {
    self.type = type
    self.isLast = isLast
  }

  func resize(_ count: Int) {
    values.extend(to: count, with: type.isNullable ? .null : .defaultValue(of: type))
    orders.extend(to: count, with: nil)
  }

  func update(_ input: AggregateInput) {
    let column = input.column(0)
    for run in 0..<input.runs.starts.count {
      let range = input.runs.range(run)
      guard var best = range.first else { continue }
      for row in range.dropFirst() where wins(input.order.number(row), input.order.number(best)) {
        best = row
      }
      offer(Int(input.runs.groups[run]), column.value(at: best), input.order.number(best))
    }
  }

  /// Elements of one row have one number and come in their order.
  private func wins(_ later: UInt64, _ number: UInt64) -> Bool {
    isLast ? later >= number : later < number
  }

  private func offer(_ group: Int, _ value: Value, _ order: UInt64) {
    if let known = orders[group], !wins(order, known) { return }
    orders[group] = order
    values[group] = value
    bytes += value.byteCount
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? RespectingChoiceState else { return }
    for (theirs, ours) in groups.enumerated() {
      if let order = other.orders[theirs] { offer(Int(ours), other.values[theirs], order) }
    }
  }

  func finish() -> Column { Column(type, of: values) }
  var byteCount: Int { values.count * 48 + bytes }
}
