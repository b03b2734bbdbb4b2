import TickColumns

/// Comparisons: mathematical across number types, by instant across times, bytewise for strings, and a string
/// literal is read as the other side's type first.
enum ComparisonOperator: String, Sendable, CaseIterable {
  case equals, notEquals, less, greater, lessOrEquals, greaterOrEquals

  var symbol: String {
    switch self {
    case .equals: "="
    case .notEquals: "!="
    case .less: "<"
    case .greater: ">"
    case .lessOrEquals: "<="
    case .greaterOrEquals: ">="
    }
  }

  /// The operator with its sides exchanged.
  var mirrored: ComparisonOperator {
    switch self {
    case .equals, .notEquals: self
    case .less: .greater
    case .greater: .less
    case .lessOrEquals: .greaterOrEquals
    case .greaterOrEquals: .lessOrEquals
    }
  }

  /// The answer for sides that compare as -1, 0 or 1.
  func holds(_ order: Int) -> Bool {
    switch self {
    case .equals: order == 0
    case .notEquals: order != 0
    case .less: order < 0
    case .greater: order > 0
    case .lessOrEquals: order <= 0
    case .greaterOrEquals: order >= 0
    }
  }
}

extension FunctionTable {
  static let comparison: [ScalarFunction] =
    ComparisonOperator.allCases.map { comparison in
      ScalarFunction(
        comparison.rawValue, .comparison, arguments: "a, b", result: "UInt8",
        summary: "`a \(comparison.symbol) b`.", arity: 2...2
      ) { (call) throws(SQLError) in try compare(call, comparison) }
    } + [
      distinction(
        "isNotDistinctFrom", "`a <=> b`: as `a = b`, but NULL equals NULL.", isEqual: true),
      distinction("isDistinctFrom", "The opposite of isNotDistinctFrom.", isEqual: false),
    ]

