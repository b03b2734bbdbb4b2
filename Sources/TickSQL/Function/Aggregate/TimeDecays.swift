/// exponentialTimeDecayedSum and its kin: values that count less the longer ago they came, over the frame of a window.
///
/// What lies before a row by the time d counts exp(-d / length); the last row of the frame counts in full.
import Glibc
import TickColumns

extension AggregateFunction {
  static let timeDecays: [AggregateFunction] = [
    decayed("exponentialTimeDecayedSum", .sum, "The sum of x"),
    decayed("exponentialTimeDecayedAvg", .average, "The average of x"),
    decayed("exponentialTimeDecayedMax", .greatest, "The greatest x"),
    decayed("exponentialTimeDecayedCount", .count, "How many rows there are"),
  ]

  private static func decayed(
    _ name: String, _ result: DecayResult, _ summary: String
  ) -> AggregateFunction {
    let hasValue = result != .count
    return AggregateFunction(
      name, arguments: hasValue ? "x, time" : "time", result: "Float64",
      summary:
        "\(summary), each times exp of how long before the last row it came, over the parameter: "
        + "`\(name)(60)(\(hasValue ? "x, t" : "t")) OVER (ORDER BY t)`. With OVER only.",
      arity: hasValue ? 2...2 : 1...1, traits: [.takesParameters, .needsWindow]
    ) { (call) throws(SQLError) in
      guard call.parameters.count == 1 else {
        throw SQLError(
          .numberOfArgumentsDoesntMatch, "Function \(call.name) takes exactly one parameter",
          at: call.position)
      }
      guard let length = call.parameters[0].value.double else {
        throw SQLError(
          .cannotConvertType, "The parameter of function \(call.name) must be a number",
          at: call.position)
      }
      let (value, time) = (call.types[0], call.types[call.types.count - 1])
      guard !hasValue || value.isPlainNumber || value.isDecimal else {
        throw refusal(call, 0, "a number")
      }
      switch time {
      case .dateTime, .dateTime64: break
      default:
        guard time.isPlainNumber else {
          throw refusal(call, call.types.count - 1, "DateTime, DateTime64 or a number")
        }
      }
      return AggregateResolution(type: .float64) {
        DecayState(result, length: length, call.types)
      }
    }
  }

  private static func refusal(_ call: AggregateBinding, _ i: Int, _ wanted: String) -> SQLError {
    SQLError(
      .badArguments,
      "Argument \(i) of function \(call.name) must be \(wanted), '\(call.types[i])' given",
      at: call.position)
  }
}

enum DecayResult: Sendable { case sum, average, greatest, count }

/// Invariants:
/// 1. Sums are as of the time of the last row.
/// 2. A window gives rows in its own order, and merges what lies before them.
private final class DecayState: AggregateState {
  private let result: DecayResult
  private let length: Double
  private let types: [DataType]
  private var groups: [Decayed] = []

  private struct Decayed {
    var sum = 0.0
    var count = 0.0
    var greatest = -Double.infinity
    var time = 0.0
    var hasRows = false

    mutating func age(to later: Double, _ length: Double) {
      let factor = exp((time - later) / length)
      sum *= factor
      count *= factor
      greatest *= factor
      time = later
    }

    mutating func add(_ value: Double, at later: Double, _ length: Double) {
      // A length of 0 makes nan of no time at all.
      let own = Decayed(
        sum: value * exp(0 / length), count: exp(0 / length), greatest: value * exp(0 / length),
        time: later, hasRows: true)
      self = own.behind(self, length)
    }

    func behind(_ earlier: Decayed, _ length: Double) -> Decayed {
      guard earlier.hasRows else { return self }
      guard hasRows else { return earlier }
      var (before, out) = (earlier, self)
      before.age(to: time, length)
      out.sum += before.sum
      out.count += before.count
      out.greatest = max(out.greatest, before.greatest)
      return out
    }
  }

  init(_ result: DecayResult, length: Double, _ types: [DataType]) {
    self.result = result
    self.length = length
    self.types = types
  }

  func resize(_ count: Int) { groups.extend(to: count, with: Decayed()) }

  func update(_ input: AggregateInput) {
    let times = Self.numbers(input.operands[types.count - 1], types[types.count - 1])
    let values = types.count > 1 ? Self.numbers(input.operands[0], types[0]) : .scalar(1)
    for run in 0..<input.runs.starts.count {
      let group = Int(input.runs.groups[run])
      for row in input.runs.range(run) {
        groups[group].add(values.element(row), at: times.element(row), length)
      }
    }
  }

  /// Decimals and times by their scale.
  private static func numbers(_ operand: KernelValue, _ type: DataType) -> Vector<Double> {
    let scale: Double
    switch type {
    case .dateTime64(let precision, _): scale = Double(powersOfTen[Int(precision)])
    case .decimal(_, let digits): scale = pow(10, Double(digits))
    default: return operand.doubles()
    }
    switch operand.doubles() {
    case .array(let numbers): return .array(numbers.map { $0 / scale })
    case .scalar(let number): return .scalar(number / scale)
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? DecayState else { return }
    for (theirs, ours) in groups.enumerated() {
      self.groups[Int(ours)] = self.groups[Int(ours)].behind(other.groups[theirs], length)
    }
  }

  func finish() -> Column {
    Column(
      .float64,
      .float64(
        groups.map { group in
          switch result {
          case .sum: group.sum
          case .count: group.count
          case .average: !group.hasRows ? .nan : group.sum / group.count
          case .greatest: !group.hasRows ? .nan : group.greatest
          }
        }))
  }

  var byteCount: Int { groups.count * MemoryLayout<Decayed>.stride }
}
