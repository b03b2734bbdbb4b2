import TickColumns

/// `+ - * / % DIV`, negation and absolute value, on numbers, times and intervals.
extension FunctionTable {
  static let arithmetic: [ScalarFunction] = [
    ScalarFunction(
      "plus", .arithmetic, arguments: "a, b", result: "number, one size up; or time",
      summary:
        "`a + b`. Integers wrap at 64 bits. A time plus a number adds days (Date) or seconds; a time plus an "
        + "interval moves on the calendar.", arity: 2...2
    ) { (call) throws(SQLError) in
      if let tuples = try tupleOperator(call, "plus") { return tuples }
      return try additive(call, isDifference: false)
    },
    ScalarFunction(
      "minus", .arithmetic, arguments: "a, b", result: "signed number, one size up; or time",
      summary: "`a - b`. Two dates give days, two DateTimes seconds, as Int32.", arity: 2...2
    ) { (call) throws(SQLError) in
      if let tuples = try tupleOperator(call, "minus") { return tuples }
      return try additive(call, isDifference: true)
    },
    ScalarFunction(
      "multiply", .arithmetic, arguments: "a, b", result: "number, one size up",
      summary: "`a * b`.", arity: 2...2
    ) { (call) throws(SQLError) in
      if let tuples = try tupleOperator(call, "multiply") { return tuples }
      if let other = try call.withoutFloat32() { return other }
      if call.hasDecimal { return try DecimalArithmetic.resolve(call, .multiply) }
      guard call.areSummable else { throw call.illegalTypes() }
      return numeric(.multiply, .sum(call.types[0], call.types[1]))
    },
    ScalarFunction(
      "divide", .arithmetic, arguments: "a, b", result: "Float64, or Decimal",
      summary:
        "`a / b` in floating point; by zero gives inf or nan. A decimal among decimals and integers gives one of "
        + "the dividend's scale, cut; by zero is error 153 there.", arity: 2...2
    ) { (call) throws(SQLError) in
      if let tuples = try tupleOperator(call, "divide") { return tuples }
      if call.hasDecimal { return try DecimalArithmetic.resolve(call, .divide) }
      guard call.types.allSatisfy(\.isPlainNumber) else { throw call.illegalTypes() }
      return .kernel(.float64) { input in
        .column(
          .float64,
          zipVectors(input.operands[0].doubles(), input.operands[1].doubles(), rows: input.rows) {
            $0 / $1
          })
      }
    },
    ScalarFunction(
      "intDiv", .arithmetic, arguments: "a, b", result: "integer of a's width",
      summary: "`a DIV b`: the quotient rounded toward zero. Division by zero is error 153.",
      arity: 2...2, traits: .mayThrow
    ) { (call) throws(SQLError) in try integerDivision(call, orZero: false) },
    ScalarFunction(
      "intDivOrZero", .arithmetic, arguments: "a, b", result: "integer of a's width",
      summary: "As intDiv, with 0 where the quotient does not exist.", arity: 2...2
    ) { (call) throws(SQLError) in try integerDivision(call, orZero: true) },
    ScalarFunction(
      "modulo", .arithmetic, arguments: "a, b", result: "number of b's width",
      summary: "`a % b` with the sign of a. By zero: error 153 for integers, nan for floats.",
      arity: 2...2, aliases: ["mod"], traits: .mayThrow
    ) { (call) throws(SQLError) in try remainder(call, isPositive: false) },
    ScalarFunction(
      "moduloOrZero", .arithmetic, arguments: "a, b", result: "number of b's width",
      summary: "As modulo, with 0 where b is the integer 0.", arity: 2...2
    ) { (call) throws(SQLError) in try remainder(call, isPositive: false, orZero: true) },
    ScalarFunction(
      "positiveModulo", .arithmetic, arguments: "a, b", result: "unsigned number of b's width",
      summary: "The remainder that is never negative.", arity: 2...2,
      aliases: ["positive_modulo", "pmod"], anyCase: true, traits: .mayThrow
    ) { (call) throws(SQLError) in try remainder(call, isPositive: true) },
    ScalarFunction(
      "negate", .arithmetic, arguments: "a", result: "signed number",
      summary: "`-a`. Unsigned numbers become signed, one size up.", arity: 1...1
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      if case .interval = type { return numeric(.negate, type) }
      if case .tuple = type {
        return .expression(
          try call.builder.call("tupleNegate", call.arguments, at: call.position))
      }
      if type.isDecimal { return numeric(.negate, type) }
      guard type.isPlainNumber else { throw call.illegal(0, "a number") }
      return numeric(.negate, .negated(type))
    },
    ScalarFunction(
      "abs", .arithmetic, arguments: "a",
      result: "unsigned number of a's width; floats and decimals keep their type",
      summary: "The magnitude.", arity: 1...1, anyCase: true
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      if type.isDecimal { return DecimalArithmetic.magnitude(type) }
      guard type.isPlainNumber else { throw call.illegal(0, "a number") }
      if type == .float64 {
        return .kernel(.float64) { input in
          .column(.float64, input.operands[0].doubles().map(rows: input.rows) { $0.magnitude })
        }
      }
      if type == .float32 {
        return .kernel(type) { input in
          .column(type, input.operands[0].floats().map(rows: input.rows) { $0.magnitude })
        }
      }
      let result = DataType.integer(bits: type.numberBits, signed: false)
      return .kernel(result) { input in magnitude(input.operands[0], result, input.rows) }
    },
  ]

