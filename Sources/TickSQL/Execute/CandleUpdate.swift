/// What partial candles add to the states of aggregates.
import TickColumns

struct CandleUpdate {
  private let partials: CandlePartials
  private let evaluator: Evaluator
  private let runs: GroupRuns

  /// The evaluator's rows are the partials.
  init(_ partials: CandlePartials, _ evaluator: Evaluator, _ runs: GroupRuns) {
    precondition(partials.count == evaluator.rows, "partials without their columns")
    self.partials = partials
    self.evaluator = evaluator
    self.runs = runs
  }

  func add(
    _ measure: CandleMeasure, _ call: AggregateCall, to state: any AggregateState
  ) throws(SQLError) {
    // The condition of a buy volume is on the side, which is inside the partial.
    guard measure != .buyVolume, let condition = call.condition else {
      try add(measure, call, to: state, positions: nil)
      return
    }
    let marks = try evaluator.marks(condition)
    let positions = marks.indices.filter { marks[$0] != 0 }.map { Int32($0) }
    if positions.count == marks.count {
      try add(measure, call, to: state, positions: nil)
    } else if !positions.isEmpty {
      try add(measure, call, to: state, positions: positions)
    }
  }

  private func add(
    _ measure: CandleMeasure, _ call: AggregateCall, to state: any AggregateState,
    positions: [Int32]?
  ) throws(SQLError) {
    let partials = positions.map { self.partials.gather($0) } ?? self.partials
    let runs = positions.map { self.runs.compacted($0) } ?? self.runs
    func addTotals(_ totals: DecimalTotals?) {
      guard let state = state as? any TotalsState else {
        preconditionFailure("a measure for \(call.name), whose state takes no totals")
      }
      state.add(totals, rowCounts: partials.rowCounts, runs)
    }
    func column(_ part: CandleMeasure.Part, _ type: DataType) -> Column {
      switch part {
      case .open: Column(type, .float64(partials.opens))
      case .high: Column(type, .float64(partials.highs))
      case .low: Column(type, .float64(partials.lows))
      case .close: Column(type, .float64(partials.closes))
      case .openTime: Column(type, .int64(partials.openTimes))
      case .closeTime: Column(type, .int64(partials.closeTimes))
      case .firstID: Column(type, .uint64(partials.firstIDs))
      case .lastID: Column(type, .uint64(partials.lastIDs))
      }
    }
    func update(_ columns: [Column], _ order: RowOrder) throws(SQLError) {
      try state.update(
        AggregateInput(
          operands: columns.map { .column($0) }, rows: partials.count, runs: runs, order: order))
    }
    switch measure {
    case .rowCount: addTotals(nil)
    case .volume: addTotals(partials.volumes)
    case .notional: addTotals(partials.notionals)
    case .buyVolume: addTotals(partials.buyVolumes)
    case .value(let part):
      try update([column(part, call.arguments[0].type)], .ascending(0))
    case .open(let part):
      try update(
        [column(part, call.arguments[0].type), column(.openTime, call.arguments[1].type)],
        .stored(partials.openSequences))
    case .close(let part):
      try update(
        [column(part, call.arguments[0].type), column(.closeTime, call.arguments[1].type)],
        .stored(partials.closeSequences))
    }
  }
}