  private static func distinction(
    _ name: String, _ summary: String, isEqual: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .comparison, arguments: "a, b", result: "UInt8", summary: summary, arity: 2...2,
      traits: .ownNulls
    ) { (call) throws(SQLError) in
      let builder = call.builder
      let nulls = try call.arguments.map { (argument) throws(SQLError) in
        try builder.call("isNull", [argument], at: call.position)
      }
      let zero = builder.constant(.uint(0), .uint8)
      let equal = try builder.call("equals", call.arguments, at: call.position)
      let same = try builder.call(
        "multiIf",
        [
          try builder.call("and", nulls, at: call.position), builder.constant(.uint(1), .uint8),
          try builder.call("or", nulls, at: call.position), zero,
          try builder.call("ifNull", [equal, zero], at: call.position),
        ], at: call.position)
      return .expression(isEqual ? same : try builder.call("not", [same], at: call.position))
    }
  }

  private static func compare(
    _ call: FunctionBinding, _ comparison: ComparisonOperator
  ) throws(SQLError) -> Resolution {
    let (a, b) = (call.types[0], call.types[1])
    if a.isPlainNumber, b.isPlainNumber {
      if let other = try call.withoutFloat32() { return other }
      if a.isWideInteger || b.isWideInteger {
        return .kernel(.uint8) { input in
          .column(
            .uint8,
            NumberComparison.wide(comparison, input.operands[0], input.operands[1], input.rows))
        }
      }
      return .kernel(.uint8) { input in
        .column(
          .uint8, NumberComparison.run(comparison, input.operands[0], input.operands[1], input.rows)
        )
      }
    }
    if let arrays = try ArrayComparison.resolve(call, comparison) { return arrays }
    if let bytes = try BytesComparison.resolve(call, comparison) { return bytes }
    // A literal takes the type of the other side.
    if b == .string, a != .string, let text = call.constant(1) {
      return try compareLiteral(call, comparison, column: 0, literal: text)
    }
    if a == .string, b != .string, let text = call.constant(0) {
      return try compareLiteral(call, comparison.mirrored, column: 1, literal: text)
    }
    switch (a, b) {
    case (.string, .string):
      return .kernel(.uint8) { input in
        .column(
          .uint8, compareStrings(comparison, input.operands[0], input.operands[1], input.rows))
      }
    case _ where call.hasDecimal: return try DecimalComparison.resolve(call, comparison)
    case (_, .string) where a.isEnum, (.string, _) where b.isEnum:
      guard comparison == .equals || comparison == .notEquals else { throw call.illegalTypes() }
      return .expression(
        try call.builder.call(
          comparison.rawValue,
          [
            try call.builder.cast(call.arguments[0], to: .string),
            try call.builder.cast(call.arguments[1], to: .string),
          ], at: call.position))
    case _ where a.isEnum && b.isEnum: return integersOf(call, comparison)
    case _ where a.isEnum && b.isNumber || b.isEnum && a.isNumber:
      return .kernel(.uint8) { input in
        // The numbers behind the names.
        let sides = input.operands.map { $0.type.isEnum ? $0.relabelled($0.type.rawNumber) : $0 }
        return .column(.uint8, NumberComparison.run(comparison, sides[0], sides[1], input.rows))
      }
    case (.interval(let x), .interval(let y)) where x == y: return integersOf(call, comparison)
    case (.date, .date), (.dateTime, .dateTime): return integersOf(call, comparison)
    case (.date32, .date32), (.date32, .date), (.date, .date32):
      return integersOf(call, comparison)
    case (.date32, _) where b.isDateOrTime, (_, .date32) where a.isDateOrTime:
      // A day is its midnight.
      let midnights = try call.builder.replaced(call.arguments) {
        $0 == .date32 ? .dateTime64(precision: 0, zone: nil) : nil
      }
      return .expression(
        try call.builder.call(comparison.rawValue, midnights, at: call.position))
    case (.dateTime64(let x, _), .dateTime64(let y, _)) where x == y:
      return integersOf(call, comparison)
    case _ where a.isDateOrTime && b.isDateOrTime:
      // A constant that the column's type can hold is compared there.
      for side in 0...1 {
        guard let constant = call.constant(side), call.constant(1 - side) == nil,
          let value = TimeArithmetic.convert(
            constant, call.types[side], to: call.types[1 - side], in: call.session)
        else { continue }
        var arguments = call.arguments
        arguments[side] = call.builder.constant(
          value, call.types[1 - side], at: arguments[side].position)
        return .expression(
          try call.builder.call(comparison.rawValue, arguments, at: call.position))
      }
      let zone = (a == .date ? b : a).timeZone(in: call.session)
      return .kernel(.uint8) { input in
        let x = TimeArithmetic.nanoseconds(input.operands[0], input.rows, datesIn: zone)
        let y = TimeArithmetic.nanoseconds(input.operands[1], input.rows, datesIn: zone)
        return .column(.uint8, compareVectors(comparison, x, y, input.rows))
      }
    case (.dateTime, _) where b.isNumber, (.dateTime64, _) where b.isNumber,
      (_, .dateTime) where a.isNumber, (_, .dateTime64) where a.isNumber:
      return try compareSeconds(call, comparison)
    case (.tuple(let x), .tuple(let y)):
      guard x.count == y.count else { throw call.illegalTypes() }
      return try compareTuples(call, comparison, count: x.count)
    default:
      if a == .string || b == .string {
        throw SQLError(
          .noCommonType, "There is no supertype for types \(a), \(b) in function \(call.name)",
          at: call.position)
      }
      throw call.illegalTypes()
    }
  }

  /// Both sides as the integers behind them.
  private static func integersOf(
    _ call: FunctionBinding, _ comparison: ComparisonOperator
  ) -> Resolution {
    .kernel(.uint8) { input in
      .column(
        .uint8,
        compareVectors(
          comparison, input.operands[0].integers(Int64.self),
          input.operands[1].integers(Int64.self), input.rows))
    }
  }

  private static func compareLiteral(
    _ call: FunctionBinding, _ comparison: ComparisonOperator, column: Int, literal: Value
  ) throws(SQLError) -> Resolution {
    let type = call.types[column]
    guard case .bytes(let bytes) = literal else { throw call.illegalTypes() }
    let value: Value
    if let definition = type.enumDefinition {
      let name = String(decoding: bytes, as: UTF8.self)
      guard let number = definition.number(named: name) else {
        // A name the enum lacks equals nothing.
        if comparison == .equals { return constantTruth(call, column, false) }
        if comparison == .notEquals { return constantTruth(call, column, true) }
        throw SQLError(
          .unknownElementOfEnum, "Unknown element '\(name)' for type \(type)",
          at: call.arguments[1 - column].position, hint: nearestHint(name, definition))
      }
      value = .int(Int64(number))
    } else {
      value = try TextConversion.literal(
        bytes, as: type, at: call.arguments[1 - column].position ?? call.position,
        in: call.session)
    }
    return .expression(
      try call.builder.call(
        comparison.rawValue,
        [
          call.arguments[column],
          call.builder.constant(value, type, at: call.arguments[1 - column].position),
        ], at: call.position))
  }

  private static func nearestHint(_ name: String, _ definition: EnumDefinition) -> String? {
    NearestName.hint(for: name, among: definition.entries.map(\.name))
  }

  private static func constantTruth(
    _ call: FunctionBinding, _ column: Int, _ answer: Bool
  ) -> Resolution {
    .kernel(.uint8) { _ in .constant(.uint(answer ? 1 : 0), .uint8) }
  }

  /// A time against a number of seconds since 1970.
  private static func compareSeconds(
    _ call: FunctionBinding, _ comparison: ComparisonOperator
  ) throws(SQLError) -> Resolution {
    let timeSide = call.types[0].isDateOrTime ? 0 : 1
    guard case .dateTime64(let precision, _) = call.types[timeSide] else {
      return .kernel(.uint8) { input in
        .column(
          .uint8, NumberComparison.run(comparison, input.operands[0], input.operands[1], input.rows)
        )
      }
    }
    let scale = Double(powersOfTen[Int(precision)])
    if call.types[1 - timeSide] == .float64 {
      return .kernel(.uint8) { input in
        let x = input.operands[0].doubles()
        let y = input.operands[1].doubles()
        let rows = input.rows
        let order =
          timeSide == 0
          ? zipVectors(x, y, rows: rows) { compareDoubles(comparison, $0 / scale, $1) }
          : zipVectors(x, y, rows: rows) { compareDoubles(comparison, $0, $1 / scale) }
        return .column(.uint8, order)
      }
    }
    let ticks = powersOfTen[Int(precision)]
    return .kernel(.uint8) { input in
      let x = wide(input.operands[0])
      let y = wide(input.operands[1])
      var out = [UInt8](repeating: 0, count: input.rows)
      for row in 0..<input.rows {
        let left = x.at(row) * (timeSide == 0 ? 1 : Int128(ticks))
        let right = y.at(row) * (timeSide == 1 ? 1 : Int128(ticks))
        out[row] = comparison.holds(left < right ? -1 : left == right ? 0 : 1) ? 1 : 0
      }
      return .column(.uint8, out)
    }
  }

  /// Tuples compare element by element, the first difference decides.
  private static func compareTuples(
    _ call: FunctionBinding, _ comparison: ComparisonOperator, count: Int
  ) throws(SQLError) -> Resolution {
    let builder = call.builder
    func element(_ side: Int, _ i: Int) throws(SQLError) -> BoundExpression {
      try builder.call(
        "tupleElement",
        [call.arguments[side], builder.constant(.uint(UInt64(i + 1)), .uint8)], at: call.position)
    }
    func pair(_ name: ComparisonOperator, _ i: Int) throws(SQLError) -> BoundExpression {
      try builder.call(name.rawValue, [try element(0, i), try element(1, i)], at: call.position)
    }
    guard count > 0 else { throw call.illegalTypes() }
    switch comparison {
    case .equals, .notEquals:
      var parts: [BoundExpression] = []
      for i in 0..<count { parts.append(try pair(comparison, i)) }
      if parts.count == 1 { return .expression(parts[0]) }
      return .expression(
        try builder.call(comparison == .equals ? "and" : "or", parts, at: call.position))
    case .less, .greater, .lessOrEquals, .greaterOrEquals:
      let strict: ComparisonOperator =
        comparison == .less || comparison == .lessOrEquals ? .less : .greater
      var answer = try pair(comparison, count - 1)
      for i in (0..<count - 1).reversed() {
        let tie = try builder.call("and", [try pair(.equals, i), answer], at: call.position)
        answer = try builder.call("or", [try pair(strict, i), tie], at: call.position)
      }
      return .expression(answer)
    }
  }

  // MARK: Strings

  static func compareStrings(
    _ comparison: ComparisonOperator, _ left: KernelValue, _ right: KernelValue, _ rows: Int
  ) -> [UInt8] {
    let a = left.strings
    let b = right.strings
    var out = [UInt8](repeating: 0, count: rows)
    if comparison == .equals || comparison == .notEquals {
      let wanted: UInt8 = comparison == .equals ? 1 : 0
      for row in 0..<rows { out[row] = a[row].elementsEqual(b[row]) ? wanted : 1 - wanted }
      return out
    }
    for row in 0..<rows {
      out[row] = comparison.holds(StringValues.compare(a[row], b[row])) ? 1 : 0
    }
    return out
  }
}

