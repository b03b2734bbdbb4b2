import TickColumns
import TickFormats

/// Internet addresses: an IPv4 address lies in IPv6 as `::ffff:a.b.c.d`.
enum Addresses {
  private static let mapped: UInt128 = 0xFFFF_0000_0000

  static func convert(
    _ operand: KernelValue, to type: DataType, rows: Int, valid: [UInt8]?
  ) throws(SQLError) -> KernelValue {
    if type == .ipv6 {
      return .column(type, operand.integers(UInt128.self).map(rows: rows) { $0 | mapped })
    }
    let numbers = operand.integers(UInt128.self)
    var out = [UInt32](repeating: 0, count: rows)
    for row in 0..<rows where valid?[row] != 0 {
      let number = numbers.element(row)
      guard number & ~0xFFFF_FFFF == mapped else {
        throw SQLError(.cannotConvertType, "An IPv6 address is not in IPv4 mapping block")
      }
      out[row] = UInt32(truncatingIfNeeded: number)
    }
    return .column(type, out)
  }

  /// The first and the last address that share the leading bits.
  static func range<T: ColumnInteger & UnsignedInteger>(_ address: T, prefix: Int) -> (T, T) {
    let bits = min(max(prefix, 0), T.bitWidth)
    let rest: T = bits == T.bitWidth ? 0 : T.max >> T(bits)
    return (address & ~rest, address | rest)
  }

  /// A text as an address of 128 bits and its width; nil where it is none.
  static func parse(_ bytes: ArraySlice<UInt8>) -> (number: UInt128, bits: Int)? {
    if case .uint(let n)? = try? parseText(bytes, as: .ipv4, style: .raw) {
      return (UInt128(n), 32)
    }
    if case .uint128(let n)? = try? parseText(bytes, as: .ipv6, style: .raw) { return (n, 128) }
    return nil
  }
}

extension FunctionTable {
  static let addresses: [ScalarFunction] =
    [
      ScalarFunction(
        "IPv4NumToString", .address, arguments: "n", result: "String",
        summary: "The address of a number, most significant byte first.", arity: 1...1,
        aliases: ["INET_NTOA"], aliasesAnyCase: true
      ) { (call) throws(SQLError) in try addressText(call) },
      ScalarFunction(
        "IPv4NumToStringClassC", .address, arguments: "n", result: "String",
        summary: "As IPv4NumToString, with xxx for the last byte.", arity: 1...1
      ) { (call) throws(SQLError) in
        let text = try call.builder.call("IPv4NumToString", call.arguments, at: call.position)
        return .kernel(.string, arguments: [text]) { input in
          let strings = input.operands[0].strings
          var out = StringValues()
          for row in 0..<input.rows {
            let end = strings[row].lastIndex(of: 0x2E) ?? strings[row].endIndex
            out.append(Array(strings[row][..<end]) + Array(".xxx".utf8))
          }
          return .column(Column(.string, .string(out)))
        }
      },
      ScalarFunction(
        "IPv4ToIPv6", .address, arguments: "x", result: "IPv6",
        summary: "An IPv4 address as the mapped IPv6 address.", arity: 1...1
      ) { (call) throws(SQLError) in
        guard call.types[0] == .ipv4 else { throw call.illegal(0, "IPv4") }
        return .expression(
          try call.builder.call("toIPv6", call.arguments, at: call.position))
      },
      ScalarFunction(
        "IPv6NumToString", .address, arguments: "x", result: "String",
        summary: "The text of an IPv6, or of the 16 bytes of one.", arity: 1...1
      ) { (call) throws(SQLError) in
        if call.types[0] == .ipv6 {
          return .expression(
            try call.builder.call("toString", call.arguments, at: call.position))
        }
        guard call.types[0] == .fixedString(16) else { throw call.illegal(0, "FixedString(16)") }
        return .kernel(.string) { input in
          let numbers = wideNumbers(input.operands[0], rows: input.rows)
          return TextConversion.text(.column(.ipv6, numbers), rows: input.rows, in: .utc)
        }
      },
      classifyAddress("isIPv4String", .ipv4),
      classifyAddress("isIPv6String", .ipv6),
      cidr("IPv4CIDRToRange", .ipv4, UInt32.self),
      cidr("IPv6CIDRToRange", .ipv6, UInt128.self),
      inRange,
      ScalarFunction(
        "UUIDStringToNum", .address, arguments: "s", result: "FixedString(16)",
        summary: "The 16 bytes of the text of a UUID.", arity: 1...1, traits: .mayThrow
      ) { (call) throws(SQLError) in
        guard call.types[0] == .string else { throw call.illegal(0, "String") }
        let uuid = try call.builder.call("toUUID", call.arguments, at: call.position)
        return .expression(try call.builder.call("UUIDToNum", [uuid], at: call.position))
      },
      ScalarFunction(
        "UUIDToNum", .address, arguments: "u", result: "FixedString(16)",
        summary: "The 16 bytes of a UUID.", arity: 1...1
      ) { (call) throws(SQLError) in
        guard call.types[0] == .uuid else { throw call.illegal(0, "UUID") }
        return .kernel(.fixedString(16)) { input in sixteenBytes(input.operands[0], input.rows) }
      },
      ScalarFunction(
        "UUIDNumToString", .address, arguments: "b", result: "String",
        summary: "The text of the UUID of 16 bytes.", arity: 1...1
      ) { (call) throws(SQLError) in
        guard call.types[0] == .fixedString(16) else { throw call.illegal(0, "FixedString(16)") }
        return .kernel(.string) { input in
          let numbers = wideNumbers(input.operands[0], rows: input.rows)
          return TextConversion.text(.column(.uuid, numbers), rows: input.rows, in: .utc)
        }
      },
    ] + stringToNumbers

