/// Rows of a column into one block, and what the directory keeps about it.
///
/// Invariants:
/// 1. What `encodeBlock` appends, `decodeColumn` gives back bit by bit.
/// 2. Every value that is neither NULL nor NaN lies between the bounds' images.
/// 3. Differences to a reference are written only where neither column has a NULL and fewer bytes come of it.

/// What a segment's directory keeps about a block.
public struct BlockSummary: Hashable, Sendable {
  public var byteCount: Int
  /// Rows that are not NULL.
  public var validCount: Int
  public var hasNaN: Bool
  /// Smallest and largest value as their images (see `ZoneImage`); nil when all rows are NULL or NaN, and for
  /// types without images: integers of 128 bits, arrays, maps and tuples.
  public var bounds: ZoneBounds?
}

/// The smallest and the largest value of a block, as images.
public struct ZoneBounds: Hashable, Sendable {
  public var minimum: UInt64
  public var maximum: UInt64

  public init(minimum: UInt64, maximum: UInt64) {
    self.minimum = minimum
    self.maximum = maximum
  }
}

/// Appends the block of these rows (1 to 1,024). Codes are written as they are: the caller sees to it that
/// they index the dictionary that the reader will have. `reference` is a column of the same type and rows which
/// the reader will have as well: the block may say how the values differ from its. `hint` is what the blocks before
/// this one in its column left.
public func encodeBlock(
  _ column: Column, rows: Range<Int>, reference: Column? = nil, hint: inout EncodingHint,
  into out: inout [UInt8]
) -> BlockSummary {
  precondition(
    (1...BlockLimits.rowsMax).contains(rows.count) && rows.upperBound <= column.count,
    "a block has 1 to 1,024 rows of its column")
  let start = out.count
  var summary = BlockSummary(byteCount: 0, validCount: rows.count, hasNaN: false, bounds: nil)
  appendBlock(column, rows, reference, isInner: false, &summary, &hint, into: &out)
  summary.byteCount = out.count - start
  return summary
}

/// The same for a block that nothing is known about.
public func encodeBlock(
  _ column: Column, rows: Range<Int>, reference: Column? = nil, into out: inout [UInt8]
) -> BlockSummary {
  var hint = EncodingHint()
  return encodeBlock(column, rows: rows, reference: reference, hint: &hint, into: &out)
}

/// A block of its own, or one inside a block of arrays or tuples.
private func appendBlock(
  _ column: Column, _ rows: Range<Int>, _ reference: Column?, isInner: Bool,
  _ summary: inout BlockSummary, _ hint: inout EncodingHint, into out: inout [UInt8]
) {
  // Nil: every row is valid.
  var validRows: [Int]?
  if let validity = column.validity {
    let valid = rows.filter { validity[$0] != 0 }
    if valid.count < rows.count {
      validRows = valid
      summary.validCount = valid.count
    }
  }
  let flags = out.count
  appendValidity(rows, validRows, into: &out)
  guard summary.validCount > 0 else { return }
  var origin = validRows == nil ? reference : nil
  if let validity = origin?.validity, rows.contains(where: { validity[$0] == 0 }) { origin = nil }
  let isDifferences = appendStream(
    column, rows, validRows, origin, isInner: isInner, &summary, &hint, into: &out)
  if isDifferences { out[flags] = BlockFlags.differences }
}

private func appendInnerBlock(_ column: Column, _ rows: Range<Int>, into out: inout [UInt8]) {
  // Nothing is kept about a block inside another.
  var summary = BlockSummary(byteCount: 0, validCount: rows.count, hasNaN: false, bounds: nil)
  var hint = EncodingHint()
  appendBlock(column, rows, nil, isInner: true, &summary, &hint, into: &out)
}

private func appendValidity(_ rows: Range<Int>, _ validRows: [Int]?, into out: inout [UInt8]) {
  guard let validRows else {
    out.append(0)
    return
  }
  guard !validRows.isEmpty else {
    out.append(2)
    return
  }
  out.append(1)
  var bitmap = [UInt8](repeating: 0, count: (rows.count + 7) / 8)
  for row in validRows {
    let i = row - rows.lowerBound
    bitmap[i >> 3] |= 1 << UInt8(i & 7)
  }
  out += bitmap
}

/// True when the stream holds differences to the values of `origin`.
private func appendStream(
  _ column: Column, _ rows: Range<Int>, _ validRows: [Int]?, _ origin: Column?, isInner: Bool,
  _ summary: inout BlockSummary, _ hint: inout EncodingHint, into out: inout [UInt8]
) -> Bool {
  switch column.values {
  case .codes(let v, let dictionary) where isInner:
    let codes = validRows.map { $0.map { v[$0] } } ?? Array(v[rows])
    let strings = dictionary.values.gather(codes.map { Int32(bitPattern: $0) })
    planStrings(strings, rows: Array(0..<strings.count), .free).write(into: &out)
  case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .codes:
    guard let (values, shape) = integers(column, rows, validRows) else { return false }
    summary.bounds = bounds(values, shape)
    let origins = origin.flatMap { integers($0, rows, nil)?.values }
    return appendIntegers(values, origins, shape, &hint, into: &out)
  case .int128(let v): planWide(wide(v, rows, validRows)).write(into: &out)
  case .uint128(let v): planWide(wide(v, rows, validRows)).write(into: &out)
  case .float32(let v):
    let values = validRows.map { $0.map { v[$0] } } ?? Array(v[rows])
    summarize(values, &summary)
    planFloats(values, &hint.values).write(into: &out)
  case .float64(let v):
    let values = validRows.map { $0.map { v[$0] } } ?? Array(v[rows])
    summarize(values, &summary)
    var origins: [Double]?
    if case .float64(let all) = origin?.values { origins = Array(all[rows]) }
    return appendDoubles(values, origins, &hint, into: &out)
  case .string(let v):
    let positions = validRows ?? Array(rows)
    var bounds = ZoneBounds(minimum: .max, maximum: 0)
    for position in positions {
      let image = ZoneImage.of(v[position])
      bounds.minimum = min(bounds.minimum, image)
      bounds.maximum = max(bounds.maximum, image)
    }
    summary.bounds = bounds
    planStrings(v, rows: positions, StringShape(column.type)).write(into: &out)
  case .tuple(let columns, _):
    for element in columns { appendInnerBlock(element, rows, into: &out) }
  case .array(let v): appendArrays(v, rows, into: &out)
  case .nothing: preconditionFailure("values of type \(column.type) are not stored")
  }
  return false
}

