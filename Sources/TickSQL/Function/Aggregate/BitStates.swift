/// groupBitAnd, groupBitOr and groupBitXor.
import TickColumns
import TickFormats

enum BitFold: Sendable { case and, or, xor }

final class BitFoldState: AggregateState {
  private let type: DataType
  private let fold: BitFold
  private var groups: [Int64] = []

  init(_ type: DataType, _ fold: BitFold) {
    self.type = type
    self.fold = fold
  }

  func resize(_ count: Int) { groups.extend(to: count, with: fold == .and ? -1 : 0) }

  func update(_ input: AggregateInput) {
    let values = input.operands[0].integers(Int64.self).map(rows: input.rows) { $0 }
    Self.add(values, input.runs, fold, &groups)
  }

  private static func add(
    _ values: [Int64], _ runs: GroupRuns, _ fold: BitFold, _ groups: inout [Int64]
  ) {
    for run in 0..<runs.starts.count {
      let range = runs.range(run)
      var bits = groups[Int(runs.groups[run])]
      switch fold {
      case .and: for row in range { bits &= values[row] }
      case .or: for row in range { bits |= values[row] }
      case .xor: for row in range { bits ^= values[row] }
      }
      groups[Int(runs.groups[run])] = bits
    }
  }

  func merge(_ other: any AggregateState, _ groups: [Int32]) {
    guard let other = other as? BitFoldState else { return }
    for (theirs, ours) in groups.enumerated() {
      let bits = other.groups[theirs]
      switch fold {
      case .and: self.groups[Int(ours)] &= bits
      case .or: self.groups[Int(ours)] |= bits
      case .xor: self.groups[Int(ours)] ^= bits
      }
    }
  }

  func finish() -> Column {
    FunctionTable.convertIntegers(.column(.int64, groups), to: type, rows: groups.count)
      .column(rows: groups.count)
  }
  var byteCount: Int { groups.count * 8 }
}

extension BitFoldState: ExchangedState {
  func encoded(_ layout: StateLayout) -> StringValues { StateWriter.cells(finish()) }

  func absorb(
    _ states: inout StateReader, _ layout: StateLayout, _ runs: GroupRuns, _ order: RowOrder
  ) throws(SQLError) {
    let column = try cells(&states, type)
    update(
      AggregateInput(operands: [.column(column)], rows: runs.rows, runs: runs, order: order))
  }
}
