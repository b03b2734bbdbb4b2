/// Type names as ClickHouse prints and reads them: `DateTime64(9, 'UTC')`, `Nullable(Int32)`.

extension DataType: CustomStringConvertible {
  /// The canonical ClickHouse name.
  public var description: String {
    switch self {
    case .int8: "Int8"
    case .int16: "Int16"
    case .int32: "Int32"
    case .int64: "Int64"
    case .uint8: "UInt8"
    case .uint16: "UInt16"
    case .uint32: "UInt32"
    case .uint64: "UInt64"
    case .float64: "Float64"
    case .bool: "Bool"
    case .string: "String"
    case .date: "Date"
    case .dateTime(nil): "DateTime"
    case .dateTime(let zone?): "DateTime('\(zone)')"
    case .dateTime64(let precision, nil): "DateTime64(\(precision))"
    case .dateTime64(let precision, let zone?): "DateTime64(\(precision), '\(zone)')"
    case .enum8(let definition):
      "Enum8("
        + definition.entries.map { "\(quoted($0.name)) = \($0.number)" }.joined(separator: ", ")
        + ")"
    case .interval(let unit): "Interval\(unit.rawValue)"
    case .nothing: "Nothing"
    case .lowCardinality(let inner): "LowCardinality(\(inner))"
    case .nullable(let inner): "Nullable(\(inner))"
    case .tuple(let elements):
      "Tuple("
        + elements.map { ($0.name.map { name in "\(name) " } ?? "") + "\($0.type)" }
        .joined(separator: ", ") + ")"
    }
  }
}

/// A string literal in single quotes, backslash and quote escaped.
private func quoted(_ text: String) -> String {
  var out = "'"
  for character in text.unicodeScalars {
    if character == "'" || character == "\\" { out.unicodeScalars.append("\\") }
    out.unicodeScalars.append(character)
  }
  return out + "'"
}

extension DataType {
  /// Reads a type name; throws code 50 for an unknown name and 36 for wrong arguments.
  ///
  /// Depth is bounded by `nestingMax`, so hostile text cannot exhaust the stack.
  public static func parse(_ text: String) throws(TypeNameError) -> DataType {
    var reader = TypeNameReader(bytes: Array(text.utf8))
    let type = try reader.type(depth: 0)
    reader.skipBlanks()
    guard reader.position == reader.bytes.count else {
      throw TypeNameError(
        .syntaxError, "unexpected text after the type name", position: reader.position)
    }
    return type
  }

  /// How deep type names may nest.
  public static let nestingMax = 100
}

/// Why a text is not a type name, and where.
public struct TypeNameError: Error, Hashable, Sendable {
  public let code: ErrorCode
  public let message: String
  /// Byte offset into the text.
  public let position: Int

  init(_ code: ErrorCode, _ message: String, position: Int) {
    self.code = code
    self.message = message
    self.position = position
  }
}

private struct TypeNameReader {
  let bytes: [UInt8]
  var position = 0

  mutating func skipBlanks() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  mutating func accept(_ character: Character) -> Bool {
    skipBlanks()
    guard position < bytes.count, bytes[position] == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func expect(_ character: Character) throws(TypeNameError) {
    guard accept(character) else {
      throw TypeNameError(
        .syntaxError, "expected '\(character)' in a type name", position: position)
    }
  }

  mutating func identifier() -> String? {
    skipBlanks()
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      let isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A
      guard isLetter || byte == 0x5F || (position > start && byte >= 0x30 && byte <= 0x39) else {
        break
      }
      position += 1
    }
    return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
  }