  // MARK: plus and minus

  private static func additive(
    _ call: FunctionBinding, isDifference: Bool
  ) throws(SQLError) -> Resolution {
    let (a, b) = (call.types[0], call.types[1])
    if let other = try call.withoutFloat32() { return other }
    if call.hasDecimal {
      return try DecimalArithmetic.resolve(call, isDifference ? .subtract : .add)
    }
    if call.areSummable {
      return numeric(
        isDifference ? .subtract : .add, .sum(a, b, isDifference: isDifference))
    }
    switch (a, b) {
    case (.interval(let x), .interval(let y)):
      guard x == y else {
        let name = isDifference ? "subtractInterval" : "addInterval"
        return .expression(try call.builder.call(name, call.arguments, at: call.position))
      }
      return numeric(isDifference ? .subtract : .add, a)
    case (.tuple, .interval):
      let name = isDifference ? "subtractInterval" : "addInterval"
      return .expression(try call.builder.call(name, call.arguments, at: call.position))
    case (_, .tuple) where a.isDateOrTime || a == .date32:
      let name = isDifference ? "subtractTupleOfIntervals" : "addTupleOfIntervals"
      return .expression(try call.builder.call(name, call.arguments, at: call.position))
    case (_, .interval) where a.isDateOrTime || a == .date32:
      return try TimeArithmetic.move(call, time: 0, interval: 1, isBackward: isDifference)
    case (.interval, _) where b.isDateOrTime || b == .date32:
      guard !isDifference else { throw wrongOrder(call) }
      return try TimeArithmetic.move(call, time: 1, interval: 0, isBackward: false)
    case _ where (a.isDateOrTime || a == .date32) && b.isNumber:
      return TimeArithmetic.shift(call, time: 0, isBackward: isDifference)
    case _ where a.isNumber && (b.isDateOrTime || b == .date32):
      guard !isDifference else { throw wrongOrder(call) }
      return TimeArithmetic.shift(call, time: 1, isBackward: false)
    case (.date, .date) where isDifference, (.dateTime, .dateTime) where isDifference:
      return numeric(.subtract, .int32)
    case (.dateTime64, .dateTime64) where isDifference,
      (.dateTime64, .dateTime) where isDifference, (.dateTime, .dateTime64) where isDifference:
      return try DecimalArithmetic.timeDifference(call)
    default: throw call.illegalTypes()
    }
  }

  private static func wrongOrder(_ call: FunctionBinding) -> SQLError {
    SQLError(
      .illegalTypeOfArgument,
      "Wrong order of arguments for function \(call.name): an interval or number cannot be first",
      at: call.position)
  }

  // MARK: Kernels

  enum NumericOperation { case add, subtract, multiply, negate }

