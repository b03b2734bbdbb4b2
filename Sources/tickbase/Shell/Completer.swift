/// What Tab offers: names that the target knows and that may stand where the cursor is.
///
/// Invariants:
/// 1. Names are asked for when Tab first needs them, and again once a statement may have changed them. What the target
///    does not have (a system table that another version lacks) offers nothing and is no error.
/// 2. A place that fixes the kind of name (behind FROM, behind a dot, in quotes) offers that kind alone.
import TickFormats
import TickSQL

/// Names by what they name.
struct KnownNames {
  var databases: [String] = []
  /// Tables by database.
  var tables: [String: [String]] = [:]
  /// Columns by `database.table`.
  var columns: [String: [String]] = [:]
  var functions: [String] = []
  var settings: [String] = []
}

struct Completer {
  let target: any StatementTarget
  let interrupts: Interrupts
  private var names: KnownNames?
  private var symbols: [String]?

  /// Seconds that finding the symbols may take: where only the trades know them, they are read.
  private static let symbolSecondsMax = 2
  private static let symbolsMax = 10_000

  init(_ target: any StatementTarget, _ interrupts: Interrupts) {
    self.target = target
    self.interrupts = interrupts
  }

  /// What is known may have changed.
  mutating func forget() {
    names = nil
    symbols = nil
  }

  /// `earlier` are the lines of the statement above the one that is typed.
  mutating func complete(
    _ beforeCursor: [UInt8], earlier: [UInt8], database: String
  ) -> LineEditor.Completion {
    let text = earlier + beforeCursor
    if let quote = Script.openQuote(in: text) {
      guard text[quote] == UInt8(ascii: "'") else { return .nothing }
      let word = String(decoding: text[(quote + 1)...], as: UTF8.self)
      return Self.choose(word, among: knownSymbols(), ending: "'")
    }
    let place = CompletionPlace(text)
    let names = knownNames()
    if text.first == UInt8(ascii: "\\") {
      if place.previous.isEmpty { return Self.choose(place.word, among: commands) }
      return Self.choose(place.word, among: tables(names, database))
    }
    if let qualifier = place.qualifier {
      let found =
        place.kind == .table
        ? names.tables[qualifier] ?? [] : columns(of: qualifier, names, place, database)
      return Self.choose(place.word, among: found)
    }
    switch place.kind {
    case .table: return Self.choose(place.word, among: tables(names, database) + names.databases)
    case .database: return Self.choose(place.word, among: names.databases)
    case .format: return Self.choose(place.word, among: Self.formats)
    case .setting: return Self.choose(place.word, among: names.settings)
    case .anything: break
    }
    var near = place.words.flatMap { columns(of: $0, names, place, database) }
    guard !place.word.isEmpty else { return Self.choose("", among: near) }
    if near.isEmpty {
      // Columns are often typed before their table.
      near = tables(names, database).flatMap { names.columns["\(database).\($0)"] ?? [] }
    }
    let calls = names.functions.map { $0 + "(" }
    let all = near + calls + tables(names, database) + Self.keywords(like: place.word)
    return Self.choose(place.word, among: all)
  }

  private var commands: [String] { ShellCommand.table.map(\.name) }

  private static let formats = OutputFormat.allCases.map(\.canonicalName)

  /// Keywords as the word is typed: in small letters where it is.
  private static func keywords(like word: String) -> [String] {
    let isSmall = word.contains { $0.isLowercase } && !word.contains { $0.isUppercase }
    return isSmall ? Script.keywords.map { $0.lowercased() } : Script.keywords
  }

  private func tables(_ names: KnownNames, _ database: String) -> [String] {
    names.tables[database] ?? []
  }

  /// The columns of what a word of the statement names: a table, or what stands before it as an alias.
  private func columns(
    of word: String, _ names: KnownNames, _ place: CompletionPlace, _ database: String
  ) -> [String] {
    if let found = names.columns["\(database).\(word)"] ?? names.columns[word] { return found }
    guard let table = place.aliased(word) else { return [] }
    return names.columns["\(database).\(table)"] ?? names.columns[table] ?? []
  }

