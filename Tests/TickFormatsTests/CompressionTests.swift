import Foundation
import Testing
import TickColumns

@testable import TickFormats

@Suite struct DecompressorTests {
  private static let plain = Array((0..<2_000).map { "\($0)\n" }.joined().utf8)

  private func unpack(
    _ bytes: [UInt8], step: Int, as compression: Compression? = nil
  ) throws(FormatError) -> (bytes: [UInt8], members: Int) {
    var stream = Decompressor(compression)
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: step) {
      stream.push(Array(bytes[start..<min(start + step, bytes.count)]))
      while let piece = try stream.next() {
        #expect(!piece.isEmpty && piece.count <= Decompressor.pieceBytesMax)
        out += piece
      }
    }
    stream.end()
    while let piece = try stream.next() { out += piece }
    #expect(stream.bytesOut == out.count)
    return (out, stream.memberIndex)
  }

  private func code(_ bytes: [UInt8], step: Int) -> String {
    do throws(FormatError) {
      _ = try unpack(bytes, step: step)
      return "ok"
    } catch {
      return "\(error.code.rawValue)"
    }
  }

  @Test("every packing gives the text, in pieces of any size")
  func packings() throws {
    for row in try Vectors.rows("packed.tsv") {
      let bytes = unhex(row[2])
      for step in [1, 7, 1_000, 1 << 20] {
        #expect(code(bytes, step: step) == row[1], "\(row[0]), step \(step)")
        if row[1] == "ok", ["gzip", "zstd", "lz4"].contains(where: { row[0].hasPrefix($0) }) {
          #expect(try unpack(bytes, step: step).bytes == Self.plain, "\(row[0])")
        }
        if row[1] == "ok", row[0].hasPrefix("zip"), row[0] != "zip, no members" {
          let unpacked = try unpack(bytes, step: step)
          #expect(unpacked.bytes == Self.plain, "\(row[0])")
          let last = ["zip, two members": 1, "zip, directory and empty member": 2][row[0]] ?? 0
          // An empty last member gives no piece of its own.
          #expect(unpacked.members <= last && unpacked.members >= min(last, 1), "\(row[0])")
        }
        if row[0].hasPrefix("plain") || row[0].hasPrefix("raw") {
          #expect(try unpack(bytes, step: step).bytes == bytes)
        }
      }
    }
  }

  @Test("a stream cut anywhere is an error, never a shorter result")
  func truncation() throws {
    for row in try Vectors.rows("packed.tsv")
    where row[1] == "ok" && !row[0].hasPrefix("plain") && !row[0].hasPrefix("raw") {
      let bytes = unhex(row[2])
      // A comment or padding may be missing, and a stream may end behind any member.
      let optional =
        ["gzip, two members", "gzip, zero padding", "zstd, two frames", "zstd, skippable frames"]
        .contains(row[0])
      if optional || row[0] == "zip, comment" { continue }
      for length in stride(from: 4, to: bytes.count, by: 1 + bytes.count / 150) {
        #expect(code(Array(bytes[..<length]), step: 500) == "271", "\(row[0]) cut at \(length)")
      }
      #expect(code(Array(bytes.dropLast()), step: 500) == "271", "\(row[0]) without its last byte")
    }
  }

  @Test("flipped bytes are an error or the right text, never a trap or another text")
  func flips() throws {
    let seed: UInt64 = 17
    var random = SeededGenerator(seed: seed)
    for row in try Vectors.rows("packed.tsv")
    where row[1] == "ok"
      && ["gzip", "zstd", "zip", "zip, stored", "zip, streamed"].contains(row[0])
    {
      let bytes = unhex(row[2])
      for _ in 0..<300 {
        var damaged = bytes
        let at = Int.random(in: 0..<bytes.count, using: &random)
        damaged[at] ^= UInt8.random(in: 1...255, using: &random)
        guard Compression(beginning: damaged[...]) != .none else { continue }
        do throws(FormatError) {
          let unpacked = try unpack(damaged, step: 4_096)
          #expect(unpacked.bytes == Self.plain, "\(row[0]) seed \(seed) byte \(at)")
        } catch {
          #expect([.cannotDecompress, .notImplemented].contains(error.code))
        }
      }
    }
  }

  @Test("noise behind a magic number is an error")
  func noise() {
    let seed: UInt64 = 23
    var random = SeededGenerator(seed: seed)
    let magics: [[UInt8]] = [
      [0x1F, 0x8B, 8, 0], [0x28, 0xB5, 0x2F, 0xFD], [0x50, 0x4B, 3, 4], [0x50, 0x4B, 5, 6],
    ]
    for round in 0..<400 {
      let magic = magics[round % magics.count]
      let bytes = magic + (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(code(bytes, step: 64) != "ok", "seed \(seed) round \(round)")
    }
  }

  @Test("a bomb comes out in bounded pieces")
  func bomb() throws {
    // 32 MiB of zeros pack into some 30 KiB; what matters is that no piece is larger than the limit.
    let packed = try packedZeros(mebibytes: 32)
    #expect(packed.count < 64 << 10)
    var stream = Decompressor()
    stream.push(packed)
    stream.end()
    var total = 0
    while let piece = try stream.next() {
      #expect(piece.count <= Decompressor.pieceBytesMax)
      total += piece.count
    }
    #expect(total == 32 << 20)
  }

  /// A gzip stream made of one member of zeros, repeated: members need no compressor here.
  private func packedZeros(mebibytes: Int) throws -> [UInt8] {
    let member = try #require(
      try Vectors.rows("zeros.tsv").first.map { unhex($0[0]) })
    return Array((0..<mebibytes).map { _ in member }.joined())
  }
}
