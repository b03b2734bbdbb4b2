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
    case .int128: "Int128"
    case .uint128: "UInt128"
    case .float32: "Float32"
    case .float64: "Float64"
    case .decimal(let precision, let scale): "Decimal(\(precision), \(scale))"
    case .bool: "Bool"
    case .string: "String"
    case .fixedString(let width): "FixedString(\(width))"
    case .uuid: "UUID"
    case .ipv4: "IPv4"
    case .ipv6: "IPv6"
    case .date: "Date"
    case .date32: "Date32"
    case .dateTime(nil): "DateTime"
    case .dateTime(let zone?): "DateTime('\(zone)')"
    case .dateTime64(let precision, nil): "DateTime64(\(precision))"
    case .dateTime64(let precision, let zone?): "DateTime64(\(precision), '\(zone)')"
    case .enum8(let definition): "Enum8(\(definition.entryList))"
    case .enum16(let definition): "Enum16(\(definition.entryList))"
    case .interval(let unit): "Interval\(unit.rawValue)"
    case .nothing: "Nothing"
    case .lowCardinality(let inner): "LowCardinality(\(inner))"
    case .nullable(let inner): "Nullable(\(inner))"
    case .tuple(let elements):
      "Tuple("
        + elements.map { ($0.name.map { name in "\(elementName(name)) " } ?? "") + "\($0.type)" }
        .joined(separator: ", ") + ")"
    case .array(let element): "Array(\(element))"
    case .map(let key, let value): "Map(\(key), \(value))"
    case .aggregateFunction(let state): state.description
    }
  }
}

extension EnumDefinition {
  fileprivate var entryList: String {
    entries.map { "\(quoted($0.name)) = \($0.number)" }.joined(separator: ", ")
  }
}

/// A text between quotes, backslash and quote escaped.
private func quoted(_ text: String, by quote: Unicode.Scalar = "'") -> String {
  var out = String(quote)
  for character in text.unicodeScalars {
    if character == quote || character == "\\" { out.unicodeScalars.append("\\") }
    out.unicodeScalars.append(character)
  }
  out.unicodeScalars.append(quote)
  return out
}

