/// A position in the bytes of one block. All decoders take their bytes through it.
///
/// Invariants:
/// 1. No byte outside the block is ever touched: every take is checked against what is left.
/// 2. It lives only inside the closure that lends the bytes (see `decodeColumn`).
@safe struct BlockReader {
  private let base: UnsafeRawPointer
  private let byteCount: Int
  private(set) var position = 0

  /// The bytes must stay valid as long as the reader lives.
  init(_ bytes: UnsafeRawBufferPointer) {
    // An empty buffer may have no address; nothing is read from this one.
    unsafe base = unsafe bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    byteCount = bytes.count
  }

  var remaining: Int { byteCount - position }

  /// The bytes that are left. They stay valid as long as the reader does.
  var rest: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: base + position, count: remaining)
  }

  /// The address of the next `count` bytes, which are then behind.
  mutating func take(_ count: Int) throws(EncodingError) -> UnsafeRawPointer {
    guard count >= 0, count <= remaining else {
      throw EncodingError(.tooShort(needed: count, available: remaining))
    }
    defer { position += count }
    return unsafe base + position
  }

  /// The next number.
  mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self
  ) throws(EncodingError) -> Number {
    let address = unsafe try take(Number.bitWidth / 8)
    return unsafe Number(littleEndian: address.loadUnaligned(as: Number.self))
  }

  mutating func encodingID() throws(EncodingError) -> EncodingID {
    let raw = try number(UInt8.self)
    guard let id = EncodingID(rawValue: raw) else { throw EncodingError(.unknownEncoding(raw)) }
    return id
  }

  /// The next `count` numbers of `width` bits each.
  mutating func packed(_ count: Int, width: Int) throws(EncodingError) -> PackedNumbers {
    // count <= 1,024 and width <= 64, so the product is small.
    let bytes = (count * width + 7) / 8
    let base = unsafe try take(bytes)
    let used = (count * width) & 7
    if used != 0 {
      let last = unsafe base.load(fromByteOffset: bytes - 1, as: UInt8.self)
      guard last >> UInt8(used) == 0 else {
        throw EncodingError(.badValue("bits past the last packed number"))
      }
    }
    return unsafe PackedNumbers(base: base, byteCount: bytes, width: width, count: count)
  }

  /// A `u16` count in the range.
  mutating func count(
    _ range: ClosedRange<Int>, of what: String
  ) throws(EncodingError) -> Int {
    let count = Int(try number(UInt16.self))
    guard range.contains(count) else {
      throw EncodingError(
        .badCount("\(count) \(what) where \(range.lowerBound) to \(range.upperBound) can be"))
    }
    return count
  }

  /// `count` positions, strictly ascending and below `bound`.
  mutating func positions(_ count: Int, below bound: Int) throws(EncodingError) -> [UInt16] {
    let address = unsafe try take(2 * count)
    var out = [UInt16](repeating: 0, count: count)
    var next = 0
    for i in 0..<count {
      let position = Int(
        unsafe UInt16(littleEndian: address.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)))
      guard position >= next, position < bound else {
        throw EncodingError(.badValue("position \(position) where \(next)..<\(bound) can be"))
      }
      out[i] = UInt16(truncatingIfNeeded: position)
      next = position + 1
    }
    return out
  }
}
