/// The path of SQL's own JSON functions: `$.trades[0].price`, `$["a b"]`, `$.a[*]`, `$.a[0 to 2, 5]`. Indexes count from
/// 0, a range ends before its second number. A path is read once, when the call is bound.
import TickColumns
import TickFormats

struct JSONPath: Sendable {
  private enum Step: Sendable {
    case key([UInt8])
    case all
    /// Ascending as they were written.
    case ranges([Range<Int>])
  }
  private let steps: [Step]

  /// Steps of one path; more are no path.
  private static let stepsMax = 1_000

  init(_ text: [UInt8]) throws(SQLError) {
    var reader = Reader(text: text)
    guard reader.accept("$") else { throw Self.broken }
    var steps: [Step] = []
    while !reader.isAtEnd {
      guard steps.count < Self.stepsMax else { throw Self.broken }
      if reader.accept(".") {
        guard let name = reader.name() else { throw Self.broken }
        steps.append(.key(name))
      } else if reader.accept("[") {
        steps.append(try Self.bracket(&reader))
        guard reader.accept("]") else { throw Self.broken }
      } else {
        throw Self.broken
      }
    }
    self.steps = steps
  }

  private static let broken = SQLError(.badArguments, "Unable to parse JSONPath")

  private static func bracket(_ reader: inout Reader) throws(SQLError) -> Step {
    if reader.accept("*") { return .all }
    if let key = reader.quoted() { return .key(key) }
    var ranges: [Range<Int>] = []
    repeat {
      guard let low = reader.number() else { throw broken }
      guard reader.acceptTo() else {
        ranges.append(low..<low + 1)
        continue
      }
      guard let high = reader.number() else { throw broken }
      guard low < high else {
        throw SQLError(
          .badArguments,
          "Start of range must be less than end of range, however \(low) >= \(high)")
      }
      ranges.append(low..<high)
    } while reader.accept(",")
    return .ranges(ranges)
  }

  /// Calls `body` with each value that the path leads to, in order, until it gives false.
  ///
  /// Recursion is over the steps of the path, which are bounded.
  func forEach(_ tape: JSONTape, _ body: (Int) -> Bool) {
    _ = visit(tape, JSONTape.root, 0, body)
  }

  private func visit(_ tape: JSONTape, _ node: Int, _ step: Int, _ body: (Int) -> Bool) -> Bool {
    guard step < steps.count else { return body(node) }
    switch steps[step] {
    case .key(let name):
      guard let child = tape.child(node, named: name[...]) else { return true }
      return visit(tape, child, step + 1, body)
    case .all:
      guard tape.kind(node) == .array else { return true }
      var element = tape.firstChild(node)
      for _ in 0..<tape.count(node) {
        guard visit(tape, element, step + 1, body) else { return false }
        element = tape.next(element)
      }
      return true
    case .ranges(let ranges):
      guard tape.kind(node) == .array else { return true }
      for range in ranges {
        for i in range.clamped(to: 0..<tape.count(node)) {
          guard let element = tape.child(node, at: i) else { continue }
          guard visit(tape, element, step + 1, body) else { return false }
        }
      }
      return true
    }
  }

  /// Tokens; blanks between them do not matter.
  private struct Reader {
    let text: [UInt8]
    private var at = 0

    init(text: [UInt8]) { self.text = text }

    private mutating func skipBlanks() {
      while at < text.count, text[at] == 0x20 || (0x09...0x0D).contains(text[at]) { at += 1 }
    }

    var isAtEnd: Bool {
      mutating get {
        skipBlanks()
        return at == text.count
      }
    }

    mutating func accept(_ sign: Character) -> Bool {
      skipBlanks()
      guard at < text.count, text[at] == sign.asciiValue else { return false }
      at += 1
      return true
    }

    mutating func acceptTo() -> Bool {
      skipBlanks()
      let word = text[at...].prefix(2).map { $0 | 0x20 }
      guard word == Array("to".utf8) else { return false }
      at += 2
      return true
    }

    mutating func name() -> [UInt8]? {
      if let key = quoted() { return key }
      let start = at
      while at < text.count, Self.isWord(text[at]) { at += 1 }
      return at > start ? Array(text[start..<at]) : nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x5F
    }

    mutating func quoted() -> [UInt8]? {
      skipBlanks()
      guard at < text.count, text[at] == 0x22 || text[at] == 0x27,
        let end = text[(at + 1)...].firstIndex(of: text[at])
      else { return nil }
      let key = Array(text[at + 1..<end])
      at = end + 1
      return key
    }

    /// Up to nine digits: no array has more elements.
    mutating func number() -> Int? {
      skipBlanks()
      let start = at
      while at < text.count, (0x30...0x39).contains(text[at]) { at += 1 }
      guard (1...9).contains(at - start) else { return nil }
      return Int(String(decoding: text[start..<at], as: UTF8.self))
    }
  }
}

extension FunctionTable {
  static let jsonPaths: [ScalarFunction] = [
    ScalarFunction(
      "JSON_EXISTS", .json, arguments: "json, 'path'", result: "UInt8",
      summary: "1 where the path, such as `$.a[0]`, leads somewhere.", arity: 2...2, anyCase: false
    ) { (call) throws(SQLError) in
      let path = try jsonPath(call)
      return .kernel(.uint8) { input in
        let texts = input.operands[0].strings
        var tape = JSONTape()
        var out = [UInt8](repeating: 0, count: input.rows)
        for row in 0..<input.rows where tape.read(texts[row]) {
          path.forEach(tape) { _ in
            out[row] = 1
            return false
          }
        }
        return .column(.uint8, out)
      }
    },
    jsonPathText(
      "JSON_VALUE",
      "The first value at the path that is no array and no object; strings without quotes."
    ) { tape, path, out in
      path.forEach(tape) { node in
        switch tape.kind(node) {
        case .array, .object: return true
        case .string: out += tape.string(node)
        case .long: out += tape.rawBytes(node)
        default: tape.write(node, into: &out)
        }
        return false
      }
    },
    jsonPathText("JSON_QUERY", "The values at the path, as JSON between brackets.") {
      tape, path, out in
      path.forEach(tape) { node in
        out += Array((out.isEmpty ? "[" : ", ").utf8)
        tape.write(node, into: &out)
        return true
      }
      if !out.isEmpty { out.append(0x5D) }
    },
  ]

  private static func jsonPath(_ call: FunctionBinding) throws(SQLError) -> JSONPath {
    try checkText(call, 0..<2)
    let place = call.arguments[1].position ?? call.position
    guard case .bytes(let text)? = call.constant(1) else {
      throw SQLError(
        .illegalColumn, "Argument 2 of function \(call.name), the path, must be constant",
        at: place)
    }
    do throws(SQLError) {
      return try JSONPath(text)
    } catch {
      throw SQLError(error.code, error.message, at: place)
    }
  }

  private static func jsonPathText(
    _ name: String, _ summary: String,
    _ append: @escaping @Sendable (JSONTape, JSONPath, inout [UInt8]) -> Void
  ) -> ScalarFunction {
    ScalarFunction(
      name, .json, arguments: "json, 'path'", result: "String", summary: summary, arity: 2...2
    ) { (call) throws(SQLError) in
      let path = try jsonPath(call)
      return textResult { (input, out) throws(SQLError) in
        let texts = input.operands[0].strings
        var tape = JSONTape()
        var cell: [UInt8] = []
        for row in 0..<input.rows {
          cell.removeAll(keepingCapacity: true)
          if tape.read(texts[row]) { append(tape, path, &cell) }
          try out.append(cell)
          out.endRow()
        }
      }
    }
  }
}
