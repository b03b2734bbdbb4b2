import Testing
import TickColumns

@testable import TickFormats

@Suite struct InferenceTests {
  /// `name type` per column, or `error`.
  private func inferred(_ format: String, _ data: [UInt8], isWhole: Bool = true) throws -> String {
    let format = try InputFormat(named: format)
    do throws(FormatError) {
      let schema = try SchemaInference(format, sample: data, isWhole: isWhole).schema()
      return schema.fields.map { "\($0.name) \($0.type)" }.joined(separator: "; ")
    } catch {
      return "error"
    }
  }

  private func unescaped(_ text: String) -> String {
    var out = ""
    var isEscape = false
    for character in text {
      if isEscape {
        out.append(["t": "\t", "n": "\n", "r": "\r"][character] ?? character)
        isEscape = false
      } else if character == "\\" {
        isEscape = true
      } else {
        out.append(character)
      }
    }
    return out
  }

  @Test("columns are inferred as ClickHouse infers them")
  func vectors() throws {
    var count = 0
    for row in try Vectors.rows("inference.tsv") {
      count += 1
      let found = try inferred(row[0], Array(unescaped(row[1]).utf8))
      #expect(found == unescaped(row[2]), "\(row[0]): \(row[1])")
    }
    #expect(count > 600)
  }

  @Test("what is inferred can be read")
  func readable() throws {
    for row in try Vectors.rows("inference.tsv") where row[2] != "error" {
      let data = Array(unescaped(row[1]).utf8)
      let format = try InputFormat(named: row[0])
      let schema = try SchemaInference(format, sample: data, isWhole: true).schema()
      var decoder = try format.makeDecoder(schema: schema)
      do throws(FormatError) {
        _ = try decoder.push(data)
        _ = try decoder.finish()
      } catch {
        Issue.record("\(row[0]): \(row[1]) as \(row[2]): \(error.sentence)")
      }
    }
  }

  @Test("binary formats tell their columns")
  func binary() throws {
    let schema = Schema([
      Field("id", .uint64), Field("words", .array(.string)), Field("at", .nullable(.date)),
    ])
    let batch = Batch(
      [
        Column(.uint64, of: [.uint(1), .uint(2)]),
        Column(.array(.string), of: [.array([.text("a")]), .array([])]),
        Column(.nullable(.date), of: [.null, .uint(5)]),
      ], rowCount: 2)
    for name in ["Native", "RowBinaryWithNamesAndTypes"] {
      var bytes: [UInt8] = []
      var encoder = try OutputFormat(named: name).makeEncoder(
        schema: schema, options: OutputOptions())
      encoder.begin(into: &bytes)
      encoder.write(batch, into: &bytes)
      encoder.finish(
        ResultStatistics(
          elapsedSeconds: 0, rowsRead: 0, bytesRead: 0, rows: 2, rowsBeforeLimit: nil),
        into: &bytes)
      #expect(
        try inferred(name, bytes)
          == "id UInt64; words Array(String); at Nullable(Date)")
      for end in 0..<bytes.count {
        _ = try inferred(name, Array(bytes[..<end]), isWhole: false)
      }
    }
  }

  @Test("rows that the sample cuts are left away, and any bytes do no harm")
  func samples() throws {
    #expect(
      try inferred("CSVWithNames", Array("a,b\n1,2\n3,x".utf8), isWhole: false)
        == "a Nullable(Int64); b Nullable(Int64)")
    #expect(
      try inferred("JSONEachRow", Array(#"{"a":1}{"a":"x"#.utf8), isWhole: false)
        == "a Nullable(Int64)")
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    let alphabet = Array("[]{}()\"':,.-+eE01\\NTtruefalsn \t\n".utf8) + [0xFF, 0, 0xEF, 0xBB, 0xBF]
    let names = [
      "CSV", "CSVWithNames", "TSV", "TSVWithNamesAndTypes", "JSONEachRow", "JSONCompactEachRow",
      "Native", "RowBinaryWithNamesAndTypes",
    ]
    for _ in 0..<1_000 {
      var bytes: [UInt8] = []
      for _ in 0..<30 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      for name in names { _ = try inferred(name, bytes) }
    }
    let deep = String(repeating: "[", count: 100_000)
    #expect(try inferred("JSONEachRow", Array(("{\"a\":" + deep).utf8)) == "error")
    #expect(try inferred("TSV", Array((deep + "\n").utf8)) == "c1 Nullable(String)")
  }
}
