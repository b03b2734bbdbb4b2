/// Pieces of strings, and strings turned around.
import TickColumns

extension FunctionTable {
  static let textPieces: [ScalarFunction] = [
    end("left", isLeft: true, isUTF8: false), end("right", isLeft: false, isUTF8: false),
    end("leftUTF8", isLeft: true, isUTF8: true), end("rightUTF8", isLeft: false, isUTF8: true),
    textMeasure(
      "lengthUTF8", .uint64, "The number of characters.",
      aliases: ["CHAR_LENGTH", "CHARACTER_LENGTH"], aliasesAnyCase: true
    ) { strings, rows in
      var out = [UInt64](repeating: 0, count: rows)
      for row in 0..<rows { out[row] = UInt64(CodePoints.count(strings[row])) }
      return out
    },
    ScalarFunction(
      "substringUTF8", .text, arguments: "s, from[, count]", result: "String",
      summary: "substring in characters.", arity: 2...3
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      for i in 1..<call.count { try checkInteger(call, i) }
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        let starts = input.operands[1].integers(Int64.self)
        let counts: Vector<Int64> =
          input.operands.count == 3 ? input.operands[2].integers(Int64.self) : .scalar(.max)
        for row in 0..<input.rows {
          let string = strings[row]
          let range = pieceRange(
            of: CodePoints.count(string), from: starts.element(row), counts.element(row))
          let low = CodePoints.place(range.lowerBound, in: string)
          let high = CodePoints.place(range.count, in: string[low...])
          try out.append(string[low..<high])
          out.endRow()
        }
      }
    },
    ScalarFunction(
      "substringIndex", .text, arguments: "s, delimiter, count", result: "String",
      summary:
        "s before the occurrence number count of a one-byte delimiter; counted from the end where negative.",
      arity: 3...3, aliases: ["SUBSTRING_INDEX"], aliasesAnyCase: true
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      try checkInteger(call, 2)
      guard case .bytes(let delimiter)? = call.constant(1) else {
        throw SQLError(
          .illegalColumn, "Argument 2 of function substringIndex must be a constant string",
          at: call.arguments[1].position ?? call.position)
      }
      guard delimiter.count == 1 else {
        throw SQLError(
          .badArguments, "Second argument to substringIndex must be a single character",
          at: call.arguments[1].position ?? call.position)
      }
      let byte = delimiter[0]
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        let counts = input.operands[2].integers(Int64.self)
        for row in 0..<input.rows {
          try out.append(part(of: strings[row], byte, counts.element(row)))
          out.endRow()
        }
      }
    },
    ScalarFunction(
      "reverse", .text, arguments: "s", result: "String, or the array",
      summary: "The bytes, or the elements of an array, in reverse order.", arity: 1...1,
      anyCase: true
    ) { (call) throws(SQLError) in
      if call.types[0].arrayElement != nil {
        return .expression(
          try call.builder.call("arrayReverse", call.arguments, at: call.position))
      }
      try checkText(call, 0..<1)
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        for row in 0..<input.rows {
          try out.append(strings[row])
          out.reverseRow()
          out.endRow()
        }
      }
    },
    textFunction("reverseUTF8", "The characters in reverse order.") {
      (strings, input, out) throws(SQLError) in
      for row in 0..<input.rows {
        let string = strings[row]
        var end = string.endIndex
        while end > string.startIndex {
          let start = CodePoints.place(fromEnd: 1, in: string[..<end])
          try out.append(string[start..<end])
          end = start
        }
        out.endRow()
      }
    },
    textFunction("firstLine", "s up to the first line break.") {
      (strings, input, out) throws(SQLError) in
      for row in 0..<input.rows {
        let string = strings[row]
        var line = string.prefix { $0 != 0x0A }
        if line.count < string.count, line.last == 0x0D { line.removeLast() }
        try out.append(line)
        out.endRow()
      }
    },
    ScalarFunction(
      "appendTrailingCharIfAbsent", .text, arguments: "s, byte", result: "String",
      summary: "s, with the byte at its end unless it is there or s is empty.", arity: 2...2
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<2)
      guard case .bytes(let tail)? = call.constant(1) else {
        throw SQLError(
          .illegalColumn, "Argument 2 of function appendTrailingCharIfAbsent must be constant",
          at: call.arguments[1].position ?? call.position)
      }
      guard tail.count == 1 else {
        throw SQLError(
          .badArguments,
          "Second argument of function appendTrailingCharIfAbsent must be a one-character string",
          at: call.arguments[1].position ?? call.position)
      }
      let byte = tail[0]
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        for row in 0..<input.rows {
          let string = strings[row]
          try out.append(string)
          if let last = string.last, last != byte { out.append(byte) }
          out.endRow()
        }
      }
    },
  ]

  // MARK: left and right

  private static func end(_ name: String, isLeft: Bool, isUTF8: Bool) -> ScalarFunction {
    let side = isLeft ? "first" : "last"
    return ScalarFunction(
      name, .text, arguments: "s, n", result: "String",
      summary:
        "The \(side) n \(isUTF8 ? "characters" : "bytes"), or all but the other -n where n is negative.",
      arity: 2...2, anyCase: !isUTF8
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      try checkInteger(call, 1)
      return textResult { (input, out) throws(SQLError) in
        let strings = input.operands[0].strings
        let counts = input.operands[1].integers(Int64.self)
        for row in 0..<input.rows {
          let string = strings[row]
          let length = isUTF8 ? CodePoints.count(string) : string.count
          let wanted = Int(clamping: counts.element(row))
          let kept = min(length, wanted >= 0 ? wanted : max(0, length &+ wanted))
          let start = isLeft ? 0 : length - kept
          let low = isUTF8 ? CodePoints.place(start, in: string) : string.startIndex + start
          let high =
            isUTF8
            ? CodePoints.place(kept, in: string[low...]) : low + kept
          try out.append(string[low..<high])
          out.endRow()
        }
      }
    }
  }

  // MARK: substring

  /// The part of a string of some length: `count` units from a position that counts from 1, or from the end where
  /// it is negative; a negative count leaves that many units away at the end. What lies before the beginning
  /// counts as missing.
  static func pieceRange(of count: Int, from start: Int64, _ wanted: Int64) -> Range<Int> {
    guard start != 0 else { return 0..<0 }
    let length = Int64(count)
    let first = start > 0 ? min(start - 1, length) : max(start, -length - length) + length
    let last: Int64
    if wanted < 0 {
      last = length - min(wanted == .min ? .max : -wanted, length)
    } else {
      // A start further left than the string is long eats into the count by its full distance.
      let missing = start < -length ? -length &- start : 0
      let (end, overflow) = max(0, first).addingReportingOverflow(wanted)
      last = overflow || wanted == .max ? length : end &- missing
    }
    let low = min(max(0, first), length)
    return Int(low)..<Int(max(low, min(last, length)))
  }

  private static func part(
    of string: ArraySlice<UInt8>, _ delimiter: UInt8, _ count: Int64
  ) -> ArraySlice<UInt8> {
    var left = count
    if count > 0 {
      for at in string.indices where string[at] == delimiter {
        left -= 1
        if left == 0 { return string[..<at] }
      }
      return string
    }
    guard count < 0 else { return [] }
    for at in string.indices.reversed() where string[at] == delimiter {
      left += 1
      if left == 0 { return string[(at + 1)...] }
    }
    return string
  }
}
