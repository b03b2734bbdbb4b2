internal import CTickKernels

/// CRC-32C (Castagnoli), the checksum of short records: the write-ahead log and the manifest.
///
/// `crc32c(b, continuing: crc32c(a))` is the checksum of `a` followed by `b`.
public func crc32c(_ bytes: ArraySlice<UInt8>, continuing: UInt32 = 0) -> UInt32 {
  unsafe bytes.withUnsafeBytes { unsafe tick_crc32c(continuing, $0.baseAddress, $0.count) }
}

/// CRC-32C of a whole array.
public func crc32c(_ bytes: [UInt8], continuing: UInt32 = 0) -> UInt32 {
  unsafe bytes.withUnsafeBytes { unsafe tick_crc32c(continuing, $0.baseAddress, $0.count) }
}

/// CRC-32C of borrowed bytes.
public func crc32c(_ bytes: borrowing RawSpan, continuing: UInt32 = 0) -> UInt32 {
  unsafe bytes.withUnsafeBytes { unsafe tick_crc32c(continuing, $0.baseAddress, $0.count) }
}

/// The same by table instead of by instruction, for the test that both agree.
func crc32cPortable(_ bytes: [UInt8], continuing: UInt32 = 0) -> UInt32 {
  unsafe bytes.withUnsafeBytes { unsafe tick_crc32c_portable(continuing, $0.baseAddress, $0.count) }
}