  /// A wrapping integer operation in the result's width, or a floating one.
  static func numeric(_ operation: NumericOperation, _ type: DataType) -> Resolution {
    .kernel(type) { input in
      let a = input.operands[0]
      let b = input.operands.count > 1 ? input.operands[1] : .constant(.int(0), .int8)
      let rows = input.rows
      switch type.physical {
      case .float64:
        let x = a.doubles()
        let y = b.doubles()
        let out: [Double] =
          switch operation {
          case .add: zipVectors(x, y, rows: rows) { $0 + $1 }
          case .subtract: zipVectors(x, y, rows: rows) { $0 - $1 }
          case .multiply: zipVectors(x, y, rows: rows) { $0 * $1 }
          case .negate: x.map(rows: rows) { -$0 }
          }
        return .column(type, out)
      case .float32:
        // Only the sign changes; sums and products of Float32 are Float64.
        return .column(type, a.floats().map(rows: rows) { -$0 })
      case .int8: return integers(operation, type, a, b, rows, Int8.self)
      case .int16: return integers(operation, type, a, b, rows, Int16.self)
      case .int32: return integers(operation, type, a, b, rows, Int32.self)
      case .uint8: return integers(operation, type, a, b, rows, UInt8.self)
      case .uint16: return integers(operation, type, a, b, rows, UInt16.self)
      case .uint32: return integers(operation, type, a, b, rows, UInt32.self)
      case .uint64: return integers(operation, type, a, b, rows, UInt64.self)
      case .int128: return integers(operation, type, a, b, rows, Int128.self)
      case .uint128: return integers(operation, type, a, b, rows, UInt128.self)
      default: return integers(operation, type, a, b, rows, Int64.self)
      }
    }
  }

  private static func integers<T: ColumnInteger>(
    _ operation: NumericOperation, _ type: DataType, _ a: KernelValue, _ b: KernelValue,
    _ rows: Int,
    _ element: T.Type
  ) -> KernelValue {
    let x = a.integers(T.self)
    let y = b.integers(T.self)
    let out: [T] =
      switch operation {
      case .add: zipVectors(x, y, rows: rows) { $0 &+ $1 }
      case .subtract: zipVectors(x, y, rows: rows) { $0 &- $1 }
      case .multiply: zipVectors(x, y, rows: rows) { $0 &* $1 }
      case .negate: x.map(rows: rows) { 0 &- $0 }
      }
    return .column(type, out)
  }

  private static func magnitude(_ operand: KernelValue, _ type: DataType, _ rows: Int)
    -> KernelValue
  {
    switch operand.type.physical {
    case .int8:
      .column(type, operand.integers(Int8.self).map(rows: rows) { $0.magnitude })
    case .int16:
      .column(type, operand.integers(Int16.self).map(rows: rows) { $0.magnitude })
    case .int32:
      .column(type, operand.integers(Int32.self).map(rows: rows) { $0.magnitude })
    case .int64:
      .column(type, operand.integers(Int64.self).map(rows: rows) { $0.magnitude })
    case .int128:
      .column(type, operand.integers(Int128.self).map(rows: rows) { $0.magnitude })
    default: operand.relabelled(type)
    }
  }

  // MARK: Division

  private static func integerDivision(
    _ call: FunctionBinding, orZero: Bool
  ) throws(SQLError) -> Resolution {
    let (a, b) = (call.types[0], call.types[1])
    if call.hasDecimal { return try DecimalArithmetic.integerDivision(call, orZero: orZero) }
    guard a.isPlainNumber, b.isPlainNumber else { throw call.illegalTypes() }
    let type = DataType.integerQuotient(a, b)
    if a.isFloat || b.isFloat {
      return .kernel(type) { (input) throws(SQLError) in
        let x = input.operands[0].doubles()
        let y = input.operands[1].doubles()
        var out = [Int64](repeating: 0, count: input.rows)
        let quotients = zipVectors(x, y, rows: input.rows) { $0 / $1 }
        for row in 0..<input.rows where input.valid?[row] != 0 {
          guard let quotient = Int64(exactly: quotients[row].rounded(.towardZero)) else {
            if orZero { continue }
            throw SQLError(
              .illegalDivision,
              "Cannot perform integer division, because it will produce infinite or too large "
                + "number")
          }
          out[row] = quotient
        }
        return convertIntegers(.column(.int64, out), to: type, rows: input.rows)
      }
    }
    if a.isWideInteger || b.isWideInteger {
      return .kernel(type) { (input) throws(SQLError) in
        try WideDivision.run(.quotient, input, to: type, zeroGivesZero: orZero)
      }
    }
    return .kernel(type) { (input) throws(SQLError) in
      let quotients = try divided(
        input, isSkippable: { orZero || $0 }, unsigned: { $0 / $1 }, signed: { $0 / $1 },
        wide: { $0 / $1 })
      return convertIntegers(.column(.int64, quotients), to: type, rows: input.rows)
    }
  }

