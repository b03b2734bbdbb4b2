/// Builds a column row by row or part by part.
///
/// Invariants:
/// 1. Every append adds one row per value to all of the builder's arrays, NULL included.
/// 2. `finish` gives a column that keeps the invariants of `Column`.
public struct ColumnBuilder: Sendable {
  public let type: DataType
  public private(set) var count = 0
  private var storage: Storage
  private var validity: [UInt8]?

  private enum Storage: Sendable {
    case int8([Int8])
    case int16([Int16])
    case int32([Int32])
    case int64([Int64])
    case int128([Int128])
    case uint8([UInt8])
    case uint16([UInt16])
    case uint32([UInt32])
    case uint64([UInt64])
    case uint128([UInt128])
    case float32([Float])
    case float64([Double])
    case string(StringValues)
    case codes(DictionaryBuilder)
    case tuple([ColumnBuilder])
    indirect case array(offsets: [Int], elements: ColumnBuilder)
    case nothing
  }

  public init(_ type: DataType, reserving capacity: Int = 0) {
    self.type = type
    storage =
      switch type.physical {
      case .int8: .int8(reserved(capacity))
      case .int16: .int16(reserved(capacity))
      case .int32: .int32(reserved(capacity))
      case .int64: .int64(reserved(capacity))
      case .int128: .int128(reserved(capacity))
      case .uint8: .uint8(reserved(capacity))
      case .uint16: .uint16(reserved(capacity))
      case .uint32: .uint32(reserved(capacity))
      case .uint64: .uint64(reserved(capacity))
      case .uint128: .uint128(reserved(capacity))
      case .float32: .float32(reserved(capacity))
      case .float64: .float64(reserved(capacity))
      case .string: .string(StringValues())
      case .codes: .codes(DictionaryBuilder(reserving: capacity))
      case .tuple:
        if case .tuple(let elements) = type {
          .tuple(elements.map { ColumnBuilder($0.type, reserving: capacity) })
        } else {
          preconditionFailure("tuple layout of \(type)")
        }
      case .array:
        if let element = type.elementType {
          .array(offsets: [0], elements: ColumnBuilder(element))
        } else {
          preconditionFailure("array layout of \(type)")
        }
      case .nothing: .nothing
      }
    validity = type.isNullable ? reserved(capacity) : nil
  }

  /// Appends one boxed value; it must fit the type.
  public mutating func append(_ value: Value) {
    if case .null = value {
      appendNull()
      return
    }
    validity?.append(1)
    count += 1
    // Taken out whole, as in `append(contentsOf:)`: a second reference would copy all values with every append.
    switch taken() {
    case .int8(var v):
      v.append(Int8(truncatingIfNeeded: value.bits))
      storage = .int8(v)
      return
    case .int16(var v):
      v.append(Int16(truncatingIfNeeded: value.bits))
      storage = .int16(v)
      return
    case .int32(var v):
      v.append(Int32(truncatingIfNeeded: value.bits))
      storage = .int32(v)
      return
    case .int64(var v):
      v.append(value.bits)
      storage = .int64(v)
      return
    case .uint8(var v):
      v.append(UInt8(truncatingIfNeeded: value.bits))
      storage = .uint8(v)
      return
    case .uint16(var v):
      v.append(UInt16(truncatingIfNeeded: value.bits))
      storage = .uint16(v)
      return
    case .uint32(var v):
      v.append(UInt32(truncatingIfNeeded: value.bits))
      storage = .uint32(v)
      return
    case .uint64(var v):
      v.append(UInt64(bitPattern: value.bits))
      storage = .uint64(v)
      return
    case .int128(var v):
      v.append(Int128(truncatingIfNeeded: value.bits128))
      storage = .int128(v)
      return
    case .uint128(var v):
      v.append(UInt128(truncatingIfNeeded: value.bits128))
      storage = .uint128(v)
      return
    case .float32(var v):
      guard case .float(let number) = value else { break }
      v.append(Float(number))
      storage = .float32(v)
      return
    case .float64(var v):
      guard case .float(let number) = value else { break }
      v.append(number)
      storage = .float64(v)
      return
    case .string(var v):
      guard case .bytes(let bytes) = value else { break }
      v.append(bytes)
      storage = .string(v)
      return
    case .codes(var builder):
      guard case .bytes(let bytes) = value else { break }
      builder.append(bytes[...])
      storage = .codes(builder)
      return
    case .tuple(var builders):
      guard case .tuple(let elements) = value else { break }
      precondition(builders.count == elements.count, "tuple of another length")
      for i in builders.indices { builders[i].append(elements[i]) }
      storage = .tuple(builders)
      return
    case .array(var offsets, var builder):
      guard case .array(let elements) = value else { break }
      for element in elements { builder.append(element) }
      offsets.append(builder.count)
      storage = .array(offsets: offsets, elements: builder)
      return
    case .nothing: break
    }
    preconditionFailure("value \(value) in a column of \(type)")
  }

