import TickColumns
import TickFormats

/// The states of argMin, argMax and any: a value chosen by another value, ties decided by the sequence.

/// One value per group, by its bits where the type has a fixed width.
struct ValueStore {
  private let type: DataType
  private let isFixed: Bool
  private var bits: [UInt64] = []
  private var boxed: [Value] = []
  private(set) var boxedBytes = 0

  init(_ type: DataType) {
    self.type = type
    switch type.physical {
    case .string, .codes, .tuple, .array, .int128, .uint128, .nothing: isFixed = false
    default: isFixed = true
    }
  }

  var byteCount: Int { bits.count * 8 + boxed.count * 32 + boxedBytes }

  mutating func resize(_ count: Int) {
    let zero = Value.defaultValue(of: type)
    if isFixed {
      bits.extend(to: count, with: UInt64(bitPattern: zero.wrappedInt64))
    } else {
      boxed.extend(to: count, with: zero)
    }
  }

  mutating func set(_ group: Int, _ column: Column, _ row: Int) {
    switch column.values {
    case .float32(let v): bits[group] = UInt64(v[row].bitPattern)
    case .float64(let v): bits[group] = v[row].bitPattern
    case .int8(let v): bits[group] = UInt64(truncatingIfNeeded: v[row])
    case .int16(let v): bits[group] = UInt64(truncatingIfNeeded: v[row])
    case .int32(let v): bits[group] = UInt64(truncatingIfNeeded: v[row])
    case .int64(let v): bits[group] = UInt64(bitPattern: v[row])
    case .uint8(let v): bits[group] = UInt64(v[row])
    case .uint16(let v): bits[group] = UInt64(v[row])
    case .uint32(let v): bits[group] = UInt64(v[row])
    case .uint64(let v): bits[group] = v[row]
    case .string, .codes, .tuple, .array, .int128, .uint128, .nothing:
      let value = column.value(at: row)
      boxedBytes += value.byteCount
      boxed[group] = value
    }
  }

  mutating func set(_ group: Int, from other: ValueStore, _ theirs: Int) {
    if isFixed {
      bits[group] = other.bits[theirs]
    } else {
      boxedBytes += other.boxed[theirs].byteCount
      boxed[group] = other.boxed[theirs]
    }
  }

  func finish() -> Column {
    guard isFixed else { return Column(type, of: boxed) }
    if type.physical == .float64 {
      return Column(type, .float64(bits.map { Double(bitPattern: $0) }))
    }
    if type.physical == .float32 {
      return Column(type, .float32(bits.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }))
    }
    let integers = KernelValue.column(.int64, bits.map { Int64(bitPattern: $0) })
    return FunctionTable.convertIntegers(integers, to: type, rows: bits.count)
      .column(rows: bits.count)
  }
}

/// argMin and argMax: the value beside the extreme key, ties by order of arrival.
///
/// Keys of fixed width are compared as Int64 ranks whose order is the keys' order; NaN ranks worst.
final class ArgumentState: AggregateState {
  private let keyIsBoxed: Bool
  private let keyType: DataType
  private var cells: Cells

  private struct Cells {
    let isMax: Bool
    var values: ValueStore
    var keys: [Int64] = []
    var boxedKeys: [Value] = []
    var orders: [UInt64] = []
    var has: [Bool] = []

    mutating func update(
      _ column: Column, _ ranks: [Int64], _ runs: GroupRuns, _ order: RowOrder
    ) {
      for run in 0..<runs.starts.count {
        let range = runs.range(run)
        guard range.lowerBound < range.upperBound else { continue }
        let row = ArgumentState.best(ranks, range, order, isMax: isMax)
        let group = Int(runs.groups[run])
        let number = order.number(row)
        let rank = ranks[row]
        if has[group] {
          let wins =
            rank == keys[group]
            ? (isMax ? number > orders[group] : number < orders[group])
            : (isMax ? rank > keys[group] : rank < keys[group])
          guard wins else { continue }
        }
        has[group] = true
        keys[group] = rank
        orders[group] = number
        values.set(group, column, row)
      }
    }

