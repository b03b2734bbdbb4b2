import TickColumns

/// `+ - * / %` of decimals with decimals and integers, in 128 bits whatever the storage.
///
/// Invariants:
/// 1. Scales: the larger of both for sums and remainders, their sum for products, the dividend's for quotients.
///    The precision is what the wider storage holds; with an integer the decimal keeps its own.
/// 2. A result that the storage of its type cannot hold is error 407: nothing wraps, nothing rounds but the
///    division, which cuts.
/// 3. Remainders are those of the values, whatever the scales.
enum DecimalArithmetic {
  enum Operation { case add, subtract, multiply, divide, remainder, positiveRemainder }

  static let overflow = SQLError(.decimalOverflow, "Decimal math overflow")

  static func resolve(
    _ call: FunctionBinding, _ operation: Operation
  ) throws(SQLError) -> Resolution {
    let (a, b) = (call.types[0], call.types[1])
    if a.isFloat || b.isFloat { return try call.inDoubles() }
    guard a.isDecimal || a.isIntegral, b.isDecimal || b.isIntegral else {
      throw call.illegalTypes()
    }
    let type = try resultType(call, a, b, operation)
    let rule = DecimalRule(operation, a.decimalScale, b.decimalScale, type)
    return .kernel(type, mayThrow: true) { (input) throws(SQLError) in
      try rule.run(input)
    }
  }

  private static func resultType(
    _ call: FunctionBinding, _ a: DataType, _ b: DataType, _ operation: Operation
  ) throws(SQLError) -> DataType {
    let scale: Int
    switch operation {
    case .add, .subtract, .remainder, .positiveRemainder:
      scale = max(a.decimalScale, b.decimalScale)
    case .multiply: scale = a.decimalScale + b.decimalScale
    case .divide:
      scale = a.isDecimal ? a.decimalScale : b.decimalScale
      guard !a.isDecimal || b.decimalScale <= a.decimalScale else {
        throw SQLError(
          .argumentOutOfBound, "Decimal result's scale is less than argument's one",
          at: call.position, hint: "Cast the dividend to a larger scale first")
      }
    }
    let precision =
      switch (a, b) {
      case (.decimal(let p, _), .decimal(let q, _)): DataType.decimalStorage(Int(max(p, q)))
      case (.decimal(let p, _), _), (_, .decimal(let p, _)): Int(p)
      default: DataType.decimalPrecisionMax
      }
    guard scale <= DataType.decimalStorage(precision) else {
      throw SQLError(
        .argumentOutOfBound,
        "Scale \(scale) is out of bounds (max scale: \(DataType.decimalStorage(precision)))",
        at: call.position)
    }
    return .decimal(precision: UInt8(max(precision, scale)), scale: UInt8(scale))
  }

  // MARK: One operand, other results

  static func magnitude(_ type: DataType) -> Resolution {
    .kernel(type, mayThrow: true) { (input) throws(SQLError) in
      let units = input.operands[0].integers(Int128.self)
      var out = [Int128](repeating: 0, count: input.rows)
      for row in 0..<input.rows {
        let unit = units.element(row)
        out[row] = unit < 0 ? 0 &- unit : unit
      }
      return try DecimalArithmetic.column(out, type, valid: input.valid)
    }
  }

  /// `intDiv`: an integer of the dividend's width.
  static func integerDivision(
    _ call: FunctionBinding, orZero: Bool
  ) throws(SQLError) -> Resolution {
    let (a, b) = (call.types[0], call.types[1])
    if a.isFloat || b.isFloat { return try call.inDoubles() }
    guard a.isDecimal || a.isIntegral, b.isDecimal || b.isIntegral else {
      throw call.illegalTypes()
    }
    let bits =
      switch a.physical {
      case .int32 where a.isDecimal: 32
      case .int64 where a.isDecimal: 64
      default: a.isDecimal ? 128 : a.numberBits
      }
    let type = DataType.integer(bits: bits, signed: true)
    let scale = max(a.decimalScale, b.decimalScale)
    return .kernel(type, mayThrow: !orZero) { (input) throws(SQLError) in
      let x = try units(input.operands[0])
      let y = try units(input.operands[1])
      let up = decimalPowers[scale - a.decimalScale]
      let down = decimalPowers[scale - b.decimalScale]
      var out = [Int128](repeating: 0, count: input.rows)
      for row in 0..<input.rows where input.valid?[row] != 0 {
        let (divisor, isLarge) = y.element(row).multipliedReportingOverflow(by: down)
        if divisor == 0, !isLarge {
          if orZero { continue }
          throw SQLError(.illegalDivision, "Division by zero")
        }
        let quotient = scaledQuotient(x.element(row), up, y.element(row), down)
        guard let quotient else {
          if orZero { continue }
          throw overflow
        }
        out[row] = quotient
      }
      return FunctionTable.convertIntegers(.column(.int128, out), to: type, rows: input.rows)
    }
  }

  /// a * up / (b * down), cut; nil beyond 128 bits. `b` is not zero, one of the factors is 1.
  private static func scaledQuotient(
    _ a: Int128, _ up: Int128, _ b: Int128, _ down: Int128
  ) -> Int128? {
    let (divisor, isLarge) = b.multipliedReportingOverflow(by: down)
    // A divisor beyond 128 bits is larger than any dividend.
    if isLarge { return 0 }
    return quotient(a, times: up, by: divisor)
  }

