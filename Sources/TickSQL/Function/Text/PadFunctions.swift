/// Strings made longer: padding, repeating, spaces.
import TickColumns

extension FunctionTable {
  static let textPadding: [ScalarFunction] = [
    pad("leftPad", isLeft: true, isUTF8: false, aliases: ["lpad"]),
    pad("rightPad", isLeft: false, isUTF8: false, aliases: ["rpad"]),
    pad("leftPadUTF8", isLeft: true, isUTF8: true, aliases: []),
    pad("rightPadUTF8", isLeft: false, isUTF8: true, aliases: []),
    ScalarFunction(
      "repeat", .text, arguments: "s, n", result: "String",
      summary: "s n times in a row; empty where n is not positive.", arity: 2...2, anyCase: true,
      traits: .mayThrow
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      try checkInteger(call, 1)
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        let counts = input.operands[1].integers(Int64.self)
        for row in 0..<input.rows {
          if input.valid?[row] != 0 {
            let count = try repetitions(counts.element(row), "Too many times to repeat")
            let string = strings[row]
            try out.checkRoom(string.count * count)
            for _ in 0..<count { try out.append(string) }
          }
          out.endRow()
        }
      }
    },
    ScalarFunction(
      "space", .text, arguments: "n", result: "String", summary: "n spaces.", arity: 1...1,
      anyCase: true, traits: .mayThrow
    ) { (call) throws(SQLError) in
      try checkInteger(call, 0)
      return textResult { (input, out) throws(SQLError) in
        let counts = input.operands[0].integers(Int64.self)
        for row in 0..<input.rows {
          if input.valid?[row] != 0 {
            let count = try repetitions(counts.element(row), "Too many times to repeat")
            try out.checkRoom(count)
            for _ in 0..<count { out.append(0x20) }
          }
          out.endRow()
        }
      }
    },
  ]

  /// Repetitions and padded lengths at most, as in ClickHouse.
  private static let lengthMax: Int64 = 1_000_000

  private static func repetitions(_ count: Int64, _ what: String) throws(SQLError) -> Int {
    guard count <= lengthMax else {
      throw SQLError(.tooLargeStringSize, "\(what) (\(count)), maximum is: \(lengthMax)")
    }
    return Int(max(0, count))
  }

  private static func pad(
    _ name: String, isLeft: Bool, isUTF8: Bool, aliases: [String]
  ) -> ScalarFunction {
    let unit = isUTF8 ? "characters" : "bytes"
    return ScalarFunction(
      name, .text, arguments: "s, length[, filling]", result: "String",
      summary:
        "s with the filling (a space by default) on the \(isLeft ? "left" : "right") up to so many \(unit), or cut "
        + "to them.", arity: 2...3, aliases: aliases, aliasesAnyCase: true, traits: .mayThrow
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      try checkInteger(call, 1)
      if call.count == 3 { try checkText(call, 2..<3) }
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        let lengths = input.operands[1].integers(Int64.self)
        let fillings: StringOperand =
          input.operands.count == 3 ? input.operands[2].strings : .scalar([0x20])
        for row in 0..<input.rows {
          if input.valid?[row] != 0 {
            let filling = fillings[row].isEmpty ? [0x20] : fillings[row]
            try padRow(
              strings[row], to: lengths.element(row), filling, isLeft: isLeft, isUTF8: isUTF8, &out)
          }
          out.endRow()
        }
      }
    }
  }

  private static func padRow(
    _ string: ArraySlice<UInt8>, to length: Int64, _ filling: ArraySlice<UInt8>, isLeft: Bool,
    isUTF8: Bool, _ out: inout TextBuilder
  ) throws(SQLError) {
    guard length >= 0 else {
      throw SQLError(
        .indexOfPositionalArgumentIsOutOfRange, "New padded length (\(length)) is negative")
    }
    let wanted = try repetitions(length, "New padded length is too big")
    let own = isUTF8 ? CodePoints.count(string) : string.count
    if own >= wanted {
      let end = isUTF8 ? CodePoints.place(wanted, in: string) : string.startIndex + wanted
      return try out.append(string[string.startIndex..<end])
    }
    if !isLeft { try out.append(string) }
    let fillingLength = isUTF8 ? CodePoints.count(filling) : filling.count
    let missing = wanted - own
    // A filling of continuation bytes only has no characters: nothing can be filled with it.
    let whole = fillingLength == 0 ? 0 : missing / fillingLength
    try out.checkRoom(whole * filling.count)
    for _ in 0..<whole { try out.append(filling) }
    let rest = fillingLength == 0 ? 0 : missing % fillingLength
    let end = isUTF8 ? CodePoints.place(rest, in: filling) : filling.startIndex + rest
    try out.append(filling[filling.startIndex..<end])
    if isLeft { try out.append(string) }
  }
}