/// One typed loop per operator.
@inline(__always)
func compareVectors<T: Comparable & Sendable>(
  _ comparison: ComparisonOperator, _ a: Vector<T>, _ b: Vector<T>, _ rows: Int
) -> [UInt8] {
  switch comparison {
  case .equals: zipVectors(a, b, rows: rows) { $0 == $1 ? 1 : 0 }
  case .notEquals: zipVectors(a, b, rows: rows) { $0 != $1 ? 1 : 0 }
  case .less: zipVectors(a, b, rows: rows) { $0 < $1 ? 1 : 0 }
  case .greater: zipVectors(a, b, rows: rows) { $0 > $1 ? 1 : 0 }
  case .lessOrEquals: zipVectors(a, b, rows: rows) { $0 <= $1 ? 1 : 0 }
  case .greaterOrEquals: zipVectors(a, b, rows: rows) { $0 >= $1 ? 1 : 0 }
  }
}

private func compareDoubles(_ comparison: ComparisonOperator, _ a: Double, _ b: Double) -> UInt8 {
  switch comparison {
  case .equals: a == b ? 1 : 0
  case .notEquals: a != b ? 1 : 0
  case .less: a < b ? 1 : 0
  case .greater: a > b ? 1 : 0
  case .lessOrEquals: a <= b ? 1 : 0
  case .greaterOrEquals: a >= b ? 1 : 0
  }
}

