/// A bound SELECT: one block of operators in their fixed order over one source.
///
///     source -> filter -> (grouping -> having) -> (window functions -> qualify) -> outputs
///            -> distinct -> order -> limit by -> fill -> offset, limit
///
/// Invariants:
/// 1. `filter`, and `outputs` or the grouping's keys and arguments, are over the source's columns; above a
///    grouping, `having` and `outputs` are over its keys followed by its results, above window functions over their
///    inputs followed by their results.
/// 2. The first `schema.count` outputs are the result; the others exist to sort and to limit by.
public import TickColumns

struct SelectBlock: Sendable {
  var source: BlockSource
  /// All must hold.
  var filter: [BoundExpression]
  var grouping: Grouping?
  var having: BoundExpression?
  var windowing: Windowing?
  var outputs: [BoundExpression]
  var schema: Schema
  var isDistinct = false
  var order: [SortItem] = []
  var limitBy: LimitBy?
  var fill: Fill?
  var offset = 0
  var limit: Int?
  /// In place of both, where they count from the end or mean a share.
  var countedLimit: CountedLimit?
  /// Rows equal to the last one in the order go with it.
  var withTies = false
  /// A condition is constantly false, so no row of the source need be read.
  var neverMatches = false

  /// Sets `limit` and `offset`, or `countedLimit` where that is needed.
  mutating func setLimit(_ limit: RowCount?, _ offset: RowCount?) {
    guard limit?.isPlain ?? true, offset?.isPlain ?? true else {
      countedLimit = CountedLimit(limit: limit, offset: offset)
      return
    }
    if case .rows(let rows)? = limit { self.limit = rows }
    if case .rows(let rows)? = offset { self.offset = rows }
  }

  /// The hidden column that orders rows by arrival.
  static let sequenceName = "_sequence"

  /// Only filters and computes.
  init(
    source: BlockSource, filter: [BoundExpression], outputs: [BoundExpression], schema: Schema
  ) {
    self.source = source
    self.filter = filter
    self.outputs = outputs
    self.schema = schema
  }

  /// Only filters and computes: an outer query can take it in.
  var isTransparent: Bool {
    grouping == nil && windowing == nil && !isDistinct && order.isEmpty && limitBy == nil
      && offset == 0
      && limit == nil && countedLimit == nil && outputs.count == schema.count
  }

  /// Everything evaluated on rows of the source.
  var sourceExpressions: [BoundExpression] {
    filter + (grouping.map { $0.keys + $0.aggregates } ?? rowOutputs)
  }

  /// What is computed of the rows of the source, or of the groups.
  var rowOutputs: [BoundExpression] {
    get { windowing?.inputs ?? outputs }
    set { if windowing == nil { outputs = newValue } else { windowing?.inputs = newValue } }
  }

  /// Outputs that later steps of the block read.
  var outputsRead: Set<Int> {
    Set(order.map(\.output)).union(limitBy?.keys ?? []).union(fill?.outputsRead ?? [])
  }
}

/// What a block reads.
indirect enum BlockSource: Sendable {
  case table(TableReference)
  case query(QueryPlan)
  case join(JoinPlan)
  case unnested(Unnesting)
}

/// The rows of a query: of one SELECT, or of several under one operator.
indirect enum QueryPlan: Sendable {
  case select(SelectBlock)
  case combination(Combination)

  var schema: Schema {
    switch self {
    case .select(let block): block.schema
    case .combination(let combination): combination.schema
    }
  }

  /// A LIMIT or OFFSET stands at its end.
  var hasLimit: Bool {
    switch self {
    case .select(let block):
      block.limit != nil || block.offset > 0 || block.countedLimit != nil
    case .combination: false
    }
  }
}

/// UNION, INTERSECT or EXCEPT of branches that agree in their types.
struct Combination: Sendable {
  enum Kind: Sendable, Hashable {
    case union(isDistinct: Bool)
    /// Rows that all branches have; without DISTINCT as often as the branch that has them least often.
    case intersect(isDistinct: Bool)
    /// Rows of the first branch; without DISTINCT each row of the others takes one away.
    case except(isDistinct: Bool)

    var text: String {
      switch self {
      case .union(let isDistinct): isDistinct ? "Union distinct" : "Union"
      case .intersect(let isDistinct): isDistinct ? "Intersect distinct" : "Intersect"
      case .except(let isDistinct): isDistinct ? "Except distinct" : "Except"
      }
    }
  }
  var kind: Kind
  var branches: [QueryPlan]
  var schema: Schema
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
  /// Positions of the keys of each set, where rows are grouped in several ways; a last column then says by which.
  var sets: [[Int]]?
  /// The set without keys has a row even for no input.
  var hasRowForNothing = false
  /// WITH TOTALS: over which groups.
  var totals: Totals?

  enum Totals: Sendable, Hashable { case beforeHaving, afterHaving }

  /// Sets of one GROUP BY at most: CUBE of 12 keys.
  static let setsMax = 4_096

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

/// `LIMIT n OFFSET m BY keys`: rows m to m + n of those that agree in some outputs.
struct LimitBy: Sendable {
  var keys: [Int]
  var offset: Int
  var limit: Int
  /// In place of both, where they count from the end.
  var counted: CountedLimit?
}

/// A bound query, ready to run any number of times over the same snapshot.
public struct LogicalPlan: Sendable {
  let query: QueryPlan
  let context: QueryContext

  public var schema: Schema { query.schema }
}
