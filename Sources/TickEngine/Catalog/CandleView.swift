/// Candles as a table: a query over a table with candles, with the conditions of the outer query pushed into it.
///
/// Invariants:
/// 1. Pushing only narrows what is read. A condition on the candle's start becomes one on the rows inside it, widened by the
///    candle's length, so every candle that comes out is complete.
/// 2. What the query reads, partials or rows, is the planner's business.
import TickColumns
import TickFormats
import TickSQL
import TickStorage

struct CandleView: TableSource {
  let schema: Schema
  let hasSequence = false
  let length: CandleLength
  /// What the candles are made of.
  private let candles: CandleTable
  /// SQL for the table's name.
  private let source: String
  /// Codes in the order of the table's columns.
  private let codes: [String]
  private let context: QueryContext

  /// Nil for a table without candles.
  init?(_ length: CandleLength, of table: TableDefinition, _ context: QueryContext) {
    guard let candles = StoredTable.candles(of: table) else { return nil }
    self.length = length
    self.candles = candles
    self.context = context
    source = "\(Self.sql(table.database)).\(Self.sql(table.name))"
    codes = table.fields.map(\.name).filter { candles.codes.contains($0) }
    schema = Schema(
      [Field("ts", .dateTime64(precision: 9, zone: length.zone))]
        + codes.map { Field($0, .lowCardinality(.string)) }
        + ["open", "high", "low", "close", "volume", "notional", "vwap"].map { Field($0, .float64) }
        + [Field("trades", .uint64)]
        + (candles.side == nil ? [] : [Field("buy_volume", .float64)])
        + (candles.identifier == nil ? [] : ["first_id", "last_id"].map { Field($0, .uint64) }))
  }

  private static func sql(_ name: String) -> String {
    Expression(.identifier([name]), range: 0..<0).formatted(.operators)
  }

  /// The query behind the view.
  var query: String {
    let (time, price, quantity) = (
      Self.sql(candles.time), Self.sql(candles.price), Self.sql(candles.quantity)
    )
    let names = codes.map(Self.sql).joined(separator: ", ")
    var lines = [
      "SELECT \(length.start(of: time)) AS bucket,", "  \(names),",
      "  argMin(\(price), \(time)) AS open, max(\(price)) AS high, min(\(price)) AS low, argMax(\(price), \(time)) AS close,",
      "  sum(\(quantity)) AS volume, sum(\(price) * \(quantity)) AS notional, notional / volume AS vwap,",
      "  count() AS trades",
    ]
    if let side = candles.side {
      lines[lines.count - 1] += ", sumIf(\(quantity), \(Self.sql(side)) = 'buy') AS buy_volume"
    }
    if let identifier = candles.identifier.map(Self.sql) {
      lines[lines.count - 1] += ","
      lines.append(
        "  argMin(\(identifier), \(time)) AS first_id, argMax(\(identifier), \(time)) AS last_id")
    }
    lines += ["FROM \(source)", "GROUP BY bucket, \(names)"]
    return lines.joined(separator: "\n")
  }

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    let query = try pushed(request.constraints)
    let plan = try Binder.bind(query, context)
    let execution = try plan.execute()
    let positions = request.columns.map { name -> Int in
      guard let position = schema.position(of: name) else {
        preconditionFailure("the binder asked for '\(name)', which a candle lacks")
      }
      return position
    }
    var batches: [Batch] = []
    while let batch = try execution.next() {
      batches.append(Batch(positions.map { batch.columns[$0] }, rowCount: batch.rowCount))
    }
    return CandleViewScan(
      rows: BatchScan(batches: batches, explanation: ["view over \(source)"], countsRows: false),
      plan: plan)
  }

  /// The query over those rows only that the constraints leave.
  private func pushed(_ constraints: [ColumnConstraint]) throws(SQLError) -> QueryStatement {
    guard case .select(var query) = try Parser.parse(Array(query.utf8)),
      case .select(var select) = query.body
    else {
      preconditionFailure("a candle view that is not a SELECT")
    }
    let conditions = constraints.flatMap(conditions)
    if !conditions.isEmpty {
      select.filter = conditions.count == 1 ? conditions[0] : call("and", conditions)
    }
    query.body = .select(select)
    return query
  }

  /// The conditions on rows that follow from a condition on a candle's column.
  private func conditions(_ constraint: ColumnConstraint) -> [Expression] {
    switch (constraint.column, constraint.condition) {
    case (let code, .oneOf(let values)) where codes.contains(code):
      let literals = values.compactMap { value -> Expression? in
        guard case .bytes(let bytes) = value else { return nil }
        return expression(.literal(.string(bytes)))
      }
      guard literals.count == values.count else { return [] }
      return [call("in", [expression(.identifier([code])), call("tuple", literals)])]
    case ("ts", .range(let lower, _, let upper, _)):
      var out: [Expression] = []
      let column = expression(.identifier([candles.time]))
      if case .int(let ticks)? = lower, let bound = time(ticks, plus: 0) {
        out.append(call("greaterOrEquals", [column, bound]))
      }
      if case .int(let ticks)? = upper, let bound = time(ticks, plus: length.secondsMax) {
        out.append(call("less", [column, bound]))
      }
      return out
    default: return []
    }
  }

  /// A time of UTC; nil where it would leave the range of the type, which then bounds nothing.
  private func time(_ ticks: Int64, plus seconds: Int) -> Expression? {
    let (wide, isTooWide) = Int64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow) = ticks.addingReportingOverflow(wide)
    guard !overflow, !isTooWide else { return nil }
    let type = DataType.dateTime64(precision: 9, zone: "UTC")
    let text = Column(type, of: [.int(sum)]).text(at: 0)
    return call(
      "toDateTime64",
      [
        expression(.literal(.string(Array(text.utf8)))), expression(.literal(.unsigned(9))),
        expression(.literal(.string(Array("UTC".utf8)))),
      ])
  }

  private func expression(_ kind: Expression.Kind) -> Expression {
    Expression(kind, range: 0..<0)
  }

  private func call(_ name: String, _ arguments: [Expression]) -> Expression {
    expression(.call(Call(name, arguments, nameRange: 0..<0)))
  }
}

