/// Puts little-endian fields one after the other: the encoder of manifest and log records.
struct FieldWriter {
  private(set) var bytes: [UInt8] = []

  var count: Int { bytes.count }

  mutating func put(_ value: UInt8) { bytes.append(value) }

  mutating func put<Integer: FixedWidthInteger>(_ value: Integer) {
    let little = value.littleEndian
    for shift in stride(from: 0, to: Integer.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: little >> Integer(shift)))
    }
  }

  mutating func put(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

  /// Fixed-width numbers back to back. Memory and file agree on their bytes: the processors we run on are
  /// little endian.
  mutating func put<Element: BitwiseCopyable>(array: [Element]) {
    #if _endian(big)
    #error("the log copies arrays as they lie in memory, which must be little endian")
    #endif
    unsafe array.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

  /// A u32 count and the bytes.
  mutating func put(counted more: some Collection<UInt8>) {
    put(UInt32(more.count))
    put(more)
  }

  mutating func put(_ text: String) { put(counted: text.utf8) }

  mutating func put(optional text: String?) {
    put(UInt8(text == nil ? 0 : 1))
    if let text { put(text) }
  }

  mutating func put(zeros count: Int) {
    bytes.append(contentsOf: repeatElement(0, count: count))
  }

  /// Zeros up to the next multiple.
  mutating func pad(to alignment: Int) {
    put(zeros: (alignment - bytes.count % alignment) % alignment)
  }

  /// Overwrites four bytes, for checksums and lengths known at the end.
  mutating func patch(_ value: UInt32, at offset: Int) {
    for i in 0..<4 { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> UInt32(8 * i)) }
  }
}