    mutating func updateBoxed(
      _ column: Column, _ key: Column, _ runs: GroupRuns, _ order: RowOrder
    ) {
      for run in 0..<runs.starts.count {
        let range = runs.range(run)
        guard var best = range.first else { continue }
        for row in range.dropFirst() {
          let comparison = compareRows(key, row, best)
          if comparison == 0
            ? ArgumentState.isPreferred(order, row, over: best, isMax: isMax)
            : (comparison > 0) == isMax
          {
            best = row
          }
        }
        let group = Int(runs.groups[run])
        let value = key.value(at: best)
        let number = order.number(best)
        if has[group] {
          let comparison = compareValues(value, boxedKeys[group], of: key.type)
          let wins =
            comparison == 0
            ? (isMax ? number > orders[group] : number < orders[group])
            : (comparison > 0) == isMax
          guard wins else { continue }
        }
        has[group] = true
        boxedKeys[group] = value
        orders[group] = number
        values.set(group, column, best)
      }
    }
  }

  init(_ type: DataType, key: DataType, isMax: Bool) {
    cells = Cells(isMax: isMax, values: ValueStore(type))
    keyType = key
    switch key.physical {
    case .string, .codes, .tuple, .array, .int128, .uint128, .nothing: keyIsBoxed = true
    default: keyIsBoxed = false
    }
  }

  func resize(_ count: Int) {
    cells.values.resize(count)
    if keyIsBoxed {
      cells.boxedKeys.extend(to: count, with: .null)
    } else {
      cells.keys.extend(to: count, with: 0)
    }
    cells.orders.extend(to: count, with: 0)
    cells.has.extend(to: count, with: false)
  }

  func update(_ input: AggregateInput) {
    let column = input.column(0)
    let key = input.column(1)
    if keyIsBoxed {
      cells.updateBoxed(column, key, input.runs, input.order)
    } else {
      cells.update(column, Self.ranks(key, isMax: cells.isMax), input.runs, input.order)
    }
  }

  /// The row of the best key: among equal ones the last to arrive for argMax, the first for argMin.
  fileprivate static func best(
    _ ranks: [Int64], _ range: Range<Int>, _ order: RowOrder, isMax: Bool
  ) -> Int {
    let key = isMax ? Extremes.greatest(ranks, range) : Extremes.least(ranks, range)
    var best = Extremes.find(key, ranks, range)
    if case .ascending = order, !isMax { return best }
    var row = best + 1
    while row < range.upperBound {
      if ranks[row] == key {
        if isPreferred(order, row, over: best, isMax: isMax) { best = row }
        row += 1
      } else {
        row = Extremes.find(key, ranks, row..<range.upperBound)
      }
    }
    return best
  }

  /// Of rows with equal keys; elements of one row have one number, and stand one after the other.
  @inline(__always)
  fileprivate static func isPreferred(
    _ order: RowOrder, _ later: Int, over row: Int, isMax: Bool
  ) -> Bool {
    isMax ? order.number(later) >= order.number(row) : order.number(later) < order.number(row)
  }

  /// Int64 images of the keys that sort as the keys do.
  private static func ranks(_ key: Column, isMax: Bool) -> [Int64] {
    switch key.values {
    case .int64(let v): v
    case .int8(let v): v.map(Int64.init)
    case .int16(let v): v.map(Int64.init)
    case .int32(let v): v.map(Int64.init)
    case .uint8(let v): v.map(Int64.init)
    case .uint16(let v): v.map(Int64.init)
    case .uint32(let v): v.map(Int64.init)
    case .uint64(let v): v.map { Int64(bitPattern: $0) ^ .min }
    case .float32(let v): v.map { rank(Double($0), isMax: isMax) }
    case .float64(let v): v.map { rank($0, isMax: isMax) }
    case .string, .codes, .tuple, .array, .int128, .uint128, .nothing:
      Array(repeating: 0, count: key.count)
    }
  }

