import TestSupport
import Testing

@testable import TickFormats

@Suite struct FrameTests {
  // The values come from another implementation, which verified frames that ClickHouse wrote.
  @Test(
    "CityHash128 of version 1.0.2",
    arguments: [
      ([], 0x3df0_9dfc_64c0_9a2b, 0x3cb5_40c3_92e5_1e29),
      (Array("a".utf8), 0xd271_39a1_afe0_1ad0, 0xfd7e_8ee2_e4c8_6cf6),
      (Array("Hello, world!".utf8), 0xc4be_e416_7681_fc0f, 0x5a21_e805_b50d_08f9),
      (Array("0123456789abcdef".utf8), 0xc52e_a1ad_b29e_4800, 0x7369_a2fa_b076_de4c),
      (Array(0..<100), 0x836a_d951_0a71_89d4, 0x92d5_fdf9_0b6d_0ef9),
      ((0..<1_000).map { UInt8($0 % 251) }, 0x4437_7c87_3c24_0f45, 0x9da1_d106_ca1c_225d),
    ] as [([UInt8], UInt64, UInt64)])
  func cityHash(_ bytes: [UInt8], _ low: UInt64, _ high: UInt64) {
    #expect(CityHash128.hash(bytes.span) == Hash128(low: low, high: high))
  }

  @Test(
    "frames as other programs write them",
    arguments: [
      ("631dbbfa9e65eca03c16fab321738d92020a0000000100000078", "x"),
      ("08f0793acfb1087ddacf389a022f7d10821000000006000000" + "6068656c6c6f0a", "hello\n"),
    ])
  func known(_ frame: String, _ content: String) throws {
    for step in [1, 5, 100] {
      var reader = NativeFrameReader()
      var out: [UInt8] = []
      let bytes = unhex(frame)
      for start in stride(from: 0, to: bytes.count, by: step) {
        out += try reader.push(Array(bytes[start..<min(start + step, bytes.count)]))
      }
      try reader.finish()
      #expect(out == Array(content.utf8))
    }
  }

  @Test("what is put into frames comes out again")
  func roundTrip() throws {
    var chance = SplitMix64(seed: 5)
    for count in [0, 1, 100, 1 << 20, (1 << 20) + 1, 3_000_000] {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...3, using: &chance) }
      var reader = NativeFrameReader()
      let frames = NativeFrameWriter().frames(bytes)
      #expect(try reader.push(frames) == bytes)
      try reader.finish()
    }
  }

  @Test("a frame that is damaged anywhere is an error, and a cut one gives nothing")
  func damage() throws {
    let frame = NativeFrameWriter().frames(Array(repeating: 7, count: 300))
    for place in frame.indices {
      for bit in 0..<8 {
        var damaged = frame
        damaged[place] ^= 1 << UInt8(bit)
        var reader = NativeFrameReader()
        let isRefused: Bool
        do throws(FormatError) {
          let out = try reader.push(damaged)
          try reader.finish()
          isRefused = out.isEmpty
        } catch {
          isRefused = true
        }
        #expect(isRefused, "byte \(place), bit \(bit)")
      }
    }
    for end in 1..<frame.count {
      var reader = NativeFrameReader()
      #expect(try reader.push(Array(frame[..<end])).isEmpty)
      #expect(throws: FormatError.self) { try reader.finish() }
    }
  }

  @Test(
    "what a compressor writes unpacks to the same, all of it and all along",
    arguments: [Compression.none, .gzip, .deflate, .zstd, .lz4])
  func compressors(_ compression: Compression) throws {
    var chance = SplitMix64(seed: 9)
    var writer = try Compressor(compression)
    var reader = Decompressor(compression)
    for round in 0..<6 {
      let count = [10, 0, 300_000, 1, 70_000, 5][round]
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...9, using: &chance) }
      reader.push(try writer.write(bytes, isLast: round == 5))
      if round == 5 { reader.end() }
      var out: [UInt8] = []
      while let piece = try reader.next() { out += piece }
      #expect(out == bytes, "round \(round)")
    }
  }
}
