/// Bytes cut off at the ends of a string.
import TickColumns

extension FunctionTable {
  static let textTrimming: [ScalarFunction] = [
    trim("trimLeft", isLeft: true, isRight: false, "at the beginning", ["ltrim"]),
    trim("trimRight", isLeft: false, isRight: true, "at the end", ["rtrim"]),
    trim("trimBoth", isLeft: true, isRight: true, "at both ends", ["trim"]),
  ]

  private static func trim(
    _ name: String, isLeft: Bool, isRight: Bool, _ place: String, _ aliases: [String]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "s[, bytes]", result: "String",
      summary: "s without spaces, or without any of the given bytes, \(place).", arity: 1...2,
      aliases: aliases
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<call.count)
      if call.count == 2, call.constant(1) == nil {
        throw SQLError(
          .illegalColumn, "Argument 2 of function \(name) must be a constant string",
          at: call.arguments[1].position ?? call.position)
      }
      var isCut = [Bool](repeating: false, count: 256)
      if call.count == 2, case .bytes(let bytes)? = call.constant(1) {
        for byte in bytes { isCut[Int(byte)] = true }
      } else {
        isCut[0x20] = true
      }
      let cut = isCut
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        for row in 0..<input.rows {
          let string = strings[row]
          var (start, end) = (string.startIndex, string.endIndex)
          if isLeft { while start < end, cut[Int(string[start])] { start += 1 } }
          if isRight { while start < end, cut[Int(string[end - 1])] { end -= 1 } }
          try out.append(string[start..<end])
          out.endRow()
        }
      }
    }
  }
}