/// Comparing numbers of any two types as the numbers they are.
enum NumberComparison {
  static func run(
    _ comparison: ComparisonOperator, _ a: KernelValue, _ b: KernelValue, _ rows: Int
  ) -> [UInt8] {
    if case .column(let column) = a, let constant = b.constant,
      let out = againstConstant(comparison, column, constant, rows)
    {
      return out
    }
    if case .column(let column) = b, let constant = a.constant,
      let out = againstConstant(comparison.mirrored, column, constant, rows)
    {
      return out
    }
    let (x, y) = (a.type.withoutNullable, b.type.withoutNullable)
    if x == .float64 || y == .float64 {
      if isExactInDouble(x), isExactInDouble(y) {
        return compareVectors(comparison, a.doubles(), b.doubles(), rows)
      }
      return exact(comparison, a, b, rows)
    }
    if x != .uint64, y != .uint64 {
      return compareVectors(comparison, a.integers(Int64.self), b.integers(Int64.self), rows)
    }
    if !x.isSignedInteger, !y.isSignedInteger {
      return compareVectors(comparison, a.integers(UInt64.self), b.integers(UInt64.self), rows)
    }
    return exact(comparison, a, b, rows)
  }

  private static func isExactInDouble(_ type: DataType) -> Bool {
    type == .float64 || type.numberBits <= 32
  }

