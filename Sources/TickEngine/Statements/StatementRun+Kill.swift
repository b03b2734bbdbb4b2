/// KILL QUERY.
import TickColumns
import TickSQL

extension StatementRun {
  /// Stops the statements that the condition holds for, itself left out, and says what became of each.
  func kill(_ kill: KillQuery) throws(SQLError) -> QuerySummary {
    let wanted = try identifiers(kill)
    let found = database.statements.all.filter { statement in
      statement !== running && wanted.contains(Array(statement.record.queryID.utf8))
    }
    // As in ClickHouse: no statements, no result at all.
    guard !found.isEmpty else { return try done() }
    if kill.mode != .test { for statement in found { statement.cancel() } }
    var rows: [[Value]] = []
    for statement in found {
      let status: String
      switch kill.mode {
      case .test: status = "unknown_status"
      case .async: status = "waiting"
      case .sync:
        while !database.statements.waitForEnd(of: statement, milliseconds: 100) {
          guard !isCancelled else { throw SQLError(.queryWasCancelled, "Query was cancelled") }
        }
        status = "finished"
      }
      rows.append([
        .text(status), .text(statement.record.queryID), .text(statement.record.user),
        .text(statement.record.text),
      ])
    }
    let names = ["kill_status", "query_id", "user", "query"]
    return try answer(Schema(names.map { Field($0, .string) }), rows, kill.format)
  }

  /// Query ids of the statements that the condition holds for.
  private func identifiers(_ kill: KillQuery) throws(SQLError) -> Set<[UInt8]> {
    let execution = try Binder.bind(try query(kill.queryText), context(settings)).execute()
    var out: Set<[UInt8]> = []
    while let batch = try execution.next() {
      for row in 0..<batch.rowCount {
        if case .bytes(let id) = batch.columns[0].value(at: row) { out.insert(id) }
      }
    }
    return out
  }

  /// The tree of a query that is written here.
  func query(_ text: String) throws(SQLError) -> QueryStatement {
    guard case .select(let query) = try Parser.parse(Array(text.utf8)) else {
      throw SQLError(.logicalError, "no query: \(text)")
    }
    return query
  }
}
