/// Blocks of one chunk back into a column.
///
/// Invariants:
/// 1. Any bytes give a column that keeps the invariants of `Column`, or an error; never a trap. Codes are
///    below the dictionary's count, Bool is 0 or 1, zero lies under every NULL.
/// 2. Memory is bounded by the row counts given (at most 1,024 a block) and the limit of text per block.

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
/// whose codes index it.
public func decodeColumn(
  _ type: DataType, blocks: [BlockExtent], of chunk: borrowing RawSpan,
  dictionary: StringDictionary? = nil
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
    unsafe try decode(type, blocks, bytes, dictionary)
  }
}

private func decode(
  _ type: DataType, _ blocks: [BlockExtent], _ bytes: UnsafeRawBufferPointer,
  _ dictionary: StringDictionary?
) throws(EncodingError) -> Column {
  var validity = ValidityMarks(isNullable: type.isNullable)
  let values: ColumnValues
  switch type.physical {
  case .int8: values = .int8(unsafe try integers(UInt8.self, Int8.self, blocks, bytes, &validity))
  case .int16:
    values = .int16(unsafe try integers(UInt16.self, Int16.self, blocks, bytes, &validity))
  case .int32:
    values = .int32(unsafe try integers(UInt32.self, Int32.self, blocks, bytes, &validity))
  case .int64:
    values = .int64(unsafe try integers(UInt64.self, Int64.self, blocks, bytes, &validity))
  case .uint8:
    let numbers = unsafe try integers(UInt8.self, UInt8.self, blocks, bytes, &validity)
    if type.withoutNullable == .bool { try checkBooleans(numbers) }
    values = .uint8(numbers)
  case .uint16:
    values = .uint16(unsafe try integers(UInt16.self, UInt16.self, blocks, bytes, &validity))
  case .uint32:
    values = .uint32(unsafe try integers(UInt32.self, UInt32.self, blocks, bytes, &validity))
  case .uint64:
    values = .uint64(unsafe try integers(UInt64.self, UInt64.self, blocks, bytes, &validity))
  case .float64:
    let doubles = unsafe try fixedWidth(Double.self, blocks, bytes, &validity) {
      (reader, count, out) throws(EncodingError) in
      unsafe try decodeDoubles(&reader, count: count, into: out, depth: 1)
    }
    values = .float64(doubles)
  case .codes:
    guard let dictionary else { throw EncodingError(.badValue("codes without a dictionary")) }
    let codes = unsafe try integers(UInt32.self, UInt32.self, blocks, bytes, &validity)
    try checkCodes(codes, below: dictionary.count)
    values = .codes(codes, dictionary)
  case .string: values = .string(unsafe try strings(blocks, bytes, &validity))
  case .int128, .uint128, .float32, .array, .tuple, .nothing:
    throw EncodingError(.badValue("values of type \(type) are not stored"))
  }
  return Column(type, values, validity: validity.finish(rowCount: values.count))
}

/// Decodes integers as bit patterns into memory of their own type.
private func integers<Pattern: BitPattern, Number: FixedWidthInteger>(
  _ pattern: Pattern.Type, _ number: Number.Type, _ blocks: [BlockExtent],
  _ bytes: UnsafeRawBufferPointer, _ validity: inout ValidityMarks
) throws(EncodingError) -> [Number] {
  unsafe try fixedWidth(Number.self, blocks, bytes, &validity) {
    (reader, count, out) throws(EncodingError) in
    try unsafe out.withMemoryRebound(to: Pattern.self, capacity: count) {
      (patterns) throws(EncodingError) in
      unsafe try decodeIntegers(&reader, count: count, into: patterns, depth: 1)
    }
  }
}

