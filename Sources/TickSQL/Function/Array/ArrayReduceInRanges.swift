/// `arrayReduceInRanges`: an aggregate over pieces of arrays, a value for each piece.
///
/// Pieces may overlap, so they can have many more elements than the arrays: elements are gathered and given to the aggregate in
/// portions of `portionMax`.
import TickColumns

extension FunctionTable {
  static let arrayReduceInRanges: [ScalarFunction] = [
    ScalarFunction(
      "arrayReduceInRanges", .array, arguments: "'aggregate', [(index, length), ...], a, ...",
      result: "Array(type of the aggregate)",
      summary:
        "The aggregate over each piece of the arrays: `arrayReduceInRanges('sum', [(1, 5), (-2, 2)], a)`. A negative index "
        + "counts from the end; a piece that begins outside of the arrays is empty.",
      arity: 3...Int.max, traits: [.ownNulls, .mayThrow]
    ) { (call) throws(SQLError) in
      guard case .tuple(let bounds)? = call.types[1].arrayElement, bounds.count == 2,
        bounds[0].type.isInteger, bounds[1].type.isInteger, !bounds[1].type.isSignedInteger
      else {
        throw call.illegal(
          1, "an array of pairs of an index, an integer, and a length, an unsigned integer")
      }
      let (type, settled) = try reducing(call, firstArray: 2)
      return .kernel(.array(type), arguments: Array(call.arguments.dropFirst())) {
        (input) throws(SQLError) in
        let rows = input.rows
        let arrays = input.operands.map { ArrayRows(.column($0.column(rows: rows))) }
        let sources = Array(arrays.dropFirst())
        try FunctionBinding.checkLengths(sources, rows: rows, "arrayReduceInRanges")
        var pieces = ReducedPieces(sources, settled)
        let offsets = try pieces.add(arrays[0], rows: rows)
        let results = try pieces.finish()
        return .column(
          Column(.array(type), .array(ArrayValues(offsets: offsets, elements: results))))
      }
    }
  ]
}

private struct ReducedPieces {
  /// Elements that are gathered at once.
  private static let portionMax = 65_536

  private let arrays: [ArrayRows]
  private let parts: [Column]
  private let valid: [UInt8]?
  private let state: any AggregateState
  private var pieceCount = 0
  private var taken: UInt64 = 0
  private var positions: [Int32] = []
  private var starts: [Int32] = []
  private var groups: [Int32] = []

  init(_ arrays: [ArrayRows], _ resolution: AggregateResolution) {
    self.arrays = arrays
    parts = arrays.map { $0.elements.expandingCodes() }
    var valid: [UInt8]?
    for part in parts { valid = Column.intersect(valid, part.validity) }
    self.valid = valid
    state = resolution.makeState()
  }

  /// Takes the pieces of all rows, and gives where each row's begin.
  mutating func add(_ bounds: ArrayRows, rows: Int) throws(SQLError) -> [Int] {
    guard case .tuple(let columns, _) = bounds.elements.values else { return [] }
    let indices = KernelValue.column(columns[0]).integers(Int64.self)
    let lengths = KernelValue.column(columns[1]).integers(UInt64.self)
    var offsets = [0]
    for row in 0..<rows {
      let source = arrays[0].range(row)
      for place in bounds.range(row) {
        guard pieceCount < ArrayRows.elementsMax else {
          throw SQLError(
            .tooLargeArraySize,
            "Arrays of more than \(ArrayRows.elementsMax) elements in one batch")
        }
        let piece = Self.piece(
          of: source, at: indices.element(place), length: lengths.element(place))
        pieceCount += 1
        try take(piece, group: Int32(truncatingIfNeeded: pieceCount - 1))
      }
      offsets.append(pieceCount)
    }
    return offsets
  }

  private static func piece(of source: Range<Int>, at index: Int64, length: UInt64) -> Range<Int> {
    let count = Int64(source.count)
    let first = index > 0 ? index - 1 : count + index
    guard index != 0, first >= 0, first < count else { return 0..<0 }
    let begin = source.lowerBound + Int(first)
    return begin..<begin + Int(clamping: min(length, UInt64(count - first)))
  }

  private mutating func take(_ piece: Range<Int>, group: Int32) throws(SQLError) {
    var isOpen = false
    for position in piece {
      if positions.count == Self.portionMax {
        try flush()
        isOpen = false
      }
      guard valid?[position] != 0 else { continue }
      if !isOpen {
        starts.append(Int32(positions.count))
        groups.append(group)
        isOpen = true
      }
      positions.append(Int32(truncatingIfNeeded: position))
    }
  }

  private mutating func flush() throws(SQLError) {
    try CancellationPoint.check()
    state.resize(pieceCount)
    let operands = parts.map { KernelValue.column($0.gather(positions)).withoutNulls }
    try state.update(
      AggregateInput(
        operands: operands, rows: positions.count,
        runs: GroupRuns(starts: starts, groups: groups, rows: positions.count),
        order: .ascending(taken)))
    taken += UInt64(positions.count)
    positions.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    groups.removeAll(keepingCapacity: true)
  }

  mutating func finish() throws(SQLError) -> Column {
    if !positions.isEmpty { try flush() }
    state.resize(pieceCount)
    return try state.finish()
  }
}
