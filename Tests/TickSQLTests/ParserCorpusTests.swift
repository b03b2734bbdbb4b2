import TestSupport
import TickColumns
import Testing

@testable import TickSQL

/// The corpus as the parser sees it: what must parse does, prints to text that parses to the same tree, and
/// names its columns as ClickHouse does.
@Suite struct ParserCorpusTests {
  static let files = (try? CorpusFile.all()) ?? []
  /// Topics and files where what is not right is found by who knows types.
  private static let isOfBinder: Set<String> = ["types", "inserts", "ddl/partitions"]

  @Test("the corpus is there")
  func present() throws {
    let files = try CorpusFile.all()
    #expect(files.count > 50)
    #expect(files.reduce(0) { $0 + $1.cases.count } > 600)
    #expect(files.filter { !$0.needsWrites }.reduce(0) { $0 + $1.cases.count } > 400)
  }

  @Test("statements with an answer parse, refused ones are refused", arguments: files)
  func parses(file: CorpusFile) {
    for item in file.cases {
      let error = parseError(item.sql)
      switch item.answer {
      case .rows, .text, .ok:
        #expect(error == nil, "\(file.name):\(item.line): \(error?.message ?? "")")
      // Data, types and values are not the parser's: ClickHouse has 62 for a short row, for a wrong Enum and for a partition that
      // is no constant as well.
      case .error(62) where Self.isOfBinder.isDisjoint(with: [file.topic, file.name]):
        #expect(error?.code == .syntaxError, "\(file.name):\(item.line): \(item.sql)")
      case .error(48) where item.difference == "absent":
        // The binder refuses what parses and does not act.
        #expect(
          error == nil || error?.code == .notImplemented, "\(file.name):\(item.line): \(item.sql)")
      case .error: break
      }
    }
  }

  @Test(
    "printed statements parse to the same tree", arguments: files,
    [SQLTextStyle.calls, SQLTextStyle.operators])
  func roundTrip(file: CorpusFile, style: SQLTextStyle) throws {
    for item in file.cases {
      guard let statement = try? Parser.parse(item.sql) else { continue }
      let text = statement.formatted(style)
      let again = try Parser.parse(text)
      #expect(
        structure(of: withoutSpelling(again)) == structure(of: withoutSpelling(statement)),
        "\(file.name):\(item.line): \(text)")
      #expect(again.formatted(style) == text, "\(file.name):\(item.line)")
    }
  }

  /// Where data begins depends on the text before it, like a place.
  private func withoutSpelling(_ statement: Statement) -> Statement {
    guard case .insert(var insert) = statement else { return statement }
    switch insert.source {
    case .values: insert.source = .values(dataOffset: 0)
    case .format(let format, _): insert.source = .format(format, dataOffset: 0)
    case .query: break
    }
    return .insert(insert)
  }

  @Test("columns are named as ClickHouse names them", arguments: files)
  func names(file: CorpusFile) throws {
    for item in file.cases {
      guard case .rows(let lines) = item.answer, let header = lines.first,
        case .select(let query)? = try? Parser.parse(item.sql)
      else { continue }
      let select = query.body.first
      // Which table a name belongs to, and which elements a tuple has, only the binder knows.
      if case .join? = select.from { continue }
      if item.sql.contains("untuple(") { continue }
      let expected = jsonStrings(header)
      guard expected.count == select.items.count else { continue }
      for (entry, name) in zip(select.items, expected) {
        if case .matcher = entry.expression.kind { continue }
        // A column may have a dot in its name.
        if case .identifier(let parts) = entry.expression.kind,
          parts.joined(separator: ".") == name
        {
          continue
        }
        let given = columnName(of: entry.expression, identifier: { $0.last ?? "" })
        // And which columns a matcher among the arguments means.
        if given.contains("_subquery") || given.contains("*") || given.contains("COLUMNS(") {
          continue
        }
        #expect(given == name, "\(file.name):\(item.line)")
      }
    }
  }

  /// The strings of a line of JSON.
  private func jsonStrings(_ line: String) -> [String] {
    var strings: [String] = []
    var current: String?
    var escaped = false
    for character in line {
      if escaped {
        switch character {
        case "n": current?.append("\n")
        case "t": current?.append("\t")
        default: current?.append(character)
        }
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else if character == "\"" {
        if let text = current {
          strings.append(text)
          current = nil
        } else {
          current = ""
        }
      } else {
        current?.append(character)
      }
    }
    return strings
  }
}
