import Testing
import TickColumns

@testable import TickFormats

/// A parser of CSV that has the table's own names.
func plainParser(
  _ schema: Schema, _ names: [String], hasHeader: Bool
) throws(FormatError) -> MappedParser {
  var layout = FileLayout(
    "", table: nil, shape: .delimited(DelimitedShape(delimiter: 0x2C, hasHeader: hasHeader)),
    names: names, columns: names.enumerated().map { ColumnMapping($1, $0) })
  layout.isPlain = true
  return try MappedParser(layout, table: schema)
}

@Suite struct PlainCSVTests {
  private static let schema = Schema([
    Field("ts", .dateTime64(precision: 3, zone: nil)), Field("symbol", .lowCardinality(.string)),
    Field("price", .float64), Field("note", .nullable(.string)), Field("n", .nullable(.int32)),
  ])

  /// A parser of a file that has the table's own names.
  private func plain(
    _ names: [String], hasHeader: Bool
  ) throws(FormatError) -> MappedParser {
    try plainParser(Self.schema, names, hasHeader: hasHeader)
  }

  private func rows(_ batch: Batch, _ schema: Schema) -> String {
    var encoder = OutputFormat.tabSeparated.makeEncoder(schema: schema)
    var out: [UInt8] = []
    encoder.write(batch, into: &out)
    return text(out)
  }

  @Test("columns are found by name, quotes may hold newlines, rejects have their line")
  func reading() throws {
    let parser = try plain(["price", "note", "ts"], hasHeader: true)
    let file = """
      price,note,ts
      1.5,"a ""b""
      c, d",2024-01-02 03:04:05.678

      ,x,2024-01-02
      2,,1704164645678
      nope,x,2024-01-02
      3,"x\ny",2024-13-02
      4,x
      5,x,2024-01-02,y
      6,"x"y,2024-01-02
      7,x,2024-01-02T00:00:00Z
      """
    let parsed = parser.parse(Array(file.utf8)[...], isFirst: true)
    #expect(
      rows(parsed.batch, parser.schema) == """
        1.5\ta "b"\\nc, d\t2024-01-02 03:04:05.678
        2\t\\N\t2024-01-02 03:04:05.678
        7\tx\t2024-01-02 00:00:00.000

        """)
    #expect(parsed.rejects.map(\.line) == [5, 7, 8, 10, 11, 12])
    #expect(parsed.rejects.map(\.column) == ["price", "price", "ts", "ts", nil, "note"])
    #expect(parsed.lineCount == 13)
  }

  @Test("names that the table lacks, or that stand twice, are refused")
  func names() {
    for (names, code) in [
      (["price", "volume"], ErrorCode.noSuchColumnInTable), (["price", "price"], .duplicateColumn),
    ] {
      do throws(FormatError) {
        _ = try plain(names, hasHeader: true)
        Issue.record("\(names) were taken")
      } catch {
        #expect(error.code == code)
      }
    }
  }

  @Test("chunks never end inside quotes and add up to the file")
  func chunks() throws {
    let seed: UInt64 = 3
    var random = SeededGenerator(seed: seed)
    let parser = try plain(["note", "price"], hasHeader: false)
    for round in 0..<200 {
      var file: [UInt8] = round % 2 == 0 ? byteOrderMark : []
      for _ in 0..<20 {
        let cells = ["\"a\nb,\"\"c\"\"\n\"", "x", "\"\"", "y\"z", " \"q\n\" "]
        file += Array("\(cells.randomElement(using: &random) ?? ""),1.5\n".utf8)
      }
      let bytes = Array(file.starts(with: byteOrderMark) ? file[3...] : file[...])
      let whole = parser.parse(bytes[...], isFirst: true)
      #expect(whole.rejects.isEmpty && whole.batch.rowCount == 20)
      let step = Int.random(in: 1...30, using: &random)
      var chunker = LineChunker(targetBytes: 40, rowEnds: .csv(delimiter: 0x2C))
      var chunks: [[UInt8]] = []
      for start in stride(from: 0, to: file.count, by: step) {
        if let chunk = try chunker.push(Array(file[start..<min(start + step, file.count)])) {
          chunks.append(chunk)
        }
      }
      if let rest = chunker.finish() { chunks.append(rest) }
      #expect(chunks.flatMap { $0 } == bytes)
      #expect(chunks.count > 1)
      let parts = chunks.map { parser.parse($0[...], isFirst: false) }
      #expect(
        parts.map { rows($0.batch, parser.schema) }.joined() == rows(whole.batch, parser.schema),
        "seed \(seed) round \(round)")
      #expect(parts.reduce(0) { $0 + $1.lineCount } == whole.lineCount)
    }
  }

  @Test("a line over the limit is an error, not memory")
  func longLine() {
    var chunker = LineChunker(targetBytes: 1 << 20, rowEnds: .lines)
    let piece = [UInt8](repeating: 0x78, count: 4 << 20)
    do throws(FormatError) {
      for _ in 0..<20 { _ = try chunker.push(piece) }
      Issue.record("80 MiB in one line were taken")
    } catch {
      #expect(error.code == .tooLargeStringSize)
    }
  }
}