  private static let divisionByZero = SQLError(.illegalDivision, "Division by zero")

  /// Divides row by row, in 64 bits where both sides fit one sign and in 128 bits otherwise. A zero divisor is
  /// an error except in rows that may be skipped (the argument says whether the row is NULL).
  @inline(__always)
  private static func divided(
    _ input: KernelInput, isSkippable: (Bool) -> Bool, unsigned: (UInt64, UInt64) -> UInt64,
    signed: (Int64, Int64) -> Int64, wide operation: (Int128, Int128) -> Int128
  ) throws(SQLError) -> [Int64] {
    let (a, b) = (input.operands[0], input.operands[1])
    var out = [Int64](repeating: 0, count: input.rows)
    let isUnsigned = !a.type.isSignedInteger && !b.type.isSignedInteger
    if isUnsigned {
      let x = a.integers(UInt64.self)
      let y = b.integers(UInt64.self)
      for row in 0..<input.rows {
        let divisor = y.element(row)
        if divisor == 0 {
          if isSkippable(input.valid?[row] == 0) { continue }
          throw divisionByZero
        }
        out[row] = Int64(bitPattern: unsigned(x.element(row), divisor))
      }
      return out
    }
    if a.type != .uint64, b.type != .uint64 {
      let x = a.integers(Int64.self)
      let y = b.integers(Int64.self)
      for row in 0..<input.rows {
        let divisor = y.element(row)
        if divisor == 0 {
          if isSkippable(input.valid?[row] == 0) { continue }
          throw divisionByZero
        }
        let dividend = x.element(row)
        // The one quotient that does not fit wraps to itself, with remainder 0.
        out[row] =
          divisor == -1 && dividend == .min
          ? Int64(truncatingIfNeeded: operation(Int128(dividend), -1)) : signed(dividend, divisor)
      }
      return out
    }
    let x = wide(a)
    let y = wide(b)
    for row in 0..<input.rows {
      let divisor = y.at(row)
      if divisor == 0 {
        if isSkippable(input.valid?[row] == 0) { continue }
        throw divisionByZero
      }
      out[row] = Int64(truncatingIfNeeded: operation(x.at(row), divisor))
    }
    return out
  }

  private static func remainder(
    _ call: FunctionBinding, isPositive: Bool, orZero: Bool = false
  ) throws(SQLError) -> Resolution {
    let (a, b) = (call.types[0], call.types[1])
    if call.hasDecimal {
      return try DecimalArithmetic.resolve(call, isPositive ? .positiveRemainder : .remainder)
    }
    guard a.isPlainNumber, b.isPlainNumber else { throw call.illegalTypes() }
    let type = DataType.remainder(a, b)
    if type == .float64 {
      return .kernel(type) { input in
        let x = input.operands[0].doubles()
        let y = input.operands[1].doubles()
        return .column(
          type,
          zipVectors(x, y, rows: input.rows) { (a: Double, b: Double) -> Double in
            let rest = a.truncatingRemainder(dividingBy: b)
            return isPositive && rest < 0 ? rest + b.magnitude : rest
          })
      }
    }
    let result = isPositive ? DataType.integer(bits: b.numberBits, signed: false) : type
    if a.isWideInteger || b.isWideInteger {
      return .kernel(result) { (input) throws(SQLError) in
        try WideDivision.run(
          isPositive ? .positiveRemainder : .remainder, input, to: result, zeroGivesZero: false)
      }
    }
    return .kernel(result) { (input) throws(SQLError) in
      let rests = try divided(
        input, isSkippable: { orZero || $0 }, unsigned: { $0 % $1 },
        signed: { (x: Int64, y: Int64) -> Int64 in
          let rest = x % y
          return isPositive && rest < 0 ? rest &+ (y < 0 ? 0 &- y : y) : rest
        },
        wide: { (x: Int128, y: Int128) -> Int128 in
          let rest = x % y
          return isPositive && rest < 0 ? rest + (y < 0 ? 0 - y : y) : rest
        })
      return convertIntegers(.column(.int64, rests), to: result, rows: input.rows)
    }
  }

