/// Several aggregates at once, and those that say how many values there are.
import TickColumns
import TickFormats

extension AggregateFunction {
  static let pairs: [AggregateFunction] = [
    AggregateFunction(
      "sumCount", arguments: "x", result: "Tuple(type of the sum, UInt64)",
      summary: "The sum and the count.", arity: 1...1
    ) { (call) throws(SQLError) in
      guard let sum = AggregateFunction.find("sum")?.function else {
        throw SQLError(.logicalError, "sum is there")
      }
      let settled = try sum.resolve(call)
      let type = DataType.tuple([
        TupleElement(type: settled.type), TupleElement(type: .uint64),
      ])
      return AggregateResolution(type: type, neverNull: true) {
        SideBySideState([(settled.makeState(), [0]), (CountState(), [0])], type)
      }
    },
    argumentAndExtreme("argAndMin", isMax: false),
    argumentAndExtreme("argAndMax", isMax: true),
    AggregateFunction(
      "singleValueOrNull", arguments: "x", result: "Nullable(type of x)",
      summary: "The value that all rows have; NULL where they differ.", arity: 1...1
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      guard type.madeNullable.isNullable else { throw call.illegal(0, "a type that can be NULL") }
      return .collected(call.types, type.madeNullable, neverNull: true) { rows in
        let values = rows.columns[0]
        let zero = Column(type, of: [.defaultValue(of: type)])
        var positions: [Int32] = []
        var marks: [UInt8] = []
        for group in rows.groups {
          let range = rows.rows(group)
          let isOne =
            range.first.map { first in
              range.allSatisfy { compareRows(values, first, $0) == 0 }
            } ?? false
          marks.append(isOne ? 1 : 0)
          positions.append(Int32(truncatingIfNeeded: isOne ? range.lowerBound : values.count))
        }
        return Column.concatenate(type, [values, zero]).gather(positions).masked(by: marks)
      }
    },
    AggregateFunction(
      "uniqUpTo", arguments: "x, ...", result: "UInt64",
      summary:
        "How many distinct values (or combinations) there are, or one more than the parameter (5 by default) where "
        + "there are more.", arity: 1...Int.max, traits: .takesParameters
    ) { (call) throws(SQLError) in
      let limit = try call.count(default: 5) ?? 5
      guard limit <= 100 else {
        throw SQLError(
          .argumentOutOfBound,
          "Too large parameter for aggregate function \(call.name). Maximum: 100",
          at: call.position)
      }
      let types = call.types
      return AggregateResolution(type: .uint64, neverNull: true) {
        AdaptingState(
          DistinctState(types, CountState()),
          result: { column in
            guard case .uint64(let counts) = column.values else { return column }
            return Column(.uint64, .uint64(counts.map { min($0, UInt64(limit + 1)) }))
          })
      }
    },
    AggregateFunction(
      "groupBitmap", arguments: "x", result: "type of x",
      summary: "How many distinct numbers there are.", arity: 1...1
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      guard type.isInteger, type != .bool else { throw call.illegal(0, "an integer") }
      return AggregateResolution(type: type, neverNull: true) {
        AdaptingState.wrapped(DistinctState([type], CountState()), type)
      }
    },
  ]

  private static func argumentAndExtreme(_ name: String, isMax: Bool) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x, key", result: "Tuple(type of x, type of key)",
      summary: "What arg\(isMax ? "Max" : "Min") gives, and the key beside it.", arity: 2...2
    ) { call in
      let (value, key) = (call.types[0], call.types[1])
      let type = DataType.tuple([TupleElement(type: value), TupleElement(type: key)])
      return AggregateResolution(type: type, needsOrder: true, neverNull: true) {
        SideBySideState(
          [
            (ArgumentState(value, key: key, isMax: isMax), [0, 1]),
            (extremumState(key, isMax: isMax), [1]),
          ], type)
      }
    }
  }
}

/// Several states that are given the same rows, each some of the arguments; the result is a tuple.
final class SideBySideState: AggregateState {
  fileprivate let parts: [(state: any AggregateState, operands: [Int])]
  private let type: DataType
  private var groupCount = 0

  init(_ parts: [(any AggregateState, [Int])], _ type: DataType) {
    self.parts = parts.map { (state: $0.0, operands: $0.1) }
    self.type = type
  }

  func resize(_ count: Int) {
    groupCount = max(groupCount, count)
    for part in parts { part.state.resize(count) }
  }

  func update(_ input: AggregateInput) throws(SQLError) {
    for part in parts {
      var own = input
      own.operands = part.operands.map { input.operands[$0] }
      try part.state.update(own)
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError) {
    guard let other = other as? SideBySideState else { return }
    for (ours, theirs) in zip(parts, other.parts) { try ours.state.merge(theirs.state, groups) }
  }

  func finish() throws(SQLError) -> Column {
    var columns: [Column] = []
    for part in parts { columns.append(try part.state.finish()) }
    return Column(type, .tuple(columns, count: groupCount))
  }

  var byteCount: Int { parts.reduce(0) { $0 + $1.state.byteCount } }
}

/// State behind state.
extension SideBySideState: ExchangedState {
  func encoded(_ layout: StateLayout) throws(SQLError) -> StringValues {
    guard case .sequence(let layouts) = layout else { return StringValues() }
    var encoded: [StringValues] = []
    for (part, layout) in zip(parts, layouts) {
      encoded.append(try StateExchange.encoded(part.state, layout))
    }
    return StateWriter.sequence(encoded)
  }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    guard case .sequence(let layouts) = layout else { return }
    for (part, layout) in zip(parts, layouts) {
      try StateExchange.absorb(part.state, &states, layout, runs, order)
    }
  }
}
