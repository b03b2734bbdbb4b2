import TickColumns

/// INSERT: the head is SQL, what follows VALUES or FORMAT is data and not looked at.

extension Parser {
  mutating func insert() throws(SQLError) -> InsertStatement {
    try expect(.insert)
    try expect(.into)
    if at(.table), Self.mayStartName(peek()) { try advance() }
    if at(.function), Self.mayStartName(peek()) { throw unsupported("INSERT INTO FUNCTION") }
    let table = try qualifiedName()
    let isList = token.kind == .openParenthesis && !atQuery()
    let excluded = isList ? try excludedColumns() : nil
    let columns = isList && excluded == nil ? try columnList() : nil
    var assignments: [SettingAssignment] = []
    if at(.settings) { assignments = try settings() }
    func statement(_ source: InsertStatement.Source) -> InsertStatement {
      var insert = InsertStatement(
        table: table, columns: columns, settings: assignments, source: source)
      insert.excluded = excluded ?? []
      return insert
    }
    if at(.values) {
      return statement(.values(dataOffset: token.end))
    }
    if at(.format) {
      try advance()
      guard token.kind == .word || token.kind == .quotedIdentifier else {
        note("identifier")
        throw syntaxError()
      }
      let format = FormatClause(name: try identifierText(token), range: token.range)
      return statement(.format(format, dataOffset: try dataOffset(after: token.end)))
    }
    if at(.select) || at(.with) || at(.openParenthesis) {
      return statement(.query(try nestedQuery().query))
    }
    if at(.from) { throw unsupported("INSERT ... FROM INFILE") }
    throw syntaxError()
  }

  /// `(*)` and `(* EXCEPT(a, b))`: the columns that are left out; nil for a list of names.
  private mutating func excludedColumns() throws(SQLError) -> [String]? {
    guard peek().kind == .star else { return nil }
    try advance()
    try advance()
    var names: [String] = []
    if try accept(.except) {
      if try accept(.openParenthesis) {
        repeat { names.append(try identifier()) } while try accept(.comma)
        try expect(.closeParenthesis)
      } else {
        names.append(try identifier())
      }
    }
    try expect(.closeParenthesis)
    return names
  }

  private mutating func columnList() throws(SQLError) -> [String] {
    try expect(.openParenthesis)
    var columns: [String] = []
    repeat {
      if !columns.isEmpty, token.kind == .closeParenthesis { break }
      if at(.star) { throw unsupported("* beside other columns of INSERT") }
      if at(.columns), peek().kind == .openParenthesis {
        throw unsupported("COLUMNS in the list of columns of INSERT")
      }
      var name = try identifier()
      while try accept(.dot) { name += ".\(try identifier())" }
      columns.append(name)
      guard columns.count <= ParserLimits.elementsMax else {
        throw SQLError(
          .tooBigAst, "AST is too big. Maximum: \(ParserLimits.elementsMax)", at: token.start)
      }
    } while try accept(.comma)
    try expect(.closeParenthesis)
    return columns
  }

  /// Data begins behind the blanks and the one line end that follow the name of the format.
  private func dataOffset(after end: Int) throws(SQLError) -> Int {
    let text = lexer.text
    var at = end
    while at < text.count, [0x20, 0x09, 0x0C].contains(text[at]) { at += 1 }
    if at < text.count, text[at] == UInt8(ascii: ";") {
      throw SQLError(
        .syntaxError, "You have excessive ';' symbol before data for INSERT", at: at)
    }
    if at < text.count, text[at] == 0x0D { at += 1 }
    if at < text.count, text[at] == 0x0A { at += 1 }
    return at
  }
}
