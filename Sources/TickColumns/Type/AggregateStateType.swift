/// The type of an aggregate function's state, and how its bytes lie.
///
/// The layouts are ClickHouse's, so that its servers and clients read the states written here and write those read
/// here.
///
/// Invariants:
/// 1. The end of a state is found by its layout alone, and what the aggregates write keeps to it.
/// 2. An aggregate whose bytes are not ClickHouse's has no layout here, and so its state no type.
/// 3. Arguments have no `LowCardinality` around them, as in ClickHouse's names of such types.
public struct AggregateStateType: Hashable, Sendable {
  /// The aggregate with its suffixes: `sumIf`.
  public let name: String
  /// As ClickHouse writes them: numbers.
  public let parameters: [String]
  public let arguments: [DataType]
  public let layout: StateLayout

  /// Nil where there is no layout.
  public init?(name: String, parameters: [String] = [], arguments: [DataType]) {
    let plain = arguments.map(\.withoutLowCardinality)
    guard let layout = StateLayout(name, plain) else { return nil }
    self.name = name
    self.parameters = parameters
    self.arguments = plain
    self.layout = layout
  }
}

extension AggregateStateType: CustomStringConvertible {
  public var description: String {
    let values = parameters.isEmpty ? "" : "(\(parameters.joined(separator: ", ")))"
    let types = arguments.map { ", \($0)" }.joined()
    return "AggregateFunction(\(name)\(values)\(types))"
  }
}

/// How the bytes of a state lie. A cell is what RowBinary writes for a value.
public indirect enum StateLayout: Hashable, Sendable {
  /// A varuint.
  case count
  case cell(DataType)
  /// One value or none: a byte 1 and its cell, or 0. Strings have the length with a zero behind them in 32 bits
  /// instead, which is -1 where there is none.
  case choice(DataType)
  /// A varuint and so many cells.
  case list(DataType)
  /// A varuint and so many cells, each with its length as a varuint before it.
  case sizedList(DataType)
  /// A byte 1 and the state, or 0 where no row was seen.
  case marked(StateLayout)
  case sequence([StateLayout])

  /// The bytes of the state that has seen nothing.
  public var empty: [UInt8] {
    switch self {
    case .count, .list, .sizedList, .marked: [0]
    case .cell(let type): [UInt8](repeating: 0, count: type.physical.cellWidth)
    case .choice(let type):
      type.withoutNullable == .string ? [0xFF, 0xFF, 0xFF, 0xFF] : [0]
    case .sequence(let parts): parts.flatMap(\.empty)
    }
  }
}

extension PhysicalType {
  /// Bytes of the cell of a number.
  fileprivate var cellWidth: Int {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    case .int128, .uint128: 16
    case .string, .codes, .tuple, .array, .nothing: 0
    }
  }
}

extension StateLayout {
  /// The layout for an aggregate with its suffixes over arguments of these types; nil where there is none.
  init?(_ name: String, _ arguments: [DataType]) {
    if let rule = Self.rules[name] {
      guard let layout = rule.layout(arguments.map(\.withoutNullable)) else { return nil }
      let isMarked = rule.marksNulls && arguments.contains(where: \.isNullable)
      self = isMarked ? .marked(layout) : layout
      return
    }
    guard let suffix = Self.suffixes.first(where: { name.hasSuffix($0) }) else { return nil }
    let base = String(name.dropLast(suffix.count))
    switch suffix {
    case "If":
      guard let condition = arguments.last, condition == .uint8 || condition == .bool,
        let inner = StateLayout(base, Array(arguments.dropLast()))
      else { return nil }
      // Under -If a count is marked as others are, which it is not by itself.
      let isMarked = base == "count" && arguments[0].isNullable
      self = isMarked ? .marked(inner) : inner
    case "Array":
      var elements: [DataType] = []
      for argument in arguments {
        guard case .array(let element) = argument, !element.isNullable else { return nil }
        elements.append(element.withoutLowCardinality)
      }
      guard !elements.isEmpty, let inner = StateLayout(base, elements) else { return nil }
      self = inner
    default:
      // -OrNull and -OrDefault: whether there was a row stands at the end.
      guard !arguments.contains(where: \.isNullable), let inner = StateLayout(base, arguments)
      else { return nil }
      self = .sequence([inner, .cell(.uint8)])
    }
  }

  private static let suffixes = ["If", "OrNull", "OrDefault", "Array"]

  private struct Rule: Sendable {
    /// Over Nullable arguments a byte says whether there was a row without NULL.
    var marksNulls = true
    let layout: @Sendable ([DataType]) -> StateLayout?
  }

