import Testing
import TickColumns

@testable import TickFormats

@Suite struct OutputFormatTests {
  private static let side =
    (try? DataType.parse("Enum8('buy' = 1, 'sell' = 2, 'unknown' = 0)")) ?? .int8

  /// The result `all` of make_format_vectors.py.
  static let all: [(name: String, type: DataType, rows: [Value])] = [
    ("n", .int32, [.int(1), .int(2), .int(3)]),
    ("i64", .int64, [.int(.min), .int(0), .int(1)]),
    ("u64", .uint64, [.uint(.max), .uint(0), .uint(10)]),
    ("f", .float64, [.float(61750.12), .float(.nan), .float(-.infinity)]),
    ("b", .bool, [.uint(1), .uint(0), .uint(1)]),
    ("s", .string, [.text("it's a \"test\"\t\n\\/"), .bytes([0xFF, 0, 0xC3, 0xA9]), .text("")]),
    ("lc", .lowCardinality(.string), [.text("BTCUSDT"), .text("ETHUSDT"), .text("")]),
    ("e", side, [.int(1), .int(2), .int(0)]),
    ("d", .date, [.uint(19943), .uint(0), .uint(65535)]),
    ("dt", .dateTime(zone: "UTC"), [.uint(1_723_161_255), .uint(0), .uint(4_294_967_295)]),
    (
      "dt9", .dateTime64(precision: 9, zone: "UTC"),
      [.int(1_723_161_255_342_000_001), .int(-500_000_000), .int(.max)]
    ),
    ("ni", .nullable(.int32), [.int(5), .null, .int(-7)]),
    ("ns", .lowCardinality(.nullable(.string)), [.text("x"), .null, .text("")]),
    ("nf", .nullable(.float64), [.float(1.5), .null, .float(-0.0)]),
  ]

  private func result(_ name: String) -> (Schema, [Batch]) {
    func batch(_ columns: [(name: String, type: DataType, rows: [Value])]) -> (Schema, Batch) {
      (
        Schema(columns.map { Field($0.name, $0.type) }),
        Batch(columns.map { Column($0.type, of: $0.rows) }, rowCount: columns[0].rows.count)
      )
    }
    let one: (Schema, Batch) =
      switch name {
      case "limited": batch([("n", .int32, [.int(0), .int(1), .int(2)])])
      case "names":
        batch([
          ("a\"b", .int32, [.int(1)]), ("tab\tname", .int32, [.int(2)]), ("é/x", .int32, [.int(3)]),
          ("it's", .int32, [.int(4)]),
        ])
      case "tuples":
        batch([
          (
            "t",
            .tuple([
              .init(type: .int32), .init(type: .string), .init(type: .nullable(.int32)),
              .init(type: .tuple([.init(type: .date), .init(type: .float64)])),
            ]),
            [.tuple([.int(1), .text("a\tb\""), .null, .tuple([.uint(19723), .float(1.5)])])]
          ),
          (
            "u",
            .tuple([
              .init(name: "id", type: .int32),
              .init(
                name: "in",
                type: .tuple([
                  .init(name: "name", type: .string), .init(name: "ok", type: .bool),
                ])),
            ]), [.tuple([.int(-1), .tuple([.text("x"), .uint(1)])])]
          ),
        ])
      default: batch(Self.all)
      }
    if name == "empty" { return (one.0, []) }
    // One batch per row: the division must not show.
    return (one.0, (0..<one.1.rowCount).map { one.1.slice($0..<$0 + 1) })
  }

