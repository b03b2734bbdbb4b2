/// JSON in strings: `JSONExtractInt(json, 'trades', 1, 'price')` and its kind. Text that is not JSON, and a path that
/// leads nowhere, give the default of the result's type, never an error.
///
/// A path is any number of keys and of indexes; these count from 1, from the end where negative, and the members of
/// objects too. Both may differ from row to row.
import TickColumns
import TickFormats

extension FunctionTable {
  static let json: [ScalarFunction] =
    [
      ScalarFunction(
        "isValidJSON", .json, arguments: "json", result: "UInt8",
        summary: "1 for well-formed JSON.",
        arity: 1...1
      ) { (call) throws(SQLError) in
        try checkText(call, 0..<1)
        return .kernel(.uint8) { input in
          let texts = input.operands[0].strings
          var tape = JSONTape()
          var out = [UInt8](repeating: 0, count: input.rows)
          for row in 0..<input.rows { out[row] = tape.read(texts[row]) ? 1 : 0 }
          return .column(.uint8, out)
        }
      },
      jsonNumbers("JSONHas", .uint8, "1 where the path leads somewhere.") { _, _ in 1 as UInt8 },
      jsonNumbers(
        "JSONLength", .uint64, "The number of elements of an array or of members of an object."
      ) { tape, node in UInt64(tape.count(node)) },
      jsonNumbers("JSONType", jsonTypeEnum, "The kind of value.") { tape, node in
        jsonTypeNumber(tape.kind(node))
      },
      ScalarFunction(
        "JSONArrayLength", .json, arguments: "json", result: "Nullable(UInt64)",
        summary: "The number of elements; NULL for what is no array.", arity: 1...1,
        aliases: ["JSON_ARRAY_LENGTH"], aliasesAnyCase: true, traits: .ownNulls
      ) { (call) throws(SQLError) in
        if call.types[0] == .nullable(.nothing) { return .constant(.null, .nullable(.nothing)) }
        guard call.types[0].withoutNullable == .string else { throw call.illegal(0, "String") }
        return .kernel(.nullable(.uint64)) { input in
          let operand = input.operands[0]
          if operand.isConstantNull { return .constant(.null, .nullable(.uint64)) }
          let texts = operand.strings
          var tape = JSONTape()
          var out = [UInt64](repeating: 0, count: input.rows)
          var marks = [UInt8](repeating: 0, count: input.rows)
          for row in 0..<input.rows {
            guard tape.read(texts[row]), tape.kind(JSONTape.root) == .array else { continue }
            out[row] = UInt64(tape.count(JSONTape.root))
            marks[row] = 1
          }
          let valid = Column.intersect(operand.validity, marks)
          return .column(Column(.uint64, .uint64(out)).masked(by: valid))
        }
      },
      jsonText("JSONKey", "The key of the member that the last index means.", minimum: 2) {
        tape, node, key, out in
        if let key { out += tape.string(key) }
      },
    ]
    + [false, true].flatMap { ignoresCase -> [ScalarFunction] in
      let suffix = ignoresCase ? "CaseInsensitive" : ""
      let words = ignoresCase ? " Keys are found without regard to ASCII case." : ""
      return [
        jsonNumbers(
          "JSONExtractInt" + suffix, .int64, "The number cut to an integer, or 0." + words,
          ignoresCase
        ) { tape, node in tape.integer(node, Int64.self, takesBool: false) ?? 0 },
        jsonNumbers(
          "JSONExtractUInt" + suffix, .uint64, "The number cut to an integer, or 0." + words,
          ignoresCase
        ) { tape, node in tape.integer(node, UInt64.self, takesBool: false) ?? 0 },
        jsonNumbers(
          "JSONExtractFloat" + suffix, .float64, "The number, or 0." + words, ignoresCase
        ) { tape, node in tape.real(node, takesBool: false) ?? 0 },
        jsonNumbers(
          "JSONExtractBool" + suffix, .uint8, "1 for true and for integers other than 0." + words,
          ignoresCase
        ) { tape, node in tape.bool(node) == true ? 1 : 0 as UInt8 },
        jsonText(
          "JSONExtractString" + suffix,
          "A string without its quotes, other values as JSON." + words,
          ignoresCase
        ) { tape, node, _, out in
          if let text = tape.text(node) { out += text }
        },
        jsonText(
          "JSONExtractRaw" + suffix, "The value as JSON, without blanks." + words, ignoresCase
        ) { tape, node, _, out in tape.write(node, into: &out) },
        jsonLists(
          "JSONExtractArrayRaw" + suffix, "The elements of an array as JSON." + words, ignoresCase
        ) { tape, node, out in
          guard tape.kind(node) == .array else { return }
          var element = tape.firstChild(node)
          for _ in 0..<tape.count(node) {
            var text: [UInt8] = []
            tape.write(element, into: &text)
            out.append(text)
            element = tape.next(element)
          }
        },
        jsonLists("JSONExtractKeys" + suffix, "The keys of an object." + words, ignoresCase) {
          tape, node, out in
          tape.forEachMember(node) { key, _ in out.append(tape.string(key)) }
        },
      ]
    }

  // MARK: Frames

