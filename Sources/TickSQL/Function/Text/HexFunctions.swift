/// Bytes as digits and back: hexadecimal, binary, Base64 and codes of characters.
import TickColumns

extension FunctionTable {
  static let textDigits: [ScalarFunction] = [
    digits(
      "hex", bits: 4, "Bytes in hexadecimal; numbers without leading zero bytes, doubles as stored."
    ),
    digits("bin", bits: 1, "As hex, in binary."),
    textFunction(
      "unhex",
      "The bytes that hexadecimal digits stand for; of an odd number the first stands alone.",
      anyCase: true
    ) { (strings, input, out) in
      for row in 0..<input.rows {
        undigit(strings[row], perByte: 2, &out) { hexValue($0) }
        out.endRow()
      }
    },
    textFunction(
      "unbin", "The bytes that binary digits stand for; the first byte may have fewer than eight.",
      anyCase: true
    ) { (strings, input, out) in
      for row in 0..<input.rows {
        undigit(strings[row], perByte: 8, &out) { $0 == 0x30 ? 0 : 1 }
        out.endRow()
      }
    },
    textMeasure(
      "ascii", .int32, "The first byte as a number; 0 for the empty string.", anyCase: true
    ) {
      strings, rows in
      var out = [Int32](repeating: 0, count: rows)
      for row in 0..<rows { out[row] = Int32(Int8(bitPattern: strings[row].first ?? 0)) & 0xFF }
      return out
    },
    ScalarFunction(
      "char", .text, arguments: "n, ...", result: "String",
      summary: "One byte for each number, modulo 256; doubles are cut.", arity: 1...Int.max,
      anyCase: true
    ) { (call) throws(SQLError) in
      for i in 0..<call.count where !call.types[i].isNumber { throw call.illegal(i, "a number") }
      return textResult { (input, out) in
        let numbers: [Vector<UInt8>] = input.operands.map { operand in
          guard operand.type == .float64 else { return operand.integers(UInt8.self) }
          return .array(
            operand.doubles().map(rows: input.rows) {
              UInt8(truncatingIfNeeded: Int64(exactly: $0.rounded(.towardZero)) ?? 0)
            })
        }
        for row in 0..<input.rows {
          for number in numbers { out.append(number.element(row)) }
          out.endRow()
        }
      }
    },
  ]

  // MARK: hex and bin

  private static func digits(_ name: String, bits: Int, _ summary: String) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "x", result: "String", summary: summary, arity: 1...1, anyCase: true
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      if type == .string || !type.withoutAggregateStates, type.physical == .string {
        return textResult { (input, out) in
          let strings = input.operands[0].strings
          for row in 0..<input.rows {
            for byte in strings[row] { append(byte, bits, &out) }
            out.endRow()
          }
        }
      }
      if type == .float64 {
        return textResult { (input, out) in
          let numbers = input.operands[0].doubles()
          for row in 0..<input.rows {
            // As the eight bytes lie in memory.
            var rest = numbers.element(row).bitPattern
            for _ in 0..<8 {
              append(UInt8(truncatingIfNeeded: rest), bits, &out)
              rest >>= 8
            }
            out.endRow()
          }
        }
      }
      var isTime = type == .date
      if case .dateTime = type { isTime = true }
      guard type.isNumber || isTime else {
        if case .dateTime64 = type {
          throw SQLError(
            .illegalColumn, "Illegal column \(type) of argument of function \(name)",
            at: call.position)
        }
        throw call.illegal(0, "a string or a number")
      }
      let width = type == .date ? 16 : isTime ? 32 : type.numberBits
      let mask = width >= 64 ? UInt64.max : (1 << UInt64(width)) - 1
      return textResult { (input, out) in
        let numbers = input.operands[0].integers(UInt64.self)
        for row in 0..<input.rows {
          let number = numbers.element(row) & mask
          let bytes = max(1, (64 - number.leadingZeroBitCount + 7) / 8)
          for i in (0..<bytes).reversed() {
            append(UInt8(truncatingIfNeeded: number >> UInt64(8 * i)), bits, &out)
          }
          out.endRow()
        }
      }
    }
  }

  private static func append(_ byte: UInt8, _ bits: Int, _ out: inout TextBuilder) {
    var shift = 8 - bits
    while shift >= 0 {
      let digit = (byte >> UInt8(shift)) & ((1 << UInt8(bits)) - 1)
      out.append(digit < 10 ? 0x30 + digit : 0x37 + digit)
      shift -= bits
    }
  }

  /// Digits from the right in groups of one byte; the first group may be short.
  private static func undigit(
    _ text: ArraySlice<UInt8>, perByte: Int, _ out: inout TextBuilder, _ value: (UInt8) -> UInt8
  ) {
    let bits = 8 / perByte
    var byte: UInt8 = 0
    var left = text.count % perByte == 0 ? perByte : text.count % perByte
    for digit in text {
      byte = byte << UInt8(bits) | value(digit)
      left -= 1
      if left == 0 {
        out.append(byte)
        byte = 0
        left = perByte
      }
    }
  }

  /// The value of a hexadecimal digit; 255 for any other byte, as ClickHouse has it.
  static func hexValue(_ byte: UInt8) -> UInt8 {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: 255
    }
  }
}
