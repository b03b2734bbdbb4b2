import TickColumns

/// ALTER TABLE, RENAME TABLE and EXCHANGE TABLES.

extension Parser {
  // MARK: Names

  mutating func rename() throws(SQLError) -> Statement {
    try expect(.rename)
    if at(.database) || at(.dictionary), Self.mayStartName(peek()) {
      throw unsupported("RENAME \(token.keyword?.rawValue ?? "")")
    }
    if at(.table), Self.mayStartName(peek()) { try advance() }
    let ifExists = try ifExists()
    var pairs: [(from: QualifiedName, to: QualifiedName)] = []
    repeat {
      let from = try qualifiedName()
      try expect(.to)
      pairs.append((from, try qualifiedName()))
      try checkCount(pairs.count)
    } while try accept(.comma)
    try refuseOnCluster()
    return .rename(RenameStatement(pairs: pairs, isExchange: false, ifExists: ifExists))
  }

  mutating func exchange() throws(SQLError) -> Statement {
    try expect(.exchange)
    if word == "DICTIONARIES" { throw unsupported("EXCHANGE DICTIONARIES") }
    try expect(.tables)
    let ifExists = try ifExists()
    var pairs: [(from: QualifiedName, to: QualifiedName)] = []
    repeat {
      let from = try qualifiedName()
      try expect(.and)
      pairs.append((from, try qualifiedName()))
      try checkCount(pairs.count)
    } while try accept(.comma)
    try refuseOnCluster()
    return .rename(RenameStatement(pairs: pairs, isExchange: true, ifExists: ifExists))
  }

  private func checkCount(_ count: Int) throws(SQLError) {
    guard count <= ParserLimits.alterCommandsMax else {
      throw SQLError(
        .tooBigAst, "AST is too big. Maximum: \(ParserLimits.alterCommandsMax) changes at once",
        at: token.start)
    }
  }

  // MARK: ALTER TABLE

  mutating func alter() throws(SQLError) -> AlterStatement {
    try expect(.alter)
    guard at(.table) else {
      throw token.kind == .word ? unsupported("ALTER \(word)") : syntaxError()
    }
    try advance()
    let table = try qualifiedName()
    try refuseOnCluster()
    var commands: [AlterCommand] = []
    var weight = Weight.leaf
    repeat {
      let isBracketed = try accept(.openParenthesis)
      let start = token.start
      let kind = try alterCommand(&weight)
      commands.append(AlterCommand(kind: kind, range: start..<previousEnd))
      if isBracketed { try expect(.closeParenthesis) }
      weight.size += 2
      try check(weight)
      try checkCount(commands.count)
    } while try accept(.comma)
    return AlterStatement(table: table, commands: commands)
  }

  private mutating func alterCommand(
    _ weight: inout Weight
  ) throws(SQLError) -> AlterCommand.Kind {
    let start = token
    if try accept(.add, .column) {
      let ifNotExists = try ifNotExists()
      let column = try columnDefinition(named: identifier(), &weight)
      return .add(column, try columnPlace(), ifNotExists: ifNotExists)
    }
    if try accept(.drop, .column) {
      let ifExists = try ifExists()
      return .drop(try columnOfAllPartitions(), ifExists: ifExists)
    }
    if try accept(.clear, .column) {
      let ifExists = try ifExists()
      return .clear(try columnOfAllPartitions(), ifExists: ifExists)
    }
    if try accept(.rename, .column) {
      let ifExists = try ifExists()
      let name = try identifier()
      try expect(.to)
      return .rename(name, to: try identifier(), ifExists: ifExists)
    }
    if try accept(.comment, .column) {
      let ifExists = try ifExists()
      let name = try identifier()
      return .comment(try textLiteral(), on: name, ifExists: ifExists)
    }
    if try accept(.modify, .comment) { return .tableComment(try textLiteral()) }
    if try accept(.modify, .column) { return try modifyColumn(&weight) }
    if try accept(.alter, .column) {
      let ifExists = try ifExists()
      let name = try identifier()
      _ = try accept(.type)
      let column = try columnDefinition(named: name, &weight)
      return .modify(column, try columnPlace(), ifExists: ifExists)
    }
    if let kind = try partitionCommand(&weight) { return kind }
    if let kind = try ttlCommand(&weight) { return kind }
    if word == "DELETE" {
      try advance()
      return .delete(filter: try mutationFilter("DELETE", &weight))
    }
    if word == "UPDATE" {
      try advance()
      let assignments = try assignments(&weight)
      return .update(assignments, filter: try mutationFilter("UPDATE", &weight))
    }
    if token.kind == .word {
      let words = [start, peek()].filter { $0.kind == .word }
        .map { String(decoding: lexer.text[$0.range], as: UTF8.self).uppercased() }
      if Self.alterations.contains(words[0]) {
        throw unsupported("ALTER TABLE ... \(words.joined(separator: " "))", at: start.start)
      }
    }
    throw syntaxError()
  }

