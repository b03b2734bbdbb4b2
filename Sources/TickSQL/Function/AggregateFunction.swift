/// What an aggregate function is: a name, a rule that settles types, and the state that the rule makes.
import TickColumns

/// One aggregate function, without the suffixes and DISTINCT that any of them can carry.
struct AggregateFunction: Sendable {
  let name: String
  let aliases: [String]
  let anyCase: Bool
  /// The aliases are found in any case, as those that come from the SQL standard are.
  let aliasesAnyCase: Bool
  let arguments: String
  let result: String
  let summary: String
  let arity: ClosedRange<Int>
  let traits: Traits
  /// Argument types come without NULL and without codes.
  let resolve: @Sendable (AggregateBinding) throws(SQLError) -> AggregateResolution

  struct Traits: OptionSet, Sendable {
    let rawValue: Int
    /// Counts something: over nothing but NULL it is 0.
    static let counts = Traits(rawValue: 1)
    /// The same over distinct rows as over all.
    static let ignoresRepeats = Traits(rawValue: 2)
    /// Takes parameters in a parenthesis of their own; the others refuse them.
    static let takesParameters = Traits(rawValue: 4)
    /// Is given rows with NULL as well, and its arguments with their nullable types.
    static let takesNulls = Traits(rawValue: 8)
    /// With OVER only.
    static let needsWindow = Traits(rawValue: 16)
  }

  init(
    _ name: String, arguments: String, result: String, summary: String, arity: ClosedRange<Int>,
    aliases: [String] = [], anyCase: Bool = false, aliasesAnyCase: Bool = true,
    traits: Traits = [],
    resolve: @escaping @Sendable (AggregateBinding) throws(SQLError) -> AggregateResolution
  ) {
    self.name = name
    self.arguments = arguments
    self.result = result
    self.summary = summary
    self.arity = arity
    self.aliases = aliases
    self.anyCase = anyCase
    self.aliasesAnyCase = aliasesAnyCase
    self.traits = traits
    self.resolve = resolve
  }
}

/// A constant in the first parenthesis of `quantile(0.9)(x)`.
struct AggregateParameter: Sendable, Hashable {
  let value: Value
  let type: DataType
}

/// A call being settled.
struct AggregateBinding {
  let name: String
  let position: Int?
  let types: [DataType]
  var parameters: [AggregateParameter] = []
  /// The state gets the two factors of the argument, a product of Float64 (dialect.md, Sums of products).
  var isProduct = false
  /// The clock of times whose type names no zone.
  var session = TimeZone.utc
  /// -State or -Merge is around: the state keeps to what ClickHouse's bytes say.
  var isExchanged = false

  func illegal(_ i: Int, _ wanted: String) -> SQLError {
    SQLError(
      .illegalTypeOfArgument,
      "Illegal type \(types.indices.contains(i) ? "\(types[i])" : "") of argument for aggregate function "
        + "\(name), expected \(wanted)",
      at: position)
  }
}

extension AggregateBinding {
  /// Error 43 for values that have no order.
  func checkComparable(_ i: Int) throws(SQLError) {
    guard types[i].withoutAggregateStates else { throw illegal(i, "values that can be compared") }
  }
}

/// How a settled aggregate is computed.
struct AggregateResolution: Sendable {
  let type: DataType
  /// The state asks for the order in which rows arrived.
  var needsOrder = false
  /// The result keeps its type over Nullable arguments: count and its kind.
  var neverNull = false
  let makeState: @Sendable () -> any AggregateState
}

/// The state of one aggregate for many groups, in one worker.
///
/// Classes, confined to their worker until `merge`, which one thread calls.
protocol AggregateState: AnyObject {
  /// Makes room for groups 0..<count; new ones are empty.
  func resize(_ count: Int)
  func update(_ input: AggregateInput) throws(SQLError)
  /// Adds the groups of a state of the same kind; its group g belongs to `groups[g]` here.
  func merge(_ other: any AggregateState, _ groups: [Int32]) throws(SQLError)
  /// The results so far. Updates may follow, and then another `finish`.
  func finish() throws(SQLError) -> Column
  /// About how many bytes the state holds.
  var byteCount: Int { get }
}

/// Rows for a state: arguments without NULL, cut into runs that each belong to one group.
struct AggregateInput {
  var operands: [KernelValue]
  var rows: Int
  var runs: GroupRuns
  var order: RowOrder

  func column(_ i: Int) -> Column { operands[i].column(rows: rows) }
}

/// Which group each row belongs to, as runs of neighbours.
struct GroupRuns {
  /// First row of each run, ascending; the run ends where the next begins.
  var starts: [Int32]
  var groups: [Int32]
  var rows: Int

  @inline(__always)
  func range(_ run: Int) -> Range<Int> {
    Int(starts[run])..<(run + 1 < starts.count ? Int(starts[run + 1]) : rows)
  }

