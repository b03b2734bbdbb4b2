/// Cold chunks back into columns.
///
/// Invariants:
/// 1. Any bytes give a column that keeps the invariants of `Column`, or an error; never a trap.
/// 2. Memory is bounded by the row count: every lane says how many bytes it gives, and the row count bounds that.

/// The column of a chunk with so many rows. `reference` holds all rows of the column that the values may be differences to.
public func decodeColdChunk(
  _ type: DataType, rows: Int, of chunk: borrowing RawSpan, dictionary: StringDictionary? = nil,
  reference: Column? = nil, _ compression: LaneCompression
) throws(EncodingError) -> Column {
  guard (1...BlockLimits.chunkRowsMax).contains(rows) else {
    throw EncodingError(.badCount("\(rows) rows in a chunk"))
  }
  return unsafe try chunk.withUnsafeBytes { (bytes) throws(EncodingError) -> Column in
    var source = unsafe ColdSource(
      reader: BlockReader(bytes), rows: rows, compression: compression)
    source.flags = try source.reader.number(UInt8.self)
    guard source.flags & ~ColdFlags.known == 0 else {
      throw EncodingError(.badFlags(source.flags))
    }
    if source.flags & ColdFlags.differences != 0 {
      guard let reference, reference.count == rows,
        type.physical.mayDiffer(from: reference.values.physical)
      else { throw EncodingError(.badValue("differences without a reference")) }
      if reference.validity?.contains(0) == true {
        throw EncodingError(.badValue("differences to a NULL in the reference column"))
      }
      source.reference = reference.values
    }
    let values = try columnValues(type, &source, dictionary)
    guard source.reader.remaining == 0 else {
      throw EncodingError(.tooLong(left: source.reader.remaining))
    }
    return Column(type, values)
  }
}

@safe private struct ColdSource {
  var reader: BlockReader
  let rows: Int
  let compression: LaneCompression
  var flags: UInt8 = 0
  var reference: ColumnValues?

  init(reader: BlockReader, rows: Int, compression: LaneCompression) {
    self.reader = reader
    self.rows = rows
    self.compression = compression
  }

  /// The next lane, which gives so many bytes.
  mutating func lane(_ count: Int) throws(EncodingError) -> [UInt8] {
    let stored = Int(try reader.number(UInt32.self))
    guard stored <= count else {
      throw EncodingError(.badCount("\(stored) bytes of a lane where 0 to \(count) can be"))
    }
    let bytes = unsafe Array(
      UnsafeRawBufferPointer(start: try reader.take(stored), count: stored))
    if stored == count { return bytes }
    guard let out = compression.unpack(bytes, count), out.count == count else {
      throw EncodingError(.badValue("a lane does not unpack to \(count) bytes"))
    }
    return out
  }

  /// Numbers as tokens and bits, into memory that has room for them.
  mutating func tokens(
    _ count: Int, into out: UnsafeMutablePointer<UInt64>
  ) throws(EncodingError) {
    let tokens = try lane(count)
    let bitCount = Tokens.bitCount(tokens)
    let byteCount = (bitCount + 7) / 8
    let bytes = unsafe UnsafeRawBufferPointer(start: try reader.take(byteCount), count: byteCount)
    if let last = unsafe bytes.last, bitCount & 7 != 0, last >> UInt8(bitCount & 7) != 0 {
      throw EncodingError(.badValue("bits past the last number"))
    }
    var bits: [UInt8] = []
    bits.reserveCapacity(byteCount + Tokens.padding)
    unsafe bits.append(contentsOf: bytes)
    bits.append(contentsOf: repeatElement(0, count: Tokens.padding))
    unsafe Tokens.read(tokens, bits, into: out)
  }

  /// Entries and codes.
  private mutating func dictionary(
    _ count: Int, into out: UnsafeMutablePointer<UInt64>
  ) throws(EncodingError) {
    let entryCount = try reader.count(
      1...min(count, BlockLimits.coldEntriesMax), of: "dictionary entries")
    var entries = [UInt64](repeating: 0, count: entryCount)
    unsafe try entries.withMutablePointer { (pointer) throws(EncodingError) in
      unsafe try tokens(entryCount, into: pointer)
    }
    let low = try lane(count)
    let high = entryCount > 256 ? try lane(count) : []
    for i in 0..<count {
      let code = Int(low[i]) | (high.isEmpty ? 0 : Int(high[i]) << 8)
      guard code < entryCount else {
        throw EncodingError(.badValue("code \(code) in a dictionary of \(entryCount) entries"))
      }
      unsafe out[i] = entries[code]
    }
  }

  /// What follows the head: `rows` numbers modulo 2^64, before the reference is added.
  mutating func numbers(
    lag: Int, into out: UnsafeMutablePointer<UInt64>
  ) throws(EncodingError) {
    let scale = try reader.shortNumber(UInt64.self)
    let remainder = try reader.shortNumber(UInt64.self)
    var marks: [UInt8] = []
    var count = rows
    if flags & ColdFlags.repeats != 0 {
      guard rows >= 2 else { throw EncodingError(.badCount("repeats of one value")) }
      marks = try lane((rows + 6) / 8)
      let spare = (rows - 1) & 7
      guard spare == 0 || marks[marks.count - 1] >> UInt8(spare) == 0 else {
        throw EncodingError(.badValue("marks of repeats past the last value"))
      }
      count = marks.reduce(1) { $0 + $1.nonzeroBitCount }
    }
    if flags & ColdFlags.dictionary != 0 {
      unsafe try dictionary(count, into: out)
    } else {
      unsafe try tokens(count, into: out)
    }
    if flags & ColdFlags.folded != 0 {
      for i in 0..<count {
        let folded = unsafe out[i]
        unsafe out[i] = folded &>> 1 ^ (0 &- (folded & 1))
      }
    }
    if scale != 1 || remainder != 0 {
      for i in 0..<count { unsafe out[i] = out[i] &* scale &+ remainder }
    }
    if lag == 1 {
      var sum: UInt64 = 0
      for i in 0..<count {
        sum = unsafe sum &+ out[i]
        unsafe out[i] = sum
      }
    } else if lag > 1, lag < count {
      for i in lag..<count { unsafe out[i] &+= out[i &- lag] }
    }
    guard !marks.isEmpty else { return }
    // From the back, so that no value is overwritten before it has moved.
    var from = count - 1
    for i in stride(from: rows - 1, to: 0, by: -1) {
      unsafe out[i] = out[from]
      from &-= Int(marks[(i &- 1) >> 3] >> UInt8((i &- 1) & 7) & 1)
    }
  }