@Suite struct MappedParserTests {
  /// The rows of a file read as `columns` says, tab separated, and its rejects.
  private func read(
    _ text: String, _ columns: String, into fields: [Field], zone: TimeZone? = nil,
    day: Int? = nil, format: String? = nil
  ) throws(FormatError) -> (rows: String, rejects: [RejectedRow], parsed: ParsedChunk) {
    let bytes = Array(text.utf8)
    let outline = try LayoutDetector.outline(bytes[...], format: format)
    let layout = try ColumnList.layout(columns, of: outline, table: Schema(fields))
    let parser = try MappedParser(layout, table: Schema(fields), zone: zone, day: day)
    let parsed = parser.parse(bytes[...], isFirst: true)
    var encoder = OutputFormat.tabSeparated.makeEncoder(schema: parser.schema)
    var out: [UInt8] = []
    encoder.write(parsed.batch, into: &out)
    return (TickFormatsTests.text(out), parsed.rejects, parsed)
  }

  private static let time = Field("ts", MarketColumns.time)
  private static let price = Field("price", .float64)

  @Test("times are read by the size of their number, by a unit, and as text")
  func times() throws {
    let file = """
      1723161255,1
      1723161255.5,1
      1723161255342,1
      1723161255342001,1
      1723161255342001002,1
      2024-08-08 23:54:15.25,1
      2024-08-08T23:54:15Z,1
      20240808 23:54,1
      "1723161255",1
      0000000000001,1
      17231612,1
      -1,1
      99999999999999999999999,1
      ,1
      """
    let found = try read(file, "ts,price", into: [Self.time, Self.price])
    #expect(
      found.rows.split(separator: "\n").map { $0.prefix(29) } == [
        "2024-08-08 23:54:15.000000000", "2024-08-08 23:54:15.500000000",
        "2024-08-08 23:54:15.342000000", "2024-08-08 23:54:15.342001000",
        "2024-08-08 23:54:15.342001002", "2024-08-08 23:54:15.250000000",
        "2024-08-08 23:54:15.000000000", "2024-08-08 23:54:00.000000000",
        "2024-08-08 23:54:15.000000000",
      ])
    #expect(found.rejects.map(\.line) == [10, 11, 12, 13, 14])
    #expect(found.rejects.allSatisfy { $0.column == "ts" })
    let early = try read("1000.5,1\n-7,1\nx,1\n", "ts:ms,price", into: [Self.time, Self.price])
    #expect(early.rows == "1970-01-01 00:00:01.000500000\t1\n")
    #expect(early.rejects.map(\.line) == [2, 3])
    let seconds = try read(
      "1723161255342,1\n9999999999999,1\n", "t,price",
      into: [Field("t", .dateTime(zone: "UTC")), Self.price])
    #expect(seconds.rows == "2024-08-08 23:54:15\t1\n")
    #expect(seconds.rejects.map(\.line) == [2])
  }

  @Test("times of day count from the midnight of a zone, and prices can be scaled")
  func timesOfDay() throws {
    let found = try read(
      "14400688,491800,300,P\n0.5,1,1,Q\n172800000,1,1,Q\n", "ts:ms_of_day,price/10000,_,_",
      into: [Self.time, Self.price], zone: .named("America/New_York"),
      day: FileNames.day("lean_20131007_aig.csv"))
    #expect(
      found.rows
        == "2013-10-07 08:00:00.688000000\t49.18\n2013-10-07 04:00:00.000500000\t0.0001\n")
    #expect(found.rejects.map(\.reason) == ["'172800000' is no time of day in ms"])
    #expect(throws: FormatError.self) {
      try read("1,2\n", "ts:ms_of_day,price", into: [Self.time, Self.price])
    }
    #expect(throws: FormatError.self) {
      try read("1,2\n", "ts:ms,n/2", into: [Self.time, Field("n", .int32)])
    }
  }

  @Test("sides are the aggressor's, whoever the file tells about")
  func sides() throws {
    let side = Field("side", BinanceTradesParser.aggressorSide)
    func sides(_ cells: String, _ rule: String) throws(FormatError) -> String {
      let file = cells.split(separator: " ").map { "1,\($0)\n" }.joined()
      let found = try read(file, "price,side:\(rule)", into: [Self.price, side])
      return found.rows.split(separator: "\n").map { $0.dropFirst(2) }.joined(separator: " ")
        + " -\(found.rejects.count)"
    }
    #expect(
      try sides("buy SELL b s ask Bid ANY up", "taker") == "buy sell buy sell sell buy unknown -1")
    #expect(try sides("buy sell", "maker") == "sell buy -0")
    #expect(try sides("true False 1 0 2", "buyer_maker") == "sell buy sell buy -1")
    #expect(try sides("0 1 2", "is_ask") == "buy sell -1")
  }

  @Test(
    "objects on lines, in arrays, and deep in a document give the same rows, however they are cut")
  func json() throws {
    let objects = (0..<40).map { i in
      #"{"t": "17231612\#(10 + i)", "x": {"a": [1, "}]"]}, "p": \#(i).5, "note": "q\"{"}"#
    }
    // 23:53:30 and on.
    let expected = (0..<40).map { i -> String in
      let second = (i + 30) % 60
      let time = "23:5\(i < 30 ? 3 : 4):\(second < 10 ? "0" : "")\(second)"
      return "2024-08-08 \(time).000000000\t\(i).5\n"
    }.joined()
    let halves = [objects[..<20], objects[20...]].map { "[" + $0.joined(separator: ",") + "]\n" }
    let texts = [
      objects.joined(separator: "\n"), "[" + objects.joined(separator: ",\n") + "]",
      halves.joined(),
      "{\n \"meta\": {\"n\": 1},\n \"rows\": [\n" + objects.joined(separator: ",\n") + "\n ]\n}\n",
    ]
    for text in texts {
      let bytes = Array(text.utf8)
      let outline = try LayoutDetector.outline(bytes[...])
      #expect(outline.names == ["t", "x", "p", "note"])
      let schema = Schema([Self.time, Self.price])
      let layout = try ColumnList.layout("ts=t,price=p", of: outline, table: schema)
      let parser = try MappedParser(layout, table: schema)
      for target in [50, 1_000_000] {
        var chunker = LineChunker(targetBytes: target, rowEnds: layout.shape.rowEnds)
        var chunks: [[UInt8]] = []
        for start in stride(from: 0, to: bytes.count, by: 13) {
          let piece = Array(bytes[start..<min(start + 13, bytes.count)])
          if let chunk = try chunker.push(piece) { chunks.append(chunk) }
        }
        if let rest = chunker.finish() { chunks.append(rest) }
        #expect(chunks.flatMap { $0 } == bytes)
        var out: [UInt8] = []
        var encoder = OutputFormat.tabSeparated.makeEncoder(schema: parser.schema)
        for (number, chunk) in chunks.enumerated() {
          let parsed = parser.parse(chunk[...], isFirst: number == 0)
          #expect(parsed.rejects.isEmpty, "\(parsed.rejects) in \(text)")
          encoder.write(parsed.batch, into: &out)
        }
        #expect(TickFormatsTests.text(out) == expected, "\(text)")
      }
    }
  }

  @Test("a broken object is a reject and the others stand")
  func brokenJSON() throws {
    let file = #"""
      {"t":1723161255,"p":1}
      {"t":1723161255,"p":null}
      {"t":1723161255}
      {"t":1723161255,"p":1,"p":2}
      {"t":1723161255,"p":
      nonsense
      {"p":2,"t":1723161255}
      """#
    let found = try read(file, "ts=t,price=p", into: [Self.time, Self.price])
    #expect(found.parsed.batch.rowCount == 2)
    #expect(found.parsed.lines == [1, 7])
    #expect(Set(found.rejects.map(\.line)) == [2, 3, 4, 5, 6])
    #expect(
      found.rejects.first { $0.line == 2 }?.reason == "the value is NULL")
  }

  @Test("any bytes are rows or rejects in every format, never a trap")
  func noise() throws {
    let seed: UInt64 = 97
    var random = SeededGenerator(seed: seed)
    let letters = Array("{}[]:,\"\\\n\r\t 1723161255.-e#tp_null".utf8) + [0, 0xFF]
    let fields = [
      Self.time, Self.price, Field("side", BinanceTradesParser.aggressorSide), Field("id", .uint64),
    ]
    let samples =
      [
        (#"{"t":1723161255,"p":1,"s":"buy","i":2}"# + "\n", "ts=t,price=p,side=s,id=i:id", nil),
        (#"[{"t":1723161255,"p":1,"s":"buy","i":2},"# + "\n", "ts=t,price=p,side=s,id=i:id", nil),
        ("1723161255,1,buy,2\n", "ts,price/3,side,id", nil),
        ("1723161255\t1\tbuy\t2\n", "ts:s,price*2,side:maker,id:id", "TSV"),
      ] as [(String, String, String?)]
    for round in 0..<2_000 {
      let (line, columns, format) = samples[round % samples.count]
      let good = Array(String(repeating: line, count: 3).utf8)
      let outline = try LayoutDetector.outline(good[...], format: format)
      let layout = try ColumnList.layout(columns, of: outline, table: Schema(fields))
      let parser = try MappedParser(layout, table: Schema(fields))
      var bytes = good
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        let letter = letters.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[at] = letter
        case 1: bytes.remove(at: at)
        default: bytes.insert(letter, at: at)
        }
      }
      var parsed = parser.parse(bytes[...], isFirst: round % 3 == 0)
      parsed.findNotices(parser.schema)
      #expect(parsed.lines.count == parsed.batch.rowCount, "seed \(seed) round \(round)")
      #expect(parsed.batch.columns.allSatisfy { $0.count == parsed.batch.rowCount })
      // Looking at damaged beginnings must not trap either.
      do throws(FormatError) {
        _ = try LayoutDetector.layout(bytes[...], try LayoutDetector.outline(bytes[...]))
      } catch {
        #expect(!error.message.isEmpty)
      }
    }
  }

  @Test("blocks of Native give the same rows however they are cut, and damaged ones never trap")
  func native() throws {
    let file = Schema([
      Field("t", .uint64), Field("p", .string), Field("n", .nullable(.float64)),
      Field("when", .dateTime64(precision: 3, zone: "UTC")),
    ])
    var encoder = OutputFormat.native.makeEncoder(schema: file)
    var bytes: [UInt8] = []
    encoder.begin(into: &bytes)
    for block in 0..<3 {
      let first = block * 10
      encoder.write(
        Batch(
          [
            Column(.uint64, .uint64((0..<10).map { UInt64(1_723_161_255 + first + $0) })),
            Column(file[1].type, of: (0..<10).map { .text($0 == 4 ? "x" : "\(first + $0)") }),
            Column(file[2].type, of: (0..<10).map { $0 == 7 ? .null : .float(Double(first + $0)) }),
            Column(file[3].type, .int64((0..<10).map { Int64(first + $0) })),
          ], rowCount: 10), into: &bytes)
    }
    encoder.finish(ResultStatistics(), into: &bytes)
    let table = Schema([
      Self.time, Self.price, Field("n", .float64), Field("received_at", MarketColumns.time),
    ])
    let outline = try LayoutDetector.outline(bytes[...])
    #expect(outline.shape == .native && outline.names == ["t", "p", "n", "when"])
    let layout = try ColumnList.layout(
      "ts=t,price=p,n=n,received_at=when", of: outline, table: table)
    let parser = try MappedParser(layout, table: table)
    let whole = parser.parse(bytes[...], isFirst: true)
    #expect(whole.batch.rowCount == 24 && whole.lineCount == 30)
    #expect(whole.rejects.map(\.line) == [5, 8, 15, 18, 25, 28])
    #expect(whole.rejects.map(\.column) == ["p", "n", "p", "n", "p", "n"])
    #expect(whole.batch.columns[0].value(at: 23) == .int(1_723_161_284_000_000_000))
    #expect(whole.batch.columns[3].value(at: 23) == .int(29_000_000))
    for target in [1, 1_000_000] {
      var chunker = LineChunker(targetBytes: target, rowEnds: layout.shape.rowEnds)
      var chunks: [[UInt8]] = []
      for start in stride(from: 0, to: bytes.count, by: 7) {
        let piece = Array(bytes[start..<min(start + 7, bytes.count)])
        if let chunk = try chunker.push(piece) { chunks.append(chunk) }
      }
      if let rest = chunker.finish() { chunks.append(rest) }
      let parts = chunks.map { parser.parse($0[...], isFirst: false) }
      #expect(parts.reduce(0) { $0 + $1.batch.rowCount } == 24)
      #expect(parts.reduce(0) { $0 + $1.lineCount } == 30)
    }
    let seed: UInt64 = 13
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2_000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      let parsed = parser.parse(damaged[...], isFirst: true)
      #expect(parsed.lines.count == parsed.batch.rowCount)
      do throws(FormatError) {
        _ = try LayoutDetector.outline(damaged[...])
        var chunker = LineChunker(targetBytes: 1, rowEnds: .blocks)
        _ = try chunker.push(damaged)
      } catch {
        #expect(!error.message.isEmpty)
      }
    }
  }

  @Test("what is odd about a row is told, and the row is taken")
  func notices() throws {
    var lines = (0..<20).map { "172316125\($0 % 10),100.\($0),1723161259" }
    lines[3] = "1723161253,1100,1723161259"
    lines[4] = "1723161253,9,1723161259"
    lines[5] = "1723161253,100,1723171259"
    var found = try read(
      lines.joined(separator: "\n"), "ts,price,received_at",
      into: [Self.time, Self.price, Field("received_at", MarketColumns.time)]
    ).parsed
    found.findNotices(Schema([Self.time, Self.price, Field("received_at", MarketColumns.time)]))
    #expect(found.batch.rowCount == 20)
    #expect(found.notices.map(\.line) == [6, 4, 5])
    #expect(found.notices.map(\.column) == ["received_at", "price", "price"])
    #expect(found.notices.allSatisfy { $0.isKept })
  }
}
