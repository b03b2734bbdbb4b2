import TickColumns

/// A column that grows by texts: the typed arrays behind casts and behind every input format.
///
/// Invariants:
/// 1. Every append adds exactly one row or throws and adds none.
/// 2. `finish` gives a column that keeps the invariants of `Column`.
/// 3. Only one of the arrays is in use, the one of `type.physical`.
struct TextColumnBuilder {
  let type: DataType
  private(set) var count = 0
  private let kind: Kind
  private var int8: [Int8] = []
  private var int16: [Int16] = []
  private var int32: [Int32] = []
  private var int64: [Int64] = []
  private var uint8: [UInt8] = []
  private var uint16: [UInt16] = []
  private var uint32: [UInt32] = []
  private var uint64: [UInt64] = []
  private var float64: [Double] = []
  private var stringBytes: [UInt8] = []
  private var stringOffsets: [Int] = [0]
  private var codes = DictionaryBuilder()
  private var tuples: [Value] = []
  private var validity: [UInt8] = []
  private let isNullable: Bool

  private enum Kind {
    case int8, int16, int32, int64
    case uint8, uint16, uint32, uint64
    case float64, bool, string, codes, date, dateTime, nothing
    case enum8(EnumNames)
    case dateTime64(precision: Int)
    case tuple([DataType])
  }

  /// Throws 48 for a type that has no text form to read yet.
  init(_ type: DataType, reserving capacity: Int = 0) throws(FormatError) {
    self.type = type
    isNullable = type.isNullable
    switch type.withoutNullable {
    case .int8: kind = .int8
    case .int16: kind = .int16
    case .int32: kind = .int32
    case .int64: kind = .int64
    case .uint8: kind = .uint8
    case .uint16: kind = .uint16
    case .uint32: kind = .uint32
    case .uint64: kind = .uint64
    case .float64: kind = .float64
    case .bool: kind = .bool
    case .string: kind = .string
    case .lowCardinality: kind = .codes
    case .date: kind = .date
    case .dateTime: kind = .dateTime
    case .dateTime64(let precision, _): kind = .dateTime64(precision: Int(precision))
    case .enum8(let definition): kind = .enum8(EnumNames(definition))
    case .tuple(let elements): kind = .tuple(elements.map(\.type))
    case .nothing: kind = .nothing
    case .interval, .nullable:
      throw FormatError(.notImplemented, "reading text as \(type) is not supported")
    }
    reserve(capacity)
  }

  private mutating func reserve(_ capacity: Int) {
    guard capacity > 0 else { return }
    if isNullable { validity.reserveCapacity(capacity) }
    switch kind {
    case .int8, .enum8: int8.reserveCapacity(capacity)
    case .int16: int16.reserveCapacity(capacity)
    case .int32: int32.reserveCapacity(capacity)
    case .int64, .dateTime64: int64.reserveCapacity(capacity)
    case .uint8, .bool: uint8.reserveCapacity(capacity)
    case .uint16, .date: uint16.reserveCapacity(capacity)
    case .uint32, .dateTime: uint32.reserveCapacity(capacity)
    case .uint64: uint64.reserveCapacity(capacity)
    case .float64: float64.reserveCapacity(capacity)
    case .string: stringOffsets.reserveCapacity(capacity + 1)
    case .codes, .tuple, .nothing: break
    }
  }

  var isString: Bool {
    switch kind {
    case .string, .codes: true
    default: false
    }
  }

  var isBool: Bool { if case .bool = kind { true } else { false } }

  var isTuple: Bool { if case .tuple = kind { true } else { false } }

  var isEnum: Bool { if case .enum8 = kind { true } else { false } }

  var isIntegerOrFloat: Bool {
    switch kind {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float64: true
    default: false
    }
  }

  var isInteger: Bool {
    if case .float64 = kind { false } else { isIntegerOrFloat }
  }

