/// Queries as parsed: SELECTs, what joins them into one result, and what FROM may hold.

/// What answers with rows: a SELECT or several under UNION, INTERSECT and EXCEPT, with what belongs to the whole.
public struct QueryStatement: Sendable {
  public var body: QueryBody
  /// Of all its SELECTs and of its end, in order: they add up.
  public var settings: [SettingAssignment]
  /// Only the query of a statement has one.
  public var format: FormatClause?
  public var range: SourceRange

  public init(
    body: QueryBody, settings: [SettingAssignment] = [], format: FormatClause? = nil,
    range: SourceRange
  ) {
    self.body = body
    self.settings = settings
    self.format = format
    self.range = range
  }
}

/// A SELECT, or branches under one operator. INTERSECT binds tighter than the others, which go from left to right.
public indirect enum QueryBody: Sendable {
  case select(SelectStatement)
  /// Two branches or more.
  case combination(SetOperator, [QueryBody])

  /// The SELECT that gives the result its names: the first one.
  public var first: SelectStatement {
    switch self {
    case .select(let select): select
    case .combination(_, let branches): branches[0].first
    }
  }
}

public enum SetOperator: String, Sendable, Hashable {
  case unionAll = "UNION ALL"
  case unionDistinct = "UNION DISTINCT"
  /// Without ALL or DISTINCT: the setting `union_default_mode` decides.
  case union = "UNION"
  case intersectAll = "INTERSECT ALL"
  case intersectDistinct = "INTERSECT DISTINCT"
  case exceptAll = "EXCEPT ALL"
  case exceptDistinct = "EXCEPT DISTINCT"

  var isIntersect: Bool { self == .intersectAll || self == .intersectDistinct }
}

/// One SELECT, clause by clause.
public struct SelectStatement: Sendable {
  public var with: [WithItem] = []
  public var distinct = Distinct.none
  /// The select list; `*` is an expression of kind `.matcher`.
  public var items: [SelectItem]
  /// Nil means one row without columns (`system.one`).
  public var from: TableExpression?
  public var prewhere: Expression?
  public var filter: Expression?
  public var groupBy: GroupByClause?
  /// WITH TOTALS, which needs no GROUP BY.
  public var withTotals = false
  public var having: Expression?
  public var windows: [NamedWindow] = []
  public var qualify: Expression?
  public var orderBy: [OrderItem] = []
  /// `ORDER BY ALL`; `orderBy` is empty then. Its expression is the word ALL itself.
  public var orderByAll: OrderItem?
  public var interpolate: InterpolateClause?
  public var limitBy: LimitByClause?
  public var limit: Expression?
  public var offset: Expression?
  public var withTies = false
  public var range: SourceRange

  public init(items: [SelectItem], from: TableExpression? = nil, range: SourceRange) {
    self.items = items
    self.from = from
    self.range = range
  }
}

/// `WITH expression AS name` or `WITH name AS (query)`.
public enum WithItem: Sendable {
  case expression(Expression, name: String)
  case query(QueryStatement, name: String)
}

public enum Distinct: Sendable {
  case none
  case rows
  case on([Expression])
}

/// One entry of the select list. `EXPR AS alias` and `EXPR alias` are an `.alias` expression.
public struct SelectItem: Sendable {
  public var expression: Expression

  public init(_ expression: Expression) {
    self.expression = expression
  }
}

/// GROUP BY with its modifiers.
public struct GroupByClause: Sendable {
  public enum Keys: Sendable {
    /// GROUP BY ALL: whatever of the select list holds no aggregate.
    case all
    case list([Expression])
    case groupingSets([[Expression]])
  }
  public enum Modifier: String, Sendable { case rollup = "ROLLUP", cube = "CUBE" }
  public var keys: Keys
  public var modifier: Modifier?
  public var range: SourceRange

  public init(keys: Keys, modifier: Modifier? = nil, range: SourceRange) {
    self.keys = keys
    self.modifier = modifier
    self.range = range
  }

  /// Every expression of the keys.
  public var expressions: [Expression] {
    switch keys {
    case .all: []
    case .list(let list): list
    case .groupingSets(let sets): sets.flatMap { $0 }
    }
  }
}

/// One entry of ORDER BY.
public struct OrderItem: Sendable {
  public var expression: Expression
  public var isDescending: Bool
  /// Nil: ClickHouse's default, NULL and NaN last in both directions.
  public var nullsFirst: Bool?
  public var fill: FillClause?

