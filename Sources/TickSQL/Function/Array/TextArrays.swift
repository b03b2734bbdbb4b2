import TickColumns

/// Between strings and arrays of strings.
extension FunctionTable {
  static let textArrays: [ScalarFunction] = [
    splitting(
      "splitByChar", "The pieces of s between the bytes that equal the separator.",
      isPair: true
    ) { (text, separator) throws(SQLError) in
      guard separator.count == 1 else {
        throw SQLError(
          .badArguments, "The separator of splitByChar must be one byte")
      }
      return pieces(text, separator)
    },
    splitting(
      "splitByString", "The pieces of s between the separators; each byte where that is empty.",
      isPair: true
    ) { (text, separator) throws(SQLError) in
      separator.isEmpty ? text.indices.map { text[$0...$0] } : pieces(text, separator)
    },
    splitting("splitByWhitespace", "The pieces of s between blanks, none empty.", isPair: false) {
      (text, _) throws(SQLError) in
      text.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
    },
    splitting(
      "splitByNonAlpha", "The pieces of s between blanks and punctuation, none empty.",
      isPair: false
    ) { (text, _) throws(SQLError) in
      text.split { $0 < 0x80 && !isLetter($0) && !(0x30...0x39).contains($0) }
    },
    splitting("alphaTokens", "The runs of the letters a-z and A-Z in s.", isPair: false) {
      (text, _) throws(SQLError) in text.split { !isLetter($0) }
    },
    ScalarFunction(
      "arrayStringConcat", .array, arguments: "a[, separator]", result: "String",
      summary: "The texts of the elements, the separator between them; NULL is left out.",
      arity: 1...2, aliases: ["array_to_string"], aliasesAnyCase: true, traits: .ownNulls
    ) { (call) throws(SQLError) in
      let element = try call.element(0)
      if call.count == 2, call.types[1] != .string { throw call.illegal(1, "String") }
      let texts: DataType = element.isNullable ? .nullable(.string) : .string
      var arguments = [try call.cast(0, .array(texts))]
      if call.count == 2 { arguments.append(call.arguments[1]) }
      return .kernel(.string, arguments: arguments) { (input) throws(SQLError) in
        let arrays = ArrayRows(input.operands[0])
        let separators = input.operands.count == 2 ? input.operands[1].strings : .scalar([])
        let elements = arrays.elements
        let strings = KernelValue.column(elements).strings
        var out = StringValues()
        var cell: [UInt8] = []
        for row in 0..<input.rows {
          cell.removeAll(keepingCapacity: true)
          var isFirst = true
          for i in arrays.range(row) where !elements.isNull(at: i) {
            if !isFirst { cell += separators[row] }
            isFirst = false
            cell += strings[i]
          }
          out.append(cell)
        }
        return .column(Column(.string, .string(out)))
      }
    },
  ]

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

  private static func pieces(
    _ text: ArraySlice<UInt8>, _ separator: ArraySlice<UInt8>
  ) -> [ArraySlice<UInt8>] {
    var out: [ArraySlice<UInt8>] = []
    var start = text.startIndex
    while let place = find(separator, in: text[start...]) {
      out.append(text[start..<start + place])
      start += place + separator.count
    }
    out.append(text[start...])
    return out
  }

  private static func splitting(
    _ name: String, _ summary: String, isPair: Bool,
    _ split:
      @escaping @Sendable (ArraySlice<UInt8>, ArraySlice<UInt8>) throws(SQLError) -> [ArraySlice<
        UInt8
      >]
  ) -> ScalarFunction {
    ScalarFunction(
      name, .array, arguments: isPair ? "separator, s[, count]" : "s[, count]",
      result: "Array(String)",
      summary: summary + " At most count pieces, the rest is left out.",
      arity: isPair ? 2...3 : 1...2, traits: .mayThrow
    ) { (call) throws(SQLError) in
      let texts = isPair ? 2 : 1
      for i in 0..<texts where call.types[i] != .string { throw call.illegal(i, "String") }
      var most = Int.max
      if call.count > texts {
        guard let count = call.constant(texts)?.int64, call.types[texts].isInteger else {
          throw call.illegal(texts, "a constant integer")
        }
        if count > 0 { most = Int(count) }
      }
      let limit = most
      return .kernel(.array(.string)) { (input) throws(SQLError) in
        let strings = input.operands[isPair ? 1 : 0].strings
        let separators = isPair ? input.operands[0].strings : .scalar([])
        var offsets = [0]
        var out = StringValues()
        for row in 0..<input.rows {
          if input.valid?[row] != 0 {
            for piece in try split(strings[row], separators[row]).prefix(limit) {
              out.append(piece)
            }
          }
          offsets.append(out.count)
        }
        return .column(
          Column(
            .array(.string),
            .array(ArrayValues(offsets: offsets, elements: Column(.string, .string(out))))))
      }
    }
  }
}
