/// Expressions as parsed: names and calls with their places, without types.

/// An expression with its place in the text.
public struct Expression: Sendable {
  public var kind: Kind
  public var range: SourceRange

  public init(_ kind: Kind, range: SourceRange) {
    self.kind = kind
    self.range = range
  }

  public indirect enum Kind: Sendable {
    case literal(Literal)
    /// `name`, `table.name`, `db.table.name` (or a tuple element by name): the parts as written.
    case identifier([String])
    /// `*`, `t.*`, `COLUMNS('re')`: several columns, perhaps changed by transformers.
    case matcher(ColumnMatcher)
    /// Every operator is a function by ClickHouse's name: `a + b` is `plus(a, b)`, `a AND b AND c` is one
    /// `and(a, b, c)`, `x BETWEEN a AND b` is `and(greaterOrEquals(x, a), lessOrEquals(x, b))`,
    /// `x NOT BETWEEN a AND b` is `or(less(x, a), greater(x, b))`, `CASE` is `multiIf` or
    /// `caseWithExpression`, `CAST(x AS T)` and `x::T` are `CAST(x, 'T')`, `INTERVAL 5 MINUTE` is
    /// `toIntervalMinute(5)`, `x IS NULL` is `isNull(x)`, `(a, b)` is `tuple(a, b)`, `[a, b]` is `array(a, b)`,
    /// `a[i]` is `arrayElement(a, i)`, `t.1` is `tupleElement(t, 1)`, `x IN (1, 2)` is `in(x, tuple(1, 2))`,
    /// `-x` of anything but a number literal is `negate(x)`, `a ? b : c` is `if(a, b, c)`,
    /// `EXISTS (q)` is `exists(q)`.
    case call(Call)
    case alias(Expression, String)
    /// A scalar subquery or the right side of IN.
    case subquery(QueryStatement)
    /// `x -> body`, `(x, y) -> body`.
    case lambda(parameters: [String], body: Expression)
  }
}

/// Several columns under one name: `*`, `t.*`, `COLUMNS('re')`, `COLUMNS(a, b)`.
public struct ColumnMatcher: Sendable {
  public enum Selection: Sendable {
    case all
    /// Names that match a regular expression.
    case pattern(String)
    case list([String])
  }
  public var qualifier: [String]
  public var selection: Selection
  public var transformers: [ColumnTransformer]

  public init(
    qualifier: [String] = [], selection: Selection = .all, transformers: [ColumnTransformer] = []
  ) {
    self.qualifier = qualifier
    self.selection = selection
    self.transformers = transformers
  }

  /// Nothing but `*`.
  var isPlain: Bool {
    guard case .all = selection else { return false }
    return qualifier.isEmpty && transformers.isEmpty
  }
}

/// `EXCEPT (a, b)`, `REPLACE (e AS a)`, `APPLY f`: what happens to matched columns, in order.
public enum ColumnTransformer: Sendable {
  case except([String], isStrict: Bool)
  case exceptPattern(String)
  case replace([(expression: Expression, name: String)], isStrict: Bool)
  /// A function by name, with its parameters: `APPLY quantile(0.9)`.
  case apply(String, parameters: [Expression]?)
  case applyLambda(parameter: String, body: Expression)
}

/// A function call: `name(parameters)(arguments)`.
public struct Call: Sendable {
  public enum NullTreatment: String, Sendable { case ignore = "IGNORE", respect = "RESPECT" }
  /// As typed, for the column name; look it up with ClickHouse's rules of case.
  public var name: String
  /// `quantile(0.9)(x)`: the first list, nil when there is only one.
  public var parameters: [Expression]?
  public var arguments: [Expression]
  /// `count(DISTINCT x)`.
  public var isDistinct: Bool
  /// `IGNORE NULLS`, `RESPECT NULLS`.
  public var nulls: NullTreatment?
  /// `OVER w`: the call of a window function.
  public var over: WindowReference?
  /// Byte range of the name alone.
  public var nameRange: SourceRange

  public init(
    _ name: String, parameters: [Expression]? = nil, _ arguments: [Expression],
    isDistinct: Bool = false, nameRange: SourceRange
  ) {
    self.name = name
    self.parameters = parameters
    self.arguments = arguments
    self.isDistinct = isDistinct
    self.nameRange = nameRange
  }
}

/// A literal as written. Numbers keep ClickHouse's rule: an integer that fits 64 bits is an integer (negative
/// ones carry their sign, `-1` is one literal), everything else a float.
public enum Literal: Sendable, Hashable {
  case null
  case bool(Bool)
  case unsigned(UInt64)
  case negative(Int64)
  case float(Double)
  case string([UInt8])
}
