import TickColumns

/// Native: the result as blocks of columns.
///
/// What a block looks like depends on the protocol version that the client announces (`client_protocol_version`);
/// 0 is no announcement. An empty result has no block, as in ClickHouse.
struct NativeEncoder: BatchEncoder {
  private let schema: Schema
  private let version: Int
  private let types: [DataType]
  private let typeNames: [String]

  init(_ schema: Schema, protocolVersion: Int) {
    self.schema = schema
    version = protocolVersion
    types = schema.fields.map { field in
      protocolVersion > 0 && protocolVersion < NativeProtocol.lowCardinality
        ? field.type.expandingLowCardinality : field.type
    }
    typeNames = types.map { type in
      (protocolVersion < NativeProtocol.zonesOfDateTime ? type.withoutDateTimeZone : type)
        .description
    }
  }

  mutating func begin(into out: inout [UInt8]) {}

  mutating func write(_ batch: Batch, into out: inout [UInt8]) {
    guard batch.rowCount > 0, !types.isEmpty else { return }
    if version >= NativeProtocol.blockInfo { out += NativeProtocol.blockInfoBytes }
    out.appendVarUInt(UInt64(types.count))
    out.appendVarUInt(UInt64(batch.rowCount))
    for (i, column) in batch.columns.enumerated() {
      out.appendCounted(schema[i].name)
      out.appendCounted(typeNames[i])
      if version >= NativeProtocol.customSerialization { out.append(0) }
      let column = types[i] == column.type ? column : column.expandingDictionaries()
      for _ in 0..<types[i].lowCardinalityCount { out.appendLittleEndian(UInt64(1)) }
      appendData(column, into: &out)
    }
  }

  mutating func finish(
    _ statistics: ResultStatistics, _ asides: ResultAsides, into out: inout [UInt8]
  ) {}

  private func appendData(_ column: Column, into out: inout [UInt8]) {
    if case .codes(let codes, let dictionary) = column.values {
      appendCodes(column, codes, dictionary, into: &out)
      return
    }
    if case .nullable = column.type {
      let marks = column.validity.map { $0.map { 1 - $0 } }
      if case .nothing(let count) = column.values {
        out.append(contentsOf: repeatElement(1, count: count))
      } else {
        out += marks ?? Array(repeating: 0, count: column.count)
      }
    }
    switch column.values {
    case .tuple(let columns, let count):
      // An empty tuple takes a byte a row, so that the rows can be counted.
      if columns.isEmpty { out.append(contentsOf: repeatElement(0x30, count: count)) }
      for element in columns { appendData(element, into: &out) }
    case .array(let arrays):
      for end in arrays.offsets.dropFirst() { out.appendLittleEndian(UInt64(end)) }
      appendData(arrays.elements, into: &out)
    case .nothing(let count): out.append(contentsOf: repeatElement(0x30, count: count))
    default: out += column.plainCells().bytes
    }
  }

  /// A dictionary of the strings that occur, then keys into it of the least width.
  private func appendCodes(
    _ column: Column, _ codes: [UInt32], _ dictionary: StringDictionary, into out: inout [UInt8]
  ) {
    guard !codes.isEmpty else { return }
    let inner = column.type.withoutLowCardinality
    let plain = inner.withoutNullable
    let emptyText: [UInt8] =
      if case .bytes(let bytes) = Value.defaultValue(of: plain) { bytes } else { [] }
    // Entry 0 is NULL where there is one; the entry of the type's default follows, then what occurs.
    var entries = StringValues()
    if inner.isNullable { entries.append(emptyText) }
    let defaultKey = UInt32(entries.count)
    entries.append(emptyText)
    var keys = [UInt32](repeating: .max, count: dictionary.count)
    var rows = [UInt32](repeating: 0, count: codes.count)
    for (row, code) in codes.enumerated() where !column.isNull(at: row) {
      if keys[Int(code)] == .max {
        let text = dictionary.values[Int(code)]
        if text.elementsEqual(emptyText) {
          keys[Int(code)] = defaultKey
        } else {
          keys[Int(code)] = UInt32(entries.count)
          entries.append(text)
        }
      }
      rows[row] = keys[Int(code)]
    }
    let width: UInt64 = entries.count <= 256 ? 0 : entries.count <= 65_536 ? 1 : 2
    out.appendLittleEndian(NativeProtocol.dictionaryFlags | width)
    out.appendLittleEndian(UInt64(entries.count))
    out += Column(plain, .string(entries)).plainCells().bytes
    out.appendLittleEndian(UInt64(rows.count))
    switch width {
    case 0: for key in rows { out.append(UInt8(truncatingIfNeeded: key)) }
    case 1: for key in rows { out.appendLittleEndian(UInt16(truncatingIfNeeded: key)) }
    default: for key in rows { out.appendLittleEndian(key) }
    }
  }
}

/// The protocol versions at which the bytes of Native change, and constants of the format.
enum NativeProtocol {
  static let blockInfo = 1
  static let zonesOfDateTime = 54_337
  static let lowCardinality = 54_405
  static let customSerialization = 54_454

  /// Field 1: no overflow rows; field 2: no bucket number; end.
  static let blockInfoBytes: [UInt8] = [1, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0]
  /// A dictionary of its own, which is complete: additional keys and an update.
  static let dictionaryFlags: UInt64 = 0x600
  /// A dictionary shared by the blocks of a stream, which HTTP does not have.
  static let globalDictionaryFlag: UInt64 = 0x100
}

extension DataType {
  /// The type with `LowCardinality` taken away at every depth.
  var expandingLowCardinality: DataType {
    switch self {
    case .lowCardinality(let inner): inner
    case .array(let element): .array(element.expandingLowCardinality)
    case .map(let key, let value):
      .map(key: key.expandingLowCardinality, value: value.expandingLowCardinality)
    case .tuple(let elements):
      .tuple(
        elements.map { TupleElement(name: $0.name, type: $0.type.expandingLowCardinality) })
    default: self
    }
  }

  /// A `DateTime` without its zone; other types, also those that hold one, keep theirs.
  fileprivate var withoutDateTimeZone: DataType {
    if case .dateTime = self { .dateTime(zone: nil) } else { self }
  }

  /// How many dictionaries a value of the type has; each has a version number before the column's data.
  var lowCardinalityCount: Int {
    switch self {
    case .lowCardinality: 1
    case .array(let element): element.lowCardinalityCount
    case .map(let key, let value): key.lowCardinalityCount + value.lowCardinalityCount
    case .tuple(let elements): elements.reduce(0) { $0 + $1.type.lowCardinalityCount }
    default: 0
    }
  }
}

extension Column {
  /// Strings instead of codes at every depth.
  func expandingDictionaries() -> Column {
    switch values {
    case .codes(let codes, let dictionary):
      return Column(
        type.withoutLowCardinality,
        .string(dictionary.values.gather(codes.map { Int32(bitPattern: $0) })), validity: validity)
    case .tuple(let columns, let count):
      return Column(
        type.expandingLowCardinality,
        .tuple(columns.map { $0.expandingDictionaries() }, count: count))
    case .array(let arrays):
      return Column(
        type.expandingLowCardinality,
        .array(
          ArrayValues(offsets: arrays.offsets, elements: arrays.elements.expandingDictionaries())))
    default: return self
    }
  }
}