  /// The same runs over the rows that are left at `positions`.
  func compacted(_ positions: [Int32]) -> GroupRuns {
    if starts.count == 1 { return GroupRuns(starts: [0], groups: groups, rows: positions.count) }
    var out = GroupRuns(starts: [], groups: [], rows: positions.count)
    var run = 0
    var open = -1
    for (row, position) in positions.enumerated() {
      while run + 1 < starts.count, starts[run + 1] <= position { run += 1 }
      if run != open {
        out.starts.append(Int32(row))
        out.groups.append(groups[run])
        open = run
      }
    }
    return out
  }
}

/// When rows arrived: the stored `_sequence`, or the place in the stream of batches.
enum RowOrder {
  /// Row i is number base + i.
  case ascending(UInt64)
  case stored([UInt64])

  @inline(__always)
  func number(_ row: Int) -> UInt64 {
    switch self {
    case .ascending(let base): base &+ UInt64(row)
    case .stored(let numbers): numbers[row]
    }
  }

  func compacted(_ positions: [Int32]) -> RowOrder {
    .stored(positions.map { number(Int($0)) })
  }
}

extension AggregateFunction {
  static let all: [AggregateFunction] =
    basic + mapFolds + moments + quantiles + distinctCounts + frequencies + sumsAndSteps + bitFolds
    + respectingChoices + arrayBuilders + texts + intervals + sequences + regressions + pairs
    + timeDecays + digests + histograms + timingQuantiles + interpolatedQuantiles + sketches
    + sampledArrays + sparkBars

  private static let basic: [AggregateFunction] = [
    AggregateFunction(
      "count", arguments: "[x]", result: "UInt64",
      summary: "Rows, or rows where x is not NULL. `count(DISTINCT x)` is uniqExact.", arity: 0...1,
      anyCase: true, traits: .counts
    ) { _ in
      AggregateResolution(type: .uint64, neverNull: true) { CountState() }
    },
    AggregateFunction(
      "sum", arguments: "x", result: "Int64, UInt64, Float64, Decimal(38, scale) or 128 bits",
      summary:
        "The sum. Integers wrap at 64 bits; doubles, and products of two, are summed exactly and rounded once "
        + "(dialect.md, Sums).",
      arity: 1...1, anyCase: true
    ) { (call) throws(SQLError) in
      let argument = call.types[0]
      if argument.isDecimal {
        let type = DataType.decimal(
          precision: UInt8(DataType.decimalPrecisionMax), scale: UInt8(argument.decimalScale))
        return AggregateResolution(type: type) { WideSumState(type) }
      }
      if argument.isWideInteger {
        return AggregateResolution(type: argument) { WideSumState(argument) }
      }
      if argument == .float32 {
        return AggregateResolution(type: .float64) {
          AdaptingState.reals(FloatSumState(isAverage: false, isProduct: false))
        }
      }
      guard call.types[0].isNumber else { throw call.illegal(0, "a number") }
      if call.types[0] == .float64 {
        let isProduct = call.isProduct
        return AggregateResolution(type: .float64) {
          FloatSumState(isAverage: false, isProduct: isProduct)
        }
      }
      let type: DataType = call.types[0].isSignedInteger ? .int64 : .uint64
      return AggregateResolution(type: type) { IntegerSumState(type) }
    },
    AggregateFunction(
      "avg", arguments: "x", result: "Float64, or the type of a date or time",
      summary: "The exact sum over the count; nan without rows.", arity: 1...1, anyCase: true
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      if type == .float64 {
        let isProduct = call.isProduct
        return AggregateResolution(type: .float64) {
          FloatSumState(isAverage: true, isProduct: isProduct)
        }
      }
      if type == .float32 {
        return AggregateResolution(type: .float64) {
          AdaptingState.reals(FloatSumState(isAverage: true, isProduct: false))
        }
      }
      if type.isDecimal || type.isWideInteger {
        return AggregateResolution(type: .float64) { WideAverageState(type) }
      }
      let isTime = type.isDateOrTime || type == .date32
      guard type.isNumber || isTime else { throw call.illegal(0, "a number or time") }
      let result = isTime ? type : .float64
      return AggregateResolution(type: result) { IntegerAverageState(result) }
    },
    extremum("min", isMax: false, "The least value; NaN only where there is nothing else."),
    extremum("max", isMax: true, "The greatest value; NaN only where there is nothing else."),
    argument("argMin", isMax: false, ["min_by"]),
    argument("argMax", isMax: true, ["max_by"]),
    choice(
      "any", isLast: false, "The value of the row that arrived first.",
      ["any_value", "first_value"]),
    choice("anyLast", isLast: true, "The value of the row that arrived last.", ["last_value"]),
    collecting(
      "groupArray", isDistinct: false,
      "The values in order of arrival, NULL left out. Parameter: how many at most.",
      ["array_agg"]),
    collecting(
      "groupUniqArray", isDistinct: true,
      "Each value once, in order of the first arrival. Parameter: how many at most.", []),
  ]

