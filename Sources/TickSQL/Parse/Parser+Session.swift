import TickColumns

/// USE, SET and the SHOW of settings: the statements about what a session keeps.

extension Parser {
  /// `USE [DATABASE] name`.
  mutating func use() throws(SQLError) -> Statement {
    try advance()
    if at(.database), Self.mayStartName(peek()) { try advance() }
    return .use(try databaseName())
  }

  /// `SET name = value, ...`, `SET param_name = value` among them.
  mutating func set() throws(SQLError) -> Statement {
    try advance()
    for (word, next) in [("TRANSACTION", ""), ("ROLE", ""), ("DEFAULT", "ROLE")]
    where atWord(word) && peek().kind == .word {
      throw unsupported("SET \(word)\(next.isEmpty ? "" : " ")\(next)")
    }
    return .set(try settingList())
  }

  /// Whether the token is this word, which need be no keyword.
  func atWord(_ word: String) -> Bool {
    token.kind == .word
      && String(decoding: lexer.text[token.range], as: UTF8.self).uppercased() == word
  }

  /// `SHOW [CHANGED] SETTINGS [LIKE | ILIKE 'p']`, from the word SETTINGS on.
  mutating func showSettings(onlyChanged: Bool) throws(SQLError) -> Statement {
    try expect(.settings)
    var show = ShowSettings(onlyChanged: onlyChanged)
    if try accept(.like) {
      show.pattern = try textLiteral()
    } else if try accept(.ilike) {
      show.pattern = try textLiteral()
      show.ignoresCase = true
    } else if onlyChanged {
      // ClickHouse lists changed settings of a pattern only.
      note("LIKE")
      note("ILIKE")
      throw syntaxError()
    }
    show.format = try formatClause()
    return .showSettings(show)
  }

  /// `SHOW SETTING name`, from the name on.
  mutating func showSetting() throws(SQLError) -> Statement {
    try advance()
    let name = try identifier()
    return .showSetting(name: name, format: try formatClause())
  }
}