  private static func addressText(_ call: FunctionBinding) throws(SQLError) -> Resolution {
    let type = call.types[0]
    guard type == .ipv4 || (type.isInteger && !type.isSigned) else {
      throw call.illegal(0, "an unsigned integer or IPv4")
    }
    return .kernel(.string) { input in
      let numbers = input.operands[0].integers(UInt32.self).map(rows: input.rows) { $0 }
      return TextConversion.text(.column(.ipv4, numbers), rows: input.rows, in: .utc)
    }
  }

  /// IPv4StringToNum, IPv6StringToNum, with OrDefault and OrNull.
  private static let stringToNumbers: [ScalarFunction] = [4, 6].flatMap { version in
    [("", ParseFailureRule.throw), ("OrDefault", .zero), ("OrNull", .null)].map { suffix, rule in
      let plain: DataType = version == 4 ? .uint32 : .fixedString(16)
      let result = rule == .null ? plain.madeNullable : plain
      return ScalarFunction(
        "IPv\(version)StringToNum\(suffix)", .address, arguments: "s", result: result.description,
        summary: version == 4
          ? "The number of an IPv4 address." : "The 16 bytes of an IPv6 address.", arity: 1...1,
        aliases: version == 4 && suffix.isEmpty ? ["INET_ATON"] : [],
        aliasesAnyCase: version == 4, traits: rule == .throw ? .mayThrow : []
      ) { (call) throws(SQLError) in
        guard call.types[0] == .string else { throw call.illegal(0, "String") }
        let suffix = rule == .throw ? "" : rule == .null ? "OrNull" : "OrZero"
        let address = try call.builder.call(
          "toIPv\(version)\(suffix)", call.arguments, at: call.position)
        if version == 4 {
          return .expression(
            try call.builder.cast(address, to: address.type.isNullable ? result : plain))
        }
        return .kernel(plain, arguments: [address]) { input in
          sixteenBytes(input.operands[0], input.rows)
        }
      }
    }
  }

  private static func classifyAddress(_ name: String, _ type: DataType) -> ScalarFunction {
    ScalarFunction(
      name, .address, arguments: "s", result: "UInt8",
      summary: "1 where s is the text of an \(type) address.", arity: 1...1
    ) { (call) throws(SQLError) in
      guard call.types[0] == .string else { throw call.illegal(0, "String") }
      return .kernel(.uint8) { (input) throws(SQLError) in
        let parsed = try TextConversion.parse(
          input.operands[0].strings, rows: input.rows, valid: nil, as: type.madeNullable,
          onFailure: .null, in: .utc)
        // An IPv4 text reads as a mapped IPv6; it is no text of one.
        let isMapped: (Int) -> Bool = { row in
          type == .ipv6 && !input.operands[0].strings[row].contains(0x3A)
        }
        return .column(
          .uint8,
          (0..<input.rows).map { parsed.isNull(at: $0) || isMapped($0) ? 0 : 1 as UInt8 })
      }
    }
  }

