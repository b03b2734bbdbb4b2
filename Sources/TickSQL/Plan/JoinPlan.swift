import TickColumns

/// Two queries as one: pairs of rows that agree in their keys and meet the other conditions.
///
/// Invariants:
/// 1. `keys` and `nearest` are over the columns of their own side; `residual` is over those of the left side followed
///    by those of the right.
/// 2. The rows of the result are `columns`, in this order; `schema` has their names and types.
/// 3. The left side streams, the right side is held. RIGHT with anything but ALL is bound with its sides exchanged,
///    so `any`, `semi`, `anti` and `nearest` always look for partners of left rows.
struct JoinPlan: Sendable {
  enum Kind: Sendable {
    case inner, left, right, full

    /// Left rows without a partner are in the result.
    var keepsLeft: Bool { self == .left || self == .full }
    var keepsRight: Bool { self == .right || self == .full }
  }

  enum Matching: Sendable {
    case all
    /// The first partner; for an inner join also each key once.
    case any
    case semi
    /// Left rows without a partner only.
    case anti
  }

  struct Key: Sendable {
    var left: BoundExpression
    var right: BoundExpression
  }

  /// ASOF: of the rows that agree in the keys, the one nearest in an order.
  struct Nearest: Sendable {
    var left: BoundExpression
    var right: BoundExpression
    /// left (sign) right.
    var comparison: ComparisonOperator
  }

  enum Source: Sendable, Hashable {
    case left(Int)
    case right(Int)
    /// The value of a key, from the side that has the row.
    case key(Int)
  }

  var left: QueryPlan
  var right: QueryPlan
  var kind: Kind
  var matching: Matching
  var keys: [Key] = []
  var nearest: Nearest?
  var residual: [BoundExpression] = []
  var columns: [Source]
  var schema: Schema

  var leftCount: Int { left.schema.count }

  /// How EXPLAIN calls it.
  var text: String {
    let words =
      switch kind {
      case .inner: keys.isEmpty && nearest == nil ? "Cross join" : "Inner join"
      case .left: "Left join"
      case .right: "Right join"
      case .full: "Full join"
      }
    let how =
      switch matching {
      case .all: nearest == nil ? "" : ", nearest row"
      case .any: ", any row"
      case .semi: ", rows with a partner"
      case .anti: ", rows without a partner"
      }
    var conditions = keys.map { "\($0.left.label) = \($0.right.label)" }
    if let nearest {
      conditions.append(
        "\(nearest.left.label) \(nearest.comparison.symbol) \(nearest.right.label)")
    }
    conditions += residual.map(\.label)
    return words + how + (conditions.isEmpty ? "" : " on \(conditions.joined(separator: " and "))")
  }
}
