/// A whole chunk as one stream of values that a general compressor packs: what a partition at rest is written in.
///
/// Blocks pack each value in few bits, so that any of them is read alone; what comes again farther away than a block, and how
/// often each value comes, they cannot use. Here all values of a chunk are turned into small numbers in one way
/// (differences to another column, repeats left out, differences to earlier values, a common step divided out) and these into
/// bytes of one kind each, which zstd packs.
///
/// Invariants:
/// 1. What `encodeColdChunk` gives, `decodeColdChunk` turns back bit by bit.
/// 2. Only columns of integers up to 64 bits, codes, floats and doubles without a NULL are written so.

/// How bytes are packed: the compressor lives in another room.
public struct LaneCompression: Sendable {
  /// One frame; nil where the compressor fails.
  public var pack: @Sendable ([UInt8]) -> [UInt8]?
  /// Exactly so many bytes of one frame; nil where it is no such frame.
  public var unpack: @Sendable ([UInt8], Int) -> [UInt8]?

  public init(
    pack: @escaping @Sendable ([UInt8]) -> [UInt8]?,
    unpack: @escaping @Sendable ([UInt8], Int) -> [UInt8]?
  ) {
    self.pack = pack
    self.unpack = unpack
  }
}

/// The first byte of a cold chunk.
enum ColdFlags {
  static let differences: UInt8 = 1
  static let repeats: UInt8 = 2
  static let dictionary: UInt8 = 4
  /// Numbers are signed, folded so that those near zero are small.
  static let folded: UInt8 = 8
  static let known: UInt8 = 15
}

/// True where a cold chunk that begins so is read with the column that its values are differences to.
public func coldChunkIsDifferences(firstByte: UInt8) -> Bool {
  firstByte & ColdFlags.differences != 0
}

/// The way from values to small numbers.
struct ColdPlan: Hashable, Sendable {
  var isDifferences = false
  var hasRepeats = false
  var lag = 0
  var hasDictionary = false
}

/// The ways that paid for the chunks of a column so far.
public struct ColdHint: Sendable {
  private var plan: ColdPlan?
  private var chunksSince = 0

  /// After so many chunks all ways are tried again.
  private static let chunksMax = 8

  public init() {}

  mutating func known() -> ColdPlan? {
    chunksSince += 1
    return chunksSince < Self.chunksMax ? plan : nil
  }

  mutating func learn(_ plan: ColdPlan) {
    self.plan = plan
    chunksSince = 0
  }
}

extension BlockLimits {
  /// Values of a chunk: 64 blocks.
  static let chunkRowsMax = 64 * rowsMax
  /// Entries of a cold chunk's dictionary that a writer makes and a reader takes.
  static let coldEntriesMax = 1 << 14
}