/// One array for all blocks, each decoded into its place. NULLs are spread after the block's values.
@inline(__always)
private func fixedWidth<Element>(
  _ element: Element.Type, _ blocks: [BlockExtent], _ bytes: UnsafeRawBufferPointer,
  _ validity: inout ValidityMarks,
  _ decodeStream: (inout BlockReader, Int, UnsafeMutablePointer<Element>) throws(EncodingError) ->
    Void
) throws(EncodingError) -> [Element] where Element: Numeric {
  let rowCount = blocks.reduce(0) { $0 + $1.rowCount }
  guard rowCount > 0 else { return [] }
  return unsafe try [Element](unsafeUninitializedCapacity: rowCount) {
    (buffer, initialized) throws(EncodingError) in
    guard let base = buffer.baseAddress else { return }
    var row = 0
    for (index, block) in blocks.enumerated() {
      do throws(EncodingError) {
        var reader = unsafe BlockReader(
          UnsafeRawBufferPointer(rebasing: bytes[block.offset..<block.offset + block.byteCount]))
        let place = unsafe base + row
        let marks = try validity.read(&reader, block: block, firstRow: row)
        if block.validCount > 0 {
          unsafe try decodeStream(&reader, block.validCount, place)
        }
        guard reader.remaining == 0 else { throw EncodingError(.tooLong(left: reader.remaining)) }
        if let marks {
          // From the back, so that no value is overwritten before it has moved.
          var source = block.validCount
          for i in stride(from: block.rowCount - 1, through: 0, by: -1) {
            if marks[i] == 0 {
              unsafe place[i] = .zero
            } else {
              source -= 1
              unsafe place[i] = place[source]
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
  _ blocks: [BlockExtent], _ bytes: UnsafeRawBufferPointer, _ validity: inout ValidityMarks
) throws(EncodingError) -> StringValues {
  var sink = StringSink()
  var row = 0
  for (index, block) in blocks.enumerated() {
    do throws(EncodingError) {
      var reader = unsafe BlockReader(
        UnsafeRawBufferPointer(rebasing: bytes[block.offset..<block.offset + block.byteCount]))
      let marks = try validity.read(&reader, block: block, firstRow: row)
      if block.validCount > 0 {
        let rawBytesMax =
          block.rowCount == 1 ? BlockLimits.stringBytesMax : BlockLimits.rawBytesMax
        try decodeStrings(
          &reader, count: block.validCount, into: &sink, rawBytesMax: rawBytesMax, depth: 1)
      }
      guard reader.remaining == 0 else { throw EncodingError(.tooLong(left: reader.remaining)) }
      if let marks {
        // A NULL is an empty string: its end is the end of the string before it.
        let ends = Array(sink.offsets[(row + 1)...])
        var previous = sink.offsets[row]
        var next = 0
        sink.offsets.removeLast(ends.count)
        for mark in marks {
          if mark != 0 {
            previous = ends[next]
            next += 1
          }
          sink.offsets.append(previous)
        }
      }
    } catch {
      throw EncodingError(error.reason, block: index)
    }
    row += block.rowCount
  }
  return StringValues(offsets: sink.offsets, bytes: sink.bytes)
}

/// The validity of a column, made only when a NULL turns up.
private struct ValidityMarks {
  let isNullable: Bool
  private var marks: [UInt8] = []

  init(isNullable: Bool) {
    self.isNullable = isNullable
  }

  /// Reads a block's flags and bitmap. Gives the marks of its rows, or nil when none is NULL.
  mutating func read(
    _ reader: inout BlockReader, block: BlockExtent, firstRow: Int
  ) throws(EncodingError) -> [UInt8]? {
    let flags = try reader.number(UInt8.self)
    guard flags <= 2, flags == 0 || isNullable else { throw EncodingError(.badFlags(flags)) }
    var rows = [UInt8](repeating: flags == 2 ? 0 : 1, count: flags == 0 ? 0 : block.rowCount)
    var valid = flags == 0 ? block.rowCount : 0
    if flags == 1 {
      let byteCount = (block.rowCount + 7) / 8
      let address = unsafe try reader.take(byteCount)
      for i in 0..<block.rowCount {
        let bit = unsafe address.load(fromByteOffset: i >> 3, as: UInt8.self) >> UInt8(i & 7) & 1
        rows[i] = bit
        valid += Int(bit)
      }
      let spare = block.rowCount & 7
      if spare != 0,
        unsafe address.load(fromByteOffset: byteCount - 1, as: UInt8.self) >> spare != 0
      {
        throw EncodingError(.badValue("validity bits past the last row"))
      }
    }
    guard valid == block.validCount else {
      throw EncodingError(
        .badCount("\(valid) values that are not NULL where \(block.validCount) are expected"))
    }
    guard valid < block.rowCount else { return nil }
    marks.append(contentsOf: repeatElement(1, count: firstRow - marks.count))
    marks += rows
    return rows
  }

  consuming func finish(rowCount: Int) -> [UInt8]? {
    if marks.isEmpty { return nil }
    marks.append(contentsOf: repeatElement(1, count: rowCount - marks.count))
    return marks
  }
}

private func checkBooleans(_ numbers: [UInt8]) throws(EncodingError) {
  var all: UInt8 = 0
  for number in numbers { all |= number }
  if all > 1 { throw EncodingError(.badValue("a Bool that is neither 0 nor 1")) }
}

private func checkCodes(_ codes: [UInt32], below count: Int) throws(EncodingError) {
  var largest: UInt32 = 0
  for code in codes { largest = max(largest, code) }
  guard codes.isEmpty || Int(largest) < count else {
    throw EncodingError(.badValue("code \(largest) in a dictionary of \(count) entries"))
  }
}
