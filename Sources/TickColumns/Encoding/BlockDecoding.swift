/// Blocks of one chunk back into a column.
///
/// Invariants:
/// 1. Any bytes give a column that keeps the invariants of `Column`, or an error; never a trap. Codes are
///    below the dictionary's count, Bool is 0 or 1, the type's default lies under every NULL.
/// 2. Memory is bounded by the row counts given (at most 1,024 a block) and the limits of a block.

/// Where a block lies in its chunk, and how many rows it has.
public struct BlockExtent: Hashable, Sendable {
  public var offset: Int
  public var byteCount: Int
  public var rowCount: Int
  /// Rows that are not NULL.
  public var validCount: Int

  public init(offset: Int, byteCount: Int, rowCount: Int, validCount: Int) {
    self.offset = offset
    self.byteCount = byteCount
    self.rowCount = rowCount
    self.validCount = validCount
  }
}

/// Decodes blocks, one after the other, into one column. `dictionary` is needed for low-cardinality types,
/// whose codes index it, and `reference` for blocks that are differences to another column: that one's values in the
/// rows of these blocks.
public func decodeColumn(
  _ type: DataType, blocks: [BlockExtent], of chunk: borrowing RawSpan,
  dictionary: StringDictionary? = nil, reference: Column? = nil
) throws(EncodingError) -> Column {
  for (index, block) in blocks.enumerated() {
    guard block.offset >= 0, block.byteCount >= 0, block.offset <= chunk.byteCount,
      block.byteCount <= chunk.byteCount - block.offset
    else {
      throw EncodingError(
        .tooShort(needed: block.byteCount, available: chunk.byteCount), block: index)
    }
    guard (1...BlockLimits.rowsMax).contains(block.rowCount),
      (0...block.rowCount).contains(block.validCount)
    else {
      throw EncodingError(
        .badCount("\(block.validCount) values in a block of \(block.rowCount) rows"), block: index)
    }
  }
  return unsafe try chunk.withUnsafeBytes { (bytes) throws(EncodingError) -> Column in
    let usable = reference.flatMap {
      type.physical.mayDiffer(from: $0.values.physical) ? $0 : nil
    }
    var source = unsafe BlockSource(blocks, bytes, reference: usable)
    return try decode(type, &source, dictionary)
  }
}

/// Decodes a block that lies inside another one and ends where its last value ends.
func decodeInnerBlock(
  _ type: DataType, rows: Int, from reader: inout BlockReader, rawBytesMax: Int
) throws(EncodingError) -> Column {
  var source = unsafe BlockSource(innerBlockOf: rows, reader.rest, rawBytesMax: rawBytesMax)
  let column = try decode(type, &source, nil)
  _ = unsafe try reader.take(source.consumed)
  return column
}

/// What the values of a block are differences to.
private struct Origins {
  let values: ColumnValues
  let rows: Range<Int>

  /// Integers as numbers of a type that is as wide.
  func integers<Number: FixedWidthInteger>(_ type: Number.Type) -> ArraySlice<Number> {
    wholeNumbers(values, rows, type)
  }

  var doubles: ArraySlice<Double> {
    guard case .float64(let all) = values else {
      preconditionFailure("a reference of another kind")
    }
    return all[rows]
  }
}

/// Rows of a reference as numbers of a type that is as wide. Indices of what comes out mean nothing.
func wholeNumbers<Number: FixedWidthInteger>(
  _ values: ColumnValues, _ rows: Range<Int>, _ type: Number.Type
) -> ArraySlice<Number> {
  func taken<Stored: FixedWidthInteger>(_ all: [Stored]) -> ArraySlice<Number> {
    if let same = all as? [Number] { return same[rows] }
    return all[rows].map { Number(truncatingIfNeeded: $0) }[...]
  }
  return switch values {
  case .int8(let v): taken(v)
  case .int16(let v): taken(v)
  case .int32(let v): taken(v)
  case .int64(let v): taken(v)
  case .uint8(let v): taken(v)
  case .uint16(let v): taken(v)
  case .uint32(let v), .codes(let v, _): taken(v)
  case .uint64(let v): taken(v)
  default: preconditionFailure("a reference of another kind")
  }
}

/// Blocks and the bytes they lie in.
@safe private struct BlockSource {
  let blocks: [BlockExtent]
  /// Of an inner block: it ends where its last value ends, and how many rows are valid it says itself.
  private let isInner: Bool
  private let innerRawBytesMax: Int
  private let bytes: UnsafeRawBufferPointer
  private let reference: Column?
  /// Bytes of an inner block that was read.
  private(set) var consumed = 0

  init(_ blocks: [BlockExtent], _ bytes: UnsafeRawBufferPointer, reference: Column?) {
    self.blocks = blocks
    self.reference = reference
    isInner = false
    innerRawBytesMax = 0
    unsafe self.bytes = unsafe bytes
  }

