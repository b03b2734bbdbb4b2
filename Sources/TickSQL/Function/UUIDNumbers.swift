/// The numbers of UUIDs of version 7 (RFC 9562): 48 bits of milliseconds, 42 bits that count, 32 random bits.
///
/// Invariants:
/// 1. All batches of one call take numbers of one count, so that no two rows have the same.
/// 2. The count begins at random in the lower half of its range; what goes beyond the range counts on in the milliseconds, so
///    later numbers are always greater.
import Synchronization

final class UUIDNumbers: Sendable {
  /// Milliseconds and count as one number.
  struct Number {
    let value: UInt64

    func uuid(plus rows: UInt64, random: UInt64) -> UInt128 {
      // 90 bits of time and count.
      let number =
        (UInt128(milliseconds) << UInt128(UUIDNumbers.countBits)) + UInt128(value) + UInt128(rows)
      let time = number >> UInt128(UUIDNumbers.countBits) & 0xFFFF_FFFF_FFFF
      let high = number >> 30 & 0xFFF
      let low = number & 0x3FFF_FFFF
      return time << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low << 32 | UInt128(random >> 32)
    }

    let milliseconds: UInt64
  }

  static let countBits = 42
  private let milliseconds: UInt64
  private let next: Atomic<UInt64>

  init(nanoseconds: Int64, random: UInt64) {
    milliseconds = UInt64(clamping: nanoseconds / 1_000_000)
    next = Atomic(random & (1 << UInt64(Self.countBits - 1) - 1))
  }

  /// The first number of so many rows.
  func reserve(_ rows: Int) -> Number {
    let value = next.wrappingAdd(UInt64(clamping: rows), ordering: .relaxed).oldValue
    return Number(value: value, milliseconds: milliseconds)
  }
}