  private static let rules: [String: Rule] = {
    var rules: [String: Rule] = [
      "count": Rule(marksNulls: false) { $0.count <= 1 ? .count : nil },
      "sum": Rule { $0.count == 1 ? sum($0[0]) : nil },
      "avg": Rule { $0.count == 1 ? average($0[0]) : nil },
      "uniqExact": Rule { $0.isEmpty ? nil : distinct($0) },
    ]
    for name in ["min", "max", "any", "anyLast"] {
      rules[name] = Rule { $0.count == 1 ? chosen($0[0]) : nil }
    }
    for name in ["argMin", "argMax"] {
      rules[name] = Rule { types in
        guard types.count == 2, let value = chosen(types[0]), let key = chosen(types[1]) else {
          return nil
        }
        return .sequence([value, key])
      }
    }
    for name in ["groupArray", "groupUniqArray"] {
      rules[name] = Rule(marksNulls: false) { $0.count == 1 ? collection($0[0]) : nil }
    }
    for suffix in ["Exact", "ExactLow", "ExactHigh", "ExactInclusive", "ExactExclusive"] {
      let interpolates = suffix.hasSuffix("sive")
      for name in ["quantile\(suffix)", "quantiles\(suffix)"] {
        rules[name] = Rule { $0.count == 1 ? values($0[0], withDecimals: !interpolates) : nil }
      }
    }
    for name in ["varPop", "varSamp", "stddevPop", "stddevSamp"] {
      rules[name] = Rule { powers(3, of: $0) }
      // The mean and the sum of squares around it, where the plain ones have sums of powers.
      rules["\(name)Stable"] = Rule { counted(2, of: $0, arguments: 1) }
    }
    for (name, count) in [("skewPop", 4), ("skewSamp", 4), ("kurtPop", 5), ("kurtSamp", 5)] {
      rules[name] = Rule { powers(count, of: $0) }
    }
    for name in ["covarPop", "covarSamp"] {
      rules[name] = Rule { reals(4, of: $0, arguments: 2) }
      rules["\(name)Stable"] = Rule { counted(3, of: $0, arguments: 2) }
    }
    rules["corr"] = Rule { reals(6, of: $0, arguments: 2) }
    rules["corrStable"] = Rule { counted(5, of: $0, arguments: 2) }
    for name in ["groupBitAnd", "groupBitOr", "groupBitXor"] {
      rules[name] = Rule { $0.count == 1 && $0[0].isNarrowInteger ? .cell($0[0]) : nil }
    }
    // The sum and what rounding has left.
    rules["sumKahan"] = Rule { types in
      types.count == 1 && (types[0].isSummedAsReal || types[0].isWideInteger)
        ? .sequence([.cell(.float64), .cell(.float64)]) : nil
    }
    rules["avgWeighted"] = Rule { $0.count == 2 ? weighted($0[0], $0[1]) : nil }
    rules["sumWithOverflow"] = Rule { types in
      guard types.count == 1, types[0].isNarrowInteger || types[0] == .float64 else { return nil }
      return .cell(types[0])
    }
    rules["sumCount"] = Rule(marksNulls: false) { types in
      guard types.count == 1, types[0] != .bool, let layout = sum(types[0]) else { return nil }
      return .sequence([layout, .count])
    }
    rules["deltaSum"] = Rule { types in
      guard types.count == 1, types[0].isSummedAsReal else { return nil }
      let value = StateLayout.cell(types[0] == .bool ? .uint8 : types[0])
      return .sequence([value, value, value, .cell(.uint8)])
    }
    rules["deltaSumTimestamp"] = Rule { types in
      guard types.count == 2, types[0].isSummedAsReal, types[1].isTimestampOfState else {
        return nil
      }
      let value = StateLayout.cell(types[0] == .bool ? .uint8 : types[0])
      let time = StateLayout.cell(types[1])
      return .sequence([value, value, time, value, time, .cell(.uint8)])
    }
    for name in ["sumMap", "minMap", "maxMap"] {
      rules[name] = Rule(marksNulls: false) { $0.count == 1 ? folds(name, of: $0[0]) : nil }
    }
    return rules
  }()

  /// So many doubles; of nothing but Float32 these are Float32.
  private static func reals(
    _ count: Int, of types: [DataType], arguments: Int
  ) -> StateLayout? {
    guard types.count == arguments, types.allSatisfy(\.isSummedAsReal) else { return nil }
    let areFloats = types.allSatisfy { $0 == .float32 }
    return .sequence(Array(repeating: .cell(areFloats ? .float32 : .float64), count: count))
  }

  /// So many sums of powers of one value, which may be a decimal or have 128 bits as well.
  private static func powers(_ count: Int, of types: [DataType]) -> StateLayout? {
    let isWide = types.count == 1 && (types[0].isDecimal || types[0].isWideInteger)
    return reals(count, of: isWide ? [.float64] : types, arguments: 1)
  }

  /// How many values, and so many doubles; of numbers and times.
  private static func counted(
    _ count: Int, of types: [DataType], arguments: Int
  ) -> StateLayout? {
    let areMeasured = types.allSatisfy { type in
      type.isSummedAsReal || type.isDecimal || type.isWideInteger || type.isDateOrTime
        || type == .date32
    }
    guard types.count == arguments, areMeasured else { return nil }
    return .sequence([.count] + Array(repeating: .cell(.float64), count: count))
  }

