/// How fast columns are decoded, encoding by encoding, on one core.
///
///     Benchmarks decode
///
/// For each encoding there is a column of a million values that the planner writes in it; it says which it took. The time is
/// the best of several rounds over all blocks, from bytes in memory to a column. Cold chunks are measured with the
/// compressor that storage uses, on the columns that blocks hold in the same table.
import TickColumns
import TickFormats

enum Decode {
  private static let rows = 1 << 20
  private static let rounds = 7

  /// A column, and what it shall show.
  private struct Case {
    var name: String
    var column: Column
    var reference: Column?
  }

  static func run() {
    print(
      "| values | first streams | bits/value | ns/value | values/s | cold bits/value | cold ns/value |"
    )
    print("|---|---|---|---|---|---|---|")
    for each in cases() {
      let hot = blocks(each)
      let cold = coldChunks(each)
      let name = streams(hot.bytes).joined(separator: ", ")
      var line = "| \(each.name) | \(name) | \(bits(hot.bytes.count)) | \(fixed(hot.nanoseconds)) "
      line += "| \(fixed(1 / hot.nanoseconds)) G "
      line += cold.map { "| \(bits($0.byteCount)) | \(fixed($0.nanoseconds)) |" } ?? "| | |"
      print(line)
    }
  }

  private static func bits(_ bytes: Int) -> String { fixed(Double(bytes) * 8 / Double(rows)) }

