/// Candles as a table: the view's query over `trades`, with the conditions of the outer query pushed into it.
///
/// Invariant: pushing only narrows what is read. A condition on the candle's start becomes one on the trades
/// inside it, widened by the candle's length, so every candle that comes out is complete.
import TickColumns
import TickFormats
import TickSQL

struct CandleView: TableSource {
  static let time: DataType = .dateTime64(precision: 9, zone: "UTC")
  let schema = Schema([
    Field("ts", time), Field("exchange", .lowCardinality(.string)),
    Field("symbol", .lowCardinality(.string)), Field("open", .float64), Field("high", .float64),
    Field("low", .float64), Field("close", .float64), Field("volume", .float64),
    Field("notional", .float64), Field("vwap", .float64), Field("trades", .uint64),
    Field("buy_volume", .float64), Field("first_id", .uint64), Field("last_id", .uint64),
  ])
  let hasSequence = false
  let seconds: Int
  let context: QueryContext

  func scan(_ request: ScanRequest) throws(SQLError) -> any TableScan {
    let text = StandardTables.candleQuery(seconds: seconds)
    guard case .select(var query) = try Parser.parse(Array(text.utf8)),
      case .select(var select) = query.body
    else {
      preconditionFailure("a candle view that is not a SELECT")
    }
    let conditions = request.constraints.flatMap(pushed)
    if !conditions.isEmpty {
      select.filter = Expression(.call(Call("and", conditions, nameRange: 0..<0)), range: 0..<0)
      if conditions.count == 1 { select.filter = conditions[0] }
    }
    query.body = .select(select)
    let execution = try Binder.bind(query, context).execute()
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
    return BatchScan(
      batches: batches, explanation: ["view over default.trades"], countsRows: false)
  }

  /// The conditions on trades that follow from a condition on a candle's column.
  private func pushed(_ constraint: ColumnConstraint) -> [Expression] {
    switch (constraint.column, constraint.condition) {
    case ("symbol", .oneOf(let values)), ("exchange", .oneOf(let values)):
      let literals = values.compactMap { value -> Expression? in
        guard case .bytes(let bytes) = value else { return nil }
        return expression(.literal(.string(bytes)))
      }
      guard literals.count == values.count else { return [] }
      let column = expression(.identifier([constraint.column]))
      return [call("in", [column, call("tuple", literals)])]
    case ("ts", .range(let lower, _, let upper, _)):
      var out: [Expression] = []
      if case .int(let ticks)? = lower, let bound = time(ticks, plus: 0) {
        out.append(call("greaterOrEquals", [expression(.identifier(["ts"])), bound]))
      }
      if case .int(let ticks)? = upper, let bound = time(ticks, plus: seconds) {
        out.append(call("less", [expression(.identifier(["ts"])), bound]))
      }
      return out
    default: return []
    }
  }

  /// A time literal; nil where it would leave the range of the type, which then bounds nothing.
  private func time(_ ticks: Int64, plus seconds: Int) -> Expression? {
    let (sum, overflow) = ticks.addingReportingOverflow(Int64(seconds) * 1_000_000_000)
    guard !overflow else { return nil }
    let text = Column(Self.time, of: [.int(sum)]).text(at: 0)
    return expression(.literal(.string(Array(text.utf8))))
  }

  private func expression(_ kind: Expression.Kind) -> Expression {
    Expression(kind, range: 0..<0)
  }

  private func call(_ name: String, _ arguments: [Expression]) -> Expression {
    expression(.call(Call(name, arguments, nameRange: 0..<0)))
  }
}
