/// The version of everything in a data directory, one number for all its files.
enum FormatVersion {
  static let major: UInt16 = 0  // on disk: a new layout is a new version
  static let minor: UInt16 = 6

  static func require(major: UInt16, minor: UInt16, path: String) throws(StorageError) {
    guard major == Self.major, minor == Self.minor else {
      throw .unsupportedFormat(
        path: path,
        detail: "it is of format \(major).\(minor), and this build reads "
          + "\(Self.major).\(Self.minor) only")
    }
  }
}

/// 16 lower-case hexadecimal digits (8 for a 32-bit number), as file names carry ids.
func hexadecimal<Integer: FixedWidthInteger & UnsignedInteger>(_ number: Integer) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: Integer.bitWidth / 4 - digits.count) + digits
}

/// The number of exactly 16 lower-case hexadecimal digits.
func number(hexadecimal text: some StringProtocol) -> UInt64? {
  guard text.utf8.count == 16,
    text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
  else { return nil }
  return UInt64(text, radix: 16)
}
