import Glibc
import TickColumns

/// Mathematics on numbers.
extension FunctionTable {
  static let math: [ScalarFunction] =
    [
      unary("sqrt", "The square root.") { $0.squareRoot() },
      unary("cbrt", "The cube root.", anyCase: false) { cbrt($0) },
      unary("exp", "e raised to x.") { exp($0) },
      unary("exp2", "2 raised to x.", anyCase: false) { exp2($0) },
      unary("log", "The natural logarithm.", ["ln"]) { log($0) },
      unary("log2", "The logarithm to base 2.") { log2($0) },
      unary("log10", "The logarithm to base 10.") { log10($0) },
      unary("sin", "The sine.") { sin($0) },
      unary("cos", "The cosine.") { cos($0) },
      unary("tan", "The tangent.") { tan($0) },
      ScalarFunction(
        "pow", .math, arguments: "x, y", result: "Float64", summary: "x raised to y.",
        arity: 2...2, aliases: ["power"], anyCase: true
      ) { (call) throws(SQLError) in
        guard call.types.allSatisfy(\.isNumber) else { throw call.illegalTypes() }
        return .kernel(.float64) { input in
          .column(
            .float64,
            zipVectors(input.operands[0].doubles(), input.operands[1].doubles(), rows: input.rows) {
              pow($0, $1)
            })
        }
      },
      ScalarFunction(
        "sign", .math, arguments: "x", result: "Int8", summary: "-1, 0 or 1.", arity: 1...1,
        anyCase: true, traits: .exactTypes
      ) { (call) throws(SQLError) in
        if call.types[0].isDecimal || call.types[0].isWideInteger {
          return .kernel(.int8) { input in
            let numbers = WideNumbers(input.operands[0])
            return .column(
              .int8,
              (0..<input.rows).map { row -> Int8 in
                let number = numbers.at(row)
                return number == .zero ? 0 : number.isNegative ? -1 : 1
              })
          }
        }
        if let other = try call.withoutFloat32() { return other }
        guard call.types[0].isNumber else { throw call.illegal(0, "a number") }
        if call.types[0] == .uint64 {
          return .kernel(.int8) { input in
            .column(
              .int8,
              input.operands[0].integers(UInt64.self).map(rows: input.rows) {
                $0 > 0 ? 1 : 0 as Int8
              }
            )
          }
        }
        return .kernel(.int8) { input in
          .column(
            .int8,
            input.operands[0].doubles().map(rows: input.rows) {
              $0 > 0 ? 1 : $0 < 0 ? -1 : 0 as Int8
            })
        }
      },
      classify("isNaN", "1 where x is not a number.") { $0.isNaN },
      classify("isFinite", "1 where x is neither infinite nor NaN.") { $0.isFinite },
      classify("isInfinite", "1 where x is infinite.") { $0.isInfinite },
      rounding(
        "round", "To n digits (0 by default). Doubles go half to even, integers (n < 0) half away.",
        .nearest),
      rounding(
        "roundBankers", "To n digits (0 by default), halves to the even neighbour.", .nearestEven,
        anyCase: false),
      rounding("floor", "Down to n digits.", .down),
      rounding("ceil", "Up to n digits.", .up, ["ceiling"]),
      rounding("trunc", "Toward zero to n digits.", .towardZero, ["truncate"]),
    ] + [
      extremum("greatest", isGreatest: true, "The greatest argument; NULL arguments are skipped."),
      extremum("least", isGreatest: false, "The least argument; NULL arguments are skipped."),
    ]

  private static func unary(
    _ name: String, _ summary: String, _ aliases: [String] = [], anyCase: Bool = true,
    _ body: @escaping @Sendable (Double) -> Double
  ) -> ScalarFunction {
    ScalarFunction(
      name, .math, arguments: "x", result: "Float64", summary: summary, arity: 1...1,
      aliases: aliases, anyCase: anyCase
    ) { (call) throws(SQLError) in
      guard call.types[0].isNumber else { throw call.illegal(0, "a number") }
      return .kernel(.float64) { input in
        .column(.float64, input.operands[0].doubles().map(rows: input.rows, body))
      }
    }
  }

