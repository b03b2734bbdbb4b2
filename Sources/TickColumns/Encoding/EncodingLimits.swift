/// The registered numbers and the limits of the block encodings, and what a decoder says about bytes that
/// break them. `storage-format/encodings.md` is the specification; this file follows it.

/// How a stream of values is written. On disk: never change a number, never use one again.
public enum EncodingID: UInt8, Hashable, Sendable, CaseIterable {
  case plain = 1
  case constant = 2
  case runLength = 3
  case frameOfReference = 4
  case delta = 5
  case dictionary = 6
  case scaledDecimal = 7
  case plainStrings = 8
  case patched = 9
  case halves = 10
  case bins = 11
  case repeats = 12
  case multiples = 13
  case lagged = 14
}

/// The first byte of a block.
enum BlockFlags {
  /// A validity bitmap follows.
  static let someNull: UInt8 = 1
  static let allNull: UInt8 = 2
  /// The stream holds differences to the reference column.
  static let differences: UInt8 = 4
}

/// Limits of one block.
public enum BlockLimits {
  /// Rows of a block: three columns of 8 bytes fit the first-level cache beside their packed form.
  public static let rowsMax = 1_024
  /// Decoded bytes of strings, and raw bytes of nested values, of a block of more than one row; the same as a
  /// row group may have.
  public static let rawBytesMax = 8 << 20
  /// One string, or the raw bytes of one nested value. Lengths are 32 bits on disk; a gibibyte leaves room for arithmetic in `Int32`.
  public static let stringBytesMax = 1 << 30
  /// The farthest that a lagged value may look back.
  public static let lagMax = 16
  /// How deep streams may nest, the block's own being the first.
  public static let streamDepthMax = 8
  /// The largest power of ten that a double holds exactly.
  public static let decimalExponentMax = 22
}

/// Why bytes are not a block, and which block of the request it was.
public struct EncodingError: Error, Hashable, Sendable {
  /// What is wrong with the bytes.
  public enum Reason: Hashable, Sendable {
    case tooShort(needed: Int, available: Int)
    case tooLong(left: Int)
    case unknownEncoding(UInt8)
    case tooDeep
    case tooLarge(bytes: Int)
    case badFlags(UInt8)
    case badWidth(Int)
    case badCount(String)
    case badValue(String)
  }

  public let reason: Reason
  /// The position in the list of blocks that were asked for.
  public var block: Int?

  public init(_ reason: Reason, block: Int? = nil) {
    self.reason = reason
    self.block = block
  }

  /// One sentence that says what was expected and what was found.
  public var sentence: String {
    switch reason {
    case .tooShort(let needed, let available):
      "the block ends early: \(needed) bytes needed, \(available) left"
    case .tooLong(let left): "the block has \(left) bytes after its last value"
    case .unknownEncoding(let id): "encoding \(id) is not known for this type"
    case .tooDeep: "streams nest deeper than \(BlockLimits.streamDepthMax)"
    case .tooLarge(let bytes): "the block would decode to \(bytes) bytes of text or nested values"
    case .badFlags(let flags): "block flags \(flags) contradict each other or the type"
    case .badWidth(let width): "packed numbers of \(width) bits do not fit the type"
    case .badCount(let detail), .badValue(let detail): detail
    }
  }
}
