/// A bound SELECT: one block of operators in their fixed order over one source.
///
///     source -> filter -> (grouping -> having) -> outputs -> distinct -> order -> offset, limit
///
/// Invariants:
/// 1. `filter`, and `outputs` or the grouping's keys and arguments, are over the source's columns; above a
///    grouping, `having` and `outputs` are over its keys followed by its results.
/// 2. The first `schema.count` outputs are the result; the others exist to sort by.
public import TickColumns

struct SelectBlock: Sendable {
  var source: BlockSource
  /// All must hold.
  var filter: [BoundExpression]
  var grouping: Grouping?
  var having: BoundExpression?
  var outputs: [BoundExpression]
  var schema: Schema
  var isDistinct: Bool
  var order: [SortItem]
  var offset: Int
  var limit: Int?
  /// A condition is constantly false, so no row of the source need be read.
  var neverMatches = false

  /// The hidden column that orders rows by arrival.
  static let sequenceName = "_sequence"

  /// Only filters and computes: an outer query can take it in.
  var isTransparent: Bool {
    grouping == nil && !isDistinct && order.isEmpty && offset == 0 && limit == nil
      && outputs.count == schema.count
  }

  /// Everything evaluated on rows of the source.
  var sourceExpressions: [BoundExpression] {
    filter + (grouping.map { $0.keys + $0.aggregates } ?? outputs)
  }
}

indirect enum BlockSource: Sendable {
  case table(TableReference)
  case block(SelectBlock)
}

/// A table as a source.
struct TableReference: Sendable {
  let table: any TableSource
  let name: QualifiedTable
  /// The columns that positions of the block's expressions mean; hidden ones last.
  var fields: [Field]
  /// SELECT without FROM: one row, no columns.
  let isImplicit: Bool
  var constraints: [ColumnConstraint] = []
  /// The position of `_sequence` among the fields, where aggregates need it.
  var sequencePosition: Int?
}

/// A table's full name.
struct QualifiedTable: Sendable, Hashable {
  let database: String
  let name: String

  init(_ database: String, _ name: String) {
    self.database = database
    self.name = name
  }

  var text: String { database.isEmpty ? name : "\(database).\(name)" }
}

/// GROUP BY and aggregates.
struct Grouping: Sendable {
  var keys: [BoundExpression]
  /// Nodes of kind `.aggregate`.
  var aggregates: [BoundExpression]
  /// GROUP BY was written: no input, no row. Otherwise there is always exactly one row.
  var isGrouped: Bool

  var calls: [AggregateCall] {
    aggregates.compactMap { if case .aggregate(let call) = $0.kind { call } else { nil } }
  }
}

/// One entry of ORDER BY: which output, and how.
struct SortItem: Sendable {
  var output: Int
  var isDescending: Bool
  var nullsFirst: Bool
}

/// A bound SELECT, ready to run any number of times over the same snapshot.
public struct LogicalPlan: Sendable {
  let block: SelectBlock
  let context: QueryContext

  public var schema: Schema { block.schema }
}
