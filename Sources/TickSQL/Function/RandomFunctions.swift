import TickColumns

/// Random numbers and UUIDs. Chance comes in through `QueryContext.random`, once per batch; the rows of a batch
/// follow from it.
///
/// A call without arguments is one expression wherever it stands in a statement, as in ClickHouse: an argument
/// tells two of them apart.
extension FunctionTable {
  static let random: [ScalarFunction] = [
    randomFunction("rand", .uint32, "A random number of 32 bits.", ["rand32"]) { bits, rows in
      .column(.uint32, (0..<rows).map { _ in UInt32(truncatingIfNeeded: bits.next() >> 32) })
    },
    randomFunction("rand64", .uint64, "A random number of 64 bits.", []) { bits, rows in
      .column(.uint64, (0..<rows).map { _ in bits.next() })
    },
    randomFunction("generateUUIDv4", .uuid, "A random UUID of version 4.", []) { bits, rows in
      .column(
        .uuid,
        (0..<rows).map { _ -> UInt128 in
          let number = UInt128(bits.next()) << 64 | UInt128(bits.next())
          // Version 4 in the third group, variant 1 in the fourth.
          let mask: UInt128 = 0xFFFF_FFFF_FFFF_0FFF_3FFF_FFFF_FFFF_FFFF
          return number & mask | 0x0000_0000_0000_4000_8000_0000_0000_0000
        })
    },
    ScalarFunction(
      "generateUUIDv7", .random, arguments: "[x]", result: "UUID",
      summary:
        "A UUID of version 7: the millisecond in which the statement began, a number that counts on from row to row, and "
        + "random bits. Equal calls in one statement give equal values; x tells them apart.",
      arity: 0...1, traits: [.ownNulls, .ownCodes, .perRow]
    ) { (call) throws(SQLError) in
      let context = call.builder.context
      guard let random = context.random, let now = context.now else { throw chanceRefused(call) }
      let numbers = UUIDNumbers(nanoseconds: now, random: random())
      return .kernel(.uuid) { input in
        var bits = RandomBits(state: random())
        let first = numbers.reserve(input.rows)
        return .column(
          .uuid, (0..<input.rows).map { first.uuid(plus: UInt64($0), random: bits.next()) })
      }
    },
  ]

  private static func chanceRefused(_ call: FunctionBinding) -> SQLError {
    SQLError(
      .badArguments, "Expression must be deterministic but it contains \(call.name)()",
      at: call.position)
  }

  private static func randomFunction(
    _ name: String, _ type: DataType, _ summary: String, _ aliases: [String],
    _ body: @escaping @Sendable (inout RandomBits, Int) -> KernelValue
  ) -> ScalarFunction {
    ScalarFunction(
      name, .random, arguments: "[x]", result: type.description,
      summary: summary + " Equal calls in one statement give equal values; x tells them apart.",
      arity: 0...1, aliases: aliases, traits: [.ownNulls, .ownCodes, .perRow]
    ) { (call) throws(SQLError) in
      guard let random = call.builder.context.random else { throw chanceRefused(call) }
      return .kernel(type) { input in
        var bits = RandomBits(state: random())
        return body(&bits, input.rows)
      }
    }
  }
}

/// A stream of bits from 64 of them (SplitMix64).
struct RandomBits {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