  static let referenceIntroduction = """
    Every aggregate takes DISTINCT (`sum(DISTINCT x)`) and, in any order, the suffixes `-If` (`sumIf(x, condition)`,
    which is `sum(x) FILTER (WHERE condition)`), `-Distinct`, `-OrNull` (NULL where there was no row), `-OrDefault`
    (the type's zero value there), `-Array` (over the elements of arrays), `-ForEach` (an aggregate for each place in
    arrays), `-Map` (for each key of maps), `-Tuple` (for each element of tuples), `-Resample(start, end, step)` (for
    each bucket of a last argument), `-ArgMin` and `-ArgMax` (over the rows with the least or greatest last argument):
    `sumArrayIf` is `sum` of arrays under a condition. `-State` gives the state instead of the result, `-Merge` takes states
    (dialect.md, States), and `-MergeState` makes one state of many. Rows where an argument is NULL are skipped; over Nullable arguments the result is
    Nullable, and NULL where no row was left (counts stay 0). Without rows the results are 0 for sums and counts, nan
    for averages and other doubles, and the type's zero value for the rest.

    """

  /// Names for hints, with the suffixes people write.
  static let names: [String] = all.flatMap { function in
    [function.name, function.name + "If"] + function.aliases
  }

  private static let exact: [String: AggregateFunction] = {
    var table: [String: AggregateFunction] = [:]
    for function in all {
      for name in [function.name] + function.aliases {
        precondition(table.updateValue(function, forKey: name) == nil, "\(name) stands twice")
      }
    }
    return table
  }()
  private static let anyCase: [String: AggregateFunction] = {
    var table: [String: AggregateFunction] = [:]
    for function in all {
      if function.anyCase { table[function.name.lowercased()] = function }
      if function.aliasesAnyCase {
        for alias in function.aliases { table[alias.lowercased()] = function }
      }
    }
    return table
  }()

  private static func plain(named name: String) -> AggregateFunction? {
    exact[name] ?? anyCase[name.lowercased()]
  }

  /// An aggregate and its suffixes: `sumDistinctIf`, `countIf`, `maxArrayOrNull`.
  static func find(_ name: String) -> AggregateName? {
    if let function = plain(named: name) { return AggregateName(function) }
    var base = Substring(name)
    var combinators: [Combinator] = []
    for absent in Combinator.absent where base.hasSuffix(absent) {
      let known = find(String(base.dropLast(absent.count)))
      return known.map { AggregateName($0.function, absent: absent) }
    }
    while let suffix = Combinator.allCases.first(where: { base.hasSuffix($0.rawValue) }) {
      base = base.dropLast(suffix.rawValue.count)
      combinators.append(suffix)
      if let function = plain(named: String(base)) {
        return AggregateName(function, combinators)
      }
      for absent in Combinator.absent where base.hasSuffix(absent) {
        return find(String(base))
      }
    }
    return nil
  }

  private static func extremum(
    _ name: String, isMax: Bool, _ summary: String
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x", result: "type of x", summary: summary, arity: 1...1, anyCase: true,
      traits: .ignoresRepeats
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      try call.checkComparable(0)
      return AggregateResolution(type: type) { extremumState(type, isMax: isMax) }
    }
  }

  static func extremumState(_ type: DataType, isMax: Bool) -> any AggregateState {
    switch type.physical {
    case .string, .codes, .tuple, .array, .int128, .uint128, .float32, .nothing:
      BoxedExtremumState(type, isMax: isMax)
    case .float64: FloatExtremumState(isMax: isMax)
    default: IntegerExtremumState(type, isMax: isMax)
    }
  }

  private static func collecting(
    _ name: String, isDistinct: Bool, _ summary: String, _ aliases: [String]
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x", result: "Array(type of x)", summary: summary, arity: 1...1,
      aliases: aliases, traits: .takesParameters
    ) { (call) throws(SQLError) in
      let type = call.types[0]
      let limit = try call.count(default: nil)
      return AggregateResolution(type: .array(type), needsOrder: true, neverNull: true) {
        CollectingState(type, isDistinct: isDistinct, limit: limit)
      }
    }
  }

  private static func argument(
    _ name: String, isMax: Bool, _ aliases: [String]
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x, key", result: "type of x",
      summary:
        "x of the row with the \(isMax ? "greatest" : "least") key; among equal keys of the row that arrived "
        + "\(isMax ? "last" : "first").", arity: 2...2, aliases: aliases, traits: .ignoresRepeats
    ) { (call) throws(SQLError) in
      let (value, key) = (call.types[0], call.types[1])
      try call.checkComparable(1)
      return AggregateResolution(type: value, needsOrder: true) {
        ArgumentState(value, key: key, isMax: isMax)
      }
    }
  }

  private static func choice(
    _ name: String, isLast: Bool, _ summary: String, _ aliases: [String]
  ) -> AggregateFunction {
    AggregateFunction(
      name, arguments: "x", result: "type of x", summary: summary, arity: 1...1, aliases: aliases,
      anyCase: name == "any", traits: .ignoresRepeats
    ) { call in
      let type = call.types[0]
      return AggregateResolution(type: type, needsOrder: true) {
        ChoiceState(type, isLast: isLast)
      }
    }
  }
}