  mutating func lag() throws(EncodingError) -> Int {
    let lag = Int(try reader.number(UInt8.self))
    guard lag <= BlockLimits.lagMax else { throw EncodingError(.badCount("a lag of \(lag)")) }
    return lag
  }
}

private func columnValues(
  _ type: DataType, _ source: inout ColdSource, _ dictionary: StringDictionary?
) throws(EncodingError) -> ColumnValues {
  switch type.physical {
  case .int8: return .int8(try integers(Int8.self, &source))
  case .int16: return .int16(try integers(Int16.self, &source))
  case .int32: return .int32(try integers(Int32.self, &source))
  case .int64: return .int64(try integers(Int64.self, &source))
  case .uint8:
    let numbers = try integers(UInt8.self, &source)
    if type.withoutNullable == .bool { try checkBooleans(numbers) }
    return .uint8(numbers)
  case .uint16: return .uint16(try integers(UInt16.self, &source))
  case .uint32: return .uint32(try integers(UInt32.self, &source))
  case .uint64: return .uint64(try integers(UInt64.self, &source))
  case .codes:
    guard let dictionary else { throw EncodingError(.badValue("codes without a dictionary")) }
    let codes = try integers(UInt32.self, &source)
    try checkCodes(codes, below: dictionary.count)
    return .codes(codes, dictionary)
  case .float32: return .float32(try decimals(Float.self, &source))
  case .float64: return .float64(try decimals(Double.self, &source))
  case .string, .int128, .uint128, .array, .tuple, .nothing:
    throw EncodingError(.badValue("values of type \(type) in a cold chunk"))
  }
}

private func integers<Number: FixedWidthInteger & BitwiseCopyable>(
  _ number: Number.Type, _ source: inout ColdSource
) throws(EncodingError) -> [Number] {
  let rows = source.rows
  let lag = try source.lag()
  let origins = source.reference.map { wholeNumbers($0, 0..<rows, Number.self) }
  var out = try numbers(&source, lag, Number.self)
  // A slice of all rows counts from 0.
  if let origins { for i in 0..<rows { out[i] &+= origins[i] } }
  return out
}

/// The numbers of a chunk as those of a type.
private func numbers<Number: FixedWidthInteger & BitwiseCopyable>(
  _ source: inout ColdSource, _ lag: Int, _ number: Number.Type
) throws(EncodingError) -> [Number] {
  let rows = source.rows
  if Number.bitWidth == 64 {
    return unsafe try [Number](unsafeUninitializedCapacity: rows) {
      (buffer, initialized) throws(EncodingError) in
      guard let base = buffer.baseAddress else { return }
      try unsafe base.withMemoryRebound(to: UInt64.self, capacity: rows) {
        (wide) throws(EncodingError) in
        unsafe try source.numbers(lag: lag, into: wide)
      }
      initialized = rows
    }
  }
  var wide = [UInt64](repeating: 0, count: rows)
  unsafe try wide.withMutablePointer { (pointer) throws(EncodingError) in
    unsafe try source.numbers(lag: lag, into: pointer)
  }
  return wide.map { Number(truncatingIfNeeded: $0) }
}

private func decimals<Number: StoredFloat>(
  _ number: Number.Type, _ source: inout ColdSource
) throws(EncodingError) -> [Number] {
  let rows = source.rows
  let lag = try source.lag()
  let exponent = Int(try source.reader.number(UInt8.self))
  guard exponent <= BlockLimits.decimalExponentMax else {
    throw EncodingError(.badValue("decimal exponent \(exponent)"))
  }
  let power = decimalPowers[exponent]
  let exceptions = try source.reader.count(0...min(rows, Int(UInt16.max)), of: "exceptions")
  let positions = try source.reader.positions(exceptions, below: rows)
  var kept: [Number] = []
  for _ in positions {
    kept.append(Number(bitPattern: try source.reader.number(Number.Pattern.self)))
  }
  var patterns = try numbers(&source, lag, Number.Pattern.self)
  if case .float64(let origins)? = source.reference {
    for i in 0..<rows {
      patterns[i] &+= Number.Pattern(truncatingIfNeeded: referenceWholeNumber(origins[i], power))
    }
  }
  var out = unsafe [Number](unsafeUninitializedCapacity: rows) { buffer, initialized in
    guard let base = buffer.baseAddress else { return }
    for i in 0..<rows { unsafe (base + i).initialize(to: Number(bitPattern: patterns[i])) }
    unsafe Number.divide(base, count: rows, by: power)
    initialized = rows
  }
  for (position, value) in zip(positions, kept) { out[Int(position)] = value }
  return out
}
