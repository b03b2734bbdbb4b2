/// An error as people read it: the sentence, the line of the statement with a caret under the place, and the hint.
import TickColumns

struct ErrorExcerpt {
  /// The sentence without hint and place, with its name and code.
  let sentence: String
  /// The line, the caret and the hint, each on a line; empty where the error names neither a place nor a hint.
  let detail: [String]

  init(_ message: String, label: String, statement: [UInt8], columns: Int = 80) {
    var text = Substring(message)
    var detail: [String] = []
    if let place = Self.takePlace(&text) {
      detail += Self.excerpt(statement, at: place, columns: max(columns - 4, 20))
    }
    if let start = text.firstRange(of: ". Maybe you meant") {
      detail.append(String(text[start.lowerBound...].dropFirst(2)))
      text = text[..<start.lowerBound]
    }
    sentence = label.isEmpty ? String(text) : "\(text) (\(label))"
    self.detail = detail.map { "  " + $0 }
  }

  var text: String { ([sentence] + detail).joined(separator: "\n") }

  /// The offset that the message names, counted from 0. A place at the end is taken off, one in a syntax error stays:
  /// it is part of the sentence.
  private static func takePlace(_ text: inout Substring) -> Int? {
    let opening = " (at position "
    if text.hasSuffix(")"), let range = text.ranges(of: opening).last,
      let number = Int(text[range.upperBound...].dropLast())
    {
      text = text[..<range.lowerBound]
      return number - 1
    }
    guard let range = text.firstRange(of: "failed at position ") else { return nil }
    return Int(text[range.upperBound...].prefix { $0.isNumber }).map { $0 - 1 }
  }

  /// The line around a place, cut to the width, and a caret below it.
  private static func excerpt(_ statement: [UInt8], at place: Int, columns: Int) -> [String] {
    guard place >= 0, place <= statement.count else { return [] }
    let start = statement[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let end = statement[place...].firstIndex(of: 0x0A) ?? statement.count
    let before = scalars(statement[start..<place])
    let after = scalars(statement[place..<end])
    let from = max(0, before.count - columns * 2 / 3)
    let line = before[from...] + after.prefix(max(columns - (before.count - from), 0))
    let caret = String(repeating: " ", count: before.count - from) + "^"
    return [String(String.UnicodeScalarView(line)), caret]
  }

  /// One column each: control characters, tabs too, would move what follows.
  private static func scalars(_ bytes: ArraySlice<UInt8>) -> [Unicode.Scalar] {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.value < 0x20 ? " " : $0 }
  }
}
