import Foundation
import Testing
import TickColumns

@testable import TickFormats

@Suite struct BinanceTradesTests {
  private static let spot = BinanceTradesLayout(columnCount: 7, hasHeader: false)

  private func parse(_ text: String, _ layout: BinanceTradesLayout = spot) -> ParsedChunk {
    BinanceTradesParser(layout: layout).parse(Array(text.utf8)[...], isFirst: true)
  }

  private func rows(_ parsed: ParsedChunk) -> String {
    var encoder = OutputFormat.tabSeparated.makeEncoder(schema: BinanceTradesParser.schema)
    var out: [UInt8] = []
    encoder.write(parsed.batch, into: &out)
    return text(out)
  }

  @Test("milliseconds and microseconds, both sides, with and without the last newline")
  func layouts() {
    let ms = parse("3735683259,61837.63000000,0.02000000,1236.75260000,1723161255342,True,True\n")
    #expect(
      rows(ms)
        == "2024-08-08 23:54:15.342000000\t2024-08-08 23:54:15.342000000\t61837.63\t0.02\tsell\t3735683259\n"
    )
    let us = parse("1,94000.1,0.5,47000.05,1735689600123456,false,true")
    #expect(
      rows(us)
        == "2025-01-01 00:00:00.123456000\t2025-01-01 00:00:00.123456000\t94000.1\t0.5\tbuy\t1\n")
    let futures = parse(
      "id,price,qty,quote_qty,time,is_buyer_maker\r\n7,0.1,3,0.3,1735689600123,true\r\n",
      BinanceTradesLayout(columnCount: 6, hasHeader: true))
    #expect(
      rows(futures)
        == "2025-01-01 00:00:00.123000000\t2025-01-01 00:00:00.123000000\t0.1\t3\tsell\t7\n")
    #expect(futures.lineCount == 2)
  }

  @Test("a bad row is reported with line, column and reason, and the others stand")
  func rejects() {
    let good = "1,2.5,1,2.5,1723161255342,True,True\n"
    let parsed = parse(
      good + "x,2.5,1,2.5,1723161255342,True,True\n" + "1,-2.5,1,2.5,1723161255342,True,True\n"
        + "1,2.5,1,,1723161255342,True,True\n" + "1,2.5,1,2.5,17231612553,True,True\n"
        + "1,2.5,1,2.5,1723161255342,maybe,True\n" + "1,2.5,1\n"
        + "1,2.5,1,2.5,1723161255342,True,True,9\n" + "\n"
        + "12345678901234567890,1,1,1,1,True,True\n"
        + good + "1,2.5,1,2.5,1723161255342,True")
    #expect(parsed.batch.rowCount == 2)
    #expect(parsed.lineCount == 12)
    let places: [(Int, String?)] = [
      (2, "id"), (3, "price"), (4, "quote_qty"), (5, "time"), (6, "is_buyer_maker"),
      (7, "quote_qty"), (8, nil), (10, "id"), (12, "is_best_match"),
    ]
    #expect(parsed.rejects.map(\.line) == places.map(\.0))
    #expect(parsed.rejects.map(\.column) == places.map(\.1))
    #expect(parsed.rejects[1].reason == "'-2.5' is not a price above 0")
    #expect(parsed.rejects[5].reason == "the row ends after 3 of 7 values")
  }

  @Test("decimals are the nearest doubles, short and long")
  func decimals() throws {
    let seed: UInt64 = 5
    var random = SeededGenerator(seed: seed)
    var lines = ""
    var expected: [Double] = []
    for i in 0..<5_000 {
      let whole = String(UInt64.random(in: 0...9_999_999_999, using: &random)).prefix(
        Int.random(in: 1...10, using: &random))
      let places = (0..<Int.random(in: 0...18, using: &random)).map { _ in
        String(Int.random(in: 0...9, using: &random))
      }.joined()
      let literal = places.isEmpty ? String(whole) : "\(whole).\(places)"
      expected.append(try #require(Double(literal)))
      lines += "\(i),\(literal),1,1,1723161255342,True,True\n"
    }
    let parsed = parse(lines)
    #expect(parsed.rejects.isEmpty)
    guard case .float64(let prices) = parsed.batch.columns[2].values else {
      Issue.record("prices are no doubles")
      return
    }
    #expect(prices == expected, "seed \(seed)")
  }

  @Test("every line of damaged chunks is a row, a reject or blank, however the chunks are cut")
  func fuzz() {
    let seed: UInt64 = 11
    var random = SeededGenerator(seed: seed)
    let line = "3735683259,61837.63000000,0.02000000,1236.75260000,1723161255342,True,True\n"
    let nasty = Array("\n\r,.-x\"0 9tT".utf8) + [0, 0xFF]
    for round in 0..<400 {
      var bytes = Array(String(repeating: line, count: 4).utf8)
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[at] = nasty.randomElement(using: &random) ?? 0
        case 1: bytes.remove(at: at)
        default: bytes.insert(nasty.randomElement(using: &random) ?? 0, at: at)
        }
      }
      let parser = BinanceTradesParser(layout: Self.spot)
      let whole = parser.parse(bytes[...], isFirst: true)
      let lines = bytes.split(separator: 0x0A).filter { $0 != [0x0D] }
      #expect(
        whole.batch.rowCount + whole.rejects.count == lines.count,
        "seed \(seed) round \(round): \(text(bytes))")
      var chunker = LineChunker(targetBytes: 100, rowEnds: .lines)
      var rowCount = 0
      var rejected: [RejectedRow] = []
      var lineCount = 0
      var chunks: [[UInt8]] = []
      do throws(FormatError) {
        for start in stride(from: 0, to: bytes.count, by: 17) {
          if let chunk = try chunker.push(Array(bytes[start..<min(start + 17, bytes.count)])) {
            chunks.append(chunk)
          }
        }
      } catch {
        Issue.record("\(error)")
      }
      if let rest = chunker.finish() { chunks.append(rest) }
      for (i, chunk) in chunks.enumerated() {
        let parsed = parser.parse(chunk[...], isFirst: i == 0)
        rowCount += parsed.batch.rowCount
        rejected += parsed.rejects.map {
          RejectedRow(line: $0.line + lineCount, column: $0.column, reason: $0.reason)
        }
        lineCount += parsed.lineCount
      }
      #expect(rowCount == whole.batch.rowCount)
      #expect(rejected == whole.rejects)
      #expect(lineCount == whole.lineCount)
    }
  }
}

