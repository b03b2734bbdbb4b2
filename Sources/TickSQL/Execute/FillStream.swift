import TickColumns

/// WITH FILL: puts rows between sorted ones, piece by piece, so that a LIMIT behind it ends even an endless fill.
///
/// Invariants:
/// 1. Input rows pass in their order and unchanged; rows whose value is NULL or NaN, which stand at an end, have
///    nothing put in beside them.
/// 2. `nextValue` is the next value to put in, nil before the first row of a prefix without FROM.
/// 3. `end` is the first value that is not put in: TO, or where the last row is stale, whichever comes first.
final class FillStream: BatchStream {
  private let input: any BatchStream
  private let fill: Fill
  private let types: [DataType]
  private let run: QueryRun
  private var batch: Batch?
  private var row = 0
  private var values: [FillValue?] = []
  private var nextValue: FillValue?
  private let to: FillValue?
  private var end: FillValue?
  /// The row before, which INTERPOLATE looks at: one row of all outputs, put in or not.
  private var last: Batch?
  private var prefix: [Value]?
  private var hasStarted = false
  private var inputEnded = false
  private var isDone = false

  init(_ input: any BatchStream, _ fill: Fill, _ types: [DataType], _ run: QueryRun) {
    self.input = input
    self.fill = fill
    self.types = types
    self.run = run
    to = fill.to.flatMap { FillValue($0) }
    end = to
    nextValue = fill.from.flatMap { FillValue($0) }
  }

  func totals() throws(SQLError) -> Batch? { try input.totals() }
  var rowsBeforeLimit: Int { 0 }

  func next() throws(SQLError) -> Batch? {
    while !isDone {
      try run.check()
      if let batch, row < batch.rowCount { return try rows(of: batch) }
      if !inputEnded, let batch = try input.next() {
        self.batch = batch
        row = 0
        values = FillValue.values(batch.columns[fill.column])
        continue
      }
      inputEnded = true
      // Behind the last row, or for no row at all where there is no prefix to put in.
      let mayEnd = prefix != nil || fill.prefix.isEmpty
      if mayEnd, let end, let tail = try putIn(before: end) { return tail }
      isDone = true
    }
    return nil
  }

  /// The rows that go before the current one, or a stretch of rows that nothing goes between.
  private func rows(of batch: Batch) throws(SQLError) -> Batch? {
    let start = row
    while row < batch.rowCount {
      if isNewPrefix(batch) {
        if row > start { break }
        if prefix != nil, let end, let tail = try putIn(before: end) { return tail }
        prefix = fill.prefix.map { batch.columns[$0].value(at: row) }
        last = nil
        nextValue = fill.from.flatMap { FillValue($0) }
        end = to
      }
      if let value = values[row] {
        if let next = nextValue, isBefore(next, value), end.map({ isBefore(next, $0) }) ?? true {
          if row > start { break }
          return try putIn(before: value)
        }
        if let staleness = fill.staleness {
          try skip(to: value)
          let stale = try step(staleness, from: value) ?? value
          end = to.map { isBefore($0, stale) ? $0 : stale } ?? stale
        }
        if nextValue.map({ !isBefore(value, $0) && !isBefore($0, value) }) ?? true {
          nextValue = try step(fill.step, from: value)
        }
      } else if fill.staleness != nil, let end, let next = nextValue, isBefore(next, end) {
        if row > start { break }
        if let tail = try putIn(before: end) { return tail }
      }
      row += 1
    }
    last = batch.slice(row - 1..<row)
    return batch.slice(start..<row)
  }

  private func isNewPrefix(_ batch: Batch) -> Bool {
    guard let prefix else { return true }
    return zip(fill.prefix, prefix).contains { batch.columns[$0].value(at: row) != $1 }
  }

  private func isBefore(_ a: FillValue, _ b: FillValue) -> Bool {
    fill.isDescending ? b < a : a < b
  }

  /// Leaves out the values before a row: those that were stale.
  private func skip(to value: FillValue) throws(SQLError) {
    if case .integer(let step) = fill.step, case .integer(let next)? = nextValue,
      case .integer(let row) = value
    {
      let distance = fill.isDescending ? next - row : row - next
      let width = Int128(step.magnitude)
      if distance > 0 { nextValue = .integer(next + (distance + width - 1) / width * Int128(step)) }
      return
    }
    var skipped = 0
    while let next = nextValue, isBefore(next, value) {
      skipped += 1
      if skipped % 1_024 == 0 { try run.check() }
      nextValue = try step(fill.step, from: next)
    }
  }

  private func step(
    _ step: Fill.Step, from value: FillValue
  ) throws(SQLError) -> FillValue? {
    switch (step, value) {
    case (.integer(let step), .integer(let n)): return .integer(n + Int128(step))
    case (.float(let step), .float(let x)): return .float(x + step)
    case (.calendar(let next), _):
      let column = Column(fill.type, of: [value.value(as: fill.type)])
      let result = try Evaluator(Batch([column], rowCount: 1)).operand(next).column(rows: 1)
      guard let stepped = FillValue(result.value(at: 0)), isBefore(value, stepped) else {
        return nil
      }
      return stepped
    default: return nil
    }
  }

