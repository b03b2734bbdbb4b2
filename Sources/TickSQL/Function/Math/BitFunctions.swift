/// Bits of integers. Results of two operands have the wider type, signed where one of them is.
import TickColumns

extension FunctionTable {
  static let bits: [ScalarFunction] = [
    combination("bitAnd", "a AND b, bit by bit.", .and),
    combination("bitOr", "a OR b, bit by bit.", .or),
    combination("bitXor", "a XOR b, bit by bit.", .xor),
    ScalarFunction(
      "bitNot", .math, arguments: "a", result: "type of a", summary: "Every bit turned around.",
      arity: 1...1
    ) { (call) throws(SQLError) in
      try checkInteger(call, 0)
      let type = call.types[0]
      return .kernel(type) { input in
        let numbers = input.operands[0].integers(Int64.self).map(rows: input.rows) { ~$0 }
        return convertIntegers(.column(.int64, numbers), to: type, rows: input.rows)
      }
    },
    shift("bitShiftLeft", "a moved left by n bits; what leaves the type is lost.", .left),
    shift("bitShiftRight", "a moved right by n bits, with the sign.", .right),
    shift("bitRotateLeft", "a turned left by n bits.", .rotateLeft),
    shift("bitRotateRight", "a turned right by n bits.", .rotateRight),
    ScalarFunction(
      "bitTest", .math, arguments: "a, n", result: "UInt8",
      summary: "Bit number n of a, counted from the lowest, 0. A bit that a has not is error 12.",
      arity: 2...2, traits: .mayThrow
    ) { (call) throws(SQLError) in try test(call, isAny: false) },
    ScalarFunction(
      "bitTestAll", .math, arguments: "a, n, ...", result: "UInt8",
      summary: "1 where all these bits of a are set.", arity: 2...Int.max, traits: .mayThrow
    ) { (call) throws(SQLError) in try test(call, isAny: false) },
    ScalarFunction(
      "bitTestAny", .math, arguments: "a, n, ...", result: "UInt8",
      summary: "1 where one of these bits of a is set.", arity: 2...Int.max, traits: .mayThrow
    ) { (call) throws(SQLError) in try test(call, isAny: true) },
    ScalarFunction(
      "bitCount", .math, arguments: "x", result: "UInt8; UInt64 for strings",
      summary: "How many bits are set in a number (a double as stored) or a string.", arity: 1...1
    ) { (call) throws(SQLError) in try count(call) },
    ScalarFunction(
      "bitHammingDistance", .math, arguments: "a, b", result: "UInt8; UInt64 for strings",
      summary: "How many bits differ.", arity: 2...2
    ) { (call) throws(SQLError) in try distance(call) },
    ScalarFunction(
      "byteSwap", .math, arguments: "a", result: "type of a",
      summary: "The bytes in reverse order.",
      arity: 1...1, anyCase: true
    ) { (call) throws(SQLError) in
      try checkInteger(call, 0)
      let type = call.types[0]
      let unused = UInt64(64 - type.numberBits)
      return .kernel(type) { input in
        let numbers = input.operands[0].integers(UInt64.self).map(rows: input.rows) {
          Int64(bitPattern: $0.byteSwapped >> unused)
        }
        return convertIntegers(.column(.int64, numbers), to: type, rows: input.rows)
      }
    },
  ]

  private static func widest(_ call: FunctionBinding) throws(SQLError) -> DataType {
    let (a, b) = (call.types[0], call.types[1])
    guard a.isInteger || a == .bool, b.isInteger || b == .bool else { throw call.illegalTypes() }
    return .integer(
      bits: max(a.numberBits, b.numberBits), signed: a.isSignedInteger || b.isSignedInteger)
  }

  // MARK: AND, OR, XOR

  private enum BitOperation { case and, or, xor }

  private static func combination(
    _ name: String, _ summary: String, _ operation: BitOperation
  ) -> ScalarFunction {
    ScalarFunction(
      name, .math, arguments: "a, b", result: "the wider integer type", summary: summary,
      arity: 2...2
    ) { (call) throws(SQLError) in
      let type = try widest(call)
      return .kernel(type) { input in
        let a = input.operands[0].integers(Int64.self)
        let b = input.operands[1].integers(Int64.self)
        let out: [Int64] =
          switch operation {
          case .and: zipVectors(a, b, rows: input.rows) { $0 & $1 }
          case .or: zipVectors(a, b, rows: input.rows) { $0 | $1 }
          case .xor: zipVectors(a, b, rows: input.rows) { $0 ^ $1 }
          }
        return convertIntegers(.column(.int64, out), to: type, rows: input.rows)
      }
    }
  }

  // MARK: Shifts

  private enum Shift { case left, right, rotateLeft, rotateRight }