  /// Two digits after the point.
  private static func fixed(_ number: Double) -> String {
    let hundredths = Int((number * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// The names of the streams of the first block, as far as one follows the other at once.
  private static func streams(_ bytes: [UInt8]) -> [String] {
    var out: [String] = []
    if bytes[0] == 4 { out.append("differences") }
    if let id = EncodingID(rawValue: bytes[1]) { out.append("\(id)") }
    // A decimal's whole numbers follow its exponent and exceptions.
    if bytes[1] == EncodingID.scaledDecimal.rawValue, let id = EncodingID(rawValue: bytes[5]) {
      out.append("\(id)")
    }
    return out
  }

  private static func nanoseconds(_ body: () -> Void) -> Double {
    var best = Duration.seconds(3_600)
    for _ in 0..<rounds { best = min(best, ContinuousClock().measure(body)) }
    let (seconds, attoseconds) = best.components
    return (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(rows)
  }

  // MARK: Blocks

  private static func blocks(_ each: Case) -> (bytes: [UInt8], nanoseconds: Double) {
    var bytes: [UInt8] = []
    var hint = EncodingHint()
    var pieces: [(blocks: [BlockExtent], rows: Range<Int>)] = []
    // Pieces of eight blocks, as a scan reads them.
    for piece in stride(from: 0, to: rows, by: 8 * BlockLimits.rowsMax) {
      var extents: [BlockExtent] = []
      for start in stride(from: piece, to: piece + 8 * BlockLimits.rowsMax, by: BlockLimits.rowsMax)
      {
        let offset = bytes.count
        let summary = encodeBlock(
          each.column, rows: start..<start + BlockLimits.rowsMax, reference: each.reference,
          hint: &hint, into: &bytes)
        extents.append(
          BlockExtent(
            offset: offset, byteCount: summary.byteCount, rowCount: BlockLimits.rowsMax,
            validCount: summary.validCount))
      }
      pieces.append((extents, piece..<piece + 8 * BlockLimits.rowsMax))
    }
    let references = pieces.map { each.reference?.slice($0.rows) }
    let time = nanoseconds {
      for (piece, reference) in zip(pieces, references) {
        do throws(EncodingError) {
          let column = unsafe try decodeColumn(
            each.column.type, blocks: piece.blocks, of: bytes.span.bytes, reference: reference)
          guard column.count == piece.rows.count else { preconditionFailure("rows are missing") }
        } catch {
          preconditionFailure("\(error)")
        }
      }
    }
    return (bytes, time)
  }

  // MARK: Cold chunks

  private static let chunkRows = 64 * BlockLimits.rowsMax

  private static func coldChunks(_ each: Case) -> (byteCount: Int, nanoseconds: Double)? {
    let compression = LaneCompression(
      pack: { bytes in
        guard let packed = ZstdFrame.compress(bytes, level: 16),
          let quick = ZstdFrame.compress(bytes, level: 1, matchMin: 7)
        else { return nil }
        return packed.count * 64 < quick.count * 63 ? packed : quick
      },
      unpack: { bytes, count in try? ZstdFrame.decompress(bytes[...], length: count) })
    var hint = ColdHint()
    var chunks: [(bytes: [UInt8], reference: Column?)] = []
    for start in stride(from: 0, to: rows, by: chunkRows) {
      let part = start..<start + chunkRows
      let reference = each.reference?.slice(part)
      guard
        let bytes = encodeColdChunk(
          each.column.slice(part), reference: reference, hint: &hint, compression)
      else { return nil }
      chunks.append((bytes, reference))
    }
    let time = nanoseconds {
      for chunk in chunks {
        do throws(EncodingError) {
          let bytes = chunk.bytes
          let column = unsafe try decodeColdChunk(
            each.column.type, rows: chunkRows, of: bytes.span.bytes,
            reference: chunk.reference, compression)
          guard column.count == chunkRows else { preconditionFailure("rows are missing") }
        } catch {
          preconditionFailure("\(error)")
        }
      }
    }
    return (chunks.reduce(0) { $0 + $1.bytes.count }, time)
  }

  // MARK: Columns

  private static func cases() -> [Case] {
    var random = SplitMix64(state: 1)
    func below(_ limit: UInt64) -> Int64 { Int64(random.next() % limit) }
    func numbers(_ value: (Int) -> Int64) -> Column {
      Column(.int64, .int64((0..<rows).map(value)))
    }
    /// Each value the one before plus a step.
    func summed(_ step: () -> Int64) -> [Int64] {
      var sum: Int64 = 1_722_816_000_000_000_000
      return (0..<rows).map { _ in
        sum += step()
        return sum
      }
    }
    /// Small as a rule, large now and then: times between trades, steps of prices.
    func uneven() -> Int64 {
      let chance = below(16)
      if chance < 9 { return below(16) }
      return chance < 14 ? below(1 << 9) : below(1 << 17)
    }
    let times = summed { below(1 << 19) }
    let bid = summed { below(7) == 0 ? below(5) - 2 : 0 }.map { Double($0 % 1_000_000) / 100 }
    let ask = bid.map { $0 + Double(below(3) + 1) / 100 }
    let prices = [17, 900, 1_023, 5_000, 77_777, 1_000_003]
    return [
      Case(name: "any 64 bits", column: numbers { _ in Int64(bitPattern: random.next()) }),
      Case(name: "one value", column: numbers { _ in 5 }),
      Case(name: "12 bits", column: numbers { _ in below(1 << 12) }),
      Case(name: "steps of 19 bits", column: Column(.int64, .int64(times))),
      Case(
        name: "steps of 19 bits times 100",
        column: Column(.int64, .int64(times.map { $0 % (1 << 50) * 100 }))),
      Case(name: "uneven", column: numbers { _ in uneven() - 40 }),
      Case(name: "uneven steps", column: Column(.int64, .int64(summed(uneven)))),
      Case(name: "runs of 20", column: numbers { $0 % 20 == 0 ? below(1 << 30) : 0 }.repeated(20)),
      Case(name: "runs of 2", column: numbers { $0 % 2 == 0 ? below(1 << 12) : 0 }.repeated(2)),
      Case(
        name: "12 bits, 1 % of 40",
        column: numbers { _ in below(100) == 0 ? below(1 << 40) : below(1 << 12) }),
      Case(
        name: "six values", column: numbers { _ in Int64(prices[Int(below(6))]) * 1_000_003 }),
      Case(name: "in turns", column: numbers { Int64($0 % 2) * 1_000_000 + Int64($0 / 64) }),
      Case(name: "bid, two digits", column: Column(.float64, .float64(bid))),
      Case(
        name: "ask to bid", column: Column(.float64, .float64(ask)),
        reference: Column(.float64, .float64(bid))),
      Case(
        name: "12 bits as Int32",
        column: Column(.int32, .int32((0..<rows).map { _ in Int32(below(1 << 12)) }))),
      Case(
        name: "uneven as Int32",
        column: Column(.int32, .int32((0..<rows).map { _ in Int32(uneven()) }))),
    ]
  }
}

extension Column {
  /// The first of so many rows in all of them.
  fileprivate func repeated(_ count: Int) -> Column {
    gather((0..<Int32(self.count)).map { $0 / Int32(count) * Int32(count) })
  }
}