  /// Appends the value whose bare text is `bytes[start..<end]`.
  mutating func append(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ rules: TextRules
  ) throws(FormatError) {
    switch kind {
    case .int8: int8.append(try parseInteger(bytes, start, end, .int8, rules))
    case .int16: int16.append(try parseInteger(bytes, start, end, .int16, rules))
    case .int32: int32.append(try parseInteger(bytes, start, end, .int32, rules))
    case .int64: int64.append(try parseInteger(bytes, start, end, .int64, rules))
    case .uint8: uint8.append(try parseInteger(bytes, start, end, .uint8, rules))
    case .uint16: uint16.append(try parseInteger(bytes, start, end, .uint16, rules))
    case .uint32: uint32.append(try parseInteger(bytes, start, end, .uint32, rules))
    case .uint64: uint64.append(try parseInteger(bytes, start, end, .uint64, rules))
    case .float64: float64.append(try parseDouble(bytes, start, end, rules))
    case .bool: uint8.append(try parseBool(bytes, start, end))
    case .date: uint16.append(try parseDate(bytes, start, end, rules))
    case .dateTime: uint32.append(try parseDateTime(bytes, start, end, rules))
    case .dateTime64(let precision):
      int64.append(try parseDateTime64(bytes, start, end, precision: precision, rules))
    case .enum8(let names): int8.append(try parseEnum(bytes, start, end, names))
    case .string:
      try checkLength(start, end)
      appendBytes(bytes, start, end, to: &stringBytes)
      stringOffsets.append(stringBytes.count)
    case .codes:
      try checkLength(start, end)
      var string: [UInt8] = []
      appendBytes(bytes, start, end, to: &string)
      codes.append(string[...])
    case .tuple(let types): tuples.append(try parseTuple(bytes, start, end, types, rules))
    case .nothing:
      throw FormatError(.cannotParseText, "a value where only NULL can be")
    }
    count += 1
    if isNullable { validity.append(1) }
  }

  private func checkLength(_ start: Int, _ end: Int) throws(FormatError) {
    guard end - start <= FormatLimits.valueBytesMax else {
      throw FormatError(
        .tooLargeStringSize,
        "a value of \(end - start) bytes; the limit is \(FormatLimits.valueBytesMax)")
    }
  }

  /// Appends NULL where the type has it and the type's default otherwise.
  mutating func appendNull() {
    appendZero(isNull: isNullable)
  }

  /// Appends what the type holds where nothing was given: zero, the empty string, NULL.
  mutating func appendDefault() {
    appendZero(isNull: isNullable)
  }

  /// Appends zero, or the empty string, also where the type is nullable.
  mutating func appendZeroValue() {
    appendZero(isNull: false)
  }

  private mutating func appendZero(isNull: Bool) {
    switch kind {
    case .int8: int8.append(0)
    case .int16: int16.append(0)
    case .int32: int32.append(0)
    case .int64, .dateTime64: int64.append(0)
    case .uint8, .bool: uint8.append(0)
    case .uint16, .date: uint16.append(0)
    case .uint32, .dateTime: uint32.append(0)
    case .uint64: uint64.append(0)
    case .float64: float64.append(0)
    case .enum8(let names):
      if case .int(let number) = Value.defaultValue(of: names.type) {
        int8.append(Int8(truncatingIfNeeded: number))
      }
    case .string: stringOffsets.append(stringBytes.count)
    case .codes: codes.append([])
    case .tuple: tuples.append(Value.defaultValue(of: type))
    case .nothing: break
    }
    count += 1
    if isNullable { validity.append(isNull ? 0 : 1) }
  }

  consuming func finish() -> Column {
    let values: ColumnValues =
      switch kind {
      case .int8, .enum8: .int8(int8)
      case .int16: .int16(int16)
      case .int32: .int32(int32)
      case .int64, .dateTime64: .int64(int64)
      case .uint8, .bool: .uint8(uint8)
      case .uint16, .date: .uint16(uint16)
      case .uint32, .dateTime: .uint32(uint32)
      case .uint64: .uint64(uint64)
      case .float64: .float64(float64)
      case .string: .string(StringValues(offsets: stringOffsets, bytes: stringBytes))
      case .codes: codes.finish()
      case .tuple: Column(type, of: tuples).values
      case .nothing: .nothing(count: count)
      }
    if case .nothing = kind {
      return Column(
        type, values, validity: isNullable ? Array(repeating: 0, count: count) : nil)
    }
    return Column(type, values, validity: isNullable && validity.contains(0) ? validity : nil)
  }
}
