import Foundation
import TickColumns
import TickFormats
import Testing

@testable import TickEngine

/// Formats under the settings that a client sends with a query, against ClickHouse.
@Suite struct FormatSettingsTests {
  private static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "FormatVectors")

  private static func rows(_ name: String) throws -> [[String]] {
    let bytes = Array(try Data(contentsOf: directory.appending(path: name)))
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
  }

  private static func unhex(_ text: some StringProtocol) -> [UInt8] {
    let digits = Array(text.utf8).map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  private static func settings(_ text: String) throws -> FormatSettings {
    var settings = QuerySettings()
    for part in text.split(separator: " ") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      try settings.apply([SettingChange(String(pair[0]), String(pair[1]))])
    }
    return settings.format
  }

  /// A result as ClickHouse wrote it with its names and types.
  private static func result(_ bytes: [UInt8]) throws -> (Schema, [Batch]) {
    let lines = bytes.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
    func cells(_ line: ArraySlice<UInt8>) throws -> [String] {
      let parts = line.split(separator: 0x09, omittingEmptySubsequences: false)
      let schema = Schema(parts.indices.map { Field("c\($0)", .string) })
      var decoder = try InputFormat.tabSeparatedWithNames.makeDecoder(schema: schema)
      let names = parts.indices.map { "c\($0)" }.joined(separator: "\t")
      let batches = try decoder.push(Array(names.utf8) + [0x0A] + line + [0x0A]) + decoder.finish()
      return try parts.indices.map { i in
        guard case .bytes(let text) = try #require(batches.first).columns[i].value(at: 0) else {
          return ""
        }
        return String(decoding: text, as: UTF8.self)
      }
    }
    let names = try cells(lines[0])
    let types = try cells(lines[1]).map { try DataType.parse($0) }
    let schema = Schema(zip(names, types).map { Field($0, $1) })
    var decoder = try InputFormat.tabSeparatedWithNames.makeDecoder(schema: schema)
    let batches = try decoder.push(Array(lines[0]) + [0x0A] + lines[2]) + decoder.finish()
    // A batch per row: how a result is divided must not show.
    return (
      schema, batches.flatMap { batch in (0..<batch.rowCount).map { batch.slice($0..<$0 + 1) } }
    )
  }

  @Test("results are written byte for byte as ClickHouse writes them under the same settings")
  func output() throws {
    var checked = 0
    for row in try Self.rows("output.tsv") {
      let format = try OutputFormat(named: row[0])
      let (schema, batches) = try Self.result(Self.unhex(row[2]))
      let expected = Self.unhex(row[3])
      var encoder = format.makeEncoder(schema: schema, options: try Self.settings(row[1]).output)
      var out: [UInt8] = []
      encoder.begin(into: &out)
      for batch in batches { encoder.write(batch, into: &out) }
      let text = String(decoding: expected, as: UTF8.self)
      let readsNothing = row[0].hasSuffix("WithProgress") && !text.contains("\"progress\"")
      encoder.finish(
        ResultStatistics(
          elapsedSeconds: 0.25, rowsRead: readsNothing ? 0 : 3, bytesRead: 30, rows: batches.count),
        into: &out)
      #expect(
        out == expected,
        "\(row[0]) \(row[1]):\n\(String(decoding: out, as: UTF8.self))\ninstead of\n\(text)")
      checked += 1
    }
    #expect(checked > 450)
  }

  /// Answers that differ from ClickHouse on purpose.
  private static func difference(
    _ format: String, _ settings: String, _ data: String
  ) -> String? {
    switch (format, settings, data) {
    case ("TSVRaw", _, "1\tx\r\n"): "V1\tx\n"  // ClickHouse refuses the line's end.
    case ("TSKV", _, "a=1"): "V1\t\n"  // ClickHouse wants a newline behind the last row.
    case ("JSONAsString", _, "[1]"): "E27"
    case ("JSONAsString", _, "{\"a\":1"): "E33"
    case ("JSONStringsEachRow", _, "{\"a\":\"x\"}"): "E27"
    // ClickHouse takes a null for a number even so.
    case ("JSONEachRow", "input_format_null_as_default=0", "{\"a\":null}"): "E27"
    case ("CSV", "format_csv_delimiter=;", "1,x\n"): "E117"
    default: nil
    }
  }

  @Test("data is read as ClickHouse reads it under the same settings")
  func input() throws {
    var checked = 0
    for row in try Self.rows("input.tsv") {
      let types = try DataType.parse("Tuple(\(row[2]))")
      guard case .tuple(let elements) = types else { continue }
      let schema = Schema(elements.map { Field($0.name ?? "", $0.type) })
      let data = Self.unhex(row[3])
      let text = String(decoding: data, as: UTF8.self)
      var answer: String
      do {
        let format = try InputFormat(named: row[0])
        var decoder = try format.makeDecoder(
          schema: schema, options: try Self.settings(row[1]).input)
        let batches = try decoder.push(data) + decoder.finish()
        var encoder = OutputFormat.tabSeparated.makeEncoder(schema: schema)
        var out: [UInt8] = []
        for batch in batches { encoder.write(batch, into: &out) }
        answer = "V" + String(decoding: out, as: UTF8.self)
      } catch let error as FormatError {
        answer = "E\(error.code.rawValue)"
      }
      let given =
        row[4].hasPrefix("V")
        ? "V" + String(decoding: Self.unhex(row[4].dropFirst()), as: UTF8.self) : row[4]
      let expected = Self.difference(row[0], row[1], text) ?? given
      #expect(answer == expected, "\(row[0]) \(row[1]) (\(row[2])) '\(text)'")
      checked += 1
    }
    #expect(checked > 90)
  }

  @Test("settings with values that do not act are refused by name")
  func refused() {
    var settings = QuerySettings()
    for (name, value, code) in [
      ("output_format_pretty_color", "1", ErrorCode.notImplemented),
      ("input_format_allow_errors_num", "5", .notImplemented),
      ("format_csv_delimiter", "\t", .notImplemented),
      ("format_csv_delimiter", ";;", .badArguments),
      ("date_time_output_format", "rfc", .badArguments),
      ("output_format_pretty_max_rows", "-1", .badArguments),
      ("output_format_no_such_thing", "1", .unknownSetting),
    ] {
      let error = #expect(throws: EngineError.self) {
        try settings.apply([SettingChange(name, value)])
      }
      #expect(error?.code == code, "\(name) = \(value)")
    }
  }
}