/// The candles, and how they were found.
private struct CandleViewScan: TableScan {
  let rows: BatchScan
  let plan: LogicalPlan

  var morselCount: Int { rows.morselCount }
  var rowEstimate: Int { rows.rowEstimate }
  var countsRows: Bool { rows.countsRows }

  var explanation: [String] {
    // What cannot be explained was answered all the same.
    rows.explanation + ((try? plan.explain()) ?? []).map { "  " + $0 }
  }

  func read(
    morsel: Int, _ body: (Batch) throws(SQLError) -> Bool
  ) throws(SQLError) {
    try rows.read(morsel: morsel, body)
  }
}

// MARK: candles(...)

extension CandleView {
  /// The table function: `candles('7m'[, 'zone'[, 'table']])`.
  static let functionName = "candles"

  /// - Parameter find: the definition of a table of the current database, or of the one that its name says.
  static func called(
    with arguments: [Value], _ context: QueryContext,
    find: (_ database: String?, _ table: String) -> TableDefinition?
  ) throws(SQLError) -> CandleView {
    guard (1...3).contains(arguments.count) else {
      throw SQLError(
        .numberOfArgumentsDoesntMatch,
        "Table function candles takes a length such as '7m', and perhaps a time zone and a table")
    }
    let texts = try arguments.map { (value) throws(SQLError) -> String in
      guard case .bytes(let bytes) = value else {
        throw SQLError(
          .illegalTypeOfArgument, "The arguments of table function candles are strings")
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    let length = try CandleLength(texts[0], zone: texts.count > 1 ? texts[1] : "UTC")
    let name =
      texts.count > 2 ? texts[2] : "\(StandardTables.database).\(StandardTables.candleSource)"
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    guard let table = parts.count == 2 ? find(parts[0], parts[1]) : find(nil, name) else {
      throw SQLError(.unknownTable, "Table \(name) of table function candles does not exist")
    }
    guard let view = CandleView(length, of: table, context) else {
      throw SQLError(
        .badArguments,
        "Table \(name) keeps no candles: CREATE TABLE ... SETTINGS candles = 'time, price, quantity'"
      )
    }
    return view
  }
}
