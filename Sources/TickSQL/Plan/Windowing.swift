import TickColumns

/// Window functions of a SELECT: what they need of each row, and what they compute over it.
///
///     rows below -> inputs -> window results -> qualify, outputs over inputs followed by results
///
/// Invariant: positions of a call mean `inputs`; the result of call i is column `inputs.count + i`.
struct Windowing: Sendable {
  var inputs: [BoundExpression]
  var calls: [WindowPlan]
  /// QUALIFY: all must hold.
  var qualify: [BoundExpression] = []
}

/// One call of a window function over columns.
struct WindowPlan: Sendable {
  let function: WindowFunction
  let type: DataType
  /// Positions of the arguments; of an aggregate its inputs.
  let arguments: [Int]
  let partition: [Int]
  let order: [SortItem]
  let frame: WindowBounds
  let label: String
}

/// What a window function computes.
enum WindowFunction: Sendable {
  case rowNumber, rank, denseRank, percentRank, cumeDist
  case ntile(Int)
  /// The row that many rows before (negative) or after, in the partition or in the frame.
  case offset(Int, isInFrame: Bool, hasDefault: Bool)
  /// The row of that number in the frame, from 1.
  case nth(Int)
  /// The first or the last row of the frame, or of those that are not NULL.
  case edge(isLast: Bool, skipsNulls: Bool)
  /// The arguments of the call are columns 0, 1, ... of what it is evaluated on.
  case aggregate(AggregateCall)
  /// A function of the row's place in the whole result, or of the rows around it.
  case running(RunningFunction)
}

/// The frame of a window, its offsets known.
struct WindowBounds: Sendable, Hashable {
  enum Bound: Sendable, Hashable {
    case unbounded
    case current
    /// Rows, groups of peers, or a distance of the order's value: negative for PRECEDING.
    case offset(Int64)
  }
  var unit: WindowFrame.Unit
  var start: Bound
  var end: Bound

  static let wholePartition = WindowBounds(unit: .rows, start: .unbounded, end: .unbounded)
  /// The default behind ORDER BY.
  static let untilPeers = WindowBounds(unit: .range, start: .unbounded, end: .current)
}

/// A call of a window function in an expression, before planning.
struct WindowCall: Sendable {
  let function: WindowFunction
  let arguments: [BoundExpression]
  let partition: [BoundExpression]
  let order: [BoundExpression]
  /// Beside `order`; the outputs mean nothing here.
  let directions: [SortItem]
  let frame: WindowBounds
  /// What tells two calls over equal expressions apart.
  let text: String

  var inputs: [BoundExpression] { arguments + partition + order }

  /// The call over other expressions, in the order of `inputs`.
  func over(_ children: [BoundExpression]) -> WindowCall {
    let second = arguments.count + partition.count
    return WindowCall(
      function: function, arguments: Array(children.prefix(arguments.count)),
      partition: Array(children[arguments.count..<second]), order: Array(children[second...]),
      directions: directions, frame: frame, text: text)
  }
}

/// Functions that go along the rows of a result (dialect.md, Running functions).
enum RunningFunction: Sendable {
  case rowNumber, rowNumberInBlock, blockNumber
  /// Arguments: the value, the distance, and what stands where there is no such row.
  case neighbor
  /// The value less the last one before it that is not NULL.
  case difference(startsWithValue: Bool)
  /// Arguments: states, and perhaps a group.
  case accumulated(AggregateStateType)

  /// Rows of a block, those of ClickHouse's `numbers`.
  static let blockRows = 65_409
}
