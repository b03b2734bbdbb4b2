import TestSupport
import TickColumns
import TickFormats
import Testing

@testable import TickStorage

/// Segments of rows at rest: the same rows in fewer bytes, read by whole chunks.
@Suite struct ColdSegmentTests {
  /// A sample with chunks of every coding: text and NULLs, which are packed as blocks, beside numbers.
  private static func sample(_ count: Int, seed: UInt64) -> SegmentSample {
    var sample = SegmentSample.trades(count, symbols: 3, seed: seed)
    var chance = SplitMix64(seed: seed)
    sample.add("id", Column(.uint64, .uint64((0..<count).map { UInt64($0) / 5 * 17 })))
    sample.add(
      "chance",
      Column(.int64, .int64((0..<count).map { _ in .random(in: .min ... .max, using: &chance) })))
    return sample
  }

  @Test(arguments: [0, 1, 2, 1_025, 70_000])
  func rowsComeBackFromFewerBytes(count: Int) throws {
    let sample = Self.sample(count, seed: UInt64(count))
    let hot = try sample.write()
    let cold = try sample.write(isCold: true)
    let reader = try SegmentReader(cold.file, descriptor: cold.descriptor)
    let isSame = try allRows(reader, base: 9) == sample.sortedRows(base: 9)
    #expect(isSame)
    try reader.check()
    guard count == 70_000 else { return }
    let codings = Set(reader.footer.chunks.map(\.coding))
    #expect(codings == [.blocks, .packedBlocks, .values])
    #expect(cold.descriptor.byteCount * 50 < hot.descriptor.byteCount * 49)
  }

  @Test func anyBlocksAreReadAsFromBlocks() throws {
    let sample = Self.sample(9_000, seed: 5)
    let hot = try sample.write()
    let cold = try sample.write(isCold: true)
    let plain = try SegmentReader(hot.file, descriptor: hot.descriptor)
    let packed = try SegmentReader(cold.file, descriptor: cold.descriptor)
    let all = plain.allBlocks(ofGroup: 0)
    for blocks in [1, 2, 5, 0b111, 0b1001_0110, 0] as [UInt64] {
      let batches = try [plain, packed].map {
        try $0.read(
          group: 0, blocks: blocks & all, fields: $0.fields + [.sequence], sequenceBase: 3)
      }
      let (left, right) = (batches[0], batches[1])
      #expect(left.rowCount == right.rowCount)
      for (a, b) in zip(left.columns, right.columns) {
        let isSame = (0..<left.rowCount).allSatisfy { a.value(at: $0) == b.value(at: $0) }
        #expect(isSame, "blocks \(blocks)")
      }
    }
  }

  @Test func aChangedByteIsFound() throws {
    let (file, descriptor) = try Self.sample(3_000, seed: 6).write(isCold: true)
    let reader = try SegmentReader(file, descriptor: descriptor)
    for chunk in reader.footer.chunks where chunk.coding.isCold {
      let damaged = MemoryFile(path: "b.segment", writeBytesMax: 4_000)
      var bytes = file.bytes
      bytes[chunk.offset + chunk.byteCount / 2] ^= 4
      try damaged.writeAll(bytes[...], at: 0)
      let other = try SegmentReader(damaged, descriptor: descriptor)
      #expect(throws: StorageError.self) { try other.check() }
    }
  }

  @Test func theCacheIsBoundedAndForgets() {
    let cache = ColdChunkCache(bytesMax: 1_000)
    func key(_ reader: UInt64, _ chunk: Int) -> ColdChunkCache.Key {
      ColdChunkCache.Key(reader: reader, chunk: chunk)
    }
    for chunk in 0..<10 { cache.keep(.blocks([UInt8](repeating: 0, count: 300)), key(1, chunk)) }
    #expect((0..<10).filter { cache.content(key(1, $0)) != nil } == [7, 8, 9])
    _ = cache.content(key(1, 7))
    cache.keep(.blocks([UInt8](repeating: 0, count: 300)), key(2, 0))
    #expect(cache.content(key(1, 7)) != nil && cache.content(key(1, 8)) == nil)
    cache.keep(.blocks([UInt8](repeating: 0, count: 1_001)), key(3, 0))
    #expect(cache.content(key(3, 0)) == nil && cache.content(key(2, 0)) != nil)
    cache.drop(reader: 1)
    #expect(cache.content(key(1, 7)) == nil && cache.content(key(2, 0)) != nil)
  }
}
