public import TickColumns

/// Turns the batches of one result into bytes: `begin` once, `write` per batch, `finish` once. Each appends to
/// `out`, so the caller decides how much to gather before it sends.
public protocol BatchEncoder: Sendable {
  mutating func begin(into out: inout [UInt8])
  mutating func write(_ batch: Batch, into out: inout [UInt8])
  /// The asides come behind the rows, where the format has a place for them.
  mutating func finish(
    _ statistics: ResultStatistics, _ asides: ResultAsides, into out: inout [UInt8])
  /// Ends a result that failed with the error in it, in place of `finish`; false, and nothing is written, where the format
  /// has no place for one.
  mutating func fail(_ message: String, into out: inout [UInt8]) -> Bool
  /// Bytes of the result that are held back until `finish`, where the format needs to have seen all of it. The
  /// caller refuses what is more than a query may hold.
  var heldBytes: Int { get }
}

extension BatchEncoder {
  public var heldBytes: Int { 0 }
  public mutating func fail(_ message: String, into out: inout [UInt8]) -> Bool { false }
}

/// Drops everything.
struct NullEncoder: BatchEncoder {
  mutating func begin(into out: inout [UInt8]) {}
  mutating func write(_ batch: Batch, into out: inout [UInt8]) {}
  mutating func finish(
    _ statistics: ResultStatistics, _ asides: ResultAsides, into out: inout [UInt8]
  ) {}
}
