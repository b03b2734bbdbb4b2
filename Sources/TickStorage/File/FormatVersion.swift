/// The version of everything in a data directory, one number for all its files.
///
/// 1. A build reads every minor of its major: what a later minor adds and an older build may pass by is passed by.
/// 2. What an older build must not pass by has a feature bit, and a file with a bit that a build does not know is refused.
enum FormatVersion {
  // On disk: a layout that older builds cannot pass by is a new major or a feature bit.
  static let major: UInt16 = 1
  static let minor: UInt16 = 0
  /// Feature bits that this build knows.
  static let incompatKnown: UInt64 = 0

  static func require(
    major: UInt16, minor: UInt16, incompat: UInt64, path: String
  ) throws(StorageError) {
    guard major == Self.major else {
      throw .unsupportedFormat(
        path: path,
        detail: "it is of format \(major).\(minor), and this build reads \(Self.major).x only"
          + (major < Self.major
            ? "; the build that wrote it can export the rows, and this one import them" : ""))
    }
    let unknown = incompat & ~incompatKnown
    guard unknown == 0 else {
      throw .unsupportedFormat(
        path: path,
        detail: "it needs features \(hexadecimal(unknown)), which this build does not know")
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
