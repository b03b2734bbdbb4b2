/// deltaSum and deltaSumTimestamp: the sum of the steps upwards, in the order of arrival or of a timestamp.
///
/// Invariants:
/// 1. Rows are kept with their place in the order and put in it at the end, so that neither blocks nor threads matter.
/// 2. A state that comes in is a stretch of rows: it lies where its first row does, and joins what lies before it by the
///    step to its first value. A row is the stretch of one.
import TickColumns
import TickFormats

final class DeltaSumState: AggregateState {
  private let type: DataType
  /// Nil without timestamps.
  private let timeType: DataType?
  private var groups: [[Entry]] = []
  /// What came as states; few groups have any.
  private var stretches: [Int: [Stretch]] = [:]
  private var held = 0

  private struct Entry {
    let time: Int64
    let order: UInt64
    /// Doubles by their bits, integers widened.
    let bits: Int64
  }

  private struct Stretch {
    var sum: Int64
    let first: Entry
    var last: Entry
  }

  /// `type` is an integer of up to 64 bits or Float64; so is `timeType`, or a date or time.
  init(_ type: DataType, times timeType: DataType?) {
    self.type = type
    self.timeType = timeType
  }

  func resize(_ count: Int) { groups.extend(to: count, with: []) }

  func update(_ input: AggregateInput) {
    let bits = Self.bits(input.column(0))
    let times = timeType == nil ? nil : SortableImage.images(input.column(1))
    for run in 0..<input.runs.starts.count {
      let group = Int(input.runs.groups[run])
      for row in input.runs.range(run) {
        groups[group].append(
          Entry(time: times?[row] ?? 0, order: input.order.number(row), bits: bits[row]))
      }
    }
    held += input.rows * MemoryLayout<Entry>.stride
  }

  private static func bits(_ column: Column) -> [Int64] {
    if case .float64(let values) = column.values {
      return values.map { Int64(bitPattern: $0.bitPattern) }
    }
    return KernelValue.column(column).integers(Int64.self).map(rows: column.count) { $0 }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? DeltaSumState else { return }
    for (theirs, ours) in groups.enumerated() { self.groups[Int(ours)] += other.groups[theirs] }
    for (theirs, given) in other.stretches {
      stretches[Int(groups[theirs]), default: []] += given
    }
    held += other.held
  }

  func finish() throws(SQLError) -> Column {
    let sums = try folded().map { $0?.sum ?? 0 }
    return column(sums)
  }

  /// Each group as one stretch; nil without rows.
  private func folded() throws(SQLError) -> [Stretch?] {
    var out: [Stretch?] = []
    out.reserveCapacity(groups.count)
    for group in groups.indices {
      try CancellationPoint.sort(&groups[group], by: Self.precedes)
      guard var given = stretches[group] else {
        out.append(fold(groups[group].lazy.map { Stretch(sum: 0, first: $0, last: $0) }))
        continue
      }
      given += groups[group].map { Stretch(sum: 0, first: $0, last: $0) }
      try CancellationPoint.sort(&given) { Self.precedes($0.first, $1.first) }
      out.append(fold(given))
    }
    return out
  }

  private static func precedes(_ a: Entry, _ b: Entry) -> Bool {
    a.time != b.time ? a.time < b.time : a.order < b.order
  }

  private func fold(_ stretches: some Sequence<Stretch>) -> Stretch? {
    var whole: Stretch?
    for stretch in stretches {
      guard var sofar = whole else {
        whole = stretch
        continue
      }
      sofar.sum = added(sofar.sum, step(sofar.last.bits, stretch.first.bits))
      sofar.sum = added(sofar.sum, stretch.sum)
      sofar.last = stretch.last
      whole = sofar
    }
    return whole
  }

  /// How far it is upwards; 0 downwards.
  private func step(_ from: Int64, _ to: Int64) -> Int64 {
    if type == .float64 {
      let step = Self.double(to) - Self.double(from)
      return step > 0 ? Int64(bitPattern: step.bitPattern) : 0
    }
    let rises =
      type == .uint64 ? UInt64(bitPattern: to) > UInt64(bitPattern: from) : to > from
    return rises ? to &- from : 0
  }

  private func added(_ sum: Int64, _ step: Int64) -> Int64 {
    guard type == .float64 else { return sum &+ step }
    return Int64(bitPattern: (Self.double(sum) + Self.double(step)).bitPattern)
  }

  private static func double(_ bits: Int64) -> Double {
    Double(bitPattern: UInt64(bitPattern: bits))
  }

  private func column(_ bits: [Int64]) -> Column {
    if type == .float64 { return Column(type, .float64(bits.map(Self.double))) }
    return FunctionTable.convertIntegers(.column(.int64, bits), to: type, rows: bits.count)
      .column(rows: bits.count)
  }

  var byteCount: Int { held + groups.count * 8 }
}

/// The sum, the first value and the last one, each value with its timestamp where there are any, and whether there was a
/// row: in the cells of ClickHouse.
extension DeltaSumState: ExchangedState {
  func encoded(_ layout: StateLayout) throws(SQLError) -> StringValues {
    let whole = try folded()
    var parts = [
      column(whole.map { $0?.sum ?? 0 }), column(whole.map { $0?.first.bits ?? 0 }),
      column(whole.map { $0?.last.bits ?? 0 }),
    ]
    if let timeType {
      let zero = SortableImage.images(Column(timeType, of: [.defaultValue(of: timeType)]))[0]
      parts.insert(SortableImage.column(whole.map { $0?.first.time ?? zero }, timeType), at: 2)
      parts.append(SortableImage.column(whole.map { $0?.last.time ?? zero }, timeType))
    }
    let cells = zip(parts, layout.partTypes).map { part, type in
      guard type == .float32, case .float64(let values) = part.values else {
        return StateWriter.cells(part)
      }
      return StateWriter.cells(Column(.float32, .float32(values.map { Float($0) })))
    }
    return StateWriter.sequence(cells + [StateWriter.marks(whole.map { $0 == nil ? 0 : 1 })])
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    var parts: [[Int64]] = []
    for (i, partType) in layout.partTypes.dropLast().enumerated() {
      var column = try cells(&states, partType)
      if case .float32(let values) = column.values {
        column = Column(.float64, .float64(values.map { Double($0) }))
      }
      let isTime = timeType != nil && (i == 2 || i == 4)
      parts.append(isTime ? SortableImage.images(column) : Self.bits(column))
    }
    var reader = states
    let marks = try StateExchange.reading { () throws(FormatError) in try reader.marks() }
    states = reader
    let lastPart = timeType == nil ? 2 : 3
    for run in 0..<runs.starts.count {
      for row in runs.range(run) where marks[row] != 0 {
        let number = order.number(row)
        let times = timeType == nil ? (0, 0) : (parts[2][row], parts[4][row])
        stretches[Int(runs.groups[run]), default: []].append(
          Stretch(
            sum: parts[0][row], first: Entry(time: times.0, order: number, bits: parts[1][row]),
            last: Entry(time: times.1, order: number, bits: parts[lastPart][row])))
        held += MemoryLayout<Stretch>.stride
      }
    }
  }
}