private func appendArrays(_ arrays: ArrayValues, _ rows: Range<Int>, into out: inout [UInt8]) {
  let lengths = rows.map { Int64(arrays.length(at: $0)) }
  planIntegers(lengths, arrayLengths).write(arrayLengths, into: &out)
  let end = arrays.offsets[rows.upperBound]
  for start in stride(
    from: arrays.offsets[rows.lowerBound], to: end, by: BlockLimits.rowsMax)
  {
    let piece = start..<min(start + BlockLimits.rowsMax, end)
    appendInnerBlock(arrays.elements, piece, into: &out)
  }
}

/// Bounds of floats, and whether there is a NaN.
private func summarize<Number: StoredFloat>(_ values: [Number], _ summary: inout BlockSummary) {
  for value in values {
    if value.isNaN {
      summary.hasNaN = true
      continue
    }
    let number = value.double
    let bounds = summary.bounds
    let low = bounds.map { Double(bitPattern: $0.minimum) } ?? number
    let high = bounds.map { Double(bitPattern: $0.maximum) } ?? number
    summary.bounds = ZoneBounds(
      minimum: min(low, number).bitPattern, maximum: max(high, number).bitPattern)
  }
}

/// The values of the valid rows as bit patterns.
private func wide<Number: FixedWidthInteger>(
  _ values: [Number], _ rows: Range<Int>, _ validRows: [Int]?
) -> [UInt128] {
  validRows.map { $0.map { UInt128(truncatingIfNeeded: values[$0]) } }
    ?? values[rows].map { UInt128(truncatingIfNeeded: $0) }
}

/// The values of the valid rows, sign- or zero-extended (64-bit unsigned values as their bit pattern).
private func widened<Number: FixedWidthInteger>(
  _ values: [Number], _ rows: Range<Int>, _ validRows: [Int]?
) -> [Int64] {
  if let validRows { return validRows.map { Int64(truncatingIfNeeded: values[$0]) } }
  var out = [Int64](repeating: 0, count: rows.count)
  let first = rows.lowerBound
  for i in 0..<out.count { out[i] = Int64(truncatingIfNeeded: values[first + i]) }
  return out
}

/// The values of the valid rows of an integer column.
private func integers(
  _ column: Column, _ rows: Range<Int>, _ validRows: [Int]?
) -> (values: [Int64], shape: IntegerShape)? {
  func made<Number: FixedWidthInteger>(_ all: [Number]) -> ([Int64], IntegerShape) {
    let shape = IntegerShape(byteWidth: Number.bitWidth / 8, isSigned: Number.isSigned)
    return (widened(all, rows, validRows), shape)
  }
  return switch column.values {
  case .int8(let v): made(v)
  case .int16(let v): made(v)
  case .int32(let v): made(v)
  case .int64(let v): made(v)
  case .uint8(let v): made(v)
  case .uint16(let v): made(v)
  case .uint32(let v), .codes(let v, _): made(v)
  case .uint64(let v): made(v)
  default: nil
  }
}

private func bounds(_ values: [Int64], _ shape: IntegerShape) -> ZoneBounds {
  let flip: Int64 = shape.isSigned ? 0 : .min
  var low = values[0] ^ flip
  var high = low
  for value in values {
    low = min(low, value ^ flip)
    high = max(high, value ^ flip)
  }
  return ZoneBounds(
    minimum: UInt64(bitPattern: low ^ flip), maximum: UInt64(bitPattern: high ^ flip))
}

/// Values of up to 64 bits and strings as 64 bits, the way zone maps keep them. Floats are kept as doubles.
public enum ZoneImage {
  /// The first 8 bytes of a string, the first one most significant, zeros after its end.
  public static func of(_ string: ArraySlice<UInt8>) -> UInt64 {
    var image: UInt64 = 0
    for byte in string.prefix(8) { image = image << 8 | UInt64(byte) }
    // A shift by 64, for the empty string, gives 0 with the smart shift.
    return image << UInt64(8 * (8 - min(8, string.count)))
  }

  /// An image of the physical type as a number that compares as the values do.
  public static func rank(_ image: UInt64, _ type: PhysicalType) -> UInt64 {
    switch type {
    case .int8, .int16, .int32, .int64: image ^ (1 << 63)
    case .float32, .float64: floatRank(Double(bitPattern: image))
    default: image
    }
  }
}
