import Testing
import TickColumns

@testable import TickFormats

@Suite struct TextTests {
  /// Where reading a text deliberately differs from ClickHouse, and why.
  private static func difference(_ type: String, _ style: String, _ text: String) -> String? {
    switch (type, style, text) {
    case (_, "escaped", "-"): "ClickHouse reads a lone minus as 0"
    case (_, "escaped", "--1"): "another code for the same refusal"
    case (_, _, "0000-00-00 00:00:00"): "needs the current year"
    default: nil
    }
  }

  @Test("values are written as ClickHouse writes them, in every style")
  func writing() throws {
    var checked = 0
    for row in try Vectors.rows("text_write.tsv") {
      let type = try DataType.parse(row[0])
      let column = Column(type, of: [try value(row[2], type)])
      let style: TextStyle =
        switch row[1] {
        case "raw": .raw
        case "escaped": .escaped
        case "quoted": .quoted
        case "csv": .csv
        case "json": .json
        case "jsonValid": .json(JSONStyle(replacesInvalidUTF8: true))
        default: .json(JSONStyle(quotes64BitIntegers: true))
        }
      var out: [UInt8] = []
      column.writeText(row: 0, style: style, into: &out)
      #expect(out == unhex(row[3]), "\(row): \(text(out)) instead of \(text(unhex(row[3])))")
      checked += 1
    }
    #expect(checked > 7_000)
  }

  private func value(_ literal: String, _ type: DataType) throws -> Value {
    let body = literal.dropFirst(2)
    switch literal.first {
    case "f": return .float(Double(bitPattern: try #require(UInt64(body, radix: 16))))
    case "s": return .bytes(unhex(body))
    case "n": return .null
    default:
      if let number = Int64(body) { return .int(number) }
      return .uint(try #require(UInt64(body)))
    }
  }

  @Test("texts are read as ClickHouse reads them, in every style")
  func reading() throws {
    var checked = 0
    for row in try Vectors.rows("text_read.tsv") {
      let type = try DataType.parse(row[0])
      let input = unhex(row[2])
      let style: TextStyle =
        switch row[1] {
        case "raw": .raw
        case "escaped": .escaped
        case "quoted": .quoted
        case "csv": .csv
        default: .json
        }
      if Self.difference(row[0], row[1], text(input)) != nil { continue }
      var answer: String
      do {
        let value = try parseText(input[...], as: type, style: style)
        var out: [UInt8] = []
        Column(type, of: [value]).writeText(row: 0, style: .raw, into: &out)
        answer = value == .null ? "N" : "V" + text(out)
      } catch {
        answer = "E\(error.code.rawValue)"
      }
      let expected = row[3].hasPrefix("V") ? "V" + text(unhex(row[3].dropFirst())) : row[3]
      #expect(answer == expected, "\(row[0]) \(row[1]) '\(text(input))'")
      checked += 1
    }
    #expect(checked > 2_000)
  }
}