  init(innerBlockOf rows: Int, _ bytes: UnsafeRawBufferPointer, rawBytesMax: Int) {
    blocks = [BlockExtent(offset: 0, byteCount: bytes.count, rowCount: rows, validCount: 0)]
    isInner = true
    reference = nil
    innerRawBytesMax = rawBytesMax
    unsafe self.bytes = unsafe bytes
  }

  var rowCount: Int { blocks.reduce(0) { $0 + $1.rowCount } }

  /// The reference's values in some rows, none of which is NULL; it must have numbers as wide as these.
  func origins(_ rows: Range<Int>) throws(EncodingError) -> Origins {
    guard let reference, reference.count == rowCount else {
      throw EncodingError(.badFlags(BlockFlags.differences))
    }
    if let validity = reference.validity, validity[rows].contains(0) {
      throw EncodingError(.badValue("differences to a NULL in the reference column"))
    }
    return Origins(values: reference.values, rows: rows)
  }

  func reader(_ block: BlockExtent) -> BlockReader {
    unsafe BlockReader(
      UnsafeRawBufferPointer(rebasing: bytes[block.offset..<block.offset + block.byteCount]))
  }

  /// How many rows of a block must be valid, where that is known.
  func validCount(_ block: BlockExtent) -> Int? { isInner ? nil : block.validCount }

  /// What the block may decode to where its type has no width.
  func rawBytesMax(_ block: BlockExtent) -> Int {
    if isInner { return innerRawBytesMax }
    return block.rowCount == 1 ? BlockLimits.stringBytesMax : BlockLimits.rawBytesMax
  }

  /// Every byte of a block must have been read.
  mutating func close(_ reader: BlockReader) throws(EncodingError) {
    consumed = reader.position
    guard isInner || reader.remaining == 0 else {
      throw EncodingError(.tooLong(left: reader.remaining))
    }
  }
}

private func decode(
  _ type: DataType, _ source: inout BlockSource, _ dictionary: StringDictionary?
) throws(EncodingError) -> Column {
  var validity = ValidityMarks(isNullable: type.isNullable)
  let values: ColumnValues
  switch type.physical {
  case .int8:
    values = .int8(
      try integers(UInt8.self, Int8.self, &source, &validity, null: numberUnderNull(type)))
  case .int16:
    values = .int16(
      try integers(UInt16.self, Int16.self, &source, &validity, null: numberUnderNull(type)))
  case .int32:
    values = .int32(
      try integers(UInt32.self, Int32.self, &source, &validity, null: numberUnderNull(type)))
  case .int64:
    values = .int64(try integers(UInt64.self, Int64.self, &source, &validity))
  case .uint8:
    let numbers = try integers(UInt8.self, UInt8.self, &source, &validity)
    if type.withoutNullable == .bool { try checkBooleans(numbers) }
    values = .uint8(numbers)
  case .uint16:
    values = .uint16(try integers(UInt16.self, UInt16.self, &source, &validity))
  case .uint32:
    values = .uint32(try integers(UInt32.self, UInt32.self, &source, &validity))
  case .uint64:
    values = .uint64(try integers(UInt64.self, UInt64.self, &source, &validity))
  case .int128: values = .int128(try wides(Int128.self, &source, &validity))
  case .uint128: values = .uint128(try wides(UInt128.self, &source, &validity))
  case .float32: values = .float32(try floats(Float.self, &source, &validity))
  case .float64: values = .float64(try floats(Double.self, &source, &validity))
  case .codes:
    guard let dictionary else { throw EncodingError(.badValue("codes without a dictionary")) }
    let codes = try integers(UInt32.self, UInt32.self, &source, &validity)
    try checkCodes(codes, below: dictionary.count)
    values = .codes(codes, dictionary)
  case .string: values = .string(try strings(StringShape(type), &source, &validity))
  case .array, .tuple: return try nested(type, &source)
  case .nothing:
    throw EncodingError(.badValue("values of type \(type) are not stored"))
  }
  return Column(type, values, validity: validity.finish(rowCount: values.count))
}

/// What lies under a NULL in a column that was built: not zero for an enum and a Date32.
private func numberUnderNull<Number: FixedWidthInteger>(_ type: DataType) -> Number {
  guard case .int(let number) = Value.defaultValue(of: type.withoutNullable) else { return 0 }
  return Number(truncatingIfNeeded: number)
}

