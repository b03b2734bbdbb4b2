/// Hash functions with ClickHouse's numbers.
///
/// Several arguments, and the elements of a tuple, are hashed one after the other and combined pairwise; of an array its
/// length first. A number is hashed as its bytes in its own width; cityHash64 and farmHash64 take intHash64 of one of up to
/// 64 bits instead, except of a DateTime64 or a decimal.
import TickColumns
import TickFormats

/// A hash of bytes, as a type: the loops over it are generic.
protocol ByteHash: SendableMetatype {
  associatedtype Word: ColumnInteger & UnsignedInteger
  static var name: String { get }
  /// Numbers of up to 64 bits are hashed by intHash64.
  static var hashesIntegers: Bool { get }
  /// False where this machine lacks what the hash needs.
  static var isThere: Bool { get }
  static func hash(_ bytes: ArraySlice<UInt8>) -> Word
  static func combined(_ a: Word, _ b: Word) -> Word
}

private enum XXHash64: ByteHash {
  static let name = "xxHash64"
  static let hashesIntegers = false
  static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 { xxh64(bytes) }
  static func combined(_ a: UInt64, _ b: UInt64) -> UInt64 { CityHash.combined(a, b) }
}

private enum XXHash32: ByteHash {
  static let name = "xxHash32"
  static let hashesIntegers = false
  static func hash(_ bytes: ArraySlice<UInt8>) -> UInt32 { xxh32(bytes) }
  static func combined(_ a: UInt32, _ b: UInt32) -> UInt32 { IntegerHash.hash32(UInt64(a)) ^ b }
}

/// The first half of MD5, the first byte the highest.
private enum HalfMD5: ByteHash {
  static let name = "halfMD5"
  static let hashesIntegers = false
  /// A library under FIPS rules has no MD5.
  static var isThere: Bool { MessageDigest.md5.digest(of: []) != nil }
  static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    guard let digest = MessageDigest.md5.digest(of: bytes) else { return 0 }
    return load64(digest[...], 0).byteSwapped
  }
  static func combined(_ a: UInt64, _ b: UInt64) -> UInt64 {
    hash((a.littleEndianBytes + b.littleEndianBytes)[...])
  }
}

extension ByteHash {
  static var isThere: Bool { true }
}

extension FunctionTable {
  static let hashes: [ScalarFunction] = [
    hash(CityHash.self, .uint64), hash(SipHash.self, .uint64), hash(XXHash64.self, .uint64),
    hash(XXHash32.self, .uint32), hash(MurmurHash64.self, .uint64),
    hash(MurmurHash32.self, .uint32), hash(HalfMD5.self, .uint64), hash(FarmHash.self, .uint64),
    ScalarFunction(
      "intHash64", .hash, arguments: "n", result: "UInt64",
      summary: "A quick hash of a whole number, date or time.", arity: 1...1
    ) { (call) throws(SQLError) in
      try checkHashedNumber(call)
      return .kernel(.uint64) { input in
        .column(
          .uint64,
          input.operands[0].integers(UInt64.self).map(rows: input.rows) {
            IntegerHash.hash64($0)
          })
      }
    },
    ScalarFunction(
      "intHash32", .hash, arguments: "n", result: "UInt32",
      summary: "A quick hash of a whole number, date or time, 32 bits.", arity: 1...1
    ) { (call) throws(SQLError) in
      try checkHashedNumber(call)
      return .kernel(.uint32) { input in
        .column(
          .uint32,
          input.operands[0].integers(UInt64.self).map(rows: input.rows) {
            IntegerHash.hash32($0)
          })
      }
    },
    code(
      "CRC32", .uint32, "The check sum of zlib.",
      CyclicCode<UInt32>(polynomial: 0xEDB8_8320, mask: .max)),
    code(
      "CRC32IEEE", .uint32, "CRC32 that begins with zeros.",
      CyclicCode<UInt32>(polynomial: 0xEDB8_8320, mask: 0)),
    code(
      "CRC64", .uint64, "The 64-bit check sum of ECMA-182.",
      CyclicCode<UInt64>(polynomial: 0xC96C_5795_D787_0F42, mask: 0)),
  ]

  private static func checkHashedNumber(_ call: FunctionBinding) throws(SQLError) {
    let type = call.types[0]
    guard type.isInteger || type == .bool || type.isDateOrTime else {
      throw call.illegal(0, "a whole number, a date or a time")
    }
  }

  private static func code<Word: ColumnInteger & UnsignedInteger>(
    _ name: String, _ type: DataType, _ summary: String, _ code: CyclicCode<Word>
  ) -> ScalarFunction {
    ScalarFunction(
      name, .hash, arguments: "s", result: type.description, summary: summary, arity: 1...1,
      anyCase: true
    ) { (call) throws(SQLError) in
      try checkText(call, 0..<1)
      return .kernel(type) { input in
        let strings = input.operands[0].strings
        var out = [Word](repeating: 0, count: input.rows)
        for row in 0..<input.rows { out[row] = code.remainder(strings[row]) }
        return .column(type, out)
      }
    }
  }

  private static func hash<H: ByteHash>(_ hash: H.Type, _ type: DataType) -> ScalarFunction {
    ScalarFunction(
      H.name, .hash, arguments: "a, ...", result: type.description,
      summary: "The hash \(H.name) of the arguments.", arity: 1...Int.max, traits: .exactTypes
    ) { (call) throws(SQLError) in
      for (i, argument) in call.types.enumerated() where !hasHash(argument) {
        throw SQLError(
          .notImplemented, "\(H.name) of \(argument) is not supported yet",
          at: call.arguments[i].position ?? call.position)
      }
      guard H.isThere else {
        throw SQLError(
          .notImplemented, "This machine's OpenSSL has no MD5 for \(H.name)", at: call.position)
      }
      return .kernel(type) { input in
        var out: [H.Word]?
        for operand in input.operands { add(operand.column(rows: input.rows), H.self, &out) }
        return .column(type, out ?? [])
      }
    }
  }