  /// Appends NULL; the type must be nullable (or hold nothing at all).
  public mutating func appendNull() {
    if case .nothing = storage {
      count += 1
      validity?.append(0)
      return
    }
    precondition(type.isNullable, "NULL in a column of \(type)")
    append(Value.defaultValue(of: type.withoutNullable))
    validity?[count - 1] = 0
  }

  /// Appends all rows of a column of the same type.
  public mutating func append(contentsOf part: Column) {
    precondition(part.type.physical == type.physical, "rows of \(part.type) in a column of \(type)")
    if validity != nil {
      validity?.append(contentsOf: part.validity ?? Array(repeating: 1, count: part.count))
    }
    count += part.count
    // Taken out whole: a second reference to the values while they grow would copy them with every part.
    switch taken() {
    case .int8(var v):
      guard case .int8(let more) = part.values else { break }
      v += more
      storage = .int8(v)
      return
    case .int16(var v):
      guard case .int16(let more) = part.values else { break }
      v += more
      storage = .int16(v)
      return
    case .int32(var v):
      guard case .int32(let more) = part.values else { break }
      v += more
      storage = .int32(v)
      return
    case .int64(var v):
      guard case .int64(let more) = part.values else { break }
      v += more
      storage = .int64(v)
      return
    case .uint8(var v):
      guard case .uint8(let more) = part.values else { break }
      v += more
      storage = .uint8(v)
      return
    case .uint16(var v):
      guard case .uint16(let more) = part.values else { break }
      v += more
      storage = .uint16(v)
      return
    case .uint32(var v):
      guard case .uint32(let more) = part.values else { break }
      v += more
      storage = .uint32(v)
      return
    case .uint64(var v):
      guard case .uint64(let more) = part.values else { break }
      v += more
      storage = .uint64(v)
      return
    case .int128(var v):
      guard case .int128(let more) = part.values else { break }
      v += more
      storage = .int128(v)
      return
    case .uint128(var v):
      guard case .uint128(let more) = part.values else { break }
      v += more
      storage = .uint128(v)
      return
    case .float32(var v):
      guard case .float32(let more) = part.values else { break }
      v += more
      storage = .float32(v)
      return
    case .float64(var v):
      guard case .float64(let more) = part.values else { break }
      v += more
      storage = .float64(v)
      return
    case .string(var v):
      guard case .string(let more) = part.values else { break }
      v.append(contentsOf: more)
      storage = .string(v)
      return
    case .codes(var builder):
      guard case .codes(let codes, let dictionary) = part.values else { break }
      builder.append(codes, of: dictionary)
      storage = .codes(builder)
      return
    case .tuple(var builders):
      guard case .tuple(let columns, _) = part.values else { break }
      for i in builders.indices { builders[i].append(contentsOf: columns[i]) }
      storage = .tuple(builders)
      return
    case .array(var offsets, var builder):
      guard case .array(let more) = part.values else { break }
      let base = builder.count
      builder.append(contentsOf: more.elements)
      for end in more.offsets.dropFirst() { offsets.append(base + end) }
      storage = .array(offsets: offsets, elements: builder)
      return
    case .nothing:
      if case .nothing = part.values { return }
    }
    preconditionFailure("rows of \(part.type) in a column of \(type)")
  }