  private static func shift(_ name: String, _ summary: String, _ shift: Shift) -> ScalarFunction {
    ScalarFunction(
      name, .math, arguments: "a, n", result: "the wider integer type",
      summary: "\(summary) A negative n is error 69.", arity: 2...2, traits: .mayThrow
    ) { (call) throws(SQLError) in
      let type = try widest(call)
      return .kernel(type) { (input) throws(SQLError) in
        switch type.physical {
        case .int8: try shifted(input, type, shift, Int8.self, UInt8.self)
        case .int16: try shifted(input, type, shift, Int16.self, UInt16.self)
        case .int32: try shifted(input, type, shift, Int32.self, UInt32.self)
        case .uint8: try shifted(input, type, shift, UInt8.self, UInt8.self)
        case .uint16: try shifted(input, type, shift, UInt16.self, UInt16.self)
        case .uint32: try shifted(input, type, shift, UInt32.self, UInt32.self)
        case .uint64: try shifted(input, type, shift, UInt64.self, UInt64.self)
        default: try shifted(input, type, shift, Int64.self, UInt64.self)
        }
      }
    }
  }

  private static func shifted<T: ColumnInteger, Bits: ColumnInteger & UnsignedInteger>(
    _ input: KernelInput, _ type: DataType, _ shift: Shift, _ element: T.Type, _ bits: Bits.Type
  ) throws(SQLError) -> KernelValue {
    let numbers = input.operands[0].integers(T.self)
    let counts = wide(input.operands[1])
    let width = Int128(T.bitWidth)
    var out = [T](repeating: 0, count: input.rows)
    for row in 0..<input.rows where input.valid?[row] != 0 {
      let count = counts.at(row)
      let number = numbers.element(row)
      switch shift {
      case .left, .right:
        guard count >= 0 else {
          throw SQLError(
            .argumentOutOfBound, "The number of shift positions needs to be a non-negative value")
        }
        if count < width { out[row] = shift == .left ? number &<< T(count) : number &>> T(count) }
      case .rotateLeft, .rotateRight:
        let turn = Bits(truncatingIfNeeded: (shift == .rotateLeft ? count : -count) & (width - 1))
        let pattern = Bits(truncatingIfNeeded: number)
        out[row] = T(
          truncatingIfNeeded: pattern &<< turn | pattern
            &>> (Bits(T.bitWidth) &- turn & (Bits(T.bitWidth) - 1)))
      }
    }
    return .column(type, out)
  }

  // MARK: Tests and counts

  private static func test(_ call: FunctionBinding, isAny: Bool) throws(SQLError) -> Resolution {
    for i in 0..<call.count { try checkInteger(call, i) }
    let width = Int128(call.types[0].numberBits)
    let name = call.name
    return .kernel(.uint8) { (input) throws(SQLError) in
      let numbers = input.operands[0].integers(UInt64.self)
      let places = input.operands.dropFirst().map { wide($0) }
      var out = [UInt8](repeating: isAny ? 0 : 1, count: input.rows)
      for row in 0..<input.rows where input.valid?[row] != 0 {
        for place in places {
          let bit = place.at(row)
          guard bit >= 0, bit < width else {
            throw SQLError(
              .parameterOutOfBound, "The bit position \(bit) of function \(name) is out of bounds")
          }
          let isSet = numbers.element(row) >> UInt64(bit) & 1 != 0
          if isSet == isAny { out[row] = isAny ? 1 : 0 }
        }
      }
      return .column(.uint8, out)
    }
  }

  private static func count(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    let type = call.types[0]
    if type == .string {
      return .kernel(.uint64) { input in
        let strings = input.operands[0].strings
        var out = [UInt64](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          for byte in strings[row] { out[row] += UInt64(byte.nonzeroBitCount) }
        }
        return .column(.uint64, out)
      }
    }
    if type == .float64 {
      return .kernel(.uint8) { input in
        .column(
          .uint8,
          input.operands[0].doubles().map(rows: input.rows) {
            UInt8($0.bitPattern.nonzeroBitCount)
          })
      }
    }
    guard type.isNumber else { throw call.illegal(0, "a number or a string") }
    let width = type.numberBits
    let mask = width >= 64 ? UInt64.max : (1 << UInt64(width)) - 1
    return .kernel(.uint8) { input in
      .column(
        .uint8,
        input.operands[0].integers(UInt64.self).map(rows: input.rows) {
          UInt8(($0 & mask).nonzeroBitCount)
        })
    }
  }

  private static func distance(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    if call.types[0] == .string, call.types[1] == .string {
      return .kernel(.uint64) { input in
        let left = input.operands[0].strings
        let right = input.operands[1].strings
        var out = [UInt64](repeating: 0, count: input.rows)
        for row in 0..<input.rows {
          let (a, b) = (left[row], right[row])
          for (x, y) in zip(a, b) { out[row] += UInt64((x ^ y).nonzeroBitCount) }
          // The shorter string ends in zeros.
          let rest = a.count > b.count ? a.dropFirst(b.count) : b.dropFirst(a.count)
          for byte in rest { out[row] += UInt64(byte.nonzeroBitCount) }
        }
        return .column(.uint64, out)
      }
    }
    guard call.types.allSatisfy(\.isInteger) else { throw call.illegalTypes() }
    return .kernel(.uint8) { input in
      .column(
        .uint8,
        zipVectors(
          input.operands[0].integers(Int64.self), input.operands[1].integers(Int64.self),
          rows: input.rows
        ) { UInt8(($0 ^ $1).nonzeroBitCount) })
    }
  }
}
