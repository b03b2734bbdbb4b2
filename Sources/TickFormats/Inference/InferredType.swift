/// What the values of a column look like so far, and what two of them have in common.
import TickColumns

indirect enum InferredType: Hashable {
  /// NULL, an empty cell: any type takes it.
  case nothing
  case bool
  /// It is kept whether one is negative: no integer of 64 bits takes those beside the ones above Int64.
  case int(isNegative: Bool)
  /// Above Int64.
  case uint
  case float
  case date, dateTime, dateTime64
  case string
  case array(InferredType)
  case tuple([InferredType])
  case map(key: InferredType, value: InferredType)
  /// An object of JSON, its names in the order in which they came.
  case named([NamedType])

  struct NamedType: Hashable {
    var name: String
    var type: InferredType
  }

  /// Who asks: in text a cell of any form can be a string, in JSON a string cannot hold what is no scalar.
  enum Origin { case text, json }

  /// The narrowest type of both; nil where there is none.
  static func common(_ one: InferredType, _ other: InferredType, _ origin: Origin) -> InferredType?
  {
    if one == other { return one }
    switch (one, other) {
    case (.nothing, let type), (let type, .nothing): return type
    case (.int(let first), .int(let second)): return .int(isNegative: first || second)
    case (.int(let isNegative), .uint), (.uint, .int(let isNegative)):
      return isNegative ? .float : .uint
    case (.int, .float), (.float, .int), (.uint, .float), (.float, .uint): return .float
    case (.bool, let number) where origin == .json && number.isNumber: return number
    case (let number, .bool) where origin == .json && number.isNumber: return number
    case (.date, .dateTime), (.dateTime, .date): return .dateTime
    case (.date, .dateTime64), (.dateTime64, .date), (.dateTime, .dateTime64),
      (.dateTime64, .dateTime):
      return .dateTime64
    case (.array(let first), .array(let second)):
      // In text an array that only strings could hold is itself a string.
      let areStrings = [first, second].allSatisfy { $0 == .string || $0 == .nothing }
      if let element = common(first, second, origin),
        origin == .json || element != .string || areStrings
      {
        return .array(element)
      }
    case (.tuple(let first), .tuple(let second)) where first.count == second.count:
      let elements = zip(first, second).compactMap { common($0, $1, origin) }
      if elements.count == first.count { return .tuple(elements) }
    case (.map(let key, let value), .map(let otherKey, let otherValue)):
      if let key = common(key, otherKey, origin), let value = common(value, otherValue, origin) {
        return .map(key: key, value: value)
      }
    case (.named(let first), .named(let second)):
      if let merged = merged(first, second) { return .named(merged) }
    default: break
    }
    switch origin {
    case .text: return .string
    case .json: return one.isScalar && other.isScalar ? .string : nil
    }
  }

  private static func merged(_ first: [NamedType], _ second: [NamedType]) -> [NamedType]? {
    var all = first
    for field in second {
      guard let position = all.firstIndex(where: { $0.name == field.name }) else {
        all.append(field)
        continue
      }
      guard let type = common(all[position].type, field.type, .json) else { return nil }
      all[position].type = type
    }
    return all
  }

  private var isNumber: Bool {
    switch self {
    case .int, .uint, .float: true
    default: false
    }
  }

  private var isScalar: Bool {
    switch self {
    case .array, .tuple, .map, .named: false
    default: true
    }
  }

  /// The type of a column, which takes NULL where it can.
  func type(_ origin: Origin) -> DataType {
    switch self {
    case .nothing, .string: .nullable(.string)
    case .bool: .nullable(.bool)
    case .int: .nullable(.int64)
    case .uint: .nullable(.uint64)
    case .float: .nullable(.float64)
    case .date: .nullable(.date)
    case .dateTime: .nullable(.dateTime(zone: nil))
    case .dateTime64: .nullable(.dateTime64(precision: 9, zone: nil))
    // What holds nothing in text is told from a string by no value.
    case .array(.nothing) where origin == .text: .nullable(.string)
    case .array(let element): .array(element.type(origin))
    case .tuple(let elements):
      .tuple(elements.map { TupleElement(name: nil, type: $0.type(origin)) })
    case .map(let key, let value):
      .map(key: key.type(origin).withoutNullable, value: value.type(origin))
    case .named(let fields) where fields.isEmpty: .nullable(.string)
    // By name, as the objects of a file need not agree in their order.
    case .named(let fields):
      .tuple(
        fields.sorted { $0.name < $1.name }.map {
          TupleElement(name: $0.name, type: $0.type.type(origin))
        })
    }
  }
}