  /// First words of what ClickHouse can change besides.
  private static let alterations: Set<String> = [
    "ADD", "DROP", "CLEAR", "RENAME", "COMMENT", "MODIFY", "ALTER", "RESET", "MATERIALIZE",
    "REWRITE", "DETACH", "ATTACH", "REPLACE", "MOVE", "FREEZE", "UNFREEZE", "FETCH", "EXPORT",
    "UPDATE", "DELETE", "REMOVE", "APPLY", "FORGET", "UNLOCK", "EXECUTE",
  ]

  private mutating func modifyColumn(
    _ weight: inout Weight
  ) throws(SQLError) -> AlterCommand.Kind {
    let ifExists = try ifExists()
    let name = try identifier()
    if at(.remove) {
      try advance()
      guard let property = AlterCommand.Property(rawValue: word) else {
        if at(.ttl) || at(.settings) { throw unsupported("REMOVE \(word)") }
        throw syntaxError()
      }
      try advance()
      return .remove(property, of: name, ifExists: ifExists)
    }
    if at(.modify) { throw unsupported("MODIFY of a column's settings") }
    if word == "RESET" { throw unsupported("RESET of a column's settings") }
    let column = try columnDefinition(named: name, &weight)
    return .modify(column, try columnPlace(), ifExists: ifExists)
  }

  private mutating func columnPlace() throws(SQLError) -> AlterCommand.Place? {
    if try accept(.first) { return .first }
    return try accept(.after) ? .after(try identifier()) : nil
  }

  // MARK: Rows

  /// What happens to whole partitions; nil where something else stands.
  private mutating func partitionCommand(
    _ weight: inout Weight
  ) throws(SQLError) -> AlterCommand.Kind? {
    if try accept(.drop, .partition) { return .dropPartition(try partition(&weight)) }
    let first = word
    if first == "DETACH" || first == "ATTACH", peek().keyword == .partition {
      try advance()
      try advance()
      if first == "DETACH" { return .detachPartition(try partition(&weight)) }
      let selector = try partition(&weight)
      if at(.from) { throw unsupported("ATTACH PARTITION ... FROM another table") }
      return .attachPartition(selector)
    }
    guard first == "DROP", token.kind == .word,
      String(decoding: lexer.text[peek().range], as: UTF8.self).uppercased() == "DETACHED"
    else { return nil }
    try advance()
    try advance()
    guard try accept(.partition) else {
      if word == "PART" { throw unsupported("DROP DETACHED PART") }
      throw syntaxError()
    }
    return .dropDetachedPartition(try partition(&weight))
  }

  private mutating func ttlCommand(
    _ weight: inout Weight
  ) throws(SQLError) -> AlterCommand.Kind? {
    if try accept(.modify, .ttl) { return .modifyTTL(try ttlClause(&weight)) }
    if try accept(.remove, .ttl) { return .removeTTL }
    guard token.kind == .word, word == "MATERIALIZE", peek().keyword == .ttl else { return nil }
    try advance()
    try advance()
    if at(.in) { throw unsupported("MATERIALIZE TTL IN PARTITION") }
    return .materializeTTL
  }

