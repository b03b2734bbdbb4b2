internal import Synchronization
internal import TickColumns
internal import TickFormats

/// Chunks of rows at rest: packed as a whole, and unpacked once for all the blocks that a scan asks for.

/// The bytes of a chunk that is worth it.
struct ColdChunk {
  let coding: SegmentFormat.ChunkCoding
  let bytes: [UInt8]

  /// The level at which zstd begins to weigh what it writes by its entropy: lower ones win little on numbers, higher ones
  /// take twice the time for a hundredth.
  private static let level = 16
  /// Repetitions of three bytes are found in any numbers, save next to nothing and take five times as long to read as bytes
  /// that are told by their entropy alone. They must save one byte in so many.
  private static let repetitionShare = 64

  static let compression = LaneCompression(
    pack: { bytes in
      guard let packed = ZstdFrame.compress(bytes, level: level),
        let quick = ZstdFrame.compress(bytes, level: 1, matchMin: 7)
      else { return nil }
      let pays = packed.count * repetitionShare < quick.count * (repetitionShare - 1)
      return pays ? packed : quick
    },
    unpack: { bytes, count in
      // Losing the reason is right: the chunk says that the lane is damaged.
      try? ZstdFrame.decompress(bytes[...], length: count)
    })

  /// The smallest coding of a chunk whose rows these are and whose blocks take these bytes; nil where the blocks are nearly
  /// as small.
  init?(_ column: Column, _ reference: Column?, blocks: [UInt8], hint: inout ColdHint) {
    if let values = encodeColdChunk(column, reference: reference, hint: &hint, Self.compression) {
      coding = .values
      bytes = values
    } else {
      guard blocks.count <= SegmentLimits.packedBlocksMax,
        let packed = ZstdFrame.compress(blocks, level: Self.level)
      else { return nil }
      coding = .packedBlocks
      bytes = packed
    }
    let share = SegmentLimits.coldShare
    guard bytes.count * share <= blocks.count * (share - 1) else { return nil }
  }
}

/// Cold chunks that were unpacked lately: the pieces of a scan follow each other in a chunk, and its threads share it.
///
/// Invariant: what is kept takes no more than `bytesMax`; what was not asked for longest goes first.
final class ColdChunkCache: Sendable {
  /// One for all segments, so that their number does not count.
  static let shared = ColdChunkCache(bytesMax: SegmentLimits.coldCacheBytesMax)

  enum Content {
    case column(Column)
    case blocks([UInt8])

    var byteCount: Int {
      switch self {
      case .column(let column): column.memoryBytes
      case .blocks(let bytes): bytes.count
      }
    }
  }

  struct Key: Hashable {
    /// Of the open segment, never given again.
    var reader: UInt64
    var chunk: Int
  }

  private struct State {
    var entries: [Key: (content: Content, byteCount: Int, lastUse: UInt64)] = [:]
    var byteCount = 0
    var clock: UInt64 = 0
  }

  private static let readers = Atomic<UInt64>(0)
  private let bytesMax: Int
  private let state = Mutex(State())

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  static func newReader() -> UInt64 { readers.wrappingAdd(1, ordering: .relaxed).oldValue }

  func content(_ key: Key) -> Content? {
    state.withLock { state in
      guard let content = state.entries[key]?.content else { return nil }
      state.clock += 1
      state.entries[key]?.lastUse = state.clock
      return content
    }
  }

  func keep(_ content: Content, _ key: Key) {
    let byteCount = content.byteCount
    guard byteCount <= bytesMax else { return }
    state.withLock { state in
      if let old = state.entries.removeValue(forKey: key) { state.byteCount -= old.byteCount }
      state.clock += 1
      state.entries[key] = (content, byteCount, state.clock)
      state.byteCount += byteCount
      while state.byteCount > bytesMax,
        let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        state.entries.removeValue(forKey: oldest.key)
        state.byteCount -= oldest.value.byteCount
      }
    }
  }

  /// Forgets what an open segment had here.
  func drop(reader: UInt64) {
    state.withLock { state in
      for (key, entry) in state.entries where key.reader == reader {
        state.entries.removeValue(forKey: key)
        state.byteCount -= entry.byteCount
      }
    }
  }
}