@Suite struct SampleTests {
  @Test("the sample goes from packed bytes to columns, every value as its text says")
  func sample() throws {
    let name = "BTCUSDT-trades-2024-08-08.csv.gz"
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../tools/sample/\(name)")
    let packed = Array(try Data(contentsOf: file))
    var stream = Decompressor()
    var chunker = LineChunker(targetBytes: 100_000, rowEnds: .lines)
    var chunks: [[UInt8]] = []
    stream.push(packed)
    stream.end()
    while let piece = try stream.next() {
      if let chunk = try chunker.push(piece) { chunks.append(chunk) }
    }
    if let rest = chunker.finish() { chunks.append(rest) }
    #expect(stream.compression == .gzip)

    let first = chunks[0].prefix(LayoutDetector.sampleBytes)
    let found = try #require(
      try LayoutDetector.layout(first, LayoutDetector.outline(first)))
    guard case .binanceTrades(let layout) = found.shape else {
      Issue.record("the sample is \(found)")
      return
    }
    #expect(layout == .init(columnCount: 7, hasHeader: false))
    let symbol = try #require(FileNames.symbol(name))
    #expect(layout.exchange(symbol: symbol) == "binance")

    let parser = BinanceTradesParser(layout: layout)
    let parsed = chunks.enumerated().map { parser.parse($1[...], isFirst: $0 == 0) }
    #expect(parsed.allSatisfy { $0.rejects.isEmpty })
    #expect(parsed.reduce(0) { $0 + $1.batch.rowCount } == 9_738)
    let lines = text(chunks.joined()).split(separator: "\n")
    var row = 0
    for batch in parsed.map(\.batch) {
      for i in 0..<batch.rowCount {
        let cells = lines[row].split(separator: ",")
        let ticks = try #require(Int64(cells[4])) * 1_000_000
        let expected: [Value] = [
          .int(ticks), .int(ticks), .float(try #require(Double(cells[1]))),
          .float(try #require(Double(cells[2]))), .int(cells[5] == "True" ? 2 : 1),
          .uint(try #require(UInt64(cells[0]))),
        ]
        #expect(batch.columns.map { $0.value(at: i) } == expected, "line \(row + 1)")
        row += 1
      }
    }
  }
}