  /// The sum of values times weights and that of the weights, in 64 bits of the weight's kind. Of floating values with
  /// integer weights ClickHouse keeps less than is kept here.
  private static func weighted(_ value: DataType, _ weight: DataType) -> StateLayout? {
    guard value.isSummedAsReal, weight.isSummedAsReal else { return nil }
    if weight.isFloat { return .sequence([.cell(.float64), .cell(.float64)]) }
    guard !value.isFloat else { return nil }
    let total: DataType = value.isSignedInteger || weight.isSignedInteger ? .int64 : .uint64
    return .sequence([.cell(total), weight.isSignedInteger ? .cell(.int64) : .count])
  }

  /// Pairs of a map's keys and what its values were folded to, which is marked as there under minMap and maxMap.
  private static func folds(_ name: String, of type: DataType) -> StateLayout? {
    guard case .map(let key, let value) = type, value.isNarrowInteger || value == .float64,
      key == .string || key.isNarrowInteger || key == .date || key == .dateTime(zone: nil)
    else { return nil }
    guard name == "sumMap" else {
      return .list(.tuple([key, .uint8, value].map { TupleElement(type: $0) }))
    }
    guard case .cell(let sum)? = sum(value) else { return nil }
    return .list(.tuple([key, sum].map { TupleElement(type: $0) }))
  }

  private static func sum(_ type: DataType) -> StateLayout? {
    if type.isDecimal { return .cell(.int128) }
    if type.isWideInteger { return .cell(type) }
    if type.isFloat { return .cell(.float64) }
    guard type.isInteger || type == .bool else { return nil }
    return .cell(type.isSignedInteger ? .int64 : .uint64)
  }

  /// A sum and a count.
  private static func average(_ type: DataType) -> StateLayout? {
    let total: DataType
    switch type {
    case .date, .dateTime: total = .uint64
    case .date32: total = .int64
    case .dateTime64: total = .int128
    default:
      guard case .cell(let sum)? = sum(type) else { return nil }
      total = sum
    }
    return .sequence([.cell(total), .count])
  }

  private static func chosen(_ type: DataType) -> StateLayout? {
    type.isStorable && type.withoutAggregateStates ? StateLayout.choice(type) : nil
  }

  /// Numbers as they are, anything else as its hash of 128 bits.
  private static func distinct(_ types: [DataType]) -> StateLayout? {
    guard types.count == 1, types[0].isDistinctByItself else {
      return types.allSatisfy(\.isHashedForState) ? .list(.uint128) : nil
    }
    return .list(types[0])
  }

  private static func collection(_ type: DataType) -> StateLayout? {
    switch type {
    case .string, .bool, .enum8, .enum16, .date, .dateTime, .ipv4, .int128, .uint128, .float32,
      .float64:
      return .list(type)
    case .decimal, .dateTime64, .date32, .uuid, .ipv6, .fixedString: return .sizedList(type)
    default: return type.isInteger ? .list(type) : nil
    }
  }

  private static func values(_ type: DataType, withDecimals: Bool) -> StateLayout? {
    switch type {
    case .decimal where withDecimals && type.physical != .int128: return .list(type)
    case .date, .dateTime, .dateTime64, .float64: return .list(type)
    default: return type.isInteger ? .list(type) : nil
    }
  }
}

extension DataType {
  /// True for what is added up as a double as it is.
  fileprivate var isSummedAsReal: Bool { isNarrowInteger || isFloat || self == .bool }

  /// True for what deltaSumTimestamp keeps, in the bytes of a column.
  fileprivate var isTimestampOfState: Bool {
    switch self {
    case .date, .dateTime: true
    default: isNarrowInteger || isFloat
    }
  }

  /// True for integers of up to 64 bits.
  fileprivate var isNarrowInteger: Bool { isInteger && !isWideInteger }

  /// True for what uniqExact keeps as it is.
  public var isDistinctByItself: Bool {
    switch self {
    case .bool, .enum8, .enum16, .date, .date32, .dateTime, .uuid, .ipv4, .int128, .uint128,
      .float32, .float64:
      true
    default: isInteger
    }
  }

  /// True for what uniqExact keeps as a hash, alone or beside others.
  fileprivate var isHashedForState: Bool {
    switch self {
    case .decimal, .dateTime64, .ipv6, .string, .fixedString: true
    default: isDistinctByItself
    }
  }

  /// False where a state stands somewhere in the type.
  public var withoutAggregateStates: Bool {
    switch self {
    case .aggregateFunction: false
    case .nullable(let inner), .lowCardinality(let inner), .array(let inner):
      inner.withoutAggregateStates
    case .tuple(let elements): elements.allSatisfy(\.type.withoutAggregateStates)
    case .map(let key, let value): key.withoutAggregateStates && value.withoutAggregateStates
    default: true
    }
  }
}
