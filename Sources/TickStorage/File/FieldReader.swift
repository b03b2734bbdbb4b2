/// Takes little-endian fields one after the other from bytes that nobody vouches for.
///
/// Invariants:
/// 1. Nothing is read outside the slice; what is missing throws `.corrupt` with the offset in the file.
/// 2. A count that the rest of the slice cannot hold is refused before memory is taken for it.
struct FieldReader {
  private let bytes: ArraySlice<UInt8>
  let path: String
  /// Where `bytes.startIndex` lies in the file.
  private let fileOffset: Int
  private(set) var position: Int

  init(_ bytes: ArraySlice<UInt8>, path: String, fileOffset: Int) {
    self.bytes = bytes
    self.path = path
    self.fileOffset = fileOffset
    position = bytes.startIndex
  }

  var remaining: Int { bytes.endIndex - position }
  var offsetInFile: Int { fileOffset + (position - bytes.startIndex) }

  func corrupt(_ detail: String) -> StorageError {
    .corrupt(path: path, offset: offsetInFile, detail: detail)
  }

  mutating func take(_ count: Int) throws(StorageError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else {
      throw corrupt("\(count) bytes are wanted where \(remaining) are left")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type = Integer.self
  ) throws(StorageError) -> Integer {
    let raw = try take(Integer.bitWidth / 8)
    return unsafe raw.withUnsafeBytes {
      Integer(littleEndian: unsafe $0.loadUnaligned(as: Integer.self))
    }
  }

  /// Fixed-width numbers back to back; every pattern of bits must be a value of the type.
  mutating func array<Element: FixedWidthInteger & BitwiseCopyable>(
    _ type: Element.Type = Element.self, count: Int
  ) throws(StorageError) -> [Element] {
    let width = Element.bitWidth / 8
    guard count >= 0, count <= remaining / width else {
      throw corrupt(
        "\(count) numbers of \(width) bytes are wanted where \(remaining) bytes are left")
    }
    let raw = try take(count * width)
    return unsafe [Element](unsafeUninitializedCapacity: count) { target, filled in
      unsafe raw.withUnsafeBytes { source in
        if let from = source.baseAddress, let to = target.baseAddress {
          unsafe UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: source.count)
        }
      }
      filled = count
    }
  }

  /// A u64 that counts something in memory or in a file.
  mutating func count64() throws(StorageError) -> Int {
    let value: UInt64 = try integer()
    guard let count = Int(exactly: value) else { throw corrupt("\(value) is not a count") }
    return count
  }

  /// A u32 count of items that take at least `itemBytesMin` bytes each.
  mutating func count(itemBytesMin: Int) throws(StorageError) -> Int {
    let count = Int(try integer(UInt32.self))
    guard count <= remaining / max(1, itemBytesMin) else {
      throw corrupt("\(count) items are announced where \(remaining) bytes are left")
    }
    return count
  }

  mutating func counted() throws(StorageError) -> ArraySlice<UInt8> {
    try take(Int(try integer(UInt32.self)))
  }

  mutating func text() throws(StorageError) -> String {
    let raw = try counted()
    guard let text = String(validating: raw, as: UTF8.self) else {
      throw corrupt("a text that is not UTF-8")
    }
    return text
  }

  mutating func flag() throws(StorageError) -> Bool {
    switch try integer(UInt8.self) {
    case 0: return false
    case 1: return true
    case let other: throw corrupt("\(other) where 0 or 1 belongs")
    }
  }

  mutating func optionalText() throws(StorageError) -> String? {
    try flag() ? try text() : nil
  }

  /// Passes over bytes that are zero in this version; another may give them a meaning.
  mutating func skip(_ count: Int) throws(StorageError) { _ = try take(count) }

  func expectEnd() throws(StorageError) {
    guard remaining == 0 else { throw corrupt("\(remaining) bytes too many") }
  }
}
