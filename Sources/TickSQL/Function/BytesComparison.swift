import TickColumns

/// Comparing what is neither a number nor a time: fixed strings, UUIDs, addresses.
///
/// A fixed string compares as if zero bytes followed the shorter side; addresses by their 128 bits, UUIDs
/// too, the last 8 bytes first; an IPv4 with an IPv6 as the mapped address that it is.
enum BytesComparison {
  /// Nil where other rules hold.
  static func resolve(
    _ call: FunctionBinding, _ comparison: ComparisonOperator
  ) throws(SQLError) -> Resolution? {
    let (a, b) = (call.types[0], call.types[1])
    switch (a, b) {
    case (.fixedString, .fixedString), (.fixedString, .string), (.string, .fixedString):
      return .kernel(.uint8) { input in
        let x = input.operands[0].strings
        let y = input.operands[1].strings
        return .column(
          .uint8,
          (0..<input.rows).map { comparison.holds(padded(x[$0], y[$0])) ? 1 : 0 as UInt8 })
      }
    case (.uuid, .uuid), (.ipv6, .ipv6):
      return .kernel(.uint8) { input in
        let sides = input.operands.map { operand -> Vector<UInt128> in
          let numbers = operand.integers(UInt128.self)
          guard a == .uuid else { return numbers }
          return switch numbers {
          case .array(let v): .array(v.map(\.uuidOrder))
          case .scalar(let x): .scalar(x.uuidOrder)
          }
        }
        return .column(.uint8, compareVectors(comparison, sides[0], sides[1], input.rows))
      }
    case (.ipv4, .ipv4):
      return .kernel(.uint8) { input in
        .column(
          .uint8,
          compareVectors(
            comparison, input.operands[0].integers(UInt32.self),
            input.operands[1].integers(UInt32.self), input.rows))
      }
    case (.ipv4, .ipv6), (.ipv6, .ipv4):
      let addresses = try call.builder.replaced(call.arguments) { $0 == .ipv4 ? .ipv6 : nil }
      return .expression(
        try call.builder.call(comparison.rawValue, addresses, at: call.position))
    case (.ipv4, _) where b.isIntegral, (_, .ipv4) where a.isIntegral:
      let numbers = try call.builder.replaced(call.arguments) { $0 == .ipv4 ? .uint32 : nil }
      return .expression(
        try call.builder.call(comparison.rawValue, numbers, at: call.position))
    default: return nil
    }
  }

  private static func padded(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
    let common = min(a.count, b.count)
    let order = StringValues.compare(a.prefix(common), b.prefix(common))
    if order != 0 { return order }
    if a.dropFirst(common).contains(where: { $0 != 0 }) { return 1 }
    return b.dropFirst(common).contains(where: { $0 != 0 }) ? -1 : 0
  }
}