  /// The storage, which is left empty.
  private mutating func taken() -> Storage {
    let taken = storage
    storage = .nothing
    return taken
  }

  /// The column built so far.
  public consuming func finish() -> Column {
    let values: ColumnValues =
      switch storage {
      case .int8(let v): .int8(v)
      case .int16(let v): .int16(v)
      case .int32(let v): .int32(v)
      case .int64(let v): .int64(v)
      case .int128(let v): .int128(v)
      case .uint8(let v): .uint8(v)
      case .uint16(let v): .uint16(v)
      case .uint32(let v): .uint32(v)
      case .uint64(let v): .uint64(v)
      case .uint128(let v): .uint128(v)
      case .float32(let v): .float32(v)
      case .float64(let v): .float64(v)
      case .string(let v): .string(v)
      case .codes(let builder): builder.finish()
      case .tuple(let builders): .tuple(builders.map { $0.finish() }, count: count)
      case .array(let offsets, let builder):
        .array(ArrayValues(offsets: offsets, elements: builder.finish()))
      case .nothing: .nothing(count: count)
      }
    // A nullable column without a NULL needs no marks.
    let marks = validity?.contains(0) == true ? validity : nil
    return Column(type, values, validity: marks)
  }
}

/// Collects codes and the distinct strings behind them, in order of first appearance.
public struct DictionaryBuilder: Sendable {
  private var codes: [UInt32]
  private var values = StringValues()
  private var known: [[UInt8]: UInt32] = [:]
  private var last: UInt32?

  public init(reserving capacity: Int = 0) {
    codes = reserved(capacity)
  }

  /// Appends one string.
  public mutating func append(_ string: ArraySlice<UInt8>) {
    // Runs of one symbol are the rule in market data.
    if let last, values[Int(last)].elementsEqual(string) {
      codes.append(last)
      return
    }
    let code = code(of: string)
    last = code
    codes.append(code)
  }

  private mutating func code(of string: ArraySlice<UInt8>) -> UInt32 {
    let key = Array(string)
    if let code = known[key] { return code }
    let code = UInt32(values.count)
    known[key] = code
    values.append(key)
    return code
  }

  /// Appends codes of another dictionary.
  public mutating func append(_ more: [UInt32], of dictionary: StringDictionary) {
    var translation = [UInt32?](repeating: nil, count: dictionary.count)
    codes.reserveCapacity(codes.count + more.count)
    for code in more {
      if let mapped = translation[Int(code)] {
        codes.append(mapped)
        continue
      }
      let mapped = self.code(of: dictionary.values[Int(code)])
      translation[Int(code)] = mapped
      codes.append(mapped)
    }
  }

  /// Takes the last rows back. Their strings may stay in the dictionary.
  public mutating func removeLast(_ count: Int) { codes.removeLast(count) }

  public consuming func finish() -> ColumnValues {
    .codes(codes, StringDictionary(values))
  }
}

extension Value {
  /// The bits of an integer value; floats and strings have none.
  fileprivate var bits: Int64 {
    switch self {
    case .int(let number): number
    case .uint(let number): Int64(bitPattern: number)
    case .int128(let number): Int64(truncatingIfNeeded: number)
    case .uint128(let number): Int64(truncatingIfNeeded: number)
    default: preconditionFailure("\(self) where an integer belongs")
    }
  }

  /// The 128 bits of an integer value.
  fileprivate var bits128: Int128 {
    switch self {
    case .int(let number): Int128(number)
    case .uint(let number): Int128(number)
    case .int128(let number): number
    case .uint128(let number): Int128(truncatingIfNeeded: number)
    default: preconditionFailure("\(self) where an integer belongs")
    }
  }
}

private func reserved<T>(_ capacity: Int) -> [T] {
  var out: [T] = []
  out.reserveCapacity(capacity)
  return out
}