/// Decodes integers as bit patterns into memory of their own type.
private func integers<Pattern: BitPattern, Number: FixedWidthInteger>(
  _ pattern: Pattern.Type, _ number: Number.Type, _ source: inout BlockSource,
  _ validity: inout ValidityMarks, null: Number = 0
) throws(EncodingError) -> [Number] {
  unsafe try fixedWidth(null, &source, &validity) {
    (reader, count, out, origins) throws(EncodingError) in
    try unsafe out.withMemoryRebound(to: Pattern.self, capacity: count) {
      (patterns) throws(EncodingError) in
      unsafe try decodeIntegers(&reader, count: count, into: patterns, depth: 1)
    }
    if let origins = origins?.integers(Number.self) {
      let first = origins.startIndex
      for i in 0..<count { unsafe out[i] &+= origins[first + i] }
    }
  }
}

private func wides<Number: FixedWidthInteger>(
  _ number: Number.Type, _ source: inout BlockSource, _ validity: inout ValidityMarks
) throws(EncodingError) -> [Number] {
  unsafe try fixedWidth(0, &source, &validity) {
    (reader, count, out, origins) throws(EncodingError) in
    guard origins == nil else { throw EncodingError(.badFlags(BlockFlags.differences)) }
    try unsafe out.withMemoryRebound(to: UInt128.self, capacity: count) {
      (patterns) throws(EncodingError) in
      unsafe try decodeWide(&reader, count: count, into: patterns, depth: 1)
    }
  }
}

private func floats<Number: StoredFloat>(
  _ number: Number.Type, _ source: inout BlockSource, _ validity: inout ValidityMarks
) throws(EncodingError) -> [Number] {
  unsafe try fixedWidth(0, &source, &validity) {
    (reader, count, out, origins) throws(EncodingError) in
    guard let origins else {
      unsafe try decodeFloats(&reader, count: count, into: out, depth: 1)
      return
    }
    let id = try reader.encodingID()
    guard id == .scaledDecimal else { throw EncodingError(.unknownEncoding(id.rawValue)) }
    unsafe try decodeDecimals(
      &reader, count: count, into: out, depth: 1, origins: origins.doubles)
  }
}

private func nested(
  _ type: DataType, _ source: inout BlockSource
) throws(EncodingError) -> Column {
  let sink = NestedSink(type)
  for (index, block) in source.blocks.enumerated() {
    do throws(EncodingError) {
      guard block.validCount == block.rowCount else {
        throw EncodingError(
          .badCount("\(block.validCount) values in \(block.rowCount) rows of \(type)"))
      }
      var reader = source.reader(block)
      var budget = source.rawBytesMax(block)
      try sink.append(rows: block.rowCount, from: &reader, budget: &budget)
      try source.close(reader)
    } catch {
      throw EncodingError(error.reason, block: index)
    }
  }
  return sink.finish()
}

/// One array for all blocks, each decoded into its place. NULLs are spread after the block's values.
@inline(__always)
private func fixedWidth<Element>(
  _ null: Element, _ source: inout BlockSource, _ validity: inout ValidityMarks,
  _ decodeStream: (
    inout BlockReader, Int, UnsafeMutablePointer<Element>, Origins?
  ) throws(EncodingError) -> Void
) throws(EncodingError) -> [Element] {
  let rowCount = source.rowCount
  guard rowCount > 0 else { return [] }
  return unsafe try [Element](unsafeUninitializedCapacity: rowCount) {
    (buffer, initialized) throws(EncodingError) in
    guard let base = buffer.baseAddress else { return }
    var row = 0
    for (index, block) in source.blocks.enumerated() {
      do throws(EncodingError) {
        var reader = source.reader(block)
        let place = unsafe base + row
        let (marks, validCount) = try validity.read(
          &reader, rowCount: block.rowCount, validCount: source.validCount(block), firstRow: row)
        if validity.isDifferences {
          let origins = try source.origins(row..<row + block.rowCount)
          unsafe try decodeStream(&reader, validCount, place, origins)
        } else if validCount > 0 {
          unsafe try decodeStream(&reader, validCount, place, nil)
        }
        try source.close(reader)
        if let marks {
          // From the back, so that no value is overwritten before it has moved.
          var from = validCount
          for i in stride(from: block.rowCount - 1, through: 0, by: -1) {
            if marks[i] == 0 {
              unsafe place[i] = null
            } else {
              from -= 1
              unsafe place[i] = place[from]
            }
          }
        }
      } catch {
        throw EncodingError(error.reason, block: index)
      }
      row += block.rowCount
    }
    initialized = rowCount
  }
}

