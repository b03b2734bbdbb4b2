import TickFormats
import Testing

/// XXH3 as other programs compute it, so that they can verify our files.
@Suite struct SegmentHashTests {
  private let bytes = (0..<512).map { UInt8($0 & 0xFF) }

  @Test func hashesAreThoseOfTheReference() {
    #expect(xxh3_64([]) == 0x2D06_8005_38D3_94C2)
    #expect(xxh3_64(bytes) == 0x1059_105A_D19B_FA09)
    #expect(xxh3_128([]).description == "99aa06d3014798d86001c324468d497f")
    #expect(xxh3_128(Array("abc".utf8)).description == "06b05ab6733a618578af5f94892f3950")
    #expect(xxh3_128(bytes).description == "111d5771df64cbcb1059105ad19bfa09")
    #expect(xxh3_64(bytes.span.bytes) == xxh3_64(bytes))
    #expect(xxh3_128(bytes.span.bytes) == xxh3_128(bytes))
  }

  @Test func aHashKeepsItsBytes() {
    let hash = xxh3_128(bytes)
    #expect(Hash128(bytes: hash.bytes) == hash)
    #expect(hash.bytes.first == 0x09 && hash.bytes.last == 0x11)
    #expect(Hash128(bytes: hash.bytes.dropLast()) == nil)
  }

  @Test func partsHashAsTheWhole() {
    var streaming = XXH3Stream()
    for start in stride(from: 0, to: bytes.count, by: 37) {
      streaming.update(Array(bytes[start..<min(start + 37, bytes.count)]))
    }
    #expect(streaming.value == xxh3_128(bytes))
    #expect(XXH3Stream().value == xxh3_128([]))
  }
}