  /// Completes to what all candidates share; lists them where that adds nothing. `ending` follows the only one there is.
  private static func choose(
    _ word: String, among candidates: [String], ending: String = " "
  ) -> LineEditor.Completion {
    var found = candidates.filter { $0.hasPrefix(word) }
    if found.isEmpty {
      let wanted = word.lowercased()
      found = candidates.filter { $0.lowercased().hasPrefix(wanted) }
    }
    found = Set(found).sorted()
    guard let first = found.first else { return .nothing }
    let characters = word.unicodeScalars.count
    if found.count == 1 {
      return .replace(characters: characters, with: first.hasSuffix("(") ? first : first + ending)
    }
    let shared = found.dropFirst().reduce(first) { commonPrefix($0, $1) }
    return shared.count > word.count
      ? .replace(characters: characters, with: shared) : .list(found)
  }

  private static func commonPrefix(_ one: String, _ other: String) -> String {
    String(zip(one, other).prefix { $0 == $1 }.map(\.0))
  }

  // MARK: What the target knows

  private mutating func knownNames() -> KnownNames {
    if let names { return names }
    var known = KnownNames()
    known.databases = list("SELECT name FROM system.databases")
    for row in target.rows("SELECT database, name FROM system.tables", interrupts) ?? [] {
      guard row.count == 2 else { continue }
      known.tables[row[0], default: []].append(row[1])
    }
    let columns = "SELECT database, table, name FROM system.columns"
    for row in target.rows(columns, interrupts) ?? [] where row.count == 3 {
      known.columns["\(row[0]).\(row[1])", default: []].append(row[2])
    }
    known.functions = list("SELECT name FROM system.functions")
    // What does not list its functions has ours, or nearly.
    if known.functions.isEmpty { known.functions = FunctionTable.names }
    known.settings = list("SELECT name FROM system.settings")
    names = known
    return known
  }

  private mutating func knownSymbols() -> [String] {
    if let symbols { return symbols }
    let bounds = "LIMIT \(Self.symbolsMax) SETTINGS max_execution_time = \(Self.symbolSecondsMax)"
    var found = list("SELECT DISTINCT symbol FROM default.instruments \(bounds)")
    if found.isEmpty { found = list("SELECT DISTINCT symbol FROM default.trades \(bounds)") }
    symbols = found
    return found
  }

  private func list(_ query: String) -> [String] {
    (target.rows(query, interrupts) ?? []).compactMap(\.first)
  }
}

/// Where in a statement the cursor is.
struct CompletionPlace {
  enum Kind {
    case table, database, format, setting, anything
  }
  /// What is typed of the word so far.
  let word: String
  /// The name before the dot before the word.
  let qualifier: String?
  /// The word before it.
  let previous: String
  let kind: Kind
  /// All words of the statement.
  let words: [String]

  private static let beforeTables: Set<String> = [
    "FROM", "JOIN", "INTO", "TABLE", "DESCRIBE", "DESC", "TRUNCATE", "\\d",
  ]

  init(_ text: [UInt8]) {
    let pieces = text.split { !Self.isWord($0) }.map { String(decoding: $0, as: UTF8.self) }
    let isTyping = text.last.map(Self.isWord) ?? false
    let typed = isTyping ? pieces.last ?? "" : ""
    let parts = typed.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    word = parts.last ?? ""
    qualifier = parts.count > 1 ? parts.dropLast().joined(separator: ".") : nil
    words = isTyping ? pieces.dropLast() : pieces
    previous = words.last ?? ""
    // A sign between the two ends what the word before asks for, but for the comma in a list of tables.
    switch previous.uppercased() {
    case let word where Self.beforeTables.contains(word): kind = .table
    case "DATABASE", "USE", "\\C": kind = .database
    case "FORMAT", "\\FORMAT": kind = .format
    case "SETTINGS", "SET": kind = .setting
    default: kind = .anything
    }
  }

  /// The table that an alias of the statement stands for.
  func aliased(_ name: String) -> String? {
    guard let position = words.firstIndex(of: name), position > 0 else { return nil }
    let before = words[position - 1]
    if before.uppercased() != "AS" { return before }
    return position > 1 ? words[position - 2] : nil
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte >= 0x80
      || [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "$")].contains(
        byte)
  }
}
