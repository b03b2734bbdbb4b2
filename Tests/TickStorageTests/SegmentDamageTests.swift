import TestSupport
import TickColumns
import TickFormats
import Testing

@testable import TickStorage

/// Whatever happens to the bytes of a segment: rows come back as written, or a typed error says what is wrong.
@Suite struct SegmentDamageTests {
  private func open(_ bytes: [UInt8], _ descriptor: SegmentDescriptor) throws -> [[Value]] {
    let reader = try SegmentReader(MemoryFile(bytes, path: "a.segment"), descriptor: descriptor)
    try reader.check()
    return try allRows(reader)
  }

  /// Runs, shared blocks, and runs with candles.
  private static func sample(_ symbols: Int, seed: UInt64) -> SegmentSample {
    symbols == 1
      ? .dense(400, symbols: 1, rate: 200, seed: seed)
      : .trades(400, symbols: symbols, seed: seed)
  }

  @Test(arguments: [1, 3, 100])
  func everyFlippedBitIsNoticed(symbols: Int) throws {
    let (file, descriptor) = try Self.sample(symbols, seed: 31).write()
    let good = file.bytes
    _ = try open(good, descriptor)
    for bit in stride(from: 0, to: good.count * 8, by: 83) {
      var damaged = good
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: StorageError.self, "bit \(bit % 8) of byte \(bit / 8)") {
        try open(damaged, descriptor)
      }
    }
  }

  @Test func everyCutIsNoticed() throws {
    let (file, descriptor) = try SegmentSample.trades(600, symbols: 3, seed: 32).write()
    let good = file.bytes
    for length in Array(0..<200) + Array(stride(from: 200, to: good.count, by: 97)) {
      #expect(throws: StorageError.self, "\(length) of \(good.count) bytes") {
        try open(Array(good[..<length]), descriptor)
      }
    }
    #expect(throws: StorageError.self) { try open(good + [0], descriptor) }
  }

  /// Damage with right checksums: what a faulty writer, or someone who means harm, would leave. The reader
  /// may refuse or give rows, but must not trap.
  @Test func damageUnderRightChecksumsNeverTraps() throws {
    var chance = SplitMix64(seed: 33)
    var refused = 0
    for symbols in [1, 3, 100] {
      let (file, _) = try Self.sample(symbols, seed: 33).write()
      let good = file.bytes
      for _ in 0..<600 {
        var bytes = good
        let end = bytes.count - SegmentFormat.trailerBytes
        for _ in 0..<Int.random(in: 1...3, using: &chance) {
          let place = Int.random(in: SegmentFormat.headerBytes..<end, using: &chance)
          bytes[place] =
            Bool.random(using: &chance) ? UInt8.random(in: 0...255, using: &chance) : 0xFF
        }
        reseal(&bytes)
        do {
          let reader = try SegmentReader(opening: MemoryFile(bytes, path: "a.segment"))
          _ = try reader.prune([
            FieldConstraint(fieldID: 1, condition: .oneOf([.text("SYM1")])),
            FieldConstraint(
              fieldID: 2,
              condition: .range(
                lower: .int(5), lowerIsInclusive: true, upper: nil, upperIsInclusive: false)),
          ])
          for group in 0..<reader.groupCount {
            _ = try reader.candles(
              group: group, width: 60_000_000_000, sequenceBase: UInt64.max - 100)
          }
          try reader.check()
        } catch {
          #expect(!error.sentence.isEmpty)
          refused += 1
        }
      }
    }
    #expect(refused > 300, "seed 33")
  }

  @Test func anotherVersionAndUnknownFeaturesAreRefusedWithASentence() throws {
    let (file, descriptor) = try SegmentSample.trades(10, symbols: 1, seed: 34).write()
    func refusal(_ place: Int, _ value: UInt8) -> String {
      var bytes = file.bytes
      bytes[place] = value
      var hash: [UInt8] = []
      hash.appendLittleEndian(xxh3_64(Array(bytes[..<56])))
      bytes.replaceSubrange(56..<64, with: hash)
      do {
        _ = try open(bytes, descriptor)
        return "none"
      } catch let error as StorageError {
        if case .unsupportedFormat = error { return error.sentence }
        return "another: \(error)"
      } catch {
        return "another: \(error)"
      }
    }
    #expect(refusal(8, 0).contains("format 0.0, and this build reads 1.x only"))
    #expect(refusal(8, 2).contains("format 2.0"))
    // A later minor is read; then the header is another one.
    #expect(refusal(10, 1).contains("belongs to another header"))
    #expect(refusal(16, 4).contains("needs features 0000000000000004"))
    // A compatible feature is none of a reader's business, but then the header is another one.
    #expect(refusal(24, 1).contains("belongs to another header"))
  }

  @Test func theManifestsWordCounts() throws {
    let (file, descriptor) = try SegmentSample.trades(10, symbols: 1, seed: 35).write()
    var other = descriptor
    other.fileID = 8
    #expect(throws: StorageError.self) { try SegmentReader(file, descriptor: other) }
    other = descriptor
    other.footerHash.low ^= 1
    #expect(throws: StorageError.self) { try SegmentReader(file, descriptor: other) }
    #expect(throws: StorageError.self) {
      try SegmentReader(file, fileID: 7, footerHash: other.footerHash)
    }
    _ = try SegmentReader(file, fileID: 7, footerHash: descriptor.footerHash)
  }

  @Test func checksumsAreTakenOncePerChunk() throws {
    let (file, descriptor) = try SegmentSample.trades(3_000, symbols: 1, seed: 36).write()
    let reader = try SegmentReader(file, descriptor: descriptor)
    let price = [reader.fields[2]]
    let before = try reader.read(group: 0, blocks: 1, fields: price, sequenceBase: 0)
    // Damage after the first touch in another block of the same chunk is not looked for again, and decoding
    // stays safe; a reader opened anew sees it.
    let chunk = reader.footer.chunks[
      try #require(
        reader.storedColumns.firstIndex { $0.name == "price" })]
    var bytes = file.bytes
    bytes[chunk.offset + chunk.byteCount - 1] ^= 1
    _ = try file.write(bytes[...], at: 0)
    #expect(
      try reader.read(group: 0, blocks: 1, fields: price, sequenceBase: 0).rowCount
        == before.rowCount)
    let fresh = try SegmentReader(file, descriptor: descriptor)
    #expect(throws: StorageError.self) {
      try fresh.read(group: 0, blocks: 1, fields: price, sequenceBase: 0)
    }
  }
}

