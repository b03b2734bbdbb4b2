import TickColumns
import TickFormats

/// sumMap, minMap and maxMap: one aggregate for each key of maps, or of pairs of arrays.
///
/// The state of that aggregate has a group for each pair of a group here and a key.
final class MapFoldState: AggregateState {
  private let key: DataType
  private let value: DataType
  private let result: DataType
  private let dropsZeros: Bool
  private let inner: any AggregateState
  /// Pairs of group and key.
  private var table: GroupTable
  private var groupCount = 0

  /// - Parameter value: of the arguments.
  init(
    key: DataType, value: DataType, result: DataType, dropsZeros: Bool,
    _ inner: any AggregateState
  ) {
    self.key = key
    self.value = value
    self.result = result
    self.dropsZeros = dropsZeros
    self.inner = inner
    table = GroupTable([.int32, key])
  }

  func resize(_ count: Int) { groupCount = max(groupCount, count) }

  func update(_ input: AggregateInput) throws(SQLError) {
    let arrays = input.operands.indices.map { ArrayRows(.column(input.column($0))) }
    let keys: Column
    let values: Column
    if case .tuple(let columns, _) = arrays[0].elements.values, arrays.count == 1 {
      keys = columns[0]
      values = columns[1]
    } else {
      keys = arrays[0].elements
      values = arrays[arrays.count - 1].elements
    }
    // Arrays of different lengths have no pairs beyond the shorter.
    var owners: [Int32] = []
    var keyPlaces: [Int32] = []
    var valuePlaces: [Int32] = []
    for run in 0..<input.runs.starts.count {
      for row in input.runs.range(run) {
        let other = arrays[arrays.count - 1].range(row)
        for (i, j) in zip(arrays[0].range(row), other) where !values.isNull(at: j) {
          owners.append(input.runs.groups[run])
          keyPlaces.append(Int32(truncatingIfNeeded: i))
          valuePlaces.append(Int32(truncatingIfNeeded: j))
        }
      }
    }
    guard !owners.isEmpty else { return }
    let starts = (0..<Int32(owners.count)).map { $0 }
    let pairs = try table.groups(
      [Column(.int32, .int32(owners)), keys.gather(keyPlaces).expandingCodes()], starts: starts)
    inner.resize(table.count)
    try inner.update(
      AggregateInput(
        operands: [KernelValue.column(values.gather(valuePlaces).expandingCodes()).withoutNulls],
        rows: owners.count, runs: GroupRuns(starts: starts, groups: pairs, rows: owners.count),
        order: .ascending(0)))
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? MapFoldState else { return }
    let order = (0..<Int32(other.table.count)).map { $0 }
    var columns = try other.table.columns(order)
    guard case .int32(let theirs) = columns[0].values else { return }
    columns[0] = Column(.int32, .int32(theirs.map { groups[Int($0)] }))
    let pairs = try table.groups(columns, starts: order)
    inner.resize(table.count)
    try inner.merge(other.inner, pairs)
  }

  func finish() throws(SQLError) -> Column {
    let columns = try table.columns((0..<Int32(table.count)).map { $0 })
    let folded = try inner.finish()
    var order = try CancellationPoint.sorted(
      [SortKey(columns[0]), SortKey(columns[1])], rowCount: table.count)
    if dropsZeros {
      let marks = truth(.column(folded), rows: folded.count)
      order = order.filter { marks[Int($0)] != 0 }
    }
    var offsets = [Int](repeating: 0, count: groupCount + 1)
    if case .int32(let owners) = columns[0].values {
      for pair in order { offsets[Int(owners[Int(pair)]) + 1] += 1 }
    }
    for group in 0..<groupCount { offsets[group + 1] += offsets[group] }
    let keys = try columns[1].picked(order)
    let values = try folded.picked(order)
    guard case .map = result else {
      let parts = [(keys, key), (values, folded.type)].map { column, type in
        Column(.array(type), .array(ArrayValues(offsets: offsets, elements: column)))
      }
      return Column(result, .tuple(parts, count: groupCount))
    }
    let pairs = Column(
      MapFunctions.pairs(key, folded.type), .tuple([keys, values], count: order.count))
    return Column(result, .array(ArrayValues(offsets: offsets, elements: pairs)))
  }