  // MARK: Rows put in

  /// As many rows as one batch holds before a value, and before TO. Nil when there are none.
  private func putIn(before limit: FillValue) throws(SQLError) -> Batch? {
    var made: [FillValue] = []
    while made.count < Batch.rowsMax, let next = nextValue, isBefore(next, limit),
      end.map({ isBefore(next, $0) }) ?? true, next.fits(fill.type)
    {
      made.append(next)
      nextValue = try step(fill.step, from: next)
    }
    guard !made.isEmpty else { return nil }
    let count = made.count
    var columns: [Column] = []
    for (i, type) in types.enumerated() {
      if i == fill.column || fill.copies.contains(i) {
        columns.append(Column(type, of: made.map { $0.value(as: fill.type) }))
      } else if let place = fill.prefix.firstIndex(of: i), let prefix {
        columns.append(Column(type, repeating: prefix[place], count: count))
      } else {
        columns.append(Column(type, repeating: .defaultValue(of: type), count: count))
      }
    }
    try interpolate(&columns, count)
    let result = Batch(columns, rowCount: count)
    last = result.slice(count - 1..<count)
    return result
  }

  private func interpolate(_ columns: inout [Column], _ count: Int) throws(SQLError) {
    guard !fill.interpolated.isEmpty else { return }
    guard var before = last else { return }
    let computed = fill.interpolated.filter { $0.expression != nil }
    for item in fill.interpolated where item.expression == nil {
      let value = before.columns[item.column].value(at: 0)
      columns[item.column] = Column(types[item.column], repeating: value, count: count)
    }
    guard !computed.isEmpty else { return }
    // Each row is computed from the one before it, so there is no way around going row by row.
    var values = [[Value]](repeating: [], count: computed.count)
    for row in 0..<count {
      if row % 1_024 == 0 { try run.check() }
      var current = columns.map { $0.slice(row..<row + 1) }
      for (i, item) in computed.enumerated() {
        guard let expression = item.expression else { continue }
        let inputs = Batch(item.inputs.map { before.columns[$0] }, rowCount: 1)
        let result = try Evaluator(inputs).operand(expression).column(rows: 1)
        current[item.column] = result.typed(types[item.column])
        values[i].append(result.value(at: 0))
      }
      before = Batch(current, rowCount: 1)
    }
    for (i, item) in computed.enumerated() {
      columns[item.column] = Column(types[item.column], of: values[i])
    }
  }
}

/// A value of the filled column: whole numbers wide enough that a step never overflows, or a double.
enum FillValue: Comparable {
  case integer(Int128)
  case float(Double)

  /// Nil for NULL and NaN.
  init?(_ value: Value) {
    switch value {
    case .int(let n): self = .integer(Int128(n))
    case .uint(let n): self = .integer(Int128(n))
    case .float(let x) where !x.isNaN: self = .float(x)
    default: return nil
    }
  }

  /// Of every row of a column.
  static func values(_ column: Column) -> [FillValue?] {
    var out: [FillValue?]
    switch column.values {
    case .int8(let v): out = v.map { .integer(Int128($0)) }
    case .int16(let v): out = v.map { .integer(Int128($0)) }
    case .int32(let v): out = v.map { .integer(Int128($0)) }
    case .int64(let v): out = v.map { .integer(Int128($0)) }
    case .uint8(let v): out = v.map { .integer(Int128($0)) }
    case .uint16(let v): out = v.map { .integer(Int128($0)) }
    case .uint32(let v): out = v.map { .integer(Int128($0)) }
    case .uint64(let v): out = v.map { .integer(Int128($0)) }
    case .float64(let v): out = v.map { $0.isNaN ? nil : .float($0) }
    default: out = Array(repeating: nil, count: column.count)
    }
    if let validity = column.validity {
      for row in out.indices where validity[row] == 0 { out[row] = nil }
    }
    return out
  }

  static func < (a: FillValue, b: FillValue) -> Bool {
    switch (a, b) {
    case (.integer(let x), .integer(let y)): x < y
    case (.float(let x), .float(let y)): x < y
    case (.integer(let x), .float(let y)): Double(x) < y
    case (.float(let x), .integer(let y)): x < Double(y)
    }
  }

  func fits(_ type: DataType) -> Bool {
    guard case .integer(let n) = self else { return true }
    return switch type.physical {
    case .int8: Int8(exactly: n) != nil
    case .int16: Int16(exactly: n) != nil
    case .int32: Int32(exactly: n) != nil
    case .int64: Int64(exactly: n) != nil
    case .uint8: UInt8(exactly: n) != nil
    case .uint16: UInt16(exactly: n) != nil
    case .uint32: UInt32(exactly: n) != nil
    case .uint64: UInt64(exactly: n) != nil
    default: false
    }
  }

  /// For a value that fits.
  func value(as type: DataType) -> Value {
    switch self {
    case .float(let x): return .float(x)
    case .integer(let n):
      switch type.physical {
      case .uint8, .uint16, .uint32, .uint64: return .uint(UInt64(truncatingIfNeeded: n))
      default: return .int(Int64(truncatingIfNeeded: n))
      }
    }
  }
}