  /// a * factor / divisor, cut; nil where it does not fit.
  static func quotient(_ a: Int128, times factor: Int128, by divisor: Int128) -> Int128? {
    let (product, overflow) = a.multipliedReportingOverflow(by: factor)
    if !overflow, !(product == .min && divisor == -1) { return product / divisor }
    let wide = a.magnitude.multipliedFullWidth(by: factor.magnitude)
    guard wide.high < divisor.magnitude else { return nil }
    let magnitude = divisor.magnitude.dividingFullWidth(wide).quotient
    guard let whole = Int128(exactly: magnitude) else { return nil }
    return (a < 0) != (divisor < 0) ? -whole : whole
  }

  /// The difference of two times of which one is a DateTime64, in seconds.
  static func timeDifference(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    func precision(_ type: DataType) -> Int {
      if case .dateTime64(let precision, _) = type { Int(precision) } else { 0 }
    }
    let (p, q) = (precision(call.types[0]), precision(call.types[1]))
    let scale = max(p, q)
    let type = DataType.decimal(precision: 18, scale: UInt8(scale))
    let rule = DecimalRule(.subtract, p, q, type)
    return .kernel(type, mayThrow: true) { (input) throws(SQLError) in try rule.run(input) }
  }

  // MARK: Storage

  /// The units of a decimal or an integer. A UInt128 that no decimal holds is an overflow.
  static func units(_ operand: KernelValue) throws(SQLError) -> Vector<Int128> {
    let units = operand.integers(Int128.self)
    guard operand.type.withoutNullable == .uint128 else { return units }
    let isLarge =
      switch units {
      case .scalar(let x): x < 0
      case .array(let v): v.contains { $0 < 0 }
      }
    guard !isLarge else { throw overflow }
    return units
  }

  /// The largest units that the storage of a decimal type holds; the smallest is one below its negative.
  static func limit(_ type: DataType) -> Int128 {
    switch type.physical {
    case .int32: Int128(Int32.max)
    case .int64: Int128(Int64.max)
    default: .max
    }
  }

  /// Units as a column of a decimal type; 407 where a row that matters does not fit.
  static func column(
    _ units: [Int128], _ type: DataType, valid: [UInt8]?
  ) throws(SQLError) -> KernelValue {
    let limit = limit(type)
    for row in units.indices where units[row] > limit || units[row] < -limit - 1 {
      if valid?[row] != 0 { throw overflow }
    }
    return FunctionTable.convertIntegers(.column(.int128, units), to: type, rows: units.count)
  }
}

/// One operation, its scales settled.
struct DecimalRule: Sendable {
  private let operation: DecimalArithmetic.Operation
  private let type: DataType
  /// What brings the sides to one scale; for a quotient the dividend's factor, nil where it is beyond 10^38.
  private let left: Int128?
  private let right: Int128

  init(
    _ operation: DecimalArithmetic.Operation, _ a: Int, _ b: Int, _ type: DataType
  ) {
    self.operation = operation
    self.type = type
    let scale = type.decimalScale
    switch operation {
    case .add, .subtract, .remainder, .positiveRemainder:
      left = decimalPowers[scale - a]
      right = decimalPowers[scale - b]
    case .multiply:
      left = 1
      right = 1
    case .divide:
      let power = scale + b - a
      left = power < decimalPowers.count ? decimalPowers[power] : nil
      right = 1
    }
  }

  func run(_ input: KernelInput) throws(SQLError) -> KernelValue {
    let x = try DecimalArithmetic.units(input.operands[0])
    let y = try DecimalArithmetic.units(input.operands[1])
    var out = [Int128](repeating: 0, count: input.rows)
    for row in 0..<input.rows where input.valid?[row] != 0 {
      out[row] = try result(x.element(row), y.element(row))
    }
    return try DecimalArithmetic.column(out, type, valid: input.valid)
  }

  @inline(__always)
  private func result(_ a: Int128, _ b: Int128) throws(SQLError) -> Int128 {
    switch operation {
    case .multiply: return try checked(a.multipliedReportingOverflow(by: b))
    case .divide:
      guard b != 0 else { throw SQLError(.illegalDivision, "Division by zero") }
      if a == 0 { return 0 }
      guard let left, let quotient = DecimalArithmetic.quotient(a, times: left, by: b) else {
        throw DecimalArithmetic.overflow
      }
      return quotient
    case .add, .subtract, .remainder, .positiveRemainder: break
    }
    let x = try checked(a.multipliedReportingOverflow(by: left ?? 1))
    let y = try checked(b.multipliedReportingOverflow(by: right))
    switch operation {
    case .add: return try checked(x.addingReportingOverflow(y))
    case .subtract: return try checked(x.subtractingReportingOverflow(y))
    default:
      guard y != 0 else { throw SQLError(.illegalDivision, "Division by zero") }
      let rest = y == -1 ? 0 : x % y
      guard operation == .positiveRemainder, rest < 0 else { return rest }
      return y < 0 ? rest - y : rest + y
    }
  }

  @inline(__always)
  private func checked(
    _ result: (partialValue: Int128, overflow: Bool)
  ) throws(SQLError) -> Int128 {
    guard !result.overflow else { throw DecimalArithmetic.overflow }
    return result.partialValue
  }
}

/// 10^0 to 10^38: what an Int128 holds.
let decimalPowers: [Int128] = {
  var powers: [Int128] = [1]
  for _ in 0..<38 { powers.append(powers[powers.count - 1] * 10) }
  return powers
}()