  public init(_ expression: Expression, isDescending: Bool = false, nullsFirst: Bool? = nil) {
    self.expression = expression
    self.isDescending = isDescending
    self.nullsFirst = nullsFirst
  }
}

/// `WITH FILL FROM a TO b STEP c STALENESS d`.
public struct FillClause: Sendable {
  public var from: Expression?
  public var to: Expression?
  public var step: Expression?
  public var staleness: Expression?
  public var range: SourceRange

  public init(range: SourceRange) { self.range = range }

  public var expressions: [Expression] { [from, to, step, staleness].compactMap { $0 } }
}

/// `INTERPOLATE (a AS a + 1, b)`; nil for all columns.
public struct InterpolateClause: Sendable {
  public var columns: [(name: String, expression: Expression?)]?
  public var range: SourceRange

  public init(columns: [(name: String, expression: Expression?)]?, range: SourceRange) {
    self.columns = columns
    self.range = range
  }
}

/// `LIMIT n [OFFSET m] BY a, b`; no keys for `BY ALL`.
public struct LimitByClause: Sendable {
  public var limit: Expression
  public var offset: Expression?
  /// Nil for `BY ALL`.
  public var keys: [Expression]?

  public init(limit: Expression, offset: Expression?, keys: [Expression]?) {
    self.limit = limit
    self.offset = offset
    self.keys = keys
  }
}

// MARK: FROM

/// What FROM may name.
public indirect enum TableExpression: Sendable {
  case table(QualifiedName, alias: String?, TableModifiers)
  /// A table function, for example `numbers(10)`.
  case function(name: String, arguments: [Expression], alias: String?, range: SourceRange)
  case subquery(QueryStatement, alias: String?)
  case join(JoinExpression)
  /// `left [LEFT] ARRAY JOIN a AS x, b`.
  case arrayJoin(TableExpression, isLeft: Bool, [Expression], range: SourceRange)
}

/// FINAL and SAMPLE of a table.
public struct TableModifiers: Sendable {
  public var isFinal = false
  public var sample: Expression?
  public var sampleOffset: Expression?

  public init() {}
}

/// `left JOIN right ON condition`.
public struct JoinExpression: Sendable {
  public enum Kind: String, Sendable {
    case inner = "INNER", left = "LEFT", right = "RIGHT", full = "FULL", cross = "CROSS"
    case paste = "PASTE"
    /// `FROM a, b`: a cross join.
    case comma = ","
  }
  public enum Strictness: String, Sendable {
    case all = "ALL", any = "ANY", semi = "SEMI", anti = "ANTI", asof = "ASOF"
  }
  public enum Condition: Sendable {
    case none
    case on(Expression)
    /// Columns that both sides have.
    case using([Expression])
  }
  public var left: TableExpression
  public var right: TableExpression
  public var kind: Kind
  public var strictness: Strictness
  public var condition: Condition
  /// Of the words that say how to join.
  public var range: SourceRange

  public init(
    left: TableExpression, right: TableExpression, kind: Kind, strictness: Strictness,
    condition: Condition, range: SourceRange
  ) {
    self.left = left
    self.right = right
    self.kind = kind
    self.strictness = strictness
    self.condition = condition
    self.range = range
  }
}

// MARK: Windows

/// `WINDOW name AS (definition)`.
public struct NamedWindow: Sendable {
  public var name: String
  public var window: WindowDefinition
  public var range: SourceRange

  public init(name: String, window: WindowDefinition, range: SourceRange) {
    self.name = name
    self.window = window
    self.range = range
  }
}

/// What stands behind OVER: a name, or a definition that may go on from a named one.
public enum WindowReference: Sendable {
  case named(String)
  case defined(WindowDefinition)
}

public struct WindowDefinition: Sendable {
  public var parent: String?
  public var partitionBy: [Expression] = []
  public var orderBy: [OrderItem] = []
  public var frame: WindowFrame?
  public var range: SourceRange

  public init(range: SourceRange) { self.range = range }
}

public struct WindowFrame: Sendable {
  public enum Unit: String, Sendable { case rows = "ROWS", range = "RANGE", groups = "GROUPS" }
  public enum Bound: Sendable {
    case unboundedPreceding
    case preceding(Expression)
    case currentRow
    case following(Expression)
    case unboundedFollowing
  }
  public var unit: Unit
  public var start: Bound
  public var end: Bound
  public var range: SourceRange

  public init(unit: Unit, start: Bound, end: Bound, range: SourceRange) {
    self.unit = unit
    self.start = start
    self.end = end
    self.range = range
  }
}
