/// `SHOW` of lists and `KILL QUERY`.
extension Parser {
  /// What follows SHOW, where it is a list; nil elsewhere.
  mutating func showList() throws(SQLError) -> ShowList? {
    var isFull = false
    // MySQL's clients say EXTENDED for indices that the table hides; there are none.
    if atWord("EXTENDED") {
      try advance()
      guard token.keyword == .full || isShowWord(.columns) || isShowWord(.index) else {
        throw syntaxError()
      }
    }
    if token.keyword == .full {
      guard let next = Self.subjects[word(peek())], next == .tables || next == .columns else {
        return nil
      }
      try advance()
      isFull = true
    }
    guard token.kind == .word, let subject = Self.subjects[word(token)] else { return nil }
    try advance()
    var show = ShowList(subject)
    show.isFull = isFull
    switch subject {
    case .columns, .index:
      guard try accept(.from, or: .in) else { throw syntaxError() }
      var table = try qualifiedName()
      if try accept(.from, or: .in) { table.database = try identifier() }
      show.table = table
      try filters(of: &show)
    case .tables, .dictionaries:
      if try accept(.from, or: .in) { show.database = try identifier() }
      try filters(of: &show)
    case .databases, .clusters:
      try like(of: &show)
      try limit(of: &show)
    case .functions: try like(of: &show)
    case .engines, .processlist: break
    }
    show.format = try formatClause()
    return show
  }

  private static let subjects: [String: ShowList.Subject] = [
    "TABLES": .tables, "DATABASES": .databases, "COLUMNS": .columns, "FIELDS": .columns,
    "INDEX": .index, "INDEXES": .index, "INDICES": .index, "KEYS": .index,
    "FUNCTIONS": .functions, "ENGINES": .engines, "PROCESSLIST": .processlist,
    "CLUSTERS": .clusters, "DICTIONARIES": .dictionaries,
  ]

  private func word(_ token: Token) -> String {
    String(decoding: lexer.text[token.range], as: UTF8.self).uppercased()
  }

  private func isShowWord(_ subject: ShowList.Subject) -> Bool {
    Self.subjects[word(token)] == subject
  }

  private mutating func filters(of show: inout ShowList) throws(SQLError) {
    try like(of: &show)
    if show.like == nil, try accept(.where) {
      var weight = Weight.leaf
      show.filter = try expression(&weight)
    }
    try limit(of: &show)
  }

  private mutating func like(of show: inout ShowList) throws(SQLError) {
    let isNegated = try accept(.not)
    if try accept(.ilike) {
      show.like = .init(try textLiteral(), isNegated: isNegated, ignoresCase: true)
    } else if try accept(.like) {
      show.like = .init(try textLiteral(), isNegated: isNegated)
    } else if isNegated {
      throw syntaxError()
    }
  }

  private mutating func limit(of show: inout ShowList) throws(SQLError) {
    guard try accept(.limit) else { return }
    var weight = Weight.leaf
    show.limit = try expression(&weight)
  }

  // MARK: KILL

  mutating func kill() throws(SQLError) -> Statement {
    try advance()
    guard try accept(.query) else {
      if token.kind == .word { throw unsupported("KILL \(word(token))") }
      throw syntaxError()
    }
    try refuseOnCluster()
    try expect(.where)
    var weight = Weight.leaf
    let filter = try expression(&weight)
    var mode = KillQuery.Mode.async
    if token.kind == .word, let named = KillQuery.Mode(rawValue: word(token)) {
      try advance()
      mode = named
    } else {
      for word in ["SYNC", "ASYNC", "TEST"] { note(word) }
    }
    return .killQuery(KillQuery(filter: filter, mode: mode, format: try formatClause()))
  }
}