  @inline(__always)
  private static func rank(_ value: Double, isMax: Bool) -> Int64 {
    if value.isNaN { return isMax ? .min : .max }
    let bits = Int64(bitPattern: (value == 0 ? 0 : value).bitPattern)
    return bits < 0 ? bits ^ .max : bits
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? ArgumentState else { return }
    let isMax = cells.isMax
    for (theirs, group) in groups.enumerated() where other.cells.has[theirs] {
      let ours = Int(group)
      if cells.has[ours] {
        let comparison =
          keyIsBoxed
          ? compareValues(
            other.cells.boxedKeys[theirs], cells.boxedKeys[ours], of: keyType)
          : other.cells.keys[theirs] < cells.keys[ours]
            ? -1 : other.cells.keys[theirs] == cells.keys[ours] ? 0 : 1
        let later = other.cells.orders[theirs] > cells.orders[ours]
        guard comparison == 0 ? later == isMax : (comparison > 0) == isMax else { continue }
      }
      cells.has[ours] = true
      if keyIsBoxed {
        cells.boxedKeys[ours] = other.cells.boxedKeys[theirs]
      } else {
        cells.keys[ours] = other.cells.keys[theirs]
      }
      cells.orders[ours] = other.cells.orders[theirs]
      cells.values.set(ours, from: other.cells.values, theirs)
    }
  }

  func finish() -> Column { cells.values.finish() }
  var byteCount: Int {
    cells.values.byteCount + cells.has.count * 17 + cells.boxedKeys.count * 32
  }
}

/// any and anyLast: the value that arrived first or last.
final class ChoiceState: AggregateState {
  private let isLast: Bool
  private var values: ValueStore
  private var orders: [UInt64] = []
  private var has: [Bool] = []

  init(_ type: DataType, isLast: Bool) {
    self.isLast = isLast
    values = ValueStore(type)
  }

  func resize(_ count: Int) {
    values.resize(count)
    orders.extend(to: count, with: 0)
    has.extend(to: count, with: false)
  }

  func update(_ input: AggregateInput) {
    let column = input.column(0)
    let runs = input.runs
    for run in 0..<runs.starts.count {
      let range = runs.range(run)
      guard range.lowerBound < range.upperBound else { continue }
      var row = isLast ? range.upperBound - 1 : range.lowerBound
      if case .stored(let numbers) = input.order {
        // Elements of one row have one number: the first or the last of them counts.
        for other in range where other != row {
          let (number, best) = (numbers[other], numbers[row])
          if isLast
            ? number > best || number == best && other > row
            : number < best || number == best && other < row
          {
            row = other
          }
        }
      }
      let group = Int(runs.groups[run])
      let order = input.order.number(row)
      guard !has[group] || (isLast ? order > orders[group] : order < orders[group]) else {
        continue
      }
      has[group] = true
      orders[group] = order
      values.set(group, column, row)
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? ChoiceState else { return }
    for (theirs, group) in groups.enumerated() where other.has[theirs] {
      let ours = Int(group)
      let order = other.orders[theirs]
      guard !has[ours] || (isLast ? order > orders[ours] : order < orders[ours]) else { continue }
      has[ours] = true
      orders[ours] = order
      values.set(ours, from: other.values, theirs)
    }
  }

  func finish() -> Column { values.finish() }
  var byteCount: Int { values.byteCount + has.count * 9 }
}

// MARK: As values

extension ArgumentState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues {
    let marks = cells.has.map { $0 ? 1 : 0 as UInt8 }
    return StateWriter.sequence([
      StateWriter.choices(cells.values.finish(), marks), StateWriter.choices(keys(), marks),
    ])
  }

  private func keys() -> Column {
    if keyIsBoxed {
      let zero = Value.defaultValue(of: keyType)
      return Column(
        keyType, of: cells.boxedKeys.indices.map { cells.has[$0] ? cells.boxedKeys[$0] : zero })
    }
    if keyType.physical == .float32 {
      return Column(
        keyType, .float32(cells.keys.map { Float(SortableImage.double($0, .float64)) }))
    }
    return SortableImage.column(cells.keys, keyType)
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    let types = layout.partTypes
    let values = try choices(&states, types[0], runs, order)
    let keys = try choices(&states, types[1], runs, order)
    guard values?.rows == keys?.rows else {
      throw SQLError(.incorrectData, "a value without its key in the state of argMin or argMax")
    }
    guard var rows = values, let keys else { return }
    rows.operands += keys.operands
    update(rows)
  }
}

extension ChoiceState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues {
    StateWriter.choices(values.finish(), has.map { $0 ? 1 : 0 })
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    if let rows = try choices(&states, layout.partTypes[0], runs, order) { update(rows) }
  }
}
