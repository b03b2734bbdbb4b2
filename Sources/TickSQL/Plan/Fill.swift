import TickColumns

/// WITH FILL of one ORDER BY column: rows put in where its values leave gaps.
///
/// Invariant: positions mean outputs of the block. Values between rows go from the first row of a prefix, or from
/// `from`, by `step` up to the next row, and up to `to` behind the last one; `to` itself is not put in. With a
/// `staleness` those that lie as far behind the row before them, or farther, are left out.
struct Fill: Sendable {
  enum Step: Sendable {
    /// Of the column's own number.
    case integer(Int64)
    case float(Double)
    /// The next value of column 0, for units of the calendar.
    case calendar(BoundExpression)
  }
  var column: Int
  /// Other outputs that are the same expression.
  var copies: [Int]
  var type: DataType
  var isDescending: Bool
  /// ORDER BY columns in front: each of their values is filled by itself.
  var prefix: [Int]
  var from: Value?
  var to: Value?
  var step: Step
  var staleness: Step?
  /// What put-in rows hold apart from defaults.
  var interpolated: [Interpolation]

  struct Interpolation: Sendable {
    var column: Int
    /// Over the outputs of the row before; nil: its value.
    var expression: BoundExpression?
    /// The outputs that the expression means, by their position in it.
    var inputs: [Int]
  }

  var outputsRead: Set<Int> {
    Set([column] + copies + prefix + interpolated.flatMap { [$0.column] + $0.inputs })
  }

  /// The fill over outputs that have moved.
  mutating func move(_ places: [Int: Int]) {
    column = places[column] ?? column
    copies = copies.map { places[$0] ?? $0 }
    prefix = prefix.map { places[$0] ?? $0 }
    for i in interpolated.indices {
      interpolated[i].column = places[interpolated[i].column] ?? interpolated[i].column
      interpolated[i].inputs = interpolated[i].inputs.map { places[$0] ?? $0 }
    }
  }
}
