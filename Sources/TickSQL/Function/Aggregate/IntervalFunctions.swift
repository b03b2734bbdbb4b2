/// Aggregates over intervals, each given by its start and its end.
import TickColumns

extension AggregateFunction {
  static let intervals: [AggregateFunction] = [
    AggregateFunction(
      "intervalLengthSum", arguments: "start, end", result: "UInt64 or Float64",
      summary: "How much the intervals cover together, overlaps counted once.", arity: 2...2
    ) { (call) throws(SQLError) in
      let type = try intervalType(call)
      let result: DataType = type.isFloat ? .float64 : .uint64
      return .collected(call.types, result) { (rows) throws(SQLError) in try covered(rows, result) }
    },
    AggregateFunction(
      "maxIntersections", arguments: "start, end", result: "UInt64",
      summary: "How many intervals overlap at most.", arity: 2...2
    ) { (call) throws(SQLError) in
      try requireNumbers(call)
      return .collected(call.types, .uint64) { (rows) throws(SQLError) in
        Column(.uint64, .uint64(try crowds(rows).map { UInt64($0.count) }))
      }
    },
    AggregateFunction(
      "maxIntersectionsPosition", arguments: "start, end", result: "type of start",
      summary: "The start of the interval at which the most overlap first.", arity: 2...2
    ) { (call) throws(SQLError) in
      try requireNumbers(call)
      let type = call.types[0]
      return .collected(call.types, type) { (rows) throws(SQLError) in
        let zero = Column(type, of: [.defaultValue(of: type)])
        let starts = Column.concatenate(type, [rows.columns[0], rows.columns[1], zero])
        let last = starts.count - 1
        return starts.gather(
          try crowds(rows).map { Int32(truncatingIfNeeded: $0.position ?? last) })
      }
    },
  ]

  private static func intervalType(_ call: AggregateBinding) throws(SQLError) -> DataType {
    let type = call.types[0]
    guard type.isNumber || type == .float32 || type.isDateOrTime, !type.isWideInteger else {
      throw call.illegal(0, "a number or time")
    }
    guard call.types[1] == type else {
      throw SQLError(
        .illegalTypeOfArgument, "\(call.name): arguments must have the same type",
        at: call.position)
    }
    return type
  }

  private static func requireNumbers(_ call: AggregateBinding) throws(SQLError) {
    guard !(try intervalType(call)).isDateOrTime else { throw call.illegal(0, "a number") }
  }

  private static func covered(
    _ rows: CollectedRows, _ result: DataType
  ) throws(SQLError) -> Column {
    if result == .float64 {
      let (starts, ends) = (rows.doubles(0), rows.doubles(1))
      return Column(
        result,
        .float64(
          try CancellationPoint.map(rows.groups.count) { (group) throws(SQLError) in
            try lengths(of: rows.rows(group).map { (starts[$0], ends[$0]) }).reduce(0) {
              $0 + ($1.end - $1.start)
            }
          }))
    }
    let starts = SortableImage.images(rows.columns[0])
    let ends = SortableImage.images(rows.columns[1])
    return Column(
      result,
      .uint64(
        try CancellationPoint.map(rows.groups.count) { (group) throws(SQLError) in
          try lengths(of: rows.rows(group).map { (starts[$0], ends[$0]) }).reduce(UInt64(0)) {
            $0 &+ UInt64(bitPattern: $1.end &- $1.start)
          }
        }))
  }

  /// The intervals united, none touching another; one given backwards is turned round.
  private static func lengths<Place: Comparable>(
    of given: [(Place, Place)]
  ) throws(SQLError) -> [(start: Place, end: Place)] {
    var sorted = given.map { $0.0 <= $0.1 ? $0 : ($0.1, $0.0) }
    try CancellationPoint.sort(&sorted) { $0.0 < $1.0 }
    var out: [(start: Place, end: Place)] = []
    for (start, end) in sorted {
      if let last = out.last, start <= last.end {
        if end > last.end { out[out.count - 1].end = end }
      } else {
        out.append((start, end))
      }
    }
    return out
  }

  /// The most intervals that hold at one place, and the row of the place: those of starts first, then those of ends.
  private static func crowds(
    _ rows: CollectedRows
  ) throws(SQLError) -> [(count: Int, position: Int?)] {
    let count = rows.columns[0].count
    let places = [rows.columns[0], rows.columns[1]].map { column in
      column.type.isFloat
        ? KernelValue.column(column).doubles().map(rows: count) { SortableImage.image($0) }
        : SortableImage.images(column)
    }
    return try CancellationPoint.map(rows.groups.count) { (group) throws(SQLError) in
      // An interval ends before another one begins at the same place.
      var events: [(place: Int64, step: Int, row: Int)] = []
      for row in rows.rows(group) {
        events.append((places[0][row], 1, row))
        events.append((places[1][row], -1, count + row))
      }
      try CancellationPoint.sort(&events) {
        $0.place != $1.place ? $0.place < $1.place : $0.step < $1.step
      }
      var (open, most) = (0, 0)
      var position: Int?
      for event in events {
        open += event.step
        if open > most {
          most = open
          position = event.row
        }
      }
      return (most, position)
    }
  }
}