/// The name of a tuple's element, in backquotes where ClickHouse has them.
private func elementName(_ name: String) -> String {
  let isPlain =
    name.utf8.allSatisfy { TypeNameReader.isLetter($0) || (0x30...0x39).contains($0) }
    && name.utf8.first.map(TypeNameReader.isLetter) == true
    && !TypeNameReader.quotedNames.contains(name.lowercased())
  return isPlain ? name : quoted(name, by: "`")
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

extension DataType {
  /// The families of types by name: what each name stands for (empty for itself), and whether its case counts.
  public static let families: [(name: String, original: String, ignoresCase: Bool)] = {
    let arguments = [
      "AggregateFunction", "Array", "DateTime", "DateTime64", "Decimal", "Decimal32", "Decimal64",
      "Decimal128", "Enum",
      "Enum8", "Enum16", "FixedString", "LowCardinality", "Map", "Nullable", "Tuple",
    ]
    let anyCase: Set<String> = [
      "Date", "Date32", "DateTime", "DateTime64", "Decimal", "Decimal32", "Decimal64",
      "Decimal128", "Enum", "Bool",
    ]
    var out = (TypeNameReader.exact.keys + arguments).map { ($0, "", anyCase.contains($0)) }
    for (name, type) in TypeNameReader.plain
    where !anyCase.contains(where: { $0.lowercased() == name }) {
      out.append((name.uppercased(), type.description, true))
    }
    out += [("DEC", "Decimal", true), ("NUMERIC", "Decimal", true), ("FIXED", "Decimal", true)]
    return out.sorted { $0.0 < $1.0 }
  }()
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
      guard Self.isLetter(byte) || (position > start && byte >= 0x30 && byte <= 0x39) else {
        break
      }
      position += 1
    }
    return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
  }

  static func isLetter(_ byte: UInt8) -> Bool {
    ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A) || byte == 0x5F
  }

  /// Words that are read as no name unless they are quoted.
  static let quotedNames: Set<String> = [
    "all", "distinct", "false", "from", "inf", "nan", "null", "select", "table", "true",
  ]

  /// A name in backquotes or double quotes; nil where none begins. A quote inside is doubled or escaped.
  mutating func quotedName() throws(TypeNameError) -> String? {
    skipBlanks()
    guard position < bytes.count, bytes[position] == 0x60 || bytes[position] == 0x22 else {
      return nil
    }
    let quote = bytes[position]
    let start = position
    var out: [UInt8] = []
    position += 1
    while position < bytes.count {
      var byte = bytes[position]
      let next = position + 1 < bytes.count ? bytes[position + 1] : 0
      if byte == quote, next != quote {
        position += 1
        guard !out.isEmpty, let name = String(validating: out, as: UTF8.self) else { break }
        return name
      }
      if byte == quote || (byte == 0x5C && position + 1 < bytes.count) {
        byte = next
        position += 1
      }
      out.append(byte)
      position += 1
    }
    throw TypeNameError(.syntaxError, "expected a name in quotes", position: start)
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

  /// A name of a zone; the empty one means none.
  mutating func zone() throws(TypeNameError) -> String? {
    let start = position
    let name = try text()
    if name.isEmpty { return nil }
    guard TimeZone.named(name) != nil else {
      throw TypeNameError(.badArguments, "Cannot load time zone \(name)", position: start)
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
    if let plain = Self.plain[name.lowercased()] { return try spelled(plain, name.lowercased()) }
    if let plain = Self.exact[name] { return plain }
    switch Self.spellings[name.lowercased()] ?? name {
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
      let zone = accept(",") ? try zone() : nil
      try expect(")")
      return .dateTime64(precision: UInt8(precision), zone: zone)
    case "LowCardinality":
      try expect("(")
      let inner = try type(depth: depth + 1)
      try expect(")")
      switch inner.withoutNullable {
      case .string, .fixedString: return .lowCardinality(inner)
      default:
        throw TypeNameError(
          .notImplemented,
          "LowCardinality(\(inner)): only strings may be inside LowCardinality so far",
          position: start)
      }
    case "Nullable":
      try expect("(")
      let inner = try type(depth: depth + 1)
      try expect(")")
      switch inner {
      case .nullable, .lowCardinality, .tuple, .array, .map, .aggregateFunction:
        throw TypeNameError(
          .illegalTypeOfArgument, "Nested type \(inner) cannot be inside Nullable type",
          position: start)
      default: return .nullable(inner)
      }
    case "Enum8": return try enumeration(start: start, bits: 8)
    case "Enum16": return try enumeration(start: start, bits: 16)
    case "Enum": return try enumeration(start: start, bits: nil)
    case "Tuple":
      return try tuple(depth: depth)
    case "AggregateFunction": return try aggregateState(start: start, depth: depth)
    case "FixedString":
      try expect("(")
      let width = try integer()
      try expect(")")
      guard (1...DataType.fixedStringBytesMax).contains(width) else {
        throw TypeNameError(
          .argumentOutOfBound,
          "FixedString of \(width) bytes: a length from 1 to \(DataType.fixedStringBytesMax) is expected",
          position: start)
      }
      return .fixedString(width)
    case "Array":
      try expect("(")
      let element = try type(depth: depth + 1)
      try expect(")")
      return .array(element)
    case "Map":
      try expect("(")
      let key = try type(depth: depth + 1)
      try expect(",")
      let value = try type(depth: depth + 1)
      try expect(")")
      guard !key.isNullable, key != .nothing else {
        throw TypeNameError(
          .badArguments, "Map cannot have a key of type \(key)", position: start)
      }
      return .map(key: key, value: value)
    default:
      if let decimal = try decimal(name, start: start) { return decimal }
      if let later = Self.later[name] {
        throw TypeNameError(.notImplemented, "type \(later) is not supported yet", position: start)
      }
      throw TypeNameError(.unknownType, "Unknown data type family: \(name)", position: start)
    }
  }

  /// `Decimal(P, S)`, `Decimal(P)`, `Decimal` and `Decimal32(S)` to `Decimal128(S)`; nil for other names.
  private mutating func decimal(
    _ name: String, start: Int
  ) throws(TypeNameError) -> DataType? {
    let precision: Int
    var scale = 0
    switch name.lowercased() {
    case "decimal", "dec", "numeric", "fixed":
      guard accept("(") else { return .decimal(precision: 10, scale: 0) }
      precision = try integer()
      if accept(",") { scale = try integer() }
      try expect(")")
    case "decimal32", "decimal64", "decimal128":
      precision = name.hasSuffix("32") ? 9 : name.hasSuffix("64") ? 18 : 38
      try expect("(")
      scale = try integer()
      try expect(")")
    default: return nil
    }
    if (DataType.decimalPrecisionMax + 1...76).contains(precision) {
      throw TypeNameError(
        .notImplemented,
        "Decimal of \(precision) digits: at most \(DataType.decimalPrecisionMax) are supported",
        position: start)
    }
    guard (1...DataType.decimalPrecisionMax).contains(precision) else {
      throw TypeNameError(
        .argumentOutOfBound, "Wrong precision: it must be between 1 and 76, got \(precision)",
        position: start)
    }
    guard (0...precision).contains(scale) else {
      throw TypeNameError(
        .argumentOutOfBound,
        "Negative scales and scales larger than precision are not supported", position: start)
    }
    return .decimal(precision: UInt8(precision), scale: UInt8(scale))
  }

  /// An enum of 8 or 16 bits; without a width the smaller one that holds all numbers.
  private mutating func enumeration(
    start: Int, bits: Int?
  ) throws(TypeNameError) -> DataType {
    try expect("(")
    var entries: [EnumDefinition.Entry] = []
    var next = 1
    repeat {
      let name = try text()
      if accept("=") { next = try integer() }
      guard let number = Int16(exactly: next), bits != 8 || Int8(exactly: next) != nil else {
        throw TypeNameError(
          .argumentOutOfBound, "value \(next) of '\(name)' does not fit Enum\(bits ?? 16)",
          position: start)
      }
      entries.append(.init(name: name, number: number))
      next += 1
    } while accept(",")
    try expect(")")
    guard let definition = EnumDefinition(entries) else {
      throw TypeNameError(.syntaxError, "duplicate name or number in an enum", position: start)
    }
    let fits8 = entries.allSatisfy { Int8(exactly: $0.number) != nil }
    return bits == 16 || !fits8 ? .enum16(definition) : .enum8(definition)
  }

  /// `AggregateFunction(name[(parameters)], types...)`.
  private mutating func aggregateState(start: Int, depth: Int) throws(TypeNameError) -> DataType {
    try expect("(")
    guard let name = identifier() else {
      throw TypeNameError(
        .syntaxError, "expected the name of an aggregate function", position: position)
    }
    var parameters: [String] = []
    if accept("("), !accept(")") {
      repeat { parameters.append(try number()) } while accept(",")
      try expect(")")
    }
    var arguments: [DataType] = []
    while accept(",") { arguments.append(try type(depth: depth + 1)) }
    try expect(")")
    guard
      let state = AggregateStateType(name: name, parameters: parameters, arguments: arguments)
    else {
      let types = arguments.map(\.description).joined(separator: ", ")
      throw TypeNameError(
        .notImplemented, "States of aggregate function \(name)(\(types)) are not supported",
        position: start)
    }
    return .aggregateFunction(state)
  }

  /// A number as ClickHouse writes it.
  private mutating func number() throws(TypeNameError) -> String {
    skipBlanks()
    let start = position
    while position < bytes.count,
      (0x30...0x39).contains(bytes[position]) || [0x2B, 0x2D, 0x2E, 0x65].contains(bytes[position])
    {
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      throw TypeNameError(.syntaxError, "expected a number in a type name", position: start)
    }
    // Digits of small ones would get an exponent in Swift.
    let written = "\(value)"
    return text.contains(".") && !written.contains("e") && value != value.rounded() ? written : text
  }

  private mutating func tuple(depth: Int) throws(TypeNameError) -> DataType {
    try expect("(")
    var elements: [TupleElement] = []
    if accept(")") { return .tuple([]) }
    repeat {
      if let name = try quotedName() {
        elements.append(TupleElement(name: name, type: try type(depth: depth + 1)))
        continue
      }
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
    "Int8": .int8, "Int16": .int16, "Int32": .int32, "Int64": .int64, "Int128": .int128,
    "UInt8": .uint8, "UInt16": .uint16, "UInt32": .uint32, "UInt64": .uint64, "UInt128": .uint128,
    "Float32": .float32, "Float64": .float64, "Bool": .bool, "String": .string, "Date": .date,
    "Date32": .date32, "UUID": .uuid, "IPv4": .ipv4, "IPv6": .ipv6, "Nothing": .nothing,
  ]

  /// Names with arguments that ClickHouse reads in any case.
  static let spellings: [String: String] = [
    "datetime": "DateTime", "datetime64": "DateTime64", "enum": "Enum", "binary": "FixedString",
  ]

  /// SQL spellings that ClickHouse reads in any case.
  static let plain: [String: DataType] = [
    "tinyint": .int8, "smallint": .int16, "int": .int32, "integer": .int32, "bigint": .int64,
    "float": .float32, "real": .float32, "double": .float64, "bool": .bool, "boolean": .bool,
    "text": .string, "varchar": .string, "char": .string, "blob": .string, "date": .date,
    "date32": .date32, "timestamp": .dateTime(zone: nil), "inet4": .ipv4, "inet6": .ipv6,
    "datetime32": .dateTime(zone: nil),
  ]

  /// What may follow a SQL spelling: `UNSIGNED`, `PRECISION`, and a width that means nothing.
  private mutating func spelled(
    _ plain: DataType, _ name: String
  ) throws(TypeNameError) -> DataType {
    if plain.isInteger || plain == .string, accept("(") {
      _ = try integer()
      try expect(")")
    }
    let before = position
    switch (identifier()?.lowercased(), plain) {
    case ("precision", .float64): return .float64
    case ("signed", _) where plain.isInteger: return plain
    case ("unsigned", .int8): return .uint8
    case ("unsigned", .int16): return .uint16
    case ("unsigned", .int32): return .uint32
    case ("unsigned", .int64): return .uint64
    default:
      position = before
      return plain
    }
  }

  /// ClickHouse types that exist there and not yet here: refused by name, never taken for a typing error.
  static let later: [String: String] = Dictionary(
    uniqueKeysWithValues: [
      "BFloat16", "Int256", "UInt256", "Decimal256", "Time", "Time64", "Variant", "Dynamic", "JSON",
      "Nested", "SimpleAggregateFunction", "Point", "Ring",
      "Polygon",
    ].map { ($0, $0) })
}