  /// A function of a path whose result is a number of a fixed type; the default where the path leads nowhere.
  private static func jsonNumbers<T: ColumnElement & ExpressibleByIntegerLiteral>(
    _ name: String, _ type: DataType, _ summary: String, _ ignoresCase: Bool = false,
    _ value: @escaping @Sendable (JSONTape, Int) -> T
  ) -> ScalarFunction {
    ScalarFunction(
      name, .json, arguments: "json[, key or index, ...]", result: type.description,
      summary: summary, arity: 1...Int.max
    ) { (call) throws(SQLError) in
      try checkJSONPath(call, 1..<call.count)
      return .kernel(type) { input in
        var out = [T](repeating: 0, count: input.rows)
        var documents = JSONDocuments(input, path: 1..<input.operands.count, ignoresCase)
        for row in 0..<input.rows {
          if let (node, _) = documents.find(row) { out[row] = value(documents.tape, node) }
        }
        return .column(type, out)
      }
    }
  }

  private static func jsonText(
    _ name: String, _ summary: String, _ ignoresCase: Bool = false, minimum: Int = 1,
    _ append: @escaping @Sendable (JSONTape, Int, _ key: Int?, inout [UInt8]) -> Void
  ) -> ScalarFunction {
    ScalarFunction(
      name, .json, arguments: "json[, key or index, ...]", result: "String", summary: summary,
      arity: 1...Int.max
    ) { (call) throws(SQLError) in
      try checkJSONPath(call, 1..<call.count)
      return textResult { (input, out) throws(SQLError) in
        var documents = JSONDocuments(input, path: 1..<input.operands.count, ignoresCase)
        var cell: [UInt8] = []
        for row in 0..<input.rows {
          cell.removeAll(keepingCapacity: true)
          if let (node, key) = documents.find(row) { append(documents.tape, node, key, &cell) }
          try out.append(cell)
          out.endRow()
        }
      }
    }
  }

  private static func jsonLists(
    _ name: String, _ summary: String, _ ignoresCase: Bool,
    _ append: @escaping @Sendable (JSONTape, Int, inout StringValues) -> Void
  ) -> ScalarFunction {
    ScalarFunction(
      name, .json, arguments: "json[, key or index, ...]", result: "Array(String)",
      summary: summary, arity: 1...Int.max
    ) { (call) throws(SQLError) in
      try checkJSONPath(call, 1..<call.count)
      return .kernel(.array(.string)) { input in
        var documents = JSONDocuments(input, path: 1..<input.operands.count, ignoresCase)
        var offsets = [0]
        var strings = StringValues()
        for row in 0..<input.rows {
          if let (node, _) = documents.find(row) { append(documents.tape, node, &strings) }
          offsets.append(strings.count)
        }
        let elements = Column(.string, .string(strings))
        return .column(
          Column(.array(.string), .array(ArrayValues(offsets: offsets, elements: elements))))
      }
    }
  }

  static func checkJSONPath(_ call: FunctionBinding, _ path: Range<Int>) throws(SQLError) {
    try checkText(call, 0..<1)
    for i in path where call.types[i] != .string && !call.types[i].isInteger {
      throw call.illegal(i, "a key (String) or an index (an integer)")
    }
  }

  // MARK: JSONType

  private static let jsonTypeEnum: DataType = {
    let names: [(String, Int16)] = [
      ("Null", 0), ("String", 34), ("Array", 91), ("Bool", 98), ("Double", 100), ("Int64", 105),
      ("UInt64", 117), ("Object", 123),
    ]
    let text = names.map { "'\($0)' = \($1)" }.joined(separator: ", ")
    guard let type = try? DataType.parse("Enum8(\(text))") else {
      preconditionFailure("the type of JSONType does not parse")
    }
    return type
  }()

  private static func jsonTypeNumber(_ kind: JSONTape.Kind) -> Int8 {
    switch kind {
    case .null: 0
    case .no, .yes: 98
    case .int: 105
    case .uint: 117
    case .double: 100
    // A number that no type of 64 bits holds counts as a string, as in ClickHouse.
    case .string, .long: 34
    case .array: 91
    case .object: 123
    }
  }
}

/// The documents of a batch and the way into them.
struct JSONDocuments {
  private(set) var tape = JSONTape()
  private let texts: StringOperand
  private let path: [Step]
  private let ignoresCase: Bool
  private var isConstantRead: Bool?

  private enum Step {
    case key(StringOperand)
    case index(Vector<Int64>)
  }

  /// - Parameter path: the arguments that lead into the document, which is the first one.
  init(_ input: KernelInput, path: Range<Int>, _ ignoresCase: Bool) {
    texts = input.operands[0].strings
    self.ignoresCase = ignoresCase
    self.path = path.map { i in
      let operand = input.operands[i]
      return operand.type.withoutNullable.isInteger
        ? .index(operand.integers(Int64.self)) : .key(operand.strings)
    }
  }

  /// The value that a row's path leads to, and the key of its last step where that is a member.
  mutating func find(_ row: Int) -> (node: Int, key: Int?)? {
    switch texts {
    case .array(let strings): guard tape.read(strings[row]) else { return nil }
    case .scalar(let bytes):
      // One document for all rows is read once.
      let isRead = isConstantRead ?? tape.read(bytes[...])
      isConstantRead = isRead
      guard isRead else { return nil }
    }
    var node = JSONTape.root
    var key: Int?
    for step in path {
      let next: Int?
      switch step {
      case .key(let names): next = tape.child(node, named: names[row], ignoresCase: ignoresCase)
      case .index(let numbers):
        let number = Int(clamping: numbers.element(row))
        let count = tape.count(node)
        next = tape.child(node, at: number > 0 ? number - 1 : number < 0 ? count &+ number : -1)
      }
      guard let next else { return nil }
      key = tape.kind(node) == .object ? next - 1 : nil
      node = next
    }
    return (node, key)
  }
}
