import TickColumns

/// A column that grows by texts: the typed arrays behind casts and behind every input format.
///
/// Invariants:
/// 1. Every append adds exactly one row or throws and adds none.
/// 2. `finish` gives a column that keeps the invariants of `Column`.
/// 3. Only one of the arrays is in use, the one of `type.physical`; `nested` has a builder per element of a tuple,
///    one for an array, two for a map.
struct TextColumnBuilder: Sendable {
  let type: DataType
  private(set) var count = 0
  private let kind: Kind
  private var int8: [Int8] = []
  private var int16: [Int16] = []
  private var int32: [Int32] = []
  private var int64: [Int64] = []
  private var int128: [Int128] = []
  private var uint8: [UInt8] = []
  private var uint16: [UInt16] = []
  private var uint32: [UInt32] = []
  private var uint64: [UInt64] = []
  private var uint128: [UInt128] = []
  private var float32: [Float] = []
  private var float64: [Double] = []
  private var stringBytes: [UInt8] = []
  private var stringOffsets: [Int] = [0]
  private var codes = DictionaryBuilder()
  var nested: [TextColumnBuilder] = []
  private var arrayOffsets: [Int] = [0]
  private var validity: [UInt8] = []
  private let isNullable: Bool
  /// Set where somebody asks which rows took the default.
  var notesDefaults = false
  /// Those rows, ascending.
  private(set) var defaulted: [Int] = []
  /// Where the local times of the texts lie.
  private var clock: ZoneCursor

  private enum Kind: Sendable {
    case int8, int16, int32, int64, int128
    case uint8, uint16, uint32, uint64, uint128
    case float32, float64, bool, string, date, date32, dateTime, uuid, ipv4, ipv6, nothing
    case fixedString(Int)
    case state(AggregateStateType)
    /// Strings through a dictionary, of a fixed width or of any.
    case codes(width: Int?)
    case enum8(EnumNames)
    case enum16(EnumNames)
    case decimal(precision: Int, scale: Int)
    case dateTime64(precision: Int)
    case tuple, array, map
  }

  /// Throws 48 for a type that has no text form to read yet.
  ///
  /// - Parameter session: the zone of times whose type names none.
  init(
    _ type: DataType, reserving capacity: Int = 0, in session: TimeZone = .utc
  ) throws(FormatError) {
    self.type = type
    isNullable = type.isNullable
    clock = ZoneCursor(type.timeZone(in: session), isLocal: true)
    switch type.withoutNullable {
    case .int8: kind = .int8
    case .int16: kind = .int16
    case .int32: kind = .int32
    case .int64: kind = .int64
    case .int128: kind = .int128
    case .uint8: kind = .uint8
    case .uint16: kind = .uint16
    case .uint32: kind = .uint32
    case .uint64: kind = .uint64
    case .uint128: kind = .uint128
    case .float32: kind = .float32
    case .float64: kind = .float64
    case .decimal(let precision, let scale):
      kind = .decimal(precision: Int(precision), scale: Int(scale))
    case .bool: kind = .bool
    case .string: kind = .string
    case .fixedString(let width): kind = .fixedString(width)
    case .aggregateFunction(let state): kind = .state(state)
    case .lowCardinality(let inner):
      if case .fixedString(let width) = inner.withoutNullable {
        kind = .codes(width: width)
      } else {
        kind = .codes(width: nil)
      }
    case .uuid: kind = .uuid
    case .ipv4: kind = .ipv4
    case .ipv6: kind = .ipv6
    case .date: kind = .date
    case .date32: kind = .date32
    case .dateTime: kind = .dateTime
    case .dateTime64(let precision, _): kind = .dateTime64(precision: Int(precision))
    case .enum8(let definition):
      kind = .enum8(EnumNames(definition, of: type.withoutNullable))
    case .enum16(let definition):
      kind = .enum16(EnumNames(definition, of: type.withoutNullable))
    case .tuple(let elements):
      kind = .tuple
      for element in elements { nested.append(try TextColumnBuilder(element.type, in: session)) }
    case .array(let element):
      kind = .array
      nested = [try TextColumnBuilder(element, in: session)]
    case .map(let key, let value):
      kind = .map
      nested = [
        try TextColumnBuilder(key, in: session), try TextColumnBuilder(value, in: session),
      ]
    case .nothing: kind = .nothing
    case .interval, .nullable:
      throw FormatError(.notImplemented, "reading text as \(type) is not supported")
    }
    reserve(capacity)
  }