  private static func classify(
    _ name: String, _ summary: String, _ body: @escaping @Sendable (Double) -> Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .math, arguments: "x", result: "UInt8", summary: summary, arity: 1...1,
      traits: .exactTypes
    ) { (call) throws(SQLError) in
      guard call.types[0].isNumber || call.types[0] == .float32 else {
        throw call.illegal(0, "a number")
      }
      return .kernel(.uint8) { input in
        .column(
          .uint8,
          input.operands[0].doubles().map(rows: input.rows) { body($0) ? 1 : 0 as UInt8 })
      }
    }
  }

  // MARK: Rounding

  private static func rounding(
    _ name: String, _ summary: String, _ direction: Rounding, _ aliases: [String] = [],
    anyCase: Bool = true
  ) -> ScalarFunction {
    ScalarFunction(
      name, .math, arguments: "x[, n]", result: "type of x", summary: summary, arity: 1...2,
      aliases: aliases, anyCase: anyCase, traits: .exactTypes
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      guard type.isPlainNumber || type.isDecimal else { throw call.illegal(0, "a number") }
      var digits: Int64 = 0
      if call.count == 2 {
        guard let constant = call.constant(1)?.int64, call.types[1].isInteger else {
          throw SQLError(
            .illegalTypeOfArgument, "\(name) expects a constant integer as its scale",
            at: call.arguments[1].position ?? call.position)
        }
        digits = constant
      }
      guard (-32_768...32_767).contains(digits) else {
        throw SQLError(
          .argumentOutOfBound, "Scale argument for function \(name) is too large",
          at: call.position)
      }
      let scale = Int(digits)
      if type == .float64 {
        return .kernel(type) { input in
          .column(
            type,
            input.operands[0].doubles().map(rows: input.rows) { direction.round($0, digits: scale) }
          )
        }
      }
      if type == .float32 {
        return .kernel(type) { input in
          .column(
            type,
            input.operands[0].floats().map(rows: input.rows) { direction.round($0, digits: scale) }
          )
        }
      }
      if scale >= type.decimalScale { return .expression(call.arguments[0]) }
      if type == .uint128 {
        throw SQLError(
          .notImplemented, "\(name) of UInt128 to a negative scale is not supported yet",
          at: call.position)
      }
      if type.isDecimal || type == .int128 {
        let cut = type.decimalScale - scale
        return .kernel(type, mayThrow: type.isDecimal) { (input) throws(SQLError) in
          let units = input.operands[0].integers(Int128.self)
          let rounded = units.map(rows: input.rows) { direction.round($0, digits: cut) }
          if type.isDecimal {
            return try DecimalArithmetic.column(rounded, type, valid: input.valid)
          }
          return .column(type, rounded)
        }
      }
      return .kernel(type) { input in
        let numbers = wide(input.operands[0])
        var out = [Int64](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          out[row] = Int64(truncatingIfNeeded: direction.round(numbers.at(row), digits: -scale))
        }
        return convertIntegers(.column(.int64, out), to: type, rows: input.rows)
      }
    }
  }

  enum Rounding {
    case nearest, nearestEven, down, up, towardZero

    func round<T: BinaryFloatingPoint>(_ value: T, digits: Int) -> T {
      if digits == 0 || !value.isFinite { return whole(value) }
      let power = T(Glibc.pow(10, Double(abs(digits))))
      guard power.isFinite else { return digits > 0 ? value : 0 }
      if digits < 0 { return whole(value / power) * power }
      let scaled = value * power
      return scaled.isFinite ? whole(scaled) / power : value
    }

    /// To a whole number. A rule that is known where it stands is one instruction, one that is passed a dozen calls.
    @inline(__always)
    private func whole<T: BinaryFloatingPoint>(_ value: T) -> T {
      switch self {
      case .nearest, .nearestEven: value.rounded(.toNearestOrEven)
      case .down: value.rounded(.down)
      case .up: value.rounded(.up)
      case .towardZero: value.rounded(.towardZero)
      }
    }

    /// To a multiple of 10^digits; halves go away from zero, or to the even multiple.
    func round(_ value: Int128, digits: Int) -> Int128 {
      guard digits < decimalPowers.count else { return 0 }
      let power = decimalPowers[digits]
      let base = value / power * power
      let rest = value - base
      switch self {
      case .towardZero: return base
      case .down: return rest < 0 ? base &- power : base
      case .up: return rest > 0 ? base &+ power : base
      case .nearest, .nearestEven:
        let half = UInt128(power) - rest.magnitude
        if rest.magnitude < half { return base }
        if self == .nearestEven, rest.magnitude == half, value / power % 2 == 0 { return base }
        return value < 0 ? base &- power : base &+ power
      }
    }
  }

  // MARK: greatest and least

  private static func extremum(
    _ name: String, isGreatest: Bool, _ summary: String
  ) -> ScalarFunction {
    ScalarFunction(
      name, .math, arguments: "a, b, ...", result: "common type", summary: summary,
      arity: 1...Int.max, anyCase: true, traits: [.ownNulls, .exactTypes]
    ) { (call) throws(SQLError) in
      let given = call.arguments.filter { $0.type != .nullable(.nothing) }
      guard var best = given.first else { return .constant(.null, .nullable(.nothing)) }
      var type = best.type.withoutLowCardinality
      for argument in given.dropFirst() {
        guard let common = DataType.common(type, argument.type) else {
          throw SQLError(
            .noCommonType,
            "There is no supertype for types \(type), \(argument.type) in function \(name)",
            at: call.position)
        }
        type = common
      }
      if given.count < call.count { type = type.madeNullable }
      best = try call.builder.cast(best, to: type)
      for argument in given.dropFirst() {
        let other = try call.builder.cast(argument, to: type)
        best = try pick(call, best, other, type, isGreatest)
      }
      return .expression(best)
    }
  }

  /// The greater or the lesser of two; NULL loses. Nothing is greater or less than NaN, so the later of two with
  /// a NaN wins, as in ClickHouse.
  private static func pick(
    _ call: FunctionBinding, _ a: BoundExpression, _ b: BoundExpression, _ type: DataType,
    _ isGreatest: Bool
  ) throws(SQLError) -> BoundExpression {
    let builder = call.builder
    var conditions: [BoundExpression] = []
    var results: [BoundExpression] = []
    if type.isNullable {
      conditions += [
        try builder.call("isNull", [b], at: call.position),
        try builder.call("isNull", [a], at: call.position),
      ]
      results += [a, b]
    }
    conditions.append(
      try builder.call(isGreatest ? "greater" : "less", [a, b], at: call.position))
    results += [a, b]
    let binding = FunctionBinding(
      name: call.name, position: call.position, types: [], arguments: [], builder: builder)
    guard case .expression(let node) = try choice(binding, conditions: conditions, results: results)
    else { return a }
    return node
  }
}
