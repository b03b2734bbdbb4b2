/// The query corpus in `sql/corpus`, read for tests: statements and the answers that they must have. Its README
/// describes the format; `tools/corpus` is the other reader.
import Foundation

/// What a statement gives.
public enum CorpusAnswer: Hashable, Sendable {
  /// Names, types and rows, a line each, in JSONCompactEachRowWithNamesAndTypes.
  case rows([String])
  /// The whole output of a statement with a FORMAT of its own.
  case text(String)
  case error(Int)
  case ok

  /// The answer that an output means: nothing at all, the text of the statement's own FORMAT, or rows.
  public init(of sql: String, output: String) {
    if Self.hasOwnFormat(sql) {
      // A carriage return, which does not survive readers of lines, stands as U+240D.
      let shown = output.unicodeScalars.map { $0 == "\r" ? "\u{240D}" as Unicode.Scalar : $0 }
      self = .text(String(String.UnicodeScalarView(shown)))
    } else if output.isEmpty {
      self = .ok
    } else {
      var lines = output.components(separatedBy: "\n")
      while lines.last == "" { lines.removeLast() }
      self = .rows(lines)
    }
  }

  private static func hasOwnFormat(_ sql: String) -> Bool {
    let insert = sql.range(of: "^\\s*INSERT\\b", options: [.regularExpression, .caseInsensitive])
    let format = sql.range(
      of: "\\bFORMAT\\s+[A-Za-z]", options: [.regularExpression, .caseInsensitive])
    return insert == nil && format != nil
  }
}

/// One statement of a file.
public struct CorpusCase: Sendable {
  public let sql: String
  /// The line of the file on which the statement begins.
  public let line: Int
  /// What our engine must answer.
  public let answer: CorpusAnswer
  /// The share by which numbers in rows may differ; nil asks for the same bytes.
  public let tolerance: Double?
  /// Set where ClickHouse answers otherwise, on purpose: the anchor in `sql/dialect.md`.
  public let difference: String?

  /// True when the answer given is the one expected.
  public func accepts(_ given: CorpusAnswer) -> Bool {
    guard let tolerance, case .rows(let wanted) = answer, case .rows(let lines) = given else {
      return given == answer
    }
    // Names and types are compared exactly, values within the tolerance.
    return wanted.count == lines.count && wanted.prefix(2) == lines.prefix(2)
      && zip(wanted, lines).dropFirst(2).allSatisfy { isNear($0, $1, tolerance) }
  }
}

/// One file.
public struct CorpusFile: Sendable, CustomStringConvertible {
  /// The path below `sql/corpus` without its ending: `ddl/tables`.
  public let name: String
  public let topic: String
  /// Ids of `sql/grammar.ebnf` that the file covers.
  public let grammar: [String]
  /// True when statements change anything; they run in an empty database of their own.
  public let needsWrites: Bool
  public let cases: [CorpusCase]

  public var description: String { name }

  /// The database that the statements run in.
  public var database: String {
    guard needsWrites else { return "default" }
    let letters = name.map { $0.isLetter || $0.isNumber ? $0 : "_" }
    return "corpus_\(String(letters))"
  }

  /// All files, by name.
  public static func all() throws -> [CorpusFile] {
    let root = directory
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path)
    return try paths.filter { $0.hasSuffix(".test") }.sorted().map { path in
      try CorpusFile(
        name: String(path.dropLast(5)),
        text: String(contentsOf: root.appending(path: path), encoding: .utf8))
    }
  }

  private static let directory = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "sql/corpus")

  public init(name: String, text: String) throws {
    var reader = CorpusReader(name: name, lines: text.components(separatedBy: "\n"))
    let head = try reader.head()
    self.name = name
    topic = head.topic
    grammar = head.grammar
    needsWrites = head.needsWrites
    cases = try reader.cases()
  }
}

/// A file that does not keep to the format.
public struct CorpusProblem: Error, CustomStringConvertible {
  public let description: String
}

private struct CorpusReader {
  let name: String
  let lines: [String]
  var at = 0

  func problem(_ text: String) -> CorpusProblem {
    CorpusProblem(description: "\(name):\(at + 1): \(text)")
  }

