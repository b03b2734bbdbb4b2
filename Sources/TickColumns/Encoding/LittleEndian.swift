/// Fixed-width little-endian numbers in byte arrays: how everything on disk is written and read.

extension [UInt8] {
  /// Appends the bytes of a number, the lowest first.
  @inlinable
  public mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
    var rest = value.littleEndian
    unsafe Swift.withUnsafeBytes(of: &rest) { unsafe append(contentsOf: $0) }
  }

  /// Appends zeros until the count is a multiple of `alignment`.
  public mutating func padWithZeros(toMultipleOf alignment: Int) {
    let rest = count % alignment
    if rest != 0 { append(contentsOf: repeatElement(0, count: alignment - rest)) }
  }
}

/// Reads numbers and byte strings one after the other and never past the end. For headers, footers and
/// records; blocks have their own reader.
public struct LittleEndianReader: Sendable {
  private let bytes: ArraySlice<UInt8>
  public private(set) var position: Int

  public init(_ bytes: [UInt8]) {
    self.init(bytes[...])
  }

  /// Positions count from the start of the slice.
  public init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = 0
  }

  public var remaining: Int { bytes.count - position }

  /// The next number.
  public mutating func read<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self
  ) throws(EncodingError) -> Number {
    let size = Number.bitWidth / 8
    guard remaining >= size else {
      throw EncodingError(.tooShort(needed: size, available: remaining))
    }
    var value: Number = 0
    let start = bytes.startIndex + position
    for i in 0..<size {
      value |= Number(truncatingIfNeeded: bytes[start + i]) << Number(truncatingIfNeeded: 8 * i)
    }
    position += size
    return value
  }

  /// The next `count` bytes.
  public mutating func read(count: Int) throws(EncodingError) -> ArraySlice<UInt8> {
    guard count >= 0, remaining >= count else {
      throw EncodingError(.tooShort(needed: count, available: remaining))
    }
    let start = bytes.startIndex + position
    position += count
    return bytes[start..<start + count]
  }
}