  var byteCount: Int { table.byteCount + inner.byteCount }
}

/// Maps only: the keys with what their values were folded to, and a mark between them where the fold is a choice.
extension MapFoldState: ExchangedState {
  func encoded(_ layout: StateLayout) throws(SQLError) -> StringValues {
    let maps = try finish()
    guard case .tuple(let parts)? = layout.partTypes.first, parts.count == 3,
      case .array(let arrays) = maps.values,
      case .tuple(let columns, let count) = arrays.elements.values
    else { return encodedLists(maps, layout) }
    let marks = Column(.uint8, .uint8([UInt8](repeating: 1, count: count)))
    let marked = Column(.tuple(parts), .tuple([columns[0], marks, columns[1]], count: count))
    return StateWriter.lists(
      ArrayValues(offsets: arrays.offsets, elements: marked), areSized: false)
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    guard var rows = try elements(&states, layout, runs, order),
      case .tuple(let columns, let count) = rows.column(0).values
    else { return }
    if columns.count == 3 {
      // What is marked as absent was folded of nothing.
      guard let kept = rows.kept(by: truth(.column(columns[1]), rows: count)) else { return }
      rows = kept
    }
    guard case .tuple(let kept, let pairs) = rows.column(0).values, let values = kept.last else {
      return
    }
    // Each pair as a map of its own.
    let type = MapFunctions.pairs(kept[0].type, values.type)
    let elements = Column(type, .tuple([kept[0], values], count: pairs))
    rows.operands = [
      .column(
        Column(
          .map(key: kept[0].type, value: values.type),
          .array(ArrayValues(offsets: Array(0...pairs), elements: elements))))
    ]
    try update(rows)
  }
}

extension AggregateFunction {
  static let mapFolds: [AggregateFunction] = [
    mapFold(
      "sumMap", "sum", "The sums of the values of each key, by key; arrays leave out sums of 0."),
    mapFold("minMap", "min", "The least value of each key, by key."),
    mapFold("maxMap", "max", "The greatest value of each key, by key."),
  ]

  private static func mapFold(
    _ name: String, _ fold: String, _ summary: String
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "map; or keys, values", result: "Map, or Tuple(Array, Array)",
      summary: summary, arity: 1...2, aliases: ["\(fold)MappedArrays"], aliasesAnyCase: false
    ) { (call) throws(SQLError) in
      let key: DataType
      let value: DataType
      switch (call.types[0], call.types.count) {
      case (.map(let k, let v), 1): (key, value) = (k, v)
      case (.array(let k), 2):
        guard case .array(let v) = call.types[1] else {
          throw call.illegal(1, "an array of values")
        }
        (key, value) = (k, v)
      default: throw call.illegal(0, "a map, or an array of keys and one of values")
      }
      let plainKey = key.withoutLowCardinality
      let plain = value.withoutNullable.withoutLowCardinality
      guard let inner = AggregateFunction.find(fold)?.function, plain != .nothing,
        plainKey != .nothing
      else { throw call.illegal(0, "keys and values") }
      let folded = try inner.resolve(
        AggregateBinding(name: name, position: call.position, types: [plain]))
      let isMap = call.types.count == 1
      let result: DataType =
        isMap
        ? .map(key: plainKey, value: folded.type)
        : .tuple([
          TupleElement(type: .array(plainKey)), TupleElement(type: .array(folded.type)),
        ])
      return AggregateResolution(type: result, neverNull: true) {
        MapFoldState(
          key: plainKey, value: plain, result: result, dropsZeros: fold == "sum" && !isMap,
          folded.makeState())
      }
    }
  }
}