  /// The column in its own type, when the constant has a place there; nil for the general way.
  private static func againstConstant(
    _ comparison: ComparisonOperator, _ column: Column, _ constant: Value, _ rows: Int
  ) -> [UInt8]? {
    switch column.values {
    case .int8(let v): integers(comparison, v, constant, rows)
    case .int16(let v): integers(comparison, v, constant, rows)
    case .int32(let v): integers(comparison, v, constant, rows)
    case .int64(let v): integers(comparison, v, constant, rows)
    case .uint8(let v): integers(comparison, v, constant, rows)
    case .uint16(let v): integers(comparison, v, constant, rows)
    case .uint32(let v): integers(comparison, v, constant, rows)
    case .uint64(let v): integers(comparison, v, constant, rows)
    case .float64(let v):
      switch constant {
      case .float(let x): compareVectors(comparison, .array(v), .scalar(x), rows)
      case .int(let n) where n.magnitude <= 1 << 53:
        compareVectors(comparison, .array(v), .scalar(Double(n)), rows)
      case .uint(let n) where n <= 1 << 53:
        compareVectors(comparison, .array(v), .scalar(Double(n)), rows)
      default: nil
      }
    default: nil
    }
  }

  private static func integers<T: ColumnInteger>(
    _ comparison: ComparisonOperator, _ values: [T], _ constant: Value, _ rows: Int
  ) -> [UInt8]? {
    let exactly: T?
    let isAbove: Bool
    switch constant {
    case .int(let n):
      exactly = T(exactly: n)
      isAbove = n > 0
    case .uint(let n):
      exactly = T(exactly: n)
      isAbove = true
    case .float(let x):
      guard x == x.rounded(.towardZero) else { return nil }
      exactly = T(exactly: x)
      isAbove = x > 0
    default: return nil
    }
    if let exactly { return compareVectors(comparison, .array(values), .scalar(exactly), rows) }
    // Outside the type: every value is on one side of the constant.
    return Array(repeating: comparison.holds(isAbove ? -1 : 1) ? 1 : 0, count: rows)
  }

  /// Row by row without rounding: integers as 128 bits, doubles against integers by parts.
  private static func exact(
    _ comparison: ComparisonOperator, _ a: KernelValue, _ b: KernelValue, _ rows: Int
  ) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: rows)
    let x = a.type.withoutNullable == .float64
    let y = b.type.withoutNullable == .float64
    if !x && !y {
      let left = FunctionTable.wide(a)
      let right = FunctionTable.wide(b)
      for row in 0..<rows {
        let (l, r) = (left.at(row), right.at(row))
        out[row] = comparison.holds(l < r ? -1 : l == r ? 0 : 1) ? 1 : 0
      }
      return out
    }
    let floats = (x ? a : b).doubles()
    let integers = FunctionTable.wide(x ? b : a)
    let oriented = x ? comparison : comparison.mirrored
    for row in 0..<rows {
      let float: Double =
        switch floats {
        case .array(let v): v[row]
        case .scalar(let x): x
        }
      if let order = order(float, integers.at(row)) {
        out[row] = oriented.holds(order) ? 1 : 0
      } else {
        out[row] = comparison == .notEquals ? 1 : 0
      }
    }
    return out
  }

  /// How a double compares with an integer; nil for NaN.
  static func order(_ float: Double, _ integer: Int128) -> Int? {
    if float.isNaN { return nil }
    if float >= 0x1p100 { return 1 }
    if float <= -0x1p100 { return -1 }
    let whole = float.rounded(.down)
    let floor = Int128(whole)
    if floor != integer { return floor < integer ? -1 : 1 }
    return float > whole ? 1 : 0
  }
}