  private static func hasHash(_ type: DataType) -> Bool {
    switch type.withoutLowCardinality {
    case .tuple(let elements):
      !elements.isEmpty && elements.allSatisfy { !$0.type.isNullable && hasHash($0.type) }
    case .array(let element):
      element == .nothing || !element.isNullable && hasHash(element)
    case .map(let key, let value): !value.isNullable && hasHash(key) && hasHash(value)
    case .int8, .int16, .int32, .int64, .int128, .uint8, .uint16, .uint32, .uint64, .uint128,
      .float32, .float64, .bool, .string, .fixedString, .enum8, .enum16, .date, .date32, .dateTime,
      .dateTime64, .interval, .decimal, .uuid, .ipv4, .ipv6:
      true
    default: false
    }
  }

  /// Hashes a column, and combines each row with what is there already.
  private static func add<H: ByteHash>(
    _ column: Column, _ hash: H.Type, _ out: inout [H.Word]?
  ) {
    switch column.values {
    case .tuple(let elements, _):
      for element in elements { add(element, hash, &out) }
    case .array(let arrays): add(arrays, hash, &out)
    default:
      let hashes = words(column, hash)
      guard let before = out else {
        out = hashes
        return
      }
      var combined = before
      for row in combined.indices { combined[row] = H.combined(before[row], hashes[row]) }
      out = combined
    }
  }

  /// The length of each array, and then its elements.
  private static func add<H: ByteHash>(
    _ arrays: ArrayValues, _ hash: H.Type, _ out: inout [H.Word]?
  ) {
    var elements: [H.Word]?
    if arrays.elements.count > 0 { add(arrays.elements.expandingCodes(), hash, &elements) }
    var words = out ?? []
    for row in 0..<arrays.count {
      let range = arrays.range(at: row)
      let length = UInt64(range.count)
      let first = H.Word(
        truncatingIfNeeded: H.Word.bitWidth == 64
          ? IntegerHash.hash64(length) : UInt64(IntegerHash.hash32(length)))
      var word = out == nil ? first : H.combined(words[row], first)
      if let elements { for place in range { word = H.combined(word, elements[place]) } }
      if out == nil { words.append(word) } else { words[row] = word }
    }
    out = words
  }

  private static func words<H: ByteHash>(_ column: Column, _ hash: H.Type) -> [H.Word] {
    if column.type.isDecimal { return cells(column.binaryBytes, hash) }
    switch column.values {
    case .int8(let v): return numbers(v, UInt8.self, hash)
    case .int16(let v): return numbers(v, UInt16.self, hash)
    case .int32(let v): return numbers(v, UInt32.self, hash)
    case .int64(let v):
      if case .dateTime64 = column.type {
        return numbers(v, UInt64.self, hash, isInteger: false)
      }
      return numbers(v, UInt64.self, hash)
    case .uint8(let v): return numbers(v, UInt8.self, hash)
    case .uint16(let v): return numbers(v, UInt16.self, hash)
    case .uint32(let v): return numbers(v, UInt32.self, hash)
    case .uint64(let v): return numbers(v, UInt64.self, hash)
    case .float32(let v): return numbers(v.map(\.bitPattern), UInt32.self, hash)
    case .float64(let v): return numbers(v.map(\.bitPattern), UInt64.self, hash)
    case .string(let v) where column.type == .string || column.type.isFixedString:
      return cells(v, hash)
    case .codes(let codes, let dictionary):
      // Each entry of the dictionary once.
      let entries = cells(dictionary.values, hash)
      return codes.map { entries[Int($0)] }
    default:
      // Numbers of 128 bits, UUIDs and addresses, as they lie in memory.
      return cells(column.binaryBytes, hash)
    }
  }

  private static func cells<H: ByteHash>(_ cells: StringValues, _ hash: H.Type) -> [H.Word] {
    var out: [H.Word] = []
    out.reserveCapacity(cells.count)
    for row in 0..<cells.count { out.append(H.hash(cells[row])) }
    return out
  }

  private static func numbers<T: FixedWidthInteger, Bits: FixedWidthInteger, H: ByteHash>(
    _ values: [T], _ bits: Bits.Type, _ hash: H.Type, isInteger: Bool = H.hashesIntegers
  ) -> [H.Word] {
    var out = [H.Word](repeating: 0, count: values.count)
    if isInteger {
      for row in values.indices {
        let pattern = UInt64(Bits(truncatingIfNeeded: values[row]))
        out[row] = H.Word(truncatingIfNeeded: IntegerHash.hash64(pattern))
      }
      return out
    }
    // One column's bytes back to back, so that no row is an array of its own.
    let width = Bits.bitWidth / 8
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * width)
    for value in values {
      let pattern = Bits(truncatingIfNeeded: value)
      for i in 0..<width { bytes.append(UInt8(truncatingIfNeeded: pattern &>> Bits(8 * i))) }
    }
    for row in values.indices { out[row] = H.hash(bytes[row * width..<(row + 1) * width]) }
    return out
  }
}

extension Column {
  /// What RowBinary writes for each value.
  fileprivate var binaryBytes: StringValues { StateWriter.cells(self) }
}