  private static func cidr<T: ColumnInteger & UnsignedInteger>(
    _ name: String, _ type: DataType, _ element: T.Type
  ) -> ScalarFunction {
    ScalarFunction(
      name, .address, arguments: "x, prefix", result: "Tuple(\(type), \(type))",
      summary: "The first and the last address of the network of that many leading bits.",
      arity: 2...2
    ) { (call) throws(SQLError) in
      guard call.types[0] == type else { throw call.illegal(0, type.description) }
      guard call.types[1].isInteger, !call.types[1].isSigned else {
        throw call.illegal(1, "an unsigned integer")
      }
      let result = DataType.tuple([TupleElement(type: type), TupleElement(type: type)])
      return .kernel(result) { input in
        let addresses = input.operands[0].integers(T.self)
        let bits = input.operands[1].integers(Int64.self)
        var first: [T] = []
        var last: [T] = []
        for row in 0..<input.rows {
          let range = Addresses.range(
            addresses.element(row), prefix: Int(clamping: bits.element(row)))
          first.append(range.0)
          last.append(range.1)
        }
        return .column(
          Column(
            result,
            .tuple(
              [Column(type, T.values(first)), Column(type, T.values(last))], count: input.rows)))
      }
    }
  }

  private static let inRange = ScalarFunction(
    "isIPAddressInRange", .address, arguments: "address, 'network/prefix'", result: "UInt8",
    summary: "1 where the address lies in the network; 0 between IPv4 and IPv6.", arity: 2...2,
    traits: .mayThrow
  ) { (call) throws(SQLError) in
    let type = call.types[0]
    guard type == .string || type == .ipv4 || type == .ipv6 else {
      throw call.illegal(0, "an address")
    }
    guard call.types[1] == .string else { throw call.illegal(1, "String") }
    let address =
      type == .string
      ? call.arguments[0]
      : try call.builder.call("toString", [call.arguments[0]], at: call.position)
    return .kernel(.uint8, arguments: [address, call.arguments[1]]) { (input) throws(SQLError) in
      let texts = input.operands[0].strings
      let networks = input.operands[1].strings
      var out = [UInt8](repeating: 0, count: input.rows)
      for row in 0..<input.rows where input.valid?[row] != 0 {
        guard let address = Addresses.parse(texts[row]) else {
          throw SQLError(
            .cannotParseText, "Neither IPv4 nor IPv6 address: \(quotedLiteral(Array(texts[row])))")
        }
        let network = networks[row]
        guard let slash = network.lastIndex(of: 0x2F),
          let base = Addresses.parse(network[..<slash]),
          let bits = Int(String(decoding: network[(slash + 1)...], as: UTF8.self)),
          (0...base.bits).contains(bits)
        else {
          throw SQLError(
            .cannotParseText, "The text is no network: \(quotedLiteral(Array(network)))")
        }
        guard base.bits == address.bits else { continue }
        let shift = UInt128(base.bits - bits)
        out[row] = base.number >> shift == address.number >> shift ? 1 : 0
      }
      return .column(.uint8, out)
    }
  }

  /// 128 bits as 16 bytes, most significant first.
  private static func sixteenBytes(_ operand: KernelValue, _ rows: Int) -> KernelValue {
    let numbers = operand.integers(UInt128.self)
    var out = StringValues()
    out.reserve(count: rows, bytes: rows * 16)
    for row in 0..<rows {
      let number = numbers.element(row)
      out.append(
        (0..<16).map { UInt8(truncatingIfNeeded: number >> UInt128(120 - 8 * $0)) })
    }
    return .column(Column(.fixedString(16), .string(out)))
  }

  private static func wideNumbers(_ operand: KernelValue, rows: Int) -> [UInt128] {
    let strings = operand.strings
    return (0..<rows).map { row in
      strings[row].reduce(0 as UInt128) { $0 << 8 | UInt128($1) }
    }
  }
}
