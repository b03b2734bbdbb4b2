/// Text put in the place of other text.
import TickColumns

extension FunctionTable {
  static let textReplacement: [ScalarFunction] = [
    replacement(
      "replaceOne", "s with the first occurrence of the pattern replaced.", isAll: false, []),
    replacement(
      "replaceAll", "s with every occurrence of the pattern replaced.", isAll: true, ["replace"]),
    translation("translate", "bytes", isUTF8: false),
    translation("translateUTF8", "characters", isUTF8: true),
  ]

  private static func replacement(
    _ name: String, _ summary: String, isAll: Bool, _ aliases: [String]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "s, pattern, replacement", result: "String",
      summary: "\(summary) The pattern is plain text; an empty one stands nowhere.", arity: 3...3,
      aliases: aliases, aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<3)
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        let patterns = input.operands[1].strings
        let replacements = input.operands[2].strings
        for row in 0..<input.rows {
          let string = strings[row]
          let pattern = patterns[row]
          var at = string.startIndex
          while !pattern.isEmpty, let found = find(pattern, in: string, from: at) {
            try out.append(string[at..<found])
            try out.append(replacements[row])
            at = found + pattern.count
            if !isAll { break }
          }
          try out.append(string[at...])
          out.endRow()
        }
      }
    }
  }

  private static func translation(
    _ name: String, _ unit: String, isUTF8: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name, .text, arguments: "s, from, to", result: "String",
      summary:
        "s with the \(unit) of `from` replaced by those at the same place of `to`, or left away where there are none.",
      arity: 3...3, traits: .mayThrow
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<3)
      guard case .bytes(let from)? = call.constant(1), case .bytes(let to)? = call.constant(2)
      else {
        throw SQLError(
          .illegalColumn, "Arguments 2 and 3 of function \(name) must be constant strings",
          at: call.position)
      }
      return isUTF8
        ? translateCharacters(characters(from[...]), characters(to[...]))
        : try translateBytes(name, from, to)
    }
  }

  private static func translateBytes(
    _ name: String, _ from: [UInt8], _ to: [UInt8]
  ) throws(SQLError) -> Resolution {
    guard (from + to).allSatisfy({ $0 < 0x80 }) else {
      throw SQLError(
        .badArguments, "Arguments 2 and 3 of function \(name) must be ASCII; use translateUTF8")
    }
    // 256 stands for a byte that is left away. The first of equal bytes in `from` counts.
    var table = (0..<256).map { UInt16($0) }
    for (i, byte) in from.enumerated().reversed() {
      table[Int(byte)] = i < to.count ? UInt16(to[i]) : 256
    }
    let targets = table
    return textResult { (input, out) throws(SQLError) in
      let strings = input.operands[0].strings
      for row in 0..<input.rows {
        for byte in strings[row] where targets[Int(byte)] < 256 {
          out.append(UInt8(truncatingIfNeeded: targets[Int(byte)]))
        }
        out.endRow()
      }
    }
  }

  private static func translateCharacters(
    _ from: [ArraySlice<UInt8>], _ to: [ArraySlice<UInt8>]
  ) -> Resolution {
    var table: [ArraySlice<UInt8>: ArraySlice<UInt8>] = [:]
    for (i, character) in from.enumerated().reversed() {
      table[character] = i < to.count ? to[i] : []
    }
    let targets = table
    return textResult { (input, out) throws(SQLError) in
      let strings = input.operands[0].strings
      for row in 0..<input.rows {
        let string = strings[row]
        var at = string.startIndex
        while at < string.endIndex {
          let end = CodePoints.end(of: at, in: string)
          let character = string[at..<end]
          try out.append(targets[character] ?? character)
          at = end
        }
        out.endRow()
      }
    }
  }

  private static func characters(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var out: [ArraySlice<UInt8>] = []
    var at = text.startIndex
    while at < text.endIndex {
      let end = CodePoints.end(of: at, in: text)
      out.append(text[at..<end])
      at = end
    }
    return out
  }
}
