import TickColumns

/// Strings of a fixed number of bytes: padded with zero bytes, which are part of the value.
///
/// Functions of strings read them with their zero bytes; a cast to String cuts the zero bytes at the end, as
/// ClickHouse's does.
enum FixedStrings {
  /// The strings without the zero bytes at their ends.
  static func trimmed(_ operand: KernelValue, rows: Int) -> KernelValue {
    if case .constant(.bytes(let bytes), _) = operand {
      return .constant(.bytes(Array(cut(bytes[...]))), .string)
    }
    let strings = operand.strings
    var out = StringValues()
    for row in 0..<rows { out.append(cut(strings[row])) }
    return .column(Column(.string, .string(out)))
  }

  private static func cut(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var end = bytes.endIndex
    while end > bytes.startIndex, bytes[end - 1] == 0 { end -= 1 }
    return bytes[..<end]
  }
}

extension ExpressionBuilder {
  /// A fixed string as a String of the same bytes; any other expression as it is.
  func bytes(of argument: BoundExpression) throws(SQLError) -> BoundExpression {
    guard case .fixedString = argument.type.withoutNullable else { return argument }
    let type: DataType = argument.type.isNullable ? DataType.string.madeNullable : .string
    if let value = argument.constant { return pool.constant(value, type, at: argument.position) }
    let call = BoundCall(
      function: "bytes", arguments: [argument],
      kernel: { input in input.operands[0].relabelled(.string) }, mayThrow: false,
      propagatesNulls: true, dictionaryArgument: nil, takesCodes: false)
    return pool.call(call, type, at: argument.position)
  }
}

extension FunctionTable {
  static let fixedStrings: [ScalarFunction] = [
    ScalarFunction(
      "toFixedString", .conversion, arguments: "s, n", result: "FixedString(n)",
      summary: "s with zero bytes up to n bytes. A longer s is error 131.", arity: 2...2,
      traits: .mayThrow
    ) { (call) throws(SQLError) in
      guard let width = call.constant(1)?.int64, call.types[1].isInteger else {
        throw SQLError(
          .illegalTypeOfArgument, "toFixedString expects a constant number of bytes",
          at: call.arguments[1].position ?? call.position)
      }
      guard width >= 1, width <= DataType.fixedStringBytesMax else {
        throw SQLError(
          .argumentOutOfBound,
          "FixedString size must be between 1 and \(DataType.fixedStringBytesMax)",
          at: call.arguments[1].position ?? call.position)
      }
      guard call.types[0] == .string || call.types[0].isFixedString else {
        throw SQLError(
          .notImplemented, "toFixedString is only implemented for types String and FixedString",
          at: call.position)
      }
      return try convertPlain(call, to: .fixedString(Int(width)))
    }
  ]
}