/// Makes all hashes right again, as far as the footer can still be read.
func reseal(_ bytes: inout [UInt8]) {
  let trailerStart = bytes.count - SegmentFormat.trailerBytes
  var trailer = LittleEndianReader(bytes[trailerStart...])
  guard let offset = try? trailer.read(UInt64.self), let count = try? trailer.read(UInt64.self)
  else { return }
  let range = Int(offset)..<Int(offset) + Int(count)
  if var footer = try? SegmentFooter(
    Array(bytes[range]), data: SegmentFormat.headerBytes..<range.lowerBound)
  {
    for i in footer.chunks.indices { footer.chunks[i].hash = hash(bytes, footer.chunks[i]) }
    for (kind, extent) in footer.sections { footer.sections[kind]?.hash = hash(bytes, extent) }
    let encoded = footer.encoded
    if encoded.count == range.count { bytes.replaceSubrange(range, with: encoded) }
  }
  bytes.replaceSubrange(
    trailerStart...,
    with: SegmentFooter.trailer(
      footerOffset: range.lowerBound, footerBytes: range.count,
      hash: xxh3_128(Array(bytes[range])), byteCount: bytes.count))
}

private func hash(_ bytes: [UInt8], _ extent: SegmentFooter.Extent) -> UInt64 {
  xxh3_64(Array(bytes[extent.offset..<extent.offset + extent.byteCount]))
}