  /// Integers of any type and sign, without wrapping.
  enum WideIntegers {
    case signed(Vector<Int64>)
    case unsigned(Vector<UInt64>)

    @inline(__always)
    func at(_ row: Int) -> Int128 {
      switch self {
      case .signed(.array(let v)): Int128(v[row])
      case .signed(.scalar(let x)): Int128(x)
      case .unsigned(.array(let v)): Int128(v[row])
      case .unsigned(.scalar(let x)): Int128(x)
      }
    }
  }

  static func wide(_ operand: KernelValue) -> WideIntegers {
    operand.type.withoutNullable == .uint64
      ? .unsigned(operand.integers(UInt64.self)) : .signed(operand.integers(Int64.self))
  }

  /// Integers in another width or sign, wrapping.
  static func convertIntegers(_ operand: KernelValue, to type: DataType, rows: Int) -> KernelValue {
    if case .constant(let value, _) = operand {
      let bits = value.wrappedInt64
      switch type.physical {
      case .int8: return .constant(.int(Int64(Int8(truncatingIfNeeded: bits))), type)
      case .int16: return .constant(.int(Int64(Int16(truncatingIfNeeded: bits))), type)
      case .int32: return .constant(.int(Int64(Int32(truncatingIfNeeded: bits))), type)
      case .uint8: return .constant(.uint(UInt64(UInt8(truncatingIfNeeded: bits))), type)
      case .uint16: return .constant(.uint(UInt64(UInt16(truncatingIfNeeded: bits))), type)
      case .uint32: return .constant(.uint(UInt64(UInt32(truncatingIfNeeded: bits))), type)
      case .uint64: return .constant(.uint(UInt64(bitPattern: bits)), type)
      case .int128: return .constant(.int128(value.wrappedInt128), type)
      case .uint128:
        return .constant(.uint128(UInt128(truncatingIfNeeded: value.wrappedInt128)), type)
      default: return .constant(.int(bits), type)
      }
    }
    if operand.type.physical == type.physical { return operand.relabelled(type) }
    func spread<T: ColumnInteger>(_ element: T.Type) -> KernelValue {
      .column(type, operand.integers(T.self).map(rows: rows) { $0 })
    }
    switch type.physical {
    case .int8: return spread(Int8.self)
    case .int16: return spread(Int16.self)
    case .int32: return spread(Int32.self)
    case .uint8: return spread(UInt8.self)
    case .uint16: return spread(UInt16.self)
    case .uint32: return spread(UInt32.self)
    case .uint64: return spread(UInt64.self)
    case .int128: return spread(Int128.self)
    case .uint128: return spread(UInt128.self)
    default: return spread(Int64.self)
    }
  }
}

extension Value {
  /// The low 64 bits of an integer.
  var wrappedInt64: Int64 {
    switch self {
    case .int(let n): n
    case .uint(let n): Int64(bitPattern: n)
    case .int128(let n): Int64(truncatingIfNeeded: n)
    case .uint128(let n): Int64(truncatingIfNeeded: n)
    default: 0
    }
  }

  /// The low 128 bits of an integer.
  var wrappedInt128: Int128 {
    switch self {
    case .int(let n): Int128(n)
    case .uint(let n): Int128(n)
    case .int128(let n): n
    case .uint128(let n): Int128(truncatingIfNeeded: n)
    default: 0
    }
  }
}