  /// What stands behind TTL: when rows are deleted. All else that ClickHouse can do with rows of an age is refused by name.
  mutating func ttlClause(_ weight: inout Weight) throws(SQLError) -> Expression {
    var first: Expression?
    repeat {
      let next = try expression(&weight)
      let isDelete = word == "DELETE"
      if isDelete { try advance() }
      if at(.where) { throw unsupported("TTL ... \(isDelete ? "DELETE " : "")WHERE") }
      if at(.to) { throw unsupported("TTL ... TO \(peekedWord)") }
      if at(.group) { throw unsupported("TTL ... GROUP BY") }
      if word == "RECOMPRESS" { throw unsupported("TTL ... RECOMPRESS") }
      guard first == nil else {
        throw SQLError(
          .badTTLExpression,
          "More than one DELETE TTL expression without WHERE expression is not allowed",
          at: next.range.lowerBound)
      }
      first = next
    } while try accept(.comma)
    guard let first else { throw syntaxError() }
    return first
  }

  private var peekedWord: String {
    String(decoding: lexer.text[peek().range], as: UTF8.self).uppercased()
  }

  /// `ALL`, `ID 'text'`, or the value of a partition key.
  private mutating func partition(_ weight: inout Weight) throws(SQLError) -> PartitionSelector {
    let start = token.start
    if try accept(.all) { return .all(start..<previousEnd) }
    if word == "ID", peek().kind == .string || peek().kind == .openBrace {
      try advance()
      let text = try expression(&weight)
      guard case .literal(.string(let bytes)) = text.kind,
        let id = String(validating: bytes, as: UTF8.self)
      else {
        throw SQLError(
          .syntaxError, "Syntax error: the ID of a partition is a string", at: text.range.lowerBound
        )
      }
      return .id(id, start..<previousEnd)
    }
    let value = try expression(&weight)
    guard let place = value.firstInconstant else { return .value(value) }
    throw SQLError(
      .syntaxError, "Syntax error: a partition is named by a constant, ALL, or ID and a string",
      at: place)
  }

  private mutating func mutationFilter(
    _ statement: String, _ weight: inout Weight
  ) throws(SQLError) -> Expression {
    if at(.in) { throw unsupported("\(statement) IN PARTITION") }
    try expect(.where)
    return try expression(&weight)
  }

  private mutating func assignments(
    _ weight: inout Weight
  ) throws(SQLError) -> [AlterCommand.Assignment] {
    var out: [AlterCommand.Assignment] = []
    repeat {
      let name = try identifier()
      guard token.kind == .equals else { throw syntaxError() }
      try advance()
      out.append(AlterCommand.Assignment(column: name, value: try expression(&weight)))
      try checkCount(out.count)
    } while try accept(.comma)
    return out
  }

  /// `OPTIMIZE TABLE`.
  mutating func optimize() throws(SQLError) -> Statement {
    try advance()
    try expect(.table)
    let table = try qualifiedName()
    try refuseOnCluster()
    var weight = Weight.leaf
    var partition: PartitionSelector?
    if try accept(.partition) { partition = try self.partition(&weight) }
    let isFinal = try accept(.final)
    for later in ["DEDUPLICATE", "FORCE", "CLEANUP", "DRY"] where word == later {
      throw unsupported("OPTIMIZE ... \(later)")
    }
    return .optimize(OptimizeStatement(table: table, partition: partition, isFinal: isFinal))
  }

  /// `DELETE FROM`.
  mutating func delete() throws(SQLError) -> Statement {
    try advance()
    try expect(.from)
    let table = try qualifiedName()
    try refuseOnCluster()
    var weight = Weight.leaf
    return .delete(table: table, filter: try mutationFilter("DELETE", &weight))
  }

  private mutating func columnOfAllPartitions() throws(SQLError) -> String {
    let name = try identifier()
    if at(.in) { throw unsupported("A column of one PARTITION") }
    return name
  }
}