  @Test("results are written byte for byte as ClickHouse writes them")
  func vectors() throws {
    for row in try Vectors.rows("output.tsv") {
      let words = row[1].split(separator: " ", maxSplits: 1)
      let format = try OutputFormat(named: words[0].uppercased())
      #expect(format.canonicalName == words[0])
      let options = OutputOptions(
        quotes64BitIntegers: words.last == "quoted",
        writesStatistics: words.last != "without statistics")
      let (schema, batches) = result(row[0])
      var encoder = format.makeEncoder(schema: schema, options: options)
      var out: [UInt8] = []
      encoder.begin(into: &out)
      for batch in batches { encoder.write(batch, into: &out) }
      encoder.finish(
        ResultStatistics(
          elapsedSeconds: 0.25, rowsRead: 3, bytesRead: 30, rows: batches.count,
          rowsBeforeLimit: row[0] == "limited" ? 10 : nil), into: &out)
      #expect(out == unhex(row[2]), "\(row[0]) \(row[1]):\n\(text(out))\n\(text(unhex(row[2])))")
    }
  }

  @Test("aliases are found in any case; formats we lack are 48, unknown names 73")
  func names() throws {
    #expect(try OutputFormat(named: "tsv") == .tabSeparated)
    #expect(try OutputFormat(named: "ndjson") == .jsonEachRow)
    #expect(try InputFormat(named: "tsvwithnames") == .tabSeparatedWithNames)
    #expect(throws: FormatError(.notImplemented, "format Arrow is not supported for output")) {
      try OutputFormat(named: "Arrow")
    }
    #expect(throws: FormatError(.notImplemented, "format JSON is not supported for input")) {
      try InputFormat(named: "JSON")
    }
    #expect(throws: FormatError(.unknownFormat, "Unknown format Jason")) {
      try OutputFormat(named: "Jason")
    }
  }
}

@Suite struct InputFormatTests {
  static let schema = Schema([
    Field("a", .int32), Field("b", .string), Field("c", .dateTime64(precision: 3, zone: nil)),
  ])

  /// Answers that differ from ClickHouse on purpose.
  private static func difference(_ format: String, _ data: String) -> String? {
    switch (format, data) {
    case ("Values", "(99999999999,'x',0)"), ("TabSeparated", "99999999999\tx\t2024-01-01\n"),
      ("JSONEachRow", #"{"a":99999999999}"#):
      "E321"  // ClickHouse wraps the number.
    case ("Values", "(1+1,'x',0)"), ("Values", "(1,concat('a','b'),0)"),
      ("Values", "(1,'x',now())"), ("Values", "(0x10,'x',0)"):
      "E48"  // ClickHouse computes.
    case ("Values", "(1.5,'x',0)"): "E53"  // ClickHouse cuts the fraction off.
    case ("TabSeparated", "\n"), ("TabSeparatedWithNames", ""), ("JSONEachRow", ""):
      "V"  // ClickHouse refuses an insert of nothing (27, 108).
    case ("CSV", "x,x,x\n"): "E117"
    case ("JSONEachRow", #"{"a""#): "E33"
    default: nil
    }
  }

  private func rows(_ batches: [Batch], _ schema: Schema) -> [UInt8] {
    var encoder = OutputFormat.tabSeparated.makeEncoder(schema: schema)
    var out: [UInt8] = []
    for batch in batches { encoder.write(batch, into: &out) }
    return out
  }

  private func decode(
    _ format: InputFormat, _ schema: Schema, _ pieces: [ArraySlice<UInt8>]
  ) throws(FormatError) -> [Batch] {
    var decoder = try format.makeDecoder(schema: schema)
    var batches: [Batch] = []
    for piece in pieces { batches += try decoder.push(Array(piece)) }
    return batches + (try decoder.finish())
  }

  @Test("inputs mean what they mean to ClickHouse, whole and byte by byte")
  func vectors() throws {
    for row in try Vectors.rows("input.tsv") {
      let format = try InputFormat(named: row[0])
      let data = unhex(row[1])
      let expected =
        Self.difference(row[0], text(data))
        ?? (row[2].hasPrefix("V") ? "V" + text(unhex(row[2].dropFirst())) : row[2])
      for pieces in [[data[...]], data.indices.map { data[$0...$0] }] {
        var answer: String
        do {
          answer = "V" + text(rows(try decode(format, Self.schema, pieces), Self.schema))
        } catch {
          answer = "E\(error.code.rawValue)"
        }
        #expect(answer == expected, "\(row[0]) '\(text(data))'")
      }
    }
  }
}
