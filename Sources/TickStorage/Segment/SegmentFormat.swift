internal import TickColumns

/// The numbers of the segment file. `storage-format/segment.md` is the specification; this file follows it.
/// On disk: never change a number, add a version.
enum SegmentFormat {
  static let magic: [UInt8] = [0x54, 0x4B, 0x53, 0x45, 0x47, 0x00, 0x00, 0x01]
  static let trailerMagic: [UInt8] = [0x54, 0x4B, 0x53, 0x45, 0x47, 0x45, 0x4E, 0x44]
  static let headerBytes = 64
  static let trailerBytes = 64
  static let alignment = 8

  /// `_sequence`. Ids from `reservedFieldIDs` on belong to the format.
  static let sequenceFieldID: UInt32 = 0xFFFF_FFFF
  static let reservedFieldIDs: UInt32 = 0xFFFF_FF00
  /// Stands where a key column is not stored.
  static let noFieldID: UInt32 = 0xFFFF_FFFE

  enum SectionKind: UInt32, CaseIterable {
    case blocks = 1
    case directory = 2
    case keys = 3
    case runs = 4
    case dictionaries = 5
    case candles = 6

    /// A reader that does not know the kind must refuse the segment. Candles can be computed from the rows.
    var isRequired: Bool { self != .candles }
  }

  static let sectionIsRequired: UInt32 = 1

  /// How the bytes of a chunk become values.
  enum ChunkCoding: UInt8 {
    /// Blocks back to back.
    case blocks = 0
    /// The same, packed as one zstd frame.
    case packedBlocks = 1
    /// All values together (`encodeColdChunk`).
    case values = 2

    /// The chunk is read whole.
    var isCold: Bool { self != .blocks }
  }

  enum Layout: UInt32 {
    /// Blocks are cut by size only and may cross runs.
    case shared = 0
    /// Blocks end where runs end, and the run table implies the run columns.
    case runs = 1
  }

  /// The first byte of a directory's piece.
  enum DirectoryMark {
    static let allBounds: UInt8 = 1
    static let noBounds: UInt8 = 2
    static let validCounts: UInt8 = 4
    static let nanBitmap: UInt8 = 8
  }

  /// Marks of a field in the footer.
  enum FieldMark {
    static let hasMinimum: UInt32 = 1
    static let hasMaximum: UInt32 = 2
    static let hasNull: UInt32 = 4
    static let hasNaN: UInt32 = 8
  }
}

/// Limits of one segment.
public enum SegmentLimits {
  /// Row positions are 32-bit; this leaves room for arithmetic.
  public static let rowsMax = 1 << 27
  /// Blocks of a row group: one selection word.
  public static let groupBlocksMax = 64
  /// Raw bytes that any column of a row group may have, unless the group is one row.
  public static let groupRawBytesMax = 8 << 20
  /// Below this many rows a run, on average, blocks are shared.
  public static let runRowsMin = 128
  /// Bytes of a sparse key: symbol, exchange and time need 19.
  static let keySlotMax = 32
  /// Bytes of a text bound in the footer.
  static let textBoundMax = 64
  /// Bytes of blocks that one frame packs: a row group of text with what encodings add.
  static let packedBlocksMax = 2 * groupRawBytesMax
  /// Decoded cold chunks that are kept for the next pieces of a scan, in bytes over all segments.
  static let coldCacheBytesMax = 64 << 20
  /// A chunk is cold where that saves one byte in so many: reading it takes a chunk where a block would do.
  static let coldShare = 32
  /// Bytes gathered before they are written.
  static let writeBufferBytes = 1 << 20
}