private func strings(
  _ shape: StringShape, _ source: inout BlockSource, _ validity: inout ValidityMarks
) throws(EncodingError) -> StringValues {
  var sink = StringSink()
  var row = 0
  for (index, block) in source.blocks.enumerated() {
    do throws(EncodingError) {
      var reader = source.reader(block)
      let (marks, validCount) = try validity.read(
        &reader, rowCount: block.rowCount, validCount: source.validCount(block), firstRow: row)
      guard !validity.isDifferences else {
        throw EncodingError(.badFlags(BlockFlags.differences))
      }
      let rawBytesMax = source.rawBytesMax(block)
      if case .fixed(let width) = shape, block.rowCount * width > rawBytesMax {
        throw EncodingError(.tooLarge(bytes: block.rowCount * width))
      }
      let firstByte = sink.bytes.count
      if validCount > 0 {
        try decodeStrings(
          &reader, shape, count: validCount, into: &sink, rawBytesMax: rawBytesMax, depth: 1)
      }
      try source.close(reader)
      if let marks { spreadStrings(marks, shape, &sink, firstRow: row, firstByte: firstByte) }
    } catch {
      throw EncodingError(error.reason, block: index)
    }
    row += block.rowCount
  }
  return StringValues(offsets: sink.offsets, bytes: sink.bytes)
}

/// Puts what lies under a NULL between the strings of a block: nothing, or zeros of the type's width.
private func spreadStrings(
  _ marks: [UInt8], _ shape: StringShape, _ sink: inout StringSink, firstRow: Int, firstByte: Int
) {
  let ends = Array(sink.offsets[(firstRow + 1)...])
  sink.offsets.removeLast(ends.count)
  var next = 0
  switch shape {
  case .free:
    // A NULL ends where the string before it ends.
    var previous = sink.offsets[firstRow]
    for mark in marks {
      if mark != 0 {
        previous = ends[next]
        next += 1
      }
      sink.offsets.append(previous)
    }
  case .fixed(let width):
    let valid = Array(sink.bytes[firstByte...])
    sink.bytes.removeLast(valid.count)
    sink.bytes.reserveCapacity(firstByte + marks.count * width)
    for mark in marks {
      if mark != 0 {
        sink.bytes += valid[next * width..<(next + 1) * width]
        next += 1
      } else {
        sink.bytes.append(contentsOf: repeatElement(0, count: width))
      }
      sink.offsets.append(sink.bytes.count)
    }
  }
}

/// The validity of a column, made only when a NULL turns up.
private struct ValidityMarks {
  let isNullable: Bool
  /// The block that was read last says differences to a reference.
  private(set) var isDifferences = false
  private var marks: [UInt8] = []

  init(isNullable: Bool) {
    self.isNullable = isNullable
  }

  /// Reads a block's flags and bitmap. Gives the marks of its rows, or nil when none is NULL, and how many are
  /// valid: as many as `validCount` says, if it does.
  mutating func read(
    _ reader: inout BlockReader, rowCount: Int, validCount: Int?, firstRow: Int
  ) throws(EncodingError) -> (marks: [UInt8]?, validCount: Int) {
    var flags = try reader.number(UInt8.self)
    isDifferences = flags == BlockFlags.differences
    if isDifferences { flags = 0 }
    guard flags <= 2, flags == 0 || isNullable else { throw EncodingError(.badFlags(flags)) }
    var rows = [UInt8](repeating: flags == 2 ? 0 : 1, count: flags == 0 ? 0 : rowCount)
    var valid = flags == 0 ? rowCount : 0
    if flags == 1 {
      let byteCount = (rowCount + 7) / 8
      let address = unsafe try reader.take(byteCount)
      for i in 0..<rowCount {
        let bit = unsafe address.load(fromByteOffset: i >> 3, as: UInt8.self) >> UInt8(i & 7) & 1
        rows[i] = bit
        valid += Int(bit)
      }
      let spare = rowCount & 7
      if spare != 0,
        unsafe address.load(fromByteOffset: byteCount - 1, as: UInt8.self) >> spare != 0
      {
        throw EncodingError(.badValue("validity bits past the last row"))
      }
    }
    guard valid == validCount ?? valid else {
      throw EncodingError(
        .badCount("\(valid) values that are not NULL where \(validCount ?? 0) are expected"))
    }
    guard valid < rowCount else { return (nil, valid) }
    marks.append(contentsOf: repeatElement(1, count: firstRow - marks.count))
    marks += rows
    return (rows, valid)
  }

  consuming func finish(rowCount: Int) -> [UInt8]? {
    if marks.isEmpty { return nil }
    marks.append(contentsOf: repeatElement(1, count: rowCount - marks.count))
    return marks
  }
}

func checkBooleans(_ numbers: [UInt8]) throws(EncodingError) {
  var all: UInt8 = 0
  for number in numbers { all |= number }
  if all > 1 { throw EncodingError(.badValue("a Bool that is neither 0 nor 1")) }
}

func checkCodes(_ codes: [UInt32], below count: Int) throws(EncodingError) {
  var largest: UInt32 = 0
  for code in codes { largest = max(largest, code) }
  guard codes.isEmpty || Int(largest) < count else {
    throw EncodingError(.badValue("code \(largest) in a dictionary of \(count) entries"))
  }
}