  mutating func integer() throws(TypeNameError) -> Int {
    skipBlanks()
    let start = position
    if position < bytes.count, bytes[position] == 0x2D { position += 1 }
    while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 { position += 1 }
    guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw TypeNameError(.syntaxError, "expected a number in a type name", position: start)
    }
    return value
  }

  mutating func text() throws(TypeNameError) -> String {
    try expect("'")
    var out: [UInt8] = []
    while position < bytes.count, bytes[position] != 0x27 {
      if bytes[position] == 0x5C, position + 1 < bytes.count { position += 1 }
      out.append(bytes[position])
      position += 1
    }
    try expect("'")
    guard let text = String(validating: out, as: UTF8.self) else {
      throw TypeNameError(.badArguments, "a name that is not UTF-8", position: position)
    }
    return text
  }

  mutating func zone() throws(TypeNameError) -> String {
    let start = position
    let name = try text()
    guard name == "UTC" else {
      throw TypeNameError(
        .notImplemented, "time zone '\(name)': only 'UTC' is supported so far", position: start)
    }
    return name
  }

  mutating func type(depth: Int) throws(TypeNameError) -> DataType {
    guard depth < DataType.nestingMax else {
      throw TypeNameError(
        .tooDeepRecursion, "type nests deeper than \(DataType.nestingMax)", position: position)
    }
    let start = position
    guard let name = identifier() else {
      throw TypeNameError(.syntaxError, "expected a type name", position: position)
    }
    if let plain = Self.plain[name.lowercased()], Self.insensitive.contains(name.lowercased()) {
      return plain
    }
    if let plain = Self.exact[name] { return plain }
    switch name {
    case "DateTime":
      guard accept("(") else { return .dateTime(zone: nil) }
      let zone = try zone()
      try expect(")")
      return .dateTime(zone: zone)
    case "DateTime64":
      guard accept("(") else { return .dateTime64(precision: 3, zone: nil) }
      let precision = try integer()
      guard (0...9).contains(precision) else {
        throw TypeNameError(
          .argumentOutOfBound, "DateTime64 precision \(precision) is not in 0...9", position: start)
      }
      let zone: String? = accept(",") ? try zone() : nil
      try expect(")")
      return .dateTime64(precision: UInt8(precision), zone: zone)
    case "LowCardinality":
      try expect("(")
      let inner = try type(depth: depth + 1)
      try expect(")")
      guard inner.withoutNullable == .string else {
        throw TypeNameError(
          .notImplemented,
          "LowCardinality(\(inner)): only LowCardinality(String) is supported so far",
          position: start)
      }
      return .lowCardinality(inner)
    case "Nullable":
      try expect("(")
      let inner = try type(depth: depth + 1)
      try expect(")")
      switch inner {
      case .nullable, .lowCardinality, .tuple:
        throw TypeNameError(
          .illegalTypeOfArgument, "Nested type \(inner) cannot be inside Nullable type",
          position: start)
      default: return .nullable(inner)
      }
    case "Enum8", "Enum":
      return try enumeration(start: start)
    case "Tuple":
      return try tuple(depth: depth)
    default:
      if let later = Self.later[name] {
        throw TypeNameError(.notImplemented, "type \(later) is not supported yet", position: start)
      }
      throw TypeNameError(.unknownType, "Unknown data type family: \(name)", position: start)
    }
  }

  private mutating func enumeration(start: Int) throws(TypeNameError) -> DataType {
    try expect("(")
    var entries: [EnumDefinition.Entry] = []
    var next = 1
    repeat {
      let name = try text()
      if accept("=") { next = try integer() }
      guard let number = Int8(exactly: next) else {
        throw TypeNameError(
          .argumentOutOfBound, "value \(next) of '\(name)' does not fit Enum8", position: start)
      }
      entries.append(.init(name: name, number: number))
      next += 1
    } while accept(",")
    try expect(")")
    guard let definition = EnumDefinition(entries) else {
      throw TypeNameError(.syntaxError, "duplicate name or number in Enum8", position: start)
    }
    return .enum8(definition)
  }

  private mutating func tuple(depth: Int) throws(TypeNameError) -> DataType {
    try expect("(")
    var elements: [TupleElement] = []
    if accept(")") { return .tuple([]) }
    repeat {
      // A name is an identifier that another type name follows.
      let before = position
      if let name = identifier() {
        skipBlanks()
        let next = position < bytes.count ? bytes[position] : 0
        if next != 0x28, next != 0x2C, next != 0x29 {
          elements.append(TupleElement(name: name, type: try type(depth: depth + 1)))
          continue
        }
      }
      position = before
      elements.append(TupleElement(type: try type(depth: depth + 1)))
    } while accept(",")
    try expect(")")
    return .tuple(elements)
  }

  static let exact: [String: DataType] = [
    "Int8": .int8, "Int16": .int16, "Int32": .int32, "Int64": .int64,
    "UInt8": .uint8, "UInt16": .uint16, "UInt32": .uint32, "UInt64": .uint64,
    "Float64": .float64, "Bool": .bool, "String": .string, "Date": .date, "Nothing": .nothing,
  ]

  /// SQL spellings that ClickHouse reads in any case.
  static let plain: [String: DataType] = [
    "tinyint": .int8, "smallint": .int16, "int": .int32, "integer": .int32, "bigint": .int64,
    "double": .float64, "bool": .bool, "boolean": .bool, "text": .string, "varchar": .string,
    "date": .date, "timestamp": .dateTime(zone: nil), "datetime": .dateTime(zone: nil),
  ]
  static let insensitive: Set<String> = [
    "tinyint", "smallint", "int", "integer", "bigint", "double", "bool", "boolean", "text",
    "varchar", "date", "timestamp",
  ]

  /// ClickHouse types that exist there and not yet here: refused by name, never taken for a typing error.
  static let later: [String: String] = Dictionary(
    uniqueKeysWithValues: [
      "Float32", "BFloat16", "Int128", "Int256", "UInt128", "UInt256", "Decimal", "Decimal32",
      "Decimal64", "Decimal128", "Decimal256", "FixedString", "Enum16", "Date32", "Time", "Time64",
      "DateTime32", "UUID", "IPv4", "IPv6", "Array", "Map", "Variant", "Dynamic", "JSON", "Nested",
      "AggregateFunction", "SimpleAggregateFunction", "Point", "Ring", "Polygon",
    ].map { ($0, $0) })
}