  private mutating func reserve(_ capacity: Int) {
    guard capacity > 0 else { return }
    if isNullable { validity.reserveCapacity(capacity) }
    switch type.physical {
    case .int8: int8.reserveCapacity(capacity)
    case .int16: int16.reserveCapacity(capacity)
    case .int32: int32.reserveCapacity(capacity)
    case .int64: int64.reserveCapacity(capacity)
    case .int128: int128.reserveCapacity(capacity)
    case .uint8: uint8.reserveCapacity(capacity)
    case .uint16: uint16.reserveCapacity(capacity)
    case .uint32: uint32.reserveCapacity(capacity)
    case .uint64: uint64.reserveCapacity(capacity)
    case .uint128: uint128.reserveCapacity(capacity)
    case .float32: float32.reserveCapacity(capacity)
    case .float64: float64.reserveCapacity(capacity)
    case .string: stringOffsets.reserveCapacity(capacity + 1)
    case .array: arrayOffsets.reserveCapacity(capacity + 1)
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

  /// True for tuples, arrays and maps.
  var isNested: Bool {
    switch kind {
    case .tuple, .array, .map: true
    default: false
    }
  }

  var isEnum: Bool { type.withoutNullable.enumDefinition != nil }

  /// What a bare number can be: integers, floats and decimals.
  var isNumber: Bool { isInteger || type.withoutNullable.isFloat || type.withoutNullable.isDecimal }

  var isInteger: Bool {
    type.withoutNullable.isInteger || type.withoutNullable.isWideInteger
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
    case .int128: int128.append(try parseWideInteger(bytes, start, end, .int128, rules))
    case .uint128: uint128.append(try parseWideInteger(bytes, start, end, .uint128, rules))
    case .decimal(let precision, let scale):
      // A cast fills the storage, as ClickHouse's does; data that will be stored keeps to the precision.
      let digits =
        rules.outOfRange == .convert ? precision <= 9 ? 9 : precision <= 18 ? 18 : 38 : precision
      let units = try parseDecimal(
        bytes, start, end, precision: digits, scale: scale, rules)
      // So many digits fit the type's width.
      switch type.physical {
      case .int32: int32.append(Int32(truncatingIfNeeded: units))
      case .int64: int64.append(Int64(truncatingIfNeeded: units))
      default: int128.append(units)
      }
    case .float32: float32.append(try parseFloat(bytes, start, end, rules))
    case .float64: float64.append(try parseDouble(bytes, start, end, rules))
    case .bool: uint8.append(try parseBool(bytes, start, end))
    case .date: uint16.append(try parseDate(bytes, start, end, rules))
    case .date32: int32.append(try parseDate32(bytes, start, end, rules))
    case .uuid: uint128.append(try parseUUID(bytes, start, end, rules))
    case .ipv4: uint32.append(try parseIPv4(bytes, start, end))
    case .ipv6: uint128.append(try parseIPv6(bytes, start, end))
    case .dateTime: uint32.append(try parseDateTime(bytes, start, end, &clock, rules))
    case .dateTime64(let precision):
      int64.append(
        try parseDateTime64(bytes, start, end, precision: precision, &clock, rules))
    case .enum8(let names):
      int8.append(Int8(truncatingIfNeeded: try parseEnum(bytes, start, end, names)))
    case .enum16(let names): int16.append(try parseEnum(bytes, start, end, names))
    case .fixedString(let width):
      guard end - start <= width else {
        throw FormatError(
          .tooLargeStringSize, "\(end - start) bytes are too many for \(type)")
      }
      appendBytes(bytes, start, end, to: &stringBytes)
      stringBytes.append(contentsOf: repeatElement(0, count: width - (end - start)))
      stringOffsets.append(stringBytes.count)
    case .state(let state):
      try checkLength(start, end)
      var one: [UInt8] = []
      appendBytes(bytes, start, end, to: &one)
      try checkStates(StringValues(offsets: [0, one.count], bytes: one), state)
      stringBytes += one
      stringOffsets.append(stringBytes.count)
    case .string:
      try checkLength(start, end)
      appendBytes(bytes, start, end, to: &stringBytes)
      stringOffsets.append(stringBytes.count)
    case .codes(let width):
      try checkLength(start, end)
      var string: [UInt8] = []
      appendBytes(bytes, start, end, to: &string)
      if let width {
        guard string.count <= width else {
          throw FormatError(
            .tooLargeStringSize, "\(end - start) bytes are too many for \(type)")
        }
        string.append(contentsOf: repeatElement(0, count: width - string.count))
      }
      codes.append(string[...])
    case .tuple, .array, .map:
      try appendNested(bytes, start, end, spelling: .quoted, rules)
      return
    case .nothing:
      throw FormatError(.cannotParseText, "a value where only NULL can be")
    }
    count += 1
    if isNullable { validity.append(1) }
  }

  // MARK: Values that somebody else has read, for types without NULL

  @inline(__always)
  mutating func append(double: Double) {
    float64.append(double)
    count &+= 1
  }

  @inline(__always)
  mutating func append(ticks: Int64) {
    int64.append(ticks)
    count &+= 1
  }

  mutating func append(seconds: UInt32) {
    uint32.append(seconds)
    count &+= 1
  }

  @inline(__always)
  mutating func append(identifier: UInt64) {
    uint64.append(identifier)
    count &+= 1
  }

  @inline(__always)
  mutating func append(enumNumber: Int8) {
    int8.append(enumNumber)
    count &+= 1
  }

  // MARK: Nested values and defaults

  /// Ends a row whose elements `append` puts into `nested`. When it throws, what it put there is taken back.
  mutating func appendRow(
    _ append: (inout [TextColumnBuilder]) throws(FormatError) -> Void
  ) throws(FormatError) {
    do throws(FormatError) {
      try append(&nested)
    } catch {
      for i in nested.indices { nested[i].truncate(to: elementCount) }
      throw error
    }
    count += 1
    if !isTuple { arrayOffsets.append(nested[0].count) }
  }

  var isTuple: Bool { if case .tuple = kind { true } else { false } }

  var isMap: Bool { if case .map = kind { true } else { false } }

  /// Elements of whole rows in each of the nested builders.
  private var elementCount: Int { isTuple ? count : arrayOffsets[count] }

  /// Drops the rows from `rowCount` on. Nested builders may be one element ahead of each other.
  private mutating func truncate(to rowCount: Int) {
    guard rowCount < count else { return }
    let dropped = count - rowCount
    switch type.physical {
    case .int8: int8.removeLast(dropped)
    case .int16: int16.removeLast(dropped)
    case .int32: int32.removeLast(dropped)
    case .int64: int64.removeLast(dropped)
    case .int128: int128.removeLast(dropped)
    case .uint8: uint8.removeLast(dropped)
    case .uint16: uint16.removeLast(dropped)
    case .uint32: uint32.removeLast(dropped)
    case .uint64: uint64.removeLast(dropped)
    case .uint128: uint128.removeLast(dropped)
    case .float32: float32.removeLast(dropped)
    case .float64: float64.removeLast(dropped)
    case .string:
      stringOffsets.removeLast(dropped)
      stringBytes.removeLast(stringBytes.count - stringOffsets[rowCount])
    case .codes: codes.removeLast(dropped)
    case .array:
      arrayOffsets.removeLast(dropped)
      for i in nested.indices { nested[i].truncate(to: arrayOffsets[rowCount]) }
    case .tuple: for i in nested.indices { nested[i].truncate(to: rowCount) }
    case .nothing: break
    }
    if isNullable { validity.removeLast(dropped) }
    count = rowCount
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
    if notesDefaults, !isNullable { defaulted.append(count) }
    appendZero(isNull: isNullable)
  }

  /// Appends what the type holds where nothing was given: zero, the empty string, NULL.
  mutating func appendDefault() {
    if notesDefaults { defaulted.append(count) }
    appendZero(isNull: isNullable)
  }

  /// Appends zero, or the empty string, also where the type is nullable.
  mutating func appendZeroValue() {
    appendZero(isNull: false)
  }

  private mutating func appendZero(isNull: Bool) {
    switch type.physical {
    case .int8: int8.append(Int8(truncatingIfNeeded: zero))
    case .int16: int16.append(Int16(truncatingIfNeeded: zero))
    case .int32: int32.append(Int32(truncatingIfNeeded: zero))
    case .int64: int64.append(0)
    case .int128: int128.append(0)
    case .uint8: uint8.append(0)
    case .uint16: uint16.append(0)
    case .uint32: uint32.append(0)
    case .uint64: uint64.append(0)
    case .uint128: uint128.append(0)
    case .float32: float32.append(0)
    case .float64: float64.append(0)
    case .string:
      if case .fixedString(let width) = kind {
        stringBytes.append(contentsOf: repeatElement(0, count: width))
      }
      if case .state(let state) = kind { stringBytes += state.layout.empty }
      stringOffsets.append(stringBytes.count)
    case .codes:
      if case .codes(let width?) = kind {
        codes.append(Array(repeating: 0, count: width)[...])
      } else {
        codes.append([])
      }
    case .tuple: for i in nested.indices { nested[i].appendDefault() }
    case .array: arrayOffsets.append(nested[0].count)
    case .nothing: break
    }
    count += 1
    if isNullable { validity.append(isNull ? 0 : 1) }
  }

  /// The number behind the default of an enum or a Date32, and 0 for every other type.
  private var zero: Int64 {
    let plain = type.withoutNullable
    guard isEnum || plain == .date32, case .int(let number) = Value.defaultValue(of: plain) else {
      return 0
    }
    return number
  }

  consuming func finish() -> Column {
    let values: ColumnValues =
      switch type.physical {
      case .int8: .int8(int8)
      case .int16: .int16(int16)
      case .int32: .int32(int32)
      case .int64: .int64(int64)
      case .int128: .int128(int128)
      case .uint8: .uint8(uint8)
      case .uint16: .uint16(uint16)
      case .uint32: .uint32(uint32)
      case .uint64: .uint64(uint64)
      case .uint128: .uint128(uint128)
      case .float32: .float32(float32)
      case .float64: .float64(float64)
      case .string: .string(StringValues(offsets: stringOffsets, bytes: stringBytes))
      case .codes: codes.finish()
      case .tuple: .tuple(nested.map { $0.finish() }, count: count)
      case .array: .array(ArrayValues(offsets: arrayOffsets, elements: finishedElements()))
      case .nothing: .nothing(count: count)
      }
    if case .nothing = kind {
      return Column(
        type, values, validity: isNullable ? Array(repeating: 0, count: count) : nil)
    }
    return Column(type, values, validity: isNullable && validity.contains(0) ? validity : nil)
  }

  private func finishedElements() -> Column {
    guard isMap, let pair = type.elementType else { return nested[0].finish() }
    return Column(pair, .tuple(nested.map { $0.finish() }, count: nested[0].count))
  }
}
