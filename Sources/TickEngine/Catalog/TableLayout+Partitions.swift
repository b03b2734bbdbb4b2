/// Partitions by value and by ID: what a statement calls one, and what `system.parts` calls it.
///
/// Invariants:
/// 1. A partition's name is the text of its value, as rows were divided when they were written.
/// 2. Its ID is ClickHouse's: `all`, numbers and days as they are, otherwise a hash of the values. Different partitions have
///    different IDs.
import TickColumns
import TickSQL
import TickStorage

extension TableLayout {
  /// The partition key as ClickHouse sees it: the elements of a tuple, or one value; empty where rows are not divided.
  private var keyTypes: [DataType] {
    guard let partition, partition.constant == nil else { return [] }
    if case .tuple(let elements) = partition.type { return elements.map(\.type) }
    return [partition.type]
  }

  /// The name of the partition whose value a constant expression gives.
  func partitionName(_ value: Expression) throws(SQLError) -> String {
    let place = value.range.lowerBound
    let given: BoundExpression
    do throws(SQLError) {
      given = try Binder.bindKey(value, over: Schema([]))
    } catch {
      // What depends on the moment or on chance is bound nowhere.
      guard error.code == .badArguments else { throw error }
      throw SQLError(.syntaxError, "Syntax error: a partition is named by a constant", at: place)
    }
    let types = keyTypes
    // Only a tuple has several values; in brackets, one value is itself.
    var count = 1
    if case .tuple(let elements) = given.type, value.isTuple || types.count != 1 {
      count = elements.count
    }
    guard count == types.count else {
      throw SQLError(
        .invalidPartitionValue,
        "Wrong number of fields in the partition expression: \(count), must be: \(types.count)",
        at: place)
    }
    guard let partition, !types.isEmpty else { return TableLayout.wholePartition }
    let isDay = partition.type == .date || partition.type == .date32
    if isDay, let number = given.constant?.wholeNumber, !(0...Int(UInt16.max)).contains(number) {
      throw SQLError(
        .argumentOutOfBound,
        "Cannot convert value '\(number)': it cannot be represented as \(partition.type)", at: place
      )
    }
    return try text(of: value, as: partition.type)
  }

  private func text(of value: Expression, as type: DataType) throws(SQLError) -> String {
    let place = value.range.lowerBound
    let column: Column
    do throws(SQLError) {
      let bound = try Binder.bindKey(value.cast(to: type), over: Schema([]))
      column = try bound.evaluate(Batch([], rowCount: 1))
    } catch {
      let shown = value.formatted(.operators)
      switch error.code {
      case .cannotConvertType, .argumentOutOfBound, .valueIsOutOfRangeOfDataType:
        throw SQLError(
          .argumentOutOfBound,
          "Cannot convert value \(shown): it cannot be represented as \(type)", at: place)
      case .cannotParseDate, .cannotParseDatetime, .cannotParseUUID, .cannotParseIPv4,
        .cannotParseIPv6, .unknownElementOfEnum:
        throw error
      default:
        throw SQLError(.typeMismatch, "Cannot convert \(shown) to type \(type)", at: place)
      }
    }
    guard column.count == 1, !column.isNull(at: 0) else {
      throw SQLError(.typeMismatch, "Cannot convert NULL to \(type)", at: place)
    }
    return column.text(at: 0)
  }

  /// The ID of a partition by its name.
  func partitionID(of name: String) throws(SQLError) -> String {
    let types = keyTypes
    guard let partition, !types.isEmpty else { return "all" }
    let text = Expression(.literal(.string(Array(name.utf8))), range: 0..<0)
    let type = Expression(.literal(.string(Array(partition.type.description.utf8))), range: 0..<0)
    let cast = Expression(.call(Call("CAST", [text, type], nameRange: 0..<0)), range: 0..<0)
    let value = try Binder.bindKey(cast, over: Schema([])).evaluate(Batch([], rowCount: 1))
      .value(at: 0)
    // A column that is a tuple is one value, and a tuple of expressions is as many.
    guard case .tuple(let values) = value, let key = definition.partitionBy,
      try Parser.parseExpression(key).isTuple
    else { return PartitionID.text(of: [value], [partition.type]) }
    return PartitionID.text(of: values, types)
  }
}

/// IDs of the partitions of one table, each made once.
struct PartitionIDs {
  private let layout: TableLayout
  private var known: [String: String] = [:]

  init(_ layout: TableLayout) { self.layout = layout }

  /// Of several partitions that of the first.
  mutating func id(of span: PartitionSpan) throws(SQLError) -> String {
    if let id = known[span.first] { return id }
    let id = try layout.partitionID(of: span.first)
    known[span.first] = id
    return id
  }
}

/// The partitions that a statement names.
enum PartitionChoice: Sendable {
  case all
  case named(String)
  case identified(String, TableLayout)

  init(_ selector: PartitionSelector, of layout: TableLayout) throws(SQLError) {
    switch selector {
    case .all: self = .all
    case .value(let value): self = .named(try layout.partitionName(value))
    case .id(let id, let range):
      guard !id.isEmpty else {
        throw SQLError(.invalidPartitionValue, "Partition id is empty", at: range.lowerBound)
      }
      guard !id.contains("_") else {
        throw SQLError(
          .invalidPartitionValue, "Invalid partition format: \(id)", at: range.lowerBound)
      }
      self = .identified(id, layout)
    }
  }

  /// Whether it is this partition.
  func takes(_ name: String) throws(SQLError) -> Bool {
    switch self {
    case .all: true
    case .named(let own): name == own
    case .identified(let id, let layout): try layout.partitionID(of: name) == id
    }
  }

  /// Whether rows of a segment of several partitions may be of it.
  func mayTake(_ span: PartitionSpan) -> Bool {
    if case .named(let own) = self { span.mayContain(own) } else { true }
  }
}

extension Expression {
  /// Written as a tuple.
  fileprivate var isTuple: Bool {
    if case .call(let call) = kind, call.name == "tuple" { true } else { false }
  }

  /// A value of a partition key: one value in brackets is that value, unless the key is a tuple itself.
  fileprivate func cast(to type: DataType) -> Expression {
    var own = self
    if case .call(let call) = kind, call.name == "tuple", call.arguments.count == 1, !type.isTuple {
      own = call.arguments[0]
    }
    let text = Expression(.literal(.string(Array(type.description.utf8))), range: range)
    return Expression(.call(Call("accurateCast", [own, text], nameRange: range)), range: range)
  }
}

extension Value {
  fileprivate var wholeNumber: Int? {
    switch self {
    case .int(let number): Int(number)
    case .uint(let number): Int(clamping: number)
    default: nil
    }
  }
}

extension DataType {
  fileprivate var isTuple: Bool {
    if case .tuple = self { true } else { false }
  }
}