  mutating func head() throws -> (topic: String, grammar: [String], needsWrites: Bool) {
    guard let line = lines.first, line.hasPrefix("# topic: ") else {
      throw problem("the first line must be '# topic: ...; grammar: ...'")
    }
    var values: [String: String] = [:]
    for part in line.dropFirst(2).components(separatedBy: "; ") {
      let pair = part.components(separatedBy: ": ")
      guard pair.count == 2 else { throw problem("'\(part)' is no entry of a head") }
      values[pair[0]] = pair[1]
    }
    guard let topic = values["topic"], let grammar = values["grammar"] else {
      throw problem("a head needs a topic and grammar ids")
    }
    at = 1
    return (topic, grammar.components(separatedBy: ", "), values["needs"] == "writes")
  }

  mutating func cases() throws -> [CorpusCase] {
    var cases: [CorpusCase] = []
    while at < lines.count {
      if lines[at].isEmpty || lines[at].hasPrefix("#") {
        at += 1
      } else {
        cases.append(try nextCase())
      }
    }
    return cases
  }

  private mutating func nextCase() throws -> CorpusCase {
    let line = at + 1
    let sql = block { !$0.hasPrefix("---- ") }
    guard at < lines.count, lines[at].hasPrefix("---- ") else {
      throw problem("no answer: run tools/corpus write")
    }
    let mark = lines[at].dropFirst(5).split(separator: " ")
    at += 1
    let body = block { $0 != "---- oracle" }
    if at < lines.count, lines[at] == "---- oracle" { _ = block { _ in true } }
    var tolerance: Double?
    var difference: String?
    let answer: CorpusAnswer
    switch mark.first {
    case "rows":
      if mark.count == 3, mark[1] == "approx" { tolerance = Double(mark[2]) }
      answer = .rows(body)
    case "text": answer = try self.answer(of: body)
    case "ok": answer = .ok
    case "error":
      guard mark.count == 2, let code = Int(mark[1]) else { throw problem("an error has a code") }
      answer = .error(code)
    case "differs":
      guard mark.count == 2 else { throw problem("a difference has an anchor") }
      difference = String(mark[1])
      answer = try self.answer(of: body)
    default: throw problem("'\(lines[at - 1])' is no mark")
    }
    return CorpusCase(
      sql: sql.joined(separator: "\n"), line: line, answer: answer, tolerance: tolerance,
      difference: difference)
  }

  /// Lines up to a blank one, as long as they satisfy the condition.
  private mutating func block(while condition: (String) -> Bool) -> [String] {
    var block: [String] = []
    while at < lines.count, !lines[at].isEmpty, condition(lines[at]) {
      block.append(lines[at])
      at += 1
    }
    return block
  }

  /// A body that says its kind by itself.
  private func answer(of body: [String]) throws -> CorpusAnswer {
    if body == ["ok"] { return .ok }
    if body.count == 1, body[0].hasPrefix("error "), let code = Int(body[0].dropFirst(6)) {
      return .error(code)
    }
    if !body.isEmpty, body.allSatisfy({ $0.hasPrefix("|") }) {
      return .text(body.map { $0.dropFirst() }.joined(separator: "\n"))
    }
    guard !body.isEmpty, body.allSatisfy({ $0.hasPrefix("[") }) else {
      throw problem("neither rows, text, ok nor an error")
    }
    return .rows(body)
  }
}

/// True when two lines of JSON differ in their numbers only, and in those by at most the share given.
private func isNear(_ wanted: String, _ given: String, _ tolerance: Double) -> Bool {
  let left = jsonTokens(wanted)
  let right = jsonTokens(given)
  guard left.count == right.count else { return false }
  return zip(left, right).allSatisfy { a, b in
    if a == b { return true }
    guard let x = Double(a), let y = Double(b) else { return false }
    return abs(x - y) <= tolerance * max(abs(x), abs(y))
  }
}

/// Strings, numbers and single signs.
private func jsonTokens(_ line: String) -> [String] {
  var tokens: [String] = []
  var rest = line[...]
  while let first = rest.first {
    var end = rest.index(after: rest.startIndex)
    if first == "\"" {
      while end < rest.endIndex, rest[end] != "\"" {
        end =
          rest.index(end, offsetBy: rest[end] == "\\" ? 2 : 1, limitedBy: rest.endIndex)
          ?? rest.endIndex
      }
      end = rest.index(end, offsetBy: 1, limitedBy: rest.endIndex) ?? rest.endIndex
    } else if first.isNumber || first == "-" {
      while end < rest.endIndex, rest[end].isNumber || ".eE+-".contains(rest[end]) {
        end = rest.index(after: end)
      }
    }
    tokens.append(String(rest[..<end]))
    rest = rest[end...]
  }
  return tokens
}
