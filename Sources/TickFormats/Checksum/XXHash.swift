internal import CXXHash

/// XXH3, the checksum of segments and the identity of imported files, and its elders for SQL. Not proof against an attacker who
/// chooses the bytes: it guards against damage.

/// The 128-bit hash of some bytes.
public struct Hash128: Hashable, Sendable {
  public var low: UInt64
  public var high: UInt64

  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// The 16 bytes as the storage format keeps them: little endian, the low half first.
  public var bytes: [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? low : high) >> UInt64(8 * ($0 & 7))) }
  }

  /// Reads what `bytes` gives; nil unless there are 16.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    low = 0
    high = 0
    for (i, byte) in bytes.enumerated() {
      if i < 8 {
        low |= UInt64(byte) << UInt64(8 * i)
      } else {
        high |= UInt64(byte) << UInt64(8 * (i - 8))
      }
    }
  }
}

extension Hash128: CustomStringConvertible {
  /// 32 hex digits, the most significant first, as `xxh128sum` prints it.
  public var description: String {
    [high, low].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

/// XXH3 with 64 bits.
public func xxh3_64(_ bytes: borrowing RawSpan) -> UInt64 {
  unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits($0.baseAddress, $0.count) }
}

/// XXH3 with 64 bits.
public func xxh3_64(_ bytes: [UInt8]) -> UInt64 {
  unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits($0.baseAddress, $0.count) }
}

/// The older XXH64 with seed 0, which the hash functions of SQL give.
public func xxh64(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  unsafe bytes.withUnsafeBytes { unsafe XXH64($0.baseAddress, $0.count, 0) }
}

/// The older XXH32 with seed 0, which the hash functions of SQL give.
public func xxh32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  unsafe bytes.withUnsafeBytes { unsafe XXH32($0.baseAddress, $0.count, 0) }
}

/// XXH3 with 128 bits.
public func xxh3_128(_ bytes: borrowing RawSpan) -> Hash128 {
  unsafe bytes.withUnsafeBytes { unsafe Hash128(XXH3_128bits($0.baseAddress, $0.count)) }
}

/// XXH3 with 128 bits.
public func xxh3_128(_ bytes: [UInt8]) -> Hash128 {
  unsafe bytes.withUnsafeBytes { unsafe Hash128(XXH3_128bits($0.baseAddress, $0.count)) }
}

extension Hash128 {
  fileprivate init(_ hash: XXH128_hash_t) {
    self.init(low: hash.low64, high: hash.high64)
  }
}

/// XXH3 with 128 bits over bytes that come in pieces. The result does not depend on the pieces.
@safe public struct XXH3Stream: ~Copyable {
  private let state: OpaquePointer

  public init() {
    guard let state = unsafe XXH3_createState() else { preconditionFailure("no memory for a hash") }
    unsafe self.state = state
    unsafe XXH3_128bits_reset(state)
  }

  deinit { unsafe XXH3_freeState(state) }

  public mutating func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { buffer in
      _ = unsafe XXH3_128bits_update(state, buffer.baseAddress, buffer.count)
    }
  }

  /// The hash of all bytes so far.
  public var value: Hash128 { unsafe Hash128(XXH3_128bits_digest(state)) }
}
